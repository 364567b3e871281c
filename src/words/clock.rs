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

/// A moment on the monotonic clock after which something must not begin any more. A process that was stopped and goes on
/// finds it passed.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    since: Stopwatch,
    limit: Duration,
}

impl Deadline {
    /// So long after the start of a stopwatch.
    #[must_use]
    pub const fn after(since: Stopwatch, limit: Duration) -> Self {
        Self { since, limit }
    }

    /// Whether it has passed.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.since.elapsed() >= self.limit
    }
}
