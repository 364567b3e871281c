//! `bridge.toml` as written, checked key by key.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
use toml::de::DeTable;

use super::links::links;
use super::{Config, Hooks, Place, Schedules};
use crate::pure::deadline::{Deadlines, Rule, RuleError, Span};
use crate::pure::document::{Item, Table};
use crate::pure::messages::Language;
use crate::pure::schedule::Schedule;
use crate::words::limits::MAX_HINTS;
use crate::words::problem::{Codes, Problem, Problems, nearest};

/// Codes of problems in a config.
pub(super) const CODES: Codes =
    Codes { syntax: "C001", unknown_key: "C002", wrong_type: "C003", missing_key: "C004", bad_value: "C005" };
/// A name of something that is not in the file, or in it twice.
pub(super) const NAME: &str = "C006";
/// A secret that can't be had.
pub(super) const SECRET: &str = "C007";
/// A rule that can never hold.
pub(super) const NEVER: &str = "C008";
/// A deadline rule.
const DEADLINE: &str = "C009";
/// A field that loses something on its way, and whose value stands is not said.
pub(super) const UNOWNED: &str = "C010";

/// Tickets that wait to be read, where nothing else is said.
const QUEUE: u32 = 1_000;
/// Longest contact.
const MAX_CONTACT_BYTES: usize = 200;
/// Most links and systems.
pub(super) const MAX_LINKS: usize = 100;
/// Longest name of a link or system.
const MAX_NAME_BYTES: usize = 40;

/// How long a write in hand is its daemon's, where nothing else is said, and how short and long that may be.
const LEASE: Duration = Duration::from_secs(3600);
const LEASES: RangeInclusive<Duration> = Duration::from_secs(4)..=Duration::from_secs(24 * 3600);
/// How long the database is waited for, where nothing else is said, and how short and long that may be.
const PATIENCE: Duration = Duration::from_secs(20);
const PATIENCES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(600);
/// Connections to a database server, where nothing else is said, and most of them.
const CONNECTIONS: u32 = 8;
const MAX_CONNECTIONS: u64 = 200;

/// Folder in the spool that is ours alone: it is removed with everything in it at each start.
const OWN_SPOOL: &str = "pakn-bridge-spool";

/// Looks up a variable of the environment.
pub(super) type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Which secrets are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All.
    All,
    /// The database's; those of the systems are left empty.
    Store,
}

pub(super) fn config(file: &Path, text: &str, env: Env<'_>, wanted: Wanted) -> Result<Config, Vec<Problem>> {
    let name = file.display().to_string();
    let mut problems = Problems::new(&name, text, &CODES);
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            problems.say(CODES.syntax, &span, error.message(), "write it as TOML (toml.io)");
            return Err(problems.into_vec());
        }
    };
    let root = Table::root(&document);
    let reader = Reader { dir: file.parent().unwrap_or(Path::new("")), env, wanted };
    let config = reader.root(file, &root, &mut problems);
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(problems.into_vec()),
    }
}

/// The section `[store]`.
struct Stored {
    place: Option<Place>,
    spool: PathBuf,
    lease: Duration,
    patience: Duration,
    connections: u32,
}

pub(super) struct Reader<'e> {
    pub(super) dir: &'e Path,
    pub(super) env: Env<'e>,
    pub(super) wanted: Wanted,
}

