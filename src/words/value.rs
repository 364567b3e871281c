//! Values of fields: typed, canonical, the same whichever system they came from.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::decimal::Decimal;
use super::text::Text;

/// One canonical value. There is no null: an empty field is `None` around this type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type", content = "is")]
pub enum Value {
    /// Free text, NFC, lines ended by `\n`; also phones (E.164), e-mails and other text of a declared shape.
    Text(Text),
    /// A word of a declared list; `010` and `NO` stay text.
    Code(Text),
    /// A whole number.
    Integer(i64),
    /// A number with digits behind the point, exact.
    Decimal(Decimal),
    /// True or false.
    Boolean(bool),
    /// A point in time.
    Instant(Timestamp),
    /// A day of the calendar, without a time.
    Date(NaiveDate),
    /// Several values, in order.
    List(Vec<Value>),
}

impl Value {
    /// The text of a text or code.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Code(text) => Some(text),
            Self::Integer(_)
            | Self::Decimal(_)
            | Self::Boolean(_)
            | Self::Instant(_)
            | Self::Date(_)
            | Self::List(_) => None,
        }
    }

    /// The instant, where it is one.
    #[must_use]
    pub fn as_instant(&self) -> Option<Timestamp> {
        match self {
            Self::Instant(at) => Some(*at),
            Self::Text(_)
            | Self::Code(_)
            | Self::Integer(_)
            | Self::Decimal(_)
            | Self::Boolean(_)
            | Self::Date(_)
            | Self::List(_) => None,
        }
    }

    /// One line for people: lists joined by `; `, instants in RFC 3339.
    #[must_use]
    pub fn display(&self) -> String {
        match self {
            Self::Text(text) | Self::Code(text) => text.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Boolean(yes) => yes.to_string(),
            Self::Instant(at) => at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            Self::Date(day) => day.to_string(),
            Self::List(items) => items.iter().map(Self::display).collect::<Vec<_>>().join("; "),
        }
    }
}

/// The declared type of a field: what its canonical values look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// [`Value::Text`]
    Text,
    /// [`Value::Code`] from a closed list of canonical words.
    Code(&'static [&'static str]),
    /// [`Value::Code`] from an open catalogue (agencies, administrative units).
    OpenCode,
    /// [`Value::Integer`]
    Integer,
    /// [`Value::Decimal`]
    Decimal,
    /// [`Value::Boolean`]
    Boolean,
    /// [`Value::Instant`]
    Instant,
    /// [`Value::Date`]
    Date,
    /// [`Value::List`] of open codes.
    CodeList,
}
