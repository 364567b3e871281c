//! The laws of a mapping, tried on its examples, on every row of its code tables, and on values of every type.
//!
//! PutGet: what is written reads back as itself. GetPut: writing what was read changes nothing. Silence: how the
//! system will show a value is a fixed point, so that a sync that has written it plans nothing more.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::words::record::{Dates, Reading};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::{Type, Value};

use super::model::{Case, Codec, ExampleTicket, FieldMap, Mapping, Rule};
use super::problem::{Problem, code};
use super::write::Written;

/// Texts that break careless software.
const TEXTS: [&str; 6] = [
    "Đường Đồng Khởi ngập sau mưa",
    "a",
    "\"Điều 8\" & <khoản> 2; ${write} \\ 'x'",
    "dòng 1\ndòng 2\n\n  dòng 4",
    "🛵 qua cầu",
    "null",
];
/// A text longer than most limits, characters.
const LONG_TEXT: usize = 3000;
const EXAMPLE_MEND: &str = "make the example or the mapping say what the system does";
const PHONES: [&str; 3] = ["+84912345678", "+842513822501", "+16502530000"];
const CITIZEN_IDS: [&str; 2] = ["075190001234", "271234567"];
const AGENCIES: [&str; 4] = ["000.00.12.H19", "000.00.00.H19", "000.02.01.H19", "003.02.01.H19"];
const UNITS: [&str; 2] = ["26368", "75"];
const INSTANTS: [&str; 3] = ["2026-11-20T01:15:00Z", "1999-12-31T17:00:00Z", "2024-02-29T00:00:01Z"];
const DAYS: [&str; 2] = ["2026-04-30", "2024-02-29"];

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
                for value in self.samples(&map.codec) {
                    self.put_get(*kind, field, map, &value, &mut problems);
                }
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
                self.put_get(reading.kind, field, map, value, problems);
            }
        }
        for child in reading.children.values().flatten() {
            self.try_reading(child, problems);
        }
    }

    fn put_get(&self, kind: RecordKind, field: &Field, map: &FieldMap, value: &Value, problems: &mut Vec<Problem>) {
        let mut broken = |law: &str, what: String| {
            let mend = "make what is printed and what is read agree, or declare the loss";
            problems.push(self.problem(map.line, code::LAW, format!("{law}, {kind} {field}: {what}"), mend));
        };
        // What the system can't take is refused before it is sent: no law is asked of it.
        let dates = &Dates::NONE;
        let Ok(image) = self.image(kind, field, Some(value), dates) else { return };
        let back = match self.value(kind, field, &image, dates) {
            Ok(back) => back,
            Err(fault) => return broken("PutGet", format!("what we write can't be read: {}", fault.reason)),
        };
        if back.as_ref() != Some(value) && !map.codec.is_lossy(&self.codes) {
            broken("PutGet", "what we write reads as another value".to_owned());
        }
        if self.image(kind, field, back.as_ref(), dates).ok().as_ref() != Some(&image) {
            broken("Silence", "what we write, read and written again, is spelled differently".to_owned());
        }
        if image.is_none() {
            return;
        }
        for rule in map.rules.iter().filter(|rule| map.is_written(true) && rule.at.as_deref() == rule.to.as_ref()) {
            if let Err(what) = self.tree_shows(kind, field, rule, (value, back.as_ref())) {
                broken("PutGet", what);
            }
        }
    }

    /// Whether the tree of a new record that one rule fits shows what was written, as it is read.
    fn tree_shows(
        &self,
        kind: RecordKind,
        field: &Field,
        rule: &Rule,
        (value, back): (&Value, Option<&Value>),
    ) -> Result<(), String> {
        let mut fields = BTreeMap::from([(field.clone(), Some(value.clone()))]);
        for (on, words) in rule.when.words() {
            let word = words.first().filter(|word| !word.is_empty());
            let is_boolean = kind.field(on.as_str()).is_some_and(|info| info.kind == Type::Boolean);
            let word =
                word.map(|word| if is_boolean { Value::Boolean(word == "true") } else { Value::Code(word.clone()) });
            fields.insert(on.clone(), word);
        }
        let (dates, captures) = (&Dates::NONE, &BTreeMap::new());
        let written = Written { kind, reference: None, is_new: true, fields: &fields, captures, dates };
        let Ok(tree) = self.print(&written) else { return Ok(()) };
        match self.read_cell(kind, field, &tree, dates) {
            Ok(Some(cell)) if cell.value.as_ref() == back => Ok(()),
            Ok(_) => Err("the tree that we write shows another value".to_owned()),
            Err(fault) => Err(format!("the tree that we write can't be read: {}", fault.reason)),
        }
    }

    /// Values of a codec's type; every word of a code table.
    pub(super) fn samples(&self, codec: &Codec) -> Vec<Value> {
        let texts = |texts: &[&str]| texts.iter().map(|text| Value::Text((*text).to_owned())).collect::<Vec<_>>();
        let codes = |codes: &[&str]| codes.iter().map(|code| Value::Code((*code).to_owned())).collect::<Vec<_>>();
        match codec {
            Codec::Text(_) => {
                let mut all = texts(&TEXTS);
                all.push(Value::Text("Biên Hòa ".repeat(LONG_TEXT / 9).trim_end().to_owned()));
                all
            }
            Codec::Code(table) => {
                let rows = self.codes.get(table).map_or(&[][..], |table| table.rows.as_slice());
                rows.iter().map(|row| Value::Code(row.word.clone())).collect()
            }
            Codec::Integer => [0, 1, 104_857_600].into_iter().map(Value::Integer).collect(),
            Codec::Boolean(_) => vec![Value::Boolean(true), Value::Boolean(false)],
            Codec::Instant(_) => {
                let parsed = INSTANTS.iter().filter_map(|text| DateTime::parse_from_rfc3339(text).ok());
                parsed.map(|at| Value::Instant(at.with_timezone(&Utc))).collect()
            }
            Codec::Date(_) => DAYS.iter().filter_map(|day| day.parse::<NaiveDate>().ok()).map(Value::Date).collect(),
            Codec::Phone(_) => texts(&PHONES),
            Codec::CitizenId => texts(&CITIZEN_IDS),
            Codec::Agency(_) => codes(&AGENCIES),
            Codec::Unit => codes(&UNITS),
            Codec::List { item, .. } => {
                let items = self.samples(item);
                let one = items.first().map(|first| Value::List(vec![first.clone()]));
                one.into_iter().chain([Value::List(items)]).collect()
            }
        }
    }
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
