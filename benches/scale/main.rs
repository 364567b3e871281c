//! The whole bridge at work: the real binary, remote systems over loopback, both stores.
//! `cargo bench --bench scale [-- backfill | pairs [COUNT] | fair | told]`; figures in BENCHMARKS.md.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints its figures and may stop")]

mod backfill;
mod bridge;
mod fair;
mod pairs;
mod systems;
mod told;

use std::time::Duration;

/// Pairs of the second size, where none is told.
const MANY_PAIRS: usize = 1_000_000;

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["serve", tickets, takes] = words.as_slice() {
        return systems::serve(tickets.parse().unwrap(), Duration::from_micros(takes.parse().unwrap())).await;
    }
    let wanted = |name: &str| words.is_empty() || words.contains(&name);
    let postgres = bridge::Postgres::new();
    if wanted("backfill") {
        backfill::run(&postgres).await;
    }
    if wanted("pairs") {
        let many = words.iter().find_map(|word| word.parse().ok()).unwrap_or(MANY_PAIRS);
        pairs::run(&postgres, many).await;
    }
    if wanted("fair") {
        fair::run().await;
    }
    if wanted("told") {
        told::run(&postgres).await;
    }
}
