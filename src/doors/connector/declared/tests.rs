//! The connector against a small portal in this process: sessions, listings, writes, files, and what goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use chrono::DateTime;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use super::*;
use crate::doors::connector::Target;
use crate::pure::mapping;
use crate::words::clock::{Stopwatch, now};
use crate::words::record::{Cell, Dates};
use crate::words::side::Version;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

mod whole;

const MAPPING: &str = include_str!("tests/portal.toml");

/// What the portal does, and what it saw.
#[derive(Default)]
struct Portal {
    base: Mutex<String>,
    sessions: Mutex<BTreeSet<String>>,
    logins: AtomicUsize,
    /// Whether it answers no login.
    silent: AtomicBool,
    /// Requests to `/api` by service.
    seen: Mutex<Vec<Json>>,
    /// Answers given in place of the usual ones, by service; each once.
    planned: Mutex<BTreeMap<String, Vec<Planned>>>,
    file: Mutex<Vec<u8>>,
}

enum Planned {
    Say(Json),
    Status(u16, &'static str),
    Hang,
    EndSession,
}

impl Portal {
    fn plan(&self, service: &str, planned: Planned) {
        self.planned.lock().unwrap().entry(service.to_owned()).or_default().push(planned);
    }

    fn seen(&self, service: &str) -> Vec<Json> {
        self.seen.lock().unwrap().iter().filter(|body| body["service"] == service).cloned().collect()
    }
}

fn ticket(number: u64, reference: &str) -> Json {
    json!({ "Ma": format!("G{number}"), "PhienBan": number, "MaDongBo": reference, "TieuDe": format!("Phiếu {number}"),
        "NgayNhan": "20261120081500", "NgayCapNhat": "20261120090000", "Tep": [] })
}

async fn log_in(State(portal): State<Arc<Portal>>, body: Bytes) -> Response {
    let body: Json = serde_json::from_slice(&body).unwrap();
    assert!(body.get("session").is_none(), "a bare call carries no session");
    if body["password"] != "pw" {
        return json!({ "code": "03", "message": "Sai mật khẩu" }).to_string().into_response();
    }
    if portal.silent.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    // Long enough for others to come in between.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let number = portal.logins.fetch_add(1, Ordering::SeqCst) + 1;
    let session = format!("S{number}");
    portal.sessions.lock().unwrap().insert(session.clone());
    json!({ "session": session, "code": 0 }).to_string().into_response()
}

async fn api(State(portal): State<Arc<Portal>>, body: Bytes) -> Response {
    let body: Json = serde_json::from_slice(&body).unwrap();
    let service = body["service"].as_str().unwrap_or_default().to_owned();
    portal.seen.lock().unwrap().push(body.clone());
    let planned = portal.planned.lock().unwrap().get_mut(&service).and_then(Vec::pop);
    match planned {
        Some(Planned::Say(answer)) => return answer.to_string().into_response(),
        Some(Planned::Status(status, text)) => {
            return (StatusCode::from_u16(status).unwrap(), text.to_owned()).into_response();
        }
        Some(Planned::Hang) => std::future::pending().await,
        Some(Planned::EndSession) => portal.sessions.lock().unwrap().clear(),
        None => {}
    }
    if !portal.sessions.lock().unwrap().contains(body["session"].as_str().unwrap_or_default()) {
        return json!({ "code": "01", "message": "Phiên đã hết hạn" }).to_string().into_response();
    }
    let data = match service.as_str() {
        "whoami" => json!([{ "name": "bridge" }]),
        "list" => match body["at"].as_u64() {
            Some(0) => json!([ticket(1, ""), ticket(2, "R2")]),
            _ => json!([ticket(3, "")]),
        },
        "get" => match body["id"].as_str() {
            Some("G1") => json!([ticket(1, "")]),
            Some("G2") => json!([ticket(2, "R2")]),
            Some("merged") => json!([ticket(2, "R2")]),
            Some("bad") => json!([{ "Ma": "bad", "TieuDe": "x", "NgayNhan": "20269999000000", "MaDongBo": "" }]),
            _ => return json!({ "code": "04" }).to_string().into_response(),
        },
        // G1 is a hit that does not show the reference.
        "find" => json!([{ "Ma": "G2" }, { "Ma": "G1" }]),
        _ => json!([{ "Ma": "G9", "PhienBan": 4 }]),
    };
    json!({ "code": "00", "data": data, "total": 3, "clock": "20261123120000" }).to_string().into_response()
}

async fn upload(State(portal): State<Arc<Portal>>, headers: HeaderMap, body: Bytes) -> Response {
    assert_eq!(headers["x-session"], "S1");
    assert_eq!(headers["content-type"], "image/png");
    *portal.file.lock().unwrap() = body.to_vec();
    let base = portal.base.lock().unwrap().clone();
    json!({ "code": "00", "url": format!("{base}/file/1") }).to_string().into_response()
}

async fn file(State(portal): State<Arc<Portal>>) -> Vec<u8> {
    portal.file.lock().unwrap().clone()
}

async fn start() -> (Arc<Portal>, DeclaredRemote) {
    let portal = Arc::new(Portal::default());
    let router = Router::new()
        .route("/login", post(log_in))
        .route("/api", post(api))
        .route("/file", post(upload))
        .route("/file/1", get(file))
        .with_state(Arc::clone(&portal));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    portal.base.lock().unwrap().clone_from(&base);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let remote = connect(&base, "pw");
    (portal, remote)
}

fn connect(base: &str, password: &str) -> DeclaredRemote {
    let settings = [("url", base), ("password", password)];
    let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mapping = mapping::load("portal.toml", MAPPING, &settings, mapping::NOTHING_BESIDE);
    let mapping = mapping.unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(mapping::Problem::render_text).collect::<String>())
    });
    let options = CallOptions { call_timeout: Duration::from_millis(500), per_second: 0, ..CallOptions::default() };
    DeclaredRemote::new(SystemName::from("portal"), Arc::new(mapping), &options).unwrap()
}

