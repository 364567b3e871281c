//! The examples in a mapping file that show requests and verdicts, run as tests.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::pure::mapping::Written;
use crate::pure::mapping::calls::{Call, Format, Steps};
use crate::pure::mapping::model::{Case, DocumentFormat, Example, ExampleTicket, Mapping};
use crate::pure::mapping::problem::{Problem, code};
use crate::pure::wire::{Limits, Node, parse_csv, parse_json, parse_xml, print_json};
use crate::words::clock::Timestamp;
use crate::words::record::Dates;
use crate::words::secret::Secret;
use crate::words::side::Reference;
use crate::words::ticket::RecordKind;

use super::judge::{Role, judge, taken};
use super::message::{Answer, Body, Outgoing, Request};
use super::query::{Bound, Query};
use super::render::outgoing;
use super::scope::Scope;
use super::sign::{Attempt, sign};

/// Runs the examples that show a request or a verdict; what fails is a problem at its line.
#[must_use]
pub fn run_examples(mapping: &Mapping) -> Vec<Problem> {
    let failed = mapping.examples.iter().filter_map(|example| Some((example, run(mapping, example).err()?)));
    failed.map(|(example, message)| problem(mapping, example, message)).collect()
}

fn problem(mapping: &Mapping, example: &Example, message: String) -> Problem {
    let mend = "make the example or the mapping say what the system does";
    mapping.problem(example.line, code::EXAMPLE, format!("example `{}`: {message}", example.name), mend)
}

fn run(mapping: &Mapping, example: &Example) -> Result<(), String> {
    match &example.case {
        // Read by the mapping's own room.
        Case::Document { .. } => Ok(()),
        Case::Request { kind, id, version, document, create, ticket, request, given } => {
            let (id, version, document) = (id.as_deref(), version.as_deref(), document.as_ref());
            let asked = Asked { kind: *kind, id, version, document, create: *create, ticket };
            match asked.request(mapping, given)? {
                Outgoing::Http(rendered) => compare(mapping, &rendered, request),
                Outgoing::Sql(rendered) => compare_query(&rendered, request),
            }
        }
        Case::Answer { call, status, headers, body, verdict, says, items, take } => {
            let call = find_call(mapping, call)?;
            let headers = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
            let format = match call.gives {
                Format::Xml => DocumentFormat::Xml,
                Format::Csv => DocumentFormat::Csv,
                Format::Json | Format::Bytes | Format::None => DocumentFormat::Json,
            };
            let body = mapping.encoded(body.as_bytes().to_vec(), format).map_err(|error| error.to_string())?;
            let answer = Answer { status: *status, headers, body };
            let role = role_of(mapping, &call.name);
            let judged = judge(mapping, call, role, &answer, Timestamp::UNIX_EPOCH);
            if judged.verdict != *verdict {
                let (found, wanted) = (judged.verdict.as_str(), verdict.as_str());
                return Err(format!("the verdict is `{found}` ({}), not `{wanted}`", judged.says));
            }
            if let Some(says) = says.as_ref().filter(|says| **says != judged.says) {
                return Err(format!("it says `{}`, not `{says}`", judged.says));
            }
            if let Some(wanted) = items {
                let path = call.items.as_ref().zip(judged.document.as_ref());
                let found = path.and_then(|(path, document)| path.find(document).ok().flatten());
                let found = found.map_or(0, |found| found.len());
                if found != *wanted {
                    return Err(format!("{found} items are found, not {wanted}"));
                }
            }
            let found = taken(call, judged.document.as_ref(), &answer);
            for (name, wanted) in take {
                let text = found.get(name).and_then(Node::as_plain);
                if text.as_deref() != Some(wanted) {
                    return Err(format!("`{name}` is {text:?}, not `{wanted}`"));
                }
            }
            Ok(())
        }
    }
}

/// What an example writes.
#[derive(Clone, Copy)]
struct Asked<'a> {
    kind: RecordKind,
    id: Option<&'a str>,
    version: Option<&'a str>,
    document: Option<&'a Node>,
    create: bool,
    ticket: &'a ExampleTicket,
}

