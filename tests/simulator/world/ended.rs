//! What must hold once everything is quiet.

use std::collections::BTreeSet;

use pakn_bridge::pure::sync::case::{Case, Conflict, Pair, PairState};
use pakn_bridge::pure::sync::rules::Rules;
use pakn_bridge::words::record::Dates;
use pakn_bridge::words::side::{Side, Sides};
use pakn_bridge::words::ticket::{Field, RecordKind, Status, field};
use pakn_bridge::words::value::Value;

use super::coverage::{EMPTIED, Group, UNSEEN};
use super::kind::{CONTENT, CUT, DOSSIER, Fold, OURS, SUBJECT, Versions};
use super::remote::{Child, Record, Told};
use super::{Safeguard, World};

/// What the oracle knows a field by.
struct Of<'a> {
    case: &'a Case,
    pair: &'a Pair,
    thing: usize,
    name: Field,
}

impl World {
    pub(crate) fn check(&mut self) {
        if self.trouble.is_some() {
            return;
        }
        let mut holes = Vec::new();
        let checked = self.checked(&mut holes);
        holes.iter().for_each(|hole| self.coverage.saw(Group::Hole, hole));
        if let Err(says) = checked {
            self.fail(|world| {
                let records: Vec<_> = world.remotes.iter().map(|remote| &remote.state).collect();
                format!("{says}\n{:#?}\n{records:#?}\n{:#?}", *world.store, world.oracle.edits)
            });
        }
    }

    /// What is not as it should be, for a reason that RELIABILITY.md names, goes to `holes`.
    fn checked(&self, holes: &mut Vec<&'static str>) -> Result<(), String> {
        for case in self.store.values().filter(|case| !self.is_stuck(case)) {
            self.case_is_right(case, holes)?;
        }
        self.nothing_is_left_out()
    }

    /// Whether a backup was put back on a system and nothing showed that it was older.
    fn went_unseen(&self, case: &Case) -> bool {
        self.has(Safeguard::RestoredBackup)
            && Side::BOTH
                .iter()
                .map(|side| self.system_of(&case.link, *side))
                .any(|system| self.oracle.restored.contains(&system) && !self.oracle.noticed.contains(&system))
    }

    fn case_is_right(&self, case: &Case, holes: &mut Vec<&'static str>) -> Result<(), String> {
        if !self.ticket_goes_on(case)? {
            return Ok(());
        }
        let Some(id) = &case.ticket.ends.province.id else { return Ok(()) };
        let [hub, other] = Side::BOTH.map(|side| &self.remotes[self.system_of(&case.link, side)].state.records);
        let Some(one) = hub.get(id.as_str()) else { return Err(format!("no record {id}")) };
        let twins: Vec<&Record> = other.values().filter(|other| other.thing == one.thing).collect();
        let [other] = twins.as_slice() else {
            let there = self.system_of(&case.link, Side::National);
            let waits = !case.intents.is_empty() && self.oracle.restored.contains(&there);
            let excused = is_parked(&case.ticket, None) || waits || self.oracle.ended.contains(&(there, one.thing));
            if twins.is_empty() && excused {
                return Ok(());
            }
            if twins.is_empty() && self.went_unseen(case) {
                holes.push(UNSEEN);
                return Ok(());
            }
            return Err(format!("ticket {id} is there {} times", twins.len()));
        };
        self.children_are_right(case, one, other, holes)?;
        for name in [SUBJECT, CONTENT, DOSSIER, field::STATUS, field::AGENCY] {
            let told = Sides { province: &one.fields[&name], national: &other.fields[&name] };
            self.field_is_right(&Of { case, pair: &case.ticket, thing: one.thing, name }, told, holes)?;
        }
        Ok(())
    }

