//! The store in a PostgreSQL database: any number of daemons work on it.

use std::time::Duration;

use sqlx::Executor as _;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;

use super::sql::{Dialect, SqlStore};
use super::{StoreError, Systems, schema};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/postgres");

/// Connections of one daemon.
const CONNECTIONS: u32 = 8;
/// Longest wait for one of them, the server's first answer included.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest that one statement may take, and a transaction may stand still: a daemon that is stopped in the middle of
/// one must not hold the others up.
const SESSION: [&str; 3] = [
    "SET statement_timeout = '60s'",
    "SET idle_in_transaction_session_timeout = '30s'",
    "SET application_name = 'pakn-bridge'",
];

impl SqlStore {
    /// Connects to a PostgreSQL database and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] where a later program wrote it, [`StoreError::Database`] where it can't be reached.
    pub async fn open_postgres(url: &str, systems: Systems) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let options = url.parse::<AnyConnectOptions>()?;
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    for setting in SESSION {
                        connection.execute(setting).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        if !schema::is_current(&pool, &MIGRATIONS).await? {
            schema::migrate(&pool, &MIGRATIONS).await?;
        }
        Ok(Self { writer: pool.clone(), readers: pool, dialect: Dialect::Postgres, systems, _lock: None })
    }
}
