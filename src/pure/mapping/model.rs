//! A checked mapping: everything that is known of one remote system, resolved and ready to run.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::pure::wire::{Namespaces, Node};
use crate::words::promise::Promises;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::calls::{AnswerRule, Call, Http, InstantAt, InstantFormat, Login, Verbs};
use super::path::Path;
use super::problem::Problem;

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

/// How records of one kind look.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Which kind.
    pub kind: RecordKind,
    /// Where its elements are in the ticket's document; `None` for the ticket itself.
    pub within: Option<Path>,
    /// Its id.
    pub id: Key,
    /// Its version.
    pub version: Option<Key>,
    /// Our reference on it.
    pub reference: Option<FieldMap>,
    /// When it last changed.
    pub changed: Option<InstantAt>,
    /// What else tells it from another record with the same id: creation instant, origin.
    pub identity: Vec<Path>,
    /// Raw values that later writes need (`shown.NAME`).
    pub captures: BTreeMap<String, Path>,
    /// Whether its documents always show every field: one that is missing is a fault, not "not shown".
    pub complete: bool,
    /// Its fields.
    pub fields: BTreeMap<Field, FieldMap>,
}

/// An id or version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Where it is shown.
    pub at: Path,
    /// Whether it is a number when it stands in a JSON tree of ours.
    pub number: bool,
}

/// How one field is read and written.
#[derive(Debug, Clone)]
pub struct FieldMap {
    /// Where it is read; `None` where the system never shows it.
    pub at: Option<Path>,
    /// Where it is written in the tree of changed fields.
    pub to: Option<Path>,
    /// What its values look like.
    pub codec: Codec,
    /// How a printed value stands in a JSON tree.
    pub spelled: Spelled,
    /// Spellings of "nothing there": all are read, the first is written.
    pub absent: Vec<Absent>,
    /// When it is written.
    pub write: When,
    /// Fields that must be written whenever this one is, changed or not.
    pub with: Vec<Field>,
    /// Line in the file.
    pub line: usize,
}

/// When a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On creates and updates.
    Always,
    /// On creates only.
    Create,
    /// On updates only.
    Update,
    /// Never.
    Never,
}

/// JSON type of a printed scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spelled {
    /// A string.
    #[default]
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
}

/// A spelling of "nothing there".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Absent {
    /// The member or element is left out: it counts as shown and empty.
    Omit,
    /// JSON `null`.
    Null,
    /// `xsi:nil="true"`.
    Nil,
    /// This text: `""` or a sentinel.
    Text(String),
}

/// How a value is spelled. Each is a pair: parse and print.
#[derive(Debug, Clone)]
pub enum Codec {
    /// Free text.
    Text {
        /// Most characters that the system holds; longer ones are cut by it where `cut`, else refused by us.
        max: Option<usize>,
        /// Whether it cuts silently.
        cut: bool,
    },
    /// Codes of a table, by name in [`Mapping::codes`].
    Code(String),
    /// Whole number.
    Integer,
    /// True or false; the first spelling of each is written.
    Boolean {
        /// Spellings of true.
        yes: Vec<String>,
        /// Spellings of false.
        no: Vec<String>,
    },
    /// Instant.
    Instant(InstantFormat),
    /// Day, by a strftime pattern.
    Date(String),
    /// Vietnamese telephone number.
    Phone(PhoneStyle),
    /// Citizen id: 12 digits, or the older 9.
    CitizenId,
    /// Agency code.
    Agency(AgencyStyle),
    /// Administrative unit: digits as text.
    Unit,
    /// Several values.
    List {
        /// What one is.
        item: Box<Codec>,
        /// The text between them where they stand in one text; `None` where they are a list or repeated elements.
        joined: Option<String>,
    },
}

/// How a system writes telephone numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneStyle {
    /// `0912345678`
    Local,
    /// `+84912345678`
    E164,
}

/// How a system writes agency codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgencyStyle {
    /// `000.00.12.H19` (QCVN 102:2016)
    Qcvn102,
    /// `H19.12` (QĐ 20/2020/QĐ-TTg)
    Qd20,
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

/// A test inside the file.
#[derive(Debug, Clone)]
pub struct Example {
    /// What it claims.
    pub name: String,
    /// Line in the file.
    pub line: usize,
    /// What is tested.
    pub case: Case,
}

/// What an example shows.
#[derive(Debug, Clone)]
pub enum Case {
    /// A document and the ticket that it is. Only what `ticket` names is compared.
    Document {
        /// One ticket's document.
        document: Node,
        /// What is read.
        ticket: ExampleTicket,
    },
    /// A write and the request of its commit.
    Request {
        /// What is written.
        kind: RecordKind,
        /// Id of the ticket that is changed or that receives the child; `None` for a new ticket.
        id: Option<String>,
        /// Version that the write was planned on.
        version: Option<String>,
        /// Whether the record of `kind` is new.
        create: bool,
        /// The fields, and our reference.
        ticket: ExampleTicket,
        /// The request: `METHOD path?query`, header lines, a blank line, the body.
        request: String,
        /// Values of `STEP.NAME` and `login.NAME` for the rendering.
        given: BTreeMap<String, String>,
    },
    /// An answer and its verdict.
    Answer {
        /// Of which call.
        call: String,
        /// HTTP status.
        status: u16,
        /// Headers.
        headers: BTreeMap<String, String>,
        /// Body.
        body: String,
        /// What it means.
        verdict: super::calls::Verdict,
        /// The remote's own words that must be found.
        says: Option<String>,
        /// Number of items that must be found.
        items: Option<usize>,
        /// What must be taken.
        take: BTreeMap<String, String>,
    },
}

/// Canonical values of an example.
#[derive(Debug, Clone, Default)]
pub struct ExampleTicket {
    /// Remote id.
    pub id: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Our reference.
    pub reference: Option<String>,
    /// Fields; `None` for one that must be empty.
    pub fields: BTreeMap<Field, Option<Value>>,
    /// Children by kind.
    pub children: BTreeMap<RecordKind, Vec<ExampleTicket>>,
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
