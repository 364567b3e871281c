//! 20,000 tickets from a province to a portal, beside a loop that only sends: the same bodies, as many at once, and keeps
//! nothing.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::bridge::{Bridge, CONCURRENCY, Postgres, Systems, client, clock};

/// Tickets that are passed on.
const TICKETS: usize = 20_000;

pub async fn run(postgres: &Postgres) {
    for takes in [Duration::from_millis(5), Duration::ZERO] {
        println!("{TICKETS} tickets to a portal that takes {} ms a call", takes.as_millis());
        let mut bare = None;
        let database = postgres.database(&format!("backfill_{}", takes.as_millis())).await;
        for (store, database) in [("SQLite", None), ("PostgreSQL", Some(database))] {
            let systems = Systems::start(TICKETS, takes);
            let bridge = Bridge::new(&[&systems], database, "* * * * * *");
            let (took, cpu) = bridge.sync();
            let bodies = systems.taken().await;
            assert_eq!(bodies.len(), TICKETS, "each ticket once");
            let bare = match bare {
                Some(bare) => bare,
                None => {
                    let took = alone(&systems, &bodies).await;
                    told("a bare loop, no storage", took, took, None);
                    *bare.insert(took)
                }
            };
            told(&format!("the bridge, {store}"), took, bare, Some(cpu));
        }
    }
}

fn told(name: &str, took: Duration, bare: Duration, cpu: Option<Duration>) {
    let rate = TICKETS as f64 / took.as_secs_f64();
    let share = bare.as_secs_f64() / took.as_secs_f64() * 100.0;
    let cpu = cpu.map(|cpu| format!("   {:>4.0} µs of CPU a ticket", cpu.as_secs_f64() / TICKETS as f64 * 1e6));
    println!("  {name:<28} {:>7.2} s {rate:>8.0}/s {share:>6.1} %{}", took.as_secs_f64(), cpu.unwrap_or_default());
}

/// Sends bodies, `CONCURRENCY` at once.
async fn alone(systems: &Systems, bodies: &[Vec<u8>]) -> Duration {
    let client = client();
    let url = format!("{}/tickets", systems.portal);
    let clock = clock();
    stream::iter(bodies.to_vec())
        .for_each_concurrent(CONCURRENCY, |body| async {
            let call = client.post(&url).header("content-type", "application/json").body(body);
            let answer = call.send().await.unwrap();
            assert!(answer.status().is_success());
            answer.bytes().await.unwrap();
        })
        .await;
    clock.elapsed()
}
