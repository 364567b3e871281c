//! Which member is which field of ours, and how its values are spelled.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::pure::mapping::coverage::text_shape;
use crate::pure::mapping::model::DocumentFormat;
use crate::words::ticket::{FieldInfo, RecordKind};
use crate::words::value::Type;

use super::names::{self, Naming, naming};
use super::profile::Profile;

/// Most codes of one table that are listed.
pub(super) const MAX_CODES: usize = 60;
/// Longest code, characters.
const MAX_CODE: usize = 40;
/// Patterns of instants, the most telling first.
const INSTANTS: [&str; 9] = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S%.3f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%.3f",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%Y-%m-%d %H:%M",
    "%H:%M %d/%m/%Y",
    "%Y%m%d%H%M%S",
];
const DAYS: [&str; 4] = ["%Y-%m-%d", "%d/%m/%Y", "%Y%m%d", "%d-%m-%Y"];
/// Days that stand for no day.
const SENTINELS: [&str; 3] = ["1900-01-01", "1970-01-01", "0001-01-01"];
/// Spellings of true and false.
const BOOLEANS: [(&str, &str); 8] = [
    ("true", "false"),
    ("True", "False"),
    ("TRUE", "FALSE"),
    ("1", "0"),
    ("Y", "N"),
    ("yes", "no"),
    ("Có", "Không"),
    ("co", "khong"),
];
/// Seconds since 1970 of the years 2000 to 2100: what a number must be to be an instant.
const SECONDS: std::ops::Range<i64> = 946_684_800..4_102_444_800;
/// What a candidate that is not different in every record ranks behind.
const UNLIKELY: usize = 1_000;

/// What was guessed of one kind of record.
#[derive(Debug)]
pub(super) struct Guess {
    pub(super) kind: RecordKind,
    /// Where a part's elements are; empty for the ticket.
    pub(super) within: String,
    /// Path, and whether it is a JSON number.
    pub(super) id: Option<(String, bool)>,
    pub(super) version: Option<(String, bool)>,
    /// Path, and how it is written where that is known.
    pub(super) changed: Option<(String, Option<String>)>,
    pub(super) identity: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) fields: Vec<Rule>,
    pub(super) left: Vec<Left>,
    pub(super) parts: Vec<Guess>,
    pub(super) tables: Vec<Table>,
    /// Spellings of nothing that were met.
    pub(super) absent: BTreeSet<&'static str>,
}

/// One field's rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) field: &'static str,
    pub(super) path: String,
    /// What stands after the path.
    pub(super) rest: String,
    /// What a person must look at.
    pub(super) note: Option<String>,
}

/// A member that nothing of ours is called like.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) path: String,
    pub(super) filled: usize,
    pub(super) shape: String,
}

/// Codes that a coded field held.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    /// Our words, where they are a closed list.
    pub(super) words: &'static [&'static str],
    /// The codes and how often each was there, the most frequent first.
    pub(super) codes: Vec<(String, usize)>,
}

/// A member with its path.
#[derive(Clone, Copy)]
struct Member<'p> {
    path: &'p str,
    name: &'p str,
    profile: &'p Profile,
}

pub(super) fn guess(profile: &Profile, format: DocumentFormat) -> Guess {
    let mut tables = Vec::new();
    let mut guess = of_kind(RecordKind::Ticket, "", profile, format, &mut tables);
    guess.tables = tables;
    guess
}

