//! A small XML tree for the SOAP server: elements by namespace and local name, text, attributes.
//!
//! Documents with a DTD are refused, so entities can't expand; depth and size are bounded.

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// The system's own namespace.
pub(super) const PL: &str = "http://phapluat.gov.vn/pakn/v1";
/// SOAP 1.1.
pub(super) const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// WS-Security.
pub(super) const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
/// `xsi:nil`.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Deepest nesting that is read.
const MAX_DEPTH: usize = 32;

/// One element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Namespace; empty for none.
    pub(super) space: String,
    /// Local name.
    pub(super) name: String,
    /// Attributes without a namespace.
    pub(super) attributes: Vec<(String, String)>,
    /// `xsi:nil="true"`.
    pub(super) nil: bool,
    /// All text directly inside.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// An empty element of the system's namespace.
    pub(super) fn new(name: &str) -> Self {
        Self { space: PL.to_owned(), name: name.to_owned(), ..Self::default() }
    }

    /// One with text; `None` and empty text are shown as nil.
    pub(super) fn with_text(name: &str, text: Option<&str>) -> Self {
        let text = text.filter(|text| !text.is_empty());
        Self { nil: text.is_none(), text: text.unwrap_or("").to_owned(), ..Self::new(name) }
    }

    /// The same with one more child.
    pub(super) fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// The first child of this name in `space`.
    pub(super) fn child_in(&self, space: &str, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.space == space && child.name == name)
    }

    /// The first child of this name in the system's namespace.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.child_in(PL, name)
    }

    /// Text of a child; `None` where it is missing, nil or empty.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The element and all below as text. Prefixes `pl`, `soap` and `xsi` are declared at the outermost element.
    pub(super) fn to_xml(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        self.write(&mut out, true);
        out
    }

    fn write(&self, out: &mut String, outermost: bool) {
        let prefix = match self.space.as_str() {
            SOAP => "soap:",
            PL => "pl:",
            _ => "",
        };
        out.push('<');
        out.push_str(prefix);
        out.push_str(&self.name);
        if outermost {
            out.push_str(&format!(" xmlns:soap=\"{SOAP}\" xmlns:pl=\"{PL}\" xmlns:xsi=\"{XSI}\""));
        }
        for (name, value) in &self.attributes {
            out.push_str(&format!(" {name}=\"{}\"", escape(value)));
        }
        if self.nil {
            out.push_str(" xsi:nil=\"true\"/>");
            return;
        }
        out.push('>');
        out.push_str(&escape(&self.text));
        for child in &self.children {
            child.write(out, false);
        }
        out.push_str("</");
        out.push_str(prefix);
        out.push_str(&self.name);
        out.push('>');
    }
}

/// Text for content and attributes; characters that XML can't carry are dropped.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => out.push(c),
            _ => {}
        }
    }
    out
}

/// Reads a document; `None` for anything that is not plain well-formed XML within the limits.
pub(super) fn read(text: &str) -> Option<Element> {
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event().ok()?;
        match event {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH || root.is_some() {
                    return None;
                }
                open.push(element(&reader, &start)?);
            }
            Event::Empty(start) => {
                let done = element(&reader, &start)?;
                close(done, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let done = open.pop()?;
                close(done, &mut open, &mut root)?;
            }
            Event::Text(piece) => push(&mut open, &piece.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(piece) => push(&mut open, &piece.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => {
                let name = reference.xml_content(XmlVersion::Implicit1_0).into_owned();
                let expanded = quick_xml::escape::unescape(&format!("&{name};")).ok()?.into_owned();
                push(&mut open, &expanded);
            }
            Event::DocType(_) => return None,
            Event::Eof => return root.filter(|_| open.is_empty()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

fn push(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn close(mut done: Element, open: &mut [Element], root: &mut Option<Element>) -> Option<()> {
    if !done.children.is_empty() {
        done.text = done.text.trim().to_owned();
    }
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None if root.is_none() => *root = Some(done),
        None => return None,
    }
    Some(())
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Option<Element> {
    let (space, local) = reader.resolver().resolve_element(start.name());
    let space = match space {
        ResolveResult::Bound(space) => space.0.to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(_) => return None,
    };
    let mut element = Element { space, name: local.into_inner().to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned();
        let (space, local) = reader.resolver().resolve_attribute(attribute.key);
        match space {
            ResolveResult::Unbound => element.attributes.push((local.into_inner().to_owned(), value)),
            ResolveResult::Bound(space) if space.0 == XSI && local.into_inner() == "nil" => {
                element.nil = matches!(value.as_str(), "true" | "1");
            }
            ResolveResult::Bound(_) => {}
            ResolveResult::Unknown(_) => return None,
        }
    }
    Some(element)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let tree = Element { attributes: vec![("loai".into(), "a\"<&".into())], ..Element::new("PhanAnh") }
            .with(Element::with_text("TieuDe", Some("Điều 8 < \"x\" & y 😀\nhai dòng")))
            .with(Element::with_text("Email", None));
        assert_eq!(read(&tree.to_xml()), Some(tree));
    }

    #[test]
    fn prefixes_are_free_and_namespaces_are_not() {
        let tree = read("<a xmlns='http://phapluat.gov.vn/pakn/v1'><b>1</b></a>").unwrap();
        assert_eq!(tree.text_of("b"), Some("1"));
        assert_eq!(read("<x:a xmlns:x='urn:other'><x:b>1</x:b></x:a>").unwrap().text_of("b"), None);
    }

    #[test]
    fn bombs_depth_and_rubbish_are_refused() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        for bad in ["<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a>&nope;</a>", "<a><b></a>", "<a/><b/>", "", &deep] {
            assert_eq!(read(bad), None, "{bad:.40}");
        }
    }
}
