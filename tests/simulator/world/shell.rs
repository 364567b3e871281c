//! The shell's part, in the daemon's ways: readings are taken in, each save is refused where another holds the claim, a
//! crash leaves what was saved.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use chrono::TimeDelta;
use rand::RngExt;

use pakn_bridge::doors::store::{Change, Claim};
use pakn_bridge::pure::sync::case::{Case, Fact, Intent};
use pakn_bridge::pure::sync::gone::{observe_gone, would_close};
use pakn_bridge::pure::sync::observe::{Glimpse, is_taken_in, new_pair, observe};
use pakn_bridge::pure::sync::plan::plan;
use pakn_bridge::pure::sync::reference::{derive, is_of};
use pakn_bridge::pure::sync::remap::to_read_again;
use pakn_bridge::pure::sync::restore::WENT_BACK;
use pakn_bridge::pure::sync::settle::doubled;
use pakn_bridge::words::clock::Timestamp;
use pakn_bridge::words::outcome::Outcome;
use pakn_bridge::words::record::{Image, Reading};
use pakn_bridge::words::side::{LinkName, RemoteId, Side};
use pakn_bridge::words::ticket::{Field, RecordKind};

use super::coverage::Group;
use super::faults::Fault;
use super::memory::Refusal;
use super::off::{base_by_record, decide_whatever_is_shown, forget_ledger, one_base, plan_replies_at_once};
use super::poll::RowOf;
use super::remote::{Look, Request};
use super::{Safeguard, Sight, Stuck, Thing, World};

impl World {
    /// Requests that reach their system now.
    pub(crate) fn arrivals(&mut self) {
        let time = self.time;
        let (arrived, open) = std::mem::take(&mut self.wire).into_iter().partition(|request| request.lands <= time);
        self.wire = open;
        let arrived: Vec<Request> = arrived;
        for request in arrived {
            self.land(&request);
        }
    }

    pub(crate) fn land(&mut self, request: &Request) -> Outcome {
        let system = request.to;
        let stood = self.stands(request);
        let writes = self.remotes[system].writes;
        let outcome = self.remotes[system].land(request, self.time, &mut self.random);
        self.note(|| format!("lands on {system} {}: {outcome:?}", told(&request.intent)));
        if self.remotes[system].writes > writes {
            self.check_overwritten(request, &stood);
        }
        if matches!(outcome, Outcome::Acked(_)) {
            let kind = self.remotes[system].kind;
            for (name, planned) in &request.intent.fields {
                if let Some(text) = planned.value.as_ref().and_then(super::rules::spelled) {
                    let (edit, text) = (request.edits.get(name).copied().flatten(), kind.stores(name, &text));
                    self.oracle.spelled(edit, system, &text);
                }
            }
            self.check_announced(request);
        }
        outcome
    }

    pub(crate) fn is_out(&self) -> bool {
        !self.wire.is_empty()
            || self.store.values().any(|case| case.intents.iter().any(Intent::is_out))
            || self.workers.iter().any(|worker| worker.claim.intent.target.is_none())
    }

    /// Whether a write is between its look and its landing.
    pub(crate) fn is_writing_to(&self, system: usize) -> bool {
        self.wire.iter().any(|request| request.to == system)
            || self.workers.iter().any(|worker| self.goes_to(&worker.claim.intent) == Some(system))
    }

    /// The system that an intent writes to.
    pub(crate) fn goes_to(&self, intent: &Intent) -> Option<usize> {
        Some(self.system_of(&self.store.get(&intent.case)?.link, intent.side))
    }

    /// A direct read; `None` where it failed.
    pub(crate) fn read(&mut self, system: usize, id: &str) -> Option<Look> {
        if self.is_down(system) {
            self.coverage.saw(Group::Wrong, "read failed");
            return None;
        }
        if self.stuck == Some(Stuck::Read)
            && self.is_stuck_thing(self.remotes[system].record(id).map(|record| &record.thing))
        {
            return None;
        }
        let most = self.remotes[system].kind.lag;
        let lag = if most > 0 { self.random.random_range(0..most) } else { 0 };
        let look = self.remotes[system].read(id, self.time, lag);
        if let Look::Shown(reading) = &look {
            self.has_shown(system, reading);
        }
        Some(look)
    }

    pub(crate) fn has_shown(&mut self, system: usize, reading: &Reading) {
        for record in std::iter::once(reading).chain(reading.children.values().flatten()) {
            for (name, cell) in &record.cells {
                self.shown.insert(name_of(system, name, &cell.image));
            }
        }
    }

