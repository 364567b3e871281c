//! A ticket that is not there any more: believed only when direct reads agree, apart in time.

use chrono::TimeDelta;

use crate::words::clock::Timestamp;
use crate::words::record::Cell;
use crate::words::side::Side;
use crate::words::ticket::{RecordKind, Status, field};
use crate::words::value::Value;

use super::case::{Case, Fact, IntentState, Pair, PairState, READS_TO_BELIEVE_GONE};
use super::hands::Hand;
use super::observe::fact;
use super::restore::lost_with_children;
use super::rules::Rules;

/// Whether one more reading that finds the ticket gone would close it on the other side. Before that a younger ticket
/// must be seen alive: a side that lost its newest records shows none.
#[must_use]
pub fn would_close(case: &Case, side: Side, rules: &dyn Rules) -> bool {
    case.ticket.state == PairState::Live
        && case.ticket.ends.get(side).gone + 1 >= READS_TO_BELIEVE_GONE
        && rules.closes_when_gone()
}

/// Takes in that a direct reading found the ticket gone. Nothing is ever deleted: where the link's rule says so, a younger
/// ticket was `seen_alive` and the other side did not change meanwhile, the ticket is closed there; else the pair waits
/// for a person.
pub fn observe_gone(case: &mut Case, side: Side, began: Timestamp, seen_alive: bool, rules: &dyn Rules) -> Vec<Fact> {
    let pair = &mut case.ticket;
    let end = pair.ends.get_mut(side);
    if end.is_gone() {
        // A write that was still out when it went: whether it landed nobody can know any more.
        case.intents.retain(|intent| intent.state == IntentState::Sent || intent.side != side);
        return Vec::new();
    }
    if pair.state != PairState::Live {
        return Vec::new();
    }
    // One outage seen three times in a moment is one outage.
    if end.gone_at.is_some_and(|last| began < last + gone_apart(side, rules)) {
        return Vec::new();
    }
    end.gone += 1;
    end.gone_at = Some(began);
    if !end.is_gone() {
        return Vec::new();
    }
    if end.restored.is_some() {
        return lost_with_children(case, side);
    }
    // Nothing is sent to what is gone, and no doubt about it can be settled any more.
    case.intents.retain(|intent| intent.state == IntentState::Sent || (intent.is_out() && intent.side != side));
    let other = pair.ends.get(side.other());
    // A copy that is on its way may still come to light: that is nothing to forget.
    let coming = case.intents.iter().any(|intent| intent.target.is_none() && intent.kind == RecordKind::Ticket);
    if other.is_gone() || other.id.is_none() && !coming {
        pair.state = PairState::Tombstone;
    } else if seen_alive && rules.closes_when_gone() && untouched(pair, side.other()) {
        let closed = Value::Code(Status::Closed.as_str().into());
        pair.ends.get_mut(side).cells.insert(field::STATUS, Cell { image: None, value: Some(closed) });
    } else {
        let reason = "gone: direct reads say that the ticket is not there any more".into();
        pair.state = PairState::Quarantined { side, reason };
    }
    vec![fact("gone", &case.ticket, Some(side))]
}

/// Takes in that a person knows of the deletion, and a direct read just now found it gone: that person's word stands for
/// the reads before it, and for the younger ticket.
pub fn gone_by_hand(case: &mut Case, side: Side, hand: Hand<'_>, rules: &dyn Rules) -> Vec<Fact> {
    let end = case.ticket.ends.get_mut(side);
    if end.is_gone() {
        return Vec::new();
    }
    (end.gone, end.gone_at) = (READS_TO_BELIEVE_GONE - 1, None);
    let facts = observe_gone(case, side, hand.at, true, rules);
    facts.into_iter().map(|fact| Fact { says: Some(hand.says()), ..fact }).collect()
}

/// How far apart direct reads must be to count as several that found a ticket gone.
pub(super) fn gone_apart(side: Side, rules: &dyn Rules) -> TimeDelta {
    TimeDelta::from_std(rules.promises(side).settle()).unwrap_or(TimeDelta::hours(1))
}

/// Whether a side still shows what it showed when both last agreed.
fn untouched(pair: &Pair, side: Side) -> bool {
    pair.ends
        .get(side)
        .cells
        .iter()
        .all(|(name, cell)| pair.base.get(name).is_none_or(|base| *base.get(side) == cell.image))
}
