//! One system's storage and its truth log. Knows nothing of HTTP; time is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{SubsecRound, TimeDelta};
use sha2::{Digest, Sha256};

use super::System;
use super::dialect::ChildKind;
use super::spelling::{Meaning, Raw, cut_title, spell, spell_instant, understand};
use crate::words::clock::Timestamp;
use crate::words::hex::hex;

/// Values by meaning, in the system's own spelling. What is not in the map is empty.
pub type Values = BTreeMap<Meaning, Raw>;

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A citizen, operator or officer, in the system itself.
    Person,
    /// A program that called the API.
    Api,
}

/// A reply, transfer or file.
#[derive(Debug, Clone)]
pub struct Child {
    /// Its id in its system.
    pub id: String,
    /// The reference that a caller gave it.
    pub reference: Option<String>,
    /// Its values.
    pub values: Values,
    /// Who made it.
    pub made_by: Actor,
    /// A file's content.
    pub bytes: Option<Bytes>,
}

/// A ticket as its system holds it.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// Its id.
    pub id: String,
    /// Running number, the same order as the ids.
    pub number: u64,
    /// The reference that a caller gave it; not unique.
    pub reference: Option<String>,
    /// Its values.
    pub values: Values,
    /// Replies, transfers and files by kind, oldest first.
    pub children: BTreeMap<ChildKind, Vec<Child>>,
    /// Counted version, from 1.
    pub version: u64,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed, in whole milliseconds.
    pub changed: Timestamp,
    /// When listings and searches begin to show it.
    pub listed_from: Timestamp,
    /// Who made it.
    pub made_by: Actor,
    /// When its status became a refusal.
    pub refused_at: Option<Timestamp>,
    /// When its status became a withdrawal.
    pub withdrawn_at: Option<Timestamp>,
}

impl Ticket {
    /// What a value means; empty text where there is nothing or nonsense.
    #[must_use]
    pub fn words(&self, system: System, meaning: Meaning) -> String {
        words(system, &self.values, meaning)
    }

    /// Its children of one kind, oldest first.
    #[must_use]
    pub fn children(&self, kind: ChildKind) -> &[Child] {
        self.children.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The mark in its text by which the truth logs join the systems.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.values.get(&Meaning::Content).and_then(|raw| raw.parts().first()).and_then(|text| token_in(text))
    }
}

/// What a value among `values` means.
pub(super) fn words(system: System, values: &Values, meaning: Meaning) -> String {
    values.get(&meaning).and_then(|raw| understand(system, meaning, raw).ok()).unwrap_or_default()
}

/// The mark that people's texts carry: `[Mã ghi âm 1022-000123]`, `[Mã phản ánh QG-000123]`.
pub(super) fn token_in(text: &str) -> Option<&str> {
    const DIGITS: usize = 6;
    ["1022-", "QG-", "PL-"].iter().find_map(|prefix| {
        text.match_indices(prefix).find_map(|(at, _)| {
            let mark = text.get(at..at + prefix.len() + DIGITS)?;
            let closed = text.get(at + mark.len()..)?.starts_with(']');
            (closed && mark.bytes().rev().take(DIGITS).all(|byte| byte.is_ascii_digit())).then_some(mark)
        })
    })
}

/// One thing that happened, as the truth log keeps it.
#[derive(Debug, Clone)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// Id of the ticket.
    pub ticket: String,
    /// What.
    pub what: Happening,
}

/// What happened to a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// It was made.
    Created,
    /// A value changed.
    Changed {
        /// Which.
        meaning: Meaning,
        /// Before, in comparable words.
        before: String,
        /// After, in comparable words.
        after: String,
    },
    /// A reply, transfer or file was added.
    Added {
        /// Which sort.
        kind: ChildKind,
        /// Its id.
        id: String,
    },
}

