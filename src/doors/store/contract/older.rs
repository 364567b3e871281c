//! A database of the schema before texts were stored once: its rows are read, claimed, saved and told as those of today.

use super::*;
use crate::words::record::Cell;
use crate::words::side::Sides;
use crate::words::ticket::Field;
use crate::words::value::Value;

/// What the program of that time wrote: a case that is made on the other side, one whose write was out, and its audit entry.
pub(super) const ROWS: [&str; 4] = [
    r#"INSERT INTO cases (reference, link, origin, province_id, live, conflicts, parked, quarantined, replan, revision, json)
        VALUES ('a', 'pakn', 'province', '7', (1 = 1), 0, 0, 0, (1 = 0), 3, '{"link":"pakn","ticket":{"kind":"ticket",
        "reference":"a","origin":"province","ends":{"province":{"id":"7","identity":null,"version":"2","cells":{"subject":
        {"image":"Rác ","value":{"type":"text","is":"Rác"}}},"mapping":"m","read_began":null,"read_after":null,"gone":0,
        "gone_at":null,"moved_by_itself":0,"one_by_one":false,"captures":{}},"national":{"id":null,"identity":null,
        "version":null,"cells":{},"mapping":"","read_began":null,"read_after":null,"gone":0,"gone_at":null,
        "moved_by_itself":0,"one_by_one":false,"captures":{}}},"base":{"subject":{"province":"Rác ","national":null}},
        "ledger":[],"parked":[],"conflicts":[],"swings":[],"generation":2,"state":{"state":"live"}},"children":[]}')"#,
    r#"INSERT INTO intents (key, case_reference, link, side, record, state, due, fence, json) VALUES ('a-1', 'a', 'pakn',
        'national', 'portal/+/a', 'ready', 0, 4, '{"key":"a-1","case":"a","pair":"a","kind":"ticket","side":"national",
        "target":null,"version":null,"fields":{"subject":{"value":{"type":"text","is":"Rác"},"image":"RAC","before":null,
        "source":"Rác "}},"known_ids":[],"intended_at":"2026-11-23T00:00:00Z","mapping":"m","state":{"state":"ready"},
        "attempts":1,"due":"2026-11-23T00:00:00Z","first_sent":"2026-11-22T00:00:00Z","accepted":false,"says":null}')"#,
    r#"INSERT INTO intents (key, case_reference, link, side, record, state, due, lease, fence, json) VALUES ('a-2', 'a',
        'pakn', 'province', 'hub/ticket/7', 'sent', 0, 5, 1, '{"key":"a-2","case":"a","pair":"a","kind":"ticket",
        "side":"province","target":"7","version":"2","fields":{},"known_ids":[],"intended_at":"2026-11-23T00:00:00Z",
        "mapping":"m","state":{"state":"sent"},"attempts":0,"due":"2026-11-23T00:00:00Z",
        "first_sent":"2026-11-23T00:00:00Z","accepted":false,"says":null}')"#,
    r#"INSERT INTO audit (id, at, link, case_reference, what, json, province_mapping, national_mapping) VALUES (1, 0, 'pakn',
        'a', 'conflict', '{"what":"conflict","pair":"a","side":null,"key":null,"fields":{"subject":{"province":"d1",
        "national":"d2"}},"says":null}', 'm', 'n')"#,
];

pub(super) async fn holds(store: &dyn Store) {
    let before = loaded(store, "a").await;
    assert_eq!((before.ticket.generation, before.ticket.ends.province.version.as_ref()), (2, Some(&"2".into())));
    let subject = Field::named("subject");
    let cell = Cell { image: Some("Rác ".into()), value: Some(Value::Text("Rác".into())) };
    assert_eq!(before.ticket.ends.province.cells.get(&subject), Some(&cell));
    assert_eq!(before.ticket.base.get(&subject), Some(&Sides { province: Some("Rác ".into()), national: None }));
    let states: Vec<_> = before.intents.iter().map(|intent| (intent.key.as_str(), &intent.state)).collect();
    assert_eq!(states, [("a-1", &IntentState::Ready), ("a-2", &IntentState::Sent)]);

    assert_eq!(store.recover(None, SETTLE).await.unwrap(), 1, "what was out when the older program ended");
    let claims = store.claim(&link(), Side::National, at(0), LEASE, 9).await.unwrap();
    assert_eq!(keys(&claims), ["a-1"]);
    let sent = claims[0].intent.first_sent.unwrap().to_rfc3339();
    assert_eq!(sent, "2026-11-22T00:00:00+00:00", "the first send stays the first");
    assert_eq!(claims[0].intent.fields[&subject].image.as_deref(), Some("RAC"));
    assert!(matches!(store.save(&before, &change(1), None).await, Err(StoreError::Stale)));

    let mut done = loaded(store, "a").await;
    done.intents.retain(|intent| intent.key != "a-1");
    done.ticket.ends.national.id = Some(id("9"));
    done.revision = store.save(&done, &change(1), Some(&claims[0])).await.unwrap();
    assert_eq!(loaded(store, "a").await, done);
    let told = store.entries(0, 9).await.unwrap();
    let digests = Sides { province: Some("d1".to_owned()), national: Some("d2".to_owned()) };
    assert_eq!((told[0].fact.what.as_str(), &told[0].fact.fields[&subject]), ("conflict", &digests));
}
