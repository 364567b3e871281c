//! The outbox: intents, their claims, and what a crash leaves of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::{Any, AnyPool, Transaction};

use super::cases::each_of;
use super::save::Planned;
use super::{Dialect, Spelled, StoreError, end, from_json, from_micros, rows, to_json, to_micros};
use crate::doors::store::{Claim, Queue};
use crate::pure::sync::case::{Intent, IntentState};
use crate::words::clock::Timestamp;
use crate::words::side::{LinkName, Reference, Side};

/// How often a claim is tried again that another daemon's claim of the same record got in the way of.
const CLAIM_TRIES: u32 = 3;

const fn state_word(state: &IntentState) -> &'static str {
    match state {
        IntentState::Ready => "ready",
        IntentState::Sent => "sent",
        IntentState::Doubt { .. } => "doubt",
        IntentState::Parked => "parked",
    }
}

/// What an intent is read from. A claim is noted beside its document only: the row as it is claimed is what was saved.
pub(super) const COLUMNS: &str = "intents.key, intents.json, intents.state, intents.first_sent";

/// The values of [`COLUMNS`].
type Told = (String, String, String, Option<i64>);

/// The intent that a row holds.
pub(super) fn intent_of((key, json, state, first_sent): &Told) -> Result<Intent, StoreError> {
    let mut intent: Intent = from_json(json, key)?;
    if state == state_word(&IntentState::Sent) {
        intent.state = IntentState::Sent;
    }
    if intent.first_sent.is_none() {
        intent.first_sent = first_sent.map(from_micros).transpose()?;
    }
    Ok(intent)
}

/// A row as it stands before a save.
pub(super) struct Row {
    told: Told,
    lease: Option<i64>,
    fence: i64,
}

impl Row {
    fn is_sent(&self) -> bool {
        self.told.2 == state_word(&IntentState::Sent)
    }

    /// Whether it holds this intent, whose document is `json`.
    fn holds(&self, intent: &Intent, json: &str) -> Result<bool, StoreError> {
        Ok(self.told.1 == json || (self.is_sent() && intent_of(&self.told)? == *intent))
    }
}

/// What a save makes of the rows of its case.
pub(super) struct Changed<'a> {
    removed: Vec<String>,
    written: Vec<&'a Planned>,
    /// The fences of the removed rows together.
    pub(super) fences: i64,
}

/// The rows of cases, by key.
pub(super) async fn rows_of(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    references: &[&Reference],
) -> Result<BTreeMap<Reference, BTreeMap<String, Row>>, StoreError> {
    type Found = (String, String, String, String, Option<i64>, Option<i64>, i64);
    let asked = each_of(references)?;
    let question = "SELECT case_reference, {intent}, lease, fence FROM intents WHERE case_reference IN \
                    (SELECT value ->> 0 FROM {each $1})";
    let columns = "case_reference, key, json, state, first_sent, lease, fence";
    let found: Vec<Found> =
        rows::read(&mut **tx, dialect, (columns, question), |question| question.bind(&asked)).await?;
    let mut rows: BTreeMap<Reference, BTreeMap<String, Row>> = BTreeMap::new();
    for (reference, key, json, state, first_sent, lease, fence) in found {
        let row = Row { told: (key.clone(), json, state, first_sent), lease, fence };
        rows.entry(Reference(reference)).or_default().insert(key, row);
    }
    Ok(rows)
}

/// What the claims of a case add to its revision: whoever loaded it before one of them must load it again.
pub(super) fn fences(rows: &BTreeMap<String, Row>) -> i64 {
    rows.values().map(|row| row.fence).sum()
}

/// What must change for the rows of a case to equal its intents. `Fenced` where that would change what somebody else is
/// sending, or where the saver's claim is lost.
pub(super) fn compare(save: &Spelled, mut rows: BTreeMap<String, Row>) -> Result<Changed<'_>, StoreError> {
    if let Some((key, fence)) = &save.claim {
        let held = rows.get(key).is_some_and(|row| row.lease.is_some() && row.fence == *fence);
        if !held {
            return Err(StoreError::Fenced);
        }
    }
    let is_ours = |key: &str| save.claim.as_ref().is_some_and(|(ours, _)| ours == key);
    // Its request may be under way. A doubt is only being looked up: whoever settles it by a reading voids that claim.
    let is_others = |key: &str, row: &Row| {
        !is_ours(key) && row.is_sent() && row.lease.is_some_and(|until| until > to_micros(save.at))
    };
    let mut written = Vec::new();
    for planned in &save.intents {
        let Planned { intent, json, .. } = planned;
        match rows.remove(&intent.key) {
            Some(row) if !is_ours(&intent.key) && row.holds(intent, json)? => {}
            Some(row) if is_others(&intent.key, &row) => return Err(StoreError::Fenced),
            Some(_) | None => written.push(planned),
        }
    }
    if rows.iter().any(|(key, row)| is_others(key, row)) {
        return Err(StoreError::Fenced);
    }
    let fences = fences(&rows);
    Ok(Changed { removed: rows.into_keys().collect(), written, fences })
}

