//! `[[join]]`: one text that holds several fields.

use std::collections::BTreeMap;

use crate::pure::document::{Item, Table};
use crate::pure::mapping::condition::Condition;
use crate::pure::mapping::join::{Mark, Part, Pattern};
use crate::pure::mapping::model::{Codec, FieldMap, Join, Rule, When};
use crate::pure::mapping::parse::Loader;
use crate::pure::mapping::problem::code;
use crate::pure::mapping::write::Slot;
use crate::words::problem::Spot;
use crate::words::ticket::{Field, RecordKind};

use super::field::own;
use super::invertible;

/// What a text calls our reference.
const REFERENCE: &str = "ref";

type Fields = BTreeMap<Field, FieldMap>;

impl Loader<'_> {
    pub(super) fn joins(&mut self, kind: RecordKind, tables: &[Table<'_>], maps: &mut Fields) -> Vec<Join> {
        let mut joins: Vec<Join> = Vec::new();
        for table in tables {
            if let Some((join, parts)) = self.join(kind, table, joins.len(), maps) {
                joins.push(join);
                maps.extend(parts);
            }
            table.finish(&mut self.problems);
        }
        joins
    }

    fn join(&mut self, kind: RecordKind, table: &Table<'_>, number: usize, maps: &Fields) -> Option<(Join, Fields)> {
        let at = table.need("at", &mut self.problems).and_then(|item| self.place(&item));
        let explicit = table.get("to").and_then(|item| self.path(&item));
        let write = self.when(table).unwrap_or(When::Always);
        let absent = table.get("absent").map(|item| self.absents(&item)).unwrap_or_else(|| self.absent.clone());
        let form = table.need("as", &mut self.problems);
        let declared = table.need("part", &mut self.problems);
        let form = form?;
        let spot = Spot::of(&form.span);
        let (before, mut pieces) = self.pieces(&form)?;
        let mark = self.mark(&mut pieces, &form);
        let declared = declared?.table(&mut self.problems)?;
        let mut parts = Fields::new();
        let mut joined = Vec::new();
        let mut free = Vec::new();
        for (name, after) in pieces {
            let Some(info) = self.known_field(kind, &name, &form.span) else { continue };
            let field = Field::named(&name);
            let span = self.problems.token(&form.span, &name);
            self.notes.fields.insert((kind, name.clone()), span);
            let part = declared.need(&name, &mut self.problems);
            if maps.contains_key(&field) || parts.contains_key(&field) {
                let message = format!("`{name}` stands in two places");
                self.problems.say(code::TWICE, &form.span, message, "keep it in one");
                continue;
            }
            let Some(part) = part.and_then(|item| item.table(&mut self.problems)) else { continue };
            let codec = part.need("type", &mut self.problems).and_then(|item| self.codec(&item, &part, Some(info)));
            let without = part.str("without", &mut self.problems).map(str::to_owned);
            part.finish(&mut self.problems);
            if let Some(codec) = codec {
                if matches!(codec, Codec::Text(_)) && without.is_none() {
                    free.push(joined.len());
                }
                let map = FieldMap { joined: Some(number), codec, write, ..self.plain_text(spot) };
                parts.insert(field.clone(), FieldMap { absent: absent.clone(), ..map });
                joined.push((Part { field, after }, without));
            }
        }
        declared.finish(&mut self.problems);
        let pattern = Pattern {
            before,
            free: free.first().copied().unwrap_or(joined.len().saturating_sub(1)),
            parts: joined.iter().map(|(part, _)| part.clone()).collect(),
            mark,
        };
        self.split_is_clear(&form, &pattern, &free, &joined);
        let to = explicit.or_else(|| at.as_ref().and_then(own)).filter(|to| invertible(to, false));
        if to.is_none() && write != When::Never {
            let mend = "add `to = \"PATH\"` of plain names, or `write = \"never\"`";
            self.problems.say(code::PATH, &table.span, "nothing can be written along this path", mend);
        }
        let to = to.filter(|_| write != When::Never).map(Slot::from);
        let rule = Rule { when: Condition::default(), at: Some(at?), to, spot };
        let text = FieldMap { rules: vec![rule], absent, write, ..self.plain_text(spot) };
        Some((Join { text, pattern }, parts))
    }

    /// The text before the first field, and each field with the text after it.
    fn pieces(&mut self, form: &Item<'_>) -> Option<(String, Vec<(String, String)>)> {
        let text = form.str(&mut self.problems)?;
        let mut pieces = text.split("${");
        let before = pieces.next().unwrap_or_default().to_owned();
        let parts: Option<Vec<(String, String)>> = pieces
            .map(|piece| piece.split_once('}').map(|(name, after)| (name.to_owned(), after.to_owned())))
            .collect();
        let said = match &parts {
            None => "`${` without `}`",
            Some(parts) if parts.len() < 2 => "fewer than two fields",
            Some(parts) if parts.iter().rev().skip(1).any(|(_, after)| after.trim().is_empty()) => {
                "two fields with nothing but blanks between them"
            }
            Some(_) => return parts.map(|parts| (before, parts)),
        };
        let mend = "write it as \"${submitter_address}, ${ward}\"";
        self.problems.say(code::TEMPLATE, &form.span, said, mend);
        None
    }

    /// Our reference, where it is the last of a text's parts.
    fn mark(&mut self, pieces: &mut Vec<(String, String)>, form: &Item<'_>) -> Option<Mark> {
        let marked = pieces.last().is_some_and(|(name, _)| name == REFERENCE);
        let (_, after) = pieces.pop_if(|_| marked).unwrap_or_default();
        if pieces.iter().any(|(name, _)| name == REFERENCE) {
            let mend = "put it at the end: \"${content} [${ref}]\"";
            self.problems.say(code::TEMPLATE, &form.span, "our reference is not the last part", mend);
            pieces.retain(|(name, _)| name != REFERENCE);
        }
        let before = pieces.last_mut().filter(|_| marked).map(|(_, after)| std::mem::take(after))?;
        Some(Mark { before, after: after.trim_end().to_owned() })
    }

    /// At most one part may hold any text, and a declared `without` must be what parts it from its neighbour.
    fn split_is_clear(
        &mut self,
        form: &Item<'_>,
        pattern: &Pattern,
        free: &[usize],
        joined: &[(Part, Option<String>)],
    ) {
        if let [one, two, ..] = free
            && let (Some((one, _)), Some((two, _))) = (joined.get(*one), joined.get(*two))
        {
            let between = &one.after;
            let message = format!(
                "`{}` and `{}` are both free text: \"a{between}b\" and \"c\" are written as \"a\" and \"b{between}c\" are",
                one.field, two.field
            );
            let mend = format!("give the one that never holds `{between}` `without = \"{between}\"`");
            self.problems.say(code::AMBIGUOUS, &form.span, message, mend);
        }
        for (at, (part, without)) in joined.iter().enumerate() {
            let Some(without) = without else { continue };
            if pattern.parted_by(at).is_some_and(|between| between != without) {
                let between = pattern.parted_by(at).unwrap_or_default();
                let message = format!("`{}` is parted from its neighbour by `{between}`", part.field);
                self.problems.say(code::AMBIGUOUS, &form.span, message, format!("write `without = \"{between}\"`"));
            }
        }
    }
}
