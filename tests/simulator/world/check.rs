//! What must hold always.

use std::collections::BTreeMap;

use pakn_bridge::pure::sync::case::{Case, Intent, IntentState, Pair, PairState};
use pakn_bridge::pure::sync::decide::{Decision, decide};
use pakn_bridge::words::clock::Timestamp;
use pakn_bridge::words::record::Dates;
use pakn_bridge::words::side::{Reference, Side, Sides};
use pakn_bridge::words::ticket::{Field, RecordKind, Status, field};

use super::World;
use super::coverage::{Group, OLD_READING, RESTORED, UNSEEN};
use super::kind::{CONTENT, Versions};
use super::remote::{Remote, Request, Told};
use super::shell::name_of;

impl World {
    /// After each save.
    pub(crate) fn check_saved(&mut self, reference: &Reference, before: Option<&Case>) {
        let Some(case) = self.store.get(reference) else { return };
        if let Some(strange) = self.strange(case, before).or_else(|| self.out_of_order(case, before)) {
            self.fail(|_| strange);
        }
        self.count_decisions(reference);
    }

    /// What must not be saved.
    fn strange(&self, case: &Case, before: Option<&Case>) -> Option<String> {
        for intent in &case.intents {
            let twins = case.intents.iter().filter(|other| other.pair == intent.pair && other.side == intent.side);
            if twins.count() > 1 {
                return Some(format!("two intents in hand for one record: {:#?}", case.intents));
            }
        }
        let systems = Sides::from_fn(|side| self.system_of(&case.link, side));
        for pair in case.pairs() {
            let old = before.and_then(|case| case.pair(&pair.reference));
            for (name, base) in &pair.base {
                if old.and_then(|old| old.base.get(name)) == Some(base) {
                    continue;
                }
                for side in Side::BOTH {
                    let image = base.get(side);
                    let shown = || self.shown.contains(&name_of(*systems.get(side), name, image));
                    // Shown, or written by us. "In progress" in place of an announcing status has no source.
                    let written = || {
                        old.is_some_and(|old| {
                            old.ledger.iter().any(|attempt| {
                                attempt.side == side
                                    && attempt.fields.get(name).is_some_and(|planned| planned.image == *image)
                            })
                        })
                    };
                    let in_hand = || {
                        before.iter().flat_map(|case| &case.intents).any(|intent| {
                            intent.side == side
                                && intent.fields.get(name).is_some_and(|planned| planned.image == *image)
                        })
                    };
                    if !(image.is_none() || shown() || written() || in_hand()) {
                        return Some(format!("base of {name} was never shown: {base:?}"));
                    }
                }
            }
        }
        None
    }

    /// A reply that is about to be made on a side where an older one of its thread is not yet, and nobody gave that up.
    fn out_of_order(&self, case: &Case, before: Option<&Case>) -> Option<String> {
        let is_new = |intent: &&Intent| {
            let known = before.is_some_and(|before| before.intents.iter().any(|old| old.key == intent.key));
            intent.kind == RecordKind::Reply && intent.target.is_none() && !known
        };
        case.intents.iter().filter(is_new).find_map(|intent| {
            let pair = case.pair(&intent.pair)?;
            let system = self.system_of(&case.link, intent.side);
            let record = self.remotes[system].record(case.ticket.ends.get(intent.side).id.as_ref()?.as_str())?;
            let waits = |other: &&Pair| {
                other.kind == RecordKind::Reply
                    && other.state == PairState::Live
                    && other.origin == pair.origin
                    && at(other) < at(pair)
                    && other.parked.is_empty()
                    && !case.intents_of(&other.reference).any(|intent| intent.state == IntentState::Parked)
            };
            let missing = case.children.iter().filter(waits).find(|other| {
                let thing = self.oracle.pairs.get(&other.reference);
                let there = |thing: &usize| {
                    record.children.iter().any(|child| child.thing == *thing) || self.oracle.lost.contains(thing)
                };
                thing.is_some_and(|thing| !there(thing) && !self.oracle.rolled.contains(thing))
            })?;
            Some(format!("reply {} would come before {}, which is older", pair.reference, missing.reference))
        })
    }

    /// Which rows of the decision table a case stands at.
    fn count_decisions(&mut self, reference: &Reference) {
        // A sample: counting costs as much as deciding.
        let Some(case) = self.store.get(reference).filter(|case| case.revision % 8 == 3).cloned() else { return };
        let rules = self.link(&case.link).rules.clone();
        for pair in case.pairs() {
            match (&pair.ends.province.id, &pair.ends.national.id) {
                (Some(_), None) => self.coverage.saw(Group::Decision, "new here"),
                (None, Some(_)) => self.coverage.saw(Group::Decision, "new there"),
                _ => {}
            }
            if !pair.rolled_back.is_empty() {
                self.coverage.saw(Group::Decision, "rolled back");
            }
            for (name, province) in &pair.ends.province.cells {
                let Some(national) = pair.ends.national.cells.get(name) else { continue };
                let cells = Sides { province, national };
                let base = pair.base.get(name);
                let changed = |side: Side| base.is_none_or(|base| *base.get(side) != cells.get(side).image);
                let row = match (changed(Side::Province), changed(Side::National)) {
                    (false, false) => "= =",
                    (one, other) => match decide(rules.as_ref(), pair.kind, name, cells, base, &Dates::NONE) {
                        Decision::Ask(pakn_bridge::pure::sync::case::ConflictReason::ForbiddenStep) => "forbidden step",
                        Decision::Agreed if one && other => "Δ Δ agree",
                        Decision::Ask(_) => "Δ Δ person",
                        Decision::Write { overruled: true, .. } if *name == field::STATUS => "Δ Δ further status",
                        Decision::Write { overruled: true, .. } => "Δ Δ owner",
                        _ if one => "Δ =",
                        _ => "= Δ",
                    },
                };
                self.coverage.saw(Group::Decision, row);
            }
        }
    }

