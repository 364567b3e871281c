//! Canonical values → what the system takes: trees of changed fields, and how it will show them.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::pure::wire::{Element, Map, Node};
use crate::words::record::{Dates, Image};
use crate::words::side::Reference;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::model::{Absent, Codec, DocumentFormat, FieldMap, Join, Mapping, Shape};
use super::path::{Path, Step};
use tree::{Order, put, spelled, take_out};

mod along;
mod parts;
mod takes;
mod tree;

pub use takes::Verb;

/// A value that this system has no spelling for. Names the field and unknown words, never other values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind} {field}: {reason}")]
pub struct Unprintable {
    /// Of which kind of record.
    pub kind: RecordKind,
    /// Which field.
    pub field: Field,
    /// Why.
    pub reason: String,
}

/// What messages call our reference.
const REF: Field = Field::fixed("ref");
const NO_WAY: &str = "the system has no way to empty it";

/// What is written.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// Of which kind of record.
    pub kind: RecordKind,
    /// Our reference, which a new record takes on.
    pub reference: Option<&'a Reference>,
    /// Whether the record is made.
    pub is_new: bool,
    /// The fields; `None` empties one.
    pub fields: &'a BTreeMap<Field, Option<Value>>,
    /// What the last reading captured for writes.
    pub captures: &'a BTreeMap<String, String>,
    /// The ticket's own dates.
    pub dates: &'a Dates,
}

/// What becomes of one member of the document: a value, or nothing where it is taken out.
struct Edit<'m> {
    /// The field, the first one of those that share a text, or our reference.
    field: &'m Field,
    /// The text that it shares with others.
    join: Option<&'m Join>,
    to: &'m Path,
    node: Option<Node>,
}

impl Mapping {
    /// How this system would show the value after taking our write: cut, or with the code that it has for a ticket
    /// with these dates.
    ///
    /// # Errors
    /// Why it can't take it.
    pub fn image(
        &self,
        kind: RecordKind,
        field: &Field,
        value: Option<&Value>,
        dates: &Dates,
    ) -> Result<Image, Unprintable> {
        let fail = |reason: String| Unprintable { kind, field: field.clone(), reason };
        let map = self.field_map(kind, field).ok_or_else(|| fail("not in the mapping".to_owned()))?;
        if let Some(fixed) = &map.fixed {
            let said = || fail(format!("every {kind} of this system is `{}`", fixed.display()));
            return if value == Some(fixed) { Ok(Some(fixed.display())) } else { Err(said()) };
        }
        let Some(value) = value else {
            // What the system shows as empty is read as the default.
            return if map.default.is_none() {
                Ok(None)
            } else {
                Err(fail("this system can't hold it empty".to_owned()))
            };
        };
        let text = match map.codec.print(value, self.sight(&map.codec, dates)) {
            // What has no spelling of its own there is what emptiness stands for.
            Err(_) if map.default.as_ref() == Some(value) => return Ok(None),
            printed => printed.and_then(|text| self.shown_in_documents(text)).map_err(fail)?.into_owned(),
        };
        let absent = map.absent.iter().any(|absent| matches!(absent, Absent::Text(spelling) if *spelling == text));
        if absent { Err(fail("the value is this system's spelling of nothing".to_owned())) } else { Ok(Some(text)) }
    }

    /// One field as `${field.NAME}`; `None` where emptiness is spelled by leaving it out.
    ///
    /// # Errors
    /// Why the system can't take it.
    pub fn print_field(
        &self,
        kind: RecordKind,
        field: &Field,
        value: Option<&Value>,
        create: bool,
        dates: &Dates,
    ) -> Result<Option<Node>, Unprintable> {
        let fail = |reason: &str| Unprintable { kind, field: field.clone(), reason: reason.to_owned() };
        let map = self.field_map(kind, field).ok_or_else(|| fail("not in the mapping"))?;
        if let Some(node) = self.printed(kind, field, map, value, dates)? {
            return Ok(Some(node));
        }
        if create {
            return Ok(None);
        }
        let to = map.to().map_or(&[][..], Path::steps);
        self.emptied(map, to, false).ok_or_else(|| fail(NO_WAY))
    }

