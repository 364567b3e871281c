//! `check --coverage`: what real answers hold beyond a mapping, told without telling what is in them.

use std::fs;

use bytes::Bytes;
use pakn_bridge::faces::sandbox::{Options, Sandbox, System};

use crate::bridge::Bridge;
use crate::front::{Act, Front};
use crate::harness::mapping;
use crate::world::{bridge_for, config_for};

/// Cycles in which everything that people did has crossed.
const CYCLES: usize = 4;

#[tokio::test]
async fn what_the_sandboxes_answer_to_a_bridge_is_covered_by_the_shipped_mappings() {
    let options = Options { people: false, tickets: 60, selected_percent: 50, ..Options::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    for (system, kind) in [(System::Hotline, "legal_text"), (System::Portal, "feedback"), (System::Legal, "legal_text")]
    {
        let id = sandbox.person_creates(system, kind, &[]);
        sandbox.person_transfers(system, &id, "000.00.12.H19", "Đúng thẩm quyền").unwrap();
        sandbox.person_replies(system, &id, "Đã xử lý").unwrap();
        let bytes = Bytes::from_static(b"%PDF-1.4");
        sandbox.person_attaches(system, &id, "anh.pdf", "application/pdf", bytes).unwrap();
    }
    let urls = sandbox.urls();
    let mut config = config_for(&sandbox);
    let mut fronts = Vec::new();
    for (system, url) in
        [(System::Hotline, &urls.hotline), (System::Portal, &urls.portal), (System::Legal, &urls.legal)]
    {
        let front = Front::before(url, |_| Act::Pass).await;
        config = config.replace(&format!("{url:?}"), &format!("{:?}", front.url));
        fronts.push((system, front));
    }
    let bridge = bridge_for(&sandbox, &config);
    for _ in 0..CYCLES {
        // What a system refuses is an answer too.
        let synced = bridge.run(&["sync", "--wait", "5"]).await;
        assert!(matches!(synced.code, 0 | 1), "{synced:#?}");
    }
    for (system, front) in fronts {
        let name = system.as_str();
        let folder = bridge.path(&format!("captured/{name}"));
        fs::create_dir_all(&folder).unwrap();
        let mut kept = 0;
        for (number, answer) in front.passed.lock().unwrap().iter().enumerate() {
            // Files that people attached are no documents.
            if ["application/json", "text/xml", "application/xml"].iter().any(|kind| answer.kind.starts_with(kind)) {
                fs::write(folder.join(format!("{number:06}")), &answer.body).unwrap();
                kept += 1;
            }
        }
        assert!(kept > 5, "{name}: {kept} answers");
        let file = mapping(&format!("{name}.toml"));
        let told = bridge.run(&["check", file.to_str().unwrap(), "--coverage", folder.to_str().unwrap()]).await;
        assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
        let report = bridge.json(&["check", file.to_str().unwrap(), "--coverage", folder.to_str().unwrap()]).await;
        assert_eq!((&report["covered"], &report["files"]), (&true.into(), &kept.into()), "{report:#}");
        for kind in ["ticket", "reply", "transfer", "attachment"] {
            assert!(report["records"][kind].as_u64().is_some_and(|count| count > 0), "{name} {kind}: {report:#}");
        }
    }
}

#[tokio::test]
async fn the_documents_that_shipped_mappings_show_are_covered() {
    let bridge = Bridge::new("");
    for name in ["tongdai-1022", "dvcqg", "phapluat", "roundup"] {
        let file = mapping(&format!("{name}.toml"));
        let text: toml::Table = fs::read_to_string(&file).unwrap().parse().unwrap();
        let documents =
            text["example"].as_array().unwrap().iter().filter_map(|example| example.get("document")?.as_str());
        for (number, document) in documents.enumerate() {
            bridge.write(&format!("{name}/{number}"), document);
        }
        let folder = bridge.path(name);
        let told = bridge.run(&["check", file.to_str().unwrap(), "--coverage", folder.to_str().unwrap()]).await;
        assert_eq!(told.code, 0, "{name}: {}{}", told.stdout, told.stderr);
    }
}

const PAGE: &str = r#"{"MaTraLoi":"000","TongSo":2,"DanhSachKetQua":[
 {"Id":1,"TrangThai":99,"TieuDe":"Đường ngập","SoDienThoai":"gọi giờ hành chính","GhiChuRieng":"Nhà số 12 hẻm 5","NgayNhan":"hôm qua"},
 {"Id":2,"TrangThai":99,"TieuDe":"Đèn hỏng","SoDienThoai":"0912345678","GhiChuRieng":"","NgayNhan":"2026-11-20 08:15:00.000"}]}"#;

