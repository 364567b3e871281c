//! SIGTERM and Ctrl-C: asked once, we finish what is in hand; asked again, the process ends. SIGHUP: a cycle now.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Cancels the token at the first signal. The second one ends the process as usual: nothing is lost by that, what was
/// in hand is looked up at the next start.
///
/// # Errors
/// Where signals can't be listened to.
pub(super) fn cancel_on_signal(stop: CancellationToken) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::spawn(async move {
            let mut asked = false;
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                if asked {
                    std::process::exit(super::Exit::Unreachable as i32);
                }
                tracing::info!("asked to stop: finishing what is in hand");
                asked = true;
                stop.cancel();
            }
        });
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    Ok(())
}

/// Tells `asked` at each SIGHUP. Systems without that signal never do.
///
/// # Errors
/// Where signals can't be listened to.
pub(super) fn notify_on_hangup(asked: Arc<Notify>) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                asked.notify_one();
            }
        });
    }
    #[cfg(not(unix))]
    drop(asked);
    Ok(())
}
