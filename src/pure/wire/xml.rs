//! XML ↔ tree, with namespaces resolved to the mapping's own prefixes.
//!
//! Document types and entities are refused, never read: the five predefined ones and character references are all
//! that a document of ours may hold.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::XmlVersion;
use quick_xml::errors::{Error as XmlError, IllFormedError};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, QName, ResolveResult};
use quick_xml::reader::NsReader;

use super::{Element, Limits, Namespaces, Node, WireError, text_of};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The one attribute whose value is a name, and so stands for a namespace too.
const TYPE: &str = "xsi:type";

mod print;

pub use print::print_xml;

/// Reads one XML document and gives its root as [`Node::Element`]. A byte order mark before it is passed over.
///
/// # Errors
/// What is wrong with it: never a partial tree.
pub fn parse_xml(bytes: &[u8], namespaces: &Namespaces, limits: &Limits) -> Result<Node, WireError> {
    let text = text_of(bytes, limits)?;
    let mut builder = Builder { prefixes: prefixes(namespaces), limits, nodes: 0, open: Vec::new(), root: None };
    let mut reader = NsReader::from_str(text);
    reader.config_mut().check_end_names = true;
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|error| verdict(&error, offset, text.len()))?;
        let done = matches!(event, Event::Eof);
        builder.take(event, reader.resolver(), offset)?;
        if done {
            return if builder.open.is_empty() {
                builder.root.map(Node::Element).ok_or(WireError::Malformed { what: "no element".to_owned(), offset })
            } else {
                Err(WireError::Truncated { offset: text.len() })
            };
        }
    }
}

