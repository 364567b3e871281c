//! One simulated remote system: what it stores, and what it makes of a request.

mod show;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use pakn_bridge::pure::sync::case::Intent;
use pakn_bridge::words::clock::Timestamp;
use pakn_bridge::words::outcome::{Ack, Outcome};
use pakn_bridge::words::promise::Proof;
use pakn_bridge::words::side::{Reference, RemoteId, Version};
use pakn_bridge::words::ticket::{Field, RecordKind, field};

use super::Safeguard;
use super::kind::{DOSSIER, KEY_LIFE, Kind};
use super::rules::spelled;

pub(crate) use show::Look;

/// A record that was accepted without an id appears after at most so long.
const APPEARS_WITHIN: i64 = 20_000;

/// A value, and the person's edit that it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) edit: Option<usize>,
}

/// A reply, a transfer or a file.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    pub(crate) kind: RecordKind,
    pub(crate) id: String,
    pub(crate) reference: Option<Reference>,
    pub(crate) at: Timestamp,
    pub(crate) fields: BTreeMap<Field, Told>,
    pub(crate) thing: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) number: u64,
    pub(crate) reference: Option<Reference>,
    pub(crate) fields: BTreeMap<Field, Told>,
    pub(crate) children: Vec<Child>,
    pub(crate) thing: usize,
    pub(crate) born: Timestamp,
    /// When it last changed, by the system's own clock.
    pub(crate) changed: Timestamp,
    /// From when on listings show that.
    pub(crate) listed: Timestamp,
    pub(crate) appears: Timestamp,
    pub(crate) found_from: Timestamp,
}

/// One write of ours on its way.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) intent: Intent,
    /// The system that it goes to.
    pub(crate) to: usize,
    pub(crate) parent: Option<RemoteId>,
    pub(crate) version: Option<Version>,
    /// The thing that it writes, for the oracle.
    pub(crate) thing: usize,
    /// Where each value comes from, for the oracle.
    pub(crate) edits: BTreeMap<Field, Option<usize>>,
    pub(crate) lands: Timestamp,
    /// Whether its answer surely reaches us.
    pub(crate) heard: bool,
    /// All fields of the source instead of the changed ones: only with that safeguard off.
    pub(crate) whole: BTreeMap<Field, String>,
}

/// What a backup holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) records: BTreeMap<String, Record>,
    pub(crate) deleted: BTreeMap<String, Record>,
    /// What was merged into what.
    pub(crate) merged: BTreeMap<String, String>,
    next: u64,
}

#[derive(Debug)]
pub(crate) struct Remote {
    pub(crate) kind: Kind,
    pub(crate) state: State,
    pub(crate) backup: Option<State>,
    /// It lists and finds nothing until then.
    pub(crate) emptied: Timestamp,
    /// It answers nothing until then.
    pub(crate) down: Timestamp,
    past: Vec<(Timestamp, String, Record)>,
    answered: BTreeMap<String, (Timestamp, Outcome)>,
    /// Writes of ours that changed something.
    pub(crate) writes: u64,
    /// Whether preconditions are looked at: off only with that safeguard.
    guards: bool,
    /// Whether the key names the pair only: on only with that safeguard off.
    key_per_pair: bool,
}

impl Remote {
    pub(crate) fn new(kind: Kind, off: &[Safeguard]) -> Self {
        Self {
            kind,
            state: State { next: 1, ..State::default() },
            backup: None,
            emptied: DateTime::<Utc>::UNIX_EPOCH,
            down: DateTime::<Utc>::UNIX_EPOCH,
            past: Vec::new(),
            answered: BTreeMap::new(),
            writes: 0,
            guards: !off.contains(&Safeguard::VersionGuard),
            key_per_pair: off.contains(&Safeguard::KeyNamesOperation),
        }
    }

    pub(crate) fn record(&self, id: &str) -> Option<&Record> {
        self.state.records.get(id)
    }

    /// A new id. After a restore it may be one that was given before.
    pub(crate) fn new_id(&mut self) -> String {
        let id = self.state.next;
        self.state.next += 1;
        id.to_string()
    }

