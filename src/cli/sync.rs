//! `sync`: one cycle, and out.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::doors::store::Mode;
use crate::engine::cycle::{Cycled, Pace};
use crate::pure::messages::Key;
use crate::pure::retry::Policy;
use crate::words::side::SystemName;

use super::context::person;
use super::output::Failed;
use super::{Context, Ended, Exit, signals, wiring};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// List everything, not only what changed
    #[arg(long)]
    full: bool,
    /// This system was put back to an older backup: read everything of it again first
    #[arg(long, value_name = "SYSTEM")]
    restored: Option<String>,
    /// Tickets that this system does not have any more were really deleted, however many they are: let them go
    #[arg(long, value_name = "SYSTEM")]
    accept_mass_change: Option<String>,
    /// Wait so many seconds at most for retries and doubts
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    wait: u64,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Ended {
    let config = context.config()?;
    let engine = wiring::wire(&config, Mode::Daemon, Policy::default()).await?.engine;
    let stop = CancellationToken::new();
    signals::cancel_on_signal(stop.clone())?;
    engine.begin().await?;
    let known = |name: &String| {
        let name = SystemName::from(name.as_str());
        let unknown = || Failed::wrong_use(context.output.language.fill(Key::NoSuchSystem, &[&name]));
        if engine.systems.contains_key(&name) { Ok(name) } else { Err(unknown()) }
    };
    let restored = args.restored.as_ref().map(known).transpose()?;
    let accepted = args.accept_mass_change.as_ref().map(known).transpose()?;
    if let Some(name) = &restored {
        engine.restored(name, &person()).await?;
    }
    let mut let_go = None;
    if let Some(name) = &accepted {
        let tickets = engine.accept_mass_change(name, &person()).await?;
        tracing::warn!(system = %name, let_go = tickets, "tickets are taken to be gone by a person's word");
        let_go = Some((name.clone(), tickets));
    }
    let cycled = engine
        .recorded_cycle(args.full || accepted.is_some(), Pace::waiting(Duration::from_secs(args.wait)), &stop)
        .await?;
    engine.leave_duties().await?;
    engine.store.close().await;
    tell(&Synced { cycled: &cycled, let_go: let_go.into_iter().collect() }, context)?;
    let left = &cycled.left;
    Ok(match (cycled.failures.is_empty(), left.parked + left.conflicts + left.quarantined) {
        (false, _) => Exit::Unreachable,
        (true, 0) => Exit::Done,
        (true, _) => Exit::NeedsPerson,
    })
}

/// What a cycle by command came to.
#[derive(Debug, Serialize)]
struct Synced<'a> {
    #[serde(flatten)]
    cycled: &'a Cycled,
    /// How many tickets of a system are taken to be gone by this command's word.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    let_go: BTreeMap<SystemName, u64>,
}

fn tell(synced: &Synced<'_>, context: &mut Context) -> std::io::Result<()> {
    let output = &mut context.output;
    if output.is_json() {
        return output.json(synced);
    }
    let (cycled, language) = (synced.cycled, output.language);
    for (system, tickets) in &synced.let_go {
        output.line(&language.fill(Key::SyncLetGo, &[system, &language.number(*tickets)]))?;
    }
    for (system, polled) in &cycled.polled {
        let (rows, read) = (language.number(polled.rows), language.number(polled.read));
        output.line(&language.fill(Key::SyncListed, &[system, &rows, &read]))?;
    }
    for system in &cycled.polled_elsewhere {
        output.line(&language.fill(Key::SyncElsewhere, &[system]))?;
    }
    for (system, failure) in &cycled.failures {
        output.line(&format!("! {system}: {failure}"))?;
    }
    let left = &cycled.left;
    let numbers = [
        cycled.sent,
        cycled.looked_up,
        left.ready + left.sent + left.doubt,
        left.parked,
        left.conflicts,
        left.quarantined,
    ];
    let [sent, settled, waiting, parked, conflicts, unreadable] = numbers.map(|number| language.number(number));
    output.line(&language.fill(Key::SyncDone, &[&sent, &settled, &waiting, &parked, &conflicts, &unreadable]))
}
