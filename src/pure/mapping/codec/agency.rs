//! Agency codes: `000.00.12.H19` (QCVN 102:2016, canonical) and `H19.12` (QĐ 20/2020/QĐ-TTg), without loss.

use std::borrow::Cow;

use super::{Sight, Spelling};
use crate::words::text::Text;
use crate::words::value::Value;

/// How a system writes agency codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgencyStyle {
    /// `000.00.12.H19` (QCVN 102:2016)
    Qcvn102,
    /// `H19.12` (QĐ 20/2020/QĐ-TTg)
    Qd20,
}

/// Widths of the three lower levels in QCVN 102, the lowest first.
const WIDTHS: [usize; 3] = [3, 2, 2];

/// The canonical code of either style. A code of QĐ 20 that QCVN 102 has no room for stays as it is.
pub(in crate::pure::mapping) fn parse(text: &str) -> Result<Text, String> {
    let mut levels = [""; WIDTHS.len() + 1];
    let mut count = 0;
    for part in text.split('.') {
        let Some(place) = levels.get_mut(count) else { return fault() };
        *place = part;
        count += 1;
    }
    match levels.get(..count).unwrap_or_default() {
        [lower @ .., root] if lower.len() == WIDTHS.len() && is_root(root) => {
            let fit = lower.iter().zip(WIDTHS).all(|(part, width)| part.len() == width && is_number(part));
            if fit { Ok(text.into()) } else { fault() }
        }
        [root, lower @ ..] if is_root(root) && lower.len() <= WIDTHS.len() => {
            if !lower.iter().all(|part| is_number(part) && (*part == "0" || !part.starts_with('0'))) {
                return fault();
            }
            Ok(widened(root, lower).unwrap_or_else(|| text.into()))
        }
        _ => fault(),
    }
}

/// The code as the system writes it.
fn print(canonical: &str, style: AgencyStyle) -> Result<Cow<'_, str>, String> {
    match style {
        AgencyStyle::Qcvn102 => qcvn102(canonical).map(Cow::Borrowed),
        AgencyStyle::Qd20 => Ok(Cow::Owned(qd20(canonical))),
    }
}

impl Spelling for AgencyStyle {
    fn read(&self, text: &str, _: Sight<'_>) -> Result<Option<Value>, String> {
        parse(text).map(|code| Some(Value::Code(code)))
    }

    fn spell<'a>(&'a self, value: &'a Value, _: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        if let Value::Code(code) = value { Some(print(code, *self)) } else { None }
    }
}

/// The code in the style of QCVN 102.
fn qcvn102(canonical: &str) -> Result<&str, String> {
    if canonical.split('.').next_back().is_some_and(is_root) && canonical.contains('.') {
        Ok(canonical)
    } else {
        Err("the code has no form in QCVN 102".to_owned())
    }
}

/// The code in the style of QĐ 20.
fn qd20(canonical: &str) -> String {
    let mut parts = canonical.rsplit('.');
    let root = parts.next().unwrap_or_default();
    let (first, second, third) = (parts.next(), parts.next(), parts.next());
    let (Some(first), Some(second), Some(third), None, true) = (first, second, third, parts.next(), is_root(root))
    else {
        return canonical.to_owned();
    };
    let mut out = String::with_capacity(canonical.len());
    out.push_str(root);
    // The levels up to the last that is not zero.
    let levels = [first, second, third].map(|part| part.trim_start_matches('0'));
    let used = levels.iter().rposition(|level| !level.is_empty()).map_or(0, |last| last + 1);
    for level in levels.iter().take(used) {
        out.push('.');
        out.push_str(if level.is_empty() { "0" } else { level });
    }
    out
}

fn widened(root: &str, levels: &[&str]) -> Option<Text> {
    // A trailing 0 would come back without itself.
    if levels.last() == Some(&"0") {
        return None;
    }
    let mut out = Text::new();
    for (index, width) in WIDTHS.iter().enumerate() {
        let level = levels.get(WIDTHS.len() - 1 - index).copied().unwrap_or("0");
        let zeros = width.checked_sub(level.len())?;
        (0..zeros).for_each(|_| out.push('0'));
        out.push_str(level);
        out.push('.');
    }
    out.push_str(root);
    Some(out)
}

fn is_root(part: &str) -> bool {
    let mut letters = part.chars();
    letters.next().is_some_and(|c| c.is_ascii_uppercase()) && part.len() == 3 && letters.all(|c| c.is_ascii_digit())
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn fault<T>() -> Result<T, String> {
    Err("not an agency code such as 000.00.12.H19 or H19.12".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_styles_name_the_same_agency_and_come_back() {
        for (old, new) in [
            ("000.00.12.H19", "H19.12"),
            ("000.00.00.H19", "H19"),
            ("000.02.01.H19", "H19.1.2"),
            ("003.02.01.H19", "H19.1.2.3"),
            ("000.05.00.H19", "H19.0.5"),
        ] {
            assert_eq!(parse(new).unwrap(), old);
            assert_eq!(parse(old).unwrap(), old);
            assert_eq!(qd20(old), new);
            assert_eq!(qcvn102(old).unwrap(), old);
        }
    }

    #[test]
    fn a_code_without_room_in_the_old_style_stays_as_it_is() {
        let canonical = parse("H19.123").unwrap();
        assert_eq!(canonical, "H19.123");
        assert_eq!(qd20(&canonical), "H19.123");
        assert!(qcvn102(&canonical).is_err());
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in ["", "H19.", "SXD", "000.00.12", "000.0.12.H19", "H19.012", "h19.1", "H19.1.2.3.4"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
