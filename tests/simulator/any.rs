//! Any mixture of systems, faults and people. The seeds are shared out, so that several cores work at once.

use super::world::run::{Plan, holds, shrink};

/// Seeds in each of the shares. The example runs as many as one likes.
const SHARE: u64 = 25_000;

fn hold(share: u64) {
    for seed in share * SHARE..(share + 1) * SHARE {
        let plan = Plan { seed, ..Plan::default() };
        if let Some(trouble) = holds(&plan).trouble {
            let short = shrink(&plan);
            panic!("seed {seed}: {trouble}\n{:#?}\n{}", short.plan, short.trace.join("\n"));
        }
    }
}

#[test]
fn nothing_is_lost_or_doubled_in_the_first_quarter_of_the_seeds() {
    hold(0);
}

#[test]
fn nothing_is_lost_or_doubled_in_the_second_quarter_of_the_seeds() {
    hold(1);
}

#[test]
fn nothing_is_lost_or_doubled_in_the_third_quarter_of_the_seeds() {
    hold(2);
}

#[test]
fn nothing_is_lost_or_doubled_in_the_last_quarter_of_the_seeds() {
    hold(3);
}
