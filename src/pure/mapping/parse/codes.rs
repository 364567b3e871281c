//! `[code.X]`: codes ↔ canonical words, in the file itself or in a CSV beside it.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;
use regex::RegexBuilder;
use toml::de::DeValue;

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::codes::{CodeRow, CodeTable, Domain, MAX_CODE_ROWS, Terms};
use crate::pure::mapping::problem::{code, nearest};
use crate::words::problem::Spot;
use crate::words::ticket::{Field, RecordKind, field};
use crate::words::value::Type;

mod sheet;

/// Most memory of a domain's compiled pattern, bytes.
const MAX_PATTERN_BYTES: usize = 1024 * 1024;
/// What a date looks like here.
const DATE_MEND: &str = "write it as 2025-07-01; in a spreadsheet, give the column the format `text` first";
/// `only = "read"` or `"write"`: whether a row is read, whether it is written.
const ONLY: [(&str, (bool, bool)); 2] = [("read", (true, false)), ("write", (false, true))];

impl Loader<'_> {
    /// Of several codes for one word the first is written.
    pub(super) fn codes(&mut self, root: &Table<'_>) -> BTreeMap<String, CodeTable> {
        let mut tables = BTreeMap::new();
        let Some(all) = root.table("code", &mut self.problems) else { return tables };
        for (name, span, item) in all.members() {
            let Some(table) = item.table(&mut self.problems) else { continue };
            let before = self.problems.len();
            let found = self.code_table(name, &span, &table);
            table.finish(&mut self.problems);
            if self.problems.len() > before {
                self.notes.broken_tables.insert(name.to_owned());
            }
            tables.insert(name.to_owned(), found);
        }
        tables
    }

    fn code_table(&mut self, name: &str, span: &Range<usize>, table: &Table<'_>) -> CodeTable {
        let keep = table.get("back").and_then(|item| item.word(&mut self.problems, &[("keep", true)]));
        let terms = Terms {
            keep: keep.unwrap_or(false),
            by: table.get("by").and_then(|item| self.day_field(&item)).unwrap_or(field::RECEIVED_AT),
            refused: table.get("refused").map(|item| item.strings(&mut self.problems)).unwrap_or_default(),
            domain: table.get("domain").and_then(|item| self.domain(&item)),
            spot: Spot::of(span),
        };
        let (words, file) = (table.get("words"), table.get("file"));
        if words.is_none() && file.is_none() {
            let mend = "add `words = { WORD = \"CODE\" }`, or `file = \"NAME.csv\"` with the columns code and word";
            self.problems.say(code::MISSING_KEY, &table.span, "`words` is missing", mend);
        }
        let mut rows = Vec::new();
        if let Some(words) = words.and_then(|item| item.table(&mut self.problems)) {
            for (word, span, item) in words.members() {
                let inline = item.one_or_list();
                rows.extend(inline.iter().filter_map(|item| self.code_row(word, &span, item)));
            }
        }
        if let Some(item) = &file {
            self.sheet(item, &mut rows);
        }
        if rows.len() > MAX_CODE_ROWS {
            let message = format!("table `{name}` has more than {MAX_CODE_ROWS} rows");
            self.problems.say(code::BAD_VALUE, span, message, "split it, or leave out what is never used");
            rows.truncate(MAX_CODE_ROWS);
        }
        CodeTable::new(name, terms, rows)
    }

    /// `"4"`, or `{ code = "4", from = "2025-07-01", until = "2026-04-30", only = "read" }`.
    fn code_row(&mut self, word: &str, word_span: &Range<usize>, item: &Item<'_>) -> Option<CodeRow> {
        let row = |code: &str, span: &Range<usize>| CodeRow {
            code: code.to_owned(),
            word: word.to_owned(),
            from: None,
            until: None,
            read: true,
            write: true,
            spot: Spot::of(span),
            word_spot: Spot::of(word_span),
        };
        if item.value.as_table().is_none() {
            return Some(row(item.str(&mut self.problems)?, &item.span));
        }
        let table = item.table(&mut self.problems)?;
        let code_item = table.need("code", &mut self.problems);
        let code = code_item.as_ref().and_then(|item| Some((item.str(&mut self.problems)?, &item.span)));
        let from = table.get("from").and_then(|item| self.day(&item));
        let until = table.get("until").and_then(|item| self.day(&item));
        let only = table.get("only").and_then(|item| item.word(&mut self.problems, &ONLY));
        table.str("note", &mut self.problems);
        table.finish(&mut self.problems);
        let (read, write) = only.unwrap_or((true, true));
        let (code, span) = code?;
        Some(CodeRow { from, until, read, write, ..row(code, span) })
    }

    fn day(&mut self, item: &Item<'_>) -> Option<NaiveDate> {
        let text = item.str(&mut self.problems)?;
        let day = day(text);
        if day.is_none() {
            self.problems.say(code::BAD_VALUE, &item.span, format!("`{text}` is no day"), DATE_MEND);
        }
        day
    }

    /// `by = "received_at"`: a field of the ticket that is an instant or a day.
    fn day_field(&mut self, item: &Item<'_>) -> Option<Field> {
        let name = item.str(&mut self.problems)?;
        let dates = || {
            let fields = RecordKind::Ticket.fields().iter();
            fields.filter(|info| matches!(info.kind, Type::Instant | Type::Date)).map(|info| info.name)
        };
        if dates().any(|known| known == name) {
            return Some(Field::named(name));
        }
        let mend = nearest(name, dates()).map_or_else(
            || format!("write one of: {}", dates().collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        self.problems.say(code::UNKNOWN_NAME, &item.span, format!("a ticket has no date `{name}`"), mend);
        None
    }

    /// `["1", "2"]`, `{ like = "[0-9]{5}" }` or `{ from = 1, to = 14 }`.
    fn domain(&mut self, item: &Item<'_>) -> Option<Domain> {
        if matches!(item.value, DeValue::Array(_)) {
            return Some(Domain::List(item.strings(&mut self.problems)));
        }
        let table = item.table(&mut self.problems)?;
        let domain = if let Some(item) = table.get("like") {
            let text = item.str(&mut self.problems)?;
            let pattern = RegexBuilder::new(&format!("^(?:{text})$")).size_limit(MAX_PATTERN_BYTES).build();
            if pattern.is_err() {
                let mend = "write a regular expression that fits whole codes, such as \"[0-9]{5}\"";
                self.problems.say(code::BAD_VALUE, &item.span, format!("`{text}` is no pattern"), mend);
            }
            pattern.ok().map(Domain::Like)
        } else {
            let first = table.need("from", &mut self.problems).and_then(|item| item.number(&mut self.problems));
            let last = table.need("to", &mut self.problems).and_then(|item| item.number(&mut self.problems));
            if first.zip(last).is_some_and(|(first, last)| last < first) {
                self.problems.say(code::NEVER, &item.span, "no number is in this range", "put the smaller one first");
            }
            first.zip(last).map(|(first, last)| Domain::Between(first, last))
        };
        table.finish(&mut self.problems);
        domain
    }
}

/// `2025-07-01`; nothing else, since `01/07/2025` means two days.
fn day(text: &str) -> Option<NaiveDate> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    text.parse().ok().filter(|_| plain)
}
