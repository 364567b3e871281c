//! Fields that the province declares.

use super::{create, file, holds, reads, says, update};

const WARD: &str = r#"
[extra.ward]
type = "text"
vi = "Khu phố"
[extra.score]
type = "integer"
vi = "Điểm"
en = "Score"
personal = false
[extra.topics]
type = "list"
vi = "Chủ đề"
[field]
ward = { at = "KhuPho", type = "text", max = 5 }
score = { at = "Diem", type = "integer" }
topics = { at = "ChuDe[]", type = "list", of = { type = "code", table = "topics" } }
[code.topics]
words = { water = "N", power = "D" }
"#;

#[test]
fn a_declared_field_is_read_and_written_like_the_others() {
    for example in [
        reads(
            r#"{"Id":"7","KhuPho":"Khu 3","Diem":4,"ChuDe":["D"]}"#,
            r#"{ ward = "Khu 3", score = 4, topics = ["power"] }"#,
        ),
        create(r#"{ ward = "Khu 3", score = 4 }"#, r#"{"KhuPho":"Khu 3","Diem":4}"#),
        update("", r#"{ ward = "", topics = ["water"] }"#, r#"{"KhuPho":null,"ChuDe":["N"]}"#),
    ] {
        holds(&file("json", &format!("{WARD}{example}")));
    }
    let long = create(r#"{ ward = "Khu phố 3" }"#, "{}");
    let said = says(&file("json", &format!("{WARD}{long}")));
    assert!(said.len() == 1 && said[0].starts_with("M015 example `create`: ticket ward: longer than"), "{said:?}");
}

#[test]
fn a_declaration_that_can_not_be_one_is_a_problem() {
    for (extra, said) in [
        ("[extra.ward]\nvi = \"Khu\"", "M004 `type` is missing"),
        ("[extra.ward]\ntype = \"text\"", "M004 `vi` is missing"),
        ("[extra.ward]\ntype = \"phone\"\nvi = \"Khu\"", "M005 `phone` is not known here"),
        ("[extra.Ward]\ntype = \"text\"\nvi = \"Khu\"", "M005 `Ward` can't be the name of a field"),
        ("[extra.replies]\ntype = \"text\"\nvi = \"Khu\"", "M005 `replies` can't be the name of a field"),
        ("[extra.subject]\ntype = \"text\"\nvi = \"Khu\"", "M024 `subject` is a field of every ticket already"),
    ] {
        assert_eq!(says(&file("json", &format!("{extra}\n[field]\n"))), [said], "{extra}");
    }
    let unknown = says(&file("json", "[field]\nward = { at = \"KhuPho\", type = \"text\" }\n"));
    assert_eq!(unknown, ["M006 a ticket has no field `ward`"]);
}
