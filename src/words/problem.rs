//! What is wrong with a file that a person wrote: every problem at once, each with its place and how to mend it.

use std::fmt::Write as _;
use std::ops::Range;

use serde::Serialize;

/// Most problems that one file collects.
pub const MAX_PROBLEMS: usize = 200;

/// The stable codes of the problems that files of every kind can have.
#[derive(Debug, PartialEq, Eq)]
pub struct Codes {
    /// Not TOML.
    pub syntax: &'static str,
    /// An unknown key.
    pub unknown_key: &'static str,
    /// A value of another type.
    pub wrong_type: &'static str,
    /// A key that must be there is not.
    pub missing_key: &'static str,
    /// A value that is not allowed here.
    pub bad_value: &'static str,
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
    /// A problem on a whole line of a file.
    #[must_use]
    pub fn on_line(file: &str, text: &str, line: usize, code: &'static str, message: String, mend: String) -> Self {
        place(file, text, code, &line_span(text, line), message, mend)
    }

    /// The problem as people read it: message, place, the line underlined, how to mend it.
    #[must_use]
    pub fn render_text(&self) -> String {
        if self.source.is_empty() {
            let Self { code, message, file, line, mend, .. } = self;
            return format!("{code}: {message}\n --> {file}:{line}\n  = mend: {mend}\n");
        }
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
pub struct Problems<'a> {
    /// The codes of this kind of file.
    pub codes: &'static Codes,
    file: &'a str,
    text: &'a str,
    found: Vec<Problem>,
}

impl<'a> Problems<'a> {
    /// Begins with none. `file` is its name for people, `text` what is in it.
    #[must_use]
    pub const fn new(file: &'a str, text: &'a str, codes: &'static Codes) -> Self {
        Self { codes, file, text, found: Vec::new() }
    }

    /// Notes a problem at a byte range of the text.
    pub fn say(
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

    /// Takes back the problem noted last: something else decides whether it is one.
    pub fn take_last(&mut self) -> Option<Problem> {
        self.found.pop()
    }

    /// Line of a byte offset, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        line_of(self.text, offset)
    }

    /// The line that is exactly this text, or the first where there is none.
    #[must_use]
    pub fn line_of(&self, wanted: &str) -> usize {
        self.text.lines().position(|line| line.trim() == wanted).map_or(1, |at| at + 1)
    }

    /// Bytes of a line (from 1) without the blanks around it.
    #[must_use]
    pub fn line_span(&self, line: usize) -> Range<usize> {
        line_span(self.text, line)
    }

    /// Whether nothing was found.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All, in the order of the text.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<Problem> {
        self.found.sort_by(|a, b| (a.line, a.column, a.code, &a.message).cmp(&(b.line, b.column, b.code, &b.message)));
        self.found.dedup();
        self.found
    }
}

fn line_span(text: &str, line: usize) -> Range<usize> {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    start + indent..start + line.trim_end().len().max(indent)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// A problem at a byte range of a text.
#[must_use]
pub fn place(
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

/// The nearest of some names, where one is near enough to have been meant.
pub fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
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
        let problem = place("t.toml", text, "M005", &(at..at + 3), "no".into(), "do".into());
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
