//! What systems tell by themselves is only a hint: the ticket is read, as a poll would read it, and what it shows is taken
//! in. What a hint is lost for, the next poll brings.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use futures_util::future::try_join_all;

use crate::doors::connector::Shown;
use crate::doors::store::Hint;
use crate::words::clock::now;
use crate::words::limits::MAX_HINTS;
use crate::words::side::SystemName;
use crate::words::stops::{self, Stop};

use super::absorb::Sight;
use super::{Engine, EngineError, System};

/// A hint whose ticket could not be read for so long is left to the polls.
const MOST_PATIENCE: TimeDelta = TimeDelta::hours(1);

/// What became of one hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heeded {
    /// Its ticket was taken in.
    Taken,
    /// It is left to the polls, or looked at again: it may be a write of ours that is still out.
    Left,
    /// The system can't be read now.
    Away,
}

impl Engine {
    /// Reads the tickets that systems told of, and takes them in. How many were.
    ///
    /// # Errors
    /// Where the store can't be used.
    pub async fn heed(&self) -> Result<usize, EngineError> {
        let hints = self.store.hints(MAX_HINTS).await?;
        if hints.is_empty() || !self.all_listed_once().await? {
            return Ok(0);
        }
        let mut by_system: BTreeMap<&SystemName, Vec<&Hint>> = BTreeMap::new();
        for hint in &hints {
            by_system.entry(&hint.system).or_default().push(hint);
        }
        let heeded = by_system.into_iter().map(|(name, hints)| self.heed_system(name, hints));
        Ok(try_join_all(heeded).await?.into_iter().sum())
    }

    /// The same whenever there is something, for as long as it is polled.
    pub(super) async fn heed_on(&self) -> EngineError {
        loop {
            self.hinted.notified().await;
            if let Err(error) = self.heed().await {
                return error;
            }
        }
    }

    /// The tickets of one system. One that can't be read now is not asked for the others either.
    async fn heed_system(&self, name: &SystemName, hints: Vec<&Hint>) -> Result<usize, EngineError> {
        let Some(system) = self.systems.get(name) else {
            try_join_all(hints.into_iter().map(|hint| self.store.end_hint(hint))).await?;
            return Ok(0);
        };
        if !system.is_in_hours(now()) {
            return Ok(0);
        }
        let mut taken = 0;
        for some in hints.chunks(system.concurrency.max(1)) {
            let heeded = try_join_all(some.iter().map(|hint| self.heed_one(name, system, hint))).await?;
            taken += heeded.iter().filter(|one| **one == Heeded::Taken).count();
            if heeded.contains(&Heeded::Away) {
                break;
            }
        }
        Ok(taken)
    }

    async fn heed_one(&self, name: &SystemName, system: &System, hint: &Hint) -> Result<Heeded, EngineError> {
        let began = now();
        let is_old = began - hint.since > MOST_PATIENCE;
        let heeded = match system.remote.get(&hint.id).await {
            // That it is gone, only the polls may find: they see how many are.
            Ok(Shown::Gone) => Heeded::Taken,
            Ok(shown) => {
                stops::at(Stop::HintRead);
                let is_done = self.absorb(name, Sight { id: &hint.id, shown: &shown, began, rested: None }).await?;
                if is_done { Heeded::Taken } else { Heeded::Left }
            }
            Err(failure) => {
                tracing::info!(system = %name, %failure, "a ticket that was told of can't be read now");
                if failure.is_worth_a_retry() { Heeded::Away } else { Heeded::Taken }
            }
        };
        if heeded == Heeded::Taken || is_old {
            self.store.end_hint(hint).await?;
        }
        Ok(heeded)
    }
}
