//! OAuth2 client credentials: the request for a token, and what the token server's answer means.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::pure::mapping::auth::{ClientAuth, OAuth2};
use crate::pure::mapping::calls::Method;
use crate::pure::wire::{Limits, Map, Node, parse_json};
use crate::words::clock::Timestamp;
use crate::words::limits::MAX_SAYS_CHARS;
use crate::words::outcome::Failure;
use crate::words::secret::Secret;

use super::message::{Answer, Body, Request};
use super::waiting::retry_after;

/// Longest token, bytes: it stands in a header of each call.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A token, and how long it lives from the moment it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The token.
    pub text: Secret,
    /// How long it may be used; as long as the system takes it where `None`.
    pub life: Option<Duration>,
}

/// The request that asks for a token; `None` where the address is none.
#[must_use]
pub fn ask_token(oauth2: &OAuth2) -> Option<Request> {
    let url = Url::parse(&oauth2.url).ok()?;
    let (client, secret) = (oauth2.client.constant()?, oauth2.secret.constant()?);
    let mut headers = vec![
        ("accept".to_owned(), "application/json".to_owned()),
        ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
    ];
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if let Some(scope) = &oauth2.scope {
        form.append_pair("scope", scope);
    }
    for (name, template) in &oauth2.form {
        form.append_pair(name, &template.constant()?);
    }
    match oauth2.by {
        ClientAuth::Header => {
            // RFC 6749, 2.3.1: both are encoded as in a form before they are put together.
            let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let pair = STANDARD.encode(format!("{}:{}", encoded(&client), encoded(&secret)));
            headers.push(("authorization".to_owned(), format!("Basic {pair}")));
        }
        ClientAuth::Body => {
            form.append_pair("client_id", &client).append_pair("client_secret", &secret);
        }
    }
    Some(Request { method: Method::Post, url, headers, body: Body::Bytes(form.finish().into_bytes()) })
}

/// The token of an answer.
///
/// # Errors
/// What the answer means where it gives none: a login that is refused, a server that is busy or ill, no answer at all.
pub fn token(oauth2: &OAuth2, answer: &Answer, now: Timestamp) -> Result<Token, Failure> {
    let document = parse_json(&answer.body, &Limits::default()).ok();
    let member = |name: &str| {
        let Some(Node::Map(map)) = &document else { return None };
        text_of(map, name)
    };
    let says = || {
        let words = [member("error"), member("error_description")].into_iter().flatten();
        let words = words.collect::<Vec<_>>().join(": ");
        let words = if words.is_empty() { format!("HTTP {}", answer.status) } else { words };
        words.chars().filter(|c| !c.is_control()).take(MAX_SAYS_CHARS).collect::<String>()
    };
    match answer.status {
        200..=299 => {}
        429 | 503 => {
            return Err(Failure::Busy {
                says: says(),
                wait: answer.header("retry-after").and_then(|value| retry_after(value, now)),
            });
        }
        400..=499 => return Err(Failure::Login { says: says() }),
        _ => return Err(Failure::Unreachable { says: says() }),
    }
    let bad = |what: &str| Failure::BadAnswer { says: format!("the token server's answer: {what}") };
    let text = member("access_token").ok_or_else(|| bad("no `access_token`"))?;
    let is_sendable = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if text.len() > MAX_TOKEN_BYTES || !is_sendable(&text) {
        return Err(bad("a token that no header can carry"));
    }
    if member("token_type").is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(bad("a token of another type than Bearer"));
    }
    let life = member("expires_in").and_then(|seconds| seconds.split('.').next()?.parse().ok());
    let life = life.map(|seconds| usable(Duration::from_secs(seconds), oauth2.early));
    Ok(Token { text: Secret::new(text), life })
}

/// How long a token is used: until so long before its end, and at least for half its life.
fn usable(life: Duration, early: Duration) -> Duration {
    life.saturating_sub(early).max(life / 2)
}

fn text_of(map: &Map, name: &str) -> Option<String> {
    map.get(name)?.as_plain().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pure::mapping::template::{Part, Template};

    fn oauth2(by: ClientAuth) -> OAuth2 {
        OAuth2 {
            url: "https://token.test/token".into(),
            client: Template::text("cầu:1"),
            secret: Template(vec![Part::Secret(Secret::new("a b&c".into()))]),
            scope: Some("pakn read".into()),
            form: vec![("audience".into(), Template::text("x=y"))],
            by,
            early: Duration::from_secs(30),
        }
    }

    #[test]
    fn name_and_secret_stand_where_the_server_wants_them_and_nothing_opens_a_member() {
        let header = ask_token(&oauth2(ClientAuth::Header)).unwrap();
        assert_eq!(header.text(), Some("grant_type=client_credentials&scope=pakn+read&audience=x%3Dy"));
        let pair = header.header("authorization").unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(pair).unwrap(), b"c%E1%BA%A7u%3A1:a+b%26c");
        let body = ask_token(&oauth2(ClientAuth::Body)).unwrap();
        assert_eq!(body.header("authorization"), None);
        assert!(body.text().unwrap().ends_with("&client_id=c%E1%BA%A7u%3A1&client_secret=a+b%26c"));
    }

    #[test]
    fn an_answer_gives_a_token_or_says_what_is_wrong() {
        let judged = |status: u16, body: &str| {
            let answer = Answer { status, headers: vec![("retry-after".into(), "7".into())], body: body.into() };
            token(&oauth2(ClientAuth::Header), &answer, Timestamp::UNIX_EPOCH)
        };
        for (body, life) in [
            (r#"{"access_token":"T","token_type":"bearer","expires_in":600}"#, Some(570)),
            (r#"{"access_token":"T","expires_in":"40"}"#, Some(20)),
            (r#"{"access_token":"T","expires_in":3599.9}"#, Some(3569)),
            (r#"{"access_token":"T","expires_in":-1}"#, None),
            (r#"{"access_token":"T"}"#, None),
        ] {
            let token = judged(200, body).unwrap();
            assert_eq!((token.text.reveal(), token.life), ("T", life.map(Duration::from_secs)), "{body}");
        }
        let refused = judged(401, r#"{"error":"invalid_client","error_description":"no"}"#).unwrap_err();
        assert_eq!(refused, Failure::Login { says: "invalid_client: no".into() });
        let busy = judged(429, "").unwrap_err();
        assert_eq!(busy, Failure::Busy { says: "HTTP 429".into(), wait: Some(Duration::from_secs(7)) });
        assert!(matches!(judged(500, "{}"), Err(Failure::Unreachable { .. })));
        assert!(matches!(judged(302, ""), Err(Failure::Unreachable { .. })));
        for body in [
            "",
            "[]",
            r#"{"token":"T"}"#,
            r#"{"access_token":""}"#,
            r#"{"access_token":"a\r\nb"}"#,
            r#"{"access_token":"T","token_type":"mac"}"#,
            &format!(r#"{{"access_token":"{}"}}"#, "x".repeat(MAX_TOKEN_BYTES + 1)),
        ] {
            assert!(matches!(judged(200, body), Err(Failure::BadAnswer { .. })), "{body:.40}");
        }
    }
}
