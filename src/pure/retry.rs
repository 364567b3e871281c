//! When to try again, and when to leave a side alone. The only user of `backoff`.
//!
//! Reads no clock and draws no random number: instants and the roll of the dice are arguments.

use std::collections::BTreeSet;
use std::time::Duration;

use backoff::backoff::Backoff as _;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};
use chrono::TimeDelta;

use crate::words::clock::Timestamp;
use crate::words::limits::MAX_RETRY_AFTER_SECONDS;

/// Past this many tries the longest delay has long been reached.
const MAX_STEPS: u32 = 40;

/// How long to wait before a try: exponential, with full jitter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    /// Longest delay before the first repetition.
    pub initial: Duration,
    /// Longest delay of all.
    pub max: Duration,
    /// How the longest delay grows with each try.
    pub factor: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { initial: Duration::from_secs(1), max: Duration::from_secs(15 * 60), factor: 2.0 }
    }
}

impl Policy {
    /// The delay before the try that follows `attempts` failed ones: `roll` in `[0, 1)` picks it between nothing and
    /// the longest of its turn.
    #[must_use]
    pub fn delay(&self, attempts: u32, roll: f64) -> Duration {
        self.ceiling(attempts).mul_f64(roll.clamp(0.0, 1.0))
    }

    /// The same where the system asked for a wait: never sooner than it asked, within
    /// [`MAX_RETRY_AFTER_SECONDS`].
    #[must_use]
    pub fn delay_after(&self, attempts: u32, roll: f64, asked: Option<Duration>) -> Duration {
        let asked = asked.unwrap_or_default().min(Duration::from_secs(MAX_RETRY_AFTER_SECONDS));
        self.delay(attempts, roll).max(asked)
    }

    /// The longest delay after so many failed tries.
    fn ceiling(&self, attempts: u32) -> Duration {
        // Without a limit on elapsed time the policy only counts; its own jitter is off, because ours is an argument.
        let mut policy: ExponentialBackoff = ExponentialBackoffBuilder::new()
            .with_initial_interval(self.initial)
            .with_max_interval(self.max)
            .with_multiplier(self.factor)
            .with_randomization_factor(0.0)
            .with_max_elapsed_time(None)
            .build();
        for _ in 1..attempts.min(MAX_STEPS) {
            if policy.next_backoff().is_none() {
                break;
            }
        }
        policy.current_interval.min(self.max)
    }
}

/// So many different writes must fail in a row before the side itself is taken to be down.
const ROWS_TO_OPEN: usize = 3;
/// Rests between probes of an open breaker.
const REST: Policy = Policy { initial: Duration::from_secs(1), max: Duration::from_secs(300), factor: 2.0 };

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

/// Keeps us off a side that is down or that asked to be left alone. One poison write never closes it: only failures
/// of several different writes do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breaker {
    paused_until: Option<Timestamp>,
    failed: BTreeSet<String>,
    openings: u32,
    probe_at: Option<Timestamp>,
}

impl Breaker {
    /// Whether the side may be written to now.
    #[must_use]
    pub fn gate(&self, now: Timestamp) -> Gate {
        match (self.paused_until, self.probe_at) {
            (Some(until), _) if now < until => Gate::Closed(until),
            (_, Some(at)) if now < at => Gate::Closed(at),
            (_, Some(_)) => Gate::Probe,
            (_, None) => Gate::Open,
        }
    }

    /// The side asked us to stay away this long.
    pub fn pause(&mut self, now: Timestamp, wait: Duration) {
        let wait = wait.min(Duration::from_secs(MAX_RETRY_AFTER_SECONDS));
        self.paused_until = self.paused_until.max(Some(now + span(wait)));
    }

    /// A write (its key) failed by the side's fault: transport, 5xx, 429.
    pub fn failed(&mut self, key: &str, now: Timestamp) {
        self.failed.insert(key.to_owned());
        if self.failed.len() >= ROWS_TO_OPEN {
            self.open(now, Duration::ZERO);
        }
    }

