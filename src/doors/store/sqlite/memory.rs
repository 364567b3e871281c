//! What is remembered beside the cases: the audit log, seen tickets, unreadable ones, cursors, runs.

use std::collections::BTreeMap;

use sqlx::{Sqlite, SqlitePool, Transaction};

use super::{StoreError, from_json, from_micros, to_json, to_micros};
use crate::doors::store::{Change, Cursor, Entry, Quarantined, Run, Seen};
use crate::pure::report::mask::scrub;
use crate::pure::sync::case::{Case, Fact};
use crate::words::clock::Timestamp;
use crate::words::side::{LinkName, Reference, RemoteId, Sides, SystemName};

/// Appends the audit entries of a change.
pub(super) async fn append(tx: &mut Transaction<'_, Sqlite>, case: &Case, change: &Change) -> Result<(), StoreError> {
    for fact in &change.facts {
        // A remote's own words may name a person; what is in the log stays there.
        let fact = &Fact { says: fact.says.as_deref().map(scrub), ..fact.clone() };
        sqlx::query(
            "INSERT INTO audit (at, link, case_reference, what, json, province_mapping, national_mapping) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(to_micros(change.at))
        .bind(case.link.as_str())
        .bind(case.reference().as_str())
        .bind(&fact.what)
        .bind(to_json(fact)?)
        .bind(change.mappings.as_ref().map(|mappings| &mappings.province))
        .bind(change.mappings.as_ref().map(|mappings| &mappings.national))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

pub(super) async fn entries(pool: &SqlitePool, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
    type Row = (i64, i64, String, String, String, Option<String>, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, at, link, case_reference, json, province_mapping, national_mapping FROM audit WHERE id > ? \
         ORDER BY id LIMIT ?",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|(id, at, link, case, json, province, national)| {
            let fact = from_json(&json, &format!("audit {id}"))?;
            let mappings = province.zip(national).map(|(province, national)| Sides { province, national });
            Ok(Entry { id, at: from_micros(at)?, link: LinkName(link), case: Reference(case), fact, mappings })
        })
        .collect()
}

pub(super) async fn seen(
    pool: &SqlitePool,
    system: &SystemName,
    ids: &[RemoteId],
) -> Result<BTreeMap<RemoteId, String>, StoreError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT id, stamp FROM seen WHERE system = ? AND id IN (SELECT value FROM json_each(?))")
            .bind(system.as_str())
            .bind(to_json(&ids)?)
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().map(|(id, stamp)| (RemoteId(id), stamp)).collect())
}

pub(super) async fn mark_seen(pool: &SqlitePool, system: &SystemName, seen: &[Seen]) -> Result<(), StoreError> {
    let pairs: Vec<(&RemoteId, &str)> = seen.iter().map(|seen| (&seen.id, seen.stamp.as_str())).collect();
    sqlx::query(
        "INSERT INTO seen (system, id, stamp) SELECT ?, value ->> 0, value ->> 1 FROM json_each(?) WHERE true \
         ON CONFLICT (system, id) DO UPDATE SET stamp = excluded.stamp",
    )
    .bind(system.as_str())
    .bind(to_json(&pairs)?)
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn forget_seen(pool: &SqlitePool, system: &SystemName, id: &RemoteId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM seen WHERE system = ? AND id = ?")
        .bind(system.as_str())
        .bind(id.as_str())
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn quarantine(pool: &SqlitePool, entry: &Quarantined) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO quarantine (system, id, reason, since, mapping) VALUES (?, ?, ?, ?, ?) \
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

pub(super) async fn unquarantine(pool: &SqlitePool, system: &SystemName, id: &RemoteId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM quarantine WHERE system = ? AND id = ?")
        .bind(system.as_str())
        .bind(id.as_str())
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn quarantined(pool: &SqlitePool, limit: u32) -> Result<Vec<Quarantined>, StoreError> {
    let rows: Vec<(String, String, String, i64, String)> =
        sqlx::query_as("SELECT system, id, reason, since, mapping FROM quarantine ORDER BY since, system, id LIMIT ?")
            .bind(limit)
            .fetch_all(pool)
            .await?;
    rows.into_iter()
        .map(|(system, id, reason, since, mapping)| {
            let (system, id, since) = (SystemName(system), RemoteId(id), from_micros(since)?);
            Ok(Quarantined { system, id, reason, since, mapping })
        })
        .collect()
}

pub(super) async fn cursor(pool: &SqlitePool, system: &SystemName) -> Result<Cursor, StoreError> {
    let row: Option<(Option<i64>, Option<i64>)> =
        sqlx::query_as("SELECT since, full_scan FROM cursors WHERE system = ?")
            .bind(system.as_str())
            .fetch_optional(pool)
            .await?;
    let (since, full_scan) = row.unwrap_or_default();
    Ok(Cursor { since: since.map(from_micros).transpose()?, full_scan: full_scan.map(from_micros).transpose()? })
}

pub(super) async fn save_cursor(pool: &SqlitePool, system: &SystemName, cursor: &Cursor) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO cursors (system, since, full_scan) VALUES (?, ?, ?) \
         ON CONFLICT (system) DO UPDATE SET since = excluded.since, full_scan = excluded.full_scan",
    )
    .bind(system.as_str())
    .bind(cursor.since.map(to_micros))
    .bind(cursor.full_scan.map(to_micros))
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn begin_run(pool: &SqlitePool, kind: &str, at: Timestamp) -> Result<i64, StoreError> {
    let done = sqlx::query("INSERT INTO runs (kind, began, result) VALUES (?, ?, 'null')")
        .bind(kind)
        .bind(to_micros(at))
        .execute(pool)
        .await?;
    Ok(done.last_insert_rowid())
}

pub(super) async fn end_run(
    pool: &SqlitePool,
    id: i64,
    at: Timestamp,
    result: &serde_json::Value,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE runs SET ended = ?, result = ? WHERE id = ?")
        .bind(to_micros(at))
        .bind(to_json(result)?)
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn runs(pool: &SqlitePool, limit: u32) -> Result<Vec<Run>, StoreError> {
    let rows: Vec<(i64, String, i64, Option<i64>, String)> =
        sqlx::query_as("SELECT id, kind, began, ended, result FROM runs ORDER BY id DESC LIMIT ?")
            .bind(limit)
            .fetch_all(pool)
            .await?;
    rows.into_iter()
        .map(|(id, kind, began, ended, result)| {
            let result = from_json(&result, &format!("run {id}"))?;
            Ok(Run { id, kind, began: from_micros(began)?, ended: ended.map(from_micros).transpose()?, result })
        })
        .collect()
}
