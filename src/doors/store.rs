//! The door to our own state: one trait, one contract suite on every implementation.
//!
//! A store keeps and finds; it decides nothing. Every method is one transaction; what it returned as done survives
//! `kill -9`.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::pure::sync::case::{Case, Fact, Intent};
use crate::words::clock::Timestamp;
use crate::words::side::{LinkName, Reference, RemoteId, Side, Sides, SystemName};

mod bounded;
#[cfg(test)]
mod contract;
mod hints;
mod postgres;
mod schema;
mod sql;
mod sqlite;

pub use bounded::Bounded;
pub use hints::{Hint, Noted, Notice};
pub use sql::{Mode, SqlStore};

/// Which systems each link joins: a record is one record whatever the link it is written through.
pub type Systems = BTreeMap<LinkName, Sides<SystemName>>;

/// Why the store could not do it.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Written by a later program.
    #[error("the database has schema version {found}; this program knows up to {known}: use the newer program")]
    Newer {
        /// Found in the database.
        found: i64,
        /// The newest that this program has.
        known: i64,
    },
    /// Another daemon holds it.
    #[error("another daemon works on this database ({holder})")]
    Held {
        /// Who, as far as it told.
        holder: String,
    },
    /// The row was saved by somebody else since it was loaded: load and decide again.
    #[error("saved by another since it was loaded")]
    Stale,
    /// A worker lost its claim.
    #[error("the claim has passed to another worker")]
    Fenced,
    /// The ticket of this side belongs to another case of the link already: two records were taken for one.
    #[error("this ticket of the {side} side belongs to another case of the link")]
    Taken {
        /// The side whose id is taken.
        side: Side,
    },
    /// The beginning of a key fits several.
    #[error("several intents have a key that begins like this: give more of it")]
    Ambiguous,
    /// The database file is not one, or is damaged. It is never made anew by itself.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// It can't be used now and may be later: its disk is full, somebody holds it, its server is away.
    #[error("the database can't be used now: {why}")]
    Away {
        /// What an operator can look at.
        why: &'static str,
        /// What the database said, where it said anything.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Anything else that the database said.
    #[error("the database: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Whether the same may work later, without anything being changed in the program or by hand in the data.
    #[must_use]
    pub const fn is_worth_a_retry(&self) -> bool {
        matches!(self, Self::Away { .. })
    }
}

/// How a database is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long it is waited for: for a lock on it, for a connection, for an answer.
    pub patience: Duration,
    /// Connections of one process to a server.
    pub connections: u32,
}

/// What one decision changed; saved as one.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The audit entries of it.
    pub facts: Vec<Fact>,
    /// When it was decided: the instant of its audit entries. A claim whose lease ended before it protects nothing.
    pub at: Timestamp,
    /// Whoever knows the rules must plan the case again, without waiting for a reading: a person decided something, or
    /// one of its tickets must be read first. Nothing of it is sent before.
    pub replan: bool,
    /// Digests of the mappings in force when it was decided; `None` where a person's command decided it.
    pub mappings: Option<Sides<String>>,
}

/// One decision to save. `claim` proves that the saver still holds the intent that it worked on.
#[derive(Debug, Clone, Copy)]
pub struct Save<'a> {
    /// The case as it is to stand, on the revision that it was loaded with; 0 where it is new.
    pub case: &'a Case,
    /// What was decided.
    pub change: &'a Change,
    /// Ends with the save.
    pub claim: Option<&'a Claim>,
}

/// A claimed intent: only its holder may complete it.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What to send.
    pub intent: Intent,
    /// The case's link.
    pub link: LinkName,
    /// Rises with every claim of the row.
    pub fence: i64,
}

/// What is known of a ticket that no link has taken, or that was read: saves reading it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: RemoteId,
    /// What the listing showed of it (version, change instant) and the rules it was judged by.
    pub stamp: String,
}

/// A ticket that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// System that shows it.
    pub system: SystemName,
    /// Its id there.
    pub id: RemoteId,
    /// Why, without personal data.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Digest of the mapping that could not read it.
    pub mapping: String,
}

/// A mapping that came into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingUse {
    /// System that it describes.
    pub system: SystemName,
    /// File name, without folders.
    pub file: String,
    /// Its digest.
    pub digest: String,
    /// Since when.
    pub since: Timestamp,
}

/// A changed mapping that is not sound: the one before it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingRefusal {
    /// System that it describes.
    pub system: SystemName,
    /// File name, without folders.
    pub file: String,
    /// Digest of what was refused.
    pub digest: String,
    /// Since when.
    pub since: Timestamp,
    /// Code and place of each problem; no values.
    pub problems: Vec<String>,
}

/// Where the listing of one system has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Changes up to here were seen.
    pub since: Option<Timestamp>,
    /// When a full scan last ended well.
    pub full_scan: Option<Timestamp>,
}

/// What there is, and what of it is open: for `status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Cases.
    pub cases: u64,
    /// Cases with a ticket on both sides.
    pub paired: u64,
    /// What waits.
    #[serde(flatten)]
    pub open: Open,
}

