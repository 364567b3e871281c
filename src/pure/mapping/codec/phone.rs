//! Vietnamese telephone numbers. Canonical: E.164 with today's area and network codes (`+842513822501`), an extension
//! behind it as in RFC 3966 (`;ext=12`); services that are dialled as they are stay so (`1022`, `19001234`).

use std::borrow::Cow;

use super::{Sight, Spelling};
use crate::words::text::{Text, format_text};
use crate::words::value::Value;

mod plan;

/// How a system writes telephone numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneStyle {
    /// `0912345678`
    Local,
    /// `+84912345678`
    E164,
}

/// Most digits of one number, with its country: E.164's 15 and two zeros in front.
const MAX_DIGITS: usize = 17;
/// Digits of a national number without its 0.
const NATIONAL: std::ops::RangeInclusive<usize> = 8..=10;
/// Digits of an international number, E.164.
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 8..=15;
/// Most digits of an extension.
const MAX_EXTENSION: usize = 6;
/// What stands before an extension, in lower case.
const EXTENSION: [&str; 9] = ["extension", "ext.", "ext", "máy lẻ", "số lẻ", "nhánh", ";ext=", "x", "#"];
/// The canonical form of the same (RFC 3966).
const CANONICAL_EXTENSION: &str = ";ext=";
/// How people write it.
const LOCAL_EXTENSION: &str = " ext ";

/// The canonical number.
pub(in crate::pure::mapping) fn parse(text: &str) -> Result<Text, String> {
    let (number, extension) = split_extension(text)?;
    let mut digits = Digits::default();
    let plus = number.starts_with('+');
    for c in number.strip_prefix('+').unwrap_or(number).chars() {
        match c {
            '0'..='9' => digits.push(c)?,
            ' ' | '.' | '-' | '(' | ')' | '\u{a0}' => {}
            '/' | ',' | ';' => return Err("more than one telephone number, or something beside it".to_owned()),
            _ => return fault(),
        }
    }
    let number = canonical(digits.as_str(), plus)?;
    match extension {
        None => Ok(number),
        Some(_) if !number.starts_with('+') => Err("an extension of a number that has none".to_owned()),
        Some(extension) => Ok(format_text!("{number}{CANONICAL_EXTENSION}{extension}")),
    }
}

/// The number as the system writes it: dialled at home, or E.164. Foreign numbers stay international.
fn print(canonical: &str, style: PhoneStyle) -> Result<Cow<'_, str>, String> {
    let (number, extension) = match canonical.split_once(CANONICAL_EXTENSION) {
        Some((number, extension)) => (number, Some(extension)),
        None => (canonical, None),
    };
    match (style, extension) {
        (PhoneStyle::E164, None) => Ok(Cow::Borrowed(canonical)),
        (PhoneStyle::E164, Some(_)) => Err("a number with an extension, which has no form in E.164".to_owned()),
        (PhoneStyle::Local, _) => {
            let Some(rest) = number.strip_prefix("+84") else {
                return Ok(match extension {
                    None => Cow::Borrowed(canonical),
                    Some(extension) => Cow::Owned(format!("{number}{LOCAL_EXTENSION}{extension}")),
                });
            };
            let mut out = String::with_capacity(rest.len() + 1);
            out.push('0');
            out.push_str(rest);
            if let Some(extension) = extension {
                out.push_str(LOCAL_EXTENSION);
                out.push_str(extension);
            }
            Ok(Cow::Owned(out))
        }
    }
}

impl Spelling for PhoneStyle {
    fn read(&self, text: &str, _: Sight<'_>) -> Result<Option<Value>, String> {
        parse(text).map(|number| Some(Value::Text(number)))
    }

    fn spell<'a>(&'a self, value: &'a Value, _: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        if let Value::Text(number) = value { Some(print(number, *self)) } else { None }
    }
}

/// E.164 of bare digits.
fn canonical(digits: &str, plus: bool) -> Result<Text, String> {
    let international = if plus { Some(digits) } else { digits.strip_prefix("00") };
    let national = match international {
        Some(digits) => match digits.strip_prefix("84") {
            // People write +84 (0)912…
            Some(rest) => rest.strip_prefix('0').unwrap_or(rest),
            None if INTERNATIONAL.contains(&digits.len()) && !digits.starts_with('0') => {
                return Ok(format_text!("+{digits}"));
            }
            None => return fault(),
        },
        None => match digits.strip_prefix('0') {
            Some(rest) => rest,
            None if plan::is_service(digits) => return Ok(digits.into()),
            None => match digits.strip_prefix("84") {
                Some(rest) => rest.strip_prefix('0').unwrap_or(rest),
                None => return fault(),
            },
        },
    };
    let shaped = NATIONAL.contains(&national.len()) || plan::is_area_service(national);
    if !shaped || national.starts_with('0') {
        return fault();
    }
    let (beginning, rest) = plan::renumbered(national);
    let mut out = Text::new();
    ["+84", beginning, rest].iter().for_each(|part| out.push_str(part));
    Ok(out)
}

