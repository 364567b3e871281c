//! What systems told by themselves.

use sqlx::{Any, AnyPool, Transaction};

use super::{StoreError, from_micros, to_micros};
use crate::doors::store::{Hint, Noted, Notice};
use crate::words::side::{RemoteId, SystemName};

/// Takes a notice, unless it came before or there is no room. What is [`Noted::Full`] must not be committed.
pub(super) async fn note(tx: &mut Transaction<'_, Any>, notice: &Notice, most: u32) -> Result<Noted, StoreError> {
    sqlx::query("DELETE FROM notices WHERE at < $1").bind(to_micros(notice.forget_before)).execute(&mut **tx).await?;
    let proof = format!("{}/{}", notice.system, notice.proof);
    let fresh = sqlx::query("INSERT INTO notices (proof, at) VALUES ($1, $2) ON CONFLICT (proof) DO NOTHING")
        .bind(proof)
        .bind(to_micros(notice.at))
        .execute(&mut **tx)
        .await?;
    if fresh.rows_affected() == 0 {
        return Ok(Noted::Before);
    }
    for id in &notice.ids {
        sqlx::query(
            "INSERT INTO hints (system, ticket, times, since) VALUES ($1, $2, 1, $3) \
             ON CONFLICT (system, ticket) DO UPDATE SET times = hints.times + 1",
        )
        .bind(notice.system.as_str())
        .bind(id.as_str())
        .bind(to_micros(notice.at))
        .execute(&mut **tx)
        .await?;
    }
    let (open, known): (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM hints), (SELECT count(*) FROM notices)")
            .fetch_one(&mut **tx)
            .await?;
    let has_room = open <= i64::from(most) && known <= i64::from(most).saturating_mul(NOTICES_A_HINT);
    Ok(if has_room { Noted::New } else { Noted::Full })
}

/// Notices that are remembered for each hint that has room.
const NOTICES_A_HINT: i64 = 100;

pub(super) async fn open(pool: &AnyPool, limit: u32) -> Result<Vec<Hint>, StoreError> {
    let rows: Vec<(String, String, i64, i64)> =
        sqlx::query_as("SELECT system, ticket, times, since FROM hints ORDER BY since, system, ticket LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?;
    let hint = |(system, ticket, times, since)| {
        Ok(Hint { system: SystemName(system), id: RemoteId(ticket), times, since: from_micros(since)? })
    };
    rows.into_iter().map(hint).collect()
}

pub(super) async fn end(pool: &AnyPool, hint: &Hint) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM hints WHERE system = $1 AND ticket = $2 AND times = $3")
        .bind(hint.system.as_str())
        .bind(hint.id.as_str())
        .bind(hint.times)
        .execute(pool)
        .await?;
    Ok(())
}
