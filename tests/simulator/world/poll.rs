//! Listings page by page, as the daemon's poll: rows are hints, the cursor is the core's.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use rand::RngExt;

use pakn_bridge::pure::sync::case::PairState;
use pakn_bridge::pure::sync::gone::observe_gone;
use pakn_bridge::pure::sync::listing::{Listing, Rows, begins, too_many};
use pakn_bridge::words::clock::Timestamp;
use pakn_bridge::words::side::Side;

use super::coverage::Group;
use super::faults::Fault;
use super::{Safeguard, Stuck, World};

/// Where the listing of one system has come to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cursor {
    pub(crate) since: Option<Timestamp>,
    pub(crate) full_scan: bool,
}

/// A listing on its way.
#[derive(Debug)]
pub(crate) struct Poll {
    pub(crate) system: usize,
    full: bool,
    since: Option<Timestamp>,
    listing: Listing,
    number: usize,
    began: Timestamp,
    listed: BTreeSet<String>,
    /// Its last page was asked for.
    ends: bool,
}

/// What a listing showed of a record.
#[derive(Debug, Clone)]
pub(crate) struct RowOf {
    pub(crate) stamp: String,
    pub(crate) changed: Timestamp,
}

impl World {
    pub(crate) fn begin_poll(&mut self, system: usize) {
        let full = self.odds(0.3);
        self.poll(system, full);
    }

    pub(crate) fn poll(&mut self, system: usize, full: bool) {
        if self.stopped.contains_key(&system) || self.polls.iter().any(|poll| poll.system == system) {
            return;
        }
        let cursor = &self.cursors[system];
        let full = full && self.scans || !cursor.full_scan;
        let link = self.links.iter().find(|link| system == 0 || link.national == system);
        let Some(link) = link else { return };
        let side = if system == 0 { Side::Province } else { Side::National };
        let mut promises = link.rules.promises.get(side).clone();
        if !self.has(Safeguard::Overlap) {
            promises.commit_lag = Duration::ZERO;
        }
        let since = begins(cursor.since.filter(|_| !full), &promises);
        if full {
            self.coverage.saw(Group::Row, "full scan");
        }
        let began = self.now();
        let listing = Listing::default();
        self.polls.push(Poll { system, full, since, listing, number: 0, began, listed: BTreeSet::new(), ends: false });
    }

    /// One listing's next page.
    pub(crate) fn a_page(&mut self) {
        if self.polls.is_empty() {
            return;
        }
        let at = self.random.random_range(0..self.polls.len());
        self.page_of(at);
    }

    pub(crate) fn page_of(&mut self, at: usize) {
        let system = self.polls[at].system;
        // A page is done when all of its rows are taken in.
        if self.sights.iter().any(|sight| sight.system == system && sight.row.is_some()) {
            return;
        }
        let mut poll = self.polls.swap_remove(at);
        if self.stopped.contains_key(&system) {
            return;
        }
        if poll.ends {
            return self.end_of(poll);
        }
        if self.is_down(system) {
            self.coverage.saw(Group::Wrong, "read failed");
            return;
        }
        let page = self.remotes[system].list(poll.since, poll.number, self.time);
        if poll.number > 0 {
            self.coverage.saw(Group::Row, "page after a page");
        }
        self.note(|| {
            let rows: Vec<_> =
                page.rows.iter().map(|row| format!("{}@{}", row.id, row.changed.format("%M:%S%.3f"))).collect();
            format!(
                "lists {system} since {:?} page {}: {rows:?}",
                poll.since.map(|at| at.format("%M:%S%.3f").to_string()),
                poll.number
            )
        });
        let token = (poll.number > 0).then(|| poll.number.to_string());
        let rows = Rows {
            ids: page.rows.iter().map(|row| row.id.clone()).collect(),
            count: page.rows.len() as u64,
            newest: page.rows.iter().map(|row| row.changed).max(),
            remote_now: page.now.filter(|_| self.has(Safeguard::RemoteClock)),
        };
        // A page that comes twice ends the listing: the next one begins anew.
        if poll.listing.page(rows, token.as_deref()).is_err() {
            return;
        }
        let mut taken = Vec::new();
        for row in page.rows {
            let id = row.id.as_str().to_owned();
            poll.listed.insert(id.clone());
            let stamp = format!("{:?}|{}", row.version, row.changed.timestamp_millis());
            let known = !poll.full && self.seen.get(&(system, id.clone())) == Some(&stamp);
            self.coverage.saw(Group::Row, if known { "row known" } else { "row read" });
            if !known {
                taken.push((id, RowOf { stamp, changed: row.changed }));
            }
        }
        poll.number += 1;
        poll.ends = !page.more;
        self.polls.push(poll);
        for (id, row) in taken {
            self.look_at(system, &id, None, Some(row));
        }
        self.ended_polls();
    }

