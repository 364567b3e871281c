//! One run of a seed, and the shortest schedule of a seed that fails.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::coverage::{Coverage, Group};
use super::faults::{Fault, Faults};
use super::kind::{Kind, PLAIN};
use super::memory::Beside;
use super::{Habit, Safeguard, Stuck, World};

/// Steps with people and faults.
pub(crate) const STEPS: usize = 130;
/// People stop after so many.
const PEOPLE_STOP: usize = 85;

/// One seed in so many is run twice more.
const TWICE: u64 = 250;

/// A run, before its seed is drawn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Kinds of the systems, the hub first; any two or three where `None`.
    pub(crate) kinds: Option<Vec<Kind>>,
    /// What goes wrong; any subset where `None`.
    pub(crate) faults: Option<Faults>,
    /// Safeguards that are switched off.
    pub(crate) off: Vec<Safeguard>,
    pub(crate) habit: Habit,
    /// What never works.
    pub(crate) stuck: Option<Stuck>,
    /// Steps that are left out.
    pub(crate) skip: BTreeSet<usize>,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Lived {
    pub(crate) trouble: Option<String>,
    pub(crate) coverage: Coverage,
    pub(crate) trace: Vec<String>,
    /// Rounds that it took to become quiet.
    pub(crate) rounds: usize,
    /// The plan with everything drawn.
    pub(crate) plan: Plan,
}

/// One run, with what happened where `traced`.
pub(crate) fn live(plan: &Plan, traced: bool) -> Lived {
    live_beside(plan, traced, None)
}

/// One run with another store beside memory: the run fails where they differ.
pub(crate) fn live_beside(plan: &Plan, traced: bool, beside: Option<Rc<RefCell<dyn Beside>>>) -> Lived {
    let mut world = World::new(plan, beside);
    world.trace = traced.then(Vec::new);
    if world.remotes.len() > 2 {
        world.coverage.saw(Group::Row, "three systems");
    }
    let drawn = Plan {
        kinds: Some(world.remotes.iter().map(|remote| remote.kind).collect()),
        faults: Some(world.faults),
        ..plan.clone()
    };
    for step in 0..STEPS {
        if plan.skip.contains(&step) {
            continue;
        }
        // Each step has a chance of its own, so that leaving one out leaves the others as they are.
        world.random = ChaCha8Rng::seed_from_u64(plan.seed ^ (step as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        world.step(step < PEOPLE_STOP);
        if world.trouble.is_some() {
            break;
        }
    }
    if world.trouble.is_none() {
        world.random = ChaCha8Rng::seed_from_u64(plan.seed);
        world.calm_down();
    }
    let World { trouble, coverage, rounds, trace, .. } = world;
    Lived { trouble, coverage, trace: trace.unwrap_or_default(), rounds, plan: drawn }
}

/// One seed, and why it failed. A share of them is run again: the same seed must tell the same story.
pub(crate) fn holds(plan: &Plan) -> Lived {
    let mut lived = live(plan, false);
    if lived.trouble.is_none() && plan.seed.is_multiple_of(TWICE) && live(plan, true).trace != live(plan, true).trace {
        lived.trouble = Some("not determined: two runs of the seed differ".to_owned());
    }
    lived
}

/// A failing run in its shortest form: without the peculiarities, faults and steps that it does not need.
pub(crate) fn shrink(plan: &Plan) -> Lived {
    let mut best = live(plan, false);
    let better = |best: &mut Lived, plan: Plan| {
        let lived = live(&plan, false);
        let fails = lived.trouble.is_some();
        if fails {
            *best = lived;
        }
        fails
    };
    for at in 0..best.plan.kinds.as_ref().map_or(0, Vec::len) {
        for plain in simpler(best.plan.kinds.as_ref().map_or(PLAIN, |kinds| kinds[at])) {
            let mut plan = best.plan.clone();
            if let Some(kinds) = &mut plan.kinds {
                kinds[at] = plain(kinds[at]);
            }
            better(&mut best, plan);
        }
    }
    for (fault, _) in Fault::ALL {
        let faults = best.plan.faults.unwrap_or_default();
        if faults.has(fault) {
            let plan = Plan { faults: Some(faults.without(fault)), ..best.plan.clone() };
            better(&mut best, plan);
        }
    }
    let mut size = STEPS / 2;
    while size > 0 {
        let mut dropped = false;
        for from in (0..STEPS).step_by(size) {
            let mut skip = best.plan.skip.clone();
            skip.extend(from..STEPS.min(from + size));
            if skip != best.plan.skip {
                let plan = Plan { skip, ..best.plan.clone() };
                dropped |= better(&mut best, plan);
            }
        }
        if !dropped || size > 1 {
            size /= 2;
        }
    }
    live(&best.plan, true)
}

/// A kind with one peculiarity less, each.
fn simpler(_: Kind) -> [fn(Kind) -> Kind; 14] {
    [
        |_| PLAIN,
        |kind| Kind { versions: PLAIN.versions, ..kind },
        |kind| Kind { cuts: false, ..kind },
        |kind| Kind { fold: PLAIN.fold, ..kind },
        |kind| Kind { coarse: false, ..kind },
        |kind| Kind { ignores: false, refuses: false, names: true, ..kind },
        |kind| Kind { child_refs: true, ..kind },
        |kind| Kind { proof: PLAIN.proof, ..kind },
        |kind| Kind { keyed: PLAIN.keyed, ..kind },
        |kind| Kind { later_id: false, ..kind },
        |kind| Kind { lag: 0, ..kind },
        |kind| Kind { tells: true, ..kind },
        |kind| Kind { page: PLAIN.page, ..kind },
        |kind| Kind { skew: 0, step: 1, exclusive: false, commit_lag: 0, tells_time: true, touches: true, ..kind },
    ]
}
