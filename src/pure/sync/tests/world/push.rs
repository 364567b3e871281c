//! The shell's sending part: claims, workers that prepare, send and conclude, and what the network makes of it.

use std::time::Duration;

use chrono::TimeDelta;
use rand::RngExt;

use crate::pure::sync::case::{Case, Intent, IntentState};
use crate::pure::sync::settle::{After, may_repeat, settle};
use crate::words::outcome::{Failure, Outcome};
use crate::words::side::{Side, Version};
use crate::words::ticket::{RecordKind, field};

use super::remote::Request;
use super::shell::{DELAY, told};
use super::{Safeguard, Stage, Worker, World};

/// How long a claim holds.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// A claim older than this is not sent any more.
const FRESH: TimeDelta = TimeDelta::seconds(12);
/// How long a paused worker stands still.
const PAUSE: TimeDelta = TimeDelta::seconds(45);

impl World {
    fn lease(&mut self, key: &str) -> u64 {
        self.fences += 1;
        self.leases.insert(key.to_owned(), (self.fences, self.now + LEASE));
        self.fences
    }

    pub(super) fn hire(&mut self, intent: Intent) {
        let fence = self.lease(&intent.key);
        let paused = self.faults.pause && self.random.random_bool(0.05);
        let wakes = if paused { self.now + PAUSE } else { self.now };
        self.workers.push(Worker { intent, fence, claimed: self.now, wakes, stage: Stage::Claimed });
    }

    /// Takes every intent that is due on a side.
    pub(super) fn claim(&mut self, side: Side) {
        let now = self.now;
        for reference in self.store.keys().cloned().collect::<Vec<_>>() {
            if self.replan.contains(&reference) {
                continue;
            }
            let Some(mut case) = self.store.get(&reference).cloned() else { continue };
            let due = |intent: &Intent| {
                let idle = |other: &Intent| other.pair != intent.pair || other.side != side || !other.is_out();
                let taken = self.workers.iter().any(|worker| worker.intent.key == intent.key);
                let one = case.intents.iter().all(idle);
                intent.side == side && intent.state == IntentState::Ready && intent.due <= now && !taken && one
            };
            let keys: Vec<String> = case.intents.iter().filter(|i| due(i)).map(|i| i.key.clone()).collect();
            for key in keys {
                let Some(intent) = case.intents.iter_mut().find(|intent| intent.key == key) else { continue };
                intent.state = IntentState::Sent;
                intent.first_sent.get_or_insert(now);
                let intent = intent.clone();
                self.hire(intent);
            }
            if self.has(Safeguard::IntentDurable) {
                self.store.insert(reference, case);
            }
        }
    }

    /// One worker takes its next step.
    pub(super) fn a_worker(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        let at = self.random.random_range(0..self.workers.len());
        if self.workers[at].wakes > self.now {
            return;
        }
        let mut worker = self.workers.swap_remove(at);
        worker.stage = match worker.stage {
            Stage::Claimed => self.prepare(&worker.intent),
            Stage::Prepared(version) => {
                let repeats = matches!(worker.intent.state, IntentState::Doubt { .. });
                let fresh = self.now - worker.claimed < FRESH
                    && (!repeats || may_repeat(&worker.intent, self.now, &self.rules))
                    || !self.has(Safeguard::YoungClaims);
                Stage::Answered(Box::new(if fresh {
                    self.send(&worker.intent, version)
                } else {
                    Outcome::NotNow(Failure::Unreachable { says: "too old".into() })
                }))
            }
            Stage::Answered(outcome) => return self.conclude(&worker.intent, worker.fence, *outcome),
        };
        if self.faults.pause && self.random.random_bool(0.03) {
            worker.wakes = self.now + PAUSE;
        }
        self.workers.push(worker);
    }

    /// Without versions: reads right before writing, and gives up if the fields moved.
    fn prepare(&mut self, intent: &Intent) -> Stage {
        let case = self.store.get(&intent.case);
        let parent = case.and_then(|case| case.ticket.ends.get(intent.side).id.clone());
        let (Some(target), None, Some(parent)) = (&intent.target, &intent.version, parent) else {
            return Stage::Prepared(intent.version.clone());
        };
        if !self.has(Safeguard::CompareGuard) {
            return Stage::Prepared(None);
        }
        let Some(ticket) = self.read(intent.side, parent.as_str()) else {
            return Stage::Answered(Box::new(Outcome::Gone));
        };
        let record = match intent.kind {
            RecordKind::Ticket => Some(&ticket),
            kind => ticket.children(kind).iter().find(|child| child.id == *target),
        };
        let moved = record.is_none_or(|record| {
            intent
                .fields
                .iter()
                .any(|(name, planned)| record.cells.get(name).is_some_and(|cell| cell.image != planned.before))
        });
        if moved {
            Stage::Answered(Box::new(Outcome::Conflict { says: "it moved since".into() }))
        } else {
            Stage::Prepared(ticket.version)
        }
    }

