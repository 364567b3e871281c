use std::time::Duration;

use super::*;
use crate::pure::sync::case::{Conflict, ConflictReason, End, PlannedField};
use crate::words::record::Cell;
use crate::words::side::Sides;
use crate::words::ticket::{RecordKind, field};

const HAND: Hand<'_> = Hand { by: "lan", at: Timestamp::UNIX_EPOCH };

fn case() -> Case {
    let cell = Cell { image: Some("a".into()), value: None };
    let end = |id: Option<&str>| End {
        id: id.map(Into::into),
        cells: [(field::STATUS, cell.clone())].into(),
        ..End::default()
    };
    let ticket = Pair {
        kind: RecordKind::Ticket,
        reference: "PB-1".into(),
        origin: Side::Province,
        ends: Sides { province: end(Some("p")), national: end(Some("n")) },
        base: BTreeMap::new(),
        ledger: Vec::new(),
        parked: Vec::new(),
        conflicts: Vec::new(),
        rolled_back: BTreeMap::new(),
        swings: Vec::new(),
        generation: 1,
        state: PairState::Live,
    };
    Case { link: "l".into(), ticket, children: Vec::new(), intents: Vec::new(), revision: 1 }
}

fn conflicted() -> Case {
    let mut case = case();
    case.ticket.conflicts.push(Conflict {
        field: field::STATUS,
        images: Sides::default(),
        values: Sides::default(),
        reason: ConflictReason::BothChanged,
        since: HAND.at,
        decided: None,
    });
    case
}

fn with_intent(state: IntentState, target: Option<&str>) -> Case {
    let mut case = case();
    let image = |text: &str| Some(text.into());
    let planned = PlannedField { value: None, image: image("A"), before: image("b"), source: image("a") };
    case.intents.push(Intent {
        key: "k".into(),
        case: "PB-1".into(),
        pair: "PB-1".into(),
        kind: RecordKind::Ticket,
        side: Side::National,
        target: target.map(Into::into),
        version: None,
        fields: [(field::STATUS, planned)].into(),
        known_ids: Vec::new(),
        intended_at: HAND.at,
        mapping: String::new(),
        state,
        attempts: 6,
        due: Timestamp::MAX_UTC,
        first_sent: None,
        accepted: false,
        says: None,
    });
    case
}

#[test]
fn what_is_under_way_is_neither_retried_nor_discarded() {
    for state in [IntentState::Sent, IntentState::Doubt { settle: Duration::ZERO }] {
        let mut case = with_intent(state, Some("n"));
        let before = case.clone();
        assert_eq!(retry(&mut case, "k", HAND), Err(NotDone::UnderWay));
        assert_eq!(discard(&mut case, "k", HAND), Err(NotDone::UnderWay));
        assert_eq!(retry_all(&mut case, HAND), Err(NotDone::NothingWaits));
        assert_eq!(case, before);
    }
    assert_eq!(retry(&mut case(), "k", HAND), Err(NotDone::Unknown));
}

#[test]
fn a_retried_intent_is_due_at_once_with_all_its_tries() {
    for state in [IntentState::Parked, IntentState::Ready] {
        let mut case = with_intent(state, None);
        let facts = retry(&mut case, "k", HAND).unwrap();
        let [intent] = case.intents.as_slice() else { panic!() };
        assert_eq!((&intent.state, intent.attempts, intent.due), (&IntentState::Ready, 0, HAND.at));
        assert_eq!((facts[0].what.as_str(), facts[0].says.as_deref()), ("retried", Some("by lan")));
    }
}

#[test]
fn a_discarded_update_parks_its_values_and_a_discarded_create_its_record() {
    let mut case = with_intent(IntentState::Ready, Some("n"));
    discard(&mut case, "k", HAND).unwrap();
    assert!(case.intents.is_empty());
    let [parked] = case.ticket.parked.as_slice() else { panic!() };
    assert_eq!(parked.field, Some(field::STATUS));
    assert_eq!((parked.refused.as_deref(), parked.stood.as_deref()), (Some("a"), Some("b")));
    assert_eq!(parked.says.as_deref(), Some("discarded by lan"));

    let mut case = with_intent(IntentState::Parked, None);
    discard(&mut case, "k", HAND).unwrap();
    let [parked] = case.ticket.parked.as_slice() else { panic!() };
    assert_eq!((&parked.field, &parked.refused), (&None, &spelled(case.ticket.ends.province.cells.values())));

    let facts = retry_all(&mut case, HAND).unwrap();
    assert!(case.ticket.parked.is_empty());
    assert_eq!(facts.len(), 1);
}

#[test]
fn a_pair_set_aside_is_released_only_where_both_ends_are_known() {
    let set_aside = PairState::Quarantined { side: Side::National, reason: "unknown code".into() };
    let mut known = case();
    known.ticket.state = set_aside.clone();
    assert_eq!(retry_all(&mut known, HAND).unwrap()[0].what, "released");
    assert_eq!(known.ticket.state, PairState::Live);

    let mut doubled = case();
    doubled.ticket.state = set_aside;
    doubled.ticket.ends.national.id = None;
    assert_eq!(retry_all(&mut doubled, HAND), Err(NotDone::OneEnded), "it would be made once more");
}

#[test]
fn a_conflict_is_decided_for_the_values_that_are_shown() {
    let mut case = conflicted();
    let ticket = Reference::from("PB-1");
    let error = resolve(&mut case, &ticket, &field::KIND, Side::National, HAND).unwrap_err();
    assert_eq!(error.to_string(), "`kind` is not in conflict; in conflict: status");
    assert_eq!(resolve(&mut case, &"x".into(), &field::STATUS, Side::National, HAND), Err(NotDone::Unknown));
    let facts = resolve(&mut case, &ticket, &field::STATUS, Side::National, HAND).unwrap();
    assert_eq!(case.ticket.conflicts[0].decided, Some(Side::National));
    assert_eq!((facts[0].what.as_str(), facts[0].side), ("decided", Some(Side::National)));
}

#[test]
fn a_decision_about_values_that_moved_is_refused() {
    let mut case = conflicted();
    let ticket = case.reference().clone();
    let seen = case.ticket.conflicts[0].seen();
    assert_eq!(still(&case, &ticket, &field::STATUS, &seen), Ok(()));
    case.ticket.conflicts[0].images.province = Some("moved".into());
    assert_eq!(still(&case, &ticket, &field::STATUS, &seen), Err(NotDone::Moved));
    assert_eq!(still(&case, &ticket, &field::KIND, &seen), Err(NotDone::Moved));
}

#[test]
fn a_ticket_that_was_gone_is_written_to_again_when_a_person_says_that_it_is_there() {
    let mut case = case();
    case.ticket.ends.national.gone = 3;
    assert!(case.ticket.ends.national.is_gone());
    case.ticket.state = PairState::Quarantined { side: Side::National, reason: "gone".into() };
    retry_all(&mut case, HAND).unwrap();
    assert!(case.ticket.state == PairState::Live && !case.ticket.ends.national.is_gone());
}
