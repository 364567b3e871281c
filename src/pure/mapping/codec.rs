//! How values are spelled: each codec is a pair of parse and print.
//!
//! Exact (codes one to one, dates), canonicalising (phones, text forms: several spellings, one value) or lossy (cut
//! titles, many-to-one codes). A message never holds the text itself, except for codes: an unknown code is named.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization as _;

use crate::words::limits::MAX_TEXT_BYTES;
use crate::words::value::Value;

use super::instant;
use super::model::{AgencyStyle, CodeTable, Codec, PhoneStyle};

mod agency;
mod phone;

/// Longest code that a message names, characters.
const MAX_CODE_SHOWN: usize = 40;
/// Digits of a citizen id: today's, and the older card's.
const CITIZEN_ID_DIGITS: [usize; 2] = [12, 9];
/// Digits of a unit code: commune, province.
const UNIT_DIGITS: [usize; 2] = [5, 2];

type Codes = BTreeMap<String, CodeTable>;

/// What a codec may look at beside the text: the file's code tables, and the ticket's own day where it is known.
/// Never the clock: a ticket of last year reads the same next year.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight<'a> {
    /// Code tables by name.
    pub(super) codes: &'a Codes,
    /// The day that dated rows are chosen by.
    #[expect(dead_code, reason = "dated rows read it")]
    pub(super) day: Option<NaiveDate>,
}

impl<'a> Sight<'a> {
    /// The tables as they stand on a day.
    pub(super) const fn on(codes: &'a Codes, day: Option<NaiveDate>) -> Self {
        Self { codes, day }
    }
}

