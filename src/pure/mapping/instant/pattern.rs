//! strftime patterns, compiled once when a mapping is loaded: patterns of fixed width are read and printed digit by
//! digit, all others by chrono's own items. Both ways give the same; a test holds them to it.

use std::fmt::Write as _;

use chrono::format::{Fixed, Item, Numeric, Pad, Parsed, StrftimeItems, parse};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};

use crate::words::clock::Timestamp;

use super::zone::Zone;

/// A pattern of days, or of days with times, ready to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    items: Vec<Item<'static>>,
    /// The plan for fixed widths, where the pattern has them.
    plan: Option<Vec<Part>>,
    /// Whether it writes the offset, so that no zone is needed to read it.
    pub(super) offset: bool,
    /// Whether it holds more than a day.
    timed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    /// `.` and so many digits.
    Fraction(u32),
    Literal(Box<str>),
}

impl Pattern {
    /// Compiles a pattern; `timed` where it must hold a time of the day too.
    ///
    /// # Errors
    /// Why it is none that both prints and reads.
    pub fn new(text: &str, timed: bool) -> Result<Self, String> {
        let items = StrftimeItems::new(text).parse_to_owned().map_err(|_| "an unknown `%` letter".to_owned())?;
        let offset = items.iter().any(|item| {
            matches!(
                item,
                Item::Fixed(
                    Fixed::TimezoneOffset
                        | Fixed::TimezoneOffsetColon
                        | Fixed::TimezoneOffsetDoubleColon
                        | Fixed::TimezoneOffsetTripleColon
                        | Fixed::TimezoneOffsetColonZ
                        | Fixed::TimezoneOffsetZ
                        | Fixed::RFC2822
                        | Fixed::RFC3339
                )
            )
        });
        let held = NaiveDateTime::parse_from_str(&sample_text(&items).unwrap_or_default(), text).is_ok();
        let pattern = Self { text: text.to_owned(), plan: plan(&items), offset, timed: timed || held, items };
        pattern.check(timed)?;
        Ok(pattern)
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether what it prints reads as the same again.
    fn check(&self, timed: bool) -> Result<(), String> {
        let unread = || "what it prints it can't read again".to_owned();
        let sample = sample().ok_or_else(unread)?;
        if self.offset {
            if !timed {
                return Err("a day has no offset".to_owned());
            }
            let zone = Zone::from(chrono_tz::Asia::Ho_Chi_Minh);
            let at = zone.instant(sample).ok_or_else(unread)?;
            let printed = self.print_zoned(at, zone).ok_or_else(unread)?;
            let back = self.parse_zoned(&printed).ok_or_else(unread)?;
            return if self.print_zoned(back, zone).as_deref() == Some(printed.as_str()) && same_minute(at, back) {
                Ok(())
            } else {
                Err("what it prints reads as another instant".to_owned())
            };
        }
        let printed = self.print(sample).ok_or_else(unread)?;
        let back = self.parse(&printed).ok_or_else(unread)?;
        if back.date() == sample.date() && (!timed || same_minute(back.and_utc(), sample.and_utc())) {
            Ok(())
        } else {
            Err("what it prints reads as another instant".to_owned())
        }
    }

    /// Local time, or midnight of a day. A text that is shorter than what the pattern prints is none.
    pub(in crate::pure::mapping) fn parse(&self, text: &str) -> Option<NaiveDateTime> {
        if let Some(found) = self.plan.as_ref().and_then(|plan| read(plan, text.as_bytes())) {
            return Some(found);
        }
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        let local = if self.timed {
            parsed.to_naive_datetime_with_offset(0).ok()?
        } else {
            parsed.to_naive_date().ok()?.and_time(NaiveTime::MIN)
        };
        // chrono takes fewer digits than the pattern prints: a cut date is no date.
        (self.print(local)? == text).then_some(local)
    }

    /// Local time as the pattern writes it; `None` for a year that has no such spelling.
    pub(in crate::pure::mapping) fn print(&self, local: NaiveDateTime) -> Option<String> {
        let plain = (0..=9999).contains(&local.year()) && local.nanosecond() < NANOS;
        if let Some(plan) = self.plan.as_ref().filter(|_| plain) {
            return Some(write_plan(plan, local));
        }
        let mut out = String::new();
        write!(out, "{}", local.format_with_items(self.items.iter())).ok()?;
        Some(out)
    }

    /// An instant that is written with its offset.
    pub(super) fn parse_zoned(&self, text: &str) -> Option<Timestamp> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        let at = parsed.to_datetime().ok()?;
        // As for local times: no fewer digits than are printed.
        let mut printed = String::new();
        write!(printed, "{}", at.format_with_items(self.items.iter())).ok()?;
        (printed == text).then(|| at.to_utc())
    }

