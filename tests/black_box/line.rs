//! A line between the bridge and its database that a test may cut, silence and mend.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How the line is.
#[derive(Clone)]
pub(crate) enum State {
    /// Everything passes.
    Whole,
    /// Each connection breaks after so many bytes.
    Worn(Range<u64>),
    /// Everything is taken and nothing passes; no end is told. What was under way is gone for good.
    Silent,
    /// Every connection ends at once.
    Cut,
}

/// A running line.
pub(crate) struct Line {
    /// The database's URL by this line.
    pub(crate) url: String,
    state: watch::Sender<State>,
    task: JoinHandle<()>,
}

impl Line {
    /// A line to a database, whole at first.
    pub(crate) async fn to(database: &str, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut url: url::Url = database.parse().unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (state, told) = watch::channel(State::Whole);
        let random = Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed)));
        let task = tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let bytes = match &*told.borrow() {
                    State::Worn(range) => random.lock().unwrap().random_range(range.clone()),
                    State::Whole | State::Silent | State::Cut => u64::MAX,
                };
                // A server that is away breaks the connection, too.
                if let Ok(far) = TcpStream::connect(&server).await {
                    tokio::spawn(carry(near, far, told.clone(), bytes));
                }
            }
        });
        Self { url: url.to_string(), state, task }
    }

    /// From now on.
    pub(crate) fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Carries one connection until an end closes it, or the line does.
async fn carry(near: TcpStream, far: TcpStream, told: watch::Receiver<State>, bytes: u64) {
    let (near, far) = (near.into_split(), far.into_split());
    let left = Arc::new(Mutex::new(bytes));
    let mut ends = told.clone();
    tokio::select! {
        () = pass(near.0, far.1, told.clone(), Arc::clone(&left)) => {}
        () = pass(far.0, near.1, told, left) => {}
        _ = ends.wait_for(|state| matches!(state, State::Cut)) => {}
    }
}

/// One way. A line that was silent once stays so for this connection: what it swallowed is missing.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, told: watch::Receiver<State>, left: Arc<Mutex<u64>>) {
    let mut buffer = vec![0; 8192];
    let mut swallows = false;
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        swallows |= matches!(*told.borrow(), State::Silent);
        if swallows {
            continue;
        }
        let may = {
            let mut left = left.lock().unwrap();
            let may = (*left).min(count as u64);
            *left -= may;
            may as usize
        };
        if to.write_all(&buffer[..may]).await.is_err() || may < count {
            return;
        }
    }
    if swallows {
        std::future::pending::<()>().await;
    }
}