impl Codec {
    /// What a text of the system means; `None` for a text that says nothing.
    ///
    /// # Errors
    /// Why it can't be understood.
    pub(super) fn parse(&self, text: &str, sight: Sight<'_>) -> Result<Option<Value>, String> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(format!("a text longer than {MAX_TEXT_BYTES} bytes"));
        }
        if matches!(self, Self::Text { .. }) {
            return Ok(canonical_text(text).map(Value::Text));
        }
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let value = match self {
            Self::Text { .. } => return Ok(None),
            Self::Code(table) => {
                let row =
                    sight.codes.get(table).and_then(|table| table.rows.iter().find(|row| row.read && row.code == text));
                let row = row.ok_or_else(|| format!("the unknown code `{}` (table `{table}`)", shown(text)))?;
                Value::Code(row.word.clone())
            }
            Self::Integer => Value::Integer(text.parse().map_err(|_| "not a whole number".to_owned())?),
            Self::Boolean { yes, no } => {
                let is = |spellings: &[String]| spellings.iter().any(|spelling| spelling == text);
                match (is(yes), is(no)) {
                    (true, _) => Value::Boolean(true),
                    (false, true) => Value::Boolean(false),
                    (false, false) => return Err(format!("neither true nor false: `{}`", shown(text))),
                }
            }
            Self::Instant(format) => Value::Instant(format.parse(text)?),
            Self::Date(pattern) => Value::Date(instant::parse_day(text, pattern)?),
            Self::Phone(_) => Value::Text(phone::parse(text)?),
            Self::CitizenId => Value::Text(digits(text, &CITIZEN_ID_DIGITS, "a citizen id")?),
            Self::Agency(_) => Value::Code(agency::parse(text)?),
            Self::Unit => Value::Code(digits(text, &UNIT_DIGITS, "a unit code")?),
            Self::List { item, joined } => {
                let parts: Vec<String> = match joined {
                    Some(between) => text.split(between.as_str()).map(|part| part.trim().to_owned()).collect(),
                    None => serde_json::from_str(text).map_err(|_| "not a list of texts".to_owned())?,
                };
                let mut values = Vec::new();
                for part in parts {
                    values.extend(item.parse(&part, sight)?);
                }
                if values.is_empty() {
                    return Ok(None);
                }
                Value::List(values)
            }
        };
        Ok(Some(value))
    }

    /// How the system spells a value, after all that it does to it.
    ///
    /// # Errors
    /// Why it has no spelling there.
    pub(super) fn print(&self, value: &Value, sight: Sight<'_>) -> Result<String, String> {
        match (self, value) {
            (Self::Text { max, cut }, Value::Text(text) | Value::Code(text)) => match max {
                Some(max) if text.chars().count() > *max => {
                    if *cut {
                        Ok(text.chars().take(*max).collect())
                    } else {
                        Err(format!("longer than the {max} characters that the system takes"))
                    }
                }
                _ => Ok(text.clone()),
            },
            (Self::Code(table), Value::Code(word)) => {
                let rows = sight.codes.get(table).map_or(&[][..], |table| table.rows.as_slice());
                let row = rows.iter().find(|row| row.write && row.word == *word);
                row.map(|row| row.code.clone())
                    .ok_or_else(|| format!("table `{table}` has no code for `{}`", shown(word)))
            }
            (Self::Integer, Value::Integer(number)) => Ok(number.to_string()),
            (Self::Boolean { yes, no }, Value::Boolean(is)) => {
                let spellings = if *is { yes } else { no };
                spellings.first().cloned().ok_or_else(|| "no spelling".to_owned())
            }
            (Self::Instant(format), Value::Instant(at)) => Ok(format.print(*at)),
            (Self::Date(pattern), Value::Date(day)) => {
                let midnight = day.and_hms_opt(0, 0, 0).ok_or_else(|| "no such day".to_owned())?;
                Ok(midnight.format(pattern).to_string())
            }
            (Self::Phone(style), Value::Text(text)) => Ok(match style {
                PhoneStyle::Local => phone::local(text),
                PhoneStyle::E164 => text.clone(),
            }),
            (Self::CitizenId, Value::Text(text)) => Ok(text.clone()),
            (Self::Agency(style), Value::Code(code)) => match style {
                AgencyStyle::Qcvn102 => agency::qcvn102(code),
                AgencyStyle::Qd20 => Ok(agency::qd20(code)),
            },
            (Self::Unit, Value::Code(code)) => Ok(code.clone()),
            (Self::List { item, joined }, Value::List(values)) => {
                let parts: Result<Vec<String>, String> = values.iter().map(|value| item.print(value, sight)).collect();
                let parts = parts?;
                match joined {
                    Some(between) if parts.iter().any(|part| part.contains(between.as_str())) => {
                        Err(format!("an element holds `{between}`"))
                    }
                    Some(between) => Ok(parts.join(between)),
                    None => list_image(&parts),
                }
            }
            _ => Err("a value of another type".to_owned()),
        }
    }

    /// Whether two different values can have one spelling, or the other way round for codes.
    pub(super) fn is_lossy(&self, codes: &Codes) -> bool {
        match self {
            Self::Text { cut, .. } => *cut,
            Self::Code(table) => {
                codes.get(table).is_some_and(|table| table.rows.iter().any(|row| row.read && !row.write))
            }
            Self::List { item, .. } => item.is_lossy(codes),
            Self::Integer
            | Self::Boolean { .. }
            | Self::Instant(_)
            | Self::Date(_)
            | Self::Phone(_)
            | Self::CitizenId
            | Self::Agency(_)
            | Self::Unit => false,
        }
    }
}

/// The image of a list: its spelled elements as a JSON list.
pub(super) fn list_image(parts: &[String]) -> Result<String, String> {
    serde_json::to_string(parts).map_err(|error| error.to_string())
}

