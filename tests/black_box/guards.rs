//! What looks like a catastrophe is not carried to the other side: an emptied system, a ticket that vanished.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use pakn_bridge::faces::sandbox::{Meaning, Options, Sandbox, System};

use crate::front::{Act, Front};
use crate::harness::mapping;
use crate::world::{World, config_for};

use System::{Hotline, Portal};

#[tokio::test]
async fn a_side_that_had_tickets_and_lists_none_stops_with_an_alarm_and_nothing_is_touched() {
    for emptied in [Hotline, Portal] {
        let world = World::empty().await;
        let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
        let down = world.sandbox.person_creates(Portal, "feedback", &[]);
        world.quiet().await.expect(0);
        // The same keys, but nothing in it.
        let nothing = Sandbox::start(Options { people: false, ..Options::default() }).await.unwrap();
        let url = |urls: &pakn_bridge::faces::sandbox::Urls| match emptied {
            Hotline => urls.hotline.clone(),
            _ => urls.portal.clone(),
        };
        let config = config_for(&world.sandbox);
        world.bridge.write("bridge.toml", &config.replace(&url(world.sandbox.urls()), &url(nothing.urls())));
        let before = world.writes();
        let told = world.bridge.run(&["sync", "--full", "--wait", "1"]).await.expect(3);
        assert!(told.stdout.contains("lists none"), "the alarm is told: {told:#?}");
        assert_eq!(world.writes(), before, "{emptied:?}: nothing is closed");
        for system in System::ALL {
            assert!(nothing.tickets(system).is_empty(), "{emptied:?}: nothing is made anew");
        }

        world.bridge.write("bridge.toml", &config);
        world.bridge.run(&["sync", "--full"]).await.expect(0);
        assert_eq!(world.writes(), before, "{emptied:?}: and nothing was forgotten");
        world.copy(Hotline, &id, Portal);
        world.copy(Portal, &down, Hotline);
        world.expect_clean();
    }
}

#[tokio::test]
async fn tickets_that_were_really_deleted_are_let_go_by_a_persons_word_however_many() {
    const MANY: usize = 8;
    for (on_gone, ends) in [("keep", 1), ("close", 0)] {
        let world = World::empty().await;
        let ids: Vec<String> = (0..MANY).map(|_| world.sandbox.person_creates(Hotline, "feedback", &[])).collect();
        let config = config_for(&world.sandbox)
            .replace("national = \"dvcqg\"\n", &format!("national = \"dvcqg\"\non_gone = \"{on_gone}\"\n"));
        world.bridge.write("bridge.toml", &config);
        world.quiet().await.expect(0);
        let copies: Vec<_> = ids.iter().map(|id| world.copy(Hotline, id, Portal)).collect();
        let status = |id: &str| world.sandbox.ticket(Portal, id).unwrap().words(Portal, Meaning::Status);
        let before: Vec<String> = copies.iter().map(|copy| status(&copy.id)).collect();

        let nothing = Sandbox::start(Options { people: false, ..Options::default() }).await.unwrap();
        world.bridge.write("bridge.toml", &config.replace(&world.sandbox.urls().hotline, &nothing.urls().hotline));
        world.bridge.run(&["sync", "--full", "--wait", "1"]).await.expect(3);
        world.bridge.run(&["sync", "--accept-mass-change", "nobody"]).await.expect(2);
        let before_word: Vec<String> = copies.iter().map(|copy| status(&copy.id)).collect();
        assert_eq!(before_word, before, "nobody said anything");

        let told = world.bridge.run(&["sync", "--accept-mass-change", "tongdai", "--format", "json"]).await;
        let told = told.expect(ends).json();
        assert_eq!(told["let_go"], serde_json::json!({ "tongdai": MANY }));
        world.bridge.run(&["sync", "--full"]).await.expect(ends);
        let after: Vec<String> = copies.iter().map(|copy| status(&copy.id)).collect();
        match on_gone {
            "keep" => assert_eq!(after, before, "a person decides about each"),
            _ => assert!(after.iter().all(|status| status == "closed"), "{after:?}"),
        }
        assert!(nothing.tickets(Hotline).is_empty(), "nothing is made anew");
        let audit = world.bridge.json(&["audit", "list", "--limit", "1000"]).await;
        let entries = audit["entries"].as_array().unwrap();
        let gone = entries.iter().filter(|entry| entry["fact"]["what"] == "gone").count();
        assert_eq!(gone, MANY, "each is in the audit log: {audit:#}");
    }
}

