//! Counts again, from the truth logs alone, what should be where: the witness that the bridge can't influence.

use std::collections::{BTreeMap, BTreeSet};

use super::System;
use super::desk::{Actor, Child, Desk, Happening, Ticket, words};
use super::dialect::{self, ChildKind};
use super::spelling::{Meaning, TITLE_CUT};
use crate::words::clock::Timestamp;

/// What a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A person made it on one side and it is not on the other.
    Lost,
    /// It is there more than once.
    Duplicated,
    /// Both sides hold it, with different values, or not the value that a person gave last.
    Different,
    /// It is where it must not be.
    WronglySent,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub class: Class,
    /// The mark that joins the sides.
    pub token: String,
    /// Where it was looked for.
    pub system: System,
    /// Id there (of the original, where it is lost).
    pub ticket: String,
    /// `ticket`, a field, or `reply`, `transfer`, `attachment`.
    pub what: String,
    /// The value at the hotline, or the one expected.
    pub here: String,
    /// The value at the national side, or the one found.
    pub there: String,
}

/// A field that waits for a person, so that it may differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excluded {
    /// A system that holds the ticket.
    pub system: System,
    /// Its id there.
    pub ticket: String,
    /// The field by its canonical name (or `reply`, `transfer`, `attachment`); `None` for the whole ticket.
    pub field: Option<String>,
}

/// What the truth logs say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recount {
    /// Tickets that people made at the hotline.
    pub tickets: usize,
    /// Of these, the ones that belong on a national side.
    pub selected: usize,
    /// Tickets that people made on the national sides, all of which belong at the hotline.
    pub national: usize,
    /// Copies made upward.
    pub pushed_up: usize,
    /// Copies made downward.
    pub pulled_down: usize,
    /// Tickets, replies, transfers and files that are missing on the other side.
    pub lost: usize,
    /// Tickets, replies, transfers and files that are there too often.
    pub duplicated: usize,
    /// Values that are not the same, or not the last that a person gave.
    pub different: usize,
    /// Tickets that are where they must not be.
    pub wrongly_sent: usize,
    /// Values that were not compared because they wait for a person.
    pub excluded: usize,
    /// Values that people changed on both sides before either side could know: (token, field).
    pub contested: Vec<(String, String)>,
    /// Each finding.
    pub findings: Vec<Finding>,
}

impl Recount {
    /// Whether nothing is lost, doubled, different or in the wrong place.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// The three storages, locked.
pub(super) struct Truth<'a> {
    pub(super) hotline: &'a Desk,
    pub(super) portal: &'a Desk,
    pub(super) legal: &'a Desk,
}

impl Truth<'_> {
    const fn desk(&self, system: System) -> &Desk {
        match system {
            System::Hotline => self.hotline,
            System::Portal => self.portal,
            System::Legal => self.legal,
        }
    }
}

/// Where a ticket of this kind belongs beside the hotline.
fn target(kind: &str) -> Option<System> {
    match kind {
        "feedback" => Some(System::Portal),
        "legal_text" => Some(System::Legal),
        _ => None,
    }
}

/// Counts. Values in `excluded` are not compared.
pub(super) fn recount(truth: &Truth<'_>, excluded: &[Excluded]) -> Recount {
    let mut count = Counting { truth, excluded: tokens_of(truth, excluded), out: Recount::default() };
    let mut known = BTreeSet::new();
    for system in System::ALL {
        for ticket in truth.desk(system).tickets().filter(|ticket| ticket.made_by == Actor::Person) {
            known.extend(ticket.token().map(str::to_owned));
            count.original(system, ticket);
        }
    }
    for system in System::ALL {
        let copies = truth.desk(system).tickets().filter(|ticket| ticket.made_by == Actor::Api);
        for copy in copies {
            match system {
                System::Hotline => count.out.pulled_down += 1,
                System::Portal | System::Legal => count.out.pushed_up += 1,
            }
            let token = copy.token().unwrap_or_default();
            if !known.contains(token) {
                count.find(Class::WronglySent, token, system, &copy.id, "ticket", "nobody's", "");
            }
        }
    }
    count.out
}

/// Exclusions by token, which both sides share.
fn tokens_of(truth: &Truth<'_>, excluded: &[Excluded]) -> BTreeSet<(String, Option<String>)> {
    let token = |item: &Excluded| truth.desk(item.system).get(&item.ticket).and_then(Ticket::token).map(str::to_owned);
    excluded.iter().filter_map(|item| Some((token(item)?, item.field.clone()))).collect()
}

