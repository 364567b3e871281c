//! The shell's sending part: claims, workers that prepare, send and conclude, and what the network makes of it.

use std::time::Duration;

use chrono::TimeDelta;
use rand::RngExt;

use pakn_bridge::doors::store::Claim;
use pakn_bridge::pure::sync::case::{Case, Intent, IntentState, PairState};
use pakn_bridge::pure::sync::settle::{After, may_repeat, settle};
use pakn_bridge::words::outcome::{Failure, Outcome};
use pakn_bridge::words::side::{LinkName, Side, Version};
use pakn_bridge::words::ticket::{RecordKind, field};

use super::coverage::Group;
use super::doubts::DELAY;
use super::faults::Fault;
use super::kind::LATEST;
use super::memory::Queue;
use super::off::believe_ack;
use super::remote::{Look, Request};
use super::shell::told;
use super::{Answer, Safeguard, Stage, Worker, World};

/// How long a claim holds.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(30);
/// A claim older than this is not sent any more.
const FRESH: TimeDelta = TimeDelta::seconds(12);
/// How long a paused worker stands still.
const PAUSE: TimeDelta = TimeDelta::seconds(45);

impl World {
    pub(crate) fn hire(&mut self, claim: Claim) {
        let wakes = self.pauses(0.05);
        self.workers.push(Worker { claim, claimed: self.instant(), wakes, stage: Stage::Claimed });
    }

    /// When a worker goes on.
    fn pauses(&mut self, odds: f64) -> pakn_bridge::words::clock::Timestamp {
        if self.faults.has(Fault::Pause) && self.odds(odds) {
            self.coverage.saw(Group::Wrong, "worker paused");
            return self.time + PAUSE;
        }
        self.time
    }

    /// The queues of a system: one for each link that ends there.
    pub(crate) fn queues(&self, system: usize) -> Vec<(LinkName, Side)> {
        let side = if system == 0 { Side::Province } else { Side::National };
        let links = self.links.iter().filter(|link| system == 0 || link.national == system);
        links.map(|link| (link.name.clone(), side)).collect()
    }

    /// Takes every intent that is due on a system; one row in hand per record, whatever the link.
    pub(crate) fn claim(&mut self, system: usize) {
        if self.stopped.contains_key(&system) {
            return;
        }
        for (link, side) in self.queues(system) {
            let most = if self.has(Safeguard::FairClaims) { usize::MAX } else { 1 };
            let of = Queue { link: &link, side, now: self.now(), lease: LEASE, most };
            if self.store.due(of).is_empty() || !self.commits() {
                continue;
            }
            if !self.has(Safeguard::FairClaims) && self.store.first(of) != self.store.due(of).first().cloned() {
                // One after the other, whatever becomes of the first.
                continue;
            }
            let claims = if self.has(Safeguard::IntentDurable) { self.store.claim(of) } else { self.claim_in_mind(of) };
            claims.into_iter().for_each(|claim| self.hire(claim));
        }
    }

    /// Claims that nobody wrote down.
    fn claim_in_mind(&self, of: Queue<'_>) -> Vec<Claim> {
        let due = self.store.due(of);
        let is_due = |intent: &&Intent| {
            due.contains(&intent.key) && !self.workers.iter().any(|worker| worker.claim.intent.key == intent.key)
        };
        let intents = self.store.values().flat_map(|case| &case.intents).filter(is_due);
        let sent = |intent: &Intent| Intent {
            state: IntentState::Sent,
            first_sent: intent.first_sent.or(Some(of.now)),
            ..intent.clone()
        };
        intents.map(|intent| Claim { intent: sent(intent), link: of.link.clone(), fence: 0 }).collect()
    }

