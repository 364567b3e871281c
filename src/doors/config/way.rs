//! `[system.NAME.tls]` and `[system.NAME.proxy]`: the way to a system.

use std::path::Path;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::parse::{CODES, Reader, Wanted};
use super::read_bounded;
use crate::pure::document::{Item, Table};
use crate::words::problem::Problems;
use crate::words::secret::Secret;
use crate::words::way::{Proxy, Way};

/// A certificate that can't be used.
const CERTIFICATE: &str = "C011";
/// Largest file of certificates, bytes.
const MAX_CERTIFICATES_BYTES: u64 = 1024 * 1024;

impl Reader<'_> {
    /// The way to the system of this table.
    pub(super) fn way(&self, system: &Table<'_>, problems: &mut Problems<'_>) -> Way {
        let mut way = Way::default();
        if let Some(tls) = system.table("tls", problems) {
            if let Some((_, certificates)) = tls.get("ca").and_then(|item| self.certificates(&item, problems)) {
                way.authorities = certificates.iter().map(|certificate| certificate.to_vec()).collect();
            }
            way.identity = self.identity(&tls, problems);
            tls.finish(problems);
        }
        if let Some(proxy) = system.table("proxy", problems) {
            way.proxy = self.proxy(&proxy, problems);
            proxy.finish(problems);
        }
        way
    }

    /// Our certificates and their key, which must belong together.
    fn identity(&self, table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Secret> {
        let (certificate, key) = self.both(table, "certificate", "key", problems)?;
        let (text, certificates) = self.certificates(&certificate, problems)?;
        if self.wanted == Wanted::Store {
            return None;
        }
        let secret = self.secret(&key, problems)?;
        let Ok(private) = PrivateKeyDer::from_pem_slice(secret.reveal().as_bytes()) else {
            let mend = "give it a key in PEM that no password protects: `-----BEGIN PRIVATE KEY-----`";
            problems.say(CERTIFICATE, &key.span, "what stands there is no private key", mend);
            return None;
        };
        if let Err(error) = CertifiedKey::from_der(certificates, private, &default_provider()) {
            let mend =
                "give it the key that the certificate was made for; the own certificate stands first in its file";
            problems.say(CERTIFICATE, &key.span, format!("the key does not fit the certificate: {error}"), mend);
            return None;
        }
        Some(Secret::new(format!("{text}\n{}\n", secret.reveal())))
    }

    /// Two keys of which neither means anything without the other.
    fn both<'t>(
        &self,
        table: &Table<'t>,
        one: &str,
        other: &str,
        problems: &mut Problems<'_>,
    ) -> Option<(Item<'t>, Item<'t>)> {
        match (table.get(one), table.get(other)) {
            (Some(one), Some(other)) => Some((one, other)),
            (None, None) => None,
            (Some(_), None) => table.need(other, problems).zip(None),
            (None, Some(_)) => table.need(one, problems).zip(None),
        }
    }

    /// A file of certificates in PEM: its text, and what it holds.
    fn certificates(
        &self,
        item: &Item<'_>,
        problems: &mut Problems<'_>,
    ) -> Option<(String, Vec<CertificateDer<'static>>)> {
        let path = self.dir.join(Path::new(item.str(problems)?));
        let text = match read_bounded(&path, MAX_CERTIFICATES_BYTES) {
            Ok(text) => text,
            Err(error) => {
                let mend = "write the path of a readable file, relative to this one";
                problems.say(CERTIFICATE, &item.span, format!("the certificate can't be read: {error}"), mend);
                return None;
            }
        };
        let found: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes()).filter_map(Result::ok).collect();
        if found.is_empty() {
            let mend = "give it certificates in PEM: `-----BEGIN CERTIFICATE-----`";
            problems.say(CERTIFICATE, &item.span, "the file holds no certificate", mend);
            return None;
        }
        Some((text, found))
    }

    fn proxy(&self, table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Proxy> {
        let item = table.need("url", problems)?;
        let text = item.str(problems)?;
        let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let fault = match &url {
            None => Some(("this is no address of a proxy", "write it like \"http://proxy.example.vn:3128\"")),
            Some(url) if !url.username().is_empty() || url.password().is_some() => {
                Some(("a login stands in the address", "write `user` and `password = { env = \"NAME\" }`"))
            }
            Some(_) => None,
        };
        if let Some((message, mend)) = fault {
            problems.say(CODES.bad_value, &item.span, message, mend);
            problems.hide_last();
        }
        let login = self.both(table, "user", "password", problems).and_then(|(user, password)| {
            let user = user.str(problems)?.to_owned();
            let password = self.secret_of_system(&password, problems)?;
            Some((user, password))
        });
        url.map(|_| Proxy { url: text.to_owned(), login })
    }
}
