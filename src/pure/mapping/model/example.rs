//! The tests inside a mapping file.

use std::collections::BTreeMap;

use crate::pure::mapping::calls::Verdict;
use crate::pure::wire::Node;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

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
        /// The ticket's document before the write: what `doc.PATH` and `whole` stand on.
        document: Option<Node>,
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
        verdict: Verdict,
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
