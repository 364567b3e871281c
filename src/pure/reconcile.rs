//! Reconciliation (đối soát): both systems listed anew, joined by our reference, compared, classified.
//!
//! Independent of the state of the sync: two listings and the link's rules are the input; what the store knows of open
//! work ([`Known`]) only explains a difference, it never makes or hides one. Nothing is repaired here.
//!
//! The national listing comes first and is held; the province's then streams through, so that memory follows what the
//! link carries and not all that a hotline hears. The two steps are two types: [`National`], then [`Province`].

mod compare;
mod known;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::words::clock::Timestamp;
use crate::words::record::{Cell, Dates, Reading};
use crate::words::side::{Reference, RemoteId, Side, Sides};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

pub use compare::Difference;
pub use known::{Known, Open, OpenKind};

/// Values of one ticket, as far as a report needs them.
pub type Values = BTreeMap<Field, Value>;

/// A ticket's free text that no report lists.
const NEVER_KEPT: Field = Field::fixed("content");

/// What one link's mappings and rules say about its records.
pub trait Judge {
    /// Our reference of a ticket born on `side`.
    fn reference(&self, side: Side, id: &RemoteId, identity: Option<&str>) -> Reference;

    /// Whether a reference that a ticket carries is one that this link gave.
    fn gave(&self, reference: &Reference) -> bool;

    /// Our reference of a child of `ticket`, born on `side`.
    fn child_reference(&self, ticket: &Reference, kind: RecordKind, side: Side, id: &RemoteId) -> Reference;

    /// Whether a ticket that is only on `from` belongs on the other side.
    fn selects(&self, from: Side, ticket: &Reading) -> bool;

    /// Whether the link carries the field at all: a value that no side ever takes from the other is not compared.
    fn compares(&self, kind: RecordKind, field: &Field) -> bool;

    /// Whether children of this kind that are only on the other side belong on `to`.
    fn crosses(&self, kind: RecordKind, to: Side) -> bool;

    /// Whether two sides' spellings mean the same in a ticket with these dates, as far as the other side can hold it
    /// (codes, cuts).
    fn agree(&self, kind: RecordKind, field: &Field, cells: Sides<&Cell>, dates: &Dates) -> bool;
}

/// What a ticket came to. Exactly one a ticket; being overdue is a fact beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Several records of one side carry one reference.
    Duplicated,
    /// On the province's side only, and nothing explains it.
    MissingNational,
    /// On the national side only, and nothing explains it.
    MissingProvince,
    /// Something differs, and nothing explains it.
    Differing,
    /// It can't be read.
    Quarantined,
    /// What differs waits for a person's decision.
    Conflict,
    /// What differs was refused.
    Parked,
    /// What differs was sent, with an outcome that is not known yet.
    InDoubt,
    /// What differs is on its way, or changed while the listings were read.
    Waiting,
    /// Both sides show the same.
    Matched,
}

impl Class {
    /// All, the gravest first.
    pub const ALL: [Self; 10] = [
        Self::Duplicated,
        Self::MissingNational,
        Self::MissingProvince,
        Self::Differing,
        Self::Quarantined,
        Self::Conflict,
        Self::Parked,
        Self::InDoubt,
        Self::Waiting,
        Self::Matched,
    ];

    /// Stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duplicated => "duplicated",
            Self::MissingNational => "missing_national",
            Self::MissingProvince => "missing_province",
            Self::Differing => "differing",
            Self::Quarantined => "quarantined",
            Self::Conflict => "conflict",
            Self::Parked => "parked",
            Self::InDoubt => "in_doubt",
            Self::Waiting => "waiting",
            Self::Matched => "matched",
        }
    }

    /// Whether it must never happen: lost, doubled or different without a reason.
    #[must_use]
    pub const fn is_wrong(self) -> bool {
        matches!(self, Self::Duplicated | Self::MissingNational | Self::MissingProvince | Self::Differing)
    }

    /// Whether it goes on only when a person acts.
    #[must_use]
    pub const fn needs_a_person(self) -> bool {
        matches!(self, Self::Quarantined | Self::Conflict | Self::Parked)
    }

    /// Whether it settles by itself.
    #[must_use]
    pub const fn is_on_the_way(self) -> bool {
        matches!(self, Self::InDoubt | Self::Waiting)
    }
}

/// One ticket of the link, as both systems show it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it came to.
    pub class: Class,
    /// The name that joins the records.
    pub reference: Reference,
    /// The records' ids; more than one on a side where it is duplicated.
    pub ids: Sides<Vec<RemoteId>>,
    /// Its values, the province's before the national side's.
    pub values: Values,
    /// When a system last changed it, the later of both.
    pub changed: Option<Timestamp>,
    /// What differs.
    pub differences: Vec<Difference>,
    /// The reasons that are known: a remote's own words, why it can't be read.
    pub says: Vec<String>,
}

