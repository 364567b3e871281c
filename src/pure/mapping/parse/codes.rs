//! `[code.X]`: codes ↔ canonical words.

use std::collections::BTreeMap;

use super::Loader;
use crate::pure::document::Table;
use crate::pure::mapping::model::{CodeRow, CodeTable};
use crate::pure::mapping::problem::code;

impl Loader<'_> {
    /// `words = { received = ["4", "1"], … }`: of several codes for one word the first is written.
    pub(super) fn codes(&mut self, root: &Table<'_>) -> BTreeMap<String, CodeTable> {
        let mut tables = BTreeMap::new();
        let Some(all) = root.table("code", &mut self.problems) else { return tables };
        for (name, span, item) in all.members() {
            let Some(table) = item.table(&mut self.problems) else { continue };
            let keep = table.get("back").and_then(|item| item.word(&mut self.problems, &[("keep", true)]));
            let mut rows: Vec<CodeRow> = Vec::new();
            let words = table.need("words", &mut self.problems).and_then(|item| item.table(&mut self.problems));
            for (word, word_span, item) in words.map(|words| words.members()).unwrap_or_default() {
                let mut first = true;
                for item in item.one_or_list() {
                    let Some(mut row) = self.code_row(word, &item) else { continue };
                    row.write &= first;
                    if rows.iter().any(|known| known.code == row.code && known.read && row.read) {
                        let message = format!("the code `{}` is read as two words", row.code);
                        self.problems.say(code::CODES, &item.span, message, "keep it in one row");
                    }
                    if row.read && !first && keep.is_none() {
                        let message = format!("several codes mean `{word}`, so a code can change when it comes back");
                        let mend = "add `back = \"keep\"`: a code that means the same is left as it is";
                        self.problems.say(code::CODES, &word_span, message, mend);
                    }
                    first = first && !row.write;
                    rows.push(row);
                }
            }
            table.finish(&mut self.problems);
            let line = self.problems.line(span.start);
            let keep = keep.unwrap_or(false);
            tables.insert(name.to_owned(), CodeTable { name: name.to_owned(), keep, rows, line });
        }
        tables
    }

    /// `"4"`, or `{ code = "4", only = "read" }`.
    fn code_row(&mut self, word: &str, item: &crate::pure::document::Item<'_>) -> Option<CodeRow> {
        let row = |code: &str, read, write| CodeRow { code: code.to_owned(), word: word.to_owned(), read, write };
        if item.value.as_table().is_none() {
            return Some(row(item.str(&mut self.problems)?, true, true));
        }
        let table = item.table(&mut self.problems)?;
        let code = table.need("code", &mut self.problems).and_then(|item| item.str(&mut self.problems));
        let words = [("read", (true, false)), ("write", (false, true))];
        let only = table.get("only").and_then(|item| item.word(&mut self.problems, &words));
        table.finish(&mut self.problems);
        let (read, write) = only.unwrap_or((true, true));
        Some(row(code?, read, write))
    }
}
