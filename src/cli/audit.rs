//! `audit`: the log of everything that was decided and done.

use serde_json::json;

use crate::doors::store::{Entry, Store};

use super::{Context, Ended, Exit};

/// Entries read at once.
const PAGE: u32 = 1000;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List entries, oldest first
    List(List),
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Begin after this entry
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    after: i64,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// Only of this ticket
    #[arg(long, value_name = "REFERENCE")]
    case: Option<String>,
}

pub(super) async fn run(command: Command, context: &mut Context) -> Ended {
    let Command::List(list) = command;
    let store = context.state().await?;
    let entries = read(store.as_ref(), &list).await?;
    store.close().await;
    let output = &mut context.output;
    if output.is_json() {
        output.json(&json!({ "entries": entries }))?;
        return Ok(Exit::Done);
    }
    for entry in &entries {
        let fact = &entry.fact;
        let side = fact.side.map(|side| format!(" → {side}")).unwrap_or_default();
        let fields = fact.fields.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let fields = if fields.is_empty() { fields } else { format!(" [{fields}]") };
        let says = fact.says.as_deref().map(|says| format!(": {says}")).unwrap_or_default();
        let at = output.language.instant(entry.at);
        output.line(&format!("{}  {at}  {}  {}{side}{fields}{says}", entry.id, fact.pair, fact.what))?;
    }
    Ok(Exit::Done)
}

async fn read(store: &dyn Store, list: &List) -> Result<Vec<Entry>, super::Failed> {
    let limit = list.limit as usize;
    let (mut entries, mut after) = (Vec::new(), list.after);
    while entries.len() < limit {
        let page = store.entries(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        entries.extend(page.into_iter().filter(|entry| list.case.as_ref().is_none_or(|case| entry.case.0 == *case)));
    }
    entries.truncate(limit);
    Ok(entries)
}
