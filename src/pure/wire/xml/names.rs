//! Names with the mapping's prefixes, whatever prefixes a document itself declares.
//!
//! Declarations are rare and names are many: what a name needs is worked out when a declaration begins or ends to hold, and
//! mostly kept till the next one.

use std::borrow::Cow;

use quick_xml::escape::unescape;
use quick_xml::events::BytesStart;
use quick_xml::name::{NamespaceError, NamespaceResolver, QName, ResolveResult};

use crate::pure::wire::{Namespaces, WireError};
use crate::words::limits::MAX_NAMESPACE_BYTES;

pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The namespaces in force, and the mapping's prefixes of them.
#[derive(Debug)]
pub(super) struct Names<'n> {
    /// What the open elements declare. Its level is the depth of the innermost one that declares anything.
    declared: NamespaceResolver,
    /// URI → the mapping's prefix.
    prefixes: Vec<(&'n str, &'n str)>,
    /// Whether unprefixed names are a namespace's.
    has_default: bool,
    /// Whether an element without a prefix is called so by the mapping too; worked out where it is asked first.
    plain: Option<bool>,
    /// The namespace of the mapping that came last, as the document writes it, with its prefix.
    last: Option<(String, &'n str)>,
}

impl<'n> Names<'n> {
    pub(super) fn of(namespaces: &'n Namespaces) -> Self {
        let prefixes = prefixes(namespaces);
        let has_default = prefixes.iter().any(|(_, prefix)| prefix.is_empty());
        Self { declared: NamespaceResolver::default(), prefixes, has_default, plain: None, last: None }
    }

    /// Takes what an element at this depth declares (the root is at 1).
    pub(super) fn open(&mut self, start: &BytesStart<'_>, depth: usize) -> Result<(), NamespaceError> {
        let mut attributes = start.attributes();
        if attributes.with_checks(false).flatten().all(|attribute| attribute.key.as_namespace_binding().is_none()) {
            return Ok(());
        }
        self.plain = None;
        self.declared.set_level(level(depth.saturating_sub(1)));
        self.declared.push(start)
    }

    /// An element at this depth ends.
    pub(super) fn close(&mut self, depth: usize) {
        if self.declared.level() >= level(depth) && depth > 0 {
            self.plain = None;
            self.declared.set_level(level(depth - 1));
        }
    }

    /// An element's name with the mapping's prefix: as the document has it where the document uses the same one.
    pub(super) fn element<'r>(&mut self, raw: QName<'r>) -> Result<Cow<'r, str>, WireError> {
        let name = raw.into_inner();
        // No name has a colon and passes.
        if self.plain == Some(true) && is_name(name) {
            return Ok(Cow::Borrowed(name));
        }
        let named = self.resolve(raw, true)?;
        if raw.prefix().is_none() {
            self.plain = Some(matches!(named, Cow::Borrowed(_)));
        }
        Ok(named)
    }

    /// The same of an attribute: without a prefix it is in no namespace.
    pub(super) fn attribute<'r>(&mut self, raw: QName<'r>) -> Result<Cow<'r, str>, WireError> {
        self.resolve(raw, false)
    }

    fn resolve<'r>(&mut self, raw: QName<'r>, is_element: bool) -> Result<Cow<'r, str>, WireError> {
        let (space, local) = self.declared.resolve(raw, is_element);
        let local = local.into_inner();
        // What declares is not declared: no element may have that prefix.
        if !is_name(local) || raw.prefix().is_some_and(|prefix| prefix.is_xmlns()) {
            return Err(WireError::NoName);
        }
        match space {
            // Where unprefixed names are a namespace's, those of no namespace must not look the same.
            ResolveResult::Unbound if is_element && self.has_default => Ok(Cow::Owned(format!("{{}}{local}"))),
            ResolveResult::Unbound => Ok(Cow::Borrowed(local)),
            ResolveResult::Unknown(prefix) => Err(WireError::UnknownPrefix { prefix: prefix.clone() }),
            ResolveResult::Bound(uri) => {
                let uri = uri.into_inner();
                Ok(match prefix(&self.prefixes, &mut self.last, uri)? {
                    Some("") if is_element => Cow::Borrowed(local),
                    Some(prefix) if !prefix.is_empty() => {
                        let same = raw.prefix().is_some_and(|own| own.into_inner() == prefix);
                        if same { Cow::Borrowed(raw.into_inner()) } else { Cow::Owned(format!("{prefix}:{local}")) }
                    }
                    Some(_) | None => Cow::Owned(format!("{{{}}}{local}", namespace(uri)?)),
                })
            }
        }
    }
}

/// The mapping's prefix of a namespace, which mostly is that of the name before.
fn prefix<'n>(
    prefixes: &[(&'n str, &'n str)],
    last: &mut Option<(String, &'n str)>,
    written: &str,
) -> Result<Option<&'n str>, WireError> {
    if let Some((_, prefix)) = last.as_ref().filter(|(known, _)| known == written) {
        return Ok(Some(prefix));
    }
    let uri = namespace(written)?;
    let prefix = prefixes.iter().find(|(known, _)| *known == uri).map(|(_, prefix)| *prefix);
    if let Some(prefix) = prefix {
        *last = Some((written.to_owned(), prefix));
    }
    Ok(prefix)
}

/// The name of a namespace as the document means it.
fn namespace(written: &str) -> Result<Cow<'_, str>, WireError> {
    if written.len() > MAX_NAMESPACE_BYTES {
        return Err(WireError::TooLarge { limit: MAX_NAMESPACE_BYTES });
    }
    unescape(written).map_err(|_| WireError::Entity { what: "an entity of its own" })
}

/// URI → prefix, the first entry counts. Of two prefixes of one namespace the first in order of the alphabet names its
/// elements.
fn prefixes(namespaces: &Namespaces) -> Vec<(&str, &str)> {
    let declared = namespaces.iter().map(|(prefix, uri)| (uri.as_str(), prefix.as_str()));
    [(XSI, "xsi"), (XML, "xml")].into_iter().chain(declared).collect()
}

/// No document is so deep.
fn level(depth: usize) -> u16 {
    u16::try_from(depth).unwrap_or(u16::MAX)
}

/// Whether it is a name without a prefix (XML 1.0, fifth edition, 2.3).
pub(super) fn is_name(name: &str) -> bool {
    let begins = |c: char| {
        matches!(c, 'A'..='Z' | 'a'..='z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
            | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}' | '\u{200D}' | '\u{2070}'..='\u{218F}'
            | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
            | '\u{10000}'..='\u{EFFFF}')
    };
    let goes_on = |c: char| {
        begins(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}' | '\u{2040}')
    };
    // Nearly every name is letters of ASCII.
    let letters = !name.is_empty() && name.bytes().fold(true, |all, byte| all & byte.is_ascii_alphabetic());
    letters || (name.starts_with(begins) && name.chars().all(goes_on))
}
