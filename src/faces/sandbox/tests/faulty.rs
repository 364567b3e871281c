//! Each fault, seen from outside.

use std::time::Duration;

use serde_json::json;

use super::super::{BadAnswer, BadRow, Faults, Options, Scope, System};
use super::client::{Client, pakn, phieu};

async fn with(faults: Faults) -> Client {
    Client::start(Options { faults, ..Options::default() }).await
}

#[tokio::test]
async fn a_gateway_error_did_nothing() {
    let client = with(Faults { server_error: 1.0, ..Faults::off() }).await;
    let answer = client.hotline("POST", "/api/phieu", Some(phieu())).await;
    assert!(matches!(answer.status, 502 | 503), "{}", answer.status);
    assert!(client.sandbox.tickets(System::Hotline).is_empty());
}

#[tokio::test]
async fn a_connection_cut_before_the_commit_did_nothing_and_one_cut_after_did_everything() {
    for (faults, made) in
        [(Faults { cut_before: 1.0, ..Faults::off() }, 0), (Faults { cut_after: 1.0, ..Faults::off() }, 1)]
    {
        let client = with(faults).await;
        let url = format!("{}/api/phieu", client.sandbox.urls().hotline);
        let request = client.http.post(url).header("X-Api-Key", &client.sandbox.credentials().hotline_key);
        let answer = request.body(phieu().to_string()).send().await;
        let seen = match answer {
            Ok(response) => response.text().await.is_err(),
            Err(_) => true,
        };
        assert!(seen, "the caller got a whole answer");
        assert_eq!(client.sandbox.tickets(System::Hotline).len(), made);
    }
}

#[tokio::test]
async fn too_many_requests_say_how_long_to_wait() {
    let mut client = with(Faults { too_many: 1.0, ..Faults::off() }).await;
    let hotline = client.hotline("GET", "/api/phieu", None).await;
    assert_eq!((hotline.status, hotline.retry_after.as_deref()), (429, Some("1")));
    let portal = client.portal_raw(&json!({ "username": "x" })).await.unwrap();
    assert_eq!((portal.status, portal.retry_after.as_deref()), (200, Some("1")));
    assert_eq!(portal.json()["error_code"], "02");
    assert_eq!(client.legal("<p:KiemTraRequest/>").await.status, 429);
    client.sandbox.set_faults(Faults::off());
    assert_eq!(client.login().await["error_code"], 0);
}

#[tokio::test]
async fn an_expired_session_did_nothing() {
    let mut client = Client::quiet().await;
    client.login().await;
    client.sandbox.set_faults(Faults { expired_session: 1.0, ..Faults::off() });
    let answer = client.portal("DongBoPAKN", json!({ "isUpdating": "False", "data": [pakn()] })).await;
    assert_eq!(answer["error_code"], "01");
    assert!(client.sandbox.tickets(System::Portal).is_empty());
}

#[tokio::test]
async fn with_list_lag_a_new_ticket_is_read_before_it_is_listed() {
    let client = with(Faults { list_lag: Duration::from_secs(3600), ..Faults::off() }).await;
    let mut document = phieu();
    document["MaThamChieu"] = json!("R-1");
    client.hotline("POST", "/api/phieu", Some(document)).await;
    assert_eq!(client.hotline("GET", "/api/phieu", None).await.json()["TongSo"], 0);
    assert_eq!(client.hotline("GET", "/api/phieu?MaThamChieu=R-1", None).await.json()["TongSo"], 0);
    assert_eq!(client.hotline("GET", "/api/phieu/100001", None).await.status, 200);
}

#[tokio::test]
async fn pages_show_rows_twice_and_in_another_order() {
    let client = Client::quiet().await;
    for _ in 0..4 {
        client.sandbox.person_creates(System::Hotline, "feedback", &[]);
    }
    let ids = |body: &serde_json::Value| -> Vec<u64> {
        body["DanhSachKetQua"].as_array().unwrap().iter().map(|row| row["Id"].as_u64().unwrap()).collect()
    };
    client.sandbox.set_faults(Faults { duplicated_rows: 1.0, ..Faults::off() });
    let doubled = ids(&client.hotline("GET", "/api/phieu", None).await.json());
    assert_eq!(doubled.len(), 5);
    client.sandbox.set_faults(Faults { reordered_pages: 1.0, ..Faults::off() });
    let mut moved = ids(&client.hotline("GET", "/api/phieu", None).await.json());
    assert!(!moved.is_sorted());
    moved.sort_unstable();
    assert_eq!(moved, [100_001, 100_002, 100_003, 100_004]);
}

