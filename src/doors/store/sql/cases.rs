//! The cases' rows.

use std::collections::BTreeMap;

use sqlx::{Any, AnyPool, Transaction};

use super::outbox::intent_of;
use super::{Dialect, Spelled, StoreError, from_json, rows, to_json};
use crate::doors::store::Open;
use crate::pure::sync::case::Case;
use crate::words::side::{LinkName, Reference, RemoteId, Side, SystemName};

/// Loads cases with their intents, all of one moment. What is not there is left out.
pub(super) async fn load(
    pool: AnyPool,
    dialect: Dialect,
    references: Vec<Reference>,
) -> Result<BTreeMap<Reference, Case>, StoreError> {
    let asked = each_of(&references.iter().collect::<Vec<_>>())?;
    let mut tx = pool.begin_with(dialect.begin_read()).await?;
    let rows: Vec<(String, i64, String)> = rows::read(
        &mut *tx,
        dialect,
        (
            "reference, revision, json",
            "SELECT reference, revision, json FROM cases WHERE reference IN (SELECT value ->> 0 FROM {each $1})",
        ),
        |question| question.bind(&asked),
    )
    .await?;
    let intents: Vec<(String, String, String, String, Option<i64>, i64)> = match rows.as_slice() {
        [] => Vec::new(),
        _ => {
            rows::read(
                &mut *tx,
                dialect,
                (
                    "case_reference, key, json, state, first_sent, fence",
                    "SELECT case_reference, {intent}, fence FROM intents WHERE case_reference IN \
                     (SELECT value ->> 0 FROM {each $1}) ORDER BY seq",
                ),
                |question| question.bind(&asked),
            )
            .await?
        }
    };
    tx.rollback().await?;
    let mut cases = BTreeMap::new();
    for (reference, revision, json) in rows {
        let case = Case { revision, ..from_json(&json, &reference)? };
        cases.insert(Reference(reference), case);
    }
    for (of, key, json, state, first_sent, fence) in intents {
        if let Some(case) = cases.get_mut(&Reference(of)) {
            case.intents.push(intent_of(&(key, json, state, first_sent))?);
            case.revision += fence;
        }
    }
    Ok(cases)
}

/// References, as a statement's list takes them.
pub(super) fn each_of(references: &[&Reference]) -> Result<String, StoreError> {
    let each: Vec<[&str; 1]> = references.iter().map(|reference| [reference.as_str()]).collect();
    to_json(&each)
}

/// The cases of a link that have these tickets on a side.
pub(super) async fn references_of(
    pool: &AnyPool,
    dialect: Dialect,
    link: &LinkName,
    side: Side,
    ids: &[&RemoteId],
) -> Result<Vec<(RemoteId, Reference)>, StoreError> {
    let sql = match side {
        Side::Province => {
            "SELECT province_id AS id, reference FROM cases WHERE link = $1 \
             AND province_id IN (SELECT value ->> 0 FROM {each $2})"
        }
        Side::National => {
            "SELECT national_id AS id, reference FROM cases WHERE link = $1 \
             AND national_id IN (SELECT value ->> 0 FROM {each $2})"
        }
    };
    let ids: Vec<[&str; 1]> = ids.iter().map(|id| [id.as_str()]).collect();
    let ids = to_json(&ids)?;
    rows::read(pool, dialect, ("id, reference", sql), |question| question.bind(link.as_str()).bind(&ids)).await
}

/// Holds cases until the transaction ends, so that nobody else changes or claims anything of them; the revision of each.
pub(super) async fn hold(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    references: &[&Reference],
) -> Result<BTreeMap<Reference, i64>, StoreError> {
    let asked = each_of(references)?;
    let question = "SELECT reference, revision FROM cases WHERE reference IN (SELECT value ->> 0 FROM {each $1}) \
                    ORDER BY reference {hold cases}";
    let rows: Vec<(Reference, i64)> =
        rows::read(&mut **tx, dialect, ("reference, revision", question), |question| question.bind(&asked)).await?;
    Ok(rows.into_iter().collect())
}

/// A case's row to write.
pub(super) struct Written<'a> {
    pub(super) save: &'a Spelled,
    /// What the row's revision becomes: the case's own, less the fences of its intents.
    pub(super) revision: i64,
}

