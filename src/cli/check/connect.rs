//! `check --connect`: tries each system of the config with reads alone, and tells what it saw.

use serde::Serialize;

use crate::doors::config::Config;
use crate::engine::probe::{Saw, Tried, try_all};
use crate::pure::messages::{Key, Language};
use crate::words::outcome::Failure;
use crate::words::side::SystemName;

use super::super::wiring::{self, WiringError};
use super::super::{Exit, Failed};

/// What was tried of one system.
#[derive(Debug, Serialize)]
pub(super) struct Connected {
    system: SystemName,
    tried: Vec<Tried>,
}

/// Tries all systems at once, each call after the other.
pub(super) async fn try_systems(config: &Config) -> Result<Vec<Connected>, Failed> {
    let mappings = wiring::load_mappings(config)?;
    let remotes = wiring::remotes(config, &mappings).map_err(WiringError::from)?;
    let spool = tempfile::tempdir()?;
    let tries = remotes.into_iter().map(|(system, remote)| {
        let folder = spool.path().to_owned();
        async move { Connected { tried: try_all(remote.as_ref(), &folder).await, system } }
    });
    Ok(futures_util::future::join_all(tries).await)
}

impl Connected {
    /// A line for each call.
    pub(super) fn lines(&self, language: Language) -> Vec<String> {
        self.tried.iter().map(|tried| format!("{}: {}", self.system, line(tried, language))).collect()
    }

    /// The worst of what was seen.
    pub(super) fn exit(&self) -> Exit {
        let of = |tried: &Tried| match &tried.saw {
            Saw::Good | Saw::Rows { .. } | Saw::Ticket { .. } | Saw::File { .. } | Saw::Nothing => Exit::Done,
            Saw::Failed { failure: Failure::Unreachable { .. } | Failure::Busy { .. } } => Exit::Unreachable,
            Saw::Unreadable { .. } | Saw::Broken(_) | Saw::Failed { .. } => Exit::NeedsPerson,
        };
        self.tried.iter().map(of).max_by_key(|exit| *exit as u8).unwrap_or(Exit::Done)
    }
}

fn line(tried: &Tried, language: Language) -> String {
    let call = tried.call;
    match &tried.saw {
        Saw::Good => language.fill(Key::TriedGood, &[&call]),
        Saw::Rows { rows, more, clock } => {
            let key = if *more { Key::TriedRowsAndMore } else { Key::TriedRows };
            let listed = language.fill(key, &[&call, rows]);
            clock.map_or_else(|| listed.clone(), |clock| listed.clone() + &language.fill(Key::TriedClock, &[&clock]))
        }
        Saw::Ticket { id, fields, children } => language.fill(Key::TriedTicket, &[&call, id, fields, children]),
        Saw::Unreadable { id, reason } => language.fill(Key::TriedUnreadable, &[&call, id, reason]),
        Saw::File { bytes } => language.fill(Key::TriedFile, &[&call, bytes]),
        Saw::Nothing => language.fill(Key::TriedNothing, &[&call]),
        Saw::Broken(broken) => language.fill(Key::TriedBroken, &[&broken.promise, &broken.says]),
        Saw::Failed { failure } => language.fill(Key::TriedFailed, &[&call, failure]),
    }
}
