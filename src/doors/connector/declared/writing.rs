//! The one verb that writes: `before` steps that may be repeated, exactly one commit, idempotent `after` steps.
//!
//! Only the commit can be in doubt: what breaks before it left at most an orphan, so the write can simply be tried again.

use std::collections::BTreeMap;
use std::path::Path;

use crate::doors::connector::{Shown, Target, Write};
use crate::pure::content::{Packing, pack};
use crate::pure::exchange::{Item, Judged, Role, Scope, variables};
use crate::pure::mapping::calls::{Call, Steps, Verdict};
use crate::pure::mapping::template::Var;
use crate::pure::mapping::{Unprintable, Written};
use crate::pure::wire::Node;
use crate::words::outcome::{Ack, Failure, Outcome};
use crate::words::promise::Proof;
use crate::words::side::{RemoteId, Version};
use crate::words::stops::{self, Stop};
use crate::words::ticket::{Field, RecordKind, field};
use crate::words::value::Value;

use super::DeclaredRemote;
use super::call::{Broken, Done, failure, inlines_file};
use super::transport::TransportError;

/// Largest file that is put into a document, bytes.
const MAX_INLINE_BYTES: u64 = 16 * 1024 * 1024;
/// How often an `after` step is tried in all.
const AFTER_TRIES: usize = 3;

impl DeclaredRemote {
    pub(super) async fn carry_out(&self, write: &Write) -> Outcome {
        match self.attempt(write).await {
            Ok(ack) => Outcome::Acked(ack),
            Err(outcome) => outcome,
        }
    }

    async fn attempt(&self, write: &Write) -> Result<Ack, Outcome> {
        let verbs = self.mapping.verbs.writes.get(&write.kind);
        let verbs = verbs.ok_or_else(|| refused(format!("the mapping does not write a {}", write.kind)))?;
        let mut scope = scope(write);
        match &write.target {
            Target::New => {
                let steps = verbs.create.as_ref();
                let steps = steps.ok_or_else(|| refused(format!("the mapping creates no {}", write.kind)))?;
                let fields: Vec<&Field> = write.fields.keys().collect();
                self.go(write, steps, &fields, &mut scope).await
            }
            Target::Existing(_) => {
                let mut ack = None;
                for group in &verbs.updates {
                    let fields: Vec<&Field> = write.fields.keys().filter(|name| group.fields.contains(name)).collect();
                    let Some(steps) = group.steps.as_ref().filter(|_| !fields.is_empty()) else { continue };
                    let done = self.go(write, steps, &fields, &mut scope).await?;
                    // The next group is written on what this one made.
                    scope.version = done.version.as_ref().map(|version| version.0.clone()).or(scope.version);
                    ack = Some(done);
                }
                ack.ok_or_else(|| refused("the mapping holds these fields back".to_owned()))
            }
        }
    }

    /// Carries out the steps of one group of fields.
    async fn go(&self, write: &Write, steps: &Steps, fields: &[&Field], scope: &mut Scope) -> Result<Ack, Outcome> {
        let chosen = write.fields.iter().filter(|(name, _)| fields.contains(name));
        let chosen = chosen.map(|(name, value)| (name.clone(), value.clone())).collect();
        let names = steps.before.iter().chain([&steps.commit]).chain(&steps.after);
        let calls = names.map(|name| self.call(name)).collect::<Result<Vec<_>, _>>();
        let calls = calls.map_err(Outcome::NotNow)?;
        self.provide(write, &calls, scope).await?;
        written(write, &chosen).fill(&self.mapping, &calls, scope).map_err(unprintable)?;
        let file = write.file.as_ref().map(|file| (file.path.as_path(), file.size));

        for name in &steps.before {
            let call = self.call(name).map_err(Outcome::NotNow)?;
            let done = self.make(call, scope, Role::Repeatable, file, None).await;
            let done =
                done.map_err(|broken| not_sent_or(broken, |says| Outcome::NotNow(Failure::Unreachable { says })))?;
            if done.judged.verdict != Verdict::Ok {
                return Err(self.outcome(write, call, &done));
            }
            scope.taken.insert(name.clone(), done.taken(call));
            stops::at(Stop::StepDone);
        }

        let call = self.call(&steps.commit).map_err(Outcome::NotNow)?;
        let role = if write.target == Target::New { Role::Create } else { Role::Commit };
        let done = self.make(call, scope, role, file, write.begin_by).await;
        stops::at(Stop::Committed);
        let done = done.map_err(|broken| not_sent_or(broken, |says| Outcome::InDoubt { says }))?;
        if done.judged.verdict != Verdict::Ok {
            return Err(self.outcome(write, call, &done));
        }
        let mut ack = self.ack(write, call, &done);
        scope.taken.insert(steps.commit.clone(), done.taken(call));
        if let Some(Var::Taken { call, name }) = &steps.id {
            let made = scope.taken.get(call).and_then(|taken| taken.get(name)).and_then(Node::as_plain);
            ack.id = made.map(|id| RemoteId(id.into_owned())).or(ack.id);
        }
        if let (Some(id), RecordKind::Ticket) = (&ack.id, write.kind) {
            scope.id = Some(id.0.clone());
        }

        for name in &steps.after {
            self.finish(name, scope, file).await?;
        }
        Ok(ack)
    }

