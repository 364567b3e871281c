//! How records look: where each field stands, how emptiness is spelled, when a field is written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::pure::mapping::calls::InstantAt;
use crate::pure::mapping::codec::List;
use crate::pure::mapping::condition::Condition;
use crate::pure::mapping::join::Pattern;
use crate::pure::mapping::path::Path;
use crate::pure::mapping::read::{Outline, Place};
use crate::pure::mapping::write::{Form, Slot};
use crate::pure::wire::Scalar;
use crate::words::problem::Spot;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::Codec;

/// How records of one kind look.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Which kind.
    pub kind: RecordKind,
    /// All places that it reads: its document fills a sheet of them.
    pub outline: Outline,
    /// All places that it is written to.
    pub form: Form,
    /// The way to its elements from the ticket's sheet; none for the ticket itself.
    pub levels: Vec<Level>,
    /// Its id.
    pub id: Key,
    /// Its version.
    pub version: Option<Key>,
    /// Our reference on it.
    pub reference: Option<FieldMap>,
    /// When it last changed.
    pub changed: Option<InstantAt<Place>>,
    /// What else tells it from another record with the same id: creation instant, origin.
    pub identity: Vec<Place>,
    /// Raw values that later writes need (`shown.NAME`).
    pub captures: BTreeMap<String, Place>,
    /// What is left out on purpose: nothing reads it, and nobody need be told.
    pub ignored: Vec<Path>,
    /// Whether its documents always show every field: one that is missing is a fault, not "not shown".
    pub complete: bool,
    /// Its fields.
    pub fields: BTreeMap<Field, FieldMap>,
    /// Texts that hold several of its fields.
    pub joins: Vec<Join>,
    /// The order in which XML wants its elements, where it wants one.
    pub order: Vec<Path>,
    /// The fields whose images a reading keeps for later writes: those that are written along with others, and those
    /// that the place of another depends on.
    pub kept: Vec<Field>,
}

impl Shape {
    /// Where its records are named.
    pub(super) fn names(&self) -> impl PartialEq + '_ {
        let path = |place: &'_ Place| -> Path { (**place).clone() };
        let references = self.reference.iter().flat_map(|map| &map.rules);
        let references = references.map(|rule| (rule.at.as_ref().map(path), rule.to.clone())).collect::<Vec<_>>();
        (path(&self.id.at), self.identity.iter().map(path).collect::<Vec<_>>(), references)
    }
}

/// One step from a sheet to the sheets nested in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Where they are in the outer record.
    pub at: Place,
    /// Under which number its sheet keeps them.
    pub number: usize,
}

/// An id or version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Where it is shown.
    pub at: Place,
    /// The other places that together with `at` tell records apart, where none does alone. Such an id is ours only.
    pub also: Vec<Place>,
    /// Whether it is a number when it stands in a JSON tree of ours.
    pub number: bool,
}

/// How one field is read and written.
#[derive(Debug, Clone)]
pub struct FieldMap {
    /// Where it stands: the first rule whose condition holds. None for a constant, and for a part of a text.
    pub rules: Vec<Rule>,
    /// `is`: the system has no such member, all its records are this.
    pub fixed: Option<Value>,
    /// Which of [`Shape::joins`] holds it, where it has no place of its own.
    pub joined: Option<usize>,
    /// What is meant where the member is shown and empty.
    pub default: Option<Value>,
    /// What its values look like.
    pub codec: Codec,
    /// How a printed value stands in a JSON tree.
    pub spelled: Spelled,
    /// Spellings of "nothing there": all are read, the first is written.
    pub absent: Vec<Absent>,
    /// When it is written.
    pub write: When,
    /// Fields that must be written whenever this one is, changed or not.
    pub with: Vec<Field>,
    /// Where it stands in the file.
    pub spot: Spot,
}

/// One place of a field.
#[derive(Debug, Clone)]
pub struct Rule {
    /// For which records.
    pub when: Condition,
    /// Where it is read; `None` where the system never shows it.
    pub at: Option<Place>,
    /// Where it is written in the tree of changed fields.
    pub to: Option<Slot>,
    /// Where it stands in the file.
    pub spot: Spot,
}

/// One text that holds several fields.
#[derive(Debug, Clone)]
pub struct Join {
    /// The text itself.
    pub text: FieldMap,
    /// How it is put together.
    pub pattern: Pattern,
}

impl Join {
    /// The fields that it holds, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.pattern.parts.iter().map(|part| &part.field)
    }
}

impl Shape {
    /// The map of the member that a field is read from: its own, or that of the text which holds it.
    #[must_use]
    pub fn source<'s>(&'s self, map: &'s FieldMap) -> &'s FieldMap {
        map.joined.and_then(|join| self.joins.get(join)).map_or(map, |join| &join.text)
    }
}

impl FieldMap {
    /// Everywhere that it may be read.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.rules.iter().filter_map(|rule| rule.at.as_ref())
    }

    /// Whether its values are a list or repeated elements.
    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(self.codec, Codec::List(List { joined: None, .. }))
    }
}

/// When a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On creates and updates.
    Always,
    /// On creates only.
    Create,
    /// On updates only.
    Update,
    /// Never.
    Never,
}

/// JSON type of a printed scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spelled {
    /// A string.
    #[default]
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
}

impl Spelled {
    /// A printed text as this kind of value. What does not fit stays text, and the system will say so.
    pub(in crate::pure::mapping) fn scalar(self, text: Cow<'_, str>) -> Scalar<'_> {
        match (self, &*text) {
            (Self::Bool, "true") => Scalar::Bool(true),
            (Self::Bool, "false") => Scalar::Bool(false),
            (Self::Number, _) => Scalar::Number(text),
            (Self::Text | Self::Bool, _) => Scalar::Text(text),
        }
    }
}

/// A spelling of "nothing there".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// The member or element is left out: it counts as shown and empty.
    Omit,
    /// JSON `null`.
    Null,
    /// `xsi:nil="true"`.
    Nil,
    /// This text: `""` or a sentinel.
    Text(String),
}
