//! The schema's version: one list of migrations a database kind, applied in order, never undone.

use sqlx::AnyPool;
use sqlx::migrate::{MigrateError, Migrator};

use super::StoreError;
use crate::words::stops::{self, Stop};

/// Whether the schema is the newest that this program knows.
///
/// # Errors
/// [`StoreError::Newer`] where a later program made it.
pub(super) async fn is_current(pool: &AnyPool, migrations: &Migrator) -> Result<bool, StoreError> {
    let found: Option<(Option<i64>,)> =
        match sqlx::query_as("SELECT max(version) FROM _sqlx_migrations").fetch_optional(pool).await {
            Ok(found) => found,
            // No migration was ever run. Any other trouble shows at the first of them.
            Err(sqlx::Error::Database(_)) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
    let found = found.and_then(|(version,)| version).unwrap_or_default();
    let known = migrations.iter().map(|migration| migration.version).max().unwrap_or_default();
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(found == known) }
}

/// Brings the schema up to date; of several daemons at once one does it and the others wait.
///
/// # Errors
/// [`StoreError::Damaged`] where the schema is not the one that this program made.
pub(super) async fn migrate(pool: &AnyPool, migrations: &Migrator) -> Result<(), StoreError> {
    stops::at(Stop::Migrating);
    let migrated = migrations.run(pool).await.map_err(|error| match error {
        MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => {
            StoreError::Damaged(format!("schema version {version} is not the one that this program made"))
        }
        MigrateError::Execute(error) => error.into(),
        other => StoreError::Database(Box::new(other)),
    });
    stops::at(Stop::Migrated);
    migrated
}

/// The schema as an older program knew it, with rows of that program.
#[cfg(test)]
pub(super) async fn create_older(pool: &AnyPool, migrations: &Migrator, version: i64, rows: &[&'static str]) {
    let older = migrations.iter().filter(|migration| migration.version <= version).cloned().collect();
    Migrator::with_migrations(older).run(pool).await.unwrap();
    for row in rows {
        sqlx::query(*row).execute(pool).await.unwrap();
    }
    pool.close().await;
}
