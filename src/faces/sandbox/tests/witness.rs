//! The truth logs and the recount: they see what is planted, and nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::super::{Actor, ChildKind, Class, Excluded, Happening, Meaning, Options, Sandbox, System};
use super::client::{Client, got, translated};

#[tokio::test]
async fn a_perfect_copy_counts_clean() {
    let mut client = Client::quiet().await;
    let long = "Đường hỏng ".repeat(40);
    let id = client.sandbox.person_creates(System::Hotline, "feedback", &[(Meaning::Subject, &long)]);
    client.sandbox.person_replies(System::Hotline, &id, "Đã xử lý").unwrap();
    client.sandbox.person_creates(System::Hotline, "service_order", &[]);
    client.copy_up(&id).await;
    let count = client.sandbox.recount(&[]);
    assert!(count.is_clean(), "{:#?}", count.findings);
    assert_eq!((count.tickets, count.selected, count.national, count.pushed_up), (2, 1, 0, 1));
}

#[tokio::test]
async fn a_planted_loss_double_and_stray_are_found() {
    let mut client = Client::quiet().await;
    let lost = client.sandbox.person_creates(System::Hotline, "feedback", &[]);
    let doubled = client.sandbox.person_creates(System::Hotline, "feedback", &[]);
    let order = client.sandbox.person_creates(System::Hotline, "service_order", &[]);
    client.sandbox.person_creates(System::Legal, "legal_text", &[]);
    client.copy_up(&doubled).await;
    client.copy_up(&doubled).await;
    client.copy_up(&order).await;
    let count = client.sandbox.recount(&[]);
    assert_eq!((count.lost, count.duplicated, count.wrongly_sent, count.different), (2, 1, 1, 0));
    assert!(count.findings.iter().any(|finding| finding.class == Class::Lost && finding.ticket == lost));
}

#[tokio::test]
async fn a_planted_difference_is_found_unless_it_waits_for_a_person() {
    let mut client = Client::quiet().await;
    let id = client.sandbox.person_creates(System::Hotline, "feedback", &[]);
    let copy = client.copy_up(&id).await;
    client.sandbox.person_edits(System::Hotline, &id, &[(Meaning::Level, "complex")]).unwrap();
    let count = client.sandbox.recount(&[]);
    assert_eq!((count.different, count.findings[0].what.as_str()), (1, "level"));
    let waits = Excluded { system: System::Portal, ticket: copy, field: Some("level".to_owned()) };
    let count = client.sandbox.recount(&[waits]);
    assert_eq!((count.is_clean(), count.excluded), (true, 1));
}

#[tokio::test]
async fn an_edit_that_was_undone_on_both_sides_is_found() {
    let mut client = Client::quiet().await;
    let id = client.sandbox.person_creates(System::Hotline, "feedback", &[(Meaning::Level, "normal")]);
    client.copy_up(&id).await;
    client.sandbox.person_edits(System::Hotline, &id, &[(Meaning::Level, "complex")]).unwrap();
    // A bridge that takes the copy for newer writes the old value back.
    let back = client.hotline("PATCH", &format!("/api/phieu/{id}?PhienBan=2"), Some(json!({ "MucDo": 1 }))).await;
    assert_eq!(back.status, 200);
    let count = client.sandbox.recount(&[]);
    assert_eq!((count.different, count.findings[0].here.as_str()), (1, "complex"));
}

#[tokio::test]
async fn edits_on_both_sides_at_once_are_told_apart_from_a_lost_edit() {
    let mut client = Client::quiet().await;
    let id = client.sandbox.person_creates(System::Hotline, "feedback", &[(Meaning::Address, "a")]);
    let copy = client.copy_up(&id).await;
    client.sandbox.person_edits(System::Hotline, &id, &[(Meaning::Address, "b")]).unwrap();
    client.sandbox.person_edits(System::Portal, &copy, &[(Meaning::Address, "c")]).unwrap();
    let won = json!({ "DiaChi": "c" });
    assert_eq!(client.hotline("PATCH", &format!("/api/phieu/{id}?PhienBan=2"), Some(won)).await.status, 200);
    let count = client.sandbox.recount(&[]);
    assert!(count.is_clean(), "{:?}", count.findings);
    assert_eq!(count.contested.len(), 1);
}

