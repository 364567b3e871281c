//! What the world keeps, in memory, with the promises of the daemon's store. Beside it another store may keep the same and
//! be compared after each step.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::rc::Rc;
use std::time::Duration;

use chrono::TimeDelta;

use pakn_bridge::doors::store::{Change, Claim, Systems};
use pakn_bridge::pure::sync::case::{Case, Intent, IntentState, PairState};
use pakn_bridge::words::clock::Timestamp;
use pakn_bridge::words::side::{LinkName, Reference, RemoteId, Side, SystemName};

/// Why nothing was saved: what the daemon's store says of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Stale,
    Fenced,
    Taken(Side),
}

/// One thing that was asked of memory, and what it answered.
pub(crate) enum Step<'a> {
    Save {
        case: &'a Case,
        change: &'a Change,
        claim: Option<&'a Claim>,
        told: Result<i64, Refusal>,
    },
    Claim {
        of: Queue<'a>,
        claims: &'a [Claim],
    },
    Doubts {
        of: Queue<'a>,
        claims: &'a [Claim],
    },
    Release(&'a Claim),
    Recover {
        now: Option<Timestamp>,
        settle: Duration,
        told: u64,
    },
    /// A system's mapping is another one.
    Mapping(&'a SystemName),
}

/// Whose intents are claimed, when, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Queue<'a> {
    pub(crate) link: &'a LinkName,
    pub(crate) side: Side,
    pub(crate) now: Timestamp,
    pub(crate) lease: TimeDelta,
    pub(crate) most: usize,
}

/// Another store that is asked the same.
pub(crate) trait Beside {
    /// Does one step, too.
    ///
    /// # Errors
    /// How what it answers, or keeps then, differs from memory.
    fn step(&mut self, step: &Step<'_>, memory: &Memory) -> Result<(), String>;
}

/// What is kept of an intent beside itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Rows and cases are numbered as they come.
    pub(crate) number: u64,
    /// Rises with every claim.
    pub(crate) fence: i64,
    pub(crate) until: Option<Timestamp>,
}

/// The cases, with their rows.
#[derive(Default)]
pub(crate) struct Memory {
    systems: Systems,
    cases: BTreeMap<Reference, Case>,
    came: BTreeMap<Reference, u64>,
    rows: BTreeMap<String, Row>,
    /// Cases that are to be planned again before anything of them is sent.
    replan: BTreeSet<Reference>,
    next: u64,
    beside: Option<Rc<RefCell<dyn Beside>>>,
    /// How the store beside differs.
    pub(crate) differs: Option<String>,
}

impl Deref for Memory {
    type Target = BTreeMap<Reference, Case>;

    fn deref(&self) -> &Self::Target {
        &self.cases
    }
}

impl Memory {
    pub(crate) fn new(systems: Systems, beside: Option<Rc<RefCell<dyn Beside>>>) -> Self {
        Self { systems, beside, ..Self::default() }
    }

    /// Saves a case with its intents: all of it or nothing. What was saved before.
    pub(crate) fn save(
        &mut self,
        mut case: Case,
        change: &Change,
        claim: Option<&Claim>,
    ) -> Result<Option<Case>, Refusal> {
        let offered = self.beside.is_some().then(|| case.clone());
        let told = self.judge(&case, change, claim).map(|()| {
            case.revision += 1;
            (case.revision, self.put(case, change, claim))
        });
        if let Some(case) = &offered {
            let told = told.as_ref().map(|(revision, _)| *revision).map_err(|refusal| *refusal);
            self.told(&Step::Save { case, change, claim, told });
        }
        told.map(|(_, before)| before)
    }

    fn judge(&self, case: &Case, change: &Change, claim: Option<&Claim>) -> Result<(), Refusal> {
        let before = self.cases.get(case.reference());
        if before.map_or(0, |before| before.revision) != case.revision {
            return Err(Refusal::Stale);
        }
        if claim.is_some_and(|claim| !self.holds(claim)) {
            return Err(Refusal::Fenced);
        }
        let under_way = |old: &Intent| {
            old.state == IntentState::Sent
                && claim.is_none_or(|claim| claim.intent.key != old.key)
                && self.rows.get(&old.key).and_then(|row| row.until).is_some_and(|until| until > change.at)
        };
        let moved = |old: &&Intent| case.intents.iter().find(|new| new.key == old.key) != Some(*old);
        if before.iter().flat_map(|before| &before.intents).filter(moved).any(under_way) {
            return Err(Refusal::Fenced);
        }
        let taken = |side: &Side| {
            let Some(id) = &case.ticket.ends.get(*side).id else { return false };
            let has = |other: &Case| other.link == case.link && other.ticket.ends.get(*side).id.as_ref() == Some(id);
            self.cases.values().any(|other| has(other) && other.reference() != case.reference())
        };
        Side::BOTH.into_iter().find(taken).map_or(Ok(()), |side| Err(Refusal::Taken(side)))
    }

