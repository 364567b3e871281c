//! `map`: a mapping tried on a document.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde_json::{Value as Json, json};
use similar::TextDiff;

use crate::pure::mapping::model::DocumentFormat;
use crate::pure::mapping::{self, Mapping, Written};
use crate::pure::wire::{Limits, Node, first_row, parse_csv, parse_json, parse_xml, print_json, print_xml};
use crate::words::limits::MAX_ANSWER_BYTES;
use crate::words::record::{Dates, Reading};
use crate::words::side::Reference;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::{Type, Value};

use super::{Context, Ended, Exit, Failed, wiring};

/// Stands for the reference of a ticket that has none yet.
const NEW_REFERENCE: &str = "PB-0000-00000000000000000000";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to do with the document
    #[arg(value_enum)]
    way: Way,
    /// The mapping file
    #[arg(value_name = "MAPPING")]
    mapping: PathBuf,
    /// The document: a record as the system shows it, or for `write` a ticket as `read` prints it; stdin by default
    #[arg(value_name = "DOCUMENT")]
    document: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Way {
    /// The system's record → our ticket
    Read,
    /// Our ticket → what would be written
    Write,
    /// The system's record → our ticket → the system's spelling, as a diff
    Round,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Ended {
    let text = wiring::read_mapping(&args.mapping)?;
    let mapping = mapping::check(&args.mapping.display().to_string(), &text, &wiring::beside(&args.mapping));
    let mapping = mapping.map_err(Failed::problems)?;
    let document = read_document(args.document.as_deref())?;
    match args.way {
        Way::Read => {
            let reading = read(&mapping, &document)?;
            context.output.json(&ticket_json(&reading))?;
            Ok(Exit::Done)
        }
        Way::Write => {
            let ticket: Json =
                serde_json::from_slice(&document).map_err(|error| wrong(&format!("not JSON: {error}")))?;
            let reference = ticket.get("reference").and_then(Json::as_str).unwrap_or(NEW_REFERENCE);
            let printed = write(&mapping, &fields_of(&ticket)?, &Reference::from(reference))?;
            context.output.raw(&printed)?;
            context.output.line("")?;
            Ok(Exit::Done)
        }
        Way::Round => round(&mapping, &read(&mapping, &document)?, context),
    }
}

fn wrong(message: &str) -> Failed {
    Failed::wrong_use(message.to_owned())
}

fn read_document(path: Option<&Path>) -> Result<Vec<u8>, Failed> {
    let source: Box<dyn std::io::Read> = match path {
        Some(path) => {
            let file = std::fs::File::open(path);
            Box::new(file.map_err(|error| wrong(&format!("{}: {error}", path.display())))?)
        }
        None => Box::new(std::io::stdin()),
    };
    let mut bytes = Vec::new();
    source.take(MAX_ANSWER_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_ANSWER_BYTES {
        return Err(wrong(&format!("the document is larger than {MAX_ANSWER_BYTES} bytes")));
    }
    Ok(bytes)
}

fn read(mapping: &Mapping, bytes: &[u8]) -> Result<Reading, Failed> {
    let limits = Limits::default();
    let parsed = match mapping.format {
        DocumentFormat::Json => parse_json(bytes, &limits),
        DocumentFormat::Xml => parse_xml(bytes, &mapping.namespaces, &limits),
        DocumentFormat::Csv => parse_csv(bytes, &mapping.csv, &limits).map(first_row),
    };
    let node = parsed.map_err(|error| wrong(&error.to_string()))?;
    mapping.read(&node).map_err(|fault| wrong(&fault.to_string()))
}

/// A reading as people and `write` read it: `{"id", "reference", "fields": {…}, "children": {…}}`.
fn ticket_json(reading: &Reading) -> Json {
    let fields: serde_json::Map<_, _> =
        reading.cells.iter().map(|(field, cell)| (field.to_string(), value_json(cell.value.as_ref()))).collect();
    let mut ticket = json!({
        "id": reading.id, "version": reading.version, "reference": reading.reference, "fields": fields,
    });
    for (kind, children) in &reading.children {
        if let (Some(ticket), Some(section)) = (ticket.as_object_mut(), kind.section()) {
            ticket.insert(section.to_owned(), children.iter().map(ticket_json).collect());
        }
    }
    ticket
}

fn value_json(value: Option<&Value>) -> Json {
    match value {
        None => Json::Null,
        Some(Value::Integer(number)) => json!(number),
        Some(Value::Boolean(yes)) => json!(yes),
        Some(Value::List(items)) => items.iter().map(|item| value_json(Some(item))).collect(),
        Some(value) => json!(value.display()),
    }
}

fn fields_of(ticket: &Json) -> Result<BTreeMap<Field, Option<Value>>, Failed> {
    let fields = ticket.get("fields").and_then(Json::as_object);
    let fields = fields.ok_or_else(|| wrong("the ticket has no object `fields`"))?;
    let mut values = BTreeMap::new();
    for (name, json) in fields {
        let info = RecordKind::Ticket.field(name).ok_or_else(|| wrong(&format!("there is no field `{name}`")))?;
        let value = if json.is_null() { None } else { Some(value_of(info.kind, json).ok_or_else(|| misfit(name))?) };
        values.insert(info.field(), value);
    }
    Ok(values)
}

fn misfit(name: &str) -> Failed {
    wrong(&format!("`{name}` is not of its type"))
}

fn value_of(kind: Type, json: &Json) -> Option<Value> {
    let text = || json.as_str().map(str::to_owned);
    Some(match kind {
        Type::Text => Value::Text(text()?),
        Type::Code(words) => Value::Code(text().filter(|word| words.contains(&word.as_str()))?),
        Type::OpenCode => Value::Code(text()?),
        Type::Integer => Value::Integer(json.as_i64()?),
        Type::Decimal => Value::Decimal(text()?.parse().ok()?),
        Type::Boolean => Value::Boolean(json.as_bool()?),
        Type::Instant => Value::Instant(text()?.parse().ok()?),
        Type::Date => Value::Date(text()?.parse::<NaiveDate>().ok()?),
        Type::CodeList => {
            let codes = json.as_array()?.iter().map(|item| value_of(Type::OpenCode, item));
            Value::List(codes.collect::<Option<_>>()?)
        }
    })
}

/// What a create would write of the fields.
fn write(mapping: &Mapping, fields: &BTreeMap<Field, Option<Value>>, reference: &Reference) -> Result<Vec<u8>, Failed> {
    let written = Written {
        kind: RecordKind::Ticket,
        reference: Some(reference),
        is_new: true,
        fields,
        captures: &BTreeMap::new(),
        dates: &Dates::given(fields),
    };
    let tree = mapping.print(&written).map_err(|unprintable| wrong(&unprintable.to_string()))?;
    let printed = match tree {
        Node::Element(mut root) => {
            if root.name.is_empty() {
                "record".clone_into(&mut root.name);
            }
            print_xml(&root, &mapping.namespaces)
        }
        tree => print_json(&tree),
    };
    printed.map_err(|error| wrong(&error.to_string()))
}

/// Each field as the system spelled it, against how it would spell what we understood.
fn round(mapping: &Mapping, reading: &Reading, context: &mut Context) -> Ended {
    let records: Vec<&Reading> = std::iter::once(reading).chain(reading.children.values().flatten()).collect();
    let dates = Dates::shown(&reading.cells);
    let (mut shown, mut again) = (String::new(), String::new());
    for record in records {
        for (field, cell) in &record.cells {
            let spelled = mapping.image(record.kind, field, cell.value.as_ref(), &dates);
            let spelled = spelled.unwrap_or_else(|unprintable| Some(format!("({unprintable})")));
            for (text, image) in [(&mut shown, &cell.image), (&mut again, &spelled)] {
                let image = image.as_deref().map_or_else(|| "-".to_owned(), |image| format!("{image:?}"));
                text.push_str(&format!("{}.{field} = {image}\n", record.kind));
            }
        }
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
