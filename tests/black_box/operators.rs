//! What an operator meets: refusals in the portal's words, the queue by hand, documents tried on a mapping, limits.

use bytes::Bytes;
use pakn_bridge::faces::sandbox::{ChildKind, Faults, Meaning, System};
use serde_json::Value;

use crate::harness::{client, mapping};
use crate::world::{World, config_for};

use System::{Hotline, Legal, Portal};

#[tokio::test]
async fn a_refusal_waits_in_the_portals_own_words_and_goes_on_when_a_person_mends_the_text() {
    let world = World::empty().await;
    let vague = [(Meaning::Content, "Quy định này vướng mắc, đề nghị sửa.")];
    let id = world.sandbox.person_creates(Hotline, "legal_text", &vague);
    let well = world.sandbox.person_creates(Hotline, "legal_text", &[]);
    world.quiet().await.expect(1);
    world.copy(Hotline, &well, Legal);
    assert!(world.copies(Hotline, &id, Legal).is_empty());
    let queue = world.bridge.run(&["queue", "list"]).await.expect(1);
    assert!(queue.stdout.to_lowercase().contains("điều"), "the portal's words are shown: {queue:#?}");

    let text = world.sandbox.ticket(Hotline, &id).unwrap().words(Hotline, Meaning::Content);
    let clear = format!("Điều 8 khoản 2 vướng mắc. {text}");
    world.sandbox.person_edits(Hotline, &id, &[(Meaning::Content, &clear)]).unwrap();
    world.quiet().await.expect(0);
    world.copy(Hotline, &id, Legal);
    world.expect_clean();
}

#[tokio::test]
async fn a_discarded_write_is_not_sent_until_it_is_asked_for_again() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let config = config_for(&world.sandbox);
    world.bridge.write("bridge.toml", &config.replace(&world.sandbox.urls().portal, "http://127.0.0.1:9"));
    world.sync().await.expect(3);
    let list = world.bridge.json(&["queue", "list"]).await;
    let write = &list["writes"][0];
    assert_eq!((write["kind"].as_str(), write["creates"].as_bool()), (Some("ticket"), Some(true)), "{list:#}");
    let (key, case) = (write["key"].as_str().unwrap(), write["case"].as_str().unwrap());
    world.bridge.run(&["queue", "discard", key]).await.expect(0);

    world.bridge.write("bridge.toml", &config);
    world.quiet().await;
    assert!(world.copies(Hotline, &id, Portal).is_empty(), "discarded");
    world.bridge.run(&["queue", "retry", case]).await.expect(0);
    world.quiet().await.expect(0);
    world.copy(Hotline, &id, Portal);
}

#[tokio::test]
async fn a_file_that_a_side_will_not_take_holds_back_nothing_but_itself() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let large = Bytes::from(vec![7_u8; 11 * 1024 * 1024]);
    world.sandbox.person_attaches(Hotline, &id, "video.mp4", "video/mp4", large).unwrap();
    let small = Bytes::from_static(b"%PDF-1.4");
    world.sandbox.person_attaches(Hotline, &id, "đơn.pdf", "application/pdf", small).unwrap();
    world.quiet().await.expect(1);
    let copy = world.copy(Hotline, &id, Portal);
    let files = copy.children(ChildKind::File);
    assert_eq!(files.len(), 1, "{files:#?}");
    assert_eq!(files[0].bytes.as_deref(), Some(&b"%PDF-1.4"[..]));
    let queue = world.bridge.run(&["queue", "list"]).await.expect(1);
    assert!(queue.stdout.contains("attachment"), "{queue:#?}");
}

#[tokio::test]
async fn a_side_that_asks_for_a_pause_gets_it_from_what_is_claimed_already_too() {
    const AT_ONCE: u64 = 8;
    let world = World::empty().await;
    world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    for _ in 0..5 * AT_ONCE {
        world.sandbox.person_creates(Hotline, "feedback", &[]);
    }
    let before = world.writes();
    world.sandbox.set_faults(Faults { too_many_writes: 1.0, ..Faults::off() });
    world.bridge.run(&["sync", "--wait", "0"]).await;
    let asked = world.writes() - before;
    assert!((1..=AT_ONCE).contains(&asked), "{asked} calls into a pause");
    let status = world.bridge.json(&["status"]).await;
    world.sandbox.set_faults(Faults::off());
    world.quiet().await.expect(0);
    world.expect_clean();
    assert_eq!(status["links"][0]["parked"].as_u64().unwrap_or(0), 0, "a pause spends no attempt: {status:#}");
}

#[tokio::test]
async fn text_of_every_sort_crosses_as_it_is() {
    let texts = [
        "Đường <b>“Đồng Khởi”</b> & 'ngập' 😀 \u{202e}ngược\u{202c}",
        "Bie\u{302}n Ho\u{300}a viết rời dấu",
        "]]> </pl:NoiDung> ${setting.key} {{x}} %s %00 \\u0000 \\n",
        "=HYPERLINK(\"http://evil.example\")",
        "Dòng một\nDòng hai\n\n\tDòng có tab",
        "SELECT 1; DROP TABLE phieu; --",
    ];
    let world = World::empty().await;
    for text in texts {
        for (system, kind) in [(Hotline, "feedback"), (Portal, "feedback"), (Legal, "legal_text")] {
            let law = format!("Điều 8: {text}");
            world.sandbox.person_creates(system, kind, &[(Meaning::Content, &law), (Meaning::Name, text)]);
        }
    }
    world.quiet().await.expect(0);
    world.expect_clean();
}

