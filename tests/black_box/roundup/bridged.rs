//! Roundup as the province side of a bridge, by `mappings/roundup.toml` alone.

use std::collections::BTreeMap;
use std::time::Duration;

use pakn_bridge::faces::sandbox::{ChildKind, Meaning, Options, Sandbox, System};
use serde_json::json;

use super::tracker::{PASSWORD, Tracker};
use crate::bridge::Bridge;
use crate::harness::mapping;

/// Tickets that people file at Roundup, and at the portal.
const UP: usize = 35;
const DOWN: usize = 15;
/// Cycles after which everything must have crossed.
const MOST_CYCLES: usize = 12;

/// Longest that a daemon may take for a few tickets.
const PATIENCE: Duration = Duration::from_secs(60);

fn bridge_between(tracker: &Tracker, sandbox: &Sandbox) -> Bridge {
    let config = format!(
        r#"
[store]
path = "bridge.db"

[schedule]
sync = "* * * * * *"

[system.hotline]
limit = {{ rate = 0, concurrency = 4, timeout = "20s" }}
mapping = {hotline:?}
[system.hotline.setting]
url = "{}"
origin = "{}"
username = "bridge"
password = {{ env = "TRACKER_PASSWORD" }}

[system.portal]
limit = {{ rate = 0, concurrency = 4, timeout = "20s" }}
mapping = {portal:?}
[system.portal.setting]
url = "{}"
username = "{}"
password = {{ env = "PORTAL_PASSWORD" }}

[[link]]
name = "pakn"
province = "hotline"
national = "portal"
up = [{{ kind = ["feedback"] }}]
down = [{{}}]
[link.owner]
default = "person"
"#,
        tracker.url(),
        tracker.origin(),
        sandbox.urls().portal,
        sandbox.credentials().portal_user,
        hotline = mapping("roundup.toml"),
        portal = mapping("dvcqg.toml"),
    );
    Bridge::new(&config)
        .with_secret("TRACKER_PASSWORD", PASSWORD)
        .with_secret("PORTAL_PASSWORD", &sandbox.credentials().portal_password)
}

/// Cycles until the portal's and the tracker's contents stay as they are.
async fn quiet(tracker: &Tracker, sandbox: &Sandbox, bridge: &Bridge) {
    let mut before = String::new();
    for _ in 0..MOST_CYCLES {
        bridge.run(&["sync", "--wait", "10"]).await.expect(0);
        let portal: Vec<_> =
            sandbox.tickets(System::Portal).iter().map(|ticket| (ticket.id.clone(), ticket.version)).collect();
        let now = format!("{:?} {portal:?}", tracker.an().tickets().await);
        if now == before {
            return;
        }
        before = now;
    }
    panic!("not quiet after {MOST_CYCLES} cycles");
}

#[tokio::test]
async fn fifty_tickets_with_replies_go_both_ways_by_the_mapping_file_alone() {
    let tracker = Tracker::start().await;
    let sandbox = Sandbox::start(Options { people: false, ..Options::default() }).await.unwrap();
    let bridge = bridge_between(&tracker, &sandbox);
    let an = tracker.an();

    let mut filed = BTreeMap::new();
    for nth in 1..=UP {
        let token = format!("1022-{nth:06}");
        let ticket = json!({
            "title": format!("Phản ánh số {nth}: đường “Đồng Khởi” ngập"),
            "body": format!("Nước ngập 40 cm, kính đề nghị xử lý. [Mã ghi âm {token}]"),
            "kind": "PAKN", "channel": "DT", "level": "THUONG", "field": "transport", "status": "moi",
            "sender_name": "Nguyễn Thị Hoà", "sender_phone": "0912345678", "sender_kind": "NGUOIDAN",
            "received": "2026-11-20.01:15:00",
        });
        filed.insert(token, an.create(ticket).await);
    }
    let asked =
        an.create(json!({ "title": "Hỏi giờ làm việc", "body": "?", "kind": "THONGTIN", "status": "moi" })).await;
    let brought: Vec<_> = (0..DOWN).map(|_| sandbox.person_creates(System::Portal, "feedback", &[])).collect();
    quiet(&tracker, &sandbox, &bridge).await;

    // Officers answer on both sides, and one person edits.
    let mut copies = BTreeMap::new();
    for (token, id) in &filed {
        let found = sandbox.with_token(System::Portal, token);
        assert_eq!(found.len(), 1, "{token} on the portal");
        copies.insert(token.clone(), found[0].id.clone());
        an.reply(id, &format!("Đã chuyển Sở Xây dựng ({token}).")).await;
        sandbox.person_replies(System::Portal, &found[0].id, &format!("Bộ đã ghi nhận {token}.")).unwrap();
    }
    let (first_token, first) = filed.first_key_value().unwrap();
    an.edit(first, &json!({ "title": "Đường Đồng Khởi ngập sâu", "status": "dang-xu-ly" })).await;
    let photo = [0x89, b'P', b'N', b'G', 0, 0xff];
    an.attach(first, "ảnh ngập.png", "image/png", &photo).await;
    quiet(&tracker, &sandbox, &bridge).await;

    for (token, id) in &filed {
        let copy = sandbox.ticket(System::Portal, &copies[token]).unwrap();
        assert_eq!(copy.children(ChildKind::Reply).len(), 2, "replies of {token} on the portal");
        let thread: Vec<_> = an.thread(id).await.into_iter().map(|reply| reply.text).collect();
        assert_eq!(thread, [format!("Đã chuyển Sở Xây dựng ({token})."), format!("Bộ đã ghi nhận {token}.")]);
        assert_eq!(copy.words(System::Portal, Meaning::Phone), "+84912345678");
        assert_eq!(copy.words(System::Portal, Meaning::Field), "transport");
    }
    let copy = sandbox.ticket(System::Portal, &copies[first_token]).unwrap();
    assert_eq!(copy.words(System::Portal, Meaning::Subject), "Đường Đồng Khởi ngập sâu");
    assert_eq!(copy.words(System::Portal, Meaning::Status), "in_progress");
    assert_eq!(copy.children(ChildKind::File)[0].bytes.as_deref(), Some(&photo[..]));

    // Everything once: what was filed, what came down, and nothing that does not belong.
    assert_eq!(sandbox.tickets(System::Portal).len(), UP + DOWN);
    let local = an.tickets().await;
    assert_eq!(local.len(), UP + 1 + DOWN);
    for id in &brought {
        let token = sandbox.ticket(System::Portal, id).unwrap().token().unwrap().to_owned();
        let down = local.iter().filter(|ticket| ticket["body"].as_str().is_some_and(|body| body.contains(&token)));
        assert_eq!(down.count(), 1, "{token} at the tracker");
    }
    assert!(an.thread(&asked).await.is_empty());
}

