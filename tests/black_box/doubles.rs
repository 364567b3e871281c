//! What the other systems promise is not kept: requests are doubled on their way, arrive long after they were given up, and
//! no key names an operation. Then there are doubles; each of them is told, and nothing else goes wrong.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use pakn_bridge::faces::sandbox::{Class, Recount, System};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::bridge::{Daemon, until};
use crate::front::{Act, Asked, Front};
use crate::postgres;
use crate::world::World;

use System::{Hotline, Legal, Portal};

/// Daemons.
const CREW: usize = 3;
/// Rounds of work, one of them killed in each.
const ROUNDS: usize = 8;
/// Requests that make something, in each round at least; there are ten things to make.
const A_ROUND: usize = 8;
/// Cycles after which nothing more will come.
const MOST_CALMS: usize = 12;
/// Far past the declared late delivery.
const LATE: Duration = Duration::from_millis(2500);
const SEED: u64 = 20_261_123;

/// What happens to the requests that make something.
#[derive(Default)]
struct Withdrawn {
    /// From now on nothing more.
    is_over: AtomicBool,
    made: AtomicUsize,
}

impl Withdrawn {
    fn act(&self, system: System, asked: &Asked) -> Act {
        let makes = match system {
            Hotline => asked.method == "POST" && asked.path.starts_with("/api/phieu"),
            Portal => asked.tells("DongBo") && asked.tells("\"isUpdating\":\"False\""),
            Legal => asked.tells("MaYeuCau"),
        };
        if !makes || self.is_over.load(Ordering::SeqCst) {
            return Act::Pass;
        }
        match self.made.fetch_add(1, Ordering::SeqCst) % 4 {
            1 => Act::Twice(without_its_key(&asked.body)),
            3 => Act::Late(LATE, without_its_key(&asked.body)),
            _ => Act::Pass,
        }
    }
}

/// The same request under another key, as a system sees it that knows no keys.
fn without_its_key(body: &Bytes) -> Bytes {
    let Ok(text) = std::str::from_utf8(body) else { return body.clone() };
    let Some((before, rest)) = text.split_once("MaYeuCau>") else { return body.clone() };
    let after = rest.find('<').map_or("", |end| &rest[end..]);
    Bytes::from(format!("{before}MaYeuCau>{:032x}{after}", rand::random::<u128>()))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_promises_withdrawn_every_double_is_told_and_none_is_silent() {
    let world = World::on(&postgres::database().await).await.with_short_promises();
    let withdrawn = Arc::new(Withdrawn::default());
    let mut config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
    let urls = world.sandbox.urls().clone();
    let mut fronts = Vec::new();
    for (system, url) in [(Hotline, urls.hotline), (Portal, urls.portal), (Legal, urls.legal)] {
        let rule = Arc::clone(&withdrawn);
        fronts.push(Front::before(&url, move |asked| rule.act(system, asked)).await);
        config = config.replace(&url, &fronts.last().unwrap().url);
    }
    world.bridge.write("bridge.toml", &config);

    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut crew: Vec<Daemon> = join_all((0..CREW).map(|number| start(&world, number))).await;
    for round in 1..=ROUNDS {
        for (system, kind) in [
            (Hotline, "feedback"),
            (Hotline, "feedback"),
            (Hotline, "legal_text"),
            (Portal, "feedback"),
            (Legal, "legal_text"),
        ] {
            let id = world.sandbox.person_creates(system, kind, &[]);
            world.sandbox.person_replies(system, &id, "Đã chuyển đơn vị xử lý").unwrap();
        }
        until("the daemons work on", || withdrawn.made.load(Ordering::SeqCst) >= round * A_ROUND).await;
        let chosen = random.random_range(0..CREW);
        let fresh = start(&world, chosen).await;
        std::mem::replace(&mut crew[chosen], fresh).kill();
    }
    withdrawn.is_over.store(true, Ordering::SeqCst);
    for daemon in crew {
        assert_eq!(daemon.terminate().await, 0);
    }
    join_all(fronts.iter().map(Front::all_delivered)).await;
    // What a dead daemon had in hand passes on after its lease.
    for _ in 0..MOST_CALMS {
        world.bridge.run(&["sync", "--full", "--wait", "3"]).await;
        let recount = world.sandbox.recount(&[]);
        let doubled = doubled_in(&recount);
        if recount.findings.iter().all(|found| doubled.contains(&*found.token)) {
            break;
        }
    }
    world.quiet().await;

    let recount = world.sandbox.recount(&[]);
    let doubled = doubled_in(&recount);
    assert!(doubled.len() >= CREW, "the test doubles too little: {recount:#?}");
    let told = told(&world).await;
    println!("{} of {} tickets doubled, {} told", doubled.len(), recount.tickets + recount.national, told.len());
    let silent: Vec<_> = recount.findings.iter().filter(|found| !told.contains(&found.token)).collect();
    assert!(silent.is_empty(), "of {} doubled: {silent:#?}", doubled.len());
    world.expect_a_person_needed(true).await;
}

/// The tickets of which anything is there too often, by the mark that joins the sides.
fn doubled_in(recount: &Recount) -> BTreeSet<&str> {
    let doubled = recount.findings.iter().filter(|found| found.class == Class::Duplicated);
    doubled.map(|found| &*found.token).collect()
}

async fn start(world: &World, number: usize) -> Daemon {
    world.bridge.start_as(&format!("daemon-{number}")).await
}

/// The tickets that the report calls doubled, different or set aside, by the mark that joins the sides.
async fn told(world: &World) -> BTreeSet<String> {
    let report = world.bridge.json(&["report"]).await;
    assert_eq!(report["good"], false, "{report:#}");
    let mut told = BTreeSet::new();
    for link in report["report"]["links"].as_array().unwrap() {
        let national = if link["name"] == "pakn" { Portal } else { Legal };
        let wrong = ["duplicated", "differing", "quarantined"];
        for ticket in link["tickets"].as_array().unwrap() {
            if !wrong.contains(&ticket["class"].as_str().unwrap()) {
                continue;
            }
            for (side, system) in [("province", Hotline), ("national", national)] {
                for id in ticket["ids"][side].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    told.extend(world.sandbox.ticket(system, id).and_then(|ticket| ticket.token().map(str::to_owned)));
                }
            }
        }
    }
    told
}
