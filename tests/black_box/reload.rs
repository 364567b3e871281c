//! Mapping files that change while the daemon works: the sound ones are taken between cycles, the others are refused and
//! shown; nothing stops, nothing is lost, nothing is made twice.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pakn_bridge::faces::sandbox::{Meaning, Raw, System};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::bridge::{Daemon, until};
use crate::front::{Act, Front};
use crate::harness::mapping;
use crate::world::World;

use System::{Hotline, Legal, Portal};

/// A world whose bridge has mapping files of its own, to change.
async fn own_mappings() -> World {
    World::empty().await.with_own_mappings(str::to_owned)
}

/// Changes a mapping file in one place; gives its new digest.
fn change(world: &World, file: &str, from: &str, to: &str) -> String {
    let text = fs::read_to_string(world.bridge.path(file)).unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{file} has `{from}`");
    world.bridge.write(file, &changed);
    let digest = Sha256::digest(changed.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn status_until(world: &World, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    /// Commands until one must have shown it.
    const MOST: usize = 200;
    for _ in 0..MOST {
        let status = world.bridge.json(&["status"]).await;
        if holds(&status) {
            return status;
        }
    }
    panic!("asked in vain: {what}");
}

fn refused(status: &Value) -> usize {
    status["refused_mappings"].as_array().unwrap().len()
}

async fn entries(world: &World) -> Vec<Value> {
    world.bridge.json(&["audit", "list", "--limit", "1000"]).await["entries"].as_array().unwrap().clone()
}

fn times(daemon: &Daemon, words: &str) -> usize {
    daemon.log().matches(words).count()
}

#[tokio::test]
async fn a_code_that_is_added_while_the_daemon_runs_brings_its_quarantined_ticket_through() {
    let world = own_mappings().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.sandbox.person_edits_raw(Hotline, &id, Meaning::Field, Raw::from("999")).unwrap();
    let daemon = world.bridge.start().await;
    let status = status_until(&world, "it is quarantined", |status| status["counts"]["quarantined"] == 1).await;
    let without = status["quarantined"][0]["mapping"].as_str().unwrap().to_owned();

    let with = change(&world, "tongdai-1022.toml", r#"other        = "115""#, r#"other        = ["115", "999"]"#);
    assert_ne!(with, without);
    until("the ticket comes through", || !world.copies(Hotline, &id, Portal).is_empty()).await;
    status_until(&world, "nothing is quarantined", |status| status["counts"]["quarantined"] == 0).await;
    assert_eq!(world.copy(Hotline, &id, Portal).words(Portal, Meaning::Field), "other");
    status_until(&world, "all is done", |status| status["counts"]["ready"] == 0 && status["counts"]["sent"] == 0).await;
    assert_eq!(daemon.terminate().await, 0);

    let portal = Sha256::digest(fs::read(world.bridge.path("dvcqg.toml")).unwrap());
    let portal: String = portal.iter().map(|byte| format!("{byte:02x}")).collect();
    let told = entries(&world).await;
    assert!(!told.is_empty());
    for entry in &told {
        assert_eq!(entry["mappings"], json!({ "province": with, "national": portal }), "{entry:#}");
    }
    let writes: Vec<&Value> = told.iter().filter(|entry| !entry["fact"]["key"].is_null()).collect();
    assert!(
        !writes.is_empty() && writes.iter().all(|entry| entry["fact"]["mapping"] == portal.as_str()),
        "{writes:#?}"
    );
    let recount = world.sandbox.recount(&[]);
    assert_eq!((recount.lost, recount.duplicated), (0, 0), "{recount:#?}");

    let report = world.bridge.json(&["report"]).await;
    let used = report["report"]["mappings"].as_array().unwrap();
    let hotlines: BTreeSet<&str> =
        used.iter().filter(|one| one["system"] == "tongdai").map(|one| one["sha256"].as_str().unwrap()).collect();
    assert_eq!(hotlines, BTreeSet::from([with.as_str(), without.as_str()]), "all that were in force: {used:#?}");
}

#[tokio::test]
async fn a_code_table_in_a_csv_beside_the_mapping_is_looked_at_like_the_mapping_itself() {
    let world = own_mappings().await;
    change(&world, "tongdai-1022.toml", "[code.field]\n", "[code.field]\nfile = \"fields.csv\"\n");
    world.bridge.write("fields.csv", "code,word\n998,other\n");
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.sandbox.person_edits_raw(Hotline, &id, Meaning::Field, Raw::from("999")).unwrap();
    let daemon = world.bridge.start().await;
    status_until(&world, "it is quarantined", |status| status["counts"]["quarantined"] == 1).await;

    world.bridge.write("fields.csv", "code,word\n998,other\n999,no such word\n");
    status_until(&world, "the table is refused", |status| refused(status) == 1).await;
    world.bridge.write("fields.csv", "code,word\n998,other\n999,transport\n");
    until("the ticket comes through", || !world.copies(Hotline, &id, Portal).is_empty()).await;
    assert_eq!(world.copy(Hotline, &id, Portal).words(Portal, Meaning::Field), "transport");
    status_until(&world, "nothing waits for a person", |status| {
        refused(status) == 0 && status["counts"]["quarantined"] == 0
    })
    .await;
    assert_eq!(daemon.terminate().await, 0);
}

#[tokio::test]
async fn mappings_that_are_sound_only_together_are_taken_together() {
    const DECLARED: &str = "\n[extra.tang]\ntype = \"text\"\nvi = \"Tầng\"\n";
    let declaring = |text: &str| {
        let text = text.replace("dossier ", "tang ").replace("000.00.15.H19-261012-0042", "42");
        format!("{text}{DECLARED}")
    };
    let world = World::empty().await.with_own_mappings(|text| declaring(text));
    let daemon = world.bridge.start().await;
    let as_number = |file: &str, member: &str| {
        let number = if file == "phapluat.toml" { "type = \"integer\"" } else { "type = \"integer\", json = \"text\"" };
        change(&world, file, &format!("{member}, type = \"text\""), &format!("{member}, {number}"));
        change(&world, file, "[extra.tang]\ntype = \"text\"", "[extra.tang]\ntype = \"integer\"")
    };
    let hotline = as_number("tongdai-1022.toml", "at = \"SoHoSo\"");
    status_until(&world, "one alone has another type than the others", |status| refused(status) == 1).await;
    let portal = as_number("dvcqg.toml", "at = \"SoHoSo\"");
    as_number("phapluat.toml", "at = \"pl:SoHoSo\"");
    status_until(&world, "all are taken", |status| refused(status) == 0).await;
    assert_eq!(times(&daemon, "a changed mapping is taken"), 3);

    let id = world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Dossier, "12")]);
    until("it crosses", || !world.copies(Hotline, &id, Portal).is_empty()).await;
    let copy = world.copy(Hotline, &id, Portal);
    assert_eq!(copy.values[&Meaning::Dossier].parts(), ["12"]);
    let told = entries(&world).await;
    assert_eq!(told.last().unwrap()["mappings"], json!({ "province": hotline, "national": portal }), "{told:#?}");
    assert_eq!(daemon.terminate().await, 0);
}

