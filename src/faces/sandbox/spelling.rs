//! What the members of a ticket mean, and how each system spells them.
//!
//! `understand` turns a system's own spelling into plain words that can be compared with another system's; `spell` is
//! the way back, used for people who type into one system. Independent of the bridge's mapping on purpose.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use unicode_normalization::UnicodeNormalization;

use super::System;
use super::codes::Table;
use crate::words::clock::Timestamp;

/// Characters of a title on the national portal; the rest is cut off without a word.
pub const TITLE_CUT: usize = 250;
/// Characters of a title elsewhere.
const TITLE_MAX: usize = 1000;
/// Characters of any other text.
const TEXT_MAX: usize = 200_000;

macro_rules! meanings {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $shape:expr;)*) => {
        /// What one member of a ticket, reply, transfer or file means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Meaning { $($(#[$doc])* $name,)* }

        impl Meaning {
            /// Its name in reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
            /// What its values look like.
            pub(super) const fn shape(self) -> Shape {
                match self { $(Self::$name => $shape,)* }
            }
        }
    };
}

meanings! {
    /// Loại phiếu.
    Kind = "kind", Shape::Code(Table::Kind);
    /// Kênh tiếp nhận.
    Channel = "channel", Shape::Code(Table::Channel);
    /// Ghi âm ngoài giờ.
    AfterHours = "after_hours", Shape::Flag;
    /// Tiêu đề.
    Subject = "subject", Shape::Title;
    /// Nội dung.
    Content = "content", Shape::Text;
    /// Lĩnh vực.
    Field = "field", Shape::Code(Table::Field);
    /// Mức độ.
    Level = "level", Shape::Code(Table::Level);
    /// Người phản ánh.
    Name = "submitter_name", Shape::Text;
    /// Số điện thoại.
    Phone = "submitter_phone", Shape::Phone;
    /// Thư điện tử.
    Email = "submitter_email", Shape::Email;
    /// Địa chỉ.
    Address = "submitter_address", Shape::Text;
    /// Đối tượng.
    SubmitterKind = "submitter_kind", Shape::Code(Table::Submitter);
    /// Số định danh cá nhân.
    CitizenId = "citizen_id", Shape::CitizenId;
    /// Mã đơn vị hành chính.
    Place = "place", Shape::Commune;
    /// Ngày danh mục của mã.
    PlaceDate = "place_date", Shape::Date;
    /// Đơn vị chủ trì.
    Agency = "agency", Shape::Code(Table::Agency);
    /// Đơn vị phối hợp.
    CoAgencies = "co_agencies", Shape::Codes(Table::Agency);
    /// Trạng thái.
    Status = "status", Shape::Code(Table::Status);
    /// Lý do từ chối.
    RefusalReason = "refusal_reason", Shape::Text;
    /// Ngày tiếp nhận.
    ReceivedAt = "received_at", Shape::Instant;
    /// Hạn xử lý.
    DueAt = "due_at", Shape::Instant;
    /// Ngày trả lời.
    AnsweredAt = "answered_at", Shape::Instant;
    /// Số hồ sơ.
    Dossier = "dossier", Shape::Text;
    /// A reply's text.
    Text = "text", Shape::Text;
    /// Who replied.
    Author = "author", Shape::Text;
    /// When a reply or transfer was made.
    At = "at", Shape::Instant;
    /// Công khai.
    Public = "public", Shape::Flag;
    /// Đơn vị gửi.
    From = "from", Shape::Code(Table::Agency);
    /// Đơn vị nhận.
    To = "to", Shape::Code(Table::Agency);
    /// Lý do chuyển.
    Reason = "reason", Shape::Text;
    /// Tên tệp.
    FileName = "name", Shape::Text;
    /// Loại tệp.
    FileType = "type", Shape::Text;
    /// Kích thước.
    FileSize = "size", Shape::Number;
    /// Mã băm SHA-256.
    FileDigest = "sha256", Shape::Text;
    /// The reply that a file belongs to, by its id in the same system.
    FileOfReply = "reply", Shape::Text;
}

/// What the values of a member look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Title,
    Code(Table),
    Codes(Table),
    Flag,
    Phone,
    Email,
    CitizenId,
    Commune,
    Instant,
    Date,
    Number,
}

/// A value as its system spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// One value.
    One(String),
    /// A list of codes.
    Many(Vec<String>),
}

impl Raw {
    /// The parts, one or several.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(items) => items,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts().iter().all(String::is_empty)
    }
}

impl From<&str> for Raw {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

/// Why a system does not take a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unspellable {
    /// Not in the code list.
    UnknownCode,
    /// Not of the right form.
    BadForm,
}

/// Everybody's clocks show Vietnam's time.
fn vietnam() -> FixedOffset {
    const SECONDS: i32 = 7 * 3600;
    FixedOffset::east_opt(SECONDS).unwrap_or_else(|| Utc.fix_offset())
}

trait FixOffset {
    fn fix_offset(&self) -> FixedOffset;
}

