//! Keeping two systems the same, seen from outside: what people do on one side is on the other, once, and nothing else is.

use std::time::Duration;

use bytes::Bytes;
use pakn_bridge::faces::sandbox::{ChildKind, Faults, Meaning, Options, System};

use crate::bridge::until;
use crate::world::World;

use System::{Hotline, Legal, Portal};

#[tokio::test]
async fn each_kind_of_ticket_goes_where_it_belongs_and_nowhere_else() {
    let world = World::empty().await;
    let made = ["feedback", "legal_text", "information_request", "service_order"]
        .map(|kind| world.sandbox.person_creates(Hotline, kind, &[]));
    world.quiet().await.expect(0);
    let copies = made.map(|id| [Portal, Legal].map(|national| world.copies(Hotline, &id, national).len()));
    assert_eq!(copies, [[1, 0], [0, 1], [0, 0], [0, 0]]);
    world.expect_clean();
}

#[tokio::test]
async fn what_citizens_bring_to_the_national_systems_comes_down_once() {
    let world = World::empty().await;
    let feedback = world.sandbox.person_creates(Portal, "feedback", &[]);
    let text = world.sandbox.person_creates(Legal, "legal_text", &[]);
    world.quiet().await.expect(0);
    world.copy(Portal, &feedback, Hotline);
    world.copy(Legal, &text, Hotline);
    world.expect_clean();
}

#[tokio::test]
async fn a_quiet_bridge_writes_nothing() {
    let world = World::empty().await;
    world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.sandbox.person_creates(Portal, "feedback", &[]);
    world.quiet().await;
    let before = world.writes();
    for _ in 0..3 {
        world.sync().await.expect(0);
    }
    assert_eq!(world.writes(), before);
}

#[tokio::test]
async fn edits_statuses_replies_transfers_and_files_cross_both_ways() {
    let world = World::empty().await;
    let sandbox = &world.sandbox;
    let up = sandbox.person_creates(Hotline, "feedback", &[(Meaning::Phone, "+84912345678")]);
    let down = sandbox.person_creates(Portal, "feedback", &[]);
    world.quiet().await.expect(0);
    let (copy, local) = (world.copy(Hotline, &up, Portal).id, world.copy(Portal, &down, Hotline).id);

    sandbox.person_edits(Hotline, &up, &[(Meaning::Subject, "Tiêu đề mới"), (Meaning::Status, "in_progress")]).unwrap();
    sandbox.person_attaches(Hotline, &up, "ảnh 1.png", "image/png", Bytes::from_static(b"\x89PNG\0\xff")).unwrap();
    sandbox.person_replies(Hotline, &local, "Sở đã kiểm tra hiện trường.").unwrap();
    sandbox.person_transfers(Hotline, &local, "000.00.12.H19", "Đúng thẩm quyền").unwrap();
    sandbox.person_edits(Portal, &copy, &[(Meaning::Level, "urgent")]).unwrap();
    sandbox.person_replies(Portal, &copy, "Bộ đã ghi nhận.").unwrap();
    world.quiet().await.expect(0);

    let shown = sandbox.ticket(Portal, &copy).unwrap();
    assert_eq!(shown.words(Portal, Meaning::Subject), "Tiêu đề mới");
    assert_eq!(shown.words(Portal, Meaning::Status), "in_progress");
    assert_eq!(shown.children(ChildKind::File)[0].bytes.as_deref(), Some(&b"\x89PNG\0\xff"[..]));
    assert_eq!(sandbox.ticket(Hotline, &up).unwrap().words(Hotline, Meaning::Level), "urgent");
    assert_eq!(sandbox.ticket(Hotline, &up).unwrap().children(ChildKind::Reply).len(), 1);
    assert_eq!(sandbox.ticket(Portal, &down).unwrap().children(ChildKind::Reply).len(), 1);
    assert_eq!(sandbox.ticket(Portal, &down).unwrap().children(ChildKind::Transfer).len(), 1);
    world.expect_clean();
}

#[tokio::test]
async fn a_withdrawal_crosses() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Portal, "feedback", &[]);
    world.quiet().await;
    world.sandbox.person_withdraws(Portal, &id).unwrap();
    world.quiet().await.expect(0);
    assert_eq!(world.copy(Portal, &id, Hotline).words(Hotline, Meaning::Status), "withdrawn");
    world.expect_clean();
}

#[tokio::test]
async fn a_title_that_the_portal_cuts_is_not_a_change() {
    let world = World::empty().await;
    let long = "Ngập nước ".repeat(40);
    let id = world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Subject, long.trim())]);
    world.quiet().await.expect(0);
    assert_eq!(world.sandbox.ticket(Hotline, &id).unwrap().words(Hotline, Meaning::Subject), long.trim());
    world.expect_clean();
}

#[tokio::test]
async fn answers_lost_after_the_commit_double_nothing() {
    let world = World::empty().await;
    let ids: Vec<_> = (0..4).map(|_| world.sandbox.person_creates(Hotline, "feedback", &[])).collect();
    let down = world.sandbox.person_creates(Legal, "legal_text", &[]);
    world.sandbox.set_faults(Faults { cut_after: 0.6, ..Faults::off() });
    for _ in 0..3 {
        world.sync().await;
    }
    world.sandbox.set_faults(Faults::off());
    world.settle().await;
    for id in &ids {
        world.copy(Hotline, id, Portal);
    }
    world.copy(Legal, &down, Hotline);
    world.expect_clean();
}

#[tokio::test]
async fn a_stormy_day_loses_and_doubles_nothing() {
    let options = Options {
        seed: 7,
        tickets: 60,
        selected_percent: 30,
        faults: Faults::usual(),
        duration: Some(Duration::from_secs(4)),
        ..Options::default()
    };
    let world = World::of(options).await;
    while !world.sandbox.people_are_done() {
        world.sync().await;
    }
    world.settle().await;
    let recount = world.sandbox.recount(&[]);
    assert_eq!((recount.lost, recount.duplicated, recount.wrongly_sent), (0, 0, 0), "{recount:#?}");
}

#[tokio::test]
async fn kill_9_in_the_middle_of_a_push_loses_and_doubles_nothing() {
    let world = World::empty().await;
    let ids: Vec<_> = (0..30).map(|_| world.sandbox.person_creates(Hotline, "feedback", &[])).collect();
    let slow = Faults { latency: 1.0, latency_up_to: Duration::from_millis(60), ..Faults::off() };
    world.sandbox.set_faults(slow);
    for round in 1..=4_usize {
        let daemon = world.bridge.start().await;
        let most = ids.len() * round / 5;
        until("some tickets are pushed", || world.sandbox.tickets(Portal).len() >= most).await;
        daemon.kill();
    }
    world.sandbox.set_faults(Faults::off());
    world.settle().await;
    for id in &ids {
        world.copy(Hotline, id, Portal);
    }
    world.expect_clean();
}
