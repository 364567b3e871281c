//! The work that is measured: one record as JSON and as XML, read by a mapping and by hand. A test holds both to the same
//! result (`tests/hot_path`), so that what is measured is right before it is fast.

pub mod by_hand;
pub mod by_hand_out;
pub mod by_hand_xml;

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use pakn_bridge::pure::exchange::{Answer, Answered, Expected, judge_shown};
use pakn_bridge::pure::mapping::model::DocumentFormat;
use pakn_bridge::pure::mapping::{self, Mapping};
use pakn_bridge::pure::wire::{JsonPrinter, Listener, XmlPrinter};
use pakn_bridge::words::record::{Dates, Reading};
use pakn_bridge::words::side::Reference;
use pakn_bridge::words::ticket::{Field, RecordKind};
use pakn_bridge::words::value::Value;

pub const JSON_RECORD: &[u8] = include_bytes!("record.json");
pub const XML_RECORD: &[u8] = include_bytes!("record.xml");
pub const REFERENCE: &str = "PAKN-DN-7F3K9Q";

pub fn json() -> Mapping {
    loaded("json.toml", concat!(include_str!("json.toml"), include_str!("fields.toml")))
}

pub fn xml() -> Mapping {
    loaded("xml.toml", concat!(include_str!("xml.toml"), include_str!("fields.toml")))
}

fn loaded(name: &str, text: &str) -> Mapping {
    mapping::check(name, text, mapping::NOTHING_BESIDE).map_err(|found| found[0].render_text()).unwrap()
}

/// A page of a listing: so many of the record, whole.
pub fn page(rows: usize) -> Vec<u8> {
    [b"{\"data\":[".as_slice(), &vec![JSON_RECORD; rows].join(&b','), b"]}"].concat()
}

/// Judges and reads pages as the daemon does.
pub struct Pages<'m> {
    mapping: &'m Mapping,
    expected: Expected,
    answer: Answer,
}

impl<'m> Pages<'m> {
    pub fn of(mapping: &'m Mapping, body: Vec<u8>) -> Self {
        let expected = Expected::of_lists(mapping).remove("changes").unwrap();
        Self { mapping, expected, answer: Answer { status: 200, headers: Vec::new(), body } }
    }

    pub fn read(&self) -> Answered {
        let call = &self.mapping.calls["changes"];
        judge_shown(self.mapping, call, &self.expected, &self.answer, DateTime::UNIX_EPOCH).1.unwrap()
    }
}

/// Fields as a sync gives them to be written.
pub struct Written {
    ticket: BTreeMap<Field, Option<Value>>,
    attachments: Vec<BTreeMap<Field, Option<Value>>>,
    reference: Reference,
    dates: Dates,
}

impl Written {
    pub fn of(reading: &Reading) -> Self {
        let fields = |reading: &Reading| {
            let cells = reading.cells.iter().filter(|(name, _)| name.as_str() != "where");
            cells.map(|(name, cell)| (name.clone(), cell.value.clone())).collect()
        };
        Self {
            ticket: fields(reading),
            attachments: reading.children(RecordKind::Attachment).iter().map(fields).collect(),
            reference: Reference::from(REFERENCE),
            dates: Dates::shown(&reading.cells),
        }
    }

    pub fn encode(&self, mapping: &Mapping) -> Vec<Vec<u8>> {
        let ticket = [(RecordKind::Ticket, &self.ticket)];
        let records = ticket.into_iter().chain(self.attachments.iter().map(|file| (RecordKind::Attachment, file)));
        let print = |(kind, fields)| {
            let reference = Some(&self.reference);
            let captures = &BTreeMap::new();
            let written = mapping::Written { kind, reference, is_new: true, fields, captures, dates: &self.dates };
            match mapping.format {
                DocumentFormat::Xml => document(mapping, &written),
                DocumentFormat::Json | DocumentFormat::Csv => {
                    let mut printer = JsonPrinter::default();
                    mapping.tell_write(&written, &mut printer).unwrap();
                    printer.finish().unwrap()
                }
            }
        };
        records.map(print).collect()
    }
}

/// The write as it goes into the body of its call, which is one element.
fn document(mapping: &Mapping, written: &mapping::Written<'_>) -> Vec<u8> {
    let mut piece = XmlPrinter::piece(&mapping.namespaces, true);
    mapping.tell_write(written, &mut piece).unwrap();
    let piece = piece.into_piece().unwrap();
    let mut printer = XmlPrinter::document(&mapping.namespaces);
    printer.open_element(if written.kind == RecordKind::Ticket { "Phieu" } else { "TepDinhKem" });
    printer.put_attributes(&piece);
    printer.put_content(&piece);
    printer.close_element();
    printer.finish().unwrap()
}

/// Both understood the same, and kept what the system spelled.
pub fn same(reading: &Reading, ticket: &by_hand::Ticket) {
    fn pair<T>(cell: &Option<by_hand::Cell<T>>, show: impl Fn(&T) -> String) -> Option<(String, String)> {
        cell.as_ref().map(|cell| (cell.image.clone(), show(&cell.value)))
    }
    let ours = |reading: &Reading, name: &str| {
        let cell = reading.cells.get(&Field::named(name))?;
        Some((cell.image.as_ref()?.to_string(), cell.value.as_ref()?.display()))
    };
    let text = |cell| pair(cell, String::clone);
    let at = |cell| pair(cell, |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    let by_hand = [
        ("number", text(&ticket.number)),
        ("subject", text(&ticket.subject)),
        ("content", text(&ticket.content)),
        ("submitter_name", text(&ticket.submitter_name)),
        ("submitter_phone", text(&ticket.submitter_phone)),
        ("submitter_email", text(&ticket.submitter_email)),
        ("submitter_address", text(&ticket.submitter_address)),
        ("citizen_id", text(&ticket.citizen_id)),
        ("place", text(&ticket.place)),
        ("agency", text(&ticket.agency)),
        ("status", pair(&ticket.status, |status| by_hand::word(*status).to_owned())),
        ("received_at", at(&ticket.received_at)),
        ("due_at", at(&ticket.due_at)),
        ("dossier", text(&ticket.dossier)),
        ("after_hours", pair(&ticket.after_hours, bool::to_string)),
    ];
    for (name, theirs) in &by_hand {
        assert_eq!(ours(reading, name), *theirs, "{name}");
    }
    assert_eq!(reading.cells.len(), by_hand.len());
    assert_eq!(reading.id.0, ticket.id);
    assert_eq!(reading.version.as_ref().map(|version| &version.0), ticket.version.as_ref());
    assert_eq!(reading.reference.as_ref().map(|reference| &reference.0), ticket.reference.as_ref());
    let files = reading.children(RecordKind::Attachment);
    assert_eq!(files.len(), ticket.attachments.len());
    for (file, theirs) in files.iter().zip(&ticket.attachments) {
        assert_eq!(file.id.0, theirs.id);
        assert_eq!(ours(file, "name"), text(&theirs.name));
        assert_eq!(ours(file, "type"), text(&theirs.media_type));
        assert_eq!(ours(file, "size"), pair(&theirs.size, i64::to_string));
        assert_eq!(ours(file, "sha256"), text(&theirs.sha256));
        assert_eq!(ours(file, "where"), text(&theirs.place));
    }
}
