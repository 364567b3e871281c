//! The people at both systems, and the oracle that remembers what each of them had before their eyes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use rand::RngExt;

use crate::pure::sync::case::PairState;
use crate::pure::sync::hands::{Hand, resolve, retry_all};
use crate::words::record::Image;
use crate::words::side::{Side, Sides};
use crate::words::ticket::{Field, Status, field};

use super::remote::{CONTENT, DOSSIER, Record, Reply, SUBJECT, Told, Versions};
use super::{View, World};

/// One person's edit of one field.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) thing: usize,
    pub(super) field: Field,
    /// The edit whose value stood there.
    pub(super) over: Option<usize>,
    /// How each side has spelled it so far.
    texts: BTreeSet<(Side, String)>,
}

/// Knows who changed what over what.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    pub(super) edits: Vec<Edit>,
    pub(super) things: usize,
    /// Fields where a person put an old value back: which edit a value comes from is not clear any more.
    pub(super) put_back: BTreeSet<(usize, Field)>,
    /// Which replies stood there when a person set an announcing status.
    pub(super) announced: BTreeMap<(usize, Side, String), Vec<Vec<usize>>>,
    /// Texts that a person gave up, seeing them.
    pub(super) given_up: BTreeSet<(Field, String)>,
    /// How often people of each side changed the status.
    pub(super) statuses: BTreeMap<usize, Sides<u32>>,
}

impl Oracle {
    fn edit(&mut self, side: Side, thing: usize, name: &Field, shown: &str, over: Option<usize>) -> usize {
        let texts = BTreeSet::from([(side, shown.to_owned())]);
        self.edits.push(Edit { thing, field: name.clone(), over, texts });
        self.edits.len() - 1
    }

    /// The latest edit that a side has spelled like this.
    pub(super) fn find(&self, side: Side, thing: usize, name: &Field, image: &Image) -> Option<usize> {
        let wanted = (side, image.clone()?);
        self.edits.iter().rposition(|edit| edit.thing == thing && edit.field == *name && edit.texts.contains(&wanted))
    }

    pub(super) fn spelled(&mut self, edit: Option<usize>, side: Side, text: &str) {
        if let Some(edit) = edit.and_then(|at| self.edits.get_mut(at)) {
            edit.texts.insert((side, text.to_owned()));
        }
    }

    /// Whether whoever made an edit had another one before their eyes, or what had become of it.
    pub(super) fn knew(&self, edit: usize, other: usize) -> bool {
        std::iter::successors(Some(edit), |at| self.edits.get(*at)?.over).any(|at| at == other)
    }

    /// Edits of a field that nobody changed knowingly.
    pub(super) fn heads(&self, thing: usize, name: &Field) -> Vec<usize> {
        let of = |edit: &&Edit| edit.thing == thing && edit.field == *name;
        let over: BTreeSet<usize> = self.edits.iter().filter(of).filter_map(|edit| edit.over).collect();
        (0..self.edits.len()).filter(|at| of(&&self.edits[*at]) && !over.contains(at)).collect()
    }
}

impl World {
    /// A new ticket, made by a person.
    pub(super) fn born(&mut self, side: Side) {
        let thing = self.oracle.things;
        self.oracle.things += 1;
        let now = self.now;
        let remote = self.remotes.get_mut(side);
        let id = format!("{}", remote.records.len() + 1);
        let status = if self.random.random_bool(0.1) { "answered" } else { "received" };
        let texts = [(SUBJECT, "t0 subject"), (CONTENT, "c0 Text"), (DOSSIER, "d0"), (field::STATUS, status)];
        let mut fields = BTreeMap::new();
        for (name, text) in texts {
            let text = remote.kind.stores(&name, text);
            let edit = Some(self.oracle.edit(side, thing, &name, &text, None));
            fields.insert(name, Told { text, edit });
        }
        let (replies, reference) = (Vec::new(), None);
        let record = Record { number: 1, reference, fields, replies, thing, appears: now, found_from: now };
        remote.records.insert(id, record);
    }