/// Writes the cases' own rows; those that are known are held. `Stale` where another made one of the new ones meanwhile.
pub(super) async fn write(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    cases: &[Written<'_>],
) -> Result<(), StoreError> {
    const HEAD: &str = "INSERT INTO cases (link, origin, province_id, national_id, live, conflicts, parked, quarantined, \
        replan, json, reference, revision)";
    // Link and origin never change; an index is written anew where a column of it is set.
    const TAIL: &str = "ON CONFLICT (reference) DO UPDATE SET province_id = excluded.province_id, \
        national_id = excluded.national_id, live = excluded.live, conflicts = excluded.conflicts, \
        parked = excluded.parked, quarantined = excluded.quarantined, replan = excluded.replan, json = excluded.json, \
        revision = excluded.revision WHERE cases.revision < excluded.revision";
    let written = rows::write(tx, dialect, (HEAD, 12, TAIL), cases, |statement, Written { save, revision }| {
        statement
            .bind(save.link.as_str())
            .bind(save.origin.as_str())
            .bind(save.ids.province.as_ref().map(RemoteId::as_str))
            .bind(save.ids.national.as_ref().map(RemoteId::as_str))
            .bind(save.live)
            .bind(save.conflicts)
            .bind(save.parked)
            .bind(save.quarantined)
            .bind(save.replan)
            .bind(save.json.as_str())
            .bind(save.reference.as_str())
            .bind(*revision)
    });
    if written.await? == cases.len() as u64 { Ok(()) } else { Err(StoreError::Stale) }
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

/// Which tickets of a side are asked for, the youngest first.
#[derive(Debug, Clone, Copy)]
pub(super) enum Young<'a> {
    /// Those that we made there, but for one.
    OursBut(&'a Reference),
    /// Those younger than one.
    Than(&'a Reference),
}

/// The youngest live case with a ticket that is there, as far as is known: one that direct reads found gone may still be
/// live, closed on the other side.
pub(super) async fn youngest(
    pool: &AnyPool,
    link: &LinkName,
    side: Side,
    which: Young<'_>,
) -> Result<Option<(Reference, RemoteId)>, StoreError> {
    /// Cases looked at together: seldom more than one.
    const SOME: i64 = 4;
    let (sql, named) = match (side, which) {
        (Side::Province, Young::OursBut(but)) => (
            "SELECT seq, json FROM cases WHERE link = $1 AND origin = 'national' AND reference <> $2 \
             AND province_id IS NOT NULL AND live AND seq < $3 ORDER BY seq DESC LIMIT $4",
            but,
        ),
        (Side::National, Young::OursBut(but)) => (
            "SELECT seq, json FROM cases WHERE link = $1 AND origin = 'province' AND reference <> $2 \
             AND national_id IS NOT NULL AND live AND seq < $3 ORDER BY seq DESC LIMIT $4",
            but,
        ),
        (Side::Province, Young::Than(than)) => (
            "SELECT seq, json FROM cases WHERE link = $1 AND province_id IS NOT NULL AND live \
             AND seq > (SELECT seq FROM cases WHERE reference = $2) AND seq < $3 ORDER BY seq DESC LIMIT $4",
            than,
        ),
        (Side::National, Young::Than(than)) => (
            "SELECT seq, json FROM cases WHERE link = $1 AND national_id IS NOT NULL AND live \
             AND seq > (SELECT seq FROM cases WHERE reference = $2) AND seq < $3 ORDER BY seq DESC LIMIT $4",
            than,
        ),
    };
    let mut below = i64::MAX;
    loop {
        let rows: Vec<(i64, String)> =
            sqlx::query_as(sql).bind(link.as_str()).bind(named.as_str()).bind(below).bind(SOME).fetch_all(pool).await?;
        let Some((last, _)) = rows.last() else { return Ok(None) };
        below = *last;
        for (seq, json) in &rows {
            let mut case: Case = from_json(json, &seq.to_string())?;
            let end = case.ticket.ends.get_mut(side);
            if let Some(id) = end.id.take().filter(|_| end.gone == 0) {
                return Ok(Some((case.ticket.reference, id)));
            }
        }
    }
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
    link: Option<&LinkName>,
    after: Option<&Reference>,
    limit: u32,
) -> Result<Vec<Reference>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT reference FROM cases WHERE replan AND ($1 IS NULL OR link = $1) AND reference > $2 \
         ORDER BY reference LIMIT $3",
    )
    .bind(link.map(LinkName::as_str))
    .bind(after.map_or("", Reference::as_str))
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|(reference,)| Reference(reference)).collect())
}

/// How many cases a link has, or all links together, and how many with a ticket on both sides. Takes as long as there
/// are many.
pub(super) async fn totals(pool: &AnyPool, link: Option<&LinkName>) -> Result<(u64, u64), StoreError> {
    let (cases, paired): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(CASE WHEN province_id IS NOT NULL AND national_id IS NOT NULL THEN 1 END) FROM cases \
         WHERE $1 IS NULL OR link = $1",
    )
    .bind(link.map(LinkName::as_str))
    .fetch_one(pool)
    .await?;
    Ok((cases.unsigned_abs(), paired.unsigned_abs()))
}

/// What is open, of a link and its systems or of all; takes as long as there is much open.
pub(super) async fn open(
    pool: &AnyPool,
    dialect: Dialect,
    link: Option<&LinkName>,
    systems: &[&SystemName],
) -> Result<Open, StoreError> {
    let link = link.map(LinkName::as_str);
    let mut tx = pool.begin_with(dialect.begin_read()).await?;
    let (conflicts, refused, quarantined): (i64, i64, i64) = sqlx::query_as(
        "SELECT CAST(coalesce(sum(conflicts), 0) AS BIGINT), CAST(coalesce(sum(parked), 0) AS BIGINT), \
         CAST(coalesce(sum(quarantined), 0) AS BIGINT) \
         FROM cases WHERE (conflicts > 0 OR parked > 0 OR quarantined > 0) AND ($1 IS NULL OR link = $1)",
    )
    .bind(link)
    .fetch_one(&mut *tx)
    .await?;
    let systems: Vec<[&str; 1]> = systems.iter().map(|name| [name.as_str()]).collect();
    let (unreadable,): (i64,) = sqlx::query_as(
        dialect
            .spell("SELECT count(*) FROM quarantine WHERE $1 IS NULL OR system IN (SELECT value ->> 0 FROM {each $2})"),
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
    Ok(Open {
        ready: in_state("ready").unsigned_abs(),
        sent: in_state("sent").unsigned_abs(),
        doubt: in_state("doubt").unsigned_abs(),
        parked: (in_state("parked") + refused).unsigned_abs(),
        conflicts: conflicts.unsigned_abs(),
        quarantined: (quarantined + unreadable).unsigned_abs(),
    })
}
