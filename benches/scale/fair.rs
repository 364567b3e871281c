//! A flood on one link, and how long a ticket of another link takes meanwhile.

use std::time::Duration;

use crate::bridge::{Bridge, Systems, clock};

/// Tickets of the flood.
const FLOOD: usize = 50_000;
/// Tickets whose way is measured, one after the other.
const TICKETS: usize = 25;
/// What each call takes at the portals.
const TAKES: Duration = Duration::from_millis(5);
/// How often it is asked whether a ticket has come.
const LOOK: Duration = Duration::from_millis(2);

pub async fn run() {
    println!("the way of a ticket of one link, by polls each second");
    let flooded = Systems::start(0, TAKES);
    let quiet = Systems::start(0, TAKES);
    let bridge = Bridge::new(&[&flooded, &quiet], None, "* * * * * *");
    bridge.sync();
    let daemon = bridge.start();
    let alone = ways(&quiet, async |_| ()).await;
    told("alone", &alone, &alone);
    flooded.more(FLOOD).await;
    until_any(&flooded).await;
    let beside = ways(&quiet, async |_| ()).await;
    let left = FLOOD - flooded.taken_so_far().await;
    assert!(left > 0, "the flood was over before the end");
    told(&format!("beside a flood of {FLOOD} tickets on another link"), &beside, &alone);
    drop(daemon);
}

/// How long each of some tickets took from the province to the portal, shortest first. `tell` is called with each number.
pub async fn ways(systems: &Systems, tell: impl AsyncFn(usize)) -> Vec<Duration> {
    let mut ways = Vec::new();
    for ticket in 0..TICKETS {
        let before = systems.taken_so_far().await;
        systems.more(1).await;
        let clock = clock();
        tell(ticket).await;
        while systems.taken_so_far().await == before {
            tokio::time::sleep(LOOK).await;
        }
        ways.push(clock.elapsed());
        // Not in step with the polls.
        tokio::time::sleep(clock.elapsed() / 3).await;
    }
    ways.sort();
    ways
}

/// Until the flood has begun to pass.
async fn until_any(systems: &Systems) {
    while systems.taken_so_far().await == 0 {
        tokio::time::sleep(LOOK).await;
    }
}

fn told(name: &str, ways: &[Duration], alone: &[Duration]) {
    let at = |ways: &[Duration], share: usize| ways[ways.len() * share / 100].as_secs_f64() * 1e3;
    let shown = [50, 90].map(|share| {
        format!("{share} % within {:>7.0} ms ({:.2} ×)", at(ways, share), at(ways, share) / at(alone, share))
    });
    println!("  {name:<52} {}", shown.join("   "));
}
