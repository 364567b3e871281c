//! `map`: a mapping tried on a document.

mod round;
mod ticket;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::pure::mapping::model::DocumentFormat;
use crate::pure::mapping::{self, Mapping};
use crate::pure::messages::Key;
use crate::pure::wire::{Node, first_row};
use crate::words::limits::MAX_ANSWER_BYTES;
use crate::words::record::Reading;

use super::{Context, Ended, Exit, Failed, wiring};
use ticket::Given;

/// Most characters of a value in a table.
const MOST_SHOWN: usize = 40;

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
    /// With `read`: tell which rule gave which field, from where and by what
    #[arg(long)]
    trace: bool,
    /// With `write`: what an update would write, not a create
    #[arg(long)]
    update: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Way {
    /// The system's record → our ticket
    Read,
    /// Our ticket → what would be written
    Write,
    /// The system's record → our ticket → the system's spelling, as a diff (of whole documents where it takes them)
    Round,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Ended {
    let text = wiring::read_mapping(&args.mapping)?;
    let mapping = mapping::check(&args.mapping.display().to_string(), &text, &wiring::beside(&args.mapping));
    let mapping = mapping.map_err(Failed::problems)?;
    if (args.trace && args.way != Way::Read) || (args.update && args.way != Way::Write) {
        return Err(wrong("--trace goes with `read`, --update with `write`"));
    }
    let document = read_document(args.document.as_deref())?;
    match args.way {
        Way::Read => {
            if args.trace {
                return trace(&mapping, &document, context);
            }
            let reading = read(&mapping, &document)?;
            context.output.json(&ticket::as_json(&reading))?;
            Ok(Exit::Done)
        }
        Way::Write => {
            let ticket: Json =
                serde_json::from_slice(&document).map_err(|error| wrong(&format!("not JSON: {error}")))?;
            let tree = Given::ticket(&mapping, &ticket).and_then(|ticket| ticket.printed(&mapping, !args.update));
            let printed = print(&mapping, tree.map_err(|why| wrong(&why))?)?;
            context.output.raw(&printed)?;
            context.output.line("")?;
            Ok(Exit::Done)
        }
        Way::Round => {
            let (node, reading) = understood(&mapping, &document)?;
            round::run(&mapping, &node, &reading, context)
        }
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
    understood(mapping, bytes).map(|(_, reading)| reading)
}

/// A document and what it says.
fn understood(mapping: &Mapping, bytes: &[u8]) -> Result<(Node, Reading), Failed> {
    let node = mapping.document(bytes).map_err(|error| wrong(&error.to_string()))?;
    let node = if mapping.format == DocumentFormat::Csv { first_row(node) } else { node };
    let reading = mapping.read(&node).map_err(|fault| wrong(&fault.to_string()))?;
    Ok((node, reading))
}

/// A tree as the bytes of a document.
fn print(mapping: &Mapping, tree: Node) -> Result<Vec<u8>, Failed> {
    let mut tree = tree;
    if let Node::Element(root) = &mut tree
        && root.name.is_empty()
    {
        "record".clone_into(&mut root.name);
    }
    mapping.printed_document(&tree).map_err(|error| wrong(&error.to_string()))
}

/// Which rule gave which field, from where and by what.
fn trace(mapping: &Mapping, bytes: &[u8], context: &mut Context) -> Ended {
    let node = mapping.document(bytes).map_err(|error| wrong(&error.to_string()))?;
    let traced = mapping.trace(node);
    let sound = traced.iter().all(|traced| traced.problem.is_none());
    let output = &mut context.output;
    if output.is_json() {
        output.json(&json!({ "sound": sound, "trace": traced }))?;
    } else {
        let heads =
            [Key::ColumnLine, Key::ColumnField, Key::ColumnPath, Key::ColumnSpelled, Key::ColumnValue, Key::ColumnBy];
        let heads = heads.map(|head| output.language.say(head));
        let rows = traced.iter().map(|traced| {
            let line = if traced.line == 0 { "-".to_owned() } else { traced.line.to_string() };
            let value = traced.value.as_deref().map_or_else(|| "-".to_owned(), short);
            let by = traced.problem.as_ref().map_or_else(|| traced.by.clone(), |why| format!("! {why}"));
            let field = format!("{}.{}", traced.record, traced.field);
            vec![line, field, traced.path.clone(), short(&traced.spelled.join(" | ")), value, by]
        });
        output.table(&heads, &rows.collect::<Vec<_>>())?;
    }
    Ok(if sound { Exit::Done } else { Exit::NeedsPerson })
}

/// The beginning of a text, on one line.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST_SHOWN { line } else { line.chars().take(MOST_SHOWN - 1).chain(['…']).collect() }
}
