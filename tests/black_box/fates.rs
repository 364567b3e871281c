//! What becomes of a ticket beside edits: merged, transferred, withdrawn, reopened, deleted, rolled back with its system.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pakn_bridge::faces::sandbox::{ChildKind, Meaning, System};
use pakn_bridge::words::clock::Stopwatch;
use serde_json::Value;

use crate::front::{Act, Front};
use crate::harness::mapping;
use crate::world::{World, config_for};

use System::{Hotline, Portal};

/// Longest that three direct reads, apart in time, may take.
const PATIENCE: Duration = Duration::from_secs(60);

fn words(world: &World, system: System, id: &str, meaning: Meaning) -> String {
    world.sandbox.ticket(system, id).unwrap().words(system, meaning)
}

#[tokio::test]
async fn duplicates_that_a_portal_merged_wait_for_a_person_by_that_name_and_the_one_kept_goes_on() {
    let world = World::empty().await;
    let [away, kept] = [0, 1].map(|_| world.sandbox.person_creates(Hotline, "feedback", &[]));
    world.quiet().await.expect(0);
    let [copy, into] = [&away, &kept].map(|id| world.copy(Hotline, id, Portal).id);
    assert!(world.sandbox.person_merges(Portal, &copy, &into));
    world.sandbox.person_edits(Portal, &into, &[(Meaning::Level, "urgent")]).unwrap();
    world.sandbox.person_edits(Hotline, &away, &[(Meaning::Subject, "Của phiếu trùng")]).unwrap();
    world.bridge.run(&["sync", "--full"]).await.expect(1);

    let status = world.bridge.json(&["status"]).await;
    let reason = status["quarantined"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("merged") && reason.contains(&into), "{status:#}");
    assert_eq!(words(&world, Hotline, &kept, Meaning::Level), "urgent", "the other goes on");
    assert_ne!(words(&world, Portal, &into, Meaning::Subject), "Của phiếu trùng", "nor is it written to by two");
    assert_eq!(world.sandbox.tickets(Portal).len(), 1, "nothing is made anew");
    assert_eq!(world.sandbox.tickets(Hotline).len(), 2);
}

#[tokio::test]
async fn a_ticket_that_went_to_another_province_is_named_and_goes_on_when_it_comes_back() {
    let world = World::empty().await;
    let config = config_for(&world.sandbox)
        .replace("up = [{ kind = [\"feedback\"] }]", "up = [{ kind = [\"feedback\"], agency = [\"*.H19\"] }]")
        .replacen("down = [{}]", "down = [{ agency = [\"*.H19\"] }]", 1);
    world.bridge.write("bridge.toml", &config);
    let id = world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Agency, "000.00.12.H19")]);
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &id, Portal).id;

    world.sandbox.person_edits(Portal, &copy, &[(Meaning::Agency, "000.00.12.H29")]).unwrap();
    world.quiet().await.expect(1);
    let queue = world.bridge.run(&["queue", "list"]).await.expect(1);
    assert!(queue.stdout.contains("transferred"), "{queue:#?}");
    let writes = world.writes();
    world.sandbox.person_edits(Hotline, &id, &[(Meaning::Address, "Phường Tam Hiệp")]).unwrap();
    world.quiet().await.expect(1);
    assert_eq!(world.writes(), writes, "another province's ticket is not written to");
    assert_eq!(words(&world, Hotline, &id, Meaning::Agency), "000.00.12.H19");

    world.sandbox.person_edits(Portal, &copy, &[(Meaning::Agency, "000.00.12.H19")]).unwrap();
    world.quiet().await.expect(0);
    assert_eq!(words(&world, Portal, &copy, Meaning::Address), "Phường Tam Hiệp");
    world.expect_clean();
}

#[tokio::test]
async fn a_citizen_withdraws_and_nobody_opens_it_again_by_an_edit() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &id, Portal).id;
    world.sandbox.person_withdraws(Hotline, &id).unwrap();
    // An officer who had not heard of it goes on with the work.
    world.sandbox.person_edits(Portal, &copy, &[(Meaning::Status, "in_progress")]).unwrap();
    world.quiet().await.expect(0);
    for (system, id) in [(Hotline, &id), (Portal, &copy)] {
        assert_eq!(words(&world, system, id, Meaning::Status), "withdrawn");
    }
    world.expect_clean();
}

#[tokio::test]
async fn what_was_closed_and_is_opened_again_is_open_on_both_sides_and_can_be_answered_again() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &id, Portal).id;
    for (text, ends) in [("Đã xử lý.", "answered"), ("Đã xử lý lại.", "closed")] {
        world.sandbox.person_replies(Portal, &copy, text).unwrap();
        world.sandbox.person_edits(Portal, &copy, &[(Meaning::Status, ends)]).unwrap();
        world.quiet().await.expect(0);
        assert_eq!(words(&world, Hotline, &id, Meaning::Status), ends);
        world.sandbox.person_edits(Portal, &copy, &[(Meaning::Status, "in_progress")]).unwrap();
        world.quiet().await.expect(0);
        assert_eq!(words(&world, Hotline, &id, Meaning::Status), "in_progress", "after {ends}");
    }
    assert_eq!(world.sandbox.ticket(Hotline, &id).unwrap().children(ChildKind::Reply).len(), 2);
    world.expect_clean();
}

