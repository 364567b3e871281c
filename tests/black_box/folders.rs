//! Systems that exchange files: `mappings/thu-muc.toml` over a real folder, with people who drop and fetch files.

mod inbox;

use std::fs;
use std::os::unix::fs::symlink;

use pakn_bridge::doors::connector::{ListFrom, Shown, Target, Write};
use pakn_bridge::faces::sandbox::{Meaning, System};
use pakn_bridge::words::outcome::{Failure, Outcome};
use pakn_bridge::words::side::RemoteId;
use pakn_bridge::words::ticket::{Field, RecordKind};
use pakn_bridge::words::value::Value;

use crate::contract::{self, Side as _, fields};
use crate::portal::Between;
use inbox::Inbox;

#[tokio::test]
async fn a_folder_keeps_the_contract() {
    contract::what_people_make_is_listed_and_read_whole(&Inbox::open()).await;
    contract::what_we_make_is_found_read_back_equal_and_guarded(&Inbox::open()).await;
}

#[tokio::test]
async fn what_is_no_document_is_put_aside_with_its_reason_and_what_may_become_one_is_left_alone() {
    let inbox = Inbox::open();
    inbox.drop_file("PA-1.json", &inbox.document("PA-1", "Ổ gà"), 5);
    let half = &inbox.document("PA-2", "Hố ga")[..40];
    inbox.drop_file("PA-2.json", half, 5);
    inbox.drop_file("PA-3.json", &inbox.document("PA-3", "x"), 0);
    inbox.drop_file(".PA-4.json", "{", 5);
    inbox.drop_file("PA-5.json.part", "{", 5000);
    inbox.drop_file("PA-6.json", half, 5000);
    inbox.drop_file("PA 7.json", "{}", 5);
    inbox.drop_file("PA-8.docx", "PK", 5);
    inbox.drop_file("PA-9.json", &" ".repeat(9_000_000), 5);
    let secret = inbox.path("secret.json");
    fs::write(&secret, inbox.document("PA-10", "bí mật")).unwrap();
    symlink(&secret, inbox.path("in/PA-10.json")).unwrap();

    let page = inbox.remote().changes(&ListFrom::default(), None).await.unwrap();
    let listed: Vec<_> = page.rows.iter().filter_map(|row| row.id.as_ref()).map(RemoteId::as_str).collect();
    assert_eq!(listed, ["PA-1"]);
    assert_eq!(inbox.names("in"), [".PA-4.json", "PA-2.json", "PA-3.json", "PA-5.json.part"]);
    assert_eq!(inbox.names("processed"), ["PA-1.json"]);
    let reasons = inbox.reasons();
    let expected = [
        ("PA 7.json", "a name with other characters than letters, digits, `-`, `_`, `.`"),
        ("PA-10.json", "no file: links are not followed"),
        ("PA-6.json", "cut off after 40 bytes"),
        ("PA-8.docx", "a name that does not end in .json"),
        ("PA-9.json", "larger than 8388608 bytes"),
    ];
    assert_eq!(reasons, expected.map(|(name, reason)| (name.to_owned(), reason.to_owned())));
    assert_eq!(inbox.remote().get(&RemoteId::from("PA-10")).await, Ok(Shown::Gone), "nothing behind a link is read");

    // The half written one is written to its end.
    inbox.drop_file("PA-2.json", &inbox.document("PA-2", "Hố ga"), 5);
    assert!(matches!(inbox.remote().get(&RemoteId::from("PA-2")).await, Ok(Shown::Ticket(_))));
}

#[tokio::test]
async fn names_that_lead_elsewhere_are_refused() {
    let inbox = Inbox::open();
    fs::write(inbox.path("secret.json"), inbox.document("secret", "x")).unwrap();
    for name in ["../secret", "..", ".hidden", "a/b", "", "a b", &"x".repeat(200)] {
        let read = inbox.remote().get(&RemoteId::from(name)).await;
        assert!(!matches!(read, Ok(Shown::Ticket(_))), "{name}: {read:?}");
    }
}

#[tokio::test]
async fn what_they_dropped_meanwhile_is_no_victim_of_our_write() {
    let inbox = Inbox::open();
    inbox.drop_file("PA-1.json", &inbox.document("PA-1", "Ổ gà"), 5);
    inbox.remote().changes(&ListFrom::default(), None).await.unwrap();
    // Too fresh to be taken in: it may still be written to.
    inbox.drop_file("PA-1.json", &inbox.document("PA-1", "Hố ga"), 0);
    let status = fields([("status", Value::Code("answered".into()))]);
    let update: Write = inbox.write(RecordKind::Ticket, Target::Existing(RemoteId::from("PA-1")), status, "u");
    let outcome = inbox.remote().write(&update).await;
    assert!(matches!(outcome, Outcome::Conflict { .. }), "{outcome:?}");
    assert_eq!(inbox.names("out"), Vec::<String>::new());
}

