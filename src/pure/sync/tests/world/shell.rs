//! The shell's part, in the daemon's ways: readings are taken in, intents are claimed, sent, settled, looked up; each
//! save is refused where another holds the claim; a crash leaves what was saved.

use std::time::Duration;

use chrono::TimeDelta;
use rand::RngExt;

use crate::pure::sync::case::{Case, Intent, IntentState};
use crate::pure::sync::observe::{Glimpse, new_pair, observe};
use crate::pure::sync::plan::plan;
use crate::pure::sync::reference::{derive, is_of};
use crate::pure::sync::remap::to_read_again;
use crate::pure::sync::settle::{doubled, found, may_repeat};
use crate::words::clock::Timestamp;
use crate::words::outcome::Outcome;
use crate::words::record::Reading;
use crate::words::side::{LinkName, RemoteId, Side};
use crate::words::ticket::RecordKind;

use super::remote::Request;
use super::{Safeguard, Sight, World};

pub(super) const DELAY: Duration = Duration::from_secs(1);

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap()
}

impl World {
    /// Requests that reach their system now.
    pub(super) fn arrivals(&mut self) {
        let now = self.now;
        let (arrived, open) = std::mem::take(&mut self.wire).into_iter().partition(|(_, request)| request.lands <= now);
        self.wire = open;
        let arrived: Vec<(Side, Request)> = arrived;
        for (side, request) in arrived {
            self.land(side, &request);
        }
    }

    pub(super) fn land(&mut self, side: Side, request: &Request) -> Outcome {
        let stood = self.stands(side, request);
        let writes = self.remotes.get(side).writes;
        let outcome = self.remotes.get_mut(side).land(request, self.now, &mut self.random);
        self.note(|| format!("lands {side} {}: {outcome:?}", told(&request.intent)));
        if self.remotes.get(side).writes > writes {
            self.check_overwritten(side, request, &stood);
        }
        if matches!(outcome, Outcome::Acked(_)) {
            let kind = self.rules.kinds.get(side);
            for (name, planned) in &request.intent.fields {
                if let Some(text) = planned.value.as_ref().and_then(|value| value.as_text()) {
                    let (edit, text) = (request.edits.get(name).copied().flatten(), kind.stores(name, text));
                    self.oracle.spelled(edit, side, &text);
                }
            }
            self.check_announced(side, request);
        }
        outcome
    }

    pub(super) fn is_out(&self) -> bool {
        !self.wire.is_empty()
            || self.store.values().any(|case| case.intents.iter().any(Intent::is_out))
            || self.workers.iter().any(|worker| worker.intent.target.is_none())
    }

    /// Whether a write is between its look and its landing.
    pub(super) fn is_writing_to(&self, side: Side) -> bool {
        self.wire.iter().any(|(to, _)| *to == side) || self.workers.iter().any(|worker| worker.intent.side == side)
    }

    pub(super) fn read(&mut self, side: Side, id: &str) -> Option<Reading> {
        let most = self.rules.kinds.get(side).lag;
        let lag = if most > 0 { self.random.random_range(0..most) } else { 0 };
        let reading = self.remotes.get_mut(side).read(id, self.now, lag)?;
        self.has_shown(side, &reading);
        Some(reading)
    }

    pub(super) fn has_shown(&mut self, side: Side, reading: &Reading) {
        for record in std::iter::once(reading).chain(reading.children.values().flatten()) {
            for (name, cell) in &record.cells {
                self.shown.insert((side, name.clone(), cell.image.clone()));
            }
        }
    }

    /// Lists a side and begins to read each of its tickets.
    pub(super) fn poll(&mut self, side: Side) {
        for id in self.remotes.get(side).visible(self.now) {
            self.look_at(side, &id, None);
        }
    }

    pub(super) fn look_at(&mut self, side: Side, id: &str, rested: Option<String>) {
        let began = self.now;
        let Some(reading) = self.read(side, id) else { return };
        self.sights.push(Sight { side, reading, began, rested });
        if !self.faults.slow {
            let last = self.sights.len() - 1;
            self.take_in(last);
        }
    }

    /// A reading reaches us, in any order.
    pub(super) fn a_sight(&mut self) {
        if !self.sights.is_empty() {
            let at = self.random.random_range(0..self.sights.len());
            self.take_in(at);
        }
    }