/// Makes it so.
pub(super) async fn write(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    changes: &[(&Spelled, Changed<'_>)],
) -> Result<(), StoreError> {
    const HEAD: &str = "INSERT INTO intents (key, case_reference, link, side, record, state, due, json)";
    const TAIL: &str = "ON CONFLICT (case_reference, key) DO UPDATE SET record = excluded.record, \
        state = excluded.state, due = excluded.due, json = excluded.json, lease = NULL";
    let removed: Vec<[&str; 2]> = changes
        .iter()
        .flat_map(|(save, changed)| changed.removed.iter().map(|key| [save.reference.as_str(), key.as_str()]))
        .collect();
    if !removed.is_empty() {
        sqlx::query(dialect.spell(
            "DELETE FROM intents WHERE (case_reference, key) IN (SELECT value ->> 0, value ->> 1 FROM {each $1})",
        ))
        .bind(to_json(&removed)?)
        .execute(&mut **tx)
        .await?;
    }
    let written: Vec<_> =
        changes.iter().flat_map(|(save, changed)| changed.written.iter().map(|planned| (*save, *planned))).collect();
    rows::write(tx, dialect, (HEAD, 8, TAIL), &written, |statement, (save, Planned { intent, json, record })| {
        statement
            .bind(intent.key.as_str())
            .bind(save.reference.as_str())
            .bind(save.link.as_str())
            .bind(intent.side.as_str())
            .bind(record.as_str())
            .bind(state_word(&intent.state))
            .bind(to_micros(intent.due))
            .bind(json.as_str())
    })
    .await?;
    Ok(())
}

/// Claims due intents, one transaction.
pub(super) async fn claim(
    pool: AnyPool,
    dialect: Dialect,
    (link, side): (LinkName, Side),
    now: Timestamp,
    lease: Duration,
    limit: u32,
) -> Result<Vec<Claim>, StoreError> {
    for _ in 0..CLAIM_TRIES {
        let mut tx = pool.begin_with(dialect.begin_write()).await?;
        let claims = claim_ready(&mut tx, dialect, &link, side, now, lease, limit).await;
        match end(tx, claims).await {
            // Another daemon took a row of the same record in this very moment.
            Err(StoreError::Fenced | StoreError::Stale) => {}
            ended => return ended,
        }
    }
    Ok(Vec::new())
}

async fn claim_ready(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    link: &LinkName,
    side: Side,
    now: Timestamp,
    lease: Duration,
    limit: u32,
) -> Result<Vec<Claim>, StoreError> {
    // The case is locked before its intents, here as in every save, so that no two transactions wait for each other.
    let question = "SELECT mine.seq, mine.record FROM intents AS mine JOIN cases ON cases.reference = mine.case_reference \
         WHERE mine.link = $1 AND mine.side = $2 AND mine.state = 'ready' AND mine.due <= $3 \
         AND NOT EXISTS (SELECT 1 FROM intents AS other WHERE other.record = mine.record \
         AND other.state IN ('sent', 'doubt')) AND NOT cases.replan ORDER BY mine.seq LIMIT $4 {take cases}";
    let due: Vec<(i64, String)> = rows::read(&mut **tx, dialect, ("seq, record", question), |question| {
        question.bind(link.as_str()).bind(side.as_str()).bind(to_micros(now)).bind(i64::from(limit))
    })
    .await?;
    // Of one record the first row; the others wait.
    let mut records = BTreeSet::new();
    let due: Vec<[i64; 1]> =
        due.into_iter().filter_map(|(seq, record)| records.insert(record).then_some([seq])).collect();
    if due.is_empty() {
        return Ok(Vec::new());
    }
    // Asked again under the lock: between the choice and the lock a save may have changed them.
    let mut found: Vec<(i64, String, String, String, Option<i64>, i64)> = sqlx::query_as(dialect.spell(
        "UPDATE intents SET state = 'sent', first_sent = coalesce(first_sent, $1), lease = $2, fence = fence + 1 \
         WHERE seq IN (SELECT CAST(value ->> 0 AS BIGINT) FROM {each $3}) AND state = 'ready' AND due <= $4 \
         RETURNING seq, {intent}, fence",
    ))
    .bind(to_micros(now))
    .bind(lease_end(now, lease))
    .bind(to_json(&due)?)
    .bind(to_micros(now))
    .fetch_all(&mut **tx)
    .await?;
    found.sort_unstable_by_key(|(seq, ..)| *seq);
    found
        .into_iter()
        .map(|(_, key, json, state, first_sent, fence)| {
            Ok(Claim { intent: intent_of(&(key, json, state, first_sent))?, link: link.clone(), fence })
        })
        .collect()
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
    let mut rows: Vec<(i64, String, String, String, Option<i64>, i64)> = sqlx::query_as(dialect.spell(
        "UPDATE intents SET lease = $1, fence = fence + 1 WHERE seq IN (SELECT seq FROM intents WHERE link = $2 \
         AND side = $3 AND state = 'doubt' AND due <= $4 AND (lease IS NULL OR lease <= $5) ORDER BY seq LIMIT $6 \
         {take intents}) RETURNING seq, {intent}, fence",
    ))
    .bind(lease_end(now, lease))
    .bind(link.as_str())
    .bind(side.as_str())
    .bind(to_micros(now))
    .bind(to_micros(now))
    .bind(i64::from(limit))
    .fetch_all(&mut **tx)
    .await?;
    // An update tells its rows in any order.
    rows.sort_unstable_by_key(|(seq, ..)| *seq);
    rows.into_iter()
        .map(|(_, key, json, state, first_sent, fence)| {
            Ok(Claim { intent: intent_of(&(key, json, state, first_sent))?, link: link.clone(), fence })
        })
        .collect()
}

pub(super) async fn release(pool: &AnyPool, claim: &Claim) -> Result<(), StoreError> {
    sqlx::query("UPDATE intents SET lease = NULL WHERE case_reference = $1 AND key = $2 AND fence = $3")
        .bind(claim.intent.case.as_str())
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
    let rows: Vec<(String, String, String, Option<i64>, i64)> = sqlx::query_as(dialect.spell(
        "SELECT {intent}, intents.fence FROM intents JOIN cases \
         ON cases.reference = intents.case_reference WHERE intents.state = 'sent' \
         AND ($1 IS NULL OR intents.lease IS NULL OR intents.lease <= $1) ORDER BY intents.seq {take cases}",
    ))
    .bind(now.map(to_micros))
    .fetch_all(&mut **tx)
    .await?;
    let mut recovered = 0;
    for (key, json, state, first_sent, fence) in rows {
        let mut intent = intent_of(&(key, json, state, first_sent))?;
        intent.state = IntentState::Doubt { settle };
        let done = sqlx::query(
            "UPDATE intents SET state = 'doubt', lease = NULL, fence = fence + 1, json = $1 \
             WHERE case_reference = $2 AND key = $3 AND state = 'sent' AND fence = $4",
        )
        .bind(to_json(&intent)?)
        .bind(intent.case.as_str())
        .bind(&intent.key)
        .bind(fence)
        .execute(&mut **tx)
        .await?;
        recovered += done.rows_affected();
    }
    if now.is_none() {
        // At start nobody holds anything: lookups that a crash broke off are free again.
        sqlx::query("UPDATE intents SET lease = NULL, fence = fence + 1 WHERE lease IS NOT NULL")
            .execute(&mut **tx)
            .await?;
    }
    Ok(recovered)
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

pub(super) async fn out(
    pool: &AnyPool,
    dialect: Dialect,
    link: &LinkName,
    side: Side,
) -> Result<Vec<Intent>, StoreError> {
    let rows: Vec<Told> = sqlx::query_as(dialect.spell(
        "SELECT {intent} FROM intents WHERE link = $1 AND side = $2 AND state IN ('sent', 'doubt') ORDER BY seq",
    ))
    .bind(link.as_str())
    .bind(side.as_str())
    .fetch_all(pool)
    .await?;
    rows.iter().map(intent_of).collect()
}

pub(super) async fn queue(
    pool: &AnyPool,
    dialect: Dialect,
    which: Queue,
    limit: u32,
) -> Result<Vec<(LinkName, Intent)>, StoreError> {
    let sql = match which {
        Queue::Open => "SELECT link, {intent} FROM intents ORDER BY seq LIMIT $1",
        Queue::Parked => "SELECT link, {intent} FROM intents WHERE state = 'parked' ORDER BY seq LIMIT $1",
    };
    let rows: Vec<OfLink> = sqlx::query_as(dialect.spell(sql)).bind(i64::from(limit)).fetch_all(pool).await?;
    rows.into_iter().map(with_link).collect()
}

pub(super) async fn by_key(
    pool: &AnyPool,
    dialect: Dialect,
    prefix: &str,
) -> Result<Option<(LinkName, Intent)>, StoreError> {
    let rows: Vec<OfLink> = sqlx::query_as(
        dialect.spell("SELECT link, {intent} FROM intents WHERE substr(key, 1, length($1)) = $1 ORDER BY key LIMIT 2"),
    )
    .bind(prefix)
    .fetch_all(pool)
    .await?;
    let is_it = |rows: &[OfLink]| rows.len() == 1 || rows.first().is_some_and(|(_, key, ..)| key == prefix);
    if rows.len() > 1 && !is_it(&rows) {
        return Err(StoreError::Ambiguous);
    }
    rows.into_iter().next().map(with_link).transpose()
}

/// A link, and the values of [`COLUMNS`].
type OfLink = (String, String, String, String, Option<i64>);

fn with_link((link, key, json, state, first_sent): OfLink) -> Result<(LinkName, Intent), StoreError> {
    Ok((LinkName(link), intent_of(&(key, json, state, first_sent))?))
}
