//! One pass over bytes shows what each path alone finds in the tree, for any document and any damage to it.

use proptest::prelude::*;

use crate::pure::mapping::model::DocumentFormat;
use crate::pure::mapping::path::{Found, Path};
use crate::pure::wire::{
    CsvStyle, Element, Limits, Map, Namespaces, Node, parse_csv, parse_json, parse_xml, print_json, print_xml,
};

use super::{Outline, Place, Seen, Sheet, Standing};

/// Each construct, alone and under others; several through the same places.
const JSON: &[&str] = &[
    ".",
    "a",
    "b",
    "a.a",
    "a.b",
    "b.a.c",
    "a[]",
    "a[].b",
    "a[0]",
    "a[1].a",
    "a[1..].b",
    "a[a='1']",
    "a[a='1'].b",
    "a[a!=''].c",
    "a[a='1'][0].b",
    "a[b!='x'][].c",
    "b[].a[].c",
    "b[].a[c='1'].b",
    "b[a='1'].a[c!=''].c",
    "a[][]",
    "a[].b[0]",
    "[]",
    "[0].a",
    "[a='1'].b",
    "a.@b",
    "c.b.a",
    "c[].a[1..]",
];
const XML: &[&str] = &[
    ".",
    "a",
    "b",
    "a.b",
    "a.@k",
    "a[].@k",
    "a[].b",
    "a[0].b",
    "a[1..]",
    "b[@k='1'].a",
    "b[a='1'].b",
    "b[a!=''][].b",
    "b[].a[].c",
    "b[].a[@k='1'].c",
    "a[][]",
    "c.c",
    "c[1].a",
    "c[@k!='1'][0]",
    "a.a.b",
    "@k",
];

fn outline(paths: &[&str]) -> (Outline, Vec<Place>) {
    let mut outline = Outline::default();
    let places = paths.iter().map(|path| outline.place(Path::parse(path).unwrap())).collect();
    (outline, places)
}

/// What a path finds in a tree, as a sheet would hold it.
fn found<'a>(path: &Path, node: &'a Node) -> Result<Option<Vec<Seen<'a>>>, ()> {
    let seen = |found: &Found<'a>| match found {
        Found::Attribute(text) => Seen::Bare((*text).into()),
        Found::Node(Node::Null) => Seen::Null,
        Found::Node(Node::Bool(yes)) => Seen::Bool(*yes),
        Found::Node(Node::Number(lexeme)) => Seen::Number(lexeme.into()),
        Found::Node(Node::Text(text)) => Seen::Text(text.into()),
        Found::Node(Node::List(_)) => Seen::List,
        Found::Node(Node::Map(_)) => Seen::Object,
        Found::Node(Node::Element(element)) if element.is_nil() => Seen::Nil,
        Found::Node(Node::Element(element)) => element.plain_text().map_or(Seen::Elements, Seen::Bare),
    };
    path.find(node).map(|found| found.map(|found| found.iter().map(seen).collect())).map_err(|_| ())
}

fn shown<'a>(standing: &Standing<'a>) -> Result<Option<Vec<Seen<'a>>>, ()> {
    match standing {
        Standing::Misshapen(_) => Err(()),
        Standing::Hidden => Ok(None),
        Standing::One(_) | Standing::Many(_) => Ok(Some(standing.values().to_vec())),
    }
}

fn json() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(Node::Null),
        any::<bool>().prop_map(Node::Bool),
        "[0-2]".prop_map(Node::Number),
        "[1x\"\\\\é\n]{0,2}".prop_map(Node::Text),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Node::List),
            prop::collection::vec(("[abcd]", inner), 0..4)
                .prop_map(|members| Node::Map(members.into_iter().collect::<Map>())),
        ]
    })
}

fn xml() -> impl Strategy<Value = Element> {
    let leaf = ("[abc]", "[1 x&é]{0,3}", prop::option::of("[12]")).prop_map(|(name, text, key)| {
        let mut element = Element::new(name);
        element.attributes.extend(key.map(|key| ("k".to_owned(), key)));
        element.children.extend((!text.is_empty()).then(|| Node::text(text)));
        element
    });
    leaf.prop_recursive(4, 40, 4, |inner| {
        ("[abc]", prop::collection::vec(inner, 0..4), any::<bool>()).prop_map(|(name, children, is_nil)| {
            let mut element = Element::new(name);
            if is_nil && children.is_empty() {
                element.attributes.push(("xsi:nil".to_owned(), "true".to_owned()));
            }
            element.children.extend(children.into_iter().map(Node::Element));
            element
        })
    })
}

