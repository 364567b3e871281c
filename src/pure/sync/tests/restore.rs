//! What ends or bends a pairing: backups that are put back, merges, transfers, deletions, clocks.

use super::protocol::{at, in_doubt, newborn, reading, see, send, settled};
use super::support::TestRules;
use crate::pure::sync::case::{Case, IntentState, PairState};
use crate::pure::sync::gone::observe_gone;
use crate::pure::sync::hands::Hand;
use crate::pure::sync::observe::{Glimpse, observe};
use crate::pure::sync::plan::plan;
use crate::pure::sync::restore::{WENT_BACK, restored};
use crate::pure::sync::settle::may_repeat;
use crate::words::promise::{Find, Keyed};
use crate::words::record::Reading;
use crate::words::side::Side;
use crate::words::ticket::Field;

fn facts_of(case: &mut Case, side: Side, reading: &Reading, seconds: i64, rules: &TestRules) -> Vec<String> {
    let glimpse = Glimpse { side, reading, began: at(seconds), now: at(seconds), rested: None };
    let facts = observe(case, glimpse, rules);
    plan(case, at(seconds), rules);
    facts.into_iter().map(|fact| fact.what).collect()
}

fn dossier(case: &Case, side: Side) -> Option<&str> {
    case.ticket.ends.get(side).cells[&Field::named("dossier")].image.as_deref()
}

/// A pair whose dossier was changed at the province from `d` to `e`, written and seen on the other side.
fn edited() -> Case {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    send(&mut case, crate::words::outcome::Outcome::Acked(Default::default()), 4);
    see(&mut case, Side::National, &reading("9", "2", &[("dossier", "e"), ("field", "land")]), 5);
    assert!(case.intents.is_empty());
    case
}

fn says_restored(case: &mut Case, side: Side, seconds: i64) {
    restored(case, side, Hand { by: "lan", at: at(seconds) });
}

#[test]
fn a_version_that_goes_back_is_told_and_nothing_of_it_is_used() {
    let rules = TestRules::default();
    let mut case = edited();
    let older = reading("9", "1", &[("dossier", "d"), ("field", "land")]);
    assert_eq!(facts_of(&mut case, Side::National, &older, 9, &rules), [WENT_BACK]);
    assert_eq!(dossier(&case, Side::National), Some("e"));
    assert!(case.intents.is_empty());
}

#[test]
fn a_lower_version_that_a_lag_explains_is_only_old() {
    let mut rules = TestRules::default();
    rules.promises.read_lag = std::time::Duration::from_secs(10);
    let mut case = edited();
    let older = reading("9", "1", &[("dossier", "d"), ("field", "land")]);
    assert!(facts_of(&mut case, Side::National, &older, 9, &rules).is_empty());
}

#[test]
fn a_version_counts_only_where_the_mapping_promises_it() {
    let mut rules = TestRules::default();
    rules.promises.counted = false;
    let mut case = edited();
    let digest = reading("9", "1", &[("dossier", "n"), ("field", "land")]);
    assert!(facts_of(&mut case, Side::National, &digest, 9, &rules).is_empty(), "a digest of digits");
    assert_eq!(dossier(&case, Side::National), Some("n"));
}

#[test]
fn what_a_backup_put_back_gives_way_and_a_new_edit_does_not() {
    for (shown, towards) in [("d", Side::National), ("n", Side::Province)] {
        let mut case = edited();
        says_restored(&mut case, Side::National, 10);
        see(&mut case, Side::National, &reading("9", "1", &[("dossier", shown), ("field", "land")]), 11);
        let [intent] = case.intents.as_slice() else { panic!("{shown}: {:?}", case.intents) };
        assert_eq!(intent.side, towards, "{shown}");
    }
}

