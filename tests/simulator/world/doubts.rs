//! Doubts that have rested: the same key again, or a lookup.

use std::time::Duration;

use pakn_bridge::pure::sync::case::{Intent, IntentState, PairState};
use pakn_bridge::pure::sync::settle::{found, may_repeat};
use pakn_bridge::words::side::Side;

use super::coverage::Group;
use super::faults::Fault;
use super::shell::told;
use super::{Safeguard, World};

pub(crate) const DELAY: Duration = Duration::from_secs(1);

impl World {
    pub(crate) fn look_up(&mut self, system: usize) {
        if self.stopped.contains_key(&system) || self.is_down(system) {
            return;
        }
        let now = self.now();
        let free = |intent: &&Intent| {
            self.goes_to(intent) == Some(system)
                && matches!(intent.state, IntentState::Doubt { .. })
                && intent.due <= now
                && self.leases.get(&intent.key).is_none_or(|(_, until)| *until <= now)
        };
        let doubts = self.store.values().flat_map(|case| &case.intents).filter(free).cloned();
        for intent in doubts.collect::<Vec<Intent>>() {
            let Some(case) = self.store.get(&intent.case) else { continue };
            if may_repeat(&intent, now, self.since_sent(&intent.key), self.link(&case.link).rules.as_ref()) {
                self.coverage.saw(Group::Row, "key repeated");
                self.rests.remove(&intent.key);
                self.hire(intent);
                continue;
            }
            let clock = if self.has(Safeguard::MonotonicRest) { self.monotonic() } else { now };
            let mut since = *self.rests.entry(intent.key.clone()).or_insert(clock);
            if let Some(first) = intent.first_sent.filter(|_| !self.has(Safeguard::RestFromLastSend)) {
                since = first - (now - clock);
            }
            let IntentState::Doubt { settle } = intent.state else { continue };
            if clock - since < Self::delta(settle) && self.has(Safeguard::SettleWait) {
                continue;
            }
            let Some(case) = self.store.get(&intent.case) else { continue };
            match case.ticket.ends.get(intent.side).id.clone() {
                Some(id) => {
                    self.rests.remove(&intent.key);
                    self.look_at(system, id.as_str(), Some(intent.key), None);
                }
                None => self.look_for(system, &intent),
            }
        }
    }

    fn look_for(&mut self, system: usize, intent: &Intent) {
        let ids = self.remotes[system].find(&intent.pair, self.time);
        let believed = !ids.is_empty() || self.finds_another(system, intent);
        self.note(|| format!("looks for {}: {ids:?}, believed {believed}", told(intent)));
        self.coverage.saw(
            Group::Row,
            match (ids.is_empty(), believed) {
                (false, _) => "found",
                (true, true) => "not found",
                (true, false) => "not believed",
            },
        );
        self.rests.remove(&intent.key);
        let Some(mut case) = self.store.get(&intent.case).cloned() else { return };
        let after = found(&mut case, &intent.key, &ids, believed, self.now(), DELAY);
        self.told_by(&after.facts);
        if self.plan_and_save(case, None)
            && let [id] = ids.as_slice()
            && after.read
            && !(self.faults.has(Fault::Crash) && self.odds(0.3))
        {
            self.look_at(system, id.as_str(), Some(intent.key.clone()), None);
        }
    }

    /// Whether the same lookup finds what it must: our youngest other record there, where there is one.
    fn finds_another(&self, system: usize, intent: &Intent) -> bool {
        let Some(link) = self.store.get(&intent.case).map(|case| &case.link) else { return false };
        let ours = |side: Side| {
            let made = self.store.values().filter(move |case| case.link == *link && case.ticket.origin != side);
            made.filter(|case| *case.reference() != intent.case && case.ticket.state == PairState::Live)
                .filter(move |case| case.ticket.ends.get(side).gone == 0)
                .filter_map(move |case| Some((case.reference(), case.ticket.ends.get(side).id.clone()?)))
                .next_back()
        };
        ours(intent.side).is_none_or(|(reference, id)| self.remotes[system].find(reference, self.time).contains(&id))
    }
}
