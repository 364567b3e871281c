//! Doubts that have rested: repeated where their key lives, else looked up, then adopted or sent again.

use std::time::Duration;

use chrono::TimeDelta;

use crate::doors::store::{Claim, StoreError};
use crate::engine::absorb::Sight;
use crate::engine::{Engine, EngineError, Link, System, Tally};
use crate::pure::sync::case::{Intent, IntentState};
use crate::pure::sync::settle::{After, found, may_repeat, undecidable};
use crate::words::clock::now;
use crate::words::outcome::Failure;
use crate::words::promise::Find;
use crate::words::side::Side;
use crate::words::stops::{self, Stop};

use super::Work;

impl Engine {
    /// A claimed doubt: the same key again where keys live, else a lookup, then adopt or send again. Whether anything was
    /// done about it; one that has not rested yet is given back.
    pub(super) async fn settle_doubt(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        work: Work<'_>,
    ) -> Result<bool, EngineError> {
        let intent = &work.claim.intent;
        let repeat = may_repeat(intent, now(), self.rests.since_sent(&intent.key), link.rules.as_ref());
        if !repeat && self.rests.rested(&intent.key) < settle_of(intent) {
            self.store.release(&work.claim).await?;
            return Ok(false);
        }
        if !repeat {
            return self.look_up(link, side, system, &work.claim).await;
        }
        Tally::add(&self.tally.retries);
        stops::at(Stop::Repeating);
        if let Some(answer) = self.send(link, side, system, work).await? {
            self.conclude(link, side, system, vec![answer]).await?;
        }
        Ok(true)
    }

    /// Looks one doubt up. True where that settled it.
    async fn look_up(&self, link: &Link, side: Side, system: &System, claim: &Claim) -> Result<bool, EngineError> {
        let intent = &claim.intent;
        let known = self.store.case(&intent.case).await?.and_then(|case| case.ticket.ends.get(side).id.clone());
        let settled = match known {
            Some(id) => {
                let began = now();
                match system.remote.get(&id).await {
                    Ok(shown) => {
                        let sight = Sight { id: &id, shown: &shown, began, rested: Some(&intent.key) };
                        self.absorb_on(link, side, sight).await?;
                        // A ticket that is gone or can't be understood tells nothing: looked at again, ever later.
                        let settled = !self.is_in_doubt(intent).await?;
                        if !settled {
                            self.postpone(link, claim).await?;
                        }
                        settled
                    }
                    Err(failure) => self.lookup_failed(link, system, claim, &failure).await?,
                }
            }
            None => self.look_for(link, side, system, claim).await?,
        };
        if settled {
            self.rests.forget(&intent.key);
            Tally::add(&self.tally.in_doubt_settled);
        }
        Ok(settled)
    }

    /// A create in doubt: look for our reference. "Not found" counts only if the same lookup finds what it must.
    async fn look_for(&self, link: &Link, side: Side, system: &System, claim: &Claim) -> Result<bool, EngineError> {
        let intent = &claim.intent;
        if system.remote.promises().find == Find::None {
            let parked = self.update(link, claim, |case| undecidable(case, &intent.key).facts).await;
            return match parked {
                Err(EngineError::Store(StoreError::Fenced)) | Ok(_) => Ok(true),
                Err(error) => Err(error),
            };
        }
        let ids = match system.remote.find(&intent.pair).await {
            Ok(ids) => ids,
            Err(failure) => return self.lookup_failed(link, system, claim, &failure).await,
        };
        let believed = !ids.is_empty()
            || match self.store.youngest(&link.name, side, &intent.case).await? {
                None => true,
                Some((reference, id)) => {
                    matches!(system.remote.find(&reference).await, Ok(found) if found.contains(&id))
                }
            };
        stops::at(Stop::LookedUp);
        let delay = self.backoff(intent);
        let mut after = After::default();
        let saved = self
            .update(link, claim, |case| {
                after = found(case, &intent.key, &ids, believed, now(), delay);
                std::mem::take(&mut after.facts)
            })
            .await;
        let saved = match saved {
            // Somebody else settled it.
            Err(EngineError::Store(StoreError::Fenced)) => return Ok(true),
            saved => saved?,
        };
        if let ([id], Some(_)) = (ids.as_slice(), saved) {
            self.count_created(side);
            stops::at(Stop::Adopted);
            self.read_back(link, side, system, id, Some(&intent.key)).await?;
        }
        Ok(believed)
    }

    async fn is_in_doubt(&self, intent: &Intent) -> Result<bool, EngineError> {
        let case = self.store.case(&intent.case).await?;
        let is_it = |other: &Intent| other.key == intent.key && matches!(other.state, IntentState::Doubt { .. });
        Ok(case.is_some_and(|case| case.intents.iter().any(is_it)))
    }

    async fn lookup_failed(
        &self,
        link: &Link,
        system: &System,
        claim: &Claim,
        failure: &Failure,
    ) -> Result<bool, EngineError> {
        if let Some(wait) = failure.wait() {
            system.health.pause(now(), wait);
        }
        if failure.is_worth_a_retry() {
            system.health.failed(&claim.intent.key, now());
        }
        self.postpone(link, claim).await?;
        Ok(false)
    }

    /// A doubt that could not be settled is looked up later, each time later still. Ends the claim.
    async fn postpone(&self, link: &Link, claim: &Claim) -> Result<(), EngineError> {
        let due = now() + TimeDelta::from_std(self.backoff(&claim.intent)).unwrap_or(TimeDelta::days(1));
        let saved = self
            .update(link, claim, |case| {
                if let Some(intent) = case.intents.iter_mut().find(|intent| intent.key == claim.intent.key) {
                    intent.due = due;
                }
                Vec::new()
            })
            .await;
        match saved {
            // Somebody else settled it.
            Ok(_) | Err(EngineError::Store(StoreError::Fenced)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn settle_of(intent: &Intent) -> Duration {
    match intent.state {
        IntentState::Doubt { settle } => settle,
        _ => Duration::ZERO,
    }
}
