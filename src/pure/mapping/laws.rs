//! The laws of a mapping, tried on its examples, on every row of its code tables, and on values of every type.
//!
//! PutGet: what is written reads back as itself. GetPut: writing what was read changes nothing. Silence: how the
//! system will show a value is a fixed point, so that a sync that has written it plans nothing more.

use std::collections::{BTreeMap, BTreeSet};

use crate::pure::wire::Node;
use crate::words::record::{Dates, Reading};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::{Type, Value};

use super::model::{Case, ExampleTicket, FieldMap, Mapping, Rule};
use super::problem::{Problem, code};
use super::write::Written;

mod samples;
mod shrink;

const EXAMPLE_MEND: &str = "make the example or the mapping say what the system does";
const LAW_MEND: &str = "make what is printed and what is read agree, or declare the loss";
/// Values of a field that are also tried in a tree: where a value stands does not depend on what it is.
const IN_TREES: usize = 12;
/// Longest counterexample that is shown, characters.
const MAX_SHOWN: usize = 60;

/// A law that a value breaks.
struct Broken {
    law: &'static str,
    what: String,
}

/// One field under trial.
#[derive(Clone, Copy)]
struct Trial<'a> {
    kind: RecordKind,
    field: &'a Field,
    map: &'a FieldMap,
}

impl Mapping {
    /// Tries the laws and the examples of documents.
    #[must_use]
    pub fn check_laws(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for example in &self.examples {
            let Case::Document { document, ticket } = &example.case else { continue };
            let says = match self.read(document) {
                Err(fault) => vec![fault.to_string()],
                Ok(reading) => {
                    let mut says = Vec::new();
                    self.compare(&reading, ticket, &mut says);
                    self.try_reading(&reading, &mut problems);
                    problems.extend(self.get_put(&reading, document).map(|what| {
                        let message = format!("GetPut, example `{}`: {what}", example.name);
                        self.problem(example.line, code::LAW, message, LAW_MEND)
                    }));
                    says
                }
            };
            problems.extend(says.into_iter().map(|says| {
                let message = format!("example `{}`: {says}", example.name);
                self.problem(example.line, code::EXAMPLE, message, EXAMPLE_MEND)
            }));
        }
        for (kind, shape) in &self.shapes {
            for (field, map) in &shape.fields {
                let trial = Trial { kind: *kind, field, map };
                self.try_values(trial, &self.samples(&map.codec, field.as_str()), &mut problems);
            }
        }
        problems.dedup();
        problems
    }

    /// What an example says that its document does not.
    fn compare(&self, reading: &Reading, wanted: &ExampleTicket, says: &mut Vec<String>) {
        let kind = reading.kind;
        let mut same = |what: &str, found: Option<&str>, wanted: Option<&String>| {
            if let Some(wanted) = wanted.filter(|wanted| found != Some(wanted.as_str())) {
                says.push(format!("{kind} {what} is `{}`, not `{wanted}`", found.unwrap_or_default()));
            }
        };
        same("id", Some(reading.id.as_str()), wanted.id.as_ref());
        same("version", reading.version.as_ref().map(|version| version.as_str()), wanted.version.as_ref());
        same("ref", reading.reference.as_ref().map(|reference| reference.as_str()), wanted.reference.as_ref());
        for (field, value) in &wanted.fields {
            let show =
                |value: Option<&Value>| value.map_or_else(|| "empty".to_owned(), |v| format!("`{}`", v.display()));
            match reading.cells.get(field) {
                None => says.push(format!("{kind} {field} is not shown")),
                Some(cell) if cell.value != *value => {
                    let (found, wanted) = (show(cell.value.as_ref()), show(value.as_ref()));
                    says.push(format!("{kind} {field} is {found}, not {wanted}"));
                }
                Some(_) => {}
            }
        }
        for (kind, wanted) in &wanted.children {
            let found = reading.children(*kind);
            if found.len() != wanted.len() {
                says.push(format!(
                    "it has {} of `{}`, not {}",
                    found.len(),
                    kind.section().unwrap_or(""),
                    wanted.len()
                ));
            }
            for (found, wanted) in found.iter().zip(wanted) {
                self.compare(found, wanted, says);
            }
        }
    }

