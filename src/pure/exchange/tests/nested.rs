//! Children inside children, and children without an id of their own.

use super::{file, holds, reads, says};

const CHILDREN: &str = r#"
[field]
[child.replies]
in = "TraLoi[]"
id = "Ma"
[child.replies.field]
text = { at = "NoiDung", type = "text", write = "never" }
[child.attachments]
in = "TraLoi[].Tep[]"
id = { of = [{ above = "Ma" }, "Ten"] }
[child.attachments.field]
name = { at = "Ten", type = "text", write = "never" }
reply = { at = { above = "Ma" }, type = "text", write = "never" }
"#;

#[test]
fn files_of_replies_are_flat_and_know_their_reply() {
    holds(&file(
        "json",
        &format!(
            "{CHILDREN}{}",
            reads(
                r#"{"Id":"7","TraLoi":[{"Ma":"R/1","NoiDung":"a","Tep":[{"Ten":"x.pdf"},{"Ten":"y.pdf"}]},{"Ma":"R2","NoiDung":"b","Tep":[{"Ten":"x.pdf"}]}]}"#,
                r#"{ replies = [{ id = "R/1" }, { id = "R2" }], attachments = [{ id = "R//1/x.pdf", name = "x.pdf", reply = "R/1" }, { id = "R//1/y.pdf" }, { id = "R2/x.pdf", reply = "R2" }] }"#,
            )
        ),
    ));
}

#[test]
fn two_children_with_one_key_are_never_one() {
    let twice = reads(r#"{"Id":"7","TraLoi":[{"Ma":"R1","Tep":[{"Ten":"x.pdf"},{"Ten":"x.pdf"}]}]}"#, "{}");
    assert_eq!(
        says(&file("json", &format!("{CHILDREN}{twice}"))),
        ["M015 example `read`: attachment TraLoi[].Tep[]: two with the id `R1/x.pdf`"]
    );
    let nameless = reads(r#"{"Id":"7","TraLoi":[{"Ma":"R1","Tep":[{"Ten":""}]}]}"#, "{}");
    assert_eq!(says(&file("json", &format!("{CHILDREN}{nameless}"))), ["M015 example `read`: attachment Ten: no id"]);
}

#[test]
fn an_id_of_several_members_is_never_sent() {
    let download = "[call.download]\non = \"GET /files/${child.id}\"\ngives = \"bytes\"\n";
    assert_eq!(
        says(&file("json", &format!("{download}{CHILDREN}"))),
        ["M009 the call `download` sends an id (attachment) that is made of several members"]
    );
}
