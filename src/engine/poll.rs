//! Lists what changed on one system and takes each changed ticket in.
//!
//! Rows are hints. The cursor is only saved when every row before it was taken in, so a failed poll is simply done again.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::doors::connector::{ListFrom, Page, PageToken, Row, Shown};
use crate::doors::store::{Cursor, Seen};
use crate::words::clock::{Timestamp, now};
use crate::words::limits::MAX_PAGES;
use crate::words::outcome::Failure;
use crate::words::side::{RemoteId, SystemName};

use super::absorb::Sight;
use super::patience::{Read, Ward};
use super::{Engine, EngineError, System};

/// So many tickets of one listing may be gone at once, or 2 % of it.
const MANY_GONE: u64 = 5;

/// What one poll brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Polled {
    /// Rows listed.
    pub rows: u64,
    /// Tickets read because they may have changed.
    pub read: u64,
    /// Rows that could not be understood.
    pub unreadable: u64,
    /// A first listing left rows that may belong to cases which the other systems' listings bring.
    pub is_unfinished: bool,
}

impl Engine {
    /// Polls one system: changes since the cursor, or everything where `full`. A first listing counts as done only
    /// when it leaves no row that carries a reference of a lost state, or when `last_word`: every other system was
    /// listed before, so nobody will bring the case of such a row any more.
    pub async fn poll(&self, name: &SystemName, full: bool, last_word: bool) -> Result<Polled, EngineError> {
        let Some(system) = self.systems.get(name) else { return Ok(Polled::default()) };
        if !system.is_in_hours(now()) {
            return Ok(Polled::default());
        }
        let retried = self.retry_unreadable(name, system).await?;
        let cursor = self.store.cursor(name).await?;
        let full = full || cursor.full_scan.is_none();
        let overlap = TimeDelta::from_std(system.remote.promises().commit_lag).unwrap_or(TimeDelta::hours(1));
        let since = cursor.since.filter(|_| !full);
        let from = ListFrom { since: since.and_then(|since| since.checked_sub_signed(overlap)) };
        let began = now();
        let mut listing = Listing::default();
        listing.polled.read = retried;
        let mut page: Option<PageToken> = None;
        for number in 0.. {
            if number >= MAX_PAGES {
                return Err(self.bad(name, "the listing has no end: too many pages"));
            }
            let asked = now();
            let answer = self.patiently(name, || system.remote.changes(&from, page.as_ref())).await?;
            listing.check(&answer, page.as_ref()).map_err(|reason| self.bad(name, reason))?;
            if full {
                listing.listed.extend(answer.rows.iter().filter_map(|row| row.id.clone()));
            }
            self.take_page(name, system, &answer, asked, full, &mut listing).await?;
            match answer.next {
                Some(next) => page = Some(next),
                None => break,
            }
        }
        self.guard_emptied(name, full, &listing).await?;
        self.take_gone(name, &listing).await?;
        if full {
            self.read_unlisted(name, &listing.listed, listing.rows, &listing.ward).await?;
        }
        let since = match (listing.newest, listing.remote_began) {
            (Some(newest), Some(remote)) => Some(newest.min(remote)),
            // Without the remote's clock ours: a row from the future must not hide what comes before it.
            (newest, None) => newest.map(|newest| newest.min(began)),
            (None, remote) => remote.filter(|_| cursor.since.is_none()),
        };
        // What must be looked at again must be listed again.
        let since = match listing.again {
            Again::Nothing => since.max(cursor.since),
            Again::From(held) => since.max(cursor.since).min(Some(held)),
            Again::All => cursor.since,
        };
        let held = !matches!(listing.again, Again::Nothing);
        listing.polled.is_unfinished = cursor.full_scan.is_none() && held && !last_word;
        let is_done = full && !listing.polled.is_unfinished;
        let next = Cursor { since, full_scan: if is_done { Some(began) } else { cursor.full_scan } };
        self.store.save_cursor(name, &next).await?;
        Ok(listing.polled)
    }

    fn bad(&self, name: &SystemName, says: &str) -> EngineError {
        EngineError::Remote { system: name.clone(), failure: Failure::BadAnswer { says: says.into() } }
    }

    /// Reads the tickets of a page that are not known as they are shown, several at once; all of them in a full scan,
    /// the net under systems where a reply does not touch its ticket.
    async fn take_page(
        &self,
        name: &SystemName,
        system: &System,
        page: &Page,
        asked: Timestamp,
        full: bool,
        listing: &mut Listing,
    ) -> Result<(), EngineError> {
        let polled = &mut listing.polled;
        polled.rows += page.rows.len() as u64;
        let ids: Vec<RemoteId> = page.rows.iter().filter_map(|row| row.id.clone()).collect();
        let seen = self.store.seen(name, &ids).await?;
        polled.unreadable +=
            page.rows.iter().filter(|row| matches!(row.shown, Some(Shown::Unreadable { .. }))).count() as u64;
        let rules = self.stamp_of(name);
        let mut fresh = BTreeSet::new();
        let wanted = page.rows.iter().filter_map(|row| {
            let id = row.id.clone()?;
            let stamp = stamp(row, &rules);
            let known = !full && stamp.is_some() && seen.get(&id) == stamp.as_ref();
            (!known && fresh.insert(id.clone())).then_some((id, stamp, row))
        });
        let wanted: Vec<_> = wanted.collect();
        let ward = &listing.ward;
        let taken: Vec<Looked> = stream::iter(wanted)
            .map(|(id, stamp, row)| self.take_row(name, ward, id, stamp, row, asked))
            .buffer_unordered(system.concurrency.max(1))
            .try_collect()
            .await?;
        listing.polled.read += taken.len() as u64;
        self.tally.read.fetch_add(taken.len() as u64, Ordering::Relaxed);
        let mut seen = Vec::new();
        for looked in taken {
            match looked {
                Looked::Gone(id, began) => listing.gone.push((id, began)),
                Looked::Done(done) => seen.extend(done),
                Looked::Again(changed) => listing.again(changed),
            }
        }
        Ok(self.store.mark_seen(name, &seen).await?)
    }