impl Reader<'_> {
    fn root(&self, file: &Path, root: &Table<'_>, problems: &mut Problems<'_>) -> Option<Config> {
        let language = root
            .get("language")
            .and_then(|item| item.word(problems, &[("vi", Language::Vi), ("en", Language::En)]))
            .unwrap_or_default();
        let contact = contact(root, problems);
        let zone = self.section(root, "time", problems, zone);
        let zone = zone.flatten().unwrap_or(Tz::Asia__Ho_Chi_Minh);
        let store = self.section(root, "store", problems, |table, problems| self.store(table, problems));
        let store = store.unwrap_or_else(|| Stored {
            place: Some(self.file(None)),
            spool: self.dir.join("spool"),
            lease: LEASE,
            patience: PATIENCE,
            connections: CONNECTIONS,
        });
        let report = self.section(root, "report", problems, report).unwrap_or_default();
        let hooks = root.table("hooks", problems).map(|table| hooks(&table, problems));
        let schedule = schedules(root, zone, problems);
        let deadlines = deadlines(root, zone, problems);
        let systems = self.systems(root, problems);
        let links = links(root, &systems, problems);
        root.finish(problems);
        let systems = systems.into_iter().filter_map(|(name, system)| Some((name, system?))).collect();
        Some(Config {
            file: file.to_owned(),
            language,
            contact,
            store: store.place?,
            lease: store.lease,
            patience: store.patience,
            connections: store.connections,
            spool: store.spool.join(OWN_SPOOL),
            reports: self.dir.join(report.dir.as_deref().unwrap_or("reports")),
            issuer: report.issuer,
            agencies: report.agencies,
            zone,
            hooks: hooks.flatten(),
            schedule: schedule?,
            deadlines: deadlines?,
            systems,
            links,
        })
    }

    /// Reads a section that may be missing, and reports what is unknown in it.
    pub(super) fn section<T>(
        &self,
        root: &Table<'_>,
        name: &str,
        problems: &mut Problems<'_>,
        read: impl FnOnce(&Table<'_>, &mut Problems<'_>) -> T,
    ) -> Option<T> {
        let table = root.table(name, problems)?;
        let value = read(&table, problems);
        table.finish(problems);
        Some(value)
    }

    /// Where the state and the spool are, and how they are used. `path` names an SQLite file; `url` a PostgreSQL database.
    fn store(&self, table: &Table<'_>, problems: &mut Problems<'_>) -> Stored {
        let spool = table.str("spool", problems).unwrap_or("spool");
        let place = match (table.get("path"), table.get("url")) {
            (path, None) => {
                path.map_or_else(|| Some(self.file(None)), |path| path.str(problems).map(|path| self.file(Some(path))))
            }
            (None, Some(url)) => self.server(&url, problems),
            (Some(_), Some(url)) => {
                problems.say(CODES.bad_value, &url.span, "the state is kept in one place", "keep `path` or `url`");
                None
            }
        };
        let mut duration = |key: &str, allowed: RangeInclusive<Duration>, says: &str, mend: &str| {
            let item = table.get(key)?;
            let duration = item.duration(problems)?;
            if !allowed.contains(&duration) {
                problems.say(CODES.bad_value, &item.span, says, mend);
            }
            Some(duration)
        };
        let lease = duration("lease", LEASES, "a lease is from 4 seconds to a day", "write e.g. \"1h\"");
        let patience = duration(
            "patience",
            PATIENCES,
            "the database is waited for from 1 second to 10 minutes",
            "write e.g. \"20s\"",
        );
        let connections = table.get("connections").and_then(|item| {
            let number = item.number(problems)?;
            if !(1..=MAX_CONNECTIONS).contains(&number) {
                let mend = format!("write a number from 1 to {MAX_CONNECTIONS}");
                problems.say(CODES.bad_value, &item.span, format!("`connections` can't be {number}"), mend);
            }
            u32::try_from(number).ok()
        });
        Stored {
            place,
            spool: self.dir.join(spool),
            lease: lease.unwrap_or(LEASE),
            patience: patience.unwrap_or(PATIENCE),
            connections: connections.unwrap_or(CONNECTIONS),
        }
    }

    fn file(&self, path: Option<&str>) -> Place {
        Place::File(self.dir.join(path.unwrap_or("bridge.db")))
    }

    /// `url = { env = "NAME" }`: it holds a password, so it never stands in the text.
    fn server(&self, item: &Item<'_>, problems: &mut Problems<'_>) -> Option<Place> {
        let secret = self.secret(item, problems)?;
        let is_postgres =
            url::Url::parse(secret.reveal()).is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql"));
        if !is_postgres {
            let mend = "give it a URL like postgres://USER:PASSWORD@HOST/DATABASE";
            problems.say(CODES.bad_value, &item.span, "what stands there is no PostgreSQL URL", mend);
        }
        is_postgres.then_some(Place::Server(secret))
    }
}

/// `contact`: it stands in a header of each call.
fn contact(root: &Table<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let item = root.get("contact")?;
    let text = item.str(problems)?;
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"()\\".contains(&byte);
    if text.is_empty() || text.len() > MAX_CONTACT_BYTES || !text.bytes().all(fits) {
        let mend = "write one address such as \"pakn@tinh.gov.vn\" or \"https://pakn.tinh.gov.vn\"";
        problems.say(CODES.bad_value, &item.span, "this can't stand in a header", mend);
    }
    Some(text.to_owned())
}

#[derive(Default)]
struct Report {
    dir: Option<String>,
    issuer: Vec<String>,
    agencies: BTreeMap<String, String>,
}

fn report(table: &Table<'_>, problems: &mut Problems<'_>) -> Report {
    let dir = table.str("dir", problems).map(str::to_owned);
    let issuer = table.get("issuer").map(|item| item.strings(problems)).unwrap_or_default();
    let mut agencies = BTreeMap::new();
    if let Some(names) = table.table("agency", problems) {
        for (code, _, item) in names.members() {
            agencies.extend(item.str(problems).map(|name| (code.to_owned(), name.to_owned())));
        }
    }
    Report { dir, issuer, agencies }
}

