//! Mappings in force and refused ones, and what waits for another mapping.

use sqlx::{Any, AnyPool, Transaction};

use super::{Dialect, StoreError, from_json, from_micros, to_json, to_micros};
use crate::doors::store::{MappingRefusal, MappingUse, Quarantined};
use crate::words::side::{LinkName, RemoteId, SystemName};

/// Notes the mapping in force. Where it is another than before, everything of these links that was planned or refused
/// under the other one is to be planned again. Whether it is another.
pub(super) async fn take(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    taken: &MappingUse,
    links: &[&LinkName],
) -> Result<bool, StoreError> {
    sqlx::query("DELETE FROM mapping_refusals WHERE system = $1")
        .bind(taken.system.as_str())
        .execute(&mut **tx)
        .await?;
    let last: Option<(String,)> =
        sqlx::query_as("SELECT digest FROM mapping_uses WHERE system = $1 ORDER BY seq DESC LIMIT 1")
            .bind(taken.system.as_str())
            .fetch_optional(&mut **tx)
            .await?;
    if last.is_some_and(|(digest,)| digest == taken.digest) {
        return Ok(false);
    }
    sqlx::query("INSERT INTO mapping_uses (system, file, digest, since) VALUES ($1, $2, $3, $4)")
        .bind(taken.system.as_str())
        .bind(&taken.file)
        .bind(&taken.digest)
        .bind(to_micros(taken.since))
        .execute(&mut **tx)
        .await?;
    let links: Vec<[&LinkName; 1]> = links.iter().map(|link| [*link]).collect();
    sqlx::query(dialect.spell(
        "UPDATE cases SET replan = (1 = 1) WHERE link IN (SELECT value ->> 0 FROM {each $1}) AND (parked > 0 OR reference IN \
         (SELECT case_reference FROM intents WHERE state IN ('ready', 'parked')))",
    ))
    .bind(to_json(&links)?)
    .execute(&mut **tx)
    .await?;
    Ok(true)
}

pub(super) async fn refuse(pool: &AnyPool, refusal: &MappingRefusal) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO mapping_refusals (system, file, digest, since, problems) VALUES ($1, $2, $3, $4, $5) \
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

pub(super) async fn uses(pool: &AnyPool) -> Result<Vec<MappingUse>, StoreError> {
    let rows: Vec<(String, String, String, i64)> =
        sqlx::query_as("SELECT system, file, digest, since FROM mapping_uses ORDER BY seq").fetch_all(pool).await?;
    rows.into_iter()
        .map(|(system, file, digest, since)| {
            Ok(MappingUse { system: SystemName(system), file, digest, since: from_micros(since)? })
        })
        .collect()
}

pub(super) async fn refusals(pool: &AnyPool) -> Result<Vec<MappingRefusal>, StoreError> {
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
    pool: &AnyPool,
    system: &SystemName,
    mapping: &str,
    limit: u32,
) -> Result<Vec<Quarantined>, StoreError> {
    let rows: Vec<(String, String, i64, String)> = sqlx::query_as(
        "SELECT id, reason, since, mapping FROM quarantine WHERE system = $1 AND mapping <> $2 ORDER BY id LIMIT $3",
    )
    .bind(system.as_str())
    .bind(mapping)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|(id, reason, since, mapping)| {
            let since = from_micros(since)?;
            Ok(Quarantined { system: system.clone(), id: RemoteId(id), reason, since, mapping })
        })
        .collect()
}
