//! One field of a record: where it stands, what it looks like, how and when it is written.

use crate::pure::document::Table;
use crate::pure::mapping::model::{Codec, FieldMap, Spelled, When};
use crate::pure::mapping::parse::Loader;
use crate::pure::mapping::path::{Path, Step};
use crate::pure::mapping::problem::code;
use crate::pure::mapping::read::Place;
use crate::words::ticket::{Field, FieldInfo, RecordKind};

impl Loader<'_> {
    pub(super) fn spelled(&mut self, table: &Table<'_>) -> Option<Spelled> {
        let words = [("text", Spelled::Text), ("number", Spelled::Number), ("boolean", Spelled::Bool)];
        table.get("json").and_then(|item| item.word(&mut self.problems, &words))
    }

    pub(super) fn when(&mut self, table: &Table<'_>) -> Option<When> {
        let words =
            [("always", When::Always), ("create", When::Create), ("update", When::Update), ("never", When::Never)];
        table.get("write").and_then(|item| item.word(&mut self.problems, &words))
    }

    pub(super) fn field(&mut self, info: &FieldInfo, kind: RecordKind, table: &Table<'_>) -> Option<FieldMap> {
        let line = self.problems.line(table.span.start);
        let at_item = table.get("at");
        let at = at_item.as_ref().and_then(|item| self.place(item));
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
        let absent = absent.unwrap_or_else(|| self.absent.clone());
        let mut codec = codec?;
        codec.nothing_is(&absent);
        let list = matches!(&codec, Codec::List { joined: None, .. });
        if list && at.as_ref().is_some_and(|at| !at.is_many()) {
            let mend = "declare the repeated element: `at = \"names[]\"`; or `joined = \",\"` where they are one text";
            self.problems.say(code::PATH, &table.span, "a list is read from a path to one value", mend);
        }
        if !list && at.as_ref().is_some_and(|at| at.is_many()) {
            let mend = "choose one: `[0]`, `[k='v']`; or make the field a list";
            self.problems.say(code::PATH, &table.span, "one value is read from a path to many", mend);
        }
        let to = explicit.clone().or_else(|| at.as_ref().and_then(own)).filter(|to| invertible(to, list));
        if to.is_none() && !matches!(write, Some(When::Never)) {
            let span = to_item.or(at_item).map_or_else(|| table.span.clone(), |item| item.span);
            let mend = "add `to = \"PATH\"` of plain names, or `write = \"never\"`";
            self.problems.say(code::PATH, &span, "nothing can be written along this path", mend);
        }
        Some(FieldMap {
            spelled: spelled.unwrap_or(self.usual_spelling(&codec)),
            absent,
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

/// The path of a place of the record itself: what is read above it is not written with it.
pub(super) fn own(place: &Place) -> Option<Path> {
    (!place.above).then(|| place.path().clone())
}

/// Whether a value can be put where the path leads: plain names, `[]` only at the end of a list's path.
pub(super) fn invertible(path: &Path, list: bool) -> bool {
    let Some((last, before)) = path.steps().split_last() else { return false };
    let plain = |step: &Step| matches!(step, Step::Key(_));
    match last {
        Step::Key(_) | Step::Attribute(_) => before.iter().all(plain),
        Step::Each => list && !before.is_empty() && before.iter().all(plain),
        Step::Index(_) | Step::From(_) | Step::Where(_) => false,
    }
}
