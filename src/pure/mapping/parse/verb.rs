//! `[do.VERB]` and `[[mount]]`: which calls carry out what. A call that has a verb's name carries it out by default.

use std::collections::{BTreeMap, BTreeSet};

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::calls::{Call, FieldGroup, Mount, Steps, Verbs, Writes};
use crate::pure::mapping::model::Shape;
use crate::pure::mapping::problem::{code, nearest};
use crate::pure::mapping::template::Var;
use crate::words::ticket::{Field, RecordKind};

/// Verbs that make a record, and those that change one.
const WRITES: [(RecordKind, &str, &str); 4] = [
    (RecordKind::Ticket, "create", "update"),
    (RecordKind::Reply, "reply", "update_reply"),
    (RecordKind::Transfer, "transfer", "update_transfer"),
    (RecordKind::Attachment, "attach", "update_attachment"),
];
/// What stands for "no call": the group is shown as held back.
const NOTHING: &str = "nothing";

impl Loader<'_> {
    pub(super) fn verbs(
        &mut self,
        root: &Table<'_>,
        calls: &BTreeMap<String, Call>,
        shapes: &BTreeMap<RecordKind, Shape>,
    ) -> Verbs {
        let verbs = root.table("do", &mut self.problems);
        let verbs = verbs.as_ref();
        let mut out = Verbs {
            changes: self.reading("changes", verbs, calls),
            get: self.reading("get", verbs, calls),
            find: self.reading("find", verbs, calls),
            download: self.reading("download", verbs, calls),
            ..Verbs::default()
        };
        for (kind, create, update) in WRITES {
            let writes = Writes {
                create: self.creating(create, verbs, calls),
                updates: self.updating(kind, update, verbs, calls, shapes.get(&kind)),
            };
            if (writes.create.is_some() || !writes.updates.is_empty())
                && !shapes.contains_key(&kind)
                && self.notes.shapes
            {
                let section = kind.section().unwrap_or("record");
                let message = format!("`{create}` is declared, but the file does not say how a {kind} looks");
                self.problems.say(code::MISSING_KEY, &root.span, message, format!("add `[child.{section}]`"));
            }
            out.writes.insert(kind, writes);
        }
        if let Some(verbs) = verbs {
            verbs.finish(&mut self.problems);
        }
        for mount in root.tables("mount", &mut self.problems) {
            let call = mount.need("call", &mut self.problems).and_then(|item| self.call_name(&item));
            let into = mount.need("into", &mut self.problems).and_then(|item| item.str(&mut self.problems));
            mount.finish(&mut self.problems);
            if let (Some(call), Some(into)) = (call, into) {
                out.mounts.push(Mount { call, into: into.to_owned() });
            }
        }
        out
    }

    fn reading(&mut self, verb: &str, verbs: Option<&Table<'_>>, calls: &BTreeMap<String, Call>) -> Option<String> {
        let by_name = || calls.contains_key(verb).then(|| verb.to_owned());
        let Some(item) = verbs.and_then(|verbs| verbs.get(verb)) else { return by_name() };
        let table = item.table(&mut self.problems)?;
        let call = table.need("call", &mut self.problems).and_then(|item| self.call_name(&item));
        table.finish(&mut self.problems);
        call
    }

    fn creating(&mut self, verb: &str, verbs: Option<&Table<'_>>, calls: &BTreeMap<String, Call>) -> Option<Steps> {
        let by_name = || {
            let commit = calls.contains_key(verb).then(|| verb.to_owned())?;
            Some(Steps { before: Vec::new(), commit, after: Vec::new(), id: None })
        };
        let Some(item) = verbs.and_then(|verbs| verbs.get(verb)) else { return by_name() };
        let table = item.table(&mut self.problems)?;
        let id = table.get("id").and_then(|item| self.made(&item));
        let steps = self.steps(&table).map(|steps| Steps { id, ..steps });
        table.finish(&mut self.problems);
        steps
    }

    /// `id = "${STEP.NAME}"`: what names the record that a step before the commit made.
    fn made(&mut self, item: &Item<'_>) -> Option<Var> {
        match self.template(item)?.lone() {
            Some(var @ Var::Taken { .. }) => Some(var.clone()),
            _ => {
                let mend = "name what an earlier step took: `id = \"${STEP.NAME}\"`";
                self.problems.say(code::TEMPLATE, &item.span, "this names no new record", mend);
                None
            }
        }
    }

    fn steps(&mut self, table: &Table<'_>) -> Option<Steps> {
        let mut names = |key: &str| {
            let items = table.get(key).map(|item| item.one_or_list()).unwrap_or_default();
            items.iter().filter_map(|item| self.call_name(item)).collect::<Vec<_>>()
        };
        let (before, after) = (names("before"), names("after"));
        let commit = table.need("commit", &mut self.problems).and_then(|item| self.call_name(&item))?;
        Some(Steps { before, commit, after, id: None })
    }

    fn updating(
        &mut self,
        kind: RecordKind,
        verb: &str,
        verbs: Option<&Table<'_>>,
        calls: &BTreeMap<String, Call>,
        shape: Option<&Shape>,
    ) -> Vec<FieldGroup> {
        let writable: BTreeSet<Field> = shape.map_or_else(BTreeSet::new, |shape| {
            shape.fields.iter().filter(|(_, map)| map.is_written(false)).map(|(field, _)| field.clone()).collect()
        });
        let Some(verbs) = verbs.filter(|verbs| verbs.get(verb).is_some()) else {
            let Some(call) = calls.get(verb) else { return Vec::new() };
            let steps = Steps { before: Vec::new(), commit: call.name.clone(), after: Vec::new(), id: None };
            return vec![FieldGroup { fields: writable.into_iter().collect(), steps: Some(steps) }];
        };
        let mut left = writable.clone();
        let mut groups = Vec::new();
        let mut star = None;
        for table in verbs.tables(verb, &mut self.problems) {
            let held_back = table.get("commit").is_some_and(|item| item.value.as_str() == Some(NOTHING));
            let steps = if held_back { None } else { self.steps(&table) };
            let mut fields = Vec::new();
            let items = table.need("fields", &mut self.problems).map(|item| item.one_or_list()).unwrap_or_default();
            for item in items {
                let Some(name) = item.str(&mut self.problems) else { continue };
                if name == "*" {
                    if star.replace(groups.len()).is_some() {
                        self.problems.say(code::GROUPS, &item.span, "a second `*`", "keep one group for the rest");
                    }
                    continue;
                }
                let field = Field::named(name);
                if left.remove(&field) {
                    fields.push(field);
                } else if writable.contains(&field) {
                    let message = format!("`{kind}.{name}` is in two groups");
                    self.problems.say(code::GROUPS, &item.span, message, "keep it in one");
                } else if self.notes.shapes || !self.notes.fields.contains_key(&(kind, name.to_owned())) {
                    let near = nearest(name, writable.iter().map(Field::as_str));
                    let mend = near.map_or_else(
                        || "name a field that is written on updates".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.problems.say(
                        code::GROUPS,
                        &item.span,
                        format!("`{kind}.{name}` is not written on updates"),
                        mend,
                    );
                }
            }
            table.finish(&mut self.problems);
            groups.push(FieldGroup { fields, steps });
        }
        if let Some(group) = star.and_then(|at| groups.get_mut(at)) {
            group.fields.extend(left);
        } else if !left.is_empty() {
            let names: Vec<&str> = left.iter().map(Field::as_str).collect();
            let message = format!("no group of `{verb}` writes {}", names.join(", "));
            let mend = "name them in a group, add `fields = \"*\"`, or give them `write = \"create\"`";
            self.problems.say(code::GROUPS, &verbs.span, message, mend);
        }
        groups
    }
}
