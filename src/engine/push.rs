//! Sends what is due on the two sides of one link, and settles what is in doubt there.
//!
//! The claim (intent `Sent`, committed) comes before the first byte; the outcome is saved under the same claim. What
//! happens between the two is a doubt after a crash, and doubts are looked up before anything is sent again.
//!
//! Claims are taken many at once and outcomes saved as many as have come meanwhile, so that one commit serves many writes;
//! between the two each write goes its own way, and one that hangs holds up no other.

mod conclude;
mod doubts;
mod prepare;
mod rests;

use std::iter::Sum;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::{mpsc, watch};

use crate::doors::connector::Write;
use crate::doors::store::{Claim, StoreError};
use crate::pure::retry::Gate;
use crate::pure::sync::case::{Case, IntentState};
use crate::pure::sync::settle::may_repeat;
use crate::words::clock::{Deadline, Stopwatch, now};
use crate::words::outcome::{Failure, Outcome};
use crate::words::side::{Reference, Side};
use crate::words::stops::{self, Stop};
use crate::words::ticket::RecordKind;

pub use rests::Rests;

use super::{Engine, EngineError, LOOK_AGAIN, Link, System};

/// A claim older than this part of its lease is not sent any more, and what was sent is given up in doubt before the
/// last such part begins: no request outlives its lease.
const PART: u32 = 4;
/// Nor is one that is older than this.
const FRESH: Duration = Duration::from_secs(120);
/// For each call that may be under way, so many claims are taken at once: what is claimed and not sent at a crash is looked
/// up after it, what is claimed too late lets the side wait.
const AHEAD: usize = 4;
/// Batches of claims that wait while one is sent.
const BATCHES: usize = 1;
/// Most claims taken at once.
const MOST_CLAIMS: usize = 256;
/// Doubts taken at once.
const MOST_DOUBTS: u32 = 32;
/// Most outcomes saved at once.
const TOGETHER: usize = 256;

/// What pushing came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Writes that a side was asked to make.
    pub sent: u64,
    /// Doubts handled.
    pub looked_up: u64,
}

impl AddAssign for Pushed {
    fn add_assign(&mut self, more: Self) {
        self.sent += more.sent;
        self.looked_up += more.looked_up;
    }
}

impl Sum for Pushed {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum += one;
            sum
        })
    }
}

/// Counts what of a link is under way: what comes of it may be more to send.
struct InHand<'a>(&'a watch::Sender<u64>);

/// One thing to do.
struct Work<'a> {
    claim: Claim,
    /// The case as it was claimed; `None` where it must be loaded.
    case: Option<Case>,
    /// Of the claim.
    age: Stopwatch,
    in_hand: InHand<'a>,
}

/// A write that has come to its end, for better or worse.
struct Answer<'a> {
    claim: Claim,
    /// As it was claimed.
    case: Case,
    outcome: Outcome,
    /// Whether the side itself said so.
    reached: bool,
    /// Until it is saved.
    _in_hand: InHand<'a>,
}

