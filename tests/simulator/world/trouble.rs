//! What goes wrong beside the network: crashes, clocks, disks, systems that empty or go back, tickets that end.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::TimeDelta;
use rand::RngExt;

use pakn_bridge::pure::sync::hands::Hand;
use pakn_bridge::pure::sync::remap::to_read_again;
use pakn_bridge::pure::sync::restore::restored;
use pakn_bridge::words::side::Side;
use pakn_bridge::words::ticket::{Field, field};

use super::coverage::Group;
use super::faults::Fault;
use super::kind::Fold;
use super::people::AGENCY;
use super::poll::Cursor;
use super::remote::{Record, Told};
use super::{World, name_of_system};

/// The faults that are no matter of a single request.
const TROUBLES: [Fault; 10] = [
    Fault::Crash,
    Fault::Outage,
    Fault::WallJump,
    Fault::Sleep,
    Fault::Emptied,
    Fault::NewMapping,
    Fault::Restored,
    Fault::Deleted,
    Fault::Merged,
    Fault::Transferred,
];

/// An agency of another province.
const ELSEWHERE: &str = "H01.2";

impl World {
    /// One of the troubles that this seed knows.
    pub(crate) fn trouble(&mut self, people: bool) {
        let known: Vec<Fault> = TROUBLES.into_iter().filter(|fault| self.faults.has(*fault)).collect();
        if known.is_empty() {
            return;
        }
        let fault = known[self.random.random_range(0..known.len())];
        let system = self.any_system();
        match fault {
            Fault::Crash => self.crash(),
            Fault::Outage => self.remotes[system].down = self.time + TimeDelta::milliseconds(5_000),
            Fault::WallJump => self.wall_jumps(),
            Fault::Sleep => {
                let slept = TimeDelta::milliseconds(self.random.random_range(1_000..40_000));
                // The network does not sleep: what is on its way arrives meanwhile.
                for request in std::mem::take(&mut self.wire) {
                    self.land(&request);
                }
                self.last = self.instant();
                self.time += slept;
                self.slept += slept;
                self.coverage.saw(Group::Wrong, "machine slept");
                self.note(|| format!("our machine sleeps {slept}"));
            }
            Fault::Emptied => self.empties(system),
            Fault::NewMapping => self.new_mapping(),
            Fault::Restored if people => self.goes_back(system),
            Fault::Deleted if people => self.deletes(system),
            Fault::Merged if people => self.merges(system),
            Fault::Transferred if people => self.transfers(system),
            _ => {}
        }
    }

    fn wall_jumps(&mut self) {
        let by = TimeDelta::milliseconds(self.random.random_range(-60_000..600_000));
        self.last = self.instant();
        self.off_by += by;
        let back = by < TimeDelta::zero();
        self.coverage.saw(Group::Wrong, if back { "wall clock back" } else { "wall clock forward" });
        self.note(|| format!("our wall clock jumps by {by}"));
    }

    /// A side that lists and finds nothing for a while. Where nothing else of ours is there, an empty search can't be
    /// told from a true one: RELIABILITY.md says so.
    fn empties(&mut self, system: usize) {
        let ours = self.remotes[system].state.records.values().filter(|record| record.reference.is_some()).count();
        if ours < 2 && self.is_out() {
            return;
        }
        let long = TimeDelta::milliseconds(self.random.random_range(500..30_000));
        self.remotes[system].emptied = self.time + long;
        self.oracle.emptied.insert(system);
        self.coverage.saw(Group::Wrong, "side emptied");
        self.note(|| format!("system {system} shows nothing for {long}"));
    }

    /// The mapping of one side learns, or forgets, how that system spells content.
    fn new_mapping(&mut self) {
        // Between two cycles, or while our process is down.
        if !(self.workers.is_empty() && self.sights.is_empty() && self.polls.is_empty()) {
            if !self.faults.has(Fault::Crash) {
                return;
            }
            self.crash();
        }
        let system = self.any_system();
        let truth = self.remotes[system].kind.fold;
        self.seen.retain(|(of, _), _| *of != system);
        for link in &mut self.links {
            let side = match system {
                0 => Side::Province,
                system if system == link.national => Side::National,
                _ => continue,
            };
            let rules = Rc::make_mut(&mut link.rules);
            rules.mappings.get_mut(side).push('\'');
            let known = &mut rules.kinds.get_mut(side).fold;
            if truth != Fold::As {
                let told = if truth == Fold::Cut { Fold::Cut } else { Fold::Declared };
                *known = if *known == told { Fold::Silent } else { told };
            }
        }
        self.store.take_mapping(&name_of_system(system));
        self.coverage.saw(Group::Wrong, "mapping changed");
        self.note(|| format!("the mapping of system {system} is changed"));
    }