    /// False where the pairing ended, for a reason that holds.
    fn ticket_goes_on(&self, case: &Case) -> Result<bool, String> {
        let ended = |side: Side| {
            let system = self.system_of(&case.link, side);
            let id = case.ticket.ends.get(side).id.as_ref().map_or("", |id| id.as_str());
            let there = self.remotes[system].record(id);
            there.is_none() || there.is_some_and(|record| self.oracle.ended.contains(&(system, record.thing)))
        };
        let holds = match &case.ticket.state {
            PairState::Live => return Ok(!case.ticket.ends.province.is_gone() && !case.ticket.ends.national.is_gone()),
            PairState::Quarantined { side, reason } if reason.starts_with("gone") || reason.starts_with("merged") => {
                ended(*side)
            }
            PairState::Quarantined { side, reason } => {
                let system = self.system_of(&case.link, *side);
                let known = ["lost", "the id", "duplicated"].iter().any(|word| reason.starts_with(word));
                // An empty search while nothing else of ours is there can't be told from a true one, nor can one while
                // our copy is deleted that is brought back later: a double, and seen.
                let was_gone = self.oracle.pairs.get(case.reference()).is_some_and(|of| self.oracle.gone.contains(of));
                let doubled = reason.starts_with("duplicated") && (self.oracle.emptied.contains(&system) || was_gone);
                doubled || known && self.oracle.restored.contains(&system)
            }
            PairState::Transferred { side } => {
                let records = &self.remotes[self.system_of(&case.link, *side)].state.records;
                let id = case.ticket.ends.get(*side).id.as_ref().map_or("", |id| id.as_str());
                records.get(id).is_none_or(|record| !record.fields[&field::AGENCY].text.starts_with(OURS))
            }
            PairState::Tombstone => Side::BOTH.into_iter().all(ended),
            PairState::Unreadable { .. } => false,
        };
        if holds { Ok(false) } else { Err(format!("{} is set aside: {:?}", case.reference(), case.ticket.state)) }
    }

    fn children_are_right(
        &self,
        case: &Case,
        one: &Record,
        other: &Record,
        holes: &mut Vec<&'static str>,
    ) -> Result<(), String> {
        let things = |record: &Record| {
            let mut things: Vec<usize> = record.children.iter().map(|child| child.thing).collect();
            things.sort_unstable();
            things
        };
        let lost = |thing: &usize| !self.oracle.lost.contains(thing);
        let of = [one, other].map(things);
        let twice = of.iter().any(|things| things.windows(2).any(|two| two[0] == two[1]));
        let sets = of.each_ref().map(|things| things.iter().filter(|thing| lost(thing)).collect::<BTreeSet<_>>());
        if twice || sets[0] != sets[1] {
            if !self.went_unseen(case) {
                return Err(format!("children differ: {of:?}"));
            }
            holes.push(UNSEEN);
            return Ok(());
        }
        for a in &one.children {
            let Some(b) = other.children.iter().find(|b| b.thing == a.thing) else { continue };
            let known = |pair: &&Pair| pair.ends.province.id.as_ref().is_some_and(|id| id.as_str() == a.id);
            let pair = case.children.iter().filter(|pair| pair.kind == a.kind).find(known);
            let pair = pair.ok_or_else(|| format!("{} {} has no pair", a.kind, a.id))?;
            self.child_is_right(case, pair, [a, b], holes)?;
        }
        Ok(())
    }

    fn child_is_right(
        &self,
        case: &Case,
        pair: &Pair,
        [a, b]: [&Child; 2],
        holes: &mut Vec<&'static str>,
    ) -> Result<(), String> {
        if a.kind == RecordKind::Reply {
            let told = Sides { province: &a.fields[&field::TEXT], national: &b.fields[&field::TEXT] };
            return self.field_is_right(&Of { case, pair, thing: a.thing, name: field::TEXT }, told, holes);
        }
        let texts = |child: &Child| {
            let own = child.fields.iter().filter(|(name, _)| **name != field::REPLY);
            own.map(|(name, told)| (name.clone(), told.text.clone())).collect::<Vec<_>>()
        };
        if texts(a) == texts(b) { Ok(()) } else { Err(format!("{} differs: {a:?} | {b:?}", a.kind)) }
    }

