//! XML ↔ tree, with namespaces resolved to the mapping's own prefixes.
//!
//! Document types and entities are refused, never read: the five predefined ones and character references are all
//! that a document of ours may hold.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::errors::{Error as XmlError, IllFormedError};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceError, QName};
use quick_xml::reader::Reader;

use super::listen::{Builder, Listener};
use super::{Limits, Namespaces, Node, WireError, text_of};
use crate::words::limits::MAX_ATTRIBUTES;
use names::Names;

/// The one attribute whose value is a name, and so stands for a namespace too.
const TYPE: &str = "xsi:type";

mod names;
mod print;

pub use print::{XML_DECLARATION, XmlPiece, XmlPrinter, print_xml};

/// Reads one XML document and gives its root as [`Node::Element`]. A byte order mark before it is passed over.
///
/// # Errors
/// What is wrong with it: never a partial tree.
pub fn parse_xml(bytes: &[u8], namespaces: &Namespaces, limits: &Limits) -> Result<Node, WireError> {
    let mut builder = Builder::default();
    read_xml(bytes, namespaces, limits, &mut builder)?;
    builder.take().ok_or(WireError::Empty)
}

/// Reads one XML document and tells it in one pass.
///
/// # Errors
/// What is wrong with it, whoever listens; what was told before counts for nothing then.
pub fn read_xml<'a>(
    bytes: &'a [u8],
    namespaces: &Namespaces,
    limits: &Limits,
    listener: &mut impl Listener<'a>,
) -> Result<(), WireError> {
    let text = text_of(bytes, limits)?;
    let mut teller = Teller {
        listener,
        names: Names::of(namespaces),
        limits,
        nodes: 0,
        depth: 0,
        unheard: 0,
        in_text: false,
        has_root: false,
        is_clean: is_clean(text),
    };
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        // Looked at where it is: it is large to move.
        match &reader.read_event() {
            Ok(Event::Eof) => return teller.ended(offset, text.len()),
            Ok(event) => teller.take(event, offset)?,
            Err(error) => return Err(verdict(error, offset, text.len())),
        }
    }
}

struct Teller<'t, 'n, L> {
    listener: &'t mut L,
    names: Names<'n>,
    limits: &'t Limits,
    nodes: usize,
    /// Elements that are open.
    depth: usize,
    /// Of these the innermost ones that nobody listens to.
    unheard: usize,
    /// Whether what came last was text: several pieces are one.
    in_text: bool,
    has_root: bool,
    /// Whether the document surely holds no character that XML does not have.
    is_clean: bool,
}

