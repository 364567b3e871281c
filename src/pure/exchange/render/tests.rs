use std::time::Duration;

use chrono::{TimeZone as _, Utc};

use super::*;
use crate::pure::exchange::fixture::{call, mapping, var};
use crate::pure::exchange::scope::Item;
use crate::pure::exchange::straight::Printed;
use crate::pure::mapping::calls::Since;
use crate::pure::mapping::instant::InstantFormat;
use crate::pure::mapping::template::{Entry, Tree, XmlPart, XmlTemplate};
use crate::pure::wire::Element;
use crate::words::secret::Secret;
use crate::words::ticket::RecordKind;

fn scope() -> Scope {
    let mut scope = Scope::new(RecordKind::Ticket);
    scope.id = Some("a/b c?é".into());
    scope.version = Some("7".into());
    scope.reference = Some("R&1".into());
    let write = [("TieuDe", Node::text("x\"y")), ("MucDo", Node::Number("2".into())), ("Email", Node::Null)];
    scope.write = Some(Node::Map(write.into_iter().collect()));
    scope
}

#[test]
fn values_in_addresses_stay_in_their_place() {
    let mut call = call();
    call.target = Target::Path(Template(vec![
        Piece::Text("/api/phieu/".into()),
        Piece::Var(Var::Id),
        Piece::Text("/traloi".into()),
    ]));
    call.query = vec![("a b".into(), var(Var::Reference)), ("gone".into(), var(Var::ChildId))];
    let request = render(&mapping(), &call, &scope()).unwrap();
    assert_eq!(request.url.as_str(), "http://portal.test/root/api/phieu/a%2Fb%20c%3F%C3%A9/traloi?a%20b=R%261");
    for id in ["", ".", ".."] {
        let scope = Scope { id: Some(id.into()), ..scope() };
        assert!(matches!(render(&mapping(), &call, &scope), Err(RenderError::Segment { .. })), "{id}");
    }
    let scope = Scope { id: None, ..scope() };
    assert!(matches!(render(&mapping(), &call, &scope), Err(RenderError::NoAddress { .. })));
}