    /// A value as it stands in a document; `None` where nothing stands for it.
    fn printed(
        &self,
        kind: RecordKind,
        field: &Field,
        map: &FieldMap,
        value: Option<&Value>,
        dates: &Dates,
    ) -> Result<Option<Node>, Unprintable> {
        let fail = |reason: String| Unprintable { kind, field: field.clone(), reason };
        if let (Codec::List { item, joined: None }, Some(Value::List(values))) = (&map.codec, value) {
            let mut nodes = Vec::new();
            for value in values {
                let text = item.print(value, self.sight(item, dates));
                let text = text.and_then(|text| self.shown_in_documents(text)).map_err(fail)?;
                nodes.push(spelled(map.spelled, text.into_owned()));
            }
            return Ok(Some(Node::List(nodes)));
        }
        let text = self.image(kind, field, value, dates)?;
        Ok(text.map(|text| spelled(map.spelled, text)))
    }

    /// The tree of the changed fields by their write paths, with our reference on a new record. For XML: an element
    /// without a name, whose attributes and children stand for the tree.
    ///
    /// # Errors
    /// The first field that the system can't take. Fields that it never takes are left out.
    pub fn print(&self, written: &Written<'_>) -> Result<Node, Unprintable> {
        let mut tree = match self.format {
            DocumentFormat::Json | DocumentFormat::Csv => Node::Map(Map::new()),
            DocumentFormat::Xml => Node::Element(Element::default()),
        };
        let Some(shape) = self.shape(written.kind) else { return Ok(tree) };
        let fields = self.with_companions(shape, written);
        for edit in self.edits(shape, &fields, written, false)? {
            edit.make(&mut tree, shape)?;
        }
        let to = shape.reference.as_ref().and_then(FieldMap::to);
        if let (Some(reference), Some(to), true) = (written.reference, to, written.is_new) {
            let node = Some(Node::text(reference.as_str()));
            Edit { field: &REF, join: None, to, node }.make(&mut tree, shape)?;
        }
        Ok(tree)
    }

    /// The freshest document of a ticket with the changed fields in place: order, unknown members and the spelling of
    /// what did not change are kept.
    ///
    /// # Errors
    /// The first field that the system can't take, or that the document has no place for.
    pub fn edit(&self, written: &Written<'_>, document: &Node) -> Result<Node, Unprintable> {
        self.edited(written, document, false)
    }

    /// The same with every field spelled anew, also those that the document shows as they are written: what would become
    /// of all of it.
    ///
    /// # Errors
    /// See [`Mapping::edit`].
    pub fn rewrite(&self, written: &Written<'_>, document: &Node) -> Result<Node, Unprintable> {
        self.edited(written, document, true)
    }

    fn edited(&self, written: &Written<'_>, document: &Node, all: bool) -> Result<Node, Unprintable> {
        let mut whole = document.clone();
        for mount in &self.verbs.mounts {
            // What other calls gave is no part of the document that is sent.
            take_out(&mut whole, &[Step::Key(mount.into.clone())]);
        }
        let Some(shape) = self.shape(written.kind) else { return Ok(whole) };
        let fields = self.with_companions(shape, written);
        for edit in self.edits(shape, &fields, written, true)? {
            let shown = |field: &Field| {
                let cell = self.read_cell(written.kind, field, document, written.dates).ok().flatten();
                cell.is_some_and(|cell| cell.value.as_ref() == fields.get(field).and_then(Option::as_ref))
            };
            if all || !edit.join.map_or_else(|| shown(edit.field), |join| join.fields().all(shown)) {
                edit.make(&mut whole, shape)?;
            }
        }
        Ok(whole)
    }

