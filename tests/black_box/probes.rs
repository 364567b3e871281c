//! A system is tried with reads alone: for a person who asks, and before anything is decided by what its mapping promises.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use pakn_bridge::faces::sandbox::System;

use crate::front::{Act, Asked, Front};
use crate::world::{World, config_for};

use System::{Hotline, Portal};

/// A list with one ticket of long ago.
const OLD: &str =
    r#"{"MaTraLoi":"000","TongSo":1,"DanhSachKetQua":[{"Id":1,"PhienBan":1,"NgayCapNhat":"2020-01-01 00:00:00.000"}]}"#;

fn filters_nothing(asked: &Asked) -> bool {
    asked.query.contains("TuNgay=")
}

fn finds_anything(asked: &Asked) -> bool {
    asked.query.contains("MaThamChieu=")
}

#[tokio::test]
async fn a_promise_that_is_seen_broken_stops_the_system_by_its_name() {
    for (lies, promise) in [(filters_nothing as fn(&Asked) -> bool, "since"), (finds_anything, "find")] {
        let world = World::empty().await;
        let is_ill = Arc::new(AtomicBool::new(true));
        let ill = Arc::clone(&is_ill);
        let front = Front::before(&world.sandbox.urls().hotline, move |asked| {
            if ill.load(Ordering::SeqCst) && lies(asked) { Act::Answer(200, OLD) } else { Act::Pass }
        })
        .await;
        let config = config_for(&world.sandbox).replace(&world.sandbox.urls().hotline, &front.url);
        world.bridge.write("bridge.toml", &config);
        world.sandbox.person_creates(Hotline, "feedback", &[]);
        world.sandbox.person_creates(Portal, "feedback", &[]);
        let told = world.sync().await.expect(3);
        assert!(told.stdout.contains(&format!("promise `{promise}` is not kept")), "{told:#?}");
        assert_eq!(world.writes(), 0, "{promise}");
        let check = world.bridge.run(&["--lang", "en", "check", "--connect"]).await.expect(1);
        assert!(check.stdout.contains(&format!("tongdai: ! the promise `{promise}` is not kept")), "{check:#?}");
        // It keeps it again.
        is_ill.store(false, Ordering::SeqCst);
        world.quiet().await.expect(0);
        world.expect_clean();
    }
}

#[tokio::test]
async fn each_call_that_changes_nothing_is_tried_and_told() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.sandbox.person_attaches(Hotline, &id, "ảnh.png", "image/png", Bytes::from_static(b"\x89PNG\r\n")).unwrap();
    world.sandbox.person_replies(Hotline, &id, "Đã chuyển").unwrap();
    let before = world.writes();
    let told = world.bridge.run(&["--lang", "en", "check", "--connect"]).await.expect(0);
    for line in [
        "tongdai: login: good",
        "tongdai: promises: good",
        "tongdai: changes: 1 tickets",
        "fields, 2 parts",
        "tongdai: download: one file, 6 bytes",
        "dvcqg: login: good",
        "dvcqg: get: nothing there to try it on",
        "phapluat: promises: good",
    ] {
        assert!(told.stdout.contains(line), "{line}: {told:#?}");
    }
    assert_eq!(world.writes(), before);
    world.quiet().await.expect(0);
    let again = world.bridge.json(&["check", "--connect"]).await;
    let portal = again["connected"].as_array().unwrap().iter().find(|one| one["system"] == "dvcqg").unwrap();
    let found = portal["tried"].as_array().unwrap().iter().find(|one| one["call"] == "find").unwrap();
    assert_eq!(found["saw"], "good", "the copy is found by its reference: {portal:#}");
}

#[tokio::test]
async fn a_system_that_is_away_or_knows_us_not_is_told_apart() {
    let world = World::empty().await;
    let config = config_for(&world.sandbox);
    world.bridge.write("bridge.toml", &config.replace(&world.sandbox.urls().portal, "http://127.0.0.1:1"));
    let told = world.bridge.run(&["--lang", "en", "check", "--connect"]).await.expect(3);
    assert!(told.stdout.contains("dvcqg: ! login: unreachable"), "{told:#?}");
    assert!(told.stdout.contains("tongdai: login: good"), "{told:#?}");
    world.bridge.write("bridge.toml", &config.replace("env = \"PORTAL_PASSWORD\"", "env = \"HOTLINE_KEY\""));
    let told = world.bridge.run(&["--lang", "en", "check", "--connect"]).await.expect(1);
    assert!(told.stdout.contains("dvcqg: ! login: login refused"), "{told:#?}");
}