    /// Listings whose last page is taken in.
    pub(crate) fn ended_polls(&mut self) {
        let pending: BTreeSet<usize> = self.sights.iter().filter(|s| s.row.is_some()).map(|s| s.system).collect();
        let (ended, open) =
            std::mem::take(&mut self.polls).into_iter().partition(|p| p.ends && !pending.contains(&p.system));
        self.polls = open;
        let ended: Vec<Poll> = ended;
        for poll in ended {
            self.end_of(poll);
        }
    }

    /// A row that was not taken in must be listed again.
    pub(crate) fn again(&mut self, system: usize, changed: Timestamp) {
        if let Some(poll) = self.polls.iter_mut().find(|poll| poll.system == system) {
            poll.listing.again(Some(changed));
        }
    }

    fn end_of(&mut self, poll: Poll) {
        let system = poll.system;
        if poll.full {
            let known: Vec<String> =
                self.known_ids(system).into_iter().filter(|id| !poll.listed.contains(id)).collect();
            let emptied = poll.listing.rows() == 0 && !known.is_empty();
            // Once everything is quiet a person has looked, and says that it is true.
            let accepted = self.faults == super::faults::Faults::NONE;
            if !self.has(Safeguard::ListProvesNothing) {
                return self.believes_list(system, &known);
            }
            if !accepted && (emptied || too_many(known.len() as u64, poll.listing.rows())) {
                self.coverage.saw(Group::Row, "listing alarm");
                return;
            }
            for id in known {
                self.look_at(system, &id, None, None);
            }
        }
        if !self.commits() {
            return;
        }
        let began = if self.has(Safeguard::RemoteClock) { poll.began } else { Timestamp::MAX_UTC };
        let cursor = &mut self.cursors[system];
        cursor.since = poll.listing.cursor(cursor.since, began);
        cursor.full_scan |= poll.full;
    }

    /// What is not listed is gone: what happens where a list is believed.
    fn believes_list(&mut self, system: usize, unlisted: &[String]) {
        for reference in self.store.keys().cloned().collect::<Vec<_>>() {
            let Some(mut case) = self.store.get(&reference).cloned() else { continue };
            let side = if system == 0 { Side::Province } else { Side::National };
            let id = case.ticket.ends.get(side).id.as_ref();
            if self.system_of(&case.link, side) == system
                && id.is_some_and(|id| unlisted.iter().any(|of| of == id.as_str()))
            {
                let rules = self.link(&case.link).rules.clone();
                for hours in 0..3 {
                    observe_gone(&mut case, side, self.now() + TimeDelta::hours(hours), true, rules.as_ref());
                }
                self.plan_and_save(case, None);
            }
        }
    }

    /// Ids of the live tickets that we know on a system.
    fn known_ids(&self, system: usize) -> BTreeSet<String> {
        let mut known = BTreeSet::new();
        for case in self.store.values() {
            for side in Side::BOTH {
                if self.system_of(&case.link, side) == system && case.ticket.state == PairState::Live {
                    known.extend(case.ticket.ends.get(side).id.as_ref().map(|id| id.as_str().to_owned()));
                }
            }
        }
        known
    }

    /// Whether a system answers nothing right now.
    pub(crate) fn is_down(&mut self, system: usize) -> bool {
        self.remotes[system].down > self.time
            || self.stuck == Some(Stuck::Link) && system == 2
            || self.faults.has(Fault::Outage) && self.odds(0.02)
            || self.faults.has(Fault::ErrorBody) && self.odds(0.03)
            || self.faults.has(Fault::Cut) && self.odds(0.03)
    }
}
