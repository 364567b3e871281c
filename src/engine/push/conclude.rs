//! Saves what became of writes, many at once, each under its claim; reads back where that is owed.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::doors::store::{Change, Claim, Save, StoreError};
use crate::engine::absorb::Sight;
use crate::engine::{Engine, EngineError, Link, System, Tally, take_turns};
use crate::pure::sync::case::{Case, Intent};
use crate::pure::sync::plan::plan;
use crate::pure::sync::settle::{After, settle};
use crate::words::clock::now;
use crate::words::outcome::Outcome;
use crate::words::side::{RemoteId, Side};
use crate::words::stops::{self, Stop};
use crate::words::ticket::RecordKind;

use super::Answer;

/// What an answer makes of its case, beside the case itself.
struct Settled {
    change: Change,
    after: After,
}

impl Engine {
    /// Saves outcomes under their claims, as one where nobody else changed their cases meanwhile; reads back where that
    /// is owed.
    pub(super) async fn conclude(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        mut answers: Vec<Answer<'_>>,
    ) -> Result<(), EngineError> {
        let mut settled = Vec::with_capacity(answers.len());
        for (done, answer) in answers.iter_mut().enumerate() {
            settled.push(self.settled(link, side, answer));
            take_turns(done).await;
        }
        let saves: Vec<Save<'_>> = settled
            .iter()
            .zip(&answers)
            .map(|(settled, answer)| Save { case: &answer.case, change: &settled.change, claim: Some(&answer.claim) })
            .collect();
        let saved = self.store.save_all(&saves).await?;
        stops::at(Stop::Recorded);
        let mut owed = Vec::new();
        for ((answer, Settled { mut after, .. }), saved) in answers.into_iter().zip(settled).zip(saved) {
            let id_in = |case: &Case| case.ticket.ends.get(side).id.clone();
            let saved = match saved {
                Ok(_) => Ok(Some(answer.case)),
                Err(StoreError::Stale | StoreError::Taken { .. }) => {
                    self.settle_again(link, &answer.claim, &answer.outcome, &mut after).await
                }
                Err(error) => Err(error.into()),
            };
            if answer.reached {
                self.note_health(system, &answer.claim.intent.key, &after);
            }
            let id = match saved {
                Ok(saved) => saved.as_ref().and_then(id_in),
                // An answer that reaches a worker without its claim still makes the record be read.
                Err(EngineError::Store(StoreError::Fenced)) => {
                    after.read = true;
                    self.store.case(&answer.claim.intent.case).await?.as_ref().and_then(id_in)
                }
                Err(error) => return Err(error),
            };
            owed.extend(id.filter(|_| after.read));
        }
        self.planned.notify_waiters();
        let read = stream::iter(&owed).map(|id| self.read_back(link, side, system, id, None));
        read.buffer_unordered(system.concurrency.max(1)).try_collect().await
    }

    fn settled(&self, link: &Link, side: Side, answer: &mut Answer<'_>) -> Settled {
        let intent = &answer.claim.intent;
        if answer.reached {
            self.count(side, intent, &answer.outcome);
        }
        match &answer.outcome {
            // An outage spends no attempt, yet each time it waits longer.
            Outcome::NotNow(_) | Outcome::Gone => {}
            Outcome::InDoubt { .. } => self.rests.begin_anew(&intent.key),
            Outcome::Acked(_) | Outcome::Conflict { .. } | Outcome::Exists { .. } | Outcome::Refused { .. } => {
                self.rests.forget(&intent.key);
            }
        }
        let mut after = self.settle(link, &answer.claim, &answer.outcome, &mut answer.case);
        let mut facts = std::mem::take(&mut after.facts);
        facts.extend(plan(&mut answer.case, now(), link.rules.as_ref()));
        Settled { change: link.change(&answer.case, facts), after }
    }

    /// The same on the case as somebody else saved it meanwhile.
    async fn settle_again(
        &self,
        link: &Link,
        claim: &Claim,
        outcome: &Outcome,
        after: &mut After,
    ) -> Result<Option<Case>, EngineError> {
        self.update(link, claim, |case| {
            *after = self.settle(link, claim, outcome, case);
            std::mem::take(&mut after.facts)
        })
        .await
    }

    fn settle(&self, link: &Link, claim: &Claim, outcome: &Outcome, case: &mut Case) -> After {
        let intent = &claim.intent;
        settle(case, &intent.key, outcome.clone(), now(), self.backoff(intent), link.rules.as_ref())
    }

    /// The delay before the next try of a write that is put off once more.
    pub(super) fn backoff(&self, intent: &Intent) -> Duration {
        self.delay(intent.attempts.saturating_add(self.rests.put_off(&intent.key)))
    }

    fn note_health(&self, system: &System, key: &str, after: &After) {
        if let Some(wait) = after.pause {
            system.health.pause(now(), wait);
        }
        if after.side_failed {
            system.health.failed(key, now());
        } else {
            system.health.worked();
        }
    }

    fn count(&self, side: Side, intent: &Intent, outcome: &Outcome) {
        match outcome {
            Outcome::Acked(_) => {
                Tally::add(&self.tally.writes);
                if intent.kind == RecordKind::Ticket && intent.target.is_none() {
                    self.count_created(side);
                }
            }
            Outcome::NotNow(_) => Tally::add(&self.tally.retries),
            Outcome::InDoubt { .. }
            | Outcome::Conflict { .. }
            | Outcome::Exists { .. }
            | Outcome::Gone
            | Outcome::Refused { .. } => {}
        }
    }

    pub(super) fn count_created(&self, side: Side) {
        Tally::add(match side {
            Side::National => &self.tally.pushed_up,
            Side::Province => &self.tally.pulled_down,
        });
    }

    /// Reads a ticket now and takes it in. A failed read is no harm: the next poll reads it.
    pub(super) async fn read_back(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        id: &RemoteId,
        rested: Option<&str>,
    ) -> Result<(), EngineError> {
        let began = now();
        match system.remote.get(id).await {
            Ok(shown) => {
                stops::at(Stop::ReadBack);
                self.absorb_on(link, side, Sight { id, shown: &shown, began, rested }).await?;
            }
            Err(failure) => {
                tracing::debug!(system = %link.system(side), %failure, "read-back failed; the next poll reads it");
                self.store.forget_seen(link.system(side), id).await?;
            }
        }
        Ok(())
    }
}