fn of_kind(
    kind: RecordKind,
    within: &str,
    profile: &Profile,
    format: DocumentFormat,
    tables: &mut Vec<Table>,
) -> Guess {
    let places = profile.places(format);
    let members: Vec<Member<'_>> = places.iter().map(|(path, name, profile)| Member { path, name, profile }).collect();
    let leaves: Vec<Member<'_>> = members.iter().copied().filter(|member| member.profile.is_leaf()).collect();
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let find = |what: Naming, taken: &BTreeSet<&str>| {
        let single = leaves.iter().filter(|member| !member.profile.repeated && !taken.contains(member.path));
        let ranked = single.filter_map(|member| {
            let rank = naming(what, member.name)?;
            let unlikely = what == Naming::Id && member.profile.values.len() < member.profile.filled().max(1);
            Some((rank + if unlikely { UNLIKELY } else { 0 }, *member))
        });
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, member)| member)
    };
    let keyed = |member: Member<'_>| (member.path.to_owned(), is_number(member.profile, format));
    let id = find(Naming::Id, &taken);
    let version = find(Naming::Version, &taken);
    let changed = find(Naming::Changed, &taken);
    let identity = find(Naming::Identity, &taken);
    let reference = find(Naming::Reference, &taken);
    // What names a part may be one of its fields too: when it was made.
    let own = if kind == RecordKind::Ticket {
        [version, changed, identity, reference]
    } else {
        [version, changed, None, reference]
    };
    taken.extend(own.into_iter().flatten().map(|member| member.path));

    let mut parts = Vec::new();
    if kind == RecordKind::Ticket {
        for member in members.iter().filter(|member| member.profile.repeated && !member.profile.is_leaf()) {
            let Some(part) = names::part(member.name) else { continue };
            if parts.iter().all(|known: &Guess| known.kind != part) {
                parts.push(of_kind(part, member.path, member.profile, format, tables));
                taken.insert(member.path);
            }
        }
    }
    let mut absent = BTreeSet::new();
    for member in &leaves {
        if member.profile.nulls > 0 {
            absent.insert(if format == DocumentFormat::Xml { "nil" } else { "null" });
        }
        if member.profile.blanks > 0 {
            absent.insert("");
        }
    }
    for part in &parts {
        absent.extend(&part.absent);
    }
    let mut fields = Vec::new();
    for (info, member) in matched(kind, &leaves, &mut taken) {
        let (rest, note) = spelled(info, member.profile, format, tables);
        fields.push(Rule { field: info.name, path: member.path.to_owned(), rest, note });
    }
    if let Some(id) = id {
        taken.insert(id.path);
    }
    taken.extend(identity.map(|member| member.path));
    let left = leaves.iter().filter(|member| !taken.contains(member.path)).map(|member| Left {
        path: member.path.to_owned(),
        filled: member.profile.filled(),
        shape: looks(member.profile),
    });
    Guess {
        kind,
        within: within.to_owned(),
        id: id.map(keyed),
        version: version.map(keyed),
        changed: changed.map(|member| (member.path.to_owned(), instant(member.profile))),
        identity: identity.map(|member| member.path.to_owned()),
        reference: reference.map(|member| member.path.to_owned()),
        fields,
        left: left.collect(),
        parts,
        tables: Vec::new(),
        absent,
    }
}

