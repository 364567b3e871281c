//! The samples as trees, and the records in them.

use std::collections::BTreeMap;

use crate::pure::encoding::Encoding;
use crate::pure::mapping::bytes::decoded;
use crate::pure::mapping::model::DocumentFormat;
use crate::pure::wire::{CsvStyle, Limits, Namespaces, Node, WireError, parse_csv, parse_json, parse_xml};
use crate::words::ticket::RecordKind;

use super::NoDraft;
use super::names;
use super::profile::quoted;

/// Deepest place at which records are looked for.
const MAX_DEEP: usize = 8;
/// What one member with a known name says for a place, against members of any name.
const KNOWN_NAME: usize = 10;
/// What may part cells.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Namespaces that everybody calls the same.
const WELL_KNOWN: [(&str, &str); 2] =
    [("http://schemas.xmlsoap.org/soap/envelope/", "soap"), ("http://www.w3.org/2003/05/soap-envelope", "soap")];

/// All samples.
pub(super) struct Samples {
    pub(super) format: DocumentFormat,
    pub(super) encoding: Encoding,
    /// How rows of CSV are parted.
    pub(super) csv: CsvStyle,
    pub(super) namespaces: Namespaces,
    documents: Vec<Node>,
}

/// The records, and where they were found.
pub(super) struct Records<'d> {
    /// The path of a list of them.
    pub(super) items: Option<String>,
    /// The path of one alone; `.` for the document itself.
    pub(super) root: Option<String>,
    pub(super) nodes: Vec<&'d Node>,
}

/// A place with what stands there.
struct Place<'d> {
    path: String,
    is_list: bool,
    nodes: Vec<&'d Node>,
}

impl Samples {
    pub(super) fn read(samples: &[(String, Vec<u8>)], encoding: Encoding) -> Result<Self, NoDraft> {
        let limits = Limits::default();
        let format = samples.first().map_or(DocumentFormat::Json, |(_, bytes)| format_of(bytes));
        if let Some((file, _)) = samples.iter().find(|(_, bytes)| format_of(bytes) != format) {
            return Err(NoDraft::Mixed { file: file.clone() });
        }
        let csv =
            CsvStyle { delimiter: samples.first().map_or(b',', |(_, bytes)| delimiter(bytes)), ..CsvStyle::default() };
        let all = |namespaces: &Namespaces| {
            let each = samples.iter().map(|(file, bytes)| {
                let parsed = decoded(encoding, bytes, format).and_then(|bytes| match format {
                    DocumentFormat::Json => parse_json(&bytes, &limits),
                    DocumentFormat::Xml => parse_xml(&bytes, namespaces, &limits),
                    DocumentFormat::Csv => parse_csv(&bytes, &csv, &limits),
                });
                parsed.map_err(|error: WireError| NoDraft::Unreadable { file: file.clone(), why: error.to_string() })
            });
            each.collect::<Result<Vec<Node>, NoDraft>>()
        };
        let documents = all(&Namespaces::new())?;
        let mut uris = Vec::new();
        documents.iter().for_each(|document| uris_of(document, &mut uris));
        if uris.is_empty() {
            return Ok(Self { format, encoding, csv, namespaces: Namespaces::new(), documents });
        }
        let mut namespaces = Namespaces::new();
        for uri in uris {
            let known = WELL_KNOWN.iter().find(|(known, _)| *known == uri).map(|(_, prefix)| (*prefix).to_owned());
            let free = |prefix: &String| !namespaces.contains_key(prefix);
            let prefix = known.filter(free).unwrap_or_else(|| format!("ns{}", namespaces.len() + 1));
            namespaces.insert(prefix, uri);
        }
        let documents = all(&namespaces)?;
        Ok(Self { format, encoding, csv, namespaces, documents })
    }

