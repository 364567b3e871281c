//! A mapping that changes in the middle of everything.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::support::{TestRules, cell};
use crate::pure::sync::case::{Case, IntentState};
use crate::pure::sync::hands::{Hand, discard};
use crate::pure::sync::observe::{Glimpse, new_pair, observe};
use crate::pure::sync::plan::plan;
use crate::pure::sync::remap::to_read_again;
use crate::pure::sync::settle::{may_repeat, settle, undecidable};
use crate::words::clock::Timestamp;
use crate::words::outcome::{Ack, Outcome};
use crate::words::promise::Keyed;
use crate::words::record::Reading;
use crate::words::side::{Side, Sides};
use crate::words::ticket::{Field, RecordKind, field};

fn at(seconds: i64) -> Timestamp {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000 + seconds)
}

/// Rules under which the national mapping is this one.
fn under(national: &'static str) -> TestRules {
    TestRules { mappings: Sides { province: "test", national }, ..TestRules::default() }
}

fn reading(id: &str, version: &str, fields: &[(&str, &str)]) -> Reading {
    Reading {
        kind: RecordKind::Ticket,
        id: id.into(),
        identity: None,
        version: Some(version.into()),
        changed: None,
        reference: None,
        cells: fields.iter().map(|(name, text)| (Field::named(name), cell(text, false))).collect(),
        children: BTreeMap::new(),
        captures: BTreeMap::new(),
    }
}

fn see(case: &mut Case, side: Side, reading: &Reading, seconds: i64, rules: &TestRules) {
    observe(case, Glimpse { side, reading, began: at(seconds), now: at(seconds), rested: None }, rules);
    plan(case, at(seconds), rules);
}

fn send(case: &mut Case, outcome: Outcome, seconds: i64, rules: &TestRules) {
    let [intent] = case.intents.as_mut_slice() else { panic!("not one intent: {:?}", case.intents) };
    intent.state = IntentState::Sent;
    intent.first_sent.get_or_insert(at(seconds));
    let key = intent.key.clone();
    settle(case, &key, outcome, at(seconds), Duration::from_secs(7), rules);
    plan(case, at(seconds), rules);
}

/// Born at the province; its create is planned.
fn newborn() -> Case {
    let mut case = Case {
        link: "l".into(),
        ticket: new_pair(RecordKind::Ticket, "PB-1".into(), Side::Province),
        children: Vec::new(),
        intents: Vec::new(),
        revision: 0,
    };
    see(&mut case, Side::Province, &reading("1", "1", &[("dossier", "d")]), 0, &under("test"));
    case
}

/// There on both sides and agreed.
fn settled() -> Case {
    let mut case = newborn();
    let made = Ack { id: Some("9".into()), version: Some("1".into()), reading: None };
    send(&mut case, Outcome::Acked(made), 1, &under("test"));
    see(&mut case, Side::National, &reading("9", "1", &[("dossier", "d")]), 2, &under("test"));
    assert!(case.intents.is_empty());
    case
}

#[test]
fn nothing_is_decided_on_what_another_mapping_understood() {
    let mut case = settled();
    let rules = under("new");
    assert_eq!(to_read_again(&case, &rules), Some(Side::National));
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e")]), 3, &rules);
    assert!(case.intents.is_empty(), "the national side was understood by another mapping");
    see(&mut case, Side::National, &reading("9", "1", &[("dossier", "d")]), 4, &rules);
    assert_eq!(to_read_again(&case, &rules), None);
    assert_eq!(case.intents.len(), 1);
    assert_eq!(case.intents[0].mapping, "new");
}

#[test]
fn a_new_mapping_is_no_change_however_it_spells() {
    let mut case = settled();
    let rules = under("loud");
    // The same text, which means the same: it would only be written otherwise.
    see(&mut case, Side::National, &reading("9", "1", &[("dossier", "d")]), 3, &rules);
    see(&mut case, Side::Province, &reading("1", "1", &[("dossier", "d")]), 4, &rules);
    assert!(case.intents.is_empty(), "{:?}", case.intents);
    // The same value, found in another spelling: another member, another way to say it.
    let mut elsewhere = reading("9", "1", &[("dossier", "d")]);
    elsewhere.cells.get_mut(&Field::named("dossier")).unwrap().image = Some("D!".into());
    see(&mut case, Side::National, &elsewhere, 5, &under("elsewhere"));
    assert!(case.intents.is_empty(), "{:?}", case.intents);
    assert_eq!(case.ticket.base[&Field::named("dossier")].national.as_deref(), Some("D!"));
    // Another spelling under the same mapping is a person's change.
    let mut changed = reading("9", "2", &[("dossier", "d2")]);
    changed.cells.get_mut(&Field::named("dossier")).unwrap().image = Some("D?".into());
    see(&mut case, Side::National, &changed, 6, &under("elsewhere"));
    assert_eq!(case.intents.len(), 1);
}

