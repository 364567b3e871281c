//! Signs a request: an HMAC (RFC 2104) over the text that the mapping declares.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256, Sha512};

use crate::pure::mapping::auth::{KeySpelling, SignPart, Signing, SigningHash, Spelling};
use crate::pure::mapping::calls::Call;
use crate::pure::mapping::template::{Part, Template, Var};
use crate::words::clock::Timestamp;

use super::message::{Body, Request};
use super::render::RenderError;

/// What makes one attempt differ from every other.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// When it is made.
    pub at: Timestamp,
    /// What no other attempt has.
    pub nonce: &'a str,
    /// SHA-256 of the file that [`Body::File`] stands for, lower-case hex.
    pub file_sha256: Option<&'a str>,
}

/// Puts the headers of a signature into a request.
///
/// # Errors
/// Where its body has no digest beforehand, or a header can't hold a value.
pub fn sign(signing: &Signing, call: &Call, request: &mut Request, attempt: Attempt<'_>) -> Result<(), RenderError> {
    let parts = Parts { signing, request: &*request, attempt };
    let unsigned = || RenderError::Unsigned { call: call.name.clone() };
    let text = parts.fill(&signing.over, "").ok_or_else(unsigned)?;
    let key = key_of(signing).ok_or_else(unsigned)?;
    let value = signing.spelling.write(&mac(signing.hash, &key, text.as_bytes()).ok_or_else(unsigned)?);
    let mut headers = Vec::new();
    for (name, template) in &signing.headers {
        let value = parts.fill(template, &value).ok_or_else(unsigned)?;
        let name = name.to_ascii_lowercase();
        if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(RenderError::Header { call: call.name.clone(), header: name });
        }
        headers.push((name, value));
    }
    for (name, value) in headers {
        request.headers.retain(|(known, _)| *known != name);
        request.headers.push((name, value));
    }
    Ok(())
}

struct Parts<'a> {
    signing: &'a Signing,
    request: &'a Request,
    attempt: Attempt<'a>,
}

impl Parts<'_> {
    fn fill(&self, template: &Template, value: &str) -> Option<String> {
        let mut out = String::new();
        for part in &template.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Secret(secret) => out.push_str(secret.reveal()),
                Part::Var(Var::Sign(part)) => out.push_str(&self.part(*part, value)?),
                Part::Var(_) => return None,
            }
        }
        Some(out)
    }

    fn part(&self, part: SignPart, value: &str) -> Option<String> {
        let url = &self.request.url;
        Some(match part {
            SignPart::Method => self.request.method.as_str().to_owned(),
            SignPart::Host => match (url.host_str()?, url.port()) {
                (host, Some(port)) => format!("{host}:{port}"),
                (host, None) => host.to_owned(),
            },
            SignPart::Path => url.path().to_owned(),
            SignPart::Query => url.query().unwrap_or_default().to_owned(),
            SignPart::At => self.signing.at.print(self.attempt.at),
            SignPart::Nonce => self.attempt.nonce.to_owned(),
            SignPart::Body => self.signing.spelling.write(&self.digest()?),
            SignPart::Value => value.to_owned(),
            SignPart::Text => return None,
        })
    }

    /// Digest of the body; none of parts, whose borders are made while they are sent.
    fn digest(&self) -> Option<Vec<u8>> {
        let of = |bytes: &[u8]| digest(self.signing.hash, bytes);
        match &self.request.body {
            Body::Empty => Some(of(b"")),
            Body::Bytes(bytes) => Some(of(bytes)),
            Body::File if self.signing.hash == SigningHash::Sha256 => {
                self.attempt.file_sha256.and_then(|digest| Spelling::Hex.read(digest))
            }
            Body::File | Body::Multipart(_) => None,
        }
    }
}

/// The key's bytes.
pub(super) fn key_of(signing: &Signing) -> Option<Vec<u8>> {
    let key = signing.key.constant()?;
    match signing.key_as {
        KeySpelling::Text => Some(key.into_bytes()),
        KeySpelling::Spelled(spelling) => spelling.read(&key),
    }
}

pub(super) fn digest(hash: SigningHash, bytes: &[u8]) -> Vec<u8> {
    match hash {
        SigningHash::Sha256 => Sha256::digest(bytes).to_vec(),
        SigningHash::Sha512 => Sha512::digest(bytes).to_vec(),
    }
}