    /// The same in print.
    pub(super) fn print_zoned(&self, at: Timestamp, zone: Zone) -> Option<String> {
        let there: DateTime<chrono_tz::Tz> = at.with_timezone(&zone.tz());
        let mut out = String::new();
        write!(out, "{}", there.fixed_offset().format_with_items(self.items.iter())).ok()?;
        Some(out)
    }
}

const NANOS: u32 = 1_000_000_000;

fn sample() -> Option<NaiveDateTime> {
    NaiveDate::from_ymd_opt(2026, 11, 23)?.and_hms_milli_opt(17, 4, 9, 120)
}

fn sample_text(items: &[Item<'static>]) -> Option<String> {
    let mut out = String::new();
    write!(out, "{}", sample()?.format_with_items(items.iter())).ok()?;
    Some(out)
}

/// A pattern may leave out seconds and what is finer.
fn same_minute(a: Timestamp, b: Timestamp) -> bool {
    a.timestamp().div_euclid(60) == b.timestamp().div_euclid(60)
}

/// The parts of a pattern in which every part has one width; `None` for all others.
fn plan(items: &[Item<'static>]) -> Option<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    for item in items {
        let part = match item {
            Item::Literal(text) | Item::Space(text) => Part::Literal((*text).into()),
            Item::OwnedLiteral(text) | Item::OwnedSpace(text) => Part::Literal(text.clone()),
            Item::Numeric(number, Pad::Zero) => match number {
                Numeric::Year => Part::Year,
                Numeric::Month => Part::Month,
                Numeric::Day => Part::Day,
                Numeric::Hour => Part::Hour,
                Numeric::Minute => Part::Minute,
                Numeric::Second => Part::Second,
                _ => return None,
            },
            Item::Fixed(Fixed::Nanosecond3) => Part::Fraction(3),
            Item::Fixed(Fixed::Nanosecond6) => Part::Fraction(6),
            Item::Fixed(Fixed::Nanosecond9) => Part::Fraction(9),
            _ => return None,
        };
        if !matches!(part, Part::Literal(_)) && parts.iter().any(|known| same_kind(known, &part)) {
            return None;
        }
        parts.push(part);
    }
    let has = |part: &Part| parts.iter().any(|known| known == part);
    let day = [Part::Year, Part::Month, Part::Day].iter().all(&has);
    let hour = has(&Part::Hour);
    let second = has(&Part::Second);
    let fraction = parts.iter().any(|part| matches!(part, Part::Fraction(_)));
    // chrono's own rules for what may be left out: seconds, then everything below the day.
    (day && hour == has(&Part::Minute) && (hour || !second) && (second || !fraction)).then_some(parts)
}

fn same_kind(a: &Part, b: &Part) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

fn read(plan: &[Part], text: &[u8]) -> Option<NaiveDateTime> {
    let (mut year, mut month, mut day) = (0, 0, 0);
    let (mut hour, mut minute, mut second, mut nanos) = (0, 0, 0, 0);
    let mut rest = text;
    for part in plan {
        match part {
            Part::Year => year = number(&mut rest, 4)?,
            Part::Month => month = number(&mut rest, 2)?,
            Part::Day => day = number(&mut rest, 2)?,
            Part::Hour => hour = number(&mut rest, 2)?,
            Part::Minute => minute = number(&mut rest, 2)?,
            Part::Second => second = number(&mut rest, 2)?,
            Part::Fraction(digits) => {
                rest = rest.strip_prefix(b".")?;
                nanos = number(&mut rest, *digits as usize)? * 10_u32.pow(9 - digits);
            }
            Part::Literal(text) => rest = rest.strip_prefix(text.as_bytes())?,
        }
    }
    if !rest.is_empty() {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?.and_hms_nano_opt(hour, minute, second, nanos)
}

/// Takes so many digits, at most 9, off the front.
pub(super) fn number(rest: &mut &[u8], digits: usize) -> Option<u32> {
    let (taken, after) = rest.split_at_checked(digits)?;
    let mut value = 0_u32;
    for byte in taken {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u32::from(byte - b'0');
    }
    *rest = after;
    Some(value)
}

fn write_plan(plan: &[Part], local: NaiveDateTime) -> String {
    let mut out = String::with_capacity(32);
    for part in plan {
        match part {
            Part::Year => digits(&mut out, local.year().unsigned_abs(), 4),
            Part::Month => digits(&mut out, local.month(), 2),
            Part::Day => digits(&mut out, local.day(), 2),
            Part::Hour => digits(&mut out, local.hour(), 2),
            Part::Minute => digits(&mut out, local.minute(), 2),
            Part::Second => digits(&mut out, local.second(), 2),
            Part::Fraction(width) => {
                out.push('.');
                digits(&mut out, local.nanosecond() / 10_u32.pow(9 - width), *width);
            }
            Part::Literal(text) => out.push_str(text),
        }
    }
    out
}

/// Most digits that are written at once: nanoseconds.
const MOST_DIGITS: usize = 9;

/// The last `width` digits of a number, at most 9, with leading zeros.
pub(super) fn digits(out: &mut String, number: u32, width: u32) {
    let width = usize::try_from(width).unwrap_or(MOST_DIGITS).min(MOST_DIGITS);
    let mut digits = [b'0'; MOST_DIGITS];
    let mut left = number;
    for digit in digits.iter_mut().rev().take(width) {
        *digit += u8::try_from(left % 10).unwrap_or_default();
        left /= 10;
    }
    let digits = digits.get(MOST_DIGITS - width..).unwrap_or_default();
    out.push_str(std::str::from_utf8(digits).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slow(pattern: &Pattern) -> Pattern {
        Pattern { plan: None, ..pattern.clone() }
    }

    const FIXED: [&str; 8] = [
        "%Y%m%d%H%M%S",
        "%Y-%m-%d %H:%M:%S%.3f",
        "%Y-%m-%d.%H:%M:%S",
        "%d/%m/%Y %H:%M",
        "%FT%T%.6f",
        "lúc %H:%M ngày %d.%m.%Y",
        "%Y-%m-%dT%H:%M:%S%.9f",
        "%Y%m%d",
    ];

    #[test]
    fn common_patterns_have_a_plan_and_odd_ones_do_not() {
        for text in FIXED {
            assert!(Pattern::new(text, false).unwrap().plan.is_some(), "{text}");
        }
        for text in ["%-d/%-m/%Y %H:%M:%S", "%d %b %Y %H:%M", "%Y-%m-%d %I:%M:%S %p", "%Y-%j %H:%M"] {
            assert!(Pattern::new(text, true).unwrap().plan.is_none(), "{text}");
        }
    }

    #[test]
    fn patterns_that_lose_something_or_fail_are_refused() {
        for (text, timed) in [
            ("%d/%m %H:%M", true),
            ("%Q", true),
            ("%Y-%m-%d", true),
            ("%Z", true),
            ("%Y-%m-%d %H:%M %Z", true),
            ("%Y-%m-%d%z", false),
            ("", false),
            ("%", true),
        ] {
            assert!(Pattern::new(text, timed).is_err(), "{text}");
        }
        assert!(Pattern::new("%Y-%m-%d %H:%M:%S %z", true).unwrap().offset);
    }

    proptest! {
        #[test]
        fn the_plan_reads_and_prints_what_chrono_does(
            which in 0..FIXED.len(), seconds in -62_000_000_000_i64..250_000_000_000, nanos in 0..NANOS,
            cut in 0_usize..40, noise in "\\PC{0,3}",
        ) {
            let pattern = Pattern::new(FIXED[which], false).unwrap();
            let local = DateTime::from_timestamp(seconds, nanos).unwrap().naive_utc();
            let printed = pattern.print(local).unwrap();
            prop_assert_eq!(&printed, &slow(&pattern).print(local).unwrap());
            prop_assert_eq!(pattern.parse(&printed), slow(&pattern).parse(&printed));
            let mut broken: String = printed.chars().take(cut).collect();
            broken.push_str(&noise);
            prop_assert_eq!(pattern.parse(&broken), slow(&pattern).parse(&broken), "{}", broken);
        }

        #[test]
        fn no_pattern_and_no_text_panics(pattern in "[%a-zA-Z0-9 :/.+#-]{0,12}", text in "\\PC{0,20}") {
            for timed in [true, false] {
                if let Ok(pattern) = Pattern::new(&pattern, timed) {
                    pattern.parse(&text);
                    pattern.parse_zoned(&text);
                }
            }
        }
    }
}
