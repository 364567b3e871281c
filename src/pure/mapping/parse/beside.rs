//! Files beside a mapping: which ones its text names, how they come in, what names a mapping with all of them.

use std::collections::BTreeMap;

use crate::words::hex::hex;
use sha2::{Digest, Sha256};
use toml::de::{DeTable, DeValue};

/// Gives the text of a file in the mapping's own folder by its plain name, or the reason why it can't. Reading files is
/// the shell's business.
pub type Beside<'a> = &'a dyn Fn(&str) -> Result<String, String>;
/// For mappings that come alone.
pub const NOTHING_BESIDE: Beside<'static> = &|_| Err("no file can be beside this mapping".to_owned());

/// A mapping's text with the files that it names, read at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    /// The mapping's own.
    pub text: String,
    /// Those beside it by name, or the reason why one can't be read.
    pub beside: BTreeMap<String, Result<String, String>>,
}

impl Texts {
    /// Takes the text, and asks for each file that it names.
    #[must_use]
    pub fn gather(text: String, beside: Beside<'_>) -> Self {
        let names = named_files(&text);
        let beside = names.into_iter().map(|name| (name.clone(), beside(&name)));
        Self { beside: beside.collect(), text }
    }

    /// One of the files beside it.
    ///
    /// # Errors
    /// The reason why it can't be read.
    pub fn give(&self, name: &str) -> Result<String, String> {
        self.beside.get(name).cloned().unwrap_or_else(|| NOTHING_BESIDE(name))
    }

    /// What [`super::super::Mapping::hash`] is of a mapping that is made of these texts.
    #[must_use]
    pub fn digest(&self, file: &str) -> String {
        let beside = self.beside.iter().map(|(name, text)| {
            let text = text.as_ref().unwrap_or_else(|reason| reason);
            (name.clone(), text.clone())
        });
        hash(file, &self.text, &beside.collect())
    }
}

/// Of the text alone, or of what `sha256sum` prints of all files: who has them can tell the hash without us.
pub(super) fn hash(file: &str, text: &str, beside: &BTreeMap<String, String>) -> String {
    if beside.is_empty() {
        return sha256(text);
    }
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let all = std::iter::once((name, text)).chain(beside.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    sha256(&all.map(|(name, text)| format!("{}  {name}\n", sha256(text))).collect::<String>())
}

/// A name in the mapping's own folder: nothing that leads elsewhere, on any system.
pub(super) fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| !c.is_control() && !matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}

/// The plain names in `[code.X] file = "…"`.
fn named_files(text: &str) -> Vec<String> {
    let (document, _) = DeTable::parse_recoverable(text);
    let member = |table: &DeTable<'_>, key: &str| -> Vec<String> {
        let values = table.iter().filter(|(name, _)| name.get_ref() == key);
        values.filter_map(|(_, value)| value.get_ref().as_str()).map(str::to_owned).collect()
    };
    let codes = document.get_ref().iter().filter(|(name, _)| name.get_ref() == "code");
    let tables = codes.filter_map(|(_, value)| value.get_ref().as_table()).flat_map(|tables| tables.values());
    let tables = tables.filter_map(|table| DeValue::as_table(table.get_ref()));
    tables.flat_map(|table| member(table, "file")).filter(|name| is_plain_name(name)).collect()
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_named_by_all_that_it_is_read_from() {
        let text = "[code.unit]\nfile = \"u.csv\"\n[code.other]\nfile = \"../x.csv\"\nwords = {}";
        let gathered = |unit: &str| Texts::gather(text.to_owned(), &|_| Ok(unit.to_owned()));
        let one = gathered("code;word\n");
        assert_eq!(one.beside.keys().collect::<Vec<_>>(), ["u.csv"]);
        assert_ne!(one.digest("m.toml"), gathered("code;word\n1;a\n").digest("m.toml"));
        // printf … > m.toml; printf … > u.csv; sha256sum m.toml u.csv | sha256sum
        let listed = format!("{}  m.toml\n{}  u.csv\n", sha256(text), sha256("code;word\n"));
        assert_eq!(one.digest("maps/m.toml"), sha256(&listed));
        let alone = Texts::gather("name = 1".to_owned(), NOTHING_BESIDE);
        assert_eq!(alone.digest("m.toml"), sha256("name = 1"));
    }

    #[test]
    fn only_names_in_the_folder_of_the_mapping_are_plain() {
        for (name, plain) in [
            ("units.csv", true),
            ("đơn vị 2025.csv", true),
            ("", false),
            (".hidden", false),
            ("..", false),
            ("../units.csv", false),
            ("/etc/passwd", false),
            ("a/b.csv", false),
            ("a\\b.csv", false),
            ("C:x", false),
        ] {
            assert_eq!(is_plain_name(name), plain, "{name}");
        }
    }
}
