//! Instants outside of records: filters, listings, the remote's clock.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeZone as _, Utc};

use crate::pure::mapping::calls::InstantFormat;
use crate::words::clock::Timestamp;

/// An instant as the system writes it.
#[must_use]
pub fn print_instant(format: &InstantFormat, at: Timestamp) -> String {
    match format {
        InstantFormat::Rfc3339 { zone, digits } => {
            let precision = match digits {
                0 => SecondsFormat::Secs,
                1..=3 => SecondsFormat::Millis,
                4.. => SecondsFormat::Micros,
            };
            at.with_timezone(zone).to_rfc3339_opts(precision, false)
        }
        InstantFormat::Pattern { pattern, zone } => at.with_timezone(zone).format(pattern).to_string(),
        InstantFormat::EpochSeconds => at.timestamp().to_string(),
        InstantFormat::EpochMillis => at.timestamp_millis().to_string(),
    }
}

/// The instant that a system wrote; `None` where it is none.
#[must_use]
pub fn parse_instant(format: &InstantFormat, text: &str) -> Option<Timestamp> {
    match format {
        InstantFormat::Rfc3339 { .. } => DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc)),
        InstantFormat::Pattern { pattern, zone } => {
            let local = NaiveDateTime::parse_from_str(text, pattern).ok()?;
            zone.from_local_datetime(&local).earliest().map(|at| at.with_timezone(&Utc))
        }
        InstantFormat::EpochSeconds => DateTime::from_timestamp(text.parse().ok()?, 0),
        InstantFormat::EpochMillis => DateTime::from_timestamp_millis(text.parse().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Ho_Chi_Minh;

    use super::*;

    #[test]
    fn each_format_prints_and_parses_the_same_instant() {
        let at = DateTime::parse_from_rfc3339("2026-11-23T05:34:56.789Z").unwrap().with_timezone(&Utc);
        let cases = [
            (InstantFormat::Rfc3339 { zone: Ho_Chi_Minh, digits: 3 }, "2026-11-23T12:34:56.789+07:00"),
            (
                InstantFormat::Pattern { pattern: "%Y-%m-%d %H:%M:%S%.3f".into(), zone: Ho_Chi_Minh },
                "2026-11-23 12:34:56.789",
            ),
            (InstantFormat::EpochMillis, "1795412096789"),
        ];
        for (format, text) in cases {
            assert_eq!(print_instant(&format, at), text);
            assert_eq!(parse_instant(&format, text), Some(at));
        }
        let seconds = InstantFormat::Pattern { pattern: "%Y%m%d%H%M%S".into(), zone: Ho_Chi_Minh };
        assert_eq!(print_instant(&seconds, at), "20261123123456");
        assert!(parse_instant(&seconds, "20261123123456").is_some());
        assert_eq!(parse_instant(&seconds, "20261323123456"), None);
    }
}
