//! How long a system asks us to stay away: `Retry-After` as seconds or as an HTTP date.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::words::clock::Timestamp;
use crate::words::limits::MAX_RETRY_AFTER_SECONDS;

/// The wait that a header's value asks for at `now`, bounded; `None` where it says nothing understandable.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let seconds = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too many digits for a number is a very long wait.
        value.parse::<u64>().unwrap_or(u64::MAX)
    } else {
        let until = DateTime::parse_from_rfc2822(value).ok()?.with_timezone(&Utc);
        u64::try_from((until - now).num_seconds()).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds.min(MAX_RETRY_AFTER_SECONDS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_as_seconds_or_as_a_date_and_is_bounded() {
        let now = DateTime::parse_from_rfc3339("2026-11-23T05:00:00Z").unwrap().with_timezone(&Utc);
        let cases = [
            ("120", Some(120)),
            (" 1 ", Some(1)),
            ("99999999999999999999999", Some(MAX_RETRY_AFTER_SECONDS)),
            ("Mon, 23 Nov 2026 05:01:30 GMT", Some(90)),
            ("Mon, 23 Nov 2026 04:00:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ];
        for (value, expected) in cases {
            assert_eq!(retry_after(value, now), expected.map(Duration::from_secs), "{value}");
        }
    }
}
