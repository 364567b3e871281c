//! From what a pair wants to the rows of its outbox: unsent ones give way, one that may still land stays first.

use std::collections::BTreeMap;

use crate::pure::sync::case::{Case, Fact, Intent, IntentState, MAX_ATTEMPTS, Pair, PlannedField};
use crate::pure::sync::observe::known_ids;
use crate::pure::sync::reference::operation_key;
use crate::pure::sync::remap::remapped;
use crate::pure::sync::rules::Rules;
use crate::words::clock::Timestamp;
use crate::words::side::{Side, Version};
use crate::words::ticket::Field;

/// After so many refused preconditions with unchanged values a version is taken to move by itself.
const MOVES_BY_ITSELF: u8 = 3;

/// A write that a pair wants, before it becomes an intent.
pub(super) struct Wanted {
    pub(super) to: Side,
    pub(super) creating: bool,
    pub(super) fields: BTreeMap<Field, PlannedField>,
}

/// Unsent intents give way to what is wanted now; one that is the same stays as it is.
pub(super) fn replace_intents(
    case: &mut Case,
    pair: &mut Pair,
    wanted: Vec<Wanted>,
    now: Timestamp,
    rules: &dyn Rules,
    facts: &mut Vec<Fact>,
) {
    let (mut mine, others): (Vec<_>, Vec<_>) =
        std::mem::take(&mut case.intents).into_iter().partition(|intent| intent.pair == pair.reference);
    case.intents = others;
    for want in wanted {
        let end = pair.ends.get(want.to);
        let version = if want.creating || end.moved_by_itself >= MOVES_BY_ITSELF { None } else { end.version.clone() };
        let old = mine.iter().position(|intent| intent.side == want.to).map(|at| mine.remove(at));
        match old {
            Some(old) if stays(&old, &want, version.as_ref(), rules) => {
                let old = remapped(old, &case.dates(), rules);
                case.intents.push(old);
            }
            old => {
                let due = old.filter(|old| old.state == IntentState::Ready).map_or(now, |old| old.due);
                case.intents.push(intent(case, pair, want, version, now, due, rules));
                if let Some(new) = case.intents.last() {
                    facts.push(new.fact("intent"));
                }
            }
        }
    }
}

/// Whether an unsent intent stays as it is. One that was sent on this very precondition and proved absent may still
/// land, so it goes first even where more is wanted by now.
fn stays(old: &Intent, want: &Wanted, version: Option<&Version>, rules: &dyn Rules) -> bool {
    let same_kind = old.target.is_none() == want.creating;
    let same_payload = same_kind && old.fields == want.fields;
    let same_version = old.version.as_ref() == version;
    if old.state == IntentState::Parked && old.mapping != rules.mapping(want.to) {
        // What was proved absent again and again may go by another mapping. What may be there is a person's still,
        // however it is spelled by now.
        return same_kind && old.attempts < MAX_ATTEMPTS && same_values(&old.fields, &want.fields);
    }
    (same_payload && (same_version || old.state == IntentState::Parked))
        || (old.attempts > 0
            && old.state == IntentState::Ready
            && old.target.is_some()
            && version.is_some()
            && same_version)
}

fn same_values(old: &BTreeMap<Field, PlannedField>, new: &BTreeMap<Field, PlannedField>) -> bool {
    let values = |fields: &BTreeMap<Field, PlannedField>| {
        fields.iter().map(|(name, planned)| (name.clone(), planned.value.clone())).collect::<Vec<_>>()
    };
    values(old) == values(new)
}

fn intent(
    case: &Case,
    pair: &mut Pair,
    want: Wanted,
    version: Option<Version>,
    now: Timestamp,
    due: Timestamp,
    rules: &dyn Rules,
) -> Intent {
    pair.generation += 1;
    Intent {
        key: operation_key(&pair.reference, want.to, pair.generation),
        case: case.ticket.reference.clone(),
        pair: pair.reference.clone(),
        kind: pair.kind,
        side: want.to,
        target: if want.creating { None } else { pair.ends.get(want.to).id.clone() },
        version,
        known_ids: if want.creating { known_ids(case, pair.kind, want.to) } else { Vec::new() },
        fields: want.fields,
        intended_at: now,
        mapping: rules.mapping(want.to).to_owned(),
        state: IntentState::Ready,
        attempts: 0,
        due,
        first_sent: None,
        accepted: false,
        says: None,
    }
}
