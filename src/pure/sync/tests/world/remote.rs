//! One simulated remote system: what it stores, how it spells it, what it promises and where it is peculiar.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::pure::sync::case::Intent;
use crate::words::clock::Timestamp;
use crate::words::outcome::{Ack, Outcome};
use crate::words::promise::{Find, Guard, Keyed, Promises, Proof};
use crate::words::record::{Cell, Reading};
use crate::words::side::{Reference, RemoteId, Version};
use crate::words::ticket::{Field, RecordKind, field};
use crate::words::value::Value;

use super::Safeguard;

/// Subjects are cut to so many characters where a system cuts.
const CUT: usize = 6;
/// A record that was accepted without an id appears after at most so long.
const APPEARS_WITHIN: i64 = 20_000;
/// A key lives so long.
const KEY_LIFE: i64 = 20;

pub(super) const SUBJECT: Field = Field::fixed("subject");
pub(super) const CONTENT: Field = Field::fixed("content");
pub(super) const DOSSIER: Field = Field::fixed("dossier");

/// What a system tells of a record's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Versions {
    /// A number that rises by each change.
    Counted,
    /// A word that is new after each change.
    Opaque,
    /// A digest of what the record holds.
    Hashed,
    /// A number that rises by each reading, too.
    Restless,
    /// Nothing.
    None,
}

/// How a system spells content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Fold {
    /// As it is written.
    As,
    /// In small letters, and its mapping says so.
    Declared,
    /// In small letters, and its mapping does not know.
    Silent,
}

/// What sort of system it is.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Kind {
    pub(in super::super) versions: Versions,
    /// Cuts subjects.
    pub(in super::super) cuts: bool,
    pub(in super::super) fold: Fold,
    /// Has one code for two statuses.
    pub(in super::super) coarse: bool,
    /// Acks a new dossier number and keeps the old one.
    pub(in super::super) ignores: bool,
    /// Refuses some dossier numbers for ever.
    pub(in super::super) refuses: bool,
    /// Names the field that it refuses.
    pub(in super::super) names: bool,
    /// Replies carry our reference.
    pub(in super::super) reply_refs: bool,
    pub(in super::super) proof: Proof,
    pub(in super::super) keyed: Keyed,
    /// Answers to creates carry no id; the record appears later.
    pub(in super::super) later_id: bool,
    /// Readings may show a state of so many milliseconds ago.
    pub(in super::super) lag: i64,
    /// Answers to writes tell the new version.
    pub(in super::super) tells: bool,
}

/// A system without peculiarities.
pub(in super::super) const PLAIN: Kind = Kind {
    versions: Versions::Counted,
    cuts: false,
    fold: Fold::As,
    coarse: false,
    ignores: false,
    refuses: false,
    names: true,
    reply_refs: true,
    proof: Proof::ReadBack,
    keyed: Keyed::Nothing,
    later_id: false,
    lag: 0,
    tells: true,
};

impl Kind {
    /// Any mixture of peculiarities.
    pub(in super::super) fn any(random: &mut ChaCha8Rng) -> Self {
        let mut rarely = |odds: f64| random.random_bool(odds);
        Self {
            cuts: rarely(0.5),
            coarse: rarely(0.5),
            ignores: rarely(0.2),
            refuses: rarely(0.2),
            names: rarely(0.5),
            reply_refs: rarely(0.5),
            proof: if rarely(0.3) { Proof::Answer } else { Proof::ReadBack },
            keyed: [Keyed::Nothing, Keyed::Nothing, Keyed::Creates, Keyed::All]
                [usize::from(rarely(0.4)) + 2 * usize::from(rarely(0.4))],
            later_id: rarely(0.15),
            lag: if rarely(0.2) { 1_500 } else { 0 },
            tells: rarely(0.7),
            fold: [Fold::As, Fold::Declared, Fold::Silent][random.random_range(0..3)],
            versions: [Versions::Counted, Versions::Opaque, Versions::Hashed, Versions::Restless, Versions::None]
                [random.random_range(0..5)],
        }
    }

