//! `[record]`, `[field]`, `[child.X]`: how records look.

use std::collections::BTreeMap;

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::model::{Codec, FieldMap, Key, Shape, Spelled, When};
use crate::pure::mapping::path::{Path, Step};
use crate::pure::mapping::problem::{code, nearest};
use crate::words::ticket::{Field, FieldInfo, RecordKind};

impl Loader<'_> {
    pub(super) fn shapes(&mut self, root: &Table<'_>, record: Option<&Table<'_>>) -> BTreeMap<RecordKind, Shape> {
        let mut shapes = BTreeMap::new();
        let fields = root.need("field", &mut self.problems).and_then(|item| item.table(&mut self.problems));
        if let (Some(record), Some(fields)) = (record, fields) {
            if let Some(shape) = self.shape(RecordKind::Ticket, record, &fields) {
                shapes.insert(RecordKind::Ticket, shape);
            }
            record.finish(&mut self.problems);
        }
        let Some(children) = root.table("child", &mut self.problems) else { return shapes };
        for kind in RecordKind::CHILDREN {
            let Some(child) = kind.section().and_then(|section| children.table(section, &mut self.problems)) else {
                continue;
            };
            let fields = child.need("field", &mut self.problems).and_then(|item| item.table(&mut self.problems));
            if let Some(mut shape) = fields.and_then(|fields| self.shape(kind, &child, &fields)) {
                // What a ticket's document always shows it shows of its children too.
                shape.complete |= shapes.get(&RecordKind::Ticket).is_some_and(|ticket: &Shape| ticket.complete);
                shapes.insert(kind, shape);
            }
            child.finish(&mut self.problems);
        }
        children.finish(&mut self.problems);
        shapes
    }

    fn shape(&mut self, kind: RecordKind, table: &Table<'_>, fields: &Table<'_>) -> Option<Shape> {
        let within = match kind {
            RecordKind::Ticket => None,
            RecordKind::Reply | RecordKind::Transfer | RecordKind::Attachment => {
                table.need("in", &mut self.problems).and_then(|item| self.path(&item))
            }
        };
        let id = table.need("id", &mut self.problems).and_then(|item| self.key(&item));
        let version = table.get("version").and_then(|item| self.key(&item));
        let reference = table.get("ref").and_then(|item| self.reference(&item));
        let changed = table.get("changed").and_then(|item| self.instant_at(&item));
        let identity = table.get("identity").map(|item| item.one_or_list()).unwrap_or_default();
        let identity = identity.iter().filter_map(|item| self.path(item)).collect();
        let mut captures = BTreeMap::new();
        if let Some(shown) = table.table("shown", &mut self.problems) {
            for (name, _, item) in shown.members() {
                if let Some(path) = self.path(&item) {
                    captures.insert(name.to_owned(), path);
                }
            }
        }
        let words = [("all", true), ("some", false)];
        let complete = table.get("shows").and_then(|item| item.word(&mut self.problems, &words)).unwrap_or(false);
        let mut maps = BTreeMap::new();
        for (name, span, item) in fields.members() {
            let Some(info) = kind.field(name) else {
                let near = nearest(name, kind.fields().iter().map(|info| info.name));
                let mend = near.map_or_else(
                    || "see the list of fields in mappings/README.md".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                self.problems.say(code::UNKNOWN_NAME, &span, format!("a {kind} has no field `{name}`"), mend);
                continue;
            };
            if let Some(map) = item.table(&mut self.problems).and_then(|table| self.field(info, kind, &table)) {
                maps.insert(Field::named(name), map);
            }
        }
        Some(Shape { kind, within, id: id?, version, reference, changed, identity, captures, complete, fields: maps })
    }

    /// `"PATH"`, or `{ at = "PATH", json = "number" }`.
    fn key(&mut self, item: &Item<'_>) -> Option<Key> {
        if item.value.as_str().is_some() {
            return Some(Key { at: self.path(item)?, number: false });
        }
        let table = item.table(&mut self.problems)?;
        let at = table.need("at", &mut self.problems).and_then(|item| self.path(&item));
        let number = self.spelled(&table).unwrap_or_default() == Spelled::Number;
        table.finish(&mut self.problems);
        Some(Key { at: at?, number })
    }

    /// `"PATH"`, or a table as for a text field.
    fn reference(&mut self, item: &Item<'_>) -> Option<FieldMap> {
        let line = self.problems.line(item.span.start);
        let (at, to) = if item.value.as_str().is_some() {
            let path = self.path(item)?;
            (path.clone(), Some(path))
        } else {
            let table = item.table(&mut self.problems)?;
            let at = table.need("at", &mut self.problems).and_then(|item| self.path(&item));
            let to = table.get("to").and_then(|item| self.path(&item));
            let write = self.when(&table);
            table.finish(&mut self.problems);
            let to = to.or_else(|| at.clone()).filter(|_| write != Some(When::Never));
            (at?, to)
        };
        let to = to.filter(|to| invertible(to, false));
        Some(FieldMap {
            at: Some(at),
            to,
            codec: Codec::Text { max: None, cut: false },
            spelled: Spelled::Text,
            absent: self.absent.clone(),
            write: When::Create,
            with: Vec::new(),
            line,
        })
    }

    fn spelled(&mut self, table: &Table<'_>) -> Option<Spelled> {
        let words = [("text", Spelled::Text), ("number", Spelled::Number), ("boolean", Spelled::Bool)];
        table.get("json").and_then(|item| item.word(&mut self.problems, &words))
    }

    fn when(&mut self, table: &Table<'_>) -> Option<When> {
        let words =
            [("always", When::Always), ("create", When::Create), ("update", When::Update), ("never", When::Never)];
        table.get("write").and_then(|item| item.word(&mut self.problems, &words))
    }

    fn field(&mut self, info: &FieldInfo, kind: RecordKind, table: &Table<'_>) -> Option<FieldMap> {
        let line = self.problems.line(table.span.start);
        let at_item = table.get("at");
        let at = at_item.as_ref().and_then(|item| self.path(item));
        let to_item = table.get("to");
        let explicit = to_item.as_ref().and_then(|item| self.path(item));
        if at_item.is_none() && to_item.is_none() {
            self.problems.say(code::MISSING_KEY, &table.span, "`at` is missing", "add `at = \"PATH\"`");
        }
        let type_item = table.need("type", &mut self.problems);
        let codec = type_item.as_ref().and_then(|item| self.codec(item, table, Some(info)));
        let spelled = self.spelled(table);
        let absent = table.get("absent").map(|item| self.absents(&item));
        let write = self.when(table);
        let with = self.companions(info, kind, table);
        table.finish(&mut self.problems);
        let codec = codec?;
        let list = matches!(&codec, Codec::List { joined: None, .. });
        if list && at.as_ref().is_some_and(|at| !at.is_many()) {
            let mend = "declare the repeated element: `at = \"names[]\"`; or `joined = \",\"` where they are one text";
            self.problems.say(code::PATH, &table.span, "a list is read from a path to one value", mend);
        }
        if !list && at.as_ref().is_some_and(Path::is_many) {
            let mend = "choose one: `[0]`, `[k='v']`; or make the field a list";
            self.problems.say(code::PATH, &table.span, "one value is read from a path to many", mend);
        }
        let to = explicit.clone().or_else(|| at.clone()).filter(|to| invertible(to, list));
        if to.is_none() && !matches!(write, Some(When::Never)) {
            let span = to_item.or(at_item).map_or_else(|| table.span.clone(), |item| item.span);
            let mend = "add `to = \"PATH\"` of plain names, or `write = \"never\"`";
            self.problems.say(code::PATH, &span, "nothing can be written along this path", mend);
        }
        Some(FieldMap {
            spelled: spelled.unwrap_or(self.usual_spelling(&codec)),
            absent: absent.unwrap_or_else(|| self.absent.clone()),
            write: write.unwrap_or(When::Always),
            with,
            to: to.filter(|_| write != Some(When::Never)),
            at,
            codec,
            line,
        })
    }

    /// `with = ["place"]`: fields that are written whenever this one is.
    fn companions(&mut self, info: &FieldInfo, kind: RecordKind, table: &Table<'_>) -> Vec<Field> {
        let mut with = Vec::new();
        for item in table.get("with").map(|item| item.one_or_list()).unwrap_or_default() {
            let Some(name) = item.str(&mut self.problems) else { continue };
            if kind.field(name).is_none() || name == info.name {
                let message = format!("a {kind} has no other field `{name}`");
                self.problems.say(code::UNKNOWN_NAME, &item.span, message, "name another field of the record");
            }
            with.push(Field::named(name));
        }
        with
    }
}

/// Whether a value can be put where the path leads: plain names, `[]` only at the end of a list's path.
fn invertible(path: &Path, list: bool) -> bool {
    let Some((last, before)) = path.steps().split_last() else { return false };
    let plain = |step: &Step| matches!(step, Step::Key(_));
    match last {
        Step::Key(_) | Step::Attribute(_) => before.iter().all(plain),
        Step::Each => list && !before.is_empty() && before.iter().all(plain),
        Step::Index(_) | Step::From(_) | Step::Where(_) => false,
    }
}
