//! Under seeds: two or three systems of any kind, people who edit, and a shell that does as the daemon's does, with
//! everything going wrong that may go wrong. It runs the same `observe`, `plan`, `settle`, `listing`, `restore` and
//! `hands` as the daemon.

pub(crate) mod check;
pub(crate) mod coverage;
pub(crate) mod doubts;
pub(crate) mod ended;
pub(crate) mod faults;
pub(crate) mod hands;
pub(crate) mod kind;
pub(crate) mod memory;
pub(crate) mod off;
pub(crate) mod oracle;
pub(crate) mod people;
pub(crate) mod poll;
pub(crate) mod push;
pub(crate) mod quiet;
pub(crate) mod remote;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod shell;
pub(crate) mod table;
pub(crate) mod trouble;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use pakn_bridge::doors::store::{Claim, Systems};
use pakn_bridge::pure::sync::case::Case;
use pakn_bridge::words::clock::Timestamp;
use pakn_bridge::words::outcome::Outcome;
use pakn_bridge::words::record::Image;
use pakn_bridge::words::side::{LinkName, Reference, RemoteId, Side, Sides, SystemName, Version};
use pakn_bridge::words::ticket::{Field, RecordKind};

use coverage::Coverage;
use faults::{Fault, Faults};
use kind::Kind;
use memory::{Beside, Memory};
use oracle::Oracle;
use poll::{Cursor, Poll};
use remote::{Remote, Request};
use rules::SimRules;
use run::Plan;

/// What can be switched off, to see that the simulator notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Safeguard {
    IntentDurable,
    LookupBeforeResend,
    SettleWait,
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
    FullScan,
    Identity,
    RestoredBackup,
    BasePerSide,
    BaseByField,
    Ledger,
    SeenValues,
    OneReplyAtATime,
    MonotonicRest,
    RestFromLastSend,
    RemoteClock,
    Overlap,
    ListProvesNothing,
    FairClaims,
}

/// Tickets at the beginning where there are many.
const MANY: usize = 4;

/// What people, or the link, do more often than elsewhere: for what is rare otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Habit {
    #[default]
    None,
    /// People edit subjects on both sides, and decide which one stands.
    Disputes,
    /// People answer, several times.
    Answers,
    /// There are many tickets from the beginning.
    Many,
    /// What is gone on one side is closed on the other.
    Closing,
}

/// What never works, however long the run: nothing else may wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stuck {
    /// The first ticket can't be read.
    Read,
    /// Writes of the first ticket are put off or in doubt for ever.
    Write,
    /// The second link: nothing answers on its national side.
    Link,
}

/// A worker and its claim.
#[derive(Debug)]
struct Worker {
    claim: Claim,
    claimed: Instant,
    wakes: Timestamp,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Claimed,
    Prepared(Option<Version>),
    Answered(Box<Answer>),
}

/// What came back of a write.
#[derive(Debug)]
struct Answer {
    outcome: Outcome,
    /// Which thing each record is that it shows, for the oracle.
    things: Vec<Thing>,
}

/// A point in time by both of our clocks.
#[derive(Debug, Clone, Copy)]
struct Instant {
    wall: Timestamp,
    monotonic: Timestamp,
}

/// A record's kind and id, and which thing it is.
type Thing = (RecordKind, RemoteId, usize);

/// A reading on its way to us.
#[derive(Debug)]
struct Sight {
    system: usize,
    id: String,
    look: remote::Look,
    began: Timestamp,
    rested: Option<String>,
    /// What the listing showed of it, where one did.
    row: Option<poll::RowOf>,
    /// Which thing each of its records is, for the oracle.
    things: Vec<Thing>,
}

/// What a person saw of a conflict.
#[derive(Debug, Clone)]
pub(crate) struct View {
    case: Reference,
    pair: Reference,
    field: Field,
    images: Sides<Image>,
}

/// One link: the hub, which is system 0, and one other.
struct Link {
    name: LinkName,
    national: usize,
    rules: Rc<SimRules>,
}

