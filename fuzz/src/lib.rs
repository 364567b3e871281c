//! What each fuzz target asks of one input. Used by libFuzzer's targets and by the bounded run of the ordinary tests.
//!
//! A target ends by itself, whatever it is given, and tells whether it took it; what must never happen is a panic here or
//! in the code under test.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pakn_bridge::pure::exchange::run_examples;
use pakn_bridge::pure::mapping::model::{Case, DocumentFormat};
use pakn_bridge::pure::mapping::{self, Mapping, Written};
use pakn_bridge::pure::wire::{
    Limits, Namespaces, Node, WireError, first_row, parse_csv, parse_json, parse_xml, print_json, print_xml,
};
use pakn_bridge::words::record::{Dates, Reading};
use pakn_bridge::words::side::Reference;
use pakn_bridge::words::ticket::{Field, RecordKind};
use pakn_bridge::words::value::Value;

/// The mapping files of this repository, by name.
pub const SHIPPED: [(&str, &str); 6] = [
    ("tongdai-1022.toml", include_str!("../../mappings/tongdai-1022.toml")),
    ("dvcqg.toml", include_str!("../../mappings/dvcqg.toml")),
    ("phapluat.toml", include_str!("../../mappings/phapluat.toml")),
    ("roundup.toml", include_str!("../../mappings/roundup.toml")),
    ("open311.toml", include_str!("../../mappings/open311.toml")),
    ("open311-xml.toml", include_str!("../../mappings/open311-xml.toml")),
];

static MAPPINGS: LazyLock<Vec<Mapping>> = LazyLock::new(|| {
    let check = |(name, text): (&str, &str)| {
        mapping::check(name, text, mapping::NOTHING_BESIDE).expect("the shipped mappings are sound")
    };
    SHIPPED.into_iter().map(check).collect()
});

/// The records that the mapping files show as examples.
#[must_use]
pub fn examples() -> Vec<Vec<u8>> {
    let records = MAPPINGS.iter().flat_map(|mapping| {
        mapping.examples.iter().filter_map(move |example| match &example.case {
            Case::Document { document, .. } => mapping.printed_document(document).ok(),
            _ => None,
        })
    });
    records.collect()
}

/// A mapping file: it loads and its laws and examples can be tried, or each problem has a place in it.
pub fn mapping_text(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    // The same bytes stand for every file beside it: hostile spreadsheets are met too.
    match mapping::check("fuzzed.toml", text, &|_| Ok(text.to_owned())) {
        Ok(mapping) => {
            let found = mapping.check_laws().into_iter().chain(run_examples(&mapping));
            assert!(found.map(|problem| problem.render_text()).all(|told| told.contains("fuzzed.toml")));
            true
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            let lines = text.split('\n').count();
            for problem in problems {
                assert!((1..=lines).contains(&problem.line), "no such line: {problem:?}");
                assert!(problem.render_text().contains(problem.code));
            }
            false
        }
    }
}

/// A JSON record: refused, or a tree that prints and reads as itself, and that every mapping reads or refuses.
pub fn json_record(input: &[u8]) -> bool {
    let Ok(document) = parse_json(input, &Limits::default()) else { return false };
    let printed = print_json(document.clone()).expect("what was read can be printed");
    assert_eq!(parse_json(&printed, &Limits { bytes: usize::MAX, ..Limits::default() }).as_ref(), Ok(&document));
    read_by_all(&document);
    of(DocumentFormat::Json).for_each(|mapping| read_at_once(mapping, input));
    true
}

/// An XML record: refused, or a tree that every mapping reads or refuses.
pub fn xml_record(input: &[u8]) -> bool {
    for mapping in of(DocumentFormat::Xml) {
        let Ok(document) = parse_xml(input, &mapping.namespaces, &Limits::default()) else { continue };
        let Node::Element(root) = &document else { panic!("no element") };
        if let Ok(printed) = print_xml(root.clone(), &mapping.namespaces) {
            let limits = Limits { bytes: usize::MAX, ..Limits::default() };
            match parse_xml(&printed, &mapping.namespaces, &limits) {
                // Escaped, the name of a namespace may be too long by now.
                Err(WireError::TooLarge { .. }) => {}
                again => assert_eq!(again.as_ref(), Ok(&document)),
            }
        }
        read_by_all(&document);
        read_at_once(mapping, input);
    }
    // Without any namespace declared, names are spelled out.
    parse_xml(input, &Namespaces::new(), &Limits::default()).is_ok()
}