impl Asked<'_> {
    fn request(self, mapping: &Mapping, given: &BTreeMap<String, String>) -> Result<Outgoing, String> {
        let steps = self.steps(mapping).ok_or("the mapping has no such write")?;
        let call = find_call(mapping, &steps.commit)?;
        let reference = Reference(self.ticket.reference.clone().unwrap_or_default());
        let reading = self.document.map(|document| mapping.read(document)).transpose();
        let reading = reading.map_err(|fault| format!("the document before the write: {fault}"))?;
        let written = Written {
            kind: self.kind,
            reference: Some(&reference),
            is_new: self.create,
            fields: &self.ticket.fields,
            captures: &reading.map(|reading| reading.captures).unwrap_or_default(),
            dates: &Dates::given(&self.ticket.fields),
        };
        let mut scope = Scope::new(self.kind);
        scope.reference = Some(reference.0.clone());
        scope.doc = self.document.cloned();
        written.fill(mapping, &[call], &mut scope).map_err(|fault| fault.to_string())?;
        scope.id = self.id.map(str::to_owned);
        scope.version = self.version.map(str::to_owned);
        self.give(&mut scope, given);
        let mut outgoing = outgoing(mapping, call, &scope).map_err(|error| error.to_string())?;
        if let (Some(signing), Outgoing::Http(request)) =
            (mapping.login.sign.as_ref().filter(|_| !call.bare), &mut outgoing)
        {
            let attempt = attempt(given)?;
            sign(signing, call, request, attempt).map_err(|error| error.to_string())?;
        }
        Ok(outgoing)
    }

    fn steps(self, mapping: &Mapping) -> Option<&Steps> {
        let verbs = mapping.verbs.writes.get(&self.kind)?;
        if self.create {
            return verbs.create.as_ref();
        }
        let covers =
            |fields: &[crate::words::ticket::Field]| self.ticket.fields.keys().all(|name| fields.contains(name));
        verbs.updates.iter().find(|group| covers(&group.fields))?.steps.as_ref()
    }

    fn give(self, scope: &mut Scope, given: &BTreeMap<String, String>) {
        for (name, value) in given {
            match name.split_once('.') {
                Some(("login", name)) => {
                    scope.login.insert(name.to_owned(), Secret::new(value.clone()));
                }
                Some(("shown", name)) => {
                    scope.shown.insert(name.to_owned(), value.clone());
                }
                Some(("sign", _)) => {}
                Some(("intent", "key")) => scope.intent_key = Some(value.clone()),
                Some((step, name)) => {
                    let taken = scope.taken.entry(step.to_owned()).or_default();
                    taken.insert(name.to_owned(), Node::text(value.clone()));
                }
                None => {}
            }
        }
    }
}

/// The attempt that an example signs: `sign.at` in RFC 3339, `sign.nonce`.
fn attempt(given: &BTreeMap<String, String>) -> Result<Attempt<'_>, String> {
    let at = given.get("sign.at").map(|text| DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc)));
    let at = at.transpose().map_err(|_| "`sign.at` is no instant like 2026-11-20T08:15:00+07:00".to_owned())?;
    let nonce = given.get("sign.nonce").map_or("", String::as_str);
    Ok(Attempt { at: at.unwrap_or(Timestamp::UNIX_EPOCH), nonce, file_sha256: None })
}

fn find_call<'a>(mapping: &'a Mapping, name: &str) -> Result<&'a Call, String> {
    mapping.calls.get(name).ok_or_else(|| format!("no call `{name}`"))
}

/// A call that both makes and changes records is judged as the careful one of the two.
fn role_of(mapping: &Mapping, call: &str) -> Role {
    let writes = || mapping.verbs.writes.values();
    let mut changes = writes().flat_map(|writes| &writes.updates).filter_map(|group| group.steps.as_ref());
    let mut makes = writes().filter_map(|writes| writes.create.as_ref());
    if makes.any(|steps| steps.commit == call) {
        Role::Create
    } else if changes.any(|steps| steps.commit == call) {
        Role::Commit
    } else {
        Role::Repeatable
    }
}

