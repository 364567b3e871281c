//! The store in an SQL database: the same statements for SQLite and PostgreSQL, but for the few words of [`Dialect`].
//! Every method is one transaction, durable before it returns.
//!
//! Times come in as arguments; what the rows mean is decided elsewhere.

mod cases;
mod dialect;
mod hints;
mod mappings;
mod memory;
mod noted;
mod outbox;
mod rows;
mod save;

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{Any, AnyPool, Transaction};

use super::{
    Claim, Counts, Cursor, Entry, Hint, MappingRefusal, MappingUse, Noted, Notice, Open, Quarantined, Queue, Run, Save,
    Seen, Store, StoreError, Systems,
};
use crate::pure::sync::case::{Case, Intent};
use crate::words::clock::Timestamp;
use crate::words::side::{LinkName, Reference, RemoteId, Side, Sides, SystemName};
use crate::words::stops::{self, Stop};

pub(super) use dialect::Dialect;
use save::{MOST_TOGETHER, Spelled};

/// What the store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To sync: nobody else may do so on an SQLite file at the same time.
    Daemon,
    /// To look or to decide something by hand, beside a daemon or without one.
    Command,
}

/// The store in an SQL database.
#[derive(Debug)]
pub struct SqlStore {
    pub(super) writer: AnyPool,
    pub(super) readers: AnyPool,
    pub(super) dialect: Dialect,
    pub(super) systems: Systems,
    /// Held as long as the store lives; the operating system lets go of it when the process ends, however it ends.
    pub(super) _lock: Option<File>,
}

impl SqlStore {
    async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.writer.begin_with(self.dialect.begin_write()).await?)
    }

    /// Runs what talks with the database as a task of its own: it goes on from statement to statement while whoever waits
    /// for it decides other things, and to its end where they don't wait any more.
    async fn apart<T: Send + 'static>(
        talk: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        tokio::spawn(talk).await.unwrap_or_else(|lost| Err(StoreError::Database(Box::new(lost))))
    }
}

/// Ends a transaction before it is told what came of it: what failed holds no lock any more by then.
async fn end<T>(tx: Transaction<'static, Any>, done: Result<T, StoreError>) -> Result<T, StoreError> {
    match done {
        Ok(value) => {
            stops::at(Stop::Writing);
            tx.commit().await?;
            stops::at(Stop::Written);
            Ok(value)
        }
        Err(error) => {
            if let Err(lost) = tx.rollback().await {
                tracing::debug!(error = %lost, "the connection is gone, and its transaction with it");
            }
            Err(error)
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        dialect::classify(error)
    }
}

fn to_json<T: Serialize>(what: &T) -> Result<String, StoreError> {
    serde_json::to_string(what).map_err(|error| StoreError::Database(Box::new(error)))
}

/// `name` says which row, for the message; the data itself is not shown.
fn from_json<T: DeserializeOwned>(json: &str, name: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| {
        StoreError::Damaged(format!(
            "row {name} can't be understood (line {}, column {})",
            error.line(),
            error.column()
        ))
    })
}

fn to_micros(at: Timestamp) -> i64 {
    at.timestamp_micros()
}

fn from_micros(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_timestamp_micros(micros).ok_or_else(|| StoreError::Damaged(format!("{micros} is not an instant")))
}