    /// GetPut and Silence on what an example shows.
    fn try_reading(&self, reading: &Reading, problems: &mut Vec<Problem>) {
        for (field, cell) in &reading.cells {
            let Some(map) = self.shape(reading.kind).and_then(|shape| shape.fields.get(field)) else { continue };
            if let Some(value) = cell.value.as_ref().filter(|_| map.is_written(true) || map.is_written(false)) {
                let trial = Trial { kind: reading.kind, field, map };
                self.try_values(trial, std::slice::from_ref(value), problems);
            }
        }
        for child in reading.children.values().flatten() {
            self.try_reading(child, problems);
        }
    }

    /// Each law that a value breaks, once, with a small value that breaks it.
    fn try_values(&self, trial: Trial<'_>, values: &[Value], problems: &mut Vec<Problem>) {
        let mut told = BTreeSet::new();
        for (index, value) in values.iter().enumerate() {
            let in_tree = index < IN_TREES;
            let dates = self.days_of(trial.map, value);
            let tried = dates.iter().find_map(|dates| Some((dates, self.broken(trial, value, dates, in_tree)?)));
            let Some((dates, broken)) = tried else { continue };
            if !told.insert(broken.law) {
                continue;
            }
            let again = |value: &Value| self.broken(trial, value, dates, in_tree);
            let small = shrink::smallest(value, |value| again(value).is_some_and(|found| found.law == broken.law));
            let what = again(&small).map_or(broken.what, |found| found.what);
            let Trial { kind, field, map } = trial;
            let message = format!("{}, {kind} {field}: {what}, for {}", broken.law, shown(&small));
            problems.push(self.problem_at(map.spot, code::LAW, message, LAW_MEND));
        }
    }

    /// The days on which a value is tried: where its code table has rows for a time, each day on which anything about its
    /// word changes.
    fn days_of(&self, map: &FieldMap, value: &Value) -> Vec<Dates> {
        let table = map.codec.table().and_then(|name| self.codes.get(name)).filter(|table| table.is_dated());
        let Some(table) = table else { return vec![Dates::NONE] };
        let words: Vec<&str> = match value {
            Value::List(items) => items.iter().filter_map(Value::as_text).collect(),
            one => one.as_text().into_iter().collect(),
        };
        let days: BTreeSet<_> = words.iter().flat_map(|word| table.days_of_word(word)).collect();
        days.into_iter().map(|day| std::iter::once((&table.terms.by, &Value::Date(day))).collect()).collect()
    }

    /// The first law that a value breaks. What the system can't take is refused before it is sent: no law is asked of it.
    fn broken(&self, trial: Trial<'_>, value: &Value, dates: &Dates, in_tree: bool) -> Option<Broken> {
        let Trial { kind, field, map } = trial;
        let broken = |law, what: &str| Some(Broken { law, what: what.to_owned() });
        let image = self.image(kind, field, Some(value), dates).ok()?;
        let back = match self.value(kind, field, &image, dates) {
            Ok(back) => back,
            Err(fault) => return broken("PutGet", &format!("what we write can't be read: {}", fault.reason)),
        };
        if back.as_ref() != Some(value) && !self.lossy(kind, field) {
            return broken("PutGet", "what we write reads as another value");
        }
        if self.image(kind, field, back.as_ref(), dates).ok().as_ref() != Some(&image) {
            return broken("Silence", "what we write, read and written again, is spelled differently");
        }
        if image.is_none() || !in_tree {
            return None;
        }
        let rules = map.rules.iter().filter(|rule| map.is_written(true) && rule.at.as_deref() == rule.to.as_deref());
        let mut faults = rules.filter_map(|rule| self.tree_shows(trial, rule, (value, back.as_ref()), dates).err());
        faults.next().map(|what| Broken { law: "PutGet", what })
    }

