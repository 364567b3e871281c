//! Instants as systems write them.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone as _, Utc};

use crate::words::clock::Timestamp;

use super::calls::InstantFormat;

/// First year that counts as a year of a ticket.
pub const MIN_YEAR: i32 = 1900;
/// Last year that counts as a year of a ticket.
pub const MAX_YEAR: i32 = 2200;

impl InstantFormat {
    /// Prints an instant the system's way. What is finer than the format is cut off.
    #[must_use]
    pub fn print(&self, at: Timestamp) -> String {
        match self {
            Self::Rfc3339 { zone, digits } => {
                let form = match digits {
                    0 => SecondsFormat::Secs,
                    3 => SecondsFormat::Millis,
                    _ => SecondsFormat::Micros,
                };
                at.with_timezone(zone).to_rfc3339_opts(form, *zone == chrono_tz::UTC)
            }
            Self::Pattern { pattern, zone } => at.with_timezone(zone).format(pattern).to_string(),
            Self::EpochSeconds => at.timestamp().to_string(),
            Self::EpochMillis => at.timestamp_millis().to_string(),
        }
    }

    /// Reads an instant.
    ///
    /// # Errors
    /// Why it is none, without the text itself.
    pub fn parse(&self, text: &str) -> Result<Timestamp, String> {
        let parsed = match self {
            Self::Rfc3339 { .. } => DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc)),
            Self::Pattern { pattern, zone } => {
                let local = NaiveDateTime::parse_from_str(text, pattern).ok();
                // chrono takes fewer digits than the pattern prints: a cut date is no date.
                let local = local.filter(|local| local.format(pattern).to_string() == text);
                // The earlier of two in a repeated hour; none in a skipped one.
                local.and_then(|local| zone.from_local_datetime(&local).earliest()).map(|at| at.with_timezone(&Utc))
            }
            Self::EpochSeconds => text.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            Self::EpochMillis => text.parse().ok().and_then(DateTime::from_timestamp_millis),
        };
        let at = parsed.ok_or_else(|| format!("not an instant written as {}", self.describe()))?;
        if (MIN_YEAR..=MAX_YEAR).contains(&at.year()) { Ok(at) } else { Err(format!("the absurd year {}", at.year())) }
    }

    fn describe(&self) -> String {
        match self {
            Self::Rfc3339 { .. } => "RFC 3339".to_owned(),
            Self::Pattern { pattern, .. } => format!("`{pattern}`"),
            Self::EpochSeconds => "seconds since 1970".to_owned(),
            Self::EpochMillis => "milliseconds since 1970".to_owned(),
        }
    }
}

/// Reads a day by a strftime pattern.
///
/// # Errors
/// Why it is none.
pub(super) fn parse_day(text: &str, pattern: &str) -> Result<NaiveDate, String> {
    let day = NaiveDate::parse_from_str(text, pattern).ok();
    let day = day.ok_or_else(|| format!("not a day written as `{pattern}`"))?;
    if (MIN_YEAR..=MAX_YEAR).contains(&day.year()) { Ok(day) } else { Err(format!("the absurd year {}", day.year())) }
}

/// Whether a strftime pattern is one that both prints and reads: `None` where it is, else what is wrong.
pub(super) fn pattern_fault(pattern: &str, with_time: bool) -> Option<String> {
    use chrono::format::{Item, StrftimeItems};
    if StrftimeItems::new(pattern).any(|item| matches!(item, Item::Error)) {
        return Some("an unknown `%` letter".to_owned());
    }
    let sample = NaiveDate::from_ymd_opt(2026, 11, 23).and_then(|day| day.and_hms_milli_opt(17, 4, 9, 120))?;
    let printed = sample.format(pattern).to_string();
    let back = if with_time {
        NaiveDateTime::parse_from_str(&printed, pattern).ok().map(|at| at.format(pattern).to_string())
    } else {
        NaiveDate::parse_from_str(&printed, pattern).ok().map(|day| {
            let at = day.and_hms_opt(0, 0, 0);
            at.map_or_else(String::new, |at| at.format(pattern).to_string())
        })
    };
    match back {
        None => Some("what it prints it can't read again".to_owned()),
        Some(back) if with_time && back != printed => Some("what it prints reads as another instant".to_owned()),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Ho_Chi_Minh;

    use super::*;

    fn pattern(pattern: &str) -> InstantFormat {
        InstantFormat::Pattern { pattern: pattern.to_owned(), zone: Ho_Chi_Minh }
    }

    #[test]
    fn local_times_without_offset_are_read_in_their_zone() {
        for (format, text, utc) in [
            (pattern("%Y%m%d%H%M%S"), "20261120081500", "2026-11-20T01:15:00Z"),
            (pattern("%Y-%m-%d %H:%M:%S%.3f"), "2026-11-20 08:15:00.120", "2026-11-20T01:15:00.120Z"),
            (
                InstantFormat::Rfc3339 { zone: Ho_Chi_Minh, digits: 0 },
                "2026-11-20T08:15:00+07:00",
                "2026-11-20T01:15:00Z",
            ),
            (InstantFormat::EpochSeconds, "1795137300", "2026-11-20T01:15:00Z"),
        ] {
            let at = format.parse(text).unwrap();
            assert_eq!(at.to_rfc3339_opts(SecondsFormat::AutoSi, true), utc);
            assert_eq!(format.print(at), text);
        }
    }

    #[test]
    fn absurd_and_impossible_dates_are_no_instants() {
        let format = pattern("%Y%m%d%H%M%S");
        for text in ["20260230000000", "00010101000000", "29991231000000", "2026112008150", "", "202611200815000", "x"]
        {
            assert!(format.parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_that_loses_the_year_is_refused() {
        assert!(pattern_fault("%d/%m %H:%M", true).is_some());
        assert!(pattern_fault("%Q", true).is_some());
        assert!(pattern_fault("%Y%m%d%H%M%S", true).is_none());
        assert!(pattern_fault("%Y-%m-%d", false).is_none());
    }
}
