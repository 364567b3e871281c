//! What coverage came to, for people and programs: sorted by how often, bounded, without values.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::words::record::Cell;
use crate::words::ticket::{Field, RecordKind};

use super::Coverage;
use super::leaves::Met;

/// Most shapes that are told of one place.
const TOLD_SHAPES: usize = 3;

/// What captured documents came to under a mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The mapping file.
    pub mapping: String,
    /// Whether nothing needs a person: nothing unreadable, unmapped, unknown or failing.
    pub covered: bool,
    /// How many documents.
    pub files: usize,
    /// How many records of each kind were in them.
    pub records: BTreeMap<RecordKind, usize>,
    /// How many rows only named a ticket.
    pub rows: usize,
    /// How many answers held no record: empty lists, acks, errors.
    pub answers: usize,
    /// Documents that could not be read, or hold nothing that the mapping knows.
    pub unreadable: Vec<Unreadable>,
    /// Places that nothing maps.
    pub unmapped: Vec<Unmapped>,
    /// Codes that no table knows.
    pub unknown_codes: Vec<Code>,
    /// Values that can't be read.
    pub failing: Vec<Failing>,
    /// Every mapped field and how often it was there.
    pub fields: Vec<Filled>,
    /// Mapped fields that no record showed with a value, as `KIND.FIELD`.
    pub never_filled: Vec<String>,
    /// Codes of tables that no record held.
    pub never_seen: Vec<UnseenCode>,
}

/// A document that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Which.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// A place that nothing maps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmapped {
    /// In which kind of record.
    pub kind: RecordKind,
    /// Where in the record.
    pub path: String,
    /// How often it was there.
    pub count: usize,
    /// How often with something in it.
    pub filled: usize,
    /// What its values look like: digits as `9`, runs of letters as `a`.
    pub shapes: Vec<String>,
}

/// A code that no table knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Code {
    /// The table that was asked.
    pub table: String,
    /// The code.
    pub code: String,
    /// How often.
    pub count: usize,
    /// The first document that holds it.
    pub file: String,
}

/// A code of a table that no record held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnseenCode {
    /// The table.
    pub table: String,
    /// Our word.
    pub word: String,
    /// The code.
    pub code: String,
}

/// Values of one field that can't be read for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failing {
    /// In which kind of record.
    pub kind: RecordKind,
    /// Which field.
    pub field: String,
    /// Where it is read.
    pub path: String,
    /// Why it can't be.
    pub reason: String,
    /// How often.
    pub count: usize,
    /// What its values look like.
    pub shapes: Vec<String>,
    /// The first document that holds one.
    pub file: String,
}

/// How often a mapped field was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filled {
    /// In which kind of record.
    pub kind: RecordKind,
    /// Which field.
    pub field: Field,
    /// With a value.
    pub filled: usize,
    /// Empty.
    pub empty: usize,
    /// Not shown.
    pub not_shown: usize,
    /// Not readable.
    pub failing: usize,
}

impl Filled {
    pub(super) fn of(kind: RecordKind, field: &Field) -> Self {
        Self { kind, field: field.clone(), filled: 0, empty: 0, not_shown: 0, failing: 0 }
    }

    pub(super) fn count(&mut self, read: Result<Option<&Cell>, ()>) {
        let counter = match read {
            Ok(Some(cell)) if cell.value.is_some() => &mut self.filled,
            Ok(Some(_)) => &mut self.empty,
            Ok(None) => &mut self.not_shown,
            Err(()) => &mut self.failing,
        };
        *counter += 1;
    }
}

pub(super) fn of(coverage: &Coverage<'_>) -> Report {
    let mut unmapped: Vec<Unmapped> =
        coverage.unmapped.iter().map(|((kind, path), met)| place(*kind, path, met)).collect();
    unmapped.sort_by_key(|place| std::cmp::Reverse((place.filled, place.count)));
    let mut unknown_codes: Vec<Code> = coverage
        .unknown
        .iter()
        .map(|((table, code), (count, file))| Code {
            table: table.clone(),
            code: code.clone(),
            count: *count,
            file: file.clone(),
        })
        .collect();
    unknown_codes.sort_by_key(|code| std::cmp::Reverse(code.count));
    let failing = coverage.failing.iter().map(|((kind, field, reason), (path, met, file))| Failing {
        kind: *kind,
        field: field.clone(),
        path: path.clone(),
        reason: reason.clone(),
        count: met.count,
        shapes: shapes(met),
        file: file.clone(),
    });
    let mut failing: Vec<Failing> = failing.collect();
    failing.sort_by_key(|failing| std::cmp::Reverse(failing.count));
    let covered = [coverage.unreadable.len(), unmapped.len(), unknown_codes.len(), failing.len()] == [0; 4];
    Report {
        mapping: coverage.mapping.file.clone(),
        covered,
        files: coverage.files,
        records: coverage.records.clone(),
        rows: coverage.rows,
        answers: coverage.answers,
        unreadable: coverage.unreadable.clone(),
        unmapped,
        unknown_codes,
        failing,
        fields: coverage.fields.values().cloned().collect(),
        never_filled: never_filled(coverage),
        never_seen: never_seen(coverage),
    }
}

fn place(kind: RecordKind, path: &str, met: &Met) -> Unmapped {
    Unmapped { kind, path: path.to_owned(), count: met.count, filled: met.filled, shapes: shapes(met) }
}

/// The most frequent shapes.
fn shapes(met: &Met) -> Vec<String> {
    let mut all: Vec<_> = met.shapes.iter().collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    all.into_iter().take(TOLD_SHAPES).map(|(shape, _)| shape.clone()).collect()
}

fn never_filled(coverage: &Coverage<'_>) -> Vec<String> {
    let unseen = coverage.fields.values().filter(|field| field.filled + field.failing == 0);
    // Of a kind of which no record was there nothing can be said.
    let unseen = unseen.filter(|field| coverage.records.contains_key(&field.kind));
    unseen.map(|field| format!("{}.{}", field.kind, field.field)).collect()
}

/// Rows that are read, of the tables of which any code was met.
fn never_seen(coverage: &Coverage<'_>) -> Vec<UnseenCode> {
    let met = |table: &str, code: &str| coverage.codes.contains_key(&(table.to_owned(), code.to_owned()));
    let mut unseen = Vec::new();
    for (name, table) in &coverage.mapping.codes {
        for row in table.rows.iter().filter(|row| row.read && !met(name, &row.code)) {
            unseen.push(UnseenCode { table: name.clone(), word: row.word.clone(), code: row.code.clone() });
        }
    }
    unseen
}
