//! The store in one SQLite file: who may open it, whether it is ours and sound, and its schema. WAL, `synchronous = FULL`:
//! the row of an intent is exactly what less could lose. One connection writes, a few read.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyPool, ConnectOptions, Connection, Executor as _};
use url::Url;

use super::sql::{Dialect, Mode, SqlStore};
use super::{Limits, StoreError, Systems, schema};
use crate::words::stops::{self, Stop};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");

/// Marks the file as ours ("PAKN").
const APPLICATION_ID: i64 = 0x5041_4b4e;
/// Ends the name of the file where SQLite writes first.
const WAL: &str = "-wal";
/// Ends the name of the file that only one daemon holds. It stays where one has worked.
const LOCK: &str = ".lock";
/// Memory of the connection that writes for pages of the file, KiB. What is missed the operating system has.
const CACHE_KIB: u32 = 4 * 1024;
/// The same of each that reads.
const READER_CACHE_KIB: u32 = 256;
/// Pages (of 4 KiB) that the log may hold before they are brought into the file.
const CHECKPOINT_PAGES: u32 = 4_000;
/// Connections that read.
const READERS: u32 = 4;
/// The whole file is checked at a daemon's start up to this size, bytes; past it that would take too long.
const MAX_CHECKED_BYTES: u64 = 256 * 1024 * 1024;
/// Longest text of the lock file that is shown.
const MAX_HOLDER_BYTES: u64 = 100;

impl SqlStore {
    /// Opens or creates an SQLite file and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Held`] where another daemon works on it, [`StoreError::Newer`] where a later program wrote it,
    /// [`StoreError::Damaged`] where the file is not a sound database of ours; such a file is left as it is.
    pub async fn open_sqlite(path: &Path, mode: Mode, systems: Systems, limits: Limits) -> Result<Self, StoreError> {
        open(path, mode, systems, limits).await.map_err(|error| match error {
            StoreError::Damaged(what) => StoreError::Damaged(format!("{}: {what}", path.display())),
            other => other,
        })
    }
}

async fn open(path: &Path, mode: Mode, systems: Systems, limits: Limits) -> Result<SqlStore, StoreError> {
    let was_here = beside(path, LOCK).exists();
    let lock = match mode {
        Mode::Daemon => Some(take_lock(path)?),
        Mode::Command => None,
    };
    if !path.try_exists().map_err(failed)? {
        // A command may make or change a database only while no daemon works with it.
        let _while_making = if lock.is_none() { Some(take_lock(path)?) } else { None };
        make(path, was_here, limits).await?;
    }
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(limits.patience);
    inspect(&options, path, mode).await?;
    let url = options.to_url_lossy();
    let writer = pool(&url, 1, limits, CACHE_KIB, "").await?;
    if !schema::is_current(&writer, &MIGRATIONS).await? {
        let _while_migrating = if lock.is_none() { Some(take_lock(path)?) } else { None };
        schema::migrate(&writer, &MIGRATIONS).await?;
    }
    let readers = pool(&url, READERS, limits, READER_CACHE_KIB, "PRAGMA query_only = on").await?;
    Ok(SqlStore { writer, readers, dialect: Dialect::Sqlite, systems, _lock: lock })
}

