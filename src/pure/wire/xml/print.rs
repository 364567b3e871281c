//! What is told, as an XML document, its namespaces declared at its root.

use std::borrow::Cow;
use std::ops::Range;

use super::names::{XSI, is_name};
use super::{TYPE, is_xml_char};
use crate::pure::wire::listen::{Listener, Scalar};
use crate::pure::wire::{Element, Namespaces, Node, WireError};

/// What every printed document begins with.
pub const XML_DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// Bytes that most documents of ours have.
const USUAL_BYTES: usize = 4096;

/// Prints an element with its declarations as an XML document in UTF-8.
///
/// # Errors
/// [`WireError::UnknownPrefix`], and [`WireError::Unprintable`] for JSON nodes and for characters or names that XML
/// does not have.
pub fn print_xml(root: Element, namespaces: &Namespaces) -> Result<Vec<u8>, WireError> {
    let mut printer = XmlPrinter::document(namespaces);
    Node::Element(root).tell(&mut printer);
    printer.finish()
}

/// Prints what it hears, at once: a document, or a piece that goes into one. Which namespaces are declared at the root is
/// known at the end, and put in then.
#[derive(Debug)]
pub struct XmlPrinter<'n> {
    namespaces: &'n Namespaces,
    out: String,
    /// The elements that are open.
    open: Vec<Open>,
    /// Whether the start tag of the innermost one is.
    in_tag: bool,
    whole: Whole,
    /// Whether the mapping's unprefixed namespace is the default around the outermost element.
    default: bool,
    /// Prefixes of the mapping, and `xsi`, that the root declares.
    used: Vec<&'n str>,
    /// Namespace that the mapping does not know → the prefix made for it.
    made: Vec<(String, String)>,
    fault: Option<WireError>,
}

/// What is printed.
#[derive(Debug)]
enum Whole {
    /// A document; declarations go behind the name of its root.
    Document { declarations: usize },
    /// What stands inside an element that is not printed; its attributes end there.
    Piece { attributes: usize },
}

#[derive(Debug)]
struct Open {
    /// Where its name stands in what is printed.
    tag: Range<usize>,
    /// Whether the mapping's unprefixed namespace is the default inside.
    default: bool,
}

/// The attributes and the content of an element, printed before the document that they go into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlPiece {
    text: String,
    /// Length of the attributes, which come first.
    attributes: usize,
    /// Prefixes that the document's root must declare.
    used: Vec<String>,
}