#[test]
fn what_is_not_sent_yet_goes_by_the_new_mapping() {
    let mut case = newborn();
    let planned = |case: &Case| {
        let intent = &case.intents[0];
        (intent.mapping.clone(), intent.fields[&Field::named("dossier")].image.clone().unwrap())
    };
    assert_eq!(planned(&case), ("test".to_owned(), "d".into()));
    let key = case.intents[0].key.clone();
    plan(&mut case, at(3), &under("new"));
    assert_eq!(planned(&case), ("new".to_owned(), "d".into()));
    assert_eq!(case.intents[0].key, key, "the same payload is the same operation");
    let facts = plan(&mut case, at(4), &under("loud"));
    assert_eq!(planned(&case), ("loud".to_owned(), "D".into()));
    assert_ne!(case.intents[0].key, key, "a mended payload is another operation");
    assert_eq!(facts[0].mapping.as_deref(), Some("loud"), "{facts:?}");
}

#[test]
fn a_doubt_is_repeated_only_under_the_mapping_that_rendered_it() {
    let keyed = |national| {
        let mut rules = under(national);
        rules.promises.keyed = Keyed::All;
        rules.promises.key_life = Duration::from_secs(3600);
        rules
    };
    let mut case = newborn();
    send(&mut case, Outcome::InDoubt { says: "cut".into() }, 1, &keyed("test"));
    assert!(may_repeat(&case.intents[0], at(2), Some(Duration::ZERO), &keyed("test")));
    assert!(!may_repeat(&case.intents[0], at(2), Some(Duration::ZERO), &keyed("new")), "its bytes may be others now");
    plan(&mut case, at(3), &keyed("new"));
    assert_eq!(case.intents[0].mapping, "test", "what is out keeps what it was sent with");
    // It is adopted by its reference, and the mapping that wrote it stays told.
    let mut shown = reading("9", "1", &[("dossier", "d")]);
    shown.reference = Some("PB-1".into());
    let facts = observe(
        &mut case,
        Glimpse { side: Side::National, reading: &shown, began: at(9), now: at(9), rested: None },
        &keyed("new"),
    );
    let of_write: Vec<_> = facts.iter().filter(|fact| fact.key.is_some()).collect();
    assert!(!of_write.is_empty() && of_write.iter().all(|fact| fact.mapping.as_deref() == Some("test")), "{facts:?}");
}

#[test]
fn a_refused_value_is_tried_once_more_under_another_mapping() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e")]), 3, &under("test"));
    send(&mut case, Outcome::Refused { says: "no".into(), fields: Vec::new() }, 4, &under("test"));
    plan(&mut case, at(5), &under("test"));
    assert!(case.intents.is_empty());
    assert_eq!(case.ticket.parked[0].mapping.as_deref(), Some("test"));

    let rules = under("new");
    see(&mut case, Side::National, &reading("9", "1", &[("dossier", "d")]), 6, &rules);
    assert_eq!(case.intents.len(), 1);
    send(&mut case, Outcome::Refused { says: "no".into(), fields: Vec::new() }, 7, &rules);
    plan(&mut case, at(8), &rules);
    assert!(case.intents.is_empty(), "refused by that mapping, too");
}

#[test]
fn what_a_person_gave_up_stays_given_up_under_any_mapping() {
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e")]), 3, &under("test"));
    let key = case.intents[0].key.clone();
    discard(&mut case, &key, Hand { by: "an", at: at(4) }).unwrap();
    see(&mut case, Side::National, &reading("9", "1", &[("dossier", "d")]), 5, &under("loud"));
    assert!(case.intents.is_empty(), "{:?}", case.intents);
}

#[test]
fn a_create_that_may_be_there_is_a_persons_under_any_mapping() {
    let mut case = newborn();
    send(&mut case, Outcome::InDoubt { says: "cut".into() }, 1, &under("test"));
    let key = case.intents[0].key.clone();
    undecidable(&mut case, &key);
    plan(&mut case, at(2), &under("loud"));
    assert_eq!((case.intents.len(), &case.intents[0].state), (1, &IntentState::Parked));
    assert_eq!(case.intents[0].key, key);
}

#[test]
fn a_reply_that_only_another_mapping_showed_holds_no_status_up() {
    let with_status = |id, version, status, replies: &[Reading]| {
        let mut ticket = reading(id, version, &[("dossier", "d")]);
        ticket.cells.insert(field::STATUS, cell(status, true));
        ticket.children.insert(RecordKind::Reply, replies.to_vec());
        ticket
    };
    let reply = Reading { kind: RecordKind::Reply, version: None, ..reading("r1", "", &[("text", "Đã xong")]) };
    let rules = TestRules { mappings: Sides { province: "new", national: "test" }, ..TestRules::default() };
    let mut case = newborn();
    see(&mut case, Side::Province, &with_status("1", "2", "answered", &[reply]), 3, &under("test"));
    see(&mut case, Side::Province, &with_status("1", "3", "answered", &[]), 4, &rules);
    send(&mut case, Outcome::Acked(Ack { id: Some("9".into()), ..Ack::default() }), 5, &rules);
    see(&mut case, Side::National, &with_status("9", "1", "in_progress", &[]), 6, &rules);
    let [up] = case.intents.as_slice() else { panic!("{:?}", case.intents) };
    assert_eq!(up.fields.keys().collect::<Vec<_>>(), [&field::STATUS]);
}