struct Counting<'a> {
    truth: &'a Truth<'a>,
    excluded: BTreeSet<(String, Option<String>)>,
    out: Recount,
}

impl Counting<'_> {
    fn original(&mut self, home: System, ticket: &Ticket) {
        let kind = ticket.words(home, Meaning::Kind);
        let belongs = if home == System::Hotline { target(&kind) } else { Some(System::Hotline) };
        match home {
            System::Hotline => self.out.tickets += 1,
            System::Portal | System::Legal => self.out.national += 1,
        }
        self.out.selected += usize::from(home == System::Hotline && belongs.is_some());
        let Some(token) = ticket.token() else { return };
        if self.excluded.contains(&(token.to_owned(), None)) {
            self.out.excluded += 1;
            return;
        }
        for system in System::ALL {
            let copies = self.truth.desk(system).with_token(token);
            let copies: Vec<&Ticket> =
                copies.into_iter().filter(|copy| system != home || copy.id != ticket.id).collect();
            if Some(system) != belongs {
                let class = if system == home { Class::Duplicated } else { Class::WronglySent };
                for copy in copies {
                    self.find(class, token, system, &copy.id, "ticket", &ticket.id, &copy.id);
                }
                continue;
            }
            match copies.as_slice() {
                [] => self.find(Class::Lost, token, system, &ticket.id, "ticket", &ticket.id, ""),
                [copy, more @ ..] => {
                    for again in more {
                        self.find(Class::Duplicated, token, system, &again.id, "ticket", &copy.id, &again.id);
                    }
                    self.pair(token, (home, ticket), (system, copy));
                }
            }
        }
    }

    /// Compares the two copies of one ticket.
    fn pair(&mut self, token: &str, original: (System, &Ticket), copy: (System, &Ticket)) {
        let (here, there) = if original.0 == System::Hotline { (original, copy) } else { (copy, original) };
        let given = self.last_given(original, copy);
        for (meaning, _) in dialect::ticket(System::Hotline) {
            if self.is_excluded(token, meaning.as_str()) {
                continue;
            }
            let (a, b) = (here.1.words(here.0, *meaning), there.1.words(there.0, *meaning));
            if !same(*meaning, &a, &b, there.0) {
                self.find(Class::Different, token, there.0, &there.1.id, meaning.as_str(), &a, &b);
                continue;
            }
            match given.get(meaning) {
                Some(Given::Once(last)) if !same(*meaning, last, &a, here.0) && !same(*meaning, last, &b, there.0) => {
                    self.find(Class::Different, token, here.0, &here.1.id, meaning.as_str(), last, &a);
                }
                Some(Given::Contested) => {
                    self.out.contested.push((token.to_owned(), meaning.as_str().to_owned()));
                }
                Some(Given::Once(_)) | None => {}
            }
        }
        for kind in ChildKind::ALL {
            self.children(token, kind, here, there);
        }
    }

    fn children(&mut self, token: &str, kind: ChildKind, here: (System, &Ticket), there: (System, &Ticket)) {
        if self.is_excluded(token, kind.as_str()) {
            return;
        }
        let told = |(system, ticket): (System, &Ticket)| -> BTreeMap<String, usize> {
            let mut all = BTreeMap::new();
            for child in ticket.children(kind) {
                *all.entry(tell(system, kind, child, ticket)).or_default() += 1;
            }
            all
        };
        let made = |(system, ticket): (System, &Ticket), what: &str| {
            let own = ticket.children(kind).iter().filter(|child| child.made_by == Actor::Person);
            own.filter(|child| tell(system, kind, child, ticket) == what).count()
        };
        let (a, b) = (told(here), told(there));
        let all: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for what in all {
            let by_people = made(here, what) + made(there, what);
            for ((system, ticket), count) in [(here, a.get(what)), (there, b.get(what))] {
                let count = count.copied().unwrap_or(0);
                let (expected, found) = (format!("{by_people}× {what}"), format!("{count}×"));
                if count < by_people {
                    self.find(Class::Lost, token, system, &ticket.id, kind.as_str(), &expected, &found);
                } else if count > by_people && by_people > 0 {
                    self.find(Class::Duplicated, token, system, &ticket.id, kind.as_str(), &expected, &found);
                } else if count > 0 && by_people == 0 {
                    self.find(Class::Different, token, system, &ticket.id, kind.as_str(), "nobody's", what);
                }
            }
        }
    }

    /// What people gave last, field by field, over both copies.
    fn last_given(&self, original: (System, &Ticket), copy: (System, &Ticket)) -> BTreeMap<Meaning, Given> {
        let mut edits: Vec<(Timestamp, System, Meaning, String, String)> = Vec::new();
        for (system, ticket) in [original, copy] {
            for event in self.truth.desk(system).events_of(&ticket.id) {
                if let (Actor::Person, Happening::Changed { meaning, before, after }) = (event.actor, &event.what) {
                    edits.push((event.at, system, *meaning, before.clone(), after.clone()));
                }
            }
        }
        // Stable: what one system logged in one instant stays in its order.
        edits.sort_by_key(|(at, ..)| *at);
        let mut given = self.given_at_creation(original.0, original.1);
        for (_, system, meaning, before, after) in edits {
            let contested = match given.get(&meaning) {
                // The other side's value had not arrived when this one was given.
                Some((by, last, contested)) => {
                    let unseen = *by != system && !same(meaning, last, &before, System::Portal);
                    unseen || (*contested && *by == system)
                }
                None => false,
            };
            given.insert(meaning, (system, after, contested));
        }
        let decide =
            |(meaning, (_, last, contested))| (meaning, if contested { Given::Contested } else { Given::Once(last) });
        given.into_iter().map(decide).collect()
    }

    /// What the person who made the ticket gave: what stood there before the first change, or stands there still.
    fn given_at_creation(&self, home: System, ticket: &Ticket) -> BTreeMap<Meaning, (System, String, bool)> {
        let mut first: BTreeMap<Meaning, (System, String, bool)> = BTreeMap::new();
        for event in self.truth.desk(home).events_of(&ticket.id) {
            if let Happening::Changed { meaning, before, .. } = &event.what {
                first.entry(*meaning).or_insert_with(|| (home, before.clone(), false));
            }
        }
        for meaning in ticket.values.keys() {
            first.entry(*meaning).or_insert_with(|| (home, ticket.words(home, *meaning), false));
        }
        first
    }

    fn is_excluded(&mut self, token: &str, what: &str) -> bool {
        let excluded = self.excluded.contains(&(token.to_owned(), Some(what.to_owned())));
        self.out.excluded += usize::from(excluded);
        excluded
    }

    #[expect(clippy::too_many_arguments, reason = "a finding has that many parts and is made in one place only")]
    fn find(&mut self, class: Class, token: &str, system: System, ticket: &str, what: &str, here: &str, there: &str) {
        match class {
            Class::Lost => self.out.lost += 1,
            Class::Duplicated => self.out.duplicated += 1,
            Class::Different => self.out.different += 1,
            Class::WronglySent => self.out.wrongly_sent += 1,
        }
        self.out.findings.push(Finding {
            class,
            token: token.to_owned(),
            system,
            ticket: ticket.to_owned(),
            what: what.to_owned(),
            here: here.to_owned(),
            there: there.to_owned(),
        });
    }
}

