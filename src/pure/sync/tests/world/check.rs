//! What must hold always, and what must hold once everything is quiet.

use std::collections::BTreeMap;

use crate::pure::sync::case::{Case, Intent, Pair, PairState};
use crate::pure::sync::rules::Rules;
use crate::words::record::Dates;
use crate::words::side::{Side, Sides};
use crate::words::ticket::{Field, RecordKind, Status, field};
use crate::words::value::Value;

use super::World;
use super::remote::{CONTENT, DOSSIER, Fold, Request, SUBJECT, Told, Versions};

/// What the oracle knows a field by.
struct Of<'a> {
    pair: &'a Pair,
    thing: usize,
    name: Field,
}

impl World {
    /// After each save.
    pub(super) fn check_saved(&mut self, case: &Case) {
        for intent in &case.intents {
            let twins = |other: &&Intent| other.pair == intent.pair && other.side == intent.side;
            if case.intents.iter().filter(twins).count() > 1 {
                self.fail(|_| format!("two intents in hand for one record: {:#?}", case.intents));
            }
        }
        let before = self.store.get(case.reference());
        let mut strange = None;
        for pair in case.pairs() {
            let old = before.and_then(|case| case.pair(&pair.reference));
            for (name, base) in &pair.base {
                if old.and_then(|old| old.base.get(name)) == Some(base) {
                    continue;
                }
                for side in Side::BOTH {
                    let image = base.get(side);
                    let shown = self.shown.contains(&(side, name.clone(), image.clone()));
                    // Shown, or written by us. "In progress" in place of an announcing status has no source.
                    let written = old.is_some_and(|old| {
                        old.ledger.iter().any(|attempt| {
                            attempt.side == side
                                && attempt.fields.get(name).is_some_and(|planned| planned.image == *image)
                        })
                    });
                    let in_hand = before.iter().flat_map(|case| &case.intents).any(|intent| {
                        intent.side == side && intent.fields.get(name).is_some_and(|planned| planned.image == *image)
                    });
                    let known = shown || written || in_hand || image.is_none();
                    if !known {
                        strange = Some(format!("base of {name} was never shown: {base:?}"));
                    }
                }
            }
        }
        if let Some(strange) = strange {
            self.fail(|_| strange);
        }
    }

    /// What stands where a write of ours goes, before it lands.
    pub(super) fn stands(&self, side: Side, request: &Request) -> BTreeMap<Field, Told> {
        let intent = &request.intent;
        let (Some(target), Some(ticket)) = (&intent.target, &request.parent) else { return BTreeMap::new() };
        let Some(record) = self.remotes.get(side).records.get(ticket.as_str()) else { return BTreeMap::new() };
        match record.replies.iter().find(|reply| intent.kind == RecordKind::Reply && reply.id == target.as_str()) {
            Some(reply) => BTreeMap::from([(field::TEXT, reply.text.clone())]),
            None => record.fields.clone(),
        }
    }

    /// No write of ours replaces what it was not planned over, nor a value that nobody had before their eyes.
    pub(super) fn check_overwritten(&mut self, side: Side, request: &Request, stood: &BTreeMap<Field, Told>) {
        let kinds = Side::BOTH.map(|side| *self.rules.kinds.get(side));
        if kinds.iter().any(|kind| kind.lag > 0 && kind.versions == Versions::None) {
            // Where nothing tells that a reading is old, what it does not show yet is overwritten: RELIABILITY.md.
            return;
        }
        for (name, planned) in &request.intent.fields {
            let Some(told) = stood.get(name) else { continue };
            if planned.before.as_ref() != Some(&told.text) {
                self.fail(|_| format!("{name} on {side}: {told:?} was overwritten, planned over {:?}", planned.before));
            }
            let decided = match name.as_str() {
                "subject" => kinds.iter().any(|kind| kind.cuts),
                "dossier" => kinds.iter().any(|kind| kind.ignores || kind.refuses),
                "text" => false,
                // A status and an owned field may overrule.
                _ => true,
            };
            let put_back = self.oracle.put_back.contains(&(request.thing, name.clone()));
            let edit = request.edits.get(name).copied().flatten();
            if let (Some(edit), Some(over)) = (edit, told.edit)
                && !(decided || put_back || self.oracle.knew(edit, over))
                && !self.oracle.given_up.contains(&(name.clone(), told.text.clone()))
            {
                self.fail(|_| {
                    format!("{name} on {side}: {told:?} was overwritten, and nobody had seen it: {request:?}")
                });
            }
        }
    }

    /// When a status of ours lands: what it announces must be there.
    pub(super) fn check_announced(&mut self, side: Side, request: &Request) {
        let intent = &request.intent;
        let status = intent.fields.get(&field::STATUS).and_then(|planned| planned.source.clone());
        let Some(status) = status.filter(|text| Status::parse(text).is_some_and(Status::announces)) else { return };
        let target = request.parent.as_ref().and_then(|id| self.remotes.get(side).records.get(id.as_str()));
        let there = |thing: &usize| target.is_some_and(|record| record.replies.iter().any(|r| r.thing == *thing));
        let Some(stood) = self.oracle.announced.get(&(request.thing, side.other(), status.clone())) else { return };
        if !stood.iter().any(|replies| replies.iter().all(there)) {
            self.fail(|_| format!("status {status} came before the replies that it announces"));
        }
    }

    /// When everything is quiet.
    pub(super) fn check(&mut self) {
        if self.trouble.is_some() {
            return;
        }
        if let Err(says) = self.checked() {
            self.fail(|world| format!("{says}\n{:#?}\n{:#?}\n{:#?}", world.store, world.remotes, world.oracle.edits));
        }
    }

