//! A document → what it shows: images in the system's own terms, canonical values, children.
//!
//! In two steps. What a document shows at the places that the mapping reads becomes a [`Sheet`], in the document's own
//! terms; here a sheet becomes a reading: spellings of nothing, types, codes, faults.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::pure::wire::{Limits, Node, WireError, first_row, parse_csv};
use crate::words::limits::MAX_CHILDREN;
use crate::words::record::{Cell, Cells, Dates, Image, Reading};
use crate::words::side::{Reference, RemoteId, Version};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::codec::Sight;
use super::model::{DocumentFormat, Mapping, Shape};

mod cell;
mod fill;
mod outline;
mod sheet;

#[cfg(test)]
mod tests;

pub use outline::{Outline, Place, Slot};
pub use sheet::{Seen, Sheet, Standing, View};

/// What messages call the reference of a record.
pub(super) const REF: Field = Field::fixed("ref");

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
        let shape = self.ticket()?;
        self.assemble(shape, &Sheet::of(&shape.outline, document.clone()))
    }

    /// The same from its bytes, in one pass.
    ///
    /// # Errors
    /// What is wrong with the document, or the first place that can't be understood.
    pub fn read_bytes(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, ReadFault> {
        let shape = self.ticket()?;
        let broken = |error: WireError| fault(RecordKind::Ticket, "document", error.to_string());
        let bytes = &*self.decoded(bytes, self.format).map_err(broken)?;
        if self.format == DocumentFormat::Csv {
            return self.read(&first_row(parse_csv(bytes, &self.csv, limits).map_err(broken)?));
        }
        let sheet = Sheet::read(&shape.outline, self.format, &self.namespaces, &self.csv, bytes, limits);
        let sheet = sheet.map_err(broken)?;
        self.assemble(shape, &sheet)
    }

    /// The same from its sheet: the outline was the ticket's, or one that goes on from it.
    ///
    /// # Errors
    /// The first place that can't be understood.
    pub fn understand(&self, sheet: &Sheet<'_>) -> Result<Reading, ReadFault> {
        self.assemble(self.ticket()?, sheet)
    }

    fn ticket(&self) -> Result<&Shape, ReadFault> {
        let missing = || fault(RecordKind::Ticket, "record", "the mapping has no ticket".to_owned());
        self.shape(RecordKind::Ticket).ok_or_else(missing)
    }

    /// A ticket's sheet as a reading with its children.
    fn assemble(&self, shape: &Shape, sheet: &Sheet<'_>) -> Result<Reading, ReadFault> {
        if let Some(scalar @ (Seen::Null | Seen::Bool(_) | Seen::Number(_) | Seen::Text(_) | Seen::List)) =
            sheet.whole().values().first()
        {
            let reason = format!("{} where a ticket was expected", scalar.kind());
            return Err(fault(RecordKind::Ticket, "document", reason));
        }
        let view = View { sheet, around: None };
        let dates = self.dates(shape, view)?;
        let mut reading = self.record(shape, view, &dates)?;
        for kind in RecordKind::CHILDREN {
            if let Some(shape) = self.shape(kind)
                && let Some(children) = self.children(shape, sheet, &dates)?
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
        let Some(map) = self.shape(kind).and_then(|shape| shape.fields.get(field)) else {
            return Err(fault(kind, field.as_str(), "not in the mapping".to_owned()));
        };
        if map.fixed.is_some() {
            return Ok(map.fixed.clone());
        }
        let Some(text) = image else { return Ok(map.default.clone()) };
        map.codec.parse(text, self.sight(dates)).map_err(|reason| fault(kind, field.as_str(), reason))
    }

    /// One field of a document or of a tree of ours; `None` where it is not shown.
    pub(super) fn read_cell(
        &self,
        kind: RecordKind,
        field: &Field,
        node: &Node,
        dates: &Dates,
    ) -> Result<Option<Cell>, ReadFault> {
        let shape = self.shape(kind);
        let Some((shape, map)) = shape.and_then(|shape| Some((shape, shape.fields.get(field)?))) else {
            return Err(fault(kind, field.as_str(), "not in the mapping".to_owned()));
        };
        let sheet = Sheet::of(&shape.outline, node.clone());
        self.cell(shape, field, map, View { sheet: &sheet, around: None }, dates)
    }

    /// What a codec looks at beside the text, for a ticket with these dates.
    pub(super) const fn sight<'a>(&'a self, dates: &'a Dates) -> Sight<'a> {
        Sight::of(&self.codes, dates, self.zone)
    }

    /// The dates that a ticket's sheet shows, as far as rows of code tables are chosen by them.
    pub(super) fn dates(&self, shape: &Shape, view: View<'_, '_>) -> Result<Dates, ReadFault> {
        let mut shown = BTreeMap::new();
        for field in &self.day_fields {
            if let Some(map) = shape.fields.get(field) {
                let cell = self.cell(shape, field, map, view, &Dates::NONE)?;
                shown.insert(field.clone(), cell.and_then(|cell| cell.value));
            }
        }
        Ok(Dates::given(&shown))
    }

    /// The children of one kind; `None` where they are not shown.
    fn children(&self, shape: &Shape, ticket: &Sheet<'_>, dates: &Dates) -> Result<Option<Vec<Reading>>, ReadFault> {
        let mut views = vec![View { sheet: ticket, around: None }];
        for (depth, level) in shape.levels.iter().enumerate() {
            let mut inner = Vec::new();
            for view in views {
                match view.sheet.at(&level.at) {
                    Standing::Misshapen(what) => return Err(misshapen(shape.kind, &level.at, what)),
                    // Repeated elements that are not there are shown as none where their parent is there.
                    Standing::Hidden if depth == 0 && self.format == DocumentFormat::Json => return Ok(None),
                    Standing::Hidden | Standing::One(_) | Standing::Many(_) => {}
                }
                let nested = view.sheet.nested(level.number);
                inner.extend(nested.iter().map(|sheet| View { sheet, around: Some(view.sheet) }));
            }
            views = inner;
        }
        let Some(last) = shape.levels.last() else { return Ok(None) };
        if views.len() > MAX_CHILDREN {
            let reason = format!("more than {MAX_CHILDREN}");
            return Err(fault(shape.kind, last.at.as_str(), reason));
        }
        let children = views.into_iter().map(|view| self.record(shape, view, dates)).collect::<Result<Vec<_>, _>>()?;
        let mut ids: Vec<&RemoteId> = children.iter().map(|child| &child.id).collect();
        ids.sort_unstable();
        match ids.windows(2).find(|pair| pair.first() == pair.last()) {
            Some(twice) => {
                let id = twice.first().map(ToString::to_string).unwrap_or_default();
                Err(fault(shape.kind, last.at.as_str(), format!("two with the id `{id}`")))
            }
            None => Ok(Some(children)),
        }
    }

    /// The id of a record. One that is made of several members is a text of ours: `A/B`, a `/` inside one doubled.
    fn id(&self, shape: &Shape, view: View<'_, '_>) -> Result<String, ReadFault> {
        let mut id = String::new();
        for place in std::iter::once(&shape.id.at).chain(&shape.id.also) {
            let part = plain(place, view, shape.kind)?.filter(|part| !part.is_empty());
            let part = part.ok_or_else(|| fault(shape.kind, place.as_str(), "no id".to_owned()))?;
            if shape.id.also.is_empty() {
                return Ok(part.to_owned());
            }
            id.push_str(if id.is_empty() { "" } else { "/" });
            id.push_str(&part.replace('/', "//"));
        }
        Ok(id)
    }

    pub(super) fn record(&self, shape: &Shape, view: View<'_, '_>, dates: &Dates) -> Result<Reading, ReadFault> {
        let kind = shape.kind;
        let id = self.id(shape, view)?;
        let version = match &shape.version {
            Some(key) => plain(&key.at, view, kind)?.filter(|version| !version.is_empty()),
            None => None,
        };
        let changed = match &shape.changed {
            Some(changed) => match plain(&changed.at, view, kind)?.filter(|text| !text.is_empty()) {
                Some(text) => {
                    Some(changed.format.parse(text).map_err(|reason| fault(kind, changed.at.as_str(), reason))?)
                }
                None => None,
            },
            None => None,
        };
        let mut identity = Vec::new();
        for place in &shape.identity {
            identity.extend(plain(place, view, kind)?);
        }
        let reference = match &shape.reference {
            Some(map) => self.cell(shape, &REF, map, view, dates)?.and_then(|cell| cell.value),
            None => None,
        };
        let mut captures = BTreeMap::new();
        for (name, place) in &shape.captures {
            if let Some(text) = plain(place, view, kind)? {
                captures.insert(name.clone(), text.to_owned());
            }
        }
        let mut cells = Vec::with_capacity(shape.fields.len());
        for (field, map) in &shape.fields {
            if let Some(cell) = self.cell(shape, field, map, view, dates)? {
                cells.push((field.clone(), cell));
            }
        }
        let cells = Cells::of_sorted(cells);
        let marked = shape.reference.as_ref().filter(|map| map.joined.is_some());
        if let Some(text) = marked.and(reference.as_ref()).and_then(Value::as_text) {
            captures.insert(companion(&REF), text.to_owned());
        }
        for field in &shape.kept {
            if let Some(image) = cells.get(field).and_then(|cell| cell.image.clone()) {
                captures.insert(companion(field), image.into());
            }
        }
        Ok(Reading {
            kind,
            id: RemoteId(id),
            identity: (!identity.is_empty()).then(|| identity.join(" ")),
            version: version.map(|version| Version(version.to_owned())),
            changed,
            reference: reference.as_ref().and_then(Value::as_text).map(Reference::from),
            cells,
            children: BTreeMap::new(),
            captures,
        })
    }
}

/// Name of the capture that keeps the image of a field which is written along with others.
pub(super) fn companion(field: &Field) -> String {
    format!("with {field}")
}

/// The text at a place that is one value; nothing for null, nil and what is not shown.
fn plain<'s>(place: &Place, view: View<'s, '_>, kind: RecordKind) -> Result<Option<&'s str>, ReadFault> {
    match view.at(place) {
        Standing::Misshapen(what) => Err(misshapen(kind, place, what)),
        standing => Ok(standing.values().first().and_then(Seen::as_plain)),
    }
}

fn misshapen(kind: RecordKind, place: &Place, what: &str) -> ReadFault {
    fault(kind, place.as_str(), what.to_owned())
}

fn fault(kind: RecordKind, place: &str, reason: String) -> ReadFault {
    ReadFault { kind, place: place.to_owned(), reason }
}
