//! The daemon's day: cycles and reports by the timetable, retries as they fall due, and an end that loses nothing.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::pure::schedule::{Schedule, spread};
use crate::words::clock::{Timestamp, now};
use crate::words::stops::{self, Stop};

use super::cycle::{Cycled, Pace};
use super::push::Rests;
use super::{Engine, EngineError, duties};

/// Longest that a cycle waits for retries and doubts before the next thing on the timetable gets its turn.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest sleep between two looks at the queue: a retry that another process made due is seen by then.
const LONGEST_SLEEP: TimeDelta = TimeDelta::seconds(30);
/// When a ticket that was told of, and could not be taken in yet, is read again.
const HINTS_AGAIN: TimeDelta = TimeDelta::seconds(5);
/// Longest pause before a database that could not be used is tried again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Shortest sleep, so that a due row that can't go yet (a paused side) does not spin.
const SHORTEST_SLEEP: TimeDelta = TimeDelta::milliseconds(200);

/// Shortest turn of a cycle, however soon the next one is due.
const SHORTEST_CYCLE: Duration = Duration::from_secs(1);

/// When what is done.
#[derive(Debug, Clone)]
pub struct Timetable {
    /// List what changed, and push.
    pub sync: Schedule,
    /// List everything, the net under every cursor.
    pub full: Schedule,
    /// Reconcile and report.
    pub report: Schedule,
}

/// What the day asks of the program around the engine. Called between cycles only, when nothing is under way.
pub trait Keeper {
    /// Looks for changed mappings, and takes the sound ones.
    fn look_for_mappings(&mut self, engine: &mut Engine) -> impl Future<Output = Result<(), EngineError>>;

    /// Makes and keeps one report.
    fn report(&self, engine: &Engine) -> impl Future<Output = Result<(), EngineError>>;

    /// Returns when somebody asks for a cycle now.
    fn asked(&self) -> impl Future<Output = ()>;
}

/// What is on at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Sync,
    Full,
    Report,
}

/// How a sleep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rested {
    /// In its time.
    Out,
    /// Somebody asked for a cycle now.
    Asked,
}

impl Timetable {
    /// What comes next after an instant; the larger job where several fall together.
    fn next(&self, after: Timestamp) -> Option<(Timestamp, Turn)> {
        [(&self.report, Turn::Report), (&self.full, Turn::Full), (&self.sync, Turn::Sync)]
            .into_iter()
            .filter_map(|(schedule, turn)| schedule.next_after(after).map(|at| (at, turn)))
            .min_by_key(|(at, _)| *at)
    }

    /// When a turn begins. Systems are not called in the very second in which everybody calls them.
    fn begins(&self, on_time: Timestamp, turn: Turn) -> Timestamp {
        let until_next = self.next(on_time).and_then(|(next, _)| (next - on_time).to_std().ok());
        let later = match turn {
            Turn::Sync | Turn::Full => spread(until_next.unwrap_or_default(), rand::random()),
            Turn::Report => Duration::ZERO,
        };
        TimeDelta::from_std(later).map_or(on_time, |later| on_time + later)
    }

    /// How long a cycle may go on before the next turn.
    fn until_next(&self, now: Timestamp) -> Duration {
        let wait = self.next(now).and_then(|(at, _)| (at - now).to_std().ok());
        wait.unwrap_or(Duration::MAX).max(SHORTEST_CYCLE)
    }
}

impl Engine {
    /// Works until `stop`. The first cycle begins at once: what a crash left is settled before anything new.
    /// A database that can't be used for a while (its server is away, its disk is full) is waited for.
    ///
    /// # Errors
    /// Only where the store can't be used.
    pub async fn run(
        &mut self,
        timetable: &Timetable,
        keeper: &mut impl Keeper,
        stop: &CancellationToken,
    ) -> Result<(), EngineError> {
        let keep = duties::keep(Arc::clone(&self.store), Arc::clone(&self.duties), self.term());
        let ended = tokio::select! {
            ended = self.work_on(timetable, keeper, stop) => ended,
            never = keep => match never {},
        };
        stops::at(Stop::Leaving);
        self.leave_duties().await?;
        ended
    }

    /// Works, and begins anew where the database was lost meanwhile: whatever was in hand is a doubt by then.
    async fn work_on(
        &mut self,
        timetable: &Timetable,
        keeper: &mut impl Keeper,
        stop: &CancellationToken,
    ) -> Result<(), EngineError> {
        for lost in 1.. {
            match self.work(timetable, keeper, stop).await {
                Err(EngineError::Store(error)) if error.is_worth_a_retry() => {
                    let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                    tracing::warn!(%error, source, "nothing is sent until it can; tried again");
                    // As after a crash: what was out when it broke off has not rested yet.
                    self.rests = Rests::default();
                    tokio::select! {
                        () = tokio::time::sleep(self.delay(lost).min(LONGEST_PAUSE)) => {}
                        () = stop.cancelled() => return Err(error.into()),
                    }
                }
                ended => return ended,
            }
        }
        Ok(())
    }

