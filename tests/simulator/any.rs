//! Any mixture of systems, faults and people. The seeds are shared out, so that several cores work at once.

use super::world::run::{Plan, live, shrink};

/// Seeds in each of the shares: unoptimised they take their time. The example runs as many as one likes.
const SHARE: u64 = 1_000;
/// One seed in so many is run twice.
const TWICE: u64 = 50;

fn holds(share: u64) {
    for seed in share * SHARE..(share + 1) * SHARE {
        let plan = Plan { seed, ..Plan::default() };
        let lived = live(&plan, false);
        if lived.trouble.is_some() {
            let short = shrink(&plan);
            panic!("seed {seed}: {:?}\n{:#?}\n{}", short.trouble, short.plan, short.trace.join("\n"));
        }
        if seed % TWICE == 0 {
            assert_eq!(live(&plan, true).trace, live(&plan, true).trace, "seed {seed} is not determined");
        }
    }
}

#[test]
fn nothing_is_lost_or_doubled_in_the_first_quarter_of_the_seeds() {
    holds(0);
}

#[test]
fn nothing_is_lost_or_doubled_in_the_second_quarter_of_the_seeds() {
    holds(1);
}

#[test]
fn nothing_is_lost_or_doubled_in_the_third_quarter_of_the_seeds() {
    holds(2);
}

#[test]
fn nothing_is_lost_or_doubled_in_the_last_quarter_of_the_seeds() {
    holds(3);
}
