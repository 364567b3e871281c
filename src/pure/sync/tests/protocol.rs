//! The push protocol, case by case.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::support::{TestRules, cell};
use crate::pure::sync::case::{Case, IntentState, PairState, Swing};
use crate::pure::sync::observe::{Glimpse, is_taken_in, new_pair, observe};
use crate::pure::sync::plan::plan;
use crate::pure::sync::settle::{MAX_ATTEMPTS, found, may_repeat, settle, undecidable};
use crate::words::clock::Timestamp;
use crate::words::outcome::{Ack, Failure, Outcome};
use crate::words::promise::Keyed;
use crate::words::record::Reading;
use crate::words::side::{RemoteId, Side};
use crate::words::ticket::{Field, RecordKind};

pub(super) const DELAY: Duration = Duration::from_secs(7);

pub(super) fn at(seconds: i64) -> Timestamp {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000 + seconds)
}

pub(super) fn reading(id: &str, version: &str, fields: &[(&str, &str)]) -> Reading {
    Reading {
        kind: RecordKind::Ticket,
        id: id.into(),
        identity: None,
        version: Some(version.into()),
        changed: None,
        reference: None,
        cells: fields.iter().map(|(name, text)| (Field::named(name), cell(text, *name == "status"))).collect(),
        children: BTreeMap::new(),
        captures: BTreeMap::new(),
    }
}

/// A ticket born at the province, its create planned.
pub(super) fn newborn() -> Case {
    let mut case = Case {
        link: "l".into(),
        ticket: new_pair(RecordKind::Ticket, "PB-1".into(), Side::Province),
        children: Vec::new(),
        intents: Vec::new(),
        revision: 0,
    };
    see(&mut case, Side::Province, &reading("1", "1", &[("dossier", "d"), ("field", "land")]), 0);
    case
}

/// The same, there on both sides and agreed.
pub(super) fn settled() -> Case {
    let mut case = newborn();
    send(&mut case, Outcome::Acked(Ack { id: Some("9".into()), version: Some("1".into()), reading: None }), 1);
    see(&mut case, Side::National, &reading("9", "1", &[("dossier", "d"), ("field", "land")]), 2);
    assert!(case.intents.is_empty());
    case
}

pub(super) fn see(case: &mut Case, side: Side, reading: &Reading, seconds: i64) {
    observe(case, Glimpse { side, reading, began: at(seconds), now: at(seconds), rested: None }, &TestRules::default());
    plan(case, at(seconds), &TestRules::default());
}

/// Sends the only intent, with this outcome.
pub(super) fn send(case: &mut Case, outcome: Outcome, seconds: i64) {
    let [intent] = case.intents.as_mut_slice() else { panic!("not one intent: {:?}", case.intents) };
    intent.state = IntentState::Sent;
    intent.first_sent.get_or_insert(at(seconds));
    let key = intent.key.clone();
    settle(case, &key, outcome, at(seconds), DELAY, &TestRules::default());
    plan(case, at(seconds), &TestRules::default());
}

pub(super) fn in_doubt() -> Outcome {
    Outcome::InDoubt { says: "cut".into() }
}

#[test]
fn nothing_is_planned_after_an_ack_until_a_reading_that_began_later() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    send(&mut case, Outcome::Acked(Ack { version: Some("2".into()), ..Ack::default() }), 4);
    see(&mut case, Side::Province, &reading("1", "3", &[("dossier", "f"), ("field", "land")]), 5);
    assert!(case.intents.is_empty());
    see(&mut case, Side::National, &reading("9", "2", &[("dossier", "e"), ("field", "land")]), 6);
    assert_eq!(case.intents.len(), 1);
}

#[test]
fn only_changed_fields_go_out_with_the_version_that_was_read() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    let [intent] = case.intents.as_slice() else { panic!("one intent") };
    assert_eq!(intent.fields.keys().map(Field::as_str).collect::<Vec<_>>(), ["dossier"]);
    assert_eq!(intent.version, Some("1".into()));
    assert_eq!(intent.target, Some("9".into()));
}

