//! How calls get to a system: whom we trust to be it, who we are on the line, and what stands between.

use super::secret::Secret;

/// The way to a system, as the deployment gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// Certificates (DER) of the authorities that are trusted in place of the machine's own; empty for those.
    pub authorities: Vec<Vec<u8>>,
    /// Our own certificates and their key (PEM), shown to a system that asks for them.
    pub identity: Option<Secret>,
    /// What all calls go through.
    pub proxy: Option<Proxy>,
}

/// A forward proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its address, with `http` or `https`.
    pub url: String,
    /// Who we are there: name and password.
    pub login: Option<(String, Secret)>,
}
