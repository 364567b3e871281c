//! Which records an answer holds: found by the places that the mapping's own calls name.

use crate::pure::mapping::calls::{Call, PageBy, PageEnd};
use crate::pure::mapping::model::{Mapping, Shape};
use crate::pure::mapping::path::{Found, Path};
use crate::pure::wire::{Map, Node};
use crate::words::limits::MAX_PAGE_ROWS;
use crate::words::ticket::RecordKind;

/// What one captured document is.
pub(super) enum Part<'d> {
    /// Tickets.
    Tickets(Vec<&'d Node>),
    /// So many rows that only name tickets.
    Rows(usize),
    /// The answer of a `[[mount]]`, as it stands in a ticket's document.
    Mounted(Node),
    /// An answer of the system without records: an empty list, an ack, an error.
    NoRecord,
    /// Nothing that the mapping knows.
    Strange,
}

/// Finds the records of a document. Where the content fits several calls, the one that shows most of what is mapped is
/// meant; a file that is named after a call (`get-7.json`) is that call's answer.
pub(super) fn parts<'d>(mapping: &Mapping, file: &str, document: &'d Node) -> Part<'d> {
    let named = call_of(mapping, file);
    let fits = |call: &Call| named.is_none_or(|named| named == call.name);
    let mut best = alone(mapping, document);
    for call in mapping.calls.values().filter(|call| fits(call) && is_of_tickets(mapping, call)) {
        for path in [&call.items, &call.root].into_iter().flatten() {
            keep(&mut best, listed(mapping, call, path, document));
        }
    }
    for mount in &mapping.verbs.mounts {
        if let Some(call) = mapping.calls.get(&mount.call).filter(|call| fits(call)) {
            keep(&mut best, mounted(mapping, call, &mount.into, document));
        }
    }
    match best {
        Some((_, part)) => part,
        None if mapping.calls.values().any(|call| is_answer(mapping, call, document)) => Part::NoRecord,
        None => Part::Strange,
    }
}

/// How much of what is mapped a part shows: fields, then names.
type Score = (usize, usize);
type Scored<'d> = Option<(Score, Part<'d>)>;

fn keep<'d>(best: &mut Scored<'d>, other: Scored<'d>) {
    let better = match (best.as_ref(), other.as_ref()) {
        (Some((best, _)), Some((other, _))) => other > best,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    if better {
        *best = other;
    }
}

/// The call that a file is named after: `get.json`, `changes-0001.xml`.
fn call_of<'f>(mapping: &Mapping, file: &'f str) -> Option<&'f str> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let word = name.split(|c: char| !c.is_ascii_alphabetic() && c != '_').next().unwrap_or_default();
    mapping.calls.contains_key(word).then_some(word)
}

/// Whether the records in a call's answer are tickets.
fn is_of_tickets(mapping: &Mapping, call: &Call) -> bool {
    let verbs = &mapping.verbs;
    let writes = verbs.writes.get(&RecordKind::Ticket);
    let commits = writes.into_iter().flat_map(|writes| {
        let groups = writes.updates.iter().filter_map(|group| group.steps.as_ref());
        writes.create.iter().chain(groups).map(|steps| &steps.commit)
    });
    [&verbs.changes, &verbs.get, &verbs.find].into_iter().flatten().chain(commits).any(|name| *name == call.name)
}

/// The document as one ticket.
fn alone<'d>(mapping: &Mapping, document: &'d Node) -> Scored<'d> {
    let shape = mapping.shape(RecordKind::Ticket)?;
    (is_named(&shape.id.at, document)).then(|| ((shown(shape, document), 1), Part::Tickets(vec![document])))
}

fn listed<'d>(mapping: &Mapping, call: &Call, path: &Path, document: &'d Node) -> Scored<'d> {
    let shape = mapping.shape(RecordKind::Ticket)?;
    let found: Vec<&Node> = nodes(path, document);
    let row = call.row.id.as_ref().unwrap_or(&shape.id.at);
    let names = found.iter().filter(|node| is_named(&shape.id.at, node) || is_named(row, node)).count();
    if names == 0 {
        return None;
    }
    let count = |shape: &Shape| found.iter().map(|node| shown(shape, node)).sum::<usize>();
    let fields = count(shape);
    let parts = mapping.shapes.values().filter(|part| part.kind != RecordKind::Ticket).map(count).max();
    let part = if parts.is_some_and(|parts| parts > fields) {
        // The ack of a part that was made shows that part, where an ack of a ticket shows the ticket.
        Part::NoRecord
    } else if fields == 0 {
        Part::Rows(found.len())
    } else {
        Part::Tickets(found)
    };
    Some(((fields, names), part))
}

fn mounted<'d>(mapping: &Mapping, call: &Call, into: &str, document: &'d Node) -> Scored<'d> {
    let items = nodes(call.items.as_ref().or(call.root.as_ref())?, document);
    let list = Node::List(items.into_iter().cloned().collect());
    let whole: Map = [(into.to_owned(), list)].into_iter().collect();
    let whole = Node::Map(whole);
    let children = mapping.shapes.values().filter_map(|shape| Some((shape, shape.levels.first()?)));
    let (mut fields, mut names) = (0, 0);
    for (shape, level) in children.filter(|(shape, _)| shape.levels.len() == 1) {
        for child in nodes(&level.at, &whole) {
            names += usize::from(is_named(&shape.id.at, child));
            fields += shown(shape, child);
        }
    }
    (names > 0).then_some(((fields, names), Part::Mounted(whole)))
}

fn nodes<'d>(path: &Path, document: &'d Node) -> Vec<&'d Node> {
    let found = path.find(document).ok().flatten().unwrap_or_default().into_iter().take(MAX_PAGE_ROWS);
    let found = found.filter_map(|found| match found {
        Found::Node(node @ (Node::Map(_) | Node::Element(_))) => Some(node),
        Found::Node(_) | Found::Attribute(_) => None,
    });
    found.collect()
}

fn is_named(id: &Path, node: &Node) -> bool {
    id.first_plain(node).is_some_and(|id| !id.is_empty())
}

/// How many mapped fields a record shows.
fn shown(shape: &Shape, node: &Node) -> usize {
    let paths = shape.fields.values().flat_map(|map| shape.source(map).places());
    paths.filter(|path| path.find(node).ok().flatten().is_some_and(|found| !found.is_empty())).count()
}

/// Whether a call could have answered this: one of the places that it or the verdicts look at is there.
fn is_answer(mapping: &Mapping, call: &Call, document: &Node) -> bool {
    let page = call.page.iter().flat_map(|page| {
        let next = match &page.by {
            PageBy::Token(path) | PageBy::Link(path) => Some(path),
            PageBy::Number(_) | PageBy::Offset(_) => None,
        };
        let end = match &page.end {
            PageEnd::Total(path) | PageEnd::More(path) => Some(path),
            PageEnd::Short => None,
        };
        next.into_iter().chain(end)
    });
    let own = call.items.iter().chain(&call.root).chain(call.take.values()).chain(call.now.iter().map(|now| &now.at));
    let verdicts = call.answers.iter().chain(&mapping.answers).filter_map(|rule| rule.at.as_ref());
    let login =
        mapping.login.check.iter().filter(|check| check.call == call.name).filter_map(|check| check.at.as_ref());
    let mut all = own.chain(page).chain(verdicts).chain(login).filter(|path| path.header().is_none());
    all.any(|path| path.find(document).ok().flatten().is_some())
}
