//! `[setting]`: the inputs of a deployment, constants once the file is loaded.

use std::collections::BTreeMap;

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::problem::{code, nearest};
use crate::words::secret::Secret;

/// Where the values come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Given<'a> {
    /// The deployment.
    By(&'a BTreeMap<String, String>),
    /// The file's own examples.
    Examples,
}

/// A setting's value.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) value: Secret,
    pub(super) secret: bool,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Url,
    Zone,
}

impl Loader<'_> {
    pub(super) fn settings(&mut self, root: &Table<'_>, given: Given<'_>) {
        let Some(table) = root.table("setting", &mut self.problems) else { return };
        for (name, span, item) in table.members() {
            self.notes.settings.insert(name.to_owned(), span);
            let Some(setting) = item.table(&mut self.problems) else { continue };
            let kinds = [("text", Kind::Text), ("url", Kind::Url), ("zone", Kind::Zone)];
            let kind = setting.get("type").and_then(|item| item.word(&mut self.problems, &kinds)).unwrap_or(Kind::Text);
            let secret = setting.bool("secret", &mut self.problems).unwrap_or(false);
            let default = setting.str("default", &mut self.problems);
            if let (true, Some(value), Some(item)) = (secret, default, setting.get("default")) {
                self.inline_secret(name, value, &item.span);
            }
            let example = setting.str("example", &mut self.problems);
            setting.str("about", &mut self.problems);
            setting.finish(&mut self.problems);
            let value = match given {
                Given::By(values) => values.get(name).map(String::as_str).or(default),
                Given::Examples => example.or(default),
            };
            let Some(value) = value else {
                let (message, mend) = match given {
                    Given::By(_) => (format!("the setting `{name}` has no value"), "give it where this file is used"),
                    Given::Examples => (format!("the setting `{name}` has no example"), "add `example = \"…\"`"),
                };
                self.problems.say(code::SETTING, &item.span, message, mend);
                // Known by its name, so that its uses are not reported too.
                self.settings.insert(name.to_owned(), Setting { value: Secret::new(String::new()), secret });
                continue;
            };
            if let Some(fault) = fault(kind, value) {
                let message = format!("the setting `{name}`: {fault}");
                self.problems.say(code::SETTING, &item.span, message, "mend its value");
            }
            let value = if matches!(kind, Kind::Url) { value.trim_end_matches('/') } else { value };
            self.settings.insert(name.to_owned(), Setting { value: Secret::new(value.to_owned()), secret });
        }
        if let Given::By(values) = given {
            for unknown in values.keys().filter(|name| !self.settings.contains_key(*name)) {
                if table.members().iter().any(|(name, _, _)| name == unknown) {
                    continue;
                }
                let near = nearest(unknown, table.members().iter().map(|(name, _, _)| *name).collect::<Vec<_>>());
                let mend = near.map_or_else(|| "leave it out".to_owned(), |near| format!("did you mean `{near}`?"));
                let message = format!("a value is given for `{unknown}`, which is no setting of this file");
                self.problems.say(code::SETTING, &table.span, message, mend);
            }
        }
    }

    /// A text with its plain settings filled in.
    pub(in crate::pure::mapping) fn text(&mut self, item: &Item<'_>) -> Option<String> {
        let text = item.str(&mut self.problems)?;
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${setting.") {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                self.problems.say(code::TEMPLATE, &item.span, "`${` without `}`", "close it");
                return None;
            };
            match self.setting(name) {
                Some(setting) if !setting.secret => out.push_str(setting.value.reveal()),
                Some(_) => {
                    let mend = "secrets may stand only in login, headers, query and credential members";
                    self.problems.say(code::SCOPE, &item.span, format!("`{name}` is a secret"), mend);
                    return None;
                }
                None => {
                    self.unknown_setting(name, item);
                    return None;
                }
            }
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }

    /// The setting of this name, which something uses.
    pub(super) fn setting(&mut self, name: &str) -> Option<&Setting> {
        self.notes.used_settings.insert(name.to_owned());
        self.settings.get(name)
    }

    pub(super) fn unknown_setting(&mut self, name: &str, item: &Item<'_>) {
        let near = nearest(name, self.settings.keys().map(String::as_str));
        let mend = near.map_or_else(
            || format!("declare it: `[setting] {name} = {{ type = \"text\" }}`"),
            |near| format!("did you mean `{near}`?"),
        );
        self.notes.unknown_settings = true;
        let span = self.problems.token(&item.span, &format!("${{setting.{name}}}"));
        self.problems.say(code::UNKNOWN_NAME, &span, format!("`{name}` is no setting"), mend);
    }
}

fn fault(kind: Kind, value: &str) -> Option<String> {
    if value.chars().any(char::is_control) {
        return Some("it holds a control character".to_owned());
    }
    match kind {
        Kind::Text => None,
        Kind::Zone => value.parse::<chrono_tz::Tz>().err().map(|_| "no time zone".to_owned()),
        Kind::Url => match url::Url::parse(value) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") => Some("neither http nor https".to_owned()),
            Ok(url) if url.query().is_some() || url.fragment().is_some() => Some("a base has no query".to_owned()),
            Ok(_) => None,
            Err(error) => Some(format!("no URL: {error}")),
        },
    }
}
