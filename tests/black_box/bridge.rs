//! The real binary in a folder of its own: its config, its database, its output. Knows the command line, nothing inside.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// Longest that one command may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often a condition is asked for.
const PAUSE: Duration = Duration::from_millis(50);

/// A folder with `bridge.toml`, and the binary to run in it.
pub(crate) struct Bridge {
    folder: TempDir,
    secrets: Vec<(String, String)>,
    /// Words that stand before the program's own: what starts it.
    starter: Vec<String>,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Its output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON: {error}\n{self:#?}"))
    }

    /// The same, after the exit code was as expected.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            // A signal is no exit code.
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Bridge {
    /// A folder with this config.
    pub(crate) fn new(config: &str) -> Self {
        let bridge = Self { folder: tempfile::tempdir().unwrap(), secrets: Vec::new(), starter: Vec::new() };
        bridge.write("bridge.toml", config);
        bridge
    }

    /// A secret that the config takes from the environment.
    pub(crate) fn with_secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.push((name.to_owned(), value.to_owned()));
        self
    }

    /// From now on the binary is started by another program.
    pub(crate) fn started_by(&mut self, starter: &[&str]) {
        self.starter = starter.iter().map(|word| (*word).to_owned()).collect();
    }

    /// A file beside the config.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file beside the config; gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Runs one command to its end, away from the test's own threads.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Finished {
        self.run_with(arguments, &[]).await
    }

    /// The same with more environment.
    pub(crate) async fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Finished {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        let done = tokio::task::spawn_blocking(move || command.output().unwrap());
        tokio::time::timeout(PATIENCE, done).await.expect("the command takes too long").unwrap().into()
    }

    /// The same with `--format json`.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["--format", "json"];
        all.extend(arguments);
        self.run(&all).await.json()
    }

    /// Starts the daemon; gives it when it says that it has started.
    pub(crate) async fn start(&self) -> Daemon {
        self.start_as("daemon").await
    }

    /// The same, one of several: its log has this name.
    pub(crate) async fn start_as(&self, name: &str) -> Daemon {
        let mut daemon = self.spawn(name, &[]);
        until("the daemon starts", || {
            assert!(daemon.ended().is_none(), "{}", daemon.log());
            daemon.log().contains("started")
        })
        .await;
        daemon
    }

    /// Starts a daemon with more environment, and does not wait for it.
    pub(crate) fn spawn(&self, name: &str, variables: &[(&str, &str)]) -> Daemon {
        let log = self.path(&format!("{name}.log"));
        let file = fs::File::create(&log).unwrap();
        let mut command = self.command(&["run"]);
        command.envs(variables.iter().copied()).stdout(file.try_clone().unwrap()).stderr(file);
        Daemon { child: command.spawn().unwrap(), log }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_pakn-bridge");
        let mut words = self.starter.iter().map(String::as_str).chain([program]).chain(arguments.iter().copied());
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8");
        command.envs(self.secrets.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A running daemon; killed when dropped.
pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// `kill -9`: no chance to save anything.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// `kill -HUP`: look now.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// `kill -STOP`: it stands still wherever it is.
    pub(crate) fn stop(&self) {
        self.signal("-STOP");
    }

    /// `kill -CONT`: it goes on as if nothing had been.
    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// `kill -TERM`: an end that loses nothing.
    pub(crate) fn ask_to_end(&self) {
        self.signal("-TERM");
    }

    /// The same, and the exit code after it drained.
    pub(crate) async fn terminate(mut self) -> i32 {
        self.ask_to_end();
        let mut code = None;
        until("the daemon ends", || {
            code = self.ended();
            code.is_some()
        })
        .await;
        code.and_then(|status| status.code()).unwrap_or(-1)
    }

    /// What it wrote so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Fails only where it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Waits until a condition holds, no longer than a command may take.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(PAUSE).await;
        }
    });
    assert!(waited.await.is_ok(), "waited in vain: {what}");
}
