//! XML ↔ tree, with namespaces resolved to the mapping's own prefixes.
//!
//! Document types and entities are refused, never read: the five predefined ones and character references are all
//! that a document of ours may hold.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use quick_xml::XmlVersion;
use quick_xml::errors::{Error as XmlError, IllFormedError};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, ResolveResult};
use quick_xml::reader::NsReader;

use super::{Element, Limits, Namespaces, Node, WireError, text_of};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

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

/// Prints an element with its declarations as an XML document in UTF-8.
///
/// # Errors
/// [`WireError::UnknownPrefix`], and [`WireError::Unprintable`] for JSON nodes and for characters or names that XML
/// does not have.
pub fn print_xml(root: &Element, namespaces: &Namespaces) -> Result<Vec<u8>, WireError> {
    let mut used = BTreeSet::new();
    prefixes_of(root, &mut used)?;
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    let mut declarations = Vec::new();
    for prefix in used {
        let uri = match (prefix, namespaces.get(prefix)) {
            ("xml", _) => continue,
            (_, Some(uri)) => uri,
            ("", None) => continue,
            ("xsi", None) => XSI,
            (_, None) => return Err(WireError::UnknownPrefix { prefix: prefix.to_owned() }),
        };
        let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        declarations.push((name, uri.to_owned()));
    }
    print(root, &declarations, &mut out)?;
    Ok(out.into_bytes())
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
            element.attributes.push((name, value.into_owned()));
        }
        self.open.push(element);
        Ok(())
    }

    fn name(&self, space: &ResolveResult<'_>, local: &str, is_element: bool) -> Result<String, WireError> {
        match space {
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
        if element.children.iter().any(|child| matches!(child, Node::Element(_))) {
            element.children.retain(|child| !matches!(child, Node::Text(text) if text.trim().is_empty()));
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }
}

/// URI → prefix. Of two prefixes of one namespace the first in order of the alphabet names its elements.
fn prefixes(namespaces: &Namespaces) -> BTreeMap<&str, &str> {
    let mut prefixes = BTreeMap::from([(XSI, "xsi"), (XML, "xml")]);
    for (prefix, uri) in namespaces.iter().rev() {
        prefixes.insert(uri.as_str(), prefix.as_str());
    }
    prefixes
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

fn unprintable(what: impl Into<String>) -> WireError {
    WireError::Unprintable { format: "XML", what: what.into() }
}

fn prefixes_of<'a>(element: &'a Element, used: &mut BTreeSet<&'a str>) -> Result<(), WireError> {
    used.insert(prefix_of(&element.name)?.unwrap_or_default());
    for (name, _) in &element.attributes {
        used.extend(prefix_of(name)?);
    }
    for child in &element.children {
        if let Node::Element(child) = child {
            prefixes_of(child, used)?;
        }
    }
    Ok(())
}

fn prefix_of(name: &str) -> Result<Option<&str>, WireError> {
    let is_name = |part: &str| {
        part.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    let (prefix, local) = name.split_once(':').map_or((None, name), |(prefix, local)| (Some(prefix), local));
    if is_name(local) && prefix.is_none_or(is_name) {
        Ok(prefix)
    } else {
        Err(unprintable(format!("`{name}` is no name")))
    }
}

fn print(element: &Element, declarations: &[(String, String)], out: &mut String) -> Result<(), WireError> {
    out.push('<');
    out.push_str(&element.name);
    for (name, value) in declarations.iter().chain(&element.attributes) {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        out.push_str(&escape(value, true)?);
        out.push('"');
    }
    if element.children.is_empty() {
        out.push_str("/>");
        return Ok(());
    }
    out.push('>');
    for child in &element.children {
        match child {
            Node::Element(child) => print(child, &[], out)?,
            Node::Text(text) => out.push_str(&escape(text, false)?),
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::List(_) | Node::Map(_) => {
                return Err(unprintable(child.kind()));
            }
        }
    }
    out.push_str("</");
    out.push_str(&element.name);
    out.push('>');
    Ok(())
}

/// A carriage return, and in attributes every white space but the blank, would come back as something else.
fn escape(text: &str, in_attribute: bool) -> Result<Cow<'_, str>, WireError> {
    let special = |c: char| {
        matches!(c, '<' | '>' | '&' | '"' | '\r') || (in_attribute && matches!(c, '\n' | '\t')) || !is_xml_char(c)
    };
    if !text.contains(special) {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' if in_attribute => out.push_str("&#10;"),
            '\t' if in_attribute => out.push_str("&#9;"),
            found if !is_xml_char(found) => {
                return Err(unprintable(format!("the character U+{:04X}", u32::from(found))));
            }
            found => out.push(found),
        }
    }
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spaces() -> Namespaces {
        BTreeMap::from([
            ("s".to_owned(), "http://schemas.xmlsoap.org/soap/envelope/".to_owned()),
            (String::new(), "urn:pl".to_owned()),
        ])
    }

    fn parse(text: &str) -> Result<Node, WireError> {
        parse_xml(text.as_bytes(), &spaces(), &Limits { bytes: 2_000, depth: 4, nodes: 12 })
    }

    #[test]
    fn names_take_the_mappings_prefixes_whatever_the_document_used() {
        let node = parse(
            r#"<?xml version="1.0"?><!-- c --><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
               <soap:Body><x:Phieu xmlns:x="urn:pl" ma="&lt;1&gt;"><y xmlns="urn:other"/>a &amp; b<![CDATA[<c>]]>&#x41;</x:Phieu>
               </soap:Body></soap:Envelope>"#,
        )
        .unwrap();
        let envelope = node.as_element().unwrap();
        assert_eq!(envelope.name, "s:Envelope");
        let body = envelope.elements("s:Body").next().unwrap();
        assert_eq!(body.children.len(), 1, "blank text between elements is left out");
        let ticket = body.elements("Phieu").next().unwrap();
        assert_eq!(ticket.attribute("ma"), Some("<1>"));
        assert_eq!(ticket.children[0].as_element().unwrap().name, "{urn:other}y");
        assert_eq!(ticket.children[1], Node::text("a & b<c>A"));
    }

    #[test]
    fn a_tree_prints_and_reads_back() {
        let mut root = Element::new("s:Body");
        let mut child = Element::new("Ten");
        child.attributes.push(("xsi:nil".into(), "true".into()));
        child.attributes.push(("a".into(), "x\n\t\"<>&".into()));
        root.children.push(Node::Element(child));
        let bytes = print_xml(&root, &spaces()).unwrap();
        let node = parse_xml(&bytes, &spaces(), &Limits::default()).unwrap();
        assert_eq!(node, Node::Element(root), "{}", String::from_utf8_lossy(&bytes));
        assert!(node.as_element().unwrap().elements("Ten").next().unwrap().is_nil());
    }

    #[test]
    fn each_kind_of_bad_document_has_its_own_verdict() {
        let many = format!("<a>{}</a>", "<b/>".repeat(12));
        let cases: &[(&str, &str)] = &[
            ("", "empty"),
            (
                "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
                "it declares or uses a document type or entity (DOCTYPE): refused",
            ),
            ("<a>&b;</a>", "it declares or uses a document type or entity (an entity of its own): refused"),
            ("<a x='&b;'/>", "it declares or uses a document type or entity (an entity of its own): refused"),
            ("<a><b></b>", "cut off after 10 bytes"),
            ("<a><b", "cut off after 5 bytes"),
            ("<a></b></a>", "an end tag of another element at byte 3"),
            ("<a/><b/>", "more than one root element at byte 4"),
            ("<a/>b", "text outside the root element at byte 4"),
            ("hello", "text outside the root element at byte 0"),
            ("<a><b><c><d><e/></d></c></b></a>", "nested deeper than 4 levels"),
            (&many, "more than 12 values"),
            ("<p:a/>", "the prefix `p` is not declared"),
            ("<a x='1' x='2'/>", "a malformed attribute at byte 0"),
            ("<a>&#0;</a>", "a reference to no character of XML at byte 3"),
            ("<a>\u{1}</a>", "a character that XML does not have at byte 3"),
            ("<?xml version='1.0' encoding='utf-16'?><a/>", "not UTF-8: it declares another encoding"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).unwrap_err().to_string(), *expected, "{text}");
        }
    }

    #[test]
    fn what_xml_has_no_spelling_for_is_refused() {
        for root in [
            Element { children: vec![Node::text("\u{0}")], ..Element::new("a") },
            Element { children: vec![Node::Null], ..Element::new("a") },
            Element::new("a b"),
            Element::new("q:a"),
        ] {
            assert!(print_xml(&root, &spaces()).is_err(), "{root:?}");
        }
    }

    proptest! {
        #[test]
        fn text_and_attributes_come_back(text in "[ -~\\n\\r\\tà-ỹ]{1,40}", value in "[ -~\\n\\r\\tà-ỹ]{0,40}") {
            let root = Element { attributes: vec![("v".into(), value)], children: vec![Node::Text(text)], ..Element::new("a") };
            let bytes = print_xml(&root, &Namespaces::new()).unwrap();
            prop_assert_eq!(parse_xml(&bytes, &Namespaces::new(), &Limits::default()), Ok(Node::Element(root)));
        }
    }
}