pub(crate) struct World {
    random: ChaCha8Rng,
    /// True time.
    time: Timestamp,
    /// How far our wall clock is off.
    off_by: TimeDelta,
    /// How long our machine slept.
    slept: TimeDelta,
    /// The last that our process took for now, by wall and monotonic clock.
    last: Instant,
    off: Vec<Safeguard>,
    habit: Habit,
    stuck: Option<Stuck>,
    /// Whether everything is listed from time to time.
    scans: bool,
    faults: Faults,
    /// Whether every answer reached us.
    hears: bool,
    remotes: Vec<Remote>,
    links: Vec<Link>,
    oracle: Oracle,
    /// What is saved; all that a crash leaves.
    store: Memory,
    cursors: Vec<Cursor>,
    /// What rows showed of tickets that were read, by system and id.
    seen: BTreeMap<(usize, String), String>,
    /// Systems that stopped with an alarm, and why.
    stopped: BTreeMap<usize, &'static str>,
    /// What a crash ends.
    workers: Vec<Worker>,
    sights: Vec<Sight>,
    polls: Vec<Poll>,
    rests: BTreeMap<String, Timestamp>,
    /// When this process first sent each write, by a clock that nobody sets.
    sent: BTreeMap<String, Timestamp>,
    /// Requests on their way.
    wire: Vec<Request>,
    shown: HashSet<u64>,
    views: Vec<View>,
    pub(crate) coverage: Coverage,
    /// The first thing that was not as it must be.
    trouble: Option<String>,
    /// Rounds that everything took to become quiet.
    rounds: usize,
    /// What happened, where somebody wants to know.
    trace: Option<Vec<String>>,
}

