//! What is remembered beside the cases: the audit log, seen tickets, unreadable ones, cursors, runs.

use std::collections::BTreeMap;

use sqlx::{Any, AnyPool, Transaction};

use super::noted::Noted;
use super::{Dialect, Spelled, StoreError, from_json, from_micros, rows, to_json, to_micros};
use crate::doors::store::{Cursor, Entry, Quarantined, Run, Seen};
use crate::words::clock::Timestamp;
use crate::words::side::{LinkName, Reference, RemoteId, Sides, SystemName};

/// Appends the audit entries of changes, in their order. Their numbers have no gaps: they are taken from a row that stays
/// locked until the transaction ends, so this comes last in it.
pub(super) async fn append(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    saves: &[&Spelled],
) -> Result<(), StoreError> {
    const HEAD: &str =
        "INSERT INTO audit (id, at, link, case_reference, what, json, province_mapping, national_mapping)";
    let mut told = Vec::new();
    for save in saves {
        told.extend(save.facts.iter().map(|fact| (*save, fact)));
    }
    if told.is_empty() {
        return Ok(());
    }
    let more = i64::try_from(told.len()).unwrap_or(i64::MAX);
    let (last,): (i64,) =
        sqlx::query_as("UPDATE log_head SET last = last + $1 RETURNING last").bind(more).fetch_one(&mut **tx).await?;
    let told: Vec<_> = (last - more + 1..).zip(told).collect();
    rows::write(tx, dialect, (HEAD, 8, ""), &told, |statement, (id, (save, (what, json)))| {
        statement
            .bind(*id)
            .bind(to_micros(save.at))
            .bind(save.link.as_str())
            .bind(save.reference.as_str())
            .bind(what.as_str())
            .bind(json.as_str())
            .bind(save.mappings.as_ref().map(|mappings| mappings.province.as_str()))
            .bind(save.mappings.as_ref().map(|mappings| mappings.national.as_str()))
    })
    .await?;
    Ok(())
}

pub(super) async fn entries(pool: &AnyPool, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
    type Row = (i64, i64, String, String, String, String, Option<String>, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, at, link, case_reference, what, json, province_mapping, national_mapping FROM audit WHERE id > $1 \
         ORDER BY id LIMIT $2",
    )
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|(id, at, link, case, what, json, province, national)| {
            let noted: Noted = from_json(&json, &format!("audit {id}"))?;
            let case = Reference(case);
            let mappings = province.zip(national).map(|(province, national)| Sides { province, national });
            let fact = noted.fact(what, &case, mappings.as_ref());
            Ok(Entry { id, at: from_micros(at)?, link: LinkName(link), case, fact, mappings })
        })
        .collect()
}

pub(super) async fn seen(
    pool: &AnyPool,
    dialect: Dialect,
    system: &SystemName,
    ids: &[RemoteId],
) -> Result<BTreeMap<RemoteId, String>, StoreError> {
    let ids: Vec<[&RemoteId; 1]> = ids.iter().map(|id| [id]).collect();
    let ids = to_json(&ids)?;
    let question = "SELECT id, stamp FROM seen WHERE system = $1 AND id IN (SELECT value ->> 0 FROM {each $2})";
    let rows: Vec<(RemoteId, String)> =
        rows::read(pool, dialect, ("id, stamp", question), |question| question.bind(system.as_str()).bind(&ids))
            .await?;
    Ok(rows.into_iter().collect())
}