/// Both readings of one document's bytes: tree and paths, one pass.
fn both_agree(format: DocumentFormat, paths: &[&str], bytes: &[u8], limits: &Limits) -> Result<(), TestCaseError> {
    let (outline, places) = outline(paths);
    let spaces = Namespaces::new();
    let tree = match format {
        DocumentFormat::Json => parse_json(bytes, limits),
        DocumentFormat::Xml => parse_xml(bytes, &spaces, limits),
        DocumentFormat::Csv => parse_csv(bytes, &CsvStyle::default(), limits),
    };
    let sheet = Sheet::read(&outline, format, &spaces, &CsvStyle::default(), bytes, limits);
    match (tree, sheet) {
        (Err(theirs), Err(ours)) => prop_assert_eq!(theirs, ours),
        (Ok(node), Ok(sheet)) => {
            for place in &places {
                let expected = found(place.path(), &node);
                prop_assert_eq!(shown(sheet.at(place)), expected, "{}: {}", place, String::from_utf8_lossy(bytes));
            }
            prop_assert_eq!(&Sheet::of(&outline, node), &sheet);
        }
        (tree, sheet) => prop_assert!(false, "{:?} but {:?}", tree, sheet),
    }
    Ok(())
}

fn damaged(mut bytes: Vec<u8>, at: prop::sample::Index, by: u8, cut: bool) -> Vec<u8> {
    let at = at.index(bytes.len());
    if cut {
        bytes.truncate(at)
    } else {
        bytes[at] = by
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn one_pass_over_json_shows_what_each_path_finds(node in json()) {
        both_agree(DocumentFormat::Json, JSON, &print_json(node).unwrap(), &Limits::default())?;
    }

    #[test]
    fn one_pass_over_xml_shows_what_each_path_finds(element in xml()) {
        both_agree(DocumentFormat::Xml, XML, &print_xml(element.clone(), &Namespaces::new()).unwrap(), &Limits::default())?;
    }

    #[test]
    fn the_verdict_on_damaged_json_is_the_same_whoever_listens(
        node in json(), at: prop::sample::Index, by in "[\"\\\\{}\\[\\],:0u ]", cut: bool, depth in 2_usize..6
    ) {
        let bytes = damaged(print_json(node).unwrap(), at, by.as_bytes()[0], cut);
        both_agree(DocumentFormat::Json, &["a.b", "b[a='1'].c"], &bytes, &Limits { depth, nodes: 30, ..Limits::default() })?;
    }

    #[test]
    fn the_verdict_on_damaged_xml_is_the_same_whoever_listens(
        element in xml(), at: prop::sample::Index, by in "[<>/&\"=ab ]", cut: bool, depth in 2_usize..6
    ) {
        let bytes = damaged(print_xml(element.clone(), &Namespaces::new()).unwrap(), at, by.as_bytes()[0], cut);
        both_agree(DocumentFormat::Xml, &["a.b", "b[a='1'].c"], &bytes, &Limits { depth, nodes: 30, ..Limits::default() })?;
    }
}

#[test]
fn doubled_keys_are_found_in_what_nobody_reads_too() {
    let (outline, _) = outline(&["a"]);
    let read = |text: &str| {
        let sheet = Sheet::read(
            &outline,
            DocumentFormat::Json,
            &Namespaces::new(),
            &CsvStyle::default(),
            text.as_bytes(),
            &Limits::default(),
        );
        sheet.map(|_| ()).map_err(|error| error.to_string())
    };
    let many: String = (0..100).map(|number| format!("\"k{number}\":0,")).collect();
    for text in [
        r#"{"a":1,"b":{"c":1,"c":2}}"#.to_owned(),
        r#"{"a":1,"b":[{"\u0063":1,"c":2}]}"#.to_owned(),
        format!(r#"{{{many}"c":1,"c":2}}"#),
        format!(r#"{{"b":{{"c":1,{many}"c":2}}}}"#),
    ] {
        assert_eq!(read(&text), Err("the key `c` twice in one object".to_owned()), "{text}");
    }
    assert_eq!(read(&format!(r#"{{{many}"b":{{{many}"c":1}}}}"#)), Ok(()));
}
