//! When something is due by the calendar. The only user of `cron`.
//!
//! Reads no clock: the instant to count from is an argument.

use std::str::FromStr as _;
use std::time::Duration;

use chrono_tz::Tz;
use thiserror::Error;

use crate::words::clock::Timestamp;

/// Longest expression that is looked at, bytes.
const MAX_EXPRESSION_BYTES: usize = 200;

/// Why an expression is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScheduleError {
    /// Neither five nor six fields.
    #[error("a schedule has 5 fields (minute hour day month weekday), or 6 with the second first; this has {0}")]
    Fields(usize),
    /// Not a cron expression.
    #[error("not a schedule: {0}")]
    Expression(String),
    /// It names no instant at all (30 February).
    #[error("this schedule never comes")]
    Never,
}

/// Instants that come again and again, told by a cron expression in a time zone.
///
/// Five fields as in crontab (minute hour day month weekday), or six with the second first. Weekdays count as in
/// crontab, 0 and 7 both being Sunday. Where day and weekday are both given, **both** must hold.
#[derive(Debug, Clone)]
pub struct Schedule {
    expression: String,
    cron: cron::Schedule,
    zone: Tz,
}

impl Schedule {
    /// Understands an expression.
    ///
    /// # Errors
    /// Where it is none, or names no instant at all.
    pub fn parse(expression: &str, zone: Tz) -> Result<Self, ScheduleError> {
        if expression.len() > MAX_EXPRESSION_BYTES {
            return Err(ScheduleError::Expression(format!("longer than {MAX_EXPRESSION_BYTES} bytes")));
        }
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let (second, rest) = match fields.as_slice() {
            [second, rest @ ..] if rest.len() == 5 => (*second, rest),
            rest if rest.len() == 5 => ("0", rest),
            other => return Err(ScheduleError::Fields(other.len())),
        };
        let [minute, hour, day, month, weekday] = rest else { return Err(ScheduleError::Fields(rest.len())) };
        let weekday = weekdays(weekday).ok_or_else(|| ScheduleError::Expression(format!("weekday {weekday:?}")))?;
        let spelled = format!("{second} {minute} {hour} {day} {month} {weekday}");
        let cron = cron::Schedule::from_str(&spelled).map_err(|error| {
            let first = error.to_string().lines().next().unwrap_or_default().to_owned();
            ScheduleError::Expression(first)
        })?;
        let schedule = Self { expression: expression.to_owned(), cron, zone };
        if schedule.next_after(Timestamp::UNIX_EPOCH).is_none() {
            return Err(ScheduleError::Never);
        }
        Ok(schedule)
    }

    /// The first instant strictly after `after`; none where the calendar ends before one comes.
    #[must_use]
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        self.cron.after(&after.with_timezone(&self.zone)).next().map(|at| at.to_utc())
    }

    /// As it was written.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }
}

const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Crontab's weekdays by name: the crate counts Sunday as 1, crontab as 0 and 7.
fn weekdays(field: &str) -> Option<String> {
    if matches!(field, "*" | "?") {
        return Some("*".to_owned());
    }
    let mut chosen = [false; 7];
    for item in field.split(',') {
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        let step: usize = step.map_or(Some(1), |step| step.parse().ok().filter(|step| *step > 0))?;
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (weekday(first)?, weekday(last)?),
            None if range == "*" => (0, 6),
            None => (weekday(range)?, weekday(range)?),
        };
        // Sunday ends a range as the seventh day, and a range may pass over the week's end.
        let last = if last < first { last + 7 } else { last };
        for day in (first..=last).step_by(step) {
            *chosen.get_mut(day % 7)? = true;
        }
    }
    let names: Vec<&str> = DAYS.iter().zip(chosen).filter_map(|(name, is_in)| is_in.then_some(*name)).collect();
    Some(names.join(","))
}

fn weekday(text: &str) -> Option<usize> {
    match text.parse::<usize>() {
        Ok(number) => (number <= 7).then_some(number),
        Err(_) => DAYS.iter().position(|name| text.eq_ignore_ascii_case(name)),
    }
}

