//! What carries a system's calls: HTTP, a database or a folder. One exchange each; what a broken one means for a write.
//!
//! Knows nothing of tickets. No message holds a value, an address's query, a header's value or a body.

use std::path::Path;

use thiserror::Error;

use super::{CallOptions, ConnectError};
use crate::pure::exchange::{Answer, Outgoing};
use crate::pure::mapping::Mapping;
use crate::pure::mapping::carrier::Carrier;
use crate::words::clock::Deadline;
use crate::words::limits::MAX_ANSWER_BYTES;
use crate::words::outcome::Failure;
use crate::words::side::SystemName;

use super::spool::Sink;

mod folder;
mod gate;
mod http;
mod sql;

/// How an exchange broke.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum TransportError {
    /// Nothing left this machine, or what left was surely not applied.
    #[error("{says}")]
    NeverSent {
        /// What was seen.
        says: String,
    },
    /// It was sent, at least in part, and no whole answer came back.
    #[error("{says}")]
    Lost {
        /// What was seen.
        says: String,
    },
    /// An answer came that is not read to its end because it is too large.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: u64,
    },
    /// Our own disk refused.
    #[error("the spool: {says}")]
    Spool {
        /// What was seen.
        says: String,
    },
}

impl TransportError {
    /// What it means for a read.
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::NeverSent { says } | Self::Lost { says } => Failure::Unreachable { says },
            Self::TooLarge { .. } | Self::Spool { .. } => Failure::BadAnswer { says: self.to_string() },
        }
    }

    /// The claim passed on before the turn of this write came.
    fn too_old() -> Self {
        Self::NeverSent { says: "the claim grew too old to send".to_owned() }
    }
}

/// The one way to a system.
#[derive(Debug)]
pub(super) enum Transport {
    /// Over HTTP.
    Http(http::Client),
    /// To a database.
    Sql(sql::Client),
    /// To a folder.
    Folder(folder::Client),
}

impl Transport {
    /// The transport that the mapping's carrier wants.
    pub(super) fn new(system: &SystemName, mapping: &Mapping, options: &CallOptions) -> Result<Self, ConnectError> {
        match &mapping.carrier {
            Carrier::Http => {
                let client = http::Client::new(system, options);
                client.map(Self::Http).map_err(|source| ConnectError::Client { system: system.clone(), source })
            }
            Carrier::Sql(database) => sql::Client::new(system, database, options).map(Self::Sql),
            Carrier::Folder(folder) => folder::Client::new(system, folder, options).map(Self::Folder),
        }
    }

    /// Sends what a call says, and reads its whole answer, within its limits. `file` is what
    /// [`Body::File`](crate::pure::exchange::Body::File) stands for. Where `begin_by` has passed when its turn comes,
    /// nothing is sent.
    pub(super) async fn exchange(
        &self,
        outgoing: &Outgoing,
        file: Option<(&Path, u64)>,
        begin_by: Option<Deadline>,
    ) -> Result<Answer, TransportError> {
        match (self, outgoing) {
            (Self::Http(client), Outgoing::Http(request)) => {
                client.exchange_by(request, file, MAX_ANSWER_BYTES, begin_by).await
            }
            (Self::Sql(client), Outgoing::Sql(query)) => client.exchange(query, begin_by).await,
            (Self::Folder(client), Outgoing::Http(request)) => client.exchange(request, begin_by).await,
            (Self::Http(_) | Self::Folder(_), Outgoing::Sql(_)) | (Self::Sql(_), Outgoing::Http(_)) => {
                Err(another_carrier())
            }
        }
    }

    /// Sends a request and streams a good answer's body into `sink`, up to `limit` bytes.
    pub(super) async fn stream_into(
        &self,
        outgoing: &Outgoing,
        sink: &mut Sink,
        limit: u64,
    ) -> Result<Answer, TransportError> {
        match (self, outgoing) {
            (Self::Http(client), Outgoing::Http(request)) => client.stream_into(request, sink, limit).await,
            (_, Outgoing::Http(_) | Outgoing::Sql(_)) => Err(another_carrier()),
        }
    }
}

/// A call that was rendered for another carrier than the one that its mapping declares: no mapping makes one.
fn another_carrier() -> TransportError {
    TransportError::NeverSent { says: "the call is not for what carries the calls of this system".to_owned() }
}
