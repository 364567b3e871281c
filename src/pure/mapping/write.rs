//! Canonical values → what the system takes: trees of changed fields, and how it will show them.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::pure::wire::{Element, Map, Node};
use crate::words::record::{Dates, Image};
use crate::words::side::Reference;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::calls::FieldGroup;
use super::model::{Absent, Codec, DocumentFormat, FieldMap, Mapping, When};
use super::path::{Path, Step};
use super::read::companion;
use tree::{put, spelled};

mod tree;

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

/// What a system can be asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Make a record of the kind.
    Create,
    /// Change one.
    Update,
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
        let Some(value) = value else { return Ok(None) };
        let text = map.codec.print(value, self.sight(dates)).map_err(fail)?.into_owned();
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
        let fail = |reason: String| Unprintable { kind, field: field.clone(), reason };
        let map = self.field_map(kind, field).ok_or_else(|| fail("not in the mapping".to_owned()))?;
        let Some(value) = value else {
            if create {
                return Ok(None);
            }
            let Some(absent) = map.absent.iter().find(|absent| **absent != Absent::Omit) else {
                return Err(fail("the system has no way to empty it".to_owned()));
            };
            if matches!(map.codec, Codec::List { joined: None, .. }) {
                return Ok(Some(Node::List(Vec::new())));
            }
            return Ok(Some(match absent {
                Absent::Null | Absent::Omit => Node::Null,
                Absent::Text(text) => Node::text(text.clone()),
                Absent::Nil => {
                    let mut nil = Element::new("");
                    nil.attributes.push(("xsi:nil".to_owned(), "true".to_owned()));
                    Node::Element(nil)
                }
            }));
        };
        if let (Codec::List { item, joined: None }, Value::List(values)) = (&map.codec, value) {
            let mut nodes = Vec::new();
            for value in values {
                nodes.push(spelled(map.spelled, item.print(value, self.sight(dates)).map_err(fail)?.into_owned()));
            }
            return Ok(Some(Node::List(nodes)));
        }
        let text = self.image(kind, field, Some(value), dates)?;
        Ok(text.map(|text| spelled(map.spelled, text)))
    }

    /// The tree of the changed fields by their write paths, with our reference on a new record. For XML: an element
    /// without a name, whose attributes and children stand for the tree.
    ///
    /// # Errors
    /// The first field that the system can't take. Fields that it never takes are left out.
    pub fn print(
        &self,
        kind: RecordKind,
        fields: &BTreeMap<Field, Option<Value>>,
        reference: Option<&Reference>,
        dates: &Dates,
    ) -> Result<Node, Unprintable> {
        let mut tree = self.tree(kind, fields, reference.is_some(), dates)?;
        let to = self.shape(kind).and_then(|shape| shape.reference.as_ref()).and_then(|map| map.to.as_ref());
        if let (Some(reference), Some(to)) = (reference, to) {
            put(&mut tree, to.steps(), Node::text(reference.as_str()));
        }
        Ok(tree)
    }

    /// The tree of a new record without a reference.
    pub(super) fn print_new(
        &self,
        kind: RecordKind,
        fields: &BTreeMap<Field, Option<Value>>,
        dates: &Dates,
    ) -> Result<Node, Unprintable> {
        self.tree(kind, fields, true, dates)
    }

    fn tree(
        &self,
        kind: RecordKind,
        fields: &BTreeMap<Field, Option<Value>>,
        create: bool,
        dates: &Dates,
    ) -> Result<Node, Unprintable> {
        let mut tree = match self.format {
            DocumentFormat::Json => Node::Map(Map::new()),
            DocumentFormat::Xml => Node::Element(Element::default()),
        };
        let Some(shape) = self.shape(kind) else { return Ok(tree) };
        for (field, map) in &shape.fields {
            let Some(value) = fields.get(field) else { continue };
            let Some(to) = map.to.as_ref().filter(|_| map.is_written(create)) else { continue };
            if let Some(node) = self.print_field(kind, field, value.as_ref(), create, dates)? {
                put(&mut tree, to.steps(), node);
            }
        }
        Ok(tree)
    }

    /// The changed fields with those that the system wants beside them (`with`), as the last reading captured them.
    #[must_use]
    pub fn with_companions(
        &self,
        kind: RecordKind,
        fields: &BTreeMap<Field, Option<Value>>,
        captures: &BTreeMap<String, String>,
        dates: &Dates,
    ) -> BTreeMap<Field, Option<Value>> {
        let mut all = fields.clone();
        for wanted in fields.keys().filter_map(|field| self.field_map(kind, field)).flat_map(|map| &map.with) {
            let image = captures.get(&companion(wanted)).cloned();
            if let Ok(Some(value)) = self.value(kind, wanted, &image, dates) {
                all.entry(wanted.clone()).or_insert(Some(value));
            }
        }
        all
    }

    /// Whether the system shows this field.
    #[must_use]
    pub fn holds(&self, kind: RecordKind, field: &Field) -> bool {
        self.field_map(kind, field).is_some_and(|map| map.at.is_some())
    }

    /// Whether the system takes this field, on a create or on an update.
    #[must_use]
    pub fn writes(&self, kind: RecordKind, field: &Field, on_create: bool) -> bool {
        let taken = self.field_map(kind, field).is_some_and(|map| map.is_written(on_create));
        let group = |group: &&FieldGroup| group.steps.is_some() && group.fields.contains(field);
        taken
            && if on_create {
                self.can(kind, Verb::Create)
            } else {
                self.update_groups(kind).iter().any(|known| group(&known))
            }
    }

    /// Whether different values can look the same here.
    #[must_use]
    pub fn lossy(&self, kind: RecordKind, field: &Field) -> bool {
        self.field_map(kind, field).is_some_and(|map| map.codec.is_lossy(&self.codes))
    }

    /// Whether the system can do this.
    #[must_use]
    pub fn can(&self, kind: RecordKind, verb: Verb) -> bool {
        self.verbs.writes.get(&kind).is_some_and(|writes| match verb {
            Verb::Create => writes.create.is_some(),
            Verb::Update => writes.updates.iter().any(|group| group.steps.is_some()),
        })
    }

    /// The groups in which a known record's fields are written, in order.
    #[must_use]
    pub fn update_groups(&self, kind: RecordKind) -> &[FieldGroup] {
        self.verbs.writes.get(&kind).map_or(&[], |writes| writes.updates.as_slice())
    }

    fn field_map(&self, kind: RecordKind, field: &Field) -> Option<&FieldMap> {
        self.shape(kind)?.fields.get(field)
    }
}

impl FieldMap {
    /// Whether it is written on a create or on an update.
    #[must_use]
    pub fn is_written(&self, create: bool) -> bool {
        self.to.is_some()
            && match self.write {
                When::Always => true,
                When::Create => create,
                When::Update => !create,
                When::Never => false,
            }
    }
}

/// The last name of a path: what the system calls the field in its own messages.
pub(super) fn last_name(path: &Path) -> Option<&str> {
    path.steps().iter().rev().find_map(|step| match step {
        Step::Key(name) | Step::Attribute(name) => Some(name.as_str()),
        Step::Each | Step::Index(_) | Step::From(_) | Step::Where(_) => None,
    })
}

impl Mapping {
    /// Our field for a member that the system names in a refusal.
    #[must_use]
    pub fn field_of_member(&self, kind: RecordKind, member: &str) -> Option<&Field> {
        let local = |name: &str| name.rsplit(':').next().map(str::to_owned);
        let wanted = local(member)?;
        let fields = &self.shape(kind)?.fields;
        let names = |map: &FieldMap| map.to.as_ref().and_then(last_name).and_then(local) == Some(wanted.clone());
        fields.iter().find(|(_, map)| names(map)).map(|(field, _)| field)
    }
}
