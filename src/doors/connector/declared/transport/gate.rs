//! How many calls, and how fast: the system's own limits, kept before it has to tell us.

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Lets calls through one by one.
#[derive(Debug)]
pub(super) struct Gate {
    slots: Semaphore,
    beat: Option<Mutex<Option<Interval>>>,
    spacing: Duration,
}

impl Gate {
    /// At most `per_second` calls begin each second (0: any number), at most `concurrency` are under way.
    pub(super) fn new(per_second: u32, concurrency: usize) -> Self {
        Self {
            slots: Semaphore::new(concurrency.clamp(1, MAX_CONCURRENCY)),
            beat: (per_second > 0).then(|| Mutex::new(None)),
            spacing: Duration::from_secs(1) / per_second.max(1),
        }
    }

    /// Waits for its turn. The pass is held while the call is under way.
    pub(super) async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed, so this is always a pass.
        let pass = self.slots.acquire().await.ok();
        if let Some(beat) = &self.beat {
            // The interval is made inside the runtime, at the first call.
            let mut beat = beat.lock().await;
            let interval = beat.get_or_insert_with(|| {
                let mut interval = interval(self.spacing);
                interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
                interval
            });
            interval.tick().await;
        }
        pass
    }
}

/// Most calls under way to one system.
pub(super) const MAX_CONCURRENCY: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::clock::Stopwatch;

    #[tokio::test]
    async fn calls_begin_no_faster_than_the_limit() {
        let gate = Gate::new(100, 4);
        let watch = Stopwatch::start();
        for _ in 0..6 {
            drop(gate.enter().await);
        }
        assert!(watch.elapsed() >= Duration::from_millis(48), "{:?}", watch.elapsed());
    }

    #[tokio::test]
    async fn no_more_calls_than_slots_are_under_way() {
        let gate = Gate::new(0, 2);
        let (first, second) = (gate.enter().await, gate.enter().await);
        assert!(first.is_some() && second.is_some());
        assert!(tokio::time::timeout(Duration::from_millis(20), gate.enter()).await.is_err());
        drop(first);
        assert!(tokio::time::timeout(Duration::from_secs(5), gate.enter()).await.is_ok());
    }
}
