//! Whether what the rules of a field write can be read again as the same: conditions that keep rules apart, texts that
//! can be taken apart, defaults that the system can show.

use std::borrow::Cow;

use crate::words::problem::Spot;
use crate::words::record::Dates;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Type;

use super::check::Notes;
use super::check::calls::vars_of;
use super::condition;
use super::join::blurs;
use super::model::{Codec, FieldMap, Join, Mapping, Rule, Shape};
use super::problem::{Problems, code};
use super::template::Var;

/// Reports what is wrong with the rules of the shapes of a mapping.
pub(super) fn check(mapping: &Mapping, notes: &Notes, problems: &mut Problems<'_>) {
    for shape in mapping.shapes.values() {
        let mut checker = Checker { mapping, notes, shape, problems };
        checker.own_id();
        for (field, map) in &shape.fields {
            checker.conditions(field, map);
            checker.rules(field, map);
            checker.default(field, map);
        }
        for join in &shape.joins {
            checker.split(join);
            checker.one_group(join);
        }
    }
}

struct Checker<'m, 'p, 'a> {
    mapping: &'m Mapping,
    notes: &'m Notes,
    shape: &'m Shape,
    problems: &'p mut Problems<'a>,
}

impl Checker<'_, '_, '_> {
    fn say(&mut self, spot: Spot, code: &'static str, message: String, mend: &str) {
        self.problems.say_at(code, spot, message, mend);
    }

    /// Where a rule's `when` names a field, or one of its words.
    fn when(&self, rule: &Rule, on: &Field, word: Option<&String>) -> Spot {
        let named = (rule.spot.start as usize, on.as_str().to_owned(), word.cloned());
        self.notes.whens.get(&named).map_or(rule.spot, Spot::of)
    }

    /// Where a field of the shape is named.
    fn field(&self, field: &Field) -> Option<Spot> {
        self.notes.fields.get(&(self.shape.kind, field.as_str().to_owned())).map(Spot::of)
    }

    /// An id that is made of several members is no text of the system: no call can send it.
    fn own_id(&mut self) {
        if self.shape.id.also.is_empty() {
            return;
        }
        let (kind, mapping) = (self.shape.kind, self.mapping);
        let var = if kind == RecordKind::Ticket { Var::Id } else { Var::ChildId };
        let updates = mapping.update_groups(kind).iter().filter_map(|group| group.steps.as_ref());
        let names = updates.flat_map(|steps| steps.before.iter().chain([&steps.commit]).chain(&steps.after));
        let download = mapping.verbs.download.iter().filter(|_| kind == RecordKind::Attachment);
        let get = mapping.verbs.get.iter().filter(|_| kind == RecordKind::Ticket);
        let calls = names.chain(download).chain(get).filter_map(|name| mapping.calls.get(name));
        let senders: Vec<_> = calls.filter(|call| vars_of(mapping, call).contains(&var)).collect();
        for call in senders {
            let message = format!("the call `{}` sends an id ({kind}) that is made of several members", call.name);
            let span = self.notes.variables.get(&(call.name.clone(), var.clone()));
            let spot = span.or_else(|| self.notes.calls.get(&call.name)).map_or_else(Spot::default, Spot::of);
            self.say(spot, code::SCOPE, message, "capture what the call needs by `shown`, and send `${shown.X}`");
        }
    }

    /// A rule depends on fields that are shown whatever the record is, and on words that they can have.
    fn conditions(&mut self, field: &Field, map: &FieldMap) {
        for rule in &map.rules {
            for (on, words) in rule.when.words() {
                let Some(depends) = self.shape.fields.get(on) else {
                    // One that is there and could not be read was reported itself.
                    if self.notes.fields.contains_key(&(self.shape.kind, on.as_str().to_owned())) {
                        continue;
                    }
                    let message = format!("`{field}` depends on `{on}`, which the file does not map");
                    self.say(self.when(rule, on, None), code::UNKNOWN_NAME, message, "map it first");
                    continue;
                };
                if depends.rules.iter().any(|rule| !rule.when.is_always()) {
                    let message = format!("`{field}` depends on `{on}`, whose own place depends on another field");
                    self.say(
                        self.when(rule, on, None),
                        code::BAD_VALUE,
                        message,
                        "depend on a field that always has one place",
                    );
                }
                let info = self.shape.kind.field(on.as_str());
                // Words that are none were reported where they stand.
                let is_word = |word: &&String| match info.map(|info| info.kind) {
                    Some(Type::Code(words)) => words.contains(&word.as_str()),
                    _ => !word.is_empty(),
                };
                let never: Vec<&String> =
                    words.iter().filter(is_word).filter(|word| !self.can_be(depends, word)).collect();
                for word in never {
                    let message = format!("the rule of `{field}` never holds: `{on}` is never `{word}` here");
                    self.say(self.when(rule, on, Some(word)), code::NEVER, message, "take the word out");
                }
            }
        }
    }

    /// Whether a document of this system can show the word.
    fn can_be(&self, map: &FieldMap, word: &str) -> bool {
        if let Some(fixed) = &map.fixed {
            return condition::word(Some(fixed)) == word;
        }
        if map.default.as_ref().is_some_and(|default| condition::word(Some(default)) == word) {
            return true;
        }
        let Codec::Code(table) = &map.codec else { return true };
        self.mapping.codes.get(&**table).is_none_or(|table| table.rows.iter().any(|row| row.read && row.word == word))
    }

    /// No record may fit two rules, and none of them may come too late.
    fn rules(&mut self, field: &Field, map: &FieldMap) {
        for (at, rule) in map.rules.iter().enumerate() {
            let earlier: Vec<&Rule> = map.rules.iter().take(at).collect();
            if let Some(first) = earlier.iter().find(|earlier| earlier.when.is_always()) {
                let message = format!(
                    "this rule of `{field}` is never asked: the one on line {} always holds",
                    self.mapping.line(first.spot)
                );
                self.say(rule.spot, code::UNREACHABLE, message, "give the earlier one a `when`, or take one out");
            } else if let Some(first) = earlier.iter().find(|earlier| earlier.when.meets(&rule.when)) {
                let common = first.when.common(&rule.when);
                let message = format!(
                    "two rules of `{field}` hold where {common}: this one and line {}",
                    self.mapping.line(first.spot)
                );
                self.say(rule.spot, code::AMBIGUOUS, message, "keep their words apart");
            }
        }
    }

    /// What the default is written as must be read as the default.
    fn default(&mut self, field: &Field, map: &FieldMap) {
        let Some(default) = &map.default else { return };
        let (kind, none) = (self.shape.kind, Dates::NONE);
        let back = self.mapping.image(kind, field, Some(default), &none);
        let back = back.map(|image| self.mapping.value(kind, field, &image, &none));
        if !matches!(&back, Ok(Ok(Some(value))) if value == default) {
            let message = format!("the default of `{field}` would be written as something else");
            let span = self.notes.defaults.get(&(kind, field.as_str().to_owned()));
            self.say(span.map_or(map.spot, Spot::of), code::LAW, message, "choose a value that the system can hold");
        }
    }

    /// Every part but the free one is proved never to hold what parts it from its neighbour.
    fn split(&mut self, join: &Join) {
        for (at, part) in join.pattern.parts.iter().enumerate() {
            let (Some(between), Some(map)) = (join.pattern.parted_by(at), self.shape.fields.get(&part.field)) else {
                continue;
            };
            // Free text that declares what it is without is refused when a value breaks its word.
            if between.is_empty() || matches!(map.codec, Codec::Text(_)) {
                continue;
            }
            let left = at < join.pattern.free;
            let values = spellings(self.mapping, &map.codec);
            let edge = if left { between.chars().next() } else { between.chars().next_back() };
            let message = if let Some(text) = values.iter().find(|text| blurs(text, between, left)) {
                format!("`{}` can be `{text}`, which holds the `{between}` beside it", part.field)
            } else if edge.is_some_and(|edge| !may_hold(&map.codec, edge))
                || matches!(map.codec, Codec::Code(_) | Codec::Boolean(_))
            {
                continue;
            } else {
                format!("nothing proves that `{}` never holds the `{between}` beside it", part.field)
            };
            self.say(
                self.field(&part.field).unwrap_or(join.text.spot),
                code::AMBIGUOUS,
                message,
                "part them by a text that it can't hold",
            );
        }
    }

    /// One text is written by one call.
    fn one_group(&mut self, join: &Join) {
        let groups = self.mapping.update_groups(self.shape.kind);
        let of = |field: &Field| groups.iter().position(|group| group.fields.contains(field));
        let mut places: Vec<Option<usize>> = join.fields().map(of).collect();
        places.dedup();
        if places.len() > 1 {
            let names: Vec<&str> = join.fields().map(Field::as_str).collect();
            let message = format!("{} share one text, but not one group of updates", names.join(" and "));
            self.say(join.text.spot, code::GROUPS, message, "put them into one group");
        }
    }
}

/// Texts that a codec writes: every code, and some values of the other types.
fn spellings(mapping: &Mapping, codec: &Codec) -> Vec<String> {
    if let Codec::Code(table) = codec {
        let rows = mapping.codes.get(&**table).map_or(&[][..], |table| table.rows.as_slice());
        return rows.iter().filter(|row| row.write).map(|row| row.code.clone()).collect();
    }
    let none = Dates::NONE;
    let sight = mapping.sight(&none);
    mapping.samples(codec, "").iter().filter_map(|value| codec.print(value, sight).ok()).map(Cow::into_owned).collect()
}

/// Whether a value of a type with a fixed form may hold a character.
fn may_hold(codec: &Codec, character: char) -> bool {
    let digit = character.is_ascii_digit();
    match codec {
        Codec::CitizenId | Codec::Unit(_) => digit,
        Codec::Integer => digit || character == '-',
        Codec::Phone(_) => digit || character.is_ascii_alphabetic() || matches!(character, '+' | ';' | '=' | ' '),
        Codec::Agency(_) => digit || matches!(character, 'H' | '.'),
        _ => true,
    }
}
