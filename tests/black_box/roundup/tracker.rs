//! One tracker for one test: its own folder, its own port, its own server, gone when dropped.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use super::person::Person;
use crate::program::Program;

/// Name of the tracker in its server's addresses.
const NAME: &str = "pakn";
/// Password of everybody in the tracker.
pub(crate) const PASSWORD: &str = "mat-khau-thu";

/// Where Roundup is installed, once for all tests.
static INSTALLED: LazyLock<PathBuf> = LazyLock::new(|| {
    let out = Command::new(source().join("prepare")).stderr(Stdio::inherit()).output().unwrap();
    assert!(out.status.success(), "tests/roundup/prepare failed");
    PathBuf::from(String::from_utf8(out.stdout).unwrap().lines().last().unwrap())
});

/// Roundup refuses to run as root: then it runs as `nobody`.
static UNPRIVILEGED: LazyLock<Option<(u32, u32)>> = LazyLock::new(|| {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    is_root.then(|| (id_of("-u"), id_of("-g")))
});

fn id_of(which: &str) -> u32 {
    let out = Command::new("id").args([which, "nobody"]).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().parse().unwrap()
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/roundup")
}

/// A running tracker.
pub(crate) struct Tracker {
    client: reqwest::Client,
    server: Program,
}

impl Tracker {
    /// A fresh tracker with nobody's tickets.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with options of its `config.ini` set.
    pub(crate) async fn start_with(options: &[(&str, &str)]) -> Self {
        let client = crate::harness::client();
        let command = |folder: &Path, port: u16| {
            give_away(folder);
            let home = folder.join("tracker");
            install(&home, port, options);
            let mut command = roundup("roundup-server", folder);
            command.args(["-n", "127.0.0.1", "-p", &port.to_string()]).arg(format!("{NAME}={}", home.display()));
            command
        };
        let is_ready = async |port: u16| {
            let asked = client.get(format!("http://127.0.0.1:{port}/{NAME}/rest")).send().await;
            asked.is_ok_and(|answer| answer.status().is_success() || answer.status() == 403)
        };
        let server = Program::start("roundup", command, is_ready).await;
        Self { client, server }
    }

    /// Address of the tracker, without a slash at its end.
    pub(crate) fn url(&self) -> String {
        format!("{}/{NAME}", self.origin())
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }

    /// Somebody with an account.
    pub(crate) fn person(&self, name: &str, password: &str) -> Person {
        Person::new(self.client.clone(), self.url(), self.origin(), Some((name.to_owned(), password.to_owned())))
    }

    /// Somebody without.
    pub(crate) fn nobody(&self) -> Person {
        Person::new(self.client.clone(), self.url(), self.origin(), None)
    }

    /// The operator Nguyễn Thị An.
    pub(crate) fn an(&self) -> Person {
        self.person("an", PASSWORD)
    }

    /// The bridge's own account.
    pub(crate) fn bridge(&self) -> Person {
        self.person("bridge", PASSWORD)
    }
}

/// Classic template, our schema, our first users.
fn install(home: &Path, port: u16, options: &[(&str, &str)]) {
    let folder = home.parent().unwrap();
    let settings = [
        format!("tracker_web=http://127.0.0.1:{port}/{NAME}/"),
        "mail_domain=example.test".to_owned(),
        "mail_host=localhost".to_owned(),
        format!("mail_debug={}", folder.join("mail.txt").display()),
        // Each call logs in anew; a test need not be slow to guess.
        "password_pbkdf2_default_rounds=1000".to_owned(),
    ];
    let mut settings = settings.to_vec();
    settings.extend(options.iter().map(|(name, value)| format!("web_{name}={value}")));
    admin(home, &["install", "classic", "sqlite", &settings.join(",")]);
    for name in ["schema.py", "initial_data.py", "detectors/hotline_number.py"] {
        fs::copy(source().join(name), home.join(name)).unwrap();
    }
    admin(home, &["initialise", PASSWORD]);
}

fn admin(home: &Path, arguments: &[&str]) {
    let out = roundup("roundup-admin", home.parent().unwrap()).arg("-i").arg(home).args(arguments).output().unwrap();
    assert!(out.status.success(), "roundup-admin {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
}

/// One of Roundup's programs, never as root.
fn roundup(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(INSTALLED.join("bin").join(program));
    command.env_clear().env("HOME", folder).env("TMPDIR", folder).env("TRACKER_PASSWORD", PASSWORD);
    command.env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8").current_dir(folder).stdin(Stdio::null());
    if let Some((user, group)) = *UNPRIVILEGED {
        command.uid(user).gid(group);
    }
    command
}

fn give_away(folder: &Path) {
    if let Some((user, group)) = *UNPRIVILEGED {
        chown(folder, Some(user), Some(group)).unwrap();
    }
}
