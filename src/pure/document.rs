//! Walks a TOML document: who asks for a key marks it as known; what nobody asked for is a problem.

use std::cell::RefCell;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::words::problem::{Problems, nearest};

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    pub value: &'a DeValue<'a>,
    pub span: Range<usize>,
}

/// A table that is being read.
#[derive(Debug)]
pub struct Table<'a> {
    table: &'a DeTable<'a>,
    pub span: Range<usize>,
    known: RefCell<Vec<String>>,
}

impl<'a> Item<'a> {
    pub fn new(spanned: &'a Spanned<DeValue<'a>>) -> Self {
        Self { value: spanned.get_ref(), span: spanned.span() }
    }

    fn wrong<T>(&self, problems: &mut Problems<'_>, wanted: &str) -> Option<T> {
        let found = self.value.type_str();
        problems.say(
            problems.codes.wrong_type,
            &self.span,
            format!("{wanted} was expected, not {found}"),
            format!("write {wanted}"),
        );
        None
    }

    pub fn str(&self, problems: &mut Problems<'_>) -> Option<&'a str> {
        self.value.as_str().or_else(|| self.wrong(problems, "a text in quotes"))
    }

    pub fn bool(&self, problems: &mut Problems<'_>) -> Option<bool> {
        self.value.as_bool().or_else(|| self.wrong(problems, "true or false"))
    }

    pub fn number(&self, problems: &mut Problems<'_>) -> Option<u64> {
        let number = self.value.as_integer().filter(|found| found.radix() == 10);
        number.and_then(|found| found.as_str().parse().ok()).or_else(|| self.wrong(problems, "a whole number"))
    }

    pub fn table(&self, problems: &mut Problems<'_>) -> Option<Table<'a>> {
        let Some(table) = self.value.as_table() else { return self.wrong(problems, "a table") };
        Some(Table { table, span: self.span.clone(), known: RefCell::default() })
    }

    pub fn list(&self, problems: &mut Problems<'_>) -> Option<Vec<Item<'a>>> {
        let Some(list) = self.value.as_array() else { return self.wrong(problems, "a list") };
        Some(list.iter().map(Item::new).collect())
    }

    /// A list, or one value standing for a list of one.
    pub fn one_or_list(&self) -> Vec<Item<'a>> {
        self.value.as_array().map_or_else(|| vec![self.clone()], |list| list.iter().map(Item::new).collect())
    }

    pub fn strings(&self, problems: &mut Problems<'_>) -> Vec<String> {
        self.one_or_list().iter().filter_map(|item| item.str(problems)).map(str::to_owned).collect()
    }

    /// A length of time: `500ms`, `2s`, `5m`, `24h`, `7d`.
    pub fn duration(&self, problems: &mut Problems<'_>) -> Option<Duration> {
        let text = self.str(problems)?;
        let parsed = parse_duration(text);
        if parsed.is_none() {
            let mend = "write a whole number and its unit: \"500ms\", \"2s\", \"5m\", \"24h\", \"7d\"";
            problems.say(problems.codes.bad_value, &self.span, format!("`{text}` is no length of time"), mend);
        }
        parsed
    }

    /// One of some words.
    pub fn word<T: Copy>(&self, problems: &mut Problems<'_>, words: &[(&'static str, T)]) -> Option<T> {
        #[cfg(test)]
        recorder::words(self.value, words.iter().map(|(word, _)| *word));
        let text = self.str(problems)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let mend = match nearest(text, all.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of: {}", all.join(", ")),
        };
        problems.say(problems.codes.bad_value, &self.span, format!("`{text}` is not known here"), mend);
        None
    }
}

impl<'a> Table<'a> {
    pub fn root(document: &'a Spanned<DeTable<'a>>) -> Self {
        Self { table: document.get_ref(), span: 0..1, known: RefCell::default() }
    }

