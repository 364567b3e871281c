//! How one side is doing, shared by the tasks that write to it. What follows from it is decided in
//! [`crate::pure::retry`].

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::pure::retry::{Breaker, Gate};
use crate::words::clock::Timestamp;

/// Pause and breaker of one side.
#[derive(Debug, Default)]
pub struct Health(Mutex<Breaker>);

impl Health {
    /// Whether the side may be written to now.
    pub fn gate(&self, now: Timestamp) -> Gate {
        self.breaker().gate(now)
    }

    /// The side asked us to stay away.
    pub fn pause(&self, now: Timestamp, wait: Duration) {
        self.breaker().pause(now, wait);
    }

    /// One write failed by the side's fault.
    pub fn failed(&self, row: &str, now: Timestamp) {
        self.breaker().failed(row, now);
    }

    /// The read that was to show whether the side is back failed: it rests longer.
    pub fn failed_probe(&self, now: Timestamp, wait: Option<Duration>) {
        self.breaker().failed_probe(now, wait);
    }

    /// The side answered as it should.
    pub fn worked(&self) {
        self.breaker().worked();
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
