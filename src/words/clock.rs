//! The only reader of time. Everything else is told what time it is.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// A point on the wall clock, always UTC.
pub type Timestamp = DateTime<Utc>;

/// Now by the wall clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Timestamp {
    Utc::now()
}

/// A stopwatch on a clock that is never set and that counts what the machine slept, too: a wall clock set back must not
/// shorten a wait, nor a suspended machine make an old claim look fresh.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Duration);

impl Stopwatch {
    /// Starts counting now.
    #[must_use]
    pub fn start() -> Self {
        Self(running())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        running().saturating_sub(self.0)
    }
}

/// How long the machine runs, asleep or awake.
#[cfg(target_os = "linux")]
fn running() -> Duration {
    let since = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let (seconds, nanoseconds) = (u64::try_from(since.tv_sec), u32::try_from(since.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanoseconds.unwrap_or_default())
}

/// How long this program runs; elsewhere there is no safe way to count sleep.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn running() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// A moment on the stopwatch's clock after which something must not begin any more. A process that was stopped and goes on
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
