//! Sends what is due to one side of one link, and settles what is in doubt there.
//!
//! The claim (intent `Sent`, committed) comes before the first byte; the outcome is saved under the same claim. What
//! happens between the two is a doubt after a crash, and doubts are looked up before anything is sent again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::doors::connector::{Shown, SpooledFile, Target, Write};
use crate::doors::store::{Claim, StoreError};
use crate::pure::sync::case::{Case, Intent, Pair};
use crate::pure::sync::settle::{After, found, may_repeat, settle};
use crate::words::clock::{Stopwatch, now};
use crate::words::limits::MAX_ATTACHMENT_BYTES;
use crate::words::outcome::{Failure, Outcome};
use crate::words::record::Reading;
use crate::words::side::{RemoteId, Side, Version};
use crate::words::ticket::RecordKind;

use super::absorb::Sight;
use super::{Engine, EngineError, Link, System, Tally};
use crate::pure::retry::Gate;

/// How long a claim holds. Longer than any request may take.
pub const LEASE: Duration = Duration::from_secs(300);
/// A claim older than this is not sent any more: its request could outlive the lease.
const FRESH: Duration = Duration::from_secs(120);
/// Claims taken at once.
const BATCH: u32 = 32;

/// When each doubt was first seen by this process: rests are counted by a monotonic clock, anew after a restart.
#[derive(Debug, Default)]
pub struct Rests(Mutex<BTreeMap<String, Stopwatch>>);

impl Rests {
    /// How long a doubt has rested in this process.
    pub fn rested(&self, key: &str) -> Duration {
        let mut rests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rests.entry(key.to_owned()).or_insert_with(Stopwatch::start).elapsed()
    }

    /// It is settled, or begins anew.
    pub fn forget(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

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
        let claims = self.store.claim(&link.name, side, now(), LEASE, limit).await?;
        let age = Stopwatch::start();
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
        let outcome = match self.prepare(link, side, system, &case, &claim.intent).await {
            Ok(write) if age.elapsed() < FRESH => system.remote.write(&write).await,
            Ok(_) => Outcome::NotNow(Failure::Unreachable { says: "the claim grew too old to send".into() }),
            Err(outcome) => outcome,
        };
        self.conclude(link, side, system, &claim, outcome).await
    }

