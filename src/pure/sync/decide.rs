//! The decision for one field of one pair: the table of the protocol, and nothing else.

use crate::words::record::{Cell, Dates, Image};
use crate::words::side::{Side, Sides};
use crate::words::ticket::{Field, RecordKind, Status, field};

use super::case::ConflictReason;
use super::rules::{Owner, Rules};

/// What is to be done about one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: neither side changed it.
    Keep,
    /// They agree as they are: this is the new base.
    Agreed,
    /// Write the other side's value to `to`. `overruled` where that side's own change gives way.
    Write {
        /// Side to write to.
        to: Side,
        /// Whether that side had changed it too.
        overruled: bool,
    },
    /// A person must decide.
    Ask(ConflictReason),
}

/// Decides one field from what each side shows and what each showed when they last agreed.
#[must_use]
pub fn decide(
    rules: &dyn Rules,
    kind: RecordKind,
    name: &Field,
    cells: Sides<&Cell>,
    base: Option<&Sides<Image>>,
    dates: &Dates,
) -> Decision {
    let changed = |side: Side| base.is_none_or(|base| *base.get(side) != cells.get(side).image);
    let (province, national) = (changed(Side::Province), changed(Side::National));
    if !province && !national {
        return Decision::Keep;
    }
    if rules.agree(kind, name, cells, dates) {
        return Decision::Agreed;
    }
    match (province, national) {
        (true, false) => one_sided(name, cells, Side::National),
        (false, true) => one_sided(name, cells, Side::Province),
        _ => both(rules, kind, name, cells, base.is_none()),
    }
}

/// Only the side opposite `to` changed.
fn one_sided(name: &Field, cells: Sides<&Cell>, to: Side) -> Decision {
    if allowed(name, cells, to) {
        Decision::Write { to, overruled: false }
    } else {
        Decision::Ask(ConflictReason::ForbiddenStep)
    }
}

/// Both changed, and differ: what only one side has, then the further status, then the owner, then a person.
fn both(rules: &dyn Rules, kind: RecordKind, name: &Field, cells: Sides<&Cell>, first_meeting: bool) -> Decision {
    if first_meeting {
        match (&cells.province.value, &cells.national.value) {
            (Some(_), None) => return one_sided(name, cells, Side::National),
            (None, Some(_)) => return one_sided(name, cells, Side::Province),
            _ => {}
        }
    }
    if let (Some(province), Some(national)) = (status(name, cells.province), status(name, cells.national))
        && province.rank() != national.rank()
    {
        let to = if province.rank() > national.rank() { Side::National } else { Side::Province };
        return if allowed(name, cells, to) {
            Decision::Write { to, overruled: true }
        } else {
            Decision::Ask(ConflictReason::ForbiddenStep)
        };
    }
    match rules.owner(kind, name) {
        Owner::Of(side) => Decision::Write { to: side.other(), overruled: true },
        Owner::Person => Decision::Ask(ConflictReason::BothChanged),
    }
}

/// Whether the lifecycle knows the step that writing to `to` would make.
fn allowed(name: &Field, cells: Sides<&Cell>, to: Side) -> bool {
    match (status(name, cells.get(to)), status(name, cells.get(to.other()))) {
        (Some(from), Some(next)) => from.may_become(next),
        _ => true,
    }
}

fn status(name: &Field, cell: &Cell) -> Option<Status> {
    if *name != field::STATUS {
        return None;
    }
    cell.value.as_ref().and_then(|value| value.as_text()).and_then(Status::parse)
}
