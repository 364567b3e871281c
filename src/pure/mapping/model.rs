//! A checked mapping: everything that is known of one remote system, resolved and ready to run.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;

use crate::pure::encoding::Encoding;
use crate::pure::wire::{CsvStyle, Namespaces};
use crate::words::extra::Extras;
use crate::words::problem::Source;
use crate::words::promise::Promises;
use crate::words::ticket::{Field, RecordKind};

use super::auth::Hook;
use super::calls::{AnswerRule, Call, Http, Login, Verbs};
use super::carrier::Carrier;
pub use super::codec::Codec;
use super::codes::CodeTable;
use super::instant::InstantFormat;
use super::problem::{Problem, Spot};

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
    /// Its text and those of the files beside it, for messages.
    pub sources: Vec<Source>,
    /// Names of the files beside it, in its own folder, that it was read from too.
    pub beside: BTreeSet<String>,
    /// See [`Mapping::hash`].
    pub hash: String,
    /// What its documents are made of.
    pub format: DocumentFormat,
    /// In which bytes.
    pub encoding: Encoding,
    /// How its CSV is written, where it writes any.
    pub csv: CsvStyle,
    /// XML prefixes and their namespaces.
    pub namespaces: Namespaces,
    /// The zone of its calendar days.
    pub zone: Tz,
    /// How it writes instants where nothing else is declared.
    pub instants: InstantFormat,
    /// What carries its calls.
    pub carrier: Carrier,
    /// What holds for every call of HTTP.
    pub http: Http,
    /// Who we are there.
    pub login: Login,
    /// How it tells by itself that tickets changed.
    pub hook: Option<Hook>,
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
    /// The ticket's fields whose day chooses among rows of those tables.
    pub day_fields: BTreeSet<Field>,
    /// What it promises.
    pub promises: Promises,
    /// Examples that run as tests.
    pub examples: Vec<Example>,
}

/// What documents are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentFormat {
    /// JSON objects.
    Json,
    /// XML elements.
    Xml,
    /// Rows of CSV: flat, all cells are text.
    Csv,
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
        let span = self.sources.first().map_or(0..0, |source| source.line_span(line));
        self.problem_at(Spot::of(&span), code, message, mend)
    }

    /// A problem at a spot of the file, or of one beside it.
    #[must_use]
    pub fn problem_at(&self, spot: Spot, code: &'static str, message: String, mend: &str) -> Problem {
        let nowhere = Source::default();
        let source = self.sources.get(spot.file as usize).unwrap_or(&nowhere);
        source.problem(code, &spot.span(), message, mend.to_owned())
    }

    /// The line of a spot in its file.
    #[must_use]
    pub fn line(&self, spot: Spot) -> usize {
        self.sources.get(spot.file as usize).map_or(0, |source| source.line(spot.span().start))
    }

    /// SHA-256 of everything that it was read from, lower-case hex: of the file's text alone, or of the list of all
    /// digests and names (`sha256sum`'s own output, the file first) where there are files beside it.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Whether another mapping of the system names records as this one does: by the same ids, references, identities.
    #[must_use]
    pub fn names_records_like(&self, other: &Self) -> bool {
        self.shapes.iter().all(|(kind, shape)| other.shape(*kind).is_none_or(|other| shape.names() == other.names()))
    }

    /// What the system promises.
    #[must_use]
    pub const fn promises(&self) -> &Promises {
        &self.promises
    }
}