/// Compares a request with the text of an example: first line, then headers that must be there, then the body as a
/// tree where it is one.
fn compare(mapping: &Mapping, request: &Request, example: &str) -> Result<(), String> {
    let example = example.replace("\r\n", "\n");
    let (head, body) = example.split_once("\n\n").unwrap_or((example.as_str(), ""));
    let mut lines = head.trim().lines();
    let wanted = lines.next().unwrap_or_default().trim();
    let url = request.url.as_str();
    let place = url.strip_prefix(mapping.http.base.trim_end_matches('/')).unwrap_or(url);
    let line = format!("{} {place}", request.method.as_str());
    // The place behind the base, or the whole address.
    if line != wanted && format!("{} {url}", request.method.as_str()) != wanted {
        return Err(format!("the request is `{line}`, not `{wanted}`"));
    }
    for header in lines.filter(|header| !header.trim().is_empty()) {
        let (name, value) = header.split_once(':').ok_or_else(|| format!("`{header}` is no header"))?;
        let name = name.trim().to_ascii_lowercase();
        if request.header(&name) != Some(value.trim()) {
            return Err(format!("the header `{name}` is {:?}, not `{}`", request.header(&name), value.trim()));
        }
    }
    let wanted = body.trim();
    let found = match &request.body {
        Body::Bytes(bytes) => {
            let text = mapping.decoded(bytes, mapping.format).map_err(|error| error.to_string())?;
            String::from_utf8_lossy(&text).into_owned()
        }
        Body::Empty | Body::File | Body::Multipart(_) => String::new(),
    };
    let equal = match (tree(mapping, &found), tree(mapping, wanted)) {
        (Some(found), Some(wanted)) => same(&found, &wanted),
        _ => found.trim() == wanted,
    };
    if equal { Ok(()) } else { Err(format!("the body is\n{found}\nnot\n{wanted}")) }
}

/// Compares a statement with the text of an example: the statement, a blank line, its values as a JSON list.
fn compare_query(query: &Query, example: &str) -> Result<(), String> {
    let example = example.replace("\r\n", "\n");
    let (wanted, values) = example.trim().split_once("\n\n").unwrap_or((example.trim(), "[]"));
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = query.plain();
    if plain(&found) != plain(wanted) {
        return Err(format!("the statement is\n{found}\nnot\n{wanted}"));
    }
    let node = |value: &Bound| match value {
        Bound::Null => Node::Null,
        Bound::Bool(yes) => Node::Bool(*yes),
        Bound::Number(lexeme) => Node::Number(lexeme.clone()),
        Bound::Text(text) => Node::text(text.as_str()),
    };
    let found = Node::List(query.values.iter().map(node).collect());
    if parse_json(values.trim().as_bytes(), &Limits::default()).ok().as_ref() == Some(&found) {
        return Ok(());
    }
    let found = print_json(found).map_err(|error| error.to_string())?;
    Err(format!("the values are\n{}\nnot\n{}", String::from_utf8_lossy(&found), values.trim()))
}

fn tree(mapping: &Mapping, text: &str) -> Option<Node> {
    let limits = Limits::default();
    match mapping.format {
        DocumentFormat::Json => parse_json(text.as_bytes(), &limits).ok(),
        DocumentFormat::Xml => parse_xml(text.as_bytes(), &mapping.namespaces, &limits).ok(),
        DocumentFormat::Csv => parse_csv(text.as_bytes(), &mapping.csv, &limits).ok(),
    }
}

/// Whether two trees say the same: the order of members and attributes says nothing.
fn same(one: &Node, other: &Node) -> bool {
    match (one, other) {
        (Node::Map(one), Node::Map(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, node)| other.get(key).is_some_and(|there| same(node, there)))
        }
        (Node::List(one), Node::List(other)) => all_same(one, other),
        (Node::Element(one), Node::Element(other)) => {
            one.name == other.name
                && one.attributes.len() == other.attributes.len()
                && one.attributes.iter().all(|(name, value)| other.attribute(name) == Some(value))
                && all_same(&one.children, &other.children)
        }
        (one, other) => one == other,
    }
}

fn all_same(one: &[Node], other: &[Node]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
}
