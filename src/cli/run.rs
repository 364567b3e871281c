//! `run`: the daemon.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::doors::store::Mode;
use crate::engine::report::Wanted;
use crate::pure::retry::Policy;

use super::{Context, Ended, Exit, signals, wiring};

/// Longest that what is in hand may take to end after a stop was asked for. What is cut off then is a doubt that the
/// next start looks up.
const DRAIN: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(_: Args, context: &mut Context) -> Ended {
    let config = context.config()?;
    let mappings = wiring::load_mappings(&config)?;
    let engine = wiring::engine(&config, Mode::Daemon, Policy::default()).await?;
    let reporting = wiring::reporting(&config, &mappings, context.report_language(&config));
    let stop = CancellationToken::new();
    signals::cancel_on_signal(stop.clone())?;
    tracing::info!(config = %config.file.display(), links = config.links.len(), "started");
    let report = async || {
        let (report, files) = engine.report(&reporting, &Wanted::default()).await?;
        tracing::info!(run = report.run, good = report.is_good(), page = %files.html.display(), "report written");
        Ok(())
    };
    let timetable = wiring::timetable(&config);
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    let ended = tokio::select! {
        ended = engine.run(&timetable, report, &stop) => ended,
        () = late => {
            tracing::warn!("stopped before everything in hand had ended: it is looked up at the next start");
            Ok(())
        }
    };
    engine.store.close().await;
    ended?;
    tracing::info!("stopped");
    Ok(Exit::Done)
}
