//! What to write next, for every pair of a case. One write in hand per record; parents before children; replies one
//! at a time, oldest first; an announcing status after the replies that it announces.

mod intents;
mod order;

use std::collections::BTreeMap;

use crate::words::clock::Timestamp;
use crate::words::hex::hex;
use crate::words::record::{Cell, Dates, Image};
use crate::words::side::{Side, Sides};
use crate::words::ticket::{Field, RecordKind, Status, field};
use crate::words::value::Value;

use super::case::{Case, Conflict, ConflictReason, Fact, Intent, IntentState, Pair, PairState, Parked, PlannedField};
use super::decide::{Decision, decide};
use super::observe::fact;
use super::remap::is_understood;
use super::rules::Rules;
use super::swing::swings;
use intents::{Wanted, replace_intents};
use order::{announces_too_early, child_order, may_cross, reply_there};

/// Brings the case's intents, conflicts and bases in line with what both sides show.
pub fn plan(case: &mut Case, now: Timestamp, rules: &dyn Rules) -> Vec<Fact> {
    let mut facts = Vec::new();
    if case.ticket.state != PairState::Live {
        // Nor is anything sent that was decided before.
        case.intents.retain(|intent| intent.state != IntentState::Ready);
        return facts;
    }
    plan_pair(case, None, now, rules, &mut facts);
    for at in child_order(case) {
        plan_pair(case, Some(at), now, rules, &mut facts);
    }
    facts
}

fn plan_pair(case: &mut Case, child: Option<usize>, now: Timestamp, rules: &dyn Rules, facts: &mut Vec<Fact>) {
    let Some(pair) = pick(case, child) else { return };
    let reference = pair.reference.clone();
    if pair.state != PairState::Live
        || case.intents_of(&reference).any(Intent::is_out)
        || Side::BOTH.iter().any(|side| pair.ends.get(*side).read_after.is_some())
        || !is_understood(pair, rules)
        || is_at_rest(case, pair)
    {
        return;
    }
    let mut pair = pair.clone();
    forget_parked(&mut pair, rules);
    let wanted = match (&pair.ends.province.id, &pair.ends.national.id) {
        (Some(_), Some(_)) => changes(case, &mut pair, now, rules, facts),
        (Some(_), None) => creation(case, &mut pair, Side::National, now, rules).into_iter().collect(),
        (None, Some(_)) => creation(case, &mut pair, Side::Province, now, rules).into_iter().collect(),
        (None, None) => Vec::new(),
    };
    replace_intents(case, &mut pair, wanted, now, rules, facts);
    if let Some(place) = pick_mut(case, child) {
        *place = pair;
    }
}

/// Whether both sides show what they showed when they last agreed and nothing waits: most pairs, most of the time.
fn is_at_rest(case: &Case, pair: &Pair) -> bool {
    let ends = &pair.ends;
    let as_agreed = |(name, province): (&Field, &Cell)| {
        let base = pair.base.get(name);
        let same = |side: Side, cell: &Cell| base.is_some_and(|base| *base.get(side) == cell.image);
        let national = ends.national.cells.get(name);
        national.is_none_or(|national| same(Side::Province, province) && same(Side::National, national))
    };
    let waits = !(pair.parked.is_empty() && pair.conflicts.is_empty() && pair.rolled_back.is_empty());
    Side::BOTH.into_iter().all(|side| ends.get(side).id.is_some() && !ends.get(side).one_by_one)
        && !waits
        && ends.province.cells.iter().all(as_agreed)
        && case.intents_of(&pair.reference).next().is_none()
}

fn pick(case: &Case, child: Option<usize>) -> Option<&Pair> {
    child.map_or(Some(&case.ticket), |at| case.children.get(at))
}

fn pick_mut(case: &mut Case, child: Option<usize>) -> Option<&mut Pair> {
    match child {
        None => Some(&mut case.ticket),
        Some(at) => case.children.get_mut(at),
    }
}

