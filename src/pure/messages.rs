//! Everything the program says to people, in Vietnamese and English, in one catalogue.
//!
//! A message without one of its languages does not compile; adding one is one line in [`texts`], adding the label of
//! a code one line in [`codes`]. Labels of fields come from the tables of [`crate::words::ticket`]. Nothing here
//! decides anything, and no text from a remote system passes through here.

mod codes;
pub mod help;
mod texts;

use std::fmt::{self, Display, Write as _};
use std::str::FromStr;

use chrono::{DateTime, NaiveDate};
use chrono_tz::{Asia::Ho_Chi_Minh, Tz};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::words::clock::Timestamp;
use crate::words::extra::Extras;
use crate::words::side::Side;
use crate::words::ticket::{Field, RecordKind};

pub use texts::Key;

/// The time zone in which people here read instants.
pub const ZONE: Tz = Ho_Chi_Minh;

/// A language that the program speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Tiếng Việt.
    #[default]
    Vi,
    /// English.
    En,
}

/// A language that the program does not speak.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the language is `vi` or `en`, not `{0}`")]
pub struct UnknownLanguage(String);

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|language| language.as_str() == text)
            .ok_or_else(|| UnknownLanguage(text.chars().take(20).collect()))
    }
}

impl Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// BCP 47 tag, as in `<html lang>` and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// The text of a message that takes no parameters.
    #[must_use]
    pub const fn say(self, key: Key) -> &'static str {
        let (vi, en) = key.texts();
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    /// The text of a message with `{0}`, `{1}` … filled in. A parameter that contains braces is not filled again; a
    /// place without a parameter stays as written.
    #[must_use]
    pub fn fill(self, key: Key, parameters: &[&dyn Display]) -> String {
        let mut filled = String::new();
        let mut rest = self.say(key);
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let place = after.split_once('}').and_then(|(index, tail)| {
                let parameter = parameters.get(index.parse::<usize>().ok()?)?;
                Some((parameter, tail))
            });
            if let Some((parameter, tail)) = place {
                // Writing to a String can't fail.
                write!(filled, "{parameter}").unwrap_or_default();
                rest = tail;
            } else {
                filled.push('{');
                rest = after;
            }
        }
        filled.push_str(rest);
        filled
    }

    /// What people call a field of a record; its own name where no table knows it.
    #[must_use]
    pub fn field(self, kind: RecordKind, field: &Field) -> &str {
        kind.field(field.as_str()).map_or_else(|| field.as_str(), |info| self.of(info.vi, info.en))
    }

    /// The same for a field that a mapping may have declared.
    #[must_use]
    pub fn label<'a>(self, extras: &'a Extras, kind: RecordKind, field: &'a Field) -> &'a str {
        let declared = extras.get(kind, field.as_str());
        declared.map_or_else(|| self.field(kind, field), |extra| self.of(&extra.vi, &extra.en))
    }

    /// One of two texts.
    #[must_use]
    pub const fn of<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    /// What people call a canonical word of a coded ticket field (`status`, `kind`, `channel`, `field`, `level`,
    /// `submitter_kind`); the word itself where no table knows it.
    #[must_use]
    pub fn code<'a>(self, field: &Field, word: &'a str) -> &'a str {
        codes::label(field.as_str(), word).map_or(word, |(vi, en)| match self {
            Self::Vi => vi,
            Self::En => en,
        })
    }

    /// What people call a side.
    #[must_use]
    pub const fn side(self, side: Side) -> &'static str {
        self.say(match side {
            Side::Province => Key::SideProvince,
            Side::National => Key::SideNational,
        })
    }

    /// What people call several records of a kind.
    #[must_use]
    pub const fn kinds(self, kind: RecordKind) -> &'static str {
        self.say(match kind {
            RecordKind::Ticket => Key::KindTickets,
            RecordKind::Reply => Key::KindReplies,
            RecordKind::Transfer => Key::KindTransfers,
            RecordKind::Attachment => Key::KindAttachments,
        })
    }

    /// An instant in [`ZONE`], to the minute: `23/11/2026 19:42` or `2026-11-23 19:42`.
    #[must_use]
    pub fn instant(self, at: Timestamp) -> String {
        let local: DateTime<Tz> = at.with_timezone(&ZONE);
        local
            .format(match self {
                Self::Vi => "%d/%m/%Y %H:%M",
                Self::En => "%Y-%m-%d %H:%M",
            })
            .to_string()
    }

    /// The day of an instant in [`ZONE`].
    #[must_use]
    pub fn day(self, at: Timestamp) -> String {
        at.with_timezone(&ZONE).format(self.day_pattern()).to_string()
    }

    /// A day: `23/11/2026` or `2026-11-23`.
    #[must_use]
    pub fn date(self, day: NaiveDate) -> String {
        day.format(self.day_pattern()).to_string()
    }

    const fn day_pattern(self) -> &'static str {
        match self {
            Self::Vi => "%d/%m/%Y",
            Self::En => "%Y-%m-%d",
        }
    }

    /// A count with its thousands grouped: `55.821` or `55,821`.
    #[must_use]
    pub fn number(self, count: u64) -> String {
        let digits = count.to_string();
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(match self {
                    Self::Vi => '.',
                    Self::En => ',',
                });
            }
            grouped.push(digit);
        }
        grouped
    }

    /// A part of a whole in per cent with one decimal, `98,5%` or `98.5%`, rounded down so that only the whole is
    /// 100; an empty whole is all there.
    #[must_use]
    pub fn percent(self, part: u64, whole: u64) -> String {
        let permille = if whole == 0 { 1000 } else { u128::from(part) * 1000 / u128::from(whole) };
        let point = match self {
            Self::Vi => ',',
            Self::En => '.',
        };
        format!("{}{point}{}%", permille / 10, permille % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::ticket::{FIELDS, FieldInfo};
    use crate::words::value::Type;

    /// The places `{0}`, `{1}` … of a text, sorted.
    fn places(text: &str) -> Vec<&str> {
        let mut found: Vec<_> = text.split('{').skip(1).filter_map(|tail| tail.split('}').next()).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn every_message_says_something_in_both_languages_with_the_same_parameters() {
        for key in Key::ALL {
            let (vi, en) = key.texts();
            assert!(!vi.trim().is_empty() && !en.trim().is_empty(), "{key:?}");
            assert_eq!(places(vi), places(en), "{key:?}");
        }
    }

    #[test]
    fn every_closed_code_has_a_label_in_both_languages() {
        for FieldInfo { name, kind, .. } in RecordKind::Ticket.fields() {
            let Type::Code(words) = kind else { continue };
            for word in *words {
                let Some((vi, en)) = codes::label(name, word) else { panic!("{name} {word}") };
                assert!(!vi.is_empty() && !en.is_empty(), "{name} {word}");
            }
        }
        assert_eq!(Language::Vi.code(&Field::fixed("field"), FIELDS[0]), "Đất đai");
        assert_eq!(Language::En.code(&Field::fixed("agency"), "H19.1.2"), "H19.1.2");
    }

    #[test]
    fn parameters_are_filled_once() {
        let table: [(&[&dyn Display], &str); 3] =
            [(&[&"3", &"{0}"], "Từ 3 đến {0}"), (&[&"x"], "Từ x đến {1}"), (&[], "Từ {0} đến {1}")];
        for (parameters, want) in table {
            assert_eq!(Language::Vi.fill(Key::FromTo, parameters), want);
        }
    }

    #[test]
    fn people_read_local_time_and_grouped_numbers() {
        let at: Timestamp = "2026-11-23T17:05:59Z".parse().unwrap();
        assert_eq!(Language::Vi.instant(at), "24/11/2026 00:05");
        assert_eq!(Language::En.instant(at), "2026-11-24 00:05");
        assert_eq!(Language::Vi.day(at), "24/11/2026");
        for absurd in [Timestamp::MIN_UTC, Timestamp::MAX_UTC] {
            assert!(Language::Vi.instant(absurd).len() > Language::Vi.day(absurd).len());
        }
        for (count, vi, en) in
            [(0, "0", "0"), (999, "999", "999"), (55_821, "55.821", "55,821"), (1_000_000, "1.000.000", "1,000,000")]
        {
            assert_eq!((Language::Vi.number(count), Language::En.number(count)), (vi.into(), en.into()));
        }
    }

    #[test]
    fn only_the_whole_is_a_hundred_per_cent() {
        for (part, whole, want) in [(1, 3, "33,3%"), (9_999, 10_000, "99,9%"), (5, 5, "100,0%"), (0, 0, "100,0%")] {
            assert_eq!(Language::Vi.percent(part, whole), want);
        }
    }

    #[test]
    fn an_unknown_language_is_refused_with_the_known_ones() {
        assert_eq!("en".parse(), Ok(Language::En));
        assert_eq!("fr".parse::<Language>().unwrap_err().to_string(), "the language is `vi` or `en`, not `fr`");
    }
}