    /// The read that was to show whether the side is back failed: it rests longer, and no less than it asked.
    pub fn failed_probe(&mut self, now: Timestamp, asked: Option<Duration>) {
        self.open(now, asked.unwrap_or_default().min(Duration::from_secs(MAX_RETRY_AFTER_SECONDS)));
    }

    /// The side answered as it should.
    pub fn worked(&mut self) {
        self.failed.clear();
        self.openings = 0;
        self.probe_at = None;
    }

    fn open(&mut self, now: Timestamp, at_least: Duration) {
        self.openings = self.openings.saturating_add(1);
        self.probe_at = Some(now + span(REST.ceiling(self.openings).max(at_least)));
        self.failed.clear();
    }
}

/// Only given durations that are bounded far below what fits.
fn span(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_timestamp(1_780_000_000 + second, 0).unwrap()
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let policy = Policy { initial: Duration::from_secs(2), max: Duration::from_secs(60), factor: 2.0 };
        for (attempts, longest) in [(0, 2), (1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (7, 60), (u32::MAX, 60)] {
            let roll = policy.delay(attempts, 1.0).as_secs_f64();
            assert!((roll - f64::from(longest)).abs() < 0.001, "{attempts}: {roll}");
        }
    }

    #[test]
    fn the_roll_spreads_a_delay_over_its_whole_range() {
        let policy = Policy::default();
        assert_eq!(policy.delay(3, 0.0), Duration::ZERO);
        assert_eq!(policy.delay(3, 0.5), Duration::from_secs(2));
        assert_eq!(policy.delay(3, 7.0), Duration::from_secs(4), "a roll out of range is no longer than the longest");
        assert_eq!(policy.delay(3, -1.0), Duration::ZERO);
    }

    #[test]
    fn a_wait_that_was_asked_for_is_obeyed_within_a_day() {
        let policy = Policy::default();
        let delay = |asked| policy.delay_after(1, 0.0, asked);
        assert_eq!(delay(Some(Duration::from_secs(30))), Duration::from_secs(30));
        assert_eq!(delay(Some(Duration::from_secs(u64::MAX))), Duration::from_secs(24 * 3600));
        assert_eq!(delay(None), Duration::ZERO);
        assert_eq!(policy.delay_after(9, 0.9, Some(Duration::from_secs(1))), policy.delay(9, 0.9));
    }

    #[test]
    fn one_poison_write_never_opens_the_breaker() {
        let mut breaker = Breaker::default();
        for second in 0..100 {
            breaker.failed("poison", at(second));
        }
        assert_eq!(breaker.gate(at(100)), Gate::Open);
    }

    #[test]
    fn different_writes_open_it_and_a_probe_closes_it() {
        let mut breaker = Breaker::default();
        for key in ["a", "b", "c"] {
            assert_eq!(breaker.gate(at(0)), Gate::Open);
            breaker.failed(key, at(0));
        }
        assert_eq!(breaker.gate(at(0)), Gate::Closed(at(1)));
        assert_eq!(breaker.gate(at(1)), Gate::Probe);
        breaker.failed_probe(at(1), None);
        assert_eq!(breaker.gate(at(2)), Gate::Closed(at(3)));
        breaker.failed_probe(at(3), Some(Duration::from_secs(60)));
        assert_eq!(breaker.gate(at(4)), Gate::Closed(at(63)), "no less than it asked");
        breaker.worked();
        assert_eq!(breaker.gate(at(4)), Gate::Open);
        for key in ["a", "b", "c"] {
            breaker.failed(key, at(5));
        }
        assert_eq!(breaker.gate(at(5)), Gate::Closed(at(6)), "after it worked the rests begin small again");
    }

    #[test]
    fn a_pause_holds_whatever_works_meanwhile() {
        let mut breaker = Breaker::default();
        breaker.pause(at(0), Duration::from_secs(30));
        breaker.pause(at(0), Duration::from_secs(10));
        breaker.worked();
        assert_eq!(breaker.gate(at(29)), Gate::Closed(at(30)));
        assert_eq!(breaker.gate(at(30)), Gate::Open);
        breaker.pause(at(30), Duration::from_secs(u64::MAX));
        assert_eq!(breaker.gate(at(31)), Gate::Closed(at(30 + 24 * 3600)));
    }
}
