//! How records look: where each field stands, how emptiness is spelled, when a field is written.

use std::collections::BTreeMap;

use crate::pure::mapping::calls::InstantAt;
use crate::pure::mapping::path::Path;
use crate::pure::mapping::read::{Outline, Place};
use crate::words::ticket::{Field, RecordKind};

use super::Codec;

/// How records of one kind look.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Which kind.
    pub kind: RecordKind,
    /// All places that it reads: its document fills a sheet of them.
    pub outline: Outline,
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
    /// Whether its documents always show every field: one that is missing is a fault, not "not shown".
    pub complete: bool,
    /// Its fields.
    pub fields: BTreeMap<Field, FieldMap>,
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
    /// Whether it is a number when it stands in a JSON tree of ours.
    pub number: bool,
}

/// How one field is read and written.
#[derive(Debug, Clone)]
pub struct FieldMap {
    /// Where it is read; `None` where the system never shows it.
    pub at: Option<Place>,
    /// Where it is written in the tree of changed fields.
    pub to: Option<Path>,
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
    /// Line in the file.
    pub line: usize,
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