#[test]
fn a_create_in_doubt_rests_and_is_sent_again_only_after_a_believed_lookup() {
    let mut case = newborn();
    send(&mut case, in_doubt(), 1);
    let key = case.intents[0].key.clone();
    assert_eq!(case.intents[0].state, IntentState::Doubt { settle: Duration::from_secs(5) });
    found(&mut case, &key, &[], false, at(9), DELAY);
    assert!(
        matches!(case.intents[0].state, IntentState::Doubt { .. }),
        "a lookup that finds nothing at all proves nothing"
    );
    found(&mut case, &key, &[], true, at(9), DELAY);
    assert_eq!(case.intents[0].state, IntentState::Ready);
    assert_eq!((case.intents[0].attempts, &case.intents[0].key), (1, &key));
}

#[test]
fn a_create_that_is_found_is_adopted_and_never_sent_again() {
    let mut case = newborn();
    send(&mut case, in_doubt(), 1);
    let key = case.intents[0].key.clone();
    assert!(found(&mut case, &key, &[RemoteId::from("9")], true, at(9), DELAY).read);
    see(&mut case, Side::National, &reading("9", "1", &[("dossier", "d"), ("field", "land")]), 10);
    assert!(case.intents.is_empty());
    assert_eq!(case.ticket.base.len(), 2);
}

#[test]
fn two_records_with_our_reference_stop_the_pair() {
    let mut case = newborn();
    send(&mut case, in_doubt(), 1);
    let key = case.intents[0].key.clone();
    found(&mut case, &key, &["8".into(), "9".into()], true, at(9), DELAY);
    plan(&mut case, at(10), &TestRules::default());
    assert!(matches!(case.ticket.state, PairState::Quarantined { .. }));
    assert!(case.intents.is_empty());
}

#[test]
fn a_poison_create_parks_after_a_few_doubts() {
    let mut case = newborn();
    for round in 0..i64::from(MAX_ATTEMPTS) {
        send(&mut case, in_doubt(), round * 10);
        let key = case.intents[0].key.clone();
        found(&mut case, &key, &[], true, at(round * 10 + 9), DELAY);
    }
    assert_eq!(case.intents[0].state, IntentState::Parked);
}

#[test]
fn an_outage_spends_no_attempt_and_waits() {
    let mut case = newborn();
    send(&mut case, Outcome::NotNow(Failure::Unreachable { says: "refused".into() }), 1);
    let [intent] = case.intents.as_slice() else { panic!("one intent") };
    assert_eq!((intent.attempts, intent.due, &intent.state), (0, at(8), &IntentState::Ready));
}

#[test]
fn retry_after_holds_longer_than_our_own_delay() {
    let mut case = newborn();
    let key = case.intents[0].key.clone();
    let busy = Failure::Busy { says: "later".into(), wait: Some(Duration::from_secs(60)) };
    let after = settle(&mut case, &key, Outcome::NotNow(busy), at(1), DELAY, &TestRules::default());
    assert_eq!(after.pause, Some(Duration::from_secs(60)));
    assert_eq!(case.intents[0].due, at(61));
}

#[test]
fn a_refused_precondition_was_surely_not_applied() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    send(&mut case, Outcome::Conflict { says: "stale".into() }, 4);
    see(&mut case, Side::National, &reading("9", "2", &[("dossier", "d"), ("field", "health")]), 5);
    let up = case.intents.iter().find(|intent| intent.side == Side::National).unwrap();
    assert_eq!(up.version, Some("2".into()));
    assert!(case.intents.iter().any(|intent| intent.side == Side::Province), "and the other edit comes down");
}