#[tokio::test]
async fn a_mapping_that_is_broken_while_the_daemon_runs_stops_nothing_and_is_shown_until_it_is_mended() {
    let world = own_mappings().await;
    let daemon = world.bridge.start().await;
    let before = fs::read_to_string(world.bridge.path("dvcqg.toml")).unwrap();
    change(&world, "dvcqg.toml", "type = \"phone\"", "tpye = \"phone\"");
    let line = before.lines().position(|line| line.contains("type = \"phone\"")).unwrap() + 1;
    let status = status_until(&world, "it is refused", |status| refused(status) == 1).await;
    let shown = &status["refused_mappings"][0];
    assert_eq!((&shown["system"], &shown["file"]), (&json!("dvcqg"), &json!("dvcqg.toml")));
    let place = format!("dvcqg.toml:{line}:");
    let problems = shown["problems"].as_array().unwrap();
    assert!(problems.iter().any(|told| told.as_str().unwrap().contains(&place)), "{shown:#}");
    let text = world.expect_a_person_needed(true).await;
    assert!(text.stdout.contains(&place), "{text:#?}");

    // All goes on under the one before, and the same content is told once.
    for _ in 0..2 {
        let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
        until("a ticket goes up", || !world.copies(Hotline, &id, Portal).is_empty()).await;
    }
    assert_eq!(times(&daemon, "a changed mapping is refused"), 1, "{}", daemon.log());

    // The same file as before: nothing to take, nothing to tell any more.
    world.bridge.write("dvcqg.toml", &before);
    status_until(&world, "it is taken back", |status| refused(status) == 0).await;
    assert_eq!(times(&daemon, "a changed mapping is taken"), 0, "{}", daemon.log());

    // Broken in what only shows when it runs: an example fails.
    change(&world, "dvcqg.toml", "SoDienThoai", "SoDienThoaiKhac");
    status_until(&world, "it is refused", |status| refused(status) == 1).await;
    world.bridge.write("dvcqg.toml", &format!("{before}\n# mended\n"));
    status_until(&world, "it is taken", |status| refused(status) == 0).await;
    assert_eq!(times(&daemon, "a changed mapping is taken"), 1, "{}", daemon.log());
    world.expect_a_person_needed(false).await;

    // Sound by itself, but the records that are paired would be others by it.
    change(&world, "tongdai-1022.toml", "identity = \"NgayTao\"", "identity = \"Id\"");
    let status = status_until(&world, "it is refused", |status| refused(status) == 1).await;
    assert!(status["refused_mappings"][0]["problems"][0].as_str().unwrap().contains("identity"), "{status:#}");
    world.bridge.write("tongdai-1022.toml", &fs::read_to_string(mapping("tongdai-1022.toml")).unwrap());
    status_until(&world, "it is taken back", |status| refused(status) == 0).await;

    fs::remove_file(world.bridge.path("dvcqg.toml")).unwrap();
    status_until(&world, "a file that is not there is refused", |status| refused(status) == 1).await;
    assert_eq!(daemon.terminate().await, 0);
    world.expect_clean();
}

