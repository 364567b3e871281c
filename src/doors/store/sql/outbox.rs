//! The outbox: intents, their claims, and what a crash leaves of them.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::{Any, AnyPool, Transaction};

use super::{Dialect, StoreError, from_json, from_micros, to_json, to_micros};
use crate::doors::store::{Claim, Queue};
use crate::pure::sync::case::{Case, Intent, IntentState};
use crate::words::clock::Timestamp;
use crate::words::side::{LinkName, Side};

const fn state_word(state: &IntentState) -> &'static str {
    match state {
        IntentState::Ready => "ready",
        IntentState::Sent => "sent",
        IntentState::Doubt { .. } => "doubt",
        IntentState::Parked => "parked",
    }
}

/// A row as it stands before a save.
struct Row {
    json: String,
    state: String,
    lease: Option<i64>,
    fence: i64,
}

/// Makes the rows of a case equal to its intents; `claim` is the one that the saver holds and now ends.
pub(super) async fn write(
    tx: &mut Transaction<'_, Any>,
    case: &Case,
    at: Timestamp,
    claim: Option<&Claim>,
    record: impl Fn(&Intent) -> String,
) -> Result<(), StoreError> {
    let rows: Vec<(String, String, String, Option<i64>, i64)> =
        sqlx::query_as("SELECT key, json, state, lease, fence FROM intents WHERE case_reference = $1")
            .bind(case.reference().as_str())
            .fetch_all(&mut **tx)
            .await?;
    let mut rows: BTreeMap<String, Row> =
        rows.into_iter().map(|(key, json, state, lease, fence)| (key, Row { json, state, lease, fence })).collect();
    if let Some(claim) = claim {
        let held = rows.get(&claim.intent.key).is_some_and(|row| row.lease.is_some() && row.fence == claim.fence);
        if !held {
            return Err(StoreError::Fenced);
        }
    }
    let is_ours = |key: &str| claim.is_some_and(|claim| claim.intent.key == key);
    // Its request may be under way. A doubt is only being looked up: whoever settles it by a reading voids that claim.
    let is_others = |key: &str, row: &Row| {
        !is_ours(key) && row.state == "sent" && row.lease.is_some_and(|until| until > to_micros(at))
    };
    let mut written = Vec::new();
    for intent in &case.intents {
        let json = to_json(intent)?;
        match rows.remove(&intent.key) {
            Some(row) if row.json == json && !is_ours(&intent.key) => {}
            Some(row) if is_others(&intent.key, &row) => return Err(StoreError::Fenced),
            Some(_) | None => written.push((intent, json)),
        }
    }
    for (key, row) in &rows {
        if is_others(key, row) {
            return Err(StoreError::Fenced);
        }
        sqlx::query("DELETE FROM intents WHERE key = $1").bind(key).execute(&mut **tx).await?;
    }
    for (intent, json) in written {
        sqlx::query(
            "INSERT INTO intents (key, case_reference, link, side, record, state, due, json) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (key) DO UPDATE SET record = excluded.record, \
             state = excluded.state, due = excluded.due, json = excluded.json, lease = NULL",
        )
        .bind(&intent.key)
        .bind(case.reference().as_str())
        .bind(case.link.as_str())
        .bind(intent.side.as_str())
        .bind(record(intent))
        .bind(state_word(&intent.state))
        .bind(to_micros(intent.due))
        .bind(json)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

pub(super) async fn claim_ready(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    link: &LinkName,
    side: Side,
    now: Timestamp,
    lease: Duration,
    limit: u32,
) -> Result<Vec<Claim>, StoreError> {
    // The case is locked before its intents, here as in every save, so that no two transactions wait for each other.
    let due: Vec<(i64,)> = sqlx::query_as(dialect.lock(
        "SELECT mine.seq FROM intents AS mine JOIN cases ON cases.reference = mine.case_reference \
         WHERE mine.link = $1 AND mine.side = $2 AND mine.state = 'ready' AND mine.due <= $3 \
         AND NOT EXISTS (SELECT 1 FROM intents AS other WHERE other.record = mine.record \
         AND other.state IN ('sent', 'doubt')) AND NOT cases.replan ORDER BY mine.seq LIMIT $4 {lock cases}",
    ))
    .bind(link.as_str())
    .bind(side.as_str())
    .bind(to_micros(now))
    .bind(i64::from(limit))
    .fetch_all(&mut **tx)
    .await?;
    let due: Vec<[i64; 1]> = due.into_iter().map(|(seq,)| [seq]).collect();
    // Read again under the lock: between the choice and the lock a save may have changed them.
    let rows: Vec<(String, String)> = sqlx::query_as(dialect.each(
        "SELECT key, json FROM intents WHERE seq IN (SELECT CAST(value ->> 0 AS BIGINT) FROM {each $1}) \
         AND state = 'ready' AND due <= $2 ORDER BY seq",
    ))
    .bind(to_json(&due)?)
    .bind(to_micros(now))
    .fetch_all(&mut **tx)
    .await?;
    let until = lease_end(now, lease);
    let mut claims = Vec::with_capacity(rows.len());
    for (key, json) in rows {
        let mut intent: Intent = from_json(&json, &key)?;
        intent.state = IntentState::Sent;
        intent.first_sent.get_or_insert(now);
        // Asked once more: the row before this one may have been of the same record.
        let row: Option<(i64,)> = sqlx::query_as(
            "UPDATE intents SET state = 'sent', lease = $1, fence = fence + 1, json = $2 WHERE key = $3 \
             AND NOT EXISTS (SELECT 1 FROM intents AS other WHERE other.record = intents.record \
             AND other.state IN ('sent', 'doubt')) RETURNING fence",
        )
        .bind(until)
        .bind(to_json(&intent)?)
        .bind(&key)
        .fetch_optional(&mut **tx)
        .await?;
        let Some((fence,)) = row else { continue };
        touch_case(tx, &intent).await?;
        claims.push(Claim { intent, link: link.clone(), fence });
    }
    Ok(claims)
}

pub(super) async fn claim_doubts(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    link: &LinkName,
    side: Side,
    now: Timestamp,
    lease: Duration,
    limit: u32,
) -> Result<Vec<Claim>, StoreError> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(dialect.lock(
        "UPDATE intents SET lease = $1, fence = fence + 1 WHERE seq IN (SELECT seq FROM intents WHERE link = $2 \
         AND side = $3 AND state = 'doubt' AND due <= $4 AND (lease IS NULL OR lease <= $5) ORDER BY seq LIMIT $6 \
         {lock intents}) RETURNING key, json, fence",
    ))
    .bind(lease_end(now, lease))
    .bind(link.as_str())
    .bind(side.as_str())
    .bind(to_micros(now))
    .bind(to_micros(now))
    .bind(i64::from(limit))
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|(key, json, fence)| Ok(Claim { intent: from_json(&json, &key)?, link: link.clone(), fence }))
        .collect()
}

