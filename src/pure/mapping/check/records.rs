//! What is wrong with how records look: paths of another kind of document, places that two fields write, spellings
//! that stand for two things.

use super::Checker;
use super::members::{Members, places};
use crate::pure::mapping::codec::Boolean;
use crate::pure::mapping::model::{Absent, Codec, DocumentFormat, FieldMap, Rule, Shape, When};
use crate::pure::mapping::path::{Path, Step};
use crate::pure::mapping::problem::code;
use crate::pure::mapping::read::Place;
use crate::words::problem::Spot;
use crate::words::ticket::{Field, RecordKind};

impl Checker<'_, '_, '_> {
    pub(super) fn records(&mut self) {
        let mapping = self.mapping;
        let mut members = Members::default();
        for shape in mapping.shapes.values() {
            let read = shape.levels.iter().map(|level| &level.at).chain(places(shape)).map(Place::path);
            let read: Vec<&Path> = read.collect();
            let written = maps(shape).flat_map(|(_, map)| &map.rules).filter_map(|rule| rule.to.as_deref());
            for path in read.iter().copied().chain(written.filter(|to| !read.contains(to))) {
                self.kind(path);
            }
            self.places(shape);
            for (field, map) in &shape.fields {
                self.spellings(shape.kind, field, map);
            }
            members.add(shape);
        }
        let lists = mapping.format == DocumentFormat::Json;
        for (path, message) in members.contradictions(lists, &mapping.sources) {
            let mend = "look at a real document, and keep the path that it fits";
            self.say(path.spot(), code::SHAPE, message, mend);
        }
    }

    /// A record of one kind has no place for paths of another.
    fn kind(&mut self, path: &Path) {
        let attribute = |step: &Step| match step {
            Step::Attribute(_) => true,
            Step::Where(filters) => filters.iter().any(|filter| filter.key.starts_with('@')),
            Step::Key(_) | Step::Each | Step::Index(_) | Step::From(_) => false,
        };
        if path.header().is_some() {
            let mend = "name the member or element of the record; headers belong to `take` and `[[answer]]`";
            self.say(path.spot(), code::KIND, format!("`{path}`: a record has no headers"), mend);
        } else if self.mapping.format == DocumentFormat::Json && path.steps().iter().any(attribute) {
            let mend = "quote a name that begins with an @: `'@rev'`";
            self.say(path.spot(), code::KIND, format!("`{path}`: JSON has no attributes"), mend);
        }
    }

    /// Two fields that are written together need two places.
    fn places(&mut self, shape: &Shape) {
        let rules = maps(shape).flat_map(|(name, map)| map.rules.iter().map(move |rule| (name, map.write, rule)));
        let written: Vec<(&str, When, &Rule, &Path)> =
            rules.filter_map(|(name, write, rule)| Some((name, write, rule, rule.to.as_deref()?))).collect();
        for (at, (name, write, rule, path)) in written.iter().enumerate() {
            // Rules of one field are told apart by their conditions, and so may those of two.
            let twin = written.iter().take(at).find(|(other, writes, twin, there)| {
                other != name && together(*write, *writes) && rule.when.meets(&twin.when) && overlap(path, there)
            });
            if let Some((other, ..)) = twin {
                let mend = "give each its own place, or `write = \"never\"` to the one that is only read";
                let message = format!("`{name}` and `{other}` write the same place");
                self.say(path.spot(), code::TWICE, message, mend);
            }
        }
    }

    /// Each spelling stands for one thing.
    fn spellings(&mut self, kind: RecordKind, field: &Field, map: &FieldMap) {
        let spot = self.notes.fields.get(&(kind, field.as_str().to_owned())).map_or_else(Spot::default, Spot::of);
        for absent in &map.absent {
            if let Absent::Text(text) = absent
                && self.means(&map.codec, text)
            {
                let message = format!("`{field}`: `{text}` stands both for nothing and for a value");
                let mend = "take it out of `absent`, or spell the value otherwise";
                self.say(spot, code::SAME_SPELLING, message, mend);
            }
        }
    }

    /// Whether a text is one of the listed spellings of a value.
    fn means(&self, codec: &Codec, text: &str) -> bool {
        match codec {
            Codec::Boolean(Boolean { yes, no }) => yes.iter().chain(no).any(|spelling| spelling == text),
            Codec::Code(table) => {
                self.mapping.codes.get(&**table).is_some_and(|table| table.rows.iter().any(|row| row.code == text))
            }
            _ => false,
        }
    }
}

/// Everything of a shape that is read or written by rules, with its name.
fn maps(shape: &Shape) -> impl Iterator<Item = (&str, &FieldMap)> {
    let fields = shape.fields.iter().map(|(field, map)| (field.as_str(), map));
    let joined = shape.joins.iter().map(|join| ("a joined text", &join.text));
    fields.chain(joined).chain(shape.reference.iter().map(|map| ("ref", map)))
}

/// Whether one write can carry both.
const fn together(one: When, other: When) -> bool {
    let on_create = matches!(one, When::Always | When::Create) && matches!(other, When::Always | When::Create);
    let on_update = matches!(one, When::Always | When::Update) && matches!(other, When::Always | When::Update);
    on_create || on_update
}

/// Whether one place is the other, or holds it.
fn overlap(one: &Path, other: &Path) -> bool {
    let (short, long) = if one.steps().len() <= other.steps().len() { (one, other) } else { (other, one) };
    let attribute_of = matches!(long.steps().get(short.steps().len()), Some(Step::Attribute(_)));
    long.steps().starts_with(short.steps()) && !attribute_of
}