/// What people gave a field.
enum Given {
    /// One value is the last.
    Once(String),
    /// Both sides were changed before either could know of the other.
    Contested,
}

/// Whether two values are the same as far as `there` can hold them.
fn same(meaning: Meaning, here: &str, there: &str, system: System) -> bool {
    let cut = |text: &str| text.chars().take(TITLE_CUT).collect::<String>();
    here.trim() == there.trim()
        || (meaning == Meaning::Subject && system == System::Portal && cut(here).trim() == cut(there).trim())
}

/// A child in words, as both sides must show it; a file of a reply with that reply.
fn tell(system: System, kind: ChildKind, child: &Child, ticket: &Ticket) -> String {
    let part = |meaning: &Meaning| words(system, &child.values, *meaning).trim().to_owned();
    let mut parts: Vec<String> = kind.shared().iter().map(part).collect();
    let of_reply = words(system, &child.values, Meaning::FileOfReply);
    if !of_reply.is_empty() {
        let reply = ticket.children(ChildKind::Reply).iter().find(|reply| reply.id == of_reply);
        let told =
            reply.map_or("a reply that is not there".to_owned(), |reply| tell(system, ChildKind::Reply, reply, ticket));
        parts.push(format!("({told})"));
    }
    parts.join(" | ")
}