#[tokio::test]
async fn no_cell_of_the_spreadsheet_is_a_formula() {
    let world = World::empty().await;
    for subject in ["=HYPERLINK(\"http://evil.example\")", "+84912345678", "-1+1", "@SUM(A1)", "\t=1"] {
        world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Subject, subject), (Meaning::Name, subject)]);
    }
    // Listed by name: they differ, or they wait.
    world.bridge.run(&["report"]).await;
    let csv = newest_report(&world, "csv");
    let mut cells = 0;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes());
    for row in reader.records() {
        for cell in row.unwrap().iter() {
            let cell = cell.trim_start_matches('\u{feff}');
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
            cells += 1;
        }
    }
    assert!(cells > 10, "{csv}");
    assert!(csv.contains("HYPERLINK"), "the tickets are listed: {csv}");
}

#[tokio::test]
async fn the_same_edit_on_both_sides_is_no_conflict_and_no_write() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &id, Portal).id;
    world.sandbox.person_edits(Hotline, &id, &[(Meaning::Address, "Phường Tam Hiệp")]).unwrap();
    world.sandbox.person_edits(Portal, &copy, &[(Meaning::Address, "Phường Tam Hiệp")]).unwrap();
    let before = world.writes();
    world.quiet().await.expect(0);
    assert_eq!(world.writes(), before);
}

#[tokio::test]
async fn expired_sessions_and_busy_answers_delay_and_lose_nothing() {
    let world = World::empty().await;
    for _ in 0..5 {
        world.sandbox.person_creates(Hotline, "feedback", &[]);
        world.sandbox.person_creates(Portal, "feedback", &[]);
    }
    world.sandbox.set_faults(Faults { expired_session: 0.4, too_many: 0.1, ..Faults::off() });
    for _ in 0..4 {
        world.sync().await;
    }
    world.sandbox.set_faults(Faults::off());
    world.settle().await;
    world.expect_clean();
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_with_a_clear_word() {
    let world = World::empty().await;
    world.sync().await.expect(0);
    let path = world.bridge.path("bridge.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                 values (99990101000000, 'of the future', 1, x'00', 1)";
    sqlx::query(newer).execute(&pool).await.unwrap();
    pool.close().await;
    let told = world.sync().await;
    assert!([2, 3].contains(&told.code), "{told:#?}");
    assert!(told.stderr.contains("newer"), "{told:#?}");
}

#[tokio::test]
async fn a_mapping_is_tried_on_a_real_document_both_ways() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Phone, "+84912345678")]);
    let url = format!("{}/api/phieu/{id}", world.sandbox.urls().hotline);
    let key = &world.sandbox.credentials().hotline_key;
    let answer = client().get(url).header("X-Api-Key", key).send().await.unwrap().bytes().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let document = world.bridge.write("phieu.json", &answer["DanhSachKetQua"][0].to_string());
    let (file, document) = (mapping("tongdai-1022.toml"), document.to_str().unwrap().to_owned());
    let file = file.to_str().unwrap();

    let ticket = world.bridge.run(&["map", "read", file, &document]).await.expect(0);
    assert!(ticket.stdout.contains("+84912345678") && ticket.stdout.contains("feedback"), "{ticket:#?}");
    world.bridge.run(&["map", "round", file, &document]).await.expect(0);
    let printed = world.bridge.write("ticket.json", &ticket.stdout);
    let written = world.bridge.run(&["map", "write", file, printed.to_str().unwrap()]).await.expect(0);
    assert!(written.stdout.contains("0912345678"), "{written:#?}");
}

#[tokio::test]
async fn state_can_be_looked_at_while_the_daemon_works() {
    let world = World::empty().await;
    world.sandbox.person_creates(Hotline, "feedback", &[]);
    let daemon = world.bridge.start().await;
    for command in [&["status"][..], &["queue", "list"], &["conflicts", "list"], &["audit", "list"]] {
        world.bridge.run(command).await.expect(0);
    }
    let sync = world.sync().await;
    assert_ne!(sync.code, 0, "two must not push at once: {sync:#?}");
    assert_eq!(daemon.terminate().await, 0);
}

fn newest_report(world: &World, extension: &str) -> String {
    let folder = world.bridge.path("reports");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let newest = files.filter(|path| path.extension().is_some_and(|found| found == extension)).max();
    std::fs::read_to_string(newest.unwrap()).unwrap()
}

#[tokio::test]
async fn sessions_that_end_at_once_are_an_outage_and_no_wrong_password() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.sandbox.set_faults(Faults { expired_session: 1.0, ..Faults::off() });
    world.sync().await.expect(3);
    world.sandbox.set_faults(Faults::off());
    world.settle().await;
    world.copy(Hotline, &id, Portal);
    world.expect_clean();
}