    async fn work(
        &mut self,
        timetable: &Timetable,
        keeper: &mut impl Keeper,
        stop: &CancellationToken,
    ) -> Result<(), EngineError> {
        self.begin().await?;
        let mut last = now();
        self.turn(Turn::Sync, timetable, keeper, stop).await?;
        while !stop.is_cancelled() {
            let Some((mut on_time, mut turn)) = timetable.next(last) else { return Ok(()) };
            let mut at = timetable.begins(on_time, turn);
            while now() < at && !stop.is_cancelled() {
                if self.rest(at, keeper, stop).await? == Rested::Asked {
                    (on_time, turn) = (now(), Turn::Sync);
                    at = on_time;
                }
            }
            if stop.is_cancelled() {
                break;
            }
            last = on_time.max(now() - TimeDelta::seconds(1));
            self.turn(turn, timetable, keeper, stop).await?;
        }
        Ok(())
    }

    /// Takes in what systems told; sleeps until the next turn, the next retry or until one tells something, whichever
    /// comes first, and sends what is due then.
    async fn rest(
        &self,
        until: Timestamp,
        keeper: &impl Keeper,
        stop: &CancellationToken,
    ) -> Result<Rested, EngineError> {
        if self.heed().await? > 0 {
            self.drain(self.links.values(), Pace::waiting(Duration::ZERO), stop).await?;
        }
        let started = now();
        let open = self.store.open(None).await?;
        let due = self.store.next_due().await?;
        let doubts = (open.doubt > 0).then(|| started + TimeDelta::seconds(1));
        let hints = (!self.store.hints(1).await?.is_empty()).then(|| started + HINTS_AGAIN);
        let look = doubts.or([hints, due].into_iter().flatten().min());
        let wake = look.unwrap_or(until).min(until).min(started + LONGEST_SLEEP);
        let sleep = (wake - started).max(SHORTEST_SLEEP).min((until - started).max(TimeDelta::zero()));
        tokio::select! {
            () = tokio::time::sleep(sleep.to_std().unwrap_or_default()) => {}
            () = keeper.asked() => return Ok(Rested::Asked),
            // The next rest begins with what was told.
            () = self.hinted.notified() => return Ok(Rested::Out),
            () = stop.cancelled() => return Ok(Rested::Out),
        }
        if self.replan(None).await? > 0 || open.ready + open.doubt > 0 {
            self.drain(self.links.values(), Pace::waiting(Duration::ZERO), stop).await?;
        }
        Ok(Rested::Out)
    }

    async fn turn(
        &mut self,
        turn: Turn,
        timetable: &Timetable,
        keeper: &mut impl Keeper,
        stop: &CancellationToken,
    ) -> Result<(), EngineError> {
        keeper.look_for_mappings(self).await?;
        match turn {
            Turn::Report if !self.is_on_duty(duties::REPORTS).await? => Ok(()),
            Turn::Report => match until(keeper.report(self), stop).await {
                Err(EngineError::Store(error)) => Err(error.into()),
                Err(error @ (EngineError::Remote { .. } | EngineError::Alarm { .. } | EngineError::Shelf { .. })) => {
                    tracing::warn!(%error, "no report: a system could not be listed");
                    Ok(())
                }
                Ok(()) => Ok(()),
            },
            Turn::Sync | Turn::Full => {
                let longest = timetable.until_next(now());
                let pace = Pace { patience: PATIENCE, longest, again: Some(&timetable.sync) };
                self.recorded_cycle(turn == Turn::Full, pace, stop).await.map(drop)
            }
        }
    }

    /// A cycle that is kept in the list of runs.
    ///
    /// # Errors
    /// Only where the store can't be used.
    pub async fn recorded_cycle(
        &self,
        full: bool,
        pace: Pace<'_>,
        stop: &CancellationToken,
    ) -> Result<Cycled, EngineError> {
        let run = self.store.begin_run(if full { "full" } else { "sync" }, now()).await?;
        stops::at(Stop::CycleBegun);
        let cycled = tokio::select! {
            cycled = self.cycle(full, pace, stop) => cycled?,
            // What is cut off there is still open in the store.
            lost = self.heed_on() => return Err(lost),
        };
        let result = serde_json::to_value(&cycled).unwrap_or_default();
        stops::at(Stop::CycleEnding);
        self.store.end_run(run, now(), &result).await?;
        tracing::info!(sent = cycled.sent, looked_up = cycled.looked_up, full, "cycle done");
        Ok(cycled)
    }
}

/// Makes a report, unless a stop is asked for first: it writes nothing but its own files.
async fn until(
    report: impl Future<Output = Result<(), EngineError>>,
    stop: &CancellationToken,
) -> Result<(), EngineError> {
    tokio::select! {
        made = report => made,
        () = stop.cancelled() => Ok(()),
    }
}
