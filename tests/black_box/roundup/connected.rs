//! The HTTP connector and `mappings/roundup.toml` against the real tracker: every verb, and the verdicts that only a
//! real system gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use pakn_bridge::doors::connector::declared::{CallOptions, DeclaredRemote};
use pakn_bridge::doors::connector::{ListFrom, Remote, Shown, SpooledFile, Target, Write};
use pakn_bridge::pure::mapping;
use pakn_bridge::words::outcome::{Ack, Outcome};
use pakn_bridge::words::record::{Dates, Reading};
use pakn_bridge::words::side::{Reference, RemoteId, SystemName, Version};
use pakn_bridge::words::ticket::{Field, RecordKind};
use pakn_bridge::words::value::Value;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::tracker::{PASSWORD, Tracker};

fn connect(tracker: &Tracker, password: &str) -> DeclaredRemote {
    crate::harness::client();
    let settings = [
        ("url", tracker.url()),
        ("origin", tracker.origin()),
        ("username", "bridge".to_owned()),
        ("password", password.to_owned()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value)).into();
    let text = std::fs::read_to_string(crate::harness::mapping("roundup.toml")).unwrap();
    let mapping = mapping::load("roundup.toml", &text, &settings, mapping::NOTHING_BESIDE).unwrap();
    DeclaredRemote::new(SystemName("hotline".to_owned()), Arc::new(mapping), &CallOptions::default()).unwrap()
}