#[test]
fn an_update_in_doubt_is_decided_by_the_version() {
    for (version, dossier, left) in [("1", "d", 1), ("2", "e", 0), ("2", "d", 1)] {
        let mut case = settled();
        see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
        send(&mut case, in_doubt(), 4);
        let first = case.intents[0].key.clone();
        assert_eq!(case.intents[0].state, IntentState::Doubt { settle: Duration::ZERO });
        see(&mut case, Side::National, &reading("9", version, &[("dossier", dossier), ("field", "land")]), 5);
        assert_eq!(case.intents.len(), left, "version {version}, {dossier}");
        let same = case.intents.first().is_some_and(|intent| intent.key == first);
        assert_eq!(same, version == "1", "on the same precondition at most one can land");
    }
}

#[test]
fn a_refusal_parks_the_field_and_lets_the_others_go_on() {
    let mut case = settled();
    let edited = reading("1", "2", &[("dossier", "e"), ("field", "health")]);
    see(&mut case, Side::Province, &edited, 3);
    let no = || Outcome::Refused { says: "Mã không hợp lệ".into(), fields: Vec::new() };
    send(&mut case, no(), 4);
    assert_eq!(case.intents[0].fields.len(), 1, "the remote named none: each goes alone");
    send(&mut case, no(), 5);
    assert_eq!(case.ticket.parked.len(), 1);
    assert_eq!(case.ticket.parked[0].says.as_deref(), Some("Mã không hợp lệ"));
    send(&mut case, Outcome::Acked(Ack { version: Some("2".into()), ..Ack::default() }), 6);
    see(&mut case, Side::National, &reading("9", "2", &[("dossier", "d"), ("field", "health")]), 7);
    assert!(case.intents.is_empty(), "the refused value is not sent again");
    see(&mut case, Side::Province, &reading("1", "3", &[("dossier", "mended"), ("field", "health")]), 8);
    assert_eq!(case.intents.len(), 1, "a mended one is");
}

#[test]
fn a_create_refused_for_a_text_that_was_mended_meanwhile_is_made_from_the_mended_one() {
    for (dossier, sent_again) in [("mended", 1), ("d", 0)] {
        let mut case = newborn();
        send(&mut case, in_doubt(), 1);
        see(&mut case, Side::Province, &reading("1", "2", &[("dossier", dossier), ("field", "land")]), 2);
        send(&mut case, Outcome::Refused { says: "không rõ".into(), fields: Vec::new() }, 3);
        assert_eq!(case.intents.len(), sent_again, "{dossier}");
        assert_eq!(case.ticket.parked.len(), 1 - sent_again, "{dossier}");
    }
}

#[test]
fn an_update_without_effect_is_not_sent_again() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    send(&mut case, Outcome::Acked(Ack { version: Some("2".into()), ..Ack::default() }), 4);
    see(&mut case, Side::National, &reading("9", "2", &[("dossier", "d"), ("field", "land")]), 5);
    assert!(case.intents.is_empty());
    assert_eq!(case.ticket.parked[0].says, None);
}

#[test]
fn a_stale_reading_is_dropped() {
    let mut case = settled();
    see(&mut case, Side::National, &reading("9", "5", &[("dossier", "n"), ("field", "land")]), 3);
    see(&mut case, Side::National, &reading("9", "4", &[("dossier", "old"), ("field", "land")]), 4);
    assert_eq!(case.ticket.ends.national.cells[&Field::named("dossier")].image.as_deref(), Some("n"));
}

#[test]
fn a_decision_is_void_when_a_value_moved() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "p"), ("field", "land")]), 3);
    case.intents.clear();
    see(&mut case, Side::National, &reading("9", "2", &[("dossier", "n"), ("field", "land")]), 4);
    assert_eq!(case.ticket.conflicts.len(), 1);
    case.ticket.conflicts[0].decided = Some(Side::National);
    plan(&mut case, at(5), &TestRules::default());
    assert_eq!(case.intents[0].side, Side::Province);
    see(&mut case, Side::National, &reading("9", "3", &[("dossier", "m"), ("field", "land")]), 6);
    assert!(case.intents.is_empty());
    assert_eq!(case.ticket.conflicts[0].decided, None);
}

