//! What an exchange with a remote system can come to. Retry knows nothing else of an error.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::record::Reading;
use super::side::{RemoteId, Version};

/// What became of one commit. Only a failed connect is `NeverSent`; a timeout, a cut answer or a 5xx after the body
/// left is `InDoubt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The system says that it took the write.
    Acked(Ack),
    /// The precondition (version) no longer held, of the record itself or of the one that it is made under: surely not
    /// applied.
    Conflict {
        /// The remote's own words.
        says: String,
    },
    /// A record with our reference is there already.
    Exists {
        /// Its id, where the answer names it.
        id: Option<RemoteId>,
    },
    /// The record is not there any more.
    Gone,
    /// The system will not take this write, now or later.
    Refused {
        /// The remote's own words.
        says: String,
        /// Fields that it named, where the mapping can tell.
        fields: Vec<String>,
    },
    /// Surely not applied, and worth another try: never sent, busy, login failed, service down.
    NotNow(Failure),
    /// It may have been applied.
    InDoubt {
        /// What was seen.
        says: String,
    },
}

/// What an accepted write told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ack {
    /// Id of the record made; `None` on updates, and where the id comes later.
    pub id: Option<RemoteId>,
    /// Version after the write, where the answer shows one.
    pub version: Option<Version>,
    /// The record after the write, where the answer shows it whole (`proof = "answer"`).
    pub reading: Option<Box<Reading>>,
}

/// Why a call brought nothing, as far as another try is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Failure {
    /// The system could not be reached, or answered that it is down.
    #[error("unreachable: {says}")]
    Unreachable {
        /// What was seen.
        says: String,
    },
    /// The system asked us to wait.
    #[error("busy: {says}")]
    Busy {
        /// The remote's own words.
        says: String,
        /// How long it asked us to wait, bounded by [`super::limits::MAX_RETRY_AFTER_SECONDS`].
        wait: Option<Duration>,
    },
    /// Our credentials were not taken.
    #[error("login refused: {says}")]
    Login {
        /// The remote's own words.
        says: String,
    },
    /// The answer makes no sense: not the declared format, too large, too deep, a page that repeats.
    #[error("bad answer: {says}")]
    BadAnswer {
        /// What was wrong, without the data itself.
        says: String,
    },
    /// The system refused a read.
    #[error("refused: {says}")]
    Refused {
        /// The remote's own words.
        says: String,
    },
}

impl Failure {
    /// Whether the same call may work later without a person doing anything.
    #[must_use]
    pub const fn is_worth_a_retry(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Busy { .. } | Self::BadAnswer { .. })
    }

    /// How long the system asked us to stay away.
    #[must_use]
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Busy { wait, .. } => *wait,
            Self::Unreachable { .. } | Self::Login { .. } | Self::BadAnswer { .. } | Self::Refused { .. } => None,
        }
    }
}
