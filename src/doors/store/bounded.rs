//! A store on a server, of which no call waits for ever. A connection whose other end fell silent in the middle of an
//! exchange tells nothing by itself; whoever waits for it gives up in time and takes another.
//!
//! What was given up may have been done all the same: it counts as whatever a broken connection counts as.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::{
    Claim, Counts, Cursor, Entry, Hint, Limits, MappingRefusal, MappingUse, Noted, Notice, Open, Quarantined, Queue,
    Run, Save, Seen, Store, StoreError,
};
use crate::pure::sync::case::{Case, Intent};
use crate::words::clock::Timestamp;
use crate::words::side::{LinkName, Reference, RemoteId, Side, SystemName};

/// Waits that one call may consist of: for a connection, and for the answers.
const WAITS: u32 = 2;

/// See the module.
#[derive(Debug)]
pub struct Bounded<S> {
    store: S,
    longest: Duration,
}

impl<S> Bounded<S> {
    /// A store, each of whose calls is given up in time.
    #[must_use]
    pub const fn new(store: S, limits: Limits) -> Self {
        Self { store, longest: limits.patience.saturating_mul(WAITS) }
    }

    async fn in_time<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let silent = StoreError::Away { why: "it does not answer", source: None };
        tokio::time::timeout(self.longest, call).await.unwrap_or(Err(silent))
    }
}

/// Every call that asks the database.
macro_rules! in_time {
    ($($call:ident($($name:ident: $kind:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl<S: Store> Store for Bounded<S> {
            $(async fn $call(&self $(, $name: $kind)*) -> Result<$out, StoreError> {
                self.in_time(self.store.$call($($name),*)).await
            })*
            fn is_shared(&self) -> bool {
                self.store.is_shared()
            }
            async fn close(&self) {
                let closed = async {
                    self.store.close().await;
                    Ok(())
                };
                if let Err(error) = self.in_time(closed).await {
                    tracing::debug!(%error, "its connections end with the process");
                }
            }
        }
    };
}

in_time! {
    case(reference: &Reference) -> Option<Case>;
    cases_named(references: &[&Reference]) -> BTreeMap<Reference, Case>;
    cases_of(link: &LinkName, side: Side, ids: &[&RemoteId]) -> BTreeMap<RemoteId, Case>;
    save_all(saves: &[Save<'_>]) -> Vec<Result<i64, StoreError>>;
    cases(link: &LinkName, after: Option<&Reference>, limit: u32) -> Vec<Reference>;
    ids(link: &LinkName, side: Side, after: Option<&RemoteId>, limit: u32) -> Vec<RemoteId>;
    claim(link: &LinkName, side: Side, now: Timestamp, lease: Duration, limit: u32) -> Vec<Claim>;
    claim_doubts(link: &LinkName, side: Side, now: Timestamp, lease: Duration, limit: u32) -> Vec<Claim>;
    release(claim: &Claim) -> ();
    recover(now: Option<Timestamp>, settle: Duration) -> u64;
    next_due() -> Option<Timestamp>;
    youngest(link: &LinkName, side: Side, except: &Reference) -> Option<(Reference, RemoteId)>;
    younger(link: &LinkName, side: Side, than: &Reference) -> Option<RemoteId>;
    seen(system: &SystemName, ids: &[RemoteId]) -> BTreeMap<RemoteId, String>;
    mark_seen(system: &SystemName, seen: &[Seen]) -> ();
    forget_seen(system: &SystemName, id: &RemoteId) -> ();
    quarantine(entry: &Quarantined) -> ();
    unquarantine(system: &SystemName, ids: &[&RemoteId]) -> ();
    quarantined(limit: u32) -> Vec<Quarantined>;
    quarantined_otherwise(system: &SystemName, mapping: &str, limit: u32) -> Vec<Quarantined>;
    cursor(system: &SystemName) -> Cursor;
    save_cursor(system: &SystemName, cursor: &Cursor) -> ();
    out(link: &LinkName, side: Side) -> Vec<Intent>;
    queue(which: Queue, limit: u32) -> Vec<(LinkName, Intent)>;
    intent(key: &str) -> Option<(LinkName, Intent)>;
    troubled(limit: u32) -> Vec<Reference>;
    to_replan(link: Option<&LinkName>, after: Option<&Reference>, limit: u32) -> Vec<Reference>;
    take_mapping(taken: &MappingUse) -> bool;
    refuse_mapping(refusal: &MappingRefusal) -> ();
    mapping_uses() -> Vec<MappingUse>;
    mapping_refusals() -> Vec<MappingRefusal>;
    open(link: Option<&LinkName>) -> Open;
    counts(link: Option<&LinkName>) -> Counts;
    begin_run(kind: &str, at: Timestamp) -> i64;
    end_run(id: i64, at: Timestamp, result: &serde_json::Value) -> ();
    runs(limit: u32) -> Vec<Run>;
    entries(after: i64, limit: u32) -> Vec<Entry>;
    installation_key() -> Vec<u8>;
    take_duty(duty: &str, holder: &str, now: Timestamp, until: Timestamp) -> bool;
    leave_duties(holder: &str) -> ();
    note(notice: &Notice, most: u32) -> Noted;
    hints(limit: u32) -> Vec<Hint>;
    end_hint(hint: &Hint) -> ();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_that_is_never_answered_is_given_up() {
        let limits = Limits { patience: Duration::from_millis(1), connections: 1 };
        let store = Bounded::new((), limits);
        let given_up = store.in_time(std::future::pending::<Result<(), StoreError>>()).await.unwrap_err();
        assert!(given_up.is_worth_a_retry(), "{given_up}");
    }
}
