//! The description and the loader say the same: over the shipped mappings, the golden files and a file that has every
//! table, each key and word that the loader asks for is told here, and nothing is told that it never asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::{Form, Key, ROOT, Section};
use crate::pure::document::recorder::{self, Asked};
use crate::pure::mapping::parse;

/// Where mapping files are, from the repository's root.
const FOLDERS: [&str; 2] = ["mappings", "tests/golden"];

/// The section of fields' rules.
const ROOT_RULE: &str = "field";

/// What was found of one kind of table: by section and the deciding word.
#[derive(Debug, Default)]
struct Seen {
    asked: BTreeSet<String>,
    /// Keys that each such table of a sound file had to have.
    needed: Option<BTreeSet<String>>,
}

#[derive(Default)]
struct Walk {
    asked: Asked,
    sound: bool,
    reached: BTreeSet<usize>,
    seen: BTreeMap<(&'static str, String), Seen>,
    /// Words that are told of a key, and those that the loader knows there.
    words: BTreeMap<String, (&'static [&'static str], BTreeSet<&'static str>)>,
    faults: Vec<String>,
}

impl Walk {
    fn file(&mut self, name: &str, text: &str) {
        let (document, errors) = DeTable::parse_recoverable(text);
        assert!(errors.is_empty(), "{name}: {errors:?}");
        recorder::take();
        self.sound = parse::check_document(name, text, &document, &beside(name)).is_ok();
        self.asked = recorder::take();
        self.reached.clear();
        self.table(&ROOT, document.get_ref());
        let unreached: Vec<_> = self.asked.keys.iter().filter(|(table, _)| !self.reached.contains(table)).collect();
        if !unreached.is_empty() {
            self.faults.push(format!("{name}: tables that the grammar does not reach, with the keys {unreached:?}"));
        }
    }

    fn table(&mut self, section: &'static Section, table: &DeTable<'_>) {
        let name = recorder::table_name(table);
        self.reached.insert(name);
        let word = section.variants.and_then(|variants| table.get(variants.key)?.get_ref().as_str());
        let word = word.unwrap_or_default();
        let keys: Vec<&'static Key> = section.keys.iter().chain(section.variant(word)).collect();
        if let Some(asked) = self.asked.keys.get(&name) {
            let seen = self.seen.entry((section.name, word.to_owned())).or_default();
            seen.asked.extend(asked.iter().cloned());
            if self.sound {
                let must = self.asked.needed.get(&name).cloned().unwrap_or_default();
                // A key that stands there was maybe not asked for as one that must.
                let must = must.into_iter().chain(keys.iter().filter(|k| k.required).map(|k| k.name.to_owned()));
                let must: BTreeSet<String> = must.filter(|key| table.contains_key(key.as_str())).collect();
                seen.needed = Some(match seen.needed.take() {
                    Some(before) => before.intersection(&must).cloned().collect(),
                    None => must,
                });
            }
            for key in asked.iter().filter(|key| keys.iter().all(|known| known.name != **key)) {
                self.faults
                    .push(format!("[{}] {word}: the loader reads `{key}`, which the grammar lacks", section.name));
            }
        }
        for key in keys {
            if let Some(value) = table.get(key.name) {
                self.value(&key.form, value.get_ref());
            }
        }
    }

    fn value(&mut self, form: &'static Form, value: &DeValue<'_>) {
        match (form, value) {
            (Form::Words(words), value) => {
                if let Some(known) = self.asked.words.get(&recorder::value_name(value)) {
                    let met = self.words.entry(format!("{words:?}")).or_insert_with(|| (words, BTreeSet::new()));
                    met.1.extend(known.iter().copied());
                }
            }
            (Form::Tree, value) => self.tree(value),
            (Form::Table(inner), DeValue::Table(table)) => self.table(inner, table),
            (Form::Named(inner) | Form::Fields(_, inner), DeValue::Table(table)) => {
                self.reached.insert(recorder::table_name(table));
                table.iter().for_each(|(_, value)| self.value(inner, value.get_ref()));
            }
            (Form::List(inner) | Form::OneOrList(inner), DeValue::Array(items)) => {
                items.iter().for_each(|item| self.value(inner, item.get_ref()));
            }
            (Form::OneOrList(inner), value) => self.value(inner, value),
            (Form::Any(forms), value) => {
                if let Some(form) = forms.iter().find(|form| fits(form, value)) {
                    self.value(form, value);
                }
            }
            _ => {}
        }
    }

