//! `[record]`, `[field]`, `[child.X]`: how records look.

use std::collections::BTreeMap;

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::model::{Codec, FieldMap, Key, Shape, Spelled, When};
use crate::pure::mapping::problem::{code, nearest};
use crate::words::ticket::{Field, RecordKind};
use field::invertible;

mod field;

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
}
