//! Takes what a side showed of a ticket into its cases: observe, plan, save, as one transaction, again where another
//! saved in between.

use std::time::Duration;

use crate::doors::connector::Shown;
use crate::doors::store::{Change, Claim, Quarantined, Save, StoreError};
use crate::pure::sync::case::{Case, Fact, PairState};
use crate::pure::sync::gone::{observe_gone, would_close};
use crate::pure::sync::observe::{Glimpse, fact, is_taken_in, new_pair, observe};
use crate::pure::sync::plan::plan;
use crate::pure::sync::reference::{derive, is_of};
use crate::pure::sync::restore::WENT_BACK;
use crate::pure::sync::settle::doubled;
use crate::words::clock::{Timestamp, now};
use crate::words::record::Reading;
use crate::words::side::{RemoteId, Side, SystemName};
use crate::words::stops::{self, Stop};
use crate::words::ticket::RecordKind;

use super::{Engine, EngineError, Link, take_turns};

/// How often a save that lost to another is decided anew before it is given up.
const MAX_STALE: u32 = 50;
/// Pause before such a save is decided anew.
const BETWEEN_SAVES: Duration = Duration::from_millis(2);

/// A system that went back is not written to for so long after each sign of it.
pub(super) const STAY_AWAY: Duration = Duration::from_secs(3600);

/// What was read, when, and of which ticket.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// The ticket's id.
    pub id: &'a RemoteId,
    /// What the system showed.
    pub shown: &'a Shown,
    /// When the reading began.
    pub began: Timestamp,
    /// Key of a doubt that has rested long enough to be settled by it.
    pub rested: Option<&'a str>,
}

/// What became of a sight on one link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It belongs to a case.
    In,
    /// No rule selects it, and it may be forgotten until it changes.
    NotSelected,
    /// It may be a write of ours that is still out, or older than what is known: look again later.
    Held,
    /// It is older than it was: the system may have been put back to a backup. Nothing of it was used.
    WentBack,
}

impl Engine {
    /// Takes a sight into every link that ends at `system`. True where it need not be looked at again until it changes.
    pub async fn absorb(&self, system: &SystemName, sight: Sight<'_>) -> Result<bool, EngineError> {
        Ok(self.absorb_all(system, &[sight]).await?.into_iter().all(|done| done))
    }