    /// Every ticket that a person made is on both sides, or its creation was refused.
    fn nothing_is_left_out(&self) -> Result<(), String> {
        for link in self.links.iter().filter(|link| !self.is_stuck_link(link)) {
            for side in Side::BOTH {
                let here = self.system_of(&link.name, side);
                let there = self.system_of(&link.name, side.other());
                let records = self.remotes[here].state.records.iter();
                for (id, record) in records.filter(|(_, record)| !self.is_stuck_thing(Some(&record.thing))) {
                    let named = record.reference.as_ref().and_then(|of| self.store.get(of));
                    if named.is_some_and(is_told_as_doubled) {
                        continue;
                    }
                    let others = &self.remotes[there].state.records;
                    let count = others.values().filter(|other| other.thing == record.thing).count();
                    let known = |case: &&Case| {
                        case.link == link.name
                            && case.ticket.ends.get(side).id.as_ref().is_some_and(|of| of.as_str() == id)
                    };
                    let case = self.store.values().find(known).ok_or_else(|| format!("{here} {id} has no case"))?;
                    let excused = is_parked(&case.ticket, None)
                        || !case.intents.is_empty()
                            && (self.oracle.ended.contains(&(there, record.thing))
                                || self.oracle.restored.contains(&there))
                        || case.ticket.state != PairState::Live
                        || case.ticket.ends.get(side.other()).is_gone();
                    // A double is allowed only where it was seen as one.
                    let told = is_told_as_doubled(case);
                    if count > 1 && !told || count == 0 && !excused && !self.went_unseen(case) {
                        return Err(format!("{here} {id} is {count} times on {there}"));
                    }
                }
            }
        }
        Ok(())
    }

    fn field_is_right(&self, of: &Of<'_>, told: Sides<&Told>, holes: &mut Vec<&'static str>) -> Result<(), String> {
        let Of { case, pair, thing, name } = of;
        let heads = self.oracle.heads(*thing, name);
        let put_back = self.oracle.put_back.contains(&(*thing, name.clone()));
        let peculiar = self.is_peculiar(name);
        let told_text =
            || format!("{name} of {}: {:?} | {:?}, heads {heads:?}", pair.reference, told.province, told.national);
        let rolled = self.oracle.rolled.contains(thing) && self.has(Safeguard::RestoredBackup);
        if let Some(conflict) = pair.conflicts.iter().find(|conflict| conflict.field == *name) {
            let both = match *name == field::STATUS {
                true => self
                    .oracle
                    .statuses
                    .get(thing)
                    .is_some_and(|of| of.values().filter(|count| **count > 0).count() > 1),
                false => heads.len() > 1 || self.are_apart(case, *thing, conflict),
            };
            return if both || put_back || peculiar || rolled || self.was_empty(case) {
                Ok(())
            } else {
                Err(format!("no conflict: {conflict:?} {}", told_text()))
            };
        }
        if is_parked(pair, Some(name)) {
            let by_hand = pair.parked.iter().any(|parked| parked.mapping.is_none());
            return if peculiar || put_back || by_hand {
                Ok(())
            } else {
                Err(format!("parked without need: {:?} {}", pair.parked, told_text()))
            };
        }
        let rules = &self.link(&case.link).rules;
        let there = |side: Side, text: &str| {
            let value = Value::Text(text.into());
            rules.image(side, pair.kind, name, Some(&value), &Dates::NONE).ok().flatten()
        };
        let same = there(Side::National, &told.province.text).as_deref() == Some(told.national.text.as_str())
            || there(Side::Province, &told.national.text).as_deref() == Some(told.province.text.as_str());
        // Two sides that each spell it in their own way show two values, and neither is what the other would show.
        let folded = |text: &str| {
            let cut = self.remotes.iter().any(|remote| remote.kind.fold == Fold::Cut);
            text.chars().take(if cut { CUT } else { usize::MAX }).collect::<String>().to_lowercase()
        };
        let folded = *name == CONTENT
            && self.remotes.iter().any(|remote| remote.kind.fold != Fold::As)
            && folded(&told.province.text) == folded(&told.national.text);
        if !same && !folded {
            return Err(format!("differs: {}", told_text()));
        }
        let nobody = |told: &Told| told.edit.is_none() && told.text != Status::InProgress.as_str();
        if *name == field::STATUS && (nobody(told.province) || nobody(told.national)) && !self.may_be_closed(*thing) {
            return Err(format!("a status that nobody set: {}", told_text()));
        }
        let ticket = self.oracle.pairs.get(case.reference()).unwrap_or(thing);
        let left = self.oracle.put_back.contains(&(*ticket, field::AGENCY));
        if *name == field::STATUS || put_back || peculiar || left {
            return Ok(());
        }
        let cuts = *name == SUBJECT && self.remotes.iter().any(|remote| remote.kind.cuts);
        let begins = |at: &usize, told: &Told| {
            // What a system cut may stand for any text that begins like this.
            cuts && self.oracle.edits[*at].texts.iter().any(|(_, text)| text.starts_with(&told.text))
        };
        let last = |told: &Told| {
            // A backup may hold a value that was never read before: nothing tells it from a new edit.
            let rolled = |at: usize| rolled && heads.iter().any(|head| self.oracle.knew(*head, at));
            told.edit.is_some_and(|at| heads.contains(&at) || self.oracle.edits[at].lost || rolled(at))
                || heads.iter().any(|head| begins(head, told))
        };
        if !last(told.province) && !last(told.national) {
            if !self.went_unseen(case) && !self.was_empty(case) {
                return Err(format!("not the last edit: {}", told_text()));
            }
            holes.push(if self.was_empty(case) { EMPTIED } else { UNSEEN });
        }
        Ok(())
    }