    fn take_in(&mut self, at: usize) {
        let Sight { side, reading, mut began, rested } = self.sights.remove(at);
        if !self.has(Safeguard::StaleReadings) {
            began = self.now;
        }
        let Some(mut case) = self.case_for(side, &reading) else { return };
        let known = case.ticket.ends.get(side).id.clone();
        if known.as_ref().is_some_and(|known| *known != reading.id)
            && reading.reference.as_ref() == Some(case.reference())
        {
            let ids: Vec<RemoteId> = known.into_iter().chain([reading.id]).collect();
            doubled(&mut case, side, &ids);
        } else {
            let glimpse = Glimpse { side, reading: &reading, began, rested: rested.as_deref() };
            let facts = observe(&mut case, glimpse, &self.rules);
            // Guesses tell both values: whichever gives way is in the audit.
            for (name, digests) in facts.iter().filter(|fact| fact.what == "settled").flat_map(|fact| &fact.fields) {
                let texts = digests.province.iter().chain(&digests.national).cloned();
                self.oracle.given_up.extend(texts.map(|text| (name.clone(), text)));
            }
            self.note(|| {
                let cells = reading.cells.iter().map(|(name, cell)| format!("{name}={:?}", cell.image));
                let (cells, version) = (cells.collect::<Vec<_>>().join(" "), &reading.version);
                let facts = facts.iter().map(|fact| format!("{} {:?}", fact.what, fact.says)).collect::<Vec<_>>();
                format!("shows {side} {version:?} of {began} rested {rested:?}: {cells} -> {facts:?}")
            });
        }
        if !self.has(Safeguard::IneffectiveMemory) {
            case.ticket.parked.retain(|parked| parked.says.is_some());
        }
        self.plan_and_save(case, None);
    }

    fn case_for(&self, side: Side, reading: &Reading) -> Option<Case> {
        let known = |case: &&Case| case.ticket.ends.get(side).id.as_ref() == Some(&reading.id);
        if let Some(case) = self.store.values().find(known) {
            return Some(case.clone());
        }
        if let Some(reference) = reading.reference.as_ref().filter(|of| is_of(&"l".into(), of)) {
            return self.store.get(reference).cloned();
        }
        let link = LinkName::from("l");
        let reference = derive(&link, side, &reading.id, reading.identity.as_deref());
        let ticket = new_pair(RecordKind::Ticket, reference, side);
        Some(Case { link, ticket, children: Vec::new(), intents: Vec::new(), revision: 0 })
    }

    pub(super) fn plan_and_save(&mut self, mut case: Case, claim: Option<(&str, u64)>) -> bool {
        self.rules.sees_no_replies = !self.has(Safeguard::AnnouncingGate) && self.random.random_bool(0.5);
        let facts = plan(&mut case, self.now, &self.rules);
        self.rules.sees_no_replies = false;
        if !facts.is_empty() {
            self.note(|| {
                let facts = facts.iter().map(|fact| format!("{} {:?}", fact.what, fact.fields)).collect::<Vec<_>>();
                format!("plans {facts:?}: {:?}", case.intents.iter().map(told).collect::<Vec<_>>())
            });
        }
        self.save(case, claim)
    }

    /// False where another holds what would be changed, or the claim is lost.
    fn save(&mut self, case: Case, claim: Option<(&str, u64)>) -> bool {
        if let Some((key, fence)) = claim
            && self.leases.get(key).is_none_or(|(held, _)| *held != fence)
        {
            return false;
        }
        let ours = claim.map(|(key, _)| key);
        let before = self.store.get(case.reference());
        let mut moved = Vec::new();
        for old in before.iter().flat_map(|case| &case.intents) {
            let new = case.intents.iter().find(|new| new.key == old.key);
            let under_way = old.state == IntentState::Sent
                && ours != Some(old.key.as_str())
                && self.leases.get(&old.key).is_some_and(|(_, until)| *until > self.now);
            if new != Some(old) || ours == Some(old.key.as_str()) {
                if under_way {
                    return false;
                }
                moved.push(old.key.clone());
            }
        }
        for key in moved {
            self.leases.remove(&key);
        }
        self.check_saved(&case);
        match to_read_again(&case, &self.rules) {
            Some(_) => self.replan.insert(case.reference().clone()),
            None => self.replan.remove(case.reference()),
        };
        self.store.insert(case.reference().clone(), case);
        true
    }

