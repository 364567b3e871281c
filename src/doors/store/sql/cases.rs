//! The cases' rows.

use sqlx::{Any, AnyPool, Transaction};

use super::{Dialect, StoreError, from_json, to_json};
use crate::doors::store::Counts;
use crate::pure::sync::case::{Case, Pair, PairState};
use crate::words::side::{LinkName, Reference, RemoteId, Side, SystemName};

pub(super) async fn load(pool: &AnyPool, dialect: Dialect, reference: &Reference) -> Result<Option<Case>, StoreError> {
    // One transaction, so that the case and its intents are of one moment.
    let mut tx = pool.begin_with(dialect.begin_read()).await?;
    let row: Option<(i64, String)> = sqlx::query_as("SELECT revision, json FROM cases WHERE reference = $1")
        .bind(reference.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    let Some((revision, json)) = row else { return Ok(None) };
    let intents: Vec<(String, String)> =
        sqlx::query_as("SELECT key, json FROM intents WHERE case_reference = $1 ORDER BY seq")
            .bind(reference.as_str())
            .fetch_all(&mut *tx)
            .await?;
    tx.rollback().await?;
    let mut case: Case = from_json(&json, reference.as_str())?;
    case.revision = revision;
    case.intents = intents.iter().map(|(key, json)| from_json(json, key)).collect::<Result<_, _>>()?;
    Ok(Some(case))
}

pub(super) async fn reference_of(
    pool: &AnyPool,
    link: &LinkName,
    side: Side,
    id: &RemoteId,
) -> Result<Option<Reference>, StoreError> {
    let sql = match side {
        Side::Province => "SELECT reference FROM cases WHERE link = $1 AND province_id = $2",
        Side::National => "SELECT reference FROM cases WHERE link = $1 AND national_id = $2",
    };
    let row: Option<(String,)> = sqlx::query_as(sql).bind(link.as_str()).bind(id.as_str()).fetch_optional(pool).await?;
    Ok(row.map(|(reference,)| Reference(reference)))
}

/// Writes the case's own row on the revision that it was loaded with; returns the new one.
pub(super) async fn write(tx: &mut Transaction<'_, Any>, case: &Case, replan: bool) -> Result<i64, StoreError> {
    let sql = if case.revision == 0 {
        "INSERT INTO cases (link, origin, province_id, national_id, live, conflicts, parked, quarantined, \
         replan, json, reference, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 + 1) ON CONFLICT (reference) DO NOTHING"
    } else {
        "UPDATE cases SET link = $1, origin = $2, province_id = $3, national_id = $4, live = $5, conflicts = $6, \
         parked = $7, quarantined = $8, replan = $9, json = $10, revision = revision + 1 WHERE reference = $11 AND revision = $12"
    };
    let sum = |count: fn(&Pair) -> usize| i64::try_from(case.pairs().map(count).sum::<usize>()).unwrap_or(i64::MAX);
    let done = sqlx::query(sql)
        .bind(case.link.as_str())
        .bind(case.ticket.origin.as_str())
        .bind(case.ticket.ends.province.id.as_ref().map(RemoteId::as_str))
        .bind(case.ticket.ends.national.id.as_ref().map(RemoteId::as_str))
        .bind(case.ticket.state == PairState::Live)
        .bind(sum(|pair| pair.conflicts.len()))
        .bind(sum(|pair| pair.parked.len()))
        .bind(sum(|pair| {
            usize::from(matches!(pair.state, PairState::Quarantined { .. } | PairState::Transferred { .. }))
        }))
        .bind(replan)
        .bind(to_json(case)?)
        .bind(case.reference().as_str())
        .bind(case.revision)
        .execute(&mut **tx)
        .await?;
    if done.rows_affected() == 0 { Err(StoreError::Stale) } else { Ok(case.revision + 1) }
}

pub(super) async fn list(
    pool: &AnyPool,
    link: &LinkName,
    after: Option<&Reference>,
    limit: u32,
) -> Result<Vec<Reference>, StoreError> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT reference FROM cases WHERE link = $1 AND reference > $2 ORDER BY reference LIMIT $3")
            .bind(link.as_str())
            .bind(after.map_or("", Reference::as_str))
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|(reference,)| Reference(reference)).collect())
}

