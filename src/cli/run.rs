//! `run`: the daemon.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::doors::config::{Config, Hooks};
use crate::doors::store::Mode;
use crate::engine::Engine;
use crate::faces::hooks;
use crate::faces::serve::serve;
use crate::pure::retry::Policy;

use super::reload::Watch;
use super::wiring::{Parts, Wired};
use super::{Context, Ended, Exit, Failed, signals, wiring};

/// Longest that what is in hand may take to end after a stop was asked for. What is cut off then is a doubt that the
/// next start looks up.
const DRAIN: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(_: Args, context: &mut Context) -> Ended {
    let config = context.config()?;
    let Wired { mut engine, parts } = wiring::wire(&config, Mode::Daemon, Policy::default()).await?;
    let store = Arc::clone(&engine.store);
    let reporting = wiring::reporting(&config, &parts.mappings, context.report_language(&config));
    let (stop, asked) = (CancellationToken::new(), Arc::new(Notify::new()));
    signals::cancel_on_signal(stop.clone())?;
    signals::notify_on_hangup(Arc::clone(&asked))?;
    let listening = listen(&config, &engine, &parts, &stop).await?;
    tracing::info!(config = %config.file.display(), links = config.links.len(), "started");
    let mut watch = Watch { config: &config, parts, reporting, asked, refused: BTreeMap::new() };
    let timetable = wiring::timetable(&config);
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    let ended = tokio::select! {
        ended = engine.run(&timetable, &mut watch, &stop) => ended,
        () = late => {
            tracing::warn!("stopped before everything in hand had ended: it is looked up at the next start");
            Ok(())
        }
    };
    stop.cancel();
    if let Some(Err(error)) = OptionFuture::from(listening).await {
        tracing::warn!(%error, "the listener broke");
    }
    store.close().await;
    ended?;
    tracing::info!("stopped");
    Ok(Exit::Done)
}

/// Listens to what systems tell by themselves, where the config says so.
async fn listen(
    config: &Config,
    engine: &Engine,
    parts: &Parts,
    stop: &CancellationToken,
) -> Result<Option<AbortOnDropHandle<()>>, Failed> {
    let Some(Hooks { listen, queue }) = config.hooks else { return Ok(None) };
    let listener = TcpListener::bind(listen).await;
    let listener = listener.map_err(|error| Failed::wrong_use(format!("{listen}: {error}")))?;
    tracing::info!(address = %listener.local_addr()?, "listening to what systems tell");
    let hooks = hooks::Hooks {
        store: Arc::clone(&engine.store),
        mappings: parts.watch(),
        hinted: Arc::clone(&engine.hinted),
        queue,
    };
    let serving = tokio::spawn(serve(listener, hooks::router(hooks), stop.clone()));
    Ok(Some(AbortOnDropHandle::new(serving)))
}
