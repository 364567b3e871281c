//! Taking in what a side showed: what became of our writes, which child is which, and where the base now stands.
//!
//! Plans nothing. The base of a field moves only here and where [`super::plan`] finds that two readings agree.

mod children;
mod ledger;

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::words::clock::Timestamp;
use crate::words::promise::Promises;
use crate::words::record::Reading;
use crate::words::side::{RemoteId, Side, Sides, Version};
use crate::words::ticket::RecordKind;

use super::case::{Case, End, Fact, Intent, Pair, PairState, Restored};
use super::remap::respell;
use super::restore::{WENT_BACK, is_older, lost, lost_with_children, note_past, went_back};
use super::rules::Rules;
pub use children::known_ids;
pub use ledger::attempt;
pub(super) use ledger::may_still_land;

use children::observe_children;
use ledger::{prove_acks, settle_doubts};

/// One reading of a ticket, and how far it may be trusted to settle a doubt.
#[derive(Debug, Clone, Copy)]
pub struct Glimpse<'a> {
    /// Side that showed it.
    pub side: Side,
    /// What it showed.
    pub reading: &'a Reading,
    /// When the reading began: what it shows is at least this new.
    pub began: Timestamp,
    /// Now, by the same clock.
    pub now: Timestamp,
    /// Key of a doubt that has rested long enough for this reading to prove it absent.
    pub rested: Option<&'a str>,
}

/// Takes in one reading of the case's ticket with its children.
pub fn observe(case: &mut Case, glimpse: Glimpse<'_>, rules: &dyn Rules) -> Vec<Fact> {
    let mut facts = Vec::new();
    let (side, end) = (glimpse.side, case.ticket.ends.get(glimpse.side));
    let restored = end.restored.is_some();
    if restored && is_another(end, glimpse.reading) {
        return lost_with_children(case, side);
    }
    let older = is_older(end, glimpse.reading);
    let Case { ticket, intents, .. } = case;
    if !take_in(ticket, intents, glimpse, rules, &mut facts) {
        return facts;
    }
    if older {
        let ends = case.children.iter_mut().map(|pair| pair.ends.get_mut(side));
        ends.filter(|end| end.restored.is_some()).for_each(|end| end.restored = Some(Restored::Older));
    }
    note_return(case, side, &mut facts);
    note_transfer(case, side, rules, &mut facts);
    for kind in RecordKind::CHILDREN {
        if let Some(shown) = glimpse.reading.children.get(&kind) {
            observe_children(case, kind, shown, glimpse, rules, &mut facts);
            if restored {
                let gone = |pair: &&mut Pair| pair.kind == kind && pair.ends.get(side).restored.is_some();
                facts.extend(case.children.iter_mut().filter(gone).map(|pair| lost(pair, side)));
            }
        }
    }
    facts
}

/// A ticket that was taken to be nowhere any more is shown: it goes on.
fn note_return(case: &mut Case, side: Side, facts: &mut Vec<Fact>) {
    if case.ticket.state == PairState::Tombstone {
        case.ticket.state = PairState::Live;
        facts.push(fact("returned", &case.ticket, Some(side)));
    }
}

/// A ticket that went to another province's agency ends its pairing, by name; one that comes back goes on.
fn note_transfer(case: &mut Case, side: Side, rules: &dyn Rules, facts: &mut Vec<Fact>) {
    let keeps = rules.keeps(side, &case.ticket.ends.get(side).cells);
    match case.ticket.state {
        PairState::Live if !keeps => {
            case.ticket.state = PairState::Transferred { side };
            case.intents.retain(Intent::is_out);
            facts.push(fact("transferred", &case.ticket, Some(side)));
        }
        PairState::Transferred { side: of } if of == side && keeps => {
            case.ticket.state = PairState::Live;
            facts.push(fact("returned", &case.ticket, Some(side)));
        }
        _ => {}
    }
}

/// Whether a reading of a ticket that goes on was taken in, or needs not be made again: one that may be older than what is
/// known is not used, and what it showed that is new must be read once more.
#[must_use]
pub fn is_taken_in(case: &Case, side: Side, began: Timestamp) -> bool {
    case.ticket.state != PairState::Live || case.ticket.ends.get(side).read_began == Some(began)
}

/// Takes in one reading of one child alone, as an answer to a write showed it.
pub fn observe_child(case: &mut Case, glimpse: Glimpse<'_>, rules: &dyn Rules) -> Vec<Fact> {
    let mut facts = Vec::new();
    let Case { children, intents, .. } = case;
    let pair = children.iter_mut().find(|pair| {
        pair.kind == glimpse.reading.kind && pair.ends.get(glimpse.side).id.as_ref() == Some(&glimpse.reading.id)
    });
    if let Some(pair) = pair {
        take_in(pair, intents, glimpse, rules, &mut facts);
    }
    facts
}

/// A fact about a pair, without fields.
#[must_use]
pub fn fact(what: &str, pair: &Pair, side: Option<Side>) -> Fact {
    Fact::new(what, &pair.reference, side)
}

/// A version as a number, where the mapping promises that it counts. A digest whose characters happen to be digits is
/// none.
pub(super) fn counted(version: Option<&Version>, promises: &Promises) -> Option<u64> {
    version.filter(|_| promises.counted).and_then(|version| version.as_str().parse().ok())
}

/// A mark from the future was set by a clock that has been put back since, or by another's that is ahead: from now on
/// it says no more than that whatever begins later is newer.
fn tame_clocks(pair: &mut Pair, glimpse: Glimpse<'_>) {
    let end = pair.ends.get_mut(glimpse.side);
    for mark in [&mut end.read_began, &mut end.read_ended, &mut end.read_after] {
        *mark = mark.map(|mark| mark.min(glimpse.now));
    }
}

