//! Hostile documents: each has its verdict, and `docs/hostile-documents.md` tells it.

use std::fmt::Write as _;

use super::*;

/// Name of the document, its bytes, what comes of it.
type Row = (&'static str, Vec<u8>, &'static str);

const READ: &str = "read";

/// Longer than any limit on values in one document.
const MANY: usize = limits::MAX_NODES + 1;

fn json() -> Vec<Row> {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let utf16_be = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let utf32 = |text: &str| text.chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect::<Vec<u8>>();
    let utf32_be = |text: &str| text.chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect::<Vec<u8>>();
    let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
    vec![
        ("UTF-8 with a byte order mark", b"\xEF\xBB\xBF{\"a\":1}".to_vec(), READ),
        ("two byte order marks", b"\xEF\xBB\xBF\xEF\xBB\xBF{}".to_vec(), "no JSON value at byte 0"),
        ("UTF-16 with a mark", utf16("\u{feff}{}"), "not UTF-8: it begins like UTF-16"),
        ("UTF-16, the other order, with a mark", utf16_be("\u{feff}{}"), "not UTF-8: it begins like UTF-16"),
        ("UTF-16 without a mark", utf16("{\"a\":1}"), "not UTF-8: it begins like UTF-16 or UTF-32"),
        (
            "UTF-16, the other order, without a mark",
            utf16_be("{\"a\":1}"),
            "not UTF-8: it begins like UTF-16 or UTF-32",
        ),
        ("UTF-32 with a mark", utf32("\u{feff}{}"), "not UTF-8: it begins like UTF-32"),
        ("UTF-32, the other order, with a mark", utf32_be("\u{feff}{}"), "not UTF-8: it begins like UTF-32"),
        ("a letter in Windows-1258", b"{\"a\":\"\xD0\xF4ng\"}".to_vec(), "not UTF-8: byte 6"),
        ("two encodings in one document", b"{\"a\":\"\xC4\x90\",\"b\":\"\xD0\"}".to_vec(), "not UTF-8: byte 15"),
        ("overlong UTF-8", b"{\"a\":\"\xC0\xAF\"}".to_vec(), "not UTF-8: byte 6"),
        ("a surrogate in UTF-8 (CESU-8)", b"{\"a\":\"\xED\xA0\xBD\"}".to_vec(), "not UTF-8: byte 6"),
        ("cut in the middle of a letter", b"{\"a\":\"\xC4".to_vec(), "cut off after 7 bytes"),
        ("cut after a value", b"{\"a\":1".to_vec(), "cut off after 6 bytes"),
        ("nothing", Vec::new(), "empty"),
        ("blanks only", b" \r\n\t".to_vec(), "empty"),
        ("a key twice", b"{\"a\":1,\"b\":2,\"a\":3}".to_vec(), "the key `a` twice in one object"),
        ("a key twice, once escaped", b"{\"a\":1,\"\\u0061\":2}".to_vec(), "the key `a` twice in one object"),
        ("a key twice, deep inside", b"[{\"x\":{\"a\":1,\"a\":1}}]".to_vec(), "the key `a` twice in one object"),
        ("half of a surrogate pair", b"\"\\ud83d\"".to_vec(), "a lone surrogate at byte 1"),
        ("the other half", b"\"\\ude00\"".to_vec(), "a lone surrogate at byte 1"),
        ("both halves in the wrong order", b"\"\\ude00\\ud83d\"".to_vec(), "a lone surrogate at byte 1"),
        ("half of a surrogate pair in a key", b"{\"\\ud83d\":1}".to_vec(), "a lone surrogate at byte 2"),
        ("an escaped NUL", b"\"\\u0000\"".to_vec(), READ),
        ("a raw NUL in a text", b"{\"a\":\"x\0\"}".to_vec(), "a control character inside a string at byte 7"),
        ("a number of 400 digits", "9".repeat(400).into_bytes(), READ),
        ("a number that no machine holds", b"-1e999999999".to_vec(), READ),
        ("not a number", b"NaN".to_vec(), "no JSON value at byte 0"),
        ("a leading zero", b"010".to_vec(), "no JSON number at byte 0"),
        ("a comment", b"{/* x */}".to_vec(), "a key was expected at byte 1"),
        ("a comma too many", b"[1,]".to_vec(), "no JSON value at byte 3"),
        ("two documents", b"{} {}".to_vec(), "more after the end of the document at byte 3"),
        ("a page of HTML", b"<html></html>".to_vec(), "no JSON value at byte 0"),
        ("lists in lists, as deep as may be", nested(limits::MAX_DEPTH), READ),
        ("lists in lists, deeper", nested(limits::MAX_DEPTH + 1), "nested deeper than 64 levels"),
        ("a million lists in lists", b"[".repeat(1_000_000), "nested deeper than 64 levels"),
        ("too many values", format!("[{}1]", "1,".repeat(MANY)).into_bytes(), "more than 200000 values"),
        ("too many bytes", b" ".repeat(limits::MAX_ANSWER_BYTES + 1), "larger than 8388608 bytes"),
    ]
}