    /// Begins to read a ticket. What a failed read leaves out is listed again.
    pub(crate) fn look_at(&mut self, system: usize, id: &str, rested: Option<String>, row: Option<RowOf>) {
        let began = self.now();
        let Some(look) = self.read(system, id) else {
            if let Some(row) = row {
                self.again(system, row.changed);
            }
            return;
        };
        let things = match &look {
            Look::Shown(reading) => self.things_of(system, reading),
            Look::Gone => Vec::new(),
        };
        self.sights.push(Sight { system, id: id.to_owned(), look, began, rested, row, things });
        if !self.faults.has(Fault::Slow) {
            let last = self.sights.len() - 1;
            self.take_in(last);
        }
    }

    /// A reading reaches us, in any order.
    pub(crate) fn a_sight(&mut self) {
        if !self.sights.is_empty() {
            let at = self.random.random_range(0..self.sights.len());
            if at > 0 {
                self.coverage.saw(Group::Wrong, "reading overtaken");
            }
            self.take_in(at);
            self.ended_polls();
        }
    }

    /// Takes a reading into every link that ends at its system.
    fn take_in(&mut self, at: usize) {
        let sight = self.sights.remove(at);
        let ends: Vec<(LinkName, Side)> = self
            .links
            .iter()
            .filter_map(|link| match sight.system {
                0 => Some((link.name.clone(), Side::Province)),
                system => (link.national == system).then(|| (link.name.clone(), Side::National)),
            })
            .collect();
        let mut done = true;
        for (link, side) in ends {
            done &= self.take_on(&link, side, &sight);
        }
        if let Some(row) = sight.row {
            if done && matches!(sight.look, Look::Shown(_)) {
                self.seen.insert((sight.system, sight.id), row.stamp);
            } else if !done {
                self.again(sight.system, row.changed);
            }
        }
    }

    /// False where it must be looked at again.
    fn take_on(&mut self, link: &LinkName, side: Side, sight: &Sight) -> bool {
        let Some(mut case) = self.case_for(link, side, sight) else { return true };
        let now = self.now();
        let began = if self.has(Safeguard::StaleReadings) { sight.began } else { now };
        let rules = self.link(link).rules.clone();
        let facts = match &sight.look {
            Look::Gone => {
                let alive = would_close(&case, side, rules.as_ref()) && self.sees_a_younger(sight.system, side, &case);
                observe_gone(&mut case, side, began, alive, rules.as_ref())
            }
            Look::Shown(reading) => {
                let known = case.ticket.ends.get(side).id.clone();
                let two = known.as_ref().is_some_and(|known| *known != reading.id);
                if two && reading.reference.as_ref() == Some(case.reference()) {
                    let ids: Vec<RemoteId> = known.into_iter().chain([reading.id.clone()]).collect();
                    doubled(&mut case, side, &ids).facts
                } else {
                    let mut reading = Cow::Borrowed(reading);
                    if !self.has(Safeguard::Identity) {
                        let id = known.unwrap_or_else(|| reading.id.clone());
                        reading = Cow::Owned(Reading { identity: None, id, ..reading.into_owned() });
                    }
                    if !self.has(Safeguard::RestoredBackup) {
                        // Not noticed: whatever is shown is taken for new.
                        let end = case.ticket.ends.get_mut(side);
                        end.changed = None;
                        if end.read_began.is_none_or(|last| began > last) {
                            end.version = None;
                            case.ticket.ledger.iter_mut().for_each(|attempt| attempt.acked_version = None);
                        }
                    }
                    if !self.has(Safeguard::Ledger) {
                        forget_ledger(&mut case);
                    }
                    let glimpse = Glimpse { side, reading: &reading, began, now, rested: sight.rested.as_deref() };
                    observe(&mut case, glimpse, rules.as_ref())
                }
            }
        };
        self.told_by(&facts);
        self.know_things(&case, side, &sight.things);
        self.note(|| {
            let shown = match &sight.look {
                Look::Gone => "gone".to_owned(),
                Look::Shown(reading) => {
                    let cells = reading.cells.iter().map(|(name, cell)| format!("{name}={:?}", cell.image));
                    let children = reading.children.values().flatten().map(|child| child.id.to_string());
                    format!("{:?} {:?} {:?}", reading.version, cells.collect::<Vec<_>>(), children.collect::<Vec<_>>())
                }
            };
            let facts = facts.iter().map(|fact| format!("{} {:?}", fact.what, fact.says)).collect::<Vec<_>>();
            format!(
                "{link} {side} {} of {} rested {:?}: {shown} -> {facts:?}",
                sight.id,
                began.format("%M:%S%.3f"),
                sight.rested
            )
        });
        if facts.iter().any(|fact| fact.what == WENT_BACK) {
            self.stopped.insert(sight.system, WENT_BACK);
            return false;
        }
        if !self.has(Safeguard::BaseByField) && facts.iter().any(|fact| fact.what == "proved") {
            base_by_record(&mut case);
        }
        if !self.has(Safeguard::IneffectiveMemory) {
            case.ticket.parked.retain(|parked| parked.says.is_some());
        }
        let is_old = matches!(sight.look, Look::Shown(_)) && !is_taken_in(&case, side, began);
        self.plan_and_save(case, None) && !is_old
    }