/// Whether a reading may be older than what is known already: it shows a state of at most `lag` before it began.
fn is_stale(pair: &Pair, glimpse: Glimpse<'_>, lag: TimeDelta, promises: &Promises) -> bool {
    let end = pair.ends.get(glimpse.side);
    let counted = |version| counted(version, promises);
    let acked =
        pair.ledger.iter().filter(|attempt| attempt.side == glimpse.side).filter_map(|a| a.acked_version.as_ref());
    let known = counted(end.version.as_ref()).max(acked.filter_map(|version| counted(Some(version))).max());
    match (known, counted(glimpse.reading.version.as_ref())) {
        (Some(known), Some(shown)) if shown < known => true,
        (Some(_), Some(_)) => end.read_after.is_some_and(|after| {
            let told =
                pair.ledger.iter().any(|a| a.side == glimpse.side && counted(a.acked_version.as_ref()).is_some());
            !told && glimpse.began - lag < after
        }),
        _ => {
            end.read_after.is_some_and(|after| glimpse.began - lag < after)
                || end.read_began.is_some_and(|last| glimpse.began - lag < last)
        }
    }
}

/// A reading that is dropped, for it may not show our write yet, still proves how far the record had come by then: an
/// older one later on is a backup that was put back, not a write without effect.
fn note_progress(end: &mut End, glimpse: Glimpse<'_>) {
    let newer = end.read_began.is_none_or(|last| glimpse.began >= last);
    if newer && glimpse.reading.changed > end.changed {
        end.changed = glimpse.reading.changed;
        end.read_ended = end.read_ended.max(Some(glimpse.now));
    }
}

/// One record's reading. False where nothing of it may be used.
fn take_in(
    pair: &mut Pair,
    intents: &mut Vec<Intent>,
    glimpse: Glimpse<'_>,
    rules: &dyn Rules,
    facts: &mut Vec<Fact>,
) -> bool {
    let (side, reading) = (glimpse.side, glimpse.reading);
    let promises = rules.promises(side);
    let lag = TimeDelta::from_std(promises.read_lag).unwrap_or(TimeDelta::hours(1));
    tame_clocks(pair, glimpse);
    // Before its version is compared: another record's tells nothing of this one.
    if let Some(reason) = not_the_same(pair, glimpse) {
        if pair.state == PairState::Live {
            facts.push(Fact { says: Some(reason.clone()), ..fact("quarantined", pair, Some(side)) });
            pair.state = PairState::Quarantined { side, reason };
        }
        return false;
    }
    if went_back(pair, glimpse, lag, promises) {
        facts.push(fact(WENT_BACK, pair, Some(side)));
        return false;
    }
    if is_stale(pair, glimpse, lag, promises) {
        note_progress(pair.ends.get_mut(side), glimpse);
        return false;
    }
    settle_doubts(pair, intents, glimpse, rules, facts);
    respell(pair, glimpse, rules);
    let end = pair.ends.get_mut(side);
    if end.id.is_none() {
        end.id = Some(reading.id.clone());
        facts.push(fact("joined", pair, Some(side)));
    }
    note_past(pair, side, reading);
    let end = pair.ends.get_mut(side);
    end.identity = end.identity.take().or_else(|| reading.identity.clone());
    end.version.clone_from(&reading.version);
    end.mapping = rules.mapping(side).to_owned();
    end.changed = reading.changed;
    end.read_began = Some(glimpse.began);
    end.read_ended = Some(glimpse.now);
    end.read_after = None;
    end.holds_children = false;
    (end.gone, end.gone_at) = (0, None);
    end.captures.clone_from(&reading.captures);
    if reading.cells.iter().any(|(name, cell)| end.cells.get(name).is_none_or(|known| known.image != cell.image)) {
        end.moved_by_itself = 0;
    }
    end.cells.extend(reading.cells.iter().map(|(name, cell)| (name.clone(), cell.clone())));
    prove_acks(pair, glimpse, rules, facts);
    true
}

/// Why this reading can't be of the record that we knew.
fn not_the_same(pair: &Pair, glimpse: Glimpse<'_>) -> Option<String> {
    let end = pair.ends.get(glimpse.side);
    match &end.id {
        Some(id) if *id != glimpse.reading.id => Some(merged(id, &glimpse.reading.id)),
        _ if is_another(end, glimpse.reading) => {
            Some("the id now belongs to another record (it was created at another instant)".into())
        }
        _ if pair.origin != glimpse.side && names_another(pair, glimpse.reading) => {
            Some("the id now belongs to another record (it carries another reference)".into())
        }
        _ => None,
    }
}

/// Whether a record that we made carries the reference of another one.
fn names_another(pair: &Pair, reading: &Reading) -> bool {
    reading.reference.as_ref().is_some_and(|carried| *carried != pair.reference)
}

/// Whether a record was created at another instant than the one that we knew by this id.
fn is_another(end: &End, reading: &Reading) -> bool {
    matches!((&end.identity, &reading.identity), (Some(known), Some(shown)) if known != shown)
}

/// Reading one id shows another: that system took the two for duplicates (trùng).
fn merged(read: &RemoteId, shown: &RemoteId) -> String {
    format!("merged: reading {read} shows {shown}, so the two are one ticket there now")
}

/// A pair that nothing is known of yet.
#[must_use]
pub fn new_pair(kind: RecordKind, reference: crate::words::side::Reference, origin: Side) -> Pair {
    Pair {
        kind,
        reference,
        origin,
        ends: Sides::default(),
        base: BTreeMap::new(),
        ledger: Vec::new(),
        parked: Vec::new(),
        conflicts: Vec::new(),
        rolled_back: BTreeMap::new(),
        swings: Vec::new(),
        generation: 0,
        state: PairState::Live,
    }
}
