//! Instants and days, and the ones that say "no date": `1970-01-01`, `0001-01-01`. Those are compared as dates, so one
//! declared spelling holds for all.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::{Sight, Spelling};
use crate::pure::mapping::instant::{InstantFormat, Pattern, Zone, parse_day};
use crate::words::clock::Timestamp;
use crate::words::value::Value;

/// The coarsest step of a format: it may leave out seconds.
const COARSEST: TimeDelta = TimeDelta::minutes(1);

/// Instants of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instants {
    /// How they are written.
    pub format: InstantFormat,
    /// Instants that mean "none".
    nothing: Vec<Timestamp>,
}

/// Days of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// How they are written.
    pub pattern: Pattern,
    /// Days that mean "none".
    nothing: Vec<NaiveDate>,
}

impl Instants {
    /// Instants of this format.
    pub(in crate::pure::mapping) const fn new(format: InstantFormat) -> Self {
        Self { format, nothing: Vec::new() }
    }

    /// Takes a declared spelling of "no date", where it is a date: in the format itself, in RFC 3339, or as a day.
    pub(super) fn nothing_is(&mut self, text: &str) {
        self.nothing.extend(self.format.parse_any(text));
        self.nothing.extend(DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()));
        if let Some(local) = local(text) {
            // Its writer's midnight was here or in UTC.
            self.nothing.extend(self.format.zone().instant(local));
            self.nothing.extend(Zone::from(chrono_tz::Tz::UTC).instant(local));
        }
    }

    fn parse(&self, text: &str) -> Result<Option<Timestamp>, String> {
        if !self.nothing.is_empty()
            && let Some(at) = self.format.parse_any(text)
            && self.nothing.contains(&at)
        {
            return Ok(None);
        }
        self.format.parse(text).map(Some)
    }

    fn print(&self, at: Timestamp) -> Result<String, String> {
        let printed = self.format.print(at);
        if self.nothing.is_empty() && self.format.is_unambiguous(at) {
            return Ok(printed);
        }
        // What is finer than the format is cut off, and what is left may be the sentinel.
        match self.format.parse_any(&printed) {
            Some(held) if self.nothing.contains(&held) => {
                Err("the instant is this system's spelling of nothing".to_owned())
            }
            Some(held) if (at - held).abs() < COARSEST => Ok(printed),
            Some(_) | None => Err("an hour that occurs twice in this system's zone".to_owned()),
        }
    }
}

impl Days {
    /// Days of this pattern.
    pub(in crate::pure::mapping) const fn new(pattern: Pattern) -> Self {
        Self { pattern, nothing: Vec::new() }
    }

    pub(super) fn nothing_is(&mut self, text: &str) {
        self.nothing.extend(self.pattern.parse(text).map(|local| local.date()));
        self.nothing.extend(local(text).map(|local| local.date()));
    }

    fn parse(&self, text: &str) -> Result<Option<NaiveDate>, String> {
        if !self.nothing.is_empty()
            && let Some(local) = self.pattern.parse(text)
            && self.nothing.contains(&local.date())
        {
            return Ok(None);
        }
        parse_day(text, &self.pattern).map(Some)
    }

    fn print(&self, day: NaiveDate) -> Result<String, String> {
        if self.nothing.contains(&day) {
            return Err("the day is this system's spelling of nothing".to_owned());
        }
        self.pattern.print(day.and_time(NaiveTime::MIN)).ok_or_else(|| "no such day".to_owned())
    }
}

impl Spelling for Instants {
    fn read(&self, text: &str, _: Sight<'_>) -> Result<Option<Value>, String> {
        Ok(self.parse(text)?.map(Value::Instant))
    }

    fn spell<'a>(&'a self, value: &'a Value, _: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        if let Value::Instant(at) = value { Some(self.print(*at).map(Cow::Owned)) } else { None }
    }
}

impl Spelling for Days {
    fn read(&self, text: &str, _: Sight<'_>) -> Result<Option<Value>, String> {
        Ok(self.parse(text)?.map(Value::Date))
    }

    fn spell<'a>(&'a self, value: &'a Value, _: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        if let Value::Date(day) = value { Some(self.print(*day).map(Cow::Owned)) } else { None }
    }
}

