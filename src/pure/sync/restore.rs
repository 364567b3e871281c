//! A system that was put back to an older backup: how that is noticed, and what is made of it once a person says so.
//!
//! Nothing is written on the strength of a guess: a version that goes back stops the side. After a person's word a
//! value that equals an older one was rolled back, and the other side's stands; anything else is a new edit.

use chrono::TimeDelta;

use crate::words::clock::Timestamp;
use crate::words::promise::Promises;
use crate::words::record::{Image, Reading};
use crate::words::side::Side;

use super::case::{Attempt, Case, End, Fact, IntentState, Pair, PairState, Restored};
use super::hands::Hand;
use super::observe::{Glimpse, counted, fact};

/// What [`super::observe::observe`] tells of a record that is older than it was: the shell stops the side.
pub const WENT_BACK: &str = "went_back";

/// So many former values of a field are known again.
const MOST_PAST: usize = 8;

/// Whether a record is older than it was known to be by the time that this reading began: no lag explains that.
pub(super) fn went_back(pair: &Pair, glimpse: Glimpse<'_>, lag: TimeDelta, promises: &Promises) -> bool {
    let end = pair.ends.get(glimpse.side);
    if end.restored.is_some() {
        return false;
    }
    let by_then = |known: Option<Timestamp>| known.is_some_and(|known| glimpse.began - lag > known);
    let acked = pair.ledger.iter().filter(|attempt| attempt.side == glimpse.side);
    let versions = std::iter::once((end.version.as_ref(), end.read_ended))
        .chain(acked.map(|attempt| (attempt.acked_version.as_ref(), attempt.acked)));
    let known = versions.filter(|(_, at)| by_then(*at)).filter_map(|(version, _)| counted(version, promises)).max();
    if let (Some(known), Some(shown)) = (known, counted(glimpse.reading.version.as_ref(), promises)) {
        return shown < known;
    }
    let apart = TimeDelta::from_std(promises.commit_lag).unwrap_or(TimeDelta::hours(1));
    let older = |known: Timestamp, shown: Timestamp| shown < known - apart;
    matches!((end.changed, glimpse.reading.changed), (Some(known), Some(shown)) if older(known, shown))
        && by_then(end.read_ended)
}

/// A person says that a side was put back to a backup. What is known of the record there counts no more than as
/// something to know old values by; it is read again before anything is planned.
pub fn restored(case: &mut Case, side: Side, hand: Hand<'_>) -> Vec<Fact> {
    for pair in std::iter::once(&mut case.ticket).chain(&mut case.children) {
        let end = pair.ends.get_mut(side);
        if end.id.is_none() {
            continue;
        }
        // When it last changed stays known: to tell whether the backup is older.
        (end.version, end.read_began, end.read_ended) = (None, None, None);
        (end.gone, end.gone_at, end.moved_by_itself) = (0, None, 0);
        (end.read_after, end.restored) = (Some(hand.at), Some(Restored::ByValue));
        // A create is proved by the record that is read, whenever it was made; an update is simply planned again.
        let creates = |attempt: &Attempt| attempt.fields.values().all(|planned| planned.before.is_none());
        pair.ledger.retain(|attempt| attempt.side != side || creates(attempt));
        pair.swings.retain(|swing| swing.side != side);
        if matches!(pair.state, PairState::Quarantined { side: of, .. } if of == side) {
            pair.state = PairState::Live;
        }
    }
    case.intents.retain(|intent| intent.state != IntentState::Ready);
    // The versions that they were planned on may come a second time: their content decides.
    for intent in case.intents.iter_mut().filter(|intent| intent.side == side) {
        intent.version = None;
    }
    vec![Fact { says: Some(hand.says()), ..fact("restored", &case.ticket, Some(side)) }]
}

/// Whether a record is read for the first time after a restore and was last changed before what was known of it.
pub(super) fn is_older(end: &End, reading: &Reading) -> bool {
    let before = matches!((end.changed, reading.changed), (Some(known), Some(shown)) if shown < known);
    end.restored.is_some() && before
}

/// Remembers what a reading replaces. The first reading after a restore is judged by what is remembered.
pub(super) fn note_past(pair: &mut Pair, side: Side, reading: &Reading) {
    let end = pair.ends.get_mut(side);
    let restored = if is_older(end, reading) { Some(Restored::Older) } else { end.restored };
    end.restored = None;
    for (name, cell) in &reading.cells {
        let Some(known) = end.cells.get(name).filter(|known| known.image != cell.image) else { continue };
        let past: &mut Vec<Image> = end.past.entry(name.clone()).or_default();
        if restored == Some(Restored::Older) || restored.is_some() && past.contains(&cell.image) {
            pair.rolled_back.insert(name.clone(), side);
        } else if pair.rolled_back.get(name) == Some(&side) {
            // Written again, or changed by a person since: both are newer than the backup.
            pair.rolled_back.remove(name);
        }
        past.retain(|image| *image != known.image);
        past.push(known.image.clone());
        let surplus = past.len().saturating_sub(MOST_PAST);
        past.drain(..surplus);
    }
}

/// A record that the backup does not hold. What came from the other side is made again; what was made here is lost
/// here, and a person must know.
pub(super) fn lost(pair: &mut Pair, side: Side) -> Fact {
    if pair.origin == side {
        let reason = "lost by a restored backup: it was made after the backup, and only its copy is left".to_owned();
        pair.ends.get_mut(side).restored = None;
        pair.state = PairState::Quarantined { side, reason: reason.clone() };
        return Fact { says: Some(reason), ..fact("quarantined", pair, Some(side)) };
    }
    *pair.ends.get_mut(side) = End::default();
    pair.base.clear();
    pair.rolled_back.clear();
    pair.conflicts.clear();
    pair.ledger.retain(|attempt| attempt.side != side);
    fact("lost", pair, Some(side))
}

/// A ticket that the backup does not hold, with all that stood under it.
pub(super) fn lost_with_children(case: &mut Case, side: Side) -> Vec<Fact> {
    case.intents.retain(|intent| intent.side != side || intent.target.is_none());
    let under = case.children.iter_mut().filter(|child| child.ends.get(side).id.is_some());
    let mut facts: Vec<Fact> = under.map(|child| lost(child, side)).collect();
    facts.push(lost(&mut case.ticket, side));
    facts
}