/// What came of one link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Its tickets, the gravest first, then by reference.
    pub items: Vec<Item>,
    /// Tickets of each side that the rules leave where they are.
    pub not_selected: Sides<u64>,
}

/// One record as a listing gave it.
#[derive(Debug)]
struct Listed {
    id: RemoteId,
    /// Names it may be joined by, the carried one first.
    keys: Vec<Reference>,
    /// `None` where it could not be read.
    reading: Option<Box<Reading>>,
    /// Why not.
    reason: Option<String>,
    /// The item it went into.
    item: Option<usize>,
}

/// What both steps stand on.
struct Frame<'a> {
    judge: &'a dyn Judge,
    known: &'a Known,
    seen_until: Timestamp,
}

/// First step: takes the national listing.
pub struct National<'a> {
    frame: Frame<'a>,
    records: Vec<Listed>,
}

/// Second step: takes the province's listing.
pub struct Province<'a> {
    frame: Frame<'a>,
    national: Vec<Listed>,
    by_key: BTreeMap<Reference, Vec<usize>>,
    /// Province records that became items, by key.
    placed: BTreeMap<Reference, usize>,
    items: Vec<Item>,
    not_selected: Sides<u64>,
}

impl<'a> National<'a> {
    /// Starts a reconciliation. What changed at or after `seen_until` the sync can't have carried over yet, and the
    /// listings may show it on one side only: it is [`Class::Waiting`] where it differs. That instant is the start of
    /// the last finished cycle, less the lag that the systems declare, and never later than the start of the listings.
    #[must_use]
    pub fn new(judge: &'a dyn Judge, known: &'a Known, seen_until: Timestamp) -> Self {
        Self { frame: Frame { judge, known, seen_until }, records: Vec::new() }
    }

    /// Takes one ticket.
    pub fn add(&mut self, reading: Reading) {
        let listed = self.frame.listed(Side::National, reading);
        self.records.push(listed);
    }

    /// Takes one ticket that can't be read.
    pub fn unreadable(&mut self, id: RemoteId, reason: String) {
        let listed = self.frame.unreadable(Side::National, id, reason);
        self.records.push(listed);
    }

    /// The listing is complete.
    #[must_use]
    pub fn done(self) -> Province<'a> {
        let mut by_key: BTreeMap<Reference, Vec<usize>> = BTreeMap::new();
        for (at, record) in self.records.iter().enumerate() {
            for key in &record.keys {
                by_key.entry(key.clone()).or_default().push(at);
            }
        }
        Province {
            frame: self.frame,
            national: self.records,
            by_key,
            placed: BTreeMap::new(),
            items: Vec::new(),
            not_selected: Sides::default(),
        }
    }
}

impl Province<'_> {
    /// Takes one ticket.
    pub fn add(&mut self, reading: Reading) {
        let listed = self.frame.listed(Side::Province, reading);
        self.place(listed);
    }

    /// Takes one ticket that can't be read.
    pub fn unreadable(&mut self, id: RemoteId, reason: String) {
        let listed = self.frame.unreadable(Side::Province, id, reason);
        self.place(listed);
    }

    /// Both listings are complete.
    #[must_use]
    pub fn finish(mut self) -> Reconciled {
        for at in 0..self.national.len() {
            self.place_national(at);
        }
        self.items.sort_by(|one, other| {
            (one.class, &one.reference, &one.ids.province).cmp(&(other.class, &other.reference, &other.ids.province))
        });
        Reconciled { items: self.items, not_selected: self.not_selected }
    }

    fn place(&mut self, record: Listed) {
        let twins: BTreeSet<usize> =
            record.keys.iter().filter_map(|key| self.by_key.get(key)).flatten().copied().collect();
        let taken = record
            .keys
            .iter()
            .filter_map(|key| self.placed.get(key).copied())
            .chain(twins.iter().filter_map(|at| self.national.get(*at).and_then(|twin| twin.item)))
            .next();
        // Of a new item, the first twin is in already.
        let (at, in_already) = if let Some(at) = taken {
            self.double(at, Side::Province, record.id);
            (at, None)
        } else if twins.is_empty() && !self.frame.belongs(Side::Province, &record) {
            self.not_selected.province += 1;
            return;
        } else {
            let at = self.items.len();
            let first = twins.first().copied();
            let item = self.frame.item(Some(&record), first.and_then(|first| self.national.get(first)));
            self.items.push(item);
            for key in record.keys {
                self.placed.entry(key).or_insert(at);
            }
            (at, first)
        };
        for twin in twins {
            let Some(id) = self.national.get(twin).filter(|twin| twin.item.is_none()).map(|twin| twin.id.clone())
            else {
                continue;
            };
            self.took(twin, at);
            if in_already != Some(twin) {
                self.double(at, Side::National, id);
            }
        }
    }

    /// A national record that no province record joined.
    fn place_national(&mut self, at: usize) {
        let Some(record) = self.national.get(at).filter(|record| record.item.is_none()) else { return };
        let first = record
            .keys
            .iter()
            .filter_map(|key| self.by_key.get(key))
            .flatten()
            .filter_map(|twin| self.national.get(*twin).and_then(|twin| twin.item))
            .next();
        if let Some(item) = first {
            let id = record.id.clone();
            self.double(item, Side::National, id);
            self.took(at, item);
        } else if self.frame.belongs(Side::National, record) {
            let item = self.frame.item(None, Some(record));
            self.items.push(item);
            self.took(at, self.items.len() - 1);
        } else {
            self.not_selected.national += 1;
        }
    }

    fn took(&mut self, at: usize, item: usize) {
        if let Some(record) = self.national.get_mut(at) {
            record.item = Some(item);
            record.reading = None;
        }
    }

    /// One more record of the same reference.
    fn double(&mut self, at: usize, side: Side, id: RemoteId) {
        if let Some(item) = self.items.get_mut(at) {
            item.class = Class::Duplicated;
            item.ids.get_mut(side).push(id);
        }
    }
}