/// What waits for something. To count it takes as long as much is open, however much there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Intents that wait to be sent.
    pub ready: u64,
    /// Intents that are out.
    pub sent: u64,
    /// Intents in doubt.
    pub doubt: u64,
    /// Intents that wait for a person, and refused values.
    pub parked: u64,
    /// Fields that wait for a person.
    pub conflicts: u64,
    /// Tickets that can't be read, and quarantined pairs.
    pub quarantined: u64,
}

/// One run of a cycle or report, kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Number.
    pub id: i64,
    /// `sync`, `full`, `report`.
    pub kind: String,
    /// Began.
    pub began: Timestamp,
    /// Ended; `None` while it runs or where it was killed.
    pub ended: Option<Timestamp>,
    /// What came of it, as JSON.
    pub result: serde_json::Value,
}

/// An audit entry as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Position in the log, from 1, without gaps.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Link.
    pub link: LinkName,
    /// The case.
    pub case: Reference,
    /// What.
    pub fact: Fact,
    /// Digests of the mappings in force when it was decided; `None` where a person's command decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mappings: Option<Sides<String>>,
}

/// Which intents are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// All.
    Open,
    /// Those that wait for a person.
    Parked,
}

/// The store.
#[async_trait]
pub trait Store: Send + Sync {
    /// Loads a case with its intents.
    async fn case(&self, reference: &Reference) -> Result<Option<Case>, StoreError>;

    /// Loads cases with their intents, all of one moment; what is not there is left out.
    async fn cases_named(&self, references: &[&Reference]) -> Result<BTreeMap<Reference, Case>, StoreError>;

    /// Loads the cases of a link that have these tickets on this side.
    async fn cases_of(
        &self,
        link: &LinkName,
        side: Side,
        ids: &[&RemoteId],
    ) -> Result<BTreeMap<RemoteId, Case>, StoreError>;

