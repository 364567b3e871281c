//! What the store knows of open work, and which differences that explains.

use std::collections::{BTreeMap, BTreeSet};

use super::{Class, Difference};
use crate::pure::sync::case::{Case, Intent, IntentState, Pair, PairState, TRANSFERRED};
use crate::words::side::{Reference, RemoteId, Side};
use crate::words::ticket::{Field, RecordKind};

/// Why something differs that should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpenKind {
    /// Can't be read.
    Quarantined,
    /// Waits for a person's decision.
    Conflict,
    /// Refused.
    Parked,
    /// Sent, outcome not known.
    InDoubt,
    /// To be sent.
    Waiting,
}

impl OpenKind {
    const fn class(self) -> Class {
        match self {
            Self::Quarantined => Class::Quarantined,
            Self::Conflict => Class::Conflict,
            Self::Parked => Class::Parked,
            Self::InDoubt => Class::InDoubt,
            Self::Waiting => Class::Waiting,
        }
    }
}

/// One thing that is open on a ticket or on one of its children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// What.
    pub kind: OpenKind,
    /// Which kind of record it concerns.
    pub record: RecordKind,
    /// The fields it explains; `None` explains the whole record, its absence on one side included.
    pub fields: Option<BTreeSet<Field>>,
    /// Why, in the remote's own words or in ours, without personal data.
    pub says: Option<String>,
}

impl Open {
    fn explains(&self, difference: &Difference) -> bool {
        match difference {
            Difference::Field { kind, field, .. } => {
                *kind == self.record && self.fields.as_ref().is_none_or(|fields| fields.contains(field))
            }
            Difference::OnlyAt { kind, .. } => *kind == self.record && self.fields.is_none(),
        }
    }
}

/// What the store knows: which records it holds for a pair, and what is open on them.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pairs: BTreeMap<(Side, RemoteId), Reference>,
    open: BTreeMap<Reference, Vec<Open>>,
}

impl Known {
    /// Takes in what a case tells.
    pub fn add_case(&mut self, case: &Case) {
        for side in Side::BOTH {
            if let Some(id) = &case.ticket.ends.get(side).id {
                self.pairs.insert((side, id.clone()), case.reference().clone());
            }
        }
        let mut open: Vec<Open> = case.pairs().flat_map(of_pair).collect();
        open.extend(case.intents.iter().map(of_intent));
        if !open.is_empty() {
            self.open.entry(case.reference().clone()).or_default().extend(open);
        }
    }

    /// Notes one thing that is open on a ticket.
    pub fn add(&mut self, side: Side, id: &RemoteId, reference: &Reference, open: Open) {
        self.pairs.insert((side, id.clone()), reference.clone());
        self.open.entry(reference.clone()).or_default().push(open);
    }

    /// The pair that a record belongs to, as far as the store knows.
    pub(super) fn reference(&self, side: Side, id: &RemoteId) -> Option<&Reference> {
        self.pairs.get(&(side, id.clone()))
    }

    /// What is open on a record's pair.
    pub(super) fn open(&self, side: Side, id: &RemoteId) -> &[Open] {
        self.reference(side, id).and_then(|reference| self.open.get(reference)).map_or(&[], Vec::as_slice)
    }
}

fn of_pair(pair: &Pair) -> Vec<Open> {
    let record = pair.kind;
    let mut open = Vec::new();
    let set_aside = match &pair.state {
        PairState::Quarantined { reason, .. } => Some(reason.clone()),
        PairState::Transferred { .. } => Some(TRANSFERRED.to_owned()),
        PairState::Live | PairState::Unreadable { .. } | PairState::Tombstone => None,
    };
    if let Some(says) = set_aside {
        open.push(Open { kind: OpenKind::Quarantined, record, fields: None, says: Some(says) });
    }
    for parked in &pair.parked {
        let fields = parked.field.clone().map(|field| BTreeSet::from([field]));
        open.push(Open { kind: OpenKind::Parked, record, fields, says: parked.says.clone() });
    }
    for conflict in &pair.conflicts {
        let fields = Some(BTreeSet::from([conflict.field.clone()]));
        open.push(Open { kind: OpenKind::Conflict, record, fields, says: None });
    }
    for attempt in &pair.ledger {
        // Written, not yet seen there: a record just made may still be missing from its listing.
        let seen = pair.ends.get(attempt.side).read_began.is_some();
        let fields = seen.then(|| attempt.fields.keys().cloned().collect());
        open.push(Open { kind: OpenKind::Waiting, record, fields, says: None });
    }
    open
}

