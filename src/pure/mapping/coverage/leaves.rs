//! The single values of a record: where each stands, which of them a mapping reads, and what they look like.

use std::collections::{BTreeMap, BTreeSet};

use crate::pure::mapping::check::vars_of;
use crate::pure::mapping::model::Mapping;
use crate::pure::mapping::path::{Found, Path, Step};
use crate::pure::mapping::read::{Outline, Seen};
use crate::pure::mapping::template::Var;
use crate::pure::wire::Node;
use crate::words::ticket::RecordKind;

/// Most different shapes of the values at one place.
const MAX_SHAPES: usize = 20;
/// Longest text whose shape is told character by character, of words and of one word; longer ones are "text".
const MAX_SHAPE_CHARS: [usize; 2] = [40, 120];
/// Attributes that say how to read an element, not what is in it.
const MARKUP: [&str; 2] = ["xsi:nil", "xsi:type"];

/// What was met at one place.
#[derive(Debug, Clone, Default)]
pub(super) struct Met {
    /// How often.
    pub(super) count: usize,
    /// How often with something in it.
    pub(super) filled: usize,
    /// What the values look like, and how often.
    pub(super) shapes: BTreeMap<String, usize>,
}

impl Met {
    /// One more, where nothing stands.
    pub(super) const fn nothing(&mut self) {
        self.count += 1;
    }

    /// One more single value of a document.
    pub(super) fn found(&mut self, found: &Found<'_>) {
        self.shape(match found {
            Found::Node(Node::Bool(_)) => "true or false".to_owned(),
            Found::Node(Node::Number(_)) => "a number".to_owned(),
            found => found.as_plain().map_or_else(String::new, |text| text_shape(&text)),
        });
    }

    /// One more value at a place that is read.
    pub(super) fn seen(&mut self, seen: &Seen<'_>) {
        self.shape(match seen {
            Seen::Null | Seen::Nil => String::new(),
            Seen::Bool(_) => "true or false".to_owned(),
            Seen::Number(_) => "a number".to_owned(),
            Seen::Text(text) | Seen::Bare(text) => text_shape(text),
            Seen::List => "a list".to_owned(),
            Seen::Object => "an object".to_owned(),
            Seen::Elements => "elements".to_owned(),
        });
    }

    fn shape(&mut self, shape: String) {
        self.count += 1;
        if shape.is_empty() {
            return;
        }
        self.filled += 1;
        if self.shapes.len() < MAX_SHAPES || self.shapes.contains_key(&shape) {
            *self.shapes.entry(shape).or_default() += 1;
        }
    }
}

/// The text of a single value, where it has one.
pub(super) fn text_of<'s>(seen: &'s Seen<'_>) -> Option<&'s str> {
    match seen {
        Seen::Number(text) | Seen::Text(text) | Seen::Bare(text) => Some(text),
        Seen::Null | Seen::Nil | Seen::Bool(_) | Seen::List | Seen::Object | Seen::Elements => None,
    }
}

/// What a text looks like, without telling it: digits are `9`, runs of letters `a`; empty for nothing.
pub(in crate::pure::mapping) fn text_shape(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let [most, most_of_one_word] = MAX_SHAPE_CHARS;
    let words = text.contains(char::is_whitespace);
    let letters_only = !text.contains(|c: char| c.is_ascii_digit());
    if (words && letters_only) || text.chars().count() > if words { most } else { most_of_one_word } {
        return "text".to_owned();
    }
    let mut shape = String::new();
    for c in text.chars() {
        let mark = if c.is_ascii_digit() {
            '9'
        } else if c.is_alphanumeric() || !c.is_ascii() {
            'a'
        } else {
            c
        };
        if mark != 'a' || !shape.ends_with('a') {
            shape.push(mark);
        }
    }
    shape
}

/// What of one document is read, and which of its elements are records of their own. Values are known by where they
/// are in memory: as long as the document lives.
#[derive(Debug, Clone, Default)]
pub(super) struct Sight {
    read: BTreeSet<usize>,
    records: BTreeSet<usize>,
}

impl Sight {
    /// What a path leads to is read.
    fn reads(&mut self, path: &Path, node: &Node) {
        for found in path.find(node).ok().flatten().unwrap_or_default() {
            self.read.insert(match found {
                Found::Node(node) => name(node),
                Found::Attribute(text) => attribute_name(text),
            });
        }
    }

    /// This element is a record of its own.
    pub(super) fn is_record(&mut self, node: &Node) {
        self.records.insert(name(node));
    }
}

fn name(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

fn attribute_name(text: &str) -> usize {
    text.as_ptr().addr()
}

/// What a mapping reads of its documents.
#[derive(Debug)]
pub(super) struct Places<'m> {
    mapping: &'m Mapping,
    /// Paths that calls read of the ticket's document.
    asked: Vec<Path>,
    /// By kind of record, by names alone.
    named: BTreeMap<RecordKind, Named>,
}

/// Places by their names alone, without `[]`.
#[derive(Debug, Default)]
struct Named {
    /// What filters look at.
    filters: BTreeSet<Vec<String>>,
    /// Containers on the way: one that is empty or null is no place of its own.
    containers: BTreeSet<Vec<String>>,
}