/// NFC, lines ended by `\n`, without blanks around; `None` for nothing but blanks.
fn canonical_text(text: &str) -> Option<String> {
    let text: String = text.nfc().collect();
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn digits(text: &str, lengths: &[usize], what: &str) -> Result<String, String> {
    let found: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
    if found.bytes().all(|byte| byte.is_ascii_digit()) && lengths.contains(&found.len()) {
        Ok(found)
    } else {
        let lengths: Vec<String> = lengths.iter().map(ToString::to_string).collect();
        Err(format!("not {what}: {} digits were expected", lengths.join(" or ")))
    }
}

fn shown(code: &str) -> String {
    code.chars().filter(|c| !c.is_control()).take(MAX_CODE_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pure::mapping::model::CodeRow;

    fn codes() -> Codes {
        let row = |code: &str, word: &str, write| CodeRow { code: code.into(), word: word.into(), read: true, write };
        let rows = vec![row("4", "received", true), row("010", "received", false), row("NO", "closed", true)];
        BTreeMap::from([("status".to_owned(), CodeTable { name: "status".into(), keep: true, rows, line: 1 })])
    }

    fn text(text: &str) -> Option<Value> {
        Some(Value::Text(text.to_owned()))
    }

    fn code(code: &str) -> Option<Value> {
        Some(Value::Code(code.to_owned()))
    }

    #[test]
    fn each_spelling_is_read_and_printed_as_declared() {
        let boolean = Codec::Boolean { yes: vec!["True".into(), "1".into()], no: vec!["False".into()] };
        let joined = Codec::List { item: Box::new(Codec::Unit), joined: Some(",".into()) };
        let table: Vec<(Codec, &str, Option<Value>, &str)> = vec![
            (Codec::Text { max: None, cut: false }, " Biên Ho\u{300}a\r\nxa \n", text("Biên Hòa\nxa"), "Biên Hòa\nxa"),
            (Codec::Text { max: Some(3), cut: true }, "Đường", text("Đường"), "Đườ"),
            (Codec::Code("status".into()), "010", code("received"), "4"),
            (Codec::Code("status".into()), "NO", code("closed"), "NO"),
            (boolean.clone(), "1", Some(Value::Boolean(true)), "True"),
            (boolean, "False", Some(Value::Boolean(false)), "False"),
            (Codec::Phone(PhoneStyle::Local), "+84 912.345.678", text("+84912345678"), "0912345678"),
            (Codec::CitizenId, "075 190 001 234", text("075190001234"), "075190001234"),
            (Codec::Agency(AgencyStyle::Qd20), "H19.12", code("000.00.12.H19"), "H19.12"),
            (Codec::Unit, "26368", code("26368"), "26368"),
            (
                joined,
                "26368, 26041",
                Some(Value::List(vec![Value::Code("26368".into()), Value::Code("26041".into())])),
                "26368,26041",
            ),
            (Codec::Integer, "-7", Some(Value::Integer(-7)), "-7"),
        ];
        for (codec, spelled, value, printed) in table {
            let parsed = codec.parse(spelled, Sight::on(&codes(), None)).unwrap();
            assert_eq!(parsed, value, "{spelled}");
            assert_eq!(codec.print(&parsed.unwrap(), Sight::on(&codes(), None)).unwrap(), printed, "{spelled}");
        }
    }

    #[test]
    fn what_is_not_understood_is_never_guessed() {
        let boolean = Codec::Boolean { yes: vec!["True".into()], no: vec!["False".into()] };
        for (codec, spelled, reason) in [
            (Codec::Code("status".into()), "10", "the unknown code `10` (table `status`)"),
            (boolean, "true", "neither true nor false: `true`"),
            (Codec::CitizenId, "1234567", "not a citizen id: 12 or 9 digits were expected"),
            (Codec::Unit, "2636x", "not a unit code: 5 or 2 digits were expected"),
            (Codec::Integer, "1.0", "not a whole number"),
        ] {
            assert_eq!(codec.parse(spelled, Sight::on(&codes(), None)).unwrap_err(), reason);
        }
    }

    #[test]
    fn a_text_too_long_is_refused_where_the_system_would_refuse_it() {
        let codec = Codec::Text { max: Some(2), cut: false };
        assert!(codec.print(&Value::Text("abc".into()), Sight::on(&codes(), None)).is_err());
        assert!(codec.print(&Value::Text("ab".into()), Sight::on(&codes(), None)).is_ok());
    }

    #[test]
    fn blanks_are_nothing_in_every_type() {
        for codec in [Codec::Text { max: None, cut: false }, Codec::Integer, Codec::Unit, Codec::Code("status".into())]
        {
            assert_eq!(codec.parse("  \n", Sight::on(&codes(), None)), Ok(None));
        }
    }
}
