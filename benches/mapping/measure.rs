//! Times of several ways to do one thing, taken in turns: what disturbs the machine disturbs all of them.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Rounds of each way; the fastest round counts, since only disturbances make one slower.
const ROUNDS: u32 = 60;
/// How long one round takes about.
const ROUND: Duration = Duration::from_millis(8);

/// One way to do it.
pub struct Way<'a> {
    pub name: &'static str,
    pub run: Box<dyn FnMut() + 'a>,
}

pub fn way<'a, T>(name: &'static str, mut run: impl FnMut() -> T + 'a) -> Way<'a> {
    Way {
        name,
        run: Box::new(move || {
            black_box(run());
        }),
    }
}

/// Prints microseconds of each way, and how many times the first way's that is. An argument of the command chooses: only
/// ways whose table and name hold it are run, which is what a profiler wants.
pub fn compare(title: &str, mut ways: Vec<Way<'_>>) {
    if let Some(chosen) = std::env::args().nth(1).filter(|argument| !argument.starts_with("--")) {
        ways.retain(|way| format!("{title}: {}", way.name).contains(&chosen));
    }
    let repeats: Vec<u32> = ways.iter_mut().map(|way| repeats(&mut way.run)).collect();
    let mut best = vec![Duration::MAX; ways.len()];
    for _ in 0..ROUNDS {
        for ((way, repeats), best) in ways.iter_mut().zip(&repeats).zip(&mut best) {
            *best = (*best).min(time(&mut way.run, *repeats) / *repeats);
        }
    }
    println!("{title}");
    let first = best.first().copied().unwrap_or_default().as_secs_f64();
    for (way, best) in ways.iter().zip(&best) {
        let seconds = best.as_secs_f64();
        println!("  {:<44} {:>9.2} µs   {:>5.2} ×", way.name, seconds * 1e6, seconds / first);
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time itself")]
fn time(run: &mut dyn FnMut(), repeats: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..repeats {
        run();
    }
    start.elapsed()
}

/// How often it must run to fill a round.
fn repeats(run: &mut dyn FnMut()) -> u32 {
    let mut repeats = 1;
    while time(run, repeats) < ROUND && repeats < 1 << 24 {
        repeats *= 2;
    }
    repeats
}