#[tokio::test]
async fn lost_doubled_and_strange_replies_are_found() {
    let mut client = Client::quiet().await;
    let id = client.sandbox.person_creates(System::Hotline, "feedback", &[]);
    let copy = client.copy_up(&id).await;
    client.sandbox.person_replies(System::Hotline, &id, "một").unwrap();
    assert_eq!(client.sandbox.recount(&[]).lost, 1);
    let reply = client.sandbox.ticket(System::Hotline, &id).unwrap().children(ChildKind::Reply)[0].clone();
    let at = reply.values[&Meaning::At].parts()[0].replace(['-', ' ', ':'], "");
    let row = json!({ "MaPAKN": copy, "NoiDung": "một", "NguoiTraLoi": "Trần Văn An", "DonVi": "000.00.12.H19",
                      "NgayTraLoi": at.split('.').next(), "CongKhai": "True" });
    let push = json!({ "isUpdating": "False", "data": [row] });
    client.portal("DongBoTraLoi", push.clone()).await;
    assert!(client.sandbox.recount(&[]).is_clean(), "{:?}", client.sandbox.recount(&[]).findings);
    client.portal("DongBoTraLoi", push).await;
    assert_eq!(client.sandbox.recount(&[]).duplicated, 1);
    let strange = json!({ "MaPAKN": copy, "NoiDung": "không ai viết" });
    client.portal("DongBoTraLoi", json!({ "isUpdating": "False", "data": [strange] })).await;
    assert_eq!(client.sandbox.recount(&[]).different, 1);
}

#[tokio::test]
async fn a_document_that_hangs_at_the_wrong_reply_is_found() {
    let mut client = Client::quiet().await;
    let id = client.sandbox.person_creates(System::Hotline, "feedback", &[]);
    let replies = ["một", "hai"].map(|text| client.sandbox.person_replies(System::Hotline, &id, text).unwrap());
    let bytes = Bytes::from_static(b"%PDF");
    client.sandbox.person_attaches_to_reply(System::Hotline, &id, &replies[0], "a.pdf", bytes.clone()).unwrap();
    let copy = client.copy_up(&id).await;
    assert_eq!(client.sandbox.recount(&[]).lost, 1);
    let upload =
        client.http.post(format!("{}/tep", client.sandbox.urls().portal)).header("X-Session", client.session());
    let address = got(upload.body(bytes)).await.unwrap().json()["DuongDanTaiTepTin"].clone();
    let theirs = client.sandbox.ticket(System::Portal, &copy).unwrap();
    let [right, wrong] = [0, 1].map(|nth| theirs.children(ChildKind::Reply)[nth].id.clone());
    for (reply, lost) in [("T-999999".to_owned(), 1), (wrong, 1), (right, 0)] {
        let refused = reply == "T-999999";
        let row = json!({ "MaPAKN": copy, "TenTepDinhKem": "a.pdf", "LoaiTep": "application/pdf",
                          "DuongDanTaiTepTin": address, "MaTraLoi": reply });
        let answer = client.portal("DongBoTepDinhKem", json!({ "isUpdating": "False", "data": [row] })).await;
        assert_eq!(answer["error_code"], if refused { "03" } else { "00" });
        let count = client.sandbox.recount(&[]);
        assert_eq!((count.lost, count.different), (lost, usize::from(!refused)), "{:?}", count.findings);
    }
}

/// What people did in one system, without when.
type Deeds = BTreeMap<String, Vec<(Actor, Happening)>>;