    fn put(&mut self, case: Case, change: &Change, claim: Option<&Claim>) -> Option<Case> {
        let before = self.cases.remove(case.reference());
        for old in before.iter().flat_map(|before| &before.intents) {
            let new = case.intents.iter().find(|new| new.key == old.key);
            let ours = claim.is_some_and(|claim| claim.intent.key == old.key);
            match self.rows.get_mut(&old.key) {
                Some(row) if new.is_some() && (ours || new != Some(old)) => row.until = None,
                Some(_) if new.is_none() => {
                    self.rows.remove(&old.key);
                }
                _ => {}
            }
        }
        for intent in &case.intents {
            self.next += 1;
            let number = self.next;
            self.rows.entry(intent.key.clone()).or_insert(Row { number, fence: 0, until: None });
        }
        let reference = case.reference().clone();
        if change.replan {
            self.replan.insert(reference.clone());
        } else {
            self.replan.remove(&reference);
        }
        self.next += 1;
        self.came.entry(reference.clone()).or_insert(self.next);
        self.cases.insert(reference, case);
        before
    }

    /// Keys of what is due of one link and side, oldest first, whose record has nothing else in hand and whose case is not
    /// to be planned again.
    pub(crate) fn due(&self, of: Queue<'_>) -> Vec<String> {
        let mut in_hand: BTreeSet<String> = self
            .intents()
            .filter(|(_, intent)| intent.is_out())
            .map(|(case, intent)| self.record(case, intent))
            .collect();
        let due = self.in_order(of, |intent| intent.state == IntentState::Ready && intent.due <= of.now);
        due.into_iter()
            .filter(|(case, _)| !self.replan.contains(case.reference()))
            .filter(|(case, intent)| in_hand.insert(self.record(case, intent)))
            .map(|(_, intent)| intent.key.clone())
            .collect()
    }

    /// Key of the oldest intent of one link and side that is open.
    pub(crate) fn first(&self, of: Queue<'_>) -> Option<String> {
        let open = self.in_order(of, |intent| intent.state != IntentState::Parked);
        open.first().map(|(_, intent)| intent.key.clone())
    }

    /// Claims what is due.
    pub(crate) fn claim(&mut self, of: Queue<'_>) -> Vec<Claim> {
        let claims: Vec<Claim> = self.due(of).iter().take(of.most).filter_map(|key| self.take(key, of, true)).collect();
        self.told(&Step::Claim { of, claims: &claims });
        claims
    }

    /// Claims doubts that are due for a lookup.
    pub(crate) fn claim_doubts(&mut self, of: Queue<'_>) -> Vec<Claim> {
        let free = |intent: &Intent| {
            let until = self.rows.get(&intent.key).and_then(|row| row.until);
            matches!(intent.state, IntentState::Doubt { .. })
                && intent.due <= of.now
                && until.is_none_or(|until| until <= of.now)
        };
        let due: Vec<String> = self.in_order(of, free).into_iter().map(|(_, intent)| intent.key.clone()).collect();
        let claims: Vec<Claim> = due.iter().filter_map(|key| self.take(key, of, false)).collect();
        self.told(&Step::Doubts { of, claims: &claims });
        claims
    }

    fn take(&mut self, key: &str, of: Queue<'_>, sends: bool) -> Option<Claim> {
        let row = self.rows.get_mut(key)?;
        row.fence += 1;
        row.until = Some(of.now + of.lease);
        let fence = row.fence;
        let case = self.cases.values_mut().find(|case| case.intents.iter().any(|intent| intent.key == key))?;
        case.revision += 1;
        let intent = case.intents.iter_mut().find(|intent| intent.key == key)?;
        if sends {
            intent.state = IntentState::Sent;
            intent.first_sent.get_or_insert(of.now);
        }
        Some(Claim { intent: intent.clone(), link: of.link.clone(), fence })
    }

    /// Gives a claim back without having done anything.
    pub(crate) fn release(&mut self, claim: &Claim) {
        if let Some(row) = self.rows.get_mut(&claim.intent.key).filter(|row| row.fence == claim.fence) {
            row.until = None;
        }
        self.told(&Step::Release(claim));
    }

