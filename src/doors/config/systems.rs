//! `[system.NAME]`: the remote systems of a config, and how hard they may be worked.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::NaiveTime;

use super::parse::{CODES, MAX_LINKS, Reader, Wanted, check_name};
use super::{Hours, Limits, Setting, System};
use crate::pure::document::{Item, Table};
use crate::words::problem::Problems;
use crate::words::secret::Secret;
use crate::words::side::SystemName;

/// Most calls in a second, and at once.
const MAX_RATE: u64 = 10_000;
/// Longest time limit of a call.
const MAX_TIMEOUT: Duration = Duration::from_secs(300);

impl Reader<'_> {
    /// The systems; `None` for one that has problems, so that links to it are not reported as well.
    pub(super) fn systems(
        &self,
        root: &Table<'_>,
        problems: &mut Problems<'_>,
    ) -> BTreeMap<SystemName, Option<System>> {
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
        let way = self.way(table, problems);
        table.finish(problems);
        Some(System {
            mapping: self.dir.join(mapping?),
            settings: settings.unwrap_or_default(),
            limits: limits.unwrap_or_default(),
            way,
        })
    }

    fn settings(&self, table: &Table<'_>, problems: &mut Problems<'_>) -> BTreeMap<String, Setting> {
        let mut settings = BTreeMap::new();
        for (name, _, item) in table.members() {
            let setting = match item.value.as_table() {
                Some(_) => self.secret_of_system(&item, problems).map(Setting::Secret),
                None => item.str(problems).map(|text| Setting::Plain(text.to_owned())),
            };
            if let Some(setting) = setting {
                settings.insert(name.to_owned(), setting);
            }
        }
        settings
    }

    /// A secret of a system, left empty where no system is called.
    pub(super) fn secret_of_system(&self, item: &Item<'_>, problems: &mut Problems<'_>) -> Option<Secret> {
        match self.wanted {
            Wanted::Store => Some(Secret::new(String::new())),
            Wanted::All => self.secret(item, problems),
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
