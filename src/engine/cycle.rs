//! One cycle: list every system, take in what changed, send what is due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::doors::spool;
use crate::doors::store::Open;
use crate::pure::schedule::Schedule;
use crate::words::clock::{Stopwatch, Timestamp, now};
use crate::words::side::SystemName;
use crate::words::stops::{self, Stop};

use super::poll::Polled;
use super::push::Pushed;
use super::{Engine, EngineError, LOOK_AGAIN, Link, duties};

/// Longest that writes go on and on before the next poll gets its turn, whatever moves.
const LONGEST_DRAIN: Duration = Duration::from_secs(600);

/// What one cycle came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Cycled {
    /// Per system, how many tickets were listed and read.
    pub polled: BTreeMap<SystemName, PolledCounts>,
    /// Systems that another daemon on the same database polls: this one took in nothing of theirs.
    pub polled_elsewhere: BTreeSet<SystemName>,
    /// Writes sent.
    pub sent: u64,
    /// Doubts looked up.
    pub looked_up: u64,
    /// Systems that could not be listed or written to, with the reason.
    pub failures: BTreeMap<SystemName, String>,
    /// What is left afterwards.
    pub left: Open,
}

/// See [`Polled`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PolledCounts {
    /// Rows listed.
    pub rows: u64,
    /// Tickets read.
    pub read: u64,
    /// Rows that could not be understood.
    pub unreadable: u64,
}

impl Cycled {
    /// Whether nothing moved and nothing is left that would move by itself.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.failures.is_empty()
            && self.sent + self.looked_up == 0
            && self.left.ready + self.left.sent + self.left.doubt == 0
    }

    /// What more came of it. A system that could be listed now is no failure any more.
    pub(super) fn add(&mut self, more: Self) {
        self.failures.retain(|name, _| !more.polled.contains_key(name));
        for (name, counts) in more.polled {
            let all = self.polled.entry(name).or_default();
            all.rows += counts.rows;
            all.read += counts.read;
            all.unreadable += counts.unreadable;
        }
        self.polled_elsewhere.extend(more.polled_elsewhere);
        self.failures.extend(more.failures);
        self.sent += more.sent;
        self.looked_up += more.looked_up;
    }
}

/// How long a cycle goes on.
#[derive(Debug, Clone, Copy)]
pub struct Pace<'a> {
    /// Longest wait for retries and doubts, once nothing else moves.
    pub patience: Duration,
    /// Longest that writes go on before the next poll gets its turn, whatever moves.
    pub longest: Duration,
    /// When a link goes round again while another is still busy with its first round.
    pub again: Option<&'a Schedule>,
}

impl Pace<'_> {
    /// With the longest turn that a cycle may have.
    #[must_use]
    pub const fn waiting(patience: Duration) -> Self {
        Self { patience, longest: LONGEST_DRAIN, again: None }
    }
}

impl Engine {
    /// Polls every system and sends what is due; of each link what both sides show is known before anything is written.
    /// What was never listed whole is taken in step by step: see [`Self::first_cycle`].
    ///
    /// # Errors
    /// Only where the store can't be used; a system's failure is in the result.
    pub async fn cycle(&self, full: bool, pace: Pace<'_>, stop: &CancellationToken) -> Result<Cycled, EngineError> {
        let mut cycled = match self.all_listed_once().await? {
            true => self.go_rounds(full, pace, stop).await?,
            false => self.first_cycle(full, pace, stop).await?,
        };
        cycled.left = self.store.open(None).await?;
        Ok(cycled)
    }

    /// The cycle in which a system is listed whole for the first time. That may take hours: what is found is sent
    /// meanwhile, to the systems that were listed whole before.
    async fn first_cycle(&self, full: bool, pace: Pace<'_>, stop: &CancellationToken) -> Result<Cycled, EngineError> {
        let names: Vec<&SystemName> = self.systems.keys().collect();
        let listed = stop.child_token();
        let polling = async {
            let cycled = self.poll_systems(&names, full, stop).await;
            listed.cancel();
            cycled
        };
        let (mut cycled, early) = tokio::try_join!(polling, self.push_until(&listed))?;
        let pushed = self.drain(self.links.values(), pace, stop).await?;
        cycled.sent = early.sent + pushed.sent;
        cycled.looked_up = early.looked_up + pushed.looked_up;
        Ok(cycled)
    }

    /// Sends what becomes due until `over`.
    async fn push_until(&self, over: &CancellationToken) -> Result<Pushed, EngineError> {
        let links = self.links.values().map(|link| async move {
            let mut all = Pushed::default();
            while !over.is_cancelled() {
                all += self.push(link, &|| over.is_cancelled()).await?;
                tokio::select! {
                    () = tokio::time::sleep(LOOK_AGAIN) => {}
                    () = self.planned.notified() => {}
                    () = over.cancelled() => {}
                }
            }
            Ok::<_, EngineError>(all)
        });
        Ok(try_join_all(links).await?.into_iter().sum())
    }

