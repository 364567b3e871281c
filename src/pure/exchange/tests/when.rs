//! Rules that hold for some records only.

use super::{create, file, holds, reads, says, update};

const FIELDS: &str = r#"
[field]
kind = { at = "Loai", type = "code", table = "kind" }
subject = { at = "Ten", type = "text" }
content = [
  { at = "NoiDung", type = "text", when = { kind = ["feedback", "information_request"] } },
  { at = "VanBan.NoiDung", when = { kind = "legal_text" } },
]
[code.kind]
words = { feedback = "PA", information_request = "HD", service_order = "DV", legal_text = "VB" }
"#;

#[test]
fn a_field_is_read_where_its_record_has_it() {
    for (document, ticket) in [
        (r#"{"Id":"7","Loai":"PA","NoiDung":"a","VanBan":{"NoiDung":"b"}}"#, r#"{ content = "a" }"#),
        (r#"{"Id":"7","Loai":"VB","NoiDung":"a","VanBan":{"NoiDung":"b"}}"#, r#"{ content = "b" }"#),
        (r#"{"Id":"7","Loai":"VB","NoiDung":"a","VanBan":{"NoiDung":null}}"#, r#"{ content = "" }"#),
    ] {
        holds(&file("json", &format!("{FIELDS}{}", reads(document, ticket))));
    }
    for document in [r#"{"Id":"7","Loai":"DV","NoiDung":"a"}"#, r#"{"Id":"7","NoiDung":"a"}"#] {
        let said = says(&file("json", &format!("{FIELDS}{}", reads(document, r#"{ content = "a" }"#))));
        assert_eq!(said, ["M015 example `read`: ticket content is not shown"], "{document}");
    }
}

#[test]
fn a_field_is_written_where_its_record_wants_it() {
    let legal = r#"{"Id":"7","Loai":"VB","NoiDung":null,"VanBan":{"NoiDung":"b"}}"#;
    for example in [
        create(r#"{ kind = "legal_text", content = "x" }"#, r#"{"VanBan":{"NoiDung":"x"},"Loai":"VB"}"#),
        create(r#"{ kind = "feedback", content = "x" }"#, r#"{"NoiDung":"x","Loai":"PA"}"#),
        update(legal, r#"{ content = "x" }"#, r#"{"VanBan":{"NoiDung":"x"}}"#),
        update(legal, r#"{ content = "x", kind = "feedback" }"#, r#"{"NoiDung":"x","Loai":"PA"}"#),
        // What stands elsewhere under the new word goes along: else it would look emptied.
        update(legal, r#"{ kind = "feedback" }"#, r#"{"NoiDung":"b","Loai":"PA"}"#),
        update(legal, r#"{ subject = "x" }"#, r#"{"Ten":"x"}"#),
    ] {
        holds(&file("json", &format!("{FIELDS}{example}")));
    }
}

#[test]
fn a_value_that_no_rule_takes_is_refused_and_not_dropped() {
    let order = create(r#"{ kind = "service_order", content = "x" }"#, "{}");
    assert_eq!(
        says(&file("json", &format!("{FIELDS}{order}"))),
        ["M015 example `create`: ticket content: no rule of the mapping takes it where kind = \"service_order\""]
    );
    let unknown = update("", r#"{ content = "x" }"#, "{}");
    assert_eq!(
        says(&file("json", &format!("{FIELDS}{unknown}"))),
        ["M015 example `update`: ticket content: no rule of the mapping takes it where kind = \"\""]
    );
}

#[test]
fn conditions_that_can_not_decide_are_problems() {
    let known = r#"kind = { at = "Loai", type = "code", table = "kind" }
status = { is = "received" }"#;
    let codes = "[code.kind]\nwords = { feedback = \"PA\", information_request = \"HD\", service_order = \"DV\", legal_text = { code = \"VB\", only = \"write\" } }\n";
    for (field, said) in [
        (
            r#"content = [ { at = "A", type = "text" }, { at = "B", when = { kind = "feedback" } } ]"#,
            "M011 this rule of `content` is never asked: the one on line 21 always holds",
        ),
        (
            r#"content = [ { at = "A", type = "text", when = { kind = ["feedback", "service_order"] } }, { at = "B", when = { kind = "service_order" } } ]"#,
            "M018 two rules of `content` hold where kind = \"service_order\": this one and line 21",
        ),
        (
            r#"content = [ { at = "A", type = "text", when = { kind = "feedback" } }, { at = "B" } ]"#,
            "M018 two rules of `content` hold where kind = \"feedback\": this one and line 21",
        ),
        (r#"content = { at = "A", type = "text", when = { kind = "feedbak" } }"#, "M017 `kind` is never `feedbak`"),
        (
            r#"content = { at = "A", type = "text", when = { kind = "legal_text" } }"#,
            "M017 the rule of `content` never holds: `kind` is never `legal_text` here",
        ),
        (
            r#"content = { at = "A", type = "text", when = { status = "closed" } }"#,
            "M017 the rule of `content` never holds: `status` is never `closed` here",
        ),
        (r#"content = { at = "A", type = "text", when = { subject = "x" } }"#, "M003 `subject` can be anything"),
        (
            r#"content = { at = "A", type = "text", when = { level = "urgent" } }"#,
            "M006 `content` depends on `level`, which the file does not map",
        ),
        (
            r#"content = { at = "A", type = "text", when = { after_hours = true } }
after_hours = { at = "B", type = "boolean", when = { kind = "feedback" } }"#,
            "M005 `content` depends on `after_hours`, whose own place depends on another field",
        ),
        (r#"content = { at = "A", type = "text", when = { kind = [] } }"#, "M017 no word of `kind`"),
    ] {
        let text = file("json", &format!("[field]\n{field}\n{known}\n{codes}"));
        let line = text.lines().position(|line| line.starts_with("content")).unwrap() + 1;
        assert_eq!(says(&text), [said.replace("line 21", &format!("line {line}"))], "{field}");
    }
}
