//! The store in one SQLite file. Every method is one transaction, durable before it returns (WAL, `synchronous = FULL`).
//!
//! One connection writes, a few read. Times come in as arguments; what the rows mean is decided elsewhere.

mod cases;
mod mappings;
mod memory;
mod open;
mod outbox;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::SqlitePool;

use super::{
    Change, Claim, Counts, Cursor, Entry, MappingRefusal, MappingUse, Quarantined, Queue, Run, Seen, Store, StoreError,
    Systems,
};
use crate::pure::sync::case::{Case, Intent};
use crate::words::clock::Timestamp;
use crate::words::side::{LinkName, Reference, RemoteId, Side, Sides, SystemName};

/// What the store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To sync: nobody else may do so on this file at the same time.
    Daemon,
    /// To look or to decide something by hand, beside a daemon or without one.
    Command,
}

/// The store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    systems: Systems,
    /// Held as long as the store lives; the operating system lets go of it when the process ends, however it ends.
    _lock: Option<File>,
}

impl SqliteStore {
    /// Opens or creates the database and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Held`] where another daemon works on it, [`StoreError::Newer`] where a later program wrote it,
    /// [`StoreError::Damaged`] where the file is not a sound database of ours; such a file is left as it is.
    pub async fn open(path: &Path, mode: Mode, systems: Systems) -> Result<Self, StoreError> {
        open::open(path, mode, systems).await.map_err(|error| match error {
            StoreError::Damaged(what) => StoreError::Damaged(format!("{}: {what}", path.display())),
            other => other,
        })
    }

    /// Names the record that an intent writes, the same from every link of its system.
    fn record(&self, link: &LinkName, intent: &Intent) -> String {
        let system = self.systems.get(link).map_or(link.as_str(), |sides| sides.get(intent.side).as_str());
        match &intent.target {
            Some(id) => format!("{system}/{}/{id}", intent.kind),
            None => format!("{system}/+/{}", intent.pair),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        /// `SQLITE_CORRUPT` and `SQLITE_NOTADB`.
        const DAMAGE: [i32; 2] = [11, 26];
        if let Some(said) = error.as_database_error() {
            let primary = said.code().and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff);
            if primary.is_some_and(|code| DAMAGE.contains(&code)) {
                return Self::Damaged(said.message().to_owned());
            }
            if said.is_unique_violation() {
                for side in Side::BOTH {
                    if said.message().contains(&format!("cases.{side}_id")) {
                        return Self::Taken { side };
                    }
                }
            }
        }
        Self::Database(Box::new(error))
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
impl Store for SqliteStore {
    async fn case(&self, reference: &Reference) -> Result<Option<Case>, StoreError> {
        cases::load(&self.readers, reference).await
    }
    async fn case_of(&self, link: &LinkName, side: Side, id: &RemoteId) -> Result<Option<Case>, StoreError> {
        match cases::reference_of(&self.readers, link, side, id).await? {
            Some(reference) => cases::load(&self.readers, &reference).await,
            None => Ok(None),
        }
    }
    async fn save(&self, case: &Case, change: &Change, claim: Option<&Claim>) -> Result<i64, StoreError> {
        let mut tx = self.writer.begin_with(BEGIN).await?;
        let revision = cases::write(&mut tx, case, change.replan).await?;
        outbox::write(&mut tx, case, change.at, claim, |intent| self.record(&case.link, intent)).await?;
        memory::append(&mut tx, case, change).await?;
        tx.commit().await?;
        Ok(revision)
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
        let mut tx = self.writer.begin_with(BEGIN).await?;
        let claims = outbox::claim_ready(&mut tx, link, side, now, lease, limit).await?;
        tx.commit().await?;
        Ok(claims)
    }
    async fn claim_doubts(
        &self,
        link: &LinkName,
        side: Side,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut tx = self.writer.begin_with(BEGIN).await?;
        let claims = outbox::claim_doubts(&mut tx, link, side, now, lease, limit).await?;
        tx.commit().await?;
        Ok(claims)
    }
    async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        outbox::release(&self.writer, claim).await
    }
    async fn recover(&self, now: Option<Timestamp>, settle: Duration) -> Result<u64, StoreError> {
        let mut tx = self.writer.begin_with(BEGIN).await?;
        let recovered = outbox::recover(&mut tx, now, settle).await?;
        tx.commit().await?;
        Ok(recovered)
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
        cases::youngest(&self.readers, link, side, except).await
    }
    async fn seen(&self, system: &SystemName, ids: &[RemoteId]) -> Result<BTreeMap<RemoteId, String>, StoreError> {
        memory::seen(&self.readers, system, ids).await
    }
    async fn mark_seen(&self, system: &SystemName, seen: &[Seen]) -> Result<(), StoreError> {
        memory::mark_seen(&self.writer, system, seen).await
    }
    async fn forget_seen(&self, system: &SystemName, id: &RemoteId) -> Result<(), StoreError> {
        memory::forget_seen(&self.writer, system, id).await
    }
    async fn quarantine(&self, entry: &Quarantined) -> Result<(), StoreError> {
        memory::quarantine(&self.writer, entry).await
    }
    async fn unquarantine(&self, system: &SystemName, id: &RemoteId) -> Result<(), StoreError> {
        memory::unquarantine(&self.writer, system, id).await
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
    async fn queue(&self, which: Queue, limit: u32) -> Result<Vec<(LinkName, Intent)>, StoreError> {
        outbox::queue(&self.readers, which, limit).await
    }
    async fn intent(&self, key: &str) -> Result<Option<(LinkName, Intent)>, StoreError> {
        outbox::by_key(&self.readers, key).await
    }
    async fn troubled(&self, limit: u32) -> Result<Vec<Reference>, StoreError> {
        cases::troubled(&self.readers, limit).await
    }
    async fn to_replan(&self, after: Option<&Reference>, limit: u32) -> Result<Vec<Reference>, StoreError> {
        cases::to_replan(&self.readers, after, limit).await
    }
    async fn take_mapping(&self, taken: &MappingUse) -> Result<bool, StoreError> {
        let ends_there = |sides: &Sides<SystemName>| Side::BOTH.iter().any(|side| *sides.get(*side) == taken.system);
        let links: Vec<&LinkName> =
            self.systems.iter().filter(|(_, sides)| ends_there(sides)).map(|(link, _)| link).collect();
        let mut tx = self.writer.begin_with(BEGIN).await?;
        let is_another = mappings::take(&mut tx, taken, &links).await?;
        tx.commit().await?;
        Ok(is_another)
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
    async fn counts(&self, link: Option<&LinkName>) -> Result<Counts, StoreError> {
        let systems: Vec<&SystemName> = link
            .and_then(|link| self.systems.get(link))
            .map(|sides| Side::BOTH.iter().map(|side| sides.get(*side)).collect())
            .unwrap_or_default();
        cases::counts(&self.readers, link, &systems).await
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
    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A transaction that writes takes the write lock at once, so that it can't fail half-way for want of it.
const BEGIN: &str = "BEGIN IMMEDIATE";

#[cfg(test)]
impl SqliteStore {
    pub(super) async fn execute_raw(&self, sql: &'static str) -> Result<(), StoreError> {
        sqlx::query(sql).execute(&self.writer).await?;
        Ok(())
    }
}

/// Makes a database of another program.
#[cfg(test)]
pub(super) async fn create_foreign(path: &Path) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("CREATE TABLE recipes (name TEXT)").execute(&pool).await.unwrap();
    pool.close().await;
}