fn of_intent(intent: &Intent) -> Open {
    let kind = match intent.state {
        IntentState::Ready => OpenKind::Waiting,
        IntentState::Sent | IntentState::Doubt { .. } => OpenKind::InDoubt,
        IntentState::Parked => OpenKind::Parked,
    };
    let fields = intent.target.is_some().then(|| intent.fields.keys().cloned().collect());
    Open { kind, record: intent.kind, fields, says: intent.says.clone() }
}

/// The class of a ticket that is on both sides, or `alone` on one, and the reasons that are known. Differences count
/// as explained only where every one of them is; of several explanations the gravest names the class.
pub(super) fn classify(
    alone: Option<Class>,
    differences: &[Difference],
    open: &[&Open],
    young: bool,
) -> (Class, Vec<String>) {
    let quarantined: Vec<_> = open.iter().filter(|open| open.kind == OpenKind::Quarantined).copied().collect();
    if !quarantined.is_empty() && quarantined.iter().any(|open| open.record == RecordKind::Ticket) {
        return (Class::Quarantined, words(&quarantined));
    }
    if let Some(missing) = alone {
        let whole = |open: &&&Open| open.record == RecordKind::Ticket && open.fields.is_none();
        let explained: Vec<_> = open.iter().filter(whole).copied().collect();
        return named(&explained, if young { Class::Waiting } else { missing });
    }
    if differences.is_empty() {
        return (Class::Matched, Vec::new());
    }
    let mut used: Vec<&Open> = Vec::new();
    for difference in differences {
        let before = used.len();
        used.extend(open.iter().filter(|open| open.explains(difference)));
        if used.len() == before {
            return (if young { Class::Waiting } else { Class::Differing }, words(&used));
        }
    }
    named(&used, Class::Differing)
}

fn named(explained: &[&Open], otherwise: Class) -> (Class, Vec<String>) {
    (explained.iter().map(|open| open.kind).min().map_or(otherwise, OpenKind::class), words(explained))
}

fn words(open: &[&Open]) -> Vec<String> {
    let words: BTreeSet<&String> = open.iter().filter_map(|open| open.says.as_ref()).collect();
    words.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pure::sync::case::{Attempt, Conflict, ConflictReason, Parked};
    use crate::pure::sync::observe::new_pair;
    use crate::words::clock::Timestamp;
    use crate::words::record::Image;
    use crate::words::side::Sides;
    use crate::words::ticket::field;

    fn case(change: impl FnOnce(&mut Pair)) -> Known {
        let mut ticket = new_pair(RecordKind::Ticket, "PB-1".into(), Side::Province);
        ticket.ends.province.id = Some("1".into());
        change(&mut ticket);
        let mut known = Known::default();
        known.add_case(&Case { link: "pakn".into(), ticket, children: vec![], intents: vec![], revision: 1 });
        known
    }

    fn attempt() -> Attempt {
        Attempt {
            key: "k".into(),
            mapping: "m".into(),
            side: Side::National,
            fields: BTreeMap::new(),
            precondition: None,
            acked: None,
            acked_version: None,
            lands_until: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_case_tells_what_is_open_on_it() {
        let none: Image = None;
        let status = Some(BTreeSet::from([field::STATUS]));
        let since = Timestamp::UNIX_EPOCH;
        let parked = |field| Parked {
            side: Side::National,
            field,
            refused: none.clone(),
            stood: none.clone(),
            says: Some("no".into()),
            mapping: None,
            since,
        };
        let conflict = Conflict {
            field: field::STATUS,
            images: Sides::default(),
            values: Sides::default(),
            reason: ConflictReason::BothChanged,
            since,
            decided: None,
        };
        for (known, kind, fields) in [
            (case(|pair| pair.parked.push(parked(None))), OpenKind::Parked, None),
            (case(|pair| pair.parked.push(parked(Some(field::STATUS)))), OpenKind::Parked, status.clone()),
            (case(|pair| pair.conflicts.push(conflict)), OpenKind::Conflict, status),
            // A create that no reading has shown yet explains that the record is missing; a later write does not.
            (case(|pair| pair.ledger.push(attempt())), OpenKind::Waiting, None),
            (
                case(|pair| {
                    pair.ends.national.read_began = Some(since);
                    pair.ledger.push(attempt());
                }),
                OpenKind::Waiting,
                Some(BTreeSet::new()),
            ),
        ] {
            let open = known.open(Side::Province, &"1".into());
            assert_eq!(open.iter().map(|open| (open.kind, open.fields.clone())).collect::<Vec<_>>(), [(kind, fields)]);
            assert!(known.open(Side::National, &"1".into()).is_empty());
        }
    }
}
