//! Serves HTTP to whoever comes, within limits: connections at once, time for a request's head, time to end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Most connections at once; further ones wait to be taken.
const MAX_CONNECTIONS: usize = 256;
/// For the head of a request to come, the silence before it included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// Pause after a connection could not be taken: the process has too many files open, perhaps.
const PAUSE: Duration = Duration::from_millis(100);
/// For requests in hand to end, after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until `stop`, then ends what is in hand.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        let next = async {
            // The semaphore is never closed, so this is always a slot.
            let slot = Arc::clone(&slots).acquire_owned().await.ok();
            (slot, listener.accept().await)
        };
        tokio::select! {
            (slot, accepted) = next => match accepted {
                Ok((stream, _)) => {
                    let (router, stop) = (router.clone(), stop.clone());
                    open.spawn(async move {
                        converse(stream, router, stop).await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = open.join_next() => {}
            () = stop.cancelled() => break,
        }
    }
    let ended = tokio::time::timeout(DRAIN, async { while open.join_next().await.is_some() {} });
    if ended.await.is_err() {
        tracing::debug!("connections were cut at the end");
    }
}

/// One connection to its end.
async fn converse(stream: TcpStream, router: Router, stop: CancellationToken) {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection broke");
    }
}
