//! What is wrong with code tables: rows that contradict each other, holes, rows that nothing reaches.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::Checker;
use crate::pure::mapping::codes::{CodeRow, CodeTable, Domain, Timeline};
use crate::pure::mapping::model::FieldMap;
use crate::pure::mapping::problem::{code, nearest};
use crate::words::problem::Spot;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::{Type, Value};

impl Checker<'_, '_, '_> {
    /// Each table by itself, then the tables as fields use them.
    pub(super) fn codes(&mut self) {
        let mapping = self.mapping;
        let mut used = BTreeSet::new();
        for (kind, shape) in &mapping.shapes {
            for (field, map) in &shape.fields {
                let Some(table) = map.codec.table().and_then(|name| mapping.codes.get(name)) else { continue };
                used.insert(&table.name);
                self.days(map, field, table);
                if let Some(Type::Code(words)) = kind.field(field.as_str()).map(|info| info.kind) {
                    self.words(field, table, words);
                    self.coverage(map, table, words);
                }
            }
        }
        for table in mapping.codes.values() {
            self.rows(table);
            if !used.contains(&table.name) && self.notes.shapes {
                let mend = "name it in a field (`type = \"code\", table = \"…\"`), or take it out";
                let message = format!("no field uses the table `{}`", table.name);
                self.problems.say_at(code::UNUSED, table.terms.spot, message, mend);
            }
        }
    }

    /// Rows that depend on the day need one.
    fn days(&mut self, map: &FieldMap, field: &Field, table: &CodeTable) {
        let by = &table.terms.by;
        let ticket = self.mapping.shape(RecordKind::Ticket);
        let shown = ticket.is_none_or(|shape| shape.fields.get(by).is_some_and(is_read));
        if is_read(map) && !shown && table.needs_day() && self.notes.shapes {
            let message = format!(
                "table `{}` depends on the ticket's `{by}`, which this system does not show, so `{field}` can't be read",
                table.name
            );
            let mend = "name a date that it shows (`by = \"…\"`), or map that field";
            self.problems.say_at(code::NO_DAY, table.terms.spot, message, mend);
        }
    }

    /// No row may name a word that is none.
    fn words(&mut self, field: &Field, table: &CodeTable, words: &[&str]) {
        let known: BTreeSet<&str> = words.iter().copied().collect();
        let mend = |word: &str| {
            nearest(word, words.iter().copied()).map_or_else(
                || format!("words of `{field}`: {}", words.join(", ")),
                |near| format!("did you mean `{near}`?"),
            )
        };
        let mut told = BTreeSet::new();
        for row in &table.rows {
            if !known.contains(row.word.as_str()) && told.insert(&row.word) {
                let message = format!("`{}` is no canonical word of `{field}`", row.word);
                self.problems.say_at(code::CODES, row.word_spot, message, mend(&row.word));
            }
        }
        for word in table.terms.refused.iter().filter(|word| !known.contains(word.as_str())) {
            let message = format!("`{word}`, which is refused, is no canonical word of `{field}`");
            self.problems.say_at(code::CODES, table.terms.spot, message, mend(word));
        }
    }

    /// Every canonical word must have a code to write from the table's first day on, or be refused.
    fn coverage(&mut self, map: &FieldMap, table: &CodeTable, words: &[&str]) {
        if !(map.is_written(true) || map.is_written(false)) || self.notes.broken_tables.contains(&table.name) {
            return;
        }
        let first = table.rows.iter().map(|row| row.from.unwrap_or(NaiveDate::MIN)).min().unwrap_or(NaiveDate::MIN);
        let defaults = map.default.as_ref().and_then(Value::as_text);
        let wanted = words.iter().copied().filter(|word| Some(*word) != defaults);
        let wanted = wanted.filter(|word| !table.terms.refused.iter().any(|refused| refused == word));
        let (mut never, mut holes): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
        for word in wanted {
            let Some(timeline) = table.written(word) else {
                never.push(word);
                continue;
            };
            holes.extend(timeline.holes(first).map(|(from, until)| format!("{word} {}", period(from, until))));
        }
        for missing in [never.join(", "), holes.join(", ")].into_iter().filter(|missing| !missing.is_empty()) {
            let message = format!("table `{}` has no code to write for {missing}", table.name);
            let mend = "add a code for each, name it in `refused = […]`, or give the field `write = \"never\"`";
            self.problems.say_at(code::CODES, table.terms.spot, message, mend);
        }
    }

    /// What rows say of each other.
    fn rows(&mut self, table: &CodeTable) {
        let mut codes: BTreeMap<&str, Vec<&CodeRow>> = BTreeMap::new();
        let mut words: BTreeMap<&str, Vec<&CodeRow>> = BTreeMap::new();
        for row in &table.rows {
            if row.from.zip(row.until).is_some_and(|(from, until)| until <= from) {
                let message = format!("the row of `{}` holds on no day: it ends before it begins", row.code);
                self.problems.say_at(
                    code::NEVER,
                    row.spot,
                    message,
                    "`until` is the first day on which it holds no longer",
                );
                continue;
            }
            if table.terms.domain.as_ref().is_some_and(|domain| !domain.has(&row.code)) {
                let message = format!("`{}` is outside the declared codes of table `{}`", row.code, table.name);
                let mend = "mend the code, or the `domain`; a spreadsheet drops leading zeros from numbers";
                self.problems.say_at(code::DOMAIN, row.spot, message, mend);
            }
            codes.entry(&row.code).or_default().push(row);
            words.entry(&row.word).or_default().push(row);
        }
        for group in codes.values().filter(|group| group.len() > 1) {
            self.readings(group);
        }
        for group in codes.values().filter(|group| group.len() > 1 && !group.iter().any(|row| row.read)) {
            let twin = group.iter().enumerate().find_map(|(at, row)| {
                let before = group.iter().take(at).find(|before| before.word != row.word && meet(before, row))?;
                Some((before, row))
            });
            if let Some((before, row)) = twin {
                let message = format!("`{}` and `{}` are both written as `{}`", before.word, row.word, row.code);
                let mend = "give each its own code, or say as which of them the code is read";
                self.problems.say_at(code::SAME_SPELLING, row.spot, message, mend);
            }
        }
        for (word, group) in words.iter().filter(|(_, group)| group.len() > 1) {
            self.writings(table, word, group);
        }
        for word in &table.terms.refused {
            if let Some(row) = words.get(word.as_str()).into_iter().flatten().find(|row| row.write) {
                let message = format!("`{word}` is refused, and has a code to write");
                let mend = "take it out of `refused`, or give the row `only = \"read\"`";
                self.problems.say_at(code::CODES, row.spot, message, mend);
            }
        }
        if let Some(Domain::List(all)) = &table.terms.domain {
            for missing in all.iter().filter(|code| !codes.contains_key(code.as_str())) {
                let message = format!("no row of table `{}` knows the declared code `{missing}`", table.name);
                self.problems.say_at(
                    code::CODES,
                    table.terms.spot,
                    message,
                    "add a row for it, or take it out of `domain`",
                );
            }
        }
    }

    /// Rows of one code: on no day may it be read as two words.
    fn readings(&mut self, group: &[&CodeRow]) {
        let mut read: Vec<&CodeRow> = group.iter().copied().filter(|row| row.read).collect();
        // Stable: of rows that begin on the same day the first of the file stays first.
        read.sort_by_key(|row| row.from);
        let mut longest: Option<&CodeRow> = None;
        for row in read {
            if let Some(before) = longest.filter(|before| meet(before, row)) {
                self.overlap(before, row);
            }
            if longest.is_none_or(|before| end(before) < end(row)) {
                longest = Some(row);
            }
        }
    }

    fn overlap(&mut self, before: &CodeRow, row: &CodeRow) {
        let code = &row.code;
        let (number, message, mend) = if !before.is_dated() && !row.is_dated() && before.word != row.word {
            (code::CODES, format!("the code `{code}` is read as two words"), "keep it in one row")
        } else if before.word == row.word && end(row) <= end(before) {
            let message = format!("never reached: another row says the same of `{code}` for all that time");
            (code::UNREACHABLE, message, "take one of them out")
        } else {
            let from = row.from.max(before.from).unwrap_or(NaiveDate::MIN);
            let until = [before.until, row.until].into_iter().flatten().min();
            let both = if before.word == row.word { "twice" } else { "as two words" };
            let message = format!("`{code}` is read {both} {}", period(from, until));
            (
                code::OVERLAP,
                message,
                "let the earlier row end (`until`) on the day on which the later one begins (`from`)",
            )
        };
        self.problems.say_at(number, row.spot, message, mend);
    }

    /// Rows of one word: which are written, and whether a code can come back as another.
    fn writings(&mut self, table: &CodeTable, word: &str, group: &[&CodeRow]) {
        let answers = table.written(word).into_iter().flat_map(Timeline::answers);
        let written: BTreeSet<Spot> = answers.filter_map(|at| table.rows.get(at)).map(|row| row.spot).collect();
        for row in group.iter().filter(|row| row.write && !row.read && !written.contains(&row.spot)) {
            let message = format!("never written: another code of `{word}` stands before `{}`", row.code);
            self.problems.say_at(code::UNREACHABLE, row.spot, message, "put it first, or take it out");
        }
        if table.terms.keep {
            return;
        }
        let mut read: Vec<&CodeRow> = group.iter().copied().filter(|row| row.read).collect();
        read.sort_by_key(|row| row.from);
        let meets = |pair: &[&CodeRow]| matches!(pair, [one, other] if one.code != other.code && meet(one, other));
        if let Some([_, row]) = read.windows(2).find(|pair| meets(pair)) {
            let message = format!("several codes mean `{word}`, so a code can change when it comes back");
            let mend = "add `back = \"keep\"`: a code that means the same is left as it is";
            self.problems.say_at(code::CODES, row.spot, message, mend);
        }
    }
}

/// Whether the system shows it.
fn is_read(map: &FieldMap) -> bool {
    map.fixed.is_some() || map.joined.is_some() || map.rules.iter().any(|rule| rule.at.is_some())
}

/// Whether two rows hold on one day.
fn meet(one: &CodeRow, other: &CodeRow) -> bool {
    let before =
        |one: &CodeRow, other: &CodeRow| one.until.is_none_or(|until| other.from.is_none_or(|from| from < until));
    before(one, other) && before(other, one)
}

fn end(row: &CodeRow) -> NaiveDate {
    row.until.unwrap_or(NaiveDate::MAX)
}

fn period(from: NaiveDate, until: Option<NaiveDate>) -> String {
    let from = (from != NaiveDate::MIN).then(|| format!("from {from}"));
    let until = until.map(|until| format!("until {until}"));
    let said: Vec<String> = from.into_iter().chain(until).collect();
    if said.is_empty() { "on every day".to_owned() } else { said.join(" ") }
}
