//! Taking in what a side showed: what became of our writes, which child is which, and where the base now stands.
//!
//! Plans nothing. The base of a field moves only here and where [`super::plan`] finds that two readings agree.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::words::clock::Timestamp;
use crate::words::record::{Cell, Reading};
use crate::words::side::{RemoteId, Side, Sides, Version};
use crate::words::ticket::{Field, RecordKind, Status, field};
use crate::words::value::Value;

use super::case::{Attempt, Case, Fact, Intent, IntentState, Pair, PairState, Parked, PlannedField};
use super::reference::derive_child;
use super::rules::Rules;
use super::swing::note;

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

/// Takes in that a direct reading found the ticket gone. Nothing is ever deleted: where the link's rule says so and the
/// other side did not change meanwhile, the ticket is closed there; else the pair waits for a person.
pub fn observe_gone(case: &mut Case, side: Side, rules: &dyn Rules) -> Vec<Fact> {
    let pair = &mut case.ticket;
    let end = pair.ends.get_mut(side);
    if end.is_gone() || pair.state != PairState::Live {
        return Vec::new();
    }
    end.gone += 1;
    if !end.is_gone() {
        return Vec::new();
    }
    case.intents.retain(Intent::is_out);
    let other = pair.ends.get(side.other());
    if other.is_gone() || other.id.is_none() {
        pair.state = PairState::Tombstone;
    } else if rules.closes_when_gone() && untouched(pair, side.other()) {
        let closed = Value::Code(Status::Closed.as_str().into());
        pair.ends.get_mut(side).cells.insert(field::STATUS, Cell { image: None, value: Some(closed) });
    } else {
        let reason = "gone: direct reads say that the ticket is not there any more".into();
        pair.state = PairState::Quarantined { side, reason };
    }
    vec![fact("gone", &case.ticket, Some(side))]
}

/// Whether a side still shows what it showed when both last agreed.
fn untouched(pair: &Pair, side: Side) -> bool {
    pair.ends
        .get(side)
        .cells
        .iter()
        .all(|(name, cell)| pair.base.get(name).is_none_or(|base| *base.get(side) == cell.image))
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
    Fact { what: what.into(), pair: pair.reference.clone(), side, key: None, fields: BTreeMap::new(), says: None }
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
    let end = pair.ends.get_mut(side);
    if end.id.is_none() {
        end.id = Some(reading.id.clone());
        facts.push(fact("joined", pair, Some(side)));
    }
    let end = pair.ends.get_mut(side);
    end.identity = end.identity.take().or_else(|| reading.identity.clone());
    end.version.clone_from(&reading.version);
    end.read_began = Some(glimpse.began);
    end.read_after = None;
    end.gone = 0;
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

/// What an intent in doubt turns out to have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    Landed,
    /// Not so far, and it may be sent again as it is.
    Absent,
    /// It can't land any more.
    Void,
    Open,
}

fn settle_doubts(
    pair: &mut Pair,
    intents: &mut Vec<Intent>,
    glimpse: Glimpse<'_>,
    rules: &dyn Rules,
    facts: &mut Vec<Fact>,
) {
    let mut kept = Vec::with_capacity(intents.len());
    for mut intent in std::mem::take(intents) {
        let concerned = intent.pair == pair.reference && intent.side == glimpse.side;
        let verdict = match intent.state {
            IntentState::Doubt { .. } if concerned => judge_doubt(&intent, glimpse),
            // The worker is still busy with it, or it is not out: no reading decides it.
            _ => Doubt::Open,
        };
        let told = Fact { key: Some(intent.key.clone()), ..fact("settled", pair, Some(glimpse.side)) };
        match verdict {
            Doubt::Open => kept.push(intent),
            Doubt::Landed => {
                let guessed = intent.target.is_some() && !traces(&intent.fields, glimpse.reading).0;
                facts.push(match guessed {
                    true => guess(told, &intent.fields, glimpse, rules),
                    false => Fact { says: Some("it had landed".into()), ..told },
                });
                let settle = rules.promises(glimpse.side).settle();
                note(pair, &intent, glimpse.began);
                pair.ledger.push(attempt(&intent, Some(glimpse.began), None, settle));
            }
            Doubt::Absent => {
                facts.push(Fact { says: Some("it had not landed".into()), ..told });
                may_still_land(pair, &intent, rules);
                intent.is_absent();
                kept.push(intent);
            }
            Doubt::Void => facts.push(Fact { says: Some("it can't land any more".into()), ..told }),
        }
    }
    *intents = kept;
}

/// A write is taken to have landed although every field that it wrote shows a third value: more often a person wrote on
/// top of it than before it. Where that is wrong, the side's value overrules ours, so both values are told.
fn guess(told: Fact, fields: &BTreeMap<Field, PlannedField>, glimpse: Glimpse<'_>, rules: &dyn Rules) -> Fact {
    let values = fields.iter().filter_map(|(name, planned)| {
        let shown = rules.digest(&glimpse.reading.cells.get(name)?.image);
        let mut digests = Sides { province: shown.clone(), national: shown };
        *digests.get_mut(glimpse.side.other()) = rules.digest(&planned.source);
        Some((name.clone(), digests))
    });
    Fact { fields: values.collect(), says: Some("taken to have landed and to have been changed since".into()), ..told }
}

