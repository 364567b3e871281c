//! Sends what is due to one side of one link, and settles what is in doubt there.
//!
//! The claim (intent `Sent`, committed) comes before the first byte; the outcome is saved under the same claim. What
//! happens between the two is a doubt after a crash, and doubts are looked up before anything is sent again.

mod doubts;
mod prepare;
mod rests;

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::doors::connector::Write;
use crate::doors::store::{Claim, StoreError};
use crate::pure::sync::case::{Intent, IntentState};
use crate::pure::sync::settle::{After, may_repeat, settle};
use crate::words::clock::{Deadline, Stopwatch, now};
use crate::words::outcome::Outcome;
use crate::words::promise::Find;
use crate::words::side::{RemoteId, Side};
use crate::words::stops::{self, Stop};
use crate::words::ticket::RecordKind;

pub use rests::Rests;

use super::absorb::Sight;
use super::{Engine, EngineError, Link, System, Tally};
use crate::pure::retry::Gate;

/// A claim older than this part of its lease is not sent any more, and what was sent is given up in doubt before the
/// last such part begins: no request outlives its lease.
const PART: u32 = 4;
/// Nor is one that is older than this.
const FRESH: Duration = Duration::from_secs(120);
/// Claims taken at once.
const BATCH: u32 = 32;

/// What one round of pushing came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Intents handled.
    pub sent: u64,
    /// Doubts handled.
    pub looked_up: u64,
}

impl Engine {
    /// Sends what is due on one side of one link, once through.
    pub async fn push(&self, link: &Link, side: Side) -> Result<Pushed, EngineError> {
        let Some(system) = self.system(link, side) else { return Ok(Pushed::default()) };
        if !self.is_open(system).await {
            return Ok(Pushed::default());
        }
        let mut pushed = self.settle_doubts(link, side, system).await?;
        if !self.both_sides_known(link).await? {
            return Ok(pushed);
        }
        let limit = if self.proven(link, side).await? { BATCH } else { 1 };
        let claims = self.store.claim(&link.name, side, now(), self.lease, limit).await?;
        let age = Stopwatch::start();
        if !claims.is_empty() {
            stops::at(Stop::Claimed);
        }
        pushed.sent = claims.len() as u64;
        stream::iter(claims)
            .map(|claim| self.send(link, side, system, claim, age))
            .buffer_unordered(system.concurrency.max(1))
            .try_collect::<()>()
            .await?;
        Ok(pushed)
    }