    /// Claims of workers that are gone become doubts.
    pub(super) fn recover(&mut self) {
        let now = self.now;
        let rest = Side::BOTH.map(|side| self.rules.promises.get(side).settle());
        let settle = rest[0].max(rest[1]);
        for case in self.store.values_mut() {
            for intent in case.intents.iter_mut().filter(|intent| intent.state == IntentState::Sent) {
                if self.leases.get(&intent.key).is_none_or(|(_, until)| *until <= now) {
                    intent.state = IntentState::Doubt { settle };
                    self.leases.remove(&intent.key);
                }
            }
        }
    }

    /// A system's mapping changes: between two cycles, or while our process is down.
    pub(super) fn remap(&mut self) {
        if !self.workers.is_empty() || !self.sights.is_empty() {
            if !self.faults.crash {
                return;
            }
            self.crash();
        }
        let side = self.any_side();
        self.rules.mappings.get_mut(side).push('+');
        self.note(|| format!("another mapping of the {side} side"));
        let waits = |case: &&Case| {
            case.pairs().any(|pair| !pair.parked.is_empty())
                || case.intents.iter().any(|intent| matches!(intent.state, IntentState::Ready | IntentState::Parked))
        };
        self.replan.extend(self.store.values().filter(waits).map(|case| case.reference().clone()));
    }

    /// What is to be planned again: reads first what another mapping understood.
    pub(super) fn plan_again(&mut self) {
        for reference in self.replan.clone() {
            for _ in Side::BOTH {
                let Some(case) = self.store.get(&reference) else { continue };
                let Some(side) = to_read_again(case, &self.rules) else { break };
                let id = case.ticket.ends.get(side).id.clone();
                if let Some(id) = id {
                    self.look_at(side, id.as_str(), None);
                }
            }
            if let Some(case) = self.store.get(&reference).cloned() {
                self.plan_and_save(case, None);
            }
        }
    }

    /// Our process ends and begins again.
    pub(super) fn crash(&mut self) {
        self.note(|| "crash".into());
        self.workers.clear();
        self.sights.clear();
        self.rests.clear();
        self.views.clear();
        self.leases.clear();
        self.recover();
    }

    /// Doubts that have rested: the same key again, or a lookup.
    pub(super) fn look_up(&mut self, side: Side) {
        let now = self.now;
        let free = |intent: &&Intent, leases: &std::collections::BTreeMap<String, (u64, Timestamp)>| {
            intent.side == side
                && matches!(intent.state, IntentState::Doubt { .. })
                && intent.due <= now
                && leases.get(&intent.key).is_none_or(|(_, until)| *until <= now)
        };
        let doubts: Vec<Intent> = self
            .store
            .values()
            .flat_map(|case| &case.intents)
            .filter(|intent| free(intent, &self.leases))
            .cloned()
            .collect();
        for intent in doubts {
            if may_repeat(&intent, now, &self.rules) {
                self.rests.remove(&intent.key);
                self.hire(intent);
                continue;
            }
            let mut since = *self.rests.entry(intent.key.clone()).or_insert(now);
            if !self.has(Safeguard::SettleFromLastSend) {
                since = intent.first_sent.unwrap_or(since);
            }
            let IntentState::Doubt { settle } = intent.state else { continue };
            if now - since < delta(settle) && self.has(Safeguard::SettleWait) {
                continue;
            }
            let id = self.store.get(&intent.case).and_then(|case| case.ticket.ends.get(side).id.clone());
            match id {
                Some(id) => {
                    self.rests.remove(&intent.key);
                    self.look_at(side, id.as_str(), Some(intent.key));
                }
                None => self.look_for(side, &intent),
            }
        }
    }

    fn look_for(&mut self, side: Side, intent: &Intent) {
        let ids = self.remotes.get(side).find(&intent.pair, self.now);
        self.note(|| format!("looks for {}: {ids:?}", told(intent)));
        self.rests.remove(&intent.key);
        let Some(mut case) = self.store.get(&intent.case).cloned() else { return };
        let after = found(&mut case, &intent.key, &ids, true, self.now, DELAY);
        if self.plan_and_save(case, None)
            && let [id] = ids.as_slice()
            && after.read
            && !(self.faults.crash && self.random.random_bool(0.3))
        {
            self.look_at(side, id.as_str(), Some(intent.key.clone()));
        }
    }
}

pub(super) fn told(intent: &Intent) -> String {
    let fields = intent.fields.iter().map(|(name, planned)| format!("{name}={:?}", planned.image));
    let (fields, key) = (fields.collect::<Vec<_>>().join(" "), &intent.key[..6]);
    format!("[{key} {} {:?} on {:?} {:?}: {fields}]", intent.side, intent.target, intent.version, intent.state)
}