    /// Puts the newest backup back.
    pub(crate) fn restore(&mut self) -> bool {
        let Some(backup) = self.backup.take() else { return false };
        self.state = backup;
        self.past.clear();
        self.answered.clear();
        true
    }

    /// The stamp of a change that is made now, and when listings show it.
    fn stamp(&self, salt: u64, now: Timestamp) -> (Timestamp, Timestamp) {
        let mixed = salt.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let any = |most: i64, bits: u64| i64::try_from((bits & 0xFFFF_FFFF) % most.max(1).unsigned_abs()).unwrap_or(0);
        let ahead = now + TimeDelta::milliseconds(any(self.kind.skew, mixed));
        let millis = ahead.timestamp_millis();
        let shown = DateTime::from_timestamp_millis(millis - millis.rem_euclid(self.kind.step)).unwrap_or(ahead);
        (shown, now + TimeDelta::milliseconds(any(self.kind.commit_lag, mixed >> 32)))
    }

    /// A new record.
    pub(crate) fn insert(&mut self, id: String, mut record: Record, now: Timestamp) {
        (record.changed, record.listed) = self.stamp(record.thing as u64 + 1, now);
        record.listed = record.listed.max(record.appears);
        self.state.records.insert(id, record);
    }

    /// A record to change, whose former state readings may still show. A child does not touch its ticket everywhere.
    pub(crate) fn touch(&mut self, id: &str, is_child: bool, now: Timestamp) -> Option<&mut Record> {
        let record = self.state.records.get(id)?;
        if self.kind.lag > 0 {
            self.past.push((now, id.to_owned(), record.clone()));
        }
        let stamp = self.stamp(record.number * 31 + record.thing as u64, now);
        let touches = !is_child || self.kind.touches;
        let record = self.state.records.get_mut(id)?;
        if touches {
            record.number += 1;
            (record.changed, record.listed) = stamp;
        }
        Some(record)
    }

    /// One copy of a request arrives.
    pub(crate) fn land(&mut self, request: &Request, now: Timestamp, random: &mut ChaCha8Rng) -> Outcome {
        let intent = &request.intent;
        let key = if self.key_per_pair { intent.pair.to_string() } else { intent.key.clone() };
        if self.kind.covers(intent)
            && let Some((since, outcome)) = self.answered.get(&key)
            && now - *since < TimeDelta::seconds(2 * KEY_LIFE)
        {
            return outcome.clone();
        }
        let outcome = self.apply(request, now, random);
        if matches!(outcome, Outcome::Acked(_)) {
            self.writes += 1;
            if self.kind.covers(intent) {
                self.answered.insert(key, (now, outcome.clone()));
            }
        }
        outcome
    }

    fn apply(&mut self, request: &Request, now: Timestamp, random: &mut ChaCha8Rng) -> Outcome {
        let intent = &request.intent;
        let kind = self.kind;
        let refused = |(name, text): (&Field, String)| !kind.takes(intent.kind, name, &text);
        let mut texts = intent.fields.iter().filter_map(|(name, of)| Some((name, spelled(of.value.as_ref()?)?)));
        if texts.any(refused) {
            let fields = if kind.names { vec![DOSSIER.as_str().to_owned()] } else { Vec::new() };
            return Outcome::Refused { says: "Mã không hợp lệ".into(), fields };
        }
        match (&intent.target, intent.kind) {
            (None, RecordKind::Ticket) => self.create(request, now, random),
            (target, RecordKind::Ticket) => self.change(request, target.as_ref(), now),
            _ => self.change(request, request.parent.as_ref(), now),
        }
    }

