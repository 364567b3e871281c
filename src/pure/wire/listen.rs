//! A document told in its own order: what the readers of bytes and the trees tell, and who listens.
//!
//! One grammar a format, many listeners: a tree is built, or a few places are picked out with no tree at all. The
//! verdict on a document never depends on who listens.

use std::borrow::Cow;

use super::{Element, Map, Node};

/// A value without parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar<'a> {
    /// JSON `null`.
    Null,
    /// JSON `true` or `false`.
    Bool(bool),
    /// A JSON number as it was written.
    Number(Cow<'a, str>),
    /// A JSON string.
    Text(Cow<'a, str>),
}

impl<'a> Scalar<'a> {
    /// What kind of value it is, in words for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
        }
    }

    /// As plain text, the way an element shows it; `None` for null.
    #[must_use]
    pub fn as_plain(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Bool(yes) => Some(if *yes { "true" } else { "false" }),
            Self::Number(text) | Self::Text(text) => Some(text),
        }
    }

    /// The same, of a text that is kept elsewhere.
    #[must_use]
    pub fn borrowed(&self) -> Scalar<'_> {
        match self {
            Self::Null => Scalar::Null,
            Self::Bool(yes) => Scalar::Bool(*yes),
            Self::Number(text) => Scalar::Number(Cow::Borrowed(text)),
            Self::Text(text) => Scalar::Text(Cow::Borrowed(text)),
        }
    }
}

impl From<Scalar<'_>> for Node {
    fn from(scalar: Scalar<'_>) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(yes) => Self::Bool(yes),
            Scalar::Number(lexeme) => Self::Number(lexeme.into_owned()),
            Scalar::Text(text) => Self::Text(text.into_owned()),
        }
    }
}