#[test]
fn a_record_that_last_changed_before_what_we_knew_was_rolled_back_wholly() {
    let changed = |version: &str, dossier: &str, second| Reading {
        changed: Some(at(second)),
        ..reading("9", version, &[("dossier", dossier), ("field", "land")])
    };
    let mut case = edited();
    see(&mut case, Side::National, &changed("3", "e", 500), 6);
    says_restored(&mut case, Side::National, 10);
    see(&mut case, Side::National, &changed("1", "never seen", 100), 11);
    let [intent] = case.intents.as_slice() else { panic!("{:?}", case.intents) };
    assert_eq!(intent.side, Side::National);
}

#[test]
fn what_a_backup_lost_is_made_again_and_what_was_born_there_is_told() {
    let rules = TestRules::default();
    for (side, made_again) in [(Side::National, true), (Side::Province, false)] {
        let mut case = edited();
        says_restored(&mut case, side, 10);
        for second in [1_000, 2_000, 3_000] {
            observe_gone(&mut case, side, at(second), true, &rules);
        }
        plan(&mut case, at(3_000), &rules);
        let creates = case.intents.iter().filter(|intent| intent.target.is_none()).count();
        assert_eq!(creates == 1, made_again, "{side}");
        let named = matches!(&case.ticket.state, PairState::Quarantined { reason, .. } if reason.starts_with("lost"));
        assert_eq!(named, !made_again, "{side}");
    }
}

#[test]
fn a_create_that_was_acked_before_the_word_of_a_restore_is_still_ours() {
    let mut case = newborn();
    let ack = crate::words::outcome::Ack { id: Some("9".into()), ..Default::default() };
    send(&mut case, crate::words::outcome::Outcome::Acked(ack), 1);
    says_restored(&mut case, Side::National, 2);
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    see(&mut case, Side::National, &reading("9", "1", &[("dossier", "d"), ("field", "land")]), 4);
    assert!(case.ticket.conflicts.is_empty(), "{:?}", case.ticket.conflicts);
    assert_eq!(case.intents.iter().map(|intent| intent.side).collect::<Vec<_>>(), [Side::National]);
}

#[test]
fn reading_one_id_and_seeing_another_is_a_merge_by_name_whatever_its_version() {
    let rules = TestRules::default();
    let mut case = edited();
    let other = reading("8", "1", &[("dossier", "x"), ("field", "land")]);
    assert_eq!(facts_of(&mut case, Side::National, &other, 9, &rules), ["quarantined"]);
    let PairState::Quarantined { reason, .. } = &case.ticket.state else { panic!("{:?}", case.ticket.state) };
    assert!(reason.starts_with("merged: reading 9 shows 8"), "{reason}");
}

#[test]
fn a_record_of_ours_that_carries_another_reference_is_not_ours() {
    let rules = TestRules::default();
    let mut case = newborn();
    send(
        &mut case,
        crate::words::outcome::Outcome::Acked(crate::words::outcome::Ack {
            id: Some("9".into()),
            ..Default::default()
        }),
        1,
    );
    let other = Reading { reference: Some("PB-2".into()), ..reading("9", "1", &[("dossier", "x")]) };
    assert_eq!(facts_of(&mut case, Side::National, &other, 2, &rules), ["quarantined"]);
}

#[test]
fn a_ticket_that_went_to_another_province_is_told_and_left_alone_until_it_returns() {
    let rules = TestRules { keeps: "H19", ..TestRules::default() };
    let mut case = settled();
    let with = |version: &str, agency: &str, dossier: &str| {
        reading("9", version, &[("dossier", dossier), ("field", "land"), ("agency", agency)])
    };
    assert_eq!(facts_of(&mut case, Side::National, &with("2", "H01.2", "x"), 3, &rules), ["transferred"]);
    assert_eq!(case.ticket.state, PairState::Transferred { side: Side::National });
    assert!(case.intents.is_empty());
    assert_eq!(facts_of(&mut case, Side::National, &with("3", "H19.1", "x"), 4, &rules), ["returned"]);
    assert_eq!(case.intents.len(), 1, "and what changed meanwhile crosses");
}

