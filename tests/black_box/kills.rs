//! The daemon is killed at random instants, again and again, while people work and everything goes wrong now and then.

use std::time::Duration;

use pakn_bridge::faces::sandbox::{Faults, Options};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::postgres;
use crate::world::World;

/// Times that it is killed; `PAKN_KILLS` says otherwise.
const KILLS: u64 = 200;
/// What is left to chance; `PAKN_SEED` says otherwise.
const SEED: u64 = 20_261_123;
/// Longest life of a daemon that is killed. The first part of it is spent on starting.
const LONGEST_LIFE: Duration = Duration::from_millis(500);
/// Tickets for each kill, so that there is always something in hand.
const TICKETS: f64 = 0.6;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_times_kill_9_in_a_storm_lose_and_double_nothing_on_sqlite() {
    let world = World::of(storm()).await.with_short_promises();
    kill_again_and_again(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_times_kill_9_in_a_storm_lose_and_double_nothing_on_postgres() {
    let world = World::of(storm()).await.with_short_promises().moved_to(&postgres::database().await);
    kill_again_and_again(world).await;
}

/// A number that the environment may set.
fn told(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |told| told.parse().unwrap())
}

/// As many tickets as the kills last, people at them, and faults.
fn storm() -> Options {
    let kills = told("PAKN_KILLS", KILLS) as f64;
    Options {
        seed: told("PAKN_SEED", SEED),
        tickets: (kills * TICKETS) as usize,
        selected_percent: 60,
        duration: Some(LONGEST_LIFE.mul_f64(kills / 2.0)),
        faults: Faults { list_lag: Duration::from_millis(80), ..Faults::usual() },
        ..Options::default()
    }
}

async fn kill_again_and_again(world: World) {
    let (kills, seed) = (told("PAKN_KILLS", KILLS), told("PAKN_SEED", SEED));
    println!("{kills} kills, seed {seed}: PAKN_KILLS={kills} PAKN_SEED={seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..kills {
        let daemon = world.bridge.spawn("daemon", &[]);
        tokio::time::sleep(LONGEST_LIFE.mul_f64(random.random())).await;
        daemon.kill();
    }
    println!("{} writes so far: {:?}", world.writes(), world.sandbox.requests());
    assert!(world.writes() > 0, "each lived too short to write anything");
    world.sandbox.set_faults(Faults::off());
    // Some of them wait for a copy that they want to edit.
    while !world.sandbox.people_are_done() {
        world.sync().await;
    }
    world.settle_with_a_person().await;
    let recount = world.expect_clean();
    assert!(recount.pushed_up > 0 && recount.pulled_down > 0, "{recount:#?}");
}