    /// What was sent and whose lease has ended becomes a doubt; all of it where `now` is `None`, at a start.
    pub(crate) fn recover(&mut self, now: Option<Timestamp>, settle: Duration) -> u64 {
        let mut told = 0;
        for case in self.cases.values_mut() {
            for intent in &mut case.intents {
                let Some(row) = self.rows.get_mut(&intent.key) else { continue };
                let ended = row.until.is_none_or(|until| now.is_none_or(|now| until <= now));
                if intent.state == IntentState::Sent && ended {
                    intent.state = IntentState::Doubt { settle };
                    told += 1;
                } else if now.is_some() || row.until.is_none() {
                    continue;
                }
                row.until = None;
                row.fence += 1;
                case.revision += 1;
            }
        }
        self.told(&Step::Recover { now, settle, told });
        told
    }

    /// A system has another mapping: what was planned or refused on its links is to be planned again.
    pub(crate) fn take_mapping(&mut self, system: &SystemName) {
        let ends_there = |case: &Case| {
            self.systems.get(&case.link).is_some_and(|sides| Side::BOTH.iter().any(|side| sides.get(*side) == system))
        };
        let waits = |case: &Case| {
            case.pairs().any(|pair| !pair.parked.is_empty())
                || case.intents.iter().any(|intent| matches!(intent.state, IntentState::Ready | IntentState::Parked))
        };
        let concerned = self.cases.values().filter(|case| ends_there(case) && waits(case));
        self.replan.extend(concerned.map(|case| case.reference().clone()));
        self.told(&Step::Mapping(system));
    }

    /// Makes a mistake in what is saved: only with a safeguard off.
    pub(crate) fn spoil(&mut self, reference: &Reference, mistake: impl FnOnce(&mut Case)) {
        if let Some(case) = self.cases.get_mut(reference) {
            mistake(case);
        }
    }

    pub(crate) fn holds(&self, claim: &Claim) -> bool {
        self.rows.get(&claim.intent.key).is_some_and(|row| row.fence == claim.fence && row.until.is_some())
    }

    pub(crate) const fn to_replan(&self) -> &BTreeSet<Reference> {
        &self.replan
    }

    /// The youngest other ticket that we made on a side and that is there, as far as is known.
    pub(crate) fn youngest(&self, link: &LinkName, side: Side, except: &Reference) -> Option<(Reference, RemoteId)> {
        let ours = |case: &&Case| case.ticket.origin != side && case.reference() != except;
        self.last_there(link, side, ours)
    }

    /// The youngest ticket that is younger than this one and is there, as far as is known.
    pub(crate) fn younger(&self, link: &LinkName, side: Side, than: &Reference) -> Option<RemoteId> {
        let than = self.came.get(than)?;
        self.last_there(link, side, |case| self.came.get(case.reference()) > Some(than)).map(|(_, id)| id)
    }

    fn last_there(&self, link: &LinkName, side: Side, which: impl Fn(&&Case) -> bool) -> Option<(Reference, RemoteId)> {
        let live = |case: &&Case| case.link == *link && case.ticket.state == PairState::Live;
        let there = self.cases.values().filter(live).filter(which).filter(|case| case.ticket.ends.get(side).gone == 0);
        let there = there.filter(|case| case.ticket.ends.get(side).id.is_some());
        let last = there.max_by_key(|case| self.came.get(case.reference()))?;
        Some((last.reference().clone(), last.ticket.ends.get(side).id.clone()?))
    }

    /// The intents with their links and rows, as they came.
    pub(crate) fn queue(&self) -> Vec<(&LinkName, &Intent, &Row)> {
        let mut rows: Vec<_> = self
            .intents()
            .filter_map(|(case, intent)| Some((&case.link, intent, self.rows.get(&intent.key)?)))
            .collect();
        rows.sort_by_key(|(_, _, row)| row.number);
        rows
    }

    fn intents(&self) -> impl Iterator<Item = (&Case, &Intent)> {
        self.cases.values().flat_map(|case| case.intents.iter().map(move |intent| (case, intent)))
    }

    fn in_order(&self, of: Queue<'_>, which: impl Fn(&Intent) -> bool) -> Vec<(&Case, &Intent)> {
        let of = |(case, intent): &(&Case, &Intent)| case.link == *of.link && intent.side == of.side && which(intent);
        let mut found: Vec<_> = self.intents().filter(of).collect();
        found.sort_by_key(|(_, intent)| self.rows.get(&intent.key).map(|row| row.number));
        found
    }

    /// Names the record that an intent writes, the same from every link of its system.
    fn record(&self, case: &Case, intent: &Intent) -> String {
        let system = self.systems.get(&case.link).map_or("", |sides| sides.get(intent.side).as_str());
        match &intent.target {
            Some(id) => format!("{system}/{}/{id}", intent.kind),
            None => format!("{system}/+/{}", intent.pair),
        }
    }

    fn told(&mut self, step: &Step<'_>) {
        if let Some(beside) = self.beside.clone()
            && let Err(differs) = beside.borrow_mut().step(step, self)
        {
            self.differs.get_or_insert(differs);
        }
    }
}
