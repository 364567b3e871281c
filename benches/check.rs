//! How long it takes to parse and check a large mapping: 200 rules, and 5,000 rows of code tables, half of them in a CSV
//! beside the file, half of them dated. `cargo bench --bench check`; the aim is under 50 ms.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints its figures and may stop")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use pakn_bridge::pure::mapping;

/// Rules: places of fields, and what answers mean.
const FIELDS: usize = 50;
const ANSWERS: usize = 150;
/// Rows of each of the two tables.
const ROWS: usize = 2_500;
/// The fastest of so many counts, since only disturbances make one slower.
const ROUNDS: usize = 30;

const HEAD: &str = r#"format = 1
name   = "large"
[setting]
url = { type = "url", example = "http://127.0.0.1" }
[http]
base = "${setting.url}"
[call.changes]
on    = "GET /tickets"
items = "rows[]"
[call.get]
on = "GET /tickets/${id}"
[call.create]
on   = "POST /tickets"
json = "${write}"
[call.update]
on   = "PUT /tickets/${id}"
json = "${write}"
[record]
kind = "json"
id   = "Id"
"#;

fn main() {
    let (text, sheet) = (mapping_text(), sheet());
    let beside = |_: &str| Ok(sheet.clone());
    let checked = mapping::check("large.toml", &text, &beside);
    let told = |problems: Vec<mapping::Problem>| problems.iter().map(mapping::Problem::render_text).collect::<String>();
    let checked = checked.map_err(told).unwrap();
    println!("{} rules, {} rows, {} + {} bytes", FIELDS + ANSWERS, 2 * ROWS, text.len(), sheet.len());
    println!("  parse and check   {:>8.2} ms", millis(|| mapping::check("large.toml", &text, &beside)));
    println!("  laws              {:>8.2} ms", millis(|| checked.check_laws()));
}

fn mapping_text() -> String {
    let mut text = HEAD.to_owned();
    for number in 0..ANSWERS {
        write!(text, "[[answer]]\nat   = \"error.code\"\nis   = \"E{number:03}\"\nthen = \"refused\"\n").unwrap();
    }
    for number in 4..FIELDS {
        write!(text, "[extra.own_{number}]\ntype = \"text\"\nvi   = \"Trường {number}\"\n").unwrap();
    }
    text.push_str(
        r#"[field]
subject     = { at = "Title", type = "text", max = 250, cut = true }
received_at = { at = "At", type = "instant", as = "%Y%m%d%H%M%S", zone = "Asia/Ho_Chi_Minh" }
agency      = { at = "Agency", type = "code", table = "agency" }
place       = { at = "Place", type = "code", table = "unit" }
"#,
    );
    for number in 4..FIELDS {
        writeln!(text, "own_{number} = {{ at = \"Own.Field{number}\", type = \"text\", max = {} }}", number + 100)
            .unwrap();
    }
    text.push_str("[code.unit]\nfile = \"units.csv\"\ndomain = { like = \"[0-9]{5}\" }\n[code.agency.words]\n");
    for number in 0..ROWS {
        writeln!(text, "\"000.00.{:02}.H{:02}\" = \"DV{number:05}\"", number % 100, number / 100).unwrap();
    }
    text
}

/// As many units, each code given to another one on the first of July 2025.
fn sheet() -> String {
    let mut text = "\u{feff}code;word;from;until\r\n".to_owned();
    for number in 0..ROWS / 2 {
        let code = 20_000 + number;
        write!(text, "{code};{code};;2025-07-01\r\n{code};{};2025-07-01;\r\n", 60_000 + number).unwrap();
    }
    text
}

/// Milliseconds of the fastest round.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time itself")]
fn millis<T>(mut run: impl FnMut() -> T) -> f64 {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(run());
        best = best.min(start.elapsed());
    }
    best.as_secs_f64() * 1e3
}
