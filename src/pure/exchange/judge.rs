//! What an answer means: the first declared rule that matches, then the defaults of HTTP.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::pure::mapping::calls::{AnswerRule, Call, Format, Test, Verdict};
use crate::pure::mapping::carrier::Carrier;
use crate::pure::mapping::model::{DocumentFormat, Mapping};
use crate::pure::mapping::path::{Found, Path};
use crate::pure::wire::{Limits, Node, WireError, parse_csv, parse_json, parse_xml};
use crate::words::clock::Timestamp;
use crate::words::limits::{MAX_RETRY_AFTER_SECONDS, MAX_SAYS_CHARS};

use super::expected::{Answered, Expected};
use super::message::Answer;
use super::state::by_state;
use super::waiting::retry_after;

/// What a repeated call could do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nothing, or at most an orphan: reads, and the steps around a commit.
    Repeatable,
    /// A second one could overwrite: what is unclear about it is a doubt.
    Commit,
    /// The same of one that makes a record: a second one could double it, and "conflict" means that it is there.
    Create,
}

/// An answer, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What it means.
    pub verdict: Verdict,
    /// The remote's own words, or what HTTP says; bounded, one line.
    pub says: String,
    /// Which of its members the remote named.
    pub members: Vec<String>,
    /// How long it asked us to wait; bounded.
    pub wait: Option<Duration>,
    /// The document as a tree, where there is one of the declared format and it was not read in passing.
    pub document: Option<Node>,
    /// Set where the answer is not what was declared; the verdict is then `Retry` or `Doubt`.
    pub malformed: bool,
}

/// Where an answer's document is looked into, however it was read.
pub trait Look {
    /// The first value at a path as plain text.
    fn plain(&self, path: &Path) -> Option<Cow<'_, str>>;
    /// Whether there is a value at a path that is not null.
    fn is_there(&self, path: &Path) -> bool;
}

impl Look for Node {
    fn plain(&self, path: &Path) -> Option<Cow<'_, str>> {
        path.first_plain(self)
    }

    fn is_there(&self, path: &Path) -> bool {
        path.first(self).is_some_and(|found| !matches!(found, Found::Node(Self::Null)))
    }
}

/// Judges an answer to a call, received at `now`.
#[must_use]
pub fn judge(mapping: &Mapping, call: &Call, role: Role, answer: &Answer, now: Timestamp) -> Judged {
    let read = read(mapping, call, answer);
    let document = read.as_ref().map(|document| document.as_ref().map(|document| document as &dyn Look));
    let mut judged = verdict(mapping, call, role, answer, now, document);
    judged.document = read.ok().flatten();
    judged
}

/// Judges an answer to a call that reads tickets, and reads them in the same pass; nothing but these where the verdict
/// is another than ok.
#[must_use]
pub fn judge_shown(
    mapping: &Mapping,
    call: &Call,
    expected: &Expected,
    answer: &Answer,
    now: Timestamp,
) -> (Judged, Option<Answered>) {
    let body = mapping.decoded(&answer.body, expected.format());
    let envelope = body.as_ref().map_err(Clone::clone).and_then(|body| expected.read(mapping, body));
    let document = envelope.as_ref().map(|envelope| Some(envelope as &dyn Look));
    let judged = verdict(mapping, call, Role::Repeatable, answer, now, document);
    let answered = envelope.ok().filter(|_| judged.verdict == Verdict::Ok);
    (judged, answered.map(|envelope| envelope.answered(mapping)))
}

fn verdict(
    mapping: &Mapping,
    call: &Call,
    role: Role,
    answer: &Answer,
    now: Timestamp,
    read: Result<Option<&dyn Look>, &WireError>,
) -> Judged {
    let (document, fault) = match read {
        Ok(document) => (document, None),
        Err(error) => (None, Some(error)),
    };
    let rule = call.answers.iter().chain(&mapping.answers).find(|rule| matches(mapping, rule, document, answer));
    let (usual, seen) = match &mapping.carrier {
        Carrier::Http => (by_status(answer.status, role), format!("HTTP {}", answer.status)),
        Carrier::Folder(_) => (by_status(answer.status, role), said(answer)),
        Carrier::Sql(_) => by_state(call, answer, role),
    };
    let mut verdict = rule.map_or(usual, |rule| rule.then);
    let said = rule.and_then(|rule| words_of(rule, document, answer));
    let mut says = said.unwrap_or_else(|| seen.clone());
    let mut malformed = false;
    if verdict == Verdict::Ok
        && let Some(fault) = fault
    {
        malformed = true;
        says = format!("{seen}, but the answer is not what `{}` declares: {fault}", call.name);
        verdict = if role == Role::Repeatable { Verdict::Retry } else { Verdict::Doubt };
    } else if (300..400).contains(&answer.status) && rule.is_none() {
        malformed = true;
        says = format!("HTTP {}: redirects are not followed", answer.status);
    }
    let member = rule.and_then(|rule| rule.member.as_ref());
    let member = member.and_then(|path| look(path, document, answer));
    Judged {
        verdict,
        says: one_line(&says),
        members: member.filter(|member| !member.is_empty()).into_iter().collect(),
        wait: wait_of(rule, document, answer, now),
        document: None,
        malformed,
    }
}