#[test]
fn a_whole_address_leads_home_or_where_the_mapping_allows() {
    let mut mapping = mapping();
    mapping.http.allow = vec!["https://files.test".into()];
    let mut call = call();
    call.target = Target::Whole(var(Var::Reference));
    let cases = [
        ("/tep/1?x=1", Some("http://portal.test/tep/1?x=1")),
        ("http://portal.test/other", Some("http://portal.test/other")),
        ("https://files.test/a", Some("https://files.test/a")),
        ("http://files.test/a", None),
        ("//evil.test/a", None),
        ("http://portal.test@evil.test/", None),
        ("http://portal.test:81/", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
    ];
    for (address, expected) in cases {
        let scope = Scope { reference: Some(address.into()), ..scope() };
        let url = render(&mapping, &call, &scope).ok().map(|request| request.url.to_string());
        assert_eq!(url.as_deref(), expected, "{address}");
    }
}

#[test]
fn trees_keep_types_and_drop_what_is_absent() {
    let mut mapping = mapping();
    mapping.http.json = Some(Tree::Map(vec![
        Entry::Member("session".into(), Tree::Text(var(Var::Login("token".into())))),
        Entry::Member("service".into(), Tree::Text(Template::text("default"))),
    ]));
    let mut call = call();
    call.body = CallBody::Json(Tree::Map(vec![
        Entry::Member("service".into(), Tree::Text(Template::text("own"))),
        Entry::Member("PhienBan".into(), Tree::Text(var(Var::Version))),
        Entry::Member("child".into(), Tree::Text(var(Var::ChildId))),
        Entry::Member("text".into(), Tree::Text(Template(vec![Piece::Text("v".into()), Piece::Var(Var::Version)]))),
        Entry::Member(
            "data".into(),
            Tree::List(vec![
                Tree::Map(vec![Entry::Merge(Var::Write), Entry::Member("x".into(), Tree::Bool(true))]),
                Tree::Text(var(Var::ChildId)),
            ]),
        ),
    ]));
    let mut scope = scope();
    scope.login.insert("token".into(), Secret::new("S\"1".into()));
    let request = render(&mapping, &call, &scope).unwrap();
    assert_eq!(
        request.text().unwrap(),
        r#"{"session":"S\"1","service":"own","PhienBan":7,"text":"v7","data":[{"TieuDe":"x\"y","MucDo":2,"Email":null,"x":true}]}"#
    );
    assert_eq!(request.header("content-type"), Some("application/json"));
    call.bare = true;
    let request = render(&mapping, &call, &scope).unwrap();
    assert!(request.text().unwrap().starts_with(r#"{"service":"own""#));
}

#[test]
fn headers_refuse_line_breaks_and_the_calls_own_win() {
    let mut mapping = mapping();
    mapping.http.headers = vec![("X-A".into(), Template::text("1")), ("Content-Type".into(), Template::text("a/b"))];
    let mut call = call();
    call.headers = vec![("x-a".into(), var(Var::Reference))];
    call.body = CallBody::Json(Tree::Bool(true));
    let request = render(&mapping, &call, &scope()).unwrap();
    assert_eq!(request.headers, [("content-type".into(), "a/b".into()), ("x-a".into(), "R&1".to_owned())]);
    for bad in ["a\r\nx: y", "a\nb", "\0", "é"] {
        let scope = Scope { reference: Some(bad.into()), ..scope() };
        assert!(matches!(render(&mapping, &call, &scope), Err(RenderError::Header { .. })), "{bad:?}");
    }
}

#[test]
fn xml_goes_into_its_envelope_and_absent_elements_are_left_out() {
    let text = |name: &str, template| XmlTemplate {
        name: name.into(),
        each: None,
        attributes: vec![],
        children: vec![XmlPart::Text(template)],
    };
    let mut mapping = mapping();
    mapping.http.xml = Some(XmlTemplate {
        name: "s:Envelope".into(),
        each: None,
        attributes: vec![],
        children: vec![XmlPart::Splice(Var::Body)],
    });
    let mut call = call();
    call.body = CallBody::Xml(XmlTemplate {
        name: "p:Them".into(),
        each: None,
        attributes: vec![("a".into(), var(Var::Reference)), ("b".into(), var(Var::ChildId))],
        children: vec![
            XmlPart::Element(text("p:Ma", var(Var::Id))),
            XmlPart::Element(text("p:Con", var(Var::ChildId))),
            XmlPart::Element(XmlTemplate {
                name: "p:Phieu".into(),
                each: None,
                attributes: vec![],
                children: vec![XmlPart::Splice(Var::Write)],
            }),
        ],
    });
    let mut write = Element::new("");
    write.children.push(Node::Element(Element { children: vec![Node::text("<1>")], ..Element::new("p:TieuDe") }));
    let mut printer = XmlPrinter::piece(&mapping.namespaces, true);
    Node::Element(write).tell(&mut printer);
    let scope = Scope { written: Some(printer.into_piece().map(Printed::Xml)), ..scope() };
    let request = render(&mapping, &call, &scope).unwrap();
    let body = request.text().unwrap();
    let expected = "<s:Envelope xmlns:p=\"urn:p\" xmlns:s=\"urn:soap\"><p:Them a=\"R&amp;1\"><p:Ma>a/b c?é</p:Ma>\
                    <p:Phieu><p:TieuDe>&lt;1&gt;</p:TieuDe></p:Phieu></p:Them></s:Envelope>";
    assert!(body.ends_with(expected), "{body}");
}

#[test]
fn since_is_earlier_by_the_overlap_and_absent_in_a_full_scan() {
    let mut call = call();
    call.query = vec![("tu".into(), var(Var::Since))];
    let format = InstantFormat::rfc3339(chrono_tz::Asia::Ho_Chi_Minh, 0);
    let (step, overlap) = (Duration::from_secs(1), Duration::from_secs(10));
    call.since = Some(Since { format, step, inclusive: false, overlap });
    let mut scope = scope();
    assert_eq!(render(&mapping(), &call, &scope).unwrap().url.query(), None);
    scope.since = Some(Utc.with_ymd_and_hms(2026, 11, 23, 5, 0, 11).unwrap());
    let request = render(&mapping(), &call, &scope).unwrap();
    assert_eq!(request.url.query(), Some("tu=2026-11-23T12%3A00%3A00%2B07%3A00"));
}

#[test]
fn basic_login_and_media_types_are_formed_safely() {
    let mut mapping = mapping();
    let secret = Template(vec![Piece::Secret(Secret::new("pw".into()))]);
    mapping.login.basic = Some((Template::text("user"), secret));
    let mut call = call();
    call.body = CallBody::Bytes { content_type: var(Var::ItemType) };
    let mut scope = scope();
    for (declared, expected) in [
        ("image/png", "image/png"),
        ("x\r\ny: z", OCTETS),
        ("", OCTETS),
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
    ] {
        let item = Item {
            name: "n".into(),
            media_type: declared.into(),
            size: 1,
            sha256: String::new(),
            base64: None,
            base64_zip: None,
        };
        scope.item = Some(item);
        let request = render(&mapping, &call, &scope).unwrap();
        assert_eq!(request.header("content-type"), Some(expected), "{declared}");
        assert_eq!(request.header("authorization"), Some("Basic dXNlcjpwdw=="));
    }
}
