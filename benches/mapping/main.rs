//! A mapping beside what an engineer would write for the same record by hand: the same bytes in, the same checks, the
//! same bytes out. `cargo bench --bench mapping`; figures in BENCHMARKS.md.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints its figures and may stop")]

mod by_hand;
mod by_hand_xml;
mod measure;

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use pakn_bridge::pure::exchange::{Answer, Expected, judge_shown};
use pakn_bridge::pure::mapping::{self, Mapping};
use pakn_bridge::pure::wire::{Limits, parse_json, print_json};
use pakn_bridge::words::record::{Dates, Reading};
use pakn_bridge::words::side::Reference;
use pakn_bridge::words::ticket::{Field, RecordKind};
use pakn_bridge::words::value::Value;

use measure::{compare, way};
use serde_json::from_slice;

const JSON: &str = concat!(include_str!("json.toml"), include_str!("fields.toml"));
const XML: &str = concat!(include_str!("xml.toml"), include_str!("fields.toml"));
const JSON_RECORD: &[u8] = include_bytes!("record.json");
const XML_RECORD: &[u8] = include_bytes!("record.xml");
const REFERENCE: &str = "PAKN-DN-7F3K9Q";
const ROWS: usize = 1_000;

fn main() {
    let limits = Limits::default();
    let json = loaded("json.toml", JSON);
    let reading = json.read_bytes(JSON_RECORD, &limits).unwrap();
    let ticket = by_hand::decode(JSON_RECORD).unwrap();
    same(&reading, &ticket);
    compare(
        "decode JSON: 1.4 KB, 15 fields, 2 attachments",
        vec![
            way("serde structs by hand", || by_hand::decode(JSON_RECORD)),
            way("mapping, one pass", || json.read_bytes(JSON_RECORD, &limits)),
            way("mapping, by a document tree", || json.read(&parse_json(JSON_RECORD, &limits).unwrap())),
            way("serde_json::Value, nothing understood", || from_slice::<serde_json::Value>(JSON_RECORD)),
        ],
    );

    let written = Written::of(&reading);
    assert_eq!(sorted(&written.encode(&json)), sorted(&by_hand::encode(&ticket, REFERENCE).unwrap()));
    compare(
        "encode JSON: the ticket and its 2 attachments",
        vec![
            way("serde structs by hand", || by_hand::encode(&ticket, REFERENCE)),
            way("mapping", || written.encode(&json)),
        ],
    );

    let xml = loaded("xml.toml", XML);
    same(&xml.read_bytes(XML_RECORD, &limits).unwrap(), &by_hand_xml::decode(XML_RECORD).unwrap());
    compare(
        "decode XML: the same record",
        vec![
            way("quick-xml by hand", || by_hand_xml::decode(XML_RECORD)),
            way("mapping, one pass", || xml.read_bytes(XML_RECORD, &limits)),
        ],
    );

    let page = [b"{\"data\":[".as_slice(), &vec![JSON_RECORD; ROWS].join(&b','), b"]}"].concat();
    let call = &json.calls["changes"];
    let expected = &Expected::of_lists(&json)["changes"];
    let answer = Answer { status: 200, headers: Vec::new(), body: page.clone() };
    let judged = || judge_shown(&json, call, expected, &answer, DateTime::UNIX_EPOCH).1.unwrap();
    assert_eq!(judged().rows.unwrap().len(), ROWS);
    compare(
        "judge and decode a page of 1,000 such records",
        vec![way("serde structs by hand", || by_hand::decode_page(&page)), way("mapping, one pass", judged)],
    );
}

fn loaded(name: &str, text: &str) -> Mapping {
    mapping::check(name, text, mapping::NOTHING_BESIDE).map_err(|found| found[0].render_text()).unwrap()
}

/// Fields as a sync gives them to be written.
struct Written {
    ticket: BTreeMap<Field, Option<Value>>,
    attachments: Vec<BTreeMap<Field, Option<Value>>>,
    reference: Reference,
    dates: Dates,
}

impl Written {
    fn of(reading: &Reading) -> Self {
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

    fn encode(&self, mapping: &Mapping) -> Vec<Vec<u8>> {
        let ticket = [(RecordKind::Ticket, &self.ticket)];
        let records = ticket.into_iter().chain(self.attachments.iter().map(|file| (RecordKind::Attachment, file)));
        let print = |(kind, fields)| {
            let reference = Some(&self.reference);
            let captures = &BTreeMap::new();
            let written = mapping::Written { kind, reference, is_new: true, fields, captures, dates: &self.dates };
            print_json(&mapping.print(&written).unwrap()).unwrap()
        };
        records.map(print).collect()
    }
}

/// Documents without the order of their members.
fn sorted(documents: &[Vec<u8>]) -> Vec<BTreeMap<String, serde_json::Value>> {
    documents.iter().map(|bytes| from_slice(bytes).unwrap()).collect()
}

/// Both understood the same, and kept what the system spelled.
fn same(reading: &Reading, ticket: &by_hand::Ticket) {
    fn pair<T>(cell: &Option<by_hand::Cell<T>>, show: impl Fn(&T) -> String) -> Option<(String, String)> {
        cell.as_ref().map(|cell| (cell.image.clone(), show(&cell.value)))
    }
    let ours = |reading: &Reading, name: &str| {
        let cell = reading.cells.get(&Field::named(name))?;
        Some((cell.image.clone()?, cell.value.as_ref()?.display()))
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
