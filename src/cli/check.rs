//! `check`: the config and what it names, or mapping files alone; every problem at once. And what helps to write a
//! mapping: what captured documents hold beyond it, and the schema for editors.

mod captured;
mod coverage;
mod draft;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use crate::doors::config::Link;
use crate::pure::exchange::run_examples;
use crate::pure::mapping::problem::{catalogue, explain};
use crate::pure::mapping::{self, Mapping, schema::schema};
use crate::pure::messages::Key;
use crate::words::problem::Problem;
use crate::words::side::{LinkName, Side};
use crate::words::ticket::{Field, RecordKind};

use super::wiring::Mappings;
use super::{Context, Ended, Exit, Failed, Output, wiring};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Mapping files to check alone, without a config
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Tell what a problem's code means, such as M012
    #[arg(long, value_name = "CODE", conflicts_with = "files")]
    explain: Option<String>,
    /// Run captured documents (whole answers or records; files, folders) through the mapping file and tell what it lacks
    #[arg(long, value_name = "PATH", num_args = 1.., requires = "files")]
    coverage: Vec<PathBuf>,
    /// Write a first mapping file from captured documents of a system, to stdout
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with_all = ["files", "coverage"])]
    draft: Vec<PathBuf>,
    /// Print the JSON Schema of mapping files, for editors
    #[arg(long, conflicts_with_all = ["files", "coverage", "draft"])]
    schema: bool,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Ended {
    if let Some(code) = &args.explain {
        return tell(code, &mut context.output);
    }
    if args.schema {
        context.output.json(&schema())?;
        return Ok(Exit::Done);
    }
    if !args.draft.is_empty() {
        return draft::run(&args.draft, context);
    }
    if !args.coverage.is_empty() {
        return coverage::run(&args.files, &args.coverage, context);
    }
    let (files, problems) = if args.files.is_empty() { of_config(context)? } else { alone(&args.files)? };
    let stays = if args.files.is_empty() { stays(context)? } else { Vec::new() };
    if !problems.is_empty() {
        return Err(Failed::problems(problems));
    }
    let output = &mut context.output;
    if output.is_json() {
        output.json(&json!({ "files": files, "problems": problems, "stays": stays }))?;
    } else {
        for file in &files {
            output.line(&output.language.fill(Key::CheckGood, &[file]))?;
        }
        for Stays { link, field, file } in &stays {
            output.line(&output.language.fill(Key::CheckStays, &[link, field, file]))?;
        }
    }
    Ok(Exit::Done)
}

/// What a code means, at length.
fn tell(code: &str, output: &mut Output) -> Ended {
    let language = output.language;
    let Some(explanation) = explain(code) else {
        let codes: Vec<&str> = catalogue().map(|one| one.code).collect();
        return Err(Failed::wrong_use(language.fill(Key::ExplainUnknown, &[&code, &codes.join(", ")])));
    };
    let (title, text) = (explanation.title(language), explanation.text(language));
    if output.is_json() {
        let (code, wrong, right) = (explanation.code, explanation.wrong, explanation.right);
        output.json(&json!({ "code": code, "title": title, "text": text, "wrong": wrong, "right": right }))?;
        return Ok(Exit::Done);
    }
    output.line(&format!("{}: {title}\n\n{text}", explanation.code))?;
    for (key, example) in [(Key::ExplainWrong, explanation.wrong), (Key::ExplainRight, explanation.right)] {
        let lines: Vec<String> = example.lines().map(|line| format!("    {line}")).collect();
        output.line(&format!("\n{}:\n\n{}", language.say(key), lines.join("\n")))?;
    }
    Ok(Exit::Done)
}

/// The config, then every mapping that it names, with the settings that it gives.
fn of_config(context: &Context) -> Result<(Vec<String>, Vec<Problem>), Failed> {
    let config = context.config()?;
    let mappings = wiring::load_mappings(&config)?;
    let mut files = vec![config.file.display().to_string()];
    let mut problems = Vec::new();
    for mapping in mappings.values() {
        // Examples are about the example settings, and their messages must not show the real ones.
        if !files.contains(&mapping.file) {
            problems.extend(alone(&[PathBuf::from(&mapping.file)])?.1);
            files.push(mapping.file.clone());
        }
    }
    problems.extend(config.links.iter().filter_map(|link| unowned(link, &mappings)));
    Ok((files, problems))
}

/// What the other side changed must not silently win over what this side only cut or folded: a field that a mapping
/// can't hold as it is needs an owner.
fn unowned(link: &Link, mappings: &Mappings) -> Option<Problem> {
    let mut names = BTreeSet::new();
    for side in Side::BOTH {
        let [here, there] = [side, side.other()].map(|side| mappings.get(link.systems.get(side)));
        let (here, there) = here.zip(there)?;
        for (kind, shape) in &here.shapes {
            let lossy = shape.fields.keys().filter(|field| {
                let written = here.writes(*kind, field, true) || here.writes(*kind, field, false);
                written && here.lossy(*kind, field) && there.holds(*kind, field) && !link.owners.says(*kind, field)
            });
            names.extend(lossy.map(|field| match kind {
                RecordKind::Ticket => format!("`{field}`"),
                child => format!("`{child}.{field}`"),
            }));
        }
    }
    let names: Vec<String> = names.into_iter().collect();
    let message = format!("link `{}` loses something of {}, and says no owner", link.name, names.join(", "));
    link.unowned.clone().filter(|_| !names.is_empty()).map(|problem| Problem { message, ..problem })
}

/// A declared field that a link does not carry: the other mapping does not declare it.
#[derive(Debug, Serialize)]
struct Stays {
    link: LinkName,
    field: Field,
    file: String,
}

fn stays(context: &Context) -> Result<Vec<Stays>, Failed> {
    let config = context.config()?;
    let mappings = wiring::load_mappings(&config)?;
    let mut stays = Vec::new();
    for link in &config.links {
        for side in Side::BOTH {
            let [here, there] = [side, side.other()].map(|side| mappings.get(link.systems.get(side)));
            let (Some(here), Some(there)) = (here, there) else { continue };
            let shared = here.extras.shared(&there.extras);
            let alone = here.extras.iter().filter(|(field, _)| shared.iter().all(|(other, _)| other != *field));
            stays.extend(alone.map(|(field, _)| Stays {
                link: link.name.clone(),
                field: field.clone(),
                file: wiring::file_name(&here.file),
            }));
        }
    }
    Ok(stays)
}

/// Mapping files with the example values of their settings.
fn alone(paths: &[PathBuf]) -> Result<(Vec<String>, Vec<Problem>), Failed> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        let text = wiring::read_mapping(path)?;
        let name = path.display().to_string();
        match mapping::check(&name, &text, &wiring::beside(path)) {
            Ok(mapping) => problems.extend(behaviour(&mapping)),
            Err(found) => problems.extend(found),
        }
        files.push(name);
    }
    Ok((files, problems))
}

/// What only shows when a mapping is used: its laws and its examples.
pub(super) fn behaviour(mapping: &Mapping) -> Vec<Problem> {
    let mut problems = mapping.check_laws();
    problems.extend(run_examples(mapping));
    problems
}