impl FixOffset for Utc {
    fn fix_offset(&self) -> FixedOffset {
        chrono::Offset::fix(&Utc)
    }
}

/// An instant in the system's own spelling; milliseconds only where asked for and where the system shows them.
pub(super) fn spell_instant(system: System, at: Timestamp, millis: bool) -> String {
    let local = at.with_timezone(&vietnam());
    match system {
        System::Hotline => local.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        System::Portal => local.format("%Y%m%d%H%M%S").to_string(),
        System::Legal if millis => local.to_rfc3339_opts(SecondsFormat::Millis, false),
        System::Legal => local.to_rfc3339_opts(SecondsFormat::Secs, false),
    }
}

/// Reads an instant in the system's own spelling.
pub(super) fn read_instant(system: System, text: &str) -> Option<Timestamp> {
    let naive = match system {
        System::Hotline => NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.3f").ok()?,
        System::Portal if text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S").ok()?
        }
        System::Portal => return None,
        System::Legal => return DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc)),
    };
    vietnam().from_local_datetime(&naive).single().map(|at| at.with_timezone(&Utc))
}

const fn date_format(system: System) -> &'static str {
    match system {
        System::Portal => "%Y%m%d",
        System::Hotline | System::Legal => "%Y-%m-%d",
    }
}

const fn flag(system: System, yes: bool) -> &'static str {
    match (system, yes) {
        (System::Hotline, true) => "true",
        (System::Hotline, false) => "false",
        (System::Portal, true) => "True",
        (System::Portal, false) => "False",
        (System::Legal, true) => "1",
        (System::Legal, false) => "0",
    }
}

/// What a value means, in words that can be compared across systems. Fails on what the system would refuse.
pub(super) fn understand(system: System, meaning: Meaning, raw: &Raw) -> Result<String, Unspellable> {
    let shape = meaning.shape();
    if let (Shape::Codes(table), parts) = (shape, raw.parts()) {
        let mut words = Vec::with_capacity(parts.len());
        for part in parts.iter().filter(|part| !part.is_empty()) {
            words.push(table.word(system, part).ok_or(Unspellable::UnknownCode)?);
        }
        words.sort_unstable();
        return Ok(words.join(" "));
    }
    let Raw::One(text) = raw else { return Err(Unspellable::BadForm) };
    if text.is_empty() {
        return Ok(String::new());
    }
    match shape {
        Shape::Text if text.chars().count() <= TEXT_MAX => Ok(plain(text)),
        Shape::Title if text.chars().count() <= TITLE_MAX => Ok(plain(text)),
        Shape::Text | Shape::Title => Err(Unspellable::BadForm),
        Shape::Code(table) => table.word(system, text).map(str::to_owned).ok_or(Unspellable::UnknownCode),
        Shape::Codes(_) => Err(Unspellable::BadForm),
        Shape::Flag if text == flag(system, true) => Ok("yes".to_owned()),
        Shape::Flag if text == flag(system, false) => Ok("no".to_owned()),
        Shape::Flag => Err(Unspellable::BadForm),
        Shape::Phone => read_phone(system, text).ok_or(Unspellable::BadForm),
        Shape::Email if text.contains('@') && !text.contains(char::is_whitespace) => Ok(plain(text)),
        Shape::Email => Err(Unspellable::BadForm),
        Shape::CitizenId if digits(text, &[9, 12]) => Ok(text.clone()),
        Shape::Commune if digits(text, &[5]) => Ok(text.clone()),
        Shape::CitizenId | Shape::Commune => Err(Unspellable::BadForm),
        Shape::Instant => read_instant(system, text)
            .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
            .ok_or(Unspellable::BadForm),
        Shape::Date => NaiveDate::parse_from_str(text, date_format(system))
            .map(|day| day.to_string())
            .map_err(|_| Unspellable::BadForm),
        Shape::Number => text.parse::<u64>().map(|number| number.to_string()).map_err(|_| Unspellable::BadForm),
    }
}

/// How a person types a meaning into a system: the way back from [`understand`], for values that come from there.
/// Words of an unknown meaning are typed as they are, which the tests for bad codes use.
pub(super) fn spell(system: System, meaning: Meaning, words: &str) -> Raw {
    let one = match meaning.shape() {
        Shape::Codes(table) => {
            let codes = words.split_whitespace().map(|word| table.code(system, word).unwrap_or(word).to_owned());
            return Raw::Many(codes.collect());
        }
        Shape::Code(table) => table.code(system, words).unwrap_or(words).to_owned(),
        Shape::Flag => flag(system, words == "yes").to_owned(),
        Shape::Phone => spell_phone(system, words),
        Shape::Instant => DateTime::parse_from_rfc3339(words)
            .map_or_else(|_| words.to_owned(), |at| spell_instant(system, at.with_timezone(&Utc), false)),
        Shape::Date => words
            .parse::<NaiveDate>()
            .map_or_else(|_| words.to_owned(), |day| day.format(date_format(system)).to_string()),
        Shape::Title => cut_title(system, words),
        Shape::Text | Shape::Email | Shape::CitizenId | Shape::Commune | Shape::Number => words.to_owned(),
    };
    Raw::One(one)
}

