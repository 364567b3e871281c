//! What sorts of system there are: what one promises, how it spells things, and where it is peculiar.

use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use pakn_bridge::pure::sync::case::Intent;
use pakn_bridge::words::promise::{Find, Guard, Keyed, Promises, Proof};
use pakn_bridge::words::ticket::{Field, RecordKind};

/// Texts are cut to so many characters where a system cuts.
pub(crate) const CUT: usize = 6;
/// A key lives so many seconds at least.
pub(crate) const KEY_LIFE: i64 = 20;
/// A request arrives at most so many milliseconds after it was sent.
pub(crate) const LATEST: i64 = 8_000;

pub(crate) const SUBJECT: Field = Field::fixed("subject");
pub(crate) const CONTENT: Field = Field::fixed("content");
pub(crate) const DOSSIER: Field = Field::fixed("dossier");
/// Agencies of our own province begin like this.
pub(crate) const OURS: &str = "H19";

/// What a system tells of a record's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Versions {
    /// A number that rises by each change.
    Counted,
    /// A word that is new after each change.
    Opaque,
    /// A digest of what the record holds; now and then all of its characters are digits.
    Hashed,
    /// A number that rises by each reading, too.
    Restless,
    /// Nothing.
    None,
}

/// How a system spells content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// As it is written.
    As,
    /// In small letters, and its mapping says so.
    Declared,
    /// In small letters, and its mapping does not know.
    Silent,
    /// Cut to a few characters, and its mapping says so.
    Cut,
}

/// What sort of system it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) versions: Versions,
    /// Cuts subjects.
    pub(crate) cuts: bool,
    pub(crate) fold: Fold,
    /// Has one code for two statuses.
    pub(crate) coarse: bool,
    /// Acks a new dossier number and keeps the old one.
    pub(crate) ignores: bool,
    /// Refuses some dossier numbers for ever.
    pub(crate) refuses: bool,
    /// Names the field that it refuses.
    pub(crate) names: bool,
    /// Children carry our reference.
    pub(crate) child_refs: bool,
    pub(crate) proof: Proof,
    pub(crate) keyed: Keyed,
    /// Makes no second record with one reference of ours.
    pub(crate) unique: bool,
    /// Answers to creates carry no id; the record appears later.
    pub(crate) later_id: bool,
    /// Readings may show a state of so many milliseconds ago.
    pub(crate) lag: i64,
    /// Answers to writes tell the new version.
    pub(crate) tells: bool,
    /// Rows on a page of its listings.
    pub(crate) page: usize,
    /// Stamps are ahead by something between 0 and so many milliseconds.
    pub(crate) skew: i64,
    /// Its mapping knows that.
    pub(crate) skew_known: bool,
    /// Stamps tell time in steps of so many milliseconds.
    pub(crate) step: i64,
    /// Listings leave out what changed at the very instant that is asked for.
    pub(crate) exclusive: bool,
    /// Rows appear in listings so many milliseconds after their stamp.
    pub(crate) commit_lag: i64,
    /// Listings tell the system's own time.
    pub(crate) tells_time: bool,
    /// A child changes its ticket's version and stamp.
    pub(crate) touches: bool,
    /// A child is hung on the version of its ticket that was read.
    pub(crate) hangs: bool,
}

/// A system without peculiarities.
pub(crate) const PLAIN: Kind = Kind {
    versions: Versions::Counted,
    cuts: false,
    fold: Fold::As,
    coarse: false,
    ignores: false,
    refuses: false,
    names: true,
    child_refs: true,
    proof: Proof::ReadBack,
    keyed: Keyed::Nothing,
    unique: false,
    later_id: false,
    lag: 0,
    tells: true,
    page: 10,
    skew: 0,
    skew_known: true,
    step: 1,
    exclusive: false,
    commit_lag: 0,
    tells_time: true,
    touches: true,
    hangs: false,
};

