//! What goes wrong, how often, and when: decided by the seed, the call's name and its running number, so that a run
//! can be repeated.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::System;

/// How often each fault happens. Probabilities from 0 to 1 per request; zero switches a fault off.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    /// The answer waits for up to [`Faults::latency_up_to`].
    pub latency: f64,
    /// Longest wait of `latency`.
    pub latency_up_to: Duration,
    /// A page of a listing takes [`Faults::slow_page_takes`].
    pub slow_page: f64,
    /// How long a slow page takes.
    pub slow_page_takes: Duration,
    /// 502 or 503 from a gateway before anything was done.
    pub server_error: f64,
    /// The connection ends before anything was done.
    pub cut_before: f64,
    /// The connection ends after the write was done, with no answer or half of one.
    pub cut_after: f64,
    /// 429, or the system's own word for it, with `Retry-After: 1`.
    pub too_many: f64,
    /// The same for writes only.
    pub too_many_writes: f64,
    /// The session ends before the call (systems with sessions).
    pub expired_session: f64,
    /// A page shows one of its rows twice.
    pub duplicated_rows: f64,
    /// A page shows its rows in another order.
    pub reordered_pages: f64,
    /// New tickets appear in listings and searches only after up to this long.
    pub list_lag: Duration,
}

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub const fn off() -> Self {
        Self {
            latency: 0.0,
            latency_up_to: Duration::from_millis(40),
            slow_page: 0.0,
            slow_page_takes: Duration::from_millis(300),
            server_error: 0.0,
            cut_before: 0.0,
            cut_after: 0.0,
            too_many: 0.0,
            too_many_writes: 0.0,
            expired_session: 0.0,
            duplicated_rows: 0.0,
            reordered_pages: 0.0,
            list_lag: Duration::ZERO,
        }
    }

    /// Everything goes wrong now and then: worse than life, yet such that work gets done.
    #[must_use]
    pub const fn usual() -> Self {
        Self {
            latency: 0.2,
            slow_page: 0.03,
            server_error: 0.03,
            cut_before: 0.02,
            cut_after: 0.05,
            too_many: 0.01,
            expired_session: 0.01,
            duplicated_rows: 0.05,
            reordered_pages: 0.02,
            list_lag: Duration::from_millis(400),
            ..Self::off()
        }
    }

    /// What happens to the `nth` call of this name. Every number is drawn whether its fault is on or off, so switching
    /// one fault does not move the others.
    pub(super) fn plan(&self, seed: u64, system: System, call: &str, nth: u64) -> Plan {
        let mut random = random_for(seed, system.as_str(), call, nth);
        let mut happens = |probability: f64| random.random::<f64>() < probability;
        let latency = happens(self.latency);
        let slow = happens(self.slow_page);
        let server_error = happens(self.server_error);
        let cut_before = happens(self.cut_before);
        let cut_after = happens(self.cut_after);
        let too_many = happens(self.too_many);
        let expire_session = happens(self.expired_session);
        let duplicate = happens(self.duplicated_rows);
        let reorder = happens(self.reordered_pages);
        let half_an_answer = happens(0.5);
        let dice = random.random::<u64>();
        let too_many_writes = random.random::<f64>() < self.too_many_writes;
        let before = if cut_before {
            Some(Before::Cut)
        } else if server_error {
            Some(Before::ServerError(if dice.is_multiple_of(2) { 502 } else { 503 }))
        } else if too_many {
            Some(Before::TooMany)
        } else {
            None
        };
        Plan {
            wait: if latency {
                self.latency_up_to.mul_f64(f64::from((dice % 100) as u32) / 100.0)
            } else {
                Duration::ZERO
            },
            slow_page: if slow { self.slow_page_takes } else { Duration::ZERO },
            before,
            before_write: too_many_writes.then_some(Before::TooMany),
            cut_after: cut_after.then_some(if half_an_answer {
                AfterCommit::HalfAnAnswer
            } else {
                AfterCommit::NoAnswer
            }),
            expire_session,
            duplicate_row: duplicate,
            reorder,
            dice,
        }
    }

    /// How long a new ticket stays out of listings.
    pub(super) fn lag(&self, seed: u64, system: System, number: u64) -> Duration {
        let part: f64 = random_for(seed, system.as_str(), "lag", number).random();
        self.list_lag.mul_f64(part)
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::off()
    }
}

/// What happens to one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) wait: Duration,
    pub(super) slow_page: Duration,
    pub(super) before: Option<Before>,
    /// Where nothing else happens before it, and it is a write.
    pub(super) before_write: Option<Before>,
    pub(super) cut_after: Option<AfterCommit>,
    pub(super) expire_session: bool,
    pub(super) duplicate_row: bool,
    pub(super) reorder: bool,
    /// A number for choices that the fault itself has to make.
    pub(super) dice: u64,
}

impl Plan {
    /// Shows the rows of a page as the plan wants them: one twice, or in another order.
    pub(super) fn disturb<T: Clone>(&self, rows: &mut Vec<T>) {
        if self.reorder && rows.len() > 1 {
            let by = 1 + usize::try_from(self.dice % 7).unwrap_or(0) % (rows.len() - 1);
            rows.rotate_left(by);
        }
        if self.duplicate_row
            && let Some(row) = rows.get(usize::try_from(self.dice % 1000).unwrap_or(0) % rows.len().max(1)).cloned()
        {
            rows.push(row);
        }
    }
}

/// What happens instead of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Cut,
    ServerError(u16),
    TooMany,
}

/// How the connection ends after the work was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterCommit {
    NoAnswer,
    HalfAnAnswer,
}

/// A generator of its own for each thing that the seed decides.
pub(super) fn random_for(seed: u64, who: &str, what: &str, nth: u64) -> ChaCha8Rng {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes =
        seed.to_le_bytes().into_iter().chain(who.bytes()).chain([0]).chain(what.bytes()).chain(nth.to_le_bytes());
    let mixed = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    ChaCha8Rng::seed_from_u64(mixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_plans_the_same_faults() {
        let plans = |seed| -> Vec<Plan> {
            (0..200).map(|nth| Faults::usual().plan(seed, System::Portal, "DongBoPAKN", nth)).collect()
        };
        assert_eq!(plans(1), plans(1));
        assert_ne!(plans(1), plans(2));
    }

    #[test]
    fn switching_one_fault_moves_no_other() {
        let all = Faults::usual();
        let less = Faults { latency: 0.0, too_many: 0.0, ..Faults::usual() };
        for nth in 0..500 {
            let (a, b) = (all.plan(1, System::Legal, "x", nth), less.plan(1, System::Legal, "x", nth));
            assert_eq!(a.cut_after, b.cut_after);
            assert_eq!(a.reorder, b.reorder);
        }
    }

    #[test]
    fn faults_off_leaves_every_call_alone() {
        for nth in 0..100 {
            let plan = Faults::off().plan(9, System::Hotline, "GET", nth);
            assert_eq!((plan.before, plan.cut_after, plan.wait), (None, None, Duration::ZERO));
            let mut rows = vec![1, 2, 3];
            plan.disturb(&mut rows);
            assert_eq!(rows, [1, 2, 3]);
        }
    }
}
