//! Lists both systems of a link anew for a reconciliation. Reads only; repairs go through the outbox like all else.

use chrono::TimeDelta;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::doors::connector::{ListFrom, PageToken, Row, Shown};
use crate::pure::reconcile::{Judge, Known, National, Reconciled};
use crate::pure::sync::reference::{derive, derive_child, is_of};
use crate::words::clock::{Timestamp, now};
use crate::words::limits::MAX_PAGES;
use crate::words::outcome::Failure;
use crate::words::record::{Cell, Dates, Reading};
use crate::words::side::{Reference, RemoteId, Side, Sides, SystemName};
use crate::words::ticket::{Field, RecordKind};

use super::patience::Ward;
use super::{Engine, EngineError, Link};

/// Cases taken from the store at once.
const CASES: u32 = 500;
/// A change that no cycle has seen for longer than this is not on its way any more.
const LONGEST_EXCUSE: TimeDelta = TimeDelta::hours(1);

/// One ticket of a listing.
enum Listed {
    Ticket(Box<Reading>),
    Unreadable(RemoteId, String),
}

/// The link's rules, as the reconciliation asks them.
struct LinkJudge<'a>(&'a Link);

impl Judge for LinkJudge<'_> {
    fn reference(&self, side: Side, id: &RemoteId, identity: Option<&str>) -> Reference {
        derive(&self.0.name, side, id, identity)
    }
    fn gave(&self, reference: &Reference) -> bool {
        is_of(&self.0.name, reference)
    }
    fn child_reference(&self, ticket: &Reference, kind: RecordKind, side: Side, id: &RemoteId) -> Reference {
        derive_child(ticket, kind, side, id)
    }
    fn selects(&self, from: Side, ticket: &Reading) -> bool {
        self.0.rules.selects(from, ticket)
    }
    fn compares(&self, kind: RecordKind, field: &Field) -> bool {
        let rules = &self.0.rules;
        Side::BOTH.iter().all(|side| rules.shows(*side, kind, field))
            && Side::BOTH
                .iter()
                .any(|side| rules.writes(*side, kind, field, false) || rules.writes(*side, kind, field, true))
    }
    fn crosses(&self, kind: RecordKind, to: Side) -> bool {
        self.0.rules.creates(to, kind)
    }
    fn agree(&self, kind: RecordKind, field: &Field, cells: Sides<&Cell>, dates: &Dates) -> bool {
        self.0.rules.agree(kind, field, cells, dates)
    }
}

impl Engine {
    /// Reconciles one link: lists both systems, joins, compares, classifies.
    ///
    /// # Errors
    /// Where a system can't be listed to its end, or the store can't be used.
    pub async fn reconcile(&self, link: &Link) -> Result<Reconciled, EngineError> {
        let seen_until = self.seen_until().await?;
        let known = self.known(link).await?;
        let judge = LinkJudge(link);
        let mut national = National::new(&judge, &known, seen_until);
        self.list(link.system(Side::National), |listed| match listed {
            Listed::Ticket(reading) => national.add(*reading),
            Listed::Unreadable(id, reason) => national.unreadable(id, reason),
        })
        .await?;
        let mut province = national.done();
        self.list(link.system(Side::Province), |listed| match listed {
            Listed::Ticket(reading) => province.add(*reading),
            Listed::Unreadable(id, reason) => province.unreadable(id, reason),
        })
        .await?;
        Ok(province.finish())
    }

    /// When the last finished cycle began: what changed later is on its way, not wrong. An old cycle excuses nothing.
    async fn seen_until(&self) -> Result<Timestamp, EngineError> {
        /// Runs looked back at for the last cycle.
        const RUNS: u32 = 50;
        let runs = self.store.runs(RUNS).await?;
        let cycle = runs.iter().find(|run| run.kind != "report" && run.ended.is_some());
        Ok(cycle.map_or_else(now, |run| run.began.max(now() - LONGEST_EXCUSE)))
    }

    /// Open work of a link, which may explain a difference.
    async fn known(&self, link: &Link) -> Result<Known, EngineError> {
        let mut known = Known::default();
        let mut after: Option<Reference> = None;
        loop {
            let references = self.store.cases(&link.name, after.as_ref(), CASES).await?;
            for reference in &references {
                if let Some(case) = self.store.case(reference).await? {
                    known.add_case(&case);
                }
            }
            match references.last() {
                Some(last) => after = Some(last.clone()),
                None => return Ok(known),
            }
        }
    }

    /// Lists one system from its beginning to its end.
    async fn list(&self, name: &SystemName, mut take: impl FnMut(Listed)) -> Result<(), EngineError> {
        let Some(system) = self.systems.get(name) else { return Ok(()) };
        let fail = |failure| EngineError::Remote { system: name.clone(), failure };
        let mut seen = std::collections::BTreeSet::new();
        let mut tokens = std::collections::BTreeSet::new();
        let everything = ListFrom::default();
        let mut page: Option<PageToken> = None;
        let ward = Ward::default();
        for number in 0..=MAX_PAGES {
            if number == MAX_PAGES {
                return Err(fail(Failure::BadAnswer { says: "the listing has no end: too many pages".into() }));
            }
            let answer = self.patiently(name, || system.remote.changes(&everything, page.as_ref())).await?;
            let rows: Vec<Row> = answer
                .rows
                .into_iter()
                .filter(|row| row.id.as_ref().is_none_or(|id| seen.insert(id.clone())))
                .collect();
            let listed: Vec<Option<Listed>> = stream::iter(rows)
                .map(|row| self.read_row(name, row, &ward))
                .buffered(system.concurrency.max(1))
                .try_collect()
                .await?;
            listed.into_iter().flatten().for_each(&mut take);
            match answer.next {
                Some(next) if tokens.insert(next.0.clone()) => page = Some(next),
                Some(_) => {
                    return Err(fail(Failure::BadAnswer { says: "the listing has no end: a page came twice".into() }));
                }
                None => break,
            }
        }
        Ok(())
    }

    async fn read_row(&self, name: &SystemName, row: Row, ward: &Ward) -> Result<Option<Listed>, EngineError> {
        let Some(id) = row.id else { return Ok(None) };
        let shown = match row.shown {
            Some(shown) => shown,
            None => self.read_one(name, &id, ward).await?.shown,
        };
        Ok(match shown {
            Shown::Ticket(reading) => Some(Listed::Ticket(reading)),
            Shown::Unreadable { reason } => Some(Listed::Unreadable(id, reason)),
            Shown::Gone => None,
        })
    }
}