    /// Writing into a document what was read from it leaves it as it is, where whole documents are written.
    fn get_put(&self, reading: &Reading, document: &Node) -> Option<String> {
        if !self.takes_whole() {
            return None;
        }
        let fields = reading.cells.iter().map(|(field, cell)| (field.clone(), cell.value.clone())).collect();
        let (dates, captures) = (Dates::shown(&reading.cells), &reading.captures);
        let written =
            Written { kind: reading.kind, reference: None, is_new: false, fields: &fields, captures, dates: &dates };
        // Where some field can't be written the document is never sent.
        let edited = self.edit(&written, document).ok()?;
        let other = |field: &Field| -> Option<String> {
            match self.read_cell(reading.kind, field, &edited, &dates) {
                Ok(Some(cell)) if Some(&cell.value) != reading.cells.get(field).map(|cell| &cell.value) => {
                    Some(format!("{field}, written back into its document, reads as another value"))
                }
                // What other calls gave is no part of the document that is sent.
                Ok(_) => None,
                Err(fault) => Some(format!("{field}, written back into its document, can't be read: {}", fault.reason)),
            }
        };
        reading.cells.keys().find_map(other)
    }

    /// Whether the tree of a new record that one rule fits shows what was written, as it is read.
    fn tree_shows(
        &self,
        trial: Trial<'_>,
        rule: &Rule,
        (value, back): (&Value, Option<&Value>),
        dates: &Dates,
    ) -> Result<(), String> {
        let Trial { kind, field, .. } = trial;
        let mut fields = BTreeMap::from([(field.clone(), Some(value.clone()))]);
        for (on, words) in rule.when.words() {
            let word = words.first().filter(|word| !word.is_empty());
            let is_boolean = self.extras.type_of(kind, on.as_str()) == Some(Type::Boolean);
            let word =
                word.map(
                    |word| if is_boolean { Value::Boolean(word == "true") } else { Value::Code(word.as_str().into()) },
                );
            fields.insert(on.clone(), word);
        }
        let captures = &BTreeMap::new();
        let written = Written { kind, reference: None, is_new: true, fields: &fields, captures, dates };
        let Ok(tree) = self.print(&written) else { return Ok(()) };
        match self.read_cell(kind, field, &tree, dates) {
            Ok(Some(cell)) if cell.value.as_ref() == back => Ok(()),
            Ok(_) => Err("the tree that we write shows another value".to_owned()),
            Err(fault) => Err(format!("the tree that we write can't be read: {}", fault.reason)),
        }
    }
}

/// A counterexample on one line.
fn shown(value: &Value) -> String {
    let text = value.display();
    let mut line: String = text.chars().take(MAX_SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().count() > MAX_SHOWN {
        line.push('…');
    }
    format!("`{line}`")
}

#[cfg(test)]
mod tests {
    use crate::pure::mapping::{NOTHING_BESIDE, Problem, check};

    fn problems(file: &str, text: &str) -> Vec<Problem> {
        match check(file, text, NOTHING_BESIDE) {
            Err(problems) => problems,
            Ok(mapping) => mapping.check_laws(),
        }
    }

    const BROKEN: &str = r#"
format = 1
name   = "broken"
[setting]
url = { type = "url", example = "http://127.0.0.1" }
[http]
base = "${setting.url}"
[call.changes]
on    = "GET /t"
items = "rows[]"
[call.get]
on = "GET /t/${id}"
[call.update]
on   = "PUT /t/${id}"
json = "${write}"
[record]
kind = "json"
id   = "id"
[field]
subject     = { at = "a", type = "text" }
received_at = { at = "b", type = "instant", as = "%Y-%m-%d %H:%M", zone = "UTC" }
after_hours = { at = "c", type = "boolean", yes = "Y", no = "N", json = "boolean" }
"#;

    #[test]
    fn a_broken_law_is_told_once_by_line_with_a_small_value() {
        let told: Vec<(usize, String)> =
            problems("broken.toml", BROKEN).into_iter().map(|problem| (problem.line, problem.message)).collect();
        let [(first, boolean), (second, instant)] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((*first, *second), (22, 21));
        assert!(
            instant.starts_with("PutGet, ticket received_at: what we write reads as another value, for `"),
            "{instant}"
        );
        assert!(boolean.ends_with("text where a boolean was declared, for `true`"), "{boolean}");
    }

    #[test]
    fn the_shipped_mappings_hold_the_laws_and_their_examples() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/mappings");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let found = problems(&name, &std::fs::read_to_string(&path).unwrap());
                let text: String = found.iter().map(Problem::render_text).collect();
                assert!(found.is_empty(), "{text}");
                seen += 1;
            }
        }
        assert!(seen >= 2, "no mappings in {folder}");
    }
}