/// Why the storage did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// There is no such ticket.
    NoSuchTicket,
    /// The version named is not the current one.
    OtherVersion,
    /// A file names a reply that the ticket does not have.
    NoSuchReply,
}

/// What a caller wants to change.
#[derive(Debug, Clone, Default)]
pub(super) struct Change {
    /// The reference, where it is to be set (`Some(None)` empties it).
    pub(super) reference: Option<Option<String>>,
    /// Values; an empty one empties.
    pub(super) values: Values,
}

/// A reply, transfer or file to be added.
#[derive(Debug, Clone)]
pub(super) struct NewChild {
    pub(super) kind: ChildKind,
    pub(super) reference: Option<String>,
    pub(super) values: Values,
    pub(super) bytes: Option<Bytes>,
}

/// One system's storage.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    system: System,
    tickets: BTreeMap<String, Ticket>,
    /// (changed, id): the order of listings.
    by_change: BTreeSet<(Timestamp, String)>,
    by_reference: BTreeMap<String, BTreeSet<String>>,
    by_token: BTreeMap<String, BTreeSet<String>>,
    by_file: BTreeMap<String, String>,
    /// What was merged into what.
    merged: BTreeMap<String, String>,
    events: Vec<Event>,
    made: u64,
    children_made: u64,
}

impl Desk {
    pub(super) fn new(system: System) -> Self {
        Self {
            system,
            tickets: BTreeMap::new(),
            by_change: BTreeSet::new(),
            by_reference: BTreeMap::new(),
            by_token: BTreeMap::new(),
            by_file: BTreeMap::new(),
            merged: BTreeMap::new(),
            events: Vec::new(),
            made: 0,
            children_made: 0,
        }
    }

    /// Makes a ticket; listings show it after `lag`.
    pub(super) fn create(&mut self, now: Timestamp, lag: Duration, actor: Actor, change: Change) -> &Ticket {
        let now = now.trunc_subsecs(3);
        self.made += 1;
        let id = ticket_id(self.system, self.made);
        let ticket = Ticket {
            id: id.clone(),
            number: self.made,
            reference: None,
            values: Values::new(),
            children: BTreeMap::new(),
            version: 1,
            created: now,
            changed: now,
            listed_from: now + TimeDelta::from_std(lag).unwrap_or_default(),
            made_by: actor,
            refused_at: None,
            withdrawn_at: None,
        };
        self.by_change.insert((now, id.clone()));
        self.events.push(Event { at: now, actor, ticket: id.clone(), what: Happening::Created });
        let ticket = self.tickets.entry(id).or_insert(ticket);
        let Change { reference, values } = change;
        if let Some(Some(reference)) = reference {
            self.by_reference.entry(reference.clone()).or_default().insert(ticket.id.clone());
            ticket.reference = Some(reference);
        }
        put(self.system, now, ticket, values);
        if let Some(token) = ticket.token() {
            self.by_token.entry(token.to_owned()).or_default().insert(ticket.id.clone());
        }
        ticket
    }

    /// Changes a ticket. With `guard` only if that is its version. What changes nothing raises no version.
    pub(super) fn update(
        &mut self,
        now: Timestamp,
        actor: Actor,
        id: &str,
        guard: Option<u64>,
        change: Change,
    ) -> Result<&Ticket, Denied> {
        let now = now.trunc_subsecs(3);
        let ticket = self.tickets.get_mut(id).ok_or(Denied::NoSuchTicket)?;
        if guard.is_some_and(|version| version != ticket.version) {
            return Err(Denied::OtherVersion);
        }
        let mut moved = false;
        if let Some(reference) = change.reference.filter(|reference| *reference != ticket.reference) {
            if let Some(known) = ticket.reference.as_ref().and_then(|old| self.by_reference.get_mut(old)) {
                known.remove(id);
            }
            if let Some(new) = &reference {
                self.by_reference.entry(new.clone()).or_default().insert(id.to_owned());
            }
            ticket.reference = reference;
            moved = true;
        }
        for (meaning, before, after) in put(self.system, now, ticket, change.values) {
            moved = true;
            let what = Happening::Changed { meaning, before, after };
            self.events.push(Event { at: now, actor, ticket: id.to_owned(), what });
        }
        if let Some(token) = ticket.token() {
            self.by_token.entry(token.to_owned()).or_default().insert(id.to_owned());
        }
        if moved {
            touch(&mut self.by_change, ticket, now);
        }
        Ok(ticket)
    }

