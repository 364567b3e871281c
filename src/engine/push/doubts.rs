//! Doubts that have rested: repeated where their key lives, else looked up, then adopted or sent again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::doors::store::{Claim, StoreError};
use crate::engine::absorb::Sight;
use crate::engine::{Engine, EngineError, Link, System, Tally};
use crate::pure::sync::case::{Intent, IntentState};
use crate::pure::sync::settle::{After, found, may_repeat};
use crate::words::clock::{Stopwatch, now};
use crate::words::outcome::Failure;
use crate::words::side::Side;

use super::{BATCH, LEASE, Pushed};

/// When each doubt was first seen by this process: rests are counted by a monotonic clock, anew after a restart.
#[derive(Debug, Default)]
pub struct Rests(Mutex<BTreeMap<String, Stopwatch>>);

impl Rests {
    /// How long a doubt has rested in this process.
    pub fn rested(&self, key: &str) -> Duration {
        let mut rests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rests.entry(key.to_owned()).or_insert_with(Stopwatch::start).elapsed()
    }

    /// It is settled, or begins anew.
    pub fn forget(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

impl Engine {
    /// Doubts that have rested: the same key again where keys live, else a lookup, then adopt or send again.
    pub(super) async fn settle_doubts(&self, link: &Link, side: Side, system: &System) -> Result<Pushed, EngineError> {
        let claims = self.store.claim_doubts(&link.name, side, now(), LEASE, BATCH).await?;
        let mut looked_up = 0;
        for claim in claims {
            let repeat = may_repeat(&claim.intent, now(), link.rules.as_ref());
            if !repeat && self.rests.rested(&claim.intent.key) < settle_of(&claim.intent) {
                self.store.release(&claim).await?;
                continue;
            }
            if repeat {
                Tally::add(&self.tally.retries);
                self.send(link, side, system, claim, Stopwatch::start()).await?;
                looked_up += 1;
            } else if self.look_up(link, side, system, &claim).await? {
                looked_up += 1;
            }
        }
        Ok(Pushed { sent: 0, looked_up })
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
                        self.store.release(claim).await?;
                        self.absorb_on(link, side, sight).await?;
                        true
                    }
                    Err(failure) => self.lookup_failed(system, claim, &failure).await?,
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
        let ids = match system.remote.find(&intent.pair).await {
            Ok(ids) => ids,
            Err(failure) => return self.lookup_failed(system, claim, &failure).await,
        };
        let believed = !ids.is_empty()
            || match self.store.youngest(&link.name, side, &intent.case).await? {
                None => true,
                Some((reference, id)) => {
                    matches!(system.remote.find(&reference).await, Ok(found) if found.contains(&id))
                }
            };
        let delay = self.delay(intent.attempts);
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
            self.read_back(link, side, system, id, Some(&intent.key)).await?;
        }
        Ok(believed)
    }

    async fn lookup_failed(&self, system: &System, claim: &Claim, failure: &Failure) -> Result<bool, EngineError> {
        system.health.pause(now(), failure.wait().unwrap_or_else(|| self.delay(1)));
        system.health.failed(&claim.intent.key, now());
        self.store.release(claim).await?;
        Ok(false)
    }
}

fn settle_of(intent: &Intent) -> Duration {
    match intent.state {
        IntentState::Doubt { settle } => settle,
        _ => Duration::ZERO,
    }
}