    /// The value of a key that may be missing.
    pub fn get(&self, key: &str) -> Option<Item<'a>> {
        #[cfg(test)]
        recorder::key(self.table, key);
        self.known.borrow_mut().push(key.to_owned());
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| Item::new(value))
    }

    /// The value of a key that must be there.
    pub fn need(&self, key: &str, problems: &mut Problems<'_>) -> Option<Item<'a>> {
        #[cfg(test)]
        recorder::need(self.table, key);
        let found = self.get(key);
        if found.is_none() {
            problems.say(
                problems.codes.missing_key,
                &self.span,
                format!("`{key}` is missing"),
                format!("add `{key} = …`"),
            );
        }
        found
    }

    /// All members, for tables whose keys are names given by the file.
    pub fn members(&self) -> Vec<(&'a str, Range<usize>, Item<'a>)> {
        let members = self.table.iter();
        members.map(|(name, value)| (name.get_ref().as_ref(), name.span(), Item::new(value))).collect()
    }

    pub fn table(&self, key: &str, problems: &mut Problems<'_>) -> Option<Table<'a>> {
        self.get(key)?.table(problems)
    }

    pub fn str(&self, key: &str, problems: &mut Problems<'_>) -> Option<&'a str> {
        self.get(key)?.str(problems)
    }

    pub fn bool(&self, key: &str, problems: &mut Problems<'_>) -> Option<bool> {
        self.get(key)?.bool(problems)
    }

    pub fn duration(&self, key: &str, problems: &mut Problems<'_>) -> Option<Duration> {
        self.get(key)?.duration(problems)
    }

    /// A list of tables.
    pub fn tables(&self, key: &str, problems: &mut Problems<'_>) -> Vec<Table<'a>> {
        let items = self.get(key).and_then(|item| item.list(problems)).unwrap_or_default();
        items.iter().filter_map(|item| item.table(problems)).collect()
    }

    /// Reports the keys that nobody asked for.
    pub fn finish(&self, problems: &mut Problems<'_>) {
        let known = self.known.borrow();
        for (name, span, _) in self.members() {
            if known.iter().any(|known| known == name) {
                continue;
            }
            let mend = match nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            problems.say(problems.codes.unknown_key, &span, format!("unknown key `{name}`"), mend);
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

/// What this thread's readers of documents asked for: tests hold descriptions of a language against it.
#[cfg(test)]
pub mod recorder {
    use std::cell::RefCell;
    use std::collections::{BTreeMap, BTreeSet};

    use toml::de::{DeTable, DeValue};

    /// Tables and values are named by where they are in memory: compare while the document lives.
    #[derive(Debug, Default, Clone)]
    pub struct Asked {
        /// Keys that were asked for, by table.
        pub keys: BTreeMap<usize, BTreeSet<String>>,
        /// Keys that had to be there, by table.
        pub needed: BTreeMap<usize, BTreeSet<String>>,
        /// Words that were allowed, by value.
        pub words: BTreeMap<usize, BTreeSet<&'static str>>,
    }

    thread_local! {
        static ASKED: RefCell<Asked> = RefCell::default();
    }

    /// The name of a table here.
    pub fn table_name(table: &DeTable<'_>) -> usize {
        std::ptr::from_ref(table).addr()
    }

    /// The name of a value here.
    pub fn value_name(value: &DeValue<'_>) -> usize {
        std::ptr::from_ref(value).addr()
    }

    /// What was asked for since the last time.
    pub fn take() -> Asked {
        ASKED.take()
    }

    pub(super) fn key(table: &DeTable<'_>, key: &str) {
        ASKED.with_borrow_mut(|asked| asked.keys.entry(table_name(table)).or_default().insert(key.to_owned()));
    }

    pub(super) fn need(table: &DeTable<'_>, key: &str) {
        ASKED.with_borrow_mut(|asked| asked.needed.entry(table_name(table)).or_default().insert(key.to_owned()));
    }

    pub(super) fn words(value: &DeValue<'_>, words: impl Iterator<Item = &'static str>) {
        ASKED.with_borrow_mut(|asked| asked.words.entry(value_name(value)).or_default().extend(words));
    }
}