pub(super) async fn mark_seen(
    pool: &AnyPool,
    dialect: Dialect,
    system: &SystemName,
    seen: &[Seen],
) -> Result<(), StoreError> {
    let pairs: Vec<(&RemoteId, &str)> = seen.iter().map(|seen| (&seen.id, seen.stamp.as_str())).collect();
    sqlx::query(dialect.spell(
        "INSERT INTO seen (system, id, stamp) SELECT $1, value ->> 0, value ->> 1 FROM {each $2} WHERE true \
         ON CONFLICT (system, id) DO UPDATE SET stamp = excluded.stamp",
    ))
    .bind(system.as_str())
    .bind(to_json(&pairs)?)
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn forget_seen(pool: &AnyPool, system: &SystemName, id: &RemoteId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM seen WHERE system = $1 AND id = $2")
        .bind(system.as_str())
        .bind(id.as_str())
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn quarantine(pool: &AnyPool, entry: &Quarantined) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO quarantine (system, id, reason, since, mapping) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (system, id) DO UPDATE SET reason = excluded.reason, mapping = excluded.mapping",
    )
    .bind(entry.system.as_str())
    .bind(entry.id.as_str())
    .bind(&entry.reason)
    .bind(to_micros(entry.since))
    .bind(&entry.mapping)
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn unquarantine(
    pool: &AnyPool,
    dialect: Dialect,
    system: &SystemName,
    ids: &[&RemoteId],
) -> Result<(), StoreError> {
    let ids: Vec<[&RemoteId; 1]> = ids.iter().map(|id| [*id]).collect();
    sqlx::query(
        dialect.spell("DELETE FROM quarantine WHERE system = $1 AND id IN (SELECT value ->> 0 FROM {each $2})"),
    )
    .bind(system.as_str())
    .bind(to_json(&ids)?)
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn quarantined(pool: &AnyPool, limit: u32) -> Result<Vec<Quarantined>, StoreError> {
    let rows: Vec<(String, String, String, i64, String)> =
        sqlx::query_as("SELECT system, id, reason, since, mapping FROM quarantine ORDER BY since, system, id LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?;
    rows.into_iter()
        .map(|(system, id, reason, since, mapping)| {
            let (system, id, since) = (SystemName(system), RemoteId(id), from_micros(since)?);
            Ok(Quarantined { system, id, reason, since, mapping })
        })
        .collect()
}

pub(super) async fn cursor(pool: &AnyPool, system: &SystemName) -> Result<Cursor, StoreError> {
    let row: Option<(Option<i64>, Option<i64>)> =
        sqlx::query_as("SELECT since, full_scan FROM cursors WHERE system = $1")
            .bind(system.as_str())
            .fetch_optional(pool)
            .await?;
    let (since, full_scan) = row.unwrap_or_default();
    Ok(Cursor { since: since.map(from_micros).transpose()?, full_scan: full_scan.map(from_micros).transpose()? })
}

pub(super) async fn save_cursor(pool: &AnyPool, system: &SystemName, cursor: &Cursor) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO cursors (system, since, full_scan) VALUES ($1, $2, $3) \
         ON CONFLICT (system) DO UPDATE SET since = excluded.since, full_scan = excluded.full_scan",
    )
    .bind(system.as_str())
    .bind(cursor.since.map(to_micros))
    .bind(cursor.full_scan.map(to_micros))
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn begin_run(pool: &AnyPool, kind: &str, at: Timestamp) -> Result<i64, StoreError> {
    let (id,): (i64,) = sqlx::query_as("INSERT INTO runs (kind, began, result) VALUES ($1, $2, 'null') RETURNING id")
        .bind(kind)
        .bind(to_micros(at))
        .fetch_one(pool)
        .await?;
    Ok(id)
}

pub(super) async fn end_run(
    pool: &AnyPool,
    id: i64,
    at: Timestamp,
    result: &serde_json::Value,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE runs SET ended = $1, result = $2 WHERE id = $3")
        .bind(to_micros(at))
        .bind(to_json(result)?)
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn runs(pool: &AnyPool, limit: u32) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<(i64, String, i64, Option<i64>, String)> =
        sqlx::query_as("SELECT id, kind, began, ended, result FROM runs ORDER BY id DESC LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?;
    rows.into_iter()
        .map(|(id, kind, began, ended, result)| {
            let result = from_json(&result, &format!("run {id}"))?;
            Ok(Run { id, kind, began: from_micros(began)?, ended: ended.map(from_micros).transpose()?, result })
        })
        .collect()
}

/// Takes a duty, or keeps it; whether it is the holder's now.
pub(super) async fn take_duty(
    pool: &AnyPool,
    duty: &str,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as(
        "INSERT INTO duties (duty, holder, until) VALUES ($1, $2, $3) ON CONFLICT (duty) DO UPDATE \
         SET holder = excluded.holder, until = excluded.until \
         WHERE duties.holder = excluded.holder OR duties.until <= $4 RETURNING until",
    )
    .bind(duty)
    .bind(holder)
    .bind(to_micros(until))
    .bind(to_micros(now))
    .fetch_optional(pool)
    .await?;
    Ok(row.is_some())
}

/// Gives all duties of a holder back.
pub(super) async fn leave_duties(pool: &AnyPool, holder: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM duties WHERE holder = $1").bind(holder).execute(pool).await?;
    Ok(())
}
