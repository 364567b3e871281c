//! A server that is somebody else's program: on a port of its own, in a folder of its own, ended when dropped.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

/// Another port is taken when somebody else was faster.
const STARTS: usize = 5;
/// Readiness is asked this often, [`PAUSE`] apart: 30 seconds in all.
const ASKS: usize = 300;
const PAUSE: Duration = Duration::from_millis(100);

/// A running server.
pub(crate) struct Program {
    pub(crate) port: u16,
    server: Child,
    /// Dropped last: the server writes into it.
    folder: TempDir,
}

impl Program {
    /// Starts it: `command` says how, in this folder and on this port; `is_ready` whether it answers there.
    pub(crate) async fn start(
        name: &str,
        command: impl Fn(&Path, u16) -> Command,
        is_ready: impl AsyncFn(u16) -> bool,
    ) -> Self {
        for _ in 0..STARTS {
            if let Some(program) = Self::try_start(name, &command, &is_ready).await {
                return program;
            }
        }
        panic!("{name} did not start in {STARTS} tries");
    }

    async fn try_start(
        name: &str,
        command: &impl Fn(&Path, u16) -> Command,
        is_ready: &impl AsyncFn(u16) -> bool,
    ) -> Option<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let folder = tempfile::Builder::new().prefix(&format!("pakn-bridge-{name}-")).tempdir().unwrap();
        let mut command = command(folder.path(), port);
        let log = fs::File::create(folder.path().join("server.log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let server = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut program = Self { port, server, folder };
        for _ in 0..ASKS {
            if program.server.try_wait().unwrap().is_some() {
                return None;
            }
            if is_ready(port).await {
                return Some(program);
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{name}: {}", program.read("server.log"));
    }

    /// A file of its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What is in such a file so far.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only where the server is gone already.
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// Whether somebody listens there.
pub(crate) async fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

/// A Debian package's command, which may be one of the administrator's.
pub(crate) fn debian(command: &str) -> Command {
    let found = ["/usr/sbin", "/usr/bin"].map(|folder| Path::new(folder).join(command));
    let found = found.iter().find(|path| path.exists()).unwrap_or_else(|| panic!("{command} is not installed"));
    let mut command = Command::new(found);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/bin").env("LANG", "C.UTF-8");
    command
}