/// Makes a database beside its place and puts it there when it is whole, so that what lies in the place and is not whole
/// was damaged.
async fn make(path: &Path, was_here: bool, limits: Limits) -> Result<(), StoreError> {
    if beside(path, WAL).metadata().is_ok_and(|file| file.len() > 0) {
        let what = "it is not there, and beside it lies what was written to it last: put the file back, or remove both";
        return Err(StoreError::Damaged(what.to_owned()));
    }
    if was_here {
        tracing::warn!(path = %path.display(), "a bridge worked here before, and its database is gone: a new one is made");
    } else {
        tracing::info!(path = %path.display(), "a new database is made");
    }
    let new = beside(path, ".new");
    for half in [new.clone(), beside(&new, WAL), beside(&new, "-shm")] {
        match std::fs::remove_file(half) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    drop(private(&new).map_err(failed)?);
    let maker = pool(&SqliteConnectOptions::new().filename(&new).to_url_lossy(), 1, limits, CACHE_KIB, "").await?;
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"))).execute(&maker).await?;
    schema::migrate(&maker, &MIGRATIONS).await?;
    maker.close().await;
    stops::at(Stop::Made);
    std::fs::rename(&new, path).map_err(failed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// A file whose name goes on after the database's.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(ending);
    beside.into()
}

/// Connections that are never closed while the store lives, each prepared the same way.
async fn pool(
    url: &Url,
    connections: u32,
    limits: Limits,
    cache_kib: u32,
    more: &'static str,
) -> Result<AnyPool, StoreError> {
    sqlx::any::install_default_drivers();
    let options = AnyConnectOptions::from_url(url)?;
    let pool = AnyPoolOptions::new().max_connections(connections).idle_timeout(None).max_lifetime(None);
    // What failed for want of room was rolled back by SQLite itself: the driver does not know, and could begin nothing on
    // that connection any more.
    let pool = pool.acquire_timeout(limits.patience * 2).after_release(|connection, _| {
        Box::pin(async move {
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    });
    let pool = pool.after_connect(move |connection, _| {
        Box::pin(async move {
            let wait = format!("PRAGMA busy_timeout = {}", limits.patience.as_millis());
            connection.execute(sqlx::AssertSqlSafe(wait)).await?;
            connection.execute("PRAGMA journal_mode = WAL").await?;
            connection.execute("PRAGMA synchronous = FULL").await?;
            connection.execute(sqlx::AssertSqlSafe(format!("PRAGMA cache_size = -{cache_kib}"))).await?;
            connection.execute(sqlx::AssertSqlSafe(format!("PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}"))).await?;
            connection.execute("PRAGMA foreign_keys = on").await?;
            if !more.is_empty() {
                connection.execute(more).await?;
            }
            Ok(())
        })
    });
    Ok(pool.connect_with(options).await?)
}

/// Takes the lock file beside the database, and tells the next who has it.
fn take_lock(database: &Path) -> Result<File, StoreError> {
    let mut file = private(&beside(database, LOCK)).map_err(failed)?;
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
    StoreError::Away { why: "its files can't be used", source: Some(Box::new(error)) }
}

/// Looks at a file that is there before anything is written to it.
async fn inspect(options: &SqliteConnectOptions, path: &Path, mode: Mode) -> Result<(), StoreError> {
    if path.metadata().is_ok_and(|file| file.len() == 0) {
        let what = "it is empty: put a backup in its place, or remove it to begin with a new one";
        return Err(StoreError::Damaged(what.to_owned()));
    }
    let mut connection = options.connect().await?;
    let (mark,): (i64,) = sqlx::query_as("PRAGMA application_id").fetch_one(&mut connection).await?;
    // Reads the schema, and so finds a file that is shorter than it says.
    sqlx::query("SELECT count(*) FROM sqlite_schema").execute(&mut connection).await?;
    if mark != APPLICATION_ID {
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

/// Makes a database as an older program made it, up to a schema version, with these rows.
#[cfg(test)]
pub(super) async fn create_older(path: &Path, version: i64, rows: &[&'static str]) {
    sqlx::any::install_default_drivers();
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let pool = AnyPoolOptions::new().max_connections(1).connect(options.to_url_lossy().as_str()).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"))).execute(&pool).await.unwrap();
    schema::create_older(&pool, &MIGRATIONS, version, rows).await;
}

/// Makes a database of another program.
#[cfg(test)]
pub(super) async fn create_foreign(path: &Path) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::query("CREATE TABLE recipes (name TEXT)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn nobody_else_may_read_the_database_or_what_lies_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.db");
        let limits = Limits { patience: std::time::Duration::from_secs(5), connections: 1 };
        let store = open(&path, Mode::Daemon, Systems::new(), limits).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert!(files.len() >= 2, "{files:?}");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{file:?}");
        }
        drop(store);
    }
}
