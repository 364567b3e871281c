//! How one system is doing, shared by the tasks that write to it. The decisions are [`Breaker`]'s.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::pure::retry::{Breaker, Gate};
use crate::words::clock::Timestamp;

/// Pause and breaker of one system.
#[derive(Debug, Default)]
pub struct Health(Mutex<Breaker>);

impl Health {
    /// Whether the system may be written to now.
    pub fn gate(&self, now: Timestamp) -> Gate {
        self.breaker().gate(now)
    }

    /// It asked us to stay away.
    pub fn pause(&self, now: Timestamp, wait: Duration) {
        self.breaker().pause(now, wait);
    }

    /// One write failed by its fault.
    pub fn failed(&self, key: &str, now: Timestamp) {
        self.breaker().failed(key, now);
    }

    /// The read that was to show whether it is back failed.
    pub fn failed_probe(&self, now: Timestamp, asked: Option<Duration>) {
        self.breaker().failed_probe(now, asked);
    }

    /// It answered as it should.
    pub fn worked(&self) {
        self.breaker().worked();
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
