//! What only the whole file shows: names across sections, scopes of variables, holes in code tables, promises that
//! the calls do not keep.

use std::collections::BTreeSet;

use crate::words::promise::{Find, Guard, Keyed};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::{Type, Value};

use super::calls::{Body, Call, Steps, Target};
use super::model::{CodeTable, Codec, FieldMap, Mapping};
use super::problem::{Problems, code, nearest};
use super::template::{Template, Var};

/// What a call is used for: which variables have a value there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Login,
    List,
    Find,
    Get,
    Download,
    Create(RecordKind),
    Update(RecordKind),
}

/// Reports what is wrong between the parts of a mapping that are each right by themselves.
pub(super) fn cross_check(mapping: &Mapping, problems: &mut Problems<'_>) {
    let mut checker = Checker { mapping, problems, used: BTreeSet::new() };
    checker.codes();
    checker.verbs();
    checker.promises();
    checker.unused();
    super::sound::check(mapping, problems);
}

struct Checker<'m, 'p, 'a> {
    mapping: &'m Mapping,
    problems: &'p mut Problems<'a>,
    used: BTreeSet<&'m str>,
}

impl<'m> Checker<'m, '_, '_> {
    fn say(&mut self, line: usize, code: &'static str, message: String, mend: &str) {
        let span = self.problems.line_span(line);
        self.problems.say(code, &span, message, mend);
    }

    /// Every canonical word must have a code where it can be written; no row may name a word that is none.
    fn codes(&mut self) {
        for (kind, shape) in &self.mapping.shapes {
            for (field, map) in &shape.fields {
                let Some(info) = kind.field(field.as_str()) else { continue };
                if let (Type::Code(words), Some(table)) = (info.kind, self.table_of(map)) {
                    self.coverage(field, map, table, words);
                }
            }
        }
    }