impl<'a> InHand<'a> {
    fn new(count: &'a watch::Sender<u64>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Engine {
    /// Sends what is due on both sides of one link until nothing is and nothing is under way, or until it `is_over`: then
    /// nothing new begins.
    ///
    /// # Errors
    /// Only where the store can't be used.
    pub async fn push(&self, link: &Link, is_over: &(impl Fn() -> bool + Sync)) -> Result<Pushed, EngineError> {
        let in_hand = watch::Sender::new(0);
        let [province, national] = Side::BOTH.map(|side| self.push_to(link, side, &in_hand, is_over));
        let (province, national) = tokio::try_join!(province, national)?;
        Ok([province, national].into_iter().sum())
    }

    async fn push_to(
        &self,
        link: &Link,
        side: Side,
        in_hand: &watch::Sender<u64>,
        is_over: &(impl Fn() -> bool + Sync),
    ) -> Result<Pushed, EngineError> {
        let Some(system) = self.system(link, side) else { return Ok(Pushed::default()) };
        let (sent, looked_up) = (AtomicU64::new(0), AtomicU64::new(0));
        let (claimed, work) = mpsc::channel(BATCHES);
        let (told, mut answers) = mpsc::channel(TOGETHER);
        let (sent_one, looked_one) = (&sent, &looked_up);
        let claiming = self.claim_work(link, side, system, in_hand, is_over, claimed);
        let sending = async move {
            // `told` ends with the last send, and with it the saving.
            let told = &told;
            let work = stream::unfold(work, |mut work| async { Some((work.recv().await?, work)) });
            let work = work.flat_map(|batch: Vec<Work<'_>>| stream::iter(batch.into_iter().map(Ok)));
            work.try_for_each_concurrent(system.concurrency.max(1), |work| async move {
                if matches!(work.claim.intent.state, IntentState::Doubt { .. }) {
                    let done = self.settle_doubt(link, side, system, work).await?;
                    looked_one.fetch_add(u64::from(done), Ordering::Relaxed);
                } else if let Some(answer) = self.send(link, side, system, work).await? {
                    sent_one.fetch_add(u64::from(answer.reached), Ordering::Relaxed);
                    // The saving ends before this only where it failed, and then that is what is told.
                    told.send(answer).await.ok();
                }
                Ok(())
            })
            .await
        };
        let saving = async {
            let mut some = Vec::new();
            while answers.recv_many(&mut some, TOGETHER).await > 0 {
                self.conclude(link, side, system, std::mem::take(&mut some)).await?;
            }
            Ok(())
        };
        tokio::try_join!(claiming, sending, saving)?;
        Ok(Pushed { sent: sent.into_inner(), looked_up: looked_up.into_inner() })
    }

    /// Claims what is to be done on one side, as long as there is something or something may come: while one batch is sent
    /// the next is claimed.
    async fn claim_work<'a>(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        in_hand: &'a watch::Sender<u64>,
        is_over: &(impl Fn() -> bool + Sync),
        claimed: mpsc::Sender<Vec<Work<'a>>>,
    ) -> Result<(), EngineError> {
        let mut looked: Option<Stopwatch> = None;
        let mut under_way = in_hand.subscribe();
        // The sending ends before this only where it failed, and then that is what is told.
        while let Ok(room) = claimed.reserve().await {
            if is_over() || !self.is_open(system).await {
                break;
            }
            let mut work = Vec::new();
            if looked.is_none_or(|looked| looked.elapsed() >= LOOK_AGAIN) {
                looked = Some(Stopwatch::start());
                work.extend(self.doubts(link, side, in_hand).await?);
            }
            work.extend(self.due(link, side, system, in_hand).await?);
            if !work.is_empty() {
                room.send(work);
            } else if *in_hand.borrow() == 0 {
                break;
            } else {
                tokio::select! {
                    () = self.planned.notified() => {}
                    _ = under_way.wait_for(|count| *count == 0) => {}
                    () = tokio::time::sleep(LOOK_AGAIN) => {}
                }
            }
        }
        Ok(())
    }

    /// Doubts that are due to be looked at.
    async fn doubts<'a>(
        &self,
        link: &Link,
        side: Side,
        in_hand: &'a watch::Sender<u64>,
    ) -> Result<Vec<Work<'a>>, StoreError> {
        let age = Stopwatch::start();
        let claims = self.store.claim_doubts(&link.name, side, now(), self.lease, MOST_DOUBTS).await?;
        if !claims.is_empty() {
            stops::at(Stop::DoubtsClaimed);
        }
        let work = claims.into_iter().map(|claim| Work { claim, case: None, age, in_hand: InHand::new(in_hand) });
        Ok(work.collect())
    }

    /// Writes that are due, claimed, with their cases as they were claimed.
    async fn due<'a>(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        in_hand: &'a watch::Sender<u64>,
    ) -> Result<Vec<Work<'a>>, StoreError> {
        if !self.was_listed(link, side).await? {
            return Ok(Vec::new());
        }
        let most = match self.proven(link, side).await? {
            true => (system.concurrency * AHEAD).clamp(1, MOST_CLAIMS),
            false if *in_hand.borrow() == 0 => 1,
            false => return Ok(Vec::new()),
        };
        let age = Stopwatch::start();
        let limit = u32::try_from(most).unwrap_or(u32::MAX);
        let claims = self.store.claim(&link.name, side, now(), self.lease, limit).await?;
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        stops::at(Stop::Claimed);
        let references: Vec<&Reference> = claims.iter().map(|claim| &claim.intent.case).collect();
        let mut cases = self.store.cases_named(&references).await?;
        let work = claims.into_iter().map(|claim| {
            // The second claim of one case loads it again.
            let case = cases.remove(&claim.intent.case);
            Work { claim, case, age, in_hand: InHand::new(in_hand) }
        });
        Ok(work.collect())
    }

    /// Nothing is written to a side before it was listed whole once: what a lost state once wrote there is found by its
    /// reference. That listing does not count as done while it shows references whose cases are still to come.
    async fn was_listed(&self, link: &Link, side: Side) -> Result<bool, StoreError> {
        Ok(self.store.cursor(link.system(side)).await?.full_scan.is_some())
    }

    /// Until one record of ours is known on a side, creates go one by one, so that a broken search costs one double.
    async fn proven(&self, link: &Link, side: Side) -> Result<bool, StoreError> {
        let is_proven = link.is_proven.get(side);
        if !is_proven.load(Ordering::Relaxed) && self.store.youngest(&link.name, side, &"".into()).await?.is_some() {
            is_proven.store(true, Ordering::Relaxed);
        }
        Ok(is_proven.load(Ordering::Relaxed))
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

    /// One claimed intent: look again where nothing else guards, and send. `None` where nothing was sent, and nothing is
    /// to be saved.
    async fn send<'a>(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        work: Work<'a>,
    ) -> Result<Option<Answer<'a>>, EngineError> {
        let Work { claim, case, age, in_hand } = work;
        let case = match case {
            Some(case) => case,
            None => match self.store.case(&claim.intent.case).await? {
                Some(case) => case,
                None => return Ok(None),
            },
        };
        let prepared = match held_back(system) {
            // Claimed before the side closed.
            Some(failure) => Err(Outcome::NotNow(failure)),
            None => self.prepare(link, side, system, &case, &claim.intent).await,
        };
        // Preparing takes time: a repeat whose key may die meanwhile is looked up instead.
        let repeats = matches!(claim.intent.state, IntentState::Doubt { .. });
        let since = self.rests.since_sent(&claim.intent.key);
        if repeats && !may_repeat(&claim.intent, now(), since, link.rules.as_ref()) {
            self.store.release(&claim).await?;
            return Ok(None);
        }
        // Only what the side itself answered tells how it is doing.
        let (outcome, reached) = match prepared {
            Ok(write) => {
                stops::at(Stop::Prepared);
                let begin_by = Deadline::after(age, FRESH.min(self.lease / PART));
                self.rests.sent(&claim.intent.key);
                let outcome = self.in_time(system.remote.write(&Write { begin_by: Some(begin_by), ..write })).await;
                let too_late = matches!(outcome, Outcome::NotNow(_)) && begin_by.has_passed();
                if let Outcome::NotNow(failure) = &outcome
                    && let Some(wait) = failure.wait()
                {
                    // At once: what is claimed already waits, too.
                    system.health.pause(now(), wait);
                }
                (outcome, !too_late)
            }
            Err(outcome) => (outcome, false),
        };
        if claim.intent.kind == RecordKind::Attachment {
            self.clear_spool(&self.spool_of(&claim.intent)).await;
        }
        stops::at(Stop::Answered);
        Ok(Some(Answer { claim, case, outcome, reached, _in_hand: in_hand }))
    }

    /// An outcome, or a doubt where it does not come while the claim surely holds.
    async fn in_time(&self, writing: impl Future<Output = Outcome>) -> Outcome {
        let limit = self.lease / PART * (PART - 2);
        let outcome = tokio::time::timeout(limit, writing).await;
        outcome.unwrap_or_else(|_| Outcome::InDoubt { says: format!("no end after {} s", limit.as_secs()) })
    }
}

/// Why nothing goes to a system now, where that is so: it asked to be left alone, or is not itself, or it is not its hours.
fn held_back(system: &System) -> Option<Failure> {
    let now = now();
    let wait = match system.health.gate(now) {
        Gate::Open if system.is_in_hours(now) => return None,
        Gate::Open | Gate::Probe => None,
        Gate::Closed(until) => (until - now).to_std().ok(),
    };
    Some(Failure::Busy { says: "this side is left alone for now".to_owned(), wait })
}
