//! A record as one side showed it: its names, its version, its fields in that side's own terms and in ours.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeZone};
use serde::{Deserialize, Serialize};

pub use super::cells::{Cell, Cells, Image, shared};
use super::clock::Timestamp;
use super::side::{Reference, RemoteId, Version};
use super::ticket::{Field, RecordKind};
use super::value::Value;

/// A ticket's own dates, by field: what rows of a code table that hold for a time are chosen by, its children's too.
///
/// Never the clock's: a ticket of last year reads and is written the same next year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dates(BTreeMap<Field, Value>);

impl Dates {
    /// Of a ticket that shows none.
    pub const NONE: Self = Self(BTreeMap::new());

    /// Those that a reading's fields show.
    #[must_use]
    pub fn shown(cells: &Cells) -> Self {
        cells.iter().filter_map(|(field, cell)| Some((field, cell.value.as_ref()?))).collect()
    }

    /// Those among canonical values.
    #[must_use]
    pub fn given(fields: &BTreeMap<Field, Option<Value>>) -> Self {
        fields.iter().filter_map(|(field, value)| Some((field, value.as_ref()?))).collect()
    }

    /// The day that a field names, as the calendar of `zone` has it; `None` where the ticket does not say.
    #[must_use]
    pub fn day(&self, field: &Field, zone: &impl TimeZone) -> Option<NaiveDate> {
        match self.0.get(field)? {
            Value::Date(day) => Some(*day),
            Value::Instant(at) => Some(at.with_timezone(zone).date_naive()),
            Value::Text(_)
            | Value::Code(_)
            | Value::Integer(_)
            | Value::Decimal(_)
            | Value::Boolean(_)
            | Value::List(_) => None,
        }
    }
}

impl<'a> FromIterator<(&'a Field, &'a Value)> for Dates {
    fn from_iter<I: IntoIterator<Item = (&'a Field, &'a Value)>>(fields: I) -> Self {
        let dates = fields.into_iter().filter(|(_, value)| matches!(value, Value::Date(_) | Value::Instant(_)));
        Self(dates.map(|(field, value)| (field.clone(), value.clone())).collect())
    }
}

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
