//! A real ticket system that nobody here wrote, as the province side: Roundup, installed, configured and started by the
//! tests, spoken to over its own REST interface. What it promises is held here; `docs/roundup-rest.md` tells it in words.

mod bridged;
mod connected;
mod person;
mod tracker;

use serde_json::json;

use person::Reply;
use tracker::Tracker;

#[tokio::test]
async fn the_tracker_knows_people_and_refuses_strangers() {
    let tracker = Tracker::start().await;
    let me = tracker.bridge().get("/data/user?username=bridge&@fields=username&@verbose=0").await;
    assert_eq!(me.json["data"]["collection"][0]["username"], "bridge");
    assert_eq!(tracker.person("an", "wrong").get("/data/status").await.status, 401);
    assert_eq!(tracker.nobody().get("/data/status").await.status, 403);
}

#[tokio::test]
async fn a_second_create_with_one_reference_is_refused_even_at_the_same_time() {
    let tracker = Tracker::start().await;
    let bridge = tracker.bridge();
    let ticket = json!({ "title": "Đường hỏng", "ext_id": "pb-1", "status": "moi" });
    let answers = futures_util::future::join_all((0..6).map(|_| bridge.post("/data/issue", &ticket))).await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    let doubles: Vec<_> = answers.iter().filter(|answer| answer.status == 409).collect();
    assert_eq!((created, doubles.len()), (1, 5));
    for double in doubles {
        assert_eq!(double.says(), "node with key \"pb-1\" exists");
    }
    let found = bridge.get("/data/issue?ext_id%3A=pb-1&@fields=ext_id&@verbose=0").await;
    assert_eq!(found.json["data"]["@total_size"], 1);
}

#[tokio::test]
async fn a_write_needs_the_etag_of_what_was_read() {
    let tracker = Tracker::start().await;
    let an = tracker.an();
    let id = an.create(json!({ "title": "Rác", "body": "Chưa thu gom", "status": "moi" })).await;
    let path = format!("/data/issue/{id}");
    let etag = an.get(&path).await.etag();
    assert_eq!(an.patch(&path, None, &json!({ "title": "x" })).await.status, 412);
    assert_eq!(an.patch(&path, Some(&etag), &json!({ "title": "Rác thải" })).await.status, 200);
    assert_eq!(an.patch(&path, Some(&etag), &json!({ "title": "y" })).await.status, 412);
    assert_eq!(an.ticket(&id).await["title"], "Rác thải");
}

#[tokio::test]
async fn a_post_once_link_is_used_up_by_its_first_use() {
    let tracker = Tracker::start().await;
    let bridge = tracker.bridge();
    let answer = bridge.post("/data/issue/@poe", &json!({})).await;
    let link = answer.json["data"]["link"].as_str().unwrap().split_once("/rest").unwrap().1.to_owned();
    let ticket = json!({ "title": "Ngập", "ext_id": "pb-2", "status": "moi" });
    assert_eq!(bridge.post(&link, &ticket).await.status, 201);
    let again = bridge.post(&link, &ticket).await;
    assert_eq!(again.status, 400);
    assert!(again.says().starts_with("POE token '"), "{}", again.says());
}

#[tokio::test]
async fn a_thread_and_its_files_are_read_by_one_call_each() {
    let tracker = Tracker::start().await;
    let an = tracker.an();
    let id = an.create(json!({ "title": "Đèn đường", "status": "moi" })).await;
    an.reply(&id, "Đã chuyển đơn vị xử lý.").await;
    an.reply(&id, "Đã thay bóng.").await;
    let photo = [0x89, b'P', b'N', b'G', 0, 0xff, b'\r', b'\n'];
    let file = an.attach(&id, "ảnh đèn.png", "image/png", &photo).await;
    let expected = ["Đã chuyển đơn vị xử lý.", "Đã thay bóng."].map(|text| Reply {
        text: text.to_owned(),
        author: "an".to_owned(),
        reference: None,
    });
    assert_eq!(an.thread(&id).await, expected);
    assert_eq!(an.files(&id).await, [(file.clone(), "ảnh đèn.png".to_owned(), "image/png".to_owned())]);
    assert_eq!(an.download(&file).await, photo);
}

#[tokio::test]
async fn a_message_without_an_author_cannot_be_linked() {
    let tracker = Tracker::start().await;
    let an = tracker.an();
    let id = an.create(json!({ "title": "Cây đổ", "status": "moi" })).await;
    let message = an.post("/data/msg", &json!({ "content": "không tác giả" })).await.new_id();
    let path = format!("/data/issue/{id}");
    let etag = an.get(&path).await.etag();
    let linked = an.patch(&path, Some(&etag), &json!({ "@op": "add", "messages": [message] })).await;
    assert_eq!((linked.status, linked.says()), (409, "no such user None".to_owned()));
}

#[tokio::test]
async fn a_retired_ticket_still_answers_but_is_in_no_list() {
    let tracker = Tracker::start().await;
    let an = tracker.an();
    let id = an.create(json!({ "title": "Nhầm", "status": "moi" })).await;
    an.retire(&id).await;
    assert_eq!(an.get(&format!("/data/issue/{id}")).await.status, 200);
    let listed = an.get(&format!("/data/issue?id={id}&@fields=ext_id&@verbose=0")).await;
    assert_eq!(listed.json["data"]["@total_size"], 0);
    assert!(an.tickets().await.is_empty());
}

#[tokio::test]
async fn too_many_calls_are_told_how_long_to_wait() {
    let tracker = Tracker::start_with(&[("api_calls_per_interval", "2"), ("api_interval_in_sec", "60")]).await;
    let bridge = tracker.bridge();
    let mut last = bridge.get("/data/status").await;
    for _ in 0..3 {
        last = bridge.get("/data/status").await;
    }
    assert_eq!((last.status, last.retry_after.as_deref()), (429, Some("30")));
}