#[tokio::test]
async fn latency_and_slow_pages_take_their_time() {
    let patient = Duration::from_millis(30);
    let client = with(Faults { slow_page: 1.0, slow_page_takes: patient, ..Faults::off() }).await;
    let watch = crate::words::clock::Stopwatch::start();
    client.hotline("GET", "/api/phieu", None).await;
    assert!(watch.elapsed() >= patient);
}

#[tokio::test]
async fn bad_answers_are_as_bad_as_they_say() {
    let mut client = Client::quiet().await;
    client.login().await;
    let id = client.sandbox.person_creates(System::Portal, "feedback", &[]);
    let get =
        json!({ "session": client.session(), "madonvi": "000.00.00.H19", "service": "ChiTietPAKN", "MaPAKN": id });
    for bad in [
        BadAnswer::HtmlWithStatus200,
        BadAnswer::Truncated,
        BadAnswer::InvalidUtf8,
        BadAnswer::EntityBomb,
        BadAnswer::DeepNesting,
        BadAnswer::Empty,
    ] {
        client.sandbox.set_bad_answer(System::Portal, Some((bad, Scope::Reads)));
        let url = format!("{}/api", client.sandbox.urls().portal);
        let response = client.http.post(url).body(get.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let bytes = response.bytes().await.unwrap();
        assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_err(), "{bad:?}");
    }
    client.sandbox.set_bad_answer(System::Portal, None);
    assert_eq!(client.portal_raw(&get).await.unwrap().json()["error_code"], "00");
}

#[tokio::test]
async fn a_huge_answer_is_100_megabytes() {
    let client = Client::quiet().await;
    client.sandbox.set_bad_answer(System::Hotline, Some((BadAnswer::Huge, Scope::Lists)));
    let url = format!("{}/api/phieu", client.sandbox.urls().hotline);
    let request = client.http.get(url).header("X-Api-Key", &client.sandbox.credentials().hotline_key);
    let mut response = request.send().await.unwrap();
    let mut total = 0;
    while let Some(piece) = response.chunk().await.unwrap() {
        total += piece.len();
    }
    assert!(total > 99_000_000, "{total}");
}

#[tokio::test]
async fn endless_pages_repeat_and_promise_more() {
    let mut client = Client::quiet().await;
    for system in System::ALL {
        client.sandbox.person_creates(system, "legal_text", &[]);
        client.sandbox.set_bad_answer(system, Some((BadAnswer::EndlessPages, Scope::All)));
    }
    let far = client.hotline("GET", "/api/phieu?Trang=1000", None).await.json();
    assert_eq!(far["DanhSachKetQua"].as_array().unwrap().len(), 1);
    let far = client.portal("DanhSachPAKNChoXuLy", json!({ "ViTri": 5000 })).await;
    assert_eq!(far["data"].as_array().unwrap().len(), 1);
    assert!(client.legal("<p:DanhSachRequest/>").await.text.contains("TrangSau"));
}

#[tokio::test]
async fn a_bad_row_leaves_the_others_good() {
    let mut client = Client::quiet().await;
    let [bad, good] = [0, 1].map(|_| client.sandbox.person_creates(System::Portal, "feedback", &[]));
    let get = |id: &str| json!({ "MaPAKN": id });
    let before = client.portal("ChiTietPAKN", get(&bad)).await["data"][0].clone();
    for row in [BadRow::UnknownCode, BadRow::AbsurdDate, BadRow::MissingField, BadRow::ExtraField, BadRow::WrongType] {
        client.sandbox.set_bad_row(System::Portal, &bad, Some(row));
        assert_ne!(client.portal("ChiTietPAKN", get(&bad)).await["data"][0], before, "{row:?}");
    }
    let other = client.portal("ChiTietPAKN", get(&good)).await["data"][0].clone();
    assert!(other["NoiDung"].is_string() && other["TieuDe"].is_string());
    client.sandbox.set_bad_row(System::Portal, &bad, None);
    assert_eq!(client.portal("ChiTietPAKN", get(&bad)).await["data"][0], before);
}