/// What a record shows is spelled and understood again as itself, and what is written of it is a document.
pub fn round_trip(input: &[u8]) -> bool {
    let mut is_read = false;
    for mapping in &*MAPPINGS {
        let Some(document) = parse(mapping, input) else { continue };
        let Ok(reading) = mapping.read(&document) else { continue };
        is_read = true;
        let dates = Dates::shown(&reading.cells);
        for record in std::iter::once(&reading).chain(reading.children.values().flatten()) {
            for (field, cell) in &record.cells {
                if let Some(value) = &cell.value {
                    spelled_again(mapping, record.kind, field, value, &dates);
                }
            }
        }
        write_new(mapping, &reading, &dates);
    }
    is_read
}

/// PutGet and Silence, of a value that the system itself showed.
fn spelled_again(mapping: &Mapping, kind: RecordKind, field: &Field, value: &Value, dates: &Dates) {
    // What has no spelling there is refused before it is sent.
    let Ok(image) = mapping.image(kind, field, Some(value), dates) else { return };
    let back = mapping.value(kind, field, &image, dates);
    let back = back.unwrap_or_else(|fault| panic!("{}: {kind} {field}: our spelling: {fault}", mapping.name));
    let again = mapping.image(kind, field, back.as_ref(), dates);
    assert_eq!(again.ok(), Some(image), "{}: {kind} {field}: a spelling is no fixed point", mapping.name);
    if !mapping.lossy(kind, field) {
        assert_eq!(back.as_ref(), Some(value), "{}: {kind} {field}: reads as another value", mapping.name);
    }
}

/// A create of all that the reading shows, as bytes that can be read again.
fn write_new(mapping: &Mapping, reading: &Reading, dates: &Dates) {
    let fields: BTreeMap<Field, Option<Value>> =
        reading.cells.iter().map(|(field, cell)| (field.clone(), cell.value.clone())).collect();
    let reference = Reference("PB-0123456789ABCDEF0123".to_owned());
    let written = Written {
        kind: RecordKind::Ticket,
        reference: Some(&reference),
        is_new: true,
        fields: &fields,
        captures: &reading.captures,
        dates,
    };
    let Ok(tree) = mapping.print(&written) else { return };
    let Ok(printed) = mapping.printed_document(&tree) else { return };
    let limits = Limits { bytes: usize::MAX, ..Limits::default() };
    let read = match mapping.format {
        DocumentFormat::Json => parse_json(&printed, &limits),
        DocumentFormat::Xml => parse_xml(&printed, &mapping.namespaces, &limits),
        DocumentFormat::Csv => parse_csv(&printed, &mapping.csv, &limits),
    };
    assert!(read.is_ok(), "{}: what we write can't be read: {read:?}", mapping.name);
}

fn parse(mapping: &Mapping, input: &[u8]) -> Option<Node> {
    match mapping.format {
        DocumentFormat::Json => parse_json(input, &Limits::default()).ok(),
        DocumentFormat::Xml => parse_xml(input, &mapping.namespaces, &Limits::default()).ok(),
        DocumentFormat::Csv => parse_csv(input, &mapping.csv, &Limits::default()).ok().map(first_row),
    }
}

/// Every mapping reads it or says where it does not.
fn read_by_all(document: &Node) {
    for mapping in &*MAPPINGS {
        if let Err(fault) = mapping.read(document) {
            assert!(!fault.place.is_empty() && !fault.reason.is_empty(), "{fault:?}");
        }
    }
}

/// Read in one pass or through a tree, a document shows the same.
fn read_at_once(mapping: &Mapping, input: &[u8]) {
    let Some(document) = parse(mapping, input) else { return };
    let through_tree = mapping.read(&document);
    let at_once = mapping.read_bytes(input, &Limits::default());
    assert_eq!(at_once, through_tree, "{}: read in one pass, and through a tree", mapping.name);
}

fn of(format: DocumentFormat) -> impl Iterator<Item = &'static Mapping> {
    MAPPINGS.iter().filter(move |mapping| mapping.format == format)
}
