//! Code tables whose rows hold for a time, in the file and in a CSV beside it.

use super::{create, file, holds, reads, update};
use crate::pure::mapping::{Problem, check};

/// A commune's code that was given to another commune, and an agency that was closed.
const UNITS: &str = r#"
[field]
received_at = { at = "At", type = "instant", as = "rfc3339" }
place       = { at = "Place", type = "code", table = "unit" }
agency      = { at = "Agency", type = "code", table = "agency" }
[child.replies]
in = "Replies[]"
id = "Id"
[child.replies.field]
agency = { at = "Agency", type = "code", table = "agency" }
[code.unit.words]
"26425" = [{ code = "A", until = "2025-07-01" }, { code = "B", from = "2025-07-01" }]
"26368" = { code = "A", from = "2025-07-01" }
[code.agency.words]
"000.00.10.H10" = { code = "SXD", until = "2025-07-01" }
"000.00.12.H19" = { code = "SXD", from = "2025-07-01" }
"#;

#[test]
fn a_code_means_what_it_meant_on_the_tickets_own_day() {
    for example in [
        reads(
            r#"{"Id":"7","At":"2025-06-30T23:59:59+07:00","Place":"A","Agency":"SXD","Replies":[{"Id":"1","Agency":"SXD"}]}"#,
            r#"{ place = "26425", agency = "000.00.10.H10", replies = [ { agency = "000.00.10.H10" } ] }"#,
        ),
        // The day begins at midnight here, not in Greenwich.
        reads(
            r#"{"Id":"7","At":"2025-07-01T00:00:00+07:00","Place":"A","Agency":"SXD","Replies":[{"Id":"1","Agency":"SXD"}]}"#,
            r#"{ place = "26368", agency = "000.00.12.H19", replies = [ { agency = "000.00.12.H19" } ] }"#,
        ),
        create(
            r#"{ received_at = "2025-06-30T16:59:59Z", place = "26425" }"#,
            r#"{"At":"2025-06-30T23:59:59+07:00","Place":"A"}"#,
        ),
        create(
            r#"{ received_at = "2025-06-30T17:00:00Z", place = "26425" }"#,
            r#"{"At":"2025-07-01T00:00:00+07:00","Place":"B"}"#,
        ),
    ] {
        holds(&file("json", &format!("{UNITS}{example}")));
    }
}

#[test]
fn without_its_day_or_outside_of_its_time_a_code_is_set_aside_and_named() {
    for (document, said) in [
        (
            r#"{"Id":"7","At":"2025-06-30T00:00:00Z","Place":"B"}"#,
            "M015 example `read`: ticket place: the code `B` means nothing in a ticket of 2025-06-30 (table `unit`)",
        ),
        (
            r#"{"Id":"7","At":null,"Place":"A"}"#,
            "M015 example `read`: ticket place: the code `A` means nothing in a ticket that does not show its day (table `unit`)",
        ),
    ] {
        let text = file("json", &format!("{UNITS}{}", reads(document, "{}")));
        assert_eq!(super::says(&text), [said]);
    }
    let text = file("json", &format!("{UNITS}{}", update("", r#"{ place = "26425" }"#, "{}")));
    let said = "M015 example `update`: ticket place: table `unit` has no code for `26425` in a ticket that does not show its day";
    assert_eq!(super::says(&text), [said]);
}

const BESIDE: &str = r#"
[field]
place = { at = "Place", type = "code", table = "unit" }
[code.unit]
file   = "units.csv"
domain = { like = "[0-9]{5}" }
"#;

fn told(sheet: &str) -> Vec<String> {
    let give = |name: &str| if name == "units.csv" { Ok(sheet.to_owned()) } else { Err("unasked".to_owned()) };
    let place =
        |one: Problem| format!("{}:{}:{}+{} {} {}", one.file, one.line, one.column, one.length, one.code, one.message);
    match check("maps/test.toml", &file("json", BESIDE), &give) {
        Ok(mapping) => {
            assert_eq!(mapping.beside.iter().collect::<Vec<_>>(), ["units.csv"]);
            Vec::new()
        }
        Err(problems) => problems.into_iter().map(place).collect(),
    }
}

#[test]
fn a_spreadsheet_beside_the_mapping_gives_rows_and_problems_point_into_it() {
    assert_eq!(told("\u{feff}code;word;note\r\n26368;26368;\"Long Thành; xã\"\r\n;;\r\n"), [""; 0]);
    assert_eq!(told("word,code\n26368,26368\n"), [""; 0]);
    for (sheet, said) in [
        (
            "code;word\n26368;26368\n2636;26425\n",
            "maps/units.csv:3:1+4 M028 `2636` is outside the declared codes of table `unit`",
        ),
        ("code;word;from\n26368;26368;01/07/2025\n", "maps/units.csv:2:13+10 M005 `01/07/2025` is no day"),
        ("code;word;only\n26368;26368;raed\n", "maps/units.csv:2:13+4 M005 `raed` is not known here"),
        ("code;wrod\n26368;26368\n", "maps/units.csv:1:6+4 M002 unknown column `wrod`"),
        ("code;word\n26368;\n", "maps/units.csv:2:1+6 M004 a row without a word"),
        ("code;word\n26368;a;b\n", "maps/units.csv:2:9+1 M026 more cells than columns"),
        ("", "maps/units.csv:1:1+1 M026 an empty file"),
        ("code;word\n26368;a\n\"26368\";b\n", "maps/units.csv:3:1+7 M010 the code `26368` is read as two words"),
    ] {
        assert!(told(sheet).contains(&said.to_owned()), "{sheet:?}: {:?}", told(sheet));
    }
}