    /// One worker takes its next step.
    pub(crate) fn a_worker(&mut self) {
        if self.workers.is_empty() {
            return;
        }
        let at = self.random.random_range(0..self.workers.len());
        if self.workers[at].wakes > self.time {
            return;
        }
        let mut worker = self.workers.swap_remove(at);
        worker.stage = match worker.stage {
            Stage::Claimed => self.prepare(&worker.claim.intent),
            Stage::Prepared(version) => {
                let repeats = matches!(worker.claim.intent.state, IntentState::Doubt { .. });
                let since = self.since_sent(&worker.claim.intent.key);
                let lives = self.store.get(&worker.claim.intent.case).is_some_and(|case| {
                    may_repeat(&worker.claim.intent, self.now(), since, self.link(&case.link).rules.as_ref())
                });
                let fresh =
                    self.at_most(worker.claimed) < FRESH && (!repeats || lives) || !self.has(Safeguard::YoungClaims);
                let outcome = if fresh {
                    self.send(&worker.claim.intent, version)
                } else {
                    Outcome::NotNow(Failure::Unreachable { says: "too old".into() })
                };
                Stage::Answered(Box::new(self.answer(&worker.claim.intent, outcome)))
            }
            Stage::Answered(answer) => return self.conclude(&worker.claim, *answer),
        };
        worker.wakes = self.pauses(0.03);
        self.workers.push(worker);
    }

    /// Without versions: reads right before writing, and gives up if the fields moved.
    fn prepare(&mut self, intent: &Intent) -> Stage {
        let case = self.store.get(&intent.case);
        let parent = case.and_then(|case| case.ticket.ends.get(intent.side).id.clone());
        let system = self.goes_to(intent);
        let (Some(target), None, Some(parent), Some(system)) = (&intent.target, &intent.version, parent, system) else {
            return Stage::Prepared(intent.version.clone());
        };
        if !self.has(Safeguard::CompareGuard) {
            return Stage::Prepared(None);
        }
        let ticket = match self.read(system, parent.as_str()) {
            Some(Look::Shown(ticket)) => ticket,
            Some(Look::Gone) => return answered(Outcome::Gone),
            None => {
                let says = "the look before the write failed".into();
                return answered(Outcome::NotNow(Failure::Unreachable { says }));
            }
        };
        let record = match intent.kind {
            RecordKind::Ticket => Some(&ticket),
            kind => ticket.children(kind).iter().find(|child| child.id == *target),
        };
        let Some(record) = record else { return answered(Outcome::Gone) };
        let image = |name| record.cells.get(name).map(|cell| &cell.image);
        let moved =
            intent.fields.iter().any(|(name, planned)| image(name).is_some_and(|image| *image != planned.before));
        if moved {
            answered(Outcome::Conflict { says: "it moved since".into() })
        } else {
            Stage::Prepared(ticket.version)
        }
    }

    /// What came back, with which thing each record is that it shows: by the time that it is taken in that may be gone.
    fn answer(&self, intent: &Intent, outcome: Outcome) -> Answer {
        let shown = match &outcome {
            Outcome::Acked(ack) => ack.reading.as_deref().filter(|reading| reading.kind == RecordKind::Ticket),
            _ => None,
        };
        let things = self.goes_to(intent).zip(shown).map(|(system, reading)| self.things_of(system, reading));
        Answer { outcome, things: things.unwrap_or_default() }
    }

    /// How long ago this process first sent it.
    pub(crate) fn since_sent(&self, key: &str) -> Option<Duration> {
        self.sent.get(key).and_then(|sent| (self.monotonic() - *sent).to_std().ok())
    }

