//! What calls name: variables that have a value in their verb, rows where they list, steps before theirs.

use std::collections::BTreeSet;

use super::Checker;
use crate::pure::mapping::auth::{SignPart, SigningHash, TOKEN};
use crate::pure::mapping::calls::{Body, Call, Steps, Target};
use crate::pure::mapping::model::Mapping;
use crate::pure::mapping::problem::{code, nearest};
use crate::pure::mapping::template::{Template, Var};
use crate::words::problem::Spot;
use crate::words::ticket::RecordKind;

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

impl<'m> Checker<'m, '_, '_> {
    pub(super) fn verbs(&mut self) {
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
                    self.say(self.call_spot(&call.name), code::MISSING_KEY, message, "add `items = \"PATH[]\"`");
                }
            }
        }
        for name in ["changes", "get"] {
            let verb = if name == "get" { &verbs.get } else { &verbs.changes };
            if verb.is_none() && self.notes.verbs && !self.notes.calls.contains_key(name) {
                let message = format!("nothing carries out `{name}`");
                self.say(Spot::default(), code::MISSING_KEY, message, &format!("add `[call.{name}]`"));
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
        let commit = self.mapping.calls.get(&steps.commit);
        if let Some((var, commit)) = steps.id.as_ref().zip(commit)
            && let Some((code, message, mend)) = self.fault(var, commit, role, &earlier)
        {
            let span = self.notes.variables.get(&(String::new(), var.clone()));
            let spot = span.map_or_else(|| self.call_spot(&commit.name), Spot::of);
            self.say(spot, code, format!("`id` of the new record: {message}"), &mend);
        }
    }

    fn call(&mut self, call: &'m Call, role: Use, earlier: &[&str]) {
        let is_new = self.used.insert(&call.name);
        if is_new && self.lacks_digest(call) {
            let message = format!(
                "the call `{}`: `${{sign.body}}` has no value: its body has no such digest before it is sent",
                call.name
            );
            let mend = "take `${sign.body}` out of `over`, or say `bare = true` of the call where it goes unsigned";
            self.say(self.call_spot(&call.name), code::SCOPE, message, mend);
        }
        for var in vars_of(self.mapping, call) {
            if let Some((code, message, mend)) = self.fault(&var, call, role, earlier) {
                let own = (call.name.clone(), var.clone());
                let span = self.notes.variables.get(&own).or_else(|| self.notes.variables.get(&(String::new(), var)));
                let spot = span.map_or_else(|| self.call_spot(&call.name), Spot::of);
                self.say(spot, code, format!("the call `{}`: {message}", call.name), &mend);
            }
        }
    }

    /// Whether a signature goes over a body that is made while it is sent.
    fn lacks_digest(&self, call: &Call) -> bool {
        let Some(signing) = self.mapping.login.sign.as_ref().filter(|_| !call.bare) else { return false };
        let parts = signing.headers.iter().map(|(_, template)| template).chain([&signing.over]);
        let goes_over = parts.flat_map(Template::vars).any(|var| *var == Var::Sign(SignPart::Body));
        goes_over
            && match call.body {
                Body::Multipart { .. } => true,
                // Of a file only its SHA-256 is known.
                Body::Bytes { .. } => signing.hash != SigningHash::Sha256,
                Body::None | Body::Json(_) | Body::Csv(_) | Body::Form(_) | Body::Xml(_) | Body::Sql(_) => false,
            }
    }

    fn fault(&self, var: &Var, call: &Call, role: Use, earlier: &[&str]) -> Option<(&'static str, String, String)> {
        let scope = |name: &str| {
            let mend =
                "use a variable that has a value in this verb (docs/mapping-language.md has the table)".to_owned();
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
            Var::ItemName | Var::ItemType | Var::ItemSize | Var::ItemSha256 | Var::ItemBase64 | Var::ItemBase64Zip
                if kind != Some(RecordKind::Attachment) || !writing =>
            {
                scope("item.*")
            }
            Var::Field(field) => match kind {
                None => scope(&format!("field.{field}")),
                Some(kind) if self.notes.fields.contains_key(&(kind, field.as_str().to_owned())) => None,
                Some(kind) => {
                    let known = self.notes.fields.keys().filter(|(of, _)| *of == kind).map(|(_, name)| name.as_str());
                    let near = nearest(field.as_str(), known);
                    let mend = near.map_or_else(|| "map it first".to_owned(), |near| format!("did you mean `{near}`?"));
                    Some((code::UNKNOWN_NAME, format!("the file maps no field `{field}` of a {kind}"), mend))
                }
            },
            Var::Sign(_) => scope("sign.*"),
            Var::Login(name) if self.mapping.login.oauth2.is_some() => (name != TOKEN).then(|| {
                let mend = "write `${login.token}`: that is all that a token server gives".to_owned();
                (code::UNKNOWN_NAME, format!("the login gives no `{name}`"), mend)
            }),
            Var::Login(name) => {
                let taken = self.mapping.login.call.as_ref().and_then(|name| self.mapping.calls.get(name));
                if matches!(role, Use::Login) && taken.is_some_and(|login| login.name == call.name) {
                    return scope("login.*");
                }
                // A login call that is there and could not be read gives nobody knows what.
                let unread = taken.is_none() && !self.notes.calls_whole;
                (!unread && !taken.is_some_and(|call| call.take.contains_key(name))).then(|| {
                    let mend = format!("add `take = {{ {name} = \"PATH\" }}` to the login call");
                    (code::UNKNOWN_NAME, format!("the login gives no `{name}`"), mend)
                })
            }
            Var::Taken { call: step, name } => {
                if !earlier.contains(&step.as_str()) {
                    let mend = format!("add `before = [\"{step}\"]` to the verb");
                    return Some((code::SCOPE, format!("`{step}` is no earlier step of this verb"), mend));
                }
                let lacks = self.mapping.calls.get(step).is_some_and(|call| !call.take.contains_key(name));
                lacks.then(|| {
                    let mend = format!("add `take = {{ {name} = \"PATH\" }}` to `[call.{step}]`");
                    (code::UNKNOWN_NAME, format!("`{step}` gives no `{name}`"), mend)
                })
            }
            _ => None,
        }
    }
}

/// All variables of a call, those of the file-wide parts too.
pub(in crate::pure::mapping) fn vars_of(mapping: &Mapping, call: &Call) -> BTreeSet<Var> {
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
        Body::Csv(tree) | Body::Form(tree) => vars.extend(tree.vars().into_iter().cloned()),
        Body::Json(tree) => {
            vars.extend(tree.vars().into_iter().cloned());
            if let Some(tree) = mapping.http.json.as_ref().filter(|_| !call.bare) {
                vars.extend(tree.vars().into_iter().cloned());
            }
        }
        Body::Multipart { parts: pairs, .. } => {
            for (_, template) in pairs {
                of_template(template, &mut vars);
            }
        }
        Body::Xml(xml) => vars.extend(xml.vars().into_iter().cloned()),
        Body::Sql(statement) => vars.extend(statement.vars().cloned()),
        Body::Bytes { content_type } => of_template(content_type, &mut vars),
    }
    vars
}

fn of_template(template: &Template, vars: &mut BTreeSet<Var>) {
    vars.extend(template.vars().cloned());
}