    /// One row: what it shows, or a direct read.
    async fn take_row(
        &self,
        name: &SystemName,
        ward: &Ward,
        id: RemoteId,
        stamp: Option<String>,
        row: &Row,
        asked: Timestamp,
    ) -> Result<Looked, EngineError> {
        let began = now();
        let (Read { shown, is_answer }, began) = match &row.shown {
            Some(shown) => (Read { shown: shown.clone(), is_answer: true }, asked),
            None => (self.read_one(name, &id, ward).await?, began),
        };
        if shown == Shown::Gone {
            return Ok(Looked::Gone(id, began));
        }
        let done = self.absorb(name, Sight { id: &id, shown: &shown, began, rested: None }).await?;
        Ok(if done {
            Looked::Done(stamp.filter(|_| is_answer).map(|stamp| Seen { id, stamp }))
        } else {
            Looked::Again(row.changed)
        })
    }

    /// Rows whose tickets are gone. Many at once are an outage that looks like a deletion: a person must look first.
    async fn take_gone(&self, name: &SystemName, listing: &Listing) -> Result<(), EngineError> {
        let gone = listing.gone.len() as u64;
        if too_many(gone, listing.polled.rows) {
            let reason = format!("{gone} of {} listed tickets are gone", listing.polled.rows);
            return Err(EngineError::Alarm { system: name.clone(), reason });
        }
        for (id, began) in &listing.gone {
            self.absorb(name, Sight { id, shown: &Shown::Gone, began: *began, rested: None }).await?;
        }
        Ok(())
    }

    /// Digest of everything that a ticket of this system is judged by.
    fn stamp_of(&self, name: &SystemName) -> String {
        self.ends_at(name).map(|(link, _)| link.stamp.as_str()).collect::<Vec<_>>().join("+")
    }

    /// A side that had tickets and now lists none is not believed.
    async fn guard_emptied(&self, name: &SystemName, full: bool, listing: &Listing) -> Result<(), EngineError> {
        if !full || listing.rows > 0 {
            return Ok(());
        }
        for (link, _) in self.ends_at(name) {
            if self.store.counts(Some(&link.name)).await?.paired > 0 {
                let reason = "it had tickets and now lists none".into();
                return Err(EngineError::Alarm { system: name.clone(), reason });
            }
        }
        Ok(())
    }
}

/// Whether so many tickets missing from a listing of so many rows are more than people delete: an outage that looks like
/// a deletion.
pub(super) fn too_many(missing: u64, rows: u64) -> bool {
    missing > MANY_GONE.max(rows / 50)
}

/// What became of one row.
enum Looked {
    /// Taken in; what to remember of it, where it shows anything to tell by.
    Done(Option<Seen>),
    /// There is no such ticket, said a direct read that began then.
    Gone(RemoteId, Timestamp),
    /// It must be looked at again; when it changed, where that is shown.
    Again(Option<Timestamp>),
}

/// How far back the next listing must begin.
#[derive(Debug, Default, Clone, Copy)]
enum Again {
    #[default]
    Nothing,
    From(Timestamp),
    All,
}

/// What the listing showed so far, and whether it goes round in circles.
#[derive(Debug, Default)]
struct Listing {
    rows: u64,
    newest: Option<Timestamp>,
    remote_began: Option<Timestamp>,
    tokens: BTreeSet<String>,
    last: Vec<RemoteId>,
    /// Every id, of a whole listing only.
    listed: BTreeSet<RemoteId>,
    again: Again,
    polled: Polled,
    gone: Vec<(RemoteId, Timestamp)>,
    ward: Ward,
}

impl Listing {
    /// A row that changed then must be looked at again.
    fn again(&mut self, changed: Option<Timestamp>) {
        self.again = match (self.again, changed) {
            (Again::All, _) | (_, None) => Again::All,
            (Again::Nothing, Some(at)) => Again::From(at),
            (Again::From(before), Some(at)) => Again::From(before.min(at)),
        };
    }

    fn check(&mut self, page: &Page, token: Option<&PageToken>) -> Result<(), &'static str> {
        if let Some(PageToken(token)) = token
            && !self.tokens.insert(token.clone())
        {
            return Err("the listing has no end: a page token came twice");
        }
        let ids: Vec<RemoteId> = page.rows.iter().filter_map(|row| row.id.clone()).collect();
        if !ids.is_empty() && ids == self.last {
            return Err("the listing has no end: a page came twice");
        }
        self.last = ids;
        self.rows += page.rows.len() as u64;
        self.newest = page.rows.iter().filter_map(|row| row.changed).max().max(self.newest);
        self.remote_began = self.remote_began.or(page.remote_now);
        Ok(())
    }
}

/// What a row shows of a ticket's state; `None` where it shows nothing to tell by.
fn stamp(row: &Row, rules: &str) -> Option<String> {
    if row.version.is_none() && row.changed.is_none() {
        return None;
    }
    let version = row.version.as_ref().map_or("", |version| version.as_str());
    let changed = row.changed.map(|at| at.timestamp_micros().to_string()).unwrap_or_default();
    Some(format!("{version}|{changed}|{rules}"))
}