impl Kind {
    /// Any mixture of peculiarities.
    pub(crate) fn any(random: &mut ChaCha8Rng) -> Self {
        let mut rarely = |odds: f64| random.random_bool(odds);
        Self {
            cuts: rarely(0.5),
            coarse: rarely(0.5),
            ignores: rarely(0.2),
            refuses: rarely(0.2),
            names: rarely(0.5),
            child_refs: rarely(0.5),
            proof: if rarely(0.3) { Proof::Answer } else { Proof::ReadBack },
            keyed: [Keyed::Nothing, Keyed::Nothing, Keyed::Creates, Keyed::All]
                [usize::from(rarely(0.4)) + 2 * usize::from(rarely(0.4))],
            unique: rarely(0.2),
            later_id: rarely(0.15),
            lag: if rarely(0.2) { 1_500 } else { 0 },
            tells: rarely(0.7),
            page: if rarely(0.4) { 1 } else { 10 },
            skew_known: true,
            skew: if rarely(0.3) { 5_000 } else { 0 },
            step: if rarely(0.3) { 2_000 } else { 1 },
            exclusive: rarely(0.3),
            commit_lag: if rarely(0.3) { 2_500 } else { 0 },
            tells_time: rarely(0.7),
            touches: rarely(0.8),
            fold: [Fold::As, Fold::Declared, Fold::Silent, Fold::Cut][random.random_range(0..4)],
            versions: [Versions::Counted, Versions::Opaque, Versions::Hashed, Versions::Restless, Versions::None]
                [random.random_range(0..5)],
            hangs: random.random_bool(0.2),
        }
    }

    pub(crate) fn promises(&self) -> Promises {
        Promises {
            find: Find::Filter,
            ref_visible: Duration::from_secs(2),
            late_delivery: Duration::from_millis(LATEST.unsigned_abs()),
            keyed: self.keyed,
            key_life: Duration::from_secs(KEY_LIFE.unsigned_abs()),
            counted: matches!(self.versions, Versions::Counted | Versions::Restless),
            guard: if self.versions == Versions::None { Guard::Compare } else { Guard::Version },
            proof: self.proof,
            read_lag: Duration::from_millis(self.lag.unsigned_abs()),
            commit_lag: Duration::from_millis(
                (self.commit_lag + self.step + if self.skew_known { self.skew } else { 0 }).unsigned_abs(),
            ),
        }
    }

    /// How the system's mapping believes that it spells a value.
    pub(crate) fn spell(&self, name: &Field, text: &str) -> String {
        match name.as_str() {
            "subject" if self.cuts => text.chars().take(CUT).collect(),
            "content" if self.fold == Fold::Declared => text.to_lowercase(),
            "content" if self.fold == Fold::Cut => text.chars().take(CUT).collect(),
            "status" if self.coarse && text == "forwarded" => "received".into(),
            _ => text.to_owned(),
        }
    }

    /// How it really does.
    pub(crate) fn stores(&self, name: &Field, text: &str) -> String {
        match name.as_str() {
            "content" if self.fold == Fold::Silent => text.to_lowercase(),
            _ => self.spell(name, text),
        }
    }

    /// Whether a child needs its ticket's version, and there is one that stays as it was read.
    pub(crate) const fn hangs_on_versions(&self) -> bool {
        self.hangs && !matches!(self.versions, Versions::Restless | Versions::None)
    }

    /// Whether a key covers a write.
    pub(crate) const fn covers(&self, intent: &Intent) -> bool {
        match self.keyed {
            Keyed::Nothing => false,
            Keyed::Creates => intent.target.is_none(),
            Keyed::All => true,
        }
    }

    pub(crate) fn takes(&self, kind: RecordKind, name: &Field, text: &str) -> bool {
        !(self.refuses && kind == RecordKind::Ticket && *name == DOSSIER && text.ends_with(['3', '7']))
    }
}
