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
        self.told_secret(&setting, text, span, format!("the secret `{name}` is written into the file"));
    }

    /// Reports what looks like a secret by itself, whatever its member is called.
    pub(super) fn secret_looks(&mut self, text: &str, span: &Range<usize>) {
        if let Some((what, secret)) = looks_secret(text) {
            self.told_secret("key", secret, span, format!("{what} is written into the file"));
        }
    }

    /// Each once: what is called a credential may look like one too.
    fn told_secret(&mut self, setting: &str, secret: &str, span: &Range<usize>, message: String) {
        let span = self.problems.token(span, secret);
        if self.notes.secrets.iter().any(|told| told.contains(&span.start)) {
            return;
        }
        let mend = format!("declare `[setting] {setting} = {{ secret = true }}`, and give its value in the config");
        self.problems.say(code::SECRET, &span, message, mend);
        self.problems.hide_last();
        self.notes.secrets.push(span);
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

/// Words that announce a credential in a header.
const SCHEMES: [&str; 6] = ["Bearer", "Basic", "Token", "ApiKey", "Digest", "Negotiate"];
/// How keys of well-known services begin.
const PREFIXES: [&str; 8] = ["eyJ", "ghp_", "github_pat_", "glpat-", "xoxb-", "AKIA", "AIza", "sk_live_"];
/// A shorter text may be a name or a code.
const MIN_TOKEN: usize = 20;
/// Bits a character of what nobody would have written by hand.
const MIN_ENTROPY: f64 = 3.0;
/// So many digits with a letter behind them are no name's.
const MIN_STREWN: usize = 3;

/// What a text between variables holds that only a secret looks like, with what it is.
fn looks_secret(text: &str) -> Option<(&'static str, &str)> {
    let mut words =
        text.split([' ', '\t', '\n', '\r', ',', ';', '"', '\'', '<', '>', '?', '&']).filter(|word| !word.is_empty());
    let mut announced = false;
    words.find_map(|word| {
        let credential = announced && word.len() >= 6;
        announced = SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word));
        // `key=VALUE`; the padding of base64 stays.
        let value = word
            .split_once('=')
            .map_or(word, |(_, value)| if value.trim_matches('=').is_empty() { word } else { value });
        if credential {
            return Some(("a credential", word));
        }
        if let Some(between) = userinfo(word) {
            return Some(("a password in an address", between));
        }
        is_token(value).then_some(("what looks like a key or token", value))
    })
}

/// `PASSWORD` of `https://USER:PASSWORD@host`.
fn userinfo(word: &str) -> Option<&str> {
    let (_, rest) = word.split_once("://")?;
    let (user, _) = rest.split('/').next()?.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password).filter(|password| !password.is_empty())
}

/// A long run of letters and digits in which no word is seen: keys, digests, base64. Names, identifiers of services
/// (UUIDs), addresses and media types are none.
fn is_token(word: &str) -> bool {
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"+/_-=.".contains(&byte);
    if word.len() < MIN_TOKEN || !word.bytes().all(alphabet) {
        return false;
    }
    if PREFIXES.iter().any(|prefix| word.starts_with(prefix)) {
        return true;
    }
    let is_uuid = word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    // Names are words joined by signs; what is random has hardly any.
    let joined = word.split(['-', '_', '.', '/']).all(|part| part.len() < MIN_TOKEN);
    // A name may end with a number, or have one inside; digits here and there are no name's.
    let strewn =
        word.as_bytes().windows(2).filter(|two| matches!(two, [a, b] if a.is_ascii_digit() && b.is_ascii_alphabetic()));
    let is_padded = word.ends_with('=');
    !is_uuid && !joined && (is_padded || strewn.count() >= MIN_STREWN) && entropy(word) >= MIN_ENTROPY
}

/// Shannon's, bits a character.
fn entropy(word: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in word.bytes() {
        counts[usize::from(byte)] += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "no text of a file has 2^53 characters")]
    let length = word.len() as f64;
    let share = |count: u32| f64::from(count) / length;
    counts.into_iter().filter(|count| *count > 0).map(|count| -share(count) * share(count).log2()).sum()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_told_from_names_codes_and_addresses() {
        for (text, secret) in [
            ("Bearer abcdef", "abcdef"),
            ("basic bmd1b2k6bWF0", "bmd1b2k6bWF0"),
            ("key=9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d659a2feaa0c55ad015"),
            ("Zx8Qw7Lm2Rt5Vb9Nc3Kd", "Zx8Qw7Lm2Rt5Vb9Nc3Kd"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx"),
            ("ghp_0123456789abcdefghij", "ghp_0123456789abcdefghij"),
            ("https://nguoi:mat-khau@may.vn/api", "mat-khau"),
            ("dGhpcyBpcyBhIHNlY3JldCAxMjM=", "dGhpcyBpcyBhIHNlY3JldCAxMjM="),
        ] {
            assert_eq!(looks_secret(text).map(|(_, found)| found), Some(secret), "{text}");
        }
        for text in [
            "Bearer ",
            "Basic",
            "application/octet-stream",
            "text/xml; charset=utf-8",
            "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
            "http://phapluat.example/pakn/v1",
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "DanhSachPAKNChoXuLyTheoNgayTiepNhanCuaTinh2026",
            "content,ext_id,agency,public,date,creation",
            "/api/v1/public/tickets/by-reference/with-attachments",
            "000.00.15.H19-261012-0042",
            "2026-11-20T08:15:00.000+07:00",
            "Mozilla/5.0 (X11; Linux x86_64)",
            "Đường Đồng Khởi ngập sau mưa lớn kéo dài",
        ] {
            assert_eq!(looks_secret(text), None, "{text}");
        }
    }
}
