//! One field of a record: where it stands, what it looks like, how and when it is written.

use crate::pure::document::{Item, Table};
use crate::pure::mapping::codec::List;
use crate::pure::mapping::model::{Codec, FieldMap, Rule, Spelled, When};
use crate::pure::mapping::parse::Loader;
use crate::pure::mapping::path::{Path, Step};
use crate::pure::mapping::problem::code;
use crate::pure::mapping::read::Place;
use crate::pure::mapping::write::Slot;
use crate::words::problem::Spot;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::Known;

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

    /// A field: one rule, or a list of rules that are told apart by `when`.
    pub(super) fn field(&mut self, info: Known<'_>, kind: RecordKind, item: &Item<'_>) -> Option<FieldMap> {
        let items = item.one_or_list();
        let tables: Vec<Table<'_>> = items.iter().filter_map(|item| item.table(&mut self.problems)).collect();
        let Some((first, others)) = tables.split_first() else {
            self.problems.say(code::MISSING_KEY, &item.span, "no rule", "write `{ at = \"PATH\", type = … }`");
            return None;
        };
        if let Some(fixed) = first.get("is") {
            return self.constant(info, first, &fixed, others);
        }
        let spot = Spot::of(&first.span);
        let type_item = first.need("type", &mut self.problems);
        let codec = type_item.as_ref().and_then(|item| self.codec(item, first, Some(info)));
        let spelled = self.spelled(first);
        let absent = first.get("absent").map(|item| self.absents(&item));
        let default = first.get("default");
        if let Some(item) = &default {
            self.notes.defaults.insert((kind, info.name.to_owned()), item.span.clone());
        }
        let default = default.and_then(|item| self.canonical(info, &item));
        let write = self.when(first).unwrap_or(When::Always);
        let with = self.companions(info, kind, first);
        let list = matches!(&codec, Some(Codec::List(List { joined: None, .. })));
        let rules: Vec<Rule> =
            tables.iter().filter_map(|table| self.rule(kind, table, codec.is_some().then_some(list), write)).collect();
        for table in &tables {
            table.finish(&mut self.problems);
        }
        let absent = absent.unwrap_or_else(|| self.absent.clone());
        let mut codec = codec?;
        codec.nothing_is(&absent);
        Some(FieldMap {
            spelled: spelled.unwrap_or(self.usual_spelling(&codec)),
            absent,
            write,
            with,
            rules,
            default,
            codec,
            ..self.plain_text(spot)
        })
    }

    /// The place of one rule. `list` tells whether a list stands there, where that is known.
    fn rule(&mut self, kind: RecordKind, table: &Table<'_>, list: Option<bool>, write: When) -> Option<Rule> {
        let at_item = table.get("at");
        let at = at_item.as_ref().and_then(|item| self.place(item));
        let to_item = table.get("to");
        let explicit = to_item.as_ref().and_then(|item| self.path(item));
        let when = self.condition(kind, table);
        if at_item.is_none() && to_item.is_none() {
            self.problems.say(code::MISSING_KEY, &table.span, "`at` is missing", "add `at = \"PATH\"`");
        }
        let list = list?;
        let at_span = at_item.as_ref().map_or_else(|| table.span.clone(), |item| item.span.clone());
        let fits = at.as_ref().is_none_or(|at| at.is_many() == list);
        if list && !fits {
            let mend = "declare the repeated element: `at = \"names[]\"`; or `joined = \",\"` where they are one text";
            self.problems.say(code::PATH, &at_span, "a list is read from a path to one value", mend);
        }
        if !list && !fits {
            let mend = "choose one: `[0]`, `[k='v']`; or make the field a list";
            self.problems.say(code::PATH, &at_span, "one value is read from a path to many", mend);
        }
        let wanted = explicit.or_else(|| at.as_ref().and_then(own));
        let to = wanted.clone().filter(|to| invertible(to, list));
        // A path that is none, or that reads another number of values, was reported as such.
        let given = wanted.or_else(|| at.as_ref().map(|at| at.path().clone()));
        if let Some(given) = given.filter(|_| to.is_none() && fits && write != When::Never) {
            let span = given.spot().span();
            let mend = "add `to = \"PATH\"` of plain names, or `write = \"never\"`";
            self.problems.say(code::PATH, &span, "nothing can be written along this path", mend);
        }
        Some(Rule { when, at, to: to.filter(|_| write != When::Never).map(Slot::from), spot: Spot::of(&table.span) })
    }

    /// `is = "VALUE"`: all records of the system are this.
    fn constant(
        &mut self,
        info: Known<'_>,
        table: &Table<'_>,
        fixed: &Item<'_>,
        others: &[Table<'_>],
    ) -> Option<FieldMap> {
        let spot = Spot::of(&table.span);
        let fixed = self.canonical(info, fixed);
        table.finish(&mut self.problems);
        if let Some(other) = others.first() {
            let mend = "keep `is` alone: there is nothing to choose from";
            self.problems.say(code::UNREACHABLE, &other.span, "a rule beside a constant", mend);
        }
        Some(FieldMap { fixed: Some(fixed?), ..self.plain_text(spot) })
    }

    /// A canonical value of a field; never nothing.
    fn canonical(&mut self, info: Known<'_>, item: &Item<'_>) -> Option<Value> {
        let value = self.value(info.kind, item)?;
        if value.is_none() {
            let mend = "write a value, or take the key out";
            self.problems.say(code::BAD_VALUE, &item.span, "no value", mend);
        }
        value
    }

    /// `with = ["place"]`: fields that are written whenever this one is.
    fn companions(&mut self, info: Known<'_>, kind: RecordKind, table: &Table<'_>) -> Vec<Field> {
        let mut with = Vec::new();
        for item in table.get("with").map(|item| item.one_or_list()).unwrap_or_default() {
            let Some(name) = item.str(&mut self.problems) else { continue };
            if self.extras.type_of(kind, name).is_none() || name == info.name {
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
