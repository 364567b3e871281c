//! The people at the three systems: what they bring at the start and what they go on doing while a bridge works.
//!
//! They act inside their system, never by HTTP. What they do is planned from the seed before anything runs; only the
//! moment at which the copy of a ticket is there for an edit at the other side depends on the bridge.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::TimeDelta;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::codes::Table;
use super::content::{self, Draft, File, Occasion};
use super::desk::{Actor, Change, NewChild, Values};
use super::dialect::ChildKind;
use super::faults::random_for;
use super::server::{Controls, lock};
use super::spelling::{Meaning, Raw, Shape, spell};
use super::{Desks, System};
use crate::words::clock::{Stopwatch, Timestamp};

/// How often people look whether their moment has come.
const TICK: Duration = Duration::from_millis(20);
/// Of the tickets that are on both sides and are worked on, how many are edited on both at once.
const BOTH_SIDES_SHARE: f64 = 0.18;
/// How far back the oldest ticket of the start was received.
const PAST_DAYS: i64 = 28;

/// Something that a person does to one ticket.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// Makes it.
    Create(Draft),
    /// Changes values.
    Edit(Vec<(Meaning, String)>),
    /// Moves on by a code of the system's own that means the same to everybody else.
    Code(Meaning, &'static str),
    /// Replies.
    Reply { text: String, author: String, agency: String, public: bool, file: Option<File> },
    /// Transfers.
    Transfer { from: String, to: String, reason: String },
    /// Attaches.
    Attach(File),
}

/// One step of the plan: deeds that happen in one instant, at one system or at two.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// After the start; `None` for what happened before.
    pub(super) at: Option<Duration>,
    pub(super) token: String,
    pub(super) deeds: Vec<(System, Deed)>,
}

/// How much happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) tickets: usize,
    pub(super) selected_percent: u8,
    pub(super) duration: Duration,
}

/// All that people will do, in order of time.
pub(super) fn plan(seed: u64, extent: Extent, now: Timestamp) -> Vec<Step> {
    let Extent { tickets, selected_percent, duration } = extent;
    let selected = (tickets * usize::from(selected_percent)).div_ceil(100);
    let legal = if selected >= 2 { (selected / 5).max(1) } else { 0 };
    let mut steps = Vec::new();
    let mut planner = |system: System, index: usize, kind: &str, late: bool, copied_to: Option<System>| {
        let mut random = random_for(seed, system.as_str(), "ticket", index as u64);
        let token = token(system, index);
        let mut story =
            Story { random: &mut random, token, home: system, other: copied_to, duration, at: None, steps: Vec::new() };
        story.tell(kind, late, now);
        steps.extend(story.steps);
    };
    for index in 0..tickets {
        // Spread the few selected ones among the others.
        let nth_selected = (index * selected) / tickets.max(1);
        let is_selected = ((index + 1) * selected) / tickets.max(1) > nth_selected;
        let (kind, other) = match is_selected {
            true if nth_selected < legal => ("legal_text", Some(System::Legal)),
            true => ("feedback", Some(System::Portal)),
            false if index % 5 < 3 => ("information_request", None),
            false => ("service_order", None),
        };
        planner(System::Hotline, index, kind, index % 8 == 7, other);
    }
    let national = selected.div_ceil(2);
    let national_legal = national / 5;
    for index in 0..national - national_legal {
        planner(System::Portal, index, "feedback", index % 3 == 2, Some(System::Hotline));
    }
    for index in 0..national_legal {
        planner(System::Legal, index, "legal_text", index % 3 == 2, Some(System::Hotline));
    }
    // Stable: what one ticket goes through keeps its order.
    steps.sort_by_key(|step| step.at);
    steps
}

/// The mark of a ticket, by the system where people made it.
pub(super) fn token(system: System, index: usize) -> String {
    let prefix = match system {
        System::Hotline => "1022",
        System::Portal => "QG",
        System::Legal => "PL",
    };
    format!("{prefix}-{:06}", index + 1)
}

/// What becomes of one ticket.
struct Story<'a> {
    random: &'a mut ChaCha8Rng,
    token: String,
    home: System,
    /// Where a copy of it belongs.
    other: Option<System>,
    duration: Duration,
    at: Option<Duration>,
    steps: Vec<Step>,
}

