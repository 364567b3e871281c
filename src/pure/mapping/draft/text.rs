//! The draft as the text of a mapping file, with a question beside everything that a person must decide.

use std::fmt::Write as _;

use crate::pure::encoding::Encoding;
use crate::pure::mapping::model::DocumentFormat;
use crate::words::ticket::RecordKind;

use super::guess::{Guess, MAX_CODES, Table};
use super::samples::{Records, Samples};

/// Columns of a field's name.
const NAME_WIDTH: usize = 17;

pub(super) fn write(samples: &Samples, records: &Records<'_>, guess: &Guess) -> String {
    let mut out = Lines(String::new());
    out.line(&format!("# Drafted by `pakn-bridge check --draft` from {} sample record(s).", records.nodes.len()));
    out.line("# Answer every question below, then: `pakn-bridge check FILE`, and `check FILE --coverage SAMPLES`.");
    out.line("format = 1");
    out.line("name   = \"new-system\"        # which name?");
    out.line("title  = \"New system\"        # what do people call it?");
    out.line("");
    out.line("[setting]");
    out.line("url = { type = \"url\", example = \"http://127.0.0.1\", about = \"Where the system is\" }");
    if !samples.namespaces.is_empty() {
        out.line("");
        out.line("[namespace]                  # better prefixes? they are this file's own");
        for (prefix, uri) in &samples.namespaces {
            out.line(&format!("{prefix} = {}", quoted(uri)));
        }
    }
    out.line("");
    out.line("[default]");
    out.line("zone   = \"Asia/Ho_Chi_Minh\"  # in whose local time are instants without an offset?");
    if !guess.absent.is_empty() {
        let absent: Vec<String> = guess.absent.iter().rev().map(|text| quoted(text)).collect();
        out.line(&format!("absent = [{}]", absent.join(", ")));
    }
    out.line("");
    out.line("[http]");
    out.line("base = \"${setting.url}\"");
    out.line("# Who are we there? A `[login]`, or a secret setting in `header = { … }`.");
    out.line("");
    calls(&mut out, records);
    record(&mut out, samples, guess);
    for part in &guess.parts {
        out.line("");
        child(&mut out, part);
    }
    for table in &guess.tables {
        out.line("");
        codes(&mut out, table);
    }
    out.0
}

struct Lines(String);

impl Lines {
    fn line(&mut self, text: &str) {
        // Writing to a String can't fail.
        writeln!(self.0, "{}", text.trim_end()).unwrap_or_default();
    }
}

/// A text as TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn calls(out: &mut Lines, records: &Records<'_>) {
    out.line("[call.changes]");
    out.line(
        "on    = \"GET /records\"       # which path lists records? `query`, `page` and `since` say how it is asked",
    );
    match (&records.items, &records.root) {
        (Some(items), _) => out.line(&format!("items = {}", quoted(items))),
        (None, _) => out.line("items = \"rows[]\"             # no list was among the samples: where are its rows?"),
    }
    out.line("");
    out.line("[call.get]");
    out.line("on   = \"GET /records/${id}\"  # which path shows one record?");
    match &records.root {
        Some(root) if root != "." => out.line(&format!("root = {}", quoted(root))),
        Some(_) => {}
        None => out.line(
            "# root = \"…\"                 # no single record was among the samples: where in the answer is it?",
        ),
    }
}

fn record(out: &mut Lines, samples: &Samples, guess: &Guess) {
    out.line("");
    out.line("[record]");
    let kind = match samples.format {
        DocumentFormat::Json => "json",
        DocumentFormat::Xml => "xml",
        DocumentFormat::Csv => "csv",
    };
    out.line(&format!("kind     = {}", quoted(kind)));
    if samples.encoding != Encoding::Utf8 {
        out.line(&format!("encoding = {}", quoted(samples.encoding.name())));
    }
    if samples.format == DocumentFormat::Csv {
        out.line(&format!("csv      = {{ delimiter = {} }}", quoted(&char::from(samples.csv.delimiter).to_string())));
    }
    naming(out, guess);
    left(out, guess);
    out.line("");
    out.line("[field]");
    fields(out, guess);
}

fn child(out: &mut Lines, part: &Guess) {
    let section = part.kind.section().unwrap_or_default();
    out.line(&format!("[child.{section}]"));
    out.line(&format!("in       = {}", quoted(&part.within)));
    naming(out, part);
    left(out, part);
    out.line("");
    out.line(&format!("[child.{section}.field]"));
    fields(out, part);
}

fn naming(out: &mut Lines, guess: &Guess) {
    let keyed = |(path, number): &(String, bool)| {
        if *number { format!("{{ at = {}, json = \"number\" }}", quoted(path)) } else { quoted(path) }
    };
    match &guess.id {
        Some(id) => out.line(&format!("id       = {}", keyed(id))),
        None => out.line("# id     = \"…\"               # which member tells one record from all others?"),
    }
    if let Some(version) = &guess.version {
        out.line(&format!("version  = {}", keyed(version)));
    }
    match &guess.changed {
        Some((path, Some(form))) => {
            out.line(&format!("changed  = {{ at = {}, as = {} }}", quoted(path), quoted(form)));
        }
        Some((path, None)) => {
            out.line(&format!("# changed = {{ at = {}, as = \"…\" }}  # no known pattern fits: which?", quoted(path)));
        }
        None => {}
    }
    if let Some(identity) = &guess.identity {
        out.line(&format!("identity = {}", quoted(identity)));
    }
    match &guess.reference {
        Some(reference) => {
            out.line(&format!(
                "ref      = {}        # is this free for the bridge's own reference?",
                quoted(reference)
            ));
        }
        None if guess.kind == RecordKind::Ticket => {
            out.line("# ref    = \"…\"               # which member can carry the bridge's own reference?");
        }
        None => {}
    }
}

/// Members that nothing of ours is called like.
fn left(out: &mut Lines, guess: &Guess) {
    if guess.left.is_empty() {
        return;
    }
    out.line("# Which field is each of these? Map it below, or leave it out on purpose: `ignore = [\"…\"]`.");
    let width = guess.left.iter().map(|left| quoted(&left.path).chars().count()).max().unwrap_or_default();
    for left in &guess.left {
        let path = quoted(&left.path);
        let gap = " ".repeat(width.saturating_sub(path.chars().count()));
        out.line(&format!("#     {path}{gap}  {} times: {}", left.filled, left.shape));
    }
}

fn fields(out: &mut Lines, guess: &Guess) {
    for rule in &guess.fields {
        let note = rule.note.as_ref().map_or_else(String::new, |note| format!("  # {note}"));
        let gap = " ".repeat(NAME_WIDTH.saturating_sub(rule.field.len()));
        out.line(&format!("{}{gap} = {{ at = {}, {} }}{note}", rule.field, quoted(&rule.path), rule.rest));
    }
}

fn codes(out: &mut Lines, table: &Table) {
    out.line(&format!("[code.{}.words]", table.name));
    if table.words.is_empty() {
        out.line("# Write each as OUR-CODE = \"CODE\": an agency as \"000.00.12.H19\", a unit as \"26368\". Met were:");
    } else {
        out.line("# Write each of our words as WORD = \"CODE\", of several codes the first is written (then `back = \"keep\"`).");
        out.line(&format!("# Our words: {}. Met were:", table.words.join(", ")));
    }
    for (code, count) in table.codes.iter().take(MAX_CODES) {
        out.line(&format!("#     {} {count} times  # which word?", quoted(code)));
    }
    let more = table.codes.len().saturating_sub(MAX_CODES);
    if more > 0 {
        out.line(&format!("#     and {more} more"));
    }
}
