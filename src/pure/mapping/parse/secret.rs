//! Secrets that are written into the file: passwords, keys and tokens belong into settings.

use std::ops::Range;

use super::Loader;
use crate::pure::document::Item;
use crate::pure::mapping::problem::code;

/// What systems call their credentials, without `-`, `_` and capitals; `matkhau` is mật khẩu.
const CREDENTIALS: [&str; 22] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "matkhau",
    "secret",
    "clientsecret",
    "apikey",
    "xapikey",
    "apitoken",
    "accesskey",
    "secretkey",
    "privatekey",
    "token",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "xauthtoken",
    "authorization",
    "proxyauthorization",
    "cookie",
    "sessionid",
];

impl Loader<'_> {
    /// Reports a credential whose value is written out.
    pub(super) fn credential(&mut self, name: &str, item: &Item<'_>) {
        if let Some(text) = item.value.as_str().filter(|_| is_credential(name)) {
            self.inline_secret(name, text, &item.span);
        }
    }

    /// The same for an element of XML inside a longer text.
    pub(super) fn credential_element(&mut self, name: &str, text: &str, item: &Item<'_>) {
        if is_credential(name) {
            self.inline_secret(name, text, &item.span);
        }
    }

    /// Reports a value that is written out where only a secret setting may stand.
    pub(super) fn inline_secret(&mut self, name: &str, text: &str, span: &Range<usize>) {
        if text.is_empty() || text.contains("${") {
            return;
        }
        let setting = name.to_lowercase().replace('-', "_");
        let mend = format!("declare `[setting] {setting} = {{ secret = true }}`, and give its value in the config");
        let span = self.problems.token(span, text);
        self.problems.say(code::SECRET, &span, format!("the secret `{name}` is written into the file"), mend);
        self.problems.hide_last();
    }

    /// Reports credentials in the query of a path: `GET /tickets?token=…`.
    pub(super) fn credentials_in_query(&mut self, item: &Item<'_>) {
        let Some((_, query)) = item.value.as_str().and_then(|text| text.split_once('?')) else { return };
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if is_credential(name) {
                self.inline_secret(name, value, &item.span);
            }
        }
    }
}

fn is_credential(name: &str) -> bool {
    let plain: String = name
        .rsplit(':')
        .next()
        .unwrap_or(name)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    CREDENTIALS.contains(&plain.as_str())
}
