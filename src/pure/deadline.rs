//! When a ticket must be answered (hạn xử lý), and by which rule.
//!
//! The instant that the ticket itself states wins; where it states none, the first rule that fits counts from its
//! receipt. Rules are data with their legal citation, so that a report can show why something is overdue. Rules count
//! calendar days or hours; a working calendar becomes another [`Span`].

use std::collections::BTreeMap;

use chrono::{Days, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::words::clock::Timestamp;
use crate::words::ticket::{Field, RecordKind, field};
use crate::words::value::{Type, Value};

/// The longest time that a rule may give, days.
pub const MAX_DAYS: u32 = 3_650;
/// Most rules.
pub const MAX_RULES: usize = 200;

/// How long a rule gives, from the instant of receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Calendar days: until the end of the n-th local day after the day of receipt.
    Days(u32),
    /// Hours by the clock.
    Hours(u32),
}

/// One rule: which tickets it is for, how long they may take, and which text says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// How long.
    pub within: Span,
    /// The legal text (căn cứ pháp lý), shown in reports.
    pub citation: String,
    /// Coded fields and the word that each must have (`level = "urgent"`); empty fits every ticket.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub when: BTreeMap<String, String>,
}

impl Rule {
    fn fits(&self, ticket: &BTreeMap<Field, Value>) -> bool {
        self.when.iter().all(|(name, word)| {
            ticket.get(&Field::named(name)).and_then(Value::as_text).is_some_and(|found| found == word)
        })
    }
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// It gives nothing, or more than [`MAX_DAYS`].
    #[error("deadline rule {index}: from 1 hour to {MAX_DAYS} days")]
    Span {
        /// Position, from 1.
        index: usize,
    },
    /// It cites nothing.
    #[error("deadline rule {index}: say in `citation` which text sets it")]
    Citation {
        /// Position, from 1.
        index: usize,
    },
    /// It asks for a field that is not coded, or for a word that the field does not know.
    #[error("deadline rule {index}: no ticket can have {name} = \"{word}\"")]
    When {
        /// Position, from 1.
        index: usize,
        /// Field.
        name: String,
        /// Word.
        word: String,
    },
    /// A rule before it fits every ticket.
    #[error("deadline rule {index} is never reached: rule {by} fits every ticket")]
    Unreachable {
        /// Position, from 1.
        index: usize,
        /// The rule that hides it.
        by: usize,
    },
    /// More than [`MAX_RULES`].
    #[error("more than {MAX_RULES} deadline rules")]
    TooMany,
}

/// The rules of an installation, checked; the first that fits decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlines {
    zone: Tz,
    rules: Vec<Rule>,
}

/// When a ticket must be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The last instant that is in time.
    pub at: Timestamp,
    /// Which text says so; `None` where the ticket itself states the instant.
    pub citation: Option<String>,
}

impl Deadlines {
    /// 20 days from receipt, by Decision 574/QĐ-TTg of 2017.
    #[must_use]
    pub fn national(zone: Tz) -> Self {
        let rule =
            Rule { within: Span::Days(20), citation: "QĐ 574/QĐ-TTg năm 2017".to_owned(), when: BTreeMap::new() };
        Self { zone, rules: vec![rule] }
    }

    /// Checks the rules of a config.
    ///
    /// # Errors
    /// Everything that is wrong with them, not only the first.
    pub fn checked(zone: Tz, rules: Vec<Rule>) -> Result<Self, Vec<RuleError>> {
        let mut errors = Vec::new();
        if rules.len() > MAX_RULES {
            errors.push(RuleError::TooMany);
        }
        let mut catch_all = None;
        for (index, rule) in (1..).zip(&rules) {
            let hours = match rule.within {
                Span::Days(days) => u64::from(days) * 24,
                Span::Hours(hours) => u64::from(hours),
            };
            if hours == 0 || hours > u64::from(MAX_DAYS) * 24 {
                errors.push(RuleError::Span { index });
            }
            if rule.citation.trim().is_empty() {
                errors.push(RuleError::Citation { index });
            }
            for (name, word) in &rule.when {
                let known = match RecordKind::Ticket.field(name).map(|info| info.kind) {
                    Some(Type::Code(words)) => words.contains(&word.as_str()),
                    Some(Type::OpenCode) => !word.is_empty(),
                    Some(
                        Type::Text
                        | Type::Integer
                        | Type::Decimal
                        | Type::Boolean
                        | Type::Instant
                        | Type::Date
                        | Type::CodeList,
                    )
                    | None => false,
                };
                if !known {
                    errors.push(RuleError::When { index, name: name.clone(), word: word.clone() });
                }
            }
            match catch_all {
                Some(by) => errors.push(RuleError::Unreachable { index, by }),
                None if rule.when.is_empty() => catch_all = Some(index),
                None => {}
            }
        }
        if errors.is_empty() { Ok(Self { zone, rules }) } else { Err(errors) }
    }

    /// The rules, first to last.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// When this ticket must be answered; `None` where it states no instant and no rule fits or it has no receipt.
    #[must_use]
    pub fn due(&self, ticket: &BTreeMap<Field, Value>) -> Option<Due> {
        if let Some(at) = ticket.get(&field::DUE_AT).and_then(Value::as_instant) {
            return Some(Due { at, citation: None });
        }
        let received = ticket.get(&field::RECEIVED_AT).and_then(Value::as_instant)?;
        let rule = self.rules.iter().find(|rule| rule.fits(ticket))?;
        let at = match rule.within {
            Span::Days(days) => self.end_of_day(received, days)?,
            Span::Hours(hours) => received.checked_add_signed(TimeDelta::hours(i64::from(hours)))?,
        };
        Some(Due { at, citation: Some(rule.citation.clone()) })
    }