fn hooks(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Hooks> {
    let listen = table.need("listen", problems).and_then(|item| {
        let address = item.str(problems)?.parse().ok();
        if address.is_none() {
            let mend = "write an address of this machine and a port, such as \"127.0.0.1:8602\"";
            problems.say(CODES.bad_value, &item.span, "nothing can be listened to there", mend);
        }
        address
    });
    let queue = table.get("queue").and_then(|item| {
        let number = item.number(problems)?;
        if !(1..=u64::from(MAX_HINTS)).contains(&number) {
            let mend = format!("write a number from 1 to {MAX_HINTS}");
            problems.say(CODES.bad_value, &item.span, format!("`queue` can't be {number}"), mend);
        }
        u32::try_from(number).ok()
    });
    table.finish(problems);
    Some(Hooks { listen: listen?, queue: queue.unwrap_or(QUEUE) })
}

fn zone(table: &Table<'_>, problems: &mut Problems<'_>) -> Option<Tz> {
    let item = table.get("zone")?;
    let name = item.str(problems)?;
    let zone = name.parse().ok();
    if zone.is_none() {
        let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let mend = nearest(name, names).map_or("write a name like `Asia/Ho_Chi_Minh`".to_owned(), did_you_mean);
        problems.say(CODES.bad_value, &item.span, format!("`{name}` is no time zone"), mend);
    }
    zone
}

fn schedules(root: &Table<'_>, zone: Tz, problems: &mut Problems<'_>) -> Option<Schedules> {
    let table = root.table("schedule", problems);
    let mut read = |key: &str, usual: &str| {
        let Some(item) = table.as_ref().and_then(|table| table.get(key)) else {
            return Schedule::parse(usual, zone).ok();
        };
        let schedule = Schedule::parse(item.str(problems)?, zone);
        if let Err(error) = &schedule {
            let mend = "write it as in crontab, e.g. \"*/5 * * * *\" or \"30 6 * * *\"";
            problems.say(CODES.bad_value, &item.span, error.to_string(), mend);
        }
        schedule.ok()
    };
    let (sync, full, report) = (read("sync", "*/5 * * * *"), read("full", "0 2 * * *"), read("report", "30 6 * * *"));
    if let Some(table) = &table {
        table.finish(problems);
    }
    Some(Schedules { sync: sync?, full: full?, report: report? })
}

fn deadlines(root: &Table<'_>, zone: Tz, problems: &mut Problems<'_>) -> Option<Deadlines> {
    let tables = root.tables("deadline", problems);
    if tables.is_empty() {
        return Some(Deadlines::national(zone));
    }
    let mut rules = Vec::new();
    for table in &tables {
        let count = |key: &str, problems: &mut Problems<'_>| {
            let number = table.get(key)?.number(problems)?;
            Some(u32::try_from(number).unwrap_or(u32::MAX))
        };
        let within = match (count("days", problems), count("hours", problems)) {
            (Some(days), None) => Some(Span::Days(days)),
            (None, Some(hours)) => Some(Span::Hours(hours)),
            _ => None,
        };
        if within.is_none() {
            let mend = "write `days = 20` or `hours = 8`";
            problems.say(DEADLINE, &table.span, "a deadline is so many days, or so many hours", mend);
        }
        let citation = table.need("citation", problems).and_then(|item| item.str(problems));
        let mut when = BTreeMap::new();
        if let Some(fields) = table.table("when", problems) {
            for (name, _, item) in fields.members() {
                when.insert(name.to_owned(), item.str(problems).unwrap_or_default().to_owned());
            }
        }
        table.finish(problems);
        // A rule with problems still counts, so that the places of the others are right.
        rules.push(Rule {
            within: within.unwrap_or(Span::Days(1)),
            citation: citation.unwrap_or("-").to_owned(),
            when,
        });
    }
    match Deadlines::checked(zone, rules) {
        Ok(deadlines) => Some(deadlines),
        Err(errors) => {
            for error in errors {
                let at = match &error {
                    RuleError::Span { index }
                    | RuleError::Citation { index }
                    | RuleError::When { index, .. }
                    | RuleError::Unreachable { index, .. } => *index,
                    RuleError::TooMany => 1,
                };
                let span = tables.get(at - 1).map_or(0..1, |table| table.span.clone());
                problems.say(DEADLINE, &span, error.to_string(), "mend or remove this rule");
            }
            None
        }
    }
}

pub(super) fn check_name(name: &str, span: &Range<usize>, problems: &mut Problems<'_>) {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.chars().all(is_plain) {
        let mend = format!("use a-z, 0-9, - and _, at most {MAX_NAME_BYTES} of them");
        problems.say(NAME, span, format!("`{name}` can't be a name here"), mend);
    }
}

pub(super) fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}
