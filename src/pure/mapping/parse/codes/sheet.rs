//! `file = "NAME.csv"`: the rows of a code table in a CSV beside the mapping, as spreadsheets write it: with or without
//! a byte-order mark, with commas, semicolons or tabs between the columns. Problems point into that file.

use std::borrow::Cow;
use std::ops::Range;

use super::{DATE_MEND, ONLY, day};
use crate::pure::document::Item;
use crate::pure::mapping::codes::{CodeRow, MAX_CODE_ROWS};
use crate::pure::mapping::parse::Loader;
use crate::pure::mapping::parse::beside::is_plain_name;
use crate::pure::mapping::problem::{code, nearest};
use crate::words::problem::Spot;

/// What the columns are called.
const COLUMNS: [&str; 6] = ["code", "word", "from", "until", "only", "note"];
/// What may stand between columns: English, Vietnamese and tab-separated spreadsheets.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
const BOM: &str = "\u{feff}";

/// One cell and the bytes that it takes in its file.
type Cell<'a> = (Cow<'a, str>, Range<usize>);

impl Loader<'_> {
    /// Reads the file that the item names, and puts its rows behind the others.
    pub(super) fn sheet(&mut self, item: &Item<'_>, rows: &mut Vec<CodeRow>) {
        let Some(name) = item.str(&mut self.problems) else { return };
        if !is_plain_name(name) {
            let mend = "write the name of a file in the mapping's own folder, such as \"units.csv\"";
            self.problems.say(code::BESIDE, &item.span, format!("`{name}` is no plain file name"), mend);
            return;
        }
        let text = match (self.beside)(name) {
            Ok(text) => text,
            Err(reason) => {
                let mend = "put it beside the mapping file, saved as `CSV UTF-8`";
                self.problems.say(code::BESIDE, &item.span, format!("`{name}`: {reason}"), mend);
                return;
            }
        };
        let file = self.problems.beside(&name_beside(self.file, name), &text);
        self.files_beside.insert(name.to_owned(), text.clone());
        let mut lines = Lines::new(&text);
        let Some(header) = lines.next() else {
            let mend = format!("begin it with the line `{}`", COLUMNS[..2].join(";"));
            self.problems.say_at(code::BESIDE, Spot::within(file, &(0..1)), "an empty file", mend);
            return;
        };
        let Some(columns) = self.columns(file, &header) else { return };
        for cells in lines.filter(|cells| cells.iter().any(|(text, _)| !text.is_empty())).take(MAX_CODE_ROWS + 1) {
            rows.extend(self.sheet_row(file, &columns, &cells));
        }
    }

    /// Which column stands where; `None` where rows can't be understood.
    fn columns(&mut self, file: u32, header: &[Cell<'_>]) -> Option<Vec<Option<&'static str>>> {
        let mut columns: Vec<Option<&'static str>> = Vec::new();
        for (text, span) in header {
            let text = text.to_lowercase();
            let known = COLUMNS.into_iter().find(|column| *column == text);
            let spot = Spot::within(file, span);
            if known.is_none() && !text.is_empty() {
                let mend = nearest(&text, COLUMNS).map_or_else(
                    || format!("the columns are {}", COLUMNS.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                self.problems.say_at(code::UNKNOWN_KEY, spot, format!("unknown column `{text}`"), mend);
            }
            if known.is_some() && columns.contains(&known) {
                let message = format!("a second column `{text}`");
                self.problems.say_at(code::BAD_VALUE, spot, message, "keep one of them");
            }
            columns.push(known);
        }
        let missing = ["code", "word"].into_iter().find(|needed| !columns.contains(&Some(*needed)));
        if let Some(missing) = missing {
            let spot = Spot::within(file, &header.first().map_or(0..1, |(_, span)| span.clone()));
            let mend = format!("name the columns in the first line: {}", COLUMNS.join(", "));
            self.problems.say_at(code::MISSING_KEY, spot, format!("the column `{missing}` is missing"), mend);
            return None;
        }
        Some(columns)
    }

    fn sheet_row(&mut self, file: u32, columns: &[Option<&'static str>], cells: &[Cell<'_>]) -> Option<CodeRow> {
        let whole = cells.first()?.1.start..cells.last()?.1.end;
        if let Some((_, span)) = cells.get(columns.len()) {
            let mend = "put a value that holds the delimiter in double quotes";
            self.problems.say_at(code::BESIDE, Spot::within(file, span), "more cells than columns", mend);
            return None;
        }
        let cell = |wanted: &str| {
            let at = columns.iter().position(|column| *column == Some(wanted))?;
            cells.get(at).filter(|(text, _)| !text.is_empty())
        };
        let (code_cell, word) = (cell("code"), cell("word"));
        for (name, found) in [("code", code_cell), ("word", word)] {
            if found.is_none() {
                let message = format!("a row without a {name}");
                self.problems.say_at(
                    code::MISSING_KEY,
                    Spot::within(file, &whole),
                    message,
                    "add it, or take the row out",
                );
            }
        }
        let mut date = |name: &str| {
            let (text, span) = cell(name)?;
            let found = day(text);
            if found.is_none() {
                let message = format!("`{text}` is no day");
                self.problems.say_at(code::BAD_VALUE, Spot::within(file, span), message, DATE_MEND);
            }
            found
        };
        let (from, until) = (date("from"), date("until"));
        let (mut read, mut write) = (true, true);
        if let Some((text, span)) = cell("only") {
            match ONLY.iter().find(|(word, _)| *word == text) {
                Some((_, (reads, writes))) => (read, write) = (*reads, *writes),
                None => {
                    let message = format!("`{text}` is not known here");
                    let mend = "write `read` or `write`, or leave the cell empty";
                    self.problems.say_at(code::BAD_VALUE, Spot::within(file, span), message, mend);
                }
            }
        }
        let ((code, span), (word, word_span)) = (code_cell?, word?);
        let (spot, word_spot) = (Spot::within(file, span), Spot::within(file, word_span));
        Some(CodeRow { code: code.to_string(), word: word.to_string(), from, until, read, write, spot, word_spot })
    }
}

/// The file's name for people: in the folder of the mapping, as the mapping's own name gives it.
fn name_beside(mapping: &str, name: &str) -> String {
    mapping.rfind(['/', '\\']).and_then(|at| mapping.get(..=at)).unwrap_or_default().to_owned() + name
}

/// The lines of a CSV, each a list of cells with their bytes. A quoted cell may hold delimiters, line ends and `""`.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let at = if text.starts_with(BOM) { BOM.len() } else { 0 };
        let first = text.get(at..).unwrap_or_default().lines().next().unwrap_or_default();
        let delimiter = first.bytes().find(|byte| DELIMITERS.contains(byte)).unwrap_or(b',');
        Self { text, at, delimiter }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The bytes up to the next delimiter or line end, blanks around them left out.
    fn bare(&mut self) -> Cell<'a> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let ends = |byte: u8| byte == self.delimiter || byte == b'\n' || byte == b'\r';
        let length = rest.bytes().position(ends).unwrap_or(rest.len());
        let cell = rest.get(..length).unwrap_or_default();
        let start = self.at + (cell.len() - cell.trim_start().len());
        self.at += length;
        let cell = cell.trim();
        (Cow::Borrowed(cell), start..start + cell.len())
    }

    fn quoted(&mut self) -> Cell<'a> {
        let start = self.at;
        let mut text = String::new();
        let mut rest = self.text.get(start + 1..).unwrap_or_default();
        loop {
            // One that is never closed takes all that is left.
            let (before, after) = rest.split_once('"').unwrap_or((rest, ""));
            text.push_str(before);
            rest = after;
            let Some(after) = rest.strip_prefix('"') else { break };
            text.push('"');
            rest = after;
        }
        self.at = self.text.len() - rest.len();
        let end = self.at;
        // What stands behind the closing quote is part of the cell, as spreadsheets have it.
        let (behind, _) = self.bare();
        text.push_str(&behind);
        (Cow::Owned(text.trim().to_owned()), start..end)
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Vec<Cell<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.byte()?;
        let mut cells = Vec::new();
        loop {
            cells.push(if self.byte() == Some(b'"') { self.quoted() } else { self.bare() });
            match self.byte() {
                Some(byte) if byte == self.delimiter => self.at += 1,
                _ => break,
            }
        }
        if self.byte() == Some(b'\r') {
            self.at += 1;
        }
        if self.byte() == Some(b'\n') {
            self.at += 1;
        }
        Some(cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        Lines::new(text).map(|line| line.into_iter().map(|(text, _)| text.into_owned()).collect()).collect()
    }

    #[test]
    fn spreadsheets_of_both_kinds_are_read() {
        let expected = [vec!["code", "word"], vec!["010", "a; \"b\", c"], vec!["", ""], vec!["NO", "đ"]];
        for text in [
            "\u{feff}code;word\r\n010;\"a; \"\"b\"\", c\"\r\n;\r\nNO; đ \r\n",
            "code,word\n010,\"a; \"\"b\"\", c\"\n,\nNO,đ",
            "code\tword\n010\t\"a; \"\"b\"\", c\"\n\t\nNO\tđ\n",
        ] {
            assert_eq!(cells(text), expected, "{text:?}");
        }
        assert!(cells("").is_empty() && cells("\u{feff}").is_empty());
        assert_eq!(cells("a;\"never closed\nb"), [vec!["a", "never closed\nb"]]);
        assert_eq!(cells("a\rb\n"), [vec!["a"], vec!["b"]], "a carriage return alone ends a line too");
    }

    #[test]
    fn each_cell_tells_its_bytes() {
        let text = "\u{feff}code;word\n \"a\"\"b\" ; đường \n";
        let marked: Vec<&str> = Lines::new(text).flatten().map(|(_, span)| &text[span]).collect();
        assert_eq!(marked, ["code", "word", "\"a\"\"b\"", "đường"]);
    }

    #[test]
    fn a_file_is_named_in_the_folder_of_its_mapping() {
        assert_eq!(name_beside("maps/a.toml", "u.csv"), "maps/u.csv");
        assert_eq!(name_beside("a.toml", "u.csv"), "u.csv");
    }
}
