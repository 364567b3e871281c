//! What captured pages tell of a small mapping.

use super::{Coverage, Report};
use crate::pure::mapping::{Mapping, NOTHING_BESIDE, check};

const MAPPING: &str = r#"
format = 1
name = "small"
[http]
base = "http://127.0.0.1"
[call.changes]
on = "GET /tickets"
items = "rows[]"
page = { by = "number", size = 10, total = "total" }
[call.get]
on = "GET /tickets/${id}"
root = "data"
[call.notes]
on = "GET /tickets/${id}/notes"
items = "rows[]"
[[mount]]
call = "notes"
into = "notes"
[record]
kind = "json"
id = "id"
ignore = ["links"]
[field]
subject = { at = "title", type = "text", write = "never" }
level = { at = "level", type = "code", table = "level", write = "never" }
received_at = { at = "facts[k='received'].v", type = "instant", as = "%Y-%m-%d %H:%M", write = "never" }
submitter_name = { at = "who.name", type = "text", write = "never" }
[child.replies]
in = "notes[]"
id = "id"
[child.replies.field]
text = { at = "text", type = "text", write = "never" }
[code.level]
words = { normal = "1", urgent = "2", complex = "3" }
"#;

fn small() -> Mapping {
    check("small.toml", MAPPING, NOTHING_BESIDE).map_err(|found| found[0].render_text()).unwrap()
}

fn report(documents: &[(&str, &str)]) -> Report {
    let mapping = small();
    let mut coverage = Coverage::new(&mapping);
    for (file, text) in documents {
        coverage.take(file, text.as_bytes());
    }
    coverage.report()
}

const TICKET: &str = r#"{"id":7,"title":"Ổ gà","level":"1","facts":[{"k":"received","v":"2026-11-20 08:15"}],
    "who":{"name":"Nguyễn Thị Hoà"},"links":{"self":"/tickets/7"},"notes":[{"id":1,"text":"Đã nhận"}]}"#;

#[test]
fn a_document_that_is_wholly_mapped_is_covered() {
    let found = report(&[("7.json", TICKET)]);
    assert!(found.covered, "{found:#?}");
    assert_eq!(found.records.values().collect::<Vec<_>>(), [&1, &1]);
    assert!(found.never_filled.is_empty(), "{found:#?}");
    let unseen: Vec<_> = found.never_seen.iter().map(|code| code.code.as_str()).collect();
    assert_eq!(unseen, ["2", "3"]);
}

#[test]
fn records_are_found_where_the_calls_say_and_bad_documents_stop_nothing() {
    let page = format!(r#"{{"rows":[{TICKET},{TICKET}],"total":2}}"#);
    let one = format!(r#"{{"data":{TICKET}}}"#);
    let found = report(&[
        ("page.json", &page),
        ("cut.json", &page[..page.len() / 2]),
        ("one.json", &one),
        ("hints.json", r#"{"rows":[{"id":7},{"id":8},{"id":9}],"total":3}"#),
        ("notes-7.json", r#"{"rows":[{"id":5,"text":"Xong","mood":"good"}]}"#),
        ("empty.json", r#"{"rows":[],"total":0}"#),
        ("other.json", r#"{"weather":"rain"}"#),
    ]);
    assert_eq!(found.records.values().collect::<Vec<_>>(), [&3, &4], "{found:#?}");
    assert_eq!((found.files, found.rows, found.answers), (7, 3, 1), "{found:#?}");
    let bad: Vec<_> = found.unreadable.iter().map(|bad| bad.file.as_str()).collect();
    assert_eq!(bad, ["cut.json", "other.json"]);
    let unmapped: Vec<_> = found.unmapped.iter().map(|place| (place.kind.as_str(), place.path.as_str())).collect();
    assert_eq!(unmapped, [("reply", "mood")]);
}

#[test]
fn what_is_missing_is_told_by_how_often_and_never_by_its_values() {
    let odd = |id: usize, level: &str, at: &str| {
        format!(
            r#"{{"id":{id},"title":null,"level":"{level}","phone":"0912 345 67{id}","extra":{{"a":[{{"b":"Bí mật"}}],"c":null}},
               "facts":[{{"k":"received","v":"{at}"}},{{"k":"closed","v":"2026-11-21 09:00"}}]}}"#
        )
    };
    let rows = [odd(1, "9", "hôm qua"), odd(2, "9", "2026-11-20 08:15"), odd(3, "8", "20/11/2026")];
    let found = report(&[("page.json", &format!(r#"{{"rows":[{}]}}"#, rows.join(",")))]);
    assert!(!found.covered);
    let unmapped: Vec<_> = found
        .unmapped
        .iter()
        .map(|place| (place.path.as_str(), place.count, place.filled, place.shapes.clone()))
        .collect();
    assert_eq!(
        unmapped,
        [
            ("extra.a[].b", 3, 3, vec!["text".to_owned()]),
            ("facts[].v", 3, 3, vec!["9999-99-99 99:99".to_owned()]),
            ("phone", 3, 3, vec!["9999 999 999".to_owned()]),
            ("extra.c", 3, 0, vec![]),
        ]
    );
    let codes: Vec<_> = found.unknown_codes.iter().map(|code| (code.code.as_str(), code.count)).collect();
    assert_eq!(codes, [("9", 2), ("8", 1)]);
    assert_eq!(found.failing.iter().map(|failing| failing.count).sum::<usize>(), 2, "{found:#?}");
    assert_eq!(found.never_filled, ["ticket.subject", "ticket.submitter_name"]);
    let told = serde_json::to_string(&found).unwrap();
    for secret in ["0912", "mật", "hôm qua", "345"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
}

#[test]
fn shapes_tell_the_form_and_not_the_text() {
    for (text, shape) in [
        ("0912345678", "9999999999"),
        ("2026-11-20T08:15:00+07:00", "9999-99-99a99:99:99+99:99"),
        ("Nguyễn Văn An", "text"),
        ("hoa.nguyen@example.vn", "a.a@a.a"),
        ("DA_XU_LY", "a_a_a"),
        ("", ""),
    ] {
        assert_eq!(super::leaves::text_shape(text), shape, "{text}");
    }
}
