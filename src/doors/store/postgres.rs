//! The store in a PostgreSQL database: any number of daemons work on it.

use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::{Connection as _, Executor as _};

use super::sql::{Dialect, SqlStore};
use super::{Limits, StoreError, Systems, schema};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/postgres");

/// Longest that a connection that is given back may take to show that it still lives. One that was left in the middle of
/// an exchange would else be waited for as long as its server says nothing, and is nobody's meanwhile.
const LONGEST_SIGN: Duration = Duration::from_secs(5);
/// Longest that one statement may take.
const SESSION: [&str; 2] = ["SET statement_timeout = '60s'", "SET application_name = 'pakn-bridge'"];

impl SqlStore {
    /// Connects to a PostgreSQL database and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] where a later program wrote it, [`StoreError::Away`] where it can't be reached.
    pub async fn open_postgres(url: &str, systems: Systems, limits: Limits) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let options = url.parse::<AnyConnectOptions>()?;
        let pool = AnyPoolOptions::new()
            .max_connections(limits.connections)
            .acquire_timeout(limits.patience)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    for setting in SESSION {
                        connection.execute(setting).await?;
                    }
                    // A daemon that is stopped or cut off in the middle of a transaction must not hold the others up.
                    let idle = limits.patience.as_millis();
                    let idle = format!("SET idle_in_transaction_session_timeout = {idle}");
                    connection.execute(sqlx::AssertSqlSafe(idle)).await?;
                    Ok(())
                })
            })
            .after_release(|connection, _| {
                Box::pin(async move {
                    let sign = tokio::time::timeout(LONGEST_SIGN, connection.ping()).await;
                    sign.map_err(|_| sqlx::Error::Protocol("no answer".to_owned()))?.map(|()| true)
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

/// Makes the tables of an older program, up to a schema version, with these rows.
#[cfg(test)]
pub(super) async fn create_older(url: &str, version: i64, rows: &[&'static str]) {
    let pool = AnyPoolOptions::new().max_connections(1).connect(url).await.unwrap();
    schema::create_older(&pool, &MIGRATIONS, version, rows).await;
}