/// A refusal holds only as long as the value refused and the value that stood there both stay, and the mapping that
/// spelled it.
fn forget_parked(pair: &mut Pair, rules: &dyn Rules) {
    let Pair { ends, parked, .. } = pair;
    parked.retain(|parked| {
        let stands = match &parked.field {
            Some(name) => {
                let image = |side: Side| ends.get(side).cells.get(name).map(|cell| &cell.image);
                image(parked.side.other()) == Some(&parked.refused) && image(parked.side) == Some(&parked.stood)
            }
            None => spelled(ends.get(parked.side.other()).cells.values()) == parked.refused,
        };
        stands && parked.mapping.as_deref().is_none_or(|mapping| mapping == rules.mapping(parked.side))
    });
}

/// All of a record's values as one text, to tell whether anything of it moved since it was refused.
#[must_use]
pub fn spelled<'a>(cells: impl Iterator<Item = &'a Cell>) -> Image {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for cell in cells {
        hash.update(format!("{:?}", cell.image));
    }
    Some(hex(&hash.finalize()).into())
}

/// A record that is only on the other side of `to`: make it there, once everything it needs is there.
fn creation(case: &Case, pair: &mut Pair, to: Side, now: Timestamp, rules: &dyn Rules) -> Option<Wanted> {
    let from = to.other();
    let refused_whole = pair.parked.iter().any(|parked| parked.side == to && parked.field.is_none());
    // Nothing is made on the side that it came from: there its original is only not known yet.
    if pair.origin == to || refused_whole || !rules.creates(to, pair.kind) || !may_cross(case, pair, to, rules) {
        return None;
    }
    let cells = pair.ends.get(from).cells.clone();
    let dates = case.dates();
    let mut fields = BTreeMap::new();
    for name in rules.fields(pair.kind) {
        let Some(cell) = cells.get(&name) else { continue };
        if cell.value.is_none() || !rules.writes(to, pair.kind, &name, true) || name == field::WHERE {
            continue;
        }
        let there = Cell { value: reply_there(case, pair, to), ..cell.clone() };
        let cell = if name == field::REPLY { &there } else { cell };
        if cell.value.is_none() {
            continue;
        }
        if let Some(planned) = planned_for_create(pair, to, &name, cell, &dates, now, rules) {
            fields.insert(name, planned);
        }
    }
    Some(Wanted { to, creating: true, fields })
}

/// A create under an announcing status creates as in progress and moves on later.
fn planned_for_create(
    pair: &mut Pair,
    to: Side,
    name: &Field,
    cell: &Cell,
    dates: &Dates,
    now: Timestamp,
    rules: &dyn Rules,
) -> Option<PlannedField> {
    let announcing = *name == field::STATUS && status_of(cell).is_some_and(Status::announces);
    let (value, source) = if announcing {
        (Some(Value::Code(Status::InProgress.as_str().into())), None)
    } else {
        (cell.value.clone(), cell.image.clone())
    };
    match rules.image(to, pair.kind, name, value.as_ref(), dates) {
        Ok(image) => Some(PlannedField { value, image, before: None, source }),
        Err(_) if announcing => None,
        Err(reason) => {
            park(pair, to, name, (cell.image.clone(), None), reason, now, rules);
            None
        }
    }
}

fn status_of(cell: &Cell) -> Option<Status> {
    cell.value.as_ref().and_then(Value::as_text).and_then(Status::parse)
}

fn park(
    pair: &mut Pair,
    side: Side,
    name: &Field,
    (refused, stood): (Image, Image),
    says: String,
    since: Timestamp,
    rules: &dyn Rules,
) {
    let same = |parked: &Parked| parked.side == side && parked.field.as_ref() == Some(name);
    pair.parked.retain(|parked| !same(parked));
    let mapping = Some(rules.mapping(side).to_owned());
    pair.parked.push(Parked { side, field: Some(name.clone()), refused, stood, says: Some(says), mapping, since });
}