    /// The records of all samples: in each the place whose members look most like a ticket's.
    pub(super) fn records(&self) -> Option<Records<'_>> {
        let mut records = Records { items: None, root: None, nodes: Vec::new() };
        for document in &self.documents {
            let mut places = Vec::new();
            visit(document, ".", 0, &mut places);
            let best = places.into_iter().map(|place| (score(&place), place)).filter(|(score, _)| *score > 0);
            // Of equals the first: the one further out.
            let best = best.fold(None, |best: Option<(usize, Place<'_>)>, next| match best {
                Some(best) if best.0 >= next.0 => Some(best),
                _ => Some(next),
            });
            let Some((_, place)) = best else { continue };
            let known = if place.is_list { &mut records.items } else { &mut records.root };
            known.get_or_insert(place.path);
            records.nodes.extend(place.nodes);
        }
        (!records.nodes.is_empty()).then_some(records)
    }
}

/// What a sample is made of, by its first sign: rows of text begin with the name of a column.
fn format_of(bytes: &[u8]) -> DocumentFormat {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'<') => DocumentFormat::Xml,
        Some(first) if first.is_ascii_alphanumeric() || matches!(first, b'_' | 0x80..) || begins_a_row(bytes) => {
            DocumentFormat::Csv
        }
        _ => DocumentFormat::Json,
    }
}

/// Whether it begins with a cell in quotes that another follows.
fn begins_a_row(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.starts_with(b"\"") && DELIMITERS.iter().any(|delimiter| line.windows(2).any(|two| two == [b'"', *delimiter]))
}

/// What parts the cells of the first line most often.
fn delimiter(bytes: &[u8]) -> u8 {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
    // Of equals the first.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// The namespaces that names of elements and attributes have.
fn uris_of(node: &Node, uris: &mut Vec<String>) {
    let Node::Element(element) = node else { return };
    for name in element.attributes.iter().map(|(name, _)| name).chain([&element.name]) {
        let uri = name.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(uri, _)| uri);
        if let Some(uri) = uri.filter(|uri| !uri.is_empty() && uris.iter().all(|known| known != uri)) {
            uris.push(uri.to_owned());
        }
    }
    element.children.iter().for_each(|child| uris_of(child, uris));
}

fn visit<'d>(node: &'d Node, path: &str, depth: usize, places: &mut Vec<Place<'d>>) {
    if depth > MAX_DEEP {
        return;
    }
    let inner = |name: &str| if path == "." { quoted(name) } else { format!("{path}.{}", quoted(name)) };
    match node {
        Node::Map(map) => {
            places.push(Place { path: path.to_owned(), is_list: false, nodes: vec![node] });
            map.iter().for_each(|(name, value)| visit(value, &inner(name), depth + 1, places));
        }
        Node::List(items) => {
            let path = if path == "." { "[]".to_owned() } else { format!("{path}[]") };
            let nodes = items.iter().filter(|item| item.as_map().is_some()).collect();
            places.push(Place { path, is_list: true, nodes });
        }
        Node::Element(element) => {
            places.push(Place { path: path.to_owned(), is_list: false, nodes: vec![node] });
            let mut groups: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
            for child in &element.children {
                if let Node::Element(inner) = child {
                    groups.entry(&inner.name).or_default().push(child);
                }
            }
            for (name, nodes) in groups {
                match nodes.as_slice() {
                    [one] => visit(one, &inner(name), depth + 1, places),
                    _ => places.push(Place { path: format!("{}[]", inner(name)), is_list: true, nodes }),
                }
            }
        }
        Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) => {}
    }
}

/// How much what stands at a place looks like tickets: known names first, then members at all.
fn score(place: &Place<'_>) -> usize {
    let Some(first) = place.nodes.first() else { return 0 };
    let names: Vec<&str> = match first {
        Node::Map(map) => map.iter().map(|(name, _)| name).collect(),
        Node::Element(element) => {
            element.children.iter().filter_map(Node::as_element).map(|e| e.name.as_str()).collect()
        }
        _ => Vec::new(),
    };
    let fields = RecordKind::Ticket.fields();
    let is_known =
        |name: &&&str| fields.iter().any(|field| names::rank(RecordKind::Ticket, field.name, name).is_some());
    let known = names.iter().filter(is_known).count();
    if names.len() < 2 { 0 } else { known * KNOWN_NAME + names.len() }
}
