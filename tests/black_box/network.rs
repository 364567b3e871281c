//! The way to the database: cut, silent, too narrow, its server restarted. The daemon waits, tells why, and goes on; nothing
//! is lost or done twice.

use std::fs;
use std::process::Command;
use std::time::Duration;

use pakn_bridge::faces::sandbox::{Faults, System};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::bridge::{Daemon, until};
use crate::line::{Line, State};
use crate::postgres;
use crate::world::World;

use System::{Hotline, Portal};

/// Times that the connections are cut.
const CUTS: usize = 25;
/// Bytes after which a worn connection breaks: some while it is being made, some in the middle of much.
const WORN: std::ops::Range<u64> = 20..30_000;
const SEED: u64 = 20_261_123;

/// A world whose state is in this database, with these more keys of its store.
async fn world(database: &str, keys: &str) -> World {
    let world = World::on(database).await.with_short_promises();
    let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
    world.bridge.write("bridge.toml", &config.replace("lease = \"4s\"", &format!("lease = \"4s\"\n{keys}")));
    world.sandbox.set_faults(Faults { latency: 0.5, latency_up_to: Duration::from_millis(30), ..Faults::off() });
    world
}

fn people_work(world: &World) {
    for _ in 0..4 {
        world.sandbox.person_creates(Hotline, "feedback", &[]);
    }
    world.sandbox.person_creates(Portal, "feedback", &[]);
}

/// The daemon is still there, passes everything on, and ends well; nothing is lost or doubled.
async fn comes_to_rest(world: &World, mut daemon: Daemon) {
    until("all is passed on", || daemon.ended().is_some() || world.sandbox.recount(&[]).is_clean()).await;
    assert!(daemon.ended().is_none(), "{}", daemon.log());
    assert_eq!(daemon.terminate().await, 0);
    world.settle().await;
    world.expect_clean();
    world.expect_a_person_needed(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_the_database_cut_again_and_again_lose_and_double_nothing() {
    let line = Line::to(&postgres::database().await, SEED).await;
    let world = world(&line.url, "patience = \"1s\"").await;
    let daemon = world.bridge.start().await;
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    for round in 0..CUTS {
        people_work(&world);
        line.set(State::Worn(WORN));
        tokio::time::sleep(Duration::from_millis(random.random_range(0..300))).await;
        if round % 3 == 0 {
            line.set(State::Cut);
            tokio::time::sleep(Duration::from_millis(random.random_range(0..100))).await;
        }
    }
    assert!(daemon.log().contains("can't be used now"), "no cut was noticed: {}", daemon.log());
    line.set(State::Whole);
    comes_to_rest(&world, daemon).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_everything_and_answers_nothing_is_given_up_and_found_again() {
    let line = Line::to(&postgres::database().await, SEED).await;
    let world = world(&line.url, "patience = \"1s\"").await;
    let daemon = world.bridge.start().await;
    for _ in 0..2 {
        people_work(&world);
        let most = world.sandbox.tickets(Portal).len();
        until("something is under way", || world.sandbox.tickets(Portal).len() > most).await;
        let told = daemon.log().matches("can't be used now").count();
        line.set(State::Silent);
        until("it gives up", || daemon.log().matches("can't be used now").count() > told).await;
        let writes = world.writes();
        people_work(&world);
        until("it tries again", || daemon.log().matches("can't be used now").count() > told + 1).await;
        assert_eq!(world.writes(), writes, "nothing goes out that can't be recorded");
        line.set(State::Whole);
        until("all is passed on", || world.sandbox.recount(&[]).is_clean()).await;
    }
    comes_to_rest(&world, daemon).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_server_that_is_restarted_is_waited_for() {
    let cluster = OwnCluster::start();
    let world = world(&cluster.url, "patience = \"1s\"").await;
    let daemon = world.bridge.start().await;
    for how in ["fast", "immediate"] {
        people_work(&world);
        let most = world.sandbox.tickets(Portal).len();
        until("something is under way", || world.sandbox.tickets(Portal).len() > most).await;
        cluster.tell(&["restart", how]);
        people_work(&world);
        until("all is passed on", || world.sandbox.recount(&[]).is_clean()).await;
    }
    assert!(daemon.log().contains("terminating connection"), "no restart was noticed: {}", daemon.log());
    comes_to_rest(&world, daemon).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_serves_many_workers() {
    let world = world(&postgres::database().await, "connections = 1").await;
    let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
    world.bridge.write("bridge.toml", &config.replace("concurrency = 8", "concurrency = 64"));
    for _ in 0..12 {
        people_work(&world);
    }
    let daemon = world.bridge.start().await;
    until("all is passed on", || world.sandbox.recount(&[]).is_clean()).await;
    assert!(!daemon.log().contains("WARN"), "{}", daemon.log());
    comes_to_rest(&world, daemon).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_free_connection_is_told_and_waited_for() {
    let database = postgres::database().await;
    let role = format!("clerk_{:016x}", rand::random::<u64>());
    let name = database.rsplit('/').next().unwrap();
    let mut admin = PgConnection::connect(&database).await.unwrap();
    for sql in
        [format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 1"), format!("ALTER DATABASE {name} OWNER TO {role}")]
    {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
    }
    let narrow = database.replace("postgres@", &format!("{role}@"));
    let world = world(&narrow, "patience = \"1s\"\nconnections = 1").await;
    people_work(&world);
    let taken = PgConnection::connect(&narrow).await.unwrap();
    let told = world.sync().await.expect(3);
    assert!(told.stderr.contains("no connection was to be had in time"), "{told:#?}");
    assert_eq!(world.writes(), 0);
    taken.close().await.unwrap();
    let daemon = world.bridge.start().await;
    comes_to_rest(&world, daemon).await;
}

/// A server that no other test uses.
struct OwnCluster {
    url: String,
    folder: String,
}

impl OwnCluster {
    fn start() -> Self {
        let temporary = std::env::temp_dir();
        let folder = format!("{}/pakn-bridge-restarted-{:016x}", temporary.display(), rand::random::<u64>());
        let mut cluster = Self { url: String::new(), folder };
        cluster.url = cluster.tell(&["url"]);
        cluster
    }

    fn tell(&self, words: &[&str]) -> String {
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres/cluster"));
        let told = command.args(words).env("PAKN_TEST_POSTGRES_DIR", &self.folder).output().unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        String::from_utf8(told.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        self.tell(&["stop"]);
    }
}