    /// What becomes of each member that is written. In a whole document a member can be taken out; in a tree of changes
    /// it can only be left as it is.
    fn edits<'m>(
        &self,
        shape: &'m Shape,
        fields: &BTreeMap<Field, Option<Value>>,
        written: &Written<'_>,
        whole: bool,
    ) -> Result<Vec<Edit<'m>>, Unprintable> {
        let mut edits = Vec::with_capacity(fields.len());
        for (field, map) in &shape.fields {
            let Some(value) = fields.get(field).filter(|_| map.is_written(written.is_new)) else { continue };
            let fail = |reason: String| Unprintable { kind: shape.kind, field: field.clone(), reason };
            if map.fixed.is_some() {
                self.image(shape.kind, field, value.as_ref(), written.dates)?;
                continue;
            }
            let Some(rule) = self.rule_for(shape, map, value.as_ref(), fields, written).map_err(fail)? else {
                continue;
            };
            let Some(to) = &rule.to else { continue };
            let node = match self.printed(shape.kind, field, map, value.as_ref(), written.dates)? {
                Some(node) => Some(node),
                None if written.is_new => continue,
                None => self.emptied(map, to.steps(), whole).ok_or_else(|| fail(NO_WAY.to_owned()))?,
            };
            edits.push(Edit { field, join: None, to, node });
        }
        for join in &shape.joins {
            edits.extend(self.joined(shape, join, fields, written, whole)?);
        }
        Ok(edits)
    }

    /// The one text of several fields, where any of them is written.
    fn joined<'m>(
        &self,
        shape: &Shape,
        join: &'m Join,
        fields: &BTreeMap<Field, Option<Value>>,
        written: &Written<'_>,
        whole: bool,
    ) -> Result<Option<Edit<'m>>, Unprintable> {
        let first = join.fields().find(|part| fields.contains_key(part));
        let (Some(to), Some(first), true) = (join.text.to(), first, join.text.is_written(written.is_new)) else {
            return Ok(None);
        };
        let fail = |reason: String| Unprintable { kind: shape.kind, field: first.clone(), reason };
        let mut images = Vec::new();
        for part in join.fields() {
            images.push(match fields.get(part).and_then(Option::as_ref) {
                Some(value) => self.image(shape.kind, part, Some(value), written.dates)?,
                None => None,
            });
        }
        let node = match join.pattern.print(&images).map_err(fail)? {
            Some(text) => Some(Node::Text(text)),
            None if written.is_new => return Ok(None),
            None => self.emptied(&join.text, to.steps(), whole).ok_or_else(|| fail(NO_WAY.to_owned()))?,
        };
        Ok(Some(Edit { field: first, join: Some(join), to, node }))
    }

    /// The spelling of nothing that is written to a place: the first that can be. `Some(None)` takes the member out,
    /// which only a whole document can; an attribute has no nil, and in a tree of changes repeated elements that are
    /// not there say nothing.
    fn emptied(&self, map: &FieldMap, to: &[Step], whole: bool) -> Option<Option<Node>> {
        let xml = self.format == DocumentFormat::Xml;
        if map.is_list() {
            let silent = xml && !whole && matches!(to, [Step::Key(_), Step::Each]);
            return (!silent).then(|| Some(Node::List(Vec::new())));
        }
        let attribute = matches!(to, [.., Step::Attribute(_)]);
        map.absent.iter().find_map(|absent| match absent {
            Absent::Omit => whole.then_some(None),
            Absent::Text(text) => Some(Some(Node::text(text.clone()))),
            Absent::Null => (!xml).then_some(Some(Node::Null)),
            Absent::Nil => (xml && !attribute).then(|| Some(tree::nil())),
        })
    }

    pub(super) fn field_map(&self, kind: RecordKind, field: &Field) -> Option<&FieldMap> {
        self.shape(kind)?.fields.get(field)
    }
}

impl Edit<'_> {
    fn make(self, tree: &mut Node, shape: &Shape) -> Result<(), Unprintable> {
        let Some(node) = self.node else {
            take_out(tree, self.to.steps());
            return Ok(());
        };
        let order = Order::of(&shape.order);
        put(tree, self.to.steps(), node, &order).map_err(|reason| Unprintable {
            kind: shape.kind,
            field: self.field.clone(),
            reason,
        })
    }
}