    /// What stands where a write of ours goes, before it lands.
    pub(crate) fn stands(&self, request: &Request) -> BTreeMap<Field, Told> {
        let intent = &request.intent;
        let (Some(target), Some(ticket)) = (&intent.target, &request.parent) else { return BTreeMap::new() };
        let Some(record) = self.remotes[request.to].record(ticket.as_str()) else { return BTreeMap::new() };
        match record.children.iter().find(|child| child.kind == intent.kind && child.id == target.as_str()) {
            Some(child) => child.fields.clone(),
            None => record.fields.clone(),
        }
    }

    /// No write of ours replaces what it was not planned over, nor a value that nobody had before their eyes.
    pub(crate) fn check_overwritten(&mut self, request: &Request, stood: &BTreeMap<Field, Told>) {
        let Some(says) = self.overwritten(request, stood) else { return };
        let lags = |remote: &Remote| remote.kind.lag > 0 && remote.kind.versions == Versions::None;
        let oracle = &self.oracle;
        // RELIABILITY.md names them.
        let hole = if self.remotes.iter().any(lags) {
            OLD_READING
        } else if oracle.restored.contains(&request.to) {
            RESTORED
        } else if !oracle.restored.is_subset(&oracle.noticed) {
            UNSEEN
        } else {
            self.fail(|_| says);
            return;
        };
        self.coverage.saw(Group::Hole, hole);
    }

    /// What a write replaces that it must not.
    fn overwritten(&self, request: &Request, stood: &BTreeMap<Field, Told>) -> Option<String> {
        let kinds: Vec<_> = self.remotes.iter().map(|remote| remote.kind).collect();
        let system = request.to;
        for (name, planned) in &request.intent.fields {
            let Some(told) = stood.get(name) else { continue };
            if planned.before.as_deref() != Some(told.text.as_str()) {
                return Some(format!(
                    "{name} on {system}: {told:?} was overwritten, planned over {:?}",
                    planned.before
                ));
            }
            let edit = request.edits.get(name).copied().flatten();
            let put_back = self.oracle.put_back.contains(&(request.thing, name.clone()));
            let silent = *name == CONTENT && kinds.iter().any(|kind| self.may_be_silent(kind.fold));
            if edit.is_some() && edit == told.edit && !(put_back || silent || self.is_peculiar(name)) {
                return Some(format!("{name} on {system}: an echo, {told:?} stood there already: {request:?}"));
            }
            let decided = match name.as_str() {
                "subject" => kinds.iter().any(|kind| kind.cuts),
                "dossier" => kinds.iter().any(|kind| kind.ignores || kind.refuses),
                "text" => false,
                // A status and an owned field may overrule.
                _ => true,
            };
            if let (Some(edit), Some(over)) = (edit, told.edit)
                && !(decided || put_back || self.oracle.knew(edit, over) || self.oracle.rolled.contains(&request.thing))
                && !self.oracle.given_up.contains(&(name.clone(), told.text.clone()))
            {
                return Some(format!(
                    "{name} on {system}: {told:?} was overwritten, and nobody had seen it: {request:?}"
                ));
            }
        }
        None
    }

    /// When a status of ours lands: what it announces must be there.
    pub(crate) fn check_announced(&mut self, request: &Request) {
        let (intent, system) = (&request.intent, request.to);
        let status = intent.fields.get(&field::STATUS).and_then(|planned| planned.source.clone());
        let Some(status) = status.filter(|text| Status::parse(text).is_some_and(Status::announces)) else { return };
        let target = request.parent.as_ref().and_then(|id| self.remotes[system].record(id.as_str()));
        let there = |thing: &usize| {
            target.is_some_and(|record| {
                record.children.iter().any(|child| child.kind == RecordKind::Reply && child.thing == *thing)
            }) || self.oracle.lost.contains(thing)
        };
        let Some(case) = self.store.get(&intent.case) else { return };
        let from = self.system_of(&case.link, intent.side.other());
        let Some(stood) = self.oracle.announced.get(&(request.thing, from, status.to_string())) else { return };
        if !stood.iter().any(|replies| replies.iter().all(there)) && !self.oracle.rolled.contains(&request.thing) {
            self.fail(|_| format!("status {status} came before the replies that it announces"));
        }
    }
}

/// When a child was made, as the side shows it on which that happened.
fn at(pair: &Pair) -> Option<Timestamp> {
    pair.ends.get(pair.origin).cells.get(&field::AT)?.value.as_ref()?.as_instant()
}
