//! A system was put back to an older backup, says a person: everything of it is read again before anything is decided.

use crate::doors::store::{Cursor, StoreError};
use crate::pure::sync::hands::Hand;
use crate::pure::sync::restore::restored;
use crate::words::clock::now;
use crate::words::side::{Reference, Side, SystemName};
use crate::words::stops::{self, Stop};

use super::{Engine, EngineError, Link};

/// Cases taken from the store at once.
const PAGE: u32 = 500;

impl Engine {
    /// Takes note that `name` was put back to a backup. How many cases that concerns.
    ///
    /// # Errors
    /// Where the store can't be used.
    pub async fn restored(&self, name: &SystemName, by: &str) -> Result<u64, EngineError> {
        let mut concerned = 0;
        for (link, side) in self.ends_at(name) {
            let mut after: Option<Reference> = None;
            loop {
                let references = self.store.cases(&link.name, after.as_ref(), PAGE).await?;
                for reference in &references {
                    concerned += u64::from(self.restored_case(link, side, reference, by).await?);
                    stops::at(Stop::RestoredCase);
                }
                after = references.last().cloned();
                if after.is_none() {
                    break;
                }
            }
        }
        stops::at(Stop::RestoredAll);
        // The next listing is a whole one.
        self.store.save_cursor(name, &Cursor::default()).await?;
        Ok(concerned)
    }

    async fn restored_case(
        &self,
        link: &Link,
        side: Side,
        reference: &Reference,
        by: &str,
    ) -> Result<bool, EngineError> {
        loop {
            let Some(mut case) = self.store.case(reference).await? else { return Ok(false) };
            if case.ticket.ends.get(side).id.is_none() {
                return Ok(false);
            }
            let facts = restored(&mut case, side, Hand { by, at: now() });
            match self.store.save(&case, &link.change(&case, facts), None).await {
                Ok(_) => return Ok(true),
                // Saved by another in between: what that one read may be of before the restore.
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