    /// A tree may hold any keys; those that are asked for by name are the reserved ones.
    fn tree(&mut self, value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => {
                let name = recorder::table_name(table);
                self.reached.insert(name);
                let asked = self.asked.keys.get(&name).into_iter().flatten();
                let odd: Vec<&String> = asked.filter(|key| !RESERVED.contains(&key.as_str())).collect();
                if !odd.is_empty() {
                    self.faults.push(format!("in a tree the loader reads {odd:?}"));
                }
                table.iter().for_each(|(_, value)| self.tree(value.get_ref()));
            }
            DeValue::Array(items) => items.iter().for_each(|item| self.tree(item.get_ref())),
            _ => {}
        }
    }
}

/// The keys of a tree that mean something of their own.
const RESERVED: [&str; 3] = ["$merge", "$each", "$value"];

fn fits(form: &Form, value: &DeValue<'_>) -> bool {
    match form {
        Form::Text | Form::Words(_) | Form::Duration => value.is_str(),
        Form::Number => value.is_integer(),
        Form::Boolean => value.is_bool(),
        Form::Tree | Form::OneOrList(_) => true,
        Form::Table(_) | Form::Named(_) | Form::Fields(..) => value.is_table(),
        Form::List(_) => value.is_array(),
        Form::Any(forms) => forms.iter().any(|form| fits(form, value)),
    }
}

/// The files beside a mapping.
fn beside(name: &str) -> impl Fn(&str) -> Result<String, String> {
    let folder = Path::new(name).parent().map(Path::to_owned).unwrap_or_default();
    move |file| fs::read_to_string(folder.join(file)).map_err(|error| error.to_string())
}

/// All sections with each deciding word, and the keys that may stand there.
fn all_sections(section: &'static Section, into: &mut BTreeMap<(&'static str, String), Vec<&'static Key>>) {
    let words = section.variants.map_or(&[][..], |variants| variants.of);
    let words: Vec<&str> = if words.is_empty() { vec![""] } else { words.iter().map(|(word, _)| *word).collect() };
    for word in words {
        let keys: Vec<_> = section.keys.iter().chain(section.variant(word)).collect();
        if into.insert((section.name, word.to_owned()), keys.clone()).is_none() {
            keys.iter().for_each(|key| sections_of(&key.form, into));
        }
    }
}

fn sections_of(form: &'static Form, into: &mut BTreeMap<(&'static str, String), Vec<&'static Key>>) {
    match form {
        Form::Table(section) => all_sections(section, into),
        Form::Named(form) | Form::Fields(_, form) | Form::List(form) | Form::OneOrList(form) => sections_of(form, into),
        Form::Any(forms) => forms.iter().for_each(|form| sections_of(form, into)),
        Form::Text | Form::Words(_) | Form::Duration | Form::Number | Form::Boolean | Form::Tree => {}
    }
}

#[test]
fn the_loader_asks_for_exactly_what_the_grammar_tells() {
    let mut walk = Walk::default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in FOLDERS.iter().flat_map(|folder| fs::read_dir(root.join(folder)).unwrap()) {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            walk.file(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
        }
    }
    let files = [
        ("every.toml", include_str!("every.toml")),
        ("token.toml", include_str!("token.toml")),
        ("table.toml", include_str!("table.toml")),
        ("folder.toml", include_str!("folder.toml")),
    ];
    for (name, text) in files {
        walk.file(name, text);
        assert!(walk.sound, "{:#?}", parse::check(name, text, crate::pure::mapping::NOTHING_BESIDE).map(|_| ()));
    }
    let mut told = BTreeMap::new();
    all_sections(&ROOT, &mut told);
    for ((section, word), keys) in told {
        let Some(seen) = walk.seen.get(&(section, word.clone())) else {
            // The types of elements are those of fields.
            if walk.seen.keys().any(|(_, seen)| !word.is_empty() && *seen == word) {
                continue;
            }
            walk.faults.push(format!("[{section}] {word}: no file has such a table: add one to grammar/every.toml"));
            continue;
        };
        for key in keys {
            if !seen.asked.contains(key.name) {
                walk.faults.push(format!("[{section}] {word}: the grammar tells `{}`, which is never read", key.name));
            }
            let needed = seen.needed.as_ref().is_some_and(|needed| needed.contains(key.name));
            // A rule after the first takes its type from that one.
            let decides = ROOT_RULE == section && key.name == "type";
            if needed != key.required && !decides {
                let says = if key.required { "must be there" } else { "may be missing" };
                walk.faults.push(format!("[{section}] {word}: not so for the loader: `{}` {says}", key.name));
            }
        }
    }
    for (told, known) in walk.words.values() {
        // An empty text among words is asked for by itself.
        let told: BTreeSet<&str> = told.iter().copied().filter(|word| !word.is_empty()).collect();
        if *known != told {
            walk.faults.push(format!("the loader knows {known:?}, the grammar tells {told:?}"));
        }
    }
    walk.faults.sort();
    walk.faults.dedup();
    assert!(walk.faults.is_empty(), "{:#?}", walk.faults);
}
