//! Whole mapping files with examples: what a construct of the language makes of documents and writes.

use super::run_examples;
use crate::pure::mapping::{Problem, check};

mod each;

/// Everything that is wrong with a file: its problems, else its broken laws and examples.
fn problems(text: &str) -> Vec<Problem> {
    match check("test.toml", text) {
        Err(problems) => problems,
        Ok(mapping) => mapping.check_laws().into_iter().chain(run_examples(&mapping)).collect(),
    }
}

fn holds(text: &str) {
    let says: String = problems(text).iter().map(Problem::render_text).collect();
    assert!(says.is_empty(), "{says}\n{text}");
}

fn says(text: &str) -> Vec<String> {
    problems(text).into_iter().map(|problem| format!("{} {}", problem.code, problem.message)).collect()
}

/// The sections that every file has, for documents of one kind.
fn head(kind: &str) -> String {
    format!(
        r#"
format = 1
name = "test"
[namespace]
p = "urn:p"
[http]
base = "http://127.0.0.1"
[call.changes]
on = "GET /tickets"
items = "rows[]"
[call.get]
on = "GET /tickets/${{id}}"
[record]
kind = "{kind}"
"#
    )
}
