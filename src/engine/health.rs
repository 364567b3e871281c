//! How one side is doing: paused because it asked for it, or resting because several different writes failed.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;

use crate::words::clock::Timestamp;

/// So many different writes must fail in a row before the side itself is taken to be down.
const ROWS_TO_OPEN: usize = 3;
/// First rest of an open breaker; doubles up to [`MAX_REST`].
const FIRST_REST: TimeDelta = TimeDelta::seconds(1);
/// Longest rest between two probes.
const MAX_REST: TimeDelta = TimeDelta::minutes(5);

/// Pause and breaker of one side.
#[derive(Debug, Default)]
pub struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    paused_until: Option<Timestamp>,
    failed: BTreeSet<String>,
    opened: u32,
    probe_at: Option<Timestamp>,
}

/// Whether a side may be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Yes.
    Open,
    /// Not before this instant.
    Closed(Timestamp),
    /// One read first, to see whether it is back.
    Probe,
}

impl Health {
    /// Whether the side may be written to now.
    pub fn gate(&self, now: Timestamp) -> Gate {
        let state = self.state();
        match (state.paused_until, state.probe_at) {
            (Some(until), _) if now < until => Gate::Closed(until),
            (_, Some(at)) if now < at => Gate::Closed(at),
            (_, Some(_)) => Gate::Probe,
            _ => Gate::Open,
        }
    }

    /// The side asked us to stay away.
    pub fn pause(&self, now: Timestamp, wait: Duration) {
        let until = now + TimeDelta::from_std(wait).unwrap_or(MAX_REST);
        let mut state = self.state();
        state.paused_until = state.paused_until.max(Some(until));
    }

    /// One write failed by the side's fault.
    pub fn failed(&self, row: &str, now: Timestamp) {
        let mut state = self.state();
        state.failed.insert(row.to_owned());
        if state.failed.len() >= ROWS_TO_OPEN {
            let rest = (FIRST_REST * 2_i32.pow(state.opened.min(16))).min(MAX_REST);
            state.opened += 1;
            state.probe_at = Some(now + rest);
            state.failed.clear();
        }
    }

    /// The read that was to show whether the side is back failed: it rests longer.
    pub fn failed_probe(&self, now: Timestamp, wait: Option<Duration>) {
        let mut state = self.state();
        let rest = (FIRST_REST * 2_i32.pow(state.opened.min(16))).min(MAX_REST);
        let asked = wait.and_then(|wait| TimeDelta::from_std(wait).ok()).unwrap_or(TimeDelta::zero());
        state.opened += 1;
        state.probe_at = Some(now + rest.max(asked));
    }

    /// The side answered as it should.
    pub fn worked(&self) {
        let mut state = self.state();
        state.failed.clear();
        state.opened = 0;
        state.probe_at = None;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
