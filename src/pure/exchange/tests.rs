//! Whole mapping files with examples: what a construct of the language makes of documents and writes.

use super::run_examples;
use crate::pure::mapping::{NOTHING_BESIDE, Problem, check};

mod constants;
mod dated;
mod each;
mod extras;
mod joins;
mod nested;
mod rows;
mod soap;
mod straight;
mod when;
mod whole;

/// Everything that is wrong with a file: its problems, else its broken laws and examples.
fn problems(text: &str) -> Vec<Problem> {
    match check("test.toml", text, NOTHING_BESIDE) {
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

/// A file whose tickets are written by one call each.
fn file(kind: &str, rest: &str) -> String {
    let (id, body) = if kind == "json" {
        ("Id", r#"json = { "$merge" = "${write}" }"#)
    } else {
        ("p:Id", r#"xml = "<p:Phieu>${write}</p:Phieu>""#)
    };
    format!(
        "{}id = \"{id}\"\n[call.create]\non = \"POST /tickets\"\n{body}\n[call.update]\non = \"PATCH /tickets/${{id}}\"\n{body}\n{rest}",
        head(kind)
    )
}

/// An example of an update of ticket 7, whose document before is given.
fn update(document: &str, ticket: &str, body: &str) -> String {
    let document = if document.is_empty() { String::new() } else { format!("document = \'\'\'{document}\'\'\'\n") };
    format!(
        "[[example]]\nname = \"update\"\ndo = \"update\"\nid = \"7\"\n{document}ticket = {ticket}\nrequest = \'\'\'\nPATCH /tickets/7\n\n{body}\'\'\'\n"
    )
}

fn create(ticket: &str, body: &str) -> String {
    format!(
        "[[example]]\nname = \"create\"\ndo = \"create\"\nticket = {ticket}\nrequest = \'\'\'\nPOST /tickets\n\n{body}\'\'\'\n"
    )
}

fn reads(document: &str, ticket: &str) -> String {
    format!("[[example]]\nname = \"read\"\ndocument = \'\'\'{document}\'\'\'\nticket = {ticket}\n")
}
