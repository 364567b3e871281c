//! What is wrong with a file that a person wrote: every problem at once, each with its place and how to mend it.

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

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

/// A file that a person wrote, its lines indexed once.
#[derive(Clone, Default)]
pub struct Source {
    /// Its name for people.
    pub name: Arc<str>,
    /// What is in it.
    pub text: Arc<str>,
    starts: Arc<[usize]>,
}

/// A place in one of the files of a mapping: the file itself, or one beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// Which file, in the order in which they were read; 0 is the one that names the others.
    pub file: u32,
    /// Its first byte.
    pub start: u32,
    /// The byte behind it.
    pub end: u32,
}

impl Spot {
    /// A byte range of the first file.
    #[must_use]
    pub fn of(span: &Range<usize>) -> Self {
        Self::within(0, span)
    }

    /// A byte range of one of the files. Files are far smaller than 4 GiB.
    #[must_use]
    pub fn within(file: u32, span: &Range<usize>) -> Self {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { file, start: byte(span.start), end: byte(span.end) }
    }

    /// The bytes.
    #[must_use]
    pub const fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Source {
    /// Indexes the lines of a text.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { name: name.into(), text: text.into(), starts: std::iter::once(0).chain(ends).collect() }
    }

    /// Line of a byte, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// Bytes of a line (from 1) without the blanks around it.
    #[must_use]
    pub fn line_span(&self, line: usize) -> Range<usize> {
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len());
        let text = self.line_from(start);
        let indent = text.len() - text.trim_start().len();
        start + indent..start + text.trim_end().len().max(indent)
    }

    /// A problem at a byte range.
    #[must_use]
    pub fn problem(&self, code: &'static str, span: &Range<usize>, message: String, mend: String) -> Problem {
        let mut start = span.start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let line = self.line(start);
        let line_start = self.starts.get(line - 1).copied().unwrap_or(0);
        let source = self.line_from(line_start).to_owned();
        let column = self.text.get(line_start..start).unwrap_or_default().chars().count() + 1;
        let end = span.end.min(line_start + source.len()).max(start);
        let length = self.text.get(start..end).map_or(1, |marked| marked.chars().count()).max(1);
        Problem { code, file: self.name.to_string(), line, column, length, source, message, mend }
    }

    fn line_from(&self, start: usize) -> &str {
        self.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({}, {} bytes)", self.name, self.text.len())
    }
}

/// Collects the problems of a file and of those beside it.
#[derive(Debug)]
pub struct Problems<'a> {
    /// The codes of this kind of file.
    pub codes: &'static Codes,
    text: &'a str,
    sources: Vec<Source>,
    found: Vec<(u32, Problem)>,
}

impl<'a> Problems<'a> {
    /// Begins with none. `file` is its name for people, `text` what is in it.
    #[must_use]
    pub fn new(file: &str, text: &'a str, codes: &'static Codes) -> Self {
        Self { codes, text, sources: vec![Source::new(file, text)], found: Vec::new() }
    }

    /// Takes in a file beside the first; its number in a [`Spot`].
    pub fn beside(&mut self, name: &str, text: &str) -> u32 {
        self.sources.push(Source::new(name, text));
        u32::try_from(self.sources.len() - 1).unwrap_or(u32::MAX)
    }

    /// The file, then those beside it.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Notes a problem at a byte range of the text.
    pub fn say(
        &mut self,
        code: &'static str,
        span: &Range<usize>,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.say_at(code, Spot::of(span), message, mend);
    }

    /// Notes a problem at a place in one of the files.
    pub fn say_at(&mut self, code: &'static str, spot: Spot, message: impl Into<String>, mend: impl Into<String>) {
        let source = self.sources.get(spot.file as usize).filter(|_| self.found.len() < MAX_PROBLEMS);
        if let Some(source) = source {
            self.found.push((spot.file, source.problem(code, &spot.span(), message.into(), mend.into())));
        }
    }

    /// Hides what the last problem underlines: who reads the message need not see the secret.
    pub fn hide_last(&mut self) {
        if let Some((_, problem)) = self.found.last_mut() {
            let marked = problem.column..problem.column + problem.length;
            let hidden =
                problem.source.chars().zip(1..).map(|(c, column)| if marked.contains(&column) { '•' } else { c });
            problem.source = hidden.collect();
        }
    }

    /// Takes back the problem noted last: something else decides whether it is one.
    pub fn take_last(&mut self) -> Option<Problem> {
        self.found.pop().map(|(_, problem)| problem)
    }

    /// Line of a byte offset, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.main().map_or(1, |source| source.line(offset))
    }

    /// Bytes of a line (from 1) without the blanks around it.
    #[must_use]
    pub fn line_span(&self, line: usize) -> Range<usize> {
        self.main().map_or(0..0, |source| source.line_span(line))
    }

    /// Where a token stands within a byte range of the text; all of the range where it is not found.
    #[must_use]
    pub fn token(&self, span: &Range<usize>, token: &str) -> Range<usize> {
        let found = self.text.get(span.clone()).and_then(|text| text.find(token));
        found.map_or_else(|| span.clone(), |at| span.start + at..span.start + at + token.len())
    }

    /// How many were found.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether nothing was found.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All, in the order of the files and their lines.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<Problem> {
        self.found.sort_by(|(file, a), (other, b)| {
            (file, a.line, a.column, a.code, &a.message).cmp(&(other, b.line, b.column, b.code, &b.message))
        });
        self.found.dedup();
        self.found.into_iter().map(|(_, problem)| problem).collect()
    }

    fn main(&self) -> Option<&Source> {
        self.sources.first()
    }
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
        let problem = Source::new("t.toml", text).problem("M005", &(at..at + 3), "no".into(), "do".into());
        assert_eq!((problem.line, problem.column, problem.length), (2, 11, 3));
        let expected = "M005: no\n --> t.toml:2:11\n  |\n2 | tiêu_đề = \"x\" # …\n  |           ^^^\n  = mend: do\n";
        assert_eq!(problem.render_text(), expected);
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        assert_eq!(nearest("stauts", ["status", "subject"]), Some("status"));
        assert_eq!(nearest("zzzzzz", ["status", "subject"]), None);
    }

    #[test]
    fn lines_are_counted_as_people_count_them() {
        let source = Source::new("t.toml", "a\n\n  tiêu đề  \nc");
        assert_eq!([0, 1, 2, 3, 6, 99].map(|offset| source.line(offset)), [1, 1, 2, 3, 3, 4]);
        assert_eq!(source.text.get(source.line_span(3)), Some("tiêu đề"));
        assert_eq!((source.line_span(2), source.line_span(9)), (2..2, 20..20));
        assert_eq!(Source::default().line(0), 1);
    }

    #[test]
    fn problems_come_in_the_order_of_the_files_and_their_lines() {
        const CODES: Codes = Codes { syntax: "", unknown_key: "", wrong_type: "", missing_key: "", bad_value: "" };
        let mut problems = Problems::new("a.toml", "one\ntwo\n", &CODES);
        let beside = problems.beside("b.csv", "three\n");
        problems.say_at("M3", Spot::within(beside, &(0..5)), "", "");
        problems.say("M2", &(4..7), "", "");
        problems.say("M1", &(0..3), "", "");
        let found = problems.into_vec();
        let places: Vec<_> = found.iter().map(|one| (one.file.as_str(), one.line, one.code)).collect();
        assert_eq!(places, [("a.toml", 1, "M1"), ("a.toml", 2, "M2"), ("b.csv", 1, "M3")]);
    }
}
