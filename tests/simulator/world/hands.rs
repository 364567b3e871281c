//! The people who decide what waits for a person: whose value stands, what goes out again, what is given up.

use rand::RngExt;

use pakn_bridge::pure::sync::case::{Intent, IntentState, PairState};
use pakn_bridge::pure::sync::hands::{Hand, discard, resolve, retry_all};
use pakn_bridge::words::side::{Reference, Side};
use pakn_bridge::words::ticket::RecordKind;

use super::coverage::Group;
use super::remote::Record;
use super::shell::told;
use super::{Safeguard, View, World};

impl World {
    /// Looks at what waits for a person, or does something about it.
    pub(crate) fn deciding_person(&mut self) {
        match self.random.random_range(0..10) {
            0..=2 => {
                if let Some(view) = self.views.pop() {
                    self.decides(&view);
                }
            }
            3 => {
                if let Some(reference) = self.any_case() {
                    self.says_again(&reference);
                }
            }
            4 => self.gives_up(),
            _ => {
                let open = self.open_conflicts();
                if !open.is_empty() {
                    let at = self.random.random_range(0..open.len());
                    self.views.push(open[at].clone());
                }
            }
        }
    }

    fn any_case(&mut self) -> Option<Reference> {
        let count = self.store.len().max(1);
        let at = self.random.random_range(0..count);
        self.store.keys().nth(at).cloned()
    }

    pub(crate) fn open_conflicts(&self) -> Vec<View> {
        let mut open = Vec::new();
        for case in self.store.values().filter(|case| case.ticket.state == PairState::Live) {
            for pair in case.pairs().filter(|pair| pair.state == PairState::Live) {
                open.extend(pair.conflicts.iter().filter(|conflict| conflict.decided.is_none()).map(|conflict| View {
                    case: case.reference().clone(),
                    pair: pair.reference.clone(),
                    field: conflict.field.clone(),
                    images: conflict.images.clone(),
                }));
            }
        }
        open
    }

    pub(crate) fn decides(&mut self, view: &View) {
        let winner = if self.odds(0.5) { Side::Province } else { Side::National };
        let Some(mut case) = self.store.get(&view.case).cloned() else { return };
        let seen = case.pair(&view.pair).is_some_and(|pair| {
            pair.conflicts.iter().any(|conflict| conflict.field == view.field && conflict.images == view.images)
        });
        if !seen && self.has(Safeguard::SeenValues) {
            return;
        }
        let hand = Hand { by: "op", at: self.now() };
        self.note(|| format!("decides {view:?}: {winner}"));
        if resolve(&mut case, &view.pair, &view.field, winner, hand).is_ok() {
            self.coverage.saw(Group::Fact, "decided");
            if let Some(text) = view.images.get(winner.other()).clone() {
                self.oracle.given_up.insert((view.field.clone(), text.into()));
            }
            self.plan_and_save(case, None);
        }
    }

    /// Everything of a case that waits for "again" goes out again: refused values, what parked after its tries, what was
    /// set aside for a reason that is over. Where a copy may be there, a person looks first.
    pub(crate) fn says_again(&mut self, reference: &Reference) {
        let Some(case) = self.store.get(reference) else { return };
        let set_aside = |state: &PairState| matches!(state, PairState::Quarantined { .. });
        let over = !case.pairs().any(|pair| set_aside(&pair.state)) || self.is_set_aside_for_nothing(case);
        let parked: Vec<&Intent> = case.intents.iter().filter(|intent| intent.state == IntentState::Parked).collect();
        if !over || parked.iter().any(|intent| !self.is_surely_absent(intent) || self.is_futile(intent)) {
            return;
        }
        let (mut case, hand) = (case.clone(), Hand { by: "op", at: self.now() });
        if let Ok(facts) = retry_all(&mut case, hand) {
            self.told_by(&facts);
            self.note(|| format!("says again: {reference}"));
            self.plan_and_save(case, None);
        }
    }

    /// Whether a person who looks sees that sending it once more makes no second record.
    fn is_surely_absent(&self, intent: &Intent) -> bool {
        let Some(system) = self.goes_to(intent) else { return false };
        let remote = &self.remotes[system];
        let is_it = |reference: Option<&Reference>| reference == Some(&intent.pair);
        !intent.accepted
            || remote.kind.unique
            || !remote.state.records.values().any(|record| {
                is_it(record.reference.as_ref()) || record.children.iter().any(|child| is_it(child.reference.as_ref()))
            }) && !self.wire.iter().any(|request| request.intent.key == intent.key)
    }

    /// Whether what it changes is not there any more: nobody says "again" then.
    pub(crate) fn is_futile(&self, intent: &Intent) -> bool {
        let (Some(system), Some(target)) = (self.goes_to(intent), &intent.target) else { return false };
        let ids =
            |of: &Record| of.children.iter().any(|child| child.kind == intent.kind && child.id == target.as_str());
        intent.kind != RecordKind::Ticket && !self.remotes[system].state.records.values().any(ids)
    }

    /// A person gives up one write: its values are left as they are until one moves.
    fn gives_up(&mut self) {
        let Some(mut case) = self.any_case().and_then(|of| self.store.get(&of).cloned()) else { return };
        let waits = |intent: &&Intent| {
            intent.state == IntentState::Ready || intent.state == IntentState::Parked && !intent.accepted
        };
        let Some(intent) = case.intents.iter().find(waits).cloned() else { return };
        let Some(thing) = self.oracle.pairs.get(&intent.pair).copied() else { return };
        if let Ok(facts) = discard(&mut case, &intent.key, Hand { by: "op", at: self.now() })
            && self.plan_and_save(case, None)
        {
            self.told_by(&facts);
            self.note(|| format!("gives up {}", told(&intent)));
            if intent.target.is_none() {
                self.oracle.lost.insert(thing);
            } else if self.links.len() > 1 {
                // What is left as it is here goes on to the third system as the value that stands.
                self.oracle.put_back.extend(intent.fields.keys().map(|name| (thing, name.clone())));
            }
        }
    }
}
