//! Codes of administrative units (mã đơn vị hành chính): province 2 digits, district 3 (until it was abolished), commune 5.
//!
//! They mean nothing without a day: on 2025-07-01 districts were abolished and every new commune took over the code of
//! an old one; on 2026-04-30 Đồng Nai became a city. So a system's codes are of a declared era, or dated by a field
//! beside them, and a code of another era is never taken for one of this.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::number::digits;
use super::{Sight, Spelling};
use crate::words::text::Text;
use crate::words::ticket::{Field, field};
use crate::words::value::Value;

/// First days of the eras after the first.
const TURNS: [(i32, u32, u32); 2] = [(2025, 7, 1), (2026, 4, 30)];
/// Digits of a code: commune, district, province.
const DIGITS: [usize; 3] = [5, 3, 2];
/// Digits of a district's.
const DISTRICT: usize = 3;

/// What dates the unit of a ticket.
static PLACE_DATE: Field = field::PLACE_DATE;

/// Of which time a system's unit codes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dated {
    /// Always of the era of this day.
    Fixed(NaiveDate),
    /// Of the day that this field of the same record tells.
    By(Field),
}

impl Dated {
    /// The field that dates a unit code: the one that the file names, else the ticket's own.
    fn by(&self) -> &Field {
        match self {
            Self::By(field) => field,
            Self::Fixed(_) => &PLACE_DATE,
        }
    }

    /// `day` tells what [`Self::by`] tells: only districts are asked of which day they are.
    fn parse(&self, text: &str, day: impl FnOnce() -> Option<NaiveDate>) -> Result<Text, String> {
        let code = digits(text, &DIGITS, "a unit code")?;
        if code.len() == DISTRICT {
            let day = match self {
                Self::Fixed(day) => Some(*day),
                Self::By(_) => day(),
            };
            if day.is_some_and(|day| era(day) > 0) {
                return Err(format!("the district code `{code}`, of a time without districts"));
            }
        }
        Ok(code)
    }

    fn print<'a>(&self, code: &'a str, day: Option<NaiveDate>) -> Result<&'a str, String> {
        if let Self::Fixed(theirs) = self
            && let Some(ours) = day
            && era(ours) != era(*theirs)
        {
            return Err(format!("the unit code `{code}` is of {}, the system's are of {}", name(ours), name(*theirs)));
        }
        Ok(code)
    }
}

impl Spelling for Dated {
    fn read(&self, text: &str, sight: Sight<'_>) -> Result<Option<Value>, String> {
        self.parse(text, || sight.day(self.by())).map(|code| Some(Value::Code(code)))
    }

    fn spell<'a>(&'a self, value: &'a Value, sight: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        if let Value::Code(code) = value {
            Some(self.print(code, sight.day(self.by())).map(Cow::Borrowed))
        } else {
            None
        }
    }

    fn dated_by(&self) -> Option<&Field> {
        Some(self.by())
    }
}

/// The number of turns up to a day.
fn era(day: NaiveDate) -> usize {
    TURNS.iter().filter(|(y, m, d)| NaiveDate::from_ymd_opt(*y, *m, *d).is_some_and(|turn| turn <= day)).count()
}

fn name(day: NaiveDate) -> &'static str {
    match era(day) {
        0 => "the time before 2025-07-01",
        1 => "the time from 2025-07-01",
        _ => "the time from 2026-04-30",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_code_of_another_era_is_not_sent() {
        let fixed = Dated::Fixed(day("2025-07-01"));
        assert_eq!(fixed.print("26368", Some(day("2026-04-29"))), Ok("26368"));
        assert_eq!(fixed.print("26368", None), Ok("26368"));
        for other in ["2025-06-30", "2026-04-30"] {
            assert!(fixed.print("26368", Some(day(other))).is_err(), "{other}");
        }
        let refused = fixed.print("26368", Some(day("2026-04-30"))).unwrap_err();
        let expected =
            "the unit code `26368` is of the time from 2026-04-30, the system's are of the time from 2025-07-01";
        assert_eq!(refused, expected);
        let dated = Dated::By(field::PLACE_DATE);
        assert_eq!(dated.print("26368", Some(day("2024-01-01"))), Ok("26368"), "its date goes along");
    }

    #[test]
    fn a_district_is_of_the_time_of_districts() {
        let dated = Dated::By(field::PLACE_DATE);
        assert_eq!(dated.parse("731", || Some(day("2025-06-30"))).as_deref(), Ok("731"));
        assert!(dated.parse("731", || Some(day("2025-07-01"))).is_err());
        assert!(Dated::Fixed(day("2026-04-30")).parse("731", || None).is_err());
        assert_eq!(Dated::Fixed(day("2024-01-01")).parse("731", || None).as_deref(), Ok("731"));
        for code in ["75", "26368"] {
            assert_eq!(Dated::Fixed(day("2026-04-30")).parse(code, || None).as_deref(), Ok(code));
        }
    }
}
