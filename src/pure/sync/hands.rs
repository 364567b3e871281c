//! What people decide by hand: try again, give up, whose value stands. Each changes a case and tells the audit who did
//! it; what follows is planned by whoever knows the rules.

use std::collections::BTreeMap;

use thiserror::Error;

use super::case::{Case, Fact, Intent, IntentState, Pair, PairState, Parked};
use super::observe::fact;
use super::plan::spelled;
use crate::words::clock::Timestamp;
use crate::words::side::{Reference, Side};
use crate::words::ticket::Field;

/// Why a person's decision can't be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotDone {
    /// The case has no such intent or pair.
    #[error("there is nothing of this name here")]
    Unknown,
    /// Its outcome is not known yet; it is settled by itself.
    #[error("it may have been sent and its outcome is not known yet: wait until that is settled")]
    UnderWay,
    /// Nothing waits for a person there.
    #[error("nothing of it waits for a person")]
    NothingWaits,
    /// The field is not in conflict.
    #[error("`{field}` is not in conflict; in conflict: {}", open.iter().map(Field::as_str).collect::<Vec<_>>().join(", "))]
    NoConflict {
        /// The field asked for.
        field: Field,
        /// Fields that are.
        open: Vec<Field>,
    },
    /// A value moved since the person looked.
    #[error("a value moved since you looked: look at the conflict again")]
    Moved,
    /// Releasing it could make it a second time: one of its two tickets is not known.
    #[error("this pair was set aside and one of its ends is not known: mend the two systems first")]
    OneEnded,
}

/// Who decides, and when.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    /// Name of the person, for the audit.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
}

impl Hand<'_> {
    fn fact(self, what: &str, pair: &Pair, side: Option<Side>) -> Fact {
        Fact { says: Some(self.says()), ..fact(what, pair, side) }
    }

    pub(super) fn says(self) -> String {
        format!("by {}", self.by)
    }
}

/// One intent goes out again as soon as it can, with all its tries before it.
///
/// # Errors
/// Where there is no such intent, or it is under way.
pub fn retry(case: &mut Case, key: &str, hand: Hand<'_>) -> Result<Vec<Fact>, NotDone> {
    let intent = case.intents.iter_mut().find(|intent| intent.key == key).ok_or(NotDone::Unknown)?;
    if intent.is_out() {
        return Err(NotDone::UnderWay);
    }
    intent.state = IntentState::Ready;
    intent.accepted = false;
    intent.attempts = 0;
    intent.due = hand.at;
    Ok(vec![Fact { says: Some(hand.says()), ..intent.fact("retried") }])
}

/// Everything of a case that waits for a person's "again": parked intents, refused values, pairs set aside.
///
/// # Errors
/// Where nothing waits, or a pair can't be released.
pub fn retry_all(case: &mut Case, hand: Hand<'_>) -> Result<Vec<Fact>, NotDone> {
    let parked: Vec<String> = case
        .intents
        .iter()
        .filter(|intent| intent.state == IntentState::Parked)
        .map(|intent| intent.key.clone())
        .collect();
    let mut facts = Vec::new();
    for key in parked {
        facts.extend(retry(case, &key, hand)?);
    }
    let mut one_ended = false;
    for pair in std::iter::once(&mut case.ticket).chain(&mut case.children) {
        for parked in std::mem::take(&mut pair.parked) {
            let fields = parked.field.iter().map(|field| (field.clone(), Default::default())).collect();
            facts.push(Fact { fields, ..hand.fact("retried", pair, Some(parked.side)) });
        }
        if let PairState::Quarantined { side, .. } = pair.state {
            if pair.ends.province.id.is_none() || pair.ends.national.id.is_none() {
                one_ended = true;
                continue;
            }
            pair.state = PairState::Live;
            // Whether it is gone is read anew.
            for side in Side::BOTH {
                let end = pair.ends.get_mut(side);
                (end.gone, end.gone_at) = (0, None);
            }
            facts.push(hand.fact("released", pair, Some(side)));
        }
    }
    match (facts.is_empty(), one_ended) {
        (false, _) => Ok(facts),
        (true, true) => Err(NotDone::OneEnded),
        (true, false) => Err(NotDone::NothingWaits),
    }
}

/// One intent is given up: what it would have written is remembered like a refusal, so that it is not planned again
/// until a value moves.
///
/// # Errors
/// Where there is no such intent, or it is under way.
pub fn discard(case: &mut Case, key: &str, hand: Hand<'_>) -> Result<Vec<Fact>, NotDone> {
    let at = case.intents.iter().position(|intent| intent.key == key).ok_or(NotDone::Unknown)?;
    if case.intents.get(at).is_some_and(Intent::is_out) {
        return Err(NotDone::UnderWay);
    }
    let intent = case.intents.remove(at);
    let pair = case.pair_mut(&intent.pair).ok_or(NotDone::Unknown)?;
    let says = Some(format!("discarded by {}", hand.by));
    let park = |field, refused, stood| Parked {
        side: intent.side,
        field,
        refused,
        stood,
        says: says.clone(),
        mapping: None,
        since: hand.at,
    };
    if intent.target.is_none() {
        let refused = spelled(pair.ends.get(intent.side.other()).cells.values());
        pair.parked.push(park(None, refused, None));
    } else {
        for (field, planned) in &intent.fields {
            pair.parked.retain(|known| known.side != intent.side || known.field.as_ref() != Some(field));
            pair.parked.push(park(Some(field.clone()), planned.source.clone(), planned.before.clone()));
        }
    }
    let fields = intent.fields.keys().map(|field| (field.clone(), Default::default())).collect();
    Ok(vec![Fact { fields, says: Some(hand.says()), ..intent.fact("discarded") }])
}

/// Whether a conflict still shows the two values that a person saw, by [`Conflict::seen`].
///
/// # Errors
/// [`NotDone::Moved`] where it does not, or where the pair or the conflict is not there.
pub fn still(case: &Case, pair: &Reference, field: &Field, seen: &str) -> Result<(), NotDone> {
    let pair = case.pair(pair).ok_or(NotDone::Unknown)?;
    let conflict = pair.conflicts.iter().find(|conflict| conflict.field == *field);
    if conflict.is_some_and(|conflict| conflict.seen() == seen) { Ok(()) } else { Err(NotDone::Moved) }
}

/// One field in conflict is decided: the value of `winner` stands. The decision is about the two values that are shown
/// now, and void when either moves.
///
/// # Errors
/// Where the pair or the conflict is not there.
pub fn resolve(
    case: &mut Case,
    pair: &Reference,
    field: &Field,
    winner: Side,
    hand: Hand<'_>,
) -> Result<Vec<Fact>, NotDone> {
    let pair = case.pair_mut(pair).ok_or(NotDone::Unknown)?;
    let open = pair.conflicts.iter().map(|conflict| conflict.field.clone()).collect();
    let Some(conflict) = pair.conflicts.iter_mut().find(|conflict| conflict.field == *field) else {
        return Err(NotDone::NoConflict { field: field.clone(), open });
    };
    conflict.decided = Some(winner);
    let fields = BTreeMap::from([(field.clone(), Default::default())]);
    Ok(vec![Fact { fields, ..hand.fact("decided", pair, Some(winner)) }])
}

#[cfg(test)]
mod tests;
