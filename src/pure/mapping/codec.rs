//! How values are spelled: each codec is a pair of parse and print.
//!
//! Exact (codes one to one, dates), canonicalising (phones, text forms: several spellings, one value) or lossy (cut
//! titles, many-to-one codes). A message never holds the text itself, except for codes: an unknown code is named.
//! Nothing is copied that need not be: images are borrowed from values and tables where they can be.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::words::limits::MAX_TEXT_BYTES;
use crate::words::ticket::Field;
use crate::words::value::Value;

use super::codes::{CodeTable, Unmatched};
use super::model::Absent;

pub use agency::AgencyStyle;
pub use boolean::Boolean;
pub use moment::{Days, Instants};
pub use number::Decimals;
pub use packed::Packed;
pub use phone::PhoneStyle;
pub use text::{Count, Limit, Over, Text};
pub use unit::Dated;

pub(super) mod agency;
mod boolean;
mod html;
mod moment;
mod number;
mod packed;
pub(super) mod phone;
pub(super) mod text;
mod unit;

/// Longest code that a message names, characters.
const MAX_CODE_SHOWN: usize = 40;
/// Digits of a citizen id: today's, and the older card's.
const CITIZEN_ID_DIGITS: [usize; 2] = [12, 9];

type Codes = BTreeMap<String, CodeTable>;

/// How a value is spelled. Each is a pair: parse and print.
#[derive(Debug, Clone)]
pub enum Codec {
    /// Free text.
    Text(Text),
    /// Codes of a table, by name in [`super::Mapping::codes`].
    Code(String),
    /// Whole number.
    Integer,
    /// Number with digits behind the point.
    Decimal(Decimals),
    /// True or false.
    Boolean(Boolean),
    /// Instant.
    Instant(Instants),
    /// Day.
    Date(Days),
    /// Vietnamese telephone number.
    Phone(PhoneStyle),
    /// Citizen id: 12 digits, or the older 9.
    CitizenId,
    /// Agency code.
    Agency(AgencyStyle),
    /// Administrative unit: digits as text, of a declared time.
    Unit(Dated),
    /// HTML, read as text; the longest markup that the system holds.
    Html(Option<Limit>),
    /// Text inside base64, or inside a zip inside base64.
    Packed(Packed),
    /// Several values.
    List {
        /// What one is.
        item: Box<Codec>,
        /// The text between them where they stand in one text; `None` where they are a list or repeated elements.
        joined: Option<String>,
    },
}

/// What a codec may look at beside the text: the file's code tables, and the ticket's own day where it is known.
/// Never the clock: a ticket of last year reads the same next year.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight<'a> {
    /// Code tables by name.
    pub(super) codes: &'a Codes,
    /// The day by which codes that hold for a time are understood.
    pub(super) day: Option<NaiveDate>,
}

impl<'a> Sight<'a> {
    /// The tables as they stand on a day.
    pub(super) const fn on(codes: &'a Codes, day: Option<NaiveDate>) -> Self {
        Self { codes, day }
    }
}

impl Codec {
    /// Text without a limit.
    pub(super) const fn plain() -> Self {
        Self::Text(Text { limit: None, encoding: None })
    }

    /// The field by whose day its codes are understood, where they are of administrative units.
    pub(super) fn dated_by(&self) -> Option<&Field> {
        match self {
            Self::Unit(dated) => Some(dated.by()),
            Self::List { item, .. } => item.dated_by(),
            Self::Text(_)
            | Self::Code(_)
            | Self::Integer
            | Self::Decimal(_)
            | Self::Boolean(_)
            | Self::Instant(_)
            | Self::Date(_)
            | Self::Phone(_)
            | Self::CitizenId
            | Self::Agency(_)
            | Self::Html(_)
            | Self::Packed(_) => None,
        }
    }

