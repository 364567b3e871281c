use std::collections::BTreeMap;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::facts::{LinkFound, Setup, report};
use super::mask::Masking;
use super::*;
use crate::pure::deadline::Deadlines;
use crate::pure::messages::ZONE;
use crate::pure::reconcile::{Difference, Item, Reconciled, Values};
use crate::words::extra::Extras;
use crate::words::ticket::{FIELDS, STATUSES};
use crate::words::value::Value;

fn now() -> Timestamp {
    "2026-11-23T06:30:00Z".parse().unwrap()
}

fn days_ago(days: i64) -> Timestamp {
    now() - TimeDelta::days(days)
}

fn item(class: Class, n: usize, values: &[(&'static str, Value)]) -> Item {
    let mut all: Values = values.iter().map(|(name, value)| (Field::fixed(name), value.clone())).collect();
    all.insert(Field::fixed("number"), Value::Text(format!("1022-26-{n:05}").into()));
    let ids = Sides { province: vec![format!("{n}").into()], national: vec![format!("PA{n:07}").into()] };
    Item {
        class,
        reference: format!("PB-{n:020X}").as_str().into(),
        ids,
        values: all,
        changed: None,
        differences: vec![],
        says: vec![],
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn code(word: &str) -> Value {
    Value::Code(word.into())
}

/// A hundred and more tickets in realistic proportions, and one of every class.
pub(crate) fn sample() -> Vec<LinkFound> {
    const SUBJECTS: [&str; 6] = [
        "Chậm trả kết quả cấp giấy chứng nhận quyền sử dụng đất",
        "Công trình xây dựng không phép gây tiếng ồn ban đêm",
        "Bãi rác tự phát trên đường Võ Thị Sáu chưa được thu gom",
        "Hẹn nhiều lần khi làm thủ tục đăng ký hộ kinh doanh",
        "Mất nước sinh hoạt kéo dài tại khu phố 3",
        "Cán bộ một cửa có thái độ không đúng mực",
    ];
    const FIELDS: [&str; 6] = ["land", "construction", "environment", "procedures", "utilities", "conduct"];
    const AGENCIES: [&str; 5] = ["H19.12", "H19.7", "H19.21", "H19.33.4", "H19.5"];
    let mut items = Vec::new();
    for n in 0..128_usize {
        let class = match n {
            3 | 41 => Class::Waiting,
            17 => Class::InDoubt,
            23 | 64 => Class::Conflict,
            31 => Class::Parked,
            57 => Class::Quarantined,
            _ => Class::Matched,
        };
        let age = (n as i64 * 7) % 45;
        let status = if age > 24 && n % 9 != 0 {
            ["answered", "published", "published", "closed", "refused"][n % 5]
        } else {
            ["received", "forwarded", "in_progress"][n % 3]
        };
        let pick = n * n % 17 % 6;
        let mut one = item(
            class,
            n + 1,
            &[
                ("subject", text(SUBJECTS[pick])),
                ("field", code(FIELDS[pick])),
                ("agency", code(AGENCIES[n * 3 % 11 % 5])),
                ("kind", code("feedback")),
                ("status", code(status)),
                ("submitter_name", text("Nguyễn Văn An")),
                ("submitter_phone", text("+84912345123")),
                ("received_at", Value::Instant(days_ago(age))),
            ],
        );
        if ["answered", "published", "closed", "refused"].contains(&status) {
            one.values.insert(Field::fixed("answered_at"), Value::Instant(days_ago(age - 10)));
        }
        match class {
            Class::Conflict => one.differences.push(Difference::Field {
                kind: RecordKind::Ticket,
                field: Field::fixed("agency"),
                shown: Sides { province: Some("H19.12".into()), national: Some("H19.7".into()) },
            }),
            Class::Parked => one.says.push("Tệp đính kèm vượt quá dung lượng cho phép (10 MB)".into()),
            Class::Quarantined => one.says.push("mã lĩnh vực lạ “99” tại linhVuc".into()),
            Class::InDoubt => {
                one.differences.push(Difference::OnlyAt { kind: RecordKind::Reply, side: Side::Province, count: 1 })
            }
            Class::Waiting => one.differences.push(Difference::Field {
                kind: RecordKind::Ticket,
                field: Field::fixed("status"),
                shown: Sides { province: Some("in_progress".into()), national: Some("received".into()) },
            }),
            _ => {}
        }
        items.push(one);
    }
    let legal = (200..214_usize)
        .map(|n| {
            item(
                Class::Matched,
                n,
                &[
                    ("subject", text("Điều 5 Thông tư chưa thống nhất với Luật")),
                    ("field", code("justice")),
                    ("agency", code("H19.5")),
                    ("kind", code("legal_text")),
                    ("status", code(["received", "published"][n % 2])),
                    ("received_at", Value::Instant(days_ago(12))),
                ],
            )
        })
        .collect();
    let found = |items, province, national| Reconciled { items, not_selected: Sides { province, national } };
    vec![
        LinkFound {
            name: "pakn".into(),
            systems: Sides { province: "tongdai-1022".into(), national: "dvcqg".into() },
            found: found(items, 55_693, 0),
        },
        LinkFound {
            name: "phapluat".into(),
            systems: Sides { province: "tongdai-1022".into(), national: "phapluat".into() },
            found: found(legal, 55_807, 3),
        },
    ]
}

pub(crate) fn facts(links: Vec<LinkFound>, masking: Masking) -> Report {
    let agencies = [
        ("H19.12", "Sở Nông nghiệp và Môi trường"),
        ("H19.7", "Sở Xây dựng"),
        ("H19.21", "UBND phường Trấn Biên"),
        ("H19.33.4", "UBND xã Long Thành"),
        ("H19.5", "Sở Tư pháp"),
    ];
    let agencies: BTreeMap<String, String> =
        agencies.into_iter().map(|(code, name)| (code.to_owned(), name.to_owned())).collect();
    let setup = Setup {
        run: 42,
        program: "pakn-bridge 0.1.0".into(),
        issuer: vec!["ỦY BAN NHÂN DÂN THÀNH PHỐ ĐỒNG NAI".into(), "TỔNG ĐÀI DỊCH VỤ CÔNG 1022".into()],
        now: now(),
        period: Period { from: Some(days_ago(30)), to: now() },
        masking,
        deadlines: &Deadlines::national(ZONE),
        agencies: &agencies,
        extras: &Extras::NONE,
        mappings: vec![MappingUsed {
            system: "dvcqg".into(),
            file: "dvcqg.toml".into(),
            sha256: "ab".repeat(32),
            since: None,
        }],
    };
    report(&setup, links)
}

fn link(items: Vec<Item>) -> Vec<LinkFound> {
    let systems = Sides { province: "p".into(), national: "n".into() };
    vec![LinkFound {
        name: "pakn".into(),
        systems,
        found: Reconciled { items, not_selected: Sides { province: 7, national: 2 } },
    }]
}

fn small() -> Report {
    let mut one = item(
        Class::Differing,
        1,
        &[
            ("subject", text("=HYPERLINK(\"http://x\")\r\n<script>alert(1)</script>\u{202E}")),
            ("field", code("land")),
            ("agency", code("H19.12")),
            ("status", code("in_progress")),
            ("submitter_name", text("Trần Thị Bình")),
            ("submitter_phone", text("+84912345123")),
            ("received_at", Value::Instant(days_ago(22))),
        ],
    );
    one.differences = vec![
        Difference::Field {
            kind: RecordKind::Ticket,
            field: Field::fixed("status"),
            shown: Sides { province: Some("in_progress".into()), national: None },
        },
        Difference::Field {
            kind: RecordKind::Ticket,
            field: Field::fixed("submitter_email"),
            shown: Sides { province: Some("binh@example.vn".into()), national: Some("b@example.vn".into()) },
        },
        Difference::OnlyAt { kind: RecordKind::Reply, side: Side::National, count: 2 },
    ];
    one.says = vec!["Lỗi \"99\": <b>không</b> nhận & trả lại".into()];
    facts(link(vec![one, item(Class::Matched, 2, &[("status", code("published"))])]), Masking::On)
}

/// Fails where the page is not well-formed; returns its texts.
fn texts(page: &str) -> String {
    let body = page.strip_prefix("<!DOCTYPE html>\n").unwrap();
    let mut reader = quick_xml::Reader::from_str(body);
    let mut found = String::new();
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => return found,
            quick_xml::events::Event::Start(start) => {
                let name = start.name();
                assert!(!matches!(name.as_ref(), "script" | "iframe" | "img"), "{name:?}");
            }
            quick_xml::events::Event::Text(text) => found.push_str(&text),
            _ => {}
        }
    }
}

#[test]
fn no_foreign_text_breaks_out_of_the_page() {
    for language in Language::ALL {
        let page = html::render(&small(), language);
        texts(&page);
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
        assert!(!page.contains("<script") && !page.contains('\u{202E}') && !page.contains("<b>không"));
        assert!(!["src=", "href=", "url(", "@import"].iter().any(|outside| page.contains(outside)));
    }
}

#[test]
fn the_page_reads_in_both_languages_with_local_dates() {
    let vi = texts(&html::render(&small(), Language::Vi));
    for want in [
        "BÁO CÁO ĐỐI SOÁT PHẢN ÁNH, KIẾN NGHỊ",
        "Độc lập - Tự do - Hạnh phúc",
        "Sở Nông nghiệp và Môi trường",
        "Đất đai",
        "23/11/2026 13:30",
    ] {
        assert!(vi.contains(want), "{want}");
    }
    let en = texts(&html::render(&small(), Language::En));
    assert!(en.contains("RECONCILIATION REPORT") && en.contains("2026-11-23 13:30") && en.contains("Land"));
}

#[test]
fn no_rendering_shows_a_masked_value() {
    let report = small();
    let all = [
        html::render(&report, Language::Vi),
        csv::tickets(&report, Language::Vi).unwrap(),
        json::render(&report).unwrap(),
        self::text::render(&report, Language::En),
    ];
    for page in all {
        for secret in ["Bình", "912345", "example.vn"] {
            assert!(!page.contains(secret), "{secret} in {page}");
        }
    }
    let open = facts(sample(), Masking::Off);
    assert!(html::render(&open, Language::Vi).contains("CÓ DỮ LIỆU CÁ NHÂN"));
    assert!(csv::tickets(&open, Language::Vi).unwrap().contains("Nguyễn Văn An"));
}

#[test]
fn the_terminal_shows_what_came_of_it() {
    insta::assert_snapshot!(self::text::render(&small(), Language::En));
}

#[test]
fn spreadsheets_get_a_line_a_ticket() {
    insta::assert_snapshot!(
        csv::tickets(&small(), Language::Vi).unwrap().replace("\r\n", "\n").replace('\u{FEFF}', "")
    );
    insta::assert_snapshot!(
        csv::figures(&small(), Language::En).unwrap().replace("\r\n", "\n").replace('\u{FEFF}', "")
    );
}

#[test]
fn the_shape_for_programs_is_stable_and_reads_back() {
    let report = small();
    let text = json::render(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    insta::assert_snapshot!(text);
}

fn any_item() -> impl Strategy<Value = Item> {
    (
        0..Class::ALL.len(),
        0..STATUSES.len(),
        proptest::option::of(0..FIELDS.len()),
        0..3u8,
        proptest::option::of(0..60i64),
    )
        .prop_map(|(class, status, field, agency, age)| {
            let mut values = vec![("status", code(STATUSES[status])), ("agency", code(&format!("H19.{agency}")))];
            values.extend(field.map(|field| ("field", code(FIELDS[field]))));
            values.extend(age.map(|age| ("received_at", Value::Instant(days_ago(age)))));
            item(Class::ALL[class], 1, &values)
        })
}

fn sum<'a>(tallies: impl Iterator<Item = &'a Tally>) -> (u64, u64, Figures, BTreeMap<Class, u64>) {
    let mut all = (0, 0, Figures::default(), BTreeMap::new());
    for tally in tallies {
        all.0 += tally.tickets;
        all.1 += tally.overdue;
        all.2 += tally.figures;
        for (class, count) in &tally.classes {
            *all.3.entry(*class).or_insert(0) += count;
        }
    }
    all
}

proptest! {
    #[test]
    fn totals_add_up(one in proptest::collection::vec(any_item(), 0..30), two in proptest::collection::vec(any_item(), 0..30)) {
        let listed = one.len() + two.len();
        let mut links = link(one);
        links.extend(link(two));
        let report = facts(links, Masking::On);
        prop_assert_eq!(report.totals.tickets, listed as u64);
        prop_assert_eq!(report.totals.classes.values().sum::<u64>(), report.totals.tickets);
        prop_assert_eq!(report.totals.count(|_| true), report.totals.tickets);
        let figures = report.totals.figures;
        prop_assert_eq!(figures.incoming(), figures.ended() + figures.outstanding());
        let totals = sum(std::iter::once(&report.totals));
        prop_assert_eq!(&sum(report.links.iter().map(|link| &link.tally)), &totals);
        prop_assert_eq!(&sum(report.links.iter().flat_map(|link| &link.by_field).map(|group| &group.tally)), &totals);
        prop_assert_eq!(&sum(report.links.iter().flat_map(|link| &link.by_agency).map(|group| &group.tally)), &totals);
        for link in &report.links {
            let unmatched = link.tally.tickets - link.tally.of(Class::Matched);
            let listed = link.tickets.iter().filter(|row| row.class != Class::Matched).count();
            prop_assert_eq!(listed as u64, unmatched);
        }
    }
}