    /// The same of sights of different tickets, saved together; tells it of each.
    pub async fn absorb_all(&self, system: &SystemName, sights: &[Sight<'_>]) -> Result<Vec<bool>, EngineError> {
        let mut readable = Vec::with_capacity(sights.len());
        for sight in sights {
            match sight.shown {
                Shown::Unreadable { reason } => {
                    let entry = Quarantined {
                        system: system.clone(),
                        id: sight.id.clone(),
                        reason: reason.clone(),
                        since: sight.began,
                        mapping: self.systems.get(system).map_or("", |system| system.remote.mapping()).to_owned(),
                    };
                    self.store.quarantine(&entry).await?;
                }
                Shown::Ticket(_) | Shown::Gone => readable.push(sight.id),
            }
        }
        self.store.unquarantine(system, &readable).await?;
        let mut done = vec![true; sights.len()];
        for (link, side) in self.ends_at(system) {
            let taken = self.take_in(link, side, sights).await?;
            for ((sight, taken), done) in sights.iter().zip(taken).zip(&mut done) {
                let taken = match taken {
                    Some(taken) => taken,
                    None => self.absorb_on(link, side, *sight).await?,
                };
                if taken == Taken::WentBack {
                    let reason = format!(
                        "{} is older than it was: was it put back to a backup? Then sync --restored {system}",
                        sight.id
                    );
                    return Err(EngineError::Alarm { system: system.clone(), reason });
                }
                *done &= taken != Taken::Held;
            }
        }
        Ok(done)
    }

    /// Takes a sight into one link.
    pub async fn absorb_on(&self, link: &Link, side: Side, sight: Sight<'_>) -> Result<Taken, EngineError> {
        for _ in 0..MAX_STALE {
            if let Some(taken) = self.take_in(link, side, &[sight]).await?.pop().flatten() {
                return Ok(taken);
            }
            tokio::time::sleep(BETWEEN_SAVES).await;
        }
        // Somebody is busy with it for longer: it is looked at again.
        Ok(Taken::Held)
    }

    /// Takes sights into one link, each once: decided one by one, saved together. `None` of a sight whose case was saved,
    /// claimed or made by another since it was loaded: to be decided again on what is there now.
    async fn take_in(&self, link: &Link, side: Side, sights: &[Sight<'_>]) -> Result<Vec<Option<Taken>>, EngineError> {
        let ids: Vec<&RemoteId> = sights.iter().map(|sight| sight.id).collect();
        let mut known = self.store.cases_of(&link.name, side, &ids).await?;
        let mut has_create_out = None;
        let mut taken = Vec::with_capacity(sights.len());
        let mut decided = Vec::with_capacity(sights.len());
        for (place, sight) in sights.iter().enumerate() {
            let found = match known.remove(sight.id) {
                Some(case) => Found::Case(Box::new(case)),
                None => self.unknown(link, side, *sight, &mut has_create_out).await?,
            };
            let decision = match found {
                Found::Case(case) => {
                    let seen_alive = *sight.shown == Shown::Gone
                        && would_close(&case, side, link.rules.as_ref())
                        && self.sees_a_younger(link, side, &case).await?;
                    let decision = self.decide(link, side, *sight, *case, seen_alive);
                    take_turns(place).await;
                    decision
                }
                Found::No(taken) => Decision::Taken(taken),
            };
            taken.push(match decision {
                Decision::Taken(taken) => Some(taken),
                Decision::Save(case, change) => {
                    decided.push((place, case, change));
                    None
                }
            });
        }
        if !decided.is_empty() {
            stops::at(Stop::Absorbing);
        }
        let saves: Vec<Save<'_>> = decided.iter().map(|(_, case, change)| Save { case, change, claim: None }).collect();
        for ((place, ..), saved) in decided.iter().zip(self.store.save_all(&saves).await?) {
            match saved {
                Ok(_) => taken[*place] = Some(Taken::In),
                Err(StoreError::Stale | StoreError::Fenced | StoreError::Taken { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if !decided.is_empty() {
            stops::at(Stop::Absorbed);
            self.planned.notify_waiters();
        }
        Ok(taken)
    }

    /// What a sight makes of its case.
    fn decide(&self, link: &Link, side: Side, sight: Sight<'_>, mut case: Case, seen_alive: bool) -> Decision {
        let before = (case.revision > 0).then(|| case.clone());
        let mut facts = take(&mut case, side, sight, seen_alive, link);
        if facts.iter().any(|fact| fact.what == WENT_BACK) {
            if let Some(system) = self.system(link, side) {
                system.health.pause(now(), STAY_AWAY);
            }
            return Decision::Taken(Taken::WentBack);
        }
        facts.extend(plan(&mut case, now(), link.rules.as_ref()));
        if before.is_some_and(|before| before == case) {
            let is_old = matches!(sight.shown, Shown::Ticket(_)) && !is_taken_in(&case, side, sight.began);
            return Decision::Taken(if is_old { Taken::Held } else { Taken::In });
        }
        let change = link.change(&case, facts);
        Decision::Save(Box::new(case), Box::new(change))
    }

    /// Whether a direct read shows a younger ticket than that of a case alive.
    async fn sees_a_younger(&self, link: &Link, side: Side, case: &Case) -> Result<bool, EngineError> {
        let (Some(system), Some(id)) =
            (self.system(link, side), self.store.younger(&link.name, side, case.reference()).await?)
        else {
            return Ok(false);
        };
        Ok(matches!(system.remote.get(&id).await, Ok(Shown::Ticket(reading)) if reading.id == id))
    }

    /// The case of a ticket whose id is in none: by our reference, or a new one where the rules select it.
    /// `has_create_out` is asked for once.
    async fn unknown(
        &self,
        link: &Link,
        side: Side,
        sight: Sight<'_>,
        has_create_out: &mut Option<bool>,
    ) -> Result<Found, EngineError> {
        let Shown::Ticket(reading) = sight.shown else { return Ok(Found::No(Taken::NotSelected)) };
        if let Some(reference) = reading.reference.as_ref().filter(|reference| is_of(&link.name, reference)) {
            // Without a case it is of a state that was lost: its origin's listing brings the case back.
            let case = self.store.case(reference).await?;
            return Ok(case.map_or(Found::No(Taken::Held), |case| Found::Case(Box::new(case))));
        }
        if !link.rules.selects(side, reading) {
            return Ok(Found::No(Taken::NotSelected));
        }
        if !link.rules.carries_reference(side, RecordKind::Ticket) {
            let is_out = match *has_create_out {
                Some(known) => known,
                None => self.store.out(&link.name, side).await?.iter().any(|intent| intent.target.is_none()),
            };
            *has_create_out = Some(is_out);
            if is_out {
                return Ok(Found::No(Taken::Held));
            }
        }
        Ok(Found::Case(Box::new(new_case(link, side, reading))))
    }

    /// Changes a case under a claim: load, `change`, plan, save; again where another saved in between.
    pub async fn update(
        &self,
        link: &Link,
        claim: &Claim,
        mut change: impl FnMut(&mut Case) -> Vec<Fact>,
    ) -> Result<Option<Case>, EngineError> {
        let mut taken_by: Option<(Side, RemoteId)> = None;
        for _ in 0..MAX_STALE {
            let Some(mut case) = self.store.case(&claim.intent.case).await? else { return Ok(None) };
            let mut facts = match &taken_by {
                None => change(&mut case),
                Some((side, id)) => doubled(&mut case, *side, std::slice::from_ref(id)).facts,
            };
            facts.extend(plan(&mut case, now(), link.rules.as_ref()));
            match self.store.save(&case, &link.change(&case, facts), Some(claim)).await {
                Ok(_) => return Ok(Some(case)),
                Err(StoreError::Stale) => tokio::time::sleep(BETWEEN_SAVES).await,
                // Two records were taken for one: the pair waits for a person.
                Err(StoreError::Taken { side }) => {
                    taken_by = case.ticket.ends.get(side).id.clone().map(|id| (side, id))
                }
                Err(error) => return Err(error.into()),
            }
        }
        // Its claim stands: the next start, or the lease's end, makes a doubt of it that is looked up.
        tracing::warn!(case = %claim.intent.case, "somebody is busy with it for long; its outcome is looked up later");
        Ok(None)
    }
}

/// What is to be done about a sight.
enum Decision {
    /// Nothing more.
    Taken(Taken),
    /// Its case changes.
    Save(Box<Case>, Box<Change>),
}

enum Found {
    Case(Box<Case>),
    No(Taken),
}

fn new_case(link: &Link, side: Side, reading: &Reading) -> Case {
    let reference = derive(&link.name, side, &reading.id, reading.identity.as_deref());
    Case {
        link: link.name.clone(),
        ticket: new_pair(RecordKind::Ticket, reference, side),
        children: Vec::new(),
        intents: Vec::new(),
        revision: 0,
    }
}

/// What one sight makes of a case.
fn take(case: &mut Case, side: Side, sight: Sight<'_>, seen_alive: bool, link: &Link) -> Vec<Fact> {
    match sight.shown {
        Shown::Ticket(reading) => {
            let known = case.ticket.ends.get(side).id.clone();
            if let Some(known) = known
                && known != reading.id
                && reading.reference.as_ref() == Some(case.reference())
            {
                return doubled(case, side, &[known, reading.id.clone()]).facts;
            }
            if matches!(&case.ticket.state, PairState::Unreadable { side: of, .. } if *of == side) {
                case.ticket.state = PairState::Live;
            }
            let glimpse = Glimpse { side, reading, began: sight.began, now: now(), rested: sight.rested };
            observe(case, glimpse, link.rules.as_ref())
        }
        Shown::Unreadable { reason } => {
            let unreadable = PairState::Unreadable { side, reason: reason.clone() };
            if case.ticket.state != PairState::Live || case.ticket.state == unreadable {
                return Vec::new();
            }
            case.ticket.state = unreadable;
            vec![Fact { says: Some(reason.clone()), ..fact("unreadable", &case.ticket, Some(side)) }]
        }
        Shown::Gone => observe_gone(case, side, sight.began, seen_alive, link.rules.as_ref()),
    }
}
