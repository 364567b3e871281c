//! The reference of the mapping language is true and whole: each of its examples passes `check`, put over the small file
//! that it begins with; and it names every key and word of the language.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pakn_bridge::pure::exchange::run_examples;
use pakn_bridge::pure::mapping::{self, Problem, schema::schema};
use regex::Regex;
use serde_json::Value as Json;
use toml::{Table, Value};

fn reference() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mapping-language.md");
    fs::read_to_string(file).unwrap()
}

/// The examples: the first is the file that the others are put over.
fn examples(reference: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut lines = reference.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        if line == "```toml" {
            let text: Vec<&str> = lines.by_ref().map(|(line, _)| line).take_while(|line| *line != "```").collect();
            found.push((number, text.join("\n") + "\n"));
        }
    }
    found
}

fn put_over(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            // A call's body, a field and the like are written whole.
            (Some(Value::Table(base)), Value::Table(over)) if !over.contains_key("at") => put_over(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn problems(text: &str) -> Vec<Problem> {
    match mapping::check("example.toml", text, mapping::NOTHING_BESIDE) {
        Err(problems) => problems,
        Ok(mapping) => mapping.check_laws().into_iter().chain(run_examples(&mapping)).collect(),
    }
}

#[test]
fn every_example_of_the_reference_passes_check() {
    let reference = reference();
    let examples = examples(&reference);
    assert!(examples.len() > 12, "{}", examples.len());
    let base: Table = examples[0].1.parse().unwrap();
    let mut wrong = String::new();
    for (line, example) in &examples {
        let over: Table = example.parse().unwrap_or_else(|error| panic!("line {line}: {error}"));
        // One that says its format is a file of its own.
        let mut whole = if over.contains_key("format") { Table::new() } else { base.clone() };
        put_over(&mut whole, over);
        for problem in problems(&toml::to_string(&whole).unwrap()) {
            wrong.push_str(&format!("line {line}: {}\n", problem.render_text()));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_reference_names_every_key_and_word_of_the_language() {
    let reference = reference();
    let words: BTreeSet<&str> =
        Regex::new(r"\$?[\w-]+").unwrap().find_iter(&reference).map(|found| found.as_str()).collect();
    let mut told = BTreeSet::new();
    gather(&schema(), &mut told);
    assert!(told.len() > 150, "{told:?}");
    let missing: Vec<&String> = told.iter().filter(|word| !words.contains(word.as_str())).collect();
    assert!(missing.is_empty(), "docs/mapping-language.md does not name {missing:?}");
}

/// Names of properties, and words that may stand somewhere.
fn gather(schema: &Json, into: &mut BTreeSet<String>) {
    match schema {
        Json::Object(members) => {
            for (key, value) in members {
                if let ("properties", Json::Object(properties)) = (key.as_str(), value) {
                    into.extend(properties.keys().cloned());
                }
                if let ("enum", Json::Array(words)) = (key.as_str(), value) {
                    into.extend(
                        words
                            .iter()
                            .filter_map(Json::as_str)
                            .filter(|word| word.chars().any(char::is_alphanumeric))
                            .map(str::to_owned),
                    );
                }
                gather(value, into);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| gather(item, into)),
        _ => {}
    }
}