    /// Saves cases, each with its intents as they now are (rows no longer among them are removed) and its audit entries as
    /// one: all of that or nothing. In as few transactions as there can be. Tells of each, in order, its new revision, or:
    /// `Stale` where the revision moved, or where it is the second of one case; `Fenced` where the claim is lost, or where
    /// an intent that somebody else is sending would be changed or removed (one that is looked up may be settled: its
    /// lookup loses the claim); `Taken` where a ticket of it belongs to another case.
    async fn save_all(&self, saves: &[Save<'_>]) -> Result<Vec<Result<i64, StoreError>>, StoreError>;

    /// The same of one.
    async fn save(&self, case: &Case, change: &Change, claim: Option<&Claim>) -> Result<i64, StoreError> {
        let saved = self.save_all(&[Save { case, change, claim }]).await?.pop();
        saved.unwrap_or(Err(StoreError::Stale))
    }

    /// References of cases of a link, in order, after `after`, at most `limit`.
    async fn cases(&self, link: &LinkName, after: Option<&Reference>, limit: u32)
    -> Result<Vec<Reference>, StoreError>;

    /// Ids of the live tickets of a link on one side, in order, after `after`, at most `limit`.
    async fn ids(
        &self,
        link: &LinkName,
        side: Side,
        after: Option<&RemoteId>,
        limit: u32,
    ) -> Result<Vec<RemoteId>, StoreError>;

    /// Claims up to `limit` due intents of one link and side, oldest first, whose record has no other intent in hand
    /// and whose case is not to be planned again: sets `Sent`, `first_sent` where unset, lease and fence, and commits before it returns.
    async fn claim(
        &self,
        link: &LinkName,
        side: Side,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError>;

    /// Claims up to `limit` due intents in doubt (of one link and side) for a lookup, oldest first, without changing their state.
    async fn claim_doubts(
        &self,
        link: &LinkName,
        side: Side,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError>;

    /// Gives a claim back without having done anything: its intent stays as it was stored. Nothing where the claim is lost.
    async fn release(&self, claim: &Claim) -> Result<(), StoreError>;

    /// Intents left `Sent` whose lease has ended become doubts with the given rest; all of them, whatever their lease,
    /// when `now` is `None`: at the start of the only daemon. Returns how many.
    async fn recover(&self, now: Option<Timestamp>, settle: Duration) -> Result<u64, StoreError>;

    /// The earliest due instant among ready intents.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// The youngest other live case whose ticket we created on this side and that is there, as far as is known: what a
    /// lookup by our reference must find to be believed.
    async fn youngest(
        &self,
        link: &LinkName,
        side: Side,
        except: &Reference,
    ) -> Result<Option<(Reference, RemoteId)>, StoreError>;

    /// The youngest live case that is younger than this one and whose ticket is on this side, as far as is known.
    async fn younger(&self, link: &LinkName, side: Side, than: &Reference) -> Result<Option<RemoteId>, StoreError>;

    /// What is remembered of these tickets.
    async fn seen(&self, system: &SystemName, ids: &[RemoteId]) -> Result<BTreeMap<RemoteId, String>, StoreError>;

    /// Remembers them.
    async fn mark_seen(&self, system: &SystemName, seen: &[Seen]) -> Result<(), StoreError>;

    /// Forgets one: the next listing that shows it makes it be read.
    async fn forget_seen(&self, system: &SystemName, id: &RemoteId) -> Result<(), StoreError>;

    /// Remembers a ticket that can't be read.
    async fn quarantine(&self, entry: &Quarantined) -> Result<(), StoreError>;

    /// Forgets them: they were read.
    async fn unquarantine(&self, system: &SystemName, ids: &[&RemoteId]) -> Result<(), StoreError>;

    /// All that can't be read.
    async fn quarantined(&self, limit: u32) -> Result<Vec<Quarantined>, StoreError>;

    /// What another mapping than this one could not read of a system, at most `limit`.
    async fn quarantined_otherwise(
        &self,
        system: &SystemName,
        mapping: &str,
        limit: u32,
    ) -> Result<Vec<Quarantined>, StoreError>;

    /// Where the listing of a system has come to.
    async fn cursor(&self, system: &SystemName) -> Result<Cursor, StoreError>;

    /// Saves it.
    async fn save_cursor(&self, system: &SystemName, cursor: &Cursor) -> Result<(), StoreError>;

    /// The intents of one link and side that are out or in doubt.
    async fn out(&self, link: &LinkName, side: Side) -> Result<Vec<Intent>, StoreError>;

    /// Intents with their links, oldest first, at most `limit`.
    async fn queue(&self, which: Queue, limit: u32) -> Result<Vec<(LinkName, Intent)>, StoreError>;

    /// One intent by the beginning of its key; `Ambiguous` where several fit.
    async fn intent(&self, key: &str) -> Result<Option<(LinkName, Intent)>, StoreError>;

    /// References of cases that have fields waiting for a person, or refused values, or are quarantined.
    async fn troubled(&self, limit: u32) -> Result<Vec<Reference>, StoreError>;

    /// References of cases (of one link or of all) that are to be planned again, in order, after `after`, at most `limit`.
    async fn to_replan(
        &self,
        link: Option<&LinkName>,
        after: Option<&Reference>,
        limit: u32,
    ) -> Result<Vec<Reference>, StoreError>;

    /// Notes the mapping in force of a system; what was refused of it before is forgotten. Where it is another than
    /// the last, the cases whose unsent or refused writes it may concern are to be planned again. Whether it is
    /// another.
    async fn take_mapping(&self, taken: &MappingUse) -> Result<bool, StoreError>;

    /// Notes that a changed mapping is not sound.
    async fn refuse_mapping(&self, refusal: &MappingRefusal) -> Result<(), StoreError>;

    /// All mappings that ever came into force, oldest first.
    async fn mapping_uses(&self) -> Result<Vec<MappingUse>, StoreError>;

    /// Systems whose changed mapping is refused.
    async fn mapping_refusals(&self) -> Result<Vec<MappingRefusal>, StoreError>;

    /// What is open, of one link (tickets that can't be read: of its two systems) or of all.
    async fn open(&self, link: Option<&LinkName>) -> Result<Open, StoreError>;

    /// The same with what there is; takes as long as that is much.
    async fn counts(&self, link: Option<&LinkName>) -> Result<Counts, StoreError>;

    /// Notes that a run began; returns its number.
    async fn begin_run(&self, kind: &str, at: Timestamp) -> Result<i64, StoreError>;

    /// Notes how it ended.
    async fn end_run(&self, id: i64, at: Timestamp, result: &serde_json::Value) -> Result<(), StoreError>;

    /// The last runs, youngest first.
    async fn runs(&self, limit: u32) -> Result<Vec<Run>, StoreError>;

    /// Audit entries after a position.
    async fn entries(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError>;

    /// The key of this installation's digests: made with the database, 32 random bytes.
    async fn installation_key(&self) -> Result<Vec<u8>, StoreError>;

    /// Whether other daemons may work on the same state.
    fn is_shared(&self) -> bool;

    /// Takes a duty (scheduled work that one of several daemons does) until an instant, or keeps it that long; whether
    /// it is the holder's now. A duty whose time has passed goes to whoever asks first.
    async fn take_duty(&self, duty: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool, StoreError>;

    /// Gives all duties of a holder back.
    async fn leave_duties(&self, holder: &str) -> Result<(), StoreError>;

    /// Takes what a system told by itself, unless it came before; at most `most` hints are open at once.
    async fn note(&self, notice: &Notice, most: u32) -> Result<Noted, StoreError>;

    /// Tickets that systems told of and that were not read since, the oldest hint first.
    async fn hints(&self, limit: u32) -> Result<Vec<Hint>, StoreError>;

    /// The ticket was read, or is left to the polls. Told of again meanwhile, it stays.
    async fn end_hint(&self, hint: &Hint) -> Result<(), StoreError>;

    /// Waits until everything is on disk, and closes.
    async fn close(&self);
}
