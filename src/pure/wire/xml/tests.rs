//! Documents read and printed, and each verdict on a bad one.

use proptest::prelude::*;

use std::collections::BTreeMap;

use crate::pure::wire::Element;

use super::*;

fn spaces() -> Namespaces {
    BTreeMap::from([
        ("s".to_owned(), "http://schemas.xmlsoap.org/soap/envelope/".to_owned()),
        (String::new(), "urn:pl".to_owned()),
    ])
}

fn parse(text: &str) -> Result<Node, WireError> {
    parse_xml(text.as_bytes(), &spaces(), &Limits { bytes: 2_000, depth: 4, nodes: 12 })
}

#[test]
fn names_take_the_mappings_prefixes_whatever_the_document_used() {
    let node = parse(
        r#"<?xml version="1.0"?><!-- c --><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
           <soap:Body><x:Phieu xmlns:x="urn:pl" ma="&lt;1&gt;"><y xmlns="urn:other"/>a &amp; b<![CDATA[<c>]]>&#x41;</x:Phieu>
           </soap:Body></soap:Envelope>"#,
    )
    .unwrap();
    let envelope = node.as_element().unwrap();
    assert_eq!(envelope.name, "s:Envelope");
    let body = envelope.elements("s:Body").next().unwrap();
    assert_eq!(body.children.len(), 1, "blank text between elements is left out");
    let ticket = body.elements("Phieu").next().unwrap();
    assert_eq!(ticket.attribute("ma"), Some("<1>"));
    assert_eq!(ticket.children[0].as_element().unwrap().name, "{urn:other}y");
    assert_eq!(ticket.children[1], Node::text("a & b<c>A"));
}

#[test]
fn a_tree_prints_and_reads_back() {
    let mut root = Element::new("s:Body");
    let mut child = Element::new("Ten");
    child.attributes.push(("xsi:nil".into(), "true".into()));
    child.attributes.push(("a".into(), "x\n\t\"<>&".into()));
    root.children.push(Node::Element(child));
    let bytes = print_xml(root.clone(), &spaces()).unwrap();
    let node = parse_xml(&bytes, &spaces(), &Limits::default()).unwrap();
    assert_eq!(node, Node::Element(root), "{}", String::from_utf8_lossy(&bytes));
    assert!(node.as_element().unwrap().elements("Ten").next().unwrap().is_nil());
}

#[test]
fn one_document_reads_the_same_however_it_spells_its_namespaces() {
    let spellings = [
        r#"<a:Phieu xmlns:a="urn:pl" xmlns:o="urn:other"><a:Ten>x</a:Ten><o:Khac o:k="1"/></a:Phieu>"#,
        r#"<Phieu xmlns="urn:pl"><Ten>x</Ten><Khac xmlns="urn:other" xmlns:q="urn:other" q:k="1"/></Phieu>"#,
        r#"<Phieu xmlns="urn:pl"><b:Ten xmlns:b="urn:pl">x</b:Ten><b:Khac xmlns:b="urn:other" b:k="1"/></Phieu>"#,
        "<Phieu xmlns=\"urn:pl\">\n  <Ten><![CDATA[x]]></Ten>\n  <!-- c --><Khac xmlns='urn:other' xmlns:k='urn:other' k:k=\"1\"></Khac>\n</Phieu>",
    ];
    let trees: Vec<Node> = spellings.iter().map(|text| parse(text).unwrap()).collect();
    for (text, tree) in spellings.iter().zip(&trees) {
        assert_eq!(*tree, trees[0], "{text}");
    }
    let children = &trees[0].as_element().unwrap().children;
    assert_eq!(children[0].as_element().unwrap().name, "Ten");
    assert_eq!(children[1].as_element().unwrap().name, "{urn:other}Khac");
    assert_eq!(children[1].as_element().unwrap().attribute("{urn:other}k"), Some("1"));
}

