//! Which of several rows answers on which day.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::CodeRow;

/// The rows of one code, or of one word, along the days.
#[derive(Debug, Clone)]
pub(in crate::pure::mapping) struct Timeline {
    /// From which day on which row answers, by days; `None` where none does. The first begins with time itself.
    spans: Vec<(NaiveDate, Option<usize>)>,
    /// The row that answers whatever the day.
    always: Option<usize>,
}

impl Timeline {
    /// Of the rows at these positions: where several hold, the first. `same` tells whether two give one answer.
    pub(super) fn of(rows: &[CodeRow], group: &[usize], same: impl Fn(&CodeRow, &CodeRow) -> bool) -> Self {
        if let [only] = group
            && rows.get(*only).is_some_and(|row| !row.is_dated())
        {
            return Self { spans: vec![(NaiveDate::MIN, Some(*only))], always: Some(*only) };
        }
        let mut turns = Vec::with_capacity(group.len() * 2);
        for at in group {
            let Some(row) =
                rows.get(*at).filter(|row| row.from.zip(row.until).is_none_or(|(from, until)| from < until))
            else {
                continue;
            };
            turns.push((row.from.unwrap_or(NaiveDate::MIN), true, *at));
            turns.extend(row.until.map(|until| (until, false, *at)));
        }
        turns.sort_unstable();
        let mut spans: Vec<(NaiveDate, Option<usize>)> = vec![(NaiveDate::MIN, None)];
        let mut holding = BTreeSet::new();
        for (day, begins, at) in turns {
            if begins {
                holding.insert(at);
            } else {
                holding.remove(&at);
            }
            let answer = holding.first().copied();
            match spans.last_mut() {
                Some(last) if last.0 == day => last.1 = answer,
                _ => spans.push((day, answer)),
            }
        }
        spans.dedup_by_key(|(_, answer)| *answer);
        let first = spans.first().and_then(|(_, answer)| *answer);
        let all_same = |first: &CodeRow| {
            let row = |answer: Option<usize>| answer.and_then(|at| rows.get(at));
            spans.iter().all(|(_, answer)| row(*answer).is_some_and(|row| same(first, row)))
        };
        let always = first.filter(|at| rows.get(*at).is_some_and(all_same));
        Self { spans, always }
    }

    /// The row that answers whatever the day.
    pub(super) const fn always(&self) -> Option<usize> {
        self.always
    }

    /// The row that answers on a day.
    pub(super) fn on(&self, day: NaiveDate) -> Option<usize> {
        let after = self.spans.partition_point(|(from, _)| *from <= day);
        self.spans.get(after.checked_sub(1)?).and_then(|(_, answer)| *answer)
    }

    /// The days at which the answer changes, the beginning first.
    pub(in crate::pure::mapping) fn days(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.spans.iter().map(|(from, _)| *from)
    }

    /// From which day on, and until which, no row answers; from `since` on.
    pub(in crate::pure::mapping) fn holes(
        &self,
        since: NaiveDate,
    ) -> impl Iterator<Item = (NaiveDate, Option<NaiveDate>)> + '_ {
        let ends = self.spans.iter().skip(1).map(|(from, _)| Some(*from)).chain([None]);
        let holes = self.spans.iter().zip(ends).filter(|((_, answer), _)| answer.is_none());
        let holes = holes.filter(move |(_, end)| end.is_none_or(|end| since < end));
        holes.map(move |((from, _), end)| ((*from).max(since), end))
    }

    /// The rows that answer on some day.
    pub(in crate::pure::mapping) fn answers(&self) -> impl Iterator<Item = usize> + '_ {
        self.spans.iter().filter_map(|(_, answer)| *answer)
    }
}