    /// The code table that it goes by, itself or for each of its elements.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        match self {
            Self::Code(name) => Some(name),
            Self::List { item, .. } => item.table(),
            Self::Text(_)
            | Self::Integer
            | Self::Boolean(_)
            | Self::Instant(_)
            | Self::Date(_)
            | Self::Phone(_)
            | Self::CitizenId
            | Self::Agency(_)
            | Self::Unit(_)
            | Self::Decimal(_)
            | Self::Html(_)
            | Self::Packed(_) => None,
        }
    }

    /// Takes the declared spellings of nothing: those that are dates count in every spelling of a date.
    pub(super) fn nothing_is(&mut self, absent: &[Absent]) {
        let texts = absent.iter().filter_map(|absent| match absent {
            Absent::Text(text) => Some(text.trim()),
            Absent::Omit | Absent::Null | Absent::Nil => None,
        });
        match self {
            Self::Instant(instants) => texts.for_each(|text| instants.nothing_is(text)),
            Self::Date(days) => texts.for_each(|text| days.nothing_is(text)),
            Self::List { item, .. } => item.nothing_is(absent),
            Self::Text(_)
            | Self::Code(_)
            | Self::Integer
            | Self::Decimal(_)
            | Self::Boolean(_)
            | Self::Phone(_)
            | Self::CitizenId
            | Self::Agency(_)
            | Self::Unit(_)
            | Self::Html(_)
            | Self::Packed(_) => {}
        }
    }

    /// What a text of the system means; `None` for a text that says nothing.
    ///
    /// # Errors
    /// Why it can't be understood.
    pub(super) fn parse(&self, text: &str, sight: Sight<'_>) -> Result<Option<Value>, String> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(format!("a text longer than {MAX_TEXT_BYTES} bytes"));
        }
        if let Self::Text(form) = self {
            return Ok(form.parse(text)?.map(|text| Value::Text(text.into_owned())));
        }
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        Ok(Some(match self {
            Self::Text(_) => return Ok(None),
            Self::Code(table) => {
                let word = sight.codes.get(table).map_or(Err(Unmatched::Unknown), |table| table.word(text, sight.day));
                let reason = |why| match why {
                    Unmatched::Unknown => format!("the unknown code `{}` (table `{table}`)", shown(text)),
                    why @ (Unmatched::On(_) | Unmatched::NoDay) => {
                        format!("the code `{}` means nothing {why} (table `{table}`)", shown(text))
                    }
                };
                Value::Code(word.map_err(reason)?.to_owned())
            }
            Self::Integer => Value::Integer(text.parse().map_err(|_| "not a whole number".to_owned())?),
            Self::Decimal(decimals) => Value::Decimal(decimals.parse(text)?),
            Self::Boolean(boolean) => Value::Boolean(boolean.parse(text)?),
            Self::Instant(instants) => return Ok(instants.parse(text)?.map(Value::Instant)),
            Self::Date(days) => return Ok(days.parse(text)?.map(Value::Date)),
            Self::Phone(_) => Value::Text(phone::parse(text)?),
            Self::CitizenId => Value::Text(digits(text, &CITIZEN_ID_DIGITS, "a citizen id")?),
            Self::Agency(_) => Value::Code(agency::parse(text)?),
            Self::Unit(dated) => Value::Code(dated.parse(text, sight.day)?),
            Self::Html(_) => {
                let read = html::parse(text);
                return Ok(text::canonical(&read).map(|text| Value::Text(text.into_owned())));
            }
            Self::Packed(packed) => {
                let inner = packed.parse(text)?;
                return Ok(text::canonical(&inner).map(|text| Value::Text(text.into_owned())));
            }
            Self::List { item, joined } => {
                let mut values = Vec::new();
                match joined {
                    Some(between) => {
                        for part in text.split(between.as_str()) {
                            values.extend(item.parse(part, sight)?);
                        }
                    }
                    None => {
                        let parts: Vec<Cow<'_, str>> =
                            serde_json::from_str(text).map_err(|_| "not a list of texts".to_owned())?;
                        for part in &parts {
                            values.extend(item.parse(part, sight)?);
                        }
                    }
                }
                if values.is_empty() {
                    return Ok(None);
                }
                Value::List(values)
            }
        }))
    }

    /// How the system spells a value, after all that it does to it.
    ///
    /// # Errors
    /// Why it has no spelling there.
    pub(super) fn print<'a>(&'a self, value: &'a Value, sight: Sight<'a>) -> Result<Cow<'a, str>, String> {
        match (self, value) {
            (Self::Text(form), Value::Text(text) | Value::Code(text)) => form.print(text),
            (Self::Code(table), Value::Code(word)) => {
                let code = sight.codes.get(table).map_or(Err(Unmatched::Unknown), |table| table.code(word, sight.day));
                let reason = |why| match why {
                    Unmatched::Unknown => format!("table `{table}` has no code for `{}`", shown(word)),
                    why @ (Unmatched::On(_) | Unmatched::NoDay) => {
                        format!("table `{table}` has no code for `{}` {why}", shown(word))
                    }
                };
                code.map(Cow::Borrowed).map_err(reason)
            }
            (Self::Integer, Value::Integer(number)) => Ok(Cow::Owned(number.to_string())),
            (Self::Decimal(decimals), Value::Decimal(number)) => decimals.print(*number).map(Cow::Owned),
            (Self::Boolean(boolean), Value::Boolean(is)) => boolean.print(*is).map(Cow::Borrowed),
            (Self::Instant(instants), Value::Instant(at)) => instants.print(*at).map(Cow::Owned),
            (Self::Date(days), Value::Date(day)) => days.print(*day).map(Cow::Owned),
            (Self::Phone(style), Value::Text(text)) => phone::print(text, *style),
            (Self::CitizenId, Value::Text(text)) => Ok(Cow::Borrowed(text)),
            (Self::Agency(style), Value::Code(code)) => agency::print(code, *style),
            (Self::Unit(dated), Value::Code(code)) => dated.print(code, sight.day).map(Cow::Borrowed),
            (Self::Html(limit), Value::Text(text)) => {
                let markup = html::print(text);
                // Cut markup is broken markup.
                match limit.filter(|limit| limit.is_passed_by(&markup)) {
                    Some(limit) => Err(limit.refusal()),
                    None => Ok(Cow::Owned(markup)),
                }
            }
            (Self::Packed(packed), Value::Text(text)) => packed.print(text).map(Cow::Owned),
            (Self::List { item, joined }, Value::List(values)) => {
                let parts: Result<Vec<Cow<'_, str>>, String> =
                    values.iter().map(|value| item.print(value, sight)).collect();
                let parts = parts?;
                match joined {
                    Some(between) if parts.iter().any(|part| part.contains(between.as_str())) => {
                        Err(format!("an element holds `{between}`"))
                    }
                    Some(between) => Ok(Cow::Owned(parts.join(between))),
                    None => list_image(&parts).map(Cow::Owned),
                }
            }
            _ => Err("a value of another type".to_owned()),
        }
    }

    /// Whether two different values can have one spelling, or the other way round for codes.
    pub(super) fn is_lossy(&self, codes: &Codes) -> bool {
        match self {
            Self::Text(text) => text.is_lossy(),
            Self::Code(table) => codes.get(table).is_some_and(CodeTable::is_lossy),
            Self::List { item, .. } => item.is_lossy(codes),
            Self::Html(_) => true,
            Self::Packed(packed) => packed.encoding.is_lossy(),
            Self::Integer
            | Self::Decimal(_)
            | Self::Boolean(_)
            | Self::Instant(_)
            | Self::Date(_)
            | Self::Phone(_)
            | Self::CitizenId
            | Self::Agency(_)
            | Self::Unit(_) => false,
        }
    }
}

