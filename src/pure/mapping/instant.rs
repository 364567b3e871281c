//! Instants and days as systems write them, compiled when a mapping is loaded.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, SecondsFormat, Timelike as _};
use chrono_tz::Tz;

use crate::words::clock::Timestamp;

pub use pattern::Pattern;
use pattern::{digits, number};
pub use zone::Zone;

mod pattern;
mod zone;

/// First year that counts as a year of a ticket.
pub const MIN_YEAR: i32 = 1900;
/// Last year that counts as a year of a ticket.
pub const MAX_YEAR: i32 = 2200;

/// How a system writes instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstantFormat {
    /// RFC 3339 with an offset; printed in this zone, with this many digits after the second.
    Rfc3339 {
        /// Zone to print in.
        zone: Zone,
        /// Digits after the second when printing: 0, 3, 6.
        digits: u8,
        /// Whether a text without an offset is local time of the zone; else it is refused.
        local: bool,
    },
    /// A strftime pattern: local time of this zone, unless the pattern writes the offset.
    Pattern {
        /// The pattern.
        pattern: Pattern,
        /// Whose local time.
        zone: Zone,
    },
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMillis,
}

impl InstantFormat {
    /// RFC 3339, printed in a zone with so many digits after the second; a text without an offset is refused.
    #[must_use]
    pub fn rfc3339(zone: Tz, digits: u8) -> Self {
        Self::Rfc3339 { zone: zone.into(), digits, local: false }
    }

    /// A strftime pattern of local times of a zone.
    ///
    /// # Errors
    /// What is wrong with the pattern.
    pub fn pattern(pattern: &str, zone: Tz) -> Result<Self, String> {
        Ok(Self::Pattern { pattern: Pattern::new(pattern, true)?, zone: zone.into() })
    }

    /// Prints an instant the system's way. What is finer than the format is cut off.
    #[must_use]
    pub fn print(&self, at: Timestamp) -> String {
        let printed = match self {
            Self::Rfc3339 { zone, digits, .. } => Some(print_rfc3339(*zone, *digits, at)),
            Self::Pattern { pattern, zone } if pattern.offset => pattern.print_zoned(at, *zone),
            Self::Pattern { pattern, zone } => pattern.print(zone.local(at).0),
            Self::EpochSeconds => Some(at.timestamp().to_string()),
            Self::EpochMillis => Some(at.timestamp_millis().to_string()),
        };
        // A compiled pattern prints every instant of this calendar.
        printed.unwrap_or_default()
    }

    /// Reads an instant.
    ///
    /// # Errors
    /// Why it is none, without the text itself.
    pub fn parse(&self, text: &str) -> Result<Timestamp, String> {
        let at = self.parse_any(text).ok_or_else(|| format!("not an instant written as {}", self.describe()))?;
        if (MIN_YEAR..=MAX_YEAR).contains(&at.year()) { Ok(at) } else { Err(format!("the absurd year {}", at.year())) }
    }

    /// The same without a look at the year.
    pub(super) fn parse_any(&self, text: &str) -> Option<Timestamp> {
        match self {
            Self::Rfc3339 { zone, local, .. } => parse_rfc3339(text, local.then_some(*zone)),
            Self::Pattern { pattern, .. } if pattern.offset => pattern.parse_zoned(text),
            Self::Pattern { pattern, zone } => zone.instant(pattern.parse(text)?),
            Self::EpochSeconds => DateTime::from_timestamp(text.parse().ok()?, 0),
            Self::EpochMillis => DateTime::from_timestamp_millis(text.parse().ok()?),
        }
    }

    /// Whether no other instant, but for what is finer than the format, is surely spelled like this one.
    pub(super) fn is_unambiguous(&self, at: Timestamp) -> bool {
        match self {
            Self::Pattern { pattern, zone } => pattern.offset || zone.is_settled(at),
            Self::Rfc3339 { .. } | Self::EpochSeconds | Self::EpochMillis => true,
        }
    }

    /// The zone in which local times are meant.
    pub(super) fn zone(&self) -> Zone {
        match self {
            Self::Rfc3339 { zone, .. } | Self::Pattern { zone, .. } => *zone,
            Self::EpochSeconds | Self::EpochMillis => Zone::from(Tz::UTC),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Rfc3339 { local: false, .. } => "RFC 3339 with an offset".to_owned(),
            Self::Rfc3339 { local: true, .. } => "RFC 3339".to_owned(),
            Self::Pattern { pattern, .. } => format!("`{}`", pattern.as_str()),
            Self::EpochSeconds => "seconds since 1970".to_owned(),
            Self::EpochMillis => "milliseconds since 1970".to_owned(),
        }
    }
}

