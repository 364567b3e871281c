//! What is wrong with a mapping file: every problem at once, each with its place and how to mend it.

use std::fmt::Write as _;
use std::ops::Range;

use serde::Serialize;

/// Most problems that one file collects.
const MAX_PROBLEMS: usize = 200;

/// The stable codes of problems.
pub mod code {
    /// Not TOML.
    pub const SYNTAX: &str = "M001";
    /// An unknown key.
    pub const UNKNOWN_KEY: &str = "M002";
    /// A value of another type.
    pub const WRONG_TYPE: &str = "M003";
    /// A key that must be there is not.
    pub const MISSING_KEY: &str = "M004";
    /// A value that is not allowed here.
    pub const BAD_VALUE: &str = "M005";
    /// A name of something that is not in the file.
    pub const UNKNOWN_NAME: &str = "M006";
    /// A malformed path.
    pub const PATH: &str = "M007";
    /// A malformed template, or an unknown variable.
    pub const TEMPLATE: &str = "M008";
    /// A variable that has no value in this verb.
    pub const SCOPE: &str = "M009";
    /// A code table with a hole or a contradiction.
    pub const CODES: &str = "M010";
    /// Something that can never be reached.
    pub const UNREACHABLE: &str = "M011";
    /// A writable field that no group or more than one group reaches.
    pub const GROUPS: &str = "M012";
    /// A promise that the calls do not keep.
    pub const PROMISE: &str = "M013";
    /// A setting that is missing or not what it must be.
    pub const SETTING: &str = "M014";
    /// An example that fails.
    pub const EXAMPLE: &str = "M015";
    /// A law that does not hold.
    pub const LAW: &str = "M016";
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable code, e.g. `M002`.
    pub code: &'static str,
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Number of characters underlined, at least 1.
    pub length: usize,
    /// The line itself.
    pub source: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub mend: String,
}

impl Problem {
    /// The problem as people read it: message, place, the line underlined, how to mend it.
    #[must_use]
    pub fn render_text(&self) -> String {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let before: String = self.source.chars().take(self.column.saturating_sub(1)).map(blank_like).collect();
        let mut text = String::new();
        let line = &self.source;
        let marks = "^".repeat(self.length);
        let written = write!(
            text,
            "{}: {}\n{gutter}--> {}:{}:{}\n{gutter} |\n{number} | {line}\n{gutter} | {before}{marks}\n",
            self.code, self.message, self.file, self.line, self.column
        );
        debug_assert!(written.is_ok(), "a String takes everything");
        if !self.mend.is_empty() {
            text.push_str(&format!("{gutter} = mend: {}\n", self.mend));
        }
        text
    }
}

const fn blank_like(c: char) -> char {
    if c == '\t' { '\t' } else { ' ' }
}

/// Collects the problems of one file.
#[derive(Debug)]
pub(super) struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Problem>,
}

impl<'a> Problems<'a> {
    pub(super) const fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    /// Notes a problem at a byte range of the text.
    pub(super) fn say(
        &mut self,
        code: &'static str,
        span: &Range<usize>,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        if self.found.len() < MAX_PROBLEMS {
            self.found.push(place(self.file, self.text, code, span, message.into(), mend.into()));
        }
    }

    /// Line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        line_of(self.text, offset)
    }

    /// Bytes of a line (from 1) without the blanks around it.
    pub(super) fn line_span(&self, line: usize) -> Range<usize> {
        let start = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let text = self.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        let indent = text.len() - text.trim_start().len();
        start + indent..start + text.trim_end().len().max(indent)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All, in the order of the text.
    pub(super) fn into_vec(mut self) -> Vec<Problem> {
        self.found.sort_by(|a, b| (a.line, a.column, a.code, &a.message).cmp(&(b.line, b.column, b.code, &b.message)));
        self.found.dedup();
        self.found
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// A problem at a byte range of a text.
pub(super) fn place(
    file: &str,
    text: &str,
    code: &'static str,
    span: &Range<usize>,
    message: String,
    mend: String,
) -> Problem {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let before = text.get(..start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let source = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default().to_owned();
    let column = text.get(line_start..start).unwrap_or_default().chars().count() + 1;
    let end = span.end.min(line_start + source.len()).max(start);
    let length = text.get(start..end).map_or(1, |marked| marked.chars().count()).max(1);
    Problem { code, file: file.to_owned(), line: line_of(text, start), column, length, source, message, mend }
}

/// A problem on a whole line, for what is found after loading.
pub(super) fn on_line(file: &str, line: usize, code: &'static str, message: String, mend: String) -> Problem {
    Problem { code, file: file.to_owned(), line, column: 1, length: 1, source: String::new(), message, mend }
}

/// `; did you mean …?` for the nearest of some names, or nothing.
pub(super) fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let near = names.into_iter().map(|name| (strsim::damerau_levenshtein(wrong, name), name));
    let (distance, name) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + wrong.chars().count() / 3).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_underlines_characters_not_bytes() {
        let text = "a = 1\ntiêu_đề = \"x\" # …\n";
        let at = text.find("\"x\"").unwrap();
        let problem = place("t.toml", text, code::BAD_VALUE, &(at..at + 3), "no".into(), "do".into());
        assert_eq!((problem.line, problem.column, problem.length), (2, 11, 3));
        let expected = "M005: no\n --> t.toml:2:11\n  |\n2 | tiêu_đề = \"x\" # …\n  |           ^^^\n  = mend: do\n";
        assert_eq!(problem.render_text(), expected);
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        assert_eq!(nearest("stauts", ["status", "subject"]), Some("status"));
        assert_eq!(nearest("zzzzzz", ["status", "subject"]), None);
    }
}