    /// What is to be planned again: reads first what another mapping understood.
    pub(crate) fn plan_again(&mut self) {
        for reference in self.store.to_replan().clone() {
            for _ in Side::BOTH {
                let Some(case) = self.store.get(&reference) else { continue };
                let rules = &self.link(&case.link).rules;
                let Some(side) = to_read_again(case, rules.as_ref()) else { break };
                let system = self.system_of(&case.link, side);
                if let Some(id) = case.ticket.ends.get(side).id.clone().filter(|_| !self.stopped.contains_key(&system))
                {
                    self.look_at(system, id.as_str(), None, None);
                }
            }
            if let Some(case) = self.store.get(&reference).cloned() {
                self.plan_and_save(case, None);
            }
        }
    }

    fn a_ticket(&mut self, system: usize) -> Option<String> {
        let ids = self.remotes[system].visible(self.time);
        if ids.is_empty() { None } else { ids.get(self.random.random_range(0..ids.len())).cloned() }
    }

    fn deletes(&mut self, system: usize) {
        let back = self.remotes[system].state.deleted.keys().next().cloned();
        if let Some(id) = back.filter(|_| self.random.random_bool(0.5)) {
            let state = &mut self.remotes[system].state;
            if let Some(record) = state.deleted.remove(&id) {
                self.forget(system, &record, false);
                self.remotes[system].state.records.insert(id.clone(), record);
                self.coverage.saw(Group::Wrong, "ticket brought back");
                self.note(|| format!("person {system} brings {id} back"));
            }
            return;
        }
        let Some(id) = self.a_ticket(system) else { return };
        let state = &mut self.remotes[system].state;
        let Some(record) = state.records.remove(&id) else { return };
        self.forget(system, &record, true);
        self.remotes[system].state.deleted.insert(id.clone(), record);
        self.coverage.saw(Group::Wrong, "ticket deleted");
        self.note(|| format!("person {system} deletes {id}"));
    }

    /// A ticket ends on a system, or comes back: what nobody else had seen of it goes with it.
    fn forget(&mut self, system: usize, record: &Record, ends: bool) {
        if ends {
            self.oracle.ended.insert((system, record.thing));
            self.oracle.gone.insert(record.thing);
        } else {
            self.oracle.ended.remove(&(system, record.thing));
        }
        let mut edits = self.lost_edits(system, record.thing, &record.fields, None);
        for child in &record.children {
            edits.extend(self.lost_edits(system, child.thing, &child.fields, None));
        }
        for edit in edits {
            self.oracle.edits[edit].lost = ends;
        }
    }

    fn merges(&mut self, system: usize) {
        let ids = self.remotes[system].visible(self.time);
        let [one, other, ..] = ids.as_slice() else { return };
        let state = &mut self.remotes[system].state;
        let Some(record) = state.records.remove(one) else { return };
        state.merged.insert(one.clone(), other.clone());
        state.merged.values_mut().filter(|into| *into == one).for_each(|into| into.clone_from(other));
        self.forget(system, &record, true);
        self.coverage.saw(Group::Wrong, "tickets merged");
        self.note(|| format!("person {system} merges {one} into {other}"));
    }

    fn transfers(&mut self, system: usize) {
        let Some(id) = self.a_ticket(system) else { return };
        let kind = self.remotes[system].kind;
        if kind.versions == super::kind::Versions::None && self.is_writing_to(system) {
            return;
        }
        let Some(record) = self.remotes[system].record(&id) else { return };
        let (thing, told) = (record.thing, record.fields.get(&field::AGENCY).cloned());
        let away = told.as_ref().is_none_or(|told| told.text == AGENCY);
        let text = if away { ELSEWHERE } else { AGENCY };
        self.oracle.put_back.insert((thing, field::AGENCY));
        let edit = self.oracle.edit(system, thing, &field::AGENCY, text, told.and_then(|told| told.edit));
        let Some(record) = self.remotes[system].touch(&id, false, self.time) else { return };
        record.fields.insert(field::AGENCY, Told { text: text.to_owned(), edit: Some(edit) });
        self.coverage.saw(Group::Wrong, "ticket transferred");
        self.note(|| format!("person {system} {id} agency={text}"));
    }