struct Builder<'a> {
    /// URI → the mapping's prefix.
    prefixes: BTreeMap<&'a str, &'a str>,
    limits: &'a Limits,
    nodes: usize,
    open: Vec<Element>,
    root: Option<Element>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, names: &NamespaceResolver, offset: usize) -> Result<(), WireError> {
        match event {
            Event::Start(start) => self.open(&start, names, offset),
            Event::Empty(start) => {
                self.open(&start, names, offset)?;
                self.close();
                Ok(())
            }
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) => self.text(&text.xml10_content(), offset),
            Event::CData(text) => self.text(&text.xml10_content(), offset),
            Event::GeneralRef(reference) => {
                let malformed = |what: &str| WireError::Malformed { what: what.to_owned(), offset };
                if reference.is_char_ref() {
                    let character = reference.resolve_char_ref().ok().flatten().filter(|found| is_xml_char(*found));
                    let character = character.ok_or_else(|| malformed("a reference to no character of XML"))?;
                    return self.text(character.encode_utf8(&mut [0; 4]), offset);
                }
                let known = resolve_predefined_entity(&reference);
                self.text(known.ok_or(WireError::Entity { what: "an entity of its own" })?, offset)
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

    fn count(&mut self) -> Result<(), WireError> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes { Err(WireError::TooMany { limit: self.limits.nodes }) } else { Ok(()) }
    }

    fn open(&mut self, start: &BytesStart<'_>, names: &NamespaceResolver, offset: usize) -> Result<(), WireError> {
        self.count()?;
        if self.open.len() >= self.limits.depth {
            return Err(WireError::TooDeep { limit: self.limits.depth });
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(WireError::Malformed { what: "more than one root element".to_owned(), offset });
        }
        let (space, local) = names.resolve_element(start.name());
        let mut element = Element::new(self.name(&space, local.into_inner(), true)?);
        let mut seen = BTreeSet::new();
        for attribute in start.attributes() {
            let malformed = |_| WireError::Malformed { what: "a malformed attribute".to_owned(), offset };
            let attribute = attribute.map_err(malformed)?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            self.count()?;
            let (space, local) = names.resolve_attribute(attribute.key);
            let name = self.name(&space, local.into_inner(), false)?;
            if !seen.insert(name.clone()) {
                return Err(WireError::Malformed { what: "an attribute twice in one element".to_owned(), offset });
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| match error {
                XmlError::Escape(quick_xml::escape::EscapeError::UnrecognizedEntity(..)) => {
                    WireError::Entity { what: "an entity of its own" }
                }
                _ => WireError::Malformed { what: "a malformed attribute value".to_owned(), offset },
            })?;
            check_characters(&value, offset)?;
            let mut value = value.into_owned();
            if name == TYPE {
                let (space, local) = names.resolve(QName(value.trim()), true);
                if !matches!(space, ResolveResult::Unknown(_)) {
                    value = self.name(&space, local.into_inner(), true)?;
                }
            }
            element.attributes.push((name, value));
        }
        self.open.push(element);
        Ok(())
    }

    fn name(&self, space: &ResolveResult<'_>, local: &str, is_element: bool) -> Result<String, WireError> {
        match space {
            // Where unprefixed names are a namespace's, those of no namespace must not look the same.
            ResolveResult::Unbound if is_element && self.prefixes.values().any(|prefix| prefix.is_empty()) => {
                Ok(format!("{{}}{local}"))
            }
            ResolveResult::Unbound => Ok(local.to_owned()),
            ResolveResult::Unknown(prefix) => Err(WireError::UnknownPrefix { prefix: prefix.clone() }),
            ResolveResult::Bound(uri) => Ok(match self.prefixes.get(uri.into_inner()) {
                Some(&"") if is_element => local.to_owned(),
                Some(prefix) if !prefix.is_empty() => format!("{prefix}:{local}"),
                Some(_) | None => format!("{{{}}}{local}", uri.into_inner()),
            }),
        }
    }

    fn text(&mut self, text: &str, offset: usize) -> Result<(), WireError> {
        check_characters(text, offset)?;
        match self.open.last_mut() {
            None if text.trim().is_empty() => Ok(()),
            None => Err(WireError::Malformed { what: "text outside the root element".to_owned(), offset }),
            Some(element) => {
                if let Some(Node::Text(before)) = element.children.last_mut() {
                    before.push_str(text);
                    return Ok(());
                }
                element.children.push(Node::text(text));
                self.count()
            }
        }
    }

    fn close(&mut self) {
        let Some(mut element) = self.open.pop() else { return };
        // Blanks between elements are layout; beside text they are part of it.
        let blank = |child: &Node| matches!(child, Node::Text(text) if text.trim().is_empty());
        let is_mixed = element.children.iter().any(|child| matches!(child, Node::Text(_)) && !blank(child));
        if !is_mixed && element.children.iter().any(|child| matches!(child, Node::Element(_))) {
            element.children.retain(|child| !blank(child));
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }
}

/// URI → prefix. Of two prefixes of one namespace the first in order of the alphabet names its elements.
fn prefixes(namespaces: &Namespaces) -> BTreeMap<&str, &str> {
    let declared = namespaces.iter().rev().map(|(prefix, uri)| (uri.as_str(), prefix.as_str()));
    declared.chain([(XSI, "xsi"), (XML, "xml")]).collect()
}

fn verdict(error: &XmlError, offset: usize, length: usize) -> WireError {
    match error {
        XmlError::Syntax(_) | XmlError::IllFormed(IllFormedError::MissingEndTag(_)) => {
            WireError::Truncated { offset: length }
        }
        XmlError::Namespace(quick_xml::name::NamespaceError::UnknownPrefix(prefix)) => {
            WireError::UnknownPrefix { prefix: prefix.clone() }
        }
        XmlError::IllFormed(IllFormedError::MismatchedEndTag { .. }) => {
            WireError::Malformed { what: "an end tag of another element".to_owned(), offset }
        }
        XmlError::IllFormed(_) => WireError::Malformed { what: "ill-formed XML".to_owned(), offset },
        _ => WireError::Malformed { what: "no XML".to_owned(), offset },
    }
}

fn check_characters(text: &str, offset: usize) -> Result<(), WireError> {
    if text.chars().all(is_xml_char) {
        return Ok(());
    }
    Err(WireError::Malformed { what: "a character that XML does not have".to_owned(), offset })
}

const fn is_xml_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests;
