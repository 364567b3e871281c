//! Walks a TOML document: who asks for a key marks it as known; what nobody asked for is a problem.

use std::cell::RefCell;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problems, code, nearest};

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) value: &'a DeValue<'a>,
    pub(super) span: Range<usize>,
}

/// A table that is being read.
#[derive(Debug)]
pub(super) struct Table<'a> {
    table: &'a DeTable<'a>,
    pub(super) span: Range<usize>,
    known: RefCell<Vec<String>>,
}

impl<'a> Item<'a> {
    pub(super) fn new(spanned: &'a Spanned<DeValue<'a>>) -> Self {
        Self { value: spanned.get_ref(), span: spanned.span() }
    }

    fn wrong<T>(&self, problems: &mut Problems<'_>, wanted: &str) -> Option<T> {
        let found = self.value.type_str();
        problems.say(
            code::WRONG_TYPE,
            &self.span,
            format!("{wanted} was expected, not {found}"),
            format!("write {wanted}"),
        );
        None
    }

    pub(super) fn str(&self, problems: &mut Problems<'_>) -> Option<&'a str> {
        self.value.as_str().or_else(|| self.wrong(problems, "a text in quotes"))
    }

    pub(super) fn bool(&self, problems: &mut Problems<'_>) -> Option<bool> {
        self.value.as_bool().or_else(|| self.wrong(problems, "true or false"))
    }

    pub(super) fn number(&self, problems: &mut Problems<'_>) -> Option<u64> {
        let number = self.value.as_integer().filter(|found| found.radix() == 10);
        number.and_then(|found| found.as_str().parse().ok()).or_else(|| self.wrong(problems, "a whole number"))
    }

    pub(super) fn table(&self, problems: &mut Problems<'_>) -> Option<Table<'a>> {
        let Some(table) = self.value.as_table() else { return self.wrong(problems, "a table") };
        Some(Table { table, span: self.span.clone(), known: RefCell::default() })
    }

    pub(super) fn list(&self, problems: &mut Problems<'_>) -> Option<Vec<Item<'a>>> {
        let Some(list) = self.value.as_array() else { return self.wrong(problems, "a list") };
        Some(list.iter().map(Item::new).collect())
    }

    /// A list, or one value standing for a list of one.
    pub(super) fn one_or_list(&self) -> Vec<Item<'a>> {
        self.value.as_array().map_or_else(|| vec![self.clone()], |list| list.iter().map(Item::new).collect())
    }

    pub(super) fn strings(&self, problems: &mut Problems<'_>) -> Vec<String> {
        self.one_or_list().iter().filter_map(|item| item.str(problems)).map(str::to_owned).collect()
    }

    /// A length of time: `500ms`, `2s`, `5m`, `24h`, `7d`.
    pub(super) fn duration(&self, problems: &mut Problems<'_>) -> Option<Duration> {
        let text = self.str(problems)?;
        let parsed = parse_duration(text);
        if parsed.is_none() {
            let mend = "write a whole number and its unit: \"500ms\", \"2s\", \"5m\", \"24h\", \"7d\"";
            problems.say(code::BAD_VALUE, &self.span, format!("`{text}` is no length of time"), mend);
        }
        parsed
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(&self, problems: &mut Problems<'_>, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.str(problems)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let mend = match nearest(text, all.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of: {}", all.join(", ")),
        };
        problems.say(code::BAD_VALUE, &self.span, format!("`{text}` is not known here"), mend);
        None
    }
}

impl<'a> Table<'a> {
    pub(super) fn root(document: &'a Spanned<DeTable<'a>>) -> Self {
        Self { table: document.get_ref(), span: 0..1, known: RefCell::default() }
    }

    /// The value of a key that may be missing.
    pub(super) fn get(&self, key: &str) -> Option<Item<'a>> {
        self.known.borrow_mut().push(key.to_owned());
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| Item::new(value))
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &str, problems: &mut Problems<'_>) -> Option<Item<'a>> {
        let found = self.get(key);
        if found.is_none() {
            problems.say(code::MISSING_KEY, &self.span, format!("`{key}` is missing"), format!("add `{key} = …`"));
        }
        found
    }

    /// All members, for tables whose keys are names given by the file.
    pub(super) fn members(&self) -> Vec<(&'a str, Range<usize>, Item<'a>)> {
        let members = self.table.iter();
        members.map(|(name, value)| (name.get_ref().as_ref(), name.span(), Item::new(value))).collect()
    }

    pub(super) fn table(&self, key: &str, problems: &mut Problems<'_>) -> Option<Table<'a>> {
        self.get(key)?.table(problems)
    }

    pub(super) fn str(&self, key: &str, problems: &mut Problems<'_>) -> Option<&'a str> {
        self.get(key)?.str(problems)
    }

    pub(super) fn bool(&self, key: &str, problems: &mut Problems<'_>) -> Option<bool> {
        self.get(key)?.bool(problems)
    }

    pub(super) fn duration(&self, key: &str, problems: &mut Problems<'_>) -> Option<Duration> {
        self.get(key)?.duration(problems)
    }

    /// A list of tables.
    pub(super) fn tables(&self, key: &str, problems: &mut Problems<'_>) -> Vec<Table<'a>> {
        let items = self.get(key).and_then(|item| item.list(problems)).unwrap_or_default();
        items.iter().filter_map(|item| item.table(problems)).collect()
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(&self, problems: &mut Problems<'_>) {
        let known = self.known.borrow();
        for (name, span, _) in self.members() {
            if known.iter().any(|known| known == name) {
                continue;
            }
            let mend = match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            problems.say(code::UNKNOWN_KEY, &span, format!("unknown key `{name}`"), mend);
        }
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let seconds = match unit.trim() {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}
