//! What can stand in a mapping file: every table with its keys, told once as data.
//!
//! The JSON Schema for editors is made from it ([`super::schema`]), and the manual is held against it. The loader reads
//! by itself; a test records which keys and words it asks for and fails where the two differ, either way.

mod sections;
#[cfg(test)]
mod tests;

use crate::words::ticket::RecordKind;

pub use sections::ROOT;

/// One kind of table.
#[derive(Debug)]
pub struct Section {
    /// Its name, stable, as the schema's definitions have it.
    pub name: &'static str,
    /// What it says, in one line.
    pub about: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Keys that hold only beside one word of a key.
    pub variants: Option<&'static Variants>,
}

/// Keys that one key's word decides on.
#[derive(Debug)]
pub struct Variants {
    /// The deciding key.
    pub key: &'static str,
    /// For each of its words the keys that may then stand there.
    pub of: &'static [(&'static str, &'static [Key])],
}

/// One key of a table.
#[derive(Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What may stand there.
    pub form: Form,
    /// Whether it must be there.
    pub required: bool,
    /// What it says, in one line.
    pub about: &'static str,
}

/// What may stand at a key.
#[derive(Debug)]
pub enum Form {
    /// A text: a path, a template, a name, as the key's line says.
    Text,
    /// One of some words.
    Words(&'static [&'static str]),
    /// `500ms`, `2s`, `5m`, `24h`, `7d`.
    Duration,
    /// A whole number.
    Number,
    /// True or false.
    Boolean,
    /// Any tree of values, with `${…}` in its texts.
    Tree,
    /// A table of known keys.
    Table(&'static Section),
    /// A table whose keys are names that the file gives.
    Named(&'static Form),
    /// A table whose keys are the fields of a kind of record.
    Fields(RecordKind, &'static Form),
    /// A list.
    List(&'static Form),
    /// One, or a list of them.
    OneOrList(&'static Form),
    /// Any of these; the first that is of the value's kind.
    Any(&'static [Form]),
}

impl Section {
    /// The keys that may stand beside this word of the deciding key.
    #[must_use]
    pub fn variant(&self, word: &str) -> &'static [Key] {
        let variants = self.variants.map_or(&[][..], |variants| variants.of);
        variants.iter().find(|(known, _)| *known == word).map_or(&[], |(_, keys)| *keys)
    }
}
