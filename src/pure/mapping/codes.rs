//! Code tables: a system's codes ↔ canonical words, each row for as long as it holds.
//!
//! A table is indexed once; asking it is a look-up by code or word and a search among the days at which that one
//! changes, however many rows there are. It is asked for the ticket's own day, never the clock's.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::BuildHasherDefault;

use chrono::NaiveDate;
use regex::Regex;
use thiserror::Error;

use crate::words::problem::Spot;
use crate::words::ticket::Field;

mod timeline;

pub(super) use timeline::Timeline;

/// Most rows of one table.
pub const MAX_CODE_ROWS: usize = 50_000;

/// Always the same order for the same keys: nothing here draws a random number.
type Index = HashMap<String, Timeline, BuildHasherDefault<DefaultHasher>>;

/// Codes ↔ canonical words.
#[derive(Debug, Clone)]
pub struct CodeTable {
    /// Its name.
    pub name: String,
    /// What is declared of it as a whole.
    pub terms: Terms,
    /// Its rows, in the order of the file: of several that hold for a word, the first is written.
    pub rows: Vec<CodeRow>,
    readings: Index,
    writings: Index,
}

/// What is declared of a table as a whole.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Whether several codes may mean one word (`back = "keep"`): one that means the same already is never rewritten,
    /// since only a changed value is a change.
    pub keep: bool,
    /// The ticket's field whose day chooses among rows that hold for a time.
    pub by: Field,
    /// Canonical words that the system has no code for, and need none.
    pub refused: Vec<String>,
    /// Which codes there can be at all.
    pub domain: Option<Domain>,
    /// Where it is declared.
    pub spot: Spot,
}

/// Which codes there can be at all.
#[derive(Debug, Clone)]
pub enum Domain {
    /// These.
    List(Vec<String>),
    /// Those that the whole pattern fits.
    Like(Regex),
    /// Whole numbers, both ends included.
    Between(u64, u64),
}

/// One row of a code table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// The system's code.
    pub code: String,
    /// What it means.
    pub word: String,
    /// The first day on which it holds; every day before `until` where absent.
    pub from: Option<NaiveDate>,
    /// The first day on which it holds no longer; never where absent.
    pub until: Option<NaiveDate>,
    /// Whether it is read.
    pub read: bool,
    /// Whether it may be written.
    pub write: bool,
    /// Where its code stands, in the mapping or in a file beside it.
    pub spot: Spot,
    /// Where its word stands.
    pub word_spot: Spot,
}

/// Why a table has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unmatched {
    /// No row has it.
    #[error("anywhere")]
    Unknown,
    /// Rows have it, but none for that day.
    #[error("in a ticket of {0}")]
    On(NaiveDate),
    /// It depends on the day, and the ticket does not show one.
    #[error("in a ticket that does not show its day")]
    NoDay,
}

impl CodeTable {
    /// Indexes the rows.
    #[must_use]
    pub fn new(name: &str, terms: Terms, rows: Vec<CodeRow>) -> Self {
        let readings = index(&rows, |row| row.read, |row| &row.code, |one, other| one.word == other.word);
        let writings = index(&rows, |row| row.write, |row| &row.word, |one, other| one.code == other.code);
        Self { name: name.to_owned(), terms, rows, readings, writings }
    }

    /// What a code means in a ticket of that day.
    ///
    /// # Errors
    /// Why it means nothing.
    pub fn word(&self, code: &str, day: Option<NaiveDate>) -> Result<&str, Unmatched> {
        self.word_on(code, || day)
    }

    /// The same where the day is only told when it matters.
    pub(super) fn word_on(&self, code: &str, day: impl FnOnce() -> Option<NaiveDate>) -> Result<&str, Unmatched> {
        self.ask(&self.readings, code, day).map(|row| row.word.as_str())
    }

    /// The code that is written for a word in a ticket of that day.
    ///
    /// # Errors
    /// Why there is none.
    pub fn code(&self, word: &str, day: Option<NaiveDate>) -> Result<&str, Unmatched> {
        self.code_on(word, || day)
    }

