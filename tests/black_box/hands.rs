//! What people do by hand: mend what a portal refuses, try again, decide conflicts.

use pakn_bridge::faces::sandbox::{Meaning, System};
use serde_json::{Value, json};

use crate::harness::mapping;
use crate::world::{World, config_for};

use System::{Hotline, Portal};

#[tokio::test]
async fn a_value_that_is_refused_waits_alone_in_the_portals_own_words() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Email, "a@example.vn")]);
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &id, Portal).id;
    let at_portal = |meaning| world.sandbox.ticket(Portal, &copy).unwrap().words(Portal, meaning);

    let edits = [(Meaning::Subject, "Tiêu đề mới"), (Meaning::Email, "không phải thư")];
    world.sandbox.person_edits(Hotline, &id, &edits).unwrap();
    world.quiet().await.expect(1);
    assert_eq!(at_portal(Meaning::Subject), "Tiêu đề mới", "the other field goes on");
    assert_eq!(at_portal(Meaning::Email), "a@example.vn");

    let refused = the_only_refusal(&world).await;
    assert_eq!(refused["field"], "submitter_email", "{refused:#}");
    assert_eq!((&refused["side"], &refused["why"]), (&json!("national"), &json!("refused")), "{refused:#}");
    let (case, says) = (refused["case"].as_str().unwrap(), refused["says"].as_str().unwrap());
    assert!(says.contains("Email"), "the portal's own words: {says}");
    let shown = world.bridge.run(&["queue", "show", case]).await.expect(0);
    assert!(shown.stdout.contains(says), "{shown:#?}");

    // Nothing was mended: the portal says no again, once.
    world.bridge.run(&["queue", "retry", case]).await.expect(0);
    world.quiet().await.expect(1);
    the_only_refusal(&world).await;
    let writes = world.writes();
    world.sync().await.expect(1);
    assert_eq!(world.writes(), writes, "a refusal is not sent again by itself");

    world.sandbox.person_edits(Hotline, &id, &[(Meaning::Email, "b@example.vn")]).unwrap();
    world.quiet().await.expect(0);
    assert_eq!(at_portal(Meaning::Email), "b@example.vn");
    world.expect_a_person_needed(false).await;
    world.expect_clean();
}

#[tokio::test]
async fn what_was_refused_for_a_wrong_mapping_goes_on_when_the_mapping_is_mended() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Level, "normal")]);
    let right = std::fs::read_to_string(mapping("dvcqg.toml")).unwrap();
    let wrong = right.replace("complex = \"PHUCTAP\"", "complex = \"KHONG-CO\"");
    assert_ne!(wrong, right, "the mapping's code for complex is another");
    world.bridge.write("dvcqg.toml", &wrong);
    let config = config_for(&world.sandbox);
    world.bridge.write("bridge.toml", &config.replace(mapping("dvcqg.toml").to_str().unwrap(), "dvcqg.toml"));
    world.quiet().await.expect(0);
    world.sandbox.person_edits(Hotline, &id, &[(Meaning::Level, "complex")]).unwrap();
    world.quiet().await.expect(1);
    let refused = the_only_refusal(&world).await;
    assert!(refused["says"].as_str().unwrap().contains("KHONG-CO"), "{refused:#}");

    world.bridge.write("dvcqg.toml", &right);
    world.quiet().await.expect(0);
    assert_eq!(world.copy(Hotline, &id, Portal).words(Portal, Meaning::Level), "complex");
    world.expect_a_person_needed(false).await;
    world.expect_clean();
}

#[tokio::test]
async fn a_discarded_edit_stays_back_until_its_value_moves() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Address, "Phường Một")]);
    world.quiet().await.expect(0);
    let address = || world.copy(Hotline, &id, Portal).words(Portal, Meaning::Address);
    let config = config_for(&world.sandbox);
    world.bridge.write("bridge.toml", &config.replace(&world.sandbox.urls().portal, "http://127.0.0.1:9"));
    world.sandbox.person_edits(Hotline, &id, &[(Meaning::Address, "Phường Hai")]).unwrap();
    world.sync().await.expect(3);
    let list = world.bridge.json(&["queue", "list"]).await;
    assert_eq!(list["writes"][0]["fields"], json!(["submitter_address"]), "{list:#}");
    let key = list["writes"][0]["key"].as_str().unwrap();
    world.bridge.run(&["queue", "discard", key]).await.expect(0);

    world.bridge.write("bridge.toml", &config);
    world.quiet().await;
    assert_eq!(address(), "Phường Một", "discarded");
    world.sandbox.person_edits(Hotline, &id, &[(Meaning::Address, "Phường Ba")]).unwrap();
    world.quiet().await.expect(0);
    assert_eq!(address(), "Phường Ba");
    world.expect_clean();
}