    pub(super) fn promises(&self) -> Promises {
        Promises {
            find: Find::Filter,
            ref_visible: Duration::from_secs(2),
            late_delivery: Duration::from_secs(3),
            keyed: self.keyed,
            key_life: Duration::from_secs(KEY_LIFE.unsigned_abs()),
            guard: if self.versions == Versions::None { Guard::Compare } else { Guard::Version },
            proof: self.proof,
            read_lag: Duration::from_millis(self.lag.unsigned_abs()),
            ..Promises::default()
        }
    }

    /// How the system's mapping believes that it spells a value.
    pub(super) fn spell(&self, name: &Field, text: &str) -> String {
        match name.as_str() {
            "subject" if self.cuts => text.chars().take(CUT).collect(),
            "content" if self.fold == Fold::Declared => text.to_lowercase(),
            "status" if self.coarse && text == "forwarded" => "received".into(),
            _ => text.to_owned(),
        }
    }

    /// How it really does.
    pub(super) fn stores(&self, name: &Field, text: &str) -> String {
        match name.as_str() {
            "content" if self.fold == Fold::Silent => text.to_lowercase(),
            _ => self.spell(name, text),
        }
    }

    fn keyed(&self, intent: &Intent) -> bool {
        match self.keyed {
            Keyed::Nothing => false,
            Keyed::Creates => intent.target.is_none(),
            Keyed::All => true,
        }
    }

    fn takes(&self, name: &Field, text: &str) -> bool {
        !(self.refuses && *name == DOSSIER && text.ends_with(['3', '7']))
    }
}

/// A value, and the person's edit that it comes from.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) text: String,
    pub(super) edit: Option<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) id: String,
    pub(super) reference: Option<Reference>,
    pub(super) at: Timestamp,
    pub(super) text: Told,
    pub(super) thing: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) number: u64,
    pub(super) reference: Option<Reference>,
    pub(super) fields: BTreeMap<Field, Told>,
    pub(super) replies: Vec<Reply>,
    pub(super) thing: usize,
    pub(super) appears: Timestamp,
    pub(super) found_from: Timestamp,
}

/// One write of ours on its way.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) intent: Intent,
    pub(super) parent: Option<RemoteId>,
    pub(super) version: Option<Version>,
    /// The thing that it writes, for the oracle.
    pub(super) thing: usize,
    /// Where each value comes from, for the oracle.
    pub(super) edits: BTreeMap<Field, Option<usize>>,
    pub(super) lands: Timestamp,
    /// Whether its answer surely reaches us.
    pub(super) heard: bool,
    /// All fields of the source instead of the changed ones: only with that safeguard off.
    pub(super) whole: BTreeMap<Field, String>,
}

#[derive(Debug)]
pub(super) struct Remote {
    pub(super) kind: Kind,
    pub(super) records: BTreeMap<String, Record>,
    past: Vec<(Timestamp, String, Record)>,
    answered: BTreeMap<String, (Timestamp, Outcome)>,
    /// Writes of ours that changed something.
    pub(super) writes: u64,
    /// Whether preconditions are looked at: off only with that safeguard.
    guards: bool,
    /// Whether the key names the pair only: on only with that safeguard off.
    key_per_pair: bool,
}

impl Remote {
    pub(super) fn new(kind: Kind, off: Option<Safeguard>) -> Self {
        Self {
            kind,
            records: BTreeMap::new(),
            past: Vec::new(),
            answered: BTreeMap::new(),
            writes: 0,
            guards: off != Some(Safeguard::VersionGuard),
            key_per_pair: off == Some(Safeguard::KeyNamesOperation),
        }
    }

    /// A record to change, whose former state readings may still show.
    pub(super) fn touch(&mut self, id: &str, now: Timestamp) -> Option<&mut Record> {
        let record = self.records.get_mut(id)?;
        if self.kind.lag > 0 {
            self.past.push((now, id.to_owned(), record.clone()));
        }
        record.number += 1;
        Some(record)
    }

    pub(super) fn visible(&self, now: Timestamp) -> Vec<String> {
        self.records.iter().filter(|(_, record)| record.appears <= now).map(|(id, _)| id.clone()).collect()
    }