#[test]
fn what_a_person_decided_is_written_even_if_it_swung() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "p"), ("field", "land")]), 3);
    case.intents.clear();
    see(&mut case, Side::National, &reading("9", "2", &[("dossier", "n"), ("field", "land")]), 4);
    let swing = Swing { side: Side::Province, field: Field::named("dossier"), image: Some("n".into()), at: at(4) };
    case.ticket.swings = vec![swing; 10];
    case.ticket.conflicts[0].decided = Some(Side::National);
    plan(&mut case, at(5), &TestRules::default());
    assert_eq!(case.intents.len(), 1);
    assert_eq!(case.ticket.conflicts.len(), 1, "and is shown once");
}

#[test]
fn a_key_is_repeated_only_while_it_lives() {
    let mut case = newborn();
    case.intents[0].first_sent = Some(at(0));
    let mut rules = TestRules::default();
    rules.promises.key_life = Duration::from_secs(100);
    for (keyed, later, may) in
        [(Keyed::Nothing, 1, false), (Keyed::Creates, 1, true), (Keyed::All, 96, true), (Keyed::All, 97, false)]
    {
        rules.promises.keyed = keyed;
        assert_eq!(may_repeat(&case.intents[0], at(later), Some(Duration::ZERO), &rules), may, "{keyed:?} {later}");
    }
}

#[test]
fn only_writes_that_were_taken_count_as_swings() {
    let mut case = settled();
    for round in 0..10 {
        let version = (2 + round).to_string();
        see(&mut case, Side::Province, &reading("1", &version, &[("dossier", "e"), ("field", "land")]), 3 + round);
        send(&mut case, Outcome::Conflict { says: "stale".into() }, 3 + round);
        let moved = reading("9", &version, &[("dossier", "d"), ("field", "land"), ("level", &version)]);
        see(&mut case, Side::National, &moved, 3 + round);
    }
    assert!(case.ticket.conflicts.is_empty());
    assert_eq!(case.intents.len(), 1);
}

#[test]
fn a_refused_login_rests_the_whole_side() {
    let mut case = newborn();
    let key = case.intents[0].key.clone();
    let login = Outcome::NotNow(Failure::Login { says: "sai mật khẩu".into() });
    let after = settle(&mut case, &key, login, at(1), DELAY, &TestRules::default());
    assert_eq!(after.pause, Some(Duration::from_secs(60)));
    assert!(!after.side_failed);
}

#[test]
fn a_repeat_that_never_left_says_nothing_about_the_first_copy() {
    let mut case = newborn();
    send(&mut case, in_doubt(), 1);
    let key = case.intents[0].key.clone();
    let busy = Failure::Busy { says: "later".into(), wait: None };
    settle(&mut case, &key, Outcome::NotNow(busy), at(2), DELAY, &TestRules::default());
    assert!(matches!(case.intents[0].state, IntentState::Doubt { .. }), "{:?}", case.intents[0].state);
}

#[test]
fn a_write_that_lands_after_it_was_thought_absent_is_still_ours() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    send(&mut case, in_doubt(), 4);
    see(&mut case, Side::National, &reading("9", "1", &[("dossier", "d"), ("field", "land")]), 5);
    assert_eq!(case.intents[0].state, IntentState::Ready, "not so far, under this version");
    see(&mut case, Side::National, &reading("9", "3", &[("dossier", "on top of e"), ("field", "land")]), 6);
    assert!(case.ticket.conflicts.is_empty(), "{:?}", case.ticket.conflicts);
    let [down] = case.intents.as_slice() else { panic!("one intent: {:?}", case.intents) };
    assert_eq!(down.side, Side::Province);
}

#[test]
fn a_refused_repeat_leaves_open_whether_the_first_copy_landed() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    send(&mut case, in_doubt(), 4);
    let key = case.intents[0].key.clone();
    settle(&mut case, &key, Outcome::Conflict { says: "stale".into() }, at(5), DELAY, &TestRules::default());
    see(&mut case, Side::Province, &reading("1", "3", &[("dossier", "f"), ("field", "land")]), 6);
    see(&mut case, Side::National, &reading("9", "2", &[("dossier", "e"), ("field", "land")]), 7);
    assert!(case.ticket.conflicts.is_empty(), "what stands there was ours: {:?}", case.ticket.conflicts);
    let [up] = case.intents.as_slice() else { panic!("one intent: {:?}", case.intents) };
    assert_eq!((up.side, up.version.clone()), (Side::National, Some("2".into())));
}

