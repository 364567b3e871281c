//! Lists what changed on one system and takes each changed ticket in.
//!
//! Rows are hints. The cursor is only saved when every row before it was taken in, so a failed poll is simply done again.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::doors::connector::{ListFrom, Page, PageToken, Row, Shown};
use crate::doors::store::{Cursor, Seen};
use crate::pure::sync::listing::{Listing, Rows, begins, too_many};
use crate::words::clock::{Timestamp, now};
use crate::words::limits::MAX_PAGES;
use crate::words::outcome::Failure;
use crate::words::side::{RemoteId, SystemName};
use crate::words::stops::{self, Stop};

use super::absorb::Sight;
use super::patience::{Read, Ward};
use super::{Engine, EngineError, System};

/// Most tickets that are taken in together.
const TOGETHER: usize = 256;
/// So many such groups at once: one is decided while another is saved.
const AT_ONCE: usize = 2;

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
        self.prove(name, system).await?;
        let retried = self.retry_unreadable(name, system).await?;
        let cursor = self.store.cursor(name).await?;
        let full = full || cursor.full_scan.is_none();
        let from = ListFrom { since: begins(cursor.since.filter(|_| !full), system.remote.promises()) };
        let began = now();
        let mut found = Found::default();
        found.polled.read = retried;
        let mut asked = Some(self.ask(name, system, &from, None).await?);
        for number in 1.. {
            let Some(asking) = asked.take() else { break };
            self.count_page(name, &mut found.listing, &asking, number)?;
            let Asked { page, at, .. } = asking;
            if full {
                found.listed.extend(page.rows.iter().filter_map(|row| row.id.clone()));
            }
            // The next page is on its way while this one is taken in.
            let next = page.next.clone();
            let taking = self.take_page(name, system, page, at, full, &mut found);
            let asking = async {
                match next {
                    Some(token) => self.ask(name, system, &from, Some(token)).await.map(Some),
                    None => Ok(None),
                }
            };
            let (taken, next) = tokio::join!(taking, asking);
            taken?;
            asked = next?;
        }
        self.guard_emptied(name, full, &found.listing).await?;
        self.take_gone(name, &found).await?;
        if full {
            self.read_unlisted(name, &found.listed, found.listing.rows(), &found.ward).await?;
        }
        let since = found.listing.cursor(cursor.since, began);
        found.polled.is_unfinished = cursor.full_scan.is_none() && found.listing.is_held() && !last_word;
        let is_done = full && !found.polled.is_unfinished;
        let next = Cursor { since, full_scan: if is_done { Some(began) } else { cursor.full_scan } };
        stops::at(Stop::ListingDone);
        self.store.save_cursor(name, &next).await?;
        stops::at(Stop::CursorSaved);
        Ok(found.polled)
    }

    /// Asks for one page of a listing, the first where there is no token.
    pub(super) async fn ask(
        &self,
        name: &SystemName,
        system: &System,
        from: &ListFrom,
        token: Option<PageToken>,
    ) -> Result<Asked, EngineError> {
        let at = now();
        let page = self.patiently(name, || system.remote.changes(from, token.as_ref())).await?;
        Ok(Asked { page, token, at })
    }

    /// Takes the next page of a listing into account.
    pub(super) fn count_page(
        &self,
        name: &SystemName,
        listing: &mut Listing,
        asked: &Asked,
        number: usize,
    ) -> Result<(), EngineError> {
        let told = asked.token.as_ref().map(|PageToken(token)| token.as_str());
        listing.page(rows_of(&asked.page), told).map_err(|reason| self.bad(name, reason))?;
        if asked.page.next.is_some() && number >= MAX_PAGES {
            return Err(self.bad(name, "the listing has no end: too many pages"));
        }
        Ok(())
    }

    fn bad(&self, name: &SystemName, says: &str) -> EngineError {
        EngineError::Remote { system: name.clone(), failure: Failure::BadAnswer { says: says.into() } }
    }

    /// Takes in the tickets of a page that are not known as they are shown; all of them in a full scan, the net under
    /// systems where a reply does not touch its ticket.
    async fn take_page(
        &self,
        name: &SystemName,
        system: &System,
        page: Page,
        asked: Timestamp,
        full: bool,
        found: &mut Found,
    ) -> Result<(), EngineError> {
        found.polled.rows += page.rows.len() as u64;
        found.polled.unreadable +=
            page.rows.iter().filter(|row| matches!(row.shown, Some(Shown::Unreadable { .. }))).count() as u64;
        let ids: Vec<RemoteId> = page.rows.iter().filter_map(|row| row.id.clone()).collect();
        let seen = self.store.seen(name, &ids).await?;
        let rules = self.stamp_of(name);
        let mut fresh = BTreeSet::new();
        let mut shown = Vec::new();
        let mut unread = Vec::new();
        for row in page.rows {
            let stamp = stamp(&row, &rules);
            let Some(id) = row.id else { continue };
            let known = !full && stamp.is_some() && seen.get(&id) == stamp.as_ref();
            if known || !fresh.insert(id.clone()) {
                continue;
            }
            match row.shown {
                Some(ticket) => shown.push(Ticket { id, stamp, changed: row.changed, shown: ticket, began: asked }),
                None => unread.push((id, stamp, row.changed)),
            }
        }
        let shown = stream::iter(shown).chunks(TOGETHER).map(Ok);
        let ward = Arc::clone(&found.ward);
        let read = stream::iter(unread)
            .map(|(id, stamp, changed)| self.read_ticket(name, &ward, id, stamp, changed))
            .buffer_unordered(system.concurrency.max(1))
            .ready_chunks(TOGETHER)
            .map(|some| some.into_iter().collect::<Result<Vec<_>, _>>());
        // Some are decided while others are saved.
        let taken = shown.chain(read).map(|some| async { self.take_rows(name, some?).await });
        let mut taken = std::pin::pin!(taken.buffered(AT_ONCE));
        let mut seen = Vec::new();
        while let Some(some) = taken.try_next().await? {
            found.polled.read += some.read;
            found.gone.extend(some.gone);
            seen.extend(some.seen);
            some.again.into_iter().for_each(|changed| found.listing.again(changed));
        }
        stops::at(Stop::PageTaken);
        if !seen.is_empty() {
            self.store.mark_seen(name, &seen).await?;
        }
        stops::at(Stop::PageRemembered);
        Ok(())
    }

    /// A row that shows too little: the ticket itself is read.
    async fn read_ticket(
        &self,
        name: &SystemName,
        ward: &Ward,
        id: RemoteId,
        stamp: Option<String>,
        changed: Option<Timestamp>,
    ) -> Result<Ticket, EngineError> {
        let began = now();
        let Read { shown, is_answer } = self.read_one(name, &id, ward).await?;
        Ok(Ticket { id, stamp: stamp.filter(|_| is_answer), changed, shown, began })
    }

    /// Takes tickets in together. Those that are gone wait until it is known how many are.
    async fn take_rows(&self, name: &SystemName, some: Vec<Ticket>) -> Result<Told, EngineError> {
        let read = some.len() as u64;
        self.tally.read.fetch_add(read, Ordering::Relaxed);
        let (gone, there): (Vec<Ticket>, Vec<Ticket>) =
            some.into_iter().partition(|ticket| ticket.shown == Shown::Gone);
        let sights: Vec<Sight<'_>> = there
            .iter()
            .map(|ticket| Sight { id: &ticket.id, shown: &ticket.shown, began: ticket.began, rested: None })
            .collect();
        let (mut seen, mut again) = (Vec::new(), Vec::new());
        for (ticket, done) in there.iter().zip(self.absorb_all(name, &sights).await?) {
            match &ticket.stamp {
                _ if !done => again.push(ticket.changed),
                Some(stamp) => seen.push(Seen { id: ticket.id.clone(), stamp: stamp.clone() }),
                None => {}
            }
        }
        let gone = gone.into_iter().map(|ticket| (ticket.id, ticket.began)).collect();
        Ok(Told { read, gone, seen, again })
    }

    /// Rows whose tickets are gone. Many at once are an outage that looks like a deletion: a person must look first.
    async fn take_gone(&self, name: &SystemName, found: &Found) -> Result<(), EngineError> {
        let ids: Vec<&RemoteId> = found.gone.iter().map(|(id, _)| id).collect();
        let gone = ids.len() as u64 - self.known_gone(name, &ids).await?;
        if too_many(gone, found.polled.rows) {
            let reason = format!("{gone} of {} listed tickets are gone", found.polled.rows);
            return Err(EngineError::Alarm { system: name.clone(), reason });
        }
        for (id, began) in &found.gone {
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
        if !full || listing.rows() > 0 {
            return Ok(());
        }
        if self.unlisted(name, &BTreeSet::new(), 1).await?.is_empty() {
            return Ok(());
        }
        Err(EngineError::Alarm { system: name.clone(), reason: "it had tickets and now lists none".into() })
    }
}

