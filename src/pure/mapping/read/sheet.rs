//! What a document shows at each place of an outline, in the document's own terms: before absence, codes and types.

use std::borrow::Cow;

use crate::pure::wire::Node;

use super::super::path::{Found, Path};
use super::outline::{Outline, Place};

/// One record as its document shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet<'a> {
    /// What stands at each spot.
    spots: Vec<Standing<'a>>,
    /// The records nested in it, by their number in the outline.
    nested: Vec<Vec<Sheet<'a>>>,
}

/// What stands at one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Standing<'a> {
    /// The document does not show the place.
    #[default]
    Hidden,
    /// One value.
    One(Seen<'a>),
    /// A list or repeated elements, none of them too.
    Many(Vec<Seen<'a>>),
    /// The document has another shape there than the path declares; says which.
    Misshapen(String),
}

/// One value of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<'a> {
    /// JSON `null`.
    Null,
    /// An element with `xsi:nil`.
    Nil,
    /// JSON `true` or `false`.
    Bool(bool),
    /// A JSON number as it was written.
    Number(Cow<'a, str>),
    /// A JSON string.
    Text(Cow<'a, str>),
    /// The text of an element or attribute: it has no type of its own.
    Bare(Cow<'a, str>),
    /// A list.
    List,
    /// An object.
    Object,
    /// An element that holds elements.
    Elements,
}

/// A record's sheet with the sheet of the element around it.
#[derive(Debug, Clone, Copy)]
pub struct View<'s, 'a> {
    /// Its own.
    pub sheet: &'s Sheet<'a>,
    /// The one around it.
    pub around: Option<&'s Sheet<'a>>,
}

impl<'a> Sheet<'a> {
    /// Reads a tree by an outline.
    #[must_use]
    pub fn of(outline: &Outline, node: &'a Node) -> Self {
        let spots = outline.paths().iter().map(|path| Standing::at(path, node)).collect();
        let nested = outline.nested().iter().map(|nested| {
            let found = outline.paths().get(nested.spot).and_then(|path| path.find(node).ok().flatten());
            let nodes = found.into_iter().flatten().filter_map(|found| match found {
                Found::Node(node) => Some(node),
                Found::Attribute(_) => None,
            });
            nodes.map(|node| Self::of(&nested.outline, node)).collect()
        });
        Self { spots, nested: nested.collect() }
    }

    /// What stands at a place of its own.
    #[must_use]
    pub fn at(&self, place: &Place) -> &Standing<'a> {
        self.spots.get(place.spot).unwrap_or(&Standing::Hidden)
    }

    /// The records nested in it.
    #[must_use]
    pub fn nested(&self, number: usize) -> &[Self] {
        self.nested.get(number).map_or(&[], Vec::as_slice)
    }
}

impl<'s, 'a> View<'s, 'a> {
    /// What stands at a place.
    #[must_use]
    pub fn at(&self, place: &Place) -> &'s Standing<'a> {
        let sheet = if place.above { self.around } else { Some(self.sheet) };
        sheet.map_or(&Standing::Hidden, |sheet| sheet.at(place))
    }
}

impl<'a> Standing<'a> {
    fn at(path: &Path, node: &'a Node) -> Self {
        match path.find(node) {
            Err(fault) => Self::Misshapen(fault.what),
            Ok(None) => Self::Hidden,
            Ok(Some(found)) => {
                let mut seen: Vec<Seen<'a>> = found.iter().map(Seen::of).collect();
                match seen.pop() {
                    Some(only) if seen.is_empty() => Self::One(only),
                    last => {
                        seen.extend(last);
                        Self::Many(seen)
                    }
                }
            }
        }
    }

    /// All values; empty where none is shown.
    #[must_use]
    pub fn values(&self) -> &[Seen<'a>] {
        match self {
            Self::Hidden | Self::Misshapen(_) => &[],
            Self::One(seen) => std::slice::from_ref(seen),
            Self::Many(seen) => seen,
        }
    }
}

impl<'a> Seen<'a> {
    fn of(found: &Found<'a>) -> Self {
        match found {
            Found::Attribute(text) => Self::Bare(Cow::Borrowed(text)),
            Found::Node(node) => match node {
                Node::Null => Self::Null,
                Node::Bool(yes) => Self::Bool(*yes),
                Node::Number(lexeme) => Self::Number(Cow::Borrowed(lexeme)),
                Node::Text(text) => Self::Text(Cow::Borrowed(text)),
                Node::List(_) => Self::List,
                Node::Map(_) => Self::Object,
                Node::Element(element) if element.is_nil() => Self::Nil,
                Node::Element(element) => element.plain_text().map_or(Self::Elements, Self::Bare),
            },
        }
    }

    /// As plain text, the way verdicts and images compare it; `None` for nothing, lists, objects and elements.
    #[must_use]
    pub fn as_plain(&self) -> Option<&str> {
        match self {
            Self::Number(text) | Self::Text(text) | Self::Bare(text) => Some(text),
            Self::Bool(yes) => Some(if *yes { "true" } else { "false" }),
            Self::Null | Self::Nil | Self::List | Self::Object | Self::Elements => None,
        }
    }

    /// What kind of value it is, in words for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) | Self::Bare(_) => "text",
            Self::List => "a list",
            Self::Object => "an object",
            Self::Elements | Self::Nil => "an element",
        }
    }
}
