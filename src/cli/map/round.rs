//! `map round`: what becomes of a record that is read and written back, as a diff.

use serde_json::json;
use similar::TextDiff;

use crate::pure::mapping::{Mapping, Written};
use crate::pure::wire::Node;
use crate::words::record::{Dates, Reading};

use super::{Context, Ended, Exit, wrong};

pub(super) fn run(mapping: &Mapping, document: &Node, reading: &Reading, context: &mut Context) -> Ended {
    let (mut shown, mut again) = spellings(mapping, reading);
    if mapping.takes_whole() {
        let fields = reading.cells.iter().map(|(field, cell)| (field.clone(), cell.value.clone())).collect();
        let (dates, captures) = (Dates::shown(&reading.cells), &reading.captures);
        let written =
            Written { kind: reading.kind, reference: None, is_new: false, fields: &fields, captures, dates: &dates };
        let whole = mapping.rewrite(&written, document).map_err(|why| wrong(&why.to_string()))?;
        (shown, again) = (lines(document), lines(&whole));
    }
    let same = shown == again;
    let output = &mut context.output;
    if output.is_json() {
        output.json(&json!({ "same": same, "shown": shown.lines().collect::<Vec<_>>(), "again": again.lines().collect::<Vec<_>>() }))?;
    } else {
        let diff = TextDiff::from_lines(&shown, &again);
        for change in diff.iter_all_changes() {
            output.raw(format!("{}{change}", change.tag()).as_bytes())?;
        }
    }
    Ok(if same { Exit::Done } else { Exit::NeedsPerson })
}

/// Each field as the system spelled it, and as it would spell what we understood.
fn spellings(mapping: &Mapping, reading: &Reading) -> (String, String) {
    let mut records = vec![("ticket".to_owned(), reading)];
    for (kind, children) in &reading.children {
        let section = kind.section().unwrap_or_default();
        records.extend(children.iter().enumerate().map(|(number, child)| (format!("{section}[{number}]"), child)));
    }
    let dates = Dates::shown(&reading.cells);
    let (mut shown, mut again) = (String::new(), String::new());
    for (name, record) in records {
        for (field, cell) in &record.cells {
            let spelled = mapping.image(record.kind, field, cell.value.as_ref(), &dates);
            let spelled = spelled.unwrap_or_else(|unprintable| Some(format!("({unprintable})").into()));
            for (text, image) in [(&mut shown, &cell.image), (&mut again, &spelled)] {
                let image = image.as_deref().map_or_else(|| "-".to_owned(), |image| format!("{image:?}"));
                text.push_str(&format!("{name}.{field} = {image}\n"));
            }
        }
    }
    (shown, again)
}

/// A document with each of its values on a line of its own, in its order.
fn lines(document: &Node) -> String {
    let mut out = String::new();
    add(&mut out, "", document);
    out
}

fn add(out: &mut String, path: &str, node: &Node) {
    let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let mut line = |value: &str| out.push_str(&format!("{path} = {value}\n"));
    match node {
        Node::Null => line("null"),
        Node::Bool(yes) => line(if *yes { "true" } else { "false" }),
        Node::Number(number) => line(number),
        Node::Text(text) => line(&format!("{text:?}")),
        Node::List(items) if items.is_empty() => line("[]"),
        Node::List(items) => {
            items.iter().enumerate().for_each(|(number, item)| add(out, &format!("{path}[{number}]"), item));
        }
        Node::Map(map) if map.is_empty() => line("{}"),
        Node::Map(map) => map.iter().for_each(|(key, value)| add(out, &inner(key), value)),
        Node::Element(element) => {
            let own = if path.is_empty() { element.name.clone() } else { path.to_owned() };
            for (name, value) in &element.attributes {
                out.push_str(&format!("{own}.@{name} = {value:?}\n"));
            }
            if element.children.is_empty() && element.attributes.is_empty() {
                out.push_str(&format!("{own} = \"\"\n"));
            }
            for child in &element.children {
                let path = child.as_element().map_or_else(|| own.clone(), |inner| format!("{own}.{}", inner.name));
                add(out, &path, child);
            }
        }
    }
}
