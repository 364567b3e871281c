//! Decimal numbers without rounding: what a person wrote, digit by digit.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Most digits of a number.
pub const MAX_DIGITS: usize = 18;

/// A decimal number, exact: `units` / 10^`scale`, with no trailing zeros behind the point. `10.50` and `10.5` are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Decimal {
    units: i64,
    scale: u8,
}

/// Not a decimal number, or one of more digits than are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a decimal number of at most {MAX_DIGITS} digits")]
pub struct NoDecimal;

impl Decimal {
    /// Digits behind the point.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The number with exactly so many digits behind this point; `None` where it has more.
    #[must_use]
    pub fn with_scale(self, scale: u8, point: char) -> Option<String> {
        let missing = scale.checked_sub(self.scale)?;
        let mut text = self.spelled(point);
        if missing > 0 {
            if self.scale == 0 {
                text.push(point);
            }
            text.extend(std::iter::repeat_n('0', usize::from(missing)));
        }
        Some(text)
    }

    /// The number in its shortest form, with this point.
    #[must_use]
    pub fn spelled(self, point: char) -> String {
        let scale = usize::from(self.scale);
        let digits = format!("{:0>width$}", self.units.unsigned_abs(), width = scale + 1);
        let (whole, behind) = digits.split_at(digits.len() - scale);
        let sign = if self.units < 0 { "-" } else { "" };
        if behind.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}{point}{behind}") }
    }

    /// A number with another point than `.`; an exponent, as JSON writers use for very small numbers, is carried out.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str, point: char) -> Result<Self, NoDecimal> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (number, exponent) = match rest.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i16>().map_err(|_| NoDecimal)?),
            None => (rest, 0),
        };
        let (whole, behind) = match number.split_once(point) {
            Some((_, "")) => return Err(NoDecimal),
            Some(parts) => parts,
            None => (number, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(behind.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(NoDecimal);
        }
        let written = format!("{}{}", whole.trim_start_matches('0'), behind);
        let kept = written.trim_end_matches('0');
        if kept.is_empty() {
            return Ok(Self::default());
        }
        let behind = i64::try_from(behind.len()).map_err(|_| NoDecimal)? - i64::from(exponent);
        let scale = behind - i64::try_from(written.len() - kept.len()).map_err(|_| NoDecimal)?;
        let significant = kept.trim_start_matches('0');
        let (scale, zeros) = if scale < 0 { (0, scale.unsigned_abs()) } else { (scale, 0) };
        let zeros = usize::try_from(zeros).map_err(|_| NoDecimal)?;
        let scale = u8::try_from(scale).ok().filter(|scale| usize::from(*scale) <= MAX_DIGITS).ok_or(NoDecimal)?;
        if significant.len() + zeros > MAX_DIGITS {
            return Err(NoDecimal);
        }
        let mut units: i64 = significant.parse().map_err(|_| NoDecimal)?;
        for _ in 0..zeros {
            units = units.checked_mul(10).ok_or(NoDecimal)?;
        }
        Ok(Self { units: sign * units, scale })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled('.'))
    }
}

impl FromStr for Decimal {
    type Err = NoDecimal;

    fn from_str(text: &str) -> Result<Self, NoDecimal> {
        Self::parse(text, '.')
    }
}

impl From<Decimal> for String {
    fn from(number: Decimal) -> Self {
        number.to_string()
    }
}

impl TryFrom<String> for Decimal {
    type Error = NoDecimal;

    fn try_from(text: String) -> Result<Self, NoDecimal> {
        text.parse()
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let at = |number: &Self, scale: u8| i128::from(number.units) * 10_i128.pow(u32::from(scale - number.scale));
        let scale = self.scale.max(other.scale);
        at(self, scale).cmp(&at(other, scale))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_number_are_one_value() {
        for (written, canonical) in [
            ("10.950", "10.95"),
            ("010.95", "10.95"),
            ("-0.50", "-0.5"),
            ("0", "0"),
            ("-0.000", "0"),
            ("100", "100"),
            ("106.8230000", "106.823"),
            ("1e-7", "0.0000001"),
            ("1.5E3", "1500"),
            ("2.50e1", "25"),
        ] {
            assert_eq!(written.parse::<Decimal>().unwrap().to_string(), canonical, "{written}");
        }
        assert_eq!(Decimal::parse("10,95", ',').unwrap().to_string(), "10.95");
        assert_eq!(Decimal::parse("10,95", ',').unwrap().with_scale(3, ',').as_deref(), Some("10,950"));
        assert_eq!("7".parse::<Decimal>().unwrap().with_scale(2, '.').as_deref(), Some("7.00"));
        assert_eq!("0.125".parse::<Decimal>().unwrap().with_scale(2, '.'), None);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "1,5",
            "1.000,5",
            "--1",
            "+1",
            "1e",
            "1e99999",
            "0x1",
            "1234567890123456789",
            "1e-30",
            "１",
        ] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_come_back_and_keep_their_order(a in -999_999_999_i64..999_999_999, b in -99_999_i64..99_999, scale in 0_usize..9) {
            let written = |units: i64| {
                let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
                let (whole, behind) = digits.split_at(digits.len() - scale);
                format!("{}{whole}{}{behind}", if units < 0 { "-" } else { "" }, if scale > 0 { "." } else { "" })
            };
            let (one, other): (Decimal, Decimal) = (written(a).parse().unwrap(), written(b).parse().unwrap());
            prop_assert_eq!(one.to_string().parse::<Decimal>().unwrap(), one);
            prop_assert_eq!(one.with_scale(9, '.').unwrap().parse::<Decimal>().unwrap(), one);
            prop_assert_eq!(one.cmp(&other), a.cmp(&b));
        }

        #[test]
        fn no_text_panics(text in "[-+0-9.,eE]{0,24}|\\PC{0,8}") {
            if let Ok(number) = text.parse::<Decimal>() {
                prop_assert_eq!(number.to_string().parse::<Decimal>().unwrap(), number);
            }
        }
    }
}
