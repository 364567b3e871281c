//! The people at each system: they record, edit, answer, attach and transfer.

use std::collections::BTreeMap;

use rand::RngExt;

use pakn_bridge::words::ticket::{Field, RecordKind, Status, field};

use super::kind::{CONTENT, DOSSIER, SUBJECT, Versions};
use super::remote::{Child, Record, Told};
use super::{Habit, World};

/// An agency of ours.
pub(crate) const AGENCY: &str = "H19.1";

impl World {
    /// A new ticket, made by a person.
    pub(crate) fn born(&mut self, system: usize) {
        let thing = self.oracle.things;
        self.oracle.things += 1;
        let now = self.time;
        let status = if self.odds(0.1) { "answered" } else { "received" };
        let texts = [
            (SUBJECT, "t0 subject"),
            (CONTENT, "c0 Text"),
            (DOSSIER, "d0"),
            (field::STATUS, status),
            (field::AGENCY, AGENCY),
        ];
        let kind = self.remotes[system].kind;
        let mut fields = BTreeMap::new();
        for (name, text) in texts {
            let text = kind.stores(&name, text);
            let edit = Some(self.oracle.edit(system, thing, &name, &text, None));
            fields.insert(name, Told { text, edit });
        }
        let record = Record {
            number: 1,
            reference: None,
            fields,
            children: Vec::new(),
            thing,
            born: now,
            changed: now,
            listed: now,
            appears: now,
            found_from: now,
        };
        let remote = &mut self.remotes[system];
        let id = remote.new_id();
        remote.insert(id.clone(), record, now);
        self.note(|| format!("person {system} makes {id}, thing {thing}"));
    }

    /// A person does something somewhere.
    pub(crate) fn person(&mut self) {
        if self.odds(0.3) {
            return self.deciding_person();
        }
        let system = self.any_system();
        let ids = self.remotes[system].visible(self.time);
        if ids.is_empty() || self.remotes[system].emptied > self.time {
            return;
        }
        let id = ids[self.random.random_range(0..ids.len())].clone();
        let unguarded = self.remotes[system].kind.versions == Versions::None;
        if unguarded && self.is_writing_to(system) {
            // Without versions an edit between our look and our write is overwritten: RELIABILITY.md says so.
            return;
        }
        match self.habit {
            Habit::Disputes => return self.edits(system, &id, &SUBJECT),
            Habit::Answers => return self.adds(system, &id, RecordKind::Reply),
            Habit::None | Habit::Many | Habit::Closing => {}
        }
        match self.random.random_range(0..22) {
            0..=3 => self.edits(system, &id, &SUBJECT),
            4..=7 => self.edits(system, &id, &CONTENT),
            8 | 9 => self.edits(system, &id, &DOSSIER),
            10 | 11 => self.adds(system, &id, RecordKind::Reply),
            12 => self.adds(system, &id, RecordKind::Attachment),
            13 => self.adds(system, &id, RecordKind::Transfer),
            14 | 15 => self.edits_a_reply(system, &id),
            16 if self.oracle.things < 3 => self.born(system),
            _ => self.moves_on(system, &id),
        }
    }

    fn edits(&mut self, system: usize, id: &str, name: &Field) {
        let number = self.oracle.edits.len();
        let kind = self.remotes[system].kind;
        let Some(record) = self.remotes[system].record(id) else { return };
        let Some(Told { text: before, edit: over }) = record.fields.get(name).cloned() else { return };
        let thing = record.thing;
        let counted = self.remotes.iter().all(|remote| remote.kind.versions == Versions::Counted);
        let tail = *name == SUBJECT && self.odds(0.2);
        let old = self.oracle.edits.iter().rev().filter(|edit| edit.thing == thing && edit.field == *name).nth(1);
        let old = old.and_then(|edit| edit.texts.iter().find(|(of, _)| *of == system)).map(|(_, text)| text.clone());
        let puts_back = counted && self.odds(0.1);
        let text = match old {
            Some(old) if puts_back => {
                self.oracle.put_back.insert((thing, name.clone()));
                old
            }
            _ if tail => format!("{before} t{number}"),
            _ => match name.as_str() {
                "subject" => format!("t{number} subject"),
                "content" => format!("c{number} Text"),
                _ => format!("d{number}"),
            },
        };
        let text = kind.stores(name, &text);
        if text == before {
            return;
        }
        let Some(record) = self.remotes[system].touch(id, false, self.time) else { return };
        let edit = Some(self.oracle.edit(system, thing, name, &text, over));
        record.fields.insert(name.clone(), Told { text: text.clone(), edit });
        self.note(|| format!("person {system} {id} {name}={text}"));
    }

