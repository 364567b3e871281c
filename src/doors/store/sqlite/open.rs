//! Opening the file: who may, whether it is ours and sound, and the schema.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqlitePool};

use super::{Mode, SqliteStore, StoreError, Systems};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Marks the file as ours ("PAKN").
const APPLICATION_ID: i64 = 0x5041_4b4e;
/// How long one process waits for the other's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// Connections that read.
const READERS: u32 = 4;
/// Statements kept prepared per connection.
const STATEMENTS: usize = 100;
/// The whole file is checked at a daemon's start up to this size, bytes; past it that would take too long.
const MAX_CHECKED_BYTES: u64 = 256 * 1024 * 1024;
/// Longest text of the lock file that is shown.
const MAX_HOLDER_BYTES: u64 = 100;

pub(super) async fn open(path: &Path, mode: Mode, systems: Systems) -> Result<SqliteStore, StoreError> {
    let mut lock = match mode {
        Mode::Daemon => Some(take_lock(path)?),
        Mode::Command => None,
    };
    let is_new = std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    if is_new {
        private(path).map_err(failed)?;
    }
    let plain = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT);
    if !is_new {
        inspect(&plain, path, mode).await?;
    }
    let options = plain
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone().create_if_missing(true))
        .await?;
    if !is_current(&writer).await? {
        // A command may change the schema only while no daemon works with it.
        let _while_migrating = match lock {
            None => Some(take_lock(path)?),
            Some(_) => None,
        };
        sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"))).execute(&writer).await?;
        MIGRATIONS.run(&writer).await.map_err(not_migrated)?;
    }
    let readers =
        SqlitePoolOptions::new().max_connections(READERS).connect_with(options.pragma("query_only", "on")).await?;
    Ok(SqliteStore { writer, readers, systems, _lock: lock.take() })
}

/// Takes the lock file beside the database, and tells the next who has it.
fn take_lock(database: &Path) -> Result<File, StoreError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let mut file = private(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let told = (&file).take(MAX_HOLDER_BYTES).read_to_string(&mut holder);
            let known = told.is_ok() && !holder.trim().is_empty();
            return Err(StoreError::Held {
                holder: if known { holder.trim().to_owned() } else { "unknown process".to_owned() },
            });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0).map_err(failed)?;
    file.rewind().map_err(failed)?;
    write!(file, "process {}", std::process::id()).map_err(failed)?;
    Ok(file)
}

/// Opens a file, or makes one that only its owner may read: the database holds personal data, and what SQLite puts
/// beside it takes its permissions over.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn failed(error: std::io::Error) -> StoreError {
    StoreError::Database(Box::new(error))
}

/// Looks at a file that is there before anything is written to it.
async fn inspect(options: &SqliteConnectOptions, path: &Path, mode: Mode) -> Result<(), StoreError> {
    let mut connection = options.connect().await?;
    let (mark,): (i64,) = sqlx::query_as("PRAGMA application_id").fetch_one(&mut connection).await?;
    let (tables,): (i64,) = sqlx::query_as(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'",
    )
    .fetch_one(&mut connection)
    .await?;
    // A first start that was killed leaves a file without tables, and without our mark.
    if mark != APPLICATION_ID && (mark != 0 || tables > 0) {
        return Err(StoreError::Damaged("another program's database".to_owned()));
    }
    let size = std::fs::metadata(path).map_or(0, |file| file.len());
    if mode == Mode::Daemon && size <= MAX_CHECKED_BYTES {
        let (verdict,): (String,) = sqlx::query_as("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
        if verdict != "ok" {
            return Err(StoreError::Damaged(verdict));
        }
    }
    connection.close().await?;
    Ok(())
}

/// Whether the schema is the newest that this program knows. A newer one is an error.
async fn is_current(pool: &SqlitePool) -> Result<bool, StoreError> {
    let (migrated,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'").fetch_one(pool).await?;
    if migrated == 0 {
        return Ok(false);
    }
    let (found,): (Option<i64>,) = sqlx::query_as("SELECT max(version) FROM _sqlx_migrations").fetch_one(pool).await?;
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    let found = found.unwrap_or_default();
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(found == known)
}

fn not_migrated(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => {
            StoreError::Damaged(format!("schema version {version} is not the one that this program made"))
        }
        MigrateError::Execute(error) => error.into(),
        other => StoreError::Database(Box::new(other)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn nobody_else_may_read_the_database_or_what_lies_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.db");
        let store = open(&path, Mode::Daemon, Systems::new()).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert!(files.len() >= 2, "{files:?}");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{file:?}");
        }
        drop(store);
    }
}