#[async_trait]
impl Store for SqlStore {
    async fn case(&self, reference: &Reference) -> Result<Option<Case>, StoreError> {
        Ok(self.cases_named(&[reference]).await?.remove(reference))
    }
    async fn cases_named(&self, references: &[&Reference]) -> Result<BTreeMap<Reference, Case>, StoreError> {
        let references = references.iter().map(|reference| (*reference).clone()).collect();
        Self::apart(cases::load(self.readers.clone(), self.dialect, references)).await
    }
    async fn cases_of(
        &self,
        link: &LinkName,
        side: Side,
        ids: &[&RemoteId],
    ) -> Result<BTreeMap<RemoteId, Case>, StoreError> {
        let found = cases::references_of(&self.readers, self.dialect, link, side, ids).await?;
        if found.is_empty() {
            return Ok(BTreeMap::new());
        }
        let references: Vec<&Reference> = found.iter().map(|(_, reference)| reference).collect();
        let mut cases = self.cases_named(&references).await?;
        Ok(found.into_iter().filter_map(|(id, reference)| Some((id, cases.remove(&reference)?))).collect())
    }
    async fn save_all(&self, saves: &[Save<'_>]) -> Result<Vec<Result<i64, StoreError>>, StoreError> {
        let mut told = Vec::with_capacity(saves.len());
        for some in saves.chunks(MOST_TOGETHER) {
            let some = Arc::new(Spelled::all(some, &self.systems).await?);
            told.extend(Self::apart(save::all(self.writer.clone(), self.dialect, some)).await?);
        }
        Ok(told)
    }
    async fn cases(
        &self,
        link: &LinkName,
        after: Option<&Reference>,
        limit: u32,
    ) -> Result<Vec<Reference>, StoreError> {
        cases::list(&self.readers, link, after, limit).await
    }
    async fn ids(
        &self,
        link: &LinkName,
        side: Side,
        after: Option<&RemoteId>,
        limit: u32,
    ) -> Result<Vec<RemoteId>, StoreError> {
        cases::ids(&self.readers, link, side, after, limit).await
    }
    async fn claim(
        &self,
        link: &LinkName,
        side: Side,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        Self::apart(outbox::claim(self.writer.clone(), self.dialect, (link.clone(), side), now, lease, limit)).await
    }
    async fn claim_doubts(
        &self,
        link: &LinkName,
        side: Side,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut tx = self.begin().await?;
        let claims = outbox::claim_doubts(&mut tx, self.dialect, link, side, now, lease, limit).await;
        end(tx, claims).await
    }
    async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        outbox::release(&self.writer, claim).await
    }
    async fn recover(&self, now: Option<Timestamp>, settle: Duration) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let recovered = outbox::recover(&mut tx, self.dialect, now, settle).await;
        end(tx, recovered).await
    }
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        outbox::next_due(&self.readers).await
    }
    async fn youngest(
        &self,
        link: &LinkName,
        side: Side,
        except: &Reference,
    ) -> Result<Option<(Reference, RemoteId)>, StoreError> {
        cases::youngest(&self.readers, link, side, cases::Young::OursBut(except)).await
    }
    async fn younger(&self, link: &LinkName, side: Side, than: &Reference) -> Result<Option<RemoteId>, StoreError> {
        let younger = cases::youngest(&self.readers, link, side, cases::Young::Than(than)).await?;
        Ok(younger.map(|(_, id)| id))
    }
    async fn seen(&self, system: &SystemName, ids: &[RemoteId]) -> Result<BTreeMap<RemoteId, String>, StoreError> {
        memory::seen(&self.readers, self.dialect, system, ids).await
    }
    async fn mark_seen(&self, system: &SystemName, seen: &[Seen]) -> Result<(), StoreError> {
        memory::mark_seen(&self.writer, self.dialect, system, seen).await
    }
    async fn forget_seen(&self, system: &SystemName, id: &RemoteId) -> Result<(), StoreError> {
        memory::forget_seen(&self.writer, system, id).await
    }
    async fn quarantine(&self, entry: &Quarantined) -> Result<(), StoreError> {
        memory::quarantine(&self.writer, entry).await
    }
    async fn unquarantine(&self, system: &SystemName, ids: &[&RemoteId]) -> Result<(), StoreError> {
        memory::unquarantine(&self.writer, self.dialect, system, ids).await
    }
    async fn quarantined(&self, limit: u32) -> Result<Vec<Quarantined>, StoreError> {
        memory::quarantined(&self.readers, limit).await
    }
    async fn quarantined_otherwise(
        &self,
        system: &SystemName,
        mapping: &str,
        limit: u32,
    ) -> Result<Vec<Quarantined>, StoreError> {
        mappings::quarantined_otherwise(&self.readers, system, mapping, limit).await
    }
    async fn cursor(&self, system: &SystemName) -> Result<Cursor, StoreError> {
        memory::cursor(&self.readers, system).await
    }
    async fn save_cursor(&self, system: &SystemName, cursor: &Cursor) -> Result<(), StoreError> {
        memory::save_cursor(&self.writer, system, cursor).await
    }
    async fn out(&self, link: &LinkName, side: Side) -> Result<Vec<Intent>, StoreError> {
        outbox::out(&self.readers, self.dialect, link, side).await
    }
    async fn queue(&self, which: Queue, limit: u32) -> Result<Vec<(LinkName, Intent)>, StoreError> {
        outbox::queue(&self.readers, self.dialect, which, limit).await
    }
    async fn intent(&self, key: &str) -> Result<Option<(LinkName, Intent)>, StoreError> {
        outbox::by_key(&self.readers, self.dialect, key).await
    }
    async fn troubled(&self, limit: u32) -> Result<Vec<Reference>, StoreError> {
        cases::troubled(&self.readers, limit).await
    }
    async fn to_replan(
        &self,
        link: Option<&LinkName>,
        after: Option<&Reference>,
        limit: u32,
    ) -> Result<Vec<Reference>, StoreError> {
        cases::to_replan(&self.readers, link, after, limit).await
    }
    async fn take_mapping(&self, taken: &MappingUse) -> Result<bool, StoreError> {
        let ends_there = |sides: &Sides<SystemName>| Side::BOTH.iter().any(|side| *sides.get(*side) == taken.system);
        let links: Vec<&LinkName> =
            self.systems.iter().filter(|(_, sides)| ends_there(sides)).map(|(link, _)| link).collect();
        let mut tx = self.begin().await?;
        let is_another = mappings::take(&mut tx, self.dialect, taken, &links).await;
        end(tx, is_another).await
    }
    async fn refuse_mapping(&self, refusal: &MappingRefusal) -> Result<(), StoreError> {
        mappings::refuse(&self.writer, refusal).await
    }
    async fn mapping_uses(&self) -> Result<Vec<MappingUse>, StoreError> {
        mappings::uses(&self.readers).await
    }
    async fn mapping_refusals(&self) -> Result<Vec<MappingRefusal>, StoreError> {
        mappings::refusals(&self.readers).await
    }
    async fn open(&self, link: Option<&LinkName>) -> Result<Open, StoreError> {
        let systems: Vec<&SystemName> = link
            .and_then(|link| self.systems.get(link))
            .map(|sides| Side::BOTH.iter().map(|side| sides.get(*side)).collect())
            .unwrap_or_default();
        cases::open(&self.readers, self.dialect, link, &systems).await
    }
    async fn counts(&self, link: Option<&LinkName>) -> Result<Counts, StoreError> {
        let (cases, paired) = cases::totals(&self.readers, link).await?;
        Ok(Counts { cases, paired, open: self.open(link).await? })
    }
    async fn begin_run(&self, kind: &str, at: Timestamp) -> Result<i64, StoreError> {
        memory::begin_run(&self.writer, kind, at).await
    }
    async fn end_run(&self, id: i64, at: Timestamp, result: &serde_json::Value) -> Result<(), StoreError> {
        memory::end_run(&self.writer, id, at, result).await
    }
    async fn runs(&self, limit: u32) -> Result<Vec<Run>, StoreError> {
        memory::runs(&self.readers, limit).await
    }
    async fn entries(&self, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        memory::entries(&self.readers, after, limit).await
    }
    async fn installation_key(&self) -> Result<Vec<u8>, StoreError> {
        let (key,): (Vec<u8>,) = sqlx::query_as("SELECT key FROM installation").fetch_one(&self.readers).await?;
        Ok(key)
    }
    fn is_shared(&self) -> bool {
        self.dialect == Dialect::Postgres
    }
    async fn take_duty(&self, duty: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        memory::take_duty(&self.writer, duty, holder, now, until).await
    }
    async fn leave_duties(&self, holder: &str) -> Result<(), StoreError> {
        memory::leave_duties(&self.writer, holder).await
    }
    async fn note(&self, notice: &Notice, most: u32) -> Result<Noted, StoreError> {
        let mut tx = self.begin().await?;
        match hints::note(&mut tx, notice, most).await {
            Ok(Noted::Full) => {
                tx.rollback().await?;
                Ok(Noted::Full)
            }
            noted => end(tx, noted).await,
        }
    }
    async fn hints(&self, limit: u32) -> Result<Vec<Hint>, StoreError> {
        hints::open(&self.readers, limit).await
    }
    async fn end_hint(&self, hint: &Hint) -> Result<(), StoreError> {
        hints::end(&self.writer, hint).await
    }
    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
impl SqlStore {
    pub(super) async fn execute_raw(&self, sql: &'static str) -> Result<(), StoreError> {
        sqlx::query(sql).execute(&self.writer).await?;
        Ok(())
    }
}
