//! Webhooks: systems tell by themselves that tickets changed. What they tell is kept before they are answered, and is only
//! a hint: the tickets are read, and nothing else of it counts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use chrono::TimeDelta;
use tokio::sync::{Notify, watch};

use crate::doors::store::{Noted, Notice, Store};
use crate::pure::exchange::{NoticeFault, notice};
use crate::pure::mapping::Mapping;
use crate::words::clock::now;
use crate::words::limits::MAX_NOTICE_BYTES;
use crate::words::side::SystemName;
use crate::words::stops::{self, Stop};

/// For the whole of a notice to come.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// When one that found no room may come again, seconds.
const RETRY_AFTER: u64 = 30;

/// What the listener works with.
#[derive(Clone)]
pub struct Hooks {
    /// Where notices are kept.
    pub store: Arc<dyn Store>,
    /// The mappings in force.
    pub mappings: watch::Receiver<BTreeMap<SystemName, Arc<Mapping>>>,
    /// Told of each notice that was kept.
    pub hinted: Arc<Notify>,
    /// Most tickets that wait to be read.
    pub queue: u32,
}

/// Takes notices at `/hooks/SYSTEM`, for systems whose mapping declares how they tell.
pub fn router(hooks: Hooks) -> Router {
    Router::new().route("/hooks/{system}", post(take)).with_state(Arc::new(hooks))
}

async fn take(State(hooks): State<Arc<Hooks>>, Path(system): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let system = SystemName(system);
    let mapping = hooks.mappings.borrow().get(&system).cloned();
    let Some((mapping, hook)) = mapping.as_ref().and_then(|mapping| Some((mapping, mapping.hook.as_ref()?))) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(body) = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_NOTICE_BYTES)).await else {
        return StatusCode::REQUEST_TIMEOUT.into_response();
    };
    let Ok(body) = body else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let at = now();
    let told = match notice(mapping, hook, &headers, &body, at) {
        Ok(told) => told,
        Err(fault) => {
            tracing::debug!(%system, %fault, "a notice was not taken");
            let status = match fault {
                NoticeFault::Unsigned | NoticeFault::NotYoung => StatusCode::UNAUTHORIZED,
                NoticeFault::Unreadable => StatusCode::UNPROCESSABLE_ENTITY,
            };
            return status.into_response();
        }
    };
    // One that came from the future may come again until it is too old.
    let remembered = TimeDelta::from_std(hook.window * 2).unwrap_or(TimeDelta::MAX);
    let kept = Notice {
        system: system.clone(),
        ids: told.ids,
        proof: told.proof,
        at,
        forget_before: at.checked_sub_signed(remembered).unwrap_or(at),
    };
    match hooks.store.note(&kept, hooks.queue).await {
        Ok(Noted::New) => {
            stops::at(Stop::HintKept);
            hooks.hinted.notify_one();
            tracing::debug!(%system, tickets = kept.ids.len(), "a system told of tickets");
            StatusCode::ACCEPTED.into_response()
        }
        // Its first answer may have been lost.
        Ok(Noted::Before) => StatusCode::ACCEPTED.into_response(),
        Ok(Noted::Full) => later(),
        Err(error) => {
            tracing::warn!(%system, %error, "a notice could not be kept");
            later()
        }
    }
}

fn later() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER.to_string())]).into_response()
}