#[test]
fn names_of_no_namespace_and_of_the_unprefixed_one_are_two() {
    let node = parse(r#"<Phieu xmlns="urn:pl"><Ten/><Ten xmlns=""><Con/></Ten></Phieu>"#).unwrap();
    let names: Vec<&str> =
        node.as_element().unwrap().children.iter().map(|child| child.as_element().unwrap().name.as_str()).collect();
    assert_eq!(names, ["Ten", "{}Ten"]);
}

#[test]
fn a_foreign_document_prints_as_what_it_was() {
    for text in [
        r#"<Phieu xmlns="urn:pl"><Ten xmlns=""><Con xmlns="urn:pl"/></Ten><x:La xmlns:x="urn:x" x:a="1">t</x:La></Phieu>"#,
        r#"<Goc><Phieu xmlns="urn:pl"/></Goc>"#,
        r#"<x:a xmlns:x="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x:Loai"><y xmlns="urn:y"/></x:a>"#,
        r#"<x:a xmlns:x="urn:x">văn bản <x:b>đậm</x:b> <x:i>nghiêng</x:i>.</x:a>"#,
        r#"<n1:a xmlns:n1="urn:one" xml:lang="vi"><n2:b xmlns:n2="urn:two"/></n1:a>"#,
    ] {
        let node = parse(text).unwrap();
        let printed = print_xml(node.as_element().unwrap().clone(), &spaces()).unwrap();
        let again = parse(std::str::from_utf8(&printed).unwrap()).unwrap();
        assert_eq!(again, node, "{text}\n{}", String::from_utf8_lossy(&printed));
        assert_eq!(
            print_xml(again.as_element().unwrap().clone(), &spaces()).unwrap(),
            printed,
            "the print is a fixed point"
        );
    }
}

#[test]
fn a_type_is_a_name_whatever_prefix_it_was_written_with() {
    let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    for text in [
        format!(r#"<Phieu xmlns="urn:pl" {xsi} xsi:type="Loai"/>"#),
        format!(r#"<q:Phieu xmlns:q="urn:pl" {xsi} xsi:type="q:Loai"/>"#),
    ] {
        let node = parse(&text).unwrap();
        assert_eq!(node.as_element().unwrap().attribute("xsi:type"), Some("Loai"), "{text}");
    }
}

#[test]
fn each_kind_of_bad_document_has_its_own_verdict() {
    let many = format!("<a>{}</a>", "<b/>".repeat(12));
    let cases: &[(&str, &str)] = &[
        ("", "empty"),
        (
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            "it declares or uses a document type or entity (DOCTYPE): refused",
        ),
        ("<a>&b;</a>", "it declares or uses a document type or entity (an entity of its own): refused"),
        ("<a x='&b;'/>", "it declares or uses a document type or entity (an entity of its own): refused"),
        ("<a><b></b>", "cut off after 10 bytes"),
        ("<a><b", "cut off after 5 bytes"),
        ("<a></b></a>", "an end tag of another element at byte 3"),
        ("<a/><b/>", "more than one root element at byte 4"),
        ("<a/>b", "text outside the root element at byte 4"),
        ("hello", "text outside the root element at byte 0"),
        ("<a><b><c><d><e/></d></c></b></a>", "nested deeper than 4 levels"),
        (&many, "more than 12 values"),
        ("<p:a/>", "the prefix `p` is not declared"),
        ("<a x='1' x='2'/>", "an attribute twice in one element at byte 0"),
        ("<a>&#0;</a>", "a reference to no character of XML at byte 3"),
        ("<a>\u{1}</a>", "a character that XML does not have at byte 3"),
        ("<?xml version='1.0' encoding='utf-16'?><a/>", "not UTF-8: it declares another encoding"),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text).unwrap_err().to_string(), *expected, "{text}");
    }
}

#[test]
fn what_xml_has_no_spelling_for_is_refused() {
    for root in [
        Element { children: vec![Node::text("\u{0}")], ..Element::new("a") },
        Element { children: vec![Node::Null], ..Element::new("a") },
        Element::new("a b"),
        Element::new("q:a"),
    ] {
        assert!(print_xml(root.clone(), &spaces()).is_err(), "{root:?}");
    }
}

proptest! {
    #[test]
    fn text_and_attributes_come_back(text in "[ -~\\n\\r\\tà-ỹ]{1,40}", value in "[ -~\\n\\r\\tà-ỹ]{0,40}") {
        let root = Element { attributes: vec![("v".into(), value)], children: vec![Node::Text(text)], ..Element::new("a") };
        let bytes = print_xml(root.clone(), &Namespaces::new()).unwrap();
        prop_assert_eq!(parse_xml(&bytes, &Namespaces::new(), &Limits::default()), Ok(Node::Element(root)));
    }
}