    /// A person does something somewhere.
    pub(super) fn person(&mut self) {
        if self.random.random_bool(0.3) {
            return self.deciding_person();
        }
        let side = if self.random.random_bool(0.5) { Side::Province } else { Side::National };
        let ids: Vec<String> = self.remotes.get(side).visible(self.now);
        if ids.is_empty() {
            return;
        }
        let id = ids[self.random.random_range(0..ids.len())].clone();
        let unguarded = self.remotes.get(side).kind.versions == Versions::None;
        if unguarded && self.is_writing_to(side) {
            // Without versions an edit between our look and our write is overwritten: RELIABILITY.md says so.
            return;
        }
        match self.random.random_range(0..8) {
            0 | 1 => self.edits(side, &id, &SUBJECT),
            2 | 3 => self.edits(side, &id, &CONTENT),
            4 => self.edits(side, &id, &DOSSIER),
            5 => self.replies(side, &id),
            6 => self.edits_a_reply(side, &id),
            _ => self.moves_on(side, &id),
        }
    }

    fn edits(&mut self, side: Side, id: &str, name: &Field) {
        let number = self.oracle.edits.len();
        let remote = self.remotes.get_mut(side);
        let versions = remote.kind.versions;
        let Some(record) = remote.records.get(id) else { return };
        let (thing, over, before) =
            (record.thing, record.fields.get(name).and_then(|told| told.edit), record.fields.get(name).cloned());
        let counted = [Side::Province, Side::National]
            .iter()
            .all(|side| self.remotes.get(*side).kind.versions == Versions::Counted);
        let tail = *name == SUBJECT && self.random.random_bool(0.2);
        let old = self.oracle.edits.iter().rev().filter(|edit| edit.thing == thing && edit.field == *name).nth(1);
        let old = old.and_then(|edit| edit.texts.iter().find(|(of, _)| *of == side)).map(|(_, text)| text.clone());
        let puts_back = counted && versions == Versions::Counted && self.random.random_bool(0.1);
        let text = match (old, before) {
            (Some(old), _) if puts_back => {
                self.oracle.put_back.insert((thing, name.clone()));
                old
            }
            (_, Some(before)) if tail => format!("{} t{number}", before.text),
            _ => match name.as_str() {
                "subject" => format!("t{number} subject"),
                "content" => format!("c{number} Text"),
                _ => format!("d{number}"),
            },
        };
        let remote = self.remotes.get_mut(side);
        let text = remote.kind.stores(name, &text);
        let Some(record) = remote.touch(id, self.now) else { return };
        let edit = Some(self.oracle.edit(side, thing, name, &text, over));
        record.fields.insert(name.clone(), Told { text: text.clone(), edit });
        self.note(|| format!("person {side} {id} {name}={text}"));
    }

    fn replies(&mut self, side: Side, id: &str) {
        let thing = self.oracle.things;
        let named = Side::BOTH.iter().all(|side| self.remotes.get(*side).kind.reply_refs);
        // Two equal texts in one thread can be told apart only by a reference.
        let text =
            if named && self.random.random_bool(0.3) { "Kính gửi".to_owned() } else { format!("reply {thing}") };
        let Some(record) = self.remotes.get_mut(side).touch(id, self.now) else { return };
        self.oracle.things += 1;
        let edit = Some(self.oracle.edit(side, thing, &field::TEXT, &text, None));
        let id = format!("p{}", record.number);
        let at = self.now;
        record.replies.push(Reply { id, reference: None, at, text: Told { text, edit }, thing });
    }

    fn edits_a_reply(&mut self, side: Side, id: &str) {
        let number = self.oracle.edits.len();
        let Some(record) = self.remotes.get(side).records.get(id).filter(|record| !record.replies.is_empty()) else {
            return;
        };
        let at = self.random.random_range(0..record.replies.len());
        let named = Side::BOTH.iter().all(|side| self.remotes.get(*side).kind.reply_refs);
        if !named && self.is_out() {
            // Ours is known by its text alone as long as its answer is out.
            return;
        }
        let Some(record) = self.remotes.get_mut(side).touch(id, self.now) else { return };
        let reply = &mut record.replies[at];
        let text = format!("edited {number}");
        let edit = self.oracle.edit(side, reply.thing, &field::TEXT, &text, reply.text.edit);
        reply.text = Told { text, edit: Some(edit) };
    }

