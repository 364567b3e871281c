//! Tries a system with reads alone: whether it keeps what its mapping promises, before anything is decided by it; and each
//! call that changes nothing, for a person who wants to see.

use std::path::Path;

use serde::Serialize;

use crate::doors::connector::{ListFrom, Remote, Shown};
use crate::words::clock::now;
use crate::words::outcome::Failure;
use crate::words::promise::Broken;
use crate::words::record::Reading;
use crate::words::side::{RemoteId, SystemName};
use crate::words::ticket::RecordKind;

use super::absorb::STAY_AWAY;
use super::{Engine, EngineError, System};

/// Largest attachment that is fetched to try it, bytes.
const MAX_TRIED_BYTES: u64 = 1024 * 1024;

/// One call that was tried.
#[derive(Debug, Serialize)]
pub struct Tried {
    /// What it is for: `login`, `promises`, `changes`, `get`, `find`, `download`.
    pub call: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub saw: Saw,
}

/// What a tried call showed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "saw")]
pub enum Saw {
    /// What was to be shown is so.
    Good,
    /// Rows of a listing.
    Rows {
        /// On the first page.
        rows: usize,
        /// Whether there are more pages.
        more: bool,
        /// Its clock less ours, seconds, where it tells.
        clock: Option<i64>,
    },
    /// A ticket that could be read.
    Ticket {
        /// Which.
        id: RemoteId,
        /// Fields that it shows.
        fields: usize,
        /// Its replies, transfers and attachments.
        children: usize,
    },
    /// A ticket that can't be understood.
    Unreadable {
        /// Which.
        id: RemoteId,
        /// Why; personal data is not in it.
        reason: String,
    },
    /// An attachment's content, whole.
    File {
        /// Bytes.
        bytes: u64,
    },
    /// There is nothing that it could be tried on.
    Nothing,
    /// A promise is not kept.
    Broken(Broken),
    /// It failed.
    Failed {
        /// How.
        failure: Failure,
    },
}

impl Engine {
    /// Probes a system's promises, once a start and mapping. One that is broken stops the system: it is neither listed nor
    /// written to.
    pub(super) async fn prove(&self, name: &SystemName, system: &System) -> Result<(), EngineError> {
        if system.is_proved() {
            return Ok(());
        }
        let Some(Broken { promise, says }) = self.patiently(name, || system.remote.probe()).await? else {
            system.proved();
            return Ok(());
        };
        system.health.pause(now(), STAY_AWAY);
        let reason = format!("its mapping's promise `{promise}` is not kept: {says}");
        Err(EngineError::Alarm { system: name.clone(), reason })
    }
}

/// Tries each call of a system that changes nothing. What is fetched goes into `spool`.
pub async fn try_all(remote: &dyn Remote, spool: &Path) -> Vec<Tried> {
    let mut tried = Vec::new();
    let mut note = |call, saw| tried.push(Tried { call, saw });
    let failed = |failure| Saw::Failed { failure };
    match remote.check().await {
        Ok(()) => note("login", Saw::Good),
        Err(failure) => {
            note("login", failed(failure));
            return tried;
        }
    }
    note("promises", remote.probe().await.map_or_else(failed, |broken| broken.map_or(Saw::Good, Saw::Broken)));
    let began = now();
    let page = match remote.changes(&ListFrom::default(), None).await {
        Ok(page) => page,
        Err(failure) => {
            note("changes", failed(failure));
            return tried;
        }
    };
    let clock = page.remote_now.map(|there| (there - began).num_seconds());
    note("changes", Saw::Rows { rows: page.rows.len(), more: page.next.is_some(), clock });
    let Some(id) = page.rows.into_iter().find_map(|row| row.id) else {
        note("get", Saw::Nothing);
        return tried;
    };
    match remote.get(&id).await {
        Ok(Shown::Ticket(reading)) => {
            let children = RecordKind::ALL.iter().map(|kind| reading.children(*kind).len()).sum();
            note("get", Saw::Ticket { id, fields: reading.cells.len(), children });
            note("find", find(remote, &reading).await);
            note("download", download(remote, &reading, spool).await);
        }
        Ok(Shown::Unreadable { reason }) => note("get", Saw::Unreadable { id, reason }),
        Ok(Shown::Gone) => note("get", Saw::Unreadable { id, reason: "it is listed, and not there".to_owned() }),
        Err(failure) => note("get", failed(failure)),
    }
    tried
}

/// A reference that a ticket shows must find it.
async fn find(remote: &dyn Remote, reading: &Reading) -> Saw {
    let Some(reference) = &reading.reference else { return Saw::Nothing };
    match remote.find(reference).await {
        Ok(found) if found.contains(&reading.id) => Saw::Good,
        Ok(_) => Saw::Broken(Broken {
            promise: "find",
            says: format!("{} shows a reference by which it is not found", reading.id),
        }),
        Err(failure) => Saw::Failed { failure },
    }
}

async fn download(remote: &dyn Remote, reading: &Reading, spool: &Path) -> Saw {
    let Some(attachment) = reading.children(RecordKind::Attachment).first() else { return Saw::Nothing };
    match remote.download(attachment, spool, MAX_TRIED_BYTES).await {
        Ok(file) => Saw::File { bytes: file.size },
        Err(failure) => Saw::Failed { failure },
    }
}