#[tokio::test]
async fn replies_to_a_ticket_that_officers_keep_changing_arrive_once_and_in_order() {
    const REPLIES: usize = 6;
    let tracker = Tracker::start().await;
    let sandbox = Sandbox::start(Options { people: false, ..Options::default() }).await.unwrap();
    let bridge = bridge_between(&tracker, &sandbox);
    let an = tracker.an();
    let theirs = sandbox.person_creates(System::Portal, "feedback", &[]);
    quiet(&tracker, &sandbox, &bridge).await;
    let id = an.tickets().await[0]["id"].as_str().unwrap().to_owned();
    let texts: Vec<String> = (1..=REPLIES).map(|nth| format!("Trả lời lần {nth}.")).collect();
    for text in &texts {
        sandbox.person_replies(System::Portal, &theirs, text).unwrap();
    }
    let done = tokio_util::sync::CancellationToken::new();
    let officers = async {
        let path = format!("/data/issue/{id}");
        for nth in 0.. {
            if done.is_cancelled() {
                return;
            }
            let etag = an.get(&path).await.etag();
            // Whoever comes second loses: here or there.
            an.patch(&path, Some(&etag), &json!({ "title": format!("Phản ánh, sửa lần {nth}") })).await;
        }
    };
    let syncing = async {
        bridge.run(&["sync", "--wait", "3"]).await.expect(0);
        done.cancel();
    };
    tokio::join!(officers, syncing);
    quiet(&tracker, &sandbox, &bridge).await;
    let thread: Vec<_> = an.thread(&id).await.into_iter().map(|reply| reply.text).collect();
    assert_eq!(thread, texts);
}

#[tokio::test]
async fn kill_9_while_tickets_come_down_doubles_nothing_at_the_tracker() {
    let tracker = Tracker::start().await;
    let sandbox = Sandbox::start(Options { people: false, ..Options::default() }).await.unwrap();
    let bridge = bridge_between(&tracker, &sandbox);
    let tokens: Vec<String> = (0..12)
        .map(|_| {
            let id = sandbox.person_creates(System::Portal, "feedback", &[]);
            sandbox.ticket(System::Portal, &id).unwrap().token().unwrap().to_owned()
        })
        .collect();
    for most in [1, 4, 8] {
        let daemon = bridge.start().await;
        let enough = async { while tracker.an().tickets().await.len() < most {} };
        tokio::time::timeout(PATIENCE, enough).await.expect("tickets come down");
        daemon.kill();
    }
    quiet(&tracker, &sandbox, &bridge).await;
    let local = tracker.an().tickets().await;
    assert_eq!(local.len(), tokens.len());
    for token in &tokens {
        let copies = local.iter().filter(|ticket| ticket["body"].as_str().is_some_and(|body| body.contains(token)));
        assert_eq!(copies.count(), 1, "{token}");
    }
}

#[tokio::test]
async fn a_tracker_that_says_wait_is_obeyed_and_gets_everything() {
    let limits = [("api_calls_per_interval", "30"), ("api_interval_in_sec", "6")];
    let tracker = Tracker::start_with(&limits).await;
    let sandbox = Sandbox::start(Options { people: false, ..Options::default() }).await.unwrap();
    let bridge = bridge_between(&tracker, &sandbox);
    for _ in 0..15 {
        sandbox.person_creates(System::Portal, "feedback", &[]);
    }
    for _ in 0..MOST_CYCLES {
        bridge.run(&["sync", "--wait", "10"]).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        if tracker.an().tickets().await.len() == 15 {
            return;
        }
    }
    panic!("{} of 15 came down", tracker.an().tickets().await.len());
}