#[test]
fn a_reading_that_may_be_old_must_be_made_again() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "5", &[("dossier", "e"), ("field", "land")]), 3);
    assert!(is_taken_in(&case, Side::Province, at(3)));
    let old = reading("1", "4", &[("dossier", "f"), ("field", "land")]);
    let glimpse = Glimpse { side: Side::Province, reading: &old, began: at(2), now: at(4), rested: None };
    observe(&mut case, glimpse, &TestRules::default());
    assert!(!is_taken_in(&case, Side::Province, at(2)));
    case.ticket.state = PairState::Tombstone;
    assert!(is_taken_in(&case, Side::Province, at(2)), "nothing more is asked of it");
}

#[test]
fn a_system_that_folds_and_trims_without_a_word_has_not_edited_anything() {
    let mut case = newborn();
    send(&mut case, Outcome::Acked(Ack { id: Some("9".into()), version: Some("1".into()), reading: None }), 1);
    // Somebody edits another field there, so the version is not ours any more; and here.
    see(&mut case, Side::National, &reading("9", "2", &[("dossier", " D"), ("field", "roads")]), 3);
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 4);
    assert!(case.ticket.conflicts.is_empty(), "{:?}", case.ticket.conflicts);
    let up = case.intents.iter().find(|intent| intent.side == Side::National).unwrap();
    assert_eq!(up.fields.keys().map(Field::as_str).collect::<Vec<_>>(), ["dossier"], "{up:?}");
    let down = case.intents.iter().find(|intent| intent.side == Side::Province).unwrap();
    assert_eq!(down.fields.keys().map(Field::as_str).collect::<Vec<_>>(), ["field"], "{down:?}");
}

#[test]
fn a_create_whose_ticket_moved_meanwhile_goes_out_again_after_a_reading() {
    let mut case = newborn();
    let stale = || Outcome::Conflict { says: "the ticket moved".into() };
    for round in 1..MAX_ATTEMPTS {
        let key = case.intents[0].key.clone();
        case.intents[0].state = IntentState::Sent;
        let after = settle(&mut case, &key, stale(), at(i64::from(round)), DELAY, &TestRules::default());
        assert!(after.read, "round {round}");
        assert_eq!((&case.intents[0].state, case.intents[0].attempts), (&IntentState::Ready, round));
        plan(&mut case, at(i64::from(round)), &TestRules::default());
    }
    let key = case.intents[0].key.clone();
    settle(&mut case, &key, stale(), at(100), DELAY, &TestRules::default());
    assert_eq!(case.intents[0].state, IntentState::Parked, "a person looks at last");
}

#[test]
fn a_repeated_create_whose_ticket_moved_meanwhile_stays_in_doubt() {
    let mut case = newborn();
    send(&mut case, in_doubt(), 1);
    let key = case.intents[0].key.clone();
    let stale = Outcome::Conflict { says: "the ticket moved".into() };
    let after = settle(&mut case, &key, stale, at(2), DELAY, &TestRules::default());
    assert!(after.read && matches!(case.intents[0].state, IntentState::Doubt { .. }), "{:?}", case.intents[0]);
}

