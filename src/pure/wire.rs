//! Bytes ↔ trees: JSON and XML as one kind of tree, read within limits and printed again.
//!
//! Nothing here knows what a document means. Numbers stay as they were written, keys and elements keep their order,
//! a doubled key or a DTD is refused: what two readers could understand differently is never guessed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use thiserror::Error;

use crate::pure::encoding::Undecodable;
use crate::words::limits;

mod csv;
mod json;
mod listen;
mod xml;

#[cfg(test)]
mod tests;

pub use self::csv::{CsvStyle, first_row, parse_csv, print_csv};
pub use json::{JsonPiece, JsonPrinter, parse_json, print_json, read_json, spelled_key};
pub use listen::{Builder, Listener, Scalar};
pub use xml::{XML_DECLARATION, XmlPiece, XmlPrinter, parse_xml, print_xml, read_xml};

/// Prefix → namespace URI, as a mapping declares them; the prefix `""` names the namespace of unprefixed elements.
/// `xsi` and `xml` are always known.
pub type Namespaces = BTreeMap<String, String>;

/// One value of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// JSON `null`.
    Null,
    /// JSON `true` or `false`.
    Bool(bool),
    /// A JSON number, as it was written: `1.0` and `1` differ, and no digit is lost.
    Number(String),
    /// A JSON string, or text of an XML element.
    Text(String),
    /// A JSON array.
    List(Vec<Node>),
    /// A JSON object.
    Map(Map),
    /// An XML element.
    Element(Element),
}

impl Node {
    /// A text node.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// What kind of value it is, in words for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
            Self::Element(_) => "an element",
        }
    }

    /// The value as plain text, the way verdicts and images compare it: text as it is, a number's lexeme, `true`,
    /// an element's own text. `None` for null, lists and objects, and for elements that hold elements.
    #[must_use]
    pub fn as_plain(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) | Self::Number(text) => Some(Cow::Borrowed(text)),
            Self::Bool(yes) => Some(Cow::Borrowed(if *yes { "true" } else { "false" })),
            Self::Element(element) => element.plain_text(),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The object, where it is one.
    #[must_use]
    pub const fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// The list, where it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Node]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// The element, where it is one.
    #[must_use]
    pub const fn as_element(&self) -> Option<&Element> {
        if let Self::Element(element) = self { Some(element) } else { None }
    }
}

/// A JSON object: keys in their order, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Map(Vec<(String, Node)>);

impl Map {
    /// An empty object.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, node)| node)
    }

    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.0.iter_mut().find(|(known, _)| known == key).map(|(_, node)| node)
    }

    /// Sets a key: in its place where it is there already, else at the end.
    pub fn insert(&mut self, key: impl Into<String>, node: Node) {
        let key = key.into();
        match self.get_mut(&key) {
            Some(place) => *place = node,
            None => self.0.push((key, node)),
        }
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.0.iter().position(|(known, _)| known == key)?;
        Some(self.0.remove(at).1)
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Node)> {
        self.0.iter().map(|(key, node)| (key.as_str(), node))
    }

    /// Number of keys.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<String>> FromIterator<(K, Node)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Node)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, node) in entries {
            map.insert(key, node);
        }
        map
    }
}

impl IntoIterator for Map {
    type Item = (String, Node);
    type IntoIter = std::vec::IntoIter<(String, Node)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// An XML element.
///
/// Names are `prefix:local` with the prefix that the **mapping** declared for the namespace, whatever the document
/// itself used; `local` of the mapping's unprefixed namespace, and of none where it declares none (else `{}local`);
/// `{uri}local` where the mapping does not know the namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes in order, namespace declarations left out; the value of `xsi:type` named as elements are.
    pub attributes: Vec<(String, String)>,
    /// [`Node::Element`] and [`Node::Text`], in order. Blanks between elements are left out, unless there is text
    /// beside them.
    pub children: Vec<Node>,
}