async fn deeds(seed: u64) -> (Vec<Deeds>, usize) {
    let options = Options {
        seed,
        tickets: 120,
        selected_percent: 10,
        duration: Some(Duration::from_millis(50)),
        patience: Duration::ZERO,
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    let report = sandbox.people_done().await;
    let mut all = Vec::new();
    for system in System::ALL {
        let mut by_token = Deeds::new();
        for event in sandbox.events(system) {
            let ticket = sandbox.ticket(system, &event.ticket).unwrap();
            let what = match event.what {
                Happening::Changed { meaning: Meaning::AnsweredAt, .. } => continue,
                other => other,
            };
            by_token.entry(ticket.token().unwrap().to_owned()).or_default().push((event.actor, what));
        }
        // Ids of children depend on who came first.
        let nameless = |what: &mut Happening| {
            if let Happening::Added { id, .. } = what {
                id.clear();
            }
        };
        by_token.values_mut().flatten().for_each(|(_, what)| nameless(what));
        all.push(by_token);
    }
    (all, report.done)
}

#[tokio::test]
async fn the_same_seed_makes_the_same_people() {
    let (first, done) = deeds(7).await;
    assert_eq!(first, deeds(7).await.0);
    assert_ne!(first, deeds(8).await.0);
    assert!(done > 20, "{done}");
    assert_eq!(first[0].len(), 120);
    assert_eq!(first[1].len() + first[2].len(), 6);
}

#[tokio::test]
async fn the_share_of_selected_tickets_is_the_one_asked_for() {
    for (percent, selected) in [(1, 2), (5, 10), (10, 20)] {
        let options = Options { tickets: 200, selected_percent: percent, people: false, ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        sandbox.people_done().await;
        let count = sandbox.recount(&[]);
        assert_eq!((count.tickets, count.selected, count.national), (200, selected, selected / 2));
        assert_eq!(count.lost, count.selected + count.national);
    }
}

#[tokio::test]
async fn people_who_edit_a_copy_wait_until_it_is_there() {
    let options = Options {
        seed: 3,
        tickets: 100,
        selected_percent: 10,
        duration: Some(Duration::from_millis(200)),
        patience: Duration::from_secs(20),
        ..Options::default()
    };
    let mut client = Client::start(options).await;
    // A crude bridge: copies whatever has no copy until people are done.
    while !client.sandbox.people_are_done() {
        for ticket in client.sandbox.tickets(System::Hotline) {
            let token = ticket.token().unwrap().to_owned();
            let kind = ticket.words(System::Hotline, Meaning::Kind);
            if kind == "feedback" && client.sandbox.with_token(System::Portal, &token).is_empty() {
                client.copy_up(&ticket.id).await;
            }
        }
        for system in [System::Portal, System::Legal] {
            for ticket in client.sandbox.tickets(system) {
                if client.sandbox.with_token(System::Hotline, ticket.token().unwrap()).is_empty() {
                    let row = translated(system, System::Hotline, &ticket);
                    assert_eq!(client.hotline("POST", "/api/phieu", Some(row.into())).await.status, 201);
                }
            }
        }
        for ticket in client.sandbox.tickets(System::Hotline) {
            let token = ticket.token().unwrap().to_owned();
            let legal = ticket.words(System::Hotline, Meaning::Kind) == "legal_text";
            if legal && client.sandbox.with_token(System::Legal, &token).is_empty() {
                let words: Vec<_> = [Meaning::Subject, Meaning::Content]
                    .map(|meaning| (meaning, ticket.words(System::Hotline, meaning)))
                    .to_vec();
                let text = &words[1].1;
                let call = format!(
                    "<p:TiepNhanRequest><p:PhanAnh><p:Loai>van-ban</p:Loai><p:TieuDe>x</p:TieuDe><p:NoiDung>{}</p:NoiDung>\
                     <p:NguoiGui><p:HoTen>x</p:HoTen></p:NguoiGui></p:PhanAnh></p:TiepNhanRequest>",
                    text.replace('&', "&amp;").replace('<', "&lt;")
                );
                assert_eq!(client.legal(&call).await.status, 200);
            }
        }
        tokio::task::yield_now().await;
    }
    let report = client.sandbox.people_done().await;
    assert_eq!(report.given_up, 0, "{report:?}");
    let count = client.sandbox.recount(&[]);
    assert_eq!((count.tickets, count.selected, count.national), (100, 10, 5));
    assert_eq!(count.findings.iter().filter(|finding| finding.what == "ticket").count(), 0, "{:?}", count.findings);
}
