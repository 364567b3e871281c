//! From what a pair wants to the rows of its outbox: unsent ones give way, one that may still land stays first.

use std::collections::BTreeMap;

use crate::pure::sync::case::{Case, Fact, Intent, IntentState, Pair, PlannedField};
use crate::pure::sync::observe::{fact, known_ids};
use crate::pure::sync::reference::operation_key;
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
            Some(old) if stays(&old, &want, version.as_ref()) => case.intents.push(old),
            old => {
                let due = old.filter(|old| old.state == IntentState::Ready).map_or(now, |old| old.due);
                case.intents.push(intent(case, pair, want, version, now, due, rules));
                if let Some(new) = case.intents.last() {
                    facts.push(Fact { key: Some(new.key.clone()), ..fact("intent", pair, Some(new.side)) });
                }
            }
        }
    }
}

/// Whether an unsent intent stays as it is. One that was sent on this very precondition and proved absent may still
/// land, so it goes first even where more is wanted by now.
fn stays(old: &Intent, want: &Wanted, version: Option<&Version>) -> bool {
    let same_payload = old.target.is_none() == want.creating && old.fields == want.fields;
    let same_version = old.version.as_ref() == version;
    (same_payload && (same_version || old.state == IntentState::Parked))
        || (old.attempts > 0
            && old.state == IntentState::Ready
            && old.target.is_some()
            && version.is_some()
            && same_version)
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
