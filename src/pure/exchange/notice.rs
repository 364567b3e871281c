//! What a system tells by itself: who said it, when, and which tickets it is about. Nothing else in it is believed.

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::pure::mapping::Mapping;
use crate::pure::mapping::auth::{Hook, SignPart, Signing};
use crate::pure::mapping::model::DocumentFormat;
use crate::pure::mapping::template::{Part, Template, Var};
use crate::pure::wire::{Limits, Node, parse_csv, parse_json, parse_xml};
use crate::words::clock::Timestamp;
use crate::words::hex::hex;
use crate::words::limits::MAX_NOTICE_TICKETS;
use crate::words::side::RemoteId;

use super::sign::{digest, is_mac, key_of};

/// What a notice tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The tickets that may have changed.
    pub ids: Vec<RemoteId>,
    /// What no other notice has: made of its signature.
    pub proof: String,
}

/// Why a notice tells nothing. Holds nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoticeFault {
    /// Its headers are not as declared, or its signature is not the system's.
    #[error("it is not signed as declared")]
    Unsigned,
    /// It is too old, or from the future.
    #[error("its time is too far from ours")]
    NotYoung,
    /// It names no ticket, too many, or makes no sense.
    #[error("it names no tickets that could be understood")]
    Unreadable,
}

/// Understands a notice that came at `now`. Header names are in lower case.
///
/// # Errors
/// Why it tells nothing.
pub fn notice(
    mapping: &Mapping,
    hook: &Hook,
    headers: &[(String, String)],
    body: &[u8],
    now: Timestamp,
) -> Result<Notice, NoticeFault> {
    let carried = carried(&hook.sign, headers).ok_or(NoticeFault::Unsigned)?;
    let code = proven(&hook.sign, &carried, body).ok_or(NoticeFault::Unsigned)?;
    let at = carried.get(&SignPart::At).and_then(|text| hook.sign.at.parse(text).ok());
    if !at.is_some_and(|at| is_young(at, now, hook.window)) {
        return Err(NoticeFault::NotYoung);
    }
    let ids = ids(mapping, hook, body).ok_or(NoticeFault::Unreadable)?;
    Ok(Notice { ids, proof: hex(&Sha256::digest(code)) })
}

fn is_young(at: Timestamp, now: Timestamp, window: Duration) -> bool {
    (now - at).abs().to_std().is_ok_and(|apart| apart <= window)
}

/// The parts that the headers carry. A header that comes twice says nothing.
fn carried(sign: &Signing, headers: &[(String, String)]) -> Option<BTreeMap<SignPart, String>> {
    let mut parts = BTreeMap::new();
    for (name, template) in &sign.headers {
        let mut found = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let (Some((_, value)), None) = (found.next(), found.next()) else { return None };
        take_apart(template, value.trim(), &mut parts)?;
    }
    Some(parts)
}

/// Reads a header as its template would have written it; a part ends where the next text of the template begins.
fn take_apart(template: &Template, value: &str, parts: &mut BTreeMap<SignPart, String>) -> Option<()> {
    let mut rest = value;
    let mut pieces = template.0.iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Part::Text(text) => rest = rest.strip_prefix(text.as_str())?,
            Part::Secret(secret) => rest = rest.strip_prefix(secret.reveal())?,
            Part::Var(Var::Sign(part)) => {
                let end = match pieces.peek() {
                    None => rest.len(),
                    Some(Part::Text(text)) => rest.find(text.as_str())?,
                    Some(Part::Secret(secret)) => rest.find(secret.reveal())?,
                    Some(Part::Var(_)) => return None,
                };
                let (part_text, after) = rest.split_at(end);
                parts.insert(*part, part_text.to_owned());
                rest = after;
            }
            Part::Var(_) => return None,
        }
    }
    rest.is_empty().then_some(())
}

/// The signature, where it is the system's.
fn proven(sign: &Signing, carried: &BTreeMap<SignPart, String>, body: &[u8]) -> Option<Vec<u8>> {
    let code = sign.spelling.read(carried.get(&SignPart::Value)?)?;
    let mut text = Vec::new();
    for piece in &sign.over.0 {
        match piece {
            Part::Text(piece) => text.extend_from_slice(piece.as_bytes()),
            Part::Secret(secret) => text.extend_from_slice(secret.reveal().as_bytes()),
            Part::Var(Var::Sign(SignPart::Text)) => text.extend_from_slice(body),
            Part::Var(Var::Sign(SignPart::Body)) => {
                text.extend_from_slice(sign.spelling.write(&digest(sign.hash, body)).as_bytes());
            }
            Part::Var(Var::Sign(part)) => text.extend_from_slice(carried.get(part)?.as_bytes()),
            Part::Var(_) => return None,
        }
    }
    is_mac(sign.hash, &key_of(sign)?, &text, &code).then_some(code)
}