    fn table_of(&self, map: &FieldMap) -> Option<&'m CodeTable> {
        let Codec::Code(name) = &map.codec else { return None };
        self.mapping.codes.get(name)
    }

    fn coverage(&mut self, field: &Field, map: &FieldMap, table: &CodeTable, words: &[&str]) {
        for row in &table.rows {
            if !words.contains(&row.word.as_str()) {
                let near = nearest(&row.word, words.iter().copied());
                let mend = near.map_or_else(
                    || format!("words of `{field}`: {}", words.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("`{}` is no canonical word of `{field}`", row.word);
                self.say(table.line, code::CODES, message, &mend);
            }
        }
        let uncovered: Vec<&str> = words
            .iter()
            .copied()
            .filter(|_| map.is_written(true) || map.is_written(false))
            .filter(|word| map.default.as_ref().and_then(Value::as_text) != Some(word))
            .filter(|word| !table.rows.iter().any(|row| row.write && row.word == *word))
            .collect();
        if !uncovered.is_empty() {
            let message = format!("table `{}` has no code to write for {}", table.name, uncovered.join(", "));
            let mend = "add a code for each, or give the field `write = \"never\"`";
            self.say(table.line, code::CODES, message, mend);
        }
    }

    fn verbs(&mut self) {
        let mapping = self.mapping;
        let verbs = &mapping.verbs;
        let login = [mapping.login.call.as_deref(), mapping.login.check.as_ref().map(|check| check.call.as_str())];
        for (name, role) in login
            .into_iter()
            .map(|name| (name, Use::Login))
            .chain([
                (verbs.changes.as_deref(), Use::List),
                (verbs.find.as_deref(), Use::Find),
                (verbs.get.as_deref(), Use::Get),
                (verbs.download.as_deref(), Use::Download),
            ])
            .chain(verbs.mounts.iter().map(|mount| (Some(mount.call.as_str()), Use::Get)))
        {
            if let Some(call) = name.and_then(|name| mapping.calls.get(name)) {
                self.call(call, role, &[]);
                if matches!(role, Use::List | Use::Find) && call.items.is_none() {
                    let message = format!("the call `{}` lists, but does not say where its rows are", call.name);
                    self.say(call.line, code::MISSING_KEY, message, "add `items = \"PATH[]\"`");
                }
            }
        }
        for name in ["changes", "get"] {
            let verb = if name == "get" { &verbs.get } else { &verbs.changes };
            if verb.is_none() {
                self.say(
                    1,
                    code::MISSING_KEY,
                    format!("nothing carries out `{name}`"),
                    &format!("add `[call.{name}]`"),
                );
            }
        }
        for (kind, writes) in &verbs.writes {
            if let Some(steps) = &writes.create {
                self.steps(steps, Use::Create(*kind));
            }
            for steps in writes.updates.iter().filter_map(|group| group.steps.as_ref()) {
                self.steps(steps, Use::Update(*kind));
            }
        }
    }

    fn steps(&mut self, steps: &'m Steps, role: Use) {
        let mut earlier: Vec<&str> = Vec::new();
        for name in steps.before.iter().chain([&steps.commit]).chain(&steps.after) {
            if let Some(call) = self.mapping.calls.get(name) {
                self.call(call, role, &earlier);
            }
            earlier.push(name);
        }
    }

    fn call(&mut self, call: &'m Call, role: Use, earlier: &[&str]) {
        self.used.insert(&call.name);
        for var in vars_of(self.mapping, call) {
            if let Some((code, message, mend)) = self.fault(&var, call, role, earlier) {
                self.say(call.line, code, format!("the call `{}`: {message}", call.name), &mend);
            }
        }
    }

    fn fault(&self, var: &Var, call: &Call, role: Use, earlier: &[&str]) -> Option<(&'static str, String, String)> {
        let scope = |name: &str| {
            let mend = "use a variable that has a value in this verb (mappings/README.md has the table)".to_owned();
            Some((code::SCOPE, format!("`${{{name}}}` has no value in this verb"), mend))
        };
        let kind = match role {
            Use::Create(kind) | Use::Update(kind) => Some(kind),
            Use::Download => Some(RecordKind::Attachment),
            Use::Login | Use::List | Use::Find | Use::Get => None,
        };
        let listing = matches!(role, Use::List | Use::Find | Use::Get);
        let writing = matches!(role, Use::Create(_) | Use::Update(_));
        let existing =
            matches!(role, Use::Update(_)) || matches!(role, Use::Create(kind) if kind != RecordKind::Ticket);
        let child = matches!(role, Use::Download) || matches!(role, Use::Update(kind) if kind != RecordKind::Ticket);
        match var {
            Var::Since if !matches!(role, Use::List) => scope("since"),
            Var::PageSize | Var::PageNumber | Var::PageOffset | Var::PageToken if !listing => scope("page.*"),
            Var::PageSize | Var::PageNumber | Var::PageOffset | Var::PageToken if call.page.is_none() => Some((
                code::MISSING_KEY,
                "it asks for pages, but does not say how they go on".to_owned(),
                "add `page = { by = …, size = … }`".to_owned(),
            )),
            Var::Id if !existing && !matches!(role, Use::Get | Use::Download) => scope("id"),
            Var::Version | Var::Doc(_) if !existing => scope("version"),
            Var::Whole if role != Use::Update(RecordKind::Ticket) => scope("whole"),
            Var::ChildId if !child => scope("child.id"),
            Var::Shown(_) if !existing && !child => scope("shown.*"),
            Var::Reference if !writing && !matches!(role, Use::Find) => scope("ref"),
            Var::IntentAt | Var::IntentKey | Var::Write if !writing => scope("intent.*"),
            Var::ItemName | Var::ItemType | Var::ItemSize | Var::ItemSha256 | Var::ItemBase64
                if kind != Some(RecordKind::Attachment) || !writing =>
            {
                scope("item.*")
            }
            Var::Field(field) => match kind {
                None => scope(&format!("field.{field}")),
                Some(kind) if self.mapping.shape(kind).is_some_and(|shape| shape.fields.contains_key(field)) => None,
                Some(kind) => {
                    let known = self.mapping.shape(kind).into_iter().flat_map(|shape| shape.fields.keys());
                    let near = nearest(field.as_str(), known.map(Field::as_str));
                    let mend = near.map_or_else(|| "map it first".to_owned(), |near| format!("did you mean `{near}`?"));
                    Some((code::UNKNOWN_NAME, format!("the file maps no field `{field}` of a {kind}"), mend))
                }
            },
            Var::Login(name) => {
                let taken = self.mapping.login.call.as_ref().and_then(|name| self.mapping.calls.get(name));
                if matches!(role, Use::Login) && taken.is_some_and(|login| login.name == call.name) {
                    return scope("login.*");
                }
                (!taken.is_some_and(|call| call.take.contains_key(name))).then(|| {
                    let mend = format!("add `take = {{ {name} = \"PATH\" }}` to the login call");
                    (code::UNKNOWN_NAME, format!("the login gives no `{name}`"), mend)
                })
            }
            Var::Taken { call: step, name } => {
                if !earlier.contains(&step.as_str()) {
                    let mend = format!("add `before = [\"{step}\"]` to the verb");
                    return Some((code::SCOPE, format!("`{step}` is no earlier step of this verb"), mend));
                }
                let taken = self.mapping.calls.get(step).is_some_and(|call| call.take.contains_key(name));
                (!taken).then(|| {
                    let mend = format!("add `take = {{ {name} = \"PATH\" }}` to `[call.{step}]`");
                    (code::UNKNOWN_NAME, format!("`{step}` gives no `{name}`"), mend)
                })
            }
            _ => None,
        }
    }

    fn promises(&mut self) {
        let mapping = self.mapping;
        let promises = &mapping.promises;
        let line = self.problems.line_of("[promise]");
        let uses = |call: &Call, var: &Var| vars_of(mapping, call).contains(var);
        let find = mapping.verbs.find.as_ref().and_then(|name| mapping.calls.get(name));
        if promises.find == Find::Filter && !find.is_some_and(|call| uses(call, &Var::Reference)) {
            let mend = "add `[call.find]` that filters by `${ref}`, or promise another `find`";
            self.say(line, code::PROMISE, "`find = \"filter\"`, but no find asks for `${ref}`".to_owned(), mend);
        }
        let ticket = mapping.shape(RecordKind::Ticket);
        if promises.find != Find::None && ticket.is_none_or(|shape| shape.reference.is_none()) {
            let mend = "add `ref = \"PATH\"` to `[record]`: a hit counts only if reading it shows the reference";
            self.say(line, code::PROMISE, "found records do not show our reference".to_owned(), mend);
        }
        if promises.guard == Guard::Version {
            if ticket.is_none_or(|shape| shape.version.is_none()) {
                let mend = "add `version = \"PATH\"` to `[record]`, or promise `guard = \"compare\"`";
                self.say(line, code::PROMISE, "guarded by a version that is not read".to_owned(), mend);
            }
            let writes = mapping.verbs.writes.get(&RecordKind::Ticket);
            for steps in writes.iter().flat_map(|writes| &writes.updates).filter_map(|group| group.steps.as_ref()) {
                if let Some(commit) = mapping.calls.get(&steps.commit).filter(|call| !uses(call, &Var::Version)) {
                    let message = format!("guarded by the version, but `{}` does not send it", commit.name);
                    self.say(commit.line, code::PROMISE, message, "put `${version}` into the call");
                }
            }
        }
        for (kind, writes) in &mapping.verbs.writes {
            let creates = writes.create.iter();
            let updates = writes.updates.iter().filter_map(|group| group.steps.as_ref());
            let keyed: Vec<&Steps> = match promises.keyed {
                Keyed::Nothing => Vec::new(),
                Keyed::Creates => creates.collect(),
                Keyed::All => creates.chain(updates).collect(),
            };
            for steps in keyed {
                if let Some(commit) = mapping.calls.get(&steps.commit).filter(|call| !uses(call, &Var::IntentKey)) {
                    let message = format!("keys are promised, but `{}` ({kind}) does not send one", commit.name);
                    self.say(commit.line, code::PROMISE, message, "put `${intent.key}` into the call");
                }
            }
        }
    }

    fn unused(&mut self) {
        for (name, call) in &self.mapping.calls {
            if !self.used.contains(name.as_str()) {
                let message = format!("no verb uses the call `{name}`");
                self.say(
                    call.line,
                    code::UNREACHABLE,
                    message,
                    "name it in `[do.…]`, `[login]` or `[[mount]]`, or take it out",
                );
            }
        }
    }
}

/// All variables of a call, those of the file-wide parts too.
pub(super) fn vars_of(mapping: &Mapping, call: &Call) -> BTreeSet<Var> {
    let mut vars = BTreeSet::new();
    match &call.target {
        Target::Path(template) | Target::Whole(template) => of_template(template, &mut vars),
    }
    for (_, template) in call.query.iter().chain(&call.headers) {
        of_template(template, &mut vars);
    }
    if !call.bare {
        for (_, template) in &mapping.http.headers {
            of_template(template, &mut vars);
        }
    }
    match &call.body {
        Body::None => {}
        Body::Json(tree) => {
            vars.extend(tree.vars().into_iter().cloned());
            if let Some(tree) = mapping.http.json.as_ref().filter(|_| !call.bare) {
                vars.extend(tree.vars().into_iter().cloned());
            }
        }
        Body::Form(pairs) | Body::Multipart { parts: pairs, .. } => {
            for (_, template) in pairs {
                of_template(template, &mut vars);
            }
        }
        Body::Xml(xml) => vars.extend(xml.vars().into_iter().cloned()),
        Body::Bytes { content_type } => of_template(content_type, &mut vars),
    }
    vars
}

fn of_template(template: &Template, vars: &mut BTreeSet<Var>) {
    vars.extend(template.vars().cloned());
}
