//! The daemon by the clock: cycles and reports when the timetable says so, and an end within its bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pakn_bridge::faces::sandbox::System;
use pakn_bridge::words::clock::Stopwatch;

use crate::bridge::until;
use crate::front::{Act, Front};
use crate::world::{World, config_for};

use System::{Hotline, Portal};

/// Longest that a daemon with one call in hand may take to end: the call's own limit, and some more.
const MAX_END: Duration = Duration::from_secs(30);

#[tokio::test]
async fn cycles_and_reports_come_when_the_timetable_says() {
    let world = World::empty().await;
    let config = config_for(&world.sandbox)
        .replace("sync = \"* * * * * *\"", "sync = \"* * * * * *\"\nreport = \"*/2 * * * * *\"");
    world.bridge.write("bridge.toml", &config);
    let daemon = world.bridge.start().await;
    let told = |text: &str| daemon.log().matches(text).count();
    until("three cycles and two reports", || told("cycle done") >= 3 && told("report written") >= 2).await;
    // What comes in between two cycles is taken by the next.
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    until("the ticket is pushed", || !world.copies(Hotline, &id, Portal).is_empty()).await;
    assert_eq!(daemon.terminate().await, 0);

    let status = world.bridge.json(&["status"]).await;
    let runs = status["runs"].as_array().unwrap();
    let of = |kind: &str| runs.iter().filter(|run| run["kind"] == kind && !run["ended"].is_null()).count();
    assert!(of("sync") >= 2 && of("report") >= 1, "{status:#}");
    let reports = std::fs::read_dir(world.bridge.path("reports")).unwrap();
    let pages = reports.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "html"));
    assert!(pages.count() >= 2);
}

#[tokio::test]
async fn a_stop_in_the_middle_of_a_slow_write_ends_in_time_and_the_next_start_finds_it() {
    let world = World::empty().await;
    let swallows = Arc::new(AtomicBool::new(true));
    let swallowing = Arc::clone(&swallows);
    let front = Front::before(&world.sandbox.urls().portal, move |asked| {
        let is_create = asked.tells("DongBoPAKN") && asked.tells("\"isUpdating\":\"False\"");
        if is_create && swallowing.load(Ordering::SeqCst) { Act::Swallow } else { Act::Pass }
    });
    let front = front.await;
    let config = config_for(&world.sandbox).replace(&world.sandbox.urls().portal, &front.url);
    world.bridge.write("bridge.toml", &config.replace("timeout = \"10s\"", "timeout = \"5s\""));
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let daemon = world.bridge.start().await;
    until("the write is done and its answer held", || !world.copies(Hotline, &id, Portal).is_empty()).await;
    let asked = Stopwatch::start();
    assert_eq!(daemon.terminate().await, 0);
    assert!(asked.elapsed() < MAX_END, "{:?}", asked.elapsed());
    let status = world.bridge.json(&["status"]).await;
    assert_eq!(status["counts"]["doubt"], 1, "the doubt is kept: {status:#}");

    swallows.store(false, Ordering::SeqCst);
    let creates = |world: &World| world.sandbox.requests().get(&(Portal, "create".into())).copied();
    let before = creates(&world);
    let daemon = world.bridge.start().await;
    until("it has listed the portal", || daemon.log().contains("cycle done")).await;
    assert_eq!(daemon.terminate().await, 0);
    world.settle().await;
    world.quiet().await.expect(0);
    world.copy(Hotline, &id, Portal);
    assert_eq!(creates(&world), before, "found, not sent again");
    world.expect_clean();
}
