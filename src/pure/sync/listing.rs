//! What one listing of a system showed: where the next one must begin, and when it is not believed.
//!
//! Rows are hints. The cursor stands at the newest change that was taken in, never past the remote's own clock when the
//! listing began; the next listing begins a declared lag before it; what must be looked at again holds it back.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::words::clock::Timestamp;
use crate::words::promise::Promises;
use crate::words::side::RemoteId;

/// So many tickets of one listing may be gone at once, or 2 % of it.
const MANY_GONE: u64 = 5;

/// Where a listing of what changed begins: a while before what was seen, so that late commits are seen, too.
#[must_use]
pub fn begins(since: Option<Timestamp>, promises: &Promises) -> Option<Timestamp> {
    let overlap = TimeDelta::from_std(promises.commit_lag).unwrap_or(TimeDelta::hours(1));
    since?.checked_sub_signed(overlap)
}

/// Whether so many tickets missing from a listing of so many rows are more than people delete: an outage that looks like
/// a deletion.
#[must_use]
pub fn too_many(missing: u64, rows: u64) -> bool {
    missing > MANY_GONE.max(rows / 50)
}

/// One page, as far as the listing asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Ids of its rows, in order; rows without one are left out.
    pub ids: Vec<RemoteId>,
    /// How many rows it has.
    pub count: u64,
    /// The newest change among them.
    pub newest: Option<Timestamp>,
    /// The remote's own clock, where the answer tells it.
    pub remote_now: Option<Timestamp>,
}

/// How far back the next listing must begin.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Again {
    #[default]
    Nothing,
    From(Timestamp),
    All,
}

/// What a listing showed so far, and whether it goes round in circles.
#[derive(Debug, Default)]
pub struct Listing {
    rows: u64,
    newest: Option<Timestamp>,
    remote_began: Option<Timestamp>,
    tokens: BTreeSet<String>,
    last: Vec<RemoteId>,
    again: Again,
}

impl Listing {
    /// Takes one page in; `token` is what it was asked by.
    ///
    /// # Errors
    /// Why the listing has no end.
    pub fn page(&mut self, page: Rows, token: Option<&str>) -> Result<(), &'static str> {
        if let Some(token) = token
            && !self.tokens.insert(token.to_owned())
        {
            return Err("the listing has no end: a page token came twice");
        }
        if !page.ids.is_empty() && page.ids == self.last {
            return Err("the listing has no end: a page came twice");
        }
        self.last = page.ids;
        self.rows += page.count;
        self.newest = page.newest.max(self.newest);
        self.remote_began = self.remote_began.or(page.remote_now);
        Ok(())
    }

    /// A row that changed then must be looked at again.
    pub fn again(&mut self, changed: Option<Timestamp>) {
        self.again = match (self.again, changed) {
            (Again::All, _) | (_, None) => Again::All,
            (Again::Nothing, Some(at)) => Again::From(at),
            (Again::From(before), Some(at)) => Again::From(before.min(at)),
        };
    }

    /// Rows so far.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether some row must be looked at again.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.again != Again::Nothing
    }

    /// Where the cursor stands after a whole listing that began at `began` by our clock, from where it stood `before`.
    #[must_use]
    pub fn cursor(&self, before: Option<Timestamp>, began: Timestamp) -> Option<Timestamp> {
        let since = match (self.newest, self.remote_began) {
            (Some(newest), Some(remote)) => Some(newest.min(remote)),
            // Without the remote's clock ours: a row from the future must not hide what comes before it.
            (newest, None) => newest.map(|newest| newest.min(began)),
            (None, remote) => remote.filter(|_| before.is_none()),
        };
        match self.again {
            Again::Nothing => since.max(before),
            Again::From(held) => since.max(before).min(Some(held)),
            Again::All => before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn the_cursor_stands_at_the_newest_change_but_never_past_the_remotes_clock_nor_past_what_was_left() {
        // What it stood at, the newest row, the remote's clock, what must be looked at again; then where it stands.
        for (before, newest, remote, held, expected) in [
            (None, Some(5), Some(9), &[][..], Some(5)),
            (None, Some(9), Some(5), &[], Some(5)),
            (None, Some(50), None, &[], Some(20)),
            (None, None, Some(7), &[], Some(7)),
            (Some(3), None, Some(7), &[], Some(3)),
            (Some(6), Some(5), Some(9), &[], Some(6)),
            (Some(3), Some(8), Some(9), &[Some(4), Some(6)], Some(4)),
            (Some(3), Some(8), Some(9), &[Some(4), None], Some(3)),
        ] {
            let mut listing = Listing::default();
            let page = Rows { newest: newest.map(at), remote_now: remote.map(at), ..Rows::default() };
            listing.page(page, None).unwrap();
            held.iter().for_each(|changed: &Option<i64>| listing.again(changed.map(at)));
            let stands = listing.cursor(before.map(at), at(20));
            assert_eq!(stands, expected.map(at), "{before:?} {newest:?} {remote:?} {held:?}");
        }
    }

    #[test]
    fn a_listing_that_goes_round_in_circles_is_stopped() {
        let page = |ids: &[&str]| Rows { ids: ids.iter().map(|id| (*id).into()).collect(), ..Rows::default() };
        let mut listing = Listing::default();
        listing.page(page(&["a"]), None).unwrap();
        listing.page(page(&["b"]), Some("2")).unwrap();
        assert!(listing.page(page(&["c"]), Some("2")).is_err());
        assert!(listing.page(page(&["b"]), Some("3")).is_err(), "as before");
    }
}