#[tokio::test]
async fn what_a_killed_daemon_left_half_done_is_done_again() {
    let inbox = Inbox::open();
    inbox.drop_file("PA-1.json", &inbox.document("PA-1", "Ổ gà"), 5);
    inbox.remote().changes(&ListFrom::default(), None).await.unwrap();
    // Killed between handing over and keeping; killed while writing.
    let answered = inbox.document("PA-1", "Ổ gà").replace("moi", "da-tra-loi");
    fs::write(inbox.path("out/PA-1.json"), &answered).unwrap();
    for folder in ["out", "processed", "failed"] {
        fs::write(inbox.path(folder).join(".dang-ghi-x1y2"), &answered[..20]).unwrap();
    }
    let inbox = inbox.restarted();
    let id = RemoteId::from("PA-1");
    let status = Field::named("status");
    let Ok(Shown::Ticket(before)) = inbox.remote().get(&id).await else { panic!("unreadable") };
    assert_eq!(before.value(&status), Some(&Value::Code("received".into())), "not kept: not taken for done");
    for folder in ["out", "processed", "failed"] {
        assert!(!inbox.names(folder).iter().any(|name| name.starts_with('.')), "{folder}");
    }
    let fields = fields([("status", Value::Code("answered".into()))]);
    inbox.acked(&inbox.write(RecordKind::Ticket, Target::Existing(id.clone()), fields, "u")).await;
    let Ok(Shown::Ticket(after)) = inbox.remote().get(&id).await else { panic!("unreadable") };
    assert_eq!(after.value(&status), Some(&Value::Code("answered".into())));
    assert_eq!(fs::read(inbox.path("out/PA-1.json")).unwrap(), fs::read(inbox.path("processed/PA-1.json")).unwrap());
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_waited_for_and_nothing_is_in_doubt() {
    let inbox = Inbox::open();
    fs::rename(inbox.path(""), inbox.path("").with_extension("away")).unwrap();
    assert!(matches!(inbox.remote().changes(&ListFrom::default(), None).await, Err(Failure::Unreachable { .. })));
    let write = inbox.write(RecordKind::Ticket, Target::New, inbox.ticket(), "x");
    assert!(matches!(inbox.remote().write(&write).await, Outcome::NotNow(Failure::Unreachable { .. })));
    fs::rename(inbox.path("").with_extension("away"), inbox.path("")).unwrap();
    inbox.acked(&write).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_and_the_portal_stay_the_same_both_ways_though_the_daemon_is_killed() {
    let inbox = Inbox::open();
    let text = fs::read_to_string(crate::harness::mapping("thu-muc.toml")).unwrap();
    let world = Between::open(&text, &format!("{{ folder = {:?} }}", inbox.path(""))).await;
    let portal = System::Portal;
    for number in 0..20 {
        inbox.drop_file(
            &format!("PA-{number}.json"),
            &inbox.document(&format!("PA-{number}"), &format!("Ổ gà {number}")),
            5,
        );
        world.sandbox.person_creates(portal, "feedback", &[(Meaning::Subject, &format!("Đèn {number}"))]);
    }
    for round in 0..12 {
        let daemon = world.bridge.start().await;
        // Each time somewhat later in its work.
        tokio::time::sleep(std::time::Duration::from_millis(60 * round)).await;
        daemon.kill();
    }
    let quiet = world.quiet().await;
    assert_eq!(quiet.code, 0, "{:#?}", world.bridge.run(&["queue", "list"]).await);
    assert_eq!(world.sandbox.tickets(portal).len(), 40, "each is there once");
    assert_eq!((inbox.names("in").len(), inbox.names("failed").len(), inbox.names("out").len()), (0, 0, 20));
    assert!(!inbox.names("out").iter().any(|name| name.starts_with('.')), "nothing half done is left to be fetched");

    let copy = world.titled("Ổ gà 7").id;
    world.sandbox.person_edits(portal, &copy, &[(Meaning::Status, "answered")]).unwrap();
    inbox.drop_file("PA-8.json", &inbox.document("PA-8", "Hố ga"), 5);
    world.quiet().await.expect(0);
    let handed: serde_json::Value = serde_json::from_slice(&fs::read(inbox.path("out/PA-7.json")).unwrap()).unwrap();
    assert_eq!((&handed["tinh_trang"], &handed["to"]), (&"da-tra-loi".into(), &3.into()), "what we don't map stays");
    world.titled("Hố ga");
}