    /// Nothing is written before both sides were listed once: what a lost state once wrote is found by its reference.
    async fn both_sides_known(&self, link: &Link) -> Result<bool, StoreError> {
        for side in Side::BOTH {
            if self.store.cursor(link.system(side)).await?.full_scan.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Until one record of ours is known on a side, creates go one by one, so that a broken search costs one double.
    async fn proven(&self, link: &Link, side: Side) -> Result<bool, StoreError> {
        Ok(self.store.youngest(&link.name, side, &"".into()).await?.is_some())
    }

    async fn is_open(&self, system: &System) -> bool {
        if !system.is_in_hours(now()) {
            return false;
        }
        match system.health.gate(now()) {
            Gate::Open => true,
            Gate::Closed(_) => false,
            Gate::Probe => match system.remote.check().await {
                Ok(()) => {
                    system.health.worked();
                    true
                }
                Err(failure) => {
                    system.health.failed_probe(now(), failure.wait());
                    false
                }
            },
        }
    }

    /// One claimed intent: look again where nothing else guards, send, save what became of it.
    async fn send(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        claim: Claim,
        age: Stopwatch,
    ) -> Result<(), EngineError> {
        let Some(case) = self.store.case(&claim.intent.case).await? else { return Ok(()) };
        let prepared = self.prepare(link, side, system, &case, &claim.intent).await;
        // Preparing takes time: a repeat whose key may die meanwhile is looked up instead.
        let repeats = matches!(claim.intent.state, IntentState::Doubt { .. });
        if repeats && !may_repeat(&claim.intent, now(), link.rules.as_ref()) {
            return Ok(self.store.release(&claim).await?);
        }
        // Only what the side itself answered tells how it is doing.
        let (outcome, reached) = match prepared {
            Ok(write) => {
                stops::at(Stop::Prepared);
                let begin_by = Deadline::after(age, FRESH.min(self.lease / PART));
                let outcome = self.in_time(system.remote.write(&Write { begin_by: Some(begin_by), ..write })).await;
                let too_late = matches!(outcome, Outcome::NotNow(_)) && begin_by.has_passed();
                (believable(outcome, &claim.intent, system), !too_late)
            }
            Err(outcome) => (outcome, false),
        };
        if claim.intent.kind == RecordKind::Attachment {
            self.clear_spool(&self.spool_of(&claim.intent)).await;
        }
        stops::at(Stop::Answered);
        self.conclude(link, side, system, &claim, outcome, reached).await
    }

    /// An outcome, or a doubt where it does not come while the claim surely holds.
    async fn in_time(&self, writing: impl Future<Output = Outcome>) -> Outcome {
        let limit = self.lease / PART * (PART - 2);
        let outcome = tokio::time::timeout(limit, writing).await;
        outcome.unwrap_or_else(|_| Outcome::InDoubt { says: format!("no end after {} s", limit.as_secs()) })
    }

    /// Saves an outcome under its claim, and reads back where that is owed.
    async fn conclude(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        claim: &Claim,
        outcome: Outcome,
        reached: bool,
    ) -> Result<(), EngineError> {
        let key = &claim.intent.key;
        self.count(side, &claim.intent, &outcome);
        let delay = self.backoff(&claim.intent);
        match &outcome {
            // An outage spends no attempt, yet each time it waits longer.
            Outcome::NotNow(_) | Outcome::Gone => {}
            Outcome::Acked(_)
            | Outcome::Conflict { .. }
            | Outcome::Exists { .. }
            | Outcome::Refused { .. }
            | Outcome::InDoubt { .. } => self.rests.forget(key),
        }
        let at = now();
        let mut after = After::default();
        let saved = self
            .update(link, claim, |case| {
                after = settle(case, key, outcome.clone(), at, delay, link.rules.as_ref());
                std::mem::take(&mut after.facts)
            })
            .await;
        stops::at(Stop::Recorded);
        if reached {
            self.note_health(system, key, &after);
        }
        let id = match saved {
            Ok(Some(case)) => case.ticket.ends.get(side).id.clone(),
            // An answer that reaches a worker without its claim still makes the record be read.
            Err(EngineError::Store(StoreError::Fenced)) => {
                after.read = true;
                self.store.case(&claim.intent.case).await?.and_then(|case| case.ticket.ends.get(side).id.clone())
            }
            Ok(None) => None,
            Err(error) => return Err(error),
        };
        match id {
            Some(id) if after.read => self.read_back(link, side, system, &id, None).await,
            _ => Ok(()),
        }
    }

    /// The delay before the next try of a write that is put off once more.
    fn backoff(&self, intent: &Intent) -> Duration {
        self.delay(intent.attempts.saturating_add(self.rests.put_off(&intent.key)))
    }

    fn note_health(&self, system: &System, key: &str, after: &After) {
        if let Some(wait) = after.pause {
            system.health.pause(now(), wait);
        }
        if after.side_failed {
            system.health.failed(key, now());
        } else {
            system.health.worked();
        }
    }

    fn count(&self, side: Side, intent: &Intent, outcome: &Outcome) {
        match outcome {
            Outcome::Acked(_) => {
                Tally::add(&self.tally.writes);
                if intent.kind == RecordKind::Ticket && intent.target.is_none() {
                    self.count_created(side);
                }
            }
            Outcome::NotNow(_) => Tally::add(&self.tally.retries),
            Outcome::InDoubt { .. }
            | Outcome::Conflict { .. }
            | Outcome::Exists { .. }
            | Outcome::Gone
            | Outcome::Refused { .. } => {}
        }
    }

    fn count_created(&self, side: Side) {
        Tally::add(match side {
            Side::National => &self.tally.pushed_up,
            Side::Province => &self.tally.pulled_down,
        });
    }

    /// Reads a ticket now and takes it in. A failed read is no harm: the next poll reads it.
    async fn read_back(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        id: &RemoteId,
        rested: Option<&str>,
    ) -> Result<(), EngineError> {
        let began = now();
        match system.remote.get(id).await {
            Ok(shown) => {
                stops::at(Stop::ReadBack);
                self.absorb_on(link, side, Sight { id, shown: &shown, began, rested }).await?;
            }
            Err(failure) => {
                tracing::debug!(system = %link.system(side), %failure, "read-back failed; the next poll reads it");
                self.store.forget_seen(link.system(side), id).await?;
            }
        }
        Ok(())
    }
}

/// "It exists there" names an id that nobody has proved: where a search by our reference serves, that decides.
fn believable(outcome: Outcome, intent: &Intent, system: &System) -> Outcome {
    match outcome {
        Outcome::Exists { .. } if intent.kind == RecordKind::Ticket && system.remote.promises().find != Find::None => {
            Outcome::Exists { id: None }
        }
        outcome => outcome,
    }
}
