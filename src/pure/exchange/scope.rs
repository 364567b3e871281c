//! What the variables of a call stand for at one attempt.

use std::collections::BTreeMap;

use crate::pure::mapping::calls::Call;
use crate::pure::mapping::model::{Key, Mapping};
use crate::pure::mapping::template::Var;
use crate::pure::wire::{Node, WireError};
use crate::words::clock::Timestamp;
use crate::words::secret::Secret;
use crate::words::ticket::{Field, RecordKind};

use super::page::Place;
use super::straight::Printed;

/// Values for the variables of one call. What is `None` or missing is absent.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The kind of record that the verb is about.
    pub kind: RecordKind,
    /// Where a listing begins.
    pub since: Option<Timestamp>,
    /// Which page of it.
    pub place: Place,
    /// Id of the ticket; for a child, of the ticket that it belongs to.
    pub id: Option<String>,
    /// Version of the ticket that the write was planned on.
    pub version: Option<String>,
    /// Id of the reply, transfer or attachment.
    pub child_id: Option<String>,
    /// The raw fresh document of the ticket.
    pub doc: Option<Node>,
    /// Our reference of the record.
    pub reference: Option<String>,
    /// When the intent was made.
    pub intent_at: Option<Timestamp>,
    /// Names the operation.
    pub intent_key: Option<String>,
    /// Written fields, each printed by its own codec.
    pub fields: BTreeMap<Field, Node>,
    /// The tree of the changed fields.
    pub write: Option<Node>,
    /// The same printed at once, for bodies that it goes straight into.
    pub written: Option<Result<Printed, WireError>>,
    /// The freshest document of the ticket with the changed fields in place.
    pub whole: Option<Node>,
    /// The file that is sent.
    pub item: Option<Item>,
    /// Taken by the login call.
    pub login: BTreeMap<String, Secret>,
    /// Captured by the last reading of the record.
    pub shown: BTreeMap<String, String>,
    /// Taken by earlier steps, by call and name.
    pub taken: BTreeMap<String, BTreeMap<String, Node>>,
}

/// A file that goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Length, bytes.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// The content in base64, where the call puts it into a document.
    pub base64: Option<String>,
    /// The same of a zip that holds it.
    pub base64_zip: Option<String>,
}

impl Scope {
    /// A scope in which everything is absent.
    #[must_use]
    pub fn new(kind: RecordKind) -> Self {
        Self {
            kind,
            since: None,
            place: Place::default(),
            id: None,
            version: None,
            child_id: None,
            doc: None,
            reference: None,
            intent_at: None,
            intent_key: None,
            fields: BTreeMap::new(),
            write: None,
            written: None,
            whole: None,
            item: None,
            login: BTreeMap::new(),
            shown: BTreeMap::new(),
            taken: BTreeMap::new(),
        }
    }

    /// The value of a variable with its own type; `None` where it is absent.
    pub(super) fn value(&self, var: &Var, call: &Call, mapping: &Mapping) -> Option<Node> {
        let number = |number: u64| Some(Node::Number(number.to_string()));
        let text = |text: &str| Some(Node::text(text));
        let item = self.item.as_ref();
        match var {
            Var::Since => self.since_text(call).map(Node::Text),
            Var::PageSize => call.page.as_ref().and_then(|page| number(u64::from(page.size))),
            Var::PageNumber => number(self.place.number(call)),
            Var::PageOffset => number(self.place.offset(call)),
            Var::PageToken => self.place.token().and_then(text),
            Var::Id => keyed(self.id.as_deref(), mapping.shape(RecordKind::Ticket).map(|shape| &shape.id)),
            Var::Version => {
                let key = mapping.shape(RecordKind::Ticket).and_then(|shape| shape.version.as_ref());
                keyed(self.version.as_deref(), key)
            }
            Var::ChildId => keyed(self.child_id.as_deref(), mapping.shape(self.kind).map(|shape| &shape.id)),
            Var::Doc(path) => self.doc.as_ref().and_then(|doc| path.first(doc)).map(|found| found.to_node()),
            Var::Reference => self.reference.as_deref().and_then(text),
            Var::IntentAt => self.intent_at.map(|at| Node::Text(mapping.instants.print(at))),
            Var::IntentKey => self.intent_key.as_deref().and_then(text),
            Var::Field(field) => self.fields.get(field).cloned(),
            Var::Write => self.write.clone(),
            Var::Whole => self.whole.clone(),
            Var::ItemName => item.and_then(|item| text(&item.name)),
            Var::ItemType => item.and_then(|item| text(&item.media_type)),
            Var::ItemSize => item.and_then(|item| number(item.size)),
            Var::ItemSha256 => item.and_then(|item| text(&item.sha256)),
            Var::ItemBase64 => item.and_then(|item| item.base64.as_deref()).and_then(text),
            Var::ItemBase64Zip => item.and_then(|item| item.base64_zip.as_deref()).and_then(text),
            Var::Login(name) => self.login.get(name).and_then(|secret| text(secret.reveal())),
            Var::Shown(name) => self.shown.get(name).and_then(|shown| text(shown)),
            Var::Taken { call, name } => self.taken.get(call).and_then(|taken| taken.get(name)).cloned(),
            // Signatures are made of the request when it is whole.
            Var::Sign(_) => None,
            // The envelope puts the call's own XML in its place, and `each` its element, by themselves.
            Var::Body | Var::Each(_) => None,
        }
    }

    /// `since` as the call writes it: earlier by the declared overlap, and by one step where the system leaves out
    /// rows of that very instant.
    fn since_text(&self, call: &Call) -> Option<String> {
        let since = call.since.as_ref()?;
        let step = if since.inclusive { std::time::Duration::ZERO } else { since.step };
        let back = chrono::TimeDelta::from_std(since.overlap + step).ok()?;
        Some(since.format.print(self.since?.checked_sub_signed(back)?))
    }
}

/// An id or version: a number in trees where the mapping says so.
fn keyed(text: Option<&str>, key: Option<&Key>) -> Option<Node> {
    let text = text?.to_owned();
    Some(if key.is_some_and(|key| key.number) { Node::Number(text) } else { Node::Text(text) })
}
