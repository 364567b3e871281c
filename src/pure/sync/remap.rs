//! A system's mapping changed. What was understood by another one is read again before anything is decided on it; what
//! is only spelled otherwise by now is no change; what is not sent yet goes by the new one.

use super::case::{Case, Intent, IntentState, Pair, PairState};
use super::observe::Glimpse;
use super::rules::Rules;
use crate::words::record::Dates;
use crate::words::side::Side;

/// The side whose ticket must be read before anything is decided: it was last understood by another mapping than the
/// one in force.
#[must_use]
pub fn to_read_again(case: &Case, rules: &dyn Rules) -> Option<Side> {
    let ticket = &case.ticket;
    let stale = |side: &Side| !ticket.ends.get(*side).is_gone() && !is_understood_on(ticket, *side, rules);
    Side::BOTH.into_iter().find(stale).filter(|_| ticket.state == PairState::Live)
}

/// Whether both ends were last read under the mappings in force. What a code, a date or an empty text meant under
/// another mapping proves nothing.
pub(super) fn is_understood(pair: &Pair, rules: &dyn Rules) -> bool {
    Side::BOTH.into_iter().all(|side| is_understood_on(pair, side, rules))
}

fn is_understood_on(pair: &Pair, side: Side, rules: &dyn Rules) -> bool {
    let end = pair.ends.get(side);
    end.id.is_none() || end.mapping == rules.mapping(side)
}

/// The first reading under a new mapping: where it shows the value that we knew in another spelling (another way to say
/// "nothing there", another member), the base moves to the new spelling. Nobody changed anything.
pub(super) fn respell(pair: &mut Pair, glimpse: Glimpse<'_>, rules: &dyn Rules) {
    let side = glimpse.side;
    let end = pair.ends.get(side);
    if end.mapping == rules.mapping(side) {
        return;
    }
    for (name, cell) in &glimpse.reading.cells {
        let Some(known) = end.cells.get(name) else { continue };
        if known.value != cell.value || known.image == cell.image {
            continue;
        }
        let conflicts = pair.conflicts.iter_mut().filter(|conflict| conflict.field == *name);
        let images = pair.base.get_mut(name).into_iter().chain(conflicts.map(|conflict| &mut conflict.images));
        for image in images.map(|images| images.get_mut(side)).filter(|image| **image == known.image) {
            image.clone_from(&cell.image);
        }
    }
}

/// A write that is not sent yet, as the mapping in force spells it.
pub(super) fn remapped(mut intent: Intent, dates: &Dates, rules: &dyn Rules) -> Intent {
    let mapping = rules.mapping(intent.side);
    if intent.state == IntentState::Ready && intent.mapping != mapping {
        mapping.clone_into(&mut intent.mapping);
        for (name, planned) in &mut intent.fields {
            // What can't be spelled any more is refused when it is rendered.
            if let Ok(image) = rules.image(intent.side, intent.kind, name, planned.value.as_ref(), dates) {
                planned.image = image;
            }
        }
    }
    intent
}