    pub(super) fn find(&self, reference: &Reference, now: Timestamp) -> Vec<RemoteId> {
        let shown = |record: &Record| record.appears <= now && record.found_from <= now;
        self.records
            .iter()
            .filter(|(_, record)| record.reference.as_ref() == Some(reference) && shown(record))
            .map(|(id, _)| id.as_str().into())
            .collect()
    }

    fn version(&self, record: &Record) -> Option<Version> {
        match self.kind.versions {
            Versions::Counted | Versions::Restless => Some(Version(record.number.to_string())),
            Versions::Opaque => Some(Version(format!("e{}x", record.number))),
            Versions::Hashed => {
                let mut hash = DefaultHasher::new();
                record.fields.values().for_each(|told| told.text.hash(&mut hash));
                record.replies.iter().for_each(|reply| reply.text.text.hash(&mut hash));
                Some(Version(format!("h{:x}", hash.finish())))
            }
            Versions::None => None,
        }
    }

    /// What a reading shows of a record, at most `lag` milliseconds old.
    pub(super) fn read(&mut self, id: &str, now: Timestamp, lag: i64) -> Option<Reading> {
        if self.kind.versions == Versions::Restless {
            self.records.get_mut(id)?.number += 1;
        }
        let then = now - TimeDelta::milliseconds(lag);
        let past = self.past.iter().find(|(until, of, _)| of == id && *until > then).map(|(_, _, record)| record);
        let record = past.or_else(|| self.records.get(id))?;
        (record.appears <= now).then(|| self.reading(id, record))
    }

    fn reading(&self, id: &str, record: &Record) -> Reading {
        let replies = record.replies.iter().map(|reply| self.reply(reply)).collect();
        let cells = record.fields.iter().map(|(name, told)| (name.clone(), text(name, &told.text)));
        Reading {
            kind: RecordKind::Ticket,
            id: id.into(),
            identity: Some("then".into()),
            version: self.version(record),
            changed: None,
            reference: record.reference.clone(),
            cells: cells.collect(),
            children: BTreeMap::from([(RecordKind::Reply, replies)]),
            captures: BTreeMap::new(),
        }
    }

    fn reply(&self, reply: &Reply) -> Reading {
        let at = Cell { image: Some(reply.at.to_rfc3339()), value: Some(Value::Instant(reply.at)) };
        Reading {
            kind: RecordKind::Reply,
            id: reply.id.as_str().into(),
            identity: None,
            version: None,
            changed: None,
            reference: reply.reference.clone().filter(|_| self.kind.reply_refs),
            cells: BTreeMap::from([(field::TEXT, text(&field::TEXT, &reply.text.text)), (field::AT, at)]),
            children: BTreeMap::new(),
            captures: BTreeMap::new(),
        }
    }

    /// One copy of a request arrives.
    pub(super) fn land(&mut self, request: &Request, now: Timestamp, random: &mut ChaCha8Rng) -> Outcome {
        let intent = &request.intent;
        let key = if self.key_per_pair { intent.pair.to_string() } else { intent.key.clone() };
        if self.kind.keyed(intent)
            && let Some((since, outcome)) = self.answered.get(&key)
            && now - *since < TimeDelta::seconds(KEY_LIFE)
        {
            return outcome.clone();
        }
        let outcome = self.apply(request, now, random);
        if matches!(outcome, Outcome::Acked(_)) {
            self.writes += 1;
            if self.kind.keyed(intent) {
                self.answered.insert(key, (now, outcome.clone()));
            }
        }
        outcome
    }

