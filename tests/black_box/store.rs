//! A file that is not a sound database of ours is refused with a clear word, and left as it is.

use std::path::Path;

use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

use crate::world::World;

use pakn_bridge::faces::sandbox::System::{self, Hotline};

const COMMANDS: [&[&str]; 3] = [&["sync"], &["status"], &["run"]];

#[tokio::test]
async fn another_programs_database_is_refused_and_left_alone() {
    let world = World::empty().await;
    let path = world.bridge.path("bridge.db");
    let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&path).create_if_missing(true));
    let pool = pool.await.unwrap();
    sqlx::query("create table thu_vien (ten text)").execute(&pool).await.unwrap();
    pool.close().await;
    expect_refused(&world, &path, "another program").await;
}

#[tokio::test]
async fn a_database_that_was_cut_short_is_refused_and_left_alone() {
    let world = World::empty().await;
    for _ in 0..5 {
        world.sandbox.person_creates(Hotline, "feedback", &[]);
    }
    world.quiet().await.expect(0);
    let path = world.bridge.path("bridge.db");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let writes = world.writes();
    expect_refused(&world, &path, "").await;
    assert_eq!(world.writes(), writes, "nothing is sent by a state that can't be trusted");

    // The backup in place: everything as before.
    std::fs::write(&path, &whole).unwrap();
    world.quiet().await.expect(0);
    assert_eq!(world.writes(), writes);
    world.expect_clean();
}

/// Every command says no with the reason and exit code 3, and the file is the same afterwards.
async fn expect_refused(world: &World, path: &Path, reason: &str) {
    let before = std::fs::read(path).unwrap();
    for command in COMMANDS {
        let told = world.bridge.run(command).await.expect(3);
        assert!(told.stderr.contains(reason) && told.stderr.contains("bridge.db"), "{command:?}: {told:#?}");
        assert!(!told.stderr.contains("panicked"), "{command:?}: {told:#?}");
        assert!(std::fs::read(path).unwrap() == before, "{command:?} changed the file");
    }
}

#[tokio::test]
async fn a_lost_database_finds_its_pairs_again_and_doubles_nothing() {
    let world = World::empty().await;
    let up = world.sandbox.person_creates(System::Hotline, "feedback", &[]);
    let law = world.sandbox.person_creates(System::Hotline, "legal_text", &[]);
    let down = world.sandbox.person_creates(System::Portal, "feedback", &[]);
    world.sandbox.person_replies(System::Hotline, &up, "Đã chuyển đơn vị xử lý").unwrap();
    world.quiet().await.expect(0);
    let copy = world.copy(System::Hotline, &up, System::Portal).id;
    world.sandbox.person_replies(System::Portal, &copy, "Sở đã tiếp nhận").unwrap();
    world.sandbox.person_transfers(System::Portal, &copy, "000.00.12.H19", "Đúng thẩm quyền").unwrap();
    world.quiet().await.expect(0);
    let before = world.writes();
    for name in ["bridge.db", "bridge.db-wal", "bridge.db-shm"] {
        std::fs::remove_file(world.bridge.path(name)).ok();
    }
    world.quiet().await.expect(0);
    assert_eq!(world.writes(), before, "everything is there already");
    world.copy(System::Hotline, &up, System::Portal);
    world.copy(System::Hotline, &law, System::Legal);
    world.copy(System::Portal, &down, System::Hotline);
    world.expect_clean();
}
