//! Each kind of bad document, and both ways against serde_json's.

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<Node, WireError> {
    parse_json(text.as_bytes(), &Limits::default())
}

#[test]
fn a_document_prints_as_it_was_written() {
    for text in [
        "null",
        "[true,false,null]",
        r#"{"b":1.0,"a":[{}],"":"x"}"#,
        "12345678901234567890.00100e-5",
        r#""Biên Hòa \"\\\n""#,
    ] {
        let node = parse(text).unwrap();
        assert_eq!(String::from_utf8(print_json(node).unwrap()).unwrap(), text);
    }
}

#[test]
fn each_kind_of_bad_document_has_its_own_verdict() {
    let limits = Limits { bytes: 60, depth: 3, nodes: 5 };
    let cases: &[(&[u8], &str)] = &[
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"\xFF\xFEn\0", "not UTF-8: it begins like UTF-16"),
        (b"\"\xC3(\"", "not UTF-8: byte 1"),
        (b"\"\xC3", "cut off after 2 bytes"),
        (b"{\"a\": 1", "cut off after 7 bytes"),
        (b"{\"a", "cut off after 3 bytes"),
        (b"[1,", "cut off after 3 bytes"),
        (b"tru", "cut off after 3 bytes"),
        (b"-", "cut off after 1 bytes"),
        (b"\"\\u12", "cut off after 5 bytes"),
        (b"[[[[]]]]", "nested deeper than 3 levels"),
        (b"[1,2,3,4,5]", "more than 5 values"),
        (b"{\"a\":1,\"\\u0061\":2}", "the key `a` twice in one object"),
        (b"\"\\ud83d\"", "a lone surrogate at byte 1"),
        (b"\"\\ude00\"", "a lone surrogate at byte 1"),
        (b"\"\\ud83d\\u0041\"", "a lone surrogate at byte 1"),
        (b"<html></html>", "no JSON value at byte 0"),
        (b"{} {}", "more after the end of the document at byte 3"),
        (b"[1,]", "no JSON value at byte 3"),
        (b"{'a':1}", "a key was expected at byte 1"),
        (b"01", "no JSON number at byte 0"),
        (b"\"a\nb\"", "a control character inside a string at byte 2"),
        (b"\"0123456789012345678901234567890123456789012345678901234567890\"", "larger than 60 bytes"),
    ];
    for (bytes, expected) in cases {
        let error = parse_json(bytes, &limits).unwrap_err().to_string();
        assert_eq!(error, *expected, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    assert_eq!(parse_json(b"\xEF\xBB\xBF[]", &Limits::default()), Ok(Node::List(vec![])));
}

#[test]
fn surrogate_pairs_join() {
    assert_eq!(parse(r#""\ud83d\ude00""#), Ok(Node::text("😀")));
}

#[test]
fn an_element_or_a_wrong_lexeme_has_no_json() {
    for node in [Node::Element(crate::pure::wire::Element::new("a")), Node::Number("010".into())] {
        assert!(matches!(print_json(node), Err(WireError::Unprintable { .. })));
    }
}

proptest! {
    #[test]
    fn serde_json_accepts_what_we_accept(text in r#"[\[\]{}",:0-9eE.+\-\\untrfalse ]{0,24}"#) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        match parse(&text) {
            Ok(_) | Err(WireError::DoubledKey { .. }) => {
                // A number out of range of a float is the one thing that only they refuse.
                let range = theirs.as_ref().err().is_some_and(|error| error.to_string().contains("out of range"));
                prop_assert!(theirs.is_ok() || range, "{text}");
            }
            Err(_) => prop_assert!(theirs.is_err(), "{text}"),
        }
    }

    #[test]
    fn every_string_comes_back_and_is_spelled_as_serde_json_does(text in "\\PC*|[\u{0}-\u{7f}]*") {
        let theirs = serde_json::to_string(&text).unwrap();
        let node = Node::Text(text);
        prop_assert_eq!(String::from_utf8(print_json(node.clone()).unwrap()).unwrap(), theirs);
        prop_assert_eq!(parse_json(&print_json(node.clone()).unwrap(), &Limits::default()), Ok(node));
    }
}
