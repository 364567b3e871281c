//! The store in one SQLite file: who may open it, whether it is ours and sound, and its schema. WAL, `synchronous = FULL`:
//! the row of an intent is exactly what less could lose. One connection writes, a few read.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyPool, ConnectOptions, Connection, Executor as _};
use url::Url;

use super::sql::{Dialect, Mode, SqlStore};
use super::{StoreError, Systems, schema};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");

/// Marks the file as ours ("PAKN").
const APPLICATION_ID: i64 = 0x5041_4b4e;
/// How long one process waits for the other's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// Memory of one connection for pages of the file, KiB.
const CACHE_KIB: u32 = 8 * 1024;
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
    pub async fn open_sqlite(path: &Path, mode: Mode, systems: Systems) -> Result<Self, StoreError> {
        open(path, mode, systems).await.map_err(|error| match error {
            StoreError::Damaged(what) => StoreError::Damaged(format!("{}: {what}", path.display())),
            other => other,
        })
    }
}

async fn open(path: &Path, mode: Mode, systems: Systems) -> Result<SqlStore, StoreError> {
    let lock = match mode {
        Mode::Daemon => Some(take_lock(path)?),
        Mode::Command => None,
    };
    let is_new = std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    if is_new {
        private(path).map_err(failed)?;
    }
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT);
    if !is_new {
        inspect(&options, path, mode).await?;
    }
    let url = options.create_if_missing(true).to_url_lossy();
    let writer = pool(&url, 1, "").await?;
    if !schema::is_current(&writer, &MIGRATIONS).await? {
        // A command may change the schema only while no daemon works with it.
        let _while_migrating = match lock {
            None => Some(take_lock(path)?),
            Some(_) => None,
        };
        sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"))).execute(&writer).await?;
        schema::migrate(&writer, &MIGRATIONS).await?;
    }
    let readers = pool(&url, READERS, "PRAGMA query_only = on").await?;
    Ok(SqlStore { writer, readers, dialect: Dialect::Sqlite, systems, _lock: lock })
}

/// Connections that are never closed while the store lives, each prepared the same way.
async fn pool(url: &Url, connections: u32, more: &'static str) -> Result<AnyPool, StoreError> {
    sqlx::any::install_default_drivers();
    let options = AnyConnectOptions::from_url(url)?;
    let pool = AnyPoolOptions::new().max_connections(connections).idle_timeout(None).max_lifetime(None);
    let pool = pool.after_connect(move |connection, _| {
        Box::pin(async move {
            let wait = format!("PRAGMA busy_timeout = {}", BUSY_TIMEOUT.as_millis());
            connection.execute(sqlx::AssertSqlSafe(wait)).await?;
            connection.execute("PRAGMA journal_mode = WAL").await?;
            connection.execute("PRAGMA synchronous = FULL").await?;
            connection.execute(sqlx::AssertSqlSafe(format!("PRAGMA cache_size = -{CACHE_KIB}"))).await?;
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
        let store = open(&path, Mode::Daemon, Systems::new()).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert!(files.len() >= 2, "{files:?}");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{file:?}");
        }
        drop(store);
    }
}
