//! What a store must do with what systems tell by themselves.

use super::*;

fn notice(proof: &str, ids: &[&str], second: i64) -> Notice {
    Notice {
        system: "hub".into(),
        ids: ids.iter().map(|text| id(text)).collect(),
        proof: proof.into(),
        at: at(second),
        forget_before: at(second - 10),
    }
}

/// Tickets of the open hints, and how often each was told of.
async fn open(store: &dyn Store) -> Vec<(String, i64)> {
    store.hints(9).await.unwrap().into_iter().map(|hint| (hint.id.0, hint.times)).collect()
}

pub(super) async fn holds(store: &dyn Store) {
    assert_eq!(store.note(&notice("a", &["t1", "t2"], 1), 3).await.unwrap(), Noted::New);
    assert_eq!(store.note(&notice("a", &["t1", "t2"], 2), 3).await.unwrap(), Noted::Before, "a replay");
    assert_eq!(open(store).await, [("t1".to_owned(), 1), ("t2".to_owned(), 1)]);
    let elsewhere = Notice { system: "portal".into(), ..notice("a", &["t1"], 3) };
    assert_eq!(store.note(&elsewhere, 3).await.unwrap(), Noted::New, "another system's");
    assert_eq!(store.hints(9).await.unwrap()[2].system.as_str(), "portal");

    assert_eq!(store.note(&notice("b", &["t3"], 4), 3).await.unwrap(), Noted::Full);
    assert_eq!(open(store).await.len(), 3, "nothing of what found no room is kept");
    assert_eq!(store.note(&notice("c", &["t1"], 5), 3).await.unwrap(), Noted::New, "known tickets need no room");

    let hints = store.hints(9).await.unwrap();
    assert_eq!((hints[0].id.as_str(), hints[0].times, hints[0].since), ("t1", 2, at(1)));
    assert_eq!(store.hints(1).await.unwrap(), hints[..1]);
    store.note(&notice("d", &["t1"], 6), 3).await.unwrap();
    store.end_hint(&hints[0]).await.unwrap();
    assert_eq!(open(store).await[0], ("t1".to_owned(), 3), "told again while it was read");
    for hint in store.hints(9).await.unwrap() {
        store.end_hint(&hint).await.unwrap();
    }
    assert!(open(store).await.is_empty());

    assert_eq!(store.note(&notice("b", &["t3"], 7), 3).await.unwrap(), Noted::New, "what found no room comes again");
    assert_eq!(store.note(&notice("a", &["t9"], 12), 3).await.unwrap(), Noted::New, "forgotten after its time");
    for hint in store.hints(9).await.unwrap() {
        store.end_hint(&hint).await.unwrap();
    }
}