pub(super) async fn release(pool: &AnyPool, claim: &Claim) -> Result<(), StoreError> {
    sqlx::query("UPDATE intents SET lease = NULL WHERE key = $1 AND fence = $2")
        .bind(&claim.intent.key)
        .bind(claim.fence)
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn recover(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    now: Option<Timestamp>,
    settle: Duration,
) -> Result<u64, StoreError> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(dialect.lock(
        "SELECT intents.key, intents.json, intents.fence FROM intents JOIN cases \
         ON cases.reference = intents.case_reference WHERE intents.state = 'sent' \
         AND ($1 IS NULL OR intents.lease IS NULL OR intents.lease <= $1) ORDER BY intents.seq {lock cases}",
    ))
    .bind(now.map(to_micros))
    .fetch_all(&mut **tx)
    .await?;
    let mut recovered = 0;
    for (key, json, fence) in &rows {
        let mut intent: Intent = from_json(json, key)?;
        intent.state = IntentState::Doubt { settle };
        let done = sqlx::query(
            "UPDATE intents SET state = 'doubt', lease = NULL, fence = fence + 1, json = $1 WHERE key = $2 \
             AND state = 'sent' AND fence = $3",
        )
        .bind(to_json(&intent)?)
        .bind(key)
        .bind(fence)
        .execute(&mut **tx)
        .await?;
        if done.rows_affected() > 0 {
            touch_case(tx, &intent).await?;
            recovered += 1;
        }
    }
    if now.is_none() {
        // At start nobody holds anything: lookups that a crash broke off are free again.
        sqlx::query("UPDATE intents SET lease = NULL, fence = fence + 1 WHERE lease IS NOT NULL")
            .execute(&mut **tx)
            .await?;
    }
    Ok(recovered)
}

/// Whoever loaded the case before its intent moved must load it again.
async fn touch_case(tx: &mut Transaction<'_, Any>, intent: &Intent) -> Result<(), StoreError> {
    sqlx::query("UPDATE cases SET revision = revision + 1 WHERE reference = $1")
        .bind(intent.case.as_str())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn lease_end(now: Timestamp, lease: Duration) -> i64 {
    to_micros(now).saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX))
}

pub(super) async fn next_due(pool: &AnyPool) -> Result<Option<Timestamp>, StoreError> {
    let (due,): (Option<i64>,) = sqlx::query_as(
        "SELECT min(due) FROM intents WHERE state = 'ready' AND NOT EXISTS (SELECT 1 FROM cases WHERE reference = \
             case_reference AND replan)",
    )
    .fetch_one(pool)
    .await?;
    due.map(from_micros).transpose()
}

pub(super) async fn queue(pool: &AnyPool, which: Queue, limit: u32) -> Result<Vec<(LinkName, Intent)>, StoreError> {
    let sql = match which {
        Queue::Open => "SELECT link, key, json FROM intents ORDER BY seq LIMIT $1",
        Queue::Parked => "SELECT link, key, json FROM intents WHERE state = 'parked' ORDER BY seq LIMIT $1",
    };
    let rows: Vec<(String, String, String)> = sqlx::query_as(sql).bind(i64::from(limit)).fetch_all(pool).await?;
    rows.into_iter().map(|(link, key, json)| Ok((LinkName(link), from_json(&json, &key)?))).collect()
}

pub(super) async fn by_key(pool: &AnyPool, prefix: &str) -> Result<Option<(LinkName, Intent)>, StoreError> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT link, key, json FROM intents WHERE key >= $1 AND substr(key, 1, length($1)) = $1 ORDER BY key LIMIT 2",
    )
    .bind(prefix)
    .fetch_all(pool)
    .await?;
    let mut rows = rows.into_iter();
    match (rows.next(), rows.next()) {
        (None, _) => Ok(None),
        (Some((link, key, json)), other) if other.is_none() || key == prefix => {
            Ok(Some((LinkName(link), from_json(&json, &key)?)))
        }
        _ => Err(StoreError::Ambiguous),
    }
}