    /// Whether a direct read shows a ticket alive that became known after that of a case.
    fn sees_a_younger(&mut self, system: usize, side: Side, case: &Case) -> bool {
        let id = self.store.younger(&case.link, side, case.reference());
        id.is_some_and(|id| matches!(self.read(system, id.as_str()), Some(Look::Shown(shown)) if shown.id == id))
    }

    /// Whether nothing came of a decision: nothing is saved then.
    fn is_as_before(&self, case: &Case) -> bool {
        self.store.get(case.reference()) == Some(case) && !self.store.to_replan().contains(case.reference())
    }

    /// Which thing each record of a reading is.
    pub(crate) fn things_of(&self, system: usize, reading: &Reading) -> Vec<Thing> {
        let Some(record) = self.remotes[system].record(reading.id.as_str()) else { return Vec::new() };
        let children = record.children.iter().map(|child| (child.kind, RemoteId(child.id.clone()), child.thing));
        std::iter::once((RecordKind::Ticket, reading.id.clone(), record.thing)).chain(children).collect()
    }

    /// Which thing each pair is about, for the oracle.
    pub(crate) fn know_things(&mut self, case: &Case, side: Side, things: &[Thing]) {
        for pair in case.pairs().filter(|pair| pair.origin == side) {
            let Some(id) = &pair.ends.get(side).id else { continue };
            let thing = things.iter().find(|(kind, of, _)| *kind == pair.kind && of == id).map(|(_, _, thing)| *thing);
            if let Some(thing) = thing.filter(|thing| self.oracle.pairs.get(&pair.reference) != Some(thing)) {
                self.oracle.pairs.insert(pair.reference.clone(), thing);
            }
        }
    }

    /// What the facts of a decision mean to the oracle.
    pub(crate) fn told_by(&mut self, facts: &[Fact]) {
        for fact in facts {
            self.coverage.saw(Group::Fact, &fact.what);
            // Guesses tell both values: whichever gives way is in the audit.
            if fact.what == "settled" {
                for (name, digests) in &fact.fields {
                    let texts = digests.province.iter().chain(&digests.national).cloned();
                    self.oracle.given_up.extend(texts.map(|text| (name.clone(), text)));
                }
            }
        }
    }

    fn case_for(&self, link: &LinkName, side: Side, sight: &Sight) -> Option<Case> {
        let is = |case: &&Case| {
            case.link == *link && case.ticket.ends.get(side).id.as_ref().is_some_and(|id| id.as_str() == sight.id)
        };
        if let Some(case) = self.store.values().find(is) {
            return Some(case.clone());
        }
        let Look::Shown(reading) = &sight.look else { return None };
        // Merged into another, which has a case of its own.
        if reading.id.as_str() != sight.id {
            return None;
        }
        if let Some(reference) = reading.reference.as_ref().filter(|of| is_of(link, of)) {
            return self.store.get(reference).cloned();
        }
        let reference = derive(link, side, &reading.id, reading.identity.as_deref());
        let ticket = new_pair(RecordKind::Ticket, reference, side);
        Some(Case { link: link.clone(), ticket, children: Vec::new(), intents: Vec::new(), revision: 0 })
    }

    pub(crate) fn plan_and_save(&mut self, mut case: Case, claim: Option<&Claim>) -> bool {
        let sees_no_replies = !self.has(Safeguard::AnnouncingGate) && self.odds(0.5);
        let mut rules = self.link(&case.link).rules.clone();
        if sees_no_replies {
            Rc::make_mut(&mut rules).sees_no_replies = true;
        }
        if !self.has(Safeguard::SeenValues) {
            decide_whatever_is_shown(&mut case);
        }
        let mut facts = plan(&mut case, self.now(), rules.as_ref());
        if !self.has(Safeguard::OneReplyAtATime) {
            facts.extend(plan_replies_at_once(&mut case, self.now(), rules.as_ref()));
        }
        self.told_by(&facts);
        if !facts.is_empty() {
            self.note(|| {
                let facts = facts.iter().map(|fact| format!("{} {:?}", fact.what, fact.fields)).collect::<Vec<_>>();
                format!("plans {facts:?}: {:?}", case.intents.iter().map(told).collect::<Vec<_>>())
            });
        }
        claim.is_none() && self.is_as_before(&case) || self.save(case, facts, claim)
    }

