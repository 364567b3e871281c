//! What is looked at again without a change on any system: cases that a person decided on, tickets that another mapping
//! understood otherwise or could not read.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::doors::store::{Quarantined, StoreError};
use crate::pure::sync::case::Case;
use crate::pure::sync::plan::plan;
use crate::pure::sync::remap::to_read_again;
use crate::words::clock::now;
use crate::words::side::{LinkName, Reference, Side, SystemName};
use crate::words::stops::{self, Stop};

use super::absorb::Sight;
use super::patience::Ward;
use super::{Engine, EngineError, Link, System};

/// References taken from the store at once.
const PAGE: u32 = 100;
/// Unreadable tickets of one system that are tried again in one cycle; the rest in the next.
const MAX_RETRIED: u32 = 1_000;

/// One look at everything that is to be planned again.
#[derive(Debug, Default)]
struct Round {
    ward: Ward,
    /// Systems that could not be read: their tickets wait for the next look.
    away: BTreeSet<SystemName>,
}

impl Engine {
    /// Plans again what people decided by hand since the last time, and what waits for another mapping; first reads
    /// what was understood by another one. Of one link, or of all. Returns how many cases.
    ///
    /// # Errors
    /// Where the store can't be used.
    pub async fn replan(&self, link: Option<&LinkName>) -> Result<usize, EngineError> {
        let mut round = Round::default();
        let mut planned = 0;
        let mut after: Option<Reference> = None;
        loop {
            let references = self.store.to_replan(link, after.as_ref(), PAGE).await?;
            for reference in &references {
                planned += usize::from(self.plan_again(reference, &mut round).await?);
            }
            match references.last() {
                Some(last) => after = Some(last.clone()),
                None => return Ok(planned),
            }
        }
    }

    /// Plans one case again. False where one of its tickets must be read first and can't be.
    async fn plan_again(&self, reference: &Reference, round: &mut Round) -> Result<bool, EngineError> {
        for _ in Side::BOTH {
            let Some((link, case)) = self.case_of_link(reference).await? else { return Ok(false) };
            let Some(side) = to_read_again(&case, link.rules.as_ref()) else { break };
            if !self.read_again(link, side, &case, round).await? {
                return Ok(false);
            }
        }
        let Some((link, mut case)) = self.case_of_link(reference).await? else { return Ok(false) };
        let facts = plan(&mut case, now(), link.rules.as_ref());
        stops::at(Stop::Replanned);
        match self.store.save(&case, &link.change(&case, facts), None).await {
            // Saved by another in between: that one planned it, or it asks again.
            Ok(_) | Err(StoreError::Stale | StoreError::Fenced) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    async fn case_of_link(&self, reference: &Reference) -> Result<Option<(&Link, Case)>, EngineError> {
        let case = self.store.case(reference).await?;
        Ok(case.and_then(|case| Some((self.links.get(&case.link)?, case))))
    }

    /// Reads a case's ticket on one side under the mapping in force. Whether the system could be asked.
    async fn read_again(&self, link: &Link, side: Side, case: &Case, round: &mut Round) -> Result<bool, EngineError> {
        let name = link.system(side);
        let (Some(system), Some(id)) = (self.systems.get(name), &case.ticket.ends.get(side).id) else {
            return Ok(false);
        };
        if round.away.contains(name) || !system.is_in_hours(now()) {
            return Ok(false);
        }
        let began = now();
        match self.read_one(name, id, &round.ward).await {
            Ok(read) => {
                self.absorb(name, Sight { id, shown: &read.shown, began, rested: None }).await?;
                Ok(true)
            }
            Err(EngineError::Remote { failure, .. }) => {
                tracing::warn!(system = %name, %failure, "tickets wait to be read under the new mapping");
                round.away.insert(name.clone());
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads again what another mapping than the one in force could not. Returns how many.
    pub(super) async fn retry_unreadable(&self, name: &SystemName, system: &System) -> Result<u64, EngineError> {
        let unreadable = self.store.quarantined_otherwise(name, system.remote.mapping(), MAX_RETRIED).await?;
        let ward = Ward::default();
        let retried = stream::iter(&unreadable).map(|entry| self.retry_one(name, entry, &ward));
        retried.buffer_unordered(system.concurrency.max(1)).try_collect::<()>().await?;
        Ok(unreadable.len() as u64)
    }

    async fn retry_one(&self, name: &SystemName, entry: &Quarantined, ward: &Ward) -> Result<(), EngineError> {
        let began = now();
        let read = self.read_one(name, &entry.id, ward).await?;
        if !self.absorb(name, Sight { id: &entry.id, shown: &read.shown, began, rested: None }).await? {
            // It may be a write of ours that is still out: tried once more.
            self.store.quarantine(entry).await?;
        }
        Ok(())
    }
}
