//! The connector for every system that a mapping declares, whatever carries its calls: carries out the mapping's verbs.
//! What a call says and what its answer means is `pure::exchange`'s; here bytes move, sessions live, and a broken exchange
//! gets its meaning.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::pure::exchange::Expected;
use crate::pure::mapping::Mapping;
use crate::pure::mapping::carrier::Carrier;
use crate::words::outcome::{Failure, Outcome};
use crate::words::promise::{Broken, Promises};
use crate::words::record::Reading;
use crate::words::side::{Reference, RemoteId, SystemName};
use crate::words::way::Way;

use super::{ListFrom, Page, PageToken, Remote, Shown, SpooledFile, Write};

mod call;
mod probe;
mod reading;
mod session;
mod spool;
#[cfg(test)]
mod tests;
mod transport;
mod writing;

/// What we call ourselves, before whom to ask about us.
const OURSELVES: &str = concat!("pakn-bridge/", env!("CARGO_PKG_VERSION"));

/// How the calls to one system are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOptions {
    /// Most calls that begin in a second; 0 for any number.
    pub per_second: u32,
    /// Most calls under way.
    pub concurrency: usize,
    /// For a connection to come to be.
    pub connect_timeout: Duration,
    /// For one call, from its first byte to the last byte of its answer.
    pub call_timeout: Duration,
    /// The same for a call that carries a file.
    pub file_timeout: Duration,
    /// How long an idle connection is kept.
    pub pool_idle_timeout: Duration,
    /// What we call ourselves.
    pub user_agent: String,
    /// How calls get there.
    pub way: Way,
}

impl CallOptions {
    /// The same, telling in each call whom to ask about us: an address of mail or the web.
    #[must_use]
    pub fn with_contact(self, contact: Option<&str>) -> Self {
        let user_agent = contact.map_or_else(|| OURSELVES.to_owned(), |contact| format!("{OURSELVES} (+{contact})"));
        Self { user_agent, ..self }
    }
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            per_second: 20,
            concurrency: 4,
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(30),
            file_timeout: Duration::from_secs(300),
            pool_idle_timeout: Duration::from_secs(15),
            user_agent: OURSELVES.to_owned(),
            way: Way::default(),
        }
    }
}

/// Why a connector can't be made.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The base address of the mapping is no address that HTTP knows.
    #[error("the address of system `{system}` must begin with http:// or https://")]
    Address {
        /// Which system.
        system: SystemName,
    },
    /// The HTTP client can't be made.
    #[error("the HTTP client of system `{system}`")]
    Client {
        /// Which system.
        system: SystemName,
        /// Why.
        source: reqwest::Error,
    },
    /// The address of a database can't be understood.
    #[error("the address of the database that is system `{system}`")]
    Database {
        /// Which system.
        system: SystemName,
    },
    /// A way that only HTTP has.
    #[error("system `{system}` is no HTTP server: the config must not say `tls` or `proxy` of it")]
    Way {
        /// Which system.
        system: SystemName,
    },
}

/// One remote system, as its mapping declares.
#[derive(Debug)]
pub struct DeclaredRemote {
    name: SystemName,
    mapping: Arc<Mapping>,
    /// What is read of the answers that list tickets, by call.
    lists: BTreeMap<String, Expected>,
    /// What is read of the answer that shows one, where that is all there is to it.
    get: Option<Expected>,
    transport: Arc<transport::Transport>,
    options: CallOptions,
    session: Arc<session::Session>,
}

impl DeclaredRemote {
    /// A connector for the system that `mapping` describes (its settings and credentials are filled in already).
    ///
    /// # Errors
    /// The mapping's address can't be used.
    pub fn new(name: SystemName, mapping: Arc<Mapping>, options: &CallOptions) -> Result<Self, ConnectError> {
        check_address(&name, &mapping)?;
        let transport = Arc::new(transport::Transport::new(&name, &mapping, options)?);
        let (lists, get) = (Expected::of_lists(&mapping), Expected::of_get(&mapping));
        Ok(Self { name, mapping, lists, get, transport, options: options.clone(), session: Arc::default() })
    }

    /// The same system under another mapping: its connections and limits go on where it is reached in the same way, and
    /// its session where the login is the same.
    ///
    /// # Errors
    /// The mapping's address can't be used.
    pub fn under(&self, mapping: Arc<Mapping>) -> Result<Self, ConnectError> {
        check_address(&self.name, &mapping)?;
        let keeps = session::same_login(&self.mapping, &mapping);
        let session = if keeps { Arc::clone(&self.session) } else { Arc::default() };
        let transport = if mapping.carrier == self.mapping.carrier {
            Arc::clone(&self.transport)
        } else {
            Arc::new(transport::Transport::new(&self.name, &mapping, &self.options)?)
        };
        let (lists, get) = (Expected::of_lists(&mapping), Expected::of_get(&mapping));
        Ok(Self { name: self.name.clone(), mapping, lists, get, transport, options: self.options.clone(), session })
    }
}

fn check_address(name: &SystemName, mapping: &Mapping) -> Result<(), ConnectError> {
    if mapping.carrier != Carrier::Http {
        return Ok(());
    }
    let url = url::Url::parse(&mapping.http.base).ok();
    let is_http = url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_http { Ok(()) } else { Err(ConnectError::Address { system: name.clone() }) }
}

#[async_trait]
impl Remote for DeclaredRemote {
    fn name(&self) -> &SystemName {
        &self.name
    }

    fn promises(&self) -> &Promises {
        self.mapping.promises()
    }

    fn mapping(&self) -> &str {
        self.mapping.hash()
    }

    async fn check(&self) -> Result<(), Failure> {
        self.check_login().await
    }

    async fn probe(&self) -> Result<Option<Broken>, Failure> {
        self.broken_promise().await
    }

    async fn changes(&self, from: &ListFrom, page: Option<&PageToken>) -> Result<Page, Failure> {
        self.list(from, page).await
    }

    async fn get(&self, id: &RemoteId) -> Result<Shown, Failure> {
        self.read_ticket(id).await
    }

    async fn find(&self, reference: &Reference) -> Result<Vec<RemoteId>, Failure> {
        self.search(reference).await
    }

    async fn write(&self, write: &Write) -> Outcome {
        self.carry_out(write).await
    }

    async fn download(&self, attachment: &Reading, spool: &Path, limit: u64) -> Result<SpooledFile, Failure> {
        self.fetch(attachment, spool, limit).await
    }
}