    fn apply(&mut self, request: &Request, now: Timestamp, random: &mut ChaCha8Rng) -> Outcome {
        let intent = &request.intent;
        let written = |name: &Field| intent.fields.get(name).and_then(|planned| planned.value.as_ref()?.as_text());
        if intent.fields.keys().any(|name| written(name).is_some_and(|text| !self.kind.takes(name, text))) {
            let fields = if self.kind.names { vec!["dossier".to_owned()] } else { Vec::new() };
            return Outcome::Refused { says: "Mã không hợp lệ".into(), fields };
        }
        let kind = self.kind;
        let told = |name: &Field| {
            let edit = request.edits.get(name).copied().flatten();
            Told { text: kind.stores(name, written(name).unwrap_or_default()), edit }
        };
        match (&intent.target, intent.kind) {
            (None, RecordKind::Ticket) => {
                let later = if kind.later_id && request.heard { random.random_range(0..APPEARS_WITHIN) } else { 0 };
                let fields = intent.fields.keys().map(|name| (name.clone(), told(name))).collect();
                let record = Record {
                    number: 1,
                    reference: Some(intent.pair.clone()),
                    fields,
                    replies: Vec::new(),
                    thing: request.thing,
                    appears: now + TimeDelta::milliseconds(later),
                    found_from: now + TimeDelta::milliseconds(random.random_range(0..2_000)),
                };
                let id = format!("{}", self.records.len() + 1);
                let mut ack = self.ack(&id, &record, None);
                ack.id = (!kind.later_id).then(|| id.as_str().into());
                ack.reading = ack.reading.filter(|_| !kind.later_id);
                self.records.insert(id, record);
                Outcome::Acked(ack)
            }
            (target, child) => {
                let id = match child {
                    RecordKind::Ticket => target.as_ref(),
                    _ => request.parent.as_ref(),
                };
                let Some(id) = id.map(|id| id.as_str().to_owned()).filter(|id| self.records.contains_key(id)) else {
                    return Outcome::Gone;
                };
                let stale = |record: &Record| request.version.is_some() && request.version != self.version(record);
                if self.guards && target.is_some() && self.records.get(&id).is_some_and(stale) {
                    return Outcome::Conflict { says: "moved".into() };
                }
                let Some(record) = self.touch(&id, now) else { return Outcome::Gone };
                let mut reply = None;
                match (child, target) {
                    (RecordKind::Ticket, _) => {
                        for name in intent.fields.keys().filter(|name| !(kind.ignores && **name == DOSSIER)) {
                            record.fields.insert(name.clone(), told(name));
                        }
                        for (name, text) in request.whole.iter().filter(|(name, _)| !intent.fields.contains_key(name)) {
                            record.fields.insert(name.clone(), Told { text: kind.stores(name, text), edit: None });
                        }
                    }
                    (_, None) => {
                        let at = written_instant(intent).unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
                        let id = format!("w{}", record.number);
                        reply = Some(id.clone());
                        let (reference, thing) = (Some(intent.pair.clone()), request.thing);
                        record.replies.push(Reply { id, reference, at, text: told(&field::TEXT), thing });
                    }
                    (_, Some(of)) => {
                        reply = Some(of.as_str().to_owned());
                        if let Some(reply) = record.replies.iter_mut().find(|reply| reply.id == of.as_str()) {
                            reply.text = told(&field::TEXT);
                        }
                    }
                }
                let record = record.clone();
                Outcome::Acked(self.ack(&id, &record, reply.as_deref().map(|of| (of, target.is_none()))))
            }
        }
    }

    fn ack(&self, id: &str, record: &Record, reply: Option<(&str, bool)>) -> Ack {
        let reading = match reply {
            None => Some(self.reading(id, record)),
            Some((of, _)) => record.replies.iter().find(|reply| reply.id == of).map(|reply| self.reply(reply)),
        };
        Ack {
            id: match reply {
                Some((of, true)) => Some(of.into()),
                _ => None,
            },
            version: self.version(record).filter(|_| self.kind.tells && reply.is_none()),
            reading: reading.map(Box::new).filter(|_| self.kind.proof == Proof::Answer),
        }
    }
}

fn written_instant(intent: &Intent) -> Option<Timestamp> {
    intent.fields.get(&field::AT)?.value.as_ref()?.as_instant()
}

/// A cell that is spelled as it is meant.
pub(super) fn text(name: &Field, text: &str) -> Cell {
    let value = if *name == field::STATUS { Value::Code(text.to_owned()) } else { Value::Text(text.to_owned()) };
    Cell { image: Some(text.to_owned()), value: Some(value) }
}
