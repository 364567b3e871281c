//! Each peculiarity of a system alone, against a plain one, whatever goes wrong.

use pakn_bridge::words::promise::{Keyed, Proof};

use super::world::kind::{Fold, Kind, PLAIN, Versions};
use super::world::run::{Plan, live, shrink};

/// Seeds for each peculiarity.
const SEEDS: u64 = 100;

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
        ("cut content", Kind { fold: Fold::Cut, ..PLAIN }),
        ("content in small letters, undeclared", Kind { fold: Fold::Silent, ..PLAIN }),
        ("one code for two statuses", Kind { coarse: true, ..PLAIN }),
        ("a field that is acked and ignored", Kind { ignores: true, ..PLAIN }),
        ("values that are refused", Kind { refuses: true, ..PLAIN }),
        ("refusals that name no field", Kind { refuses: true, names: false, ..PLAIN }),
        ("children without references", Kind { child_refs: false, ..PLAIN }),
        ("answers that prove", Kind { proof: Proof::Answer, ..PLAIN }),
        ("answers that prove, no versions", Kind { proof: Proof::Answer, versions: Versions::None, ..PLAIN }),
        ("keys for creates", Kind { keyed: Keyed::Creates, ..PLAIN }),
        ("keys for all", Kind { keyed: Keyed::All, ..PLAIN }),
        ("keys for all, no versions", Kind { keyed: Keyed::All, versions: Versions::None, ..PLAIN }),
        ("one record a reference", Kind { unique: true, ..PLAIN }),
        ("children hung on a version", Kind { hangs: true, ..PLAIN }),
        ("ids that come later", Kind { later_id: true, ..PLAIN }),
        ("readings that lag", Kind { lag: 1_500, ..PLAIN }),
        ("readings that lag, opaque versions", Kind { lag: 1_500, versions: Versions::Opaque, ..PLAIN }),
        ("readings that lag, no versions", Kind { lag: 1_500, versions: Versions::None, ..PLAIN }),
        ("pages of one row", Kind { page: 1, ..PLAIN }),
        ("stamps ahead", Kind { skew: 5_000, ..PLAIN }),
        ("equal stamps", Kind { step: 2_000, ..PLAIN }),
        ("late commits", Kind { commit_lag: 2_500, ..PLAIN }),
        ("listings without a clock", Kind { tells_time: false, skew: 5_000, ..PLAIN }),
        ("children that touch nothing", Kind { touches: false, ..PLAIN }),
    ];
    for (what, kind) in kinds {
        for seed in 0..SEEDS {
            let plan = Plan { seed, kinds: Some(vec![PLAIN, kind]), ..Plan::default() };
            if live(&plan, false).trouble.is_some() {
                let short = shrink(&plan);
                panic!("{what}, seed {seed}: {:?}\n{:#?}\n{}", short.trouble, short.plan, short.trace.join("\n"));
            }
        }
    }
}
