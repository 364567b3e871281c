//! Taking in what a side showed: what became of our writes, which child is which, and where the base now stands.
//!
//! Plans nothing. The base of a field moves only here and where [`super::plan`] finds that two readings agree.

mod children;
mod ledger;

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::words::clock::Timestamp;
use crate::words::record::Reading;
use crate::words::side::{Side, Sides, Version};
use crate::words::ticket::RecordKind;

use super::case::{Case, Fact, Intent, Pair, PairState};
use super::remap::respell;
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
    /// Key of a doubt that has rested long enough for this reading to prove it absent.
    pub rested: Option<&'a str>,
}

/// Takes in one reading of the case's ticket with its children.
pub fn observe(case: &mut Case, glimpse: Glimpse<'_>, rules: &dyn Rules) -> Vec<Fact> {
    let mut facts = Vec::new();
    let Case { ticket, intents, .. } = case;
    if !take_in(ticket, intents, glimpse, rules, &mut facts) {
        return facts;
    }
    for kind in RecordKind::CHILDREN {
        if let Some(shown) = glimpse.reading.children.get(&kind) {
            observe_children(case, kind, shown, glimpse, rules, &mut facts);
        }
    }
    facts
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

fn counted(version: Option<&Version>) -> Option<u64> {
    version.and_then(|version| version.as_str().parse().ok())
}

/// Whether a reading may be older than what is known already: it shows a state of at most `lag` before it began.
fn is_stale(pair: &Pair, glimpse: Glimpse<'_>, lag: TimeDelta) -> bool {
    let end = pair.ends.get(glimpse.side);
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

/// One record's reading. False where nothing of it may be used.
fn take_in(
    pair: &mut Pair,
    intents: &mut Vec<Intent>,
    glimpse: Glimpse<'_>,
    rules: &dyn Rules,
    facts: &mut Vec<Fact>,
) -> bool {
    let (side, reading) = (glimpse.side, glimpse.reading);
    let lag = TimeDelta::from_std(rules.promises(side).read_lag).unwrap_or(TimeDelta::hours(1));
    if is_stale(pair, glimpse, lag) {
        return false;
    }
    if let Some(reason) = not_the_same(pair, glimpse) {
        if pair.state == PairState::Live {
            facts.push(Fact { says: Some(reason.clone()), ..fact("quarantined", pair, Some(side)) });
            pair.state = PairState::Quarantined { side, reason };
        }
        return false;
    }
    settle_doubts(pair, intents, glimpse, rules, facts);
    respell(pair, glimpse, rules);
    let end = pair.ends.get_mut(side);
    if end.id.is_none() {
        end.id = Some(reading.id.clone());
        facts.push(fact("joined", pair, Some(side)));
    }
    let end = pair.ends.get_mut(side);
    end.identity = end.identity.take().or_else(|| reading.identity.clone());
    end.version.clone_from(&reading.version);
    end.mapping = rules.mapping(side).to_owned();
    end.read_began = Some(glimpse.began);
    end.read_after = None;
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
    if let Some(id) = &end.id
        && *id != glimpse.reading.id
    {
        return Some(format!("two records for one pair: {id} and {}", glimpse.reading.id));
    }
    match (&end.identity, &glimpse.reading.identity) {
        (Some(known), Some(shown)) if known != shown => {
            Some("the id now belongs to another record (it was created at another instant)".into())
        }
        _ => None,
    }
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
        swings: Vec::new(),
        generation: 0,
        state: PairState::Live,
    }
}
