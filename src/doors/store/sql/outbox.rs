//! The outbox: intents, their claims, and what a crash leaves of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::{Any, AnyPool, Transaction};

use super::cases::each_of;
use super::{Dialect, StoreError, from_json, from_micros, rows, to_json, to_micros};
use crate::doors::store::{Claim, Queue, Save};
use crate::pure::sync::case::{Case, Intent, IntentState};
use crate::words::clock::Timestamp;
use crate::words::side::{LinkName, Reference, Side};

const fn state_word(state: &IntentState) -> &'static str {
    match state {
        IntentState::Ready => "ready",
        IntentState::Sent => "sent",
        IntentState::Doubt { .. } => "doubt",
        IntentState::Parked => "parked",
    }
}

/// A row as it stands before a save.
pub(super) struct Row {
    json: String,
    state: String,
    lease: Option<i64>,
    fence: i64,
}

/// What a save makes of the rows of its case.
pub(super) struct Changed<'a> {
    removed: Vec<String>,
    written: Vec<(&'a Intent, String)>,
}

/// The rows of cases, by key.
pub(super) async fn rows_of(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    references: &[&Reference],
) -> Result<BTreeMap<Reference, BTreeMap<String, Row>>, StoreError> {
    let found: Vec<(String, String, String, String, Option<i64>, i64)> = sqlx::query_as(dialect.spell(
        "SELECT case_reference, key, json, state, lease, fence FROM intents WHERE case_reference IN \
         (SELECT value ->> 0 FROM {each $1})",
    ))
    .bind(each_of(references)?)
    .fetch_all(&mut **tx)
    .await?;
    let mut rows: BTreeMap<Reference, BTreeMap<String, Row>> = BTreeMap::new();
    for (reference, key, json, state, lease, fence) in found {
        rows.entry(Reference(reference)).or_default().insert(key, Row { json, state, lease, fence });
    }
    Ok(rows)
}

/// What must change for the rows of a case to equal its intents. `Fenced` where that would change what somebody else is
/// sending, or where the saver's claim is lost.
pub(super) fn compare<'a>(save: &Save<'a>, mut rows: BTreeMap<String, Row>) -> Result<Changed<'a>, StoreError> {
    if let Some(claim) = save.claim {
        let held = rows.get(&claim.intent.key).is_some_and(|row| row.lease.is_some() && row.fence == claim.fence);
        if !held {
            return Err(StoreError::Fenced);
        }
    }
    let is_ours = |key: &str| save.claim.is_some_and(|claim| claim.intent.key == key);
    // Its request may be under way. A doubt is only being looked up: whoever settles it by a reading voids that claim.
    let is_others = |key: &str, row: &Row| {
        !is_ours(key) && row.state == "sent" && row.lease.is_some_and(|until| until > to_micros(save.change.at))
    };
    let mut written = Vec::new();
    for intent in &save.case.intents {
        let json = to_json(intent)?;
        match rows.remove(&intent.key) {
            Some(row) if row.json == json && !is_ours(&intent.key) => {}
            Some(row) if is_others(&intent.key, &row) => return Err(StoreError::Fenced),
            Some(_) | None => written.push((intent, json)),
        }
    }
    if rows.iter().any(|(key, row)| is_others(key, row)) {
        return Err(StoreError::Fenced);
    }
    Ok(Changed { removed: rows.into_keys().collect(), written })
}

