//! The door to `bridge.toml`: from text to a checked [`Config`], every problem at once.
//!
//! Reads files and the environment that the file names; opens no connection, reads no mapping file, decides nothing.
//! Paths are relative to the config file. Secrets stand in the environment, in files or in
//! the service's credentials, never in the text.

mod links;
mod parse;
mod secret;
mod systems;
#[cfg(test)]
mod tests;
mod way;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveTime;
use chrono_tz::Tz;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::pure::deadline::Deadlines;
use crate::pure::messages::Language;
use crate::pure::schedule::Schedule;
use crate::pure::sync::selection::{Owners, Selection};
use crate::words::hex::hex;
use crate::words::problem::Problem;
use crate::words::secret::Secret;
use crate::words::side::{LinkName, Sides, SystemName};
use crate::words::ticket::Field;
use crate::words::ticket::RecordKind;
use crate::words::way::Way;

pub use secret::Setting;

/// Largest config file, bytes.
const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

/// Why there is no config.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not what it must be.
    #[error("the config has {} problem(s)", .0.len())]
    Problems(Vec<Problem>),
}

/// A checked config.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that it came from.
    pub file: PathBuf,
    /// Language of reports and messages, where the command line does not say.
    pub language: Language,
    /// Whom those who run the systems may ask about our calls: an address of mail or the web.
    pub contact: Option<String>,
    /// Where the state is kept.
    pub store: Place,
    /// How long a write in hand is its daemon's. Where only one daemon works on the state, a restart does not wait for it.
    pub lease: Duration,
    /// How long the database is waited for: for a lock on it, for a connection, for an answer.
    pub patience: Duration,
    /// Connections of one process to a database server.
    pub connections: u32,
    /// Where attachments rest between the two sides.
    pub spool: PathBuf,
    /// Where reports are kept.
    pub reports: PathBuf,
    /// Who issues reports, the superior body first.
    pub issuer: Vec<String>,
    /// Names of agencies by code, for reports.
    pub agencies: BTreeMap<String, String>,
    /// The province's time zone.
    pub zone: Tz,
    /// Where systems may tell by themselves that tickets changed.
    pub hooks: Option<Hooks>,
    /// When what is done.
    pub schedule: Schedules,
    /// When tickets must be answered.
    pub deadlines: Deadlines,
    /// Remote systems by name.
    pub systems: BTreeMap<SystemName, System>,
    /// Links, in the order of the file.
    pub links: Vec<Link>,
}

/// Where the state is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this SQLite file.
    File(PathBuf),
    /// In the PostgreSQL database of this URL, which holds a password.
    Server(Secret),
}

/// Where systems may tell by themselves that tickets changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hooks {
    /// Where they are listened to.
    pub listen: SocketAddr,
    /// Most tickets that wait to be read.
    pub queue: u32,
}

/// When what is done.
#[derive(Debug, Clone)]
pub struct Schedules {
    /// List what changed, and push.
    pub sync: Schedule,
    /// List everything.
    pub full: Schedule,
    /// Reconcile and report.
    pub report: Schedule,
}

/// One remote system.
#[derive(Debug, Clone)]
pub struct System {
    /// Its mapping file.
    pub mapping: PathBuf,
    /// Inputs that the mapping declares.
    pub settings: BTreeMap<String, Setting>,
    /// How hard it may be worked.
    pub limits: Limits,
    /// How calls get there.
    pub way: Way,
}

impl System {
    /// The settings as plain texts, as a mapping takes them. Holds secrets: not for showing.
    #[must_use]
    pub fn setting_texts(&self) -> BTreeMap<String, String> {
        self.settings.iter().map(|(name, setting)| (name.clone(), setting.reveal().to_owned())).collect()
    }
}

/// How hard a system may be worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most calls that begin in a second; 0 for any number.
    pub per_second: u32,
    /// Most calls at once.
    pub concurrency: usize,
    /// For one call.
    pub timeout: Duration,
    /// Local time of day in which it may be called; always where `None`.
    pub hours: Option<Hours>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_second: 20, concurrency: 4, timeout: Duration::from_secs(30), hours: None }
    }
}

/// A part of the day; past midnight where it ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// First moment inside.
    pub from: NaiveTime,
    /// First moment outside; `None` for the end of the day.
    pub to: Option<NaiveTime>,
}

impl Hours {
    /// Whether a local time of day is inside.
    #[must_use]
    pub fn contain(&self, time: NaiveTime) -> bool {
        match self.to {
            None => self.from <= time,
            Some(to) if self.from <= to => self.from <= time && time < to,
            Some(to) => self.from <= time || time < to,
        }
    }
}

/// One link between the province's system and a national one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its name.
    pub name: LinkName,
    /// The systems at its ends.
    pub systems: Sides<SystemName>,
    /// What it takes from each side: `selection.province` goes up, `selection.national` comes down.
    pub selection: Sides<Selection>,
    /// Whose value stands where both sides changed a field.
    pub owners: Owners,
    /// What happens here when a ticket is gone there.
    pub on_gone: OnGone,
    /// Fields that it names and no ticket has by itself, with what is wrong unless a mapping declares them.
    pub declared: Vec<((RecordKind, Field), Problem)>,
    /// What is wrong with the link where a field loses something on its way and has no owner: only the mappings tell.
    pub unowned: Option<Problem>,
}

impl Link {
    /// Digest of the selection: a ticket that was judged by another is judged again.
    #[must_use]
    pub fn hash(&self) -> String {
        let text = serde_json::to_vec(&self.selection).unwrap_or_default();
        hex(&Sha256::digest(text))
    }
}

/// What happens to a ticket that is gone on the other side. Nothing is ever deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnGone {
    /// Nothing.
    #[default]
    Keep,
    /// It is closed.
    Close,
}

impl Config {
    /// Reads and checks a config file. `env` looks up a variable of the environment.
    ///
    /// # Errors
    /// Where the file can't be read, or with everything that is wrong in it.
    pub fn load(file: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text = read_config(file)?;
        Self::parse(file, &text, env).map_err(ConfigError::Problems)
    }

    /// The same for commands that call no system: their secrets are left empty, so that whoever looks at the state
    /// needs none but the database's own.
    ///
    /// # Errors
    /// Where the file can't be read, or with everything else that is wrong in it.
    pub fn load_without_secrets(file: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text = read_config(file)?;
        parse::config(file, &text, env, parse::Wanted::Store).map_err(ConfigError::Problems)
    }

    /// Checks the text of a config file; `file` says what its paths are relative to.
    ///
    /// # Errors
    /// Everything that is wrong in it.
    pub fn parse(file: &Path, text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        parse::config(file, text, env, parse::Wanted::All)
    }

    /// Which systems each link joins.
    #[must_use]
    pub fn link_systems(&self) -> BTreeMap<LinkName, Sides<SystemName>> {
        self.links.iter().map(|link| (link.name.clone(), link.systems.clone())).collect()
    }
}

fn read_config(file: &Path) -> Result<String, ConfigError> {
    read_bounded(file, MAX_CONFIG_BYTES).map_err(|source| ConfigError::Unreadable { path: file.to_owned(), source })
}

/// Reads a text file of at most so many bytes.
///
/// # Errors
/// Where it cannot be read, is longer, or is not UTF-8.
pub fn read_bounded(path: &Path, limit: u64) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(limit + 1).read_to_string(&mut text)?;
    if text.len() as u64 > limit {
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, format!("larger than {limit} bytes")));
    }
    Ok(text)
}

impl fmt::Display for OnGone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keep => "keep",
            Self::Close => "close",
        })
    }
}
