//! `bridge.toml` as written, checked key by key.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveTime;
use chrono_tz::Tz;
use toml::de::DeTable;

use super::{Config, Hours, Limits, Link, OnGone, Schedules, Secret, Setting, System, read_bounded};
use crate::pure::deadline::{Deadlines, Rule, RuleError, Span};
use crate::pure::document::{Item, Table};
use crate::pure::messages::Language;
use crate::pure::schedule::Schedule;
use crate::pure::sync::rules::Owner;
use crate::pure::sync::selection::{Owners, Pattern, Selection, SelectionRule};
use crate::words::problem::{Codes, Problem, Problems, nearest};
use crate::words::side::{LinkName, Side, Sides, SystemName};
use crate::words::ticket::{Field, FieldInfo, RecordKind};
use crate::words::value::Type;

/// Codes of problems in a config.
const CODES: Codes =
    Codes { syntax: "C001", unknown_key: "C002", wrong_type: "C003", missing_key: "C004", bad_value: "C005" };
/// A name of something that is not in the file, or in it twice.
const NAME: &str = "C006";
/// A secret that can't be had.
const SECRET: &str = "C007";
/// A rule that can never hold.
const NEVER: &str = "C008";
/// A deadline rule.
const DEADLINE: &str = "C009";

/// Most links and systems.
const MAX_LINKS: usize = 100;
/// Longest name of a link or system.
const MAX_NAME_BYTES: usize = 40;
/// Largest file that holds a secret, bytes.
const MAX_SECRET_BYTES: u64 = 64 * 1024;
/// Most calls in a second, and at once.
const MAX_RATE: u64 = 10_000;
/// Longest time limit of a call.
const MAX_TIMEOUT: Duration = Duration::from_secs(300);

type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

pub(super) fn config(file: &Path, text: &str, env: Env<'_>) -> Result<Config, Vec<Problem>> {
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
    let reader = Reader { dir: file.parent().unwrap_or(Path::new("")), env };
    let config = reader.root(file, &root, &mut problems);
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(problems.into_vec()),
    }
}

struct Reader<'e> {
    dir: &'e Path,
    env: Env<'e>,
}