    /// Saves an outcome under its claim, and reads back where that is owed.
    async fn conclude(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        claim: &Claim,
        outcome: Outcome,
    ) -> Result<(), EngineError> {
        let key = &claim.intent.key;
        self.count(side, &claim.intent, &outcome);
        let delay = self.delay(claim.intent.attempts);
        let at = now();
        let mut after = After::default();
        let saved = self
            .update(link, claim, |case| {
                after = settle(case, key, outcome.clone(), at, delay, link.rules.as_ref());
                std::mem::take(&mut after.facts)
            })
            .await;
        self.note_health(system, key, &after);
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
                self.absorb_on(link, side, Sight { id, shown: &shown, began, rested }).await?;
            }
            Err(failure) => {
                tracing::debug!(system = %link.system(side), %failure, "read-back failed; the next poll reads it");
                self.store.forget_seen(link.system(side), id).await?;
            }
        }
        Ok(())
    }

    /// Everything that a write needs. What keeps it from being sent is an outcome, too.
    async fn prepare(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        case: &Case,
        intent: &Intent,
    ) -> Result<Write, Outcome> {
        let nothing = || Outcome::NotNow(Failure::Unreachable { says: "the pair is not there any more".into() });
        let pair = case.pair(&intent.pair).ok_or_else(nothing)?;
        let version = match (&intent.target, &intent.version) {
            (Some(_), None) => self.compare(side, system, case, intent).await?,
            (_, version) => version.clone().or_else(|| case.ticket.ends.get(side).version.clone()),
        };
        let file = if intent.kind == RecordKind::Attachment && intent.target.is_none() {
            Some(self.fetch(link, side.other(), pair).await?)
        } else {
            None
        };
        Ok(Write {
            kind: intent.kind,
            target: intent.target.clone().map_or(Target::New, Target::Existing),
            parent: case.ticket.ends.get(side).id.clone().filter(|_| intent.kind != RecordKind::Ticket),
            version,
            reference: intent.pair.clone(),
            key: intent.key.clone(),
            intended_at: intent.intended_at,
            fields: intent.fields.iter().map(|(name, planned)| (name.clone(), planned.value.clone())).collect(),
            file,
            captures: pair.ends.get(side).captures.clone(),
        })
    }

    /// Without versions, or where they move by themselves: read right before writing, and give up if the fields moved.
    /// The version just read, where there is one.
    async fn compare(
        &self,
        side: Side,
        system: &System,
        case: &Case,
        intent: &Intent,
    ) -> Result<Option<Version>, Outcome> {
        let Some(ticket) = case.ticket.ends.get(side).id.as_ref() else { return Ok(None) };
        let reading = match system.remote.get(ticket).await.map_err(Outcome::NotNow)? {
            Shown::Ticket(reading) => reading,
            Shown::Gone => return Err(Outcome::Gone),
            Shown::Unreadable { reason } => return Err(Outcome::Conflict { says: reason }),
        };
        let record = record_in(&reading, intent.kind, intent.target.as_ref());
        let moved = record.is_none_or(|record| {
            let image = |name| record.cells.get(name).map(|cell| &cell.image);
            intent.fields.iter().any(|(name, planned)| image(name).is_some_and(|image| *image != planned.before))
        });
        if moved { Err(Outcome::Conflict { says: "it moved since it was read".into() }) } else { Ok(reading.version) }
    }

    /// Brings an attachment's bytes from its own side into the spool.
    async fn fetch(&self, link: &Link, from: Side, pair: &Pair) -> Result<SpooledFile, Outcome> {
        let end = pair.ends.get(from);
        let (Some(system), Some(id)) = (self.system(link, from), end.id.clone()) else {
            return Err(Outcome::NotNow(Failure::Unreachable { says: "the attachment has no source".into() }));
        };
        let reading = Reading {
            kind: pair.kind,
            id,
            identity: end.identity.clone(),
            version: end.version.clone(),
            changed: None,
            reference: Some(pair.reference.clone()),
            cells: end.cells.clone(),
            children: BTreeMap::new(),
            captures: end.captures.clone(),
        };
        system.remote.download(&reading, &self.spool, MAX_ATTACHMENT_BYTES).await.map_err(|failure| match failure {
            Failure::Refused { says } => Outcome::Refused { says, fields: Vec::new() },
            other => Outcome::NotNow(other),
        })
    }

    /// Doubts that have rested: the same key again where keys live, else a lookup, then adopt or send again.
    async fn settle_doubts(&self, link: &Link, side: Side, system: &System) -> Result<Pushed, EngineError> {
        let claims = self.store.claim_doubts(&link.name, side, now(), LEASE, BATCH).await?;
        let mut looked_up = 0;
        for claim in claims {
            let repeat = may_repeat(&claim.intent, now(), link.rules.as_ref());
            if !repeat && self.rests.rested(&claim.intent.key) < settle_of(&claim.intent) {
                self.store.release(&claim).await?;
                continue;
            }
            if repeat {
                Tally::add(&self.tally.retries);
                self.send(link, side, system, claim, Stopwatch::start()).await?;
                looked_up += 1;
            } else if self.look_up(link, side, system, &claim).await? {
                looked_up += 1;
            }
        }
        Ok(Pushed { sent: 0, looked_up })
    }

    /// Looks one doubt up. True where that settled it.
    async fn look_up(&self, link: &Link, side: Side, system: &System, claim: &Claim) -> Result<bool, EngineError> {
        let intent = &claim.intent;
        let known = self.store.case(&intent.case).await?.and_then(|case| case.ticket.ends.get(side).id.clone());
        let settled = match known {
            Some(id) => {
                let began = now();
                match system.remote.get(&id).await {
                    Ok(shown) => {
                        let sight = Sight { id: &id, shown: &shown, began, rested: Some(&intent.key) };
                        self.store.release(claim).await?;
                        self.absorb_on(link, side, sight).await?;
                        true
                    }
                    Err(failure) => self.lookup_failed(system, claim, &failure).await?,
                }
            }
            None => self.look_for(link, side, system, claim).await?,
        };
        if settled {
            self.rests.forget(&intent.key);
            Tally::add(&self.tally.in_doubt_settled);
        }
        Ok(settled)
    }

    /// A create in doubt: look for our reference. "Not found" counts only if the same lookup finds what it must.
    async fn look_for(&self, link: &Link, side: Side, system: &System, claim: &Claim) -> Result<bool, EngineError> {
        let intent = &claim.intent;
        let ids = match system.remote.find(&intent.pair).await {
            Ok(ids) => ids,
            Err(failure) => return self.lookup_failed(system, claim, &failure).await,
        };
        let believed = !ids.is_empty()
            || match self.store.youngest(&link.name, side, &intent.case).await? {
                None => true,
                Some((reference, id)) => {
                    matches!(system.remote.find(&reference).await, Ok(found) if found.contains(&id))
                }
            };
        let delay = self.delay(intent.attempts);
        let mut after = After::default();
        let saved = self
            .update(link, claim, |case| {
                after = found(case, &intent.key, &ids, believed, now(), delay);
                std::mem::take(&mut after.facts)
            })
            .await;
        let saved = match saved {
            // Somebody else settled it.
            Err(EngineError::Store(StoreError::Fenced)) => return Ok(true),
            saved => saved?,
        };
        if let ([id], Some(_)) = (ids.as_slice(), saved) {
            self.count_created(side);
            self.read_back(link, side, system, id, Some(&intent.key)).await?;
        }
        Ok(believed)
    }

    async fn lookup_failed(&self, system: &System, claim: &Claim, failure: &Failure) -> Result<bool, EngineError> {
        system.health.pause(now(), failure.wait().unwrap_or_else(|| self.delay(1)));
        system.health.failed(&claim.intent.key, now());
        self.store.release(claim).await?;
        Ok(false)
    }
}

fn settle_of(intent: &Intent) -> Duration {
    match intent.state {
        crate::pure::sync::case::IntentState::Doubt { settle } => settle,
        _ => Duration::ZERO,
    }
}

/// The record that a write aims at, in a reading of its ticket.
fn record_in<'a>(ticket: &'a Reading, kind: RecordKind, id: Option<&RemoteId>) -> Option<&'a Reading> {
    if kind == RecordKind::Ticket {
        return Some(ticket);
    }
    ticket.children(kind).iter().find(|child| Some(&child.id) == id)
}