/// `0001-01-01`, with or without a time.
fn local(text: &str) -> Option<NaiveDateTime> {
    let day = text.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN));
    day.or_else(|_| text.replacen(' ', "T", 1).parse::<NaiveDateTime>()).ok()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Ho_Chi_Minh;
    use proptest::prelude::*;

    use super::*;

    fn instants(format: InstantFormat, nothing: &[&str]) -> Instants {
        let mut instants = Instants::new(format);
        nothing.iter().for_each(|text| instants.nothing_is(text));
        instants
    }

    #[test]
    fn one_sentinel_is_known_in_every_spelling() {
        let pattern = |text: &str| InstantFormat::pattern(text, Ho_Chi_Minh).unwrap();
        let local = InstantFormat::Rfc3339 { zone: Ho_Chi_Minh.into(), digits: 0, local: true };
        for (format, nothing, shown) in [
            (InstantFormat::rfc3339(Ho_Chi_Minh, 0), "0001-01-01", "0001-01-01T00:00:00Z"),
            (local.clone(), "0001-01-01", "0001-01-01T00:00:00"),
            (local, "0001-01-01", "0001-01-01T00:00:00.0000000"),
            (pattern("%Y%m%d%H%M%S"), "0001-01-01", "00010101000000"),
            (pattern("%d/%m/%Y %H:%M:%S"), "1970-01-01", "01/01/1970 00:00:00"),
            (pattern("%Y%m%d%H%M%S"), "1970-01-01T00:00:00Z", "19700101080000"),
            (InstantFormat::EpochSeconds, "1970-01-01", "0"),
            (InstantFormat::EpochMillis, "0", "0"),
            (pattern("%Y%m%d%H%M%S"), "19000101000000", "19000101000000"),
        ] {
            let instants = instants(format, &[nothing]);
            assert_eq!(instants.parse(shown), Ok(None), "{nothing} {shown}");
        }
        let mut days = Days::new(Pattern::new("%d/%m/%Y", false).unwrap());
        days.nothing_is("0001-01-01");
        assert_eq!(days.parse("01/01/0001"), Ok(None));
        assert!(days.parse("02/01/0001").is_err(), "another absurd day stays one");
        assert!(days.print("0001-01-01".parse().unwrap()).is_err());
    }

    #[test]
    fn a_date_that_the_system_reads_as_none_is_not_sent() {
        let instants = instants(InstantFormat::EpochSeconds, &["1970-01-01"]);
        assert!(instants.print(DateTime::from_timestamp(0, 999).unwrap()).is_err());
        assert_eq!(instants.print(DateTime::from_timestamp(1, 0).unwrap()).as_deref(), Ok("1"));
    }

    #[test]
    fn an_hour_that_occurs_twice_has_no_spelling_without_an_offset() {
        // 2026-10-25 03:00 in Berlin becomes 02:00 again.
        let berlin = chrono_tz::Europe::Berlin;
        let format = InstantFormat::pattern("%Y-%m-%d %H:%M", berlin).unwrap();
        let at = |hour| DateTime::parse_from_rfc3339(&format!("2026-10-25T0{hour}:30:00Z")).unwrap().to_utc();
        let instants = Instants::new(format);
        assert!(instants.print(at(0)).is_ok());
        assert!(instants.print(at(1)).is_err());
        assert!(Instants::new(InstantFormat::rfc3339(berlin, 0)).print(at(1)).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,30}", nothing in "\\PC{0,20}") {
            for format in [InstantFormat::rfc3339(Ho_Chi_Minh, 0), InstantFormat::EpochMillis] {
                let instants = instants(format, &[&nothing]);
                if let Ok(Some(at)) = instants.parse(&text)
                    && let Ok(printed) = instants.print(at)
                {
                    prop_assert!(instants.parse(&printed).is_ok());
                }
            }
        }

        #[test]
        fn days_come_back(number in 693_961_i32..803_000) {
            let day = NaiveDate::from_num_days_from_ce_opt(number).unwrap();
            for pattern in ["%Y-%m-%d", "%d/%m/%Y", "%Y%m%d", "%-d-%b-%Y", "%Y-%m-%dT00:00:00"] {
                let days = Days::new(Pattern::new(pattern, false).unwrap());
                prop_assert_eq!(days.parse(&days.print(day).unwrap()), Ok(Some(day)));
            }
        }
    }
}
