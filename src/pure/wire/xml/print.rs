//! An element as an XML document, its namespaces declared.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::names::{XSI, is_name};
use super::{TYPE, is_xml_char};
use crate::pure::wire::{Element, Namespaces, Node, WireError};

/// What every printed document begins with.
pub const XML_DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

/// Prints an element with its declarations as an XML document in UTF-8.
///
/// # Errors
/// [`WireError::UnknownPrefix`], and [`WireError::Unprintable`] for JSON nodes and for characters or names that XML
/// does not have.
pub fn print_xml(root: &Element, namespaces: &Namespaces) -> Result<Vec<u8>, WireError> {
    let mut printer = Printer { namespaces, used: BTreeMap::new(), made: BTreeMap::new(), out: String::new() };
    printer.gather(root)?;
    printer.out.push_str(XML_DECLARATION);
    printer.root(root)?;
    Ok(printer.out.into_bytes())
}

struct Printer<'a> {
    namespaces: &'a Namespaces,
    /// Prefix → namespace of all that is declared at the root.
    used: BTreeMap<String, &'a str>,
    /// Namespace that the mapping does not know → the prefix made for it.
    made: BTreeMap<&'a str, String>,
    out: String,
}

/// A name taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name<'a> {
    /// Without a prefix: of the mapping's unprefixed namespace, where it has one.
    Bare(&'a str),
    /// `{}local`: of no namespace, where the mapping has an unprefixed one.
    Nowhere(&'a str),
    /// With a prefix of the mapping.
    Prefixed(&'a str, &'a str),
    /// `{uri}local`: of a namespace that the mapping does not know.
    Foreign(&'a str, &'a str),
}

impl<'a> Printer<'a> {
    /// Notes which namespaces are used, and makes prefixes for those that have none.
    fn gather(&mut self, element: &'a Element) -> Result<(), WireError> {
        self.note(Name::of(&element.name)?, true)?;
        for (name, value) in &element.attributes {
            self.note(Name::of(name)?, false)?;
            if name == TYPE {
                self.note(Name::of(value)?, true)?;
            }
        }
        element.children.iter().filter_map(Node::as_element).try_for_each(|child| self.gather(child))
    }

    fn note(&mut self, name: Name<'a>, is_element: bool) -> Result<(), WireError> {
        let (prefix, uri) = match name {
            Name::Nowhere(_) => return Ok(()),
            Name::Bare(_) => match self.namespaces.get("").filter(|_| is_element) {
                Some(uri) => (String::new(), uri.as_str()),
                None => return Ok(()),
            },
            Name::Prefixed("xml", _) => return Ok(()),
            Name::Prefixed(prefix, _) => match (prefix, self.namespaces.get(prefix)) {
                (_, Some(uri)) => (prefix.to_owned(), uri.as_str()),
                ("xsi", None) => ("xsi".to_owned(), XSI),
                (_, None) => return Err(WireError::UnknownPrefix { prefix: prefix.to_owned() }),
            },
            Name::Foreign(uri, _) => {
                if self.made.contains_key(uri) {
                    return Ok(());
                }
                let free = |prefix: &String| !self.namespaces.contains_key(prefix) && !self.used.contains_key(prefix);
                let prefix = (1..).map(|number| format!("n{number}")).find(free).unwrap_or_default();
                self.made.insert(uri, prefix.clone());
                (prefix, uri)
            }
        };
        self.used.insert(prefix, uri);
        Ok(())
    }

    fn root(&mut self, root: &Element) -> Result<(), WireError> {
        let declarations = self.used.iter().map(|(prefix, uri)| {
            let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            (name, (*uri).to_owned())
        });
        let mut declarations: Vec<(String, String)> = declarations.collect();
        let default = self.used.contains_key("");
        if default && matches!(Name::of(&root.name)?, Name::Nowhere(_)) {
            declarations.retain(|(name, _)| name != "xmlns");
            return self.element(root, declarations, false);
        }
        self.element(root, declarations, default)
    }

    /// An element where the mapping's unprefixed namespace is (`default`) or is not the default at this place.
    fn element(
        &mut self,
        element: &Element,
        mut declarations: Vec<(String, String)>,
        mut default: bool,
    ) -> Result<(), WireError> {
        let name = Name::of(&element.name)?;
        match (name, self.namespaces.get("")) {
            (Name::Nowhere(_), Some(_)) if default => {
                declarations.push(("xmlns".to_owned(), String::new()));
                default = false;
            }
            (Name::Bare(_), Some(uri)) if !default => {
                declarations.push(("xmlns".to_owned(), uri.clone()));
                default = true;
            }
            _ => {}
        }
        let tag = self.spelled(name);
        self.out.push('<');
        self.out.push_str(&tag);
        for (name, uri) in &declarations {
            self.attribute(name, uri)?;
        }
        for (name, value) in &element.attributes {
            let spelled = self.spelled(Name::of(name)?);
            let value = if name == TYPE { self.spelled(Name::of(value)?) } else { Cow::Borrowed(value.as_str()) };
            self.attribute(&spelled, &value)?;
        }
        if element.children.is_empty() {
            self.out.push_str("/>");
            return Ok(());
        }
        self.out.push('>');
        for child in &element.children {
            match child {
                Node::Element(child) => self.element(child, Vec::new(), default)?,
                Node::Text(text) => {
                    let text = escape(text, false)?;
                    self.out.push_str(&text);
                }
                Node::Null | Node::Bool(_) | Node::Number(_) | Node::List(_) | Node::Map(_) => {
                    return Err(unprintable(child.kind()));
                }
            }
        }
        self.out.push_str("</");
        self.out.push_str(&tag);
        self.out.push('>');
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<(), WireError> {
        let value = escape(value, true)?;
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        self.out.push_str(&value);
        self.out.push('"');
        Ok(())
    }

    fn spelled<'n>(&self, name: Name<'n>) -> Cow<'n, str> {
        match name {
            Name::Bare(local) | Name::Nowhere(local) => Cow::Borrowed(local),
            Name::Prefixed(prefix, local) => Cow::Owned(format!("{prefix}:{local}")),
            Name::Foreign(uri, local) => {
                Cow::Owned(format!("{}:{local}", self.made.get(uri).map_or("", String::as_str)))
            }
        }
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
            Some((prefix, local)) if is_name(prefix) && is_name(local) => Ok(Self::Prefixed(prefix, local)),
            None if is_name(name) => Ok(Self::Bare(name)),
            Some(_) | None => Err(bad()),
        }
    }
}

fn unprintable(what: impl Into<String>) -> WireError {
    WireError::Unprintable { format: "XML", what: what.into() }
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
