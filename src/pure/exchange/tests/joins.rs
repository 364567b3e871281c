//! One text that holds several fields.

use super::{create, file, holds, reads, says, update};

const ADDRESS: &str = r#"
[[join]]
at = "DiaChi"
as = "${submitter_address}, ${place}"
part.submitter_address = { type = "text" }
part.place = { type = "unit", era = "2026-04-30" }
[field]
subject = { at = "Ten", type = "text" }
"#;

#[test]
fn a_text_is_taken_apart_and_put_together() {
    let before = r#"{"Id":"7","DiaChi":"12, Lê Lợi, 26041"}"#;
    for example in [
        reads(before, r#"{ submitter_address = "12, Lê Lợi", place = "26041" }"#),
        reads(r#"{"Id":"7","DiaChi":"12 Lê Lợi"}"#, r#"{ submitter_address = "12 Lê Lợi", place = "" }"#),
        reads(r#"{"Id":"7","DiaChi":null}"#, r#"{ submitter_address = "", place = "" }"#),
        create(r#"{ submitter_address = "12, Lê Lợi", place = "26041" }"#, r#"{"DiaChi":"12, Lê Lợi, 26041"}"#),
        create(r#"{ submitter_address = "12 Lê Lợi" }"#, r#"{"DiaChi":"12 Lê Lợi"}"#),
        // The other part goes along as it was read.
        update(before, r#"{ place = "26368" }"#, r#"{"DiaChi":"12, Lê Lợi, 26368"}"#),
        update(before, r#"{ submitter_address = "5 Lê Lai" }"#, r#"{"DiaChi":"5 Lê Lai, 26041"}"#),
        update(before, r#"{ submitter_address = "", place = "" }"#, r#"{"DiaChi":null}"#),
        update(before, r#"{ subject = "x" }"#, r#"{"Ten":"x"}"#),
    ] {
        holds(&file("json", &format!("{ADDRESS}{example}")));
    }
}

#[test]
fn what_could_not_be_told_apart_is_refused_and_what_does_not_fit_is_set_aside() {
    let comma = create(r#"{ submitter_address = "12, Lê Lợi" }"#, "{}");
    assert_eq!(
        says(&file("json", &format!("{ADDRESS}{comma}"))),
        [
            "M015 example `create`: ticket submitter_address: together in one text, submitter_address and place could not be told apart again"
        ]
    );
    let ward = reads(r#"{"Id":"7","DiaChi":"12 Lê Lợi, Tân Mai"}"#, "{}");
    assert_eq!(
        says(&file("json", &format!("{ADDRESS}{ward}"))),
        ["M015 example `read`: ticket place: not a unit code: 5 or 3 or 2 digits were expected"]
    );
}

#[test]
fn a_split_that_is_not_proved_is_a_problem() {
    for (form, parts, said) in [
        (
            "${subject}, ${submitter_address}",
            "part.subject = { type = \"text\" }\npart.submitter_address = { type = \"text\" }",
            "M018 `subject` and `submitter_address` are both free text: \"a, b\" and \"c\" are written as \"a\" and \"b, c\" are",
        ),
        (
            "${subject}, ${submitter_address}",
            "part.subject = { type = \"text\" }\npart.submitter_address = { type = \"text\", without = \",\" }",
            "M018 `submitter_address` is parted from its neighbour by `, `",
        ),
        (
            "${place_date}-${subject}",
            "part.place_date = { type = \"date\" }\npart.subject = { type = \"text\" }",
            "M018 `place_date` can be `2026-04-30`, which holds the `-` beside it",
        ),
        (
            "${kind}-${subject}",
            "part.kind = { type = \"code\", table = \"kind\" }\npart.subject = { type = \"text\" }",
            "M018 `kind` can be `P-A`, which holds the `-` beside it",
        ),
        (
            "${received_at}q${subject}",
            "part.received_at = { type = \"instant\", as = \"%d %b %Y %H:%M:%S\", zone = \"UTC\" }\npart.subject = { type = \"text\" }",
            "M018 nothing proves that `received_at` never holds the `q` beside it",
        ),
        (
            "${subject} ${place}",
            "part.subject = { type = \"text\" }\npart.place = { type = \"unit\", era = \"2026-04-30\" }",
            "M008 two fields with nothing but blanks between them",
        ),
        ("${subject}", "part.subject = { type = \"text\" }", "M008 fewer than two fields"),
        (
            "${subject}, ${number}",
            "part.subject = { type = \"text\" }\npart.number = { type = \"text\", without = \", \" }",
            "M024 `number` stands in two places",
        ),
        (
            "${subject}, ${place}",
            "part.subject = { type = \"text\" }\npart.place = { type = \"unit\", era = \"2026-04-30\" }\npart.agency = { type = \"unit\", era = \"2026-04-30\" }",
            "M002 unknown key `agency`",
        ),
    ] {
        let join = format!(
            "[[join]]\nat = \"A\"\nas = \"{form}\"\n{parts}\n[field]\nnumber = {{ at = \"So\", type = \"text\" }}\n"
        );
        let kinds = "[code.kind]\nwords = { feedback = \"P-A\", information_request = \"HD\", service_order = \"DV\", legal_text = \"VB\" }\n";
        let codes = if form.contains("kind") { kinds } else { "" };
        assert_eq!(says(&file("json", &format!("{join}{codes}"))), [said], "{form}");
    }
}

#[test]
fn parts_in_two_groups_of_updates_are_a_problem() {
    let groups =
        "[[do.update]]\nfields = \"place\"\ncommit = \"update\"\n[[do.update]]\nfields = \"*\"\ncommit = \"update\"\n";
    assert_eq!(
        says(&file("json", &format!("{groups}{ADDRESS}"))),
        ["M012 submitter_address and place share one text, but not one group of updates"]
    );
}

const MARKED: &str = r#"
[[join]]
at = "Body"
as = "${subject}\n--\n${content}\n[PAKN ${ref}]"
part.subject = { type = "text", without = "\n--\n" }
part.content = { type = "text" }
[field]
number = { at = "No", type = "text" }
"#;

#[test]
fn our_reference_stands_behind_a_text_where_there_is_no_other_place_for_it() {
    let mark = "PB-1A2B-0123456789ABCDEF0123";
    let ours = format!(r#"{{"Id":"7","Body":"Ổ gà\n--\nSâu\n[PAKN {mark}]"}}"#);
    for example in [
        reads(&ours, &format!(r#"{{ ref = "{mark}", subject = "Ổ gà", content = "Sâu" }}"#)),
        // What people write is theirs, whatever it ends with.
        reads(r#"{"Id":"7","Body":"Ổ gà [1]"}"#, r#"{ subject = "Ổ gà [1]", content = "" }"#),
        reads(r#"{"Id":"7","Body":"Ổ gà\n[PAKN có?]"}"#, r#"{ subject = "Ổ gà\n[PAKN có?]", content = "" }"#),
        reads(&format!(r#"{{"Id":"7","Body":"[PAKN {mark}]"}}"#), &format!(r#"{{ ref = "{mark}", subject = "" }}"#)),
        create(
            &format!(r#"{{ ref = "{mark}", subject = "Ổ gà", content = "Sâu" }}"#),
            &format!(r#"{{"Body":"Ổ gà\n--\nSâu\n[PAKN {mark}]"}}"#),
        ),
        create(&format!(r#"{{ ref = "{mark}", subject = "Ổ gà" }}"#), &format!(r#"{{"Body":"Ổ gà\n[PAKN {mark}]"}}"#)),
        create(&format!(r#"{{ ref = "{mark}", number = "5" }}"#), &format!(r#"{{"No":"5","Body":"[PAKN {mark}]"}}"#)),
        // A change keeps the mark that is there, and puts none where there was none.
        update(&ours, r#"{ subject = "Hố" }"#, &format!(r#"{{"Body":"Hố\n--\nSâu\n[PAKN {mark}]"}}"#)),
        update(r#"{"Id":"7","Body":"Ổ gà"}"#, r#"{ content = "Sâu" }"#, r#"{"Body":"Ổ gà\n--\nSâu"}"#),
    ] {
        holds(&file("json", &format!("{MARKED}{example}")));
    }
    let twice = MARKED.replace("[PAKN ${ref}]", "[${ref}] [${ref}]");
    assert_eq!(says(&file("json", &twice)), ["M008 our reference is not the last part"]);
    let other = file("json", MARKED).replacen("id = \"Id\"", "id = \"Id\"\nref = \"Ref\"", 1);
    assert_eq!(says(&other), ["M024 our reference stands in two places"]);
    // What would look like our mark is not written where ours is not.
    let like = update(r#"{"Id":"7","Body":"Ổ gà"}"#, r#"{ content = "Sâu\n[PAKN X]" }"#, "{}");
    assert_eq!(
        says(&file("json", &format!("{MARKED}{like}"))),
        [
            "M015 example `update`: ticket subject: together in one text, subject and content could not be told apart again"
        ]
    );
}
