//! Nothing goes wrong any more and nobody edits: until nothing moves.

use chrono::{DateTime, TimeDelta, Utc};

use pakn_bridge::pure::sync::case::{Case, Intent, IntentState, PairState};
use pakn_bridge::words::side::Side;

use super::World;
use super::faults::Faults;

/// So many rounds must be enough.
const ROUNDS: usize = 90;
/// The same for all but what is stuck: no more than seeds take where nothing is.
const PROMPT: usize = 40;

impl World {
    pub(crate) fn calm_down(&mut self) {
        self.faults = Faults::NONE;
        for remote in &mut self.remotes {
            (remote.emptied, remote.down) = (DateTime::<Utc>::UNIX_EPOCH, DateTime::<Utc>::UNIX_EPOCH);
        }
        for asked in [false, true] {
            self.until_quiet();
            self.check();
            let open = self.open_conflicts();
            if asked || open.is_empty() || self.trouble.is_some() {
                return;
            }
            for view in open {
                self.decides(&view);
            }
        }
    }

    fn until_quiet(&mut self) {
        let mut quiet = 0;
        let rounds = if self.stuck.is_some() { PROMPT } else { ROUNDS };
        for round in 0..rounds {
            let writes = self.writes();
            self.operator();
            self.everyone_says_again();
            self.later(7_000);
            self.arrivals();
            self.recover();
            for system in 0..self.remotes.len() {
                self.poll(system, round % 3 == 2);
            }
            self.finish_reading();
            self.later(2_000);
            self.plan_again();
            for system in 0..self.remotes.len() {
                self.look_up(system);
                self.claim(system);
            }
            while !(self.sights.is_empty() && self.workers.is_empty()) {
                self.a_sight();
                self.a_worker();
                self.later(if self.sights.is_empty() { 500 } else { 1 });
            }
            self.compare();
            let going = |case: &Case| {
                let ends = Side::BOTH.map(|side| case.ticket.ends.get(side));
                case.ticket.state == PairState::Live && ends.iter().any(|end| end.gone > 0 && !end.is_gone())
            };
            // What was accepted and never came is never made a second time without a person, and what is not there any
            // more is not changed.
            let waits =
                |intent: &Intent| intent.state == IntentState::Parked && (intent.accepted || self.is_futile(intent));
            let idle = self.wire.is_empty()
                && !self.store.values().any(|case| !self.is_stuck(case) && going(case))
                && self.stopped.is_empty()
                && self
                    .store
                    .values()
                    .filter(|case| case.ticket.state == PairState::Live && !self.is_stuck(case))
                    .all(|case| case.intents.iter().all(waits));
            quiet = if idle && writes == self.writes() { quiet + 1 } else { 0 };
            // A whole listing lies among them.
            if quiet == 4 {
                self.rounds = self.rounds.max(round);
                return;
            }
        }
        self.fail(|world| format!("never quiet: {:#?}", *world.store));
    }

    /// What parked after its tries, or was set aside for a reason that is over, goes on in the end.
    fn everyone_says_again(&mut self) {
        let waits = |case: &Case| {
            let parked = |intent: &Intent| intent.state == IntentState::Parked && !intent.accepted;
            case.intents.iter().any(parked) || self.is_set_aside_for_nothing(case)
        };
        let waiting = self.store.values().filter(|case| waits(case)).map(|case| case.reference().clone());
        for reference in waiting.collect::<Vec<_>>() {
            self.says_again(&reference);
        }
    }

    fn finish_reading(&mut self) {
        while !(self.polls.is_empty() && self.sights.is_empty()) {
            self.a_sight();
            self.a_page();
            self.later(1);
        }
    }

    fn later(&mut self, millis: i64) {
        self.last = self.instant();
        self.time += TimeDelta::milliseconds(millis);
    }

    fn writes(&self) -> u64 {
        self.remotes.iter().map(|remote| remote.writes).sum()
    }

    /// Whether what a pair was set aside for is over: a ticket taken for gone is there.
    pub(crate) fn is_set_aside_for_nothing(&self, case: &Case) -> bool {
        let PairState::Quarantined { side, reason } = &case.ticket.state else { return false };
        let system = self.system_of(&case.link, *side);
        let there = case.ticket.ends.get(*side).id.as_ref().is_some_and(|id| {
            self.remotes[system].record(id.as_str()).is_some() && self.remotes[system].emptied <= self.time
        });
        let ends_known = Side::BOTH.iter().all(|side| case.ticket.ends.get(*side).id.is_some());
        reason.starts_with("gone") && there && ends_known
    }
}