pub(super) async fn ids(
    pool: &AnyPool,
    link: &LinkName,
    side: Side,
    after: Option<&RemoteId>,
    limit: u32,
) -> Result<Vec<RemoteId>, StoreError> {
    let sql = match side {
        Side::Province => {
            "SELECT province_id FROM cases WHERE link = $1 AND province_id > $2 AND live ORDER BY province_id LIMIT $3"
        }
        Side::National => {
            "SELECT national_id FROM cases WHERE link = $1 AND national_id > $2 AND live ORDER BY national_id LIMIT $3"
        }
    };
    let rows: Vec<(String,)> = sqlx::query_as(sql)
        .bind(link.as_str())
        .bind(after.map_or("", RemoteId::as_str))
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await?;
    Ok(rows.into_iter().map(|(id,)| RemoteId(id)).collect())
}

pub(super) async fn youngest(
    pool: &AnyPool,
    link: &LinkName,
    side: Side,
    except: &Reference,
) -> Result<Option<(Reference, RemoteId)>, StoreError> {
    let sql = match side {
        Side::Province => {
            "SELECT reference, province_id FROM cases WHERE link = $1 AND origin = 'national' AND reference <> $2 \
             AND province_id IS NOT NULL AND live ORDER BY seq DESC LIMIT 1"
        }
        Side::National => {
            "SELECT reference, national_id FROM cases WHERE link = $1 AND origin = 'province' AND reference <> $2 \
             AND national_id IS NOT NULL AND live ORDER BY seq DESC LIMIT 1"
        }
    };
    let row: Option<(String, String)> =
        sqlx::query_as(sql).bind(link.as_str()).bind(except.as_str()).fetch_optional(pool).await?;
    Ok(row.map(|(reference, id)| (Reference(reference), RemoteId(id))))
}

pub(super) async fn troubled(pool: &AnyPool, limit: u32) -> Result<Vec<Reference>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT reference FROM cases WHERE conflicts > 0 OR parked > 0 OR quarantined > 0 ORDER BY seq LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(reference,)| Reference(reference)).collect())
}

pub(super) async fn to_replan(
    pool: &AnyPool,
    after: Option<&Reference>,
    limit: u32,
) -> Result<Vec<Reference>, StoreError> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT reference FROM cases WHERE replan AND reference > $1 ORDER BY reference LIMIT $2")
            .bind(after.map_or("", Reference::as_str))
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|(reference,)| Reference(reference)).collect())
}

pub(super) async fn counts(
    pool: &AnyPool,
    dialect: Dialect,
    link: Option<&LinkName>,
    systems: &[&SystemName],
) -> Result<Counts, StoreError> {
    let link = link.map(LinkName::as_str);
    let mut tx = pool.begin_with(dialect.begin_read()).await?;
    let (cases, paired, conflicts, refused, quarantined): (i64, i64, i64, i64, i64) = sqlx::query_as(
        "SELECT count(*), count(CASE WHEN province_id IS NOT NULL AND national_id IS NOT NULL THEN 1 END), \
         CAST(coalesce(sum(conflicts), 0) AS BIGINT), CAST(coalesce(sum(parked), 0) AS BIGINT), \
         CAST(coalesce(sum(quarantined), 0) AS BIGINT) \
         FROM cases WHERE $1 IS NULL OR link = $1",
    )
    .bind(link)
    .fetch_one(&mut *tx)
    .await?;
    let systems: Vec<[&str; 1]> = systems.iter().map(|name| [name.as_str()]).collect();
    let (unreadable,): (i64,) = sqlx::query_as(
        dialect
            .each("SELECT count(*) FROM quarantine WHERE $1 IS NULL OR system IN (SELECT value ->> 0 FROM {each $2})"),
    )
    .bind(link)
    .bind(to_json(&systems)?)
    .fetch_one(&mut *tx)
    .await?;
    let states: Vec<(String, i64)> =
        sqlx::query_as("SELECT state, count(*) FROM intents WHERE $1 IS NULL OR link = $1 GROUP BY state")
            .bind(link)
            .fetch_all(&mut *tx)
            .await?;
    tx.rollback().await?;
    let in_state = |name: &str| states.iter().find(|(state, _)| state == name).map_or(0, |(_, count)| *count);
    Ok(Counts {
        cases: cases.unsigned_abs(),
        paired: paired.unsigned_abs(),
        ready: in_state("ready").unsigned_abs(),
        sent: in_state("sent").unsigned_abs(),
        doubt: in_state("doubt").unsigned_abs(),
        parked: (in_state("parked") + refused).unsigned_abs(),
        conflicts: conflicts.unsigned_abs(),
        quarantined: (quarantined + unreadable).unsigned_abs(),
    })
}