/// What `take` declares, from a good answer; what is not there is left out.
#[must_use]
pub fn taken(call: &Call, document: Option<&Node>, answer: &Answer) -> BTreeMap<String, Node> {
    let node = |path: &Path| match path.header() {
        Some(name) => answer.header(name).map(Node::text),
        None => document.and_then(|document| path.first(document)).map(|found| match found.to_node() {
            Node::Element(element) => element.plain_text().map_or(Node::Null, Node::text),
            other => other,
        }),
    };
    let found = call.take.iter().filter_map(|(name, path)| Some((name.clone(), node(path)?)));
    found.filter(|(_, node)| *node != Node::Null).collect()
}

/// The plain text at a path of an answer: of its headers or its document.
pub(super) fn look(path: &Path, document: Option<&dyn Look>, answer: &Answer) -> Option<String> {
    match path.header() {
        Some(name) => answer.header(name).map(str::to_owned),
        None => document?.plain(path).map(Cow::into_owned),
    }
}

/// The document: what the call gives on success; on errors whatever the system's documents are made of.
fn read(mapping: &Mapping, call: &Call, answer: &Answer) -> Result<Option<Node>, WireError> {
    let limits = Limits::default();
    let is_success = (200..300).contains(&answer.status);
    let format = match (call.gives, mapping.format) {
        (Format::Json, _) => Format::Json,
        (Format::Xml, _) => Format::Xml,
        (other, _) if is_success => other,
        (_, DocumentFormat::Json) => Format::Json,
        (_, DocumentFormat::Xml) => Format::Xml,
        // What went wrong is not told in rows.
        (_, DocumentFormat::Csv) => Format::None,
    };
    let body = |format| mapping.decoded(&answer.body, format);
    match format {
        Format::Json => parse_json(&body(DocumentFormat::Json)?, &limits).map(Some),
        Format::Xml => parse_xml(&body(DocumentFormat::Xml)?, &mapping.namespaces, &limits).map(Some),
        Format::Csv => parse_csv(&body(DocumentFormat::Csv)?, &mapping.csv, &limits).map(Some),
        Format::Bytes | Format::None => Ok(None),
    }
}

fn matches(mapping: &Mapping, rule: &AnswerRule, document: Option<&dyn Look>, answer: &Answer) -> bool {
    if !rule.status.is_empty() && !rule.status.contains(&answer.status) {
        return false;
    }
    if let Some(expected) = &rule.content_type {
        let actual = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if !actual.starts_with(&expected.to_ascii_lowercase()) {
            return false;
        }
    }
    let Some(path) = &rule.at else {
        // Without a place a pattern looks at the body's text, whatever its format.
        let Test::Like(pattern) = &rule.test else { return true };
        let text = mapping.decoded(&answer.body, DocumentFormat::Csv).unwrap_or(Cow::Borrowed(&answer.body));
        return pattern.is_match(&String::from_utf8_lossy(&text));
    };
    let plain = look(path, document, answer);
    let is_there = match path.header() {
        Some(_) => plain.is_some(),
        None => document.is_some_and(|document| document.is_there(path)),
    };
    match &rule.test {
        Test::Any | Test::Present => is_there,
        Test::Absent => document.is_some() && !is_there,
        Test::In(texts) => plain.is_some_and(|plain| texts.contains(&plain)),
        Test::Like(pattern) => plain.is_some_and(|plain| pattern.is_match(&plain)),
    }
}

const fn by_status(status: u16, role: Role) -> Verdict {
    // Of a write that left, a gateway's 503 proves nothing; and one record that we may not change is no wrong password.
    let (unclear, unavailable, forbidden) = match role {
        Role::Repeatable => (Verdict::Retry, Verdict::Busy, Verdict::Login),
        Role::Commit | Role::Create => (Verdict::Doubt, Verdict::Doubt, Verdict::Refused),
    };
    match status {
        200..300 => Verdict::Ok,
        401 => Verdict::Login,
        403 => forbidden,
        404 | 410 => Verdict::Gone,
        409 if matches!(role, Role::Create) => Verdict::Exists,
        409 | 412 => Verdict::Conflict,
        429 => Verdict::Busy,
        503 => unavailable,
        408 | 425 => unclear,
        400..500 => Verdict::Refused,
        _ => unclear,
    }
}

