//! Two records, field by field, and their children as sets.

use std::collections::BTreeSet;

use super::Judge;
use crate::words::record::{Cell, Dates, Reading};
use crate::words::side::{Reference, Side, Sides};
use crate::words::ticket::{Field, RecordKind, field};

/// Longest text of a differing value that is kept, characters.
const MAX_SHOWN_CHARS: usize = 200;

/// One thing that the two sides show differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A field of the ticket or of a child that both have.
    Field {
        /// Whose.
        kind: RecordKind,
        /// Which.
        field: Field,
        /// What each side shows, cut; `None` where it is empty.
        shown: Sides<Option<String>>,
    },
    /// Children that only one side has.
    OnlyAt {
        /// Of this kind.
        kind: RecordKind,
        /// There.
        side: Side,
        /// So many.
        count: u64,
    },
}

/// The link's rules for a ticket with these dates.
struct Dated<'a> {
    judge: &'a dyn Judge,
    dates: Dates,
}

impl Dated<'_> {
    fn agree(&self, kind: RecordKind, name: &Field, province: &Cell, national: &Cell) -> bool {
        self.judge.agree(kind, name, Sides { province, national }, &self.dates)
    }
}

/// Everything that differs between the two records of a ticket.
pub(super) fn tickets(
    judge: &dyn Judge,
    reference: &Reference,
    province: &Reading,
    national: &Reading,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let born_at =
        |side: Side, ticket: &Reading| judge.reference(side, &ticket.id, ticket.identity.as_deref()) == *reference;
    // As in a case: the ticket's dates are those of the side on which it was born.
    let born = if born_at(Side::National, national) { national } else { province };
    let rules = &Dated { judge, dates: Dates::shown(&born.cells) };
    fields(rules, RecordKind::Ticket, province, national, &mut differences);
    for kind in RecordKind::CHILDREN {
        // A kind that a side does not show tells nothing.
        if let (Some(ours), Some(theirs)) = (province.children.get(&kind), national.children.get(&kind)) {
            children(rules, reference, kind, ours, theirs, &mut differences);
        }
    }
    differences
}

fn fields(rules: &Dated<'_>, kind: RecordKind, province: &Reading, national: &Reading, into: &mut Vec<Difference>) {
    for (name, ours) in &province.cells {
        let Some(theirs) = national.cells.get(name) else { continue };
        if *name == field::WHERE
            || *name == field::REPLY
            || !rules.judge.compares(kind, name)
            || rules.agree(kind, name, ours, theirs)
        {
            continue;
        }
        let difference = Difference::Field {
            kind,
            field: name.clone(),
            shown: Sides { province: shown(ours), national: shown(theirs) },
        };
        if !into.contains(&difference) {
            into.push(difference);
        }
    }
}

fn shown(cell: &Cell) -> Option<String> {
    cell.value.as_ref().map(|value| value.display().chars().take(MAX_SHOWN_CHARS).collect())
}

/// Pairs children by reference, then what is left by content; tells what stays alone.
fn children(
    rules: &Dated<'_>,
    ticket: &Reference,
    kind: RecordKind,
    province: &[Reading],
    national: &[Reading],
    into: &mut Vec<Difference>,
) {
    let names = |side: Side, child: &Reading| -> Vec<Reference> {
        child
            .reference
            .clone()
            .into_iter()
            .chain([rules.judge.child_reference(ticket, kind, side, &child.id)])
            .collect()
    };
    let named: Vec<(&Reading, Vec<Reference>)> =
        national.iter().map(|child| (child, names(Side::National, child))).collect();
    let mut free: BTreeSet<usize> = (0..named.len()).collect();
    let mut alone: Vec<&Reading> = Vec::new();
    for ours in province {
        let keys = names(Side::Province, ours);
        let twin = free.iter().copied().find(|at| {
            named.get(*at).is_some_and(|(_, theirs)| theirs.iter().any(|reference| keys.contains(reference)))
        });
        match twin.and_then(|at| named.get(at).map(|(theirs, _)| (at, theirs))) {
            Some((at, theirs)) => {
                free.remove(&at);
                fields(rules, kind, ours, theirs, into);
            }
            None => alone.push(ours),
        }
    }
    alone.retain(|ours| {
        let twin = free
            .iter()
            .copied()
            .find(|at| named.get(*at).is_some_and(|(theirs, _)| same_content(rules, kind, ours, theirs)));
        if let Some((at, (theirs, _))) = twin.and_then(|at| named.get(at).map(|named| (at, named))) {
            free.remove(&at);
            fields(rules, kind, ours, theirs, into);
        }
        twin.is_none()
    });
    for (side, count) in [(Side::Province, alone.len()), (Side::National, free.len())] {
        if count > 0 && rules.judge.crosses(kind, side.other()) {
            into.push(Difference::OnlyAt { kind, side, count: count as u64 });
        }
    }
}

/// Whether two children without a common reference are the same by what they hold.
fn same_content(rules: &Dated<'_>, kind: RecordKind, ours: &Reading, theirs: &Reading) -> bool {
    let same = |name: &Field| match (ours.cells.get(name), theirs.cells.get(name)) {
        (Some(ours), Some(theirs)) => ours.value.is_some() && rules.agree(kind, name, ours, theirs),
        _ => false,
    };
    match kind {
        RecordKind::Reply => same(&field::TEXT),
        RecordKind::Attachment => {
            if ours.value(&field::SHA256).is_some() && theirs.value(&field::SHA256).is_some() {
                same(&field::SHA256)
            } else {
                same(&field::NAME) && (same(&field::SIZE) || !theirs.cells.contains_key(&field::SIZE))
            }
        }
        RecordKind::Transfer => {
            let common =
                ours.cells.keys().filter(|name| theirs.cells.contains_key(name) && rules.judge.compares(kind, name));
            let mut seen = false;
            common.inspect(|_| seen = true).all(same) && seen
        }
        RecordKind::Ticket => false,
    }
}