/// A name taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name<'a> {
    /// Without a prefix: of the mapping's unprefixed namespace, where it has one.
    Bare(&'a str),
    /// `{}local`: of no namespace, where the mapping has an unprefixed one.
    Nowhere(&'a str),
    /// With a prefix of the mapping.
    Prefixed(&'a str),
    /// `{uri}local`: of a namespace that the mapping does not know.
    Foreign(&'a str, &'a str),
}

impl<'n> XmlPrinter<'n> {
    /// Prints a document.
    #[must_use]
    pub fn document(namespaces: &'n Namespaces) -> Self {
        let mut printer = Self::new(namespaces, Whole::Document { declarations: 0 }, false);
        printer.out.push_str(XML_DECLARATION);
        printer
    }

    /// Prints what goes into an element: it hears the element, and leaves out its tags. `default` tells whether the mapping's
    /// unprefixed namespace is surely the default there.
    #[must_use]
    pub fn piece(namespaces: &'n Namespaces, default: bool) -> Self {
        let default = default && namespaces.contains_key("");
        Self::new(namespaces, Whole::Piece { attributes: 0 }, default)
    }

    fn new(namespaces: &'n Namespaces, whole: Whole, default: bool) -> Self {
        Self {
            namespaces,
            out: String::with_capacity(USUAL_BYTES),
            open: Vec::new(),
            in_tag: false,
            whole,
            default,
            used: Vec::new(),
            made: Vec::new(),
            fault: None,
        }
    }

    /// The document.
    ///
    /// # Errors
    /// The first that XML has no spelling for.
    pub fn finish(mut self) -> Result<Vec<u8>, WireError> {
        if let Whole::Document { declarations: at } = self.whole {
            let end = self.out.len();
            self.used.sort_unstable();
            for prefix in std::mem::take(&mut self.used) {
                let uri = self.namespaces.get(prefix).map_or(XSI, String::as_str);
                self.declare(prefix, uri);
            }
            for (uri, prefix) in std::mem::take(&mut self.made) {
                self.declare(&prefix, &uri);
            }
            let declared = self.out.len() - end;
            let mut printed = self.out.into_bytes();
            if let Some(behind) = printed.get_mut(at..) {
                behind.rotate_right(declared);
            }
            return self.fault.map_or(Ok(printed), Err);
        }
        self.fault.map_or(Ok(self.out.into_bytes()), Err)
    }

    /// The piece.
    ///
    /// # Errors
    /// The first that XML has no spelling for.
    pub fn into_piece(self) -> Result<XmlPiece, WireError> {
        let attributes = if let Whole::Piece { attributes } = self.whole { attributes } else { 0 };
        let used = self.used.into_iter().map(str::to_owned).collect();
        self.fault.map_or(Ok(XmlPiece { text: self.out, attributes, used }), Err)
    }

    /// Puts a piece's attributes into the start tag that is open.
    pub fn put_attributes(&mut self, piece: &XmlPiece) {
        self.out.push_str(piece.attributes());
        for prefix in &piece.used {
            self.declare_at_root(prefix);
        }
    }

    /// Puts a piece's content into the element that is open.
    pub fn put_content(&mut self, piece: &XmlPiece) {
        if !piece.content().is_empty() {
            self.end_tag();
            self.out.push_str(piece.content());
        }
    }

    /// Notes a prefix of the mapping.
    fn declare_at_root(&mut self, prefix: &str) {
        if self.used.contains(&prefix) {
            return;
        }
        match (self.namespaces.get_key_value(prefix), prefix) {
            (Some((known, _)), _) => self.used.push(known),
            (None, "xsi") => self.used.push("xsi"),
            (None, "xml") => {}
            (None, _) => self.refuse(WireError::UnknownPrefix { prefix: prefix.to_owned() }),
        }
    }

    /// The prefix for a namespace that the mapping does not know.
    fn made_for(&mut self, uri: &str) -> String {
        if let Some((_, prefix)) = self.made.iter().find(|(known, _)| known == uri) {
            return prefix.clone();
        }
        if matches!(self.whole, Whole::Piece { .. }) {
            self.refuse(unprintable("a namespace that `[namespace]` does not name"));
        }
        let free =
            |prefix: &String| !self.namespaces.contains_key(prefix) && self.made.iter().all(|(_, made)| made != prefix);
        let prefix = (1..).map(|number| format!("n{number}")).find(free).unwrap_or_default();
        self.made.push((uri.to_owned(), prefix.clone()));
        prefix
    }

    /// Prints a name, and notes what it needs declared.
    fn name(&mut self, name: Name<'_>, spelled: &str) {
        match name {
            Name::Bare(local) | Name::Nowhere(local) => self.out.push_str(local),
            Name::Prefixed(prefix) => {
                self.declare_at_root(prefix);
                self.out.push_str(spelled);
            }
            Name::Foreign(uri, local) => {
                let prefix = self.made_for(uri);
                self.out.extend([&prefix, ":", local]);
            }
        }
    }

    fn declare(&mut self, prefix: &str, uri: &str) {
        self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
        self.out.push_str(prefix);
        self.quoted(uri);
    }

    fn quoted(&mut self, value: &str) {
        self.out.push_str("=\"");
        self.escaped(value, true);
        self.out.push('"');
    }

    /// The start tag that is open ends: what comes now is inside the element.
    fn end_tag(&mut self) {
        if std::mem::replace(&mut self.in_tag, false) {
            match &mut self.whole {
                Whole::Piece { attributes } if self.open.len() == 1 => *attributes = self.out.len(),
                Whole::Piece { .. } | Whole::Document { .. } => self.out.push('>'),
            }
        }
    }

    /// A carriage return, and in attributes every white space but the blank, would come back as something else.
    fn escaped(&mut self, text: &str, in_attribute: bool) {
        let is_special = |byte: u8| match byte {
            b'<' | b'>' | b'&' | b'"' => true,
            b'\n' | b'\t' => in_attribute,
            // The two characters behind U+FFFD begin like many others.
            _ => byte < b' ' || byte == 0xEF,
        };
        let mut rest = text;
        while let Some(at) = rest.bytes().position(is_special) {
            let (plain, special) = rest.split_at(at);
            self.out.push_str(plain);
            let mut characters = special.chars();
            match characters.next() {
                Some('<') => self.out.push_str("&lt;"),
                Some('>') => self.out.push_str("&gt;"),
                Some('&') => self.out.push_str("&amp;"),
                Some('"') => self.out.push_str("&quot;"),
                Some('\r') => self.out.push_str("&#13;"),
                Some('\n') => self.out.push_str("&#10;"),
                Some('\t') => self.out.push_str("&#9;"),
                Some(found) if is_xml_char(found) => self.out.push(found),
                Some(found) => self.refuse(unprintable(format!("the character U+{:04X}", u32::from(found)))),
                None => {}
            }
            rest = characters.as_str();
        }
        self.out.push_str(rest);
    }

    fn refuse(&mut self, fault: WireError) {
        self.fault.get_or_insert(fault);
    }

    fn taken_apart<'a>(&mut self, name: &'a str) -> Name<'a> {
        Name::of(name).unwrap_or_else(|fault| {
            self.refuse(fault);
            Name::Bare("")
        })
    }
}

