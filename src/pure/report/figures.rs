//! The handling figures of a period, so counted that they add up and that one period's outstanding tickets are the
//! next one's carried over:
//!
//! carried over + received = answered + published + refused + withdrawn + open in time + open overdue

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::pure::messages::Key;
use crate::pure::reconcile::Values;
use crate::words::clock::Timestamp;
use crate::words::ticket::{Field, Status, field};
use crate::words::value::Value;

/// From one instant until just before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// First instant of it; `None` begins with the first ticket, so that nothing is carried over.
    pub from: Option<Timestamp>,
    /// First instant after it.
    pub to: Timestamp,
}

/// Counts of the handling in a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Received before the period and open when it began (kỳ trước chuyển sang).
    pub carried_over: u64,
    /// Received in the period (tiếp nhận trong kỳ).
    pub received: u64,
    /// Answered or closed, not published (đã trả lời).
    pub answered: u64,
    /// Answered and published (đã công khai).
    pub published: u64,
    /// Refused (từ chối).
    pub refused: u64,
    /// Withdrawn (đã rút).
    pub withdrawn: u64,
    /// Open when the period ended, deadline not passed or none (đang xử lý, trong hạn).
    pub open_in_time: u64,
    /// Open when the period ended, deadline passed (đang xử lý, quá hạn).
    pub open_overdue: u64,
    /// Of those answered, published, refused or withdrawn: after their deadline (trễ hạn).
    pub ended_late: u64,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.carried_over += other.carried_over;
        self.received += other.received;
        self.answered += other.answered;
        self.published += other.published;
        self.refused += other.refused;
        self.withdrawn += other.withdrawn;
        self.open_in_time += other.open_in_time;
        self.open_overdue += other.open_overdue;
        self.ended_late += other.ended_late;
    }
}

/// A figure's column head, and the figure.
pub(super) type Column = (Key, fn(&Figures) -> u64);

impl Figures {
    /// The handling figures with their column heads, in the order of the sum that they make.
    pub(super) const COLUMNS: [Column; 9] = [
        (Key::ColumnCarried, |figures| figures.carried_over),
        (Key::ColumnReceived, |figures| figures.received),
        (Key::ColumnHandled, |figures| figures.answered),
        (Key::ColumnPublished, |figures| figures.published),
        (Key::ColumnRefused, |figures| figures.refused),
        (Key::ColumnWithdrawn, |figures| figures.withdrawn),
        (Key::ColumnInTime, |figures| figures.open_in_time),
        (Key::ColumnOverdue, |figures| figures.open_overdue),
        (Key::ColumnLate, |figures| figures.ended_late),
    ];

    /// Tickets that came in: carried over and received.
    #[must_use]
    pub const fn incoming(&self) -> u64 {
        self.carried_over + self.received
    }

    /// Tickets that ended in the period.
    #[must_use]
    pub const fn ended(&self) -> u64 {
        self.answered + self.published + self.refused + self.withdrawn
    }

    /// Tickets open when it ended: the next period's carried over.
    #[must_use]
    pub const fn outstanding(&self) -> u64 {
        self.open_in_time + self.open_overdue
    }

    /// The figures of one ticket: all zero where it ended before the period or came after it. A ticket whose receipt is
    /// not stated came before everything; one whose end is not stated ended when it was last changed.
    #[must_use]
    pub fn of(
        values: &Values,
        changed: Option<Timestamp>,
        due: Option<Timestamp>,
        period: Period,
        now: Timestamp,
    ) -> Self {
        let instant = |name: &Field| values.get(name).and_then(Value::as_instant);
        let received = instant(&field::RECEIVED_AT);
        let status = values.get(&field::STATUS).and_then(Value::as_text).and_then(Status::parse);
        let ended = status
            .filter(|status| status.is_final() || *status == Status::Answered)
            .map(|status| (status, instant(&field::ANSWERED_AT).or(changed).max(received)));
        let mut figures = Self::default();
        let came_later = received >= Some(period.to);
        let ended_earlier = period.from.is_some() && ended.is_some_and(|(_, at)| at < period.from);
        if came_later || ended_earlier {
            return figures;
        }
        if period.from.is_some() && received < period.from {
            figures.carried_over = 1;
        } else {
            figures.received = 1;
        }
        let late = |at: Option<Timestamp>| due.is_some_and(|due| at > Some(due));
        match ended.filter(|(_, at)| *at < Some(period.to)) {
            Some((status, at)) => {
                *figures.end(status) = 1;
                figures.ended_late = u64::from(late(at));
            }
            None if late(Some(period.to.min(now))) => figures.open_overdue = 1,
            None => figures.open_in_time = 1,
        }
        figures
    }

