//! The door to remote systems: one trait, whatever stands behind it.
//!
//! A connector moves bytes as a mapping declares. It decides nothing about tickets: what to write, when to try again
//! and what a doubt means is `pure::sync`'s.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::words::clock::{Deadline, Timestamp};
use crate::words::outcome::{Failure, Outcome};
use crate::words::promise::{Broken, Promises};
use crate::words::record::{Dates, Reading};
use crate::words::side::{Reference, RemoteId, SystemName, Version};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

pub mod declared;

/// Where a listing of changes begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFrom {
    /// Changes at or after this instant; everything where `None` (a full scan).
    pub since: Option<Timestamp>,
}

/// Where the next page begins: opaque, handed back as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageToken(pub String);

/// One page of a listing.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Its rows, in the order given.
    pub rows: Vec<Row>,
    /// Where to go on; `None` at the end.
    pub next: Option<PageToken>,
    /// The remote's own clock when it answered, where it tells.
    pub remote_now: Option<Timestamp>,
}

/// One row of a listing: a hint that a ticket may have changed, or the ticket itself.
#[derive(Debug, Clone)]
pub struct Row {
    /// The ticket's id; `None` where even that could not be read.
    pub id: Option<RemoteId>,
    /// Its version, where shown.
    pub version: Option<Version>,
    /// When it last changed, where shown.
    pub changed: Option<Timestamp>,
    /// The ticket, where the mapping declares that rows are whole and current.
    pub shown: Option<Shown>,
}

/// What a reading brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The ticket with its children.
    Ticket(Box<Reading>),
    /// Something is there, but it can't be understood: this ticket alone is quarantined.
    Unreadable {
        /// Which field or element, and why; codes are named, personal data is not.
        reason: String,
    },
    /// The system says that there is no such ticket (any more).
    Gone,
}

/// One write of one record, with canonical values; bytes are rendered at each attempt.
#[derive(Debug, Clone)]
pub struct Write {
    /// What is written.
    pub kind: RecordKind,
    /// Make a new record, or change the one of this id.
    pub target: Target,
    /// The ticket that a child belongs to, by its id on this side.
    pub parent: Option<RemoteId>,
    /// The version that the write was planned on, where the system has versions.
    pub version: Option<Version>,
    /// Our reference of the pair.
    pub reference: Reference,
    /// Names the operation (pair, direction, generation), never the pair.
    pub key: String,
    /// When the intent was made.
    pub intended_at: Timestamp,
    /// The changed fields; `None` empties a field.
    pub fields: BTreeMap<Field, Option<Value>>,
    /// The ticket's own dates.
    pub dates: Dates,
    /// An attachment's content.
    pub file: Option<SpooledFile>,
    /// What the last reading captured for writes ([`Reading::captures`]).
    pub captures: BTreeMap<String, String>,
    /// The commit must not begin after this: the claim may have passed to another worker by then.
    pub begin_by: Option<Deadline>,
}

/// What a write is aimed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A record that is not there yet.
    New,
    /// The record of this id.
    Existing(RemoteId),
}

/// An attachment's bytes in our spool, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpooledFile {
    /// Where.
    pub path: PathBuf,
    /// Length, bytes.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// One remote system.
#[async_trait]
pub trait Remote: Send + Sync {
    /// The name that the config gave it.
    fn name(&self) -> &SystemName;

    /// What its mapping declares.
    fn promises(&self) -> &Promises;

    /// Digest of its mapping.
    fn mapping(&self) -> &str;

    /// Proves that it can be reached and that it knows who we are.
    async fn check(&self) -> Result<(), Failure>;

    /// The first of its promises that a few reads show to be broken.
    async fn probe(&self) -> Result<Option<Broken>, Failure>;

    /// One page of changes. `page` is `None` for the first.
    async fn changes(&self, from: &ListFrom, page: Option<&PageToken>) -> Result<Page, Failure>;

    /// Reads one ticket with all its children.
    async fn get(&self, id: &RemoteId) -> Result<Shown, Failure>;

    /// Ids of the tickets whose reading shows this reference. A hit of the system's search that does not show the
    /// reference when read is no hit.
    async fn find(&self, reference: &Reference) -> Result<Vec<RemoteId>, Failure>;

    /// Carries out one write: its `before` steps, then exactly one commit, then its `after` steps.
    async fn write(&self, write: &Write) -> Outcome;

    /// Fetches an attachment's bytes into `spool`, in constant memory, up to `limit` bytes.
    async fn download(&self, attachment: &Reading, spool: &std::path::Path, limit: u64)
    -> Result<SpooledFile, Failure>;
}

/// A connector that can be shared by tasks.
pub type SharedRemote = Arc<dyn Remote>;
