//! The decision table of the protocol, row by row.

use super::support::{TestRules, cell};
use crate::pure::sync::case::ConflictReason::{BothChanged, ForbiddenStep};
use crate::pure::sync::decide::Decision::{self, Agreed, Ask, Keep, Write};
use crate::pure::sync::decide::decide;
use crate::words::record::Dates;
use crate::words::side::{Side, Sides};
use crate::words::ticket::{Field, RecordKind};

const UP: Decision = Write { to: Side::National, overruled: false };
const DOWN: Decision = Write { to: Side::Province, overruled: false };
const UP_OVER: Decision = Write { to: Side::National, overruled: true };
const DOWN_OVER: Decision = Write { to: Side::Province, overruled: true };

/// Field, base, what the province and the national side show, what follows.
type Row = (&'static str, Option<(&'static str, &'static str)>, (&'static str, &'static str), Decision);

fn check(rows: &[Row]) {
    for (name, base, (province, national), expected) in rows {
        let code = *name == "status";
        let (province, national) = (cell(province, code), cell(national, code));
        let base = base.map(|(a, b)| Sides { province: cell(a, code).image, national: cell(b, code).image });
        let cells = Sides { province: &province, national: &national };
        let (rules, name) = (TestRules::default(), Field::named(name));
        let decided = decide(&rules, RecordKind::Ticket, &name, cells, base.as_ref(), &Dates::NONE);
        assert_eq!(decided, *expected, "{name}: base {base:?}, {province:?} | {national:?}");
    }
}

#[test]
fn one_side_changed_goes_to_the_other() {
    check(&[
        ("dossier", Some(("x", "x")), ("x", "x"), Keep),
        ("dossier", Some(("x", "x")), ("y", "x"), UP),
        ("dossier", Some(("x", "x")), ("x", "y"), DOWN),
        ("dossier", Some(("x", "x")), ("", "x"), UP),
        ("dossier", Some(("x", "x")), ("y", "y"), Agreed),
    ]);
}

#[test]
fn a_cut_title_and_a_shared_code_are_no_changes() {
    check(&[
        ("subject", None, ("a subject", "a subj"), Agreed),
        ("subject", Some(("a subject", "a subj")), ("a subject", "a subj"), Keep),
        ("subject", Some(("a subject", "a subj")), ("a subjunctive", "a subj"), Agreed),
        ("subject", Some(("a subject", "a subj")), ("a subject", "b"), DOWN),
        ("status", None, ("forwarded", "received"), Agreed),
        ("status", Some(("forwarded", "received")), ("received", "received"), Agreed),
    ]);
}

#[test]
fn what_both_changed_goes_to_the_further_status_then_the_owner_then_a_person() {
    check(&[
        ("content", Some(("x", "x")), ("y", "z"), UP_OVER),
        ("dossier", Some(("x", "x")), ("y", "z"), Ask(BothChanged)),
        ("status", Some(("received", "received")), ("answered", "in_progress"), UP_OVER),
        ("status", Some(("received", "received")), ("in_progress", "published"), DOWN_OVER),
        ("status", Some(("received", "received")), ("refused", "withdrawn"), Ask(BothChanged)),
    ]);
}

#[test]
fn a_step_that_the_lifecycle_forbids_waits_for_a_person() {
    check(&[
        ("status", Some(("withdrawn", "withdrawn")), ("in_progress", "withdrawn"), Ask(ForbiddenStep)),
        ("status", Some(("answered", "answered")), ("received", "answered"), Ask(ForbiddenStep)),
        ("status", Some(("closed", "closed")), ("in_progress", "closed"), UP),
    ]);
}

#[test]
fn at_a_first_meeting_what_only_one_side_has_is_taken() {
    check(&[
        ("dossier", None, ("x", ""), UP),
        ("dossier", None, ("", "x"), DOWN),
        ("dossier", None, ("", ""), Agreed),
        ("dossier", None, ("x", "y"), Ask(BothChanged)),
    ]);
}