impl Reader<'_> {
    fn root(&self, file: &Path, root: &Table<'_>, problems: &mut Problems<'_>) -> Option<Config> {
        let language = root
            .get("language")
            .and_then(|item| item.word(problems, &[("vi", Language::Vi), ("en", Language::En)]))
            .unwrap_or_default();
        let zone = self.section(root, "time", problems, |table, problems| zone(table, problems));
        let zone = zone.flatten().unwrap_or(Tz::Asia__Ho_Chi_Minh);
        let store = self.paths(root, "store", &[("path", "bridge.db"), ("spool", "spool")], problems);
        let report = self.paths(root, "report", &[("dir", "reports")], problems);
        let schedule = schedules(root, zone, problems);
        let deadlines = deadlines(root, zone, problems);
        let systems = self.systems(root, problems);
        let links = links(root, &systems, problems);
        root.finish(problems);
        let [store, spool] = store.try_into().ok()?;
        let [reports] = report.try_into().ok()?;
        let systems = systems.into_iter().filter_map(|(name, system)| Some((name, system?))).collect();
        Some(Config {
            file: file.to_owned(),
            language,
            store,
            spool,
            reports,
            zone,
            schedule: schedule?,
            deadlines: deadlines?,
            systems,
            links,
        })
    }

    /// Reads a section that may be missing, and reports what is unknown in it.
    fn section<T>(
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

    /// A section of paths, each with its default.
    fn paths(&self, root: &Table<'_>, name: &str, keys: &[(&str, &str)], problems: &mut Problems<'_>) -> Vec<PathBuf> {
        let written = self.section(root, name, problems, |table, problems| {
            keys.iter().map(|(key, _)| table.str(key, problems)).map(|text| text.map(str::to_owned)).collect::<Vec<_>>()
        });
        let mut written = written.unwrap_or_default().into_iter();
        keys.iter().map(|(_, usual)| self.dir.join(written.next().flatten().as_deref().unwrap_or(usual))).collect()
    }

    /// The systems; `None` for one that has problems, so that links to it are not reported as well.
    fn systems(&self, root: &Table<'_>, problems: &mut Problems<'_>) -> BTreeMap<SystemName, Option<System>> {
        let Some(table) = root.need("system", problems).and_then(|item| item.table(problems)) else {
            return BTreeMap::new();
        };
        let mut systems = BTreeMap::new();
        for (name, span, item) in table.members().into_iter().take(MAX_LINKS) {
            check_name(name, &span, problems);
            let system = item.table(problems).and_then(|table| self.system(&table, problems));
            systems.insert(SystemName::from(name), system);
        }
        systems
    }

    fn system(&self, table: &Table<'_>, problems: &mut Problems<'_>) -> Option<System> {
        let mapping = table.need("mapping", problems).and_then(|item| item.str(problems));
        let settings = table.table("setting", problems).map(|table| self.settings(&table, problems));
        let limits = self.section(table, "limit", problems, limits);
        table.finish(problems);
        Some(System {
            mapping: self.dir.join(mapping?),
            settings: settings.unwrap_or_default(),
            limits: limits.unwrap_or_default(),
        })
    }

    fn settings(&self, table: &Table<'_>, problems: &mut Problems<'_>) -> BTreeMap<String, Setting> {
        let mut settings = BTreeMap::new();
        for (name, _, item) in table.members() {
            let setting = match item.value.as_table() {
                Some(_) => self.secret(&item, problems).map(|text| Setting::Secret(Secret::new(text))),
                None => item.str(problems).map(|text| Setting::Plain(text.to_owned())),
            };
            if let Some(setting) = setting {
                settings.insert(name.to_owned(), setting);
            }
        }
        settings
    }

    /// `{ env = "NAME" }` or `{ file = "PATH" }`.
    fn secret(&self, item: &Item<'_>, problems: &mut Problems<'_>) -> Option<String> {
        let table = item.table(problems)?;
        let (env, file) = (table.get("env"), table.get("file"));
        table.finish(problems);
        match (env, file) {
            (Some(env), None) => {
                let name = env.str(problems)?;
                let value = (self.env)(name).filter(|value| !value.is_empty());
                if value.is_none() {
                    let message = format!("the environment has no `{name}`");
                    problems.say(SECRET, &env.span, message, "set it before starting, or write { file = \"…\" }");
                }
                value
            }
            (None, Some(file)) => match read_bounded(&self.dir.join(file.str(problems)?), MAX_SECRET_BYTES) {
                Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
                Err(error) => {
                    let mend = "write the path of a readable file, relative to this one";
                    problems.say(SECRET, &file.span, format!("the secret can't be read: {error}"), mend);
                    None
                }
            },
            _ => {
                let mend = "write { env = \"NAME\" } or { file = \"PATH\" }";
                problems.say(CODES.bad_value, &item.span, "a secret comes from one place", mend);
                None
            }
        }
    }
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

fn limits(table: &Table<'_>, problems: &mut Problems<'_>) -> Limits {
    let usual = Limits::default();
    let mut number = |key: &str, least: u64| {
        let item = table.get(key)?;
        let number = item.number(problems)?;
        if !(least..=MAX_RATE).contains(&number) {
            let mend = format!("write a number from {least} to {MAX_RATE}");
            problems.say(CODES.bad_value, &item.span, format!("`{key}` can't be {number}"), mend);
            return None;
        }
        Some(number)
    };
    let rate = number("rate", 0).and_then(|rate| u32::try_from(rate).ok());
    let concurrency = number("concurrency", 1).and_then(|count| usize::try_from(count).ok());
    let timeout = table.get("timeout").and_then(|item| {
        let timeout = item.duration(problems)?;
        if timeout.is_zero() || timeout > MAX_TIMEOUT {
            problems.say(CODES.bad_value, &item.span, "a call takes from 1 ms to 5 minutes", "write e.g. \"30s\"");
        }
        Some(timeout)
    });
    let hours = table.get("hours").and_then(|item| {
        let hours = parse_hours(item.str(problems)?);
        if hours.is_none() {
            problems.say(CODES.bad_value, &item.span, "not a part of the day", "write e.g. \"07:00-22:00\"");
        }
        hours
    });
    Limits {
        per_second: rate.unwrap_or(usual.per_second),
        concurrency: concurrency.unwrap_or(usual.concurrency),
        timeout: timeout.unwrap_or(usual.timeout),
        hours,
    }
}

/// `07:00-22:00`, `22:00-05:00`, `00:00-24:00`.
fn parse_hours(text: &str) -> Option<Hours> {
    let (from, to) = text.split_once('-')?;
    let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
    let to = if to.trim() == "24:00" { None } else { Some(time(to)?) };
    Some(Hours { from: time(from)?, to }).filter(|hours| Some(hours.from) != hours.to)
}

fn links(root: &Table<'_>, systems: &BTreeMap<SystemName, Option<System>>, problems: &mut Problems<'_>) -> Vec<Link> {
    let tables = root.tables("link", problems);
    if tables.is_empty() {
        problems.say(CODES.missing_key, &(0..1), "no link: nothing would be synced", "add a `[[link]]`");
    }
    let mut links: Vec<Link> = Vec::new();
    for table in tables.iter().take(MAX_LINKS) {
        let Some((name, ends)) = link_ends(table, systems, problems) else {
            continue;
        };
        let twin = links.iter().find(|other| other.name == name || other.systems == ends);
        if let Some(twin) = twin {
            let message = format!("link `{}` has this name or joins the same two systems", twin.name);
            problems.say(NAME, &table.span, message, "give each link its own name, and join two systems once");
        }
        let selection =
            Sides { province: selection(table, "up", problems), national: selection(table, "down", problems) };
        if selection.province.rules.is_empty() && selection.national.rules.is_empty() {
            let mend = "add `up = [ { } ]` or `down = [ { } ]` with the rules that select tickets";
            problems.say(NEVER, &table.span, "this link selects nothing", mend);
        }
        let owners = table.table("owner", problems).map(|table| owners(&table, problems)).unwrap_or_default();
        let on_gone = table
            .get("on_gone")
            .and_then(|item| item.word(problems, &[("keep", OnGone::Keep), ("close", OnGone::Close)]))
            .unwrap_or_default();
        table.finish(problems);
        links.push(Link { name, systems: ends, selection, owners, on_gone });
    }
    links
}

fn link_ends(
    table: &Table<'_>,
    systems: &BTreeMap<SystemName, Option<System>>,
    problems: &mut Problems<'_>,
) -> Option<(LinkName, Sides<SystemName>)> {
    let name = table.need("name", problems).and_then(|item| {
        let name = item.str(problems)?;
        check_name(name, &item.span, problems);
        Some(LinkName::from(name))
    });
    let mut end = |key: &str| {
        let item = table.need(key, problems)?;
        let name = SystemName::from(item.str(problems)?);
        if !systems.contains_key(&name) {
            let mend = nearest(name.as_str(), systems.keys().map(SystemName::as_str))
                .map_or_else(|| format!("add `[system.{name}]`"), did_you_mean);
            problems.say(NAME, &item.span, format!("there is no system `{name}`"), mend);
        }
        Some(name)
    };
    let (province, national) = (end("province"), end("national"));
    let ends = Sides { province: province?, national: national? };
    if ends.province == ends.national {
        problems.say(NAME, &table.span, "a link joins two different systems", "name the national system");
    }
    Some((name?, ends))
}

/// `[ { kind = ["feedback"], agency = "H19*", not = { field = ["land"] } } ]`
fn selection(table: &Table<'_>, key: &str, problems: &mut Problems<'_>) -> Selection {
    let rules = table.tables(key, problems).into_iter().map(|rule| {
        let excludes = rule.table("not", problems).map(|table| conditions(&table, problems)).unwrap_or_default();
        SelectionRule { fits: conditions(&rule, problems), excludes }
    });
    Selection { rules: rules.collect() }
}

fn conditions(table: &Table<'_>, problems: &mut Problems<'_>) -> BTreeMap<Field, Vec<Pattern>> {
    let mut conditions = BTreeMap::new();
    for (name, span, item) in table.members() {
        if name == "not" {
            continue;
        }
        let Some(info) = RecordKind::Ticket.field(name) else {
            unknown_field(name, &span, RecordKind::Ticket.fields(), problems);
            continue;
        };
        let mut patterns = Vec::new();
        for item in item.one_or_list() {
            let Some(text) = item.str(problems) else { continue };
            let pattern = Pattern::parse(text);
            check_reachable(info, text, &pattern, &item.span, problems);
            patterns.push(pattern);
        }
        if patterns.is_empty() {
            let mend = "list the values, or remove the field";
            problems.say(NEVER, &item.span, format!("`{name}` without a value fits no ticket"), mend);
        }
        conditions.insert(info.field(), patterns);
    }
    conditions
}

/// A coded field has one of its words, or none.
fn check_reachable(info: &FieldInfo, text: &str, pattern: &Pattern, span: &Range<usize>, problems: &mut Problems<'_>) {
    let Type::Code(words) = info.kind else { return };
    if text.is_empty() || words.iter().any(|word| pattern.fits_word(word)) {
        return;
    }
    let mend = nearest(text, words.iter().copied())
        .map_or_else(|| format!("`{}` is one of: {}", info.name, words.join(", ")), did_you_mean);
    problems.say(NEVER, span, format!("`{}` is never `{text}`", info.name), mend);
}

/// `content = "province"`, `"reply.text" = "national"`, `default = "person"`.
fn owners(table: &Table<'_>, problems: &mut Problems<'_>) -> Owners {
    let words =
        [("province", Owner::Of(Side::Province)), ("national", Owner::Of(Side::National)), ("person", Owner::Person)];
    let mut owners = Owners::default();
    for (name, span, item) in table.members() {
        let Some(owner) = item.word(problems, &words) else { continue };
        if name == "default" {
            owners.default = owner;
            continue;
        }
        let (kind, field) = match name.split_once('.') {
            Some((kind, field)) => (RecordKind::ALL.into_iter().find(|known| known.as_str() == kind), field),
            None => (Some(RecordKind::Ticket), name),
        };
        match kind.and_then(|kind| Some((kind, kind.field(field)?.field()))) {
            Some(key) => {
                owners.fields.insert(key, owner);
            }
            None => unknown_field(field, &span, kind.unwrap_or(RecordKind::Ticket).fields(), problems),
        }
    }
    owners
}

fn unknown_field(name: &str, span: &Range<usize>, known: &[FieldInfo], problems: &mut Problems<'_>) {
    let names: Vec<&str> = known.iter().map(|info| info.name).collect();
    let mend =
        nearest(name, names.iter().copied()).map_or_else(|| format!("fields are: {}", names.join(", ")), did_you_mean);
    problems.say(CODES.unknown_key, span, format!("there is no field `{name}`"), mend);
}

fn check_name(name: &str, span: &Range<usize>, problems: &mut Problems<'_>) {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.chars().all(is_plain) {
        let mend = format!("use a-z, 0-9, - and _, at most {MAX_NAME_BYTES} of them");
        problems.say(NAME, span, format!("`{name}` can't be a name here"), mend);
    }
}

fn did_you_mean(near: &str) -> String {
    format!("did you mean `{near}`?")
}