/// The ids that it names, each once.
fn ids(mapping: &Mapping, hook: &Hook, body: &[u8]) -> Option<Vec<RemoteId>> {
    let limits = Limits::default();
    let body = mapping.decoded(body, mapping.format).ok()?;
    let document = match mapping.format {
        DocumentFormat::Json => parse_json(&body, &limits),
        DocumentFormat::Xml => parse_xml(&body, &mapping.namespaces, &limits),
        DocumentFormat::Csv => parse_csv(&body, &mapping.csv, &limits),
    };
    let document: Node = document.ok()?;
    let found = hook.id.find(&document).ok()??;
    let ids = found.iter().map(|found| {
        let text = found.to_node().as_plain()?.into_owned();
        (!text.is_empty()).then_some(RemoteId(text))
    });
    let mut ids: Vec<RemoteId> = ids.collect::<Option<_>>()?;
    ids.sort();
    ids.dedup();
    (1..=MAX_NOTICE_TICKETS).contains(&ids.len()).then_some(ids)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::pure::exchange::fixture::{mapping, path};
    use crate::pure::exchange::sign::mac;
    use crate::pure::mapping::auth::{KeySpelling, SigningHash, Spelling};
    use crate::pure::mapping::instant::InstantFormat;
    use crate::words::secret::Secret;

    const BODY: &str = r#"{"events":[{"id":7},{"id":"a-8"},{"id":7}]}"#;

    fn var(part: SignPart) -> Part {
        Part::Var(Var::Sign(part))
    }

    fn text(text: &str) -> Part {
        Part::Text(text.into())
    }

    fn hook() -> Hook {
        let header = [text("t="), var(SignPart::At), text(",v1="), var(SignPart::Value)];
        Hook {
            id: path("events[].id"),
            sign: Signing {
                hash: SigningHash::Sha256,
                key: Template(vec![Part::Secret(Secret::new("key".into()))]),
                key_as: KeySpelling::Text,
                over: Template(vec![var(SignPart::At), text("."), var(SignPart::Text)]),
                at: InstantFormat::EpochSeconds,
                spelling: Spelling::Hex,
                headers: vec![("X-Signature".into(), Template(header.to_vec()))],
            },
            window: Duration::from_secs(300),
        }
    }

    fn signed(at: i64, key: &str, body: &str) -> (String, String) {
        let code = mac(SigningHash::Sha256, key.as_bytes(), format!("{at}.{body}").as_bytes()).unwrap();
        ("x-signature".into(), format!("t={at},v1={}", hex(&code)))
    }

    fn told(headers: &[(String, String)], body: &str) -> Result<Notice, NoticeFault> {
        notice(&mapping(), &hook(), headers, body.as_bytes(), Timestamp::UNIX_EPOCH + TimeDelta::seconds(1000))
    }

    #[test]
    fn a_signed_and_young_notice_names_its_tickets_once() {
        for at in [700, 1000, 1300] {
            let notice = told(&[signed(at, "key", BODY)], BODY).unwrap();
            assert_eq!(notice.ids, ["7".into(), "a-8".into()]);
            assert_eq!(notice.proof.len(), 64);
        }
        let proof = |at| told(&[signed(at, "key", BODY)], BODY).unwrap().proof;
        assert_ne!(proof(1000), proof(1001));
    }

    #[test]
    fn whatever_is_not_proven_tells_nothing() {
        let good = signed(1000, "key", BODY);
        let (_, value) = &good;
        let with = |value: &str| vec![("x-signature".to_owned(), value.to_owned())];
        for headers in [
            vec![],
            vec![good.clone(), good.clone()],
            vec![signed(1000, "other", BODY)],
            vec![signed(1000, "key", "{}")],
            with(&value.replace("t=1000", "t=1001")),
            with(&value[..value.len() - 2]),
            with(&format!("{value},v0=1")),
            with("t=1000,v1="),
            with("v1=1,t=1000"),
            with(""),
        ] {
            assert_eq!(told(&headers, BODY), Err(NoticeFault::Unsigned), "{headers:?}");
        }
        for at in [699, 1301, 0, i64::MAX] {
            assert_eq!(told(&[signed(at, "key", BODY)], BODY), Err(NoticeFault::NotYoung), "{at}");
        }
        let many = format!(
            r#"{{"events":[{}]}}"#,
            (0..=100).map(|id| format!("{{\"id\":{id}}}")).collect::<Vec<_>>().join(",")
        );
        for body in ["", "{", "{}", r#"{"events":[]}"#, r#"{"events":[{"id":{}}]}"#, r#"{"events":[{"id":""}]}"#, &many]
        {
            assert_eq!(told(&[signed(1000, "key", body)], body), Err(NoticeFault::Unreadable), "{body:.40}");
        }
    }
}