impl Story<'_> {
    fn tell(&mut self, kind: &str, late: bool, now: Timestamp) {
        if late {
            self.at = Some(self.duration.mul_f64(self.random.random_range(0.0..0.5)));
        }
        let minutes = if late { 0 } else { self.random.random_range(10..PAST_DAYS * 24 * 60) };
        let occasion = Occasion {
            kind,
            mark: if self.home == System::Hotline { "Mã ghi âm" } else { "Mã phản ánh" },
            token: &self.token.clone(),
            received: now - TimeDelta::minutes(minutes),
            online: self.home != System::Hotline,
        };
        let mut draft = content::draft(self.random, &occasion);
        let agency = draft.words.get(&Meaning::Agency).cloned().unwrap_or_default();
        if self.other.is_some() && self.random.random_bool(0.2) {
            draft.files.push(content::file(self.random, 200 * 1024));
        } else if self.random.random_bool(0.01) {
            draft.files.push(content::file(self.random, 20 * 1024));
        }
        self.push(self.home, Deed::Create(draft));
        match self.other {
            None if self.random.random_bool(0.15) => {
                self.later();
                self.edit(self.home, &[(Meaning::Status, "closed")]);
            }
            None => {}
            Some(other) => self.live(other, &agency, late),
        }
    }

    /// The life of a ticket that belongs on both sides.
    fn live(&mut self, other: System, agency: &str, late: bool) {
        if self.random.random_bool(0.15) {
            return;
        }
        if late || self.random.random_bool(0.6) {
            self.later();
        }
        // Officers work at the hotline mostly.
        let office = if self.random.random_bool(0.75) { System::Hotline } else { self.national(other) };
        let centre = "000.00.01.H19";
        let transfer =
            Deed::Transfer { from: centre.into(), to: agency.into(), reason: "Đúng thẩm quyền xử lý".into() };
        self.push(office, transfer);
        self.edit(office, &[(Meaning::Status, "forwarded")]);
        self.maybe_later();
        self.edit(office, &[(Meaning::Status, "in_progress")]);
        self.maybe_later();
        self.desk_work(other);
        self.later();
        match self.random.random_range(0..100_u8) {
            0..6 => self.edit(self.home, &[(Meaning::Status, "withdrawn")]),
            6..14 => {
                let reason = "Nội dung không thuộc thẩm quyền; đề nghị liên hệ cơ quan bảo hiểm xã hội";
                self.edit(office, &[(Meaning::Status, "refused"), (Meaning::RefusalReason, reason)]);
            }
            14..24 => {
                self.edit(office, &[(Meaning::Status, "asked_to_supplement")]);
                self.later();
                let phone = content::phone(self.random);
                self.edit(self.home, &[(Meaning::Phone, &phone)]);
                self.later();
                self.edit(office, &[(Meaning::Status, "in_progress")]);
            }
            24..85 => self.answer(office, agency),
            _ => {}
        }
    }

    fn answer(&mut self, office: System, agency: &str) {
        if office == System::Hotline && self.random.random_bool(0.4) {
            self.push(office, Deed::Code(Meaning::Status, AWAITING_APPROVAL));
            self.later();
        }
        self.reply(office, agency, true);
        // Which instant that is, is known only when it happens.
        self.edit(office, &[(Meaning::Status, "answered"), (Meaning::AnsweredAt, NOW)]);
        if self.random.random_bool(0.5) {
            self.later();
            let last = if self.random.random_bool(0.6) { "published" } else { "closed" };
            self.edit(office, &[(Meaning::Status, last)]);
        }
    }

    /// Corrections and additions on either side, sometimes on both at once.
    fn desk_work(&mut self, other: System) {
        let national = self.national(other);
        if self.random.random_bool(0.35) {
            self.later();
            let phone = content::phone(self.random);
            let (meaning, words) = match self.random.random_range(0..5_u8) {
                0 => (Meaning::Phone, phone),
                1 => (Meaning::Level, "complex".to_owned()),
                2 => (
                    Meaning::Address,
                    format!("{} Quốc lộ 51, phường Long Thành", self.random.random_range(1..900_u16)),
                ),
                3 => (
                    Meaning::Content,
                    format!(
                        "Bổ sung theo cuộc gọi lại: đã xác minh địa điểm, tại Điều 5 khoản 1 biên bản. [Mã ghi âm {}]",
                        self.token
                    ),
                ),
                _ => (Meaning::CoAgencies, "000.00.09.H19 000.00.15.H19".to_owned()),
            };
            self.edit(System::Hotline, &[(meaning, &words)]);
        }
        if self.random.random_bool(0.2) {
            self.later();
            let (meaning, words) = match self.random.random_range(0..3_u8) {
                0 => (Meaning::Field, "procedures"),
                1 => (Meaning::Subject, "Tiêu đề do chuyên viên Cổng biên tập lại cho ngắn gọn"),
                _ => (Meaning::SubmitterKind, "organisation"),
            };
            self.edit(national, &[(meaning, words)]);
        }
        if self.random.random_bool(0.15) {
            self.later();
            let side = if self.random.random_bool(0.5) { System::Hotline } else { national };
            self.reply(side, "000.00.02.H19", false);
        }
        if self.random.random_bool(0.1) {
            self.later();
            let side = if self.random.random_bool(0.5) { System::Hotline } else { national };
            let file = content::file(self.random, 60 * 1024);
            self.push(side, Deed::Attach(file));
        }
        if self.random.random_bool(BOTH_SIDES_SHARE) {
            self.later();
            let house = self.random.random_range(1..900_u16);
            let here = (System::Hotline, Deed::Edit(vec![(Meaning::Address, format!("Số {house} (tổng đài sửa)"))]));
            let there = match self.random.random_bool(0.5) {
                true => Deed::Edit(vec![(Meaning::Address, format!("Số {house} (Cổng sửa)"))]),
                false => Deed::Edit(vec![(Meaning::Email, format!("sua.{house}@example.vn"))]),
            };
            let step = Step { at: self.at, token: self.token.clone(), deeds: vec![here, (national, there)] };
            self.steps.push(step);
        }
    }

    fn reply(&mut self, system: System, agency: &str, public: bool) {
        let text = content::reply(self.random, &self.token);
        let author = content::officer(self.random);
        let file = self.random.random_bool(0.15).then(|| content::file(self.random, 40 * 1024));
        self.push(system, Deed::Reply { text, author, agency: agency.to_owned(), public, file });
    }

    fn edit(&mut self, system: System, values: &[(Meaning, &str)]) {
        self.push(system, Deed::Edit(values.iter().map(|(meaning, words)| (*meaning, (*words).to_owned())).collect()));
    }

    fn push(&mut self, system: System, deed: Deed) {
        // Before the start there are no copies yet: only the home side acts.
        if self.at.is_none() && system != self.home {
            self.later();
        }
        self.steps.push(Step { at: self.at, token: self.token.clone(), deeds: vec![(system, deed)] });
    }

    /// Some time passes.
    fn later(&mut self) {
        let part = self.random.random_range(0.02..0.25);
        self.at = Some((self.at.unwrap_or_default() + self.duration.mul_f64(part)).min(self.duration));
    }

    fn maybe_later(&mut self) {
        if self.at.is_some() || self.random.random_bool(0.5) {
            self.later();
        }
    }

    /// The national one of the two systems.
    fn national(&self, other: System) -> System {
        if self.home == System::Hotline { other } else { self.home }
    }
}