    /// A backup is made, or the one that there is is put back.
    fn goes_back(&mut self, system: usize) {
        let ends = [Fault::Deleted, Fault::Merged, Fault::Transferred].iter().any(|fault| self.faults.has(*fault));
        if ends || self.wire.iter().any(|request| request.to == system) || self.is_writing_to(system) {
            return;
        }
        if self.remotes[system].backup.is_none() {
            self.remotes[system].backup = Some(self.remotes[system].state.clone());
            self.note(|| format!("system {system} makes a backup"));
            return;
        }
        let before = self.remotes[system].state.records.clone();
        self.remotes[system].restore();
        self.what_is_lost(system, &before);
        self.oracle.restored.insert(system);
        self.coverage.saw(Group::Wrong, "backup put back");
        self.note(|| format!("system {system} is put back to its backup"));
    }

    /// What a backup lost, and whether somebody else still has it.
    fn what_is_lost(&mut self, system: usize, before: &BTreeMap<String, Record>) {
        for (id, old) in before {
            self.oracle.rolled.insert(old.thing);
            let now = self.remotes[system].record(id).filter(|record| record.thing == old.thing).cloned();
            let mut lost = self.lost_edits(system, old.thing, &old.fields, now.as_ref().map(|record| &record.fields));
            if now.is_none() && old.reference.is_none() {
                self.oracle.ended.insert((system, old.thing));
            }
            for child in &old.children {
                let kept = now.iter().flat_map(|record| &record.children).find(|kept| kept.thing == child.thing);
                lost.extend(self.lost_edits(system, child.thing, &child.fields, kept.map(|kept| &kept.fields)));
                if kept.is_none() && child.reference.is_none() {
                    self.oracle.lost.insert(child.thing);
                }
            }
            for edit in lost {
                self.oracle.edits[edit].lost = true;
            }
        }
    }

    /// Edits that stood there and that no other system has.
    fn lost_edits(
        &self,
        system: usize,
        thing: usize,
        old: &BTreeMap<Field, Told>,
        now: Option<&BTreeMap<Field, Told>>,
    ) -> BTreeSet<usize> {
        let mut lost = BTreeSet::new();
        for (name, told) in old {
            let stands = now.and_then(|fields| fields.get(name)).and_then(|told| told.edit);
            let mut edit = told.edit;
            while let Some(at) = edit.filter(|at| Some(*at) != stands) {
                if !self.is_elsewhere(system, thing, name, at) {
                    lost.insert(at);
                }
                edit = self.oracle.edits[at].over;
            }
        }
        lost
    }

    fn is_elsewhere(&self, system: usize, thing: usize, name: &Field, edit: usize) -> bool {
        let others = self.remotes.iter().enumerate().filter(|(at, _)| *at != system);
        others.flat_map(|(_, remote)| remote.state.records.values()).any(|record| {
            let children = record.children.iter().map(|child| (child.thing, &child.fields));
            std::iter::once((record.thing, &record.fields)).chain(children).any(|(of, fields)| {
                let told = fields.get(name).and_then(|told| told.edit);
                of == thing && told.is_some_and(|told| self.oracle.knew(told, edit))
            })
        })
    }

    /// An operator looks at systems that stopped, and says what happened to them.
    pub(crate) fn operator(&mut self) {
        let stopped: Vec<usize> = self.stopped.keys().copied().collect();
        for system in stopped {
            if !self.oracle.restored.contains(&system) {
                self.fail(|_| format!("system {system} stopped, and nobody put it back"));
            }
            if self.is_writing_to(system) {
                continue;
            }
            let hand = Hand { by: "op", at: self.now() };
            self.note(|| format!("operator: system {system} was put back"));
            let mut told = true;
            for reference in self.store.keys().cloned().collect::<Vec<_>>() {
                let Some(case) = self.store.get(&reference) else { continue };
                let side = Side::BOTH.into_iter().find(|side| self.system_of(&case.link, *side) == system);
                let Some(side) = side else { continue };
                let mut case = case.clone();
                let facts = restored(&mut case, side, hand);
                self.told_by(&facts);
                told &= self.save(case, facts, None);
            }
            // What could not be saved now is said again.
            if !told {
                continue;
            }
            self.cursors[system] = Cursor::default();
            self.seen.retain(|(of, _), _| *of != system);
            self.polls.retain(|poll| poll.system != system);
            self.sights.retain(|sight| sight.system != system);
            self.stopped.remove(&system);
            self.oracle.noticed.insert(system);
        }
    }
}