/// Reads a day by a pattern.
///
/// # Errors
/// Why it is none.
pub(super) fn parse_day(text: &str, pattern: &Pattern) -> Result<NaiveDate, String> {
    let day = pattern.parse(text).ok_or_else(|| format!("not a day written as `{}`", pattern.as_str()))?.date();
    if (MIN_YEAR..=MAX_YEAR).contains(&day.year()) { Ok(day) } else { Err(format!("the absurd year {}", day.year())) }
}

/// Bytes of `2026-11-20T08:15:00`.
const HEAD: usize = 19;

/// The plain spelling digit by digit; everything that is rarer by chrono. A text without an offset only where a zone
/// is given for it.
fn parse_rfc3339(text: &str, zone: Option<Zone>) -> Option<Timestamp> {
    if let Some((local, offset)) = plain_rfc3339(text.as_bytes()) {
        return match offset {
            Some(seconds) => Some((local - chrono::TimeDelta::seconds(i64::from(seconds))).and_utc()),
            None => zone?.instant(local),
        };
    }
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}

fn plain_rfc3339(text: &[u8]) -> Option<(NaiveDateTime, Option<i32>)> {
    let (head, mut rest) = text.split_at_checked(HEAD)?;
    let [_, _, _, _, b'-', _, _, b'-', _, _, b'T' | b' ', _, _, b':', _, _, b':', _, _] = head else { return None };
    let field = |at: usize, digits: usize| number(&mut head.get(at..)?, digits);
    let day = NaiveDate::from_ymd_opt(i32::try_from(field(0, 4)?).ok()?, field(5, 2)?, field(8, 2)?)?;
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let shift = u32::try_from(length).ok().filter(|length| (1..=9).contains(length))?;
        rest = fraction;
        nanos = number(&mut rest, length)? * 10_u32.pow(9 - shift);
    }
    let offset = match rest {
        [] => None,
        b"Z" => Some(0),
        [sign @ (b'+' | b'-'), hours @ ..] => {
            let mut left = hours;
            let hour = number(&mut left, 2)?;
            left = left.strip_prefix(b":")?;
            let minute = number(&mut left, 2)?;
            if !left.is_empty() || hour > 23 || minute > 59 {
                return None;
            }
            let seconds = i32::try_from(hour * 3600 + minute * 60).ok()?;
            Some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => return None,
    };
    Some((day.and_hms_nano_opt(field(11, 2)?, field(14, 2)?, field(17, 2)?, nanos)?, offset))
}

