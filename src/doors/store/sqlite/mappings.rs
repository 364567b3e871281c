//! Mappings in force and refused ones, and what waits for another mapping.

use sqlx::{Sqlite, SqlitePool, Transaction};

use super::{StoreError, from_json, from_micros, to_json, to_micros};
use crate::doors::store::{MappingRefusal, MappingUse, Quarantined};
use crate::words::side::{LinkName, RemoteId, SystemName};

/// Notes the mapping in force. Where it is another than before, everything of these links that was planned or refused
/// under the other one is to be planned again. Whether it is another.
pub(super) async fn take(
    tx: &mut Transaction<'_, Sqlite>,
    taken: &MappingUse,
    links: &[&LinkName],
) -> Result<bool, StoreError> {
    sqlx::query("DELETE FROM mapping_refusals WHERE system = ?").bind(taken.system.as_str()).execute(&mut **tx).await?;
    let last: Option<(String,)> =
        sqlx::query_as("SELECT digest FROM mapping_uses WHERE system = ? ORDER BY seq DESC LIMIT 1")
            .bind(taken.system.as_str())
            .fetch_optional(&mut **tx)
            .await?;
    if last.is_some_and(|(digest,)| digest == taken.digest) {
        return Ok(false);
    }
    sqlx::query("INSERT INTO mapping_uses (system, file, digest, since) VALUES (?, ?, ?, ?)")
        .bind(taken.system.as_str())
        .bind(&taken.file)
        .bind(&taken.digest)
        .bind(to_micros(taken.since))
        .execute(&mut **tx)
        .await?;
    sqlx::query(
        "UPDATE cases SET replan = 1 WHERE link IN (SELECT value FROM json_each(?)) AND (parked > 0 OR reference IN \
         (SELECT case_reference FROM intents WHERE state IN ('ready', 'parked')))",
    )
    .bind(to_json(&links)?)
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

pub(super) async fn refuse(pool: &SqlitePool, refusal: &MappingRefusal) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO mapping_refusals (system, file, digest, since, problems) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (system) DO UPDATE SET file = excluded.file, digest = excluded.digest, since = excluded.since, \
         problems = excluded.problems",
    )
    .bind(refusal.system.as_str())
    .bind(&refusal.file)
    .bind(&refusal.digest)
    .bind(to_micros(refusal.since))
    .bind(to_json(&refusal.problems)?)
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn uses(pool: &SqlitePool) -> Result<Vec<MappingUse>, StoreError> {
    let rows: Vec<(String, String, String, i64)> =
        sqlx::query_as("SELECT system, file, digest, since FROM mapping_uses ORDER BY seq").fetch_all(pool).await?;
    rows.into_iter()
        .map(|(system, file, digest, since)| {
            Ok(MappingUse { system: SystemName(system), file, digest, since: from_micros(since)? })
        })
        .collect()
}

pub(super) async fn refusals(pool: &SqlitePool) -> Result<Vec<MappingRefusal>, StoreError> {
    let rows: Vec<(String, String, String, i64, String)> =
        sqlx::query_as("SELECT system, file, digest, since, problems FROM mapping_refusals ORDER BY system")
            .fetch_all(pool)
            .await?;
    rows.into_iter()
        .map(|(system, file, digest, since, problems)| {
            let problems = from_json(&problems, &format!("mapping_refusals {system}"))?;
            Ok(MappingRefusal { system: SystemName(system), file, digest, since: from_micros(since)?, problems })
        })
        .collect()
}

/// Tickets of a system that another mapping could not read.
pub(super) async fn quarantined_otherwise(
    pool: &SqlitePool,
    system: &SystemName,
    mapping: &str,
    limit: u32,
) -> Result<Vec<Quarantined>, StoreError> {
    let rows: Vec<(String, String, i64, String)> = sqlx::query_as(
        "SELECT id, reason, since, mapping FROM quarantine WHERE system = ? AND mapping <> ? ORDER BY id LIMIT ?",
    )
    .bind(system.as_str())
    .bind(mapping)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|(id, reason, since, mapping)| {
            let since = from_micros(since)?;
            Ok(Quarantined { system: system.clone(), id: RemoteId(id), reason, since, mapping })
        })
        .collect()
}
