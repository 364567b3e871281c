//! Which scheduled work is this daemon's. Of several on one database one polls a system and one makes the reports; all of
//! them send. A duty is kept by asking again and again: a daemon that is killed or stopped loses it by itself.
//!
//! Two that both believe a duty theirs for a moment do double work, never wrong work: what they take in is guarded by the
//! revision of each case.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::doors::store::{Store, StoreError};
use crate::words::clock::now;
use crate::words::side::SystemName;
use crate::words::stops::{self, Stop};

use super::Engine;

/// Longest that a duty is kept without being asked for again; a lease at most.
const TERM: Duration = Duration::from_secs(60);
/// So many times in a term it is asked for again.
const ASKED: u32 = 4;
/// The duty of making scheduled reports.
pub(super) const REPORTS: &str = "reports";

/// The duties that one daemon has.
#[derive(Debug)]
pub struct Duties {
    /// Tells this daemon from all others, and from what it was before it was started again.
    holder: String,
    held: Mutex<BTreeSet<String>>,
}

impl Default for Duties {
    fn default() -> Self {
        Self { holder: format!("{}-{:016x}", std::process::id(), rand::random::<u64>()), held: Mutex::default() }
    }
}

/// The duty of polling a system.
pub(super) fn poll_of(system: &SystemName) -> String {
    format!("poll {system}")
}

impl Duties {
    /// Whether a duty is this daemon's now, taking it where it is nobody's.
    async fn take(&self, store: &dyn Store, duty: &str, term: Duration) -> Result<bool, StoreError> {
        let at = now();
        let is_ours = store.take_duty(duty, &self.holder, at, at + term).await?;
        stops::at(Stop::DutyTaken);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if is_ours {
            held.insert(duty.to_owned());
        } else if held.remove(duty) {
            tracing::warn!(duty, "another daemon has taken over");
        }
        Ok(is_ours)
    }

    fn held(&self) -> BTreeSet<String> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Keeps the duties that a daemon has, as long as this is awaited.
pub(super) async fn keep(store: Arc<dyn Store>, duties: Arc<Duties>, term: Duration) -> Infallible {
    loop {
        tokio::time::sleep(term / ASKED).await;
        for duty in duties.held() {
            if let Err(error) = duties.take(store.as_ref(), &duty, term).await {
                tracing::warn!(%error, duty, "the duty could not be kept");
            }
        }
    }
}

impl Engine {
    /// Whether a duty is this daemon's now. The only daemon has all of them.
    pub(super) async fn is_on_duty(&self, duty: &str) -> Result<bool, StoreError> {
        if !self.store.is_shared() {
            return Ok(true);
        }
        self.duties.take(self.store.as_ref(), duty, self.term()).await
    }

    pub(super) fn term(&self) -> Duration {
        TERM.min(self.lease)
    }

    /// Gives the duties to whoever asks first.
    ///
    /// # Errors
    /// Where the store can't be used.
    pub async fn leave_duties(&self) -> Result<(), StoreError> {
        if self.store.is_shared() { self.store.leave_duties(&self.duties.holder).await } else { Ok(()) }
    }
}