    fn create(&mut self, request: &Request, now: Timestamp, random: &mut ChaCha8Rng) -> Outcome {
        let is_it = |record: &Record| record.reference.as_ref() == Some(&request.intent.pair);
        if self.kind.unique
            && let Some((id, _)) = self.state.records.iter().find(|(_, record)| is_it(record))
        {
            return Outcome::Exists { id: Some(id.as_str().into()) };
        }
        let later = self.kind.later_id && request.heard;
        let later = if later { random.random_range(0..APPEARS_WITHIN) } else { 0 };
        let record = Record {
            number: 1,
            reference: Some(request.intent.pair.clone()),
            fields: self.told(request),
            children: Vec::new(),
            thing: request.thing,
            born: now,
            changed: now,
            listed: now,
            appears: now + TimeDelta::milliseconds(later),
            found_from: request.lands + TimeDelta::milliseconds(random.random_range(0..2_000)),
        };
        let id = self.new_id();
        self.insert(id.clone(), record, now);
        let mut ack = self.ack(&id, None);
        ack.id = (!self.kind.later_id).then(|| id.as_str().into());
        ack.reading = ack.reading.filter(|_| !self.kind.later_id);
        Outcome::Acked(ack)
    }

    fn told(&self, request: &Request) -> BTreeMap<Field, Told> {
        let told = request.intent.fields.iter().filter(|(name, _)| **name != field::AT).map(|(name, planned)| {
            let text = planned.value.as_ref().and_then(spelled).unwrap_or_default();
            let edit = request.edits.get(name).copied().flatten();
            (name.clone(), Told { text: self.kind.stores(name, &text), edit })
        });
        told.collect()
    }

    fn change(&mut self, request: &Request, ticket: Option<&RemoteId>, now: Timestamp) -> Outcome {
        let intent = &request.intent;
        let Some(id) = ticket.map(|id| id.as_str().to_owned()).filter(|id| self.record(id).is_some()) else {
            return Outcome::Gone;
        };
        let stale = |record: &Record| request.version.is_some() && request.version != self.version(record);
        let looks = intent.target.is_some() || self.kind.hangs_on_versions();
        if self.guards && looks && self.record(&id).is_some_and(stale) {
            return Outcome::Conflict { says: "moved".into() };
        }
        let (kind, told) = (self.kind, self.told(request));
        let Some(record) = self.touch(&id, intent.kind != RecordKind::Ticket, now) else { return Outcome::Gone };
        let child = match (intent.kind, &intent.target) {
            (RecordKind::Ticket, _) => {
                let kept = |name: &Field| kind.ignores && *name == DOSSIER;
                let whole = request.whole.iter().filter(|(name, _)| !intent.fields.contains_key(name));
                let whole =
                    whole.map(|(name, text)| (name.clone(), Told { text: kind.stores(name, text), edit: None }));
                record.fields.extend(told.into_iter().filter(|(name, _)| !kept(name)).chain(whole));
                None
            }
            (child, None) => {
                let at = intent.fields.get(&field::AT).and_then(|planned| planned.value.as_ref()?.as_instant());
                let id = format!("w{}-{}", record.number, record.children.len());
                record.children.push(Child {
                    kind: child,
                    id: id.clone(),
                    reference: Some(intent.pair.clone()),
                    at: at.unwrap_or(DateTime::<Utc>::UNIX_EPOCH),
                    fields: told,
                    thing: request.thing,
                });
                Some((id, true))
            }
            (_, Some(of)) => {
                let Some(child) = record.children.iter_mut().find(|child| child.id == of.as_str()) else {
                    return Outcome::Gone;
                };
                child.fields.extend(told);
                Some((child.id.clone(), false))
            }
        };
        Outcome::Acked(self.ack(&id, child.as_ref().map(|(id, new)| (id.as_str(), *new))))
    }

    fn ack(&self, id: &str, child: Option<(&str, bool)>) -> Ack {
        let Some(record) = self.record(id) else { return Ack::default() };
        let reading = match child {
            None => Some(self.reading(id, record)),
            Some((of, _)) => record.children.iter().find(|child| child.id == of).map(|child| self.child(child)),
        };
        Ack {
            id: child.filter(|(_, new)| *new).map(|(of, _)| of.into()),
            version: self.version(record).filter(|_| self.kind.tells && child.is_none()),
            reading: reading.map(Box::new).filter(|_| self.kind.proof == Proof::Answer),
        }
    }
}
