//! A gateway before one system of the sandbox: passes everything on, except what the test takes into its own hands.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use pakn_bridge::pure::encoding::Encoding;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::harness::client;

/// Largest body that is passed on, bytes.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// A request on its way.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether the body tells this.
    pub(crate) fn tells(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }
}

/// What the gateway does with a request.
pub(crate) enum Act {
    /// Passes it on, and its answer back.
    Pass,
    /// Passes it on, and never tells the answer.
    Swallow,
    /// Passes on this body in place of the one that came.
    PassAs(Bytes),
    /// Passes it on, and the answer back as XML that is made of it.
    TellAs(fn(&[u8]) -> String),
    /// Answers by itself: status and JSON.
    Answer(u16, &'static str),
    /// Passes this on first, as a network does that doubles, and then what was asked.
    Twice(Bytes),
    /// Gives up at once, and passes this on so much later.
    Late(Duration, Bytes),
}

type Rule = Arc<dyn Fn(&Asked) -> Act + Send + Sync>;

/// An answer that was passed back.
pub(crate) struct Passed {
    /// Its content type.
    pub(crate) kind: String,
    pub(crate) body: Bytes,
}

type Kept = Arc<Mutex<Vec<Passed>>>;

/// What every exchange goes by.
#[derive(Clone)]
struct Gate {
    rule: Rule,
    url: String,
    client: reqwest::Client,
    passed: Kept,
    /// In which bytes documents go on this side; the system itself speaks UTF-8.
    speaks: Encoding,
    late: Late,
}

/// What is still on its way.
type Late = Arc<Mutex<JoinSet<()>>>;

/// A running gateway.
pub(crate) struct Front {
    pub(crate) url: String,
    /// Every answer that was passed back, in order.
    pub(crate) passed: Kept,
    late: Late,
    task: JoinHandle<()>,
}

impl Front {
    /// A gateway before `url`.
    pub(crate) async fn before(url: &str, rule: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        Self::speaking(Encoding::Utf8, url, rule).await
    }

    /// A gateway that makes of `url` a system whose documents are in an older encoding.
    pub(crate) async fn speaking(
        speaks: Encoding,
        url: &str,
        rule: impl Fn(&Asked) -> Act + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let (rule, passed): (Rule, Kept) = (Arc::new(rule), Kept::default());
        let late = Late::default();
        let gate = Gate {
            rule,
            url: url.to_owned(),
            client: client(),
            passed: Arc::clone(&passed),
            speaks,
            late: Arc::clone(&late),
        };
        let app = Router::new().fallback(pass).with_state(gate);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url: own, passed, late, task }
    }

    /// Waits until everything that was late has arrived.
    pub(crate) async fn all_delivered(&self) {
        let late = std::mem::take(&mut *self.late.lock().unwrap());
        late.join_all().await;
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Whether a body of this content type is a document.
fn is_document(kind: &str) -> bool {
    kind.contains("json") || kind.contains("xml")
}

/// A request's document as the system reads it: it must be what its content type and its declaration say.
fn understood(speaks: Encoding, kind: &str, body: &[u8]) -> Bytes {
    let said = format!("charset={}", speaks.label());
    assert!(kind.to_ascii_lowercase().contains(&said.to_ascii_lowercase()), "{kind}");
    let text = speaks.decode(body).unwrap().replace(speaks.label(), "UTF-8");
    Bytes::from(text)
}

/// An answer's document as such a system writes it.
fn told(speaks: Encoding, body: &[u8]) -> Bytes {
    let text = std::str::from_utf8(body).unwrap().replacen("UTF-8", speaks.label(), 1);
    Bytes::from(speaks.encode(&text).unwrap().into_owned())
}

async fn pass(State(gate): State<Gate>, request: Request) -> Response {
    let Gate { rule, url, client, passed, speaks, late } = gate;
    let (parts, body) = request.into_parts();
    let mut body = to_bytes(body, MAX_BYTES).await.unwrap();
    let kind = parts.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if speaks != Encoding::Utf8 && is_document(kind) {
        body = understood(speaks, kind, &body);
    }
    let asked = Asked {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body,
    };
    let act = rule(&asked);
    let sent = if let Act::PassAs(body) = &act { body.clone() } else { asked.body };
    if let Act::Answer(status, text) = act {
        return respond(status, "application/json", Bytes::from_static(text.as_bytes()));
    }
    let mut headers = parts.headers;
    headers.remove("host");
    // Of the bytes as they came.
    headers.remove("content-length");
    let request = |body: Bytes| {
        client.request(asked.method.clone(), format!("{url}{}", parts.uri)).headers(headers.clone()).body(body)
    };
    match &act {
        Act::Twice(body) => drop(request(body.clone()).send().await),
        Act::Late(wait, body) => {
            let (wait, request) = (*wait, request(body.clone()));
            late.lock().unwrap().spawn(async move {
                tokio::time::sleep(wait).await;
                drop(request.send().await);
            });
            return respond(504, "text/plain", Bytes::new());
        }
        Act::Pass | Act::Swallow | Act::PassAs(_) | Act::TellAs(_) | Act::Answer(..) => {}
    }
    let sent = request(sent).send();
    let Ok(answer) = sent.await else { return respond(502, "text/plain", Bytes::new()) };
    if matches!(act, Act::Swallow) {
        std::future::pending::<()>().await;
    }
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("").to_owned();
    let status = answer.status().as_u16();
    if let Act::TellAs(told) = act {
        return respond(status, "text/xml", Bytes::from(told(&answer.bytes().await.unwrap_or_default())));
    }
    let mut body = answer.bytes().await.unwrap_or_default();
    if speaks != Encoding::Utf8 && is_document(&kind) {
        body = told(speaks, &body);
    }
    passed.lock().unwrap().push(Passed { kind: kind.clone(), body: body.clone() });
    respond(status, &kind, body)
}

fn respond(status: u16, kind: &str, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    if let Ok(kind) = kind.parse() {
        response.headers_mut().insert("content-type", kind);
    }
    response
}