    fn send(&mut self, intent: &Intent, version: Option<Version>) -> Outcome {
        let side = intent.side;
        let Some(request) = self.request(intent, version) else {
            return Outcome::NotNow(Failure::Unreachable { says: "gone".into() });
        };
        let committed = self
            .store
            .get(&intent.case)
            .is_some_and(|case| case.intents.iter().any(|known| known.key == intent.key && known.first_sent.is_some()));
        // A repeat under a living key may come after a reading has settled the doubt.
        let repeats = matches!(intent.state, IntentState::Doubt { .. });
        if !committed && !repeats && self.has(Safeguard::IntentDurable) && self.has(Safeguard::YoungClaims) {
            self.fail(|_| format!("sent without a committed intent: {intent:?}"));
        }
        let covered = match self.rules.kinds.get(side).keyed {
            crate::words::promise::Keyed::Nothing => false,
            crate::words::promise::Keyed::Creates => intent.target.is_none(),
            crate::words::promise::Keyed::All => true,
        };
        let late = self.now + TimeDelta::milliseconds(self.random.random_range(0..3_000));
        let in_doubt = |says: &str| Outcome::InDoubt { says: says.into() };
        match self.random.random_range(0..12) {
            0 if self.faults.loss => in_doubt("lost before"),
            1 | 2 if self.faults.loss => {
                self.land(side, &Request { heard: false, ..request });
                in_doubt("lost after")
            }
            3 | 4 if self.faults.late => {
                self.wire.push((side, Request { lands: late, heard: false, ..request }));
                in_doubt("timeout")
            }
            5 if self.faults.double && covered => {
                self.wire.push((side, Request { lands: late, ..request.clone() }));
                self.land(side, &request)
            }
            6 if self.faults.busy => {
                let wait = Some(Duration::from_secs(2));
                Outcome::NotNow(Failure::Busy { says: "later".into(), wait })
            }
            _ => self.land(side, &request),
        }
    }

    fn request(&self, intent: &Intent, version: Option<Version>) -> Option<Request> {
        let case = self.store.get(&intent.case)?;
        let pair = case.pair(&intent.pair)?;
        let from = intent.side.other();
        let source = self.remotes.get(from).records.get(case.ticket.ends.get(from).id.as_ref()?.as_str())?;
        let thing = match intent.kind {
            RecordKind::Ticket => source.thing,
            _ => {
                let id = pair.ends.get(from).id.as_ref()?;
                source.replies.iter().find(|reply| reply.id == id.as_str())?.thing
            }
        };
        let edit = |name, image| self.oracle.find(from, thing, name, image);
        let edits = intent.fields.iter().map(|(name, planned)| (name.clone(), edit(name, &planned.source)));
        let whole = if intent.target.is_none() || self.has(Safeguard::OnlyChangedFields) {
            std::iter::empty().collect()
        } else {
            let cells = pair.ends.get(from).cells.iter().filter(|(name, _)| **name != field::STATUS);
            cells.filter_map(|(name, cell)| Some((name.clone(), cell.image.clone()?))).collect()
        };
        Some(Request {
            intent: intent.clone(),
            parent: case.ticket.ends.get(intent.side).id.clone(),
            version,
            thing,
            edits: edits.collect(),
            lands: self.now,
            heard: !self.faults.crash && !self.faults.pause,
            whole,
        })
    }

    fn conclude(&mut self, intent: &Intent, fence: u64, outcome: Outcome) {
        let Some(mut case) = self.store.get(&intent.case).cloned() else { return };
        let (side, key) = (intent.side, intent.key.as_str());
        self.note(|| format!("answer {}: {outcome:?}", told(intent)));
        let refused = matches!(outcome, Outcome::Refused { .. });
        let mut after = self.settled(&mut case, intent, outcome);
        if refused && !self.has(Safeguard::ParksFields) && !case.intents.iter().any(|known| known.key == key) {
            // The whole row waits instead.
            if let Some(pair) = case.pair_mut(&intent.pair) {
                pair.state = crate::pure::sync::case::PairState::Unreadable { side, reason: "refused".into() };
            }
        }
        if !self.has(Safeguard::ReadAfterAck) {
            believe_ack(&mut case, intent);
        }
        let held = self.leases.get(key).is_some_and(|(held, _)| *held == fence) || !self.has(Safeguard::IntentDurable);
        if !held || !self.plan_and_save(case, self.has(Safeguard::IntentDurable).then_some((key, fence))) {
            // An answer that reaches a worker without its claim still makes the record be read.
            after = After { read: true, ..After::default() };
        }
        let id = self.store.get(&intent.case).and_then(|case| case.ticket.ends.get(side).id.clone());
        let lost = self.faults.loss && self.random.random_bool(0.3);
        if let Some(id) = id.filter(|_| after.read && !lost) {
            self.look_at(side, id.as_str(), None);
        }
    }

    fn settled(&mut self, case: &mut Case, intent: &Intent, outcome: Outcome) -> After {
        let in_doubt = matches!(outcome, Outcome::InDoubt { .. });
        if let Outcome::Acked(ack) = &outcome
            && let Some(reading) = &ack.reading
        {
            self.has_shown(intent.side, reading);
        }
        let after = settle(case, &intent.key, outcome, self.now, DELAY, &self.rules);
        if in_doubt && !self.has(Safeguard::LookupBeforeResend) {
            for known in case.intents.iter_mut().filter(|known| known.key == intent.key) {
                known.state = IntentState::Ready;
            }
        }
        after
    }
}

/// What the safeguard "a reading, not an ack" keeps from happening.
fn believe_ack(case: &mut Case, intent: &Intent) {
    let Some(pair) = case.pair_mut(&intent.pair) else { return };
    let end = pair.ends.get_mut(intent.side);
    end.read_after = None;
    pair.ledger.retain(|attempt| attempt.key != intent.key);
    for (name, planned) in &intent.fields {
        let mut base = crate::words::side::Sides { province: planned.source.clone(), national: planned.source.clone() };
        *base.get_mut(intent.side) = planned.image.clone();
        pair.base.insert(name.clone(), base);
        if let Some(cell) = pair.ends.get_mut(intent.side).cells.get_mut(name) {
            cell.image = planned.image.clone();
        }
    }
}