/// What a folder has to say.
fn said(answer: &Answer) -> String {
    answer.header("says").map_or_else(|| "done".to_owned(), str::to_owned)
}

fn words_of(rule: &AnswerRule, document: Option<&dyn Look>, answer: &Answer) -> Option<String> {
    let said = rule.says.as_ref().and_then(|path| look(path, document, answer));
    said.filter(|text| !text.trim().is_empty())
}

fn wait_of(
    rule: Option<&AnswerRule>,
    document: Option<&dyn Look>,
    answer: &Answer,
    now: Timestamp,
) -> Option<Duration> {
    let declared = rule.and_then(|rule| rule.wait.as_ref()).and_then(|path| look(path, document, answer));
    let declared = declared.and_then(|text| text.trim().parse::<f64>().ok()).filter(|seconds| *seconds >= 0.0);
    match declared {
        #[expect(clippy::cast_precision_loss, reason = "a day in seconds is exact in a float")]
        Some(seconds) => Duration::try_from_secs_f64(seconds.min(MAX_RETRY_AFTER_SECONDS as f64)).ok(),
        None => answer.header("retry-after").and_then(|value| retry_after(value, now)),
    }
}

/// One bounded line of a text from outside.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().take(MAX_SAYS_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};
    use regex::Regex;

    use super::super::fixture::{call, mapping, path};
    use super::*;

    fn rule(at: &str, test: Test, then: Verdict) -> AnswerRule {
        AnswerRule {
            line: 1,
            status: vec![],
            content_type: None,
            at: Some(path(at)),
            test,
            then,
            says: Some(path("message")),
            member: Some(path("Truong")),
            wait: Some(path("ChoGiay")),
        }
    }

    fn judged(rules: Vec<AnswerRule>, role: Role, status: u16, headers: &[(&str, &str)], body: &str) -> Judged {
        let mut call = call();
        call.answers = rules;
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = Answer { status, headers, body: body.as_bytes().to_vec() };
        judge(&mapping(), &call, role, &answer, Utc.with_ymd_and_hms(2026, 11, 23, 5, 0, 0).unwrap())
    }

    #[test]
    fn statuses_have_their_meaning_where_no_rule_matches() {
        let cases = [
            (200, Verdict::Ok, Verdict::Ok),
            (201, Verdict::Ok, Verdict::Ok),
            (302, Verdict::Retry, Verdict::Doubt),
            (400, Verdict::Refused, Verdict::Refused),
            (401, Verdict::Login, Verdict::Login),
            (403, Verdict::Login, Verdict::Refused),
            (404, Verdict::Gone, Verdict::Gone),
            (408, Verdict::Retry, Verdict::Doubt),
            (409, Verdict::Conflict, Verdict::Conflict),
            (412, Verdict::Conflict, Verdict::Conflict),
            (429, Verdict::Busy, Verdict::Busy),
            (500, Verdict::Retry, Verdict::Doubt),
            (502, Verdict::Retry, Verdict::Doubt),
            (503, Verdict::Busy, Verdict::Doubt),
            (504, Verdict::Retry, Verdict::Doubt),
        ];
        for (status, reading, commit) in cases {
            assert_eq!(judged(vec![], Role::Repeatable, status, &[], "{}").verdict, reading, "{status}");
            assert_eq!(judged(vec![], Role::Commit, status, &[], "{}").verdict, commit, "{status}");
            let create = if status == 409 { Verdict::Exists } else { commit };
            assert_eq!(judged(vec![], Role::Create, status, &[], "{}").verdict, create, "{status}");
        }
    }

    #[test]
    fn a_success_that_is_not_the_declared_document_is_none() {
        for body in ["<html>login</html>", "{\"data\":[", "", "\u{feff}", "{\"a\":1,\"a\":2}"] {
            let reading = judged(vec![], Role::Repeatable, 200, &[], body);
            assert!(reading.malformed && reading.verdict == Verdict::Retry, "{body}");
            let commit = judged(vec![], Role::Commit, 200, &[], body);
            assert!(commit.malformed && commit.verdict == Verdict::Doubt, "{body}");
        }
        let says = judged(vec![], Role::Commit, 200, &[], "{").says;
        assert_eq!(says, "HTTP 200, but the answer is not what `call` declares: cut off after 1 bytes");
    }

    #[test]
    fn the_first_rule_that_matches_decides_and_compares_as_text() {
        let rules = || {
            vec![
                rule("error_code", Test::In(vec!["00".into()]), Verdict::Ok),
                rule("error_code", Test::In(vec!["02".into()]), Verdict::Busy),
                rule("error_code", Test::Like(Regex::new("^0[38]$").unwrap()), Verdict::Refused),
                rule("session", Test::Absent, Verdict::Doubt),
                rule("error_code", Test::Present, Verdict::Retry),
            ]
        };
        let cases = [
            (r#"{"error_code":"00"}"#, Verdict::Ok),
            (r#"{"error_code":0,"session":1}"#, Verdict::Retry),
            (r#"{"error_code":"02"}"#, Verdict::Busy),
            (r#"{"error_code":"08"}"#, Verdict::Refused),
            (r#"{"error_code":"99"}"#, Verdict::Doubt),
            (r#"{"error_code":"99","session":null}"#, Verdict::Doubt),
            (r#"{"session":1}"#, Verdict::Ok),
        ];
        for (body, expected) in cases {
            assert_eq!(judged(rules(), Role::Commit, 200, &[], body).verdict, expected, "{body}");
        }
        let found = judged(
            rules(),
            Role::Commit,
            200,
            &[],
            r#"{"error_code":"08","message":" Mã \n 999 \u0007sai","Truong":"LinhVuc"}"#,
        );
        assert_eq!((found.says.as_str(), found.members), ("Mã 999 sai", vec!["LinhVuc".to_owned()]));
    }

    #[test]
    fn a_pattern_without_a_place_looks_at_the_body() {
        let maintenance = AnswerRule {
            at: None,
            says: None,
            content_type: Some("Text/HTML".into()),
            ..rule("x", Test::Like(Regex::new("bảo trì").unwrap()), Verdict::Busy)
        };
        let html = [("content-type", "text/html; charset=utf-8")];
        let judge = |headers, body| judged(vec![maintenance.clone()], Role::Commit, 200, headers, body).verdict;
        assert_eq!(judge(&html, "<p>Hệ thống bảo trì</p>"), Verdict::Busy);
        assert_eq!(judge(&html, "<p>Đăng nhập</p>"), Verdict::Doubt);
        assert_eq!(judge(&[], "<p>Hệ thống bảo trì</p>"), Verdict::Doubt);
    }

    #[test]
    fn the_wait_is_the_bodys_or_the_headers_and_bounded() {
        let rules = vec![rule("error_code", Test::In(vec!["02".into()]), Verdict::Busy)];
        let seconds = |judged: Judged| judged.wait.map(|wait| wait.as_secs_f64());
        let header = [("retry-after", "5")];
        let body = r#"{"error_code":"02","ChoGiay":1.5}"#;
        assert_eq!(seconds(judged(rules.clone(), Role::Commit, 200, &header, body)), Some(1.5));
        assert_eq!(seconds(judged(rules, Role::Commit, 200, &header, r#"{"error_code":"02"}"#)), Some(5.0));
        let date = [("retry-after", "Mon, 23 Nov 2026 05:00:07 GMT")];
        assert_eq!(seconds(judged(vec![], Role::Commit, 503, &date, "<html>")), Some(7.0));
    }

    #[test]
    fn what_a_header_says_of_the_character_set_is_not_asked_the_bytes_are() {
        for charset in ["utf-8", "windows-1258", "utf-16", "nonsense"] {
            let headers = vec![("content-type".to_owned(), format!("application/json; charset={charset}"))];
            let judged = |body: &[u8]| {
                let answer = Answer { status: 200, headers: headers.clone(), body: body.to_vec() };
                judge(
                    &mapping(),
                    &call(),
                    Role::Repeatable,
                    &answer,
                    Utc.with_ymd_and_hms(2026, 11, 23, 5, 0, 0).unwrap(),
                )
            };
            let read = judged("{\"a\":\"Đồng\"}".as_bytes());
            assert_eq!((read.verdict, read.malformed), (Verdict::Ok, false), "{charset}");
            let refused = judged(b"{\"a\":\"\xD0\xF4ng\"}");
            assert_eq!((refused.verdict, refused.malformed), (Verdict::Retry, true), "{charset}");
            assert!(refused.says.contains("not UTF-8: byte 6"), "{charset}: {}", refused.says);
        }
    }

    #[test]
    fn take_finds_values_in_documents_and_headers() {
        let mut call = call();
        let takes = [("id", "data[0].Id"), ("etag", "header.ETag"), ("none", "data[0].x"), ("null", "data[0].n")];
        call.take = takes.into_iter().map(|(name, at)| (name.to_owned(), path(at))).collect();
        let document = parse_json(br#"{"data":[{"Id":7,"n":null}]}"#, &Limits::default()).unwrap();
        let answer = Answer { headers: vec![("etag".into(), "v1".into())], ..Answer::default() };
        let taken = taken(&call, Some(&document), &answer);
        let expected = [("etag".to_owned(), Node::text("v1")), ("id".to_owned(), Node::Number("7".into()))];
        assert_eq!(taken.into_iter().collect::<Vec<_>>(), expected);
    }
}
