//! What a remote system promises about itself. Declared in its mapping file, probed where that can be done.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A promise that a system was seen to break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Its key in the mapping.
    pub promise: &'static str,
    /// What was seen, without personal data.
    pub says: String,
}

/// How a write is kept from overwriting what we have not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// The version read goes into the write; the system refuses a stale one.
    Version,
    /// We read right before writing and give up if the fields moved.
    #[default]
    Compare,
    /// Nothing.
    None,
}

/// How a record that carries our reference is found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Find {
    /// A call filters by our reference.
    Filter,
    /// By listing everything.
    Scan,
    /// By its content.
    Content,
    /// Not at all: a person decides what is in doubt.
    #[default]
    None,
}

/// When an accepted write counts as proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The answer shows the record as it is now.
    Answer,
    /// Only a reading begun after the ack proves it.
    #[default]
    ReadBack,
}

/// Which writes an idempotency key protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyed {
    /// None.
    #[default]
    Nothing,
    /// Creates only.
    Creates,
    /// All writes.
    All,
}

/// The promises of one system. The default promises nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promises {
    /// How our reference is found.
    pub find: Find,
    /// After this long a record that was committed is found by its reference.
    pub ref_visible: Duration,
    /// A request sent can't take effect later than this after it was sent.
    pub late_delivery: Duration,
    /// Which writes a key protects.
    pub keyed: Keyed,
    /// How long a key lives.
    pub key_life: Duration,
    /// How writes are guarded.
    pub guard: Guard,
    /// Versions are numbers that rise with each change and never go back.
    #[serde(default)]
    pub counted: bool,
    /// When an ack counts as proved.
    pub proof: Proof,
    /// A reading may show a state this old.
    pub read_lag: Duration,
    /// A change may appear in listings this much later than its own instant.
    pub commit_lag: Duration,
}

impl Promises {
    /// How long a doubt must rest before a lookup can settle it: until nothing can land any more, and what landed is
    /// shown.
    #[must_use]
    pub fn settle(&self) -> Duration {
        self.late_delivery + self.ref_visible.max(self.read_lag)
    }
}

impl Default for Promises {
    fn default() -> Self {
        Self {
            find: Find::None,
            ref_visible: Duration::from_secs(60),
            late_delivery: Duration::from_secs(300),
            keyed: Keyed::Nothing,
            key_life: Duration::ZERO,
            guard: Guard::Compare,
            counted: false,
            proof: Proof::ReadBack,
            read_lag: Duration::ZERO,
            commit_lag: Duration::from_secs(60),
        }
    }
}