fn print_rfc3339(zone: Zone, after: u8, at: Timestamp) -> String {
    let (local, offset) = zone.local(at);
    let utc = zone.tz() == Tz::UTC;
    if !(0..=9999).contains(&local.year()) || local.nanosecond() >= 1_000_000_000 || offset % 60 != 0 {
        let form = match after {
            0 => SecondsFormat::Secs,
            3 => SecondsFormat::Millis,
            _ => SecondsFormat::Micros,
        };
        return at.with_timezone(&zone.tz()).to_rfc3339_opts(form, utc);
    }
    let mut out = String::with_capacity(HEAD + 16);
    digits(&mut out, local.year().unsigned_abs(), 4);
    for (before, value) in
        [('-', local.month()), ('-', local.day()), ('T', local.hour()), (':', local.minute()), (':', local.second())]
    {
        out.push(before);
        digits(&mut out, value, 2);
    }
    if after > 0 {
        out.push('.');
        digits(&mut out, local.nanosecond() / 10_u32.pow(9 - u32::from(after)), u32::from(after));
    }
    if utc {
        out.push('Z');
    } else {
        out.push(if offset < 0 { '-' } else { '+' });
        digits(&mut out, offset.unsigned_abs() / 3600, 2);
        out.push(':');
        digits(&mut out, offset.unsigned_abs() / 60 % 60, 2);
    }
    out
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Ho_Chi_Minh;
    use proptest::prelude::*;

    use super::*;

    fn pattern(pattern: &str) -> InstantFormat {
        InstantFormat::pattern(pattern, Ho_Chi_Minh).unwrap()
    }

    fn local() -> InstantFormat {
        InstantFormat::Rfc3339 { zone: Ho_Chi_Minh.into(), digits: 0, local: true }
    }

    #[test]
    fn local_times_without_offset_are_read_in_their_zone() {
        for (format, text, utc) in [
            (pattern("%Y%m%d%H%M%S"), "20261120081500", "2026-11-20T01:15:00Z"),
            (pattern("%Y-%m-%d %H:%M:%S%.3f"), "2026-11-20 08:15:00.120", "2026-11-20T01:15:00.120Z"),
            (pattern("%d/%m/%Y %H:%M:%S %z"), "20/11/2026 08:15:00 +0700", "2026-11-20T01:15:00Z"),
            (InstantFormat::rfc3339(Ho_Chi_Minh, 0), "2026-11-20T08:15:00+07:00", "2026-11-20T01:15:00Z"),
            (InstantFormat::rfc3339(Tz::UTC, 3), "2026-11-20T01:15:00.000Z", "2026-11-20T01:15:00Z"),
            (InstantFormat::EpochSeconds, "1795137300", "2026-11-20T01:15:00Z"),
            (InstantFormat::EpochMillis, "1795137300120", "2026-11-20T01:15:00.120Z"),
        ] {
            let at = format.parse(text).unwrap();
            assert_eq!(at.to_rfc3339_opts(SecondsFormat::AutoSi, true), utc);
            assert_eq!(format.print(at), text);
        }
    }

    #[test]
    fn a_missing_offset_is_local_time_only_where_that_is_declared() {
        for text in ["2026-11-20T08:15:00", "2026-11-20 08:15:00", "2026-11-20T08:15:00.000"] {
            assert!(InstantFormat::rfc3339(Ho_Chi_Minh, 0).parse(text).is_err(), "{text}");
            assert_eq!(local().parse(text).unwrap().to_rfc3339(), "2026-11-20T01:15:00+00:00", "{text}");
        }
        let there = local().parse("2026-11-20T08:15:00Z").unwrap();
        assert_eq!(there.to_rfc3339(), "2026-11-20T08:15:00+00:00", "an offset that is there counts");
    }

    #[test]
    fn absurd_and_impossible_dates_are_no_instants() {
        let format = pattern("%Y%m%d%H%M%S");
        for text in ["20260230000000", "00010101000000", "29991231000000", "2026112008150", "", "202611200815000", "x"]
        {
            assert!(format.parse(text).is_err(), "{text}");
        }
        for text in ["2026-11-20T24:00:00Z", "2026-11-20T08:15:00+7:00", "2026-11-20T08:15:00.Z", "2026-11-20"] {
            assert!(local().parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_cut_day_is_no_day() {
        let pattern = Pattern::new("%Y-%m-%d", false).unwrap();
        assert!(parse_day("2026-11-2", &pattern).is_err());
        assert_eq!(parse_day("2026-11-20", &pattern).unwrap().to_string(), "2026-11-20");
    }

    proptest! {
        #[test]
        fn rfc3339_is_read_and_printed_as_chrono_does(
            seconds in -62_000_000_000_i64..250_000_000_000, nanos in 0_u32..1_000_000_000, form in 0_usize..4,
            which in 0_usize..3, cut in 0_usize..40, noise in "[0-9:TZ+. -]{0,4}",
        ) {
            let tz = [Tz::UTC, Ho_Chi_Minh, Tz::America__St_Johns][which];
            let at = DateTime::from_timestamp(seconds, nanos).unwrap();
            let (after, form) = [(0, SecondsFormat::Secs), (3, SecondsFormat::Millis), (6, SecondsFormat::Micros),
                (9, SecondsFormat::Nanos)][form];
            let chronos = at.with_timezone(&tz).to_rfc3339_opts(form, tz == Tz::UTC);
            let format = InstantFormat::Rfc3339 { zone: tz.into(), digits: after, local: false };
            if after < 9 {
                prop_assert_eq!(&format.print(at), &chronos);
            }
            let mut broken: String = chronos.chars().take(cut).collect();
            broken.push_str(&noise);
            for text in [chronos, broken] {
                let expected = DateTime::parse_from_rfc3339(&text).ok().map(|at| at.to_utc());
                prop_assert_eq!(format.parse_any(&text), expected, "{}", text);
            }
        }

        #[test]
        fn what_is_printed_is_read_as_itself(seconds in -2_208_000_000_i64..7_258_000_000, millis in 0_u32..1000) {
            let at = DateTime::from_timestamp(seconds, millis * 1_000_000).unwrap();
            for format in [
                pattern("%Y-%m-%d %H:%M:%S%.3f"), pattern("%d/%m/%Y %H:%M:%S%.3f %z"), InstantFormat::EpochMillis,
                InstantFormat::rfc3339(Ho_Chi_Minh, 3), InstantFormat::rfc3339(Tz::UTC, 6),
            ] {
                // Before 1975 a local hour in Sài Gòn can repeat.
                let settled = seconds > 172_000_000 || format.zone().tz() == Tz::UTC;
                if settled && (MIN_YEAR..=MAX_YEAR).contains(&at.year()) {
                    prop_assert_eq!(format.parse(&format.print(at)), Ok(at));
                }
            }
        }
    }
}