    const fn end(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Published => &mut self.published,
            Status::Refused => &mut self.refused,
            Status::Withdrawn => &mut self.withdrawn,
            Status::Answered
            | Status::Closed
            | Status::Received
            | Status::Forwarded
            | Status::InProgress
            | Status::AskedToSupplement => &mut self.answered,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::words::ticket::STATUSES;

    /// The n-th hour of the tests.
    fn hour(n: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + chrono::TimeDelta::hours(n)
    }

    fn ticket(status: &str, received: Option<i64>, answered: Option<i64>) -> Values {
        let instant = |at: Option<i64>| at.map(|at| Value::Instant(hour(at)));
        [
            (field::STATUS, Some(Value::Code(status.into()))),
            (field::RECEIVED_AT, instant(received)),
            (field::ANSWERED_AT, instant(answered)),
        ]
        .into_iter()
        .filter_map(|(field, value)| Some((field, value?)))
        .collect()
    }

    #[test]
    fn a_ticket_counts_where_it_stood_in_the_period() {
        let period = Period { from: Some(hour(100)), to: hour(200) };
        let count = |values: &Values| Figures::of(values, None, Some(hour(150)), period, hour(300));
        let one = Figures::default();
        for (values, want) in [
            (ticket("answered", Some(10), Some(99)), one),
            (ticket("received", Some(200), None), one),
            (ticket("answered", Some(10), Some(100)), Figures { carried_over: 1, answered: 1, ..one }),
            (ticket("published", Some(100), Some(151)), Figures { received: 1, published: 1, ended_late: 1, ..one }),
            (ticket("in_progress", Some(199), None), Figures { received: 1, open_overdue: 1, ..one }),
            (ticket("refused", Some(120), Some(200)), Figures { received: 1, open_overdue: 1, ..one }),
            (ticket("closed", Some(120), None), Figures { received: 1, answered: 1, ..one }),
        ] {
            assert_eq!(count(&values), want, "{values:?}");
        }
        let open = ticket("in_progress", Some(120), None);
        assert_eq!(Figures::of(&open, None, None, period, hour(300)).open_in_time, 1);
    }

    fn any_ticket() -> impl Strategy<Value = (Values, Option<Timestamp>, Option<Timestamp>)> {
        let instant = || proptest::option::of(0..60i64);
        (0..STATUSES.len(), instant(), instant(), instant(), instant()).prop_map(
            |(status, received, answered, changed, due)| {
                (ticket(STATUSES[status], received, answered), changed.map(hour), due.map(hour))
            },
        )
    }

    proptest! {
        #[test]
        fn figures_add_up_and_what_is_left_is_carried_over(
            tickets in proptest::collection::vec(any_ticket(), 0..20),
            cuts in proptest::collection::btree_set(1..60i64, 2..6),
        ) {
            let cuts: Vec<_> = std::iter::once(None).chain(cuts.into_iter().map(|at| Some(hour(at)))).collect();
            let mut left = 0;
            for pair in cuts.windows(2) {
                let period = Period { from: pair[0], to: pair[1].unwrap() };
                let mut sum = Figures::default();
                for (values, changed, due) in &tickets {
                    sum += Figures::of(values, *changed, *due, period, hour(70));
                }
                prop_assert_eq!(sum.incoming(), sum.ended() + sum.outstanding());
                prop_assert_eq!(sum.carried_over, left);
                left = sum.outstanding();
            }
        }
    }
}
