//! `check`: the config and what it names, or mapping files alone; every problem at once. And what helps to write a
//! mapping: what captured documents hold beyond it, and the schema for editors.

mod captured;
mod connect;
mod coverage;
mod draft;

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use crate::doors::config::Config;
use crate::pure::encoding::Encoding;
use crate::pure::exchange::run_examples;
use crate::pure::mapping::problem::{catalogue, explain};
use crate::pure::mapping::{self, Mapping, schema::schema};
use crate::pure::messages::Key;
use crate::words::problem::Problem;
use crate::words::side::{LinkName, Side};
use crate::words::ticket::Field;

use super::wiring::Mappings;
use super::{Context, Ended, Exit, Failed, Output, wiring};
use connect::Connected;

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
    /// In which encoding the documents of `--draft` are
    #[arg(long, value_name = "NAME", requires = "draft", default_value = "utf-8", value_parser = encoding_named)]
    encoding: Encoding,
    /// Try each call of the config's systems that changes nothing, and tell what it saw
    #[arg(long, conflicts_with_all = ["files", "explain", "coverage", "draft", "schema"])]
    connect: bool,
    /// Print the JSON Schema of mapping files, for editors
    #[arg(long, conflicts_with_all = ["files", "coverage", "draft"])]
    schema: bool,
}

/// An encoding by its name in mapping files.
fn encoding_named(name: &str) -> Result<Encoding, String> {
    let known = Encoding::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.map(|(_, encoding)| *encoding).ok_or_else(|| {
        let names: Vec<&str> = Encoding::ALL.iter().map(|(name, _)| *name).collect();
        format!("one of {}", names.join(", "))
    })
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
        return draft::run(&args.draft, args.encoding, context);
    }
    if !args.coverage.is_empty() {
        return coverage::run(&args.files, &args.coverage, context);
    }
    let Checked { files, problems, stays } =
        if args.files.is_empty() { of_config(context)? } else { alone(&args.files)? };
    if !problems.is_empty() {
        return Err(Failed::problems(problems));
    }
    let connected = if args.connect { connect::try_systems(&context.config()?).await? } else { Vec::new() };
    let output = &mut context.output;
    if output.is_json() {
        let mut told = json!({ "files": files, "problems": problems, "stays": stays });
        if args.connect {
            told["connected"] = json!(connected);
        }
        output.json(&told)?;
    } else {
        for file in &files {
            output.line(&output.language.fill(Key::CheckGood, &[file]))?;
        }
        for Stays { link, field, file } in &stays {
            output.line(&output.language.fill(Key::CheckStays, &[link, field, file]))?;
        }
        let language = output.language;
        for line in connected.iter().flat_map(|system| system.lines(language)) {
            output.line(&line)?;
        }
    }
    Ok(connected.iter().map(Connected::exit).max_by_key(|exit| *exit as u8).unwrap_or(Exit::Done))
}

/// What was found in which files.
struct Checked {
    files: Vec<String>,
    problems: Vec<Problem>,
    stays: Vec<Stays>,
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

/// The config, then every mapping that it names, with the settings that it gives; and what stays at home.
fn of_config(context: &Context) -> Result<Checked, Failed> {
    let config = context.config()?;
    let mappings = wiring::load_mappings(&config)?;
    let mut files = vec![config.file.display().to_string()];
    let mut problems = Vec::new();
    for mapping in mappings.values() {
        // Examples are about the example settings, and their messages must not show the real ones.
        if !files.contains(&mapping.file) {
            problems.extend(alone(&[PathBuf::from(&mapping.file)])?.problems);
            files.push(mapping.file.clone());
        }
    }
    Ok(Checked { files, problems, stays: stays(&config, &mappings) })
}

/// A declared field that a link does not carry: the other mapping does not declare it.
#[derive(Debug, Serialize)]
struct Stays {
    link: LinkName,
    field: Field,
    file: String,
}

fn stays(config: &Config, mappings: &Mappings) -> Vec<Stays> {
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
    stays
}

/// Mapping files with the example values of their settings.
fn alone(paths: &[PathBuf]) -> Result<Checked, Failed> {
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
    Ok(Checked { files, problems, stays: Vec::new() })
}

/// What only shows when a mapping is used: its laws and its examples.
pub(super) fn behaviour(mapping: &Mapping) -> Vec<Problem> {
    let mut problems = mapping.check_laws();
    problems.extend(run_examples(mapping));
    problems
}