    /// Whether two people made the values of a conflict without knowing of each other, be it that what one of them had
    /// written was lost later: a reading may have been on its way.
    fn are_apart(&self, case: &Case, thing: usize, conflict: &Conflict) -> bool {
        let edits = Side::BOTH.map(|side| {
            let system = self.system_of(&case.link, side);
            self.oracle.find(system, thing, &conflict.field, conflict.images.get(side))
        });
        let [Some(one), Some(other)] = edits else { return false };
        !self.oracle.knew(one, other) && !self.oracle.knew(other, one)
    }

    /// Whether some system does with a field what it likes.
    pub(crate) fn is_peculiar(&self, name: &Field) -> bool {
        self.remotes.iter().map(|remote| remote.kind).any(|kind| {
            let exact = kind.tells
                && !kind.later_id
                && matches!(kind.versions, Versions::Counted | Versions::Opaque | Versions::Hashed);
            // A system that changes what we write, and nothing tells that nobody else did: RELIABILITY.md says so.
            let quietly = !(exact && self.hears) && self.may_be_silent(kind.fold);
            *name == DOSSIER && (kind.ignores || kind.refuses) || *name == CONTENT && quietly
        })
    }

    /// Whether a side showed nothing for a while: a create that is there and was not found is not known as ours when it
    /// comes to light, and what was edited meanwhile meets it as two changes. RELIABILITY.md says so.
    fn was_empty(&self, case: &Case) -> bool {
        Side::BOTH.into_iter().any(|side| self.oracle.emptied.contains(&self.system_of(&case.link, side)))
    }

    /// Whether the link closed it, for it was gone on a side once.
    fn may_be_closed(&self, thing: usize) -> bool {
        self.oracle.gone.contains(&thing) || self.oracle.rolled.contains(&thing)
    }

    /// Whether a mapping did not know, at some time, how its system spells content.
    pub(crate) fn may_be_silent(&self, fold: Fold) -> bool {
        fold == Fold::Silent
            || fold != Fold::As
                && self.links.iter().any(|link| {
                    link.rules.mappings.province.ends_with('\'') || link.rules.mappings.national.ends_with('\'')
                })
    }
}

fn is_parked(pair: &Pair, name: Option<&Field>) -> bool {
    pair.parked.iter().any(|parked| parked.field.as_ref() == name)
}

/// Whether a person reads that two records carry one reference.
fn is_told_as_doubled(case: &Case) -> bool {
    matches!(&case.ticket.state, PairState::Quarantined { reason, .. } if reason.starts_with("duplicated"))
}
