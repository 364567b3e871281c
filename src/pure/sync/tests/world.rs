//! Under seeds: two systems of any kind, people who edit, and a shell that does as the daemon's does, with everything
//! going wrong that may go wrong. It runs the same `observe`, `plan`, `settle`, `found` and `hands` as the daemon.

mod check;
mod people;
mod push;
mod remote;
mod rules;
mod shell;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::pure::sync::case::{Case, Intent};
use crate::words::clock::Timestamp;
use crate::words::record::{Image, Reading};
use crate::words::side::{Reference, Side, Sides, Version};
use crate::words::ticket::Field;

use people::Oracle;
use remote::{Remote, Request};
use rules::SimRules;

pub(super) use remote::{Fold, Kind, PLAIN, Versions};

/// What can be switched off, to see that the simulator notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Safeguard {
    IntentDurable,
    LookupBeforeResend,
    SettleWait,
    SettleFromLastSend,
    OnlyChangedFields,
    VersionGuard,
    CompareGuard,
    ReadAfterAck,
    StaleReadings,
    AnnouncingGate,
    ParksFields,
    IneffectiveMemory,
    UnknownRepliesHeld,
    KeyNamesOperation,
    YoungClaims,
}

/// What may go wrong in a run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faults {
    /// Requests and answers get lost.
    pub(super) loss: bool,
    /// Requests arrive after their timeout.
    pub(super) late: bool,
    /// Requests arrive twice, where the system can tell.
    pub(super) double: bool,
    /// The system asks for time.
    pub(super) busy: bool,
    /// Our process ends between two effects.
    pub(super) crash: bool,
    /// A worker stands still until its claim is lost.
    pub(super) pause: bool,
    /// Readings take their time.
    pub(super) slow: bool,
    /// A mapping changes between two cycles.
    pub(super) remap: bool,
}

impl Faults {
    fn any(random: &mut ChaCha8Rng) -> Self {
        let mut on = || random.random_bool(0.6);
        Self { loss: on(), late: on(), double: on(), busy: on(), crash: on(), pause: on(), slow: on(), remap: on() }
    }
}

/// A run, before its seed is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Kinds of the two systems; any where `None`.
    pub(super) kinds: Sides<Option<Kind>>,
    /// What goes wrong; any subset where `None`.
    pub(super) faults: Option<Faults>,
    pub(super) off: Option<Safeguard>,
}

/// A worker and its claim.
#[derive(Debug)]
struct Worker {
    intent: Intent,
    fence: u64,
    claimed: Timestamp,
    wakes: Timestamp,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Claimed,
    Prepared(Option<Version>),
    Answered(Box<crate::words::outcome::Outcome>),
}

/// A reading on its way to us.
#[derive(Debug)]
struct Sight {
    side: Side,
    reading: Reading,
    began: Timestamp,
    rested: Option<String>,
}

/// What a person saw of a conflict.
#[derive(Debug, Clone)]
struct View {
    case: Reference,
    pair: Reference,
    field: Field,
    images: Sides<Image>,
}

struct World {
    random: ChaCha8Rng,
    now: Timestamp,
    off: Option<Safeguard>,
    faults: Faults,
    /// Whether every answer reached us.
    hears: bool,
    remotes: Sides<Remote>,
    rules: SimRules,
    oracle: Oracle,
    /// What is saved; all that a crash leaves.
    store: BTreeMap<Reference, Case>,
    leases: BTreeMap<String, (u64, Timestamp)>,
    /// Cases that are to be planned again before anything of them is sent.
    replan: BTreeSet<Reference>,
    fences: u64,
    /// What a crash ends.
    workers: Vec<Worker>,
    sights: Vec<Sight>,
    rests: BTreeMap<String, Timestamp>,
    /// Requests on their way.
    wire: Vec<(Side, Request)>,
    shown: BTreeSet<(Side, Field, Image)>,
    views: Vec<View>,
    /// The first thing that was not as it must be.
    trouble: Option<String>,
    /// What happened, where a failed run is run again to be told.
    trace: Option<Vec<String>>,
}

/// Steps with people and faults.
const STEPS: usize = 110;
/// People stop after so many.
const PEOPLE_STOP: usize = 70;

/// One run. What went wrong, if anything did.
pub(super) fn run(seed: u64, plan: Plan) -> Result<(), String> {
    let trouble = |world: World| world.trouble.map(|trouble| (trouble, world.trace));
    let Some(_) = trouble(lived(World::new(seed, plan))) else { return Ok(()) };
    let mut again = World::new(seed, plan);
    let told = format!("{:#?}\n{:#?}", again.rules.kinds, again.faults);
    again.trace = Some(Vec::new());
    let (trouble, trace) = trouble(lived(again)).unwrap_or_default();
    Err(format!("seed {seed}: {trouble}\n{told}\n{}", trace.unwrap_or_default().join("\n")))
}