fn xml() -> Vec<Row> {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let numbered = |count: usize, piece: &dyn Fn(usize) -> String| {
        (0..count).fold(String::new(), |mut text, number| {
            text.push_str(&piece(number));
            text
        })
    };
    let attributes = |count| format!("<r{}/>", numbered(count, &|n| format!(" a{n}=\"\""))).into_bytes();
    let prefixes = |count| format!("<r{}/>", numbered(count, &|n| format!(" xmlns:p{n}=\"urn:{n}\""))).into_bytes();
    let nested = |depth: usize| [b"<a>".repeat(depth), b"</a>".repeat(depth)].concat();
    let mut laughs = "<!DOCTYPE r [<!ENTITY a0 \"ha\">".to_owned();
    for level in 1..10 {
        write!(laughs, "<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10)).unwrap();
    }
    laughs.push_str("]><r>&a9;</r>");
    let entity = |what: &'static str| match what {
        "DOCTYPE" => "it declares or uses a document type or entity (DOCTYPE): refused",
        _ => "it declares or uses a document type or entity (an entity of its own): refused",
    };
    let (doctype, own) = (entity("DOCTYPE"), entity(""));
    let no_character = "a reference to no character of XML at byte 3";
    vec![
        ("UTF-8 with a byte order mark", b"\xEF\xBB\xBF<r/>".to_vec(), READ),
        ("UTF-16 with a mark", utf16("\u{feff}<r/>"), "not UTF-8: it begins like UTF-16"),
        ("UTF-16 without a mark", utf16("<r/>"), "not UTF-8: it begins like UTF-16 or UTF-32"),
        ("UTF-8 that is declared", b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><r>\xC4\x90</r>".to_vec(), READ),
        (
            "another encoding declared, whatever the bytes are",
            b"<?xml version=\"1.0\" encoding=\"windows-1258\"?><r>a</r>".to_vec(),
            "not UTF-8: it declares another encoding",
        ),
        (
            "UTF-8 declared, and other bytes",
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><r>\xD0</r>".to_vec(),
            "not UTF-8: byte 41",
        ),
        ("overlong UTF-8", b"<r>\xC0\xBCa></r>".to_vec(), "not UTF-8: byte 3"),
        ("a document type", b"<!DOCTYPE r><r/>".to_vec(), doctype),
        ("an outer document type (XXE)", b"<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><r/>".to_vec(), doctype),
        (
            "an outer entity (XXE)",
            b"<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r>&x;</r>".to_vec(),
            doctype,
        ),
        ("a billion laughs", laughs.into_bytes(), doctype),
        ("an entity that nobody declares", b"<r>&x;</r>".to_vec(), own),
        ("an entity in an attribute", b"<r a=\"&x;\"/>".to_vec(), own),
        ("an entity in the name of a namespace", b"<p:r xmlns:p=\"urn:&x;\"/>".to_vec(), own),
        ("the five entities of XML", b"<r a=\"&quot;&apos;\">&lt;&gt;&amp;</r>".to_vec(), READ),
        ("a reference to NUL", b"<r>&#0;</r>".to_vec(), no_character),
        ("a reference to a surrogate", b"<r>&#xD800;</r>".to_vec(), no_character),
        ("a reference past the last character", b"<r>&#x110000;</r>".to_vec(), no_character),
        ("a raw NUL", b"<r>a\0</r>".to_vec(), "a character that XML does not have at byte 3"),
        ("an attribute twice", b"<r a=\"1\" a=\"2\"/>".to_vec(), "an attribute twice in one element at byte 0"),
        (
            "an attribute twice, by two prefixes",
            b"<r xmlns:p=\"urn:x\" xmlns:q=\"urn:x\" p:a=\"1\" q:a=\"2\"/>".to_vec(),
            "an attribute twice in one element at byte 0",
        ),
        ("a name that is none", b"<{}e/>".to_vec(), "a name that XML does not have"),
        ("an element with the prefix that declares", b"<r><xmlns:e/></r>".to_vec(), "a name that XML does not have"),
        ("a prefix that nothing declares", b"<p:r/>".to_vec(), "the prefix `p` is not declared"),
        ("an end tag of another element", b"<r><a></r></a>".to_vec(), "an end tag of another element at byte 6"),
        ("two root elements", b"<r/><r/>".to_vec(), "more than one root element at byte 4"),
        ("text outside the root", b"<r/>x".to_vec(), "text outside the root element at byte 4"),
        ("cut inside an element", b"<r><a>x".to_vec(), "cut off after 7 bytes"),
        ("cut inside a tag", b"<r><a hre".to_vec(), "cut off after 9 bytes"),
        ("nothing", Vec::new(), "empty"),
        ("no element", b"<?xml version=\"1.0\"?>".to_vec(), "no element at byte 21"),
        ("instructions for other programs", b"<?php x ?><r><?y?></r>".to_vec(), READ),
        ("as many attributes as may be", attributes(limits::MAX_ATTRIBUTES), READ),
        ("more attributes", attributes(limits::MAX_ATTRIBUTES + 1), "more than 256 values"),
        ("half a million attributes", attributes(500_000), "more than 256 values"),
        ("a thousand namespaces", prefixes(1_000), "more than 128 values"),
        (
            "a namespace with an endless name",
            format!("<p:r xmlns:p=\"{}\"><p:a/></p:r>", "n".repeat(100_000)).into_bytes(),
            "larger than 256 bytes",
        ),
        ("elements in elements, as deep as may be", nested(limits::MAX_DEPTH), READ),
        ("elements in elements, deeper", nested(limits::MAX_DEPTH + 1), "nested deeper than 64 levels"),
        ("a million elements in elements", b"<a>".repeat(1_000_000), "nested deeper than 64 levels"),
        (
            "too many elements",
            [b"<r>".to_vec(), b"<a/>".repeat(MANY), b"</r>".to_vec()].concat(),
            "more than 200000 values",
        ),
        ("too many bytes", b" ".repeat(limits::MAX_ANSWER_BYTES + 1), "larger than 8388608 bytes"),
    ]
}

fn check(format: &str, rows: Vec<Row>, read: impl Fn(&[u8]) -> Result<Node, WireError>) {
    let told = include_str!("../../../docs/hostile-documents.md");
    let mut missing = Vec::new();
    for (name, bytes, expected) in rows {
        let verdict = read(&bytes).map_or_else(|error| error.to_string(), |_| READ.to_owned());
        assert_eq!(verdict, expected, "{format}: {name}");
        let row = format!("| {format} | {name} | {expected} |");
        if !told.lines().any(|line| line == row) {
            missing.push(row);
        }
    }
    assert!(missing.is_empty(), "docs/hostile-documents.md lacks these lines:\n{}", missing.join("\n"));
}

fn csv() -> Vec<Row> {
    let cells = "a row with more or fewer cells than columns at byte 4";
    vec![
        ("UTF-8 with a byte order mark", b"\xEF\xBB\xBFa,b\n1,2\n".to_vec(), READ),
        ("UTF-16 with a mark", b"\xFF\xFEa\0\n\0".to_vec(), "not UTF-8: it begins like UTF-16"),
        ("a letter in Windows-1258", b"a\n\xD0\n".to_vec(), "not UTF-8: byte 2"),
        ("nothing", Vec::new(), "empty"),
        ("a column twice", b"a,a\n1,2\n".to_vec(), "the key `a` twice in one object"),
        ("a row with fewer cells", b"a,b\n1\n".to_vec(), cells),
        ("a row with more cells", b"a,b\n1,2,3\n".to_vec(), cells),
        ("a quote that never ends", b"a,b\n\"1,2\n".to_vec(), cells),
        ("a formula of a spreadsheet", b"a\n=1+1\n".to_vec(), READ),
        ("too many cells", [b"a\n".to_vec(), b"1\n".repeat(MANY)].concat(), "more than 200000 values"),
        ("too many bytes", b" ".repeat(limits::MAX_ANSWER_BYTES + 1), "larger than 8388608 bytes"),
    ]
}

#[test]
fn each_hostile_csv_document_has_the_verdict_that_is_told() {
    check("CSV", csv(), |bytes| parse_csv(bytes, &CsvStyle::default(), &Limits::default()));
}

#[test]
fn each_hostile_json_document_has_the_verdict_that_is_told() {
    check("JSON", json(), |bytes| parse_json(bytes, &Limits::default()));
}

#[test]
fn each_hostile_xml_document_has_the_verdict_that_is_told() {
    check("XML", xml(), |bytes| parse_xml(bytes, &Namespaces::new(), &Limits::default()));
}
