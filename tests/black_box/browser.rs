//! The report in a real browser: its figures, its print, and text that would like to be more than text.

use std::process::{Command, Stdio};

use pakn_bridge::faces::sandbox::{Meaning, System};

use crate::bridge::Bridge;
use crate::world::World;

use System::{Hotline, Portal};

/// No network, no first-run page, no sandbox of its own: tests may run as root.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-pdf-header-footer",
];

#[tokio::test]
async fn the_page_shows_the_figures_of_the_data_and_prints() {
    let world = World::empty().await;
    for _ in 0..4 {
        world.sandbox.person_creates(Hotline, "feedback", &[]);
        world.sandbox.person_creates(Portal, "feedback", &[]);
    }
    let torn = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &torn, Portal).id;
    world.sandbox.person_edits(Hotline, &torn, &[(Meaning::Address, "Phường Trảng Dài")]).unwrap();
    world.sandbox.person_edits(Portal, &copy, &[(Meaning::Address, "Phường Tam Hiệp")]).unwrap();
    world.quiet().await.expect(1);

    let told = world.bridge.json(&["--lang", "vi", "report"]).await;
    let totals = &told["report"]["totals"];
    assert_eq!((&totals["tickets"], &totals["classes"]["conflict"]), (&9.into(), &1.into()), "{totals:#}");
    let page = told["files"]["html"].as_str().unwrap();
    let dom = open(&world.bridge, page, "--dump-dom").await;
    let title = dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map(|(title, _)| title);
    assert!(title.is_some_and(|title| title.to_lowercase().starts_with("báo cáo đối soát")), "{title:?}");
    let cards: Vec<u64> = cards(&dom);
    let of = |class: &str| totals["classes"][class].as_u64().unwrap_or_default();
    let on_the_way = of("waiting") + of("in_doubt");
    let for_people = of("parked") + of("conflict") + of("quarantined");
    let wrong = ["differing", "missing_province", "missing_national", "duplicated"].map(of).iter().sum();
    let overdue = totals["overdue"].as_u64().unwrap();
    assert_eq!(cards, [9, of("matched"), on_the_way, for_people, wrong, overdue], "{totals:#}");

    let pdf = world.bridge.path("report.pdf");
    open(&world.bridge, page, &format!("--print-to-pdf={}", pdf.display())).await;
    let printed = std::fs::read(&pdf).unwrap();
    assert!(printed.starts_with(b"%PDF-") && printed.len() > 10_000, "{} bytes", printed.len());
}

#[tokio::test]
async fn hostile_text_neither_runs_on_the_page_nor_counts_in_the_table() {
    let world = World::empty().await;
    let hostile = [
        "<script>document.title='HACKED'</script>",
        "\"><img src=x onerror=\"document.title='HACKED'\">",
        "</td></table><style>*{display:none}</style>",
        "=HYPERLINK(\"http://evil.example\";\"x\")",
        "a,b;c\td\"e\r\nf",
    ];
    for subject in hostile {
        world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Subject, subject), (Meaning::Name, subject)]);
    }
    // Before the first cycle all of them are listed by name.
    let told = world.bridge.json(&["report", "--personal-data"]).await;
    let dom = open(&world.bridge, told["files"]["html"].as_str().unwrap(), "--dump-dom").await;
    assert!(!dom.contains("<title>HACKED") && !dom.contains("<script") && !dom.contains("<img"), "{dom}");
    assert_eq!(dom.matches("<style").count(), 1, "{dom}");
    assert!(dom.contains("&lt;script&gt;"), "it is shown as the text that it is: {dom}");

    let csv = std::fs::read_to_string(world.bridge.path(told["files"]["csv"].as_str().unwrap())).unwrap();
    let rows = csv.strip_prefix('\u{feff}').expect("a byte order mark");
    assert!(rows.ends_with("\r\n"), "lines end as on Windows");
    let mut reader = csv::Reader::from_reader(rows.as_bytes());
    let width = reader.headers().unwrap().len();
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), hostile.len());
    for record in &records {
        assert_eq!(record.len(), width);
        assert!(record.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{record:?}");
    }
    let listed = |text: &str| records.iter().any(|record| record.iter().any(|cell| cell == text));
    assert!(listed("'=HYPERLINK(\"http://evil.example\";\"x\")"), "{records:#?}");
}

/// The numbers on the cards of the summary.
fn cards(dom: &str) -> Vec<u64> {
    let counts = dom.split("<span class=\"count\">").skip(1).filter_map(|rest| rest.split_once('<'));
    counts.map(|(count, _)| count.replace(['.', ','], "").parse().unwrap()).collect()
}

/// A page in headless Chromium; what that prints.
async fn open(bridge: &Bridge, page: &str, what: &str) -> String {
    let profile = tempfile::tempdir_in(bridge.path("")).unwrap();
    let url = url::Url::from_file_path(bridge.path(page)).unwrap();
    let mut command = Command::new("chromium");
    command.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display())).arg(what).arg(url.as_str());
    command.env("HOME", profile.path()).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().expect("chromium is installed")).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