    /// Adds a reply, transfer or file. A file's size and digest are the storage's own.
    pub(super) fn add(
        &mut self,
        now: Timestamp,
        actor: Actor,
        id: &str,
        new: NewChild,
    ) -> Result<(&Ticket, Child), Denied> {
        let now = now.trunc_subsecs(3);
        let ticket = self.tickets.get_mut(id).ok_or(Denied::NoSuchTicket)?;
        let of_reply = new.values.get(&Meaning::FileOfReply).filter(|raw| !raw.is_empty());
        let known = |id: &String| ticket.children(ChildKind::Reply).iter().any(|reply| reply.id == *id);
        if of_reply.is_some_and(|reply| !reply.parts().iter().all(known)) {
            return Err(Denied::NoSuchReply);
        }
        self.children_made += 1;
        let child_id = child_id(self.system, new.kind, self.children_made);
        let mut values = new.values;
        values.retain(|_, raw| !raw.is_empty());
        if let Some(bytes) = &new.bytes {
            values.insert(Meaning::FileSize, Raw::One(bytes.len().to_string()));
            values.insert(Meaning::FileDigest, Raw::One(digest(bytes)));
            self.by_file.insert(child_id.clone(), id.to_owned());
        }
        let child = Child { id: child_id.clone(), reference: new.reference, values, made_by: actor, bytes: new.bytes };
        ticket.children.entry(new.kind).or_default().push(child.clone());
        touch(&mut self.by_change, ticket, now);
        let what = Happening::Added { kind: new.kind, id: child_id };
        self.events.push(Event { at: now, actor, ticket: id.to_owned(), what });
        Ok((ticket, child))
    }

    /// A ticket, or the one that it was merged into.
    pub(super) fn get(&self, id: &str) -> Option<&Ticket> {
        self.tickets.get(self.merged.get(id).map_or(id, String::as_str))
    }

    /// Takes a ticket away.
    pub(super) fn remove(&mut self, id: &str) -> Option<Ticket> {
        let ticket = self.tickets.remove(id)?;
        self.by_change.remove(&(ticket.changed, ticket.id.clone()));
        Some(ticket)
    }

    /// Takes a ticket away, and shows another in its place to whoever asks for it.
    pub(super) fn merge(&mut self, id: &str, into: &str) {
        self.remove(id);
        self.merged.insert(id.to_owned(), into.to_owned());
    }

    /// Tickets that listings show now, changed at or after `since`, oldest change first.
    pub(super) fn changed_since(&self, now: Timestamp, since: Option<Timestamp>) -> Vec<&Ticket> {
        let from = (since.unwrap_or(Timestamp::MIN_UTC), String::new());
        let ids = self.by_change.range(from..).map(|(_, id)| id);
        ids.filter_map(|id| self.tickets.get(id)).filter(|ticket| ticket.listed_from <= now).collect()
    }

    /// Tickets that carry this reference and that searches show now.
    pub(super) fn find(&self, now: Timestamp, reference: &str) -> Vec<&Ticket> {
        let ids = self.by_reference.get(reference).into_iter().flatten();
        ids.filter_map(|id| self.tickets.get(id)).filter(|ticket| ticket.listed_from <= now).collect()
    }

    /// Ids of the tickets whose text carries (or carried) this mark.
    pub(super) fn with_token(&self, token: &str) -> Vec<&Ticket> {
        let ids = self.by_token.get(token).into_iter().flatten();
        ids.filter_map(|id| self.tickets.get(id)).collect()
    }