    /// Polls every system that is this daemon's to poll, as long as one was never listed whole, and plans again what waits
    /// for that.
    async fn poll_systems(
        &self,
        names: &[&SystemName],
        full: bool,
        stop: &CancellationToken,
    ) -> Result<Cycled, EngineError> {
        let mut cycled = Cycled::default();
        let unfinished = self.poll_all(names, full, false, stop, &mut cycled).await?;
        if !unfinished.is_empty() && self.all_listed(names, &unfinished).await? {
            self.poll_all(&unfinished, true, true, stop, &mut cycled).await?;
        }
        stops::at(Stop::Polled);
        self.replan(None).await?;
        Ok(cycled)
    }

    /// Polls these systems at once. Those whose first listing left rows of a lost state.
    pub(super) async fn poll_all<'a>(
        &self,
        names: &[&'a SystemName],
        full: bool,
        last_word: bool,
        stop: &CancellationToken,
        cycled: &mut Cycled,
    ) -> Result<Vec<&'a SystemName>, EngineError> {
        // A poll that is cut off loses nothing: its cursor was not saved.
        let mut ours = Vec::new();
        for name in names {
            if self.is_on_duty(&duties::poll_of(name)).await? {
                ours.push(*name);
            } else {
                cycled.polled_elsewhere.insert((*name).clone());
            }
        }
        let names = ours;
        let polls = tokio::select! {
            polls = join_all(names.iter().map(|name| self.poll(name, full, last_word))) => polls,
            () = stop.cancelled() => Vec::new(),
        };
        let mut unfinished = Vec::new();
        for (name, poll) in names.iter().zip(polls) {
            match poll {
                Ok(Polled { rows, read, unreadable, is_unfinished }) => {
                    cycled.polled.insert((*name).clone(), PolledCounts { rows, read, unreadable });
                    unfinished.extend(is_unfinished.then_some(*name));
                }
                Err(EngineError::Store(error)) => return Err(error.into()),
                Err(error @ (EngineError::Remote { .. } | EngineError::Alarm { .. } | EngineError::Shelf { .. })) => {
                    tracing::warn!(system = %name, %error, "poll failed");
                    cycled.failures.insert((*name).clone(), error.to_string());
                }
            }
        }
        Ok(unfinished)
    }

    /// Whether every system was listed whole once: before that a ticket may be one that a lost state knew.
    pub(super) async fn all_listed_once(&self) -> Result<bool, EngineError> {
        self.all_listed(&self.systems.keys().collect::<Vec<_>>(), &[]).await
    }

    /// Whether every system was listed whole at least once: these just now, the others by their cursors.
    async fn all_listed(&self, names: &[&SystemName], just_now: &[&SystemName]) -> Result<bool, EngineError> {
        for name in names {
            if !just_now.contains(name) && self.store.cursor(name).await?.full_scan.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a start does first: makes doubts of what workers that are gone had in hand. The only daemon of a database
    /// finds nobody else at work, so that is everything in hand; of several only what has outlived its lease.
    ///
    /// # Errors
    /// Where the store can't be used.
    pub async fn begin(&self) -> Result<(), EngineError> {
        self.recover(self.store.is_shared().then(now)).await
    }

    /// Makes doubts of the claims whose lease has ended by `at`, or of all of them where that is `None`.
    async fn recover(&self, at: Option<Timestamp>) -> Result<(), EngineError> {
        if at.is_none() {
            // Nobody else is at work: what lies there is of processes that ended.
            if let Err(error) = spool::clear_all(&self.spool).await {
                tracing::warn!(%error, folder = %self.spool.display(), "attachments stay in the spool");
            }
        }
        let settle = self.systems.values().map(|system| system.remote.promises().settle()).max().unwrap_or_default();
        let recovered = self.store.recover(at, settle).await?;
        stops::at(Stop::Recovered);
        if recovered > 0 {
            tracing::info!(recovered, "claims of a worker that is gone became doubts");
        }
        Ok(())
    }

    /// Sends what is due until nothing is.
    ///
    /// # Errors
    /// Only where the store can't be used.
    pub(super) async fn drain<'a>(
        &self,
        links: impl IntoIterator<Item = &'a Link>,
        pace: Pace<'_>,
        stop: &CancellationToken,
    ) -> Result<Pushed, EngineError> {
        self.recover(Some(now())).await?;
        let links = links.into_iter().map(|link| self.drain_link(link, pace, stop));
        Ok(try_join_all(links).await?.into_iter().sum())
    }

    /// The same of one link: none waits for another's.
    async fn drain_link(&self, link: &Link, pace: Pace<'_>, stop: &CancellationToken) -> Result<Pushed, EngineError> {
        let began = Stopwatch::start();
        let is_over = || stop.is_cancelled() || began.elapsed() >= pace.longest;
        let mut all = Pushed::default();
        while !is_over() {
            let pushed = self.push(link, &is_over).await?;
            all += pushed;
            if pushed != Pushed::default() {
                continue;
            }
            let open = self.store.open(Some(&link.name)).await?;
            if open.ready + open.doubt == 0 || began.elapsed() >= pace.patience {
                break;
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = self.planned.notified() => {}
                () = stop.cancelled() => {}
            }
        }
        Ok(all)
    }
}
