//! Reads are repeatable, so one that failed by the system's fault is tried again, a bounded number of times: a listing of
//! a thousand tickets must not end at the first cut connection.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::doors::connector::Shown;
use crate::words::clock::now;
use crate::words::outcome::Failure;
use crate::words::side::{RemoteId, SystemName};

use super::{Engine, EngineError, Tally};

/// Tries of one read. Many: a day has thousands of reads, and one that fails for good ends its whole listing.
const TRIES: u32 = 10;
/// Longest that a read waits in all between its tries; past that it fails.
const PATIENCE: Duration = Duration::from_secs(15);

/// More tickets than this, and than could be read, are not ill by themselves.
const MOST_ILL: u64 = 5;

/// Of one listing, how many tickets could be read by themselves, and how many could not.
#[derive(Debug, Default)]
pub(super) struct Ward {
    well: AtomicU64,
    ill: AtomicU64,
}

/// What reading one ticket brought.
pub(super) struct Read {
    pub(super) shown: Shown,
    /// Whether the system said so; else the read failed, and may not fail the next time.
    pub(super) is_answer: bool,
}

impl Engine {
    /// Reads one ticket. Where that fails while the system itself is well, the fault is the ticket's: it can't be
    /// understood, and the others go on.
    pub(super) async fn read_one(&self, name: &SystemName, id: &RemoteId, ward: &Ward) -> Result<Read, EngineError> {
        let Some(system) = self.systems.get(name) else {
            let failure = Failure::Refused { says: "no such system".to_owned() };
            return Err(EngineError::Remote { system: name.clone(), failure });
        };
        let failure = match self.patiently(name, || system.remote.get(id)).await {
            Ok(shown) => {
                ward.well.fetch_add(1, Ordering::Relaxed);
                return Ok(Read { shown, is_answer: true });
            }
            Err(EngineError::Remote { failure, .. }) => failure,
            Err(error) => return Err(error),
        };
        // Forbidden, too, may be this ticket alone: the check tells whether the login itself is well.
        let may_be_its_own = !matches!(failure, Failure::Busy { .. });
        let ill = ward.ill.fetch_add(1, Ordering::Relaxed) + 1;
        let alone = ill <= MOST_ILL.max(ward.well.load(Ordering::Relaxed));
        if may_be_its_own && alone && system.remote.check().await.is_ok() {
            return Ok(Read { shown: Shown::Unreadable { reason: failure.to_string() }, is_answer: false });
        }
        Err(EngineError::Remote { system: name.clone(), failure })
    }

    /// Makes a read, again while its failure is worth it.
    pub(super) async fn patiently<T, F>(&self, name: &SystemName, call: impl Fn() -> F) -> Result<T, EngineError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut tried = 0;
        let mut waited = Duration::ZERO;
        loop {
            let failure = match call().await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            tried += 1;
            let wait = failure.wait().unwrap_or_else(|| self.delay(tried));
            if let (Some(asked), Some(system)) = (failure.wait(), self.systems.get(name)) {
                system.health.pause(now(), asked);
            }
            waited += wait;
            if !failure.is_worth_a_retry() || tried >= TRIES || waited > PATIENCE {
                return Err(EngineError::Remote { system: name.clone(), failure });
            }
            tracing::debug!(system = %name, %failure, tried, "read failed; trying again");
            Tally::add(&self.tally.retries);
            tokio::time::sleep(wait).await;
        }
    }
}