impl Frame<'_> {
    fn listed(&self, side: Side, reading: Reading) -> Listed {
        let derived = self.judge.reference(side, &reading.id, reading.identity.as_deref());
        let known = self.known.reference(side, &reading.id).cloned();
        let mut keys: Vec<Reference> = Vec::new();
        let carried = reading.reference.clone().filter(|reference| self.judge.gave(reference));
        for key in carried.into_iter().chain([derived]).chain(known) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Listed { id: reading.id.clone(), keys, reading: Some(Box::new(reading)), reason: None, item: None }
    }

    fn unreadable(&self, side: Side, id: RemoteId, reason: String) -> Listed {
        let key = self.known.reference(side, &id).cloned().unwrap_or_else(|| self.judge.reference(side, &id, None));
        Listed { id, keys: vec![key], reading: None, reason: Some(reason), item: None }
    }

    /// Whether a record without a partner is the link's business: selected, or paired once (it carries a reference of
    /// the link, or we know of it), or unreadable, so that nobody can tell.
    fn belongs(&self, side: Side, record: &Listed) -> bool {
        let Some(reading) = &record.reading else { return true };
        reading.reference.as_ref().is_some_and(|reference| self.judge.gave(reference))
            || self.known.reference(side, &record.id).is_some()
            || self.judge.selects(side, reading)
    }

    /// Compares and classifies one ticket.
    fn item(&self, province: Option<&Listed>, national: Option<&Listed>) -> Item {
        let reference = [province, national]
            .into_iter()
            .flatten()
            .find_map(|record| {
                let carried = record.reading.as_ref().and_then(|reading| reading.reference.clone());
                carried.filter(|reference| self.judge.gave(reference))
            })
            .or_else(|| [province, national].into_iter().flatten().find_map(|record| record.keys.first().cloned()))
            .unwrap_or_else(|| Reference(String::new()));
        let readings = (readable(province), readable(national));
        let open: Vec<&Open> = [(Side::Province, province), (Side::National, national)]
            .into_iter()
            .filter_map(|(side, record)| record.map(|record| self.known.open(side, &record.id)))
            .find(|open| !open.is_empty())
            .unwrap_or_default()
            .iter()
            .collect();
        let mut differences = Vec::new();
        let mut says: Vec<String> =
            [province, national].into_iter().flatten().filter_map(|record| record.reason.clone()).collect();
        let class = if says.is_empty() {
            if let (Some(province), Some(national)) = readings {
                differences = compare::tickets(self.judge, &reference, province, national);
            }
            let alone = match (province, national) {
                (Some(_), None) => Some(Class::MissingNational),
                (None, Some(_)) => Some(Class::MissingProvince),
                _ => None,
            };
            let young =
                [readings.0, readings.1].into_iter().flatten().any(|reading| reading.changed >= Some(self.seen_until));
            let (class, words) = known::classify(alone, &differences, &open, young);
            says.extend(words);
            class
        } else {
            Class::Quarantined
        };
        let ids = Sides {
            province: province.map(|record| record.id.clone()).into_iter().collect(),
            national: national.map(|record| record.id.clone()).into_iter().collect(),
        };
        let values = values(readings.0, readings.1);
        let changed =
            readings.0.and_then(|reading| reading.changed).max(readings.1.and_then(|reading| reading.changed));
        Item { class, reference, ids, values, changed, differences, says }
    }
}

fn readable(record: Option<&Listed>) -> Option<&Reading> {
    record.and_then(|record| record.reading.as_deref())
}

/// The province's values, and the national side's where the province shows none.
fn values(province: Option<&Reading>, national: Option<&Reading>) -> Values {
    [national, province]
        .into_iter()
        .flatten()
        .flat_map(|reading| &reading.cells)
        .filter(|(field, _)| **field != NEVER_KEPT)
        .filter_map(|(field, cell)| Some((field.clone(), cell.value.clone()?)))
        .collect()
}