fn write(target: Target) -> Write {
    Write {
        kind: RecordKind::Ticket,
        target,
        parent: None,
        version: Some(Version::from("3")),
        reference: Reference::from("R9"),
        key: "key-1".into(),
        intended_at: now(),
        fields: BTreeMap::from([(Field::fixed("subject"), Some(Value::Text("Tiêu \"đề\"".into())))]),
        dates: Dates::NONE,
        file: None,
        captures: BTreeMap::new(),
        begin_by: None,
    }
}

#[tokio::test]
async fn many_calls_share_one_login() {
    let (portal, remote) = start().await;
    let ids: Vec<RemoteId> = (0..5).map(|_| RemoteId::from("G1")).collect();
    let calls = ids.iter().map(|id| remote.get(id));
    for shown in futures_util::future::join_all(calls).await {
        assert!(matches!(shown, Ok(Shown::Ticket(_))));
    }
    remote.check().await.unwrap();
    assert_eq!(portal.logins.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn calls_that_wait_for_a_login_end_in_the_time_of_one_call() {
    let (portal, remote) = start().await;
    portal.silent.store(true, Ordering::SeqCst);
    let begun = Stopwatch::start();
    let ids: Vec<RemoteId> = (0..6).map(|_| RemoteId::from("G1")).collect();
    for shown in futures_util::future::join_all(ids.iter().map(|id| remote.get(id))).await {
        assert!(matches!(shown, Err(Failure::Unreachable { .. })), "{shown:?}");
    }
    // One after the other their logins would take six times as long.
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_ended_session_is_begun_anew_and_one_that_always_ends_is_an_outage() {
    let (portal, remote) = start().await;
    remote.check().await.unwrap();
    portal.plan("create", Planned::EndSession);
    let outcome = remote.write(&write(Target::New)).await;
    assert!(matches!(outcome, Outcome::Acked(_)), "{outcome:?}");
    assert_eq!(portal.logins.load(Ordering::SeqCst), 2);
    assert_eq!(portal.seen("create").len(), 2);

    for _ in 0..4 {
        portal.plan("create", Planned::EndSession);
    }
    let outcome = remote.write(&write(Target::New)).await;
    assert!(matches!(outcome, Outcome::NotNow(Failure::Unreachable { .. })), "{outcome:?}");
    assert_eq!(portal.logins.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_refused_login_says_so_and_sends_nothing() {
    let (portal, remote) = start().await;
    let base = portal.base.lock().unwrap().clone();
    drop(remote);
    let remote = connect(&base, "wrong");
    let failure = remote.check().await.unwrap_err();
    assert_eq!(failure, Failure::Login { says: "Sai mật khẩu".into() });
    let outcome = remote.write(&write(Target::New)).await;
    assert!(matches!(outcome, Outcome::NotNow(Failure::Login { .. })), "{outcome:?}");
    assert!(portal.seen.lock().unwrap().is_empty());
    assert!(!format!("{remote:?}").contains("wrong"), "no secret in Debug");
}

#[tokio::test]
async fn a_listing_is_paged_to_its_end_and_tells_the_remotes_clock() {
    let (portal, remote) = start().await;
    let since = DateTime::parse_from_rfc3339("2026-11-20T08:00:00+07:00").unwrap().to_utc();
    let from = ListFrom { since: Some(since) };
    let first = remote.changes(&from, None).await.unwrap();
    let ids: Vec<_> = first.rows.iter().filter_map(|row| row.id.clone()).collect();
    assert_eq!(ids, [RemoteId::from("G1"), RemoteId::from("G2")]);
    assert_eq!(first.rows[0].version, Some(Version::from("1")));
    assert_eq!(first.rows[0].changed.map(|at| at.to_rfc3339()).as_deref(), Some("2026-11-20T02:00:00+00:00"));
    assert_eq!(first.remote_now.map(|at| at.to_rfc3339()).as_deref(), Some("2026-11-23T05:00:00+00:00"));
    let last = remote.changes(&from, first.next.as_ref()).await.unwrap();
    assert_eq!((last.rows.len(), last.next), (1, None));
    let asked = portal.seen("list");
    assert_eq!(asked[0]["since"], "20261120075959", "earlier by the overlap");
    assert_eq!((&asked[0]["at"], &asked[1]["at"]), (&json!(0), &json!(2)));

    remote.changes(&ListFrom { since: None }, None).await.unwrap();
    assert_eq!(portal.seen("list")[2].get("since"), None, "a full scan names no instant");
}

#[tokio::test]
async fn a_ticket_is_shown_gone_or_unreadable() {
    let (_portal, remote) = start().await;
    let Ok(Shown::Ticket(reading)) = remote.get(&RemoteId::from("G2")).await else { panic!("no ticket") };
    assert_eq!(reading.reference, Some(Reference::from("R2")));
    assert_eq!(reading.value(&Field::fixed("subject")), Some(&Value::Text("Phiếu 2".into())));
    assert_eq!(remote.get(&RemoteId::from("G7")).await, Ok(Shown::Gone));
    for id in ["merged", "bad"] {
        let shown = remote.get(&RemoteId::from(id)).await;
        assert!(matches!(shown, Ok(Shown::Unreadable { .. })), "{id}: {shown:?}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_a_bad_answer() {
    let (portal, remote) = start().await;
    let bad: [(u16, &str); 3] = [(200, "<html>Đăng nhập</html>"), (200, "{\"code\":\"00\",\"data\":["), (302, "")];
    for (status, text) in bad {
        portal.plan("get", Planned::Status(status, text));
        let failure = remote.get(&RemoteId::from("G1")).await.unwrap_err();
        assert!(matches!(failure, Failure::BadAnswer { .. }), "{text}: {failure:?}");
    }
    portal.plan("list", Planned::Say(json!({ "code": "00", "total": 1 })));
    let failure = remote.changes(&ListFrom::default(), None).await.unwrap_err();
    assert_eq!(failure, Failure::BadAnswer { says: "the answer does not show `data[]`".into() });
    portal.plan("get", Planned::Status(502, "<html>bad gateway</html>"));
    assert!(matches!(remote.get(&RemoteId::from("G1")).await, Err(Failure::Unreachable { .. })));
    portal.plan("get", Planned::Say(json!({ "code": "02", "wait": 1.5 })));
    let failure = remote.get(&RemoteId::from("G1")).await.unwrap_err();
    assert_eq!(failure.wait(), Some(Duration::from_millis(1500)));
}

#[tokio::test]
async fn a_hit_counts_only_if_reading_it_shows_the_reference() {
    let (_portal, remote) = start().await;
    assert_eq!(remote.find(&Reference::from("R2")).await, Ok(vec![RemoteId::from("G2")]));
    assert_eq!(remote.find(&Reference::from("R5")).await, Ok(vec![]));
}

#[tokio::test]
async fn writes_say_only_what_changed_with_reference_and_guard() {
    let (portal, remote) = start().await;
    let Outcome::Acked(ack) = remote.write(&write(Target::New)).await else { panic!("not acked") };
    assert_eq!((ack.id, ack.version), (Some(RemoteId::from("G9")), Some(Version::from("4"))));
    assert_eq!(portal.seen("create")[0]["data"], json!([{ "TieuDe": "Tiêu \"đề\"", "MaDongBo": "R9" }]));
    let Outcome::Acked(ack) = remote.write(&write(Target::Existing(RemoteId::from("G1")))).await else {
        panic!("not acked")
    };
    assert_eq!((ack.id, ack.version), (None, Some(Version::from("4"))));
    assert_eq!(portal.seen("update")[0]["data"], json!([{ "TieuDe": "Tiêu \"đề\"", "Ma": "G1", "PhienBan": 3 }]));
}

#[tokio::test]
async fn each_answer_to_a_commit_has_its_outcome() {
    let (portal, remote) = start().await;
    remote.check().await.unwrap();
    let code = |code: &str| Planned::Say(json!({ "code": code, "message": "Sai", "member": "TieuDe" }));
    let refused = Outcome::Refused { says: "Sai".into(), fields: vec!["subject".into()] };
    let doubt = |outcome: &Outcome| matches!(outcome, Outcome::InDoubt { .. });
    type Expected<'a> = Box<dyn Fn(&Outcome) -> bool + 'a>;
    let cases: Vec<(Planned, Expected<'_>)> = vec![
        (code("02"), Box::new(|found| matches!(found, Outcome::NotNow(Failure::Busy { .. })))),
        (code("03"), Box::new(|found| *found == refused)),
        (code("04"), Box::new(|found| *found == Outcome::Gone)),
        (code("05"), Box::new(|found| matches!(found, Outcome::Conflict { .. }))),
        (code("06"), Box::new(|found| matches!(found, Outcome::Exists { .. }))),
        (code("99"), Box::new(doubt)),
        (Planned::Status(200, "<html>"), Box::new(doubt)),
        (Planned::Status(200, "{\"code\":\"00\",\"da"), Box::new(doubt)),
        (Planned::Status(302, ""), Box::new(doubt)),
        (Planned::Status(500, "{}"), Box::new(doubt)),
        (Planned::Status(502, "<html>"), Box::new(doubt)),
        (Planned::Status(503, "<html>"), Box::new(doubt)),
        (Planned::Status(403, "{}"), Box::new(|found| matches!(found, Outcome::Refused { .. }))),
        (Planned::Status(400, "{}"), Box::new(|found| matches!(found, Outcome::Refused { .. }))),
        (Planned::Status(409, "{}"), Box::new(|found| matches!(found, Outcome::Conflict { .. }))),
        (Planned::Hang, Box::new(doubt)),
    ];
    for (number, (planned, expected)) in cases.into_iter().enumerate() {
        portal.plan("update", planned);
        let outcome = remote.write(&write(Target::Existing(RemoteId::from("G1")))).await;
        assert!(expected(&outcome), "case {number}: {outcome:?}");
    }
    assert_eq!(portal.seen("update").len(), 16, "no commit is repeated");
}

#[tokio::test]
async fn a_system_that_is_down_was_never_sent_anything() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let outcome = connect(&base, "pw").write(&write(Target::New)).await;
    assert!(matches!(outcome, Outcome::NotNow(Failure::Unreachable { .. })), "{outcome:?}");
}

#[tokio::test]
async fn files_go_up_before_the_commit_and_come_down_into_the_spool() {
    let (portal, remote) = start().await;
    let spool = tempfile::tempdir().unwrap();
    let path = spool.path().join("source");
    std::fs::write(&path, b"PNG!").unwrap();
    let sha256 = "1fc3f8d5d1b5ba4bd3ad0e8e5d6d9b0f3f5c1e9e6a3f2e2ad7a8a7e8fbe4a5c1".to_owned();
    let text = |text: &str| Some(Value::Text(text.into()));
    let attach = Write {
        kind: RecordKind::Attachment,
        parent: Some(RemoteId::from("G1")),
        fields: BTreeMap::from([(Field::fixed("name"), text("ảnh.png")), (Field::fixed("type"), text("image/png"))]),
        file: Some(SpooledFile { path, size: 4, sha256 }),
        ..write(Target::New)
    };
    let outcome = remote.write(&attach).await;
    assert!(matches!(outcome, Outcome::Acked(_)), "{outcome:?}");
    assert_eq!(*portal.file.lock().unwrap(), b"PNG!");
    let base = portal.base.lock().unwrap().clone();
    let expected = json!([{ "Ten": "ảnh.png", "Ma": "G1", "Url": format!("{base}/file/1") }]);
    assert_eq!(portal.seen("attach")[0]["data"], expected);

    let cell = |text: &str| Cell { image: Some(text.into()), value: Some(Value::Text(text.into())) };
    let mut attachment = Reading {
        kind: RecordKind::Attachment,
        id: RemoteId::from("F1"),
        identity: None,
        version: None,
        changed: None,
        reference: None,
        cells: [(Field::fixed("where"), cell(&format!("{base}/file/1")))].into(),
        children: BTreeMap::new(),
        captures: BTreeMap::new(),
    };
    let kept = remote.download(&attachment, spool.path(), 100).await.unwrap();
    assert_eq!((kept.size, std::fs::read(&kept.path).unwrap()), (4, b"PNG!".to_vec()));
    assert!(matches!(remote.download(&attachment, spool.path(), 3).await, Err(Failure::Refused { .. })));
    attachment.cells.insert(Field::fixed("sha256"), cell("00"));
    assert!(matches!(remote.download(&attachment, spool.path(), 100).await, Err(Failure::BadAnswer { .. })));
    attachment.cells.insert(Field::fixed("where"), cell("http://elsewhere.test/file"));
    assert!(matches!(remote.download(&attachment, spool.path(), 100).await, Err(Failure::Refused { .. })));
}