impl World {
    pub(crate) fn new(plan: &Plan, beside: Option<Rc<RefCell<dyn Beside>>>) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(plan.seed);
        let systems = if random.random_bool(0.2) { 3 } else { 2 };
        let any: Vec<Kind> = (0..systems).map(|_| Kind::any(&mut random)).collect();
        let faults = Faults::any(|fault| random.random_bool(odds(fault)));
        let closes = random.random_bool(0.3) || plan.habit == Habit::Closing;
        let is_off = |safeguard| plan.off.contains(&safeguard);
        let kinds = plan.kinds.clone().unwrap_or(any);
        let faults = plan.faults.unwrap_or(faults);
        let rules = |national: usize| {
            let kinds = Sides { province: kinds[0], national: kinds[national] };
            let mut promises = Sides::from_fn(|side| kinds.get(side).promises());
            for promises in [&mut promises.province, &mut promises.national] {
                if is_off(Safeguard::StaleReadings) {
                    promises.read_lag = std::time::Duration::ZERO;
                }
            }
            let mappings = Sides { province: "m0".into(), national: format!("m{national}") };
            let pretends_references = is_off(Safeguard::UnknownRepliesHeld);
            let compares_values = is_off(Safeguard::BasePerSide);
            let sees_no_replies = false;
            Rc::new(SimRules {
                kinds,
                promises,
                mappings,
                closes,
                pretends_references,
                sees_no_replies,
                compares_values,
            })
        };
        let time = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
        let link = |national: usize| Link { name: link_name(national), national, rules: rules(national) };
        let mut world = Self {
            random,
            time,
            off_by: TimeDelta::zero(),
            slept: TimeDelta::zero(),
            last: Instant { wall: time, monotonic: time },
            off: plan.off.clone(),
            habit: plan.habit,
            stuck: plan.stuck,
            scans: !is_off(Safeguard::FullScan),
            faults,
            hears: ![
                Fault::Loss,
                Fault::Late,
                Fault::Crash,
                Fault::Pause,
                Fault::Cut,
                Fault::ErrorBody,
                Fault::DiskFull,
            ]
            .iter()
            .any(|fault| faults.has(*fault)),
            links: (1..kinds.len()).map(link).collect(),
            cursors: vec![Cursor::default(); kinds.len()],
            remotes: kinds.iter().map(|kind| Remote::new(*kind, &plan.off)).collect(),
            oracle: Oracle::default(),
            store: Memory::new(systems_of(kinds.len()), beside),
            seen: BTreeMap::new(),
            stopped: BTreeMap::new(),
            workers: Vec::new(),
            sights: Vec::new(),
            polls: Vec::new(),
            rests: BTreeMap::new(),
            sent: BTreeMap::new(),
            wire: Vec::new(),
            shown: HashSet::new(),
            views: Vec::new(),
            coverage: Coverage::default(),
            trouble: None,
            rounds: 0,
            trace: None,
        };
        let first = if world.random.random_bool(0.6) { 0 } else { world.any_system() };
        world.born(first);
        if world.random.random_bool(0.25) {
            let second = world.any_system();
            world.born(second);
        }
        if plan.habit == Habit::Many {
            (0..MANY).for_each(|_| world.born(1));
        }
        world
    }

    /// Whether a thing is the ticket that is stuck.
    fn is_stuck_thing(&self, thing: Option<&usize>) -> bool {
        matches!(self.stuck, Some(Stuck::Read | Stuck::Write)) && thing == Some(&0)
    }

    /// Whether a link is the one that is stuck.
    fn is_stuck_link(&self, link: &Link) -> bool {
        self.stuck == Some(Stuck::Link) && link.national == 2
    }

    /// Whether a case can't go on, for its ticket or its link is stuck.
    fn is_stuck(&self, case: &Case) -> bool {
        self.is_stuck_thing(self.oracle.pairs.get(case.reference())) || self.is_stuck_link(self.link(&case.link))
    }

    /// Whether a safeguard is on.
    fn has(&self, safeguard: Safeguard) -> bool {
        !self.off.contains(&safeguard)
    }

    fn fail(&mut self, says: impl FnOnce(&Self) -> String) {
        if self.trouble.is_none() {
            self.trouble = Some(says(self));
        }
    }

    /// Notes what happens, where somebody wants to know.
    fn note(&mut self, says: impl FnOnce() -> String) {
        let time = self.time;
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{} {}", time.format("%M:%S%.3f"), says()));
        }
    }

    /// Whether something that rarely happens happens now.
    fn odds(&mut self, odds: f64) -> bool {
        self.random.random_bool(odds)
    }

    fn any_system(&mut self) -> usize {
        self.random.random_range(0..self.remotes.len())
    }

    /// Where a side of a link is.
    fn system_of(&self, link: &LinkName, side: Side) -> usize {
        match side {
            Side::Province => 0,
            Side::National => self.link(link).national,
        }
    }

    fn link(&self, name: &LinkName) -> &Link {
        self.links.iter().find(|link| link.name == *name).unwrap_or(&self.links[0])
    }

    /// Our process's now: never back, and never slower than either clock.
    fn now(&self) -> Timestamp {
        let last = self.last;
        (self.time + self.off_by).max(last.wall + (self.monotonic() - last.monotonic))
    }

    /// Our machine's monotonic clock.
    fn monotonic(&self) -> Timestamp {
        self.time - self.slept
    }

    fn instant(&self) -> Instant {
        Instant { wall: self.now(), monotonic: self.monotonic() }
    }

    /// At most so long ago, whatever the clocks did.
    fn at_most(&self, since: Instant) -> TimeDelta {
        (self.now() - since.wall).max(self.monotonic() - since.monotonic)
    }

    /// A little later.
    fn tick(&mut self, most: i64) {
        self.last = self.instant();
        self.time += TimeDelta::milliseconds(self.random.random_range(1..most));
    }

    pub(crate) fn step(&mut self, people: bool) {
        self.tick(1_500);
        self.arrivals();
        match self.random.random_range(0..27) {
            0..=4 if people && self.habit == Habit::Many => {
                for _ in 0..MANY {
                    self.person();
                    self.tick(300);
                }
            }
            0..=4 if people => self.person(),
            5 => self.trouble(people),
            6 | 7 => {
                let system = self.any_system();
                self.begin_poll(system);
            }
            8..=10 => self.a_page(),
            11 | 12 => self.a_sight(),
            13 => self.plan_again(),
            14..=16 => {
                let system = self.any_system();
                self.claim(system);
            }
            17..=22 => self.a_worker(),
            23 | 24 => (0..self.remotes.len()).for_each(|system| self.look_up(system)),
            25 => self.operator(),
            _ => self.recover(),
        }
        self.compare();
    }

    /// A store that is kept beside ours must not differ.
    fn compare(&mut self) {
        if let Some(differs) = self.store.differs.take() {
            self.fail(|_| format!("the store differs: {differs}"));
        }
    }
}

fn link_name(national: usize) -> LinkName {
    format!("l{national}").into()
}

/// What the store names a system.
fn name_of_system(system: usize) -> SystemName {
    format!("s{system}").into()
}

/// Which systems each link joins.
pub(crate) fn systems_of(count: usize) -> Systems {
    let joins = |national| Sides { province: name_of_system(0), national: name_of_system(national) };
    (1..count).map(|national| (link_name(national), joins(national))).collect()
}

/// How often a fault may happen at all in a seed: those that end a ticket's life are rarer.
const fn odds(fault: Fault) -> f64 {
    match fault {
        Fault::Emptied | Fault::Restored | Fault::Deleted | Fault::Merged | Fault::Transferred => 0.12,
        Fault::WallJump | Fault::Sleep | Fault::DiskFull | Fault::NewMapping | Fault::Outage => 0.3,
        _ => 0.5,
    }
}
