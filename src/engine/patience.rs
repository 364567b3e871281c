//! Reads are repeatable, so one that failed by the system's fault is tried again, a bounded number of times: a listing of
//! a thousand tickets must not end at the first cut connection.

use crate::words::clock::now;
use crate::words::outcome::Failure;
use crate::words::side::SystemName;

use super::{Engine, EngineError, Tally};

/// Tries of one read.
const TRIES: u32 = 5;
/// Longest wait that a read sits out by itself; a longer one fails it, and pauses the side.
const LONGEST_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

impl Engine {
    /// Makes a read, again while its failure is worth it.
    pub(super) async fn patiently<T, F>(&self, name: &SystemName, call: impl Fn() -> F) -> Result<T, EngineError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut tried = 0;
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
            if !failure.is_worth_a_retry() || tried >= TRIES || wait > LONGEST_WAIT {
                return Err(EngineError::Remote { system: name.clone(), failure });
            }
            tracing::debug!(system = %name, %failure, tried, "read failed; trying again");
            Tally::add(&self.tally.retries);
            tokio::time::sleep(wait).await;
        }
    }
}
