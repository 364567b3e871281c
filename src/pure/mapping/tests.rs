//! Readings and writes of small mappings: the four states of a field, whole trees, what is refused.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use crate::pure::wire::{Limits, Node, parse_json, print_json};
use crate::words::record::Dates;
use crate::words::side::Reference;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::{Mapping, NOTHING_BESIDE, Verb, Written, check, load};

const HEAD: &str = r#"
format = 1
name   = "small"
[setting]
url    = { type = "url", example = "http://127.0.0.1" }
prefix = { default = "x" }
[default]
absent = ["null", { text = "1900-01-01" }]
[http]
base = "${setting.url}"
[call.changes]
on    = "GET /tickets"
items = "rows[]"
[call.get]
on = "GET /tickets/${id}"
[call.create]
on   = "POST /tickets"
json = { "$merge" = "${write}" }
[call.update]
on   = "PATCH /tickets/${id}"
json = { "$merge" = "${write}" }
[record]
kind = "json"
id   = "id"
ref  = { at = "attributes.ext", to = "ext" }
"#;

const FIELDS: &str = r#"
[field]
subject         = { at = "title", type = "text", max = 5, cut = true }
content         = { at = "body", type = "text", absent = ["omit", ""] }
after_hours     = { at = "${setting.prefix}.late", type = "boolean", yes = ["J"], no = ["N"] }
place_date      = { at = "day", type = "date", absent = "omit" }
status          = { at = "attributes.status.id", to = "status", type = "code", table = "status", json = "number" }
co_agencies     = { at = "with[]", type = "list", of = { type = "agency", as = "qd20" } }
number          = { at = "no", type = "text", write = "never" }
[code.status]
back = "keep"
[code.status.words]
received = ["1", "2"]
forwarded = "3"
in_progress = "4"
asked_to_supplement = "5"
answered = "6"
published = "7"
refused = "8"
withdrawn = "9"
closed = "10"
"#;

fn small() -> Mapping {
    check("small.toml", &format!("{HEAD}{FIELDS}"), NOTHING_BESIDE).map_err(|found| found[0].render_text()).unwrap()
}

fn json(text: &str) -> Node {
    parse_json(text.as_bytes(), &Limits::default()).unwrap()
}

fn field(name: &str) -> Field {
    Field::named(name)
}

fn written(mapping: &Mapping, fields: &[(&str, Option<Value>)], reference: Option<&str>) -> String {
    let fields: BTreeMap<Field, Option<Value>> =
        fields.iter().map(|(name, value)| (field(name), value.clone())).collect();
    let reference = reference.map(Reference::from);
    let written = Written {
        kind: RecordKind::Ticket,
        is_new: reference.is_some(),
        reference: reference.as_ref(),
        fields: &fields,
        captures: &BTreeMap::new(),
        dates: &Dates::NONE,
    };
    match mapping.print(&written) {
        Ok(tree) => String::from_utf8(print_json(tree).unwrap()).unwrap(),
        Err(why) => why.to_string(),
    }
}

#[test]
fn a_mapping_of_brackets_without_end_is_refused_at_its_place() {
    for bracket in ["{", "[", "{a=", "a = [{b="] {
        let found =
            super::check("deep.toml", &format!("format = 1\nx = {}", bracket.repeat(100_000)), super::NOTHING_BESIDE);
        let found = found.unwrap_err();
        assert_eq!((found[0].code, found[0].line), ("M001", 2), "{bracket}");
    }
}