    fn send(&mut self, intent: &Intent, version: Option<Version>) -> Outcome {
        let monotonic = self.monotonic();
        self.sent.entry(intent.key.clone()).or_insert(monotonic);
        let Some(request) = self.request(intent, version) else {
            return Outcome::NotNow(Failure::Unreachable { says: "gone".into() });
        };
        let system = request.to;
        let committed = self
            .store
            .get(&intent.case)
            .is_some_and(|case| case.intents.iter().any(|known| known.key == intent.key && known.first_sent.is_some()));
        // A repeat under a living key may come after a reading has settled the doubt.
        let repeats = matches!(intent.state, IntentState::Doubt { .. });
        if !committed && !repeats && self.has(Safeguard::IntentDurable) && self.has(Safeguard::YoungClaims) {
            self.fail(|_| format!("sent without a committed intent: {intent:?}"));
        }
        if self.store.get(&intent.case).is_some_and(|case| self.is_stuck(case)) {
            return if self.odds(0.5) {
                Outcome::InDoubt { says: "it never answers".into() }
            } else {
                Outcome::NotNow(Failure::Unreachable { says: "it never answers".into() })
            };
        }
        if self.remotes[system].down > self.time {
            return Outcome::NotNow(Failure::Unreachable { says: "connect failed".into() });
        }
        let covered = self.remotes[system].kind.covers(intent);
        let once = self.remotes[system].kind.unique && intent.target.is_none() && intent.kind == RecordKind::Ticket;
        let late = self.time + TimeDelta::milliseconds(self.random.random_range(LATEST / 4..LATEST));
        let in_doubt = |says: &str| Outcome::InDoubt { says: says.into() };
        let unheard = |request: Request| Request { heard: false, ..request };
        let has = |fault| self.faults.has(fault);
        match self.random.random_range(0..15) {
            0 if has(Fault::Loss) => {
                self.coverage.saw(Group::Wrong, "request lost");
                in_doubt("lost before")
            }
            1 | 2 if has(Fault::Loss) => {
                self.coverage.saw(Group::Wrong, "answer lost");
                self.land(&unheard(request));
                in_doubt("lost after")
            }
            3 | 4 if has(Fault::Late) => {
                self.coverage.saw(Group::Wrong, "answer late");
                self.wire.push(Request { lands: late, ..unheard(request) });
                in_doubt("timeout")
            }
            5 if has(Fault::Doubled) && covered => {
                self.coverage.saw(Group::Wrong, "request doubled");
                self.wire.push(Request { lands: late, ..request.clone() });
                self.land(&request)
            }
            5 if has(Fault::Doubled) && once => {
                // Both copies arrive at once, and the answer that reaches us is the second one's.
                self.coverage.saw(Group::Wrong, "request doubled");
                self.land(&request);
                self.land(&request)
            }
            6 if has(Fault::Busy) => {
                self.coverage.saw(Group::Wrong, "asked to wait");
                let wait = Some(Duration::from_secs(2));
                Outcome::NotNow(Failure::Busy { says: "later".into(), wait })
            }
            7 if has(Fault::Cut) => {
                self.coverage.saw(Group::Wrong, "answer cut");
                self.land(&unheard(request));
                in_doubt("the answer ends in the middle")
            }
            8 if has(Fault::ErrorBody) => {
                // Whether it was applied, such an answer does not tell.
                self.coverage.saw(Group::Wrong, "error as 200");
                if self.odds(0.5) {
                    self.land(&unheard(request));
                }
                in_doubt("200 with words that the mapping does not know")
            }
            _ => self.land(&request),
        }
    }

    fn request(&self, intent: &Intent, version: Option<Version>) -> Option<Request> {
        let case = self.store.get(&intent.case)?;
        let pair = case.pair(&intent.pair)?;
        let from = intent.side.other();
        let source_of = self.system_of(&case.link, from);
        let thing = *self.oracle.pairs.get(&pair.reference)?;
        let edit = |name, image| self.oracle.find(source_of, thing, name, image);
        let edits = intent.fields.iter().map(|(name, planned)| (name.clone(), edit(name, &planned.source)));
        let whole = if intent.target.is_none() || self.has(Safeguard::OnlyChangedFields) {
            std::iter::empty().collect()
        } else {
            let cells = pair.ends.get(from).cells.iter().filter(|(name, _)| **name != field::STATUS);
            cells.filter_map(|(name, cell)| Some((name.clone(), cell.image.as_ref()?.to_string()))).collect()
        };
        Some(Request {
            intent: intent.clone(),
            to: self.system_of(&case.link, intent.side),
            parent: case.ticket.ends.get(intent.side).id.clone(),
            version: match intent.target {
                Some(_) => version,
                None => case.ticket.ends.get(intent.side).version.clone(),
            },
            thing,
            edits: edits.collect(),
            lands: self.time,
            heard: self.hears,
            whole,
        })
    }