/// Field by field, what each side needs from the other. Status goes last and alone.
fn changes(case: &Case, pair: &mut Pair, now: Timestamp, rules: &dyn Rules, facts: &mut Vec<Fact>) -> Vec<Wanted> {
    let dates = case.dates();
    let mut wanted = Sides::<BTreeMap<Field, PlannedField>>::default();
    let mut conflicts = Vec::new();
    for name in rules.fields(pair.kind) {
        if name == field::WHERE || pair.kind == RecordKind::Attachment {
            continue;
        }
        let (Some(province), Some(national)) =
            (pair.ends.province.cells.get(&name), pair.ends.national.cells.get(&name))
        else {
            continue;
        };
        let cells = Sides { province, national };
        let decision = decide(rules, pair.kind, &name, cells, pair.base.get(&name), &dates);
        if decision == Decision::Keep && pair.rolled_back.is_empty() {
            continue;
        }
        let (province, national) = (province.clone(), national.clone());
        let cells = Sides { province: &province, national: &national };
        let by_hand = decided_by_hand(pair, &name, cells);
        let decision = rolled_back(pair, &name, decision);
        match by_a_person(by_hand, decision) {
            Decision::Keep => {}
            Decision::Agreed => {
                pair.base.insert(name, Sides { province: province.image, national: national.image });
            }
            // Nothing is written to what is gone, nor under it.
            Decision::Write { to, .. } if case.ticket.ends.get(to).is_gone() => {}
            Decision::Write { to, overruled } => {
                if let Some(planned) = planned_for_update(case, pair, to, &name, cells, now, rules) {
                    // What a person decided is not asked of a person again: it is written once more.
                    if by_hand.is_none() && swings(pair, to, &name, &planned.image, now) {
                        conflicts.push(conflict(&name, cells, ConflictReason::Swings, now));
                        continue;
                    }
                    let told = case
                        .intents_of(&pair.reference)
                        .any(|intent| intent.side == to && intent.fields.get(&name) == Some(&planned));
                    if overruled && !told {
                        facts.push(with_values("overruled", pair, to, &name, cells, rules));
                    }
                    wanted.get_mut(to).insert(name, planned);
                }
            }
            Decision::Ask(reason) => conflicts.push(conflict(&name, cells, reason, now)),
        }
    }
    note_conflicts(pair, conflicts, facts, rules);
    Side::BOTH
        .into_iter()
        .filter_map(|to| {
            let mut fields = first_group(pair.kind, to, std::mem::take(wanted.get_mut(to)), rules);
            let end = pair.ends.get_mut(to);
            end.one_by_one &= !fields.is_empty();
            if end.one_by_one {
                fields = fields.into_iter().take(1).collect();
            }
            (!fields.is_empty()).then_some(Wanted { to, creating: false, fields })
        })
        .collect()
}

fn conflict(name: &Field, cells: Sides<&Cell>, reason: ConflictReason, now: Timestamp) -> Conflict {
    Conflict {
        field: name.clone(),
        images: Sides { province: cells.province.image.clone(), national: cells.national.image.clone() },
        values: Sides { province: cells.province.value.clone(), national: cells.national.value.clone() },
        reason,
        since: now,
        decided: None,
    }
}

/// Whose value stands, by a person's decision: it names the two values that it saw, and is void when either moved.
fn decided_by_hand(pair: &Pair, name: &Field, cells: Sides<&Cell>) -> Option<Side> {
    let decided = pair.conflicts.iter().find(|conflict| {
        conflict.field == *name
            && conflict.images.province == cells.province.image
            && conflict.images.national == cells.national.image
    });
    decided.and_then(|conflict| conflict.decided)
}

fn by_a_person(by_hand: Option<Side>, decision: Decision) -> Decision {
    match (decision, by_hand) {
        (Decision::Ask(_) | Decision::Write { .. }, Some(winner)) => {
            Decision::Write { to: winner.other(), overruled: true }
        }
        (decision, _) => decision,
    }
}