/// Who listens to a document. What it does not want to hear is read all the same, only not told: then its end is not
/// told either.
pub trait Listener<'a> {
    /// Whether nobody listens: texts need not even be put together.
    const DEAF: bool = false;
    /// A value without parts.
    fn scalar(&mut self, scalar: Scalar<'a>);
    /// A JSON string that stands in the document as it is.
    fn text(&mut self, text: &'a str) {
        self.scalar(Scalar::Text(Cow::Borrowed(text)));
    }
    /// A list begins; whether its items are wanted.
    fn open_list(&mut self) -> bool;
    /// An object begins; whether its members are wanted.
    fn open_object(&mut self) -> bool;
    /// The key of the member that comes next; whether its value is wanted.
    fn key(&mut self, key: &str) -> bool;
    /// The same of a key whose JSON spelling, with its colon, was worked out before.
    fn known_key(&mut self, key: &str, _spelled: &str) -> bool {
        self.key(key)
    }
    /// The list or object that was opened last ends.
    fn close(&mut self);
    /// An element begins; whether its attributes and its content are wanted.
    fn open_element(&mut self, name: &str) -> bool;
    /// An attribute of the element that was opened last.
    fn attribute(&mut self, name: &str, value: &str);
    /// A piece of text in the element that was opened last. Several in a row are one text.
    fn content(&mut self, text: Cow<'a, str>);
    /// The element that was opened last ends.
    fn close_element(&mut self);
}

/// Listens to nothing.
#[derive(Debug)]
pub struct Deaf;

impl<'a> Listener<'a> for Deaf {
    const DEAF: bool = true;

    fn scalar(&mut self, _: Scalar<'a>) {}
    fn open_list(&mut self) -> bool {
        true
    }
    fn open_object(&mut self) -> bool {
        true
    }
    fn key(&mut self, _: &str) -> bool {
        true
    }
    fn close(&mut self) {}
    fn open_element(&mut self, _: &str) -> bool {
        true
    }
    fn attribute(&mut self, _: &str, _: &str) {}
    fn content(&mut self, _: Cow<'a, str>) {}
    fn close_element(&mut self) {}
}

/// Builds the tree of what it hears.
#[derive(Debug, Default)]
pub struct Builder {
    /// What is open, each with the key of the member of it that comes next.
    open: Vec<(Node, String)>,
    root: Option<Node>,
}

impl Builder {
    /// The tree, once it is complete.
    pub const fn take(&mut self) -> Option<Node> {
        self.root.take()
    }

    fn put(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some((Node::List(items), _)) => items.push(node),
            // The reader refuses doubled keys.
            Some((Node::Map(map), key)) => map.0.push((std::mem::take(key), node)),
            Some((Node::Element(element), _)) => element.children.push(node),
            Some((Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_), _)) => {}
        }
    }

    fn open(&mut self, node: Node) -> bool {
        self.open.push((node, String::new()));
        true
    }
}

impl<'a> Listener<'a> for Builder {
    fn scalar(&mut self, scalar: Scalar<'a>) {
        self.put(scalar.into());
    }

    fn open_list(&mut self) -> bool {
        self.open(Node::List(Vec::new()))
    }

    fn open_object(&mut self) -> bool {
        self.open(Node::Map(Map::new()))
    }

    fn key(&mut self, key: &str) -> bool {
        if let Some((_, next)) = self.open.last_mut() {
            *next = key.to_owned();
        }
        true
    }

    fn close(&mut self) {
        if let Some((node, _)) = self.open.pop() {
            self.put(node);
        }
    }

    fn open_element(&mut self, name: &str) -> bool {
        self.open(Node::Element(Element::new(name)))
    }

    fn attribute(&mut self, name: &str, value: &str) {
        if let Some((Node::Element(element), _)) = self.open.last_mut() {
            element.attributes.push((name.to_owned(), value.to_owned()));
        }
    }

    fn content(&mut self, text: Cow<'a, str>) {
        if let Some((Node::Element(element), _)) = self.open.last_mut() {
            match element.children.last_mut() {
                Some(Node::Text(before)) => before.push_str(&text),
                _ => element.children.push(Node::Text(text.into_owned())),
            }
        }
    }

    fn close_element(&mut self) {
        if let Some((Node::Element(element), _)) = self.open.last_mut() {
            // Blanks between elements are layout; beside text they are part of it.
            let blank = |child: &Node| matches!(child, Node::Text(text) if text.trim().is_empty());
            let is_mixed = element.children.iter().any(|child| matches!(child, Node::Text(_)) && !blank(child));
            if !is_mixed && element.children.iter().any(|child| matches!(child, Node::Element(_))) {
                element.children.retain(|child| !blank(child));
            }
        }
        <Self as Listener<'a>>::close(self);
    }
}

impl Node {
    /// Tells the tree, and gives its texts away.
    pub fn tell<'a>(self, listener: &mut impl Listener<'a>) {
        match self {
            Self::Null => listener.scalar(Scalar::Null),
            Self::Bool(yes) => listener.scalar(Scalar::Bool(yes)),
            Self::Number(lexeme) => listener.scalar(Scalar::Number(Cow::Owned(lexeme))),
            Self::Text(text) => listener.scalar(Scalar::Text(Cow::Owned(text))),
            Self::List(items) => {
                if listener.open_list() {
                    items.into_iter().for_each(|item| item.tell(listener));
                    listener.close();
                }
            }
            Self::Map(map) => {
                if listener.open_object() {
                    for (key, value) in map {
                        if listener.key(&key) {
                            value.tell(listener);
                        }
                    }
                    listener.close();
                }
            }
            Self::Element(element) => {
                if listener.open_element(&element.name) {
                    element.attributes.iter().for_each(|(name, value)| listener.attribute(name, value));
                    for child in element.children {
                        match child {
                            Self::Text(text) => listener.content(Cow::Owned(text)),
                            other => other.tell(listener),
                        }
                    }
                    listener.close_element();
                }
            }
        }
    }
}
