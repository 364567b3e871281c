//! What became of our writes: doubts that a reading decides, and acks that it proves.

use std::collections::BTreeMap;

use crate::pure::sync::case::{Attempt, Fact, Intent, IntentState, Pair, Parked, PlannedField};
use crate::pure::sync::rules::Rules;
use crate::pure::sync::swing::note;
use crate::words::clock::Timestamp;
use crate::words::record::{Image, Reading};
use crate::words::side::{Sides, Version};
use crate::words::ticket::Field;

use super::Glimpse;

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

pub(super) fn settle_doubts(
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
        let told = intent.fact("settled");
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
pub(in crate::pure::sync) fn may_still_land(pair: &mut Pair, intent: &Intent, rules: &dyn Rules) {
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
    let landed = shown().any(|(planned, cell)| shows(planned, &cell.image));
    (landed, !landed && shown().any(|(planned, cell)| cell.image == planned.before))
}

/// Whether a side shows what a write put there, be it in other letters or with other white space: systems fold and trim
/// without a word, and nobody's edit of another field may turn that into an edit of this one. Who changes no more than
/// that, right after our write and before we read it, is taken for the system.
fn shows(planned: &PlannedField, image: &Image) -> bool {
    let folded = |text: &Image| -> Option<String> {
        let letters = text.as_ref()?.chars().filter(|letter| !letter.is_whitespace());
        Some(letters.flat_map(char::to_lowercase).collect())
    };
    *image == planned.image || (*image != planned.before && folded(image) == folded(&planned.image))
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
        mapping: intent.mapping.clone(),
        side: intent.side,
        fields: intent.fields.clone(),
        precondition: intent.version.clone(),
        acked,
        acked_version: version,
        lands_until: from + settle,
    }
}

/// The first reading after an ack shows what the side made of the write: that sets the base.
pub(super) fn prove_acks(pair: &mut Pair, glimpse: Glimpse<'_>, rules: &dyn Rules, facts: &mut Vec<Fact>) {
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
                facts.push(guess(attempt.fact("settled", pair), &attempt.fields, glimpse, rules));
            }
        }
        for (name, planned) in &attempt.fields {
            let Some(cell) = glimpse.reading.cells.get(name) else { continue };
            let exact = attempt.acked_version.is_some() && attempt.acked_version == glimpse.reading.version;
            let as_made = shows(planned, &cell.image) || exact || cell.value == planned.value;
            if cell.image == planned.before && planned.image != planned.before {
                if attempt.acked.is_none() {
                    continue;
                }
                facts.push(attempt.fact("ineffective", pair));
                pair.parked.push(Parked {
                    side,
                    field: Some(name.clone()),
                    refused: planned.source.clone(),
                    stood: cell.image.clone(),
                    says: None,
                    mapping: Some(attempt.mapping.clone()),
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
        let mut proved = attempt.fact("proved", pair);
        proved.fields = attempt
            .fields
            .iter()
            .map(|(name, planned)| {
                let source = rules.digest(&planned.source);
                let image = if planned.image == planned.source { source.clone() } else { rules.digest(&planned.image) };
                let mut digests = Sides { province: source.clone(), national: source };
                *digests.get_mut(side) = image;
                (name.clone(), digests)
            })
            .collect();
        facts.push(proved);
    }
}
