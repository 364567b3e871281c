//! `status`: what is there, what is under way, what needs a person.

use serde_json::json;

use crate::doors::config::Config;
use crate::doors::store::{Counts, MappingRefusal};
use crate::pure::messages::Key;

use super::{Context, Ended, Exit};

/// Runs and unreadable tickets that are shown.
const SHOWN: u32 = 10;

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(_: Args, context: &mut Context) -> Ended {
    let config = Config::load_without_secrets(&context.config_file, &|name| std::env::var(name).ok())?;
    let store = context.state().await?;
    let total = store.counts(None).await?;
    let mut links = Vec::new();
    for link in &config.links {
        links.push((link.name.clone(), store.counts(Some(&link.name)).await?));
    }
    let mut systems = Vec::new();
    for name in config.systems.keys() {
        systems.push((name.clone(), store.cursor(name).await?));
    }
    let runs = store.runs(SHOWN).await?;
    let quarantined = store.quarantined(SHOWN).await?;
    let refused = store.mapping_refusals().await?;
    store.close().await;

    let output = &mut context.output;
    if output.is_json() {
        let links: Vec<_> = links.iter().map(|(name, counts)| json!({ "link": name, "counts": counts })).collect();
        let systems: Vec<_> = systems.iter().map(|(name, cursor)| json!({ "system": name, "seen": cursor })).collect();
        output.json(&json!({
            "counts": total, "links": links, "systems": systems, "runs": runs, "quarantined": quarantined,
            "refused_mappings": refused,
        }))?;
        return Ok(exit(&total, &refused));
    }
    let language = output.language;
    let heads = [
        Key::Link,
        Key::StatusCases,
        Key::StatusPaired,
        Key::ClassWaiting,
        Key::ClassInDoubt,
        Key::ClassParked,
        Key::CliConflicts,
        Key::ClassQuarantined,
    ];
    let row = |name: &str, counts: &Counts| {
        let numbers = [
            counts.cases,
            counts.paired,
            counts.open.ready + counts.open.sent,
            counts.open.doubt,
            counts.open.parked,
            counts.open.conflicts,
            counts.open.quarantined,
        ];
        std::iter::once(name.to_owned()).chain(numbers.map(|number| language.number(number))).collect()
    };
    let mut rows: Vec<Vec<String>> = links.iter().map(|(name, counts)| row(name.as_str(), counts)).collect();
    rows.push(row(language.say(Key::Total), &total));
    output.table(&heads.map(|key| language.say(key)), &rows)?;
    for (system, cursor) in &systems {
        let since = cursor.since.map_or_else(|| language.say(Key::Unknown).to_owned(), |at| language.instant(at));
        output.line(&language.fill(Key::StatusSeen, &[system, &since]))?;
    }
    for entry in &quarantined {
        output.line(&format!("{} {}: {}", entry.system, entry.id, entry.reason))?;
    }
    for MappingRefusal { system, file, problems, .. } in &refused {
        let problems = problems.join(", ");
        output.line(&language.fill(Key::StatusMappingRefused, &[system, file, &problems]))?;
    }
    if let Some(last) = runs.first() {
        let ended = last.ended.map_or_else(|| "…".to_owned(), |at| language.instant(at));
        let began = language.instant(last.began);
        let kind = match last.kind.as_str() {
            "sync" => language.say(Key::RunSync),
            "full" => language.say(Key::RunFull),
            "report" => language.say(Key::RunReport),
            other => other,
        };
        output.line(&format!("{}: {} #{}, {began} – {ended}", language.say(Key::CliLastRun), kind, last.id))?;
    }
    Ok(exit(&total, &refused))
}

/// Whether a person is needed, for scripts that watch.
const fn exit(counts: &Counts, refused: &[MappingRefusal]) -> Exit {
    let waiting = counts.open.parked + counts.open.conflicts + counts.open.quarantined;
    if waiting > 0 || !refused.is_empty() { Exit::NeedsPerson } else { Exit::Done }
}
