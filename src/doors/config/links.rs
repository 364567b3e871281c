//! The links of a config: their ends, what they select, whose value stands.

use std::collections::BTreeMap;
use std::ops::Range;

use super::parse::{CODES, MAX_LINKS, NAME, NEVER, UNOWNED, check_name, did_you_mean};
use super::{Link, OnGone, System};
use crate::pure::document::Table;
use crate::pure::sync::rules::Owner;
use crate::pure::sync::selection::{Owners, Pattern, Selection, SelectionRule};
use crate::words::problem::{Problem, Problems, nearest};
use crate::words::side::{LinkName, Side, Sides, SystemName};
use crate::words::ticket::{Field, FieldInfo, RecordKind};
use crate::words::value::Type;

/// How a lossy field comes by an owner.
const UNOWNED_MEND: &str = "name an owner of each in `[link.owner]`, or one of all: `default = \"person\"`";

/// Fields that only a mapping can declare, each with what is wrong where none does.
type Declared = Vec<((RecordKind, Field), Problem)>;

pub(super) fn links(
    root: &Table<'_>,
    systems: &BTreeMap<SystemName, Option<System>>,
    problems: &mut Problems<'_>,
) -> Vec<Link> {
    let tables = root.tables("link", problems);
    if tables.is_empty() {
        problems.say(CODES.missing_key, &(0..1), "no link: nothing would be synced", "add a `[[link]]`");
    }
    let mut links: Vec<Link> = Vec::new();
    for table in tables.iter().take(MAX_LINKS) {
        let ends = link_ends(table, systems, problems);
        let mut declared = Vec::new();
        let selection = Sides {
            province: selection(table, "up", &mut declared, problems),
            national: selection(table, "down", &mut declared, problems),
        };
        if selection.province.rules.is_empty() && selection.national.rules.is_empty() {
            let mend = "add `up = [ { } ]` or `down = [ { } ]` with the rules that select tickets";
            problems.say(NEVER, &table.span, "this link selects nothing", mend);
        }
        let section = table.table("owner", problems);
        let owned_at = section.as_ref().map_or_else(|| table.span.clone(), |section| section.span.clone());
        let owners = section.map(|section| owners(&section, &mut declared, problems)).unwrap_or_default();
        problems.say(UNOWNED, &owned_at, "whose value stands is not said", UNOWNED_MEND);
        let unowned = problems.take_last();
        let on_gone = table
            .get("on_gone")
            .and_then(|item| item.word(problems, &[("keep", OnGone::Keep), ("close", OnGone::Close)]))
            .unwrap_or_default();
        // Before anything is given up: what looks missing may only be misspelt.
        table.finish(problems);
        let Some((name, systems)) = ends else { continue };
        let twin = links.iter().find(|other| other.name == name || other.systems == systems);
        if let Some(twin) = twin {
            let message = format!("link `{}` has this name or joins the same two systems", twin.name);
            problems.say(NAME, &table.span, message, "give each link its own name, and join two systems once");
        }
        links.push(Link { name, systems, selection, owners, on_gone, declared, unowned });
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

/// `[ { kind = ["feedback"], agency = "*.H19", not = { field = ["land"] } } ]`
fn selection(table: &Table<'_>, key: &str, declared: &mut Declared, problems: &mut Problems<'_>) -> Selection {
    let rules = table.tables(key, problems).into_iter().map(|rule| {
        let excludes =
            rule.table("not", problems).map(|table| conditions(&table, declared, problems)).unwrap_or_default();
        SelectionRule { fits: conditions(&rule, declared, problems), excludes }
    });
    Selection { rules: rules.collect() }
}

fn conditions(
    table: &Table<'_>,
    declared: &mut Declared,
    problems: &mut Problems<'_>,
) -> BTreeMap<Field, Vec<Pattern>> {
    let mut conditions = BTreeMap::new();
    for (name, span, item) in table.members() {
        if name == "not" {
            continue;
        }
        let info = RecordKind::Ticket.field(name);
        if info.is_none() {
            unknown_field(name, &span, RecordKind::Ticket.fields(), problems);
            let field = (RecordKind::Ticket, Field::named(name));
            declared.extend(problems.take_last().map(|problem| (field, problem)));
        }
        let mut patterns = Vec::new();
        for item in item.one_or_list() {
            let Some(text) = item.str(problems) else { continue };
            let pattern = Pattern::parse(text);
            if let Some(info) = info {
                check_reachable(info, text, &pattern, &item.span, problems);
            }
            patterns.push(pattern);
        }
        if patterns.is_empty() {
            let mend = "list the values, or remove the field";
            problems.say(NEVER, &item.span, format!("`{name}` without a value fits no ticket"), mend);
        }
        conditions.insert(Field::named(name), patterns);
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
fn owners(table: &Table<'_>, declared: &mut Declared, problems: &mut Problems<'_>) -> Owners {
    let words =
        [("province", Owner::Of(Side::Province)), ("national", Owner::Of(Side::National)), ("person", Owner::Person)];
    let mut owners = Owners::default();
    for (name, span, item) in table.members() {
        let Some(owner) = item.word(problems, &words) else { continue };
        if name == "default" {
            owners.default = Some(owner);
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
            None => {
                unknown_field(field, &span, kind.unwrap_or(RecordKind::Ticket).fields(), problems);
                if let Some(kind) = kind {
                    let field = (kind, Field::named(field));
                    declared.extend(problems.take_last().map(|problem| (field.clone(), problem)));
                    owners.fields.insert(field, owner);
                }
            }
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
