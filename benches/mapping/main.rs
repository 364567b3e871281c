//! A mapping beside what an engineer would write for the same record by hand: the same bytes in, the same checks, the
//! same bytes out. `cargo bench --bench mapping`; figures in BENCHMARKS.md.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints its figures and may stop")]

mod measure;
mod work;

use pakn_bridge::pure::wire::{Limits, parse_json};
use serde_json::from_slice;

use measure::{compare, way};
use work::{JSON_RECORD, Pages, REFERENCE, Written, XML_RECORD, by_hand, by_hand_out, by_hand_xml};

const ROWS: usize = 1_000;

fn main() {
    let limits = Limits::default();
    let json = work::json();
    let reading = json.read_bytes(JSON_RECORD, &limits).unwrap();
    let ticket = by_hand::decode(JSON_RECORD).unwrap();
    work::same(&reading, &ticket);
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
    compare(
        "encode JSON: the ticket and its 2 attachments",
        vec![
            way("serde structs by hand", || by_hand_out::encode(&ticket, REFERENCE)),
            way("mapping", || written.encode(&json)),
        ],
    );

    let xml = work::xml();
    compare(
        "decode XML: the same record",
        vec![
            way("quick-xml by hand", || by_hand_xml::decode(XML_RECORD)),
            way("mapping, one pass", || xml.read_bytes(XML_RECORD, &limits)),
        ],
    );

    let of_xml = Written::of(&xml.read_bytes(XML_RECORD, &limits).unwrap());
    compare(
        "encode XML: the same ticket and its 2 attachments",
        vec![
            way("quick-xml by hand", || by_hand_xml::encode(&ticket, REFERENCE)),
            way("mapping", || of_xml.encode(&xml)),
        ],
    );

    let page = work::page(ROWS);
    let pages = Pages::of(&json, page.clone());
    compare(
        "judge and decode a page of 1,000 such records",
        vec![way("serde structs by hand", || by_hand::decode_page(&page)), way("mapping, one pass", || pages.read())],
    );
}