    /// The same where the day is only told when it matters.
    pub(super) fn code_on(&self, word: &str, day: impl FnOnce() -> Option<NaiveDate>) -> Result<&str, Unmatched> {
        self.ask(&self.writings, word, day).map(|row| row.code.as_str())
    }

    /// Whether some row holds only for a time.
    #[must_use]
    pub fn is_dated(&self) -> bool {
        self.rows.iter().any(CodeRow::is_dated)
    }

    /// Whether some code can't be understood unless the ticket's day is known.
    #[must_use]
    pub fn needs_day(&self) -> bool {
        self.readings.values().any(|timeline| timeline.always().is_none())
    }

    /// Whether a code can come back as another one, or a word as another one.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        let other_code = |row: &CodeRow| row.read && self.days_of(row).any(|day| self.differs(row, day));
        let other_word = |row: &CodeRow| {
            row.write && self.days_of(row).any(|day| self.word(&row.code, day).is_ok_and(|word| word != row.word))
        };
        self.rows.iter().any(|row| other_code(row) || other_word(row))
    }

    /// The days at which anything about one of its words changes, the beginning first: what must be looked at to see all.
    pub(super) fn days_of_word(&self, word: &str) -> impl Iterator<Item = NaiveDate> {
        self.writings.get(word).into_iter().flat_map(Timeline::days)
    }

    /// When each of several rows for a word is the one that is written.
    pub(super) fn written(&self, word: &str) -> Option<&Timeline> {
        self.writings.get(word)
    }

    fn differs(&self, row: &CodeRow, day: Option<NaiveDate>) -> bool {
        self.code(&row.word, day).is_ok_and(|code| code != row.code)
    }

    /// Days that show a row beside all that changes while it holds.
    fn days_of<'a>(&'a self, row: &'a CodeRow) -> impl Iterator<Item = Option<NaiveDate>> + 'a {
        let readings = self.readings.get(&row.code).into_iter().flat_map(Timeline::days);
        let all = self.days_of_word(&row.word).chain(readings).chain(row.from);
        all.filter(|day| row.holds_on(*day)).map(Some)
    }

    fn ask(&self, index: &Index, key: &str, day: impl FnOnce() -> Option<NaiveDate>) -> Result<&CodeRow, Unmatched> {
        let timeline = index.get(key).ok_or(Unmatched::Unknown)?;
        let row = match timeline.always() {
            Some(row) => row,
            None => {
                let day = day().ok_or(Unmatched::NoDay)?;
                timeline.on(day).ok_or(Unmatched::On(day))?
            }
        };
        self.rows.get(row).ok_or(Unmatched::Unknown)
    }
}

impl CodeRow {
    /// Whether it holds only for a time.
    #[must_use]
    pub const fn is_dated(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }

    /// Whether it holds on that day.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }
}

impl Domain {
    /// Whether there can be such a code.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        match self {
            Self::List(codes) => codes.iter().any(|known| known == code),
            Self::Like(pattern) => pattern.is_match(code),
            Self::Between(first, last) => {
                let plain = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
                plain && code.parse().is_ok_and(|number: u64| (*first..=*last).contains(&number))
            }
        }
    }
}