fn judge_doubt(intent: &Intent, glimpse: Glimpse<'_>) -> Doubt {
    let reading = glimpse.reading;
    let Some(_) = intent.target else {
        // A create: that the record is there is the proof; its absence is proved by a lookup, not here.
        return Doubt::Landed;
    };
    let (landed, untouched) = traces(&intent.fields, reading);
    let rested = glimpse.rested == Some(intent.key.as_str());
    match (&intent.version, &reading.version) {
        (Some(planned), Some(now)) if planned == now => Doubt::Absent,
        (Some(_), Some(_)) if untouched => Doubt::Void,
        (Some(_), Some(_)) => Doubt::Landed,
        _ if landed => Doubt::Landed,
        _ if rested && untouched => Doubt::Absent,
        _ if rested => Doubt::Landed,
        _ => Doubt::Open,
    }
}

/// Remembers a write that had no effect so far, but may still have one under its precondition: then it was us.
pub(super) fn may_still_land(pair: &mut Pair, intent: &Intent, rules: &dyn Rules) {
    if intent.version.is_some() && pair.ledger.iter().all(|attempt| attempt.key != intent.key) {
        pair.ledger.push(attempt(intent, None, None, rules.promises(intent.side).settle()));
    }
}

/// Whether a reading shows a write, or shows that it had no part in what stands there. A write changes all of its
/// fields or none: one that stands as before tells of all.
fn traces(fields: &BTreeMap<Field, PlannedField>, reading: &Reading) -> (bool, bool) {
    let shown = || {
        fields
            .iter()
            .filter(|(_, planned)| planned.image != planned.before)
            .filter_map(|(name, planned)| reading.cells.get(name).map(|cell| (planned, cell)))
    };
    let landed = shown().any(|(planned, cell)| cell.image == planned.image);
    (landed, !landed && shown().any(|(planned, cell)| cell.image == planned.before))
}

/// The ledger's entry for an intent that was acked, or found to have landed.
#[must_use]
pub fn attempt(
    intent: &Intent,
    acked: Option<Timestamp>,
    version: Option<Version>,
    settle: std::time::Duration,
) -> Attempt {
    let from = acked.unwrap_or(intent.due);
    Attempt {
        key: intent.key.clone(),
        side: intent.side,
        fields: intent.fields.clone(),
        precondition: intent.version.clone(),
        acked,
        acked_version: version,
        lands_until: from + settle,
    }
}

/// The first reading after an ack shows what the side made of the write: that sets the base.
fn prove_acks(pair: &mut Pair, glimpse: Glimpse<'_>, rules: &dyn Rules, facts: &mut Vec<Fact>) {
    let side = glimpse.side;
    // One without an answer is undecided as long as its precondition holds.
    let (decided, open): (Vec<_>, Vec<_>) = std::mem::take(&mut pair.ledger).into_iter().partition(|attempt| {
        attempt.side == side && (attempt.acked.is_some() || attempt.precondition != glimpse.reading.version)
    });
    pair.ledger = open;
    for attempt in decided {
        if attempt.acked.is_none() {
            let (landed, untouched) = traces(&attempt.fields, glimpse.reading);
            if untouched {
                continue;
            }
            if !landed {
                let told = Fact { key: Some(attempt.key.clone()), ..fact("settled", pair, Some(side)) };
                facts.push(guess(told, &attempt.fields, glimpse, rules));
            }
        }
        for (name, planned) in &attempt.fields {
            let Some(cell) = glimpse.reading.cells.get(name) else { continue };
            let exact = attempt.acked_version.is_some() && attempt.acked_version == glimpse.reading.version;
            let as_made = cell.image == planned.image || exact || cell.value == planned.value;
            if cell.image == planned.before && planned.image != planned.before {
                if attempt.acked.is_none() {
                    continue;
                }
                facts.push(Fact { key: Some(attempt.key.clone()), ..fact("ineffective", pair, Some(side)) });
                pair.parked.push(Parked {
                    side,
                    field: Some(name.clone()),
                    refused: planned.source.clone(),
                    stood: cell.image.clone(),
                    says: None,
                    since: glimpse.began,
                });
                continue;
            }
            // Neither what we wrote nor what stood there: a person changed it since, on top of our value.
            let image = if as_made { cell.image.clone() } else { planned.image.clone() };
            let mut base = Sides { province: planned.source.clone(), national: planned.source.clone() };
            *base.get_mut(side) = image;
            pair.base.insert(name.clone(), base);
        }
        let mut proved = fact("proved", pair, Some(side));
        proved.key = Some(attempt.key.clone());
        proved.fields = attempt
            .fields
            .iter()
            .map(|(name, planned)| {
                let mut digests =
                    Sides { province: rules.digest(&planned.source), national: rules.digest(&planned.source) };
                *digests.get_mut(side) = rules.digest(&planned.image);
                (name.clone(), digests)
            })
            .collect();
        facts.push(proved);
    }
}

/// Children of one kind, as a set: union by identity. A child missing from a list proves nothing.
fn observe_children(
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
                Adopted::Held => continue,
                Adopted::New => {
                    let reference = derive_child(case.reference(), kind, side, &reading.id);
                    case.children.push(new_pair(kind, reference, side));
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
            facts.push(Fact {
                what: "settled".into(),
                pair: intent.pair.clone(),
                side: Some(glimpse.side),
                key: Some(intent.key.clone()),
                fields: BTreeMap::new(),
                says: Some("it had not landed".into()),
            });
        }
    }
}

fn find_child(case: &Case, kind: RecordKind, side: Side, reading: &Reading) -> Option<usize> {
    let is = |pair: &Pair| pair.kind == kind;
    case.children.iter().position(|pair| is(pair) && pair.ends.get(side).id.as_ref() == Some(&reading.id)).or_else(
        || {
            let reference = reading.reference.as_ref()?;
            case.children.iter().position(|pair| is(pair) && pair.reference == *reference)
        },
    )
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
