//! What systems tell by themselves, as the store keeps it.

use crate::words::clock::Timestamp;
use crate::words::side::{RemoteId, SystemName};

/// A system told by itself that tickets may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which system.
    pub system: SystemName,
    /// Its tickets.
    pub ids: Vec<RemoteId>,
    /// What no other notice of the system has.
    pub proof: String,
    /// When it came.
    pub at: Timestamp,
    /// Notices that came before this can't be taken any more, and need not be remembered.
    pub forget_before: Timestamp,
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It is kept.
    New,
    /// It came before; nothing is done.
    Before,
    /// There is no room; nothing is kept.
    Full,
}

/// A ticket that a system told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Which system.
    pub system: SystemName,
    /// The ticket.
    pub id: RemoteId,
    /// How often it was told of since it was read.
    pub times: i64,
    /// Since when.
    pub since: Timestamp,
}