    /// False where another holds what would be changed, the claim is lost, or the disk is full.
    pub(crate) fn save(&mut self, mut case: Case, facts: Vec<Fact>, claim: Option<&Claim>) -> bool {
        if !self.commits() {
            return false;
        }
        let replan = to_read_again(&case, self.link(&case.link).rules.as_ref()).is_some();
        let change = Change { facts, at: self.now(), replan, mappings: None };
        let reference = case.reference().clone();
        let mut saved = self.store.save(case.clone(), &change, claim);
        if let Err(Refusal::Taken(side)) = saved {
            // The store knows one case by one id: two records were taken for one.
            let ids: Vec<RemoteId> = case.ticket.ends.get_mut(side).id.take().into_iter().collect();
            let facts = doubled(&mut case, side, &ids).facts;
            self.told_by(&facts);
            saved = self.store.save(case, &Change { facts, ..change }, claim);
        }
        let Ok(before) = saved else { return false };
        self.check_saved(&reference, before.as_ref());
        if !self.has(Safeguard::BasePerSide) {
            self.store.spoil(&reference, one_base);
        }
        true
    }

    /// Whether a commit works: the disk may be full.
    pub(crate) fn commits(&mut self) -> bool {
        let full = self.faults.has(Fault::DiskFull) && self.odds(0.04);
        if full {
            self.coverage.saw(Group::Wrong, "commit failed");
            self.note(|| "a commit fails".into());
        }
        !full
    }

    /// Claims of workers that are gone become doubts.
    pub(crate) fn recover(&mut self) {
        let now = self.now();
        self.recover_until(Some(now));
    }

    fn recover_until(&mut self, now: Option<Timestamp>) {
        let rest = |link: &super::Link| Side::BOTH.map(|side| link.rules.promises.get(side).settle());
        let settle = self.links.iter().flat_map(rest).max().unwrap_or_default();
        let lost = self.store.recover(now, settle);
        (0..lost).for_each(|_| self.coverage.saw(Group::Wrong, "claim lost"));
    }

    /// Our process ends and begins again.
    pub(crate) fn crash(&mut self) {
        self.note(|| "crash".into());
        for worker in std::mem::take(&mut self.workers) {
            self.coverage.saw(
                Group::Wrong,
                match worker.stage {
                    super::Stage::Claimed => "crash with a claim",
                    super::Stage::Prepared(_) => "crash before the send",
                    super::Stage::Answered(_) => "crash after the answer",
                },
            );
        }
        if !std::mem::take(&mut self.sights).is_empty() {
            self.coverage.saw(Group::Wrong, "crash with a reading");
        }
        if !std::mem::take(&mut self.polls).is_empty() {
            self.coverage.saw(Group::Wrong, "crash in a listing");
        }
        if self.has(Safeguard::MonotonicRest) && !std::mem::take(&mut self.rests).is_empty() {
            self.coverage.saw(Group::Wrong, "crash in a rest");
        }
        self.sent.clear();
        self.views.clear();
        // A new process knows nothing of what the clocks showed before.
        self.last = super::Instant { wall: self.time + self.off_by, monotonic: self.monotonic() };
        self.recover_until(None);
    }

    pub(crate) fn delta(duration: std::time::Duration) -> TimeDelta {
        TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
    }
}

/// Names what a system showed in a field: a digest, for there are many and each is looked for only.
pub(crate) fn name_of(system: usize, name: &Field, image: &Image) -> u64 {
    let mut hash = DefaultHasher::new();
    (system, name, image).hash(&mut hash);
    hash.finish()
}

pub(crate) fn told(intent: &Intent) -> String {
    let fields = intent.fields.iter().map(|(name, planned)| format!("{name}={:?}", planned.image));
    let (fields, key) = (fields.collect::<Vec<_>>().join(" "), intent.key.get(..6).unwrap_or_default());
    format!(
        "[{key} {} {} {:?} on {:?} {:?}: {fields}]",
        intent.kind, intent.side, intent.target, intent.version, intent.state
    )
}
