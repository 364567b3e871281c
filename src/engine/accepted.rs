//! Many tickets are missing from a system, and a person says that this is right: they are let go, one direct read each.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::doors::connector::{ListFrom, Row, Shown};
use crate::doors::store::StoreError;
use crate::pure::sync::gone::gone_by_hand;
use crate::pure::sync::hands::Hand;
use crate::pure::sync::listing::Listing;
use crate::pure::sync::plan::plan;
use crate::words::clock::now;
use crate::words::side::{RemoteId, Side, SystemName};

use super::patience::Ward;
use super::{Engine, EngineError, Link, System};

impl Engine {
    /// Takes what a whole listing of `name` does not show itself, and a direct read finds gone, to be gone by the word of `by`.
    /// What a read still finds stays as it is. How many tickets were let go.
    ///
    /// # Errors
    /// Where the system can't be read, or the store can't be used.
    pub async fn accept_mass_change(&self, name: &SystemName, by: &str) -> Result<u64, EngineError> {
        let Some(system) = self.systems.get(name) else { return Ok(0) };
        let listed = self.list_whole(name, system).await?;
        let ward = Ward::default();
        let unlisted = stream::iter(self.unlisted(name, &listed, usize::MAX).await?);
        let let_go = unlisted.map(|id| self.let_go(name, id, by, &ward)).buffer_unordered(system.concurrency.max(1));
        let_go.try_fold(0, |sum, gone| async move { Ok(sum + u64::from(gone)) }).await
    }

    /// Ids of the tickets that a system's listing shows, not only names.
    async fn list_whole(&self, name: &SystemName, system: &System) -> Result<BTreeSet<RemoteId>, EngineError> {
        let (from, mut listing) = (ListFrom { since: None }, Listing::default());
        let (mut listed, mut token) = (BTreeSet::new(), None);
        for number in 1.. {
            let asked = self.ask(name, system, &from, token).await?;
            self.count_page(name, &mut listing, &asked, number)?;
            let there = |row: &Row| row.shown.as_ref().is_some_and(|shown| *shown != Shown::Gone);
            listed.extend(asked.page.rows.into_iter().filter(there).filter_map(|row| row.id));
            token = asked.page.next;
            if token.is_none() {
                break;
            }
        }
        Ok(listed)
    }

    /// Reads one ticket, and lets it go where it is not there. Whether it was.
    async fn let_go(&self, name: &SystemName, id: RemoteId, by: &str, ward: &Ward) -> Result<bool, EngineError> {
        if self.read_one(name, &id, ward).await?.shown != Shown::Gone {
            return Ok(false);
        }
        for (link, side) in self.ends_at(name) {
            self.let_go_of(link, side, &id, by).await?;
        }
        Ok(true)
    }

    async fn let_go_of(&self, link: &Link, side: Side, id: &RemoteId, by: &str) -> Result<(), EngineError> {
        loop {
            let Some(mut case) = self.store.cases_of(&link.name, side, &[id]).await?.remove(id) else { return Ok(()) };
            let hand = Hand { by, at: now() };
            let mut facts = gone_by_hand(&mut case, side, hand, link.rules.as_ref());
            facts.extend(plan(&mut case, hand.at, link.rules.as_ref()));
            match self.store.save(&case, &link.change(&case, facts), None).await {
                Ok(_) => return Ok(()),
                // Saved by another in between.
                Err(StoreError::Stale) => {}
                // A write to it is under way: the next listing asks again.
                Err(StoreError::Fenced) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