impl Element {
    /// An empty element.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), attributes: Vec::new(), children: Vec::new() }
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Child elements of one name, in order.
    pub fn elements<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter_map(Node::as_element).filter(move |element| element.name == name)
    }

    /// The text of an element that holds no elements; `None` for one that does. An empty element has the text `""`.
    #[must_use]
    pub fn plain_text(&self) -> Option<Cow<'_, str>> {
        let mut text = Cow::Borrowed("");
        for child in &self.children {
            match child {
                Node::Text(piece) if text.is_empty() => text = Cow::Borrowed(piece.as_str()),
                Node::Text(piece) => text.to_mut().push_str(piece),
                Node::Null | Node::Bool(_) | Node::Number(_) | Node::List(_) | Node::Map(_) | Node::Element(_) => {
                    return None;
                }
            }
        }
        Some(text)
    }

    /// Whether `xsi:nil` says that there is no value.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        matches!(self.attribute("xsi:nil"), Some("true" | "1"))
    }
}

/// How much of a document is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Length of the whole document, bytes.
    pub bytes: usize,
    /// Nesting of lists, objects, elements.
    pub depth: usize,
    /// Values, keys left out; elements, attributes and texts.
    pub nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: limits::MAX_ANSWER_BYTES, depth: limits::MAX_DEPTH, nodes: limits::MAX_NODES }
    }
}

/// Why a document can't be read or printed. No message holds any of the document's values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireError {
    /// Longer than the limit.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: usize,
    },
    /// Nested deeper than the limit.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// Levels.
        limit: usize,
    },
    /// More values than the limit.
    #[error("more than {limit} values")]
    TooMany {
        /// Values.
        limit: usize,
    },
    /// Nothing there but white space.
    #[error("empty")]
    Empty,
    /// Not the text encoding that we read.
    #[error("not UTF-8: {what}")]
    NotUtf8 {
        /// Where, or which encoding it claims.
        what: String,
    },
    /// Not what the mapping's own encoding takes or has.
    #[error(transparent)]
    Encoding(#[from] Undecodable),
    /// An XML declaration that names another encoding than the mapping does.
    #[error("it declares another encoding than {encoding}")]
    Declared {
        /// The mapping's.
        encoding: &'static str,
    },
    /// It ends before it is complete.
    #[error("cut off after {offset} bytes")]
    Truncated {
        /// Bytes.
        offset: usize,
    },
    /// A key twice in one object.
    #[error("the key `{key}` twice in one object")]
    DoubledKey {
        /// The key.
        key: String,
    },
    /// Half of a surrogate pair in an escape: no character at all.
    #[error("a lone surrogate at byte {offset}")]
    LoneSurrogate {
        /// Offset.
        offset: usize,
    },
    /// A document type or an entity of its own: never read, never expanded.
    #[error("it declares or uses a document type or entity ({what}): refused")]
    Entity {
        /// Which construct.
        what: &'static str,
    },
    /// What stands for a name and is none.
    #[error("a name that XML does not have")]
    NoName,
    /// A name with a prefix that nothing declares.
    #[error("the prefix `{prefix}` is not declared")]
    UnknownPrefix {
        /// The prefix.
        prefix: String,
    },
    /// Not well-formed.
    #[error("{what} at byte {offset}")]
    Malformed {
        /// What was expected or found.
        what: String,
        /// Offset.
        offset: usize,
    },
    /// A tree that this format has no spelling for.
    #[error("can't be written as {format}: {what}")]
    Unprintable {
        /// JSON, XML or CSV.
        format: &'static str,
        /// Why.
        what: String,
    },
}

/// The document's text without a byte order mark, after the checks that do not depend on the format.
fn text_of<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, WireError> {
    if bytes.len() > limits.bytes {
        return Err(WireError::TooLarge { limit: limits.bytes });
    }
    if let Some(other) = other_encoding(bytes) {
        return Err(WireError::NotUtf8 { what: format!("it begins like {other}") });
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = simdutf8::compat::from_utf8(bytes).map_err(|error| match error.error_len() {
        None => WireError::Truncated { offset: bytes.len() },
        Some(_) => WireError::NotUtf8 { what: format!("byte {}", error.valid_up_to()) },
    })?;
    if text.trim().is_empty() { Err(WireError::Empty) } else { Ok(text) }
}

/// The encoding that a document's first bytes tell, where it is none of ours: by its mark, or by the NULs beside the
/// bracket that every document of ours begins with.
fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some("UTF-32"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
        [0, ..] | [_, 0, ..] => Some("UTF-16 or UTF-32"),
        _ => None,
    }
}
