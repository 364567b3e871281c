//! Doubts that have rested: the same key again, or a lookup.

use std::time::Duration;

use pakn_bridge::doors::store::Claim;
use pakn_bridge::pure::sync::case::{Intent, IntentState};
use pakn_bridge::pure::sync::settle::{found, may_repeat};

use super::coverage::Group;
use super::faults::Fault;
use super::memory::Queue;
use super::push::LEASE;
use super::shell::told;
use super::{Safeguard, World};

pub(crate) const DELAY: Duration = Duration::from_secs(1);

impl World {
    pub(crate) fn look_up(&mut self, system: usize) {
        if self.stopped.contains_key(&system) || self.is_down(system) {
            return;
        }
        for (link, side) in self.queues(system) {
            if !self.commits() {
                continue;
            }
            let claims =
                self.store.claim_doubts(Queue { link: &link, side, now: self.now(), lease: LEASE, most: usize::MAX });
            for claim in claims {
                self.settle_doubt(system, claim);
            }
        }
    }

    fn settle_doubt(&mut self, system: usize, claim: Claim) {
        let (intent, now) = (&claim.intent, self.now());
        let Some(case) = self.store.get(&intent.case) else { return };
        if may_repeat(intent, now, self.since_sent(&intent.key), self.link(&case.link).rules.as_ref()) {
            self.coverage.saw(Group::Row, "key repeated");
            self.rests.remove(&intent.key);
            return self.hire(claim);
        }
        let clock = if self.has(Safeguard::MonotonicRest) { self.monotonic() } else { now };
        let mut since = *self.rests.entry(intent.key.clone()).or_insert(clock);
        if let Some(first) = intent.first_sent.filter(|_| !self.has(Safeguard::RestFromLastSend)) {
            since = first - (now - clock);
        }
        let IntentState::Doubt { settle } = intent.state else { return };
        if clock - since < Self::delta(settle) && self.has(Safeguard::SettleWait) {
            return self.store.release(&claim);
        }
        let Some(case) = self.store.get(&intent.case) else { return };
        match case.ticket.ends.get(intent.side).id.clone() {
            Some(id) => {
                self.rests.remove(&intent.key);
                self.store.release(&claim);
                self.look_at(system, id.as_str(), Some(claim.intent.key), None);
            }
            None => self.look_for(system, &claim),
        }
    }

    fn look_for(&mut self, system: usize, claim: &Claim) {
        let intent = &claim.intent;
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
        if self.plan_and_save(case, Some(claim))
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
        let other = self.store.youngest(link, intent.side, &intent.case);
        other.is_none_or(|(reference, id)| self.remotes[system].find(&reference, self.time).contains(&id))
    }
}
