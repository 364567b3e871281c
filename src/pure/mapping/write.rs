//! Canonical values → what the system takes: trees of changed fields, and how it will show them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};
use std::iter::Peekable;

use thiserror::Error;

use crate::pure::encoding::Encoding;
use crate::pure::wire::{Builder, Listener, Node, Scalar};
use crate::words::record::{Dates, Image, shared};
use crate::words::side::Reference;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::codec::List;
use super::model::{Absent, Codec, DocumentFormat, FieldMap, Join, Mapping, Shape};
use super::path::Step;
use super::read::{REF, companion};
use form::{Content, Filled};
use tree::{Order, put, take_out};

mod along;
mod form;
mod parts;
mod takes;
mod tree;

pub use form::{Form, Slot};
pub use takes::Verb;

/// Values by field; `None` empties one.
type Fields = BTreeMap<Field, Option<Value>>;

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
    pub fields: &'a Fields,
    /// What the last reading captured for writes.
    pub captures: &'a BTreeMap<String, String>,
    /// The ticket's own dates.
    pub dates: &'a Dates,
}

/// What becomes of one member of the document: a value, or nothing where it is taken out.
struct Edit<'v> {
    /// The field, the first one of those that share a text, or our reference.
    field: &'v Field,
    /// The text that it shares with others.
    join: Option<&'v Join>,
    to: &'v Slot,
    content: Option<Content<'v>>,
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
        let fail = |reason| Unprintable { kind, field: field.clone(), reason };
        let map = self.field_map(kind, field).ok_or_else(|| fail("not in the mapping".to_owned()))?;
        let spelled = self.spelled(kind, map, value, dates).map_err(fail)?;
        Ok(spelled.map(|text| shared(&text, value)))
    }

    /// The same without a copy, where the system spells the value as we do.
    #[inline]
    fn spelled<'v>(
        &'v self,
        kind: RecordKind,
        map: &'v FieldMap,
        value: Option<&'v Value>,
        dates: &'v Dates,
    ) -> Result<Option<Cow<'v, str>>, String> {
        if let Some(fixed) = &map.fixed {
            let said = || Err(format!("every {kind} of this system is `{}`", fixed.display()));
            return if value == Some(fixed) { Ok(Some(Cow::Owned(fixed.display()))) } else { said() };
        }
        let Some(value) = value else {
            // What the system shows as empty is read as the default.
            let missing = || Err("this system can't hold it empty".to_owned());
            return if map.default.is_none() { Ok(None) } else { missing() };
        };
        let text = match map.codec.print(value, self.sight(dates)) {
            // What has no spelling of its own there is what emptiness stands for.
            Err(_) if map.default.as_ref() == Some(value) => return Ok(None),
            Err(reason) => return Err(reason),
            Ok(text) if self.encoding == Encoding::Utf8 => text,
            Ok(text) => self.shown_in_documents(text)?,
        };
        let absent = map.absent.iter().any(|absent| matches!(absent, Absent::Text(spelling) if *spelling == text));
        if absent { Err("the value is this system's spelling of nothing".to_owned()) } else { Ok(Some(text)) }
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
        let fail = |reason| Unprintable { kind, field: field.clone(), reason };
        let map = self.field_map(kind, field).ok_or_else(|| fail("not in the mapping".to_owned()))?;
        if let Some(content) = self.content(kind, map, value, dates).map_err(fail)? {
            return Ok(Some(content.into()));
        }
        if create {
            return Ok(None);
        }
        let to = map.to().map_or(&[][..], |to| to.steps());
        let emptied = self.emptied(map, to, false).ok_or_else(|| fail(NO_WAY.to_owned()))?;
        Ok(emptied.map(Node::from))
    }

    /// A value as it stands in a document; `None` where nothing stands for it.
    #[inline]
    fn content<'v>(
        &'v self,
        kind: RecordKind,
        map: &'v FieldMap,
        value: Option<&'v Value>,
        dates: &'v Dates,
    ) -> Result<Option<Content<'v>>, String> {
        if let (Codec::List(List { item, joined: None }), Some(Value::List(values))) = (&map.codec, value) {
            let one = |value| {
                let text = item.print(value, self.sight(dates))?;
                Ok(map.spelled.scalar(self.shown_in_documents(text)?))
            };
            return Ok(Some(Content::Many(values.iter().map(one).collect::<Result<_, String>>()?)));
        }
        let text = self.spelled(kind, map, value, dates)?;
        Ok(text.map(|text| Content::One(map.spelled.scalar(text))))
    }

    /// Tells the changed fields by their write paths, with our reference on a new record. For XML: an element without a
    /// name, whose attributes and children stand for the tree.
    ///
    /// # Errors
    /// The first field that the system can't take: then nothing was told. Fields that it never takes are left out.
    pub fn tell_write(
        &self,
        written: &Written<'_>,
        listener: &mut impl for<'a> Listener<'a>,
    ) -> Result<(), Unprintable> {
        let Some(shape) = self.shape(written.kind) else {
            Filled::new(&Form::default()).tell(self.format, listener);
            return Ok(());
        };
        let fields = self.with_companions(shape, written);
        let mut filled = Filled::new(&shape.form);
        self.edits(shape, &fields, written, false, |edit| {
            if let Some(content) = edit.content {
                filled.put(edit.to, content);
            }
            Ok(())
        })?;
        let to = shape.reference.as_ref().and_then(FieldMap::to);
        if let (Some(reference), Some(to), true) = (written.reference, to, written.is_new) {
            filled.put(to, Content::One(Scalar::Text(Cow::Borrowed(reference.as_str()))));
        }
        filled.tell(self.format, listener);
        Ok(())
    }

    /// The same as a tree.
    ///
    /// # Errors
    /// The first field that the system can't take.
    pub fn print(&self, written: &Written<'_>) -> Result<Node, Unprintable> {
        let mut builder = Builder::default();
        self.tell_write(written, &mut builder)?;
        Ok(builder.take().unwrap_or(Node::Null))
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
        self.edits(shape, &fields, written, true, |edit| {
            let shown = |field: &Field| {
                let cell = self.read_cell(written.kind, field, document, written.dates).ok().flatten();
                cell.is_some_and(|cell| cell.value.as_ref() == fields.get(field).and_then(Option::as_ref))
            };
            let is_shown = || edit.join.map_or_else(|| shown(edit.field), |join| join.fields().all(shown));
            if !all && is_shown() { Ok(()) } else { edit.make(&mut whole, shape) }
        })?;
        Ok(whole)
    }

    /// Gives what becomes of each member that is written. In a whole document a member can be taken out; in a tree of changes
    /// it can only be left as it is.
    fn edits<'v>(
        &'v self,
        shape: &'v Shape,
        fields: &'v Fields,
        written: &Written<'v>,
        whole: bool,
        mut give: impl FnMut(Edit<'v>) -> Result<(), Unprintable>,
    ) -> Result<(), Unprintable> {
        // Both are in the order of names.
        let mut values = fields.iter().peekable();
        for (field, map) in &shape.fields {
            let Some(value) = value_of(&mut values, field) else { continue };
            if !map.is_written(written.is_new) {
                continue;
            }
            let fail = |reason: String| Unprintable { kind: shape.kind, field: field.clone(), reason };
            if map.fixed.is_some() {
                self.spelled(shape.kind, map, value.as_ref(), written.dates).map_err(fail)?;
                continue;
            }
            let Some(rule) = self.rule_for(shape, map, value.as_ref(), fields, written).map_err(fail)? else {
                continue;
            };
            let Some(to) = &rule.to else { continue };
            let content = match self.content(shape.kind, map, value.as_ref(), written.dates).map_err(fail)? {
                Some(content) => Some(content),
                None if written.is_new => continue,
                None => self.emptied(map, to.steps(), whole).ok_or_else(|| fail(NO_WAY.to_owned()))?,
            };
            give(Edit { field, join: None, to, content })?;
        }
        for join in &shape.joins {
            self.joined(shape, join, fields, written, whole)?.map_or(Ok(()), &mut give)?;
        }
        Ok(())
    }

    /// The one text of several fields, where any of them is written.
    fn joined<'v>(
        &'v self,
        shape: &Shape,
        join: &'v Join,
        fields: &Fields,
        written: &Written<'_>,
        whole: bool,
    ) -> Result<Option<Edit<'v>>, Unprintable> {
        // A new record takes our reference on, even where the text says nothing else.
        let takes_on = |_: &&Field| written.is_new && join.pattern.mark.is_some();
        let first = join.fields().find(|part| fields.contains_key(part));
        let first = first.or_else(|| join.fields().next().filter(takes_on));
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
        let reference = if written.is_new {
            written.reference.map(Reference::as_str)
        } else {
            written.captures.get(&companion(&REF)).map(String::as_str)
        };
        let reference = reference.filter(|reference| !reference.is_empty());
        let content = match join.pattern.print(&images, reference).map_err(fail)? {
            Some(text) => Some(Content::One(Scalar::Text(Cow::Owned(text)))),
            None if written.is_new => return Ok(None),
            None => self.emptied(&join.text, to.steps(), whole).ok_or_else(|| fail(NO_WAY.to_owned()))?,
        };
        Ok(Some(Edit { field: first, join: Some(join), to, content }))
    }

    /// The spelling of nothing that is written to a place: the first that can be. `Some(None)` takes the member out,
    /// which only a whole document can; an attribute has no nil, and in a tree of changes repeated elements that are
    /// not there say nothing.
    fn emptied<'v>(&self, map: &'v FieldMap, to: &[Step], whole: bool) -> Option<Option<Content<'v>>> {
        let xml = self.format == DocumentFormat::Xml;
        if map.is_list() {
            let silent = xml && !whole && matches!(to, [Step::Key(_), Step::Each]);
            return (!silent).then(|| Some(Content::Many(Vec::new())));
        }
        let attribute = matches!(to, [.., Step::Attribute(_)]);
        map.absent.iter().find_map(|absent| match absent {
            Absent::Omit => whole.then_some(None),
            Absent::Text(text) => Some(Some(Content::One(Scalar::Text(Cow::Borrowed(text))))),
            Absent::Null => (!xml).then_some(Some(Content::One(Scalar::Null))),
            Absent::Nil => (xml && !attribute).then_some(Some(Content::Nil)),
        })
    }

    pub(super) fn field_map(&self, kind: RecordKind, field: &Field) -> Option<&FieldMap> {
        self.shape(kind)?.fields.get(field)
    }
}

/// The value of a field among those that are left, which come in the order of names, as the fields do that are asked for.
fn value_of<'v>(
    left: &mut Peekable<btree_map::Iter<'v, Field, Option<Value>>>,
    field: &Field,
) -> Option<&'v Option<Value>> {
    loop {
        let (name, _) = left.peek()?;
        match (*name).cmp(field) {
            Ordering::Less => left.next(),
            Ordering::Equal => return left.next().map(|(_, value)| value),
            Ordering::Greater => return None,
        };
    }
}

impl Edit<'_> {
    fn make(self, tree: &mut Node, shape: &Shape) -> Result<(), Unprintable> {
        let Some(content) = self.content else {
            take_out(tree, self.to.steps());
            return Ok(());
        };
        let order = Order::of(&shape.order);
        put(tree, self.to.steps(), content.into(), &order).map_err(|reason| Unprintable {
            kind: shape.kind,
            field: self.field.clone(),
            reason,
        })
    }
}
