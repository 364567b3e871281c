//! Bodies that a write goes straight into: its fields are printed once, and no tree is made of them.

use crate::pure::mapping::calls::{Body as CallBody, Call};
use crate::pure::mapping::model::{DocumentFormat, Mapping};
use crate::pure::mapping::template::{Entry, Tree, Var, XmlPart, XmlTemplate};
use crate::pure::mapping::{Unprintable, Written};
use crate::pure::wire::{JsonPiece, JsonPrinter, WireError, XmlPiece, XmlPrinter};
use crate::words::ticket::RecordKind;

use super::variables::variables;

/// The changed fields as they go into a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Printed {
    /// Members of an object.
    Json(JsonPiece),
    /// Attributes and content of an element.
    Xml(XmlPiece),
}

impl Printed {
    /// Prints the write for these calls, into each of which it goes straight.
    ///
    /// # Errors
    /// The field that the system has no spelling for; inside, what the format has none for.
    pub(super) fn of(
        mapping: &Mapping,
        written: &Written<'_>,
        calls: &[&Call],
    ) -> Result<Result<Self, WireError>, Unprintable> {
        if mapping.format == DocumentFormat::Xml {
            let default = calls.iter().all(|call| keeps_default(mapping, call));
            let mut printer = XmlPrinter::piece(&mapping.namespaces, default);
            mapping.tell_write(written, &mut printer)?;
            return Ok(printer.into_piece().map(Self::Xml));
        }
        let mut printer = JsonPrinter::default();
        mapping.tell_write(written, &mut printer)?;
        Ok(printer.into_piece().map(Self::Json))
    }
}

/// Whether the write goes into this call's body as it is printed: in the system's own format, in the place of `${write}`,
/// and of no member twice.
pub(super) fn goes_straight(mapping: &Mapping, call: &Call, kind: RecordKind) -> bool {
    let named = variables(call).into_iter().filter(|var| **var == Var::Write).count();
    match (&call.body, mapping.format) {
        (CallBody::Xml(template), DocumentFormat::Xml) => named > 0 && named == splices(template),
        (CallBody::Json(Tree::Map(own)), DocumentFormat::Json) => {
            let common = match mapping.http.json.as_ref().filter(|_| !call.bare) {
                None => &[][..],
                Some(Tree::Map(common)) => common,
                Some(_) => return false,
            };
            named > 0 && Members { mapping, kind }.places([common, own]) == Some(named)
        }
        _ => false,
    }
}

/// The objects of a body whose members come from several places.
struct Members<'m> {
    mapping: &'m Mapping,
    kind: RecordKind,
}

impl Members<'_> {
    /// In how many places the write is among these members and inside them; `None` where one could come twice.
    fn places(&self, parts: [&[Entry]; 2]) -> Option<usize> {
        let entries = || parts.into_iter().flatten();
        let keys: Vec<&str> = entries().filter_map(key).collect();
        let merges: Vec<&Entry> = entries().filter(|entry| matches!(entry, Entry::Merge(_))).collect();
        let here = match merges.as_slice() {
            [] => 0,
            [Entry::Merge(Var::Write)] => 1,
            _ => return None,
        };
        let is_doubled = |(at, key): (usize, &&str)| {
            keys.iter().skip(at + 1).any(|other| other == key) || (here == 1 && self.is_written(key))
        };
        if keys.iter().enumerate().any(is_doubled) {
            return None;
        }
        let inside =
            entries().map(|entry| if let Entry::Member(_, tree) = entry { self.inside(tree) } else { Some(0) });
        inside.sum::<Option<usize>>().map(|inside| here + inside)
    }

    fn inside(&self, tree: &Tree) -> Option<usize> {
        match tree {
            Tree::Map(entries) => self.places([entries, &[]]),
            Tree::List(items) => items.iter().map(|item| self.inside(item)).sum(),
            Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::Each { .. } => Some(0),
        }
    }

    /// Whether a write of this kind can have a member of this name.
    fn is_written(&self, key: &str) -> bool {
        self.mapping.shape(self.kind).is_some_and(|shape| shape.form.has(key))
    }
}

fn key(entry: &Entry) -> Option<&str> {
    if let Entry::Member(key, _) = entry { Some(key) } else { None }
}

fn splices(template: &XmlTemplate) -> usize {
    let inside = template.children.iter().map(|part| match part {
        XmlPart::Element(inner) => splices(inner),
        XmlPart::Splice(Var::Write) => 1,
        XmlPart::Splice(_) | XmlPart::Text(_) => 0,
    });
    inside.sum()
}

/// Whether no element around the write leaves the mapping's unprefixed namespace.
fn keeps_default(mapping: &Mapping, call: &Call) -> bool {
    fn keeps(template: &XmlTemplate) -> bool {
        let inside = |part: &XmlPart| !matches!(part, XmlPart::Element(inner) if !keeps(inner));
        !template.name.starts_with("{}") && template.children.iter().all(inside)
    }
    let envelope = mapping.http.xml.as_ref().filter(|_| !call.bare);
    let own = if let CallBody::Xml(template) = &call.body { Some(template) } else { None };
    envelope.into_iter().chain(own).all(keeps)
}
