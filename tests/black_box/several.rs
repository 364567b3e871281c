//! Several daemons on one PostgreSQL database: they share the work, and whatever is done to them nothing is lost or done
//! twice.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pakn_bridge::faces::sandbox::Faults;
use pakn_bridge::faces::sandbox::System::{Hotline, Portal};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::bridge::{Daemon, until};
use crate::front::{Act, Front};
use crate::postgres;
use crate::world::World;

/// Daemons.
const CREW: usize = 3;
/// Times that something is done to one of them.
const ROUNDS: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_on_postgres_syncs_both_ways_and_ends_quiet() {
    let world = World::on(&postgres::database().await).await;
    let up: Vec<_> = (0..5).map(|_| world.sandbox.person_creates(Hotline, "feedback", &[])).collect();
    let down = world.sandbox.person_creates(Portal, "feedback", &[]);
    world.settle().await;
    for id in &up {
        world.copy(Hotline, id, Portal);
    }
    world.copy(Portal, &down, Hotline);
    world.expect_clean();
    world.expect_a_person_needed(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_beside_a_working_daemon_frees_none_of_its_claims_and_leaves_the_polling_to_it() {
    let world = World::on(&postgres::database().await).await;
    // Each write is out for long enough to be in hand when the command begins.
    world.sandbox.set_faults(Faults { latency: 1.0, latency_up_to: Duration::from_secs(1), ..Faults::off() });
    for _ in 0..30 {
        world.sandbox.person_creates(Hotline, "feedback", &[]);
    }
    let daemon = world.bridge.start().await;
    until("the daemon is sending", || !world.sandbox.tickets(Portal).is_empty()).await;
    let done = world.bridge.json(&["sync", "--wait", "5"]).await;
    assert_eq!(done["looked_up"], 0, "claims of a daemon that lives were taken for doubts: {done}");
    assert_eq!(done["polled"], json!({}), "{done}");
    assert_eq!(done["polled_elsewhere"].as_array().unwrap().len(), 3, "{done}");
    world.sandbox.set_faults(Faults::off());
    assert_eq!(daemon.terminate().await, 0);
    world.settle().await;
    world.expect_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_leaves_its_duties_to_a_daemon_that_starts_after_it() {
    let world = World::on(&postgres::database().await).await;
    world.sync().await.expect(0);
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let done = world.bridge.json(&["sync", "--wait", "5"]).await;
    assert_eq!(done["polled_elsewhere"], json!([]), "the first command still had the duties: {done}");
    world.settle().await;
    world.copy(Hotline, &id, Portal);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_paused_past_its_lease_can_not_finish_with_an_old_fence() {
    let world = World::on(&postgres::database().await).await.with_short_promises();
    let holds = Arc::new(AtomicBool::new(true));
    let (is_held, urls) = (Arc::clone(&holds), world.sandbox.urls().clone());
    let front = Front::before(&urls.portal, move |asked| {
        let creates = asked.tells("DongBoPAKN") && asked.tells("\"isUpdating\":\"False\"");
        if creates && is_held.load(Ordering::SeqCst) { Act::Swallow } else { Act::Pass }
    });
    let front = front.await;
    let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
    world.bridge.write("bridge.toml", &config.replace(&urls.portal, &front.url));
    let paused = world.bridge.start_as("paused").await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    until("its write has landed, unanswered", || !world.copies(Hotline, &id, Portal).is_empty()).await;
    paused.stop();
    holds.store(false, Ordering::SeqCst);

    let other = world.bridge.start_as("other").await;
    until("what it had in hand passes on", || other.log().contains("became doubts")).await;
    // By a lookup, or by a listing that shows it.
    let open = async || {
        let counts = world.bridge.json(&["status"]).await["counts"].clone();
        ["ready", "sent", "doubt"].iter().any(|state| counts[state] != 0)
    };
    while open().await {}
    let before = world.bridge.json(&["audit", "list", "--limit", "1000"]).await;
    let cycles = |daemon: &Daemon| daemon.log().matches("cycle done").count();
    let done = cycles(&paused);
    paused.go_on();
    until("the paused one has gone on", || cycles(&paused) > done + 1).await;
    let after = world.bridge.json(&["audit", "list", "--limit", "1000"]).await;
    assert_eq!(before, after, "it added nothing to what was settled without it");
    assert_eq!(world.sandbox.requests()[&(Portal, "create".to_owned())], 1);
    for daemon in [paused, other] {
        assert_eq!(daemon.terminate().await, 0);
    }
    world.settle().await;
    world.copy(Hotline, &id, Portal);
    world.expect_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn three_daemons_killed_stopped_and_continued_lose_and_double_nothing() {
    let world = World::on(&postgres::database().await).await;
    world.sandbox.set_faults(Faults { latency: 0.5, latency_up_to: Duration::from_millis(30), ..Faults::off() });
    let mut random = ChaCha8Rng::seed_from_u64(20_261_123);
    let mut crew: Vec<Daemon> = Vec::new();
    for number in 0..CREW {
        crew.push(world.bridge.start_as(&format!("daemon-{number}")).await);
    }
    let mut ids = Vec::new();
    let mut stopped: Option<usize> = None;
    for round in 0..ROUNDS {
        ids.push(world.sandbox.person_creates(if round % 3 == 0 { Portal } else { Hotline }, "feedback", &[]));
        let chosen = random.random_range(0..CREW);
        match (random.random_range(0..3), stopped) {
            (0, None) => {
                crew[chosen].stop();
                stopped = Some(chosen);
            }
            (1, Some(still)) => {
                crew[still].go_on();
                stopped = None;
            }
            (_, still) if still != Some(chosen) => {
                let name = format!("daemon-{chosen}");
                let fresh = world.bridge.start_as(&name).await;
                std::mem::replace(&mut crew[chosen], fresh).kill();
            }
            _ => {}
        }
        let most = world.sandbox.tickets(Portal).len();
        // On with it when something moved, or when nothing is left to move.
        until("the daemons work on", || {
            world.sandbox.tickets(Portal).len() > most || world.sandbox.recount(&[]).lost < 12
        })
        .await;
    }
    if let Some(still) = stopped {
        crew[still].go_on();
    }
    world.sandbox.set_faults(Faults::off());
    until("all is passed on", || world.sandbox.recount(&[]).is_clean()).await;
    for daemon in crew {
        assert_eq!(daemon.terminate().await, 0);
    }
    world.settle().await;
    let recount = world.expect_clean();
    assert_eq!(recount.duplicated, 0);
    assert_eq!(ids.len(), ROUNDS);
    world.expect_a_person_needed(false).await;
}
