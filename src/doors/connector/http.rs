//! The connector for systems that speak HTTP.

use std::time::Duration;

mod gate;
mod spool;
mod transport;

/// How the calls to one system are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOptions {
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
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            per_second: 20,
            concurrency: 4,
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(30),
            file_timeout: Duration::from_secs(300),
            pool_idle_timeout: Duration::from_secs(15),
            user_agent: concat!("pakn-bridge/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