#[tokio::test]
async fn each_conflict_is_decided_by_itself_and_a_decision_is_void_when_a_value_moves() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &id, Portal).id;
    for (system, id, which) in [(Hotline, &id, "tỉnh"), (Portal, &copy, "quốc gia")] {
        let texts = [format!("Tiêu đề {which}"), format!("Địa chỉ {which}"), format!("Hồ sơ {which}")];
        let meanings = [Meaning::Subject, Meaning::Address, Meaning::Dossier];
        let edits: Vec<_> = meanings.into_iter().zip(texts.iter().map(String::as_str)).collect();
        world.sandbox.person_edits(system, id, &edits).unwrap();
    }
    world.quiet().await.expect(1);
    let both = |meaning| {
        [(Hotline, &id), (Portal, &copy)]
            .map(|(system, id)| world.sandbox.ticket(system, id).unwrap().words(system, meaning))
    };
    let list = conflicts(&world).await;
    assert_eq!(list.len(), 3, "{list:#?}");
    let pair = list[0]["pair"].as_str().unwrap();
    let shown = world.bridge.json(&["conflicts", "show", pair]).await;
    assert_eq!(shown["conflicts"].as_array().map(Vec::len), Some(3), "{shown:#}");

    let decide =
        async |field: &str, take: &str| world.bridge.run(&["conflicts", "resolve", pair, field, "--take", take]).await;
    decide("subject", "province").await.expect(0);
    decide("submitter_address", "national").await.expect(0);
    decide("dossier", "national").await.expect(0);
    let unknown = decide("level", "national").await.expect(2);
    assert!(unknown.stderr.contains("level") && unknown.stderr.contains("dossier"), "{unknown:#?}");
    world.bridge.run(&["conflicts", "show", "PB-khong-co"]).await.expect(2);

    // The value that the third decision did not see.
    world.sandbox.person_edits(Hotline, &id, &[(Meaning::Dossier, "Hồ sơ khác")]).unwrap();
    world.quiet().await.expect(1);
    assert_eq!(both(Meaning::Subject), ["Tiêu đề tỉnh", "Tiêu đề tỉnh"]);
    assert_eq!(both(Meaning::Address), ["Địa chỉ quốc gia", "Địa chỉ quốc gia"]);
    assert_eq!(both(Meaning::Dossier), ["Hồ sơ khác", "Hồ sơ quốc gia"], "the decision is void");
    let list = conflicts(&world).await;
    assert_eq!(list.len(), 1, "{list:#?}");
    assert_eq!((&list[0]["field"], &list[0]["decided"]), (&json!("dossier"), &Value::Null));
    assert_eq!(list[0]["values"], json!({ "province": "Hồ sơ khác", "national": "Hồ sơ quốc gia" }));

    decide("dossier", "province").await.expect(0);
    world.quiet().await.expect(0);
    assert_eq!(both(Meaning::Dossier), ["Hồ sơ khác", "Hồ sơ khác"]);
    world.expect_a_person_needed(false).await;
    world.expect_clean();
}

/// The one value that waits for a person.
async fn the_only_refusal(world: &World) -> Value {
    let list = world.bridge.json(&["queue", "list"]).await;
    assert_eq!(list["refused"].as_array().map(Vec::len), Some(1), "{list:#}");
    list["refused"][0].clone()
}

async fn conflicts(world: &World) -> Vec<Value> {
    let list = world.bridge.json(&["conflicts", "list", "--personal-data"]).await;
    list["conflicts"].as_array().unwrap().clone()
}
