//! Which child is which: by its id, by our reference, or by the content of a write of ours that is out.

use crate::pure::sync::case::{Case, Fact, Intent, IntentState, Pair};
use crate::pure::sync::reference::{derive_child, is_of_child};
use crate::pure::sync::rules::Rules;
use crate::words::record::{Cells, Reading};
use crate::words::side::{Reference, RemoteId, Side};
use crate::words::ticket::{Field, RecordKind, field};

use super::{Glimpse, new_pair, take_in};

/// Children of one kind, as a set: union by identity. A child missing from a list proves nothing.
pub(super) fn observe_children(
    case: &mut Case,
    kind: RecordKind,
    shown: &[Reading],
    glimpse: Glimpse<'_>,
    rules: &dyn Rules,
    facts: &mut Vec<Fact>,
) {
    let side = glimpse.side;
    for reading in shown {
        let glimpse = Glimpse { reading, ..glimpse };
        let at = match find_child(case, kind, side, reading) {
            Some(at) => at,
            None => match adopt(case, kind, glimpse, rules) {
                Adopted::Ours(at) => at,
                Adopted::Held => {
                    case.ticket.ends.get_mut(side).holds_children = true;
                    continue;
                }
                Adopted::New => {
                    let pair =
                        match reading.reference.as_ref().filter(|carried| is_of_child(case.reference(), kind, carried))
                        {
                            // A copy that a lost state made: its original, on the other side, will be known by this name.
                            Some(carried) => new_pair(kind, carried.clone(), side.other()),
                            None => new_pair(kind, derive_child(case.reference(), kind, side, &reading.id), side),
                        };
                    case.children.push(pair);
                    case.children.len() - 1
                }
            },
        };
        let Case { children, intents, .. } = case;
        if let Some(pair) = children.get_mut(at) {
            take_in(pair, intents, glimpse, rules, facts);
        }
    }
    absent_children(case, kind, shown, glimpse, facts);
}

/// A doubt about a child's create that has rested, and the thread does not show the child: it had not landed.
fn absent_children(case: &mut Case, kind: RecordKind, shown: &[Reading], glimpse: Glimpse<'_>, facts: &mut Vec<Fact>) {
    if shown.is_empty() && glimpse.rested.is_none() {
        return;
    }
    for intent in &mut case.intents {
        let concerned = intent.kind == kind && intent.side == glimpse.side && intent.target.is_none();
        if concerned && matches!(intent.state, IntentState::Doubt { .. }) && glimpse.rested == Some(intent.key.as_str())
        {
            intent.is_absent();
            facts.push(Fact { says: Some("it had not landed".into()), ..intent.fact("settled") });
        }
    }
}

fn find_child(case: &Case, kind: RecordKind, side: Side, reading: &Reading) -> Option<usize> {
    let is = |pair: &Pair| pair.kind == kind;
    let has = |pair: &Pair| pair.ends.get(side).id.as_ref() == Some(&reading.id) && !reuses_id(pair, side, reading);
    let known = case.children.iter().position(|pair| is(pair) && has(pair));
    known.or_else(|| {
        let named = |name: &Reference| case.children.iter().position(|pair| is(pair) && pair.reference == *name);
        let carried = reading.reference.as_ref().and_then(named);
        carried.or_else(|| named(&derive_child(case.reference(), kind, side, &reading.id)))
    })
}

/// Whether a child that appears after a backup was put back got the id of one that the backup does not hold.
fn reuses_id(pair: &Pair, side: Side, reading: &Reading) -> bool {
    let end = pair.ends.get(side);
    let at = |cells: &Cells| cells.get(&field::AT).map(|cell| cell.image.clone());
    end.restored.is_some()
        && (reading.reference.as_ref().is_some_and(|carried| *carried != pair.reference)
            || at(&end.cells).is_some_and(|known| at(&reading.cells).is_some_and(|shown| shown != known)))
}

enum Adopted {
    Ours(usize),
    /// It may be a write of ours that is still out: not taken as new yet.
    Held,
    New,
}

/// A child that nobody knows: ours if a create of ours is out whose content it shows.
fn adopt(case: &Case, kind: RecordKind, glimpse: Glimpse<'_>, rules: &dyn Rules) -> Adopted {
    if rules.carries_reference(glimpse.side, kind) {
        return Adopted::New;
    }
    let out = case.intents.iter().filter(|intent| {
        intent.kind == kind && intent.side == glimpse.side && intent.target.is_none() && intent.may_appear()
    });
    let mut held = false;
    for intent in out {
        held = true;
        let known = intent.known_ids.contains(&glimpse.reading.id);
        if !known && same_content(kind, intent, glimpse.reading) && intent.state != IntentState::Sent {
            let ours = case.children.iter().position(|pair| pair.reference == intent.pair);
            return ours.map_or(Adopted::Held, Adopted::Ours);
        }
    }
    if held { Adopted::Held } else { Adopted::New }
}

/// Whether a child shows what we wrote: a reply by its text, a file by name with digest or size, a transfer by all.
fn same_content(kind: RecordKind, intent: &Intent, reading: &Reading) -> bool {
    let same = |name: &Field| match (intent.fields.get(name), reading.cells.get(name)) {
        (Some(planned), Some(cell)) => planned.image == cell.image || planned.value == cell.value,
        _ => false,
    };
    match kind {
        RecordKind::Reply => same(&field::TEXT),
        RecordKind::Attachment => same(&field::SHA256) || (same(&field::NAME) && same(&field::SIZE)),
        RecordKind::Ticket | RecordKind::Transfer => {
            intent.fields.iter().all(|(name, _)| !reading.cells.contains_key(name) || same(name))
        }
    }
}

/// Ids of the children of one kind that a side showed so far.
#[must_use]
pub fn known_ids(case: &Case, kind: RecordKind, side: Side) -> Vec<RemoteId> {
    case.children.iter().filter(|pair| pair.kind == kind).filter_map(|pair| pair.ends.get(side).id.clone()).collect()
}
