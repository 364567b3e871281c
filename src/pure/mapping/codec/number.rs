//! Numbers as systems write them, and what is digits but no number.

use std::borrow::Cow;

use super::{Sight, Spelling};
use crate::words::decimal::Decimal;
use crate::words::text::Text;
use crate::words::value::Value;

/// How a system writes decimal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimals {
    /// Digits behind the point that it holds and always shows; `None` for as many as there are.
    pub scale: Option<u8>,
    /// What stands between: `.` or `,`.
    pub point: char,
}

/// Whole numbers.
pub(super) struct Integer;

/// Ids of citizens (số định danh cá nhân).
pub(super) struct CitizenId;

/// Digits of a citizen id: today's, and the older card's.
const CITIZEN_ID_DIGITS: [usize; 2] = [12, 9];

impl Spelling for Decimals {
    fn read(&self, text: &str, _: Sight<'_>) -> Result<Option<Value>, String> {
        Decimal::parse(text, self.point).map(|number| Some(Value::Decimal(number))).map_err(|error| error.to_string())
    }

    fn spell<'a>(&'a self, value: &'a Value, _: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        let Value::Decimal(number) = value else { return None };
        let spelled = match self.scale {
            None => Ok(number.spelled(self.point)),
            Some(scale) => number
                .with_scale(scale, self.point)
                .ok_or_else(|| format!("more than the {scale} digits behind the point that the system holds")),
        };
        Some(spelled.map(Cow::Owned))
    }
}

impl Spelling for Integer {
    fn read(&self, text: &str, _: Sight<'_>) -> Result<Option<Value>, String> {
        text.parse().map(|number| Some(Value::Integer(number))).map_err(|_| "not a whole number".to_owned())
    }

    fn spell<'a>(&'a self, value: &'a Value, _: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        if let Value::Integer(number) = value { Some(Ok(Cow::Owned(number.to_string()))) } else { None }
    }
}

impl Spelling for CitizenId {
    fn read(&self, text: &str, _: Sight<'_>) -> Result<Option<Value>, String> {
        digits(text, &CITIZEN_ID_DIGITS, "a citizen id").map(|id| Some(Value::Text(id)))
    }

    fn spell<'a>(&'a self, value: &'a Value, _: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        if let Value::Text(id) = value { Some(Ok(Cow::Borrowed(id))) } else { None }
    }
}

/// The digits of a text that may hold what people put between them.
pub(super) fn digits(text: &str, lengths: &[usize], what: &str) -> Result<Text, String> {
    let separates = |byte: &u8| matches!(byte, b' ' | b'.' | b'-');
    let count = text.bytes().filter(|byte| !separates(byte)).count();
    if !text.bytes().all(|byte| byte.is_ascii_digit() || separates(&byte)) || !lengths.contains(&count) {
        let lengths: Vec<String> = lengths.iter().map(ToString::to_string).collect();
        return Err(format!("not {what}: {} digits were expected", lengths.join(" or ")));
    }
    if count == text.len() {
        return Ok(text.into());
    }
    Ok(text.chars().filter(char::is_ascii_digit).collect())
}
