//! What must cross before what: parents before children, replies one at a time, an announcing status after its replies.

use crate::pure::sync::case::{Case, IntentState, Pair, PairState};
use crate::pure::sync::rules::Rules;
use crate::words::clock::Timestamp;
use crate::words::record::Cell;
use crate::words::side::Side;
use crate::words::ticket::{Field, RecordKind, Status, field};
use crate::words::value::Value;

use super::status_of;

/// Children in the order in which they must cross: by kind, then oldest first.
pub(super) fn child_order(case: &Case) -> Vec<usize> {
    let mut order: Vec<usize> = (0..case.children.len()).collect();
    let rank = |kind| RecordKind::CHILDREN.iter().position(|known| *known == kind);
    order.sort_by_key(|at| case.children.get(*at).map(|pair| (rank(pair.kind), happened(pair), *at)));
    order
}

fn happened(pair: &Pair) -> Option<Timestamp> {
    let cell = pair.ends.get(pair.origin).cells.get(&field::AT)?;
    cell.value.as_ref()?.as_instant()
}

/// The pair of the reply that an attachment belongs to.
fn reply_of<'a>(case: &'a Case, file: &Pair, side: Side) -> Option<&'a Pair> {
    let id = file.ends.get(side).cells.get(&field::REPLY)?.image.as_deref()?;
    case.children.iter().find(|other| {
        other.kind == RecordKind::Reply && other.ends.get(side).id.as_ref().is_some_and(|known| known.as_str() == id)
    })
}

/// The same reply by its id on the side that the attachment goes to.
pub(super) fn reply_there(case: &Case, file: &Pair, to: Side) -> Option<Value> {
    let id = reply_of(case, file, to.other())?.ends.get(to).id.as_ref()?;
    Some(Value::Text(id.as_str().into()))
}

/// Parent before child; one reply at a time, oldest first, after the ticket's documents; a reply's documents after it.
pub(super) fn may_cross(case: &Case, pair: &Pair, to: Side, rules: &dyn Rules) -> bool {
    if pair.kind == RecordKind::Ticket {
        return true;
    }
    let parent_there = case.ticket.ends.get(to).id.is_some()
        && !case.ticket.ends.get(to).is_gone()
        && !case.intents_of(&case.ticket.reference).any(|intent| intent.is_out() && intent.target.is_none());
    if !parent_there {
        return false;
    }
    if pair.kind == RecordKind::Attachment {
        return reply_of(case, pair, to.other()).is_none_or(|reply| has_crossed(case, reply, to));
    }
    if pair.kind != RecordKind::Reply {
        return true;
    }
    let mine = (happened(pair), position(case, pair));
    case.children.iter().all(|other| {
        let before = match other.kind {
            RecordKind::Attachment => {
                rules.creates(to, RecordKind::Attachment) && reply_of(case, other, to.other()).is_none()
            }
            RecordKind::Reply => other.reference != pair.reference && (happened(other), position(case, other)) < mine,
            RecordKind::Ticket | RecordKind::Transfer => false,
        };
        !before || has_crossed(case, other, to)
    })
}

fn position(case: &Case, pair: &Pair) -> Option<usize> {
    case.children.iter().position(|other| other.reference == pair.reference)
}

/// Whether a child is on `to`, or never will be by itself: what waits for a person holds nothing up, nor does what its own
/// side did not show any more when its ticket was read under another mapping.
fn has_crossed(case: &Case, pair: &Pair, to: Side) -> bool {
    let end = pair.ends.get(to);
    let there = end.id.is_some() && end.read_after.is_none();
    let vanished = pair.ends.get(to.other()).mapping != case.ticket.ends.get(to.other()).mapping
        && case.intents_of(&pair.reference).next().is_none();
    let stuck = pair.state != PairState::Live
        || pair.parked.iter().any(|parked| parked.side == to && parked.field.is_none())
        || case.intents_of(&pair.reference).any(|intent| intent.state == IntentState::Parked);
    let born_there_only = pair.ends.get(to.other()).id.is_none();
    there || stuck || vanished || born_there_only
}

/// An announcing status waits until every reply of its side has crossed.
pub(super) fn announces_too_early(case: &Case, to: Side, name: &Field, source: &Cell, rules: &dyn Rules) -> bool {
    *name == field::STATUS
        && status_of(source).is_some_and(Status::announces)
        && rules.creates(to, RecordKind::Reply)
        && (case.ticket.ends.get(to.other()).holds_children
            || case
                .children
                .iter()
                .filter(|child| matches!(child.kind, RecordKind::Reply | RecordKind::Attachment))
                .any(|child| rules.creates(to, child.kind) && !has_crossed(case, child, to)))
}
