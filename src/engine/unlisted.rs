//! Tickets that we know and that a whole listing does not show. Absence from a list proves nothing, so each is read
//! directly; and many at once are not believed at all.

use std::collections::BTreeSet;

use crate::pure::sync::listing::too_many;
use crate::words::clock::now;
use crate::words::side::{RemoteId, SystemName};

use super::absorb::Sight;
use super::patience::Ward;
use super::{Engine, EngineError};

/// Ids taken from the store at once.
const PAGE: u32 = 1_000;

impl Engine {
    /// Reads what a whole listing of `rows` rows left out.
    pub(super) async fn read_unlisted(
        &self,
        name: &SystemName,
        listed: &BTreeSet<RemoteId>,
        rows: u64,
        ward: &Ward,
    ) -> Result<(), EngineError> {
        let unlisted = self.unlisted(name, listed, usize::MAX).await?;
        if too_many(unlisted.len() as u64, rows) {
            let reason = format!("{} known tickets are not among the {rows} listed", unlisted.len());
            return Err(EngineError::Alarm { system: name.clone(), reason });
        }
        for id in &unlisted {
            let began = now();
            let read = self.read_one(name, id, ward).await?;
            self.absorb(name, Sight { id, shown: &read.shown, began, rested: None }).await?;
        }
        Ok(())
    }

    /// How many of these tickets are known to be gone.
    pub(super) async fn known_gone(&self, name: &SystemName, ids: &[&RemoteId]) -> Result<u64, EngineError> {
        let mut gone = BTreeSet::new();
        for (link, side) in self.ends_at(name).filter(|_| !ids.is_empty()) {
            let cases = self.store.cases_of(&link.name, side, ids).await?;
            gone.extend(cases.into_iter().filter(|(_, case)| case.ticket.ends.get(side).is_gone()).map(|(id, _)| id));
        }
        Ok(gone.len() as u64)
    }

    /// Tickets that are known, not known to be gone, and not listed; all of them, or no less than `enough`.
    pub(super) async fn unlisted(
        &self,
        name: &SystemName,
        listed: &BTreeSet<RemoteId>,
        enough: usize,
    ) -> Result<BTreeSet<RemoteId>, EngineError> {
        let mut unlisted = BTreeSet::new();
        for (link, side) in self.ends_at(name) {
            let mut after: Option<RemoteId> = None;
            loop {
                let ids = self.store.ids(&link.name, side, after.as_ref(), PAGE).await?;
                let missing: Vec<&RemoteId> = ids.iter().filter(|id| !listed.contains(id)).collect();
                if !missing.is_empty() {
                    let cases = self.store.cases_of(&link.name, side, &missing).await?;
                    let there = cases.into_iter().filter(|(_, case)| !case.ticket.ends.get(side).is_gone());
                    unlisted.extend(there.map(|(id, _)| id));
                }
                after = ids.last().cloned();
                if after.is_none() || unlisted.len() >= enough {
                    break;
                }
            }
        }
        Ok(unlisted)
    }
}
