//! How values are spelled: each codec is a pair of parse and print.
//!
//! Exact (codes one to one, dates), canonicalising (phones, text forms: several spellings, one value) or lossy (cut
//! titles, many-to-one codes). A message never holds the text itself, except for codes: an unknown code is named.
//! Nothing is copied that need not be: images are borrowed from values and tables where they can be.
//!
//! A type is a file here that implements [`Spelling`], and a line in [`Codec::spelling`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::words::limits::MAX_TEXT_BYTES;
use crate::words::record::Dates;
use crate::words::ticket::Field;
use crate::words::value::Value;

use super::codes::CodeTable;
use super::model::Absent;

pub use agency::AgencyStyle;
pub use boolean::Boolean;
pub use code::TableName;
pub use html::Markup;
pub use list::List;
pub use moment::{Days, Instants};
pub use number::Decimals;
pub use packed::Packed;
pub use phone::PhoneStyle;
pub use text::{Count, Limit, Over, Text};
pub use unit::Dated;

pub(super) use list::list_image;

pub(super) mod agency;
mod boolean;
mod code;
mod html;
mod list;
mod moment;
mod number;
mod packed;
pub(super) mod phone;
#[cfg(test)]
mod tests;
pub(super) mod text;
mod unit;

/// Longest code that a message names, characters.
const MAX_CODE_SHOWN: usize = 40;

type Codes = BTreeMap<String, CodeTable>;

/// How a value is spelled. Each is a pair: parse and print.
#[derive(Debug, Clone)]
pub enum Codec {
    /// Free text.
    Text(Text),
    /// Codes of a table.
    Code(TableName),
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
    /// HTML, read as text.
    Html(Markup),
    /// Text inside base64, or inside a zip inside base64.
    Packed(Packed),
    /// Several values.
    List(List),
}

/// What a codec may look at beside the text: the file's code tables, and the ticket's own dates.
/// Never the clock: a ticket of last year reads the same next year.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight<'a> {
    /// Code tables by name.
    codes: &'a Codes,
    dates: &'a Dates,
    /// Whose calendar the dates are of.
    zone: Tz,
}

impl<'a> Sight<'a> {
    /// The tables as they stand in a ticket with these dates.
    pub(super) const fn of(codes: &'a Codes, dates: &'a Dates, zone: Tz) -> Self {
        Self { codes, dates, zone }
    }

    /// The day by which codes that hold for a time are understood, where the ticket shows it.
    fn day(&self, by: &Field) -> Option<NaiveDate> {
        self.dates.day(by, &self.zone)
    }
}

/// What is asked of every type.
trait Spelling {
    /// What a text of the system means; `None` for a text that says nothing. It has no blanks around it and is not
    /// empty, unless the type is free text.
    fn read(&self, text: &str, sight: Sight<'_>) -> Result<Option<Value>, String>;

    /// How the system spells a value, after all that it does to it; `None` for a value of another type.
    fn spell<'a>(&'a self, value: &'a Value, sight: Sight<'a>) -> Option<Result<Cow<'a, str>, String>>;

    /// Whether two different values can have one spelling, or the other way round for codes.
    fn is_lossy(&self, _: &Codes) -> bool {
        false
    }

    /// The code table that it goes by.
    fn table(&self) -> Option<&str> {
        None
    }

    /// The field by whose day its codes are understood, where they are of administrative units.
    fn dated_by(&self) -> Option<&Field> {
        None
    }
}

impl Codec {
    /// Text without a limit.
    pub(super) const fn plain() -> Self {
        Self::Text(Text { limit: None, encoding: None })
    }

    fn spelling(&self) -> &dyn Spelling {
        match self {
            Self::Text(form) => form,
            Self::Code(table) => table,
            Self::Integer => &number::Integer,
            Self::Decimal(decimals) => decimals,
            Self::Boolean(boolean) => boolean,
            Self::Instant(instants) => instants,
            Self::Date(days) => days,
            Self::Phone(style) => style,
            Self::CitizenId => &number::CitizenId,
            Self::Agency(style) => style,
            Self::Unit(dated) => dated,
            Self::Html(markup) => markup,
            Self::Packed(packed) => packed,
            Self::List(list) => list,
        }
    }

    /// The field by whose day its codes are understood, where they are of administrative units.
    pub(super) fn dated_by(&self) -> Option<&Field> {
        self.spelling().dated_by()
    }

    /// The code table that it goes by, itself or for each of its elements.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        self.spelling().table()
    }

    /// Whether two different values can have one spelling, or the other way round for codes.
    pub(super) fn is_lossy(&self, codes: &Codes) -> bool {
        self.spelling().is_lossy(codes)
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
            Self::List(list) => list.item.nothing_is(absent),
            _ => {}
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
        // What looks like a blank can be a letter of an old alphabet.
        if let Self::Text(form) = self {
            return form.read(text, sight);
        }
        let text = text.trim();
        if text.is_empty() { Ok(None) } else { self.spelling().read(text, sight) }
    }

    /// How the system spells a value, after all that it does to it.
    ///
    /// # Errors
    /// Why it has no spelling there.
    pub(super) fn print<'a>(&'a self, value: &'a Value, sight: Sight<'a>) -> Result<Cow<'a, str>, String> {
        self.spelling().spell(value, sight).unwrap_or_else(|| Err("a value of another type".to_owned()))
    }
}

/// A code as messages name it.
pub(super) fn shown(code: &str) -> String {
    code.chars().filter(|c| !c.is_control()).take(MAX_CODE_SHOWN).collect()
}