fn write(kind: RecordKind, reference: &str, fields: &[(&'static str, Option<Value>)]) -> Write {
    Write {
        kind,
        target: Target::New,
        parent: None,
        version: None,
        reference: Reference(reference.to_owned()),
        key: format!("{reference}/1"),
        intended_at: "2026-11-23T05:00:00Z".parse().unwrap(),
        fields: fields.iter().map(|(name, value)| (Field::fixed(name), value.clone())).collect(),
        dates: Dates::NONE,
        file: None,
        captures: BTreeMap::new(),
        begin_by: None,
    }
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

fn code(text: &str) -> Option<Value> {
    Some(Value::Code(text.into()))
}

async fn read(remote: &DeclaredRemote, id: &RemoteId) -> Reading {
    match remote.get(id).await.unwrap() {
        Shown::Ticket(reading) => *reading,
        other => panic!("{other:?}"),
    }
}

fn acked(outcome: Outcome) -> Ack {
    match outcome {
        Outcome::Acked(ack) => ack,
        other => panic!("{other:?}"),
    }
}

fn new_ticket() -> Write {
    let fields = [
        ("subject", text("Đường “Đồng Khởi” hỏng")),
        ("content", text("Ổ gà\nở trước nhà <số 12> & 14")),
        ("kind", code("feedback")),
        ("status", code("received")),
        ("submitter_phone", text("+84912345678")),
        (
            "co_agencies",
            Some(Value::List(vec![Value::Code("000.00.03.H19".into()), Value::Code("000.00.05.H19".into())])),
        ),
        ("place_date", Some(Value::Date("2026-11-20".parse().unwrap()))),
        ("received_at", Some(Value::Instant("2026-11-20T08:15:00Z".parse().unwrap()))),
        ("after_hours", Some(Value::Boolean(true))),
    ];
    write(RecordKind::Ticket, "pb-000001", &fields)
}

#[tokio::test]
async fn the_login_check_tells_a_good_password_from_a_bad_one() {
    let tracker = Tracker::start().await;
    connect(&tracker, PASSWORD).check().await.unwrap();
    connect(&tracker, "wrong").check().await.unwrap_err();
}

#[tokio::test]
async fn what_is_created_is_found_and_read_back_as_it_was_written() {
    let tracker = Tracker::start().await;
    let remote = connect(&tracker, PASSWORD);
    let wanted = new_ticket();
    let id = acked(remote.write(&wanted).await).id.unwrap();
    assert_eq!(remote.find(&wanted.reference).await.unwrap(), std::slice::from_ref(&id));
    assert_eq!(remote.find(&Reference("pb-0000".to_owned())).await.unwrap(), []);

    let reading = read(&remote, &id).await;
    assert_eq!(reading.reference, Some(wanted.reference.clone()));
    assert!(reading.version.is_some() && reading.identity.is_some() && reading.changed.is_some());
    for (field, value) in &wanted.fields {
        assert_eq!(reading.value(field), value.as_ref(), "{field}");
    }
    assert_eq!(reading.value(&Field::fixed("dossier")), None);
    match remote.write(&wanted).await {
        Outcome::Exists { .. } => {}
        other => panic!("a double must be refused by the key: {other:?}"),
    }
}

#[tokio::test]
async fn an_update_changes_only_what_it_names_and_a_stale_one_nothing() {
    let tracker = Tracker::start().await;
    let remote = connect(&tracker, PASSWORD);
    let id = acked(remote.write(&new_ticket()).await).id.unwrap();
    let before = read(&remote, &id).await;
    let changes = [("subject", text("Đường hỏng nặng")), ("submitter_phone", None), ("status", code("in_progress"))];
    let mut update = write(RecordKind::Ticket, "pb-000001", &changes);
    update.target = Target::Existing(id.clone());
    update.version = before.version.clone();
    acked(remote.write(&update).await);

    let after = read(&remote, &id).await;
    let expected = |field: &Field| update.fields.get(field).cloned().unwrap_or_else(|| before.value(field).cloned());
    for field in before.cells.keys() {
        assert_eq!(after.value(field), expected(field).as_ref(), "{field}");
    }
    assert!(matches!(remote.write(&update).await, Outcome::Conflict { .. }));
    update.version = Some(Version("\"0123\"".to_owned()));
    assert!(matches!(remote.write(&update).await, Outcome::Conflict { .. }));
}

#[tokio::test]
async fn replies_and_files_are_children_with_our_reference() {
    let tracker = Tracker::start().await;
    let remote = connect(&tracker, PASSWORD);
    let an = tracker.an();
    let id = an.create(json!({ "title": "Đèn đường", "body": "Không sáng", "kind": "PAKN", "status": "moi" })).await;
    an.reply(&id, "Đã chuyển.").await;
    let id = RemoteId(id);

    let at = Value::Instant("2026-11-23T05:00:00Z".parse().unwrap());
    let mut reply = write(RecordKind::Reply, "pb-r1", &[("text", text("Bộ đã ghi nhận.")), ("at", Some(at.clone()))]);
    reply.parent = Some(id.clone());
    reply.version = read(&remote, &id).await.version;
    an.edit(id.as_str(), &json!({ "title": "Đèn đường tắt" })).await;
    assert!(matches!(remote.write(&reply).await, Outcome::Conflict { .. }), "the ticket moved: nothing is hung on it");
    assert_eq!(an.thread(id.as_str()).await.len(), 1);
    reply.version = read(&remote, &id).await.version;
    acked(remote.write(&reply).await);

    let folder = tempfile::tempdir().unwrap();
    let bytes = [0x89, b'P', b'N', b'G', 0, 0xff, b'\r', b'\n'];
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let spooled = SpooledFile { path, size: bytes.len() as u64, sha256: sha256.clone() };
    let mut file =
        write(RecordKind::Attachment, "pb-f1", &[("name", text("ảnh đèn.png")), ("type", text("image/png"))]);
    file.parent = Some(id.clone());
    file.version = read(&remote, &id).await.version;
    file.file = Some(spooled);
    acked(remote.write(&file).await);

    let reading = read(&remote, &id).await;
    let [theirs, ours] = reading.children(RecordKind::Reply) else { panic!("{reading:#?}") };
    assert_eq!((theirs.reference.clone(), ours.reference.clone()), (None, Some(reply.reference.clone())));
    assert_eq!(ours.value(&Field::fixed("text")), text("Bộ đã ghi nhận.").as_ref());
    assert_eq!(ours.value(&Field::fixed("at")), Some(&at));
    let [document] = reading.children(RecordKind::Attachment) else { panic!("{reading:#?}") };
    assert_eq!(document.reference, Some(file.reference.clone()));
    assert_eq!(document.value(&Field::fixed("name")), text("ảnh đèn.png").as_ref());
    let fetched = remote.download(document, folder.path(), 1024).await.unwrap();
    assert_eq!((fetched.size, fetched.sha256), (bytes.len() as u64, sha256));
    remote.download(document, folder.path(), 4).await.unwrap_err();
}

#[tokio::test]
async fn a_listing_shows_every_change_once_over_several_pages() {
    let tracker = Tracker::start().await;
    let remote = connect(&tracker, PASSWORD);
    let an = tracker.an();
    for nth in 0..7 {
        an.create(json!({ "title": format!("Phiếu {nth}"), "status": "moi" })).await;
    }
    let page = remote.changes(&ListFrom::default(), None).await.unwrap();
    assert_eq!((page.rows.len(), page.next), (7, None));
    let last = page.rows.iter().filter_map(|row| row.changed).max();
    let again = remote.changes(&ListFrom { since: last }, None).await.unwrap();
    assert!(!again.rows.is_empty(), "since is inclusive");
    let later = last.map(|at| at + chrono::TimeDelta::hours(1));
    assert!(remote.changes(&ListFrom { since: later }, None).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn a_ticket_that_is_not_there_is_gone_and_an_unknown_code_is_named() {
    let tracker = Tracker::start().await;
    let remote = connect(&tracker, PASSWORD);
    assert_eq!(remote.get(&RemoteId("999".to_owned())).await.unwrap(), Shown::Gone);
    let id = tracker.an().create(json!({ "title": "x", "kind": "LẠ", "status": "moi" })).await;
    match remote.get(&RemoteId(id)).await.unwrap() {
        Shown::Unreadable { reason } => assert!(reason.contains("LẠ") && reason.contains("kind"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_hit_that_cannot_be_read_is_not_taken_for_not_found() {
    let tracker = Tracker::start().await;
    let remote = connect(&tracker, PASSWORD);
    let ticket = new_ticket();
    let id = acked(remote.write(&ticket).await).id.unwrap();
    tracker.an().edit(&id.0, &json!({ "kind": "LẠ" })).await;
    remote.find(&ticket.reference).await.unwrap_err();
}