/// The timelines of all codes or words.
fn index<'a>(
    rows: &'a [CodeRow],
    counts: impl Fn(&CodeRow) -> bool,
    key: impl Fn(&'a CodeRow) -> &'a String,
    same: impl Fn(&CodeRow, &CodeRow) -> bool,
) -> Index {
    let mut groups: HashMap<&str, Vec<usize>, BuildHasherDefault<DefaultHasher>> = HashMap::default();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| counts(row)) {
        groups.entry(key(row)).or_default().push(at);
    }
    let timeline = |group: Vec<usize>| Timeline::of(rows, &group, &same);
    groups.into_iter().map(|(key, group)| (key.to_owned(), timeline(group))).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::words::ticket::field;

    pub(in crate::pure::mapping) fn terms(keep: bool) -> Terms {
        Terms { keep, by: field::RECEIVED_AT, refused: Vec::new(), domain: None, spot: Spot::default() }
    }

    pub(in crate::pure::mapping) fn row(code: &str, word: &str, from: &str, until: &str) -> CodeRow {
        let (from, until) = (from.parse().ok(), until.parse().ok());
        let spot = Spot::default();
        CodeRow { code: code.into(), word: word.into(), from, until, read: true, write: true, spot, word_spot: spot }
    }

    fn day(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    /// A commune's code is given to another on 2025-07-01, an agency is closed on that day.
    fn table() -> CodeTable {
        let rows = vec![
            row("26368", "Long Thành cũ", "", "2025-07-01"),
            row("26368", "Long Thành mới", "2025-07-01", ""),
            row("H10.3", "Sở cũ", "", "2025-07-01"),
            row("H19.3", "Sở mới", "", ""),
            row("2", "đổi mã", "", "2025-07-01"),
            row("3", "đổi mã", "2025-07-01", "2026-04-30"),
            CodeRow { write: false, ..row("9", "đổi mã", "", "") },
        ];
        CodeTable::new("t", terms(true), rows)
    }

    #[test]
    fn a_code_means_what_it_meant_on_the_tickets_own_day() {
        let table = table();
        for (code, on, expected) in [
            ("26368", "2025-06-30", Ok("Long Thành cũ")),
            ("26368", "2025-07-01", Ok("Long Thành mới")),
            ("26368", "2030-01-01", Ok("Long Thành mới")),
            ("26368", "", Err(Unmatched::NoDay)),
            ("H10.3", "2024-01-01", Ok("Sở cũ")),
            ("H10.3", "2025-07-01", Err(Unmatched::On(day("2025-07-01").unwrap()))),
            ("H10.3", "", Err(Unmatched::NoDay)),
            ("H19.3", "", Ok("Sở mới")),
            ("H19.3", "1999-01-01", Ok("Sở mới")),
            ("9", "", Ok("đổi mã")),
            ("H19", "2025-07-01", Err(Unmatched::Unknown)),
        ] {
            assert_eq!(table.word(code, day(on)), expected, "{code} on {on}");
        }
        assert!(table.needs_day() && table.is_dated());
    }

    #[test]
    fn the_code_of_the_tickets_own_day_is_written() {
        let table = table();
        for (word, on, expected) in [
            ("đổi mã", "2025-06-30", Ok("2")),
            ("đổi mã", "2025-07-01", Ok("3")),
            ("đổi mã", "2026-04-29", Ok("3")),
            ("đổi mã", "2026-04-30", Err(Unmatched::On(day("2026-04-30").unwrap()))),
            ("đổi mã", "", Err(Unmatched::NoDay)),
            ("Sở mới", "", Ok("H19.3")),
        ] {
            assert_eq!(table.code(word, day(on)), expected, "{word} on {on}");
        }
    }

    #[test]
    fn a_table_is_lossy_where_a_code_or_a_word_comes_back_as_another() {
        let lossy = |rows: Vec<CodeRow>| CodeTable::new("t", terms(true), rows).is_lossy();
        assert!(!lossy(vec![row("1", "a", "", ""), row("2", "b", "", "")]));
        assert!(!lossy(vec![row("1", "a", "", "2025-07-01"), row("2", "a", "2025-07-01", "")]), "one at a time");
        assert!(lossy(vec![row("1", "a", "", ""), row("2", "a", "2025-07-01", "")]), "two codes at once");
        let write_only = CodeRow { read: false, ..row("1", "b", "", "") };
        assert!(lossy(vec![row("1", "a", "", ""), write_only]), "two words as one code");
        assert!(table().is_lossy());
    }

    #[test]
    fn a_domain_tells_which_codes_there_can_be() {
        let like = Domain::Like(Regex::new("^(?:[0-9]{5})$").unwrap());
        assert!(like.has("26368") && !like.has("2636") && !like.has("263680"));
        let between = Domain::Between(1, 14);
        assert!(between.has("1") && between.has("14") && between.has("07"));
        assert!(!between.has("0") && !between.has("15") && !between.has("+7") && !between.has(""));
        assert!(Domain::List(vec!["NO".into()]).has("NO"));
    }
}
