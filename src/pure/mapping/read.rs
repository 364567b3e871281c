//! A document → what it shows: images in the system's own terms, canonical values, children.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::pure::wire::Node;
use crate::words::limits::MAX_CHILDREN;
use crate::words::record::{Cell, Cells, Dates, Image, Reading};
use crate::words::side::{Reference, RemoteId, Version};
use crate::words::ticket::{Field, RecordKind, field};
use crate::words::value::Value;

use super::codec::{Sight, list_image};
use super::model::{Absent, Codec, DocumentFormat, FieldMap, Mapping, Shape, Spelled};
use super::path::{Found, Path, PathFault};

/// Why a document can't be understood. Names the place and unknown codes, never other values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind} {place}: {reason}")]
pub struct ReadFault {
    /// What was read.
    pub kind: RecordKind,
    /// Which field or element.
    pub place: String,
    /// Why.
    pub reason: String,
}

impl Mapping {
    /// Reads one ticket's document with its children.
    ///
    /// # Errors
    /// The first place that can't be understood: the whole ticket is quarantined, never half of it read.
    pub fn read(&self, document: &Node) -> Result<Reading, ReadFault> {
        let Some(shape) = self.shape(RecordKind::Ticket) else {
            return Err(fault(RecordKind::Ticket, "record", "the mapping has no ticket".to_owned()));
        };
        if !matches!(document, Node::Map(_) | Node::Element(_)) {
            let reason = format!("{} where a ticket was expected", document.kind());
            return Err(fault(RecordKind::Ticket, "document", reason));
        }
        let mut reading = self.record(shape, document)?;
        for kind in RecordKind::CHILDREN {
            if let Some(shape) = self.shape(kind)
                && let Some(children) = self.children(shape, document)?
            {
                reading.children.insert(kind, children);
            }
        }
        Ok(reading)
    }

    /// What an image of ours means in a ticket with these dates.
    ///
    /// # Errors
    /// Why it can't be understood (any more).
    pub fn value(
        &self,
        kind: RecordKind,
        field: &Field,
        image: &Image,
        dates: &Dates,
    ) -> Result<Option<Value>, ReadFault> {
        let Some(text) = image else { return Ok(None) };
        let Some(map) = self.shape(kind).and_then(|shape| shape.fields.get(field)) else {
            return Err(fault(kind, field.as_str(), "not in the mapping".to_owned()));
        };
        map.codec.parse(text, self.sight(dates)).map_err(|reason| fault(kind, field.as_str(), reason))
    }

    /// One field of a document or of a tree of ours; `None` where it is not shown.
    pub(super) fn read_cell(&self, kind: RecordKind, field: &Field, node: &Node) -> Result<Option<Cell>, ReadFault> {
        let map = self.shape(kind).and_then(|shape| shape.fields.get(field));
        let map = map.ok_or_else(|| fault(kind, field.as_str(), "not in the mapping".to_owned()))?;
        self.cell(kind, field.as_str(), map, node)
    }

