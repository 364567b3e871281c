//! Decimal numbers as systems write them.

use crate::words::decimal::Decimal;

/// How a system writes decimal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimals {
    /// Digits behind the point that it holds and always shows; `None` for as many as there are.
    pub scale: Option<u8>,
    /// What stands between: `.` or `,`.
    pub point: char,
}

impl Decimals {
    pub(super) fn parse(self, text: &str) -> Result<Decimal, String> {
        Decimal::parse(text, self.point).map_err(|error| error.to_string())
    }

    pub(super) fn print(self, number: Decimal) -> Result<String, String> {
        match self.scale {
            None => Ok(number.spelled(self.point)),
            Some(scale) => number
                .with_scale(scale, self.point)
                .ok_or_else(|| format!("more than the {scale} digits behind the point that the system holds")),
        }
    }
}
