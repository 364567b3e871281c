//! The simulator can see: with one safeguard off, a run goes wrong within so many seeds.

use super::world::run::live;
use super::world::table::rows;

/// With all safeguards on, so many seeds of each row hold.
const HOLD: u64 = 50;

#[test]
fn each_safeguard_that_is_switched_off_is_noticed() {
    let mut unseen = Vec::new();
    for row in rows() {
        for seed in 0..HOLD {
            let lived = live(&row.plan(seed, false), false);
            assert_eq!(lived.trouble, None, "all safeguards on, as for {}, seed {seed}", row.what);
        }
        if !(0..row.within).any(|seed| row.is_seen(seed)) {
            unseen.push((row.rule, row.what, row.within));
        }
    }
    assert!(unseen.is_empty(), "switched off and not noticed within so many seeds: {unseen:?}");
}

#[test]
fn the_page_on_reliability_names_every_safeguard() {
    let page = include_str!("../../RELIABILITY.md");
    for row in rows() {
        assert!(page.contains(&format!("| {} | {} |", row.rule, row.what)), "RELIABILITY.md leaves out {}", row.what);
    }
}
