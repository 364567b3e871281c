//! SQLite: the suite, and the file: whose it is, and what is no database of ours.

use super::*;
use crate::doors::store::sqlite;

async fn open(path: &std::path::Path, mode: Mode) -> Result<SqlStore, StoreError> {
    SqlStore::open_sqlite(path, mode, systems(), LIMITS).await
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("bridge.db"), Mode::Daemon).await.unwrap();
    holds(&store).await;
    store.close().await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract_about_mappings_and_hints() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("bridge.db"), Mode::Daemon).await.unwrap();
    mappings::holds(&store).await;
    hints::holds(&store).await;
    store.close().await;
}

#[tokio::test]
async fn what_an_older_program_kept_in_sqlite_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bridge.db");
    sqlite::create_older(&path, 3, &older::ROWS).await;
    let store = open(&path, Mode::Daemon).await.unwrap();
    older::holds(&store).await;
    store.close().await;
}

#[tokio::test]
async fn what_was_saved_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bridge.db");
    let store = open(&path, Mode::Daemon).await.unwrap();
    saved(&store, case("a1", Some("p1"), None)).await;
    drop(store);
    let store = open(&path, Mode::Daemon).await.unwrap();
    assert_eq!(loaded(&store, "a1").await.revision, 1);
}

#[tokio::test]
async fn a_second_daemon_is_refused_and_a_command_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bridge.db");
    let _first = open(&path, Mode::Daemon).await.unwrap();
    let second = open(&path, Mode::Daemon).await.unwrap_err();
    let StoreError::Held { holder } = &second else { panic!("{second}") };
    assert_eq!(*holder, format!("process {}", std::process::id()));
    open(&path, Mode::Command).await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bridge.db");
    let store = open(&path, Mode::Daemon).await.unwrap();
    store
        .execute_raw("INSERT INTO _sqlx_migrations VALUES (9999, 'later', current_timestamp, true, x'00', 0)")
        .await
        .unwrap();
    drop(store);
    let refused = open(&path, Mode::Command).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 9999, known: 5 }), "{refused}");
}

#[tokio::test]
async fn audit_entries_can_be_neither_changed_nor_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir.path().join("bridge.db"), Mode::Daemon).await.unwrap();
    let one = case("a1", None, None);
    store
        .save(&one, &Change { facts: vec![fact("paired", &one)], at: at(0), ..Change::default() }, None)
        .await
        .unwrap();
    for sql in ["UPDATE audit SET what = 'x'", "DELETE FROM audit"] {
        let refused = store.execute_raw(sql).await.unwrap_err();
        assert!(refused.to_string().contains("audit entries are never"), "{refused}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("text.db");
    let junk = b"this is a letter, not a database. ".repeat(100);
    std::fs::write(&text, &junk).unwrap();
    let refused = open(&text, Mode::Daemon).await.unwrap_err();
    assert!(matches!(refused, StoreError::Damaged(_)), "{refused}");
    assert_eq!(std::fs::read(&text).unwrap(), junk);

    let foreign = dir.path().join("foreign.db");
    sqlite::create_foreign(&foreign).await;
    let before = std::fs::read(&foreign).unwrap();
    let refused = open(&foreign, Mode::Daemon).await.unwrap_err();
    assert!(matches!(refused, StoreError::Damaged(_)), "{refused}");
    assert_eq!(std::fs::read(&foreign).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_page_is_found_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bridge.db");
    let store = open(&path, Mode::Daemon).await.unwrap();
    for number in 0..50 {
        saved(&store, case(&format!("a{number}"), None, None)).await;
    }
    store.close().await;
    drop(store);
    let mut bytes = std::fs::read(&path).unwrap();
    let size = bytes.len();
    assert!(size > 3 * 4096);
    bytes[4096..size - 4096].fill(0xa5);
    std::fs::write(&path, &bytes).unwrap();
    let refused = open(&path, Mode::Daemon).await.unwrap_err();
    assert!(matches!(refused, StoreError::Damaged(_)), "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}
