//! The disk under the database: full, read-only, held by somebody else, damaged. The daemon says so, sends nothing that it
//! could not record, and goes on when it is mended; nothing is lost or done twice.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use pakn_bridge::faces::sandbox::System;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::bridge::{Daemon, until};
use crate::world::World;

use System::{Hotline, Portal};

/// Size of the small disk: room for the work of this test, sixteen megabytes of it for what SQLite writes first.
const SMALL: &str = "size=64m";
/// Files of a process may grow to this size when they may not grow any more, bytes: the log does not reach it, what SQLite
/// writes to does at once.
const NO_MORE: &str = "65536:";
/// Starts the binary so that a file which may not grow is an error and not its end.
const LIMITED: [&str; 3] = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];
/// Starts the binary as a root for whom permissions hold as for everybody.
const NOBODY_SPECIAL: [&str; 3] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"];

/// A disk that can be filled.
enum Disk {
    /// One of its own.
    Small(PathBuf),
    /// Where nobody may mount one: files of the daemon that may not grow.
    Limited,
}

impl Disk {
    fn of(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", SMALL, "tmpfs"]).arg(&folder).output().unwrap();
        if mounted.status.success() { Self::Small(folder) } else { Self::Limited }
    }

    fn fill(&self, daemon: &Daemon) {
        match self {
            Self::Small(folder) => {
                let mut filler = File::create(folder.join("filler")).unwrap();
                for size in [65536, 4096, 1] {
                    while filler.write_all(&vec![7; size]).is_ok() {}
                }
            }
            Self::Limited => limit(daemon, NO_MORE),
        }
    }

