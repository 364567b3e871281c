//! The only reader of time. Everything else is told what time it is.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// A point on the wall clock, always UTC.
pub type Timestamp = DateTime<Utc>;

/// Now by the wall clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Timestamp {
    Utc::now()
}

/// A stopwatch on the monotonic clock: waits that a wall clock set back must not shorten.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts counting now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
