//! `[record]`, `[field]`, `[child.X]`: how records look.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::condition::Condition;
use crate::pure::mapping::model::{Codec, FieldMap, Join, Key, Level, Rule, Shape, Spelled, When};
use crate::pure::mapping::path::{Path, Step};
use crate::pure::mapping::problem::{code, nearest};
use crate::pure::mapping::read::{Outline, Place};
use crate::pure::mapping::write::{Form, Slot};
use crate::words::problem::Spot;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Type;
use field::{invertible, own};

mod extra;
mod field;
mod join;
mod when;

impl Loader<'_> {
    pub(super) fn shapes(&mut self, root: &Table<'_>, record: Option<&Table<'_>>) -> BTreeMap<RecordKind, Shape> {
        let mut shapes = BTreeMap::new();
        let fields = root.need("field", &mut self.problems).and_then(|item| item.table(&mut self.problems));
        if let (Some(record), Some(fields)) = (record, fields) {
            let joins = root.tables("join", &mut self.problems);
            if let Some(shape) = self.shape(RecordKind::Ticket, record, &fields, &joins) {
                shapes.insert(RecordKind::Ticket, shape);
            }
            record.finish(&mut self.problems);
        }
        let Some(children) = root.table("child", &mut self.problems) else { return shapes };
        let ticket = shapes.get_mut(&RecordKind::Ticket);
        let (mut outline, complete) =
            ticket.map(|ticket| (std::mem::take(&mut ticket.outline), ticket.complete)).unwrap_or_default();
        for kind in RecordKind::CHILDREN {
            let Some(child) = kind.section().and_then(|section| children.table(section, &mut self.problems)) else {
                continue;
            };
            if let Some(mut shape) = self.child(kind, &child, &mut outline) {
                // What a ticket's document always shows it shows of its children too.
                shape.complete |= complete;
                shapes.insert(kind, shape);
            }
            child.finish(&mut self.problems);
        }
        if let Some(ticket) = shapes.get_mut(&RecordKind::Ticket) {
            ticket.outline = outline;
        }
        children.finish(&mut self.problems);
        shapes
    }

    /// A kind of record inside the ticket, nested in the ticket's outline.
    fn child(&mut self, kind: RecordKind, table: &Table<'_>, ticket: &mut Outline) -> Option<Shape> {
        let within = table.need("in", &mut self.problems).and_then(|item| self.path(&item));
        let fields = table.need("field", &mut self.problems).and_then(|item| item.table(&mut self.problems));
        let levels = within.as_ref().map(Path::levels).unwrap_or_default();
        // The element around a child is the ticket itself, or the last one between.
        let direct = levels.len() < 2;
        self.around = if direct { std::mem::take(ticket) } else { Outline::default() };
        let joins = table.tables("join", &mut self.problems);
        let shape = fields.and_then(|fields| self.shape(kind, table, &fields, &joins));
        let mut around = std::mem::take(&mut self.around);
        let mut shape = shape?;
        let mut inner = shape.outline.clone();
        for (depth, path) in levels.iter().enumerate().rev() {
            if depth == 0 && !direct {
                around = std::mem::take(ticket);
            }
            let (at, number) = around.nest(path.clone(), inner);
            shape.levels.insert(0, Level { at, number });
            inner = std::mem::take(&mut around);
        }
        *ticket = inner;
        (!levels.is_empty()).then_some(shape)
    }

    fn shape(&mut self, kind: RecordKind, table: &Table<'_>, fields: &Table<'_>, joins: &[Table<'_>]) -> Option<Shape> {
        let id = table.need("id", &mut self.problems).and_then(|item| self.key(&item));
        let version = table.get("version").and_then(|item| self.key(&item));
        let mut reference = table.get("ref").and_then(|item| self.reference(&item));
        let changed = table.get("changed").and_then(|item| self.instant_at(&item, Self::place));
        let identity = table.get("identity").map(|item| item.one_or_list()).unwrap_or_default();
        let identity = identity.iter().filter_map(|item| self.place(item)).collect();
        let mut captures = BTreeMap::new();
        if let Some(shown) = table.table("shown", &mut self.problems) {
            for (name, _, item) in shown.members() {
                if let Some(place) = self.place(&item) {
                    captures.insert(name.to_owned(), place);
                }
            }
        }
        let ignored = table.get("ignore").map(|item| item.one_or_list()).unwrap_or_default();
        let ignored = ignored.iter().filter_map(|item| self.path(item)).collect();
        let words = [("all", true), ("some", false)];
        let complete = table.get("shows").and_then(|item| item.word(&mut self.problems, &words)).unwrap_or(false);
        let order = table.get("order").map(|item| item.one_or_list()).unwrap_or_default();
        let order: Vec<Path> = order.iter().filter_map(|item| self.path(item)).collect();
        let mut maps = BTreeMap::new();
        for (name, span, item) in fields.members() {
            self.notes.fields.insert((kind, name.to_owned()), span.clone());
            if let Some(info) = self.known_field(kind, name, &span)
                && let Some(map) = self.field(info, kind, &item)
            {
                maps.insert(Field::named(name), map);
            }
        }
        let mut joins = self.joins(kind, joins, &mut maps);
        for (number, join) in joins.iter().enumerate().filter(|(_, join)| join.pattern.mark.is_some()) {
            if reference.is_some() {
                let span = join.text.spot.span();
                let mend = "keep it in one";
                self.problems.say(code::TWICE, &span, "our reference stands in two places", mend);
            }
            let text = self.plain_text(join.text.spot);
            reference = Some(FieldMap { joined: Some(number), write: When::Create, ..text });
        }
        let kept = kept(&maps, &joins);
        let outline = std::mem::take(&mut self.outline);
        let mut form = Form::default();
        let texts = joins.iter_mut().map(|join| &mut join.text);
        let rules = maps.values_mut().chain(texts).chain(&mut reference).flat_map(|map| &mut map.rules);
        rules.filter_map(|rule| rule.to.as_mut()).for_each(|slot| form.lay_out(slot, &order));
        self.unit_dates(kind, &maps);
        Some(Shape {
            kind,
            outline,
            form,
            levels: Vec::new(),
            id: id?,
            version,
            reference,
            changed,
            identity,
            captures,
            ignored,
            complete,
            fields: maps,
            joins,
            order,
            kept,
        })
    }

    /// A place that records of the shape at hand are read from: `"PATH"`, or `{ above = "PATH" }` from the element
    /// around a child.
    pub(super) fn place(&mut self, item: &Item<'_>) -> Option<Place> {
        if item.value.as_table().is_none() {
            let path = self.path(item)?;
            if self.flat && !matches!(path.steps(), [Step::Key(_)]) {
                let mend = "name one column";
                self.problems.say(
                    code::PATH,
                    &item.span,
                    format!("`{path}`: a row has columns, and nothing in them"),
                    mend,
                );
            }
            return Some(self.outline.place(path));
        }
        let table = item.table(&mut self.problems)?;
        let path = table.need("above", &mut self.problems).and_then(|item| self.path(&item));
        table.finish(&mut self.problems);
        path.map(|path| self.around.place_above(path))
    }

    /// `"PATH"`, `{ at = "PATH", json = "number" }`, or `{ of = ["PATH", { above = "PATH" }] }`.
    fn key(&mut self, item: &Item<'_>) -> Option<Key> {
        if item.value.as_str().is_some() {
            return Some(Key { at: self.place(item)?, also: Vec::new(), number: false });
        }
        let table = item.table(&mut self.problems)?;
        if let Some(of) = table.get("of") {
            let places: Vec<Place> = of.one_or_list().iter().filter_map(|item| self.place(item)).collect();
            table.finish(&mut self.problems);
            let (at, also) = places.split_first()?;
            return Some(Key { at: at.clone(), also: also.to_vec(), number: false });
        }
        let at = table.need("at", &mut self.problems).and_then(|item| self.place(&item));
        let number = self.spelled(&table).unwrap_or_default() == Spelled::Number;
        table.finish(&mut self.problems);
        Some(Key { at: at?, also: Vec::new(), number })
    }

    /// `"PATH"`, or a table as for a text field.
    fn reference(&mut self, item: &Item<'_>) -> Option<FieldMap> {
        let spot = Spot::of(&item.span);
        let (at, to) = if item.value.as_str().is_some() {
            let place = self.place(item)?;
            (place.clone(), own(&place))
        } else {
            let table = item.table(&mut self.problems)?;
            let at = table.need("at", &mut self.problems).and_then(|item| self.place(&item));
            let to = table.get("to").and_then(|item| self.path(&item));
            let write = self.when(&table);
            table.finish(&mut self.problems);
            let to = to.or_else(|| at.as_ref().and_then(own)).filter(|_| write != Some(When::Never));
            (at?, to)
        };
        let to = to.filter(|to| invertible(to, false)).map(Slot::from);
        let rule = Rule { when: Condition::default(), at: Some(at), to, spot };
        Some(FieldMap { write: When::Create, rules: vec![rule], ..self.plain_text(spot) })
    }

    /// A text with nothing declared of it.
    fn plain_text(&self, spot: Spot) -> FieldMap {
        FieldMap {
            rules: Vec::new(),
            fixed: None,
            joined: None,
            default: None,
            codec: Codec::plain(),
            spelled: Spelled::Text,
            absent: self.absent.clone(),
            write: When::Always,
            with: Vec::new(),
            spot,
        }
    }

    /// What is known of a field; a problem where the kind has no such field.
    pub(super) fn known_field<'n>(
        &mut self,
        kind: RecordKind,
        name: &'n str,
        span: &Range<usize>,
    ) -> Option<Known<'n>> {
        let known = self.extras.type_of(kind, name);
        if known.is_none() {
            let fields = self.extras.fields(kind);
            let near = nearest(name, fields.iter().map(Field::as_str));
            let mend = near.map_or_else(
                || "see the list of fields in docs/mapping-language.md, or declare it: `[extra.NAME]`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.problems.say(code::UNKNOWN_NAME, span, format!("a {kind} has no field `{name}`"), mend);
        }
        known.map(|kind| Known { name, kind })
    }
}

/// A field, be it one of every ticket or one that the file declares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'n> {
    pub(super) name: &'n str,
    pub(super) kind: Type,
}

/// The fields whose images later writes need.
fn kept(maps: &BTreeMap<Field, FieldMap>, joins: &[Join]) -> Vec<Field> {
    let mut kept: BTreeSet<&Field> = joins.iter().flat_map(Join::fields).collect();
    for (field, map) in maps {
        kept.extend(&map.with);
        let mut depends = map.rules.iter().flat_map(|rule| rule.when.fields()).peekable();
        if depends.peek().is_some() {
            kept.insert(field);
            kept.extend(depends);
        }
    }
    kept.into_iter().cloned().collect()
}