    /// Moves the status forward, or opens the ticket again.
    fn moves_on(&mut self, side: Side, id: &str) {
        let remote = self.remotes.get_mut(side);
        let kind = remote.kind;
        let Some(record) = remote.records.get(id) else { return };
        let Some(now) = record.fields.get(&field::STATUS).and_then(|told| Status::parse(&told.text)) else { return };
        let (thing, over) = (record.thing, record.fields.get(&field::STATUS).and_then(|told| told.edit));
        let reopens = kind.versions == Versions::Counted && now.announces() && self.random.random_bool(0.3);
        let next = if reopens { Status::InProgress } else { Status::ALL[self.random.random_range(0..9)] };
        if now == next || !reopens && next.rank() <= now.rank() || !now.may_become(next) {
            return;
        }
        if reopens {
            self.oracle.put_back.insert((thing, field::STATUS));
        }
        let text = kind.stores(&field::STATUS, next.as_str());
        if next.announces() {
            let stood = record.replies.iter().map(|reply| reply.thing).collect();
            self.oracle.announced.entry((thing, side, text.clone())).or_default().push(stood);
        }
        *self.oracle.statuses.entry(thing).or_default().get_mut(side) += 1;
        let Some(record) = remote.touch(id, self.now) else { return };
        let edit = Some(self.oracle.edit(side, thing, &field::STATUS, &text, over));
        record.fields.insert(field::STATUS, Told { text, edit });
        self.note(|| format!("person {side} {id} status={}", next.as_str()));
    }

    /// Looks at what waits for a person, and decides about what was looked at before.
    fn deciding_person(&mut self) {
        if self.random.random_bool(0.3)
            && let Some(view) = self.views.pop()
        {
            return self.decides(&view);
        }
        let open = self.open_conflicts();
        if !open.is_empty() {
            let at = self.random.random_range(0..open.len());
            self.views.push(open[at].clone());
        }
    }

    pub(super) fn open_conflicts(&self) -> Vec<View> {
        let mut open = Vec::new();
        for case in self.store.values() {
            for pair in case.pairs().filter(|pair| pair.state == PairState::Live) {
                open.extend(pair.conflicts.iter().filter(|conflict| conflict.decided.is_none()).map(|conflict| View {
                    case: case.reference().clone(),
                    pair: pair.reference.clone(),
                    field: conflict.field.clone(),
                    images: conflict.images.clone(),
                }));
            }
        }
        open
    }

    pub(super) fn decides(&mut self, view: &View) {
        let winner = if self.random.random_bool(0.5) { Side::Province } else { Side::National };
        let Some(mut case) = self.store.get(&view.case).cloned() else { return };
        let seen = case.pair(&view.pair).is_some_and(|pair| {
            pair.conflicts.iter().any(|conflict| conflict.field == view.field && conflict.images == view.images)
        });
        if !seen {
            return;
        }
        let hand = Hand { by: "op", at: self.now };
        self.note(|| format!("decides {view:?}: {winner}"));
        if resolve(&mut case, &view.pair, &view.field, winner, hand).is_ok() {
            if let Some(text) = view.images.get(winner.other()).clone() {
                self.oracle.given_up.insert((view.field.clone(), text));
            }
            self.plan_and_save(case, None);
        }
    }

    /// Whatever waits for "again" goes out again.
    pub(super) fn says_again(&mut self) {
        let hand = Hand { by: "op", at: self.now };
        for reference in self.store.keys().cloned().collect::<Vec<_>>() {
            let Some(mut case) = self.store.get(&reference).cloned() else { continue };
            let waits = case
                .intents
                .iter()
                .any(|intent| intent.state == crate::pure::sync::case::IntentState::Parked && !intent.accepted);
            if waits && retry_all(&mut case, hand).is_ok() {
                self.plan_and_save(case, None);
            }
        }
    }

    /// A little later.
    pub(super) fn tick(&mut self, most: i64) {
        self.now += TimeDelta::milliseconds(self.random.random_range(1..most));
    }
}