/// A page that was asked for.
pub(super) struct Asked {
    pub(super) page: Page,
    /// What it was asked by; nothing for the first.
    token: Option<PageToken>,
    /// When.
    at: Timestamp,
}

/// One ticket of a listing.
struct Ticket {
    id: RemoteId,
    /// What to remember of it once it is taken in, where it shows anything to tell by.
    stamp: Option<String>,
    /// When it changed, where that is shown.
    changed: Option<Timestamp>,
    shown: Shown,
    /// When its reading began.
    began: Timestamp,
}

/// What became of tickets that were taken in together.
struct Told {
    read: u64,
    /// Gone, with the instants when their readings began.
    gone: Vec<(RemoteId, Timestamp)>,
    /// What is to be remembered of the others.
    seen: Vec<Seen>,
    /// When those changed that must be looked at again.
    again: Vec<Option<Timestamp>>,
}

/// What the listing showed so far.
#[derive(Debug, Default)]
struct Found {
    listing: Listing,
    /// Every id, of a whole listing only.
    listed: BTreeSet<RemoteId>,
    polled: Polled,
    gone: Vec<(RemoteId, Timestamp)>,
    ward: Arc<Ward>,
}

/// A page, as far as the listing asks.
fn rows_of(page: &Page) -> Rows {
    Rows {
        ids: page.rows.iter().filter_map(|row| row.id.clone()).collect(),
        count: page.rows.len() as u64,
        newest: page.rows.iter().filter_map(|row| row.changed).max(),
        remote_now: page.remote_now,
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