impl<'m> Places<'m> {
    pub(super) fn of(mapping: &'m Mapping) -> Self {
        let mut asked = Vec::new();
        for var in mapping.calls.values().flat_map(|call| vars_of(mapping, call)) {
            if let Var::Doc(path) = var {
                asked.push(path);
            }
        }
        let mut named: BTreeMap<RecordKind, Named> = BTreeMap::new();
        for (kind, shape) in &mapping.shapes {
            let own = named.entry(*kind).or_default();
            shape.outline.ways().iter().for_each(|(path, _)| own.add(path));
        }
        asked.iter().for_each(|path| named.entry(RecordKind::Ticket).or_default().add(path));
        Self { mapping, asked, named }
    }

    /// Marks what is read of a ticket's document and of the records in it.
    pub(super) fn mark(&self, node: &Node, sight: &mut Sight) {
        self.asked.iter().for_each(|path| sight.reads(path, node));
        if let Some(shape) = self.mapping.shape(RecordKind::Ticket) {
            mark(&shape.outline, node, sight);
        }
    }

    /// Tells each single value of a record that nothing reads, with its place.
    pub(super) fn unread(&self, kind: RecordKind, node: &Node, sight: &Sight, tell: &mut impl FnMut(&str, Found<'_>)) {
        let Some(named) = self.named.get(&kind) else { return };
        let ignored = self.mapping.shape(kind).map_or(&[][..], |shape| shape.ignored.as_slice());
        let mut sight = sight.clone();
        ignored.iter().for_each(|path| sight.reads(path, node));
        let mut walk = Walk { named, sight: &sight, names: Vec::new(), tell };
        walk.inside(node, "");
    }
}

impl Named {
    fn add(&mut self, path: &Path) {
        let mut names = Vec::new();
        for step in path.steps() {
            self.containers.insert(names.clone());
            match step {
                Step::Key(name) => names.push(name.clone()),
                Step::Attribute(name) => names.push(format!("@{name}")),
                Step::Each | Step::Index(_) | Step::From(_) => {}
                Step::Where(tests) => self.filters.extend(tests.iter().map(|test| {
                    let mut at = names.clone();
                    at.push(test.key.clone());
                    at
                })),
            }
        }
    }
}

fn mark(outline: &Outline, node: &Node, sight: &mut Sight) {
    for (path, nested) in outline.ways() {
        if nested.is_empty() {
            sight.reads(&path, node);
        }
        for outline in nested {
            for found in path.find(node).ok().flatten().unwrap_or_default() {
                if let Found::Node(inner) = found {
                    mark(outline, inner, sight);
                }
            }
        }
    }
}

struct Walk<'a, F> {
    named: &'a Named,
    sight: &'a Sight,
    /// Names on the way, without `[]`.
    names: Vec<String>,
    tell: &'a mut F,
}

impl<F: FnMut(&str, Found<'_>)> Walk<'_, F> {
    /// What is in a value, not the value itself.
    fn inside(&mut self, node: &Node, place: &str) {
        match node {
            Node::Map(map) => {
                for (key, value) in map.iter() {
                    self.member(key, value, &joined(place, key));
                }
            }
            Node::List(items) => {
                for item in items {
                    self.value(item, &format!("{place}[]"));
                }
            }
            Node::Element(element) => {
                for (name, text) in &element.attributes {
                    if MARKUP.contains(&name.as_str()) || self.sight.read.contains(&attribute_name(text)) {
                        continue;
                    }
                    self.names.push(format!("@{name}"));
                    if !self.named.filters.contains(&self.names) {
                        (self.tell)(&joined(place, &format!("@{name}")), Found::Attribute(text));
                    }
                    self.names.pop();
                }
                for child in &element.children {
                    if let Node::Element(inner) = child {
                        let repeated = element.elements(&inner.name).nth(1).is_some();
                        let place = joined(place, &inner.name);
                        self.member(&inner.name, child, &if repeated { format!("{place}[]") } else { place });
                    }
                }
            }
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) => {}
        }
    }

    fn member(&mut self, key: &str, value: &Node, place: &str) {
        self.names.push(key.to_owned());
        self.value(value, place);
        self.names.pop();
    }

    fn value(&mut self, node: &Node, place: &str) {
        if self.sight.read.contains(&name(node)) || self.sight.records.contains(&name(node)) {
            return;
        }
        let is_single = match node {
            Node::Map(map) => map.is_empty(),
            Node::List(items) => items.is_empty(),
            Node::Element(element) => element.plain_text().is_some(),
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) => true,
        };
        let known = if is_nothing(node) { &self.named.containers } else { &self.named.filters };
        if is_single && !known.contains(&self.names) {
            (self.tell)(place, Found::Node(node));
        }
        self.inside(node, place);
    }
}

fn joined(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

/// Whether a value holds nothing at all.
fn is_nothing(node: &Node) -> bool {
    match node {
        Node::Null => true,
        Node::Map(map) => map.is_empty(),
        Node::List(items) => items.is_empty(),
        Node::Element(element) => element.children.is_empty(),
        Node::Text(text) => text.is_empty(),
        Node::Bool(_) | Node::Number(_) => false,
    }
}
