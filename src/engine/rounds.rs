//! The links of one cycle, each at its own pace: one whose listing is long, or whose side is silent, holds up no other. While
//! it is busy the others go round again, by the timetable.
//!
//! Of one link both sides are polled before anything is written. A system that several links share is polled once for all
//! of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures_util::future::try_join_all;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::words::clock::{Timestamp, now};
use crate::words::side::{Side, SystemName};
use crate::words::stops::{self, Stop};

use super::cycle::{Cycled, Pace};
use super::{Engine, EngineError, Link};

/// What the links of one cycle share.
struct Rounds<'a> {
    pace: Pace<'a>,
    stop: &'a CancellationToken,
    /// When each system was last polled. Whoever polls it holds this.
    polled: BTreeMap<&'a SystemName, tokio::sync::Mutex<Option<Timestamp>>>,
    /// What came of it so far.
    cycled: Mutex<Cycled>,
    /// Links that have not come round once.
    busy: watch::Sender<usize>,
}

impl Rounds<'_> {
    fn add(&self, more: Cycled) {
        self.cycled.lock().unwrap_or_else(PoisonError::into_inner).add(more);
    }
}

impl Engine {
    /// Each link polls its two systems and sends what is due, until all have done so once. Every system was listed whole
    /// before.
    pub(super) async fn go_rounds(
        &self,
        full: bool,
        pace: Pace<'_>,
        stop: &CancellationToken,
    ) -> Result<Cycled, EngineError> {
        let rounds = Rounds {
            pace,
            stop,
            polled: self.systems.keys().map(|name| (name, tokio::sync::Mutex::default())).collect(),
            cycled: Mutex::default(),
            busy: watch::Sender::new(self.links.len()),
        };
        let began = now();
        try_join_all(self.links.values().map(|link| self.go_round(link, full, began, &rounds))).await?;
        Ok(rounds.cycled.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// One link's part of a cycle.
    async fn go_round(
        &self,
        link: &Link,
        full: bool,
        began: Timestamp,
        rounds: &Rounds<'_>,
    ) -> Result<(), EngineError> {
        self.round(link, full, began, rounds).await?;
        rounds.busy.send_modify(|busy| *busy -= 1);
        let mut busy = rounds.busy.subscribe();
        while let Some(next) = rounds.pace.again.and_then(|schedule| schedule.next_after(now())) {
            tokio::select! {
                () = tokio::time::sleep((next - now()).to_std().unwrap_or_default()) => {}
                _ = busy.wait_for(|busy| *busy == 0) => break,
                () = rounds.stop.cancelled() => break,
            }
            self.round(link, false, next, rounds).await?;
        }
        Ok(())
    }

    async fn round(&self, link: &Link, full: bool, since: Timestamp, rounds: &Rounds<'_>) -> Result<(), EngineError> {
        try_join_all(Side::BOTH.map(|side| self.poll_since(link.system(side), full, since, rounds))).await?;
        stops::at(Stop::Polled);
        self.replan(Some(&link.name)).await?;
        let pushed = self.drain([link], rounds.pace, rounds.stop).await?;
        rounds.add(Cycled { sent: pushed.sent, looked_up: pushed.looked_up, ..Cycled::default() });
        Ok(())
    }

    /// Polls a system, unless that was done since.
    async fn poll_since(
        &self,
        name: &SystemName,
        full: bool,
        since: Timestamp,
        rounds: &Rounds<'_>,
    ) -> Result<(), EngineError> {
        let Some((name, last)) = rounds.polled.get_key_value(name) else { return Ok(()) };
        let mut last = last.lock().await;
        if last.is_none_or(|last| last < since) {
            *last = Some(now());
            let mut cycled = Cycled::default();
            self.poll_all(&[*name], full, false, rounds.stop, &mut cycled).await?;
            rounds.add(cycled);
        }
        Ok(())
    }
}
