//! A checked mapping: everything that is known of one remote system, resolved and ready to run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono_tz::Tz;

use crate::pure::wire::Namespaces;
use crate::words::extra::Extras;
use crate::words::promise::Promises;
use crate::words::ticket::RecordKind;

use super::calls::{AnswerRule, Call, Http, Login, Verbs};
pub use super::codec::Codec;
use super::instant::InstantFormat;
use super::problem::Problem;

mod example;
mod shape;

pub use example::{Case, Example, ExampleTicket};
pub use shape::{Absent, FieldMap, Join, Key, Level, Rule, Shape, Spelled, When};

/// One remote system. Made only by [`super::load`].
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Its short name.
    pub name: String,
    /// The file that it came from, for messages.
    pub file: String,
    /// The file's text, for messages.
    pub source: Source,
    /// SHA-256 of the file's text, lower-case hex.
    pub hash: String,
    /// What its documents are made of.
    pub format: DocumentFormat,
    /// XML prefixes and their namespaces.
    pub namespaces: Namespaces,
    /// The zone of its calendar days.
    pub zone: Tz,
    /// How it writes instants where nothing else is declared.
    pub instants: InstantFormat,
    /// What holds for every call.
    pub http: Http,
    /// Who we are there.
    pub login: Login,
    /// Verdicts, asked in order; then the defaults by HTTP status.
    pub answers: Vec<AnswerRule>,
    /// Calls by name.
    pub calls: BTreeMap<String, Call>,
    /// Which calls carry out what.
    pub verbs: Verbs,
    /// How each kind of record looks there. The ticket is always there; a child kind that is missing is not shown
    /// and not written.
    pub shapes: BTreeMap<RecordKind, Shape>,
    /// The fields that it declares beside those of every ticket.
    pub extras: Extras,
    /// Code tables by name.
    pub codes: BTreeMap<String, CodeTable>,
    /// What it promises.
    pub promises: Promises,
    /// Examples that run as tests.
    pub examples: Vec<Example>,
}

/// The text of a mapping file.
#[derive(Clone, Default)]
pub struct Source(pub Arc<str>);

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({} bytes)", self.0.len())
    }
}

/// What documents are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentFormat {
    /// JSON objects.
    Json,
    /// XML elements.
    Xml,
}

/// Codes ↔ canonical words.
#[derive(Debug, Clone)]
pub struct CodeTable {
    /// Its name.
    pub name: String,
    /// Whether several codes may mean one word (`back = "keep"`): one that means the same already is never rewritten,
    /// since only a changed value is a change.
    pub keep: bool,
    /// Its rows, in the order of the file.
    pub rows: Vec<CodeRow>,
    /// Line in the file.
    pub line: usize,
}

/// One row of a code table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// The system's code.
    pub code: String,
    /// What it means.
    pub word: String,
    /// Whether it is read.
    pub read: bool,
    /// Whether it is what we write for the word.
    pub write: bool,
}

impl Mapping {
    /// The shape of a kind, where the system has it.
    #[must_use]
    pub fn shape(&self, kind: RecordKind) -> Option<&Shape> {
        self.shapes.get(&kind)
    }

    /// A problem on a line of the file.
    #[must_use]
    pub fn problem(&self, line: usize, code: &'static str, message: String, mend: &str) -> Problem {
        Problem::on_line(&self.file, &self.source.0, line, code, message, mend.to_owned())
    }

    /// SHA-256 of the file's text.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What the system promises.
    #[must_use]
    pub const fn promises(&self) -> &Promises {
        &self.promises
    }
}