/// The image of a list: its spelled elements as a JSON list.
pub(super) fn list_image<T: AsRef<str> + serde::Serialize>(parts: &[T]) -> Result<String, String> {
    serde_json::to_string(parts).map_err(|error| error.to_string())
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

pub(super) fn shown(code: &str) -> String {
    code.chars().filter(|c| !c.is_control()).take(MAX_CODE_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pure::content::Packing;
    use crate::pure::encoding::Encoding;
    use crate::pure::mapping::codes::tests::{row, terms};
    use crate::pure::mapping::instant::{InstantFormat, Pattern};
    use proptest::prelude::*;

    fn codes() -> Codes {
        let rows = vec![row("4", "received", "", ""), row("010", "received", "", ""), row("NO", "closed", "", "")];
        BTreeMap::from([("status".to_owned(), CodeTable::new("status", terms(true), rows))])
    }

    fn unit() -> Codec {
        Codec::Unit(Dated::By(Field::fixed("place_date")))
    }

    fn cut(most: usize, over: Over) -> Codec {
        Codec::Text(Text { limit: Some(Limit { most, count: Count::Characters, over }), encoding: None })
    }

    fn text(text: &str) -> Option<Value> {
        Some(Value::Text(text.to_owned()))
    }

    fn code(code: &str) -> Option<Value> {
        Some(Value::Code(code.to_owned()))
    }

    #[test]
    fn each_spelling_is_read_and_printed_as_declared() {
        let boolean =
            Codec::Boolean(Boolean { yes: vec!["True".into(), "1".into()], no: vec!["Không".into(), "False".into()] });
        let decimals = Decimals { scale: Some(2), point: ',' };
        let packed = Packed { packing: Packing::Base64, encoding: Encoding::Utf8 };
        let joined = Codec::List { item: Box::new(unit()), joined: Some(",".into()) };
        let table: Vec<(Codec, &str, Option<Value>, &str)> = vec![
            (Codec::plain(), " Biên Ho\u{300}a\r\nxa \n", text("Biên Hòa\nxa"), "Biên Hòa\nxa"),
            (cut(3, Over::Cut), "Đường", text("Đường"), "Đườ"),
            (Codec::Code("status".into()), "010", code("received"), "4"),
            (Codec::Code("status".into()), "NO", code("closed"), "NO"),
            (boolean.clone(), "1", Some(Value::Boolean(true)), "True"),
            (boolean.clone(), "False", Some(Value::Boolean(false)), "Không"),
            (boolean, "Kho\u{302}ng", Some(Value::Boolean(false)), "Không"),
            (Codec::Phone(PhoneStyle::Local), "+84 912.345.678", text("+84912345678"), "0912345678"),
            (Codec::CitizenId, "075 190 001 234", text("075190001234"), "075190001234"),
            (Codec::Agency(AgencyStyle::Qd20), "H19.12", code("000.00.12.H19"), "H19.12"),
            (unit(), "26368", code("26368"), "26368"),
            (
                joined,
                "26368, 26041",
                Some(Value::List(vec![Value::Code("26368".into()), Value::Code("26041".into())])),
                "26368,26041",
            ),
            (Codec::Decimal(decimals), "10,950", Some(Value::Decimal("10.95".parse().unwrap())), "10,95"),
            (Codec::Html(None), "<p>Kính gửi</p>A &amp; B", text("Kính gửi\nA & B"), "Kính gửi<br>A &amp; B"),
            (Codec::Packed(packed), "xJDhuqV0IMSRYWk=", text("Đất đai"), "xJDhuqV0IMSRYWk="),
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
        let boolean = Codec::Boolean(Boolean { yes: vec!["True".into()], no: vec!["False".into()] });
        for (codec, spelled, reason) in [
            (Codec::Code("status".into()), "10", "the unknown code `10` (table `status`)"),
            (boolean, "true", "neither true nor false: `true`"),
            (Codec::CitizenId, "1234567", "not a citizen id: 12 or 9 digits were expected"),
            (unit(), "2636x", "not a unit code: 5 or 3 or 2 digits were expected"),
            (Codec::Integer, "1.0", "not a whole number"),
        ] {
            assert_eq!(codec.parse(spelled, Sight::on(&codes(), None)).unwrap_err(), reason);
        }
    }

    #[test]
    fn a_text_too_long_is_refused_where_the_system_would_refuse_it() {
        let codec = cut(2, Over::Refused);
        assert!(codec.print(&Value::Text("abc".into()), Sight::on(&codes(), None)).is_err());
        assert!(codec.print(&Value::Text("ab".into()), Sight::on(&codes(), None)).is_ok());
    }

    #[test]
    fn blanks_are_nothing_in_every_type() {
        for codec in [Codec::plain(), Codec::Integer, unit(), Codec::Code("status".into())] {
            assert_eq!(codec.parse("  \n", Sight::on(&codes(), None)), Ok(None));
        }
    }

    /// One of each, in the forms that differ most.
    fn all() -> Vec<Codec> {
        let instant = |pattern: &str| {
            Codec::Instant(Instants::new(InstantFormat::pattern(pattern, chrono_tz::Asia::Ho_Chi_Minh).unwrap()))
        };
        let legacy = |encoding| Codec::Text(Text { limit: None, encoding: Some(encoding) });
        let packed = |packing| Codec::Packed(Packed { packing, encoding: Encoding::Vni });
        vec![
            Codec::plain(),
            cut(7, Over::Cut),
            cut(7, Over::Ellipsis),
            cut(7, Over::Refused),
            legacy(Encoding::Tcvn3),
            legacy(Encoding::Vni),
            legacy(Encoding::Viscii),
            legacy(Encoding::Windows1258),
            Codec::Code("status".into()),
            Codec::Integer,
            Codec::Decimal(Decimals { scale: None, point: '.' }),
            Codec::Decimal(Decimals { scale: Some(3), point: ',' }),
            Codec::Boolean(Boolean { yes: vec!["Có".into(), "1".into()], no: vec!["Không".into()] }),
            instant("%Y%m%d%H%M%S"),
            instant("%d/%m/%Y %H:%M:%S%.3f"),
            Codec::Instant(Instants::new(InstantFormat::rfc3339(chrono_tz::UTC, 6))),
            Codec::Instant(Instants::new(InstantFormat::EpochSeconds)),
            Codec::Date(Days::new(Pattern::new("%d/%m/%Y", false).unwrap())),
            Codec::Phone(PhoneStyle::Local),
            Codec::Phone(PhoneStyle::E164),
            Codec::CitizenId,
            Codec::Agency(AgencyStyle::Qcvn102),
            Codec::Agency(AgencyStyle::Qd20),
            unit(),
            Codec::Html(None),
            packed(Packing::Base64),
            packed(Packing::Base64Zip),
            Codec::List { item: Box::new(Codec::Agency(AgencyStyle::Qd20)), joined: Some(";".into()) },
            Codec::List { item: Box::new(unit()), joined: None },
        ]
    }

    proptest! {
        /// No text is a panic; what is understood is printed, read again as itself, and printed the same.
        #[test]
        fn what_any_text_means_comes_back(
            text in "\\PC{0,40}|[0-9+:TZ ./,-]{1,25}|[A-Z][0-9]{2}(\\.[1-9]){0,3}|(<[a-z/]{1,4}>|&[a-z]{2};|[ ađ\n]){1,20}|[A-Za-z0-9+/]{0,12}={0,2}",
        ) {
            let codes = codes();
            let sight = Sight::on(&codes, None);
            for codec in all() {
                let Ok(Some(value)) = codec.parse(&text, sight) else { continue };
                let Ok(image) = codec.print(&value, sight) else { continue };
                let back = codec.parse(&image, sight).unwrap();
                if !codec.is_lossy(&codes) && !matches!(codec, Codec::Instant(_)) {
                    prop_assert_eq!(back.as_ref(), Some(&value), "{:?}", codec);
                }
                if let Some(back) = &back {
                    prop_assert_eq!(codec.print(back, sight).unwrap(), image, "{:?}", codec);
                }
            }
        }
    }
}