/// The hotline's code for an answer that waits for its superior's approval: in progress, to the rest of the world.
const AWAITING_APPROVAL: &str = "8";
/// Stands in a plan for the instant at which the deed is done.
const NOW: &str = "now";

/// What came of a run of people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PeopleReport {
    /// Steps done.
    pub done: usize,
    /// Steps given up because the copy that they needed never appeared.
    pub given_up: usize,
}

/// Leaves only what happened before the start, and makes all tickets then: for tests in which nobody else acts.
pub(super) fn without_acts(mut steps: Vec<Step>) -> Vec<Step> {
    steps.retain(|step| step.at.is_none() || matches!(step.deeds.as_slice(), [(_, Deed::Create(_))]));
    for step in &mut steps {
        step.at = None;
    }
    steps
}

/// Does what is planned before the start; gives back the rest.
pub(super) fn prepare(steps: Vec<Step>, desks: &Desks, controls: &Controls, now: Timestamp) -> Vec<Step> {
    let (before, after): (Vec<_>, Vec<_>) = steps.into_iter().partition(|step| step.at.is_none());
    let count = before.len();
    for (nth, step) in before.into_iter().enumerate() {
        // A little apart, so that not everything changed in one instant; the newest just before now.
        let back = i32::try_from(count - nth).unwrap_or(i32::MAX);
        perform(&step, desks, controls, now - TimeDelta::milliseconds(10) * back);
    }
    after
}

/// Does the rest while time passes. Ends when all is done, or `patience` after the last planned moment.
pub(super) async fn act(steps: Vec<Step>, desks: Desks, controls: &Controls, patience: Duration) -> PeopleReport {
    let started = Stopwatch::start();
    let end = steps.iter().filter_map(|step| step.at).max().unwrap_or_default() + patience;
    let mut report = PeopleReport::default();
    let mut pending = steps;
    while !pending.is_empty() {
        let elapsed = started.elapsed();
        let mut held: BTreeSet<String> = BTreeSet::new();
        pending.retain(|step| {
            let due = step.at.is_none_or(|at| at <= elapsed) && !held.contains(&step.token);
            let done = due && perform(step, &desks, controls, crate::words::clock::now());
            if !done {
                held.insert(step.token.clone());
            }
            report.done += usize::from(done);
            !done
        });
        if elapsed > end {
            report.given_up = pending.len();
            break;
        }
        tokio::time::sleep(TICK).await;
    }
    report
}

