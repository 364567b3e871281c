//! The safeguards, each with the kind of system and the faults that need it, and within how many seeds it must be seen
//! that one is switched off. `RELIABILITY.md` shows the table with figures.

use super::Safeguard::{self, *};
use super::faults::{Fault, Faults};
use super::kind::{Fold, Kind, PLAIN, Versions};
use super::run::{Plan, live};
use super::{Habit, Stuck};
use pakn_bridge::words::promise::Keyed;

/// One safeguard.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its rule in the protocol.
    pub(crate) rule: &'static str,
    /// What is switched off.
    pub(crate) what: &'static str,
    pub(crate) off: Safeguard,
    /// Switched off with and without it, too: what would hide it.
    pub(crate) without: &'static [Safeguard],
    pub(crate) kinds: Vec<Kind>,
    pub(crate) habit: Habit,
    pub(crate) stuck: Option<Stuck>,
    pub(crate) faults: Faults,
    /// Within so many seeds it is seen.
    pub(crate) within: u64,
    /// Per cent of seeds broken in the model that the protocol's figures come from.
    pub(crate) model: &'static str,
}

impl Row {
    /// The plan of one seed, with the safeguard or without.
    pub(crate) fn plan(&self, seed: u64, off: bool) -> Plan {
        Plan {
            seed,
            kinds: Some(self.kinds.clone()),
            habit: self.habit,
            stuck: self.stuck,
            faults: Some(self.faults),
            off: self.without.iter().copied().chain(off.then_some(self.off)).collect(),
            ..Plan::default()
        }
    }

    /// Whether a seed shows that the safeguard is off.
    pub(crate) fn is_seen(&self, seed: u64) -> bool {
        live(&self.plan(seed, true), false).trouble.is_some()
    }
}

/// The table.
pub(crate) fn rows() -> Vec<Row> {
    let kind = |versions| Kind { versions, ..PLAIN };
    let of = Faults::of;
    let none = Faults::NONE;
    let row = |rule, what, off, kind, faults, within, model| Row {
        rule,
        what,
        off,
        without: &[],
        kinds: vec![PLAIN, kind],
        habit: Habit::None,
        stuck: None,
        faults,
        within,
        model,
    };
    let slow = of(&[Fault::Slow]);
    let silent = Kind { fold: Fold::Silent, ..PLAIN };
    // A full scan would hide it.
    let unscanned = |what, off, kind, model| Row {
        without: &[FullScan],
        habit: Habit::Many,
        ..row("19", what, off, kind, none, 2_000, model)
    };
    let answers = |row: Row| Row { habit: Habit::Answers, ..row };
    vec![
        Row {
            kinds: vec![Kind { fold: Fold::Cut, ..PLAIN }, Kind { fold: Fold::Declared, ..PLAIN }],
            ..row("1", "each side by its own image", BasePerSide, PLAIN, none, 40, "100")
        },
        row("2", "the base moves by field", BaseByField, PLAIN, none, 400, "-"),
        row("3", "a reading, not an ack", ReadAfterAck, silent, none, 40, "100"),
        row("4", "stale readings dropped", StaleReadings, kind(Versions::Opaque), slow, 400, "9"),
        row("5", "the ledger", Ledger, silent, none, 400, "22"),
        Row { habit: Habit::Disputes, ..row("6", "a decision names what it saw", SeenValues, PLAIN, none, 400, "97") },
        row("7", "ineffective remembered", IneffectiveMemory, Kind { ignores: true, ..PLAIN }, none, 40, "99.8"),
        row("8", "refusals park fields", ParksFields, Kind { refuses: true, ..PLAIN }, none, 200, "60"),
        row("9", "announcing statuses wait", AnnouncingGate, PLAIN, none, 600, "15"),
        answers(row("10", "one reply at a time", OneReplyAtATime, PLAIN, slow, 40, "-")),
        row("11", "intent before send", IntentDurable, PLAIN, of(&[Fault::Crash]), 300, "81"),
        row("12", "only changed fields", OnlyChangedFields, PLAIN, slow, 200, "90"),
        row("13", "the version guards", VersionGuard, PLAIN, slow, 200, "83"),
        row("13", "a look before the write", CompareGuard, kind(Versions::None), slow, 400, "73"),
        row("14", "a key names the operation", KeyNamesOperation, Kind { keyed: Keyed::All, ..PLAIN }, none, 100, "97"),
        row("15", "looked up before sent again", LookupBeforeResend, PLAIN, of(&[Fault::Loss]), 200, "98"),
        answers(row("15", "a doubt rests", SettleWait, PLAIN, of(&[Fault::Late]), 600, "31")),
        answers(row(
            "15",
            "a rest by the monotonic clock",
            MonotonicRest,
            PLAIN,
            of(&[Fault::Late, Fault::WallJump]),
            2_000,
            "5",
        )),
        row("15", "a rest from the last send", RestFromLastSend, PLAIN, of(&[Fault::Late, Fault::Loss]), 2_000, "15"),
        row(
            "17",
            "unknown children held",
            UnknownRepliesHeld,
            Kind { child_refs: false, ..PLAIN },
            of(&[Fault::Loss]),
            200,
            "93",
        ),
        row("18", "young claims only", YoungClaims, PLAIN, of(&[Fault::Pause]), 1_000, "7"),
        unscanned("never past the remote's clock", RemoteClock, Kind { skew: 5_000, skew_known: false, ..PLAIN }, "51"),
        unscanned("an overlap for late commits", Overlap, Kind { commit_lag: 2_500, ..PLAIN }, "22"),
        unscanned("an overlap for equal stamps", Overlap, Kind { step: 2_000, exclusive: true, ..PLAIN }, "13"),
        row("20", "a full scan", FullScan, Kind { touches: false, ..PLAIN }, none, 100, "90"),
        row("21", "identity", Identity, PLAIN, of(&[Fault::Merged]), 600, "83"),
        row("22", "a restored backup stops the side", RestoredBackup, PLAIN, of(&[Fault::Restored]), 600, "69"),
        Row {
            habit: Habit::Closing,
            ..row("23", "a list proves nothing gone", ListProvesNothing, PLAIN, of(&[Fault::Emptied]), 400, "13")
        },
        Row {
            habit: Habit::Many,
            stuck: Some(Stuck::Write),
            ..row("-", "a stuck write holds up no other", FairClaims, PLAIN, none, 40, "-")
        },
    ]
}