    /// What codecs look at beside the text, for a ticket with these dates.
    pub(super) fn sight(&self, dates: &Dates) -> Sight<'_> {
        Sight::on(&self.codes, dates.day(&field::RECEIVED_AT, &self.zone))
    }

    fn children(&self, shape: &Shape, document: &Node) -> Result<Option<Vec<Reading>>, ReadFault> {
        let Some(within) = &shape.within else { return Ok(None) };
        let found = within.find(document).map_err(|bad| misshapen(shape.kind, &bad))?;
        let found = match (found, self.format) {
            (Some(found), _) => found,
            // Repeated elements that are not there are shown as none where their parent is there.
            (None, DocumentFormat::Xml) => Vec::new(),
            (None, DocumentFormat::Json) => return Ok(None),
        };
        if found.len() > MAX_CHILDREN {
            let reason = format!("more than {MAX_CHILDREN}");
            return Err(fault(shape.kind, within.as_str(), reason));
        }
        let mut seen = BTreeSet::new();
        let mut children = Vec::new();
        for element in found {
            let Found::Node(node) = element else { continue };
            let child = self.record(shape, node)?;
            if !seen.insert(child.id.clone()) {
                return Err(fault(shape.kind, within.as_str(), format!("two with the id `{}`", child.id)));
            }
            children.push(child);
        }
        Ok(Some(children))
    }

    fn record(&self, shape: &Shape, node: &Node) -> Result<Reading, ReadFault> {
        let kind = shape.kind;
        let id = plain(&shape.id.at, node, kind)?.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| fault(kind, shape.id.at.as_str(), "no id".to_owned()))?;
        let version = match &shape.version {
            Some(key) => plain(&key.at, node, kind)?.filter(|version| !version.is_empty()),
            None => None,
        };
        let changed = match &shape.changed {
            Some(changed) => match plain(&changed.at, node, kind)?.filter(|text| !text.is_empty()) {
                Some(text) => {
                    Some(changed.format.parse(&text).map_err(|reason| fault(kind, changed.at.as_str(), reason))?)
                }
                None => None,
            },
            None => None,
        };
        let mut identity = Vec::new();
        for path in &shape.identity {
            identity.extend(plain(path, node, kind)?);
        }
        let reference = match &shape.reference {
            Some(map) => self.cell(kind, "ref", map, node)?.and_then(|cell| cell.value),
            None => None,
        };
        let mut captures = BTreeMap::new();
        for (name, path) in &shape.captures {
            if let Some(text) = plain(path, node, kind)? {
                captures.insert(name.clone(), text.into_owned());
            }
        }
        let mut cells = Cells::new();
        for (field, map) in &shape.fields {
            if let Some(cell) = self.cell(kind, field.as_str(), map, node)? {
                cells.insert(field.clone(), cell);
            }
        }
        for field in shape.fields.values().flat_map(|map| &map.with) {
            if let Some(image) = cells.get(field).and_then(|cell| cell.image.clone()) {
                captures.insert(companion(field), image);
            }
        }
        Ok(Reading {
            kind,
            id: RemoteId(id.into_owned()),
            identity: (!identity.is_empty()).then(|| identity.join(" ")),
            version: version.map(|version| Version(version.into_owned())),
            changed,
            reference: reference.as_ref().and_then(Value::as_text).map(Reference::from),
            cells,
            children: BTreeMap::new(),
            captures,
        })
    }

    /// One field; `None` where it is not shown.
    fn cell(&self, kind: RecordKind, name: &str, map: &FieldMap, node: &Node) -> Result<Option<Cell>, ReadFault> {
        let Some(at) = &map.at else { return Ok(None) };
        let found = at.find(node).map_err(|bad| misshapen(kind, &bad))?;
        let empty = Cell { image: None, value: None };
        let Some(found) = found else {
            if map.absent.contains(&Absent::Omit) {
                return Ok(Some(empty));
            }
            let complete = self.shape(kind).is_some_and(|shape| shape.complete);
            return if complete { Err(fault(kind, name, format!("`{at}` is missing"))) } else { Ok(None) };
        };
        let image = if let Codec::List { joined: None, .. } = &map.codec {
            let mut parts = Vec::new();
            for one in &found {
                parts.extend(self.scalar(map, one).map_err(|reason| fault(kind, name, reason))?);
            }
            if parts.is_empty() {
                None
            } else {
                let image = list_image(&parts.iter().map(Cow::to_string).collect::<Vec<_>>());
                Some(image.map_err(|reason| fault(kind, name, reason))?)
            }
        } else {
            let one = found.first();
            let text = one.map(|one| self.scalar(map, one)).transpose();
            text.map_err(|reason| fault(kind, name, reason))?.flatten().map(Cow::into_owned)
        };
        let Some(image) = image else { return Ok(Some(empty)) };
        let value = map.codec.parse(&image, self.sight(&Dates::NONE)).map_err(|reason| fault(kind, name, reason))?;
        // Blanks say nothing, like every other spelling of nothing.
        Ok(Some(if value.is_some() { Cell { image: Some(image), value } } else { empty }))
    }

    /// The text of one value, or `None` for a spelling of nothing.
    fn scalar<'a>(&self, map: &FieldMap, found: &Found<'a>) -> Result<Option<Cow<'a, str>>, String> {
        if let Found::Node(node) = found {
            let expected = match (node, map.spelled) {
                (Node::Null, _) => {
                    return if map.absent.contains(&Absent::Null) || map.absent.contains(&Absent::Omit) {
                        Ok(None)
                    } else {
                        Err("null, which is not declared as empty here".to_owned())
                    };
                }
                (Node::Element(element), _) if element.is_nil() => return Ok(None),
                (Node::List(_) | Node::Map(_), _) => Some("a single value"),
                (Node::Number(_) | Node::Bool(_), Spelled::Text) => Some("text"),
                // A text where a number or a boolean was declared can only be a declared spelling of nothing.
                (Node::Text(text), Spelled::Number | Spelled::Bool) if !is_absent_text(map, text) => {
                    Some(if map.spelled == Spelled::Number { "a number" } else { "a boolean" })
                }
                (Node::Bool(_), Spelled::Number) => Some("a number"),
                (Node::Number(_), Spelled::Bool) => Some("a boolean"),
                (Node::Text(_) | Node::Number(_) | Node::Bool(_) | Node::Element(_), _) => None,
            };
            if let Some(expected) = expected {
                return Err(format!("{} where {expected} was declared", node.kind()));
            }
        }
        let text = found.as_plain().ok_or_else(|| "elements where a text was declared".to_owned())?;
        Ok((!is_absent_text(map, &text)).then_some(text))
    }
}

/// Name of the capture that keeps the image of a field which is written along with others.
pub(super) fn companion(field: &Field) -> String {
    format!("with {field}")
}

fn is_absent_text(map: &FieldMap, text: &str) -> bool {
    map.absent.iter().any(|absent| matches!(absent, Absent::Text(spelling) if spelling == text))
}

/// The text at a path that is one value; nothing for null, nil and what is not shown.
fn plain<'a>(path: &Path, node: &'a Node, kind: RecordKind) -> Result<Option<Cow<'a, str>>, ReadFault> {
    let found = path.find(node).map_err(|bad| misshapen(kind, &bad))?;
    Ok(found.and_then(|found| found.first().copied()).filter(|found| !is_nil(found)).and_then(|one| one.as_plain()))
}

fn is_nil(found: &Found<'_>) -> bool {
    matches!(found, Found::Node(Node::Element(element)) if element.is_nil())
}

fn misshapen(kind: RecordKind, bad: &PathFault) -> ReadFault {
    fault(kind, &bad.path, bad.what.clone())
}

fn fault(kind: RecordKind, place: &str, reason: String) -> ReadFault {
    ReadFault { kind, place: place.to_owned(), reason }
}
