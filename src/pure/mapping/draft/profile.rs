//! What the samples show of one record, member by member: how often, of which kind, which values.

use std::collections::BTreeMap;

use crate::pure::mapping::model::DocumentFormat;
use crate::pure::wire::Node;

/// Most different values of one member that are told apart.
const MAX_VALUES: usize = 500;
/// Attributes that say how to read an element, not what is in it.
const MARKUP: [&str; 2] = ["xsi:nil", "xsi:type"];

/// One member of all samples.
#[derive(Debug, Default)]
pub(super) struct Profile {
    /// In how many records it stood.
    pub(super) seen: usize,
    /// How often it was null or nil.
    pub(super) nulls: usize,
    /// How often it was an empty text.
    pub(super) blanks: usize,
    /// Texts, numbers and booleans.
    pub(super) texts: usize,
    pub(super) numbers: usize,
    pub(super) booleans: usize,
    /// Whether it is a list or repeated.
    pub(super) repeated: bool,
    /// Its values and how often each was there. Never told, except codes.
    pub(super) values: BTreeMap<String, usize>,
    /// Whether there were more values than are kept.
    pub(super) more: bool,
    /// What is in it, in the order of the samples.
    pub(super) members: Vec<(String, Self)>,
}

impl Profile {
    /// One record more.
    pub(super) fn record(&mut self, node: &Node) {
        self.seen += 1;
        self.value(node);
    }

    fn value(&mut self, node: &Node) {
        match node {
            Node::Null => self.nulls += 1,
            Node::Bool(_) => {
                self.booleans += 1;
                self.keep(&node.as_plain().unwrap_or_default());
            }
            Node::Number(text) => {
                self.numbers += 1;
                self.keep(text);
            }
            Node::Text(text) => self.text(text),
            Node::List(items) => {
                self.repeated = true;
                items.iter().for_each(|item| self.value(item));
            }
            Node::Map(map) => {
                for (key, value) in map.iter() {
                    self.member(key).record(value);
                }
            }
            Node::Element(element) => {
                for (name, text) in element.attributes.iter().filter(|(name, _)| !MARKUP.contains(&name.as_str())) {
                    let member = self.member(&format!("@{name}"));
                    member.seen += 1;
                    member.text(text);
                }
                if element.is_nil() {
                    self.nulls += 1;
                } else if let Some(text) = element.plain_text() {
                    self.text(&text);
                }
                let mut met: Vec<&str> = Vec::new();
                for child in element.children.iter().filter_map(Node::as_element) {
                    let member = self.member(&child.name);
                    if met.contains(&child.name.as_str()) {
                        member.repeated = true;
                    } else {
                        met.push(&child.name);
                        member.seen += 1;
                    }
                    member.value(&Node::Element(child.clone()));
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        if text.trim().is_empty() {
            self.blanks += 1;
        } else {
            self.texts += 1;
            self.keep(text.trim());
        }
    }

    fn keep(&mut self, text: &str) {
        if self.values.len() < MAX_VALUES || self.values.contains_key(text) {
            *self.values.entry(text.to_owned()).or_default() += 1;
        } else {
            self.more = true;
        }
    }

    fn member(&mut self, name: &str) -> &mut Self {
        let at = self.members.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.members.push((name.to_owned(), Self::default()));
            self.members.len() - 1
        });
        &mut self.members[at].1
    }

    /// Number of single values that it held.
    pub(super) const fn filled(&self) -> usize {
        self.texts + self.numbers + self.booleans
    }

    /// Whether it is a single value, or a list of such.
    pub(super) fn is_leaf(&self) -> bool {
        self.members.is_empty() || self.filled() > 0 && self.members.iter().all(|(name, _)| name.starts_with('@'))
    }

    /// Whether every value passes, and there is one.
    pub(super) fn all(&self, test: impl Fn(&str) -> bool) -> bool {
        !self.values.is_empty() && !self.more && self.values.keys().all(|value| test(value))
    }

    /// The members below with their paths; those of lists end in `[]` and are not gone into.
    pub(super) fn places(&self, format: DocumentFormat) -> Vec<(String, &str, &Self)> {
        let mut out = Vec::new();
        self.collect("", format, &mut out);
        out
    }

    fn collect<'a>(&'a self, above: &str, format: DocumentFormat, out: &mut Vec<(String, &'a str, &'a Self)>) {
        for (name, member) in &self.members {
            // `@` is an attribute's mark in XML, and any sign in JSON.
            let own = if format == DocumentFormat::Xml && name.starts_with('@') { name.clone() } else { quoted(name) };
            let mut path = if above.is_empty() { own } else { format!("{above}.{own}") };
            if member.repeated {
                path.push_str("[]");
            }
            out.push((path.clone(), name, member));
            if !member.repeated {
                member.collect(&path, format, out);
            }
        }
    }
}

/// A name as a step of a path.
pub(super) fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':');
    if !name.is_empty() && name.chars().all(plain) { name.to_owned() } else { format!("'{name}'") }
}