#[test]
fn what_is_there_by_the_systems_own_word_is_looked_for_and_never_made_twice_without_a_person() {
    let unproved = Outcome::Exists { id: Some("7".into()) };
    for said in [Outcome::Acked(Ack::default()), Outcome::Exists { id: None }, unproved] {
        let mut case = newborn();
        send(&mut case, said.clone(), 1);
        let key = case.intents[0].key.clone();
        for round in 1..i64::from(MAX_ATTEMPTS) {
            found(&mut case, &key, &[], true, at(round * 10), DELAY);
            assert!(matches!(case.intents[0].state, IntentState::Doubt { .. }), "{said:?}, round {round}");
        }
        found(&mut case, &key, &[], true, at(100), DELAY);
        assert_eq!(case.intents[0].state, IntentState::Parked, "{said:?}");
        see(&mut case, Side::National, &reading("9", "1", &[("dossier", "d"), ("field", "land")]), 200);
        assert!(case.intents.is_empty(), "{said:?}: it came at last");
    }
}

#[test]
fn a_reading_that_may_be_older_than_the_ack_proves_nothing() {
    let mut rules = TestRules::default();
    rules.promises.read_lag = Duration::from_secs(3);
    for (began, proved) in [(5, false), (6, false), (7, true)] {
        let mut case = newborn();
        send(&mut case, Outcome::Acked(Ack { id: Some("9".into()), version: None, reading: None }), 4);
        let mut shown = reading("9", "1", &[("dossier", "d"), ("field", "land")]);
        shown.version = None;
        let glimpse = Glimpse { side: Side::National, reading: &shown, began: at(began), now: at(began), rested: None };
        observe(&mut case, glimpse, &rules);
        assert_eq!(case.ticket.ledger.is_empty(), proved, "began {began}");
    }
}

#[test]
fn an_update_without_a_version_is_looked_up_even_where_keys_live() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    let mut rules = TestRules::default();
    (rules.promises.keyed, rules.promises.key_life) = (Keyed::All, Duration::from_secs(100));
    let intent = &mut case.intents[0];
    intent.first_sent = Some(at(4));
    assert!(may_repeat(intent, at(5), Some(Duration::ZERO), &rules));
    intent.version = None;
    assert!(!may_repeat(intent, at(5), Some(Duration::ZERO), &rules));
}

#[test]
fn an_overruled_value_is_told_once() {
    let mut case = settled();
    let overruled = |case: &mut Case, seconds: i64| {
        let facts = plan(case, at(seconds), &TestRules::default());
        facts.iter().filter(|fact| fact.what == "overruled").count()
    };
    see(&mut case, Side::National, &reading("9", "2", &[("content", "n"), ("field", "land")]), 3);
    let mine = reading("1", "2", &[("content", "p"), ("field", "land")]);
    let glimpse = Glimpse { side: Side::Province, reading: &mine, began: at(4), now: at(4), rested: None };
    observe(&mut case, glimpse, &TestRules::default());
    assert_eq!((overruled(&mut case, 5), overruled(&mut case, 6)), (1, 0));
}

#[test]
fn an_answer_that_a_reading_overtook_proves_nothing() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    let key = case.intents[0].key.clone();
    case.intents[0].state = IntentState::Sent;
    case.intents[0].first_sent = Some(at(4));
    let newer = reading("9", "3", &[("dossier", "f"), ("field", "land")]);
    observe(
        &mut case,
        Glimpse { side: Side::National, reading: &newer, began: at(5), now: at(5), rested: None },
        &TestRules::default(),
    );
    let shown = Box::new(reading("9", "2", &[("dossier", "e"), ("field", "land")]));
    let ack = Outcome::Acked(Ack { id: None, version: None, reading: Some(shown) });
    let after = settle(&mut case, &key, ack, at(6), DELAY, &TestRules::default());
    assert!(after.read, "it is read anew");
    assert_eq!(case.ticket.ends.national.cells[&Field::named("dossier")].image.as_deref(), Some("f"));
}

#[test]
fn a_doubt_that_nothing_can_settle_goes_to_a_person() {
    let mut case = newborn();
    send(&mut case, in_doubt(), 1);
    let key = case.intents[0].key.clone();
    assert_eq!(undecidable(&mut case, &key).facts[0].what, "parked");
    plan(&mut case, at(9), &TestRules::default());
    assert_eq!((&case.intents[0].state, &case.intents[0].key), (&IntentState::Parked, &key));
}