/// The number and the digits of its extension: `… ext 12`, `… máy lẻ 12`, `… (12)`, `… x12`, `… #12`.
fn split_extension(text: &str) -> Result<(&str, Option<&str>), String> {
    let text = text.trim();
    // Nearly every number is digits and what separates them.
    if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b' ' | b'.' | b'-')) {
        return Ok((text, None));
    }
    let at = text.rfind(|c: char| !c.is_ascii_digit() && c != ')' && c != ' ').map_or(0, |at| at + width(text, at));
    let (before, after) = text.split_at(at);
    let digits = after.trim_matches([' ', ')']);
    let marked = if let Some(number) = before.strip_suffix('(') {
        // The bracket of an area, or of a 0 that is left out abroad, has more behind it.
        (after.trim_end().ends_with(')') && number.bytes().filter(u8::is_ascii_digit).count() >= *NATIONAL.start())
            .then_some(number)
    } else {
        let before = before.trim_end();
        EXTENSION.iter().find_map(|mark| strip_mark(before, mark))
    };
    match marked {
        None => Ok((text, None)),
        Some(_) if digits.len() > MAX_EXTENSION || digits.is_empty() || digits.contains(' ') => fault(),
        Some(number) => Ok((number.trim_end_matches([' ', ',', ';', '(', '-', '.']), Some(digits))),
    }
}

fn strip_mark<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(mark.len())?;
    let (number, found) = text.split_at_checked(at)?;
    (found.to_lowercase() == mark).then_some(number)
}

fn width(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

fn fault<T>() -> Result<T, String> {
    Err("not a telephone number".to_owned())
}

/// A few digits without a heap.
#[derive(Default)]
struct Digits {
    kept: [u8; MAX_DIGITS],
    length: usize,
}

impl Digits {
    fn push(&mut self, digit: char) -> Result<(), String> {
        let Some(place) = self.kept.get_mut(self.length) else { return fault() };
        *place = u8::try_from(digit).unwrap_or(b'0');
        self.length += 1;
        Ok(())
    }

    fn as_str(&self) -> &str {
        self.kept.get(..self.length).and_then(|kept| std::str::from_utf8(kept).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn old_and_new_spellings_are_one_number() {
        for (written, canonical) in [
            ("0912345678", "+84912345678"),
            ("+84 912 345 678", "+84912345678"),
            ("+84(0)912345678", "+84912345678"),
            ("84912345678", "+84912345678"),
            ("840912345678", "+84912345678"),
            ("0084-912-345-678", "+84912345678"),
            ("0613822501", "+842513822501"),
            ("(061) 3822 501", "+842513822501"),
            ("+84613822501", "+842513822501"),
            ("02513822501", "+842513822501"),
            ("06513822501", "+842713822501"),
            ("0438225010", "+842438225010"),
            ("02838225010", "+842838225010"),
            ("02403822501", "+842043822501"),
            ("0383822501", "+84383822501"),
            ("01201234567", "+84701234567"),
            ("01991234567", "+84591234567"),
            ("01281234567", "+84781234567"),
            ("+16502530000", "+16502530000"),
            ("1022", "1022"),
            ("113", "113"),
            ("1900 1234", "19001234"),
            ("1800.599.920", "1800599920"),
            ("0251.1022", "+842511022"),
            ("024 1022", "+84241022"),
            ("0251 3822501 ext 12", "+842513822501;ext=12"),
            ("0251 3822501 EXT. 12", "+842513822501;ext=12"),
            ("0251 3822501 (12)", "+842513822501;ext=12"),
            ("02513822501, máy lẻ 102", "+842513822501;ext=102"),
            ("02513822501x7", "+842513822501;ext=7"),
            ("02513822501 #7", "+842513822501;ext=7"),
        ] {
            assert_eq!(parse(written).as_deref(), Ok(canonical), "{written}");
            let local = print(canonical, PhoneStyle::Local).unwrap();
            assert_eq!(parse(&local).as_deref(), Ok(canonical), "{local}");
            if let Ok(e164) = print(canonical, PhoneStyle::E164) {
                assert_eq!(parse(&e164).as_deref(), Ok(canonical), "{e164}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "+",
            "912345678x",
            "không có",
            "0",
            "00",
            "012345678901234567",
            "0９12345678",
            "22",
            "2022",
            "19001",
            "ext 12",
            "1022 ext 1",
            "02513822501 ext",
            "+0912345678",
            "(12)",
            "0251",
            "00 0",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        for text in ["0912345678 / 0987654321", "0912345678; 0987654321", "0912345678, 0987654321"] {
            assert_eq!(parse(text).unwrap_err(), "more than one telephone number, or something beside it", "{text}");
        }
    }

    #[test]
    fn an_extension_is_never_lost() {
        assert!(print("+842513822501;ext=12", PhoneStyle::E164).is_err());
        assert_eq!(print("+842513822501;ext=12", PhoneStyle::Local).unwrap(), "02513822501 ext 12");
    }

    proptest! {
        #[test]
        fn what_is_read_is_canonical(text in "[+0]{0,2}[0-9 .()x#-]{0,16}( ext [0-9]{1,4})?|\\PC{0,20}") {
            let Ok(once) = parse(&text) else { return Ok(()) };
            prop_assert_eq!(parse(&once), Ok(once.clone()));
            for style in [PhoneStyle::Local, PhoneStyle::E164] {
                if let Ok(printed) = print(&once, style) {
                    prop_assert_eq!(parse(&printed), Ok(once.clone()), "{}", printed);
                }
            }
        }
    }
}