    fn checked(&self) -> Result<(), String> {
        let [up, down] = Side::BOTH.map(|side| &self.remotes.get(side).records);
        for case in self.store.values() {
            if let Some(pair) = case.pairs().find(|pair| pair.state != PairState::Live) {
                return Err(format!("{} is set aside: {:?}", pair.reference, pair.state));
            }
            let Some(id) = &case.ticket.ends.province.id else { continue };
            let Some(one) = up.get(id.as_str()) else { return Err(format!("no record {id}")) };
            let twins: Vec<_> = down.values().filter(|other| other.thing == one.thing).collect();
            let [other] = twins.as_slice() else {
                if is_parked(&case.ticket, None) && twins.is_empty() {
                    continue;
                }
                return Err(format!("ticket {id} is there {} times", twins.len()));
            };
            let mut replies = [one, other].map(|record| record.replies.clone());
            replies.iter_mut().for_each(|replies| replies.sort_by_key(|reply| reply.thing));
            let things = replies.each_ref().map(|replies| replies.iter().map(|r| r.thing).collect::<Vec<_>>());
            if things[0] != things[1] || things[0].windows(2).any(|two| two[0] == two[1]) {
                return Err(format!("replies differ: {things:?}"));
            }
            for name in [SUBJECT, CONTENT, DOSSIER, field::STATUS] {
                let told = Sides { province: &one.fields[&name], national: &other.fields[&name] };
                self.field_is_right(&Of { pair: &case.ticket, thing: one.thing, name }, told)?;
            }
            for (a, b) in replies[0].iter().zip(&replies[1]) {
                let known = |pair: &&Pair| pair.ends.province.id.as_ref().is_some_and(|id| id.as_str() == a.id);
                let pair = case.children.iter().find(known).ok_or("a reply without a pair")?;
                let told = Sides { province: &a.text, national: &b.text };
                self.field_is_right(&Of { pair, thing: a.thing, name: field::TEXT }, told)?;
            }
        }
        self.nothing_is_left_out()
    }

    /// Every ticket that a person made is on both sides, or its creation was refused.
    fn nothing_is_left_out(&self) -> Result<(), String> {
        for side in Side::BOTH {
            let others = &self.remotes.get(side.other()).records;
            for (id, record) in &self.remotes.get(side).records {
                let count = others.values().filter(|other| other.thing == record.thing).count();
                let known = |case: &&Case| case.ticket.ends.get(side).id.as_ref().is_some_and(|of| of.as_str() == id);
                let case = self.store.values().find(known).ok_or_else(|| format!("{side} {id} has no case"))?;
                if count != 1 && !(count == 0 && is_parked(&case.ticket, None)) {
                    return Err(format!("{side} {id} is {count} times on the other side"));
                }
            }
        }
        Ok(())
    }

    fn field_is_right(&self, of: &Of<'_>, told: Sides<&Told>) -> Result<(), String> {
        let Of { pair, thing, name } = of;
        let heads = self.oracle.heads(*thing, name);
        let put_back = self.oracle.put_back.contains(&(*thing, name.clone()));
        let peculiar = Side::BOTH.iter().any(|side| {
            let kind = self.rules.kinds.get(*side);
            let exact = kind.tells && matches!(kind.versions, Versions::Counted | Versions::Opaque | Versions::Hashed);
            // A system that changes what we write, and nothing tells that nobody else did: RELIABILITY.md says so.
            let quietly = kind.fold == Fold::Silent && !(exact && self.hears);
            *name == DOSSIER && (kind.ignores || kind.refuses) || *name == CONTENT && quietly
        });
        let told_text =
            || format!("{name} of {}: {:?} | {:?}, heads {heads:?}", pair.reference, told.province, told.national);
        if let Some(conflict) = pair.conflicts.iter().find(|conflict| conflict.field == *name) {
            let both = match *name == field::STATUS {
                true => self.oracle.statuses.get(thing).is_some_and(|of| of.province > 0 && of.national > 0),
                false => heads.len() > 1,
            };
            return if both || put_back || peculiar {
                Ok(())
            } else {
                Err(format!("no conflict: {conflict:?} {}", told_text()))
            };
        }
        if is_parked(pair, Some(name)) {
            return if peculiar || put_back {
                Ok(())
            } else {
                Err(format!("parked without need: {:?} {}", pair.parked, told_text()))
            };
        }
        let there = |side: Side, text: &str| {
            let value = Value::Text(text.to_owned());
            self.rules.image(side, pair.kind, name, Some(&value), &Dates::NONE).ok().flatten()
        };
        let same = there(Side::National, &told.province.text).as_ref() == Some(&told.national.text)
            || there(Side::Province, &told.national.text).as_ref() == Some(&told.province.text);
        let folded = Side::BOTH.iter().any(|side| self.rules.kinds.get(*side).fold == Fold::Silent)
            && told.province.text.to_lowercase() == told.national.text.to_lowercase();
        if !same && !folded {
            return Err(format!("differs: {}", told_text()));
        }
        if *name == field::STATUS || put_back || peculiar {
            return Ok(());
        }
        let last = |told: &Told| told.edit.is_some_and(|edit| heads.contains(&edit));
        if last(told.province) || last(told.national) {
            Ok(())
        } else {
            Err(format!("not the last edit: {}", told_text()))
        }
    }
}

fn is_parked(pair: &Pair, name: Option<&Field>) -> bool {
    pair.parked.iter().any(|parked| parked.field.as_ref() == name)
}
