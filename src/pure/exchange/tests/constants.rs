//! `is`, `default`, and the spellings of nothing.

use super::{create, file, holds, reads, says, update};

const LEVELS: &str = r#"[code.level]
words = { urgent = "K", complex = "P" }
"#;
const LEVEL: &str = r#"level = { at = "MucDo", type = "code", table = "level", default = "normal", absent = [""] }"#;

#[test]
fn a_constant_is_read_of_every_record_and_written_of_none() {
    let kind = "[field]\nkind = { is = \"legal_text\" }\nsubject = { at = \"Ten\", type = \"text\" }\n";
    holds(&file("json", &format!("{kind}{}", reads(r#"{"Id":"7"}"#, r#"{ kind = "legal_text" }"#))));
    holds(&file("json", &format!("{kind}{}", create(r#"{ kind = "legal_text", subject = "x" }"#, r#"{"Ten":"x"}"#))));
    let other = create(r#"{ kind = "feedback", subject = "x" }"#, r#"{"Ten":"x"}"#);
    assert_eq!(
        says(&file("json", &format!("{kind}{other}"))),
        ["M015 example `create`: ticket kind: every ticket of this system is `legal_text`"]
    );
}

#[test]
fn a_constant_is_a_canonical_value_and_stands_alone() {
    for (field, said) in [
        (r#"kind = { is = "legal" }"#, "M005 `legal` is no canonical word"),
        (r#"kind = { is = "" }"#, "M005 no value"),
        (r#"kind = { is = "feedback", at = "Loai" }"#, "M002 unknown key `at`"),
        (r#"kind = [ { is = "feedback" }, { at = "Loai" } ]"#, "M011 a rule beside a constant"),
        (r#"after_hours = { is = "x" }"#, "M003 a value of another type"),
    ] {
        assert_eq!(says(&file("json", &format!("[field]\n{field}\n"))), [said], "{field}");
    }
}

#[test]
fn a_default_is_read_where_the_member_is_shown_and_empty_and_nowhere_else() {
    let fields = format!("[field]\n{LEVEL}\nsubject = {{ at = \"Ten\", type = \"text\" }}\n{LEVELS}");
    for (document, ticket) in [
        (r#"{"Id":"7","MucDo":""}"#, r#"{ level = "normal" }"#),
        (r#"{"Id":"7","MucDo":"K"}"#, r#"{ level = "urgent" }"#),
    ] {
        holds(&file("json", &format!("{fields}{}", reads(document, ticket))));
    }
    let hidden = says(&file("json", &format!("{fields}{}", reads(r#"{"Id":"7"}"#, r#"{ level = "normal" }"#))));
    assert_eq!(hidden, ["M015 example `read`: ticket level is not shown"]);
}

#[test]
fn a_default_without_a_code_is_written_as_nothing_and_nothing_itself_is_refused() {
    let fields = format!("[field]\n{LEVEL}\nsubject = {{ at = \"Ten\", type = \"text\" }}\n{LEVELS}");
    holds(&file("json", &format!("{fields}{}", update("", r#"{ level = "normal" }"#, r#"{"MucDo":""}"#))));
    holds(&file("json", &format!("{fields}{}", create(r#"{ level = "normal", subject = "x" }"#, r#"{"Ten":"x"}"#))));
    let emptied = says(&file("json", &format!("{fields}{}", update("", r#"{ level = "" }"#, "{}"))));
    assert_eq!(emptied, ["M015 example `update`: ticket level: this system can't hold it empty"]);
}

#[test]
fn nothing_is_spelled_as_each_side_declares() {
    for (kind, absent, at, body) in [
        ("json", r#""null""#, "A", r#"{"A":null}"#),
        ("json", r#"["omit", "null"]"#, "A", r#"{"A":null}"#),
        ("json", r#""""#, "A", r#"{"A":""}"#),
        ("json", r#"[{ text = "-" }, "null"]"#, "A", r#"{"A":"-"}"#),
        (
            "xml",
            r#""nil""#,
            "p:A",
            r#"<p:Phieu xmlns:p="urn:p"><p:A xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:nil="true"/></p:Phieu>"#,
        ),
        ("xml", r#"["omit", ""]"#, "p:A", r#"<p:Phieu xmlns:p="urn:p"><p:A/></p:Phieu>"#),
        ("xml", r#"["nil", ""]"#, "p:A.@b", r#"<p:Phieu xmlns:p="urn:p"><p:A b=""/></p:Phieu>"#),
    ] {
        let field = format!("[field]\ncontent = {{ at = \"{at}\", type = \"text\", absent = {absent} }}\n");
        holds(&file(kind, &format!("{field}{}", update("", r#"{ content = "" }"#, body))));
    }
    for (kind, absent, at, said) in [
        ("json", r#""omit""#, "A", "M015 example `update`: ticket content: the system has no way to empty it"),
        ("xml", r#""nil""#, "p:A.@b", "M015 example `update`: ticket content: the system has no way to empty it"),
        ("json", r#""nil""#, "A", "M005 `nil` is not known here"),
        ("xml", r#""null""#, "p:A", "M005 `null` is not known here"),
    ] {
        let field = format!("[field]\ncontent = {{ at = \"{at}\", type = \"text\", absent = {absent} }}\n");
        assert_eq!(
            says(&file(kind, &format!("{field}{}", update("", r#"{ content = "" }"#, "{}")))),
            [said],
            "{absent}"
        );
    }
}
