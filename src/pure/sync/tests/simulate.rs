//! Runs of the simulated world: each peculiarity of a system alone, then any mixture of two.

use super::world::{Fold, Kind, PLAIN, Plan, Versions, run};
use crate::words::promise::{Keyed, Proof};
use crate::words::side::Sides;

/// Seeds for each peculiarity alone.
const SEEDS_A_KIND: u64 = 40;
/// Seeds for any mixture.
const SEEDS_ANY: u64 = 800;

fn holds(what: &str, kinds: Sides<Option<Kind>>, seeds: u64) {
    for seed in 0..seeds {
        if let Err(says) = run(seed, Plan { kinds, faults: None, off: None }) {
            panic!("{what}: {says}");
        }
    }
}

#[test]
fn a_system_of_each_kind_ends_equal_to_a_plain_one_whatever_goes_wrong() {
    let kinds = [
        ("plain", PLAIN),
        ("opaque versions", Kind { versions: Versions::Opaque, ..PLAIN }),
        ("hashed versions", Kind { versions: Versions::Hashed, ..PLAIN }),
        ("versions that move by themselves", Kind { versions: Versions::Restless, ..PLAIN }),
        ("no versions", Kind { versions: Versions::None, ..PLAIN }),
        ("answers without the version", Kind { tells: false, ..PLAIN }),
        ("cut subjects", Kind { cuts: true, ..PLAIN }),
        ("content in small letters", Kind { fold: Fold::Declared, ..PLAIN }),
        ("content in small letters, undeclared", Kind { fold: Fold::Silent, ..PLAIN }),
        ("one code for two statuses", Kind { coarse: true, ..PLAIN }),
        ("a field that is acked and ignored", Kind { ignores: true, ..PLAIN }),
        ("values that are refused", Kind { refuses: true, ..PLAIN }),
        ("refusals that name no field", Kind { refuses: true, names: false, ..PLAIN }),
        ("replies without references", Kind { reply_refs: false, ..PLAIN }),
        ("answers that prove", Kind { proof: Proof::Answer, ..PLAIN }),
        ("answers that prove, no versions", Kind { proof: Proof::Answer, versions: Versions::None, ..PLAIN }),
        ("keys for creates", Kind { keyed: Keyed::Creates, ..PLAIN }),
        ("keys for all", Kind { keyed: Keyed::All, ..PLAIN }),
        ("keys for all, no versions", Kind { keyed: Keyed::All, versions: Versions::None, ..PLAIN }),
        ("ids that come later", Kind { later_id: true, ..PLAIN }),
        ("readings that lag", Kind { lag: 1_500, ..PLAIN }),
        ("readings that lag, opaque versions", Kind { lag: 1_500, versions: Versions::Opaque, ..PLAIN }),
        ("readings that lag, no versions", Kind { lag: 1_500, versions: Versions::None, ..PLAIN }),
    ];
    for (what, kind) in kinds {
        holds(what, Sides { province: Some(PLAIN), national: Some(kind) }, SEEDS_A_KIND);
    }
}

#[test]
fn any_two_systems_end_equal_whatever_goes_wrong() {
    holds("any two", Sides { province: None, national: None }, SEEDS_ANY);
}