#[test]
fn present_empty_absent_and_not_shown_are_four_things() {
    let mapping = small();
    let reading = mapping
        .read(&json(r#"{"id":"7","title":"Ổ gà","body":"","attributes":{"status":{"id":2}},"with":[]}"#))
        .unwrap();
    assert_eq!(reading.value(&field("subject")), Some(&Value::Text("Ổ gà".into())));
    assert_eq!(reading.cells[&field("content")].value, None, "empty");
    assert_eq!(reading.cells[&field("place_date")].image, None, "absent, declared as empty");
    assert_eq!(reading.cells[&field("co_agencies")].value, None, "an empty list");
    assert!(!reading.cells.contains_key(&field("after_hours")), "not shown");
    assert_eq!(reading.cells[&field("status")].image.as_deref(), Some("2"), "the side's own code");
    assert_eq!(reading.value(&field("status")), Some(&Value::Code("received".into())));
}

#[test]
fn a_null_on_the_way_is_empty_and_a_sentinel_is_empty() {
    let mapping = small();
    let reading =
        mapping.read(&json(r#"{"id":7,"title":"1900-01-01","attributes":{"status":null,"ext":null}}"#)).unwrap();
    assert_eq!(reading.cells[&field("status")].value, None);
    assert_eq!(reading.cells[&field("subject")].image, None);
    assert_eq!((reading.id.as_str(), reading.reference), ("7", None));
}

#[test]
fn what_is_not_understood_quarantines_with_its_place_and_without_the_text() {
    let mapping = small();
    for (document, reason) in [
        ("[]", "ticket document: a list where a ticket was expected"),
        ("{}", "ticket id: no id"),
        (r#"{"id":{}}"#, "ticket id: no id"),
        (r#"{"id":7,"title":5}"#, "ticket subject: a number where text was declared"),
        (r#"{"id":7,"title":["bí mật"]}"#, "ticket subject: a list where a single value was declared"),
        (r#"{"id":7,"body":null}"#, ""),
        (r#"{"id":7,"attributes":{"status":{"id":77}}}"#, "ticket status: the unknown code `77` (table `status`)"),
        (r#"{"id":7,"attributes":"bí mật"}"#, "ticket attributes.ext: an object was expected around `ext`, not text"),
        (r#"{"id":7,"day":"2026-02-30"}"#, "ticket place_date: not a day written as `%Y-%m-%d`"),
        (r#"{"id":7,"day":"0026-02-03"}"#, "ticket place_date: the absurd year 26"),
        (r#"{"id":7,"with":["bí mật"]}"#, "ticket co_agencies: not an agency code such as 000.00.12.H19 or H19.12"),
        (r#"{"id":7,"with":"H19"}"#, "ticket with[]: a list was expected, not text"),
    ] {
        let found = mapping.read(&json(document)).map_err(|fault| fault.to_string()).err().unwrap_or_default();
        assert_eq!(found, reason, "{document}");
    }
}

#[test]
fn a_document_that_shows_all_must_show_all() {
    let text = format!("{HEAD}shows = \"all\"\n{FIELDS}");
    let mapping = check("small.toml", &text, NOTHING_BESIDE).map_err(|found| found[0].render_text()).unwrap();
    let fault = mapping.read(&json(r#"{"id":7,"attributes":{"ext":null}}"#)).unwrap_err();
    assert_eq!(fault.to_string(), "ticket after_hours: `x.late` is missing");
}

#[test]
fn children_of_a_nested_group_know_the_element_around_them() {
    let text = format!(
        "{HEAD}{FIELDS}{}",
        r#"
[child.replies]
in = "replies[]"
id = "id"
field.text = { at = "text", type = "text" }
[child.attachments]
in = "replies[].files[]"
id = "id"
field.name = { at = "name", type = "text" }
field.reply = { at = { above = "id" }, type = "text", write = "never" }
"#
    );
    let mapping = check("nested.toml", &text, NOTHING_BESIDE).map_err(|found| found[0].render_text()).unwrap();
    let shown = |document: &str| {
        let reading = mapping.read(&json(document)).unwrap();
        let files = reading.children.get(&RecordKind::Attachment)?;
        let reply = |file: &crate::words::record::Reading| {
            file.cells.get(&field("reply")).and_then(|cell| cell.image.clone()).unwrap_or_default()
        };
        Some(files.iter().map(|file| format!("{} of {}", file.id, reply(file))).collect::<Vec<_>>().join(", "))
    };
    let two = r#"{"id":"T","replies":[{"id":"a","files":[{"id":"1"},{"id":"2"}]},{"id":"b"},{"id":"c","files":[{"id":"3"}]}]}"#;
    assert_eq!(shown(two).unwrap(), "1 of a, 2 of a, 3 of c");
    assert_eq!(shown(r#"{"id":"T","replies":[{"id":"b"}]}"#).unwrap(), "");
    assert_eq!(shown(r#"{"id":"T"}"#), None);
    let broken = mapping.read(&json(r#"{"id":"T","replies":[{"id":"a","files":7}]}"#)).unwrap_err();
    assert_eq!(broken.to_string(), "attachment replies[].files[]: a list was expected, not a number");
}

#[test]
fn trees_hold_only_what_changed_by_its_write_path() {
    let mapping = small();
    let status = Some(Value::Code("received".into()));
    let agencies = Some(Value::List(vec![Value::Code("000.00.12.H19".into())]));
    let late = Some(Value::Boolean(true));
    type Case<'a> = (&'a [(&'a str, Option<Value>)], Option<&'a str>, &'a str);
    let cases: &[Case<'_>] = &[
        (&[("status", status.clone())], None, r#"{"status":1}"#),
        (&[("status", None), ("content", None)], None, r#"{"body":"","status":null}"#),
        (&[("status", status), ("content", None)], Some("PB-1"), r#"{"status":1,"ext":"PB-1"}"#),
        (&[("after_hours", late)], None, r#"{"x":{"late":"J"}}"#),
        (&[("co_agencies", agencies)], None, r#"{"with":["H19.12"]}"#),
        (&[("co_agencies", None)], None, r#"{"with":[]}"#),
        (&[("number", Some(Value::Text("9".into())))], None, "{}"),
        (&[("place_date", None)], None, "ticket place_date: the system has no way to empty it"),
    ];
    for (fields, reference, expected) in cases {
        assert_eq!(written(&mapping, fields, *reference), *expected, "{fields:?}");
    }
}

#[test]
fn the_image_is_what_the_system_will_show() {
    let mapping = small();
    let image =
        |name: &str, value: Value| mapping.image(RecordKind::Ticket, &field(name), Some(&value), &Dates::NONE).unwrap();
    assert_eq!(image("subject", Value::Text("Đường hỏng".into())).as_deref(), Some("Đường"));
    assert_eq!(image("status", Value::Code("received".into())).as_deref(), Some("1"));
    assert!(mapping.lossy(RecordKind::Ticket, &field("subject")));
    assert!(mapping.lossy(RecordKind::Ticket, &field("status")));
    assert!(!mapping.lossy(RecordKind::Ticket, &field("content")));
}

#[test]
fn what_a_system_can_do_is_what_its_file_declares() {
    let mapping = small();
    assert!(mapping.can(RecordKind::Ticket, Verb::Create) && mapping.can(RecordKind::Ticket, Verb::Update));
    assert!(!mapping.can(RecordKind::Reply, Verb::Create));
    assert!(mapping.writes(RecordKind::Ticket, &field("status"), false));
    assert!(mapping.holds(RecordKind::Ticket, &field("number")));
    assert!(!mapping.writes(RecordKind::Ticket, &field("number"), true));
    assert_eq!(mapping.field_of_member(RecordKind::Ticket, "title"), Some(&field("subject")));
    assert_eq!(mapping.hash().len(), 64);
}

#[test]
fn a_deployment_must_give_the_settings_and_no_others() {
    let text = format!("{HEAD}{FIELDS}");
    let says = |given: &[(&str, &str)]| {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        load("small.toml", &text, &given, NOTHING_BESIDE)
            .map_err(|found| found[0].message.clone())
            .err()
            .unwrap_or_default()
    };
    assert_eq!(says(&[("url", "http://127.0.0.1:8080/")]), "");
    assert_eq!(says(&[]), "the setting `url` has no value");
    assert_eq!(says(&[("url", "ftp://127.0.0.1")]), "the setting `url`: neither http nor https");
    let unknown = says(&[("url", "http://127.0.0.1"), ("urk", "x")]);
    assert_eq!(unknown, "a value is given for `urk`, which is no setting of this file");
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        text in "\\PC{0,40}",
        // Later than 1975: before, Việt Nam's clocks went back a few times, and such an hour has two instants.
        seconds in 200_000_000_i64..6_000_000_000,
        number in 0_i64..i64::MAX,
    ) {
        let fields = r#"
[field]
content     = { at = "body", type = "text" }
received_at = { at = "${setting.prefix}.at", type = "instant", as = "%Y%m%d%H%M%S", zone = "Asia/Ho_Chi_Minh" }
[child.attachments]
in = "files[]"
id = "id"
[child.attachments.field]
size = { at = "size", type = "integer" }
"#;
        let mapping = check("p.toml", &format!("{HEAD}{fields}"), NOTHING_BESIDE).map_err(|found| found[0].render_text()).unwrap();
        let at: DateTime<Utc> = DateTime::from_timestamp(seconds, 0).unwrap();
        let reading = mapping.read(&Node::Map([("id", Node::text("1")), ("body", Node::text(text))].into_iter().collect()));
        if let Some(content) = reading.unwrap().value(&field("content")) {
            let image = mapping.image(RecordKind::Ticket, &field("content"), Some(content), &Dates::NONE).unwrap();
            let back = mapping.value(RecordKind::Ticket, &field("content"), &image, &Dates::NONE).unwrap();
            prop_assert_eq!(back.as_ref(), Some(content));
        }
        for (kind, name, value) in [
            (RecordKind::Ticket, "received_at", Value::Instant(at)),
            (RecordKind::Attachment, "size", Value::Integer(number)),
        ] {
            let image = mapping.image(kind, &field(name), Some(&value), &Dates::NONE).unwrap();
            prop_assert_eq!(mapping.value(kind, &field(name), &image, &Dates::NONE).unwrap(), Some(value));
        }
    }
}