    /// Whether all systems carry our references on children.
    fn all_named(&self) -> bool {
        self.remotes.iter().all(|remote| remote.kind.child_refs)
    }

    fn adds(&mut self, system: usize, id: &str, kind: RecordKind) {
        let thing = self.oracle.things;
        // Two equal texts in one thread can be told apart only by a reference.
        let same = self.all_named() && self.odds(0.3);
        let Some(record) = self.remotes[system].record(id) else { return };
        let replies: Vec<String> =
            record.children.iter().filter(|c| c.kind == RecordKind::Reply).map(|c| c.id.clone()).collect();
        let belongs = if kind == RecordKind::Attachment && !replies.is_empty() && self.odds(0.5) {
            replies.get(self.random.random_range(0..replies.len())).cloned()
        } else {
            None
        };
        let texts = match kind {
            RecordKind::Reply => {
                vec![(field::TEXT, if same { "Kính gửi".to_owned() } else { format!("reply {thing}") })]
            }
            RecordKind::Transfer => {
                vec![(Field::fixed("from"), AGENCY.to_owned()), (Field::fixed("to"), format!("H19.{thing}"))]
            }
            _ => {
                let mut texts = vec![
                    (field::NAME, format!("file {thing}.pdf")),
                    (field::SIZE, (1_000 + thing).to_string()),
                    (field::SHA256, format!("{thing:064x}")),
                ];
                texts.extend(belongs.map(|reply| (field::REPLY, reply)));
                texts
            }
        };
        let (fields, now) = (
            texts
                .into_iter()
                .map(|(name, text)| {
                    let edit = Some(self.oracle.edit(system, thing, &name, &text, None));
                    (name, Told { text, edit })
                })
                .collect(),
            self.time,
        );
        let Some(record) = self.remotes[system].touch(id, true, now) else { return };
        self.oracle.things += 1;
        let child = format!("p{}-{}", record.number, record.children.len());
        record.children.push(Child { kind, id: child.clone(), reference: None, at: now, fields, thing });
        self.note(|| format!("person {system} {id} adds {kind} {child}, thing {thing}"));
    }

    fn edits_a_reply(&mut self, system: usize, id: &str) {
        let number = self.oracle.edits.len();
        let Some(record) = self.remotes[system].record(id) else { return };
        let replies: Vec<usize> =
            (0..record.children.len()).filter(|at| record.children[*at].kind == RecordKind::Reply).collect();
        if replies.is_empty() {
            return;
        }
        let at = replies[self.random.random_range(0..replies.len())];
        if !self.all_named() && self.is_out() {
            // Ours is known by its text alone as long as its answer is out.
            return;
        }
        let Some(record) = self.remotes[system].touch(id, true, self.time) else { return };
        let reply = &mut record.children[at];
        let text = format!("edited {number}");
        let over = reply.fields.get(&field::TEXT).and_then(|told| told.edit);
        let (thing, child) = (reply.thing, reply.id.clone());
        let edit = self.oracle.edit(system, thing, &field::TEXT, &text, over);
        reply.fields.insert(field::TEXT, Told { text: text.clone(), edit: Some(edit) });
        self.note(|| format!("person {system} {id} {child} text={text}"));
    }

    /// Moves the status forward, or opens the ticket again.
    fn moves_on(&mut self, system: usize, id: &str) {
        let kind = self.remotes[system].kind;
        let Some(record) = self.remotes[system].record(id) else { return };
        let Some(now) = record.fields.get(&field::STATUS).and_then(|told| Status::parse(&told.text)) else { return };
        let (thing, over) = (record.thing, record.fields.get(&field::STATUS).and_then(|told| told.edit));
        let stood: Vec<usize> =
            record.children.iter().filter(|c| c.kind == RecordKind::Reply).map(|c| c.thing).collect();
        let reopens = kind.versions == Versions::Counted && now.announces() && self.odds(0.3);
        let next = if reopens { Status::InProgress } else { Status::ALL[self.random.random_range(0..9)] };
        if now == next || !reopens && next.rank() <= now.rank() || !now.may_become(next) {
            return;
        }
        if reopens {
            self.oracle.put_back.insert((thing, field::STATUS));
        }
        let text = kind.stores(&field::STATUS, next.as_str());
        if next.announces() {
            self.oracle.announced.entry((thing, system, text.clone())).or_default().push(stood);
        }
        *self.oracle.statuses.entry(thing).or_default().entry(system).or_default() += 1;
        let Some(record) = self.remotes[system].touch(id, false, self.time) else { return };
        let edit = Some(self.oracle.edit(system, thing, &field::STATUS, &text, over));
        record.fields.insert(field::STATUS, Told { text, edit });
        self.note(|| format!("person {system} {id} status={}", next.as_str()));
    }
}