impl<'a> Listener<'a> for XmlPrinter<'_> {
    fn scalar(&mut self, scalar: Scalar<'a>) {
        self.refuse(unprintable(scalar.kind()));
    }

    fn open_list(&mut self) -> bool {
        self.refuse(unprintable("a list"));
        false
    }

    fn open_object(&mut self) -> bool {
        self.refuse(unprintable("an object"));
        false
    }

    fn key(&mut self, _: &str) -> bool {
        false
    }

    fn close(&mut self) {}

    fn open_element(&mut self, name: &str) -> bool {
        self.end_tag();
        self.in_tag = true;
        let mut around = self.open.last().map_or(self.default, |open| open.default);
        if matches!(self.whole, Whole::Piece { .. }) && self.open.is_empty() {
            self.open.push(Open { tag: 0..0, default: around });
            return true;
        }
        let taken_apart = self.taken_apart(name);
        self.out.push('<');
        let begin = self.out.len();
        self.name(taken_apart, name);
        let tag = begin..self.out.len();
        let unprefixed = self.namespaces.get("");
        if let (Whole::Document { declarations }, true) = (&mut self.whole, self.open.is_empty()) {
            *declarations = tag.end;
            around = unprefixed.is_some() && !matches!(taken_apart, Name::Nowhere(_));
            self.default = around;
        }
        let default = match (unprefixed, taken_apart) {
            (Some(_), Name::Nowhere(_)) if around => {
                self.declare("", "");
                false
            }
            (Some(uri), Name::Bare(_)) if !around => {
                self.declare("", uri);
                true
            }
            _ => around,
        };
        if self.default && matches!(taken_apart, Name::Bare(_)) {
            self.declare_at_root("");
        }
        self.open.push(Open { tag, default });
        true
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        let taken_apart = self.taken_apart(name);
        self.name(taken_apart, name);
        if name == TYPE {
            let named = self.taken_apart(value);
            if let (Name::Bare(_), true) = (named, self.namespaces.contains_key("")) {
                self.declare_at_root("");
            }
            self.out.push_str("=\"");
            self.name(named, value);
            self.out.push('"');
        } else {
            self.quoted(value);
        }
    }

    fn content(&mut self, text: Cow<'a, str>) {
        self.end_tag();
        self.escaped(&text, false);
    }

    fn close_element(&mut self) {
        let is_empty = self.in_tag;
        if matches!(self.whole, Whole::Piece { .. }) && self.open.len() == 1 {
            self.end_tag();
            self.open.pop();
            return;
        }
        let Some(Open { tag, .. }) = self.open.pop() else { return };
        if is_empty {
            self.in_tag = false;
            self.out.push_str("/>");
            return;
        }
        self.out.push_str("</");
        self.out.extend_from_within(tag);
        self.out.push('>');
    }
}

impl XmlPiece {
    fn attributes(&self) -> &str {
        self.text.get(..self.attributes).unwrap_or_default()
    }

    fn content(&self) -> &str {
        self.text.get(self.attributes..).unwrap_or_default()
    }
}

impl<'a> Name<'a> {
    fn of(name: &'a str) -> Result<Self, WireError> {
        let bad = || unprintable(format!("`{name}` is no name"));
        if let Some((uri, local)) = name.strip_prefix('{').and_then(|rest| rest.rsplit_once('}')) {
            return match uri {
                _ if !is_name(local) => Err(bad()),
                "" => Ok(Self::Nowhere(local)),
                uri => Ok(Self::Foreign(uri, local)),
            };
        }
        match name.split_once(':') {
            Some((prefix, local)) if is_name(prefix) && is_name(local) => Ok(Self::Prefixed(prefix)),
            None if is_name(name) => Ok(Self::Bare(name)),
            Some(_) | None => Err(bad()),
        }
    }
}

fn unprintable(what: impl Into<String>) -> WireError {
    WireError::Unprintable { format: "XML", what: what.into() }
}
