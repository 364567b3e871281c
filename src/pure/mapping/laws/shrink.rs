//! From a value that breaks a law to a small one that still does: what a person can look at.

use chrono::{DateTime, Datelike as _, NaiveDate};

use crate::pure::mapping::codec::text;
use crate::words::value::Value;

/// Most values that are tried on the way.
const MAX_TRIES: usize = 500;

/// The smallest value found that still breaks what `breaks` looks at.
pub(super) fn smallest(value: &Value, breaks: impl Fn(&Value) -> bool) -> Value {
    let mut small = value.clone();
    let mut left = MAX_TRIES;
    loop {
        let found = smaller(&small).into_iter().take(left).find(|candidate| {
            left = left.saturating_sub(1);
            breaks(candidate)
        });
        match found {
            Some(candidate) if left > 0 => small = candidate,
            Some(candidate) => return candidate,
            None => return small,
        }
    }
}

/// Values one step smaller, the boldest step first.
fn smaller(value: &Value) -> Vec<Value> {
    match value {
        Value::Text(text) => texts(text).into_iter().map(|text| Value::Text(text.into())).collect(),
        Value::Integer(number) => {
            let mut smaller = vec![0, number / 2, number - number.signum()];
            smaller.retain(|candidate| candidate.unsigned_abs() < number.unsigned_abs());
            smaller.into_iter().map(Value::Integer).collect()
        }
        Value::Decimal(number) => {
            let text = number.to_string();
            let whole = text.split('.').next().unwrap_or_default();
            let fewer = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
            let parsed = ["0", "0.1", whole, fewer].into_iter().filter_map(|text| text.parse().ok());
            parsed
                .filter(|candidate: &crate::words::decimal::Decimal| candidate.to_string().len() < text.len())
                .map(Value::Decimal)
                .collect()
        }
        Value::Instant(at) => {
            let seconds = at.timestamp();
            let round = [365 * 86_400, 86_400, 3600, 60, 1].map(|step| seconds - seconds.rem_euclid(step));
            let earlier =
                round.into_iter().filter(|candidate| *candidate != seconds || at.timestamp_subsec_nanos() > 0);
            earlier.filter_map(|seconds| DateTime::from_timestamp(seconds, 0)).map(Value::Instant).collect()
        }
        Value::Date(day) => {
            let round = [NaiveDate::from_ymd_opt(day.year(), 1, 1), day.with_day(1)];
            round.into_iter().flatten().filter(|candidate| candidate != day).map(Value::Date).collect()
        }
        Value::List(items) => {
            let without = (0..items.len()).filter(|_| items.len() > 1).map(|at| {
                Value::List(
                    items.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, v)| v.clone()).collect(),
                )
            });
            without.collect()
        }
        Value::Code(_) | Value::Boolean(_) => Vec::new(),
    }
}

/// Halves of a text, then the text without one of its characters; canonical ones only.
fn texts(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let (first, second) = chars.split_at(chars.len() / 2);
    let mut out: Vec<String> = [first, second].into_iter().map(|half| half.iter().collect()).collect();
    out.extend(
        (0..chars.len())
            .take(MAX_TRIES)
            .map(|at| chars.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, c)| c).collect()),
    );
    out.retain(|candidate: &String| text::canonical(candidate).is_some_and(|canonical| canonical == *candidate));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_breaks_it() {
        let text = |text: &str| Value::Text(text.into());
        let long = text(&format!("{}Đường | hỏng{}", "a".repeat(100), "b".repeat(100)));
        assert_eq!(smallest(&long, |value| value.as_text().is_some_and(|text| text.contains('|'))), text("|"));
        let wide = |value: &Value| value.as_text().is_some_and(|text| text.chars().count() > 5);
        assert_eq!(smallest(&text("Biên Hòa Biên Hòa"), wide).as_text().map(|text| text.chars().count()), Some(6));
        let big = |value: &Value| matches!(value, Value::Integer(number) if *number > 99);
        assert_eq!(smallest(&Value::Integer(123_456), big), Value::Integer(100));
        let odd = |value: &Value| value.as_instant().is_some_and(|at| at.timestamp() % 60 != 0);
        let at = Value::Instant(DateTime::from_timestamp(1_795_137_307, 5).unwrap());
        assert_eq!(smallest(&at, odd), Value::Instant(DateTime::from_timestamp(1_795_137_307, 0).unwrap()));
        let list = Value::List(vec![Value::Integer(1), Value::Integer(2), Value::Integer(3)]);
        let holds = |value: &Value| matches!(value, Value::List(items) if items.contains(&Value::Integer(2)));
        assert_eq!(smallest(&list, holds), Value::List(vec![Value::Integer(2)]));
    }
}