#[tokio::test]
async fn what_a_mapping_lacks_is_told_by_how_often_without_what_people_wrote() {
    let bridge = Bridge::new("");
    bridge.write("captured/page.json", PAGE);
    bridge.write("captured/deeper/cut.json", &PAGE[..PAGE.len() / 2]);
    bridge.write("captured/.hidden", "not looked at");
    let text = fs::read_to_string(mapping("tongdai-1022.toml")).unwrap();
    // Else every member that this page lacks would be a fault of its own.
    let file = bridge.write("hotline.toml", &text.replace("shows    = \"all\"", "shows    = \"some\""));
    let file = file.to_str().unwrap();
    let told = bridge.run(&["check", file, "--coverage", "captured"]).await.expect(1);
    for part in ["GhiChuRieng", "99", "NgayNhan", "submitter_phone", "cut.json", "Nothing maps", "Codes that no table"]
    {
        assert!(told.stdout.contains(part), "{part}: {}", told.stdout);
    }
    for secret in ["hẻm", "hành chính", "hôm qua", "0912345678", "Đường"] {
        assert!(!told.stdout.contains(secret) && !told.stderr.contains(secret), "{secret}: {}", told.stdout);
    }
    let report = bridge.json(&["check", file, "--coverage", "captured/page.json"]).await;
    assert_eq!(report["unmapped"][0]["path"], "GhiChuRieng", "{report:#}");
    assert_eq!((&report["unmapped"][0]["count"], &report["unmapped"][0]["filled"]), (&2.into(), &1.into()));
    assert_eq!((&report["unknown_codes"][0]["code"], &report["unknown_codes"][0]["count"]), (&"99".into(), &2.into()));
    let vietnamese = bridge.run(&["--lang", "vi", "check", file, "--coverage", "captured"]).await.expect(1);
    assert!(vietnamese.stdout.contains("Chưa được ánh xạ"), "{}", vietnamese.stdout);
}

#[tokio::test]
async fn coverage_of_nothing_is_wrong_use() {
    let bridge = Bridge::new("");
    let file = mapping("dvcqg.toml");
    let file = file.to_str().unwrap();
    fs::create_dir_all(bridge.path("empty")).unwrap();
    bridge.run(&["check", file, "--coverage", "empty"]).await.expect(2);
    bridge.run(&["check", file, "--coverage", "not-there"]).await.expect(2);
    bridge.run(&["check", file, file, "--coverage", file]).await.expect(2);
    bridge.run(&["check", "--coverage", file]).await.expect(2);
}

#[tokio::test]
async fn a_draft_from_captured_answers_passes_check_but_for_its_codes() {
    let bridge = Bridge::new("");
    bridge.write("captured/page.json", PAGE);
    let text = bridge.run(&["check", "--draft", "captured"]).await.expect(0).stdout;
    for secret in ["hẻm", "hành chính", "0912345678", "Đường"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert!(text.contains("items = \"DanhSachKetQua[]\"") && text.contains("TieuDe"), "{text}");
    bridge.write("draft.toml", &text);
    let told = bridge.run(&["check", "draft.toml"]).await.expect(2);
    let problems = told.stderr.lines().filter(|line| line.starts_with('M')).collect::<Vec<_>>();
    assert!(!problems.is_empty() && problems.iter().all(|line| line.contains("code")), "{}", told.stderr);
    bridge.run(&["check", "--draft", "nothing-there"]).await.expect(2);
    bridge.run(&["check", "draft.toml", "--draft", "captured"]).await.expect(2);
}

const ROWS: &str = "Ma;TieuDe;TrangThai;SoDienThoai;GhiChuRieng\r\n1;Đường ngập;MOI;0912345678;Nhà số 12 hẻm 5\r\n2;Đèn hỏng;LA;gọi giờ hành chính;\r\n";

#[tokio::test]
async fn rows_of_text_are_drafted_from_and_covered_like_other_documents() {
    let bridge = Bridge::new("");
    bridge.write("captured/trang.csv", ROWS);
    let text = bridge.run(&["check", "--draft", "captured"]).await.expect(0).stdout;
    for secret in ["hẻm", "hành chính", "0912345678", "Đường"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    assert!(text.contains("kind     = \"csv\"") && text.contains("delimiter = \";\""), "{text}");
    // What only a person knows: the words of the codes, and a member that is nobody's.
    let words = "\nreceived = \"MOI\"\n";
    let text = text.replace("[code.status.words]", &format!("[code.status.words]{words}"));
    let text = text.replace("table = \"status\" }", "table = \"status\", write = \"never\" }");
    let file = bridge.write("xa.toml", &text);
    let file = file.to_str().unwrap();
    bridge.run(&["check", file]).await.expect(0);
    let report = bridge.json(&["check", file, "--coverage", "captured"]).await;
    assert_eq!(report["records"]["ticket"], 2, "{report:#}");
    assert_eq!((&report["unmapped"][0]["path"], &report["unmapped"][0]["filled"]), (&"GhiChuRieng".into(), &1.into()));
    assert_eq!(report["unknown_codes"][0]["code"], "LA", "{report:#}");
    bridge.write("captured/gay.csv", &ROWS.replace(";MOI", ""));
    let report = bridge.json(&["check", file, "--coverage", "captured"]).await;
    assert!(report["unreadable"][0]["file"].as_str().unwrap().ends_with("gay.csv"), "{report:#}");
}
