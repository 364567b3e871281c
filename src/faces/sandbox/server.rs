//! What all three servers have in common: take the request, count it, let the planned faults happen, answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;

use super::System;
use super::bad_input::{BadAnswer, BadRow, Scope, huge_body};
use super::cut::Scissors;
use super::faults::{AfterCommit, Before, Faults, Plan};
use crate::words::clock::{self, Timestamp};

/// Largest request that is taken, bytes.
pub(super) const MAX_REQUEST_BYTES: usize = 16 * 1024 * 1024;
/// Largest file that is taken, bytes.
pub(super) const MAX_FILE_BYTES: usize = 10 * 1024 * 1024;
/// How much of an answer gets through when it is cut half way: the first line and some headers.
const HALF_AN_ANSWER_BYTES: usize = 40;

/// A request, read whole.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: BTreeMap<String, String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Incoming {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }
}

/// What a call is, as far as faults care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    List,
    Read,
    Write,
    Login,
}

/// An answer, before it becomes bytes on a wire.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) retry_after: Option<u64>,
    pub(super) body: Bytes,
    /// Replaces the body by 100 MB.
    pub(super) huge: bool,
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status, content_type: content_type.to_owned(), retry_after: None, body: body.into(), huge: false }
    }

    pub(super) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "application/json; charset=utf-8", body.to_string())
    }

    fn into_response(self) -> Response {
        let body = if self.huge { huge_body(self.content_type.contains("xml")) } else { Body::from(self.body) };
        let mut builder = Response::builder().status(self.status).header(header::CONTENT_TYPE, self.content_type);
        if let Some(seconds) = self.retry_after {
            builder = builder.header(header::RETRY_AFTER, seconds);
        }
        builder.body(body).unwrap_or_else(|_| status_only(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

fn status_only(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// One system's manner of speaking. Synchronous: it locks its storage and lets go of it before it returns.
pub(super) trait Face: Send + Sync + 'static {
    fn system(&self) -> System;
    /// The call's name, for counting, and its sort.
    fn label(&self, request: &Incoming) -> (String, Sort);
    /// Does what is asked.
    fn answer(&self, request: &Incoming, now: Timestamp, plan: &Plan) -> Answer;
    /// "Too many requests" in its own words.
    fn busy(&self, now: Timestamp) -> Answer;
}

/// What tests and the demo turn, shared by all servers of one sandbox.
#[derive(Debug)]
pub(super) struct Controls {
    pub(super) seed: u64,
    faults: Mutex<Faults>,
    counts: Mutex<BTreeMap<(System, String), u64>>,
    bad_answers: Mutex<BTreeMap<System, (BadAnswer, Scope)>>,
    bad_rows: Mutex<BTreeMap<(System, String), BadRow>>,
}

/// Takes a lock; a panic elsewhere does not make the data wrong.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Controls {
    pub(super) fn new(seed: u64, faults: Faults) -> Self {
        Self {
            seed,
            faults: Mutex::new(faults),
            counts: Mutex::default(),
            bad_answers: Mutex::default(),
            bad_rows: Mutex::default(),
        }
    }

    pub(super) fn set_faults(&self, faults: Faults) {
        *lock(&self.faults) = faults;
    }

    pub(super) fn set_bad_answer(&self, system: System, bad: Option<(BadAnswer, Scope)>) {
        match bad {
            Some(bad) => lock(&self.bad_answers).insert(system, bad),
            None => lock(&self.bad_answers).remove(&system),
        };
    }

    pub(super) fn set_bad_row(&self, system: System, id: &str, bad: Option<BadRow>) {
        let key = (system, id.to_owned());
        match bad {
            Some(bad) => lock(&self.bad_rows).insert(key, bad),
            None => lock(&self.bad_rows).remove(&key),
        };
    }

    /// How this ticket is to be spoilt when it is shown.
    pub(super) fn bad_row(&self, system: System, id: &str) -> Option<BadRow> {
        lock(&self.bad_rows).get(&(system, id.to_owned())).copied()
    }

    /// Whether listings are to go on for ever.
    pub(super) fn endless(&self, system: System) -> bool {
        self.bad_answer(system, Sort::List) == Some(BadAnswer::EndlessPages)
    }

    fn bad_answer(&self, system: System, sort: Sort) -> Option<BadAnswer> {
        let (bad, scope) = lock(&self.bad_answers).get(&system).copied()?;
        let meant = match scope {
            Scope::Lists => sort == Sort::List,
            Scope::Reads => sort == Sort::Read,
            Scope::Writes => sort == Sort::Write,
            Scope::All => sort != Sort::Login,
        };
        meant.then_some(bad)
    }

    /// Requests so far by system and name of the call.
    pub(super) fn counts(&self) -> BTreeMap<(System, String), u64> {
        lock(&self.counts).clone()
    }

    /// How long a new ticket stays out of listings.
    pub(super) fn lag(&self, system: System, number: u64) -> std::time::Duration {
        lock(&self.faults).lag(self.seed, system, number)
    }

    fn plan(&self, system: System, call: &str) -> Plan {
        let nth = {
            let mut counts = lock(&self.counts);
            let count = counts.entry((system, call.to_owned())).or_default();
            *count += 1;
            *count
        };
        lock(&self.faults).plan(self.seed, system, call, nth)
    }
}

#[derive(Clone)]
struct Server {
    face: Arc<dyn Face>,
    controls: Arc<Controls>,
}

/// The routes of one system.
pub(super) fn router(face: Arc<dyn Face>, controls: Arc<Controls>) -> Router {
    Router::new().fallback(serve_one).with_state(Server { face, controls })
}

async fn serve_one(
    State(server): State<Server>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if parts.uri.path() == "/health" {
        return Answer::new(200, "text/plain", "ok").into_response();
    }
    let Ok(body) = axum::body::to_bytes(body, MAX_REQUEST_BYTES).await else {
        return status_only(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let incoming = Incoming {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: url::form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes()).into_owned().collect(),
        headers: parts.headers,
        body,
    };
    let system = server.face.system();
    let (call, sort) = server.face.label(&incoming);
    let plan = server.controls.plan(system, &call);
    tokio::time::sleep(plan.wait).await;
    match plan.before.or_else(|| plan.before_write.filter(|_| sort == Sort::Write)) {
        Some(Before::Cut) => {
            scissors.cut_after(0);
            return status_only(StatusCode::OK);
        }
        Some(Before::ServerError(status)) => {
            return Answer::new(status, "text/html", "<html><body><h1>Bad gateway</h1></body></html>").into_response();
        }
        Some(Before::TooMany) => return server.face.busy(clock::now()).into_response(),
        None => {}
    }
    if sort == Sort::List {
        tokio::time::sleep(plan.slow_page).await;
    }
    let mut answer = server.face.answer(&incoming, clock::now(), &plan);
    if let Some(bad) = server.controls.bad_answer(system, sort) {
        answer = bad.spoil(answer);
    }
    match plan.cut_after {
        Some(AfterCommit::NoAnswer) => scissors.cut_after(0),
        Some(AfterCommit::HalfAnAnswer) => scissors.cut_after(HALF_AN_ANSWER_BYTES),
        None => {}
    }
    answer.into_response()
}
