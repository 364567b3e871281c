//! Whose day chooses the code that is written: the ticket's own, as the side shows it on which it was born.

use std::collections::BTreeMap;

use super::support::{TestRules, cell};
use crate::pure::sync::case::Case;
use crate::pure::sync::observe::{Glimpse, new_pair, observe};
use crate::pure::sync::plan::plan;
use crate::words::clock::Timestamp;
use crate::words::record::{Cell, Cells, Reading};
use crate::words::side::Side;
use crate::words::ticket::{Field, RecordKind, field};
use crate::words::value::Value;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A reading with a place, received at that instant.
fn reading(kind: RecordKind, id: &str, received: Option<&str>) -> Reading {
    let mut cells = Cells::from([(Field::fixed("place"), cell("A", true)), (Field::fixed("agency"), cell("A", true))]);
    if let Some(received) = received {
        let value = Some(Value::Instant(at(received)));
        cells.insert(field::RECEIVED_AT, Cell { image: Some(received.into()), value });
    }
    Reading {
        kind,
        id: id.into(),
        identity: None,
        version: Some("1".into()),
        changed: None,
        reference: None,
        cells,
        children: BTreeMap::new(),
        captures: BTreeMap::new(),
    }
}

#[test]
fn an_old_ticket_and_its_new_children_are_written_with_the_codes_of_its_day() {
    let mut case = Case {
        link: "l".into(),
        ticket: new_pair(RecordKind::Ticket, "PB-1".into(), Side::Province),
        children: Vec::new(),
        intents: Vec::new(),
        revision: 0,
    };
    let rules = TestRules::default();
    let mut ticket = reading(RecordKind::Ticket, "1", Some("2025-06-30T01:00:00Z"));
    ticket.children.insert(RecordKind::Reply, vec![reading(RecordKind::Reply, "5", None)]);
    let now = at("2026-11-23T00:00:00Z");
    observe(&mut case, Glimpse { side: Side::Province, reading: &ticket, began: now, now, rested: None }, &rules);
    plan(&mut case, now, &rules);
    let image = |case: &Case, name: &'static str| {
        case.intents.iter().find_map(|intent| intent.fields.get(&Field::fixed(name))?.image.clone())
    };
    assert_eq!(image(&case, "place").as_deref(), Some("A on 2025-06-30"));

    // The copy shows another day: there it was received when we sent it.
    case.intents.clear();
    case.ticket.ends.national.id = Some("9".into());
    let copy = reading(RecordKind::Ticket, "9", Some("2026-11-23T00:00:00Z"));
    observe(&mut case, Glimpse { side: Side::National, reading: &copy, began: now, now, rested: None }, &rules);
    plan(&mut case, now, &rules);
    assert_eq!(image(&case, "agency").as_deref(), Some("A on 2025-06-30"), "{:?}", case.intents);
}