/// Where a backup put a value back, the other side's stands until both agree again.
fn rolled_back(pair: &mut Pair, name: &Field, decision: Decision) -> Decision {
    match (pair.rolled_back.get(name), decision) {
        (None, _) => decision,
        (Some(_), Decision::Keep | Decision::Agreed) => {
            pair.rolled_back.remove(name);
            decision
        }
        (Some(to), Decision::Write { .. } | Decision::Ask(_)) => Decision::Write { to: *to, overruled: true },
    }
}

/// Open conflicts as they now are; a known one keeps its date, a decided one stays until its values moved.
fn note_conflicts(pair: &mut Pair, found: Vec<Conflict>, facts: &mut Vec<Fact>, rules: &dyn Rules) {
    let known = std::mem::take(&mut pair.conflicts);
    let still = |old: &Conflict| {
        let image = |side: Side| pair.ends.get(side).cells.get(&old.field).map(|cell| &cell.image);
        old.decided.is_some()
            && image(Side::Province) == Some(&old.images.province)
            && image(Side::National) == Some(&old.images.national)
    };
    let mut open: Vec<Conflict> = known.iter().filter(|old| still(old)).cloned().collect();
    for new in found {
        match known.iter().find(|old| old.field == new.field && old.images == new.images) {
            Some(old) => open.push(old.clone()),
            None => {
                let mut told = fact("conflict", pair, None);
                let digests = Sides {
                    province: rules.digest(&new.images.province),
                    national: rules.digest(&new.images.national),
                };
                told.fields.insert(new.field.clone(), digests);
                facts.push(told);
                open.push(new);
            }
        }
    }
    pair.conflicts = open;
}

fn with_values(what: &str, pair: &Pair, side: Side, name: &Field, cells: Sides<&Cell>, rules: &dyn Rules) -> Fact {
    let mut told = fact(what, pair, Some(side));
    let digests =
        Sides { province: rules.digest(&cells.province.image), national: rules.digest(&cells.national.image) };
    told.fields.insert(name.clone(), digests);
    told
}

/// The write of one field, unless it can't be, was refused before, or must wait for the replies that it announces.
fn planned_for_update(
    case: &Case,
    pair: &mut Pair,
    to: Side,
    name: &Field,
    cells: Sides<&Cell>,
    now: Timestamp,
    rules: &dyn Rules,
) -> Option<PlannedField> {
    let (source, target) = (cells.get(to.other()), cells.get(to));
    let parked = pair.parked.iter().any(|parked| {
        parked.side == to
            && parked.field.as_ref() == Some(name)
            && parked.refused == source.image
            && parked.stood == target.image
    });
    if parked || announces_too_early(case, to, name, source, rules) {
        return None;
    }
    if !rules.writes(to, pair.kind, name, false) {
        // A field that neither side takes again is nobody's business after the create.
        if rules.writes(to.other(), pair.kind, name, false) {
            let says = "this side takes no change of the field".to_owned();
            park(pair, to, name, (source.image.clone(), target.image.clone()), says, now, rules);
        }
        return None;
    }
    match rules.image(to, pair.kind, name, source.value.as_ref(), &case.dates()) {
        Ok(image) => Some(PlannedField {
            value: source.value.clone(),
            image,
            before: target.image.clone(),
            source: source.image.clone(),
        }),
        Err(reason) => {
            park(pair, to, name, (source.image.clone(), target.image.clone()), reason, now, rules);
            None
        }
    }
}

/// The fields of the first call that has any; a status only when nothing else is left.
fn first_group(
    kind: RecordKind,
    to: Side,
    mut fields: BTreeMap<Field, PlannedField>,
    rules: &dyn Rules,
) -> BTreeMap<Field, PlannedField> {
    if fields.len() > 1 && kind == RecordKind::Ticket {
        fields.remove(&field::STATUS);
    }
    let Some(first) = fields.keys().map(|name| rules.group(to, kind, name)).min() else { return fields };
    fields.retain(|name, _| rules.group(to, kind, name) == first);
    fields
}