fn lived(mut world: World) -> World {
    for step in 0..STEPS {
        world.step(step < PEOPLE_STOP);
        if world.trouble.is_some() {
            break;
        }
    }
    world.calm_down();
    world.check();
    world
}

impl World {
    fn new(seed: u64, plan: Plan) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let kinds = Sides::from_fn(|side| plan.kinds.get(side).unwrap_or_else(|| Kind::any(&mut random)));
        let faults = plan.faults.unwrap_or_else(|| Faults::any(&mut random));
        let mut promises = Sides::from_fn(|side| kinds.get(side).promises());
        if plan.off == Some(Safeguard::StaleReadings) {
            promises.province.read_lag = std::time::Duration::ZERO;
            promises.national.read_lag = std::time::Duration::ZERO;
        }
        let remotes = Sides::from_fn(|side| Remote::new(*kinds.get(side), plan.off));
        let pretends_references = plan.off == Some(Safeguard::UnknownRepliesHeld);
        let mut world = Self {
            random,
            now: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000),
            off: plan.off,
            faults,
            hears: !(faults.loss || faults.late || faults.crash || faults.pause),
            remotes,
            rules: SimRules {
                kinds,
                promises,
                pretends_references,
                sees_no_replies: false,
                mappings: Sides::from_fn(|_| "sim".into()),
            },
            oracle: Oracle::default(),
            store: BTreeMap::new(),
            leases: BTreeMap::new(),
            replan: BTreeSet::new(),
            fences: 0,
            workers: Vec::new(),
            sights: Vec::new(),
            rests: BTreeMap::new(),
            wire: Vec::new(),
            shown: BTreeSet::new(),
            views: Vec::new(),
            trouble: None,
            trace: None,
        };
        let first = if world.random.random_bool(0.7) { Side::Province } else { Side::National };
        world.born(first);
        if world.random.random_bool(0.2) {
            world.born(first.other());
        }
        world
    }

    /// Whether a safeguard is on.
    fn has(&self, safeguard: Safeguard) -> bool {
        self.off != Some(safeguard)
    }

    fn fail(&mut self, says: impl FnOnce(&Self) -> String) {
        if self.trouble.is_none() {
            self.trouble = Some(says(self));
        }
    }

    /// Notes what happens, where somebody wants to know.
    fn note(&mut self, says: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{} {}", now.format("%M:%S%.3f"), says()));
        }
    }

    fn any_side(&mut self) -> Side {
        if self.random.random_bool(0.5) { Side::Province } else { Side::National }
    }

    fn step(&mut self, people: bool) {
        self.tick(1_500);
        self.arrivals();
        match self.random.random_range(0..20) {
            0..=2 if people => self.person(),
            3 if self.faults.crash && self.random.random_bool(0.3) => self.crash(),
            4 if self.faults.remap && self.random.random_bool(0.3) => self.remap(),
            4..=7 => {
                let side = self.any_side();
                self.poll(side);
            }
            8 => self.a_sight(),
            9 => self.plan_again(),
            10..=12 => {
                let side = self.any_side();
                self.claim(side);
            }
            13..=16 => self.a_worker(),
            17 | 18 => {
                let side = self.any_side();
                self.look_up(side);
            }
            _ => self.recover(),
        }
    }

    /// Nothing goes wrong any more and nobody edits: until nothing moves.
    fn calm_down(&mut self) {
        self.faults = Faults::default();
        for asked in [false, true] {
            self.until_quiet();
            if asked || self.trouble.is_some() {
                return;
            }
            self.check();
            for view in self.open_conflicts() {
                self.decides(&view);
            }
        }
    }

    fn until_quiet(&mut self) {
        let mut quiet = 0;
        for _ in 0..60 {
            let writes = self.writes();
            self.says_again();
            self.now += TimeDelta::seconds(7);
            self.arrivals();
            self.recover();
            for side in Side::BOTH {
                self.poll(side);
            }
            while !self.sights.is_empty() {
                self.a_sight();
            }
            self.now += TimeDelta::seconds(2);
            self.plan_again();
            for side in Side::BOTH {
                self.look_up(side);
                self.claim(side);
            }
            while !self.sights.is_empty() || !self.workers.is_empty() {
                self.a_sight();
                self.a_worker();
                self.now += TimeDelta::milliseconds(1);
            }
            let idle = self.wire.is_empty() && self.store.values().all(|case| case.intents.is_empty());
            quiet = if idle && writes == self.writes() { quiet + 1 } else { 0 };
            if quiet == 3 {
                return;
            }
        }
        self.fail(|world| format!("never quiet: {:#?}\n{:#?}", world.store, world.remotes));
    }

    fn writes(&self) -> u64 {
        self.remotes.province.writes + self.remotes.national.writes
    }
}
