//! What a system shows: single records, listings by pages, searches by reference.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::TimeDelta;

use pakn_bridge::words::clock::Timestamp;
use pakn_bridge::words::record::{Cell, Cells, Reading};
use pakn_bridge::words::side::{Reference, RemoteId, Version};
use pakn_bridge::words::ticket::{Field, RecordKind, field};
use pakn_bridge::words::value::Value;

use super::super::kind::Versions;
use super::super::rules::instant;
use super::{Child, Record, Remote};

/// What a direct read brings.
#[derive(Debug, Clone)]
pub(crate) enum Look {
    Shown(Reading),
    Gone,
}

/// A row of a listing.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: RemoteId,
    pub(crate) version: Option<Version>,
    pub(crate) changed: Timestamp,
}

/// A page of a listing.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) rows: Vec<Row>,
    pub(crate) more: bool,
    pub(crate) now: Option<Timestamp>,
}

impl Remote {
    /// Ids of the records that people see.
    pub(crate) fn visible(&self, now: Timestamp) -> Vec<String> {
        let seen = self.state.records.iter().filter(|(_, record)| record.appears <= now);
        seen.map(|(id, _)| id.clone()).collect()
    }

    /// One page of what changed since then, oldest change first.
    pub(crate) fn list(&self, since: Option<Timestamp>, number: usize, now: Timestamp) -> Page {
        let clock = self.kind.tells_time.then_some(now);
        if self.emptied > now {
            return Page { rows: Vec::new(), more: false, now: clock };
        }
        let listed = |record: &Record| {
            record.listed <= now
                && since.is_none_or(|since| record.changed > since || record.changed == since && !self.kind.exclusive)
        };
        let mut rows: Vec<(&String, &Record)> =
            self.state.records.iter().filter(|(_, record)| listed(record)).collect();
        rows.sort_by_key(|(id, record)| (record.changed, *id));
        let more = rows.len() > (number + 1) * self.kind.page;
        let rows = rows.iter().skip(number * self.kind.page).take(self.kind.page).map(|(id, record)| Row {
            id: id.as_str().into(),
            version: self.version(record),
            changed: record.changed,
        });
        Page { rows: rows.collect(), more, now: clock }
    }

    pub(crate) fn find(&self, reference: &Reference, now: Timestamp) -> Vec<RemoteId> {
        let shown = |record: &Record| self.emptied <= now && record.appears <= now && record.found_from <= now;
        let found = self.state.records.iter();
        let found = found.filter(|(_, record)| record.reference.as_ref() == Some(reference) && shown(record));
        found.map(|(id, _)| id.as_str().into()).collect()
    }

    pub(super) fn version(&self, record: &Record) -> Option<Version> {
        match self.kind.versions {
            Versions::Counted | Versions::Restless => Some(Version(record.number.to_string())),
            Versions::Opaque => Some(Version(format!("e{}x", record.number))),
            Versions::Hashed => {
                let mut hash = DefaultHasher::new();
                record.fields.values().for_each(|told| told.text.hash(&mut hash));
                let children = || record.children.iter().filter(|_| self.kind.touches);
                children().for_each(|child| child.fields.values().for_each(|told| told.text.hash(&mut hash)));
                let hash = hash.finish();
                // A short digest may happen to have digits only.
                Some(Version(if hash.is_multiple_of(3) {
                    format!("{}", hash % 10_000_000)
                } else {
                    format!("h{hash:x}")
                }))
            }
            Versions::None => None,
        }
    }

    /// What a reading shows of a record, at most `lag` milliseconds old.
    pub(crate) fn read(&mut self, id: &str, now: Timestamp, lag: i64) -> Look {
        if self.emptied > now {
            return Look::Gone;
        }
        let id = self.state.merged.get(id).map_or(id, String::as_str).to_owned();
        if self.kind.versions == Versions::Restless
            && let Some(record) = self.state.records.get_mut(&id)
        {
            record.number += 1;
        }
        let then = now - TimeDelta::milliseconds(lag);
        let past = self.past.iter().find(|(until, of, _)| *of == id && *until > then).map(|(_, _, record)| record);
        match past.filter(|_| self.record(&id).is_some()).or_else(|| self.record(&id)) {
            Some(record) if record.appears <= now => Look::Shown(self.reading(&id, record)),
            _ => Look::Gone,
        }
    }

    pub(super) fn reading(&self, id: &str, record: &Record) -> Reading {
        let of = |kind| record.children.iter().filter(move |child| child.kind == kind);
        let children = |kind| (kind, of(kind).map(|child| self.child(child)).collect());
        Reading {
            kind: RecordKind::Ticket,
            id: id.into(),
            identity: Some(instant(record.born)),
            version: self.version(record),
            changed: Some(record.changed),
            reference: record.reference.clone(),
            cells: record.fields.iter().map(|(name, told)| (name.clone(), cell(name, &told.text))).collect(),
            children: RecordKind::CHILDREN.into_iter().map(children).collect(),
            captures: BTreeMap::new(),
        }
    }

    pub(super) fn child(&self, child: &Child) -> Reading {
        let mut cells: Cells = child.fields.iter().map(|(name, told)| (name.clone(), cell(name, &told.text))).collect();
        if child.kind != RecordKind::Attachment {
            let at = Cell::spelled(&instant(child.at), Value::Instant(child.at));
            cells.insert(field::AT, at);
        }
        Reading {
            kind: child.kind,
            id: child.id.as_str().into(),
            identity: None,
            version: None,
            changed: None,
            reference: child.reference.clone().filter(|_| self.kind.child_refs),
            cells,
            children: BTreeMap::new(),
            captures: BTreeMap::new(),
        }
    }
}

/// A cell that is spelled as it is meant.
fn cell(name: &Field, text: &str) -> Cell {
    let value = match name.as_str() {
        "status" => Value::Code(text.into()),
        "size" => text.parse().map_or_else(|_| Value::Text(text.into()), Value::Integer),
        _ => Value::Text(text.into()),
    };
    Cell::spelled(text, value)
}