/// What a title becomes when it is stored.
pub(super) fn cut_title(system: System, title: &str) -> String {
    match system {
        System::Portal => title.chars().take(TITLE_CUT).collect(),
        System::Hotline | System::Legal => title.to_owned(),
    }
}

/// Text without the differences that nobody sees: Unicode form and line ends.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").nfc().collect()
}

fn digits(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Mobile prefixes before and after the change from 11 to 10 digits (2018), and land lines of 2017.
const RENUMBERED: &[(&str, &str, usize)] = &[
    ("120", "70", 10),
    ("121", "79", 10),
    ("122", "77", 10),
    ("126", "76", 10),
    ("128", "78", 10),
    ("123", "83", 10),
    ("124", "84", 10),
    ("125", "85", 10),
    ("127", "81", 10),
    ("129", "82", 10),
    ("162", "32", 10),
    ("163", "33", 10),
    ("164", "34", 10),
    ("165", "35", 10),
    ("166", "36", 10),
    ("167", "37", 10),
    ("168", "38", 10),
    ("169", "39", 10),
    ("186", "56", 10),
    ("188", "58", 10),
    ("199", "59", 10),
    ("61", "251", 9),
    ("651", "271", 10),
];

/// The number as it is dialled today, `+84…`.
fn read_phone(system: System, text: &str) -> Option<String> {
    let national = match system {
        System::Hotline => text.strip_prefix('0').filter(|rest| digits(rest, &[9, 10]))?,
        System::Portal | System::Legal => text.strip_prefix("+84").filter(|rest| digits(rest, &[8, 9, 10]))?,
    };
    let today = RENUMBERED
        .iter()
        .find_map(|(before, after, length)| {
            let rest = national.strip_prefix(before).filter(|_| national.len() == *length)?;
            Some(format!("{after}{rest}"))
        })
        .unwrap_or_else(|| national.to_owned());
    Some(format!("+84{today}"))
}

fn spell_phone(system: System, words: &str) -> String {
    match (system, words.strip_prefix("+84")) {
        (System::Hotline, Some(rest)) => format!("0{rest}"),
        (System::Portal | System::Legal, None) if words.starts_with('0') => words.replacen('0', "+84", 1),
        (System::Hotline | System::Portal | System::Legal, _) => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(system: System, meaning: Meaning, text: &str) -> Result<String, Unspellable> {
        understand(system, meaning, &Raw::from(text))
    }

    #[test]
    fn three_spellings_of_one_value_mean_the_same() {
        let same = [
            (Meaning::Phone, "0912345678", "+84912345678", "+84912345678"),
            (Meaning::Phone, "01201234567", "+84701234567", "+841201234567"),
            (Meaning::Phone, "0613822501", "+842513822501", "+842513822501"),
            (Meaning::Status, "13", "DXL", "DangXuLy"),
            (Meaning::AfterHours, "true", "True", "1"),
            (Meaning::ReceivedAt, "2026-11-20 08:15:00.000", "20261120081500", "2026-11-20T01:15:00Z"),
            (Meaning::PlaceDate, "2026-04-30", "20260430", "2026-04-30"),
            (Meaning::Content, "Biên Hoà\r\nx", "Bie\u{302}n Hoa\u{300}\nx", "Biên Hoà\nx"),
        ];
        for (meaning, hotline, portal, legal) in same {
            let words = read(System::Hotline, meaning, hotline).unwrap();
            assert_eq!(read(System::Portal, meaning, portal).unwrap(), words);
            assert_eq!(read(System::Legal, meaning, legal).unwrap(), words);
        }
    }

    #[test]
    fn what_people_type_is_understood_again() {
        let typed = [
            (Meaning::Phone, "+84912345678"),
            (Meaning::Status, "answered"),
            (Meaning::CoAgencies, "000.00.03.H19 000.00.12.H19"),
            (Meaning::DueAt, "2026-12-10T01:15:00Z"),
            (Meaning::PlaceDate, "2026-04-30"),
            (Meaning::AfterHours, "no"),
        ];
        for system in System::ALL {
            for (meaning, words) in typed {
                assert_eq!(understand(system, meaning, &spell(system, meaning, words)).as_deref(), Ok(words));
            }
        }
    }

    #[test]
    fn foreign_spellings_are_refused() {
        let wrong = [
            (System::Hotline, Meaning::Status, "99", Unspellable::UnknownCode),
            (System::Portal, Meaning::Status, "7", Unspellable::UnknownCode),
            (System::Hotline, Meaning::Phone, "+84912345678", Unspellable::BadForm),
            (System::Portal, Meaning::ReceivedAt, "2026-11-20 08:15:00", Unspellable::BadForm),
            (System::Legal, Meaning::AfterHours, "True", Unspellable::BadForm),
            (System::Portal, Meaning::Place, "2636", Unspellable::BadForm),
        ];
        for (system, meaning, text, why) in wrong {
            assert_eq!(read(system, meaning, text), Err(why), "{text}");
        }
    }
}
