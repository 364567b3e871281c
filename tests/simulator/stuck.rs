//! One ticket, or one link, that never goes on: all others end as right as without it, and as soon.

use super::world::run::{Plan, live};
use super::world::{Habit, Stuck};

/// Seeds of each.
const SEEDS: u64 = 2_000;

fn hold(stuck: Stuck) {
    for seed in 0..SEEDS {
        let plan = Plan { seed, habit: Habit::Many, stuck: Some(stuck), ..Plan::default() };
        assert_eq!(live(&plan, false).trouble, None, "{stuck:?}, seed {seed}");
    }
}

#[test]
fn a_ticket_that_can_not_be_read_delays_no_other() {
    hold(Stuck::Read);
}

#[test]
fn a_ticket_whose_writes_never_end_delays_no_other() {
    hold(Stuck::Write);
}

#[test]
fn a_link_whose_side_is_silent_for_ever_delays_no_other() {
    hold(Stuck::Link);
}
