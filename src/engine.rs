//! Floor 3: carries out what floor 1 decided, through the doors.
//!
//! A cycle lists what changed on every system ([`poll`]), takes each changed ticket in and plans ([`absorb`]), and
//! sends what is due ([`push`]). All state lies in the store: the engine may be killed between any two lines.

pub mod absorb;
mod accepted;
mod again;
pub mod cycle;
pub mod duties;
pub mod health;
pub mod hints;
pub mod link;
pub mod mappings;
mod patience;
pub mod poll;
pub mod probe;
pub mod push;
pub mod reconcile;
pub mod report;
mod restored;
mod rounds;
pub mod tasks;
mod unlisted;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono_tz::Tz;
use thiserror::Error;
use tokio::sync::Notify;

use crate::doors::config::Hours;
use crate::doors::connector::SharedRemote;
use crate::doors::store::{Store, StoreError};
use crate::pure::retry::Policy;
use crate::words::clock::Timestamp;
use crate::words::outcome::Failure;
use crate::words::side::{LinkName, Side, SystemName};

pub use health::Health;
pub use link::Link;

/// How often what waits for time to pass, doubts and pauses, is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// So many cases are decided before whatever else is under way gets its turn.
const A_TURN: usize = 8;

/// Called after each of many decisions: what is saved or sent meanwhile goes on between them.
async fn take_turns(done: usize) {
    if done % A_TURN == A_TURN - 1 {
        tokio::task::yield_now().await;
    }
}

/// Why a part of a cycle could not be done. What concerns one ticket is kept with that ticket instead.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A system could not be listed or read.
    #[error("{system}: {failure}")]
    Remote {
        /// Which.
        system: SystemName,
        /// Why.
        failure: Failure,
    },
    /// A report's files could not be written.
    #[error("the report can't be kept: {says}")]
    Shelf {
        /// Why.
        says: String,
    },
    /// A guard stopped a suspicious change until a person looks.
    #[error("{system}: stopped: {reason}")]
    Alarm {
        /// Which.
        system: SystemName,
        /// What looked wrong.
        reason: String,
    },
}

/// One remote system at work.
pub struct System {
    /// What moves its bytes.
    pub remote: SharedRemote,
    /// Pauses and breaker.
    pub health: Health,
    /// Calls at once.
    pub concurrency: usize,
    /// Local time of day in which it may be polled and written to; always where `None`.
    pub hours: Option<(Hours, Tz)>,
    /// Whether its promises were probed under the mapping in force.
    pub is_proved: AtomicBool,
}

impl System {
    fn is_proved(&self) -> bool {
        self.is_proved.load(Ordering::Relaxed)
    }

    fn proved(&self) {
        self.is_proved.store(true, Ordering::Relaxed);
    }

    /// Whether it may be polled and written to now. A report reads at any hour.
    #[must_use]
    pub fn is_in_hours(&self, now: Timestamp) -> bool {
        self.hours.is_none_or(|(hours, zone)| hours.contain(now.with_timezone(&zone).time()))
    }
}

/// Everything that a cycle needs, wired together by the cli.
pub struct Engine {
    /// Our state.
    pub store: Arc<dyn Store>,
    /// Remote systems by name.
    pub systems: BTreeMap<SystemName, System>,
    /// Links by name.
    pub links: BTreeMap<LinkName, Link>,
    /// Where attachments rest between the two sides.
    pub spool: PathBuf,
    /// What happened since the start.
    pub tally: Tally,
    /// How long doubts have rested, and how often writes were put off.
    pub rests: push::Rests,
    /// Delays between tries.
    pub retry: Policy,
    /// What of the scheduled work is this daemon's.
    pub duties: Arc<duties::Duties>,
    /// Told when something was planned: there may be something to send.
    pub planned: Notify,
    /// Told when a system told something by itself.
    pub hinted: Arc<Notify>,
    /// How long a claim holds: longer than all the calls of one write may take.
    pub lease: Duration,
}

impl Engine {
    /// The system at one end of a link.
    fn system(&self, link: &Link, side: Side) -> Option<&System> {
        self.systems.get(link.system(side))
    }

    /// The delay before the try that follows so many failed ones.
    fn delay(&self, attempts: u32) -> Duration {
        self.retry.delay(attempts, rand::random())
    }

    /// The links that end at a system, each with the side where it does.
    fn ends_at<'a>(&'a self, system: &'a SystemName) -> impl Iterator<Item = (&'a Link, Side)> {
        self.links.values().flat_map(move |link| {
            Side::BOTH.into_iter().filter(move |side| link.system(*side) == system).map(move |side| (link, side))
        })
    }
}

/// Counts since the start of the process.
#[derive(Debug, Default)]
pub struct Tally {
    /// Tickets read.
    pub read: AtomicU64,
    /// Tickets made on a national side.
    pub pushed_up: AtomicU64,
    /// Tickets made on the province's side.
    pub pulled_down: AtomicU64,
    /// Writes taken by a system.
    pub writes: AtomicU64,
    /// Calls that had to be made again.
    pub retries: AtomicU64,
    /// Doubts that were settled.
    pub in_doubt_settled: AtomicU64,
}

impl Tally {
    /// Adds one.
    pub fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