#[tokio::test]
async fn a_portal_that_was_put_back_to_last_weeks_backup_is_left_alone_until_a_person_says_so_and_then_mended() {
    let world = World::empty().await;
    let known = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let down = world.sandbox.person_creates(Portal, "feedback", &[]);
    world.quiet().await.expect(0);
    let backup = world.sandbox.back_up(Portal);

    world.sandbox.person_edits(Hotline, &known, &[(Meaning::Subject, "Sau bản sao lưu")]).unwrap();
    world.sandbox.person_edits(Portal, &down, &[(Meaning::Address, "Phường Long Bình")]).unwrap();
    let new = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    let local = world.copy(Portal, &down, Hotline).id;
    world.sandbox.put_back(backup);
    let copy = world.copy(Hotline, &known, Portal).id;
    assert!(world.copies(Hotline, &new, Portal).is_empty(), "the backup does not hold it");

    let writes = world.writes();
    let told = world.bridge.run(&["sync", "--full", "--wait", "1"]).await.expect(3);
    assert!(told.stdout.contains("--restored"), "what to do is told: {told:#?}");
    assert_eq!(world.writes(), writes, "nothing is written to it, nor taken from it");
    assert_eq!(words(&world, Hotline, &local, Meaning::Address), "Phường Long Bình");

    world.bridge.run(&["sync", "--restored", "dvcqg"]).await;
    // What the backup does not hold is lost only when direct reads, apart in time, agree.
    let waited = Stopwatch::start();
    while world.copies(Hotline, &new, Portal).is_empty() && waited.elapsed() < PATIENCE {
        world.bridge.run(&["sync", "--full"]).await;
    }
    world.quiet().await.expect(0);
    assert_eq!(words(&world, Portal, &copy, Meaning::Subject), "Sau bản sao lưu");
    assert_eq!(words(&world, Portal, &down, Meaning::Address), "Phường Long Bình", "from its copy");
    world.copy(Hotline, &new, Portal);
    assert_eq!(world.sandbox.tickets(Portal).len(), 3);
    assert_eq!(world.sandbox.tickets(Hotline).len(), 3);
    world.expect_a_person_needed(false).await;
}

#[tokio::test]
async fn a_ticket_that_is_deleted_on_both_sides_waits_for_nobody_where_one_that_is_gone_is_closed() {
    let world = World::empty().await;
    let config = config_for(&world.sandbox);
    world
        .bridge
        .write("bridge.toml", &config.replace("national = \"dvcqg\"\n", "national = \"dvcqg\"\non_gone = \"close\"\n"));
    let [gone, well] = [0, 1].map(|_| world.sandbox.person_creates(Hotline, "feedback", &[]));
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &gone, Portal).id;
    assert!(world.sandbox.person_deletes(Hotline, &gone) && world.sandbox.person_deletes(Portal, &copy));
    // By a person's word no reads apart in time are needed.
    for system in ["dvcqg", "tongdai"] {
        world.bridge.run(&["sync", "--accept-mass-change", system]).await;
    }
    world.bridge.run(&["sync", "--full"]).await.expect(0);
    assert_eq!(world.sandbox.tickets(Portal).len(), 1, "nothing is made anew");
    assert_eq!(world.sandbox.tickets(Hotline).len(), 1);
    world.sandbox.person_edits(Hotline, &well, &[(Meaning::Subject, "Phiếu còn lại")]).unwrap();
    world.quiet().await.expect(0);
    assert_eq!(world.copy(Hotline, &well, Portal).words(Portal, Meaning::Subject), "Phiếu còn lại");
    world.expect_a_person_needed(false).await;
}

#[tokio::test]
async fn many_tickets_that_are_still_listed_and_can_not_be_read_any_more_are_an_alarm_until_a_person_lets_them_go() {
    const MANY: usize = 8;
    let world = World::empty().await;
    for _ in 0..MANY {
        world.sandbox.person_creates(Hotline, "feedback", &[]);
    }
    let are_gone = Arc::new(AtomicBool::new(false));
    let gone = Arc::clone(&are_gone);
    let front = Front::before(&world.sandbox.urls().hotline, move |asked| {
        if gone.load(Ordering::SeqCst) && asked.path.starts_with("/api/phieu/") {
            Act::Answer(404, r#"{"MaTraLoi":"KHONG_TIM_THAY","NoiDungThongDiep":"Không tìm thấy","DanhSachKetQua":[]}"#)
        } else {
            Act::Pass
        }
    });
    let front = front.await;
    let config = config_for(&world.sandbox).replace(&world.sandbox.urls().hotline, &front.url);
    // Rows are hints: each ticket is read by itself.
    let whole = mapping("tongdai-1022.toml");
    world.bridge.write("hints.toml", &std::fs::read_to_string(&whole).unwrap().replace("shows = \"whole\"\n", ""));
    world.bridge.write("bridge.toml", &config.replace(&format!("{whole:?}"), "\"hints.toml\""));
    world.quiet().await.expect(0);

    are_gone.store(true, Ordering::SeqCst);
    let told = world.bridge.run(&["sync", "--full", "--wait", "1"]).await.expect(3);
    assert!(told.stdout.contains("listed tickets are gone"), "{told:#?}");
    let told: Value = world.bridge.json(&["sync", "--accept-mass-change", "tongdai", "--wait", "1"]).await;
    assert_eq!(told["let_go"]["tongdai"], MANY, "{told:#}");
    world.bridge.run(&["sync", "--full", "--wait", "1"]).await.expect(1);
}
