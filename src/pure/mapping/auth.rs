//! How a system that wants more than a password knows us: OAuth2 client credentials, requests that are signed.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::words::hex::{hex, unhex};

use super::instant::InstantFormat;
use super::path::Path;
use super::template::Template;

/// What the variable of a token server's token is called: `${login.token}`.
pub const TOKEN: &str = "token";

/// OAuth2 client credentials (RFC 6749, 4.4): a token server gives a token for our name and secret, and each call
/// carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth2 {
    /// Address of the token server's token endpoint.
    pub url: String,
    /// Our name there. Holds no variables.
    pub client: Template,
    /// Our secret there. Holds no variables.
    pub secret: Template,
    /// What the token shall be good for.
    pub scope: Option<String>,
    /// What else the token server wants to be told, such as `audience`. Holds no variables.
    pub form: Vec<(String, Template)>,
    /// Where our name and secret stand.
    pub by: ClientAuth,
    /// How long before its end a token counts as ended: calls take time, and clocks differ.
    pub early: Duration,
}

/// Where the token server wants a client's name and secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// In the header, as HTTP Basic (`client_secret_basic`).
    #[default]
    Header,
    /// In the form (`client_secret_post`).
    Body,
}

/// How requests are signed: an HMAC over a declared text, put into headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// The hash function.
    pub hash: SigningHash,
    /// The key that both sides know. Holds no variables.
    pub key: Template,
    /// How the key is written.
    pub key_as: KeySpelling,
    /// The text that is signed.
    pub over: Template,
    /// How `${sign.at}` is written.
    pub at: InstantFormat,
    /// How digests of bodies and signatures are written.
    pub spelling: Spelling,
    /// The headers that carry the signature and what it needs.
    pub headers: Vec<(String, Template)>,
}

/// A hash function of signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SigningHash {
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How bytes are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spelling {
    /// Lower-case hex.
    #[default]
    Hex,
    /// Base64 with padding.
    Base64,
}

/// How a key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeySpelling {
    /// The text's own bytes.
    #[default]
    Text,
    /// The text stands for bytes.
    Spelled(Spelling),
}

impl SigningHash {
    /// All, with their words in mapping files.
    pub const WORDS: [(&'static str, Self); 2] = [("sha256", Self::Sha256), ("sha512", Self::Sha512)];
}

impl Spelling {
    /// All, with their words in mapping files.
    pub const WORDS: [(&'static str, Self); 2] = [("hex", Self::Hex), ("base64", Self::Base64)];
}

impl Spelling {
    /// Bytes, written so.
    #[must_use]
    pub fn write(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => hex(bytes),
            Self::Base64 => STANDARD.encode(bytes),
        }
    }

    /// The bytes of a text that is written so.
    #[must_use]
    pub fn read(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Hex => unhex(text),
            Self::Base64 => STANDARD.decode(text).ok(),
        }
    }
}

impl KeySpelling {
    /// All, with their words in mapping files.
    pub const WORDS: [(&'static str, Self); 3] =
        [("text", Self::Text), ("hex", Self::Spelled(Spelling::Hex)), ("base64", Self::Spelled(Spelling::Base64))];
}

/// How a system tells by itself that tickets changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Hook {
    /// Where the tickets' ids stand in what it sends.
    pub id: Path,
    /// How it proves that it is the one, and when it said so.
    pub sign: Signing,
    /// How far its clock may be from ours, transport included.
    pub window: Duration,
}

/// What a signature may be made of. Every part has its value only inside `[login.sign]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignPart {
    /// `sign.method`: `GET`, `POST`, …
    Method,
    /// `sign.host`: host, with the port where it is not the usual one.
    Host,
    /// `sign.path`: the path as it is sent.
    Path,
    /// `sign.query`: the query as it is sent, without `?`; empty where there is none.
    Query,
    /// `sign.at`: when the request is made.
    At,
    /// `sign.nonce`: 32 hex digits that no other request has.
    Nonce,
    /// `sign.body`: digest of the body's bytes.
    Body,
    /// `sign.value`: the signature, in headers alone.
    Value,
    /// `sign.text`: the body itself, of notices alone.
    Text,
}