/// The code of a text under a key.
#[must_use]
pub fn mac(hash: SigningHash, key: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    Some(match hash {
        SigningHash::Sha256 => begun::<Hmac<Sha256>>(key, text)?.finalize().into_bytes().to_vec(),
        SigningHash::Sha512 => begun::<Hmac<Sha512>>(key, text)?.finalize().into_bytes().to_vec(),
    })
}

/// Whether this is the code of a text under a key. Compared in a time that tells nothing.
pub(super) fn is_mac(hash: SigningHash, key: &[u8], text: &[u8], code: &[u8]) -> bool {
    match hash {
        SigningHash::Sha256 => begun::<Hmac<Sha256>>(key, text).is_some_and(|mac| mac.verify_slice(code).is_ok()),
        SigningHash::Sha512 => begun::<Hmac<Sha512>>(key, text).is_some_and(|mac| mac.verify_slice(code).is_ok()),
    }
}

fn begun<M: KeyInit + Mac>(key: &[u8], text: &[u8]) -> Option<M> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(text);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::pure::exchange::fixture;
    use crate::pure::mapping::calls::Method;
    use crate::pure::mapping::instant::InstantFormat;
    use crate::words::hex::hex;
    use crate::words::secret::Secret;

    fn signing(over: &[Part]) -> Signing {
        Signing {
            hash: SigningHash::Sha256,
            key: Template(vec![Part::Secret(Secret::new("a2V5".into()))]),
            key_as: KeySpelling::Spelled(Spelling::Base64),
            over: Template(over.to_vec()),
            at: InstantFormat::EpochSeconds,
            spelling: Spelling::Hex,
            headers: vec![
                ("X-Text".into(), Template(over.to_vec())),
                ("X-Sign".into(), Template(vec![Part::Text("v1=".into()), Part::Var(Var::Sign(SignPart::Value))])),
            ],
        }
    }

    fn part(part: SignPart) -> Part {
        Part::Var(Var::Sign(part))
    }

    fn request(body: Body) -> Request {
        let url = Url::parse("https://a.test:8443/phi%E1%BA%BFu/7?b=2&a=%20").unwrap();
        Request { method: Method::Put, url, headers: vec![("x-sign".into(), "forged".into())], body }
    }

    const ATTEMPT: Attempt<'_> = Attempt { at: Timestamp::UNIX_EPOCH, nonce: "n-1", file_sha256: Some("00ff") };

    #[test]
    fn codes_are_those_of_rfc_4231() {
        // Test case 2.
        let of = |hash| hex(&mac(hash, b"Jefe", b"what do ya want for nothing?").unwrap());
        assert_eq!(of(SigningHash::Sha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(
            of(SigningHash::Sha512).starts_with("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554")
        );
    }

    #[test]
    fn each_part_is_what_is_sent_and_the_signature_is_over_them() {
        let empty = hex(&Sha256::digest(b""));
        for (what, expected) in [
            (SignPart::Method, "PUT"),
            (SignPart::Host, "a.test:8443"),
            (SignPart::Path, "/phi%E1%BA%BFu/7"),
            (SignPart::Query, "b=2&a=%20"),
            (SignPart::At, "0"),
            (SignPart::Nonce, "n-1"),
            (SignPart::Body, empty.as_str()),
        ] {
            let mut request = request(Body::Empty);
            sign(&signing(&[part(what)]), &fixture::call(), &mut request, ATTEMPT).unwrap();
            assert_eq!(request.header("x-text"), Some(expected));
            let code = mac(SigningHash::Sha256, b"key", expected.as_bytes()).unwrap();
            let signed: Vec<_> = request.headers.iter().filter(|(name, _)| name == "x-sign").collect();
            assert_eq!(signed, [&("x-sign".to_owned(), format!("v1={}", hex(&code)))]);
        }
    }

    #[test]
    fn a_file_is_signed_by_its_digest_and_a_body_of_parts_is_not_signed() {
        let over_body = signing(&[part(SignPart::Body)]);
        let mut file = request(Body::File);
        sign(&over_body, &fixture::call(), &mut file, ATTEMPT).unwrap();
        assert_eq!(file.header("x-text"), Some("00ff"));
        let error = sign(&over_body, &fixture::call(), &mut request(Body::Multipart(vec![])), ATTEMPT).unwrap_err();
        assert_eq!(error, RenderError::Unsigned { call: "call".into() });
    }
}