/// Makes it so. `record` names the record that an intent of a link writes.
pub(super) async fn write(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    changes: &[(&Case, Changed<'_>)],
    record: impl Fn(&LinkName, &Intent) -> String,
) -> Result<(), StoreError> {
    const HEAD: &str = "INSERT INTO intents (key, case_reference, link, side, record, state, due, json)";
    const TAIL: &str = "ON CONFLICT (key) DO UPDATE SET record = excluded.record, \
        state = excluded.state, due = excluded.due, json = excluded.json, lease = NULL";
    let removed: Vec<[&str; 1]> =
        changes.iter().flat_map(|(_, changed)| &changed.removed).map(|key| [key.as_str()]).collect();
    if !removed.is_empty() {
        sqlx::query(dialect.spell("DELETE FROM intents WHERE key IN (SELECT value ->> 0 FROM {each $1})"))
            .bind(to_json(&removed)?)
            .execute(&mut **tx)
            .await?;
    }
    let written: Vec<_> = changes
        .iter()
        .flat_map(|(case, changed)| changed.written.iter().map(move |(intent, json)| (case, intent, json)))
        .map(|(case, intent, json)| (case, intent, json, record(&case.link, intent)))
        .collect();
    rows::write(tx, dialect, (HEAD, 8, TAIL), &written, |statement, (case, intent, json, record)| {
        statement
            .bind(intent.key.as_str())
            .bind(case.reference().as_str())
            .bind(case.link.as_str())
            .bind(intent.side.as_str())
            .bind(record.as_str())
            .bind(state_word(&intent.state))
            .bind(to_micros(intent.due))
            .bind(json.as_str())
    })
    .await?;
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
    let due: Vec<(i64,)> = sqlx::query_as(dialect.spell(
        "SELECT mine.seq FROM intents AS mine JOIN cases ON cases.reference = mine.case_reference \
         WHERE mine.link = $1 AND mine.side = $2 AND mine.state = 'ready' AND mine.due <= $3 \
         AND NOT EXISTS (SELECT 1 FROM intents AS other WHERE other.record = mine.record \
         AND other.state IN ('sent', 'doubt')) AND NOT cases.replan ORDER BY mine.seq LIMIT $4 {take cases}",
    ))
    .bind(link.as_str())
    .bind(side.as_str())
    .bind(to_micros(now))
    .bind(i64::from(limit))
    .fetch_all(&mut **tx)
    .await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let due: Vec<[i64; 1]> = due.into_iter().map(|(seq,)| [seq]).collect();
    // Read again under the lock: between the choice and the lock a save may have changed them.
    let found: Vec<(String, String, String, i64)> = sqlx::query_as(dialect.spell(
        "SELECT key, record, json, fence FROM intents WHERE seq IN (SELECT CAST(value ->> 0 AS BIGINT) FROM {each $1}) \
         AND state = 'ready' AND due <= $2 ORDER BY seq",
    ))
    .bind(to_json(&due)?)
    .bind(to_micros(now))
    .fetch_all(&mut **tx)
    .await?;
    let mut records = BTreeSet::new();
    let mut claims = Vec::with_capacity(found.len());
    for (key, record, json, fence) in found {
        // Of one record the first row; the others wait.
        if records.insert(record.clone()) {
            let intent: Intent = from_json(&json, &key)?;
            let first_sent = Some(intent.first_sent.unwrap_or(now));
            let intent = Intent { state: IntentState::Sent, first_sent, ..intent };
            claims.push((Claim { intent, link: link.clone(), fence: fence + 1 }, record));
        }
    }
    take(tx, dialect, &claims, lease_end(now, lease)).await?;
    let touched: Vec<&Reference> = claims.iter().map(|(claim, _)| &claim.intent.case).collect();
    touch(tx, dialect, &touched).await?;
    Ok(claims.into_iter().map(|(claim, _)| claim).collect())
}

/// Marks claimed rows as sent until a lease ends; `Fenced` where another daemon has a row of one of these records.
async fn take(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    claims: &[(Claim, String)],
    until: i64,
) -> Result<(), StoreError> {
    const HEAD: &str = "INSERT INTO intents (key, case_reference, link, side, record, state, due, json, lease, fence)";
    const TAIL: &str = "ON CONFLICT (key) DO UPDATE SET state = excluded.state, json = excluded.json, \
        lease = excluded.lease, fence = excluded.fence";
    let texts = claims.iter().map(|(claim, _)| to_json(&claim.intent)).collect::<Result<Vec<_>, _>>()?;
    let written: Vec<_> = claims.iter().zip(texts).collect();
    rows::write(tx, dialect, (HEAD, 10, TAIL), &written, |statement, ((claim, record), json)| {
        let intent = &claim.intent;
        statement
            .bind(intent.key.as_str())
            .bind(intent.case.as_str())
            .bind(claim.link.as_str())
            .bind(intent.side.as_str())
            .bind(record.as_str())
            .bind(state_word(&intent.state))
            .bind(to_micros(intent.due))
            .bind(json.as_str())
            .bind(until)
            .bind(claim.fence)
    })
    .await?;
    Ok(())
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
    let rows: Vec<(String, String, i64)> = sqlx::query_as(dialect.spell(
        "UPDATE intents SET lease = $1, fence = fence + 1 WHERE seq IN (SELECT seq FROM intents WHERE link = $2 \
         AND side = $3 AND state = 'doubt' AND due <= $4 AND (lease IS NULL OR lease <= $5) ORDER BY seq LIMIT $6 \
         {take intents}) RETURNING key, json, fence",
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
    let rows: Vec<(String, String, i64)> = sqlx::query_as(dialect.spell(
        "SELECT intents.key, intents.json, intents.fence FROM intents JOIN cases \
         ON cases.reference = intents.case_reference WHERE intents.state = 'sent' \
         AND ($1 IS NULL OR intents.lease IS NULL OR intents.lease <= $1) ORDER BY intents.seq {take cases}",
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
            touch(tx, dialect, &[&intent.case]).await?;
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

/// Whoever loaded these cases before their intents moved must load them again.
async fn touch(tx: &mut Transaction<'_, Any>, dialect: Dialect, cases: &[&Reference]) -> Result<(), StoreError> {
    sqlx::query(
        dialect
            .spell("UPDATE cases SET revision = revision + 1 WHERE reference IN (SELECT value ->> 0 FROM {each $1})"),
    )
    .bind(each_of(cases)?)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn lease_end(now: Timestamp, lease: Duration) -> i64 {
    to_micros(now).saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX))
}

pub(super) async fn next_due(pool: &AnyPool) -> Result<Option<Timestamp>, StoreError> {
    let due: Option<(i64,)> = sqlx::query_as(
        "SELECT due FROM intents WHERE state = 'ready' AND NOT EXISTS (SELECT 1 FROM cases WHERE reference = \
             case_reference AND replan) ORDER BY due LIMIT 1",
    )
    .fetch_optional(pool)
    .await?;
    due.map(|(due,)| from_micros(due)).transpose()
}

pub(super) async fn out(pool: &AnyPool, link: &LinkName, side: Side) -> Result<Vec<Intent>, StoreError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT key, json FROM intents WHERE link = $1 AND side = $2 AND state IN ('sent', 'doubt') ORDER BY seq",
    )
    .bind(link.as_str())
    .bind(side.as_str())
    .fetch_all(pool)
    .await?;
    rows.iter().map(|(key, json)| from_json(json, key)).collect()
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