    /// The last second of the local day `days` after the day of `from`.
    fn end_of_day(&self, from: Timestamp, days: u32) -> Option<Timestamp> {
        let offset = self.zone.offset_from_utc_datetime(&from.naive_utc()).fix();
        let day =
            from.naive_utc().checked_add_offset(offset)?.date().checked_add_days(Days::new(u64::from(days) + 1))?;
        let next = self.zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest()?;
        next.to_utc().checked_sub_signed(TimeDelta::seconds(1))
    }
}

impl Due {
    /// Days begun since the deadline passed, at `now`; `None` while it has not.
    #[must_use]
    pub fn days_overdue(&self, now: Timestamp) -> Option<u32> {
        days_late(self.at, now)
    }
}

/// Days begun between a deadline and a later instant; `None` where `at` is not later.
#[must_use]
pub fn days_late(due: Timestamp, at: Timestamp) -> Option<u32> {
    let seconds = (at - due).num_seconds();
    (at > due).then(|| u32::try_from(seconds / 86_400).unwrap_or(u32::MAX - 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Asia::Ho_Chi_Minh;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn ticket(values: &[(&'static str, Value)]) -> BTreeMap<Field, Value> {
        values.iter().map(|(name, value)| (Field::fixed(name), value.clone())).collect()
    }

    fn rule(within: Span, when: &[(&str, &str)]) -> Rule {
        let when = when.iter().map(|(name, word)| ((*name).to_owned(), (*word).to_owned())).collect();
        Rule { within, citation: "QĐ 1".to_owned(), when }
    }

    #[test]
    fn twenty_days_end_with_the_twentieth_local_day() {
        let national = Deadlines::national(Ho_Chi_Minh);
        for (received, due) in [
            ("2026-11-02T01:00:00Z", "2026-11-22T16:59:59Z"),
            ("2026-11-02T16:59:59Z", "2026-11-22T16:59:59Z"),
            ("2026-11-02T17:00:00Z", "2026-11-23T16:59:59Z"),
            ("2026-12-20T01:00:00Z", "2027-01-09T16:59:59Z"),
        ] {
            let found = national.due(&ticket(&[("received_at", Value::Instant(at(received)))])).unwrap();
            assert_eq!(found.at, at(due), "{received}");
            assert_eq!(found.citation.as_deref(), Some("QĐ 574/QĐ-TTg năm 2017"));
        }
    }

    #[test]
    fn the_tickets_own_deadline_wins_and_an_unknown_receipt_has_none() {
        let national = Deadlines::national(Ho_Chi_Minh);
        let own = ticket(&[
            ("received_at", Value::Instant(at("2026-11-02T01:00:00Z"))),
            ("due_at", Value::Instant(at("2026-11-05T10:00:00Z"))),
        ]);
        assert_eq!(national.due(&own), Some(Due { at: at("2026-11-05T10:00:00Z"), citation: None }));
        assert_eq!(national.due(&ticket(&[])), None);
        let far = ticket(&[("received_at", Value::Instant(Timestamp::MAX_UTC))]);
        assert_eq!(national.due(&far), None);
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rules = vec![rule(Span::Hours(4), &[("level", "urgent")]), rule(Span::Days(20), &[])];
        let deadlines = Deadlines::checked(Ho_Chi_Minh, rules).unwrap();
        let received = ("received_at", Value::Instant(at("2026-11-02T01:00:00Z")));
        let urgent = ticket(&[received.clone(), ("level", Value::Code("urgent".into()))]);
        let plain = ticket(&[received]);
        assert_eq!(deadlines.due(&urgent).unwrap().at, at("2026-11-02T05:00:00Z"));
        assert_eq!(deadlines.due(&plain).unwrap().at, at("2026-11-22T16:59:59Z"));
    }

    #[test]
    fn a_day_overdue_begins_with_its_first_second() {
        let due = Due { at: at("2026-11-22T16:59:59Z"), citation: None };
        for (now, days) in [
            ("2026-11-22T16:59:59Z", None),
            ("2026-11-22T17:00:00Z", Some(1)),
            ("2026-11-23T16:59:58Z", Some(1)),
            ("2026-11-23T16:59:59Z", Some(2)),
        ] {
            assert_eq!(due.days_overdue(at(now)), days, "{now}");
        }
    }

    #[test]
    fn every_mistake_in_the_rules_is_told_at_once() {
        let mut mute = rule(Span::Days(0), &[("level", "blue"), ("content", "x")]);
        mute.citation.clear();
        let errors = Deadlines::checked(Ho_Chi_Minh, vec![mute, rule(Span::Days(20), &[]), rule(Span::Days(9), &[])])
            .unwrap_err();
        assert_eq!(errors.len(), 5, "{errors:?}");
        assert_eq!(errors[4], RuleError::Unreachable { index: 3, by: 2 });
    }

    #[test]
    fn rules_read_as_a_config_writes_them() {
        let text = "within = { hours = 4 }\ncitation = \"QĐ 1\"\nwhen = { level = \"urgent\" }";
        assert_eq!(toml::from_str::<Rule>(text).unwrap(), rule(Span::Hours(4), &[("level", "urgent")]));
        assert!(toml::from_str::<Rule>("within = { days = 4 }\ncitation = \"x\"\nwen = {}").is_err());
    }
}