/// Does one step, if every ticket that it needs is there: all of it or nothing.
fn perform(step: &Step, desks: &Desks, controls: &Controls, now: Timestamp) -> bool {
    let mut targets: BTreeMap<System, String> = BTreeMap::new();
    for (system, deed) in &step.deeds {
        if matches!(deed, Deed::Create(_)) {
            continue;
        }
        let found = lock(desks.get(*system)).with_token(&step.token).first().map(|ticket| ticket.id.clone());
        match found {
            Some(id) => targets.insert(*system, id),
            None => return false,
        };
    }
    for (system, deed) in &step.deeds {
        do_deed(*system, targets.get(system).map_or("", String::as_str), deed, desks, controls, now);
    }
    true
}

/// One deed at one system; gives the id of what it made or changed.
pub(super) fn do_deed(
    system: System,
    id: &str,
    deed: &Deed,
    desks: &Desks,
    controls: &Controls,
    now: Timestamp,
) -> Option<String> {
    let mut desk = lock(desks.get(system));
    let typed = |words: &[(Meaning, &str)]| -> Values {
        words.iter().map(|(meaning, words)| (*meaning, type_in(system, *meaning, words, id, now))).collect()
    };
    match deed {
        Deed::Create(draft) => {
            let nth = desk.tickets().len() as u64;
            let words: Vec<_> = draft.words.iter().map(|(meaning, words)| (*meaning, words.as_str())).collect();
            let values = words
                .iter()
                .map(|(meaning, words)| (*meaning, type_in(system, *meaning, words, &nth.to_string(), now)))
                .collect();
            let lag = controls.lag(system, nth);
            let made = desk.create(now, lag, Actor::Person, Change { reference: None, values }).id.clone();
            drop(desk);
            for file in &draft.files {
                do_deed(system, &made, &Deed::Attach(file.clone()), desks, controls, now);
            }
            Some(made)
        }
        Deed::Edit(words) => {
            let words: Vec<_> = words.iter().map(|(meaning, words)| (*meaning, words.as_str())).collect();
            let change = Change { reference: None, values: typed(&words) };
            desk.update(now, Actor::Person, id, None, change).ok().map(|ticket| ticket.id.clone())
        }
        Deed::Code(meaning, code) => {
            let change = Change { reference: None, values: [(*meaning, Raw::from(*code))].into() };
            desk.update(now, Actor::Person, id, None, change).ok().map(|ticket| ticket.id.clone())
        }
        Deed::Reply { text, author, agency, public, file } => {
            let values = typed(&[
                (Meaning::Text, text),
                (Meaning::Author, author),
                (Meaning::Agency, agency),
                (Meaning::At, NOW),
                (Meaning::Public, if *public { "yes" } else { "no" }),
            ]);
            let new = NewChild { kind: ChildKind::Reply, reference: None, values, bytes: None };
            let reply = desk.add(now, Actor::Person, id, new).ok().map(|(_, child)| child.id);
            if let (Some(file), Some(reply)) = (file, &reply) {
                let mut new = new_file(file);
                new.values.insert(Meaning::FileOfReply, Raw::from(reply.as_str()));
                desk.add(now, Actor::Person, id, new).ok()?;
            }
            reply
        }
        Deed::Transfer { from, to, reason } => {
            let values =
                typed(&[(Meaning::From, from), (Meaning::To, to), (Meaning::Reason, reason), (Meaning::At, NOW)]);
            let new = NewChild { kind: ChildKind::Transfer, reference: None, values, bytes: None };
            desk.add(now, Actor::Person, id, new).ok().map(|(_, child)| child.id)
        }
        Deed::Attach(file) => desk.add(now, Actor::Person, id, new_file(file)).ok().map(|(_, child)| child.id),
    }
}

fn new_file(file: &File) -> NewChild {
    let values = [(Meaning::FileName, Raw::from(file.name)), (Meaning::FileType, Raw::from(file.kind))].into();
    NewChild { kind: ChildKind::File, reference: None, values, bytes: Some(file.bytes.clone()) }
}

/// As a person types it: where a system has several codes for one meaning, sometimes another than the first.
fn type_in(system: System, meaning: Meaning, words: &str, id: &str, now: Timestamp) -> Raw {
    if let Shape::Code(table @ (Table::Status | Table::Field)) = meaning.shape() {
        let codes = table.codes(system, words);
        let nth = id.bytes().map(usize::from).sum::<usize>() % codes.len().max(1);
        if let Some(code) = codes.get(nth) {
            return Raw::from(*code);
        }
    }
    if words == NOW && meaning.shape() == Shape::Instant {
        return spell(system, meaning, &content::instant(now));
    }
    spell(system, meaning, words)
}