    fn make_room(&self, daemon: &Daemon) {
        match self {
            Self::Small(folder) => fs::remove_file(folder.join("filler")).unwrap(),
            Self::Limited => limit(daemon, "unlimited:"),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Small(folder) = self {
            Command::new("umount").arg("-l").arg(folder).status().unwrap();
        }
    }
}

fn limit(daemon: &Daemon, size: &str) {
    let (pid, size) = (daemon.id().to_string(), format!("--fsize={size}"));
    assert!(Command::new("prlimit").args(["--pid", &pid, &size]).status().unwrap().success());
}

/// A world whose database is in a folder of its own.
async fn world() -> World {
    let world = World::empty().await.with_short_promises();
    let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
    let store = "path = \"disk/bridge.db\"\npatience = \"1s\"";
    world.bridge.write("bridge.toml", &config.replace("path = \"bridge.db\"", store));
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_every_write_and_room_lets_them_go_on() {
    let world = world().await;
    let disk = Disk::of(world.bridge.path("disk"));
    goes_on_when_there_is_room(world, disk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_may_not_grow_stop_every_write_and_go_on_when_they_may() {
    let world = world().await;
    fs::create_dir(world.bridge.path("disk")).unwrap();
    goes_on_when_there_is_room(world, Disk::Limited).await;
}

async fn goes_on_when_there_is_room(mut world: World, disk: Disk) {
    world.bridge.started_by(&LIMITED);
    let before: Vec<_> = (0..5).map(|_| world.sandbox.person_creates(Hotline, "feedback", &[])).collect();
    let mut daemon = world.bridge.start().await;
    until("all is passed on", || world.sandbox.recount(&[]).is_clean()).await;

    disk.fill(&daemon);
    let meanwhile: Vec<_> = (0..40).map(|_| world.sandbox.person_creates(Hotline, "feedback", &[])).collect();
    until("it says so", || daemon.ended().is_some() || daemon.log().matches("can't be used now").count() >= 2).await;
    assert!(daemon.ended().is_none(), "{}", daemon.log());
    let writes = world.writes();
    let told = daemon.log().matches("can't be used now").count();
    until("it tries again", || daemon.log().matches("can't be used now").count() > told).await;
    assert_eq!(world.writes(), writes, "nothing goes out that can't be recorded");
    if let Disk::Small(_) = disk {
        let status = world.bridge.run(&["queue", "retry", "PB-1"]).await;
        assert!(status.code >= 2 && !status.stderr.contains("panicked"), "{status:#?}");
        assert!(daemon.log().contains("its disk is full"), "{}", daemon.log());
    }

    disk.make_room(&daemon);
    until("all is passed on", || world.sandbox.recount(&[]).is_clean()).await;
    assert_eq!(daemon.terminate().await, 0);
    for id in before.iter().chain(&meanwhile) {
        world.copy(Hotline, id, Portal);
    }
    world.quiet().await.expect(0);
    world.expect_clean();
    world.expect_a_person_needed(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_database_is_told_and_nothing_is_sent() {
    let mut world = world().await;
    let folder = world.bridge.path("disk");
    fs::create_dir(&folder).unwrap();
    world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    world.sandbox.person_creates(Hotline, "feedback", &[]);
    let writes = world.writes();
    let files = || fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let modes = |file, dir| {
        files().for_each(|path| fs::set_permissions(path, Permissions::from_mode(file)).unwrap());
        fs::set_permissions(&folder, Permissions::from_mode(dir)).unwrap();
    };
    let before = fs::read(folder.join("bridge.db")).unwrap();

    modes(0o400, 0o500);
    if folder.metadata().unwrap().uid() == 0 {
        world.bridge.started_by(&NOBODY_SPECIAL);
    }
    for command in [&["run"][..], &["sync"], &["queue", "retry", "PB-1"]] {
        let told = world.bridge.run(command).await.expect(3);
        assert!(told.stderr.contains("the database can't be used now"), "{told:#?}");
    }
    assert_eq!(world.writes(), writes);
    assert!(fs::read(folder.join("bridge.db")).unwrap() == before, "it is as it was");

    modes(0o600, 0o700);
    world.quiet().await.expect(0);
    world.expect_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_another_program_holds_is_waited_for() {
    let world = world().await;
    fs::create_dir(world.bridge.path("disk")).unwrap();
    world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    let mut daemon = world.bridge.start().await;
    until("the first cycle is done", || daemon.log().contains("cycle done")).await;
    let options = SqliteConnectOptions::new().filename(world.bridge.path("disk/bridge.db"));
    let mut holder = options.connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    until("it says so", || daemon.ended().is_some() || daemon.log().contains("another program holds it")).await;
    assert!(daemon.ended().is_none(), "{}", daemon.log());
    assert!(world.copies(Hotline, &id, Portal).is_empty(), "nothing goes out that can't be recorded");
    let told = world.bridge.run(&["queue", "discard", "PB-1"]).await;
    assert!(!told.stderr.contains("panicked"), "{told:#?}");

    sqlx::query("ROLLBACK").execute(&mut holder).await.unwrap();
    holder.close().await.unwrap();
    until("all is passed on", || world.sandbox.recount(&[]).is_clean()).await;
    assert_eq!(daemon.terminate().await, 0);
    world.expect_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_damaged_under_a_running_daemon_ends_it_with_a_word() {
    let world = world().await;
    fs::create_dir(world.bridge.path("disk")).unwrap();
    let path = world.bridge.path("disk/bridge.db");
    for _ in 0..5 {
        world.sandbox.person_creates(Hotline, "feedback", &[]);
    }
    world.quiet().await.expect(0);
    let backup = fs::read(&path).unwrap();
    let mut daemon = world.bridge.start().await;
    until("the first cycle is done", || daemon.log().contains("cycle done")).await;
    let file = File::options().write(true).open(&path).unwrap();
    file.write_all_at(&vec![0xa5; backup.len() - 4096], 4096).unwrap();
    world.sandbox.person_creates(Hotline, "feedback", &[]);
    until("it ends", || daemon.ended().is_some()).await;
    assert_eq!(daemon.ended().unwrap().code(), Some(3), "{}", daemon.log());
    assert!(daemon.log().contains("the database is damaged"), "{}", daemon.log());
    for command in [&["run"][..], &["sync"], &["status"]] {
        let told = world.bridge.run(command).await.expect(3);
        assert!(told.stderr.contains("the database is damaged"), "{told:#?}");
    }

    put_back(&path, &backup);
    world.settle().await;
    world.expect_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_or_half_missing_database_is_never_made_anew() {
    let world = world().await;
    fs::create_dir(world.bridge.path("disk")).unwrap();
    let path = world.bridge.path("disk/bridge.db");
    world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    let (backup, writes) = (fs::read(&path).unwrap(), world.writes());
    let refused = async |reason: &str| {
        for command in [&["run"][..], &["sync"], &["status"]] {
            let told = world.bridge.run(command).await.expect(3);
            assert!(told.stderr.contains(reason), "{told:#?}");
        }
        assert_eq!(world.writes(), writes);
    };
    File::create(&path).unwrap();
    refused("it is empty").await;
    assert_eq!(path.metadata().unwrap().len(), 0, "it is as it was");

    put_back(&path, &backup);
    let daemon = world.bridge.start().await;
    until("the first cycle is done", || daemon.log().contains("cycle done")).await;
    daemon.kill();
    let wal = world.bridge.path("disk/bridge.db-wal");
    assert!(wal.metadata().unwrap().len() > 0, "a killed daemon leaves it");
    let aside = world.bridge.path("disk/aside");
    fs::rename(&path, &aside).unwrap();
    refused("it is not there").await;
    assert!(!path.exists() && wal.exists());

    fs::rename(&aside, &path).unwrap();
    world.quiet().await.expect(0);
    assert_eq!(world.writes(), writes);

    fs::remove_file(&path).unwrap();
    let daemon = world.bridge.start().await;
    until("the first cycle is done", || daemon.log().contains("cycle done")).await;
    assert!(daemon.log().contains("its database is gone"), "{}", daemon.log());
    assert_eq!(daemon.terminate().await, 0);
    world.expect_clean();
}

/// A backup in the place of what was damaged.
fn put_back(path: &Path, backup: &[u8]) {
    for ending in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(ending);
        fs::remove_file(beside).ok();
    }
    fs::write(path, backup).unwrap();
}