    fn conclude(&mut self, claim: &Claim, Answer { outcome, things }: Answer) {
        let intent = &claim.intent;
        let Some(mut case) = self.store.get(&intent.case).cloned() else { return };
        let (side, key, system) = (intent.side, intent.key.as_str(), self.system_of(&case.link, intent.side));
        self.note(|| format!("answer {}: {outcome:?}", told(intent)));
        self.coverage.saw(Group::Outcome, name_of(&outcome));
        let refused = matches!(outcome, Outcome::Refused { .. });
        let made = matches!(outcome, Outcome::Acked(_)) && intent.target.is_none();
        let mut after = self.settled(&mut case, intent, outcome);
        self.know_things(&case, side, &things);
        if refused && !self.has(Safeguard::ParksFields) && !case.intents.iter().any(|known| known.key == key) {
            // The whole row waits instead.
            if let Some(pair) = case.pair_mut(&intent.pair) {
                pair.state = PairState::Unreadable { side, reason: "refused".into() };
            }
        }
        if !self.has(Safeguard::ReadAfterAck) {
            believe_ack(&mut case, intent);
        }
        if !self.plan_and_save(case, Some(claim).filter(|_| self.has(Safeguard::IntentDurable))) {
            // An answer that reaches a worker without its claim still makes the record be read.
            after = After { read: true, ..After::default() };
        } else if made {
            self.coverage.saw(
                Group::Row,
                match intent.kind {
                    RecordKind::Ticket => "ticket made",
                    RecordKind::Reply => "reply made",
                    RecordKind::Transfer => "transfer made",
                    RecordKind::Attachment => "attachment made",
                },
            );
        }
        let id = self.store.get(&intent.case).and_then(|case| case.ticket.ends.get(side).id.clone());
        let lost = self.faults.has(Fault::Loss) && self.odds(0.3);
        if let Some(id) = id.filter(|_| after.read && !lost) {
            self.look_at(system, id.as_str(), None, None);
        }
    }

    fn settled(&mut self, case: &mut Case, intent: &Intent, outcome: Outcome) -> After {
        let in_doubt = matches!(outcome, Outcome::InDoubt { .. });
        let system = self.system_of(&case.link, intent.side);
        if let Outcome::Acked(ack) = &outcome
            && let Some(reading) = &ack.reading
        {
            self.has_shown(system, reading);
        }
        let rules = self.link(&case.link).rules.clone();
        let after = settle(case, &intent.key, outcome, self.now(), DELAY, rules.as_ref());
        if after.facts.iter().any(|fact| fact.says.as_deref() == Some("accepted; its id comes later")) {
            self.coverage.saw(Group::Row, "accepted, id later");
        }
        self.told_by(&after.facts);
        if in_doubt && !self.has(Safeguard::LookupBeforeResend) {
            for known in case.intents.iter_mut().filter(|known| known.key == intent.key) {
                known.state = IntentState::Ready;
            }
        }
        after
    }
}

/// What a worker knows before anything was sent.
fn answered(outcome: Outcome) -> Stage {
    Stage::Answered(Box::new(Answer { outcome, things: Vec::new() }))
}

const fn name_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Acked(_) => "acked",
        Outcome::Conflict { .. } => "conflict",
        Outcome::Exists { .. } => "exists",
        Outcome::Gone => "gone",
        Outcome::Refused { .. } => "refused",
        Outcome::NotNow(_) => "not now",
        Outcome::InDoubt { .. } => "in doubt",
    }
}
