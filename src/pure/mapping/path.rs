//! Paths: where a value is in a document. Repeated elements are declared (`[]`), never guessed.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use thiserror::Error;

use crate::pure::wire::Node;
use crate::words::problem::Spot;

mod notation;

use notation::Reader;

/// A checked path, e.g. `data.collection[].id`, `attributes.messages[1..]`, `list[kind='x'].value`,
/// `pl:NguoiGui.@loai`, `header.ETag`, `.` (the document itself).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    /// As written.
    text: String,
    /// The header's name, for a path that looks there.
    header: Option<String>,
    steps: Vec<Step>,
    written: Written,
}

/// Where a path is written down: two that say the same are equal wherever they stand.
#[derive(Debug, Clone, Copy, Default)]
struct Written(Spot);

impl PartialEq for Written {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Written {}

impl PartialOrd for Written {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Written {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The member of an object; the elements of this name in an element.
    Key(String),
    /// An attribute of an element.
    Attribute(String),
    /// `[]`: each element of a list, each of repeated elements.
    Each,
    /// `[n]`: the n-th, from 0.
    Index(usize),
    /// `[n..]`: from the n-th on.
    From(usize),
    /// `[k='v' & m!='']`: those for which all tests hold.
    Where(Vec<Filter>),
}

/// One test of [`Step::Where`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filter {
    /// Member, element or `@attribute` of the element tested.
    pub key: String,
    /// Whether it must equal (or differ from) the text.
    pub equals: bool,
    /// The text.
    pub text: String,
}

/// What a path led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// A value of the document, or an element of it.
    Node(&'a Node),
    /// An attribute's value.
    Attribute(&'a str),
}

impl<'a> Found<'a> {
    /// As plain text; `None` for null, objects and lists, and elements that hold elements.
    #[must_use]
    pub fn as_plain(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Node(node) => node.as_plain(),
            Self::Attribute(text) => Some(Cow::Borrowed(text)),
        }
    }

    /// A copy as a tree.
    #[must_use]
    pub fn to_node(&self) -> Node {
        match self {
            Self::Node(node) => (*node).clone(),
            Self::Attribute(text) => Node::text(*text),
        }
    }
}

/// The document is not of the shape that the path declares. Holds no values of the document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{path}`: {what}")]
pub struct PathFault {
    /// As written.
    pub path: String,
    /// What was found where.
    pub what: String,
}

const NULL: &Node = &Node::Null;

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    /// What is wrong, and at which byte.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut reader = Reader::new(text);
        let mut path = Self { text: text.to_owned(), header: None, steps: Vec::new(), written: Written::default() };
        if text == "." {
            return Ok(path);
        }
        if let Some(name) = text.strip_prefix("header.") {
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) {
                return Err((7, "a header's name was expected".to_owned()));
            }
            path.header = Some(name.to_owned());
            return Ok(path);
        }
        if text.starts_with('[') {
            reader.selectors(&mut path.steps)?;
            if reader.peek().is_some() {
                reader.expect('.')?;
            } else {
                return Ok(path);
            }
        }
        loop {
            path.steps.push(reader.name()?);
            reader.selectors(&mut path.steps)?;
            if reader.peek().is_none() {
                return Ok(path);
            }
            reader.expect('.')?;
        }
    }

    /// The path of these steps: for looking, not for people.
    pub(super) fn of_steps(steps: Vec<Step>) -> Self {
        Self { text: String::new(), header: None, steps, written: Written::default() }
    }

    /// As written in the file.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The header's name, for `header.NAME`.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        self.header.as_deref()
    }

    /// The same path, written down at this spot of the mapping.
    #[must_use]
    pub(super) const fn at(mut self, spot: Spot) -> Self {
        self.written = Written(spot);
        self
    }

    /// Where in the mapping it is written down.
    #[must_use]
    pub const fn spot(&self) -> Spot {
        self.written.0
    }

    /// Its steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// It cut into steps through nested groups: each part but the last ends where it leads to many.
    #[must_use]
    pub fn levels(&self) -> Vec<Self> {
        if self.steps.is_empty() {
            return vec![self.clone()];
        }
        let parts = self.steps.split_inclusive(Step::is_many).filter(|part| !part.is_empty());
        let part = |part: &[Step]| Self { steps: part.to_vec(), header: None, ..self.clone() };
        parts.map(part).collect()
    }

    /// Whether it can lead to more than one value.
    #[must_use]
    pub fn is_many(&self) -> bool {
        self.steps.iter().any(Step::is_many)
    }

    /// All values that it leads to; `None` where the document does not show the place at all, an empty list where
    /// it shows that nothing is there.
    ///
    /// # Errors
    /// A fault where the document has another shape: repeated where one was declared, text where an object was.
    pub fn find<'a>(&self, node: &'a Node) -> Result<Option<Vec<Found<'a>>>, PathFault> {
        let mut out = Vec::new();
        let shown = self.walk(node, &self.steps, &mut out)?;
        Ok(shown.then_some(out))
    }

    /// The only or first value; `None` where there is none, whatever the reason: for verdicts and hints.
    #[must_use]
    pub fn first<'a>(&self, node: &'a Node) -> Option<Found<'a>> {
        self.find(node).ok().flatten().and_then(|found| found.first().copied())
    }

    /// The only or first value as plain text.
    #[must_use]
    pub fn first_plain<'a>(&self, node: &'a Node) -> Option<Cow<'a, str>> {
        self.first(node).and_then(|found| found.as_plain())
    }

    /// Follows `steps` from `node`; whether the place is shown.
    fn walk<'a>(&self, node: &'a Node, steps: &[Step], out: &mut Vec<Found<'a>>) -> Result<bool, PathFault> {
        let Some((step, rest)) = steps.split_first() else {
            out.push(Found::Node(node));
            return Ok(true);
        };
        match (step, node) {
            (Step::Key(key), Node::Map(map)) => map.get(key).map_or(Ok(false), |value| self.walk(value, rest, out)),
            (Step::Key(_), Node::Null) => self.walk(NULL, rest, out),
            (Step::Key(key), Node::Element(element)) => {
                let named = element.children.iter().filter(|c| c.as_element().is_some_and(|e| e.name == *key));
                let named: Vec<&Node> = named.collect();
                if let Some((selector, rest)) = rest.split_first().filter(|(next, _)| next.selects()) {
                    return self.select(selector, &named, rest, out);
                }
                match named.as_slice() {
                    [] => Ok(false),
                    [one] => self.walk(one, rest, out),
                    _ => Err(self.fault(format!("`{key}` is repeated, and not declared to be (`[]`)"))),
                }
            }
            (Step::Attribute(name), Node::Element(element)) => Ok(element.attribute(name).is_some_and(|value| {
                out.push(Found::Attribute(value));
                true
            })),
            (step, Node::List(items)) if step.selects() => {
                let items: Vec<&Node> = items.iter().collect();
                self.select(step, &items, rest, out)
            }
            (step, Node::Null) if step.selects() => Ok(true),
            (Step::Key(key), _) => {
                Err(self.fault(format!("an object was expected around `{key}`, not {}", node.kind())))
            }
            (Step::Attribute(name), _) => {
                Err(self.fault(format!("an element was expected around `@{name}`, not {}", node.kind())))
            }
            (Step::Each | Step::Index(_) | Step::From(_) | Step::Where(_), _) => {
                Err(self.fault(format!("a list was expected, not {}", node.kind())))
            }
        }
    }

    fn select<'a>(
        &self,
        selector: &Step,
        items: &[&'a Node],
        rest: &[Step],
        out: &mut Vec<Found<'a>>,
    ) -> Result<bool, PathFault> {
        match selector {
            Step::Index(at) => items.get(*at).map_or(Ok(false), |item| self.walk(item, rest, out)),
            Step::Where(filters) => {
                let holds = |item: &&&Node| filters.iter().all(|filter| filter.holds(item));
                let chosen: Vec<&Node> = items.iter().filter(holds).copied().collect();
                if let Some((selector, rest)) = rest.split_first().filter(|(next, _)| next.selects()) {
                    return self.select(selector, &chosen, rest, out);
                }
                match chosen.as_slice() {
                    [] => Ok(false),
                    [one] => self.walk(one, rest, out),
                    _ => Err(self.fault("more than one element fits".to_owned())),
                }
            }
            Step::Each | Step::From(_) | Step::Key(_) | Step::Attribute(_) => {
                let from = if let Step::From(at) = selector { *at } else { 0 };
                for item in items.iter().skip(from) {
                    self.walk(item, rest, out)?;
                }
                Ok(true)
            }
        }
    }

    fn fault(&self, what: String) -> PathFault {
        PathFault { path: self.text.clone(), what }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Step {
    const fn is_many(&self) -> bool {
        matches!(self, Self::Each | Self::From(_))
    }

    const fn selects(&self) -> bool {
        matches!(self, Self::Each | Self::Index(_) | Self::From(_) | Self::Where(_))
    }
}

impl Filter {
    /// Whether it holds for an item.
    pub(super) fn holds(&self, item: &Node) -> bool {
        let found = match (item, self.key.strip_prefix('@')) {
            (Node::Element(element), Some(name)) => element.attribute(name).map(Cow::Borrowed),
            (Node::Element(element), None) => element.elements(&self.key).next().and_then(|e| e.plain_text()),
            (Node::Map(map), _) => map.get(&self.key).and_then(Node::as_plain),
            (Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::List(_), _) => None,
        };
        (found.as_deref().unwrap_or_default() == self.text) == self.equals
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::pure::wire::{Limits, Namespaces, parse_json, parse_xml};

    use super::*;

    const JSON: &str = r#"{"a":{"b":[{"c":1,"k":"x"},{"c":2,"k":"y"}]},"@etag":"e","none":null,"empty":[],"t":"text"}"#;
    const XML: &str = r#"<p:r xmlns:p="urn:p"><p:a id="1">x</p:a><p:a id="2"><p:b>y</p:b></p:a><p:one>z</p:one></p:r>"#;

    fn found(path: &str, node: &Node) -> String {
        match Path::parse(path).unwrap().find(node) {
            Err(fault) => format!("fault: {}", fault.what),
            Ok(None) => "not shown".to_owned(),
            Ok(Some(found)) => {
                let plain = |found: &Found<'_>| found.as_plain().map_or_else(|| "-".to_owned(), Cow::into_owned);
                found.iter().map(plain).collect::<Vec<_>>().join(",")
            }
        }
    }

    #[test]
    fn paths_lead_where_they_say_in_json() {
        let node = parse_json(JSON.as_bytes(), &Limits::default()).unwrap();
        for (path, expected) in [
            ("a.b[].c", "1,2"),
            ("a.b[1].c", "2"),
            ("a.b[1..].c", "2"),
            ("a.b[2].c", "not shown"),
            ("a.b[k='y'].c", "2"),
            ("a.b[k!='y' & c='1'].k", "x"),
            ("a.b[k='z'].c", "not shown"),
            ("'@etag'", "e"),
            ("none.deeper.still", "-"),
            ("none[]", ""),
            ("empty[]", ""),
            ("missing", "not shown"),
            ("missing[].c", "not shown"),
            (".", "-"),
            ("t.x", "fault: an object was expected around `x`, not text"),
            ("a[]", "fault: a list was expected, not an object"),
            ("a.b[k!=''].c", "fault: more than one element fits"),
        ] {
            assert_eq!(found(path, &node), expected, "{path}");
        }
    }

    #[test]
    fn paths_lead_where_they_say_in_xml() {
        let names = Namespaces::from([("p".to_owned(), "urn:p".to_owned())]);
        let node = parse_xml(XML.as_bytes(), &names, &Limits::default()).unwrap();
        for (path, expected) in [
            ("p:a[].@id", "1,2"),
            ("p:a[@id='2'].p:b", "y"),
            ("p:one", "z"),
            ("p:one[]", "z"),
            ("p:one.@id", "not shown"),
            ("p:two", "not shown"),
            ("p:two[]", ""),
            ("p:a", "fault: `p:a` is repeated, and not declared to be (`[]`)"),
        ] {
            assert_eq!(found(path, &node), expected, "{path}");
        }
    }

    #[test]
    fn a_malformed_path_is_refused_where_it_goes_wrong() {
        for (path, at) in
            [("", 0), ("a..b", 2), ("a[", 2), ("a[1", 3), ("a[k=x]", 4), ("a b", 1), ("a[].", 4), ("'a", 2)]
        {
            assert_eq!(Path::parse(path).unwrap_err().0, at, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[a-z.\\[\\]'@!=&0-9 :đ]{0,24}") {
            if let Ok(path) = Path::parse(&text) {
                let node = parse_json(JSON.as_bytes(), &Limits::default()).unwrap();
                prop_assert!(path.find(&node).is_ok() || path.find(&node).is_err());
            }
        }
    }
}