/// Fields and members by their names, the surest first; each once.
fn matched<'p>(
    kind: RecordKind,
    leaves: &[Member<'p>],
    taken: &mut BTreeSet<&'p str>,
) -> Vec<(&'static FieldInfo, Member<'p>)> {
    let mut pairs = Vec::new();
    for (order, info) in kind.fields().iter().enumerate() {
        for member in leaves {
            let is_list = info.kind == Type::CodeList;
            if member.profile.repeated == is_list
                && let Some(rank) = names::rank(kind, info.name, member.path)
            {
                pairs.push((rank, order, info, *member));
            }
        }
    }
    pairs.sort_by_key(|(rank, order, _, member)| (*rank, *order, member.path));
    let mut found: Vec<(usize, &FieldInfo, Member<'_>)> = Vec::new();
    for (_, order, info, member) in pairs {
        if !taken.contains(member.path) && found.iter().all(|(_, known, _)| known.name != info.name) {
            taken.insert(member.path);
            found.push((order, info, member));
        }
    }
    found.sort_by_key(|(order, ..)| *order);
    found.into_iter().map(|(_, info, member)| (info, member)).collect()
}

const fn is_number(profile: &Profile, format: DocumentFormat) -> bool {
    matches!(format, DocumentFormat::Json) && profile.numbers > 0 && profile.texts == 0
}

/// What stands after a field's path: its type with its keys; and what a person must look at.
fn spelled(
    info: &FieldInfo,
    profile: &Profile,
    format: DocumentFormat,
    tables: &mut Vec<Table>,
) -> (String, Option<String>) {
    let number = if is_number(profile, format) { ", json = \"number\"" } else { "" };
    let plain = |text: &str| (format!("{text}{number}"), None);
    match info.kind {
        Type::Text if info.name.ends_with("phone") && profile.all(is_phone) => {
            let style = if profile.all(|text| text.starts_with('+')) { "e164" } else { "local" };
            plain(&format!("type = \"phone\", as = \"{style}\""))
        }
        Type::Text if info.name == "citizen_id" && profile.all(is_citizen_id) => plain("type = \"citizen_id\""),
        Type::Text => plain("type = \"text\""),
        Type::Integer if profile.texts > 0 && format == DocumentFormat::Json => {
            ("type = \"integer\", json = \"text\"".to_owned(), None)
        }
        Type::Integer => ("type = \"integer\"".to_owned(), None),
        Type::Decimal => plain("type = \"decimal\""),
        Type::Code(words) => (coded(info.name, words, profile, tables) + number, None),
        Type::OpenCode if info.name == "place" && profile.all(is_unit) => {
            let note = "of which time are these codes? or `dated_by = \"FIELD\"`, the field that tells the day";
            (format!("type = \"unit\", era = \"2025-07-01\"{number}"), Some(note.to_owned()))
        }
        Type::OpenCode | Type::CodeList => {
            let item = if profile.all(|text| text.starts_with("000.00.") && text.matches('.').count() >= 3) {
                "type = \"agency\", as = \"qcvn102\"".to_owned()
            } else if profile.all(|text| text.starts_with('H') && text.contains('.')) {
                "type = \"agency\", as = \"qd20\"".to_owned()
            } else {
                coded(if info.name == "place" { "place" } else { "agency" }, &[], profile, tables)
            };
            if info.kind == Type::CodeList {
                plain(&format!("type = \"list\", of = {{ {item} }}"))
            } else {
                plain(&item)
            }
        }
        Type::Boolean => boolean(profile, format),
        Type::Instant => {
            let (absent, known) = without_sentinels(profile);
            match instant_of(&known, profile.numbers > 0) {
                // What loses the seconds can't be written and read back as itself.
                Some(form) if form.contains("%M") && !form.contains("%S") => {
                    let note = "whole minutes: what we write would lose its seconds".to_owned();
                    (format!("type = \"instant\", as = \"{form}\"{number}{absent}, write = \"never\""), Some(note))
                }
                Some(form) => (format!("type = \"instant\", as = \"{form}\"{number}{absent}"), None),
                None => {
                    let note = format!("no known pattern fits; they look like {}: which pattern?", looks(profile));
                    (format!("type = \"instant\"{number}{absent}"), Some(note))
                }
            }
        }
        Type::Date => {
            let (absent, known) = without_sentinels(profile);
            match DAYS.iter().find(|pattern| !known.is_empty() && known.iter().all(|text| is_day(text, pattern))) {
                Some(pattern) => (format!("type = \"date\", as = \"{pattern}\"{number}{absent}"), None),
                None => {
                    let note = format!("no known pattern fits; they look like {}: which pattern?", looks(profile));
                    (format!("type = \"date\"{number}{absent}"), Some(note))
                }
            }
        }
    }
}

fn boolean(profile: &Profile, format: DocumentFormat) -> (String, Option<String>) {
    if profile.booleans > 0 {
        return ("type = \"boolean\"".to_owned(), None);
    }
    let fits = |(yes, no): &&(&str, &str)| profile.all(|text| text == *yes || text == *no);
    let json = if format != DocumentFormat::Json {
        ""
    } else if profile.numbers > 0 {
        ", json = \"number\""
    } else {
        ", json = \"text\""
    };
    match BOOLEANS.iter().find(fits) {
        Some((yes, no)) => (format!("type = \"boolean\", yes = [\"{yes}\"], no = [\"{no}\"]{json}"), None),
        None => {
            ("type = \"boolean\"".to_owned(), Some("how are true and false spelled? add `yes` and `no`".to_owned()))
        }
    }
}

/// The rule of a coded field; its codes go into the table of the name.
fn coded(name: &str, words: &'static [&'static str], profile: &Profile, tables: &mut Vec<Table>) -> String {
    let at = tables.iter().position(|table| table.name == name).unwrap_or_else(|| {
        tables.push(Table { name: name.to_owned(), words, codes: Vec::new() });
        tables.len() - 1
    });
    if let Some(table) = tables.get_mut(at) {
        for (code, count) in profile.values.iter().filter(|(code, _)| code.chars().count() <= MAX_CODE) {
            match table.codes.iter_mut().find(|(known, _)| known == code) {
                Some((_, known)) => *known += count,
                None => table.codes.push((code.clone(), *count)),
            }
        }
        table.codes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    format!("type = \"code\", table = \"{name}\"")
}

/// The spellings of no day among the values as keys of a rule, and the other values.
fn without_sentinels(profile: &Profile) -> (String, Vec<&str>) {
    let (no_day, known): (Vec<&str>, Vec<&str>) =
        profile.values.keys().map(String::as_str).partition(|text| SENTINELS.iter().any(|day| text.starts_with(day)));
    if no_day.is_empty() || known.is_empty() {
        return (String::new(), profile.values.keys().map(String::as_str).collect());
    }
    let mut absent: Vec<String> = Vec::new();
    if profile.nulls > 0 {
        absent.push("\"null\"".to_owned());
    }
    absent.extend(no_day.iter().map(|text| format!("{{ text = \"{text}\" }}")));
    (format!(", absent = [{}]", absent.join(", ")), known)
}

/// How a member's instants are written, where one known way fits all of them.
pub(super) fn instant(profile: &Profile) -> Option<String> {
    instant_of(&without_sentinels(profile).1, profile.numbers > 0)
}

fn instant_of(texts: &[&str], numbers: bool) -> Option<String> {
    if texts.is_empty() {
        return None;
    }
    let all = |test: &dyn Fn(&str) -> bool| texts.iter().all(|text| test(text));
    let number = |text: &str| text.parse::<i64>().ok();
    if numbers && all(&|text| number(text).is_some_and(|seconds| SECONDS.contains(&seconds))) {
        return Some("epoch".to_owned());
    }
    if numbers && all(&|text| number(text).is_some_and(|millis| SECONDS.contains(&(millis / 1000)))) {
        return Some("epoch_ms".to_owned());
    }
    if all(&|text| DateTime::parse_from_rfc3339(text).is_ok()) {
        return Some("rfc3339".to_owned());
    }
    let fits = |pattern: &str, text: &str| {
        // What is read must be spelled the same again.
        NaiveDateTime::parse_from_str(text, pattern).is_ok_and(|at| at.format(pattern).to_string() == text)
    };
    INSTANTS.iter().find(|pattern| all(&|text| fits(pattern, text))).map(|pattern| (*pattern).to_owned())
}

fn is_day(text: &str, pattern: &str) -> bool {
    NaiveDate::parse_from_str(text, pattern).is_ok_and(|day| day.format(pattern).to_string() == text)
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

fn is_phone(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '.' | '-')) && (9..=12).contains(&digits(text))
}

fn is_citizen_id(text: &str) -> bool {
    [9, 12].contains(&text.len()) && digits(text) == text.len()
}

fn is_unit(text: &str) -> bool {
    [2, 5].contains(&text.len()) && digits(text) == text.len()
}

/// What most of a member's values look like.
fn looks(profile: &Profile) -> String {
    if profile.booleans > 0 {
        return "true or false".to_owned();
    }
    if profile.numbers > 0 && profile.texts == 0 {
        return "a number".to_owned();
    }
    let mut shapes: Vec<(String, usize)> = Vec::new();
    for (text, count) in &profile.values {
        let shape = text_shape(text);
        match shapes.iter_mut().find(|(known, _)| *known == shape) {
            Some((_, known)) => *known += count,
            None => shapes.push((shape, *count)),
        }
    }
    shapes.into_iter().max_by_key(|(_, count)| *count).map_or_else(|| "always empty".to_owned(), |(shape, _)| shape)
}