#[tokio::test]
async fn a_hangup_asks_for_a_cycle_now() {
    let world = own_mappings().await;
    let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
    world.bridge.write("bridge.toml", &config.replace("\"* * * * * *\"", "\"0 0 0 1 1 *\""));
    let daemon = world.bridge.start().await;
    until("the first cycle is done", || daemon.log().contains("cycle done")).await;
    change(&world, "dvcqg.toml", "title", "# a word more\ntitle");
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    daemon.hang_up();
    until("a ticket goes up", || !world.copies(Hotline, &id, Portal).is_empty()).await;
    assert_eq!(times(&daemon, "a changed mapping is taken"), 1, "{}", daemon.log());
    assert_eq!(daemon.terminate().await, 0);
}

/// The legal system's keys live long: under the same mapping the doubt would be settled by the same request again.
#[tokio::test]
async fn a_create_in_doubt_when_the_daemon_is_killed_and_its_mapping_changes_is_looked_up_and_never_made_twice() {
    let world = own_mappings().await;
    let (held, creates) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let (holds, counts) = (Arc::clone(&held), Arc::clone(&creates));
    let front = Front::before(&world.sandbox.urls().legal, move |asked| {
        if !asked.tells("TiepNhanRequest") {
            return Act::Pass;
        }
        counts.fetch_add(1, Ordering::SeqCst);
        if holds.load(Ordering::SeqCst) { Act::Swallow } else { Act::Pass }
    });
    let front = front.await;
    let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
    world.bridge.write("bridge.toml", &config.replace(&world.sandbox.urls().legal, &front.url));
    let id = world.sandbox.person_creates(Hotline, "legal_text", &[]);
    let daemon = world.bridge.start().await;
    until("the create landed, its answer is held", || !world.copies(Hotline, &id, Legal).is_empty()).await;
    let old = Sha256::digest(fs::read(world.bridge.path("phapluat.toml")).unwrap());
    let old: String = old.iter().map(|byte| format!("{byte:02x}")).collect();
    let new = change(&world, "phapluat.toml", "type = \"phone\", as = \"e164\"", "type = \"phone\", as = \"local\"");
    daemon.kill();

    held.store(false, Ordering::SeqCst);
    world.settle().await;
    world.copy(Hotline, &id, Legal);
    assert_eq!(creates.load(Ordering::SeqCst), 1, "it was looked up, not sent again");
    let told = entries(&world).await;
    let settled = told.iter().find(|entry| entry["fact"]["what"] == "settled").unwrap();
    assert_eq!(settled["fact"]["mapping"], old.as_str(), "what was sent was rendered by the old one");
    assert_eq!(settled["mappings"]["national"], new.as_str(), "it was decided under the new one");
    world.expect_clean();
}

#[tokio::test]
async fn a_mapping_that_only_spells_otherwise_writes_nothing() {
    let world = own_mappings().await;
    let phone = [(Meaning::Phone, "+84912345678")];
    let ids = [Hotline, Portal].map(|system| (system, world.sandbox.person_creates(system, "feedback", &phone)));
    world.quiet().await.expect(0);
    let writes = world.writes();
    change(&world, "dvcqg.toml", "type = \"phone\", as = \"e164\"", "type = \"phone\", as = \"local\"");
    world.bridge.run(&["sync", "--full"]).await.expect(0);
    change(&world, "tongdai-1022.toml", "type = \"phone\", as = \"local\"", "type = \"phone\", as = \"e164\"");
    world.bridge.run(&["sync", "--full"]).await.expect(0);
    world.quiet().await.expect(0);
    assert_eq!(world.writes(), writes, "a new mapping is no change");

    // An edit goes over all the same, in the spelling of the new mapping.
    let (_, id) = &ids[0];
    world.sandbox.person_edits(Hotline, id, &[(Meaning::Address, "Phường Trấn Biên")]).unwrap();
    world.quiet().await.expect(0);
    assert_eq!(world.copy(Hotline, id, Portal).words(Portal, Meaning::Address), "Phường Trấn Biên");
    world.expect_clean();
}
