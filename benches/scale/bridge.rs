//! What the benchmarks run: the remote systems, the real binary, a PostgreSQL server; each a process of its own.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

/// How often it is asked whether a cycle is over.
const LOOK: Duration = Duration::from_millis(50);
/// What systems sign with that tell by themselves.
pub const HOOK_KEY: &str = "khoa";
/// Calls at once to one system.
pub const CONCURRENCY: usize = 32;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time itself")]
pub fn clock() -> Instant {
    Instant::now()
}

/// Both remote systems, in a process that ends with this.
pub struct Systems {
    process: Child,
    pub province: String,
    pub portal: String,
}

impl Systems {
    pub fn start(tickets: usize, takes: Duration) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["serve", &tickets.to_string(), &takes.as_micros().to_string()]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let (province, portal) = line.trim().split_once(' ').unwrap();
        Self { province: province.into(), portal: portal.into(), process }
    }

    /// What the portal was sent since it was last asked.
    pub async fn taken(&self) -> Vec<Vec<u8>> {
        let all = client().get(format!("{}/taken", self.portal)).send().await.unwrap().bytes().await.unwrap();
        all.split(|byte| *byte == b'\n').filter(|body| !body.is_empty()).map(<[u8]>::to_vec).collect()
    }

    /// How much that is; it stays there.
    pub async fn taken_so_far(&self) -> usize {
        let count = client().get(format!("{}/count", self.portal)).send().await.unwrap().text().await.unwrap();
        count.parse().unwrap()
    }

    /// The province gets so many new tickets.
    pub async fn more(&self, tickets: usize) {
        let call = client().post(format!("{}/more", self.province)).body(tickets.to_string());
        assert!(call.send().await.unwrap().status().is_success());
    }
}

impl Drop for Systems {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// The real binary with a config of its own.
pub struct Bridge {
    folder: TempDir,
    /// Of PostgreSQL; an SQLite file where `None`.
    pub database: Option<String>,
}

impl Bridge {
    /// A link for each pair of systems, polled by a timetable.
    pub fn new(pairs: &[&Systems], database: Option<String>, sync: &str) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let store = if database.is_some() { "url = { env = \"DATABASE\" }" } else { "path = \"bridge.db\"" };
        let mut config = format!("[store]\n{store}\n[schedule]\nsync = \"{sync}\"\nfull = \"0 0 0 1 1 *\"\n");
        for (number, systems) in pairs.iter().enumerate() {
            for (name, url) in [("province", &systems.province), ("portal", &systems.portal)] {
                config += &format!(
                    "[system.{name}-{number}]\nmapping = \"tickets.toml\"\nsetting = {{ url = \"{url}\", key = {{ env = \"HOOK_KEY\" }} }}\n\
                     limit = {{ rate = 0, concurrency = {CONCURRENCY}, timeout = \"10s\" }}\n"
                );
            }
            config += &format!(
                "[[link]]\nname = \"link-{number}\"\nprovince = \"province-{number}\"\n\
                 national = \"portal-{number}\"\nup = [{{}}]\ndown = [{{}}]\n[link.owner]\ndefault = \"province\"\n"
            );
        }
        std::fs::write(folder.path().join("bridge.toml"), config).unwrap();
        std::fs::write(folder.path().join("tickets.toml"), include_str!("tickets.toml")).unwrap();
        Self { folder, database }
    }

    /// The same, told of changes at this port.
    pub fn listening(self, port: u16) -> Self {
        let file = self.folder.path().join("bridge.toml");
        let config = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, format!("{config}[hooks]\nlisten = \"127.0.0.1:{port}\"\n")).unwrap();
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pakn-bridge"));
        command.args(arguments).current_dir(self.folder.path()).env("HOOK_KEY", HOOK_KEY);
        command.envs(self.database.iter().map(|url| ("DATABASE", url)));
        command
    }

    /// Where its state is.
    pub fn store_url(&self) -> String {
        let file = || format!("sqlite://{}", self.folder.path().join("bridge.db").display());
        self.database.clone().unwrap_or_else(file)
    }

    /// Starts the daemon; its first cycle is over when this returns.
    pub fn start(&self) -> Daemon<'_> {
        let process = self.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let daemon = Daemon { process: process.into(), bridge: self };
        daemon.until_done(0);
        daemon
    }

    /// The last run that has ended: its number, and how long it took.
    fn last_run(&self) -> Option<(i64, Duration)> {
        let told = self.command(&["--format", "json", "status"]).output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
        let instant = |at: &serde_json::Value| Some(at.as_str()?.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
        told["runs"].as_array().unwrap().iter().find_map(|run| {
            let took = instant(&run["ended"])? - instant(&run["began"])?;
            Some((run["id"].as_i64().unwrap(), took.to_std().unwrap()))
        })
    }

    /// One whole `sync`: how long it took, and how much CPU.
    pub fn sync(&self) -> (Duration, Duration) {
        let before = cpu("self", 13..15);
        let clock = clock();
        let done = self.command(&["sync"]).output().unwrap();
        let took = clock.elapsed();
        assert!(
            done.status.success(),
            "{}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        (took, cpu("self", 13..15) - before)
    }
}

/// The daemon at work; killed in the end.
pub struct Daemon<'a> {
    process: RefCell<Child>,
    bridge: &'a Bridge,
}

impl Daemon<'_> {
    /// Asks for a cycle; how long it took.
    pub fn cycle(&self) -> Duration {
        let (last, _) = self.bridge.last_run().unwrap();
        assert!(Command::new("kill").args(["-HUP", &self.id()]).status().unwrap().success());
        self.until_done(last)
    }

    /// Waits for a run after this one to end; how long that took.
    fn until_done(&self, last: i64) -> Duration {
        loop {
            match self.bridge.last_run() {
                Some((id, took)) if id > last => return took,
                _ => std::thread::sleep(LOOK),
            }
            assert!(self.process.borrow_mut().try_wait().unwrap().is_none(), "the daemon has ended");
        }
    }

    fn id(&self) -> String {
        self.process.borrow().id().to_string()
    }

    /// CPU time so far.
    pub fn cpu(&self) -> Duration {
        cpu(&self.id(), 11..13)
    }

    /// Memory that it holds, KiB.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        let process = self.process.get_mut();
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

/// CPU time by two counts of a process.
fn cpu(process: &str, counts: std::ops::Range<usize>) -> Duration {
    /// Ticks of the kernel's counts in a second.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let all: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = all[counts].iter().map(|count| count.parse::<f64>().unwrap()).sum();
    Duration::from_secs_f64(ticks / TICKS)
}

/// A PostgreSQL server of the benchmark's own, as durable as one in use; ends with this.
pub struct Postgres {
    home: TempDir,
}

impl Postgres {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn cluster(&self, word: &str) -> String {
        let cluster = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres/cluster");
        let home = self.home.path().join("cluster");
        let mut command = Command::new(cluster);
        let told = command.arg(word).env("PAKN_TEST_POSTGRES_DIR", home).env("PAKN_TEST_POSTGRES_FSYNC", "on").output();
        let told = told.unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        String::from_utf8(told.stdout).unwrap().trim().to_owned()
    }

    /// A database of its own.
    pub async fn database(&self, name: &str) -> String {
        let url = self.cluster("url");
        let mut admin = PgConnection::connect(&url).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
        let (server, _) = url.rsplit_once('/').unwrap();
        format!("{server}/{name}")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.cluster("stop");
    }
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}
