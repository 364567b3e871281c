//! The two remote systems of the benchmark, in a process of their own: a province that has tickets, and a portal that takes
//! them after a set time. They keep what they were sent, and forget nothing.

use std::io::BufRead as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use pakn_bridge::words::clock::now;
use serde::Deserialize;

/// Tickets of one page.
const PAGE: usize = 1_000;

/// What a system has and was sent.
#[derive(Default)]
struct System {
    /// Its own tickets: the microsecond of their last change, and the ticket as JSON; oldest first.
    tickets: Mutex<Vec<(i64, String)>>,
    /// Bodies of the creates that it took.
    taken: Mutex<Vec<Bytes>>,
    /// How long a create takes.
    takes: Duration,
}

#[derive(Deserialize)]
struct Asked {
    since: Option<String>,
    page: Option<usize>,
    r#ref: Option<String>,
}

/// Runs both systems until stdin ends. Says their addresses in one line.
pub async fn serve(tickets: usize, takes: Duration) {
    let province = System { tickets: Mutex::new((0..tickets).map(ticket).collect()), ..System::default() };
    let portal = System { takes, ..System::default() };
    let addresses = [start(province).await, start(portal).await];
    println!("{} {}", addresses[0], addresses[1]);
    tokio::task::spawn_blocking(|| std::io::stdin().lock().lines().count()).await.unwrap();
}

async fn start(system: System) -> String {
    let router = Router::new()
        .route("/tickets", get(list).post(create))
        .route("/tickets/{id}", get(show))
        .route("/taken", get(taken))
        .route("/count", get(count))
        .route("/more", post(more))
        .with_state(Arc::new(system));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

async fn list(State(system): State<Arc<System>>, Query(asked): Query<Asked>) -> impl IntoResponse {
    let since = asked.since.filter(|since| !since.is_empty());
    let since =
        since.map_or(i64::MIN, |since| since.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros());
    let tickets = system.tickets.lock().unwrap_or_else(PoisonError::into_inner);
    let shown = &tickets[tickets.partition_point(|(changed, _)| *changed < since)..];
    let shown = if asked.r#ref.is_some() { &[] } else { shown };
    let from = ((asked.page.unwrap_or(1) - 1) * PAGE).min(shown.len());
    let page: Vec<&str> = shown[from..].iter().take(PAGE).map(|(_, json)| json.as_str()).collect();
    json(format!(r#"{{"total":{},"rows":[{}]}}"#, shown.len(), page.join(",")))
}

/// One ticket: its number is its place.
async fn show(State(system): State<Arc<System>>, Path(id): Path<usize>) -> impl IntoResponse {
    let tickets = system.tickets.lock().unwrap_or_else(PoisonError::into_inner);
    json(tickets[id].1.clone())
}

/// Takes a ticket and shows it as it now has it.
async fn create(State(system): State<Arc<System>>, body: Bytes) -> impl IntoResponse {
    if !system.takes.is_zero() {
        tokio::time::sleep(system.takes).await;
    }
    let id = {
        let mut taken = system.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.push(body.clone());
        taken.len()
    };
    let members = std::str::from_utf8(&body).unwrap().strip_prefix('{').unwrap();
    let at = "2026-11-23T08:00:00Z";
    json(format!(r#"{{"ticket":{{"id":{id},"version":1,"created":"{at}","changed":"{at}",{members}}}"#))
}

/// The bodies that it took, a line each.
async fn taken(State(system): State<Arc<System>>) -> Vec<u8> {
    let mut taken = system.taken.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *taken).join(&b'\n')
}

/// How many it took since.
async fn count(State(system): State<Arc<System>>) -> String {
    system.taken.lock().unwrap_or_else(PoisonError::into_inner).len().to_string()
}

/// Makes as many new tickets as the body says, of this moment.
async fn more(State(system): State<Arc<System>>, body: String) {
    let mut tickets = system.tickets.lock().unwrap_or_else(PoisonError::into_inner);
    let first = tickets.len();
    tickets.extend((first..first + body.parse::<usize>().unwrap()).map(ticket));
}

fn json(body: String) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], body)
}

/// A ticket of 1.2 KB.
fn ticket(number: usize) -> (i64, String) {
    let changed = now();
    let text = "Hơn hai tuần nay rác sinh hoạt dồn ở đầu hẻm không được thu gom, nước rỉ chảy ra lòng đường, mùi hôi thối. \
                Đề nghị đơn vị vệ sinh môi trường xử lý sớm, lắp thêm thùng rác và báo lại cho tổ dân phố. ";
    let json = format!(
        r#"{{"id":{number},"version":1,"created":"2026-11-20T08:15:30Z","changed":"{}","number":"1022/DN/26/{number:07}","subject":"Rác thải tràn ra lòng đường tại hẻm {number}, ấp Bình Hòa","content":"Kính gửi cơ quan chức năng, {text}{text}","submitter":{{"name":"Nguyễn Thị Thanh Hương","phone":"0912345678","email":"huong.{number}@example.vn","address":"Số {number}, tổ 3, ấp Bình Hòa","citizen_id":"075190001234"}},"agency":"H19.12","status":1,"received":"2026-11-20T08:15:30+07:00","due":"20261204170000","dossier":"HS-26-{number}","after_hours":"False"}}"#,
        changed.to_rfc3339()
    );
    (changed.timestamp_micros(), json)
}