    /// A file by its id.
    pub(super) fn file(&self, id: &str) -> Option<&Child> {
        let ticket = self.tickets.get(self.by_file.get(id)?)?;
        ticket.children(ChildKind::File).iter().find(|file| file.id == id)
    }

    pub(super) fn tickets(&self) -> impl ExactSizeIterator<Item = &Ticket> {
        self.tickets.values()
    }

    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    /// What happened to one ticket, in order.
    pub(super) fn events_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(move |event| event.ticket == id)
    }
}

/// Sets values and tells what changed in comparable words.
fn put(system: System, now: Timestamp, ticket: &mut Ticket, values: Values) -> Vec<(Meaning, String, String)> {
    let mut changed = Vec::new();
    for (meaning, raw) in values {
        let before = ticket.words(system, meaning);
        let raw = match raw {
            Raw::One(title) if meaning == Meaning::Subject => Raw::One(cut_title(system, &title)),
            other => other,
        };
        let kept = (!raw.is_empty()).then_some(raw);
        if ticket.values.get(&meaning) == kept.as_ref() {
            continue;
        }
        match kept {
            Some(raw) => ticket.values.insert(meaning, raw),
            None => ticket.values.remove(&meaning),
        };
        let after = ticket.words(system, meaning);
        if meaning == Meaning::Status {
            match after.as_str() {
                "refused" => ticket.refused_at = Some(now.trunc_subsecs(0)),
                "withdrawn" => ticket.withdrawn_at = Some(now.trunc_subsecs(0)),
                _ => {}
            }
        }
        changed.push((meaning, before, after));
    }
    changed
}

fn touch(by_change: &mut BTreeSet<(Timestamp, String)>, ticket: &mut Ticket, now: Timestamp) {
    by_change.remove(&(ticket.changed, ticket.id.clone()));
    ticket.version += 1;
    ticket.changed = now.max(ticket.changed);
    by_change.insert((ticket.changed, ticket.id.clone()));
}

/// Lower-case hex of the SHA-256.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn ticket_id(system: System, number: u64) -> String {
    match system {
        System::Hotline => (100_000 + number).to_string(),
        System::Portal => format!("G26-{number:06}"),
        System::Legal => format!("PL{number:06}"),
    }
}

fn child_id(system: System, kind: ChildKind, number: u64) -> String {
    match (system, kind) {
        (System::Hotline, ChildKind::Reply) => (500_000 + number).to_string(),
        (System::Hotline, ChildKind::Transfer) => (600_000 + number).to_string(),
        (System::Hotline, ChildKind::File) => (700_000 + number).to_string(),
        (System::Portal, ChildKind::Reply) => format!("T-{number:06}"),
        (System::Portal, ChildKind::Transfer) => format!("C-{number:06}"),
        (System::Portal, ChildKind::File) => format!("F-{number:06}"),
        (System::Legal, ChildKind::Reply) => format!("T{number}"),
        (System::Legal, ChildKind::Transfer) => format!("C{number}"),
        (System::Legal, ChildKind::File) => format!("F{number}"),
    }
}

/// Storage of one system, shared by its server and by its people. Never held across an await.
pub(super) type SharedDesk = Arc<std::sync::Mutex<Desk>>;

/// What a person or the server fills in where a new ticket or child says nothing.
pub(super) fn fill(system: System, values: &mut Values, defaults: &[(Meaning, &str)]) {
    for (meaning, words) in defaults {
        values.entry(*meaning).or_insert_with(|| spell(system, *meaning, words));
    }
}

/// An instant of now, in whole seconds, as the system spells it.
pub(super) fn spelled_now(system: System, now: Timestamp) -> Raw {
    Raw::One(spell_instant(system, now.trunc_subsecs(0), false))
}
