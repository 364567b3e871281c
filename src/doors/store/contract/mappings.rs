//! What a store must do when a mapping changes.

use super::*;

fn used(system: &str, digest: &str, second: i64) -> MappingUse {
    MappingUse { system: system.into(), file: "m.toml".into(), digest: digest.into(), since: at(second) }
}

pub(super) async fn holds(store: &dyn Store) {
    a_changed_mapping_holds_back_what_was_planned_under_the_other(store).await;
    a_refusal_lasts_until_a_mapping_is_taken(store).await;
    what_another_mapping_could_not_read_is_found(store).await;
    entries_name_the_mappings_in_force(store).await;
}

async fn a_changed_mapping_holds_back_what_was_planned_under_the_other(store: &dyn Store) {
    assert!(store.take_mapping(&used("portal", "m1", 1)).await.unwrap());
    let mut waiting = case("r1", Some("r1"), None);
    waiting.intents = vec![intent("r-a", &waiting, Side::National, None, 10)];
    let waiting = saved(store, waiting).await;
    saved(store, case("r2", Some("r2"), None)).await;
    assert!(!store.take_mapping(&used("portal", "m1", 2)).await.unwrap(), "the same as before");
    assert!(store.to_replan(None, None, 9).await.unwrap().is_empty());

    assert!(store.take_mapping(&used("ministry", "x1", 3)).await.unwrap());
    assert!(store.to_replan(None, None, 9).await.unwrap().is_empty(), "of no link that ends there");
    assert!(store.take_mapping(&used("portal", "m2", 4)).await.unwrap());
    assert_eq!(
        store.to_replan(None, None, 9).await.unwrap(),
        ["r1".into()],
        "what has nothing to send waits for nothing"
    );
    assert!(store.to_replan(None, Some(&"r1".into()), 9).await.unwrap().is_empty());
    assert_eq!(store.to_replan(Some(&link()), None, 9).await.unwrap(), ["r1".into()]);
    assert!(store.to_replan(Some(&"legal".into()), None, 9).await.unwrap().is_empty(), "nothing of another link");
    assert_eq!(store.next_due().await.unwrap(), None);
    assert!(store.claim(&link(), Side::National, at(20), LEASE, 9).await.unwrap().is_empty());
    saved(store, waiting).await;
    assert_eq!(store.next_due().await.unwrap(), Some(at(10)));
    assert_eq!(keys(&store.claim(&link(), Side::National, at(20), LEASE, 9).await.unwrap()), ["r-a"]);
    store.recover(None, SETTLE).await.unwrap();
    store.save(&Case { intents: Vec::new(), ..loaded(store, "r1").await }, &change(21), None).await.unwrap();

    let digests: Vec<String> = store.mapping_uses().await.unwrap().into_iter().map(|one| one.digest).collect();
    assert_eq!(digests, ["m1", "x1", "m2"]);
}

async fn a_refusal_lasts_until_a_mapping_is_taken(store: &dyn Store) {
    let refusal = |digest: &str, problem: &str| MappingRefusal {
        system: "portal".into(),
        file: "m.toml".into(),
        digest: digest.into(),
        since: at(5),
        problems: vec![problem.into()],
    };
    store.refuse_mapping(&refusal("m3", "M001 m.toml:1:1")).await.unwrap();
    store.refuse_mapping(&refusal("m4", "M002 m.toml:2:1")).await.unwrap();
    assert_eq!(store.mapping_refusals().await.unwrap(), [refusal("m4", "M002 m.toml:2:1")]);
    store.take_mapping(&used("ministry", "x1", 6)).await.unwrap();
    assert_eq!(store.mapping_refusals().await.unwrap().len(), 1, "another system's");
    assert!(!store.take_mapping(&used("portal", "m2", 7)).await.unwrap());
    assert!(store.mapping_refusals().await.unwrap().is_empty(), "the file says again what is in force");
}

async fn what_another_mapping_could_not_read_is_found(store: &dyn Store) {
    let bad = |name: &str, mapping: &str| Quarantined {
        system: "portal".into(),
        id: id(name),
        reason: "unknown code".into(),
        since: at(1),
        mapping: mapping.into(),
    };
    for entry in [bad("u1", "m1"), bad("u2", "m2"), bad("u3", "m1")] {
        store.quarantine(&entry).await.unwrap();
    }
    let otherwise = |mapping: &'static str, limit| async move {
        store.quarantined_otherwise(&"portal".into(), mapping, limit).await.unwrap()
    };
    assert_eq!(otherwise("m2", 9).await, [bad("u1", "m1"), bad("u3", "m1")]);
    assert_eq!(otherwise("m2", 1).await, [bad("u1", "m1")]);
    assert!(store.quarantined_otherwise(&"hub".into(), "m2", 9).await.unwrap().is_empty());
    store.quarantine(&bad("u1", "m2")).await.unwrap();
    assert_eq!(otherwise("m2", 9).await, [bad("u3", "m1")], "it failed under the new one, too");
    for name in ["u1", "u2", "u3"] {
        store.unquarantine(&"portal".into(), &[&id(name)]).await.unwrap();
    }
}

async fn entries_name_the_mappings_in_force(store: &dyn Store) {
    let one = case("r3", None, None);
    let mappings = Some(Sides { province: "p1".to_owned(), national: "n1".to_owned() });
    let told = Change { facts: vec![fact("paired", &one)], mappings: mappings.clone(), ..change(6) };
    let before = store.entries(0, u32::MAX).await.unwrap().len();
    store.save(&one, &told, None).await.unwrap();
    let entries = store.entries(0, u32::MAX).await.unwrap();
    assert_eq!(entries.len(), before + 1);
    assert_eq!(entries.last().map(|entry| &entry.mappings), Some(&mappings));
}