/// Longest that something begins after its time.
const MOST_SPREAD: Duration = Duration::from_secs(30);
/// Part of the time until the next turn that it may begin later.
const SPREAD: u32 = 10;

/// How long after its time something begins whose next turn comes so much later: by chance (`share` from 0 to 1), so that
/// many who go by the same timetable don't all come at once.
#[must_use]
pub fn spread(until_next: Duration, share: f64) -> Duration {
    (until_next / SPREAD).min(MOST_SPREAD).mul_f64(share.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_spread_over_a_tenth_of_its_time_and_never_long() {
        for (seconds, share, millis) in [
            (1, 1.0, 100),
            (1, 0.0, 0),
            (300, 0.5, 15_000),
            (300, 1.0, 30_000),
            (86_400, 1.0, 30_000),
            (60, 9.0, 6_000),
        ] {
            assert_eq!(spread(Duration::from_secs(seconds), share), Duration::from_millis(millis), "{seconds} {share}");
        }
    }

    fn next(expression: &str, after: &str) -> String {
        let schedule = Schedule::parse(expression, Tz::Asia__Ho_Chi_Minh).unwrap();
        let after: Timestamp = after.parse().unwrap();
        let at = schedule.next_after(after).unwrap();
        at.with_timezone(&Tz::Asia__Ho_Chi_Minh).format("%a %F %T").to_string()
    }

    #[test]
    fn schedules_are_read_as_crontab_does_in_the_local_time() {
        for (expression, after, expected) in [
            ("*/5 * * * *", "2026-06-01T00:00:00Z", "Mon 2026-06-01 07:05:00"),
            ("*/5 * * * *", "2026-06-01T00:04:59.999Z", "Mon 2026-06-01 07:05:00"),
            ("30 6 * * *", "2026-06-01T00:00:00Z", "Tue 2026-06-02 06:30:00"),
            ("0 2 * * *", "2026-06-01T18:59:59Z", "Tue 2026-06-02 02:00:00"),
            ("*/10 * * * * *", "2026-06-01T00:00:01Z", "Mon 2026-06-01 07:00:10"),
            ("0 7 * * 1", "2026-06-03T00:00:00Z", "Mon 2026-06-08 07:00:00"),
            ("0 7 * * 0", "2026-06-03T00:00:00Z", "Sun 2026-06-07 07:00:00"),
            ("0 7 * * 7", "2026-06-03T00:00:00Z", "Sun 2026-06-07 07:00:00"),
            ("0 7 * * 5-7", "2026-06-06T00:00:00Z", "Sun 2026-06-07 07:00:00"),
            ("0 7 * * mon-fri", "2026-06-06T00:00:00Z", "Mon 2026-06-08 07:00:00"),
            ("0 7 * * sat-mon", "2026-06-03T00:00:00Z", "Sat 2026-06-06 07:00:00"),
            ("0 7 1 * *", "2026-06-03T00:00:00Z", "Wed 2026-07-01 07:00:00"),
        ] {
            assert_eq!(next(expression, after), expected, "{expression} after {after}");
        }
    }

    #[test]
    fn the_next_instant_is_strictly_later() {
        assert_eq!(next("0 7 * * *", "2026-06-01T00:00:00Z"), "Tue 2026-06-02 07:00:00");
    }

    #[test]
    fn what_is_no_schedule_is_refused_with_the_reason() {
        for (expression, reason) in [
            ("", "this has 0"),
            ("every day", "this has 2"),
            ("0 0 7 * * * 2026", "this has 7"),
            ("61 * * * *", "not a schedule"),
            ("0 7 * * 8", "weekday \"8\""),
            ("0 7 * * 1/0", "weekday"),
            ("0 7 * * ,", "weekday"),
            ("0 7 31 2 *", "never comes"),
        ] {
            let error = Schedule::parse(expression, Tz::UTC).unwrap_err().to_string();
            assert!(error.contains(reason), "{expression}: {error}");
        }
        assert!(Schedule::parse(&"1".repeat(10_000), Tz::UTC).is_err());
    }
}