#[test]
fn a_copy_that_is_on_its_way_is_not_forgotten_with_its_original() {
    let rules = TestRules::default();
    let mut case = newborn();
    send(&mut case, in_doubt(), 1);
    for second in [1_000, 2_000, 3_000] {
        observe_gone(&mut case, Side::Province, at(second), true, &rules);
    }
    assert!(matches!(case.ticket.state, PairState::Quarantined { .. }), "{:?}", case.ticket.state);
    assert_eq!(case.intents.len(), 1, "it is looked for");
}

#[test]
fn what_was_decided_before_a_pair_was_set_aside_is_not_sent() {
    let rules = TestRules::default();
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    assert_eq!(case.intents[0].state, IntentState::Ready);
    facts_of(&mut case, Side::National, &reading("8", "1", &[]), 4, &rules);
    assert!(case.intents.is_empty(), "{:?}", case.intents);
}

#[test]
fn a_key_whose_age_no_clock_tells_is_not_repeated() {
    let mut rules = TestRules::default();
    (rules.promises.keyed, rules.promises.key_life) = (Keyed::All, std::time::Duration::from_secs(100));
    let mut case = newborn();
    case.intents[0].first_sent = Some(at(50));
    let seconds = |seconds| Some(std::time::Duration::from_secs(seconds));
    assert!(may_repeat(&case.intents[0], at(51), seconds(1), &rules));
    assert!(!may_repeat(&case.intents[0], at(49), seconds(1), &rules), "the clock was put back");
    assert!(!may_repeat(&case.intents[0], at(51), seconds(120), &rules), "and has come by again");
    assert!(!may_repeat(&case.intents[0], at(51), None, &rules), "sent before a restart: nobody counted");
    rules.promises.find = Find::None;
    assert!(may_repeat(&case.intents[0], at(51), None, &rules), "nothing else can be done");
}

#[test]
fn a_mark_from_the_future_costs_one_reading_and_no_more() {
    let mut rules = TestRules::default();
    rules.promises.counted = false;
    let mut case = edited();
    see(&mut case, Side::National, &reading("9", "h3", &[("dossier", "e"), ("field", "land")]), 1_000);
    let later = reading("9", "h4", &[("dossier", "n"), ("field", "land")]);
    facts_of(&mut case, Side::National, &later, 20, &rules);
    facts_of(&mut case, Side::National, &later, 21, &rules);
    assert_eq!(dossier(&case, Side::National), Some("n"), "the clock was put back by a quarter of an hour");
}

#[test]
fn a_record_older_than_a_reading_that_was_dropped_showed_is_a_backup_and_no_write_without_effect() {
    let mut rules = TestRules::default();
    rules.promises.counted = false;
    rules.promises.read_lag = std::time::Duration::from_secs(10);
    rules.promises.commit_lag = std::time::Duration::from_secs(10);
    let fields = |dossier| [("dossier", dossier), ("field", "land")];
    let shown = |dossier, version: &str, changed: i64| {
        let reading = reading("9", version, &fields(dossier));
        Reading { changed: Some(at(changed)), ..reading }
    };
    let mut case = settled();
    facts_of(&mut case, Side::National, &shown("d", "x", 1), 20, &rules);
    facts_of(&mut case, Side::Province, &reading("1", "2", &fields("e")), 40, &rules);
    send(&mut case, crate::words::outcome::Outcome::Acked(Default::default()), 60);
    assert!(facts_of(&mut case, Side::National, &shown("e", "y", 60), 61, &rules).is_empty(), "it may lag");
    assert_eq!(dossier(&case, Side::National), Some("d"), "so it is dropped");
    assert_eq!(facts_of(&mut case, Side::National, &shown("d", "x", 1), 90, &rules), [WENT_BACK]);
    assert!(case.ticket.parked.is_empty());
}