    /// What the calls name beside the fields: the fresh document, the file's content.
    async fn provide(&self, write: &Write, calls: &[&Call], scope: &mut Scope) -> Result<(), Outcome> {
        let names_doc = names(calls, |var| matches!(var, Var::Doc(_) | Var::Whole));
        if names_doc && let Some(id) = scope.id.clone() {
            let document = self.document(&RemoteId(id)).await.map_err(Outcome::NotNow)?;
            scope.doc = Some(document.ok_or(Outcome::Gone)?);
        }
        if let (Some(file), Some(item)) = (&write.file, &mut scope.item)
            && calls.iter().any(|call| inlines_file(call))
        {
            if file.size > MAX_INLINE_BYTES {
                return Err(refused(format!("the file is larger than {MAX_INLINE_BYTES} bytes")));
            }
            let bytes = read_whole(&file.path).await?;
            let packed = |packing| pack(&bytes, packing, Some(&item.name)).map_err(refused);
            let base64 = names(calls, |var| *var == Var::ItemBase64).then(|| packed(Packing::Base64));
            let base64_zip = names(calls, |var| *var == Var::ItemBase64Zip).then(|| packed(Packing::Base64Zip));
            (item.base64, item.base64_zip) = (base64.transpose()?, base64_zip.transpose()?);
        }
        Ok(())
    }

    /// An idempotent step after the commit. One that can't be finished leaves the write in doubt: looking it up and
    /// planning again is what finishes it.
    async fn finish(&self, name: &str, scope: &mut Scope, file: Option<(&Path, u64)>) -> Result<(), Outcome> {
        let mut says = String::new();
        for _ in 0..AFTER_TRIES {
            let call = self.call(name).map_err(Outcome::NotNow)?;
            match self.make(call, scope, Role::Repeatable, file, None).await {
                Ok(done) if done.judged.verdict == Verdict::Ok => {
                    scope.taken.insert(name.to_owned(), done.taken(call));
                    return Ok(());
                }
                Ok(done) => says = done.judged.says,
                Err(broken) => says = broken.to_string(),
            }
        }
        Err(Outcome::InDoubt { says: format!("after the commit, `{name}`: {says}") })
    }

    fn ack(&self, write: &Write, call: &Call, done: &Done) -> Ack {
        let taken = done.taken(call);
        let plain = |name: &str| taken.get(name).and_then(Node::as_plain).map(std::borrow::Cow::into_owned);
        let reading =
            (write.kind == RecordKind::Ticket && call.root.is_some() && self.mapping.promises().proof == Proof::Answer)
                .then(|| done.root(call))
                .flatten()
                .and_then(|document| match self.understand(&document) {
                    Shown::Ticket(reading) => Some(reading),
                    Shown::Unreadable { .. } | Shown::Gone => None,
                });
        let version = plain("version").map(Version);
        Ack {
            id: plain("id").map(RemoteId).or_else(|| reading.as_ref().map(|reading| reading.id.clone())),
            version: version.or_else(|| reading.as_ref().and_then(|reading| reading.version.clone())),
            reading,
        }
    }

