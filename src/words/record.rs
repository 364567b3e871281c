//! A record as one side showed it: its names, its version, its fields in that side's own terms and in ours.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::side::{Reference, RemoteId, Version};
use super::ticket::{Field, RecordKind};
use super::value::Value;

/// How a side spelled one value, before codes and types; `None` is that side's spelling of "nothing there".
///
/// Base and comparisons are kept in these terms, so that a new mapping is never a change.
pub type Image = Option<String>;

/// One field of a reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// As the side spelled it.
    pub image: Image,
    /// As we understand it; `None` where there is nothing.
    pub value: Option<Value>,
}

/// Fields by name. A field that is not in the map was **not shown**: it never means empty and never changes a base.
pub type Cells = BTreeMap<Field, Cell>;

/// What one reading showed of one record. Children carry no children of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Ticket, reply, transfer or attachment.
    pub kind: RecordKind,
    /// Its id there.
    pub id: RemoteId,
    /// What else tells it from another record that got the same id later: creation instant and origin, as spelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Its version, where the system has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// When the system says that it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Timestamp>,
    /// Our reference, where the record carries one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// Its fields.
    pub cells: Cells,
    /// Its children, by kind: a kind that is not in the map was not shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub children: BTreeMap<RecordKind, Vec<Reading>>,
    /// Raw values by path that a later write needs back (a link, a token), named by the mapping.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captures: BTreeMap<String, String>,
}

impl Reading {
    /// The canonical value of a field; `None` where it is empty or was not shown.
    #[must_use]
    pub fn value(&self, field: &Field) -> Option<&Value> {
        self.cells.get(field).and_then(|cell| cell.value.as_ref())
    }

    /// The children of one kind; empty where the kind was not shown.
    #[must_use]
    pub fn children(&self, kind: RecordKind) -> &[Reading] {
        self.children.get(&kind).map_or(&[], Vec::as_slice)
    }
}
