//! Systems that are a database: `mappings/bang-phieu.toml` over real PostgreSQL, SQLite and MariaDB.

mod department;

use pakn_bridge::doors::connector::{ListFrom, Remote, Shown, Target};
use pakn_bridge::faces::sandbox::{ChildKind, Meaning, System};
use pakn_bridge::words::outcome::{Failure, Outcome};
use pakn_bridge::words::side::{Reference, RemoteId};
use pakn_bridge::words::ticket::RecordKind;

use crate::contract::{self, Side};
use crate::portal::Between;
use department::{Department, Kind};

#[tokio::test]
async fn each_kind_of_database_keeps_the_contract() {
    for kind in Kind::ALL {
        contract::what_people_make_is_listed_and_read_whole(&Department::open(kind).await).await;
        contract::what_we_make_is_found_read_back_equal_and_guarded(&Department::open(kind).await).await;
        contract::replies_transfers_and_files_go_out_with_their_reference(&Department::open(kind).await).await;
    }
}

#[tokio::test]
async fn a_second_create_of_one_reference_is_there_already() {
    for kind in Kind::ALL {
        let side = Department::open(kind).await;
        let write = side.write(RecordKind::Ticket, Target::New, side.ticket(), "one");
        let made = side.acked(&write).await;
        let again = side.remote().write(&write).await;
        assert!(matches!(again, Outcome::Exists { .. }), "{}: {again:?}", side.name());
        assert_eq!(side.remote().find(&Reference::from("ref-one")).await, Ok(vec![made.id.unwrap()]));
        assert_eq!(side.number("select count(*) from phieu").await, 1);
    }
}

#[tokio::test]
async fn a_listing_goes_page_by_page_and_since_an_instant() {
    for kind in Kind::ALL {
        let side = Department::open(kind).await;
        side.fill(1200).await;
        assert_eq!(side.list_all().await.len(), 1200, "{}", side.name());
        let newest = side.newest().await;
        let since = ListFrom { since: Some(newest + chrono::TimeDelta::minutes(1)) };
        let page = side.remote().changes(&since, None).await.unwrap();
        assert_eq!(page.rows.len(), 0, "{}: nothing changed since", side.name());
    }
}

#[tokio::test]
async fn a_write_that_waits_for_another_s_lock_was_surely_not_done() {
    for kind in Kind::ALL {
        let side = Department::open(kind).await;
        let made = side.acked(&side.write(RecordKind::Ticket, Target::New, side.ticket(), "held")).await;
        let id = made.id.unwrap();
        let lock = side.locked().await;
        let mut update = side.write(RecordKind::Ticket, Target::Existing(id.clone()), side.ticket(), "held");
        update.version = side.version_of(&id).await;
        let outcome = side.remote().write(&update).await;
        assert!(matches!(outcome, Outcome::NotNow(Failure::Unreachable { .. })), "{}: {outcome:?}", side.name());
        lock.rollback().await.unwrap();
        side.acked(&update).await;
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_or_does_not_know_us_moves_nothing() {
    for kind in Kind::ALL {
        let side = Department::open(kind).await;
        let nowhere = side.elsewhere();
        let listed = nowhere.changes(&ListFrom::default(), None).await;
        assert!(matches!(listed, Err(Failure::Unreachable { .. } | Failure::Login { .. })), "{listed:?}");
        let outcome = nowhere.write(&side.write(RecordKind::Ticket, Target::New, side.ticket(), "x")).await;
        assert!(matches!(outcome, Outcome::NotNow(_)), "{}: {outcome:?}", side.name());
        assert_eq!(side.remote().get(&RemoteId::from("77")).await, Ok(Shown::Gone), "{}", side.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_and_the_portal_stay_the_same_both_ways() {
    for kind in Kind::ALL {
        let table = Department::open(kind).await;
        let world = Between::open(&kind.mapping(), &format!("{{ url = {{ env = {:?} }} }}", "TABLE_URL")).await;
        let world = Between { bridge: world.bridge.with_secret("TABLE_URL", &table.url), ..world };
        let up = table.person_reports("Ổ gà trước số 5").await;
        let down = world.sandbox.person_creates(System::Portal, "feedback", &[(Meaning::Subject, "Đèn đường hỏng")]);
        world.quiet().await.expect(0);
        let copy = world.titled("Ổ gà trước số 5").id;
        assert_eq!(table.number("select count(*) from phieu where tieu_de = 'Đèn đường hỏng'").await, 1);

        table.run(format!("update phieu set tieu_de = 'Hố ga', tinh_trang = 3 where id = {up}")).await;
        table.person_attaches(&up, "ảnh.png", "image/png", b"\x89PNG\0\xff").await;
        world.sandbox.person_replies(System::Portal, &copy, "Bộ đã ghi nhận.").unwrap();
        world.sandbox.person_edits(System::Portal, &down, &[(Meaning::Level, "urgent")]).unwrap();
        world.quiet().await.expect(0);
        let shown = world.titled("Hố ga");
        assert_eq!(
            (shown.id.as_str(), shown.words(System::Portal, Meaning::Status)),
            (copy.as_str(), "in_progress".into())
        );
        assert_eq!(shown.children(ChildKind::File)[0].bytes.as_deref(), Some(&b"\x89PNG\0\xff"[..]));
        assert_eq!(table.number("select count(*) from tra_loi where noi_dung = 'Bộ đã ghi nhận.'").await, 1);
        assert_eq!(table.text(format!("select muc_do from phieu where id <> {up}")).await, "K");

        let before = (world.writes(), table.number("select max(phien_ban) from phieu").await);
        world.bridge.run(&["sync", "--wait", "5"]).await.expect(0);
        let after = (world.writes(), table.number("select max(phien_ban) from phieu").await);
        assert_eq!(before, after, "{}: a quiet bridge writes nothing", table.name());
        let log = world.bridge.run(&["status"]).await;
        assert!(!log.stdout.contains("thu@") && !log.stderr.contains("thu@"), "no password is told: {log:?}");
    }
}