    /// What a verdict other than ok means for a write.
    fn outcome(&self, write: &Write, call: &Call, done: &Done) -> Outcome {
        let judged = &done.judged;
        let says = judged.says.clone();
        match judged.verdict {
            Verdict::Refused => Outcome::Refused { says, fields: self.fields_of(write.kind, judged) },
            Verdict::Conflict => Outcome::Conflict { says },
            Verdict::Exists => {
                let id = done.taken(call).get("id").and_then(Node::as_plain).map(std::borrow::Cow::into_owned);
                Outcome::Exists { id: id.map(RemoteId) }
            }
            // A ticket that is made can't be gone: the call itself leads nowhere.
            Verdict::Gone if write.kind == RecordKind::Ticket && write.target == Target::New => refused(says),
            Verdict::Gone => Outcome::Gone,
            Verdict::Doubt => Outcome::InDoubt { says },
            Verdict::Ok | Verdict::Retry | Verdict::Busy | Verdict::Login => Outcome::NotNow(failure(judged)),
        }
    }

    /// The fields that are written to the members that the remote named, alone (`Email`) or with their way
    /// (`NguoiGui/Email`).
    fn fields_of(&self, kind: RecordKind, judged: &Judged) -> Vec<String> {
        let named = judged.members.iter().filter_map(|member| {
            let last = member.rsplit(['/', '.']).next().unwrap_or(member);
            self.mapping.field_of_member(kind, last)
        });
        named.map(|name| name.as_str().to_owned()).collect()
    }
}

/// What is known of a write before any of its calls.
fn scope(write: &Write) -> Scope {
    let mut scope = Scope::new(write.kind);
    scope.reference = Some(write.reference.0.clone());
    let target = match &write.target {
        Target::New => None,
        Target::Existing(id) => Some(id.0.clone()),
    };
    (scope.id, scope.child_id) = match write.kind {
        RecordKind::Ticket => (target, None),
        RecordKind::Reply | RecordKind::Transfer | RecordKind::Attachment => {
            (write.parent.as_ref().map(|id| id.0.clone()), target)
        }
    };
    scope.version = write.version.as_ref().map(|version| version.0.clone());
    scope.intent_at = Some(write.intended_at);
    scope.intent_key = Some(write.key.clone());
    scope.shown = write.captures.clone();
    if let Some(file) = &write.file {
        let text = |name: &Field| {
            let value = write.fields.get(name).and_then(Option::as_ref);
            value.and_then(|value| value.as_text()).map(str::to_owned)
        };
        scope.item = Some(Item {
            name: text(&field::NAME).unwrap_or_else(|| "file".to_owned()),
            media_type: text(&field::TYPE).unwrap_or_else(|| "application/octet-stream".to_owned()),
            size: file.size,
            sha256: file.sha256.clone(),
            base64: None,
            base64_zip: None,
        });
    }
    scope
}

const fn written<'a>(write: &'a Write, fields: &'a BTreeMap<Field, Option<Value>>) -> Written<'a> {
    Written {
        kind: write.kind,
        reference: Some(&write.reference),
        is_new: matches!(write.target, Target::New),
        fields,
        captures: &write.captures,
        dates: &write.dates,
    }
}

/// Whether any of the calls names such a variable.
fn names(calls: &[&Call], such: impl Fn(&Var) -> bool) -> bool {
    calls.iter().flat_map(|call| variables(call)).any(such)
}

async fn read_whole(path: &Path) -> Result<Vec<u8>, Outcome> {
    let read = tokio::fs::read(path).await;
    read.map_err(|error| Outcome::NotNow(TransportError::Spool { says: error.to_string() }.into_failure()))
}

/// A broken step: never sent, or what `lost` makes of it.
fn not_sent_or(broken: Broken, lost: impl FnOnce(String) -> Outcome) -> Outcome {
    match broken {
        Broken::Render(error) => refused(error.to_string()),
        Broken::Login(failure) => Outcome::NotNow(failure),
        Broken::Transport(error @ (TransportError::NeverSent { .. } | TransportError::Spool { .. })) => {
            Outcome::NotNow(Failure::Unreachable { says: error.to_string() })
        }
        Broken::Transport(error @ (TransportError::Lost { .. } | TransportError::TooLarge { .. })) => {
            lost(error.to_string())
        }
    }
}

const fn refused(says: String) -> Outcome {
    Outcome::Refused { says, fields: Vec::new() }
}

#[expect(clippy::needless_pass_by_value, reason = "called by map_err")]
fn unprintable(fault: Unprintable) -> Outcome {
    Outcome::Refused { says: fault.to_string(), fields: vec![fault.field.as_str().to_owned()] }
}