impl<'a, L: Listener<'a>> Teller<'_, '_, L> {
    fn take(&mut self, event: &Event<'a>, offset: usize) -> Result<(), WireError> {
        match event {
            Event::Start(start) => self.open(start, offset),
            Event::Empty(start) => {
                self.open(start, offset)?;
                self.close();
                Ok(())
            }
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) => self.text(text.xml10_content(), offset),
            Event::CData(text) => self.text(text.xml10_content(), offset),
            Event::GeneralRef(reference) => {
                let malformed = |what: &str| WireError::Malformed { what: what.to_owned(), offset };
                if reference.is_char_ref() {
                    let character = reference.resolve_char_ref().ok().flatten().filter(|found| is_xml_char(*found));
                    let character = character.ok_or_else(|| malformed("a reference to no character of XML"))?;
                    return self.text(Cow::Owned(character.to_string()), offset);
                }
                let known = resolve_predefined_entity(reference);
                self.text(Cow::Borrowed(known.ok_or(WireError::Entity { what: "an entity of its own" })?), offset)
            }
            Event::DocType(_) => Err(WireError::Entity { what: "DOCTYPE" }),
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(name)) if !matches!(name.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "us-ascii") => {
                    Err(WireError::NotUtf8 { what: "it declares another encoding".to_owned() })
                }
                _ => Ok(()),
            },
            Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    /// The document is over.
    fn ended(&self, offset: usize, length: usize) -> Result<(), WireError> {
        match (self.depth, self.has_root) {
            (0, true) => Ok(()),
            (0, false) => Err(WireError::Malformed { what: "no element".to_owned(), offset }),
            _ => Err(WireError::Truncated { offset: length }),
        }
    }

    fn count(&mut self) -> Result<(), WireError> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes { Err(WireError::TooMany { limit: self.limits.nodes }) } else { Ok(()) }
    }

    fn open(&mut self, start: &BytesStart<'a>, offset: usize) -> Result<(), WireError> {
        self.count()?;
        if self.depth >= self.limits.depth {
            return Err(WireError::TooDeep { limit: self.limits.depth });
        }
        if self.depth == 0 && self.has_root {
            return Err(WireError::Malformed { what: "more than one root element".to_owned(), offset });
        }
        self.has_root = true;
        self.in_text = false;
        self.depth += 1;
        let has_attributes = !start.attributes_raw().is_empty();
        if has_attributes {
            self.names.open(start, self.depth).map_err(|error| verdict(&error.into(), offset, 0))?;
        }
        let name = self.names.element(start.name())?;
        if self.unheard > 0 || !self.listener.open_element(&name) {
            self.unheard += 1;
        }
        if has_attributes { self.attributes(start, offset) } else { Ok(()) }
    }

    fn attributes(&mut self, start: &BytesStart<'a>, offset: usize) -> Result<(), WireError> {
        let mut seen: Vec<Cow<'_, str>> = Vec::new();
        let mut attributes = start.attributes();
        // One that comes twice is found below, by its namespace.
        attributes.with_checks(false);
        for (number, attribute) in attributes.enumerate() {
            if number >= MAX_ATTRIBUTES {
                return Err(WireError::TooMany { limit: MAX_ATTRIBUTES });
            }
            let malformed = |_| WireError::Malformed { what: "a malformed attribute".to_owned(), offset };
            let attribute = attribute.map_err(malformed)?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            self.count()?;
            let name = self.names.attribute(attribute.key)?;
            if seen.contains(&name) {
                return Err(WireError::Malformed { what: "an attribute twice in one element".to_owned(), offset });
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| match error {
                XmlError::Escape(quick_xml::escape::EscapeError::UnrecognizedEntity(..)) => {
                    WireError::Entity { what: "an entity of its own" }
                }
                _ => WireError::Malformed { what: "a malformed attribute value".to_owned(), offset },
            })?;
            self.check(&value, matches!(value, Cow::Borrowed(_)), offset)?;
            if self.unheard == 0 {
                let typed = (name == TYPE).then(|| self.names.element(QName(value.trim())).ok()).flatten();
                self.listener.attribute(&name, typed.as_deref().unwrap_or(&value));
            }
            seen.push(name);
        }
        Ok(())
    }

    /// What stands so (`literal`) in a clean document needs no look; what references stand for does.
    fn check(&self, text: &str, literal: bool, offset: usize) -> Result<(), WireError> {
        if (self.is_clean && literal) || text.chars().all(is_xml_char) {
            return Ok(());
        }
        Err(WireError::Malformed { what: "a character that XML does not have".to_owned(), offset })
    }

    fn text(&mut self, text: Cow<'a, str>, offset: usize) -> Result<(), WireError> {
        self.check(&text, matches!(text, Cow::Borrowed(_)), offset)?;
        if self.depth == 0 {
            let what = "text outside the root element";
            let blank = text.trim().is_empty();
            return if blank { Ok(()) } else { Err(WireError::Malformed { what: what.to_owned(), offset }) };
        }
        if !self.in_text {
            self.in_text = true;
            self.count()?;
        }
        if self.unheard == 0 {
            self.listener.content(text);
        }
        Ok(())
    }

    fn close(&mut self) {
        self.in_text = false;
        self.names.close(self.depth);
        self.depth = self.depth.saturating_sub(1);
        if self.unheard > 0 {
            self.unheard -= 1;
        } else {
            self.listener.close_element();
        }
    }
}

fn verdict(error: &XmlError, offset: usize, length: usize) -> WireError {
    match error {
        XmlError::Syntax(_) | XmlError::IllFormed(IllFormedError::MissingEndTag(_)) => {
            WireError::Truncated { offset: length }
        }
        XmlError::Namespace(NamespaceError::UnknownPrefix(prefix)) => {
            WireError::UnknownPrefix { prefix: prefix.clone() }
        }
        XmlError::Namespace(NamespaceError::TooManyBindings(limit)) => WireError::TooMany { limit: *limit },
        XmlError::IllFormed(IllFormedError::MismatchedEndTag { .. }) => {
            WireError::Malformed { what: "an end tag of another element".to_owned(), offset }
        }
        XmlError::IllFormed(_) => WireError::Malformed { what: "ill-formed XML".to_owned(), offset },
        _ => WireError::Malformed { what: "no XML".to_owned(), offset },
    }
}

/// Whether no byte belongs to a character that XML does not have: a control, or one of the two behind U+FFFD, which begin
/// like many others. A look at each byte that the processor does for many at once.
fn is_clean(text: &str) -> bool {
    let suspect = |byte: u8| (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0xEF;
    !text.bytes().fold(false, |any, byte| any | suspect(byte))
}

const fn is_xml_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests;