#[tokio::test]
async fn a_ticket_that_vanished_waits_for_a_person_and_the_others_go_on() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let well = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let is_gone = Arc::new(AtomicBool::new(false));
    let (gone, path) = (Arc::clone(&is_gone), format!("/api/phieu/{id}"));
    let front = Front::before(&world.sandbox.urls().hotline, move |asked| {
        if gone.load(Ordering::SeqCst) && asked.path.starts_with(&path) {
            Act::Answer(404, r#"{"MaTraLoi":"KHONG_TIM_THAY","NoiDungThongDiep":"Không tìm thấy","DanhSachKetQua":[]}"#)
        } else {
            Act::Pass
        }
    });
    let front = front.await;
    let config = config_for(&world.sandbox).replace(&world.sandbox.urls().hotline, &front.url);
    world.bridge.write("bridge.toml", &config);
    world.quiet().await.expect(0);
    let (copy, other) = (world.copy(Hotline, &id, Portal), world.copy(Hotline, &well, Portal));

    is_gone.store(true, Ordering::SeqCst);
    for copy in [&copy, &other] {
        world.sandbox.person_edits(Portal, &copy.id, &[(Meaning::Address, "Phường Tam Hiệp")]).unwrap();
    }
    world.quiet().await.expect(1);
    world.expect_a_person_needed(true).await;
    let queue = world.bridge.run(&["queue", "list"]).await.expect(1);
    assert!(queue.stdout.contains("gone"), "the reason is told: {queue:#?}");
    let at_portal = world.sandbox.ticket(Portal, &copy.id).unwrap();
    let status = at_portal.words(Portal, Meaning::Status);
    assert_eq!(status, copy.words(Portal, Meaning::Status), "nothing is closed");
    assert_eq!(world.sandbox.tickets(Hotline).len(), 2, "nothing is made anew");
    let changed = world.sandbox.ticket(Hotline, &well).unwrap();
    assert_eq!(changed.words(Hotline, Meaning::Address), "Phường Tam Hiệp", "the other goes on");

    // It was a fault of the hotline: the ticket is there again, and a person says so.
    is_gone.store(false, Ordering::SeqCst);
    let list = world.bridge.json(&["queue", "list"]).await;
    let case = list["refused"][0]["case"].as_str().unwrap();
    world.bridge.run(&["queue", "retry", case]).await.expect(0);
    world.quiet().await.expect(0);
    assert_eq!(world.sandbox.ticket(Hotline, &id).unwrap().words(Hotline, Meaning::Address), "Phường Tam Hiệp");
    world.expect_a_person_needed(false).await;
    world.expect_clean();
}

#[tokio::test]
async fn a_ticket_that_alone_can_not_be_read_stops_neither_the_poll_nor_the_others() {
    join_all([(200, "<html>Bad gateway</html>"), (403, "{}")].map(|(status, answer)| one_is_ill(status, answer))).await;
}

async fn one_is_ill(status: u16, answer: &'static str) {
    let world = World::empty().await;
    let ill = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let well = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let is_ill = Arc::new(AtomicBool::new(true));
    let (is_it, path) = (Arc::clone(&is_ill), format!("/api/phieu/{ill}"));
    let front = Front::before(&world.sandbox.urls().hotline, move |asked| {
        if is_it.load(Ordering::SeqCst) && asked.path.starts_with(&path) {
            Act::Answer(status, answer)
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
    world.sync().await.expect(1);
    world.copy(Hotline, &well, Portal);
    assert!(world.copies(Hotline, &ill, Portal).is_empty());
    world.expect_a_person_needed(true).await;

    is_ill.store(false, Ordering::SeqCst);
    world.quiet().await.expect(0);
    world.copy(Hotline, &ill, Portal);
    world.expect_a_person_needed(false).await;
    world.expect_clean();
}
