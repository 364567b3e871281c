//! `map`: a mapping tried on documents, good and bad.

use std::path::Path;

use crate::bridge::{Bridge, Finished};
use crate::harness::mapping;

const SHIPPED: [&str; 4] = ["tongdai-1022.toml", "dvcqg.toml", "phapluat.toml", "roundup.toml"];

#[tokio::test]
async fn the_documents_of_every_shipped_mapping_are_read_and_written_again() {
    let bridge = Bridge::new("");
    for name in SHIPPED {
        for document in documents(name) {
            let ticket = map(&bridge, "read", name, &document).await.expect(0);
            let read = ticket.json();
            assert!(read["fields"]["subject"].is_string() && read["replies"].is_array(), "{name}: {read:#}");
            let written = map(&bridge, "write", name, &ticket.stdout).await.expect(0);
            let subject = read["fields"]["subject"].as_str().unwrap();
            assert!(written.stdout.contains(subject), "{name}: {written:#?}");
            // What a ticket of this system reads as, is what it is written from.
            if let Some(reference) = read["reference"].as_str() {
                assert!(written.stdout.contains(reference), "{name}: {written:#?}");
            }
        }
    }
}

#[tokio::test]
async fn a_round_trip_shows_what_would_be_spelled_otherwise_and_says_so_by_its_exit_code() {
    let bridge = Bridge::new("");
    for name in ["dvcqg.toml", "phapluat.toml", "roundup.toml"] {
        let round = map(&bridge, "round", name, &documents(name)[0]).await.expect(0);
        assert!(round.stdout.lines().all(|line| line.starts_with(' ')), "{name}: {round:#?}");
    }
    // The hotline has several codes for one status; of these the first is written.
    let document = &documents("tongdai-1022.toml")[0];
    let round = map(&bridge, "round", "tongdai-1022.toml", document).await.expect(1);
    let changed: Vec<_> = round.stdout.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(changed, ["-ticket.status = \"8\"", "+ticket.status = \"7\""]);
    let path = bridge.write("document", document);
    let file = mapping("tongdai-1022.toml");
    let json = bridge.json(&["map", "round", file.to_str().unwrap(), path.to_str().unwrap()]).await;
    assert_eq!(json["same"], false, "{json:#}");
    assert_eq!(json["shown"].as_array().map(Vec::len), json["again"].as_array().map(Vec::len));
}

#[tokio::test]
async fn a_round_trip_of_a_whole_document_shows_that_what_nothing_maps_survives() {
    let bridge = Bridge::new("");
    let head = "format = 1\nname = \"whole\"\n[http]\nbase = \"http://127.0.0.1\"\n[call.changes]\non = \"GET /\"\nitems = \"rows[]\"\n";
    let calls = "[call.get]\non = \"GET /${id}\"\n[call.update]\non = \"PUT /${id}\"\n";
    let fields = "[field]\nsubject = { at = \"Ten\", type = \"text\" }\nsubmitter_phone = { at = \"Lien.SoDienThoai\", type = \"phone\", as = \"local\" }\n";
    let json = format!("{head}{calls}json = \"${{whole}}\"\n[record]\nkind = \"json\"\nid = \"Id\"\n{fields}");
    let xml = json
        .replace("json = \"${whole}\"", "xml = \"<PhieuMoi>${whole}</PhieuMoi>\"")
        .replace("kind = \"json\"", "kind = \"xml\"");
    let cases = [
        (
            json,
            r#"{"Id":"7","la":[1.0,null,{}],"Lien":{"x":true,"SoDienThoai":"0900 000 001"},"Ten":"Ổ gà"}"#,
            " Id = \"7\"\n la[0] = 1.0\n la[1] = null\n la[2] = {}\n Lien.x = true\n-Lien.SoDienThoai = \"0900 000 001\"\n+Lien.SoDienThoai = \"0900000001\"\n Ten = \"Ổ gà\"\n",
        ),
        (
            xml,
            r#"<Phieu moi="1"><Id>7</Id><la/><Lien><SoDienThoai>0900 000 001</SoDienThoai></Lien><Ten>Ổ gà</Ten></Phieu>"#,
            " Phieu.@moi = \"1\"\n Phieu.Id = \"7\"\n Phieu.la = \"\"\n-Phieu.Lien.SoDienThoai = \"0900 000 001\"\n+Phieu.Lien.SoDienThoai = \"0900000001\"\n Phieu.Ten = \"Ổ gà\"\n",
        ),
    ];
    for (mapping, document, diff) in cases {
        let (file, path) = (bridge.write("whole.toml", &mapping), bridge.write("document", document));
        let (file, path) = (file.to_str().unwrap(), path.to_str().unwrap());
        let round = bridge.run(&["map", "round", file, path]).await.expect(1);
        assert_eq!(round.stdout, diff);
        bridge.write("document", &document.replace(' ', "").replace("Ổgà", "Ổ gà").replace("Phieumoi", "Phieu moi"));
        let same = bridge.run(&["map", "round", file, path]).await.expect(0);
        assert!(same.stdout.lines().all(|line| line.starts_with(' ')), "{same:#?}");
    }
}

#[tokio::test]
async fn a_ticket_with_its_parts_is_written_where_the_system_shows_them() {
    let bridge = Bridge::new("");
    let name = "tongdai-1022.toml";
    let ticket = map(&bridge, "read", name, &documents(name)[0]).await.expect(0);
    let written = map(&bridge, "write", name, &ticket.stdout).await.expect(0).json();
    assert_eq!(written["TraLoi"][0]["NoiDung"], "Đội thoát nước đã xử lý.", "{written:#}");
    assert_eq!(written["ChuyenXuLy"][0]["DonViNhan"], "SXD", "{written:#}");
    assert_eq!(written["TepDinhKem"][0]["TenTep"], "hien-truong.jpg", "{written:#}");
    let path = bridge.write("ticket", r#"{"fields":{"status":"answered","refusal_reason":null}}"#);
    let file = mapping(name);
    let update = bridge.run(&["map", "write", "--update", file.to_str().unwrap(), path.to_str().unwrap()]).await;
    let update = update.expect(0).json();
    assert_eq!(update, serde_json::json!({ "TrangThai": 10, "LyDoTuChoi": null }));
}

#[tokio::test]
async fn a_trace_tells_which_line_gave_which_field_and_goes_on_past_what_is_wrong() {
    let bridge = Bridge::new("");
    let file = mapping("tongdai-1022.toml");
    let file = file.to_str().unwrap();
    let document = documents("tongdai-1022.toml").remove(0);
    let path = bridge.write("document", &document);
    let trace = bridge.json(&["map", "read", "--trace", file, path.to_str().unwrap()]).await;
    let rows = trace["trace"].as_array().unwrap();
    let of = |record: &str, field: &str| {
        let found = rows.iter().find(|row| row["record"] == record && row["field"] == field);
        found.unwrap_or_else(|| panic!("{record}.{field} in {trace:#}"))
    };
    let status = of("ticket", "status");
    assert_eq!((&status["path"], &status["spelled"][0]), (&"TrangThai".into(), &"8".into()));
    assert_eq!((&status["value"], &status["by"]), (&"in_progress".into(), &"[code.status] in_progress = \"8\"".into()));
    let line = usize::try_from(status["line"].as_u64().unwrap()).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.lines().nth(line - 1).unwrap().starts_with("status"), "{status:#}");
    assert_eq!(of("ticket", "refusal_reason")["by"], "absent: null");
    assert_eq!(of("replies[0]", "at")["by"], "type instant");

    let wrong = document.replace("\"LinhVucPAKNId\":104", "\"LinhVucPAKNId\":999");
    bridge.write("document", &wrong);
    let told = bridge.run(&["map", "read", "--trace", file, path.to_str().unwrap()]).await.expect(1);
    assert!(told.stdout.contains("! the unknown code `999`"), "{told:#?}");
    assert!(told.stdout.contains("attachments[0].name"), "{told:#?}");
    bridge.run(&["map", "write", "--trace", file, path.to_str().unwrap()]).await.expect(2);
    bridge.run(&["map", "round", "--update", file, path.to_str().unwrap()]).await.expect(2);
}

#[tokio::test]
async fn one_ticket_goes_from_one_systems_spelling_to_anothers() {
    let bridge = Bridge::new("");
    let ticket = map(&bridge, "read", "tongdai-1022.toml", &documents("tongdai-1022.toml")[0]).await.expect(0);
    let json = map(&bridge, "write", "dvcqg.toml", &ticket.stdout).await.expect(0).json();
    assert_eq!(json["SoDienThoai"], "+84912345678", "{json:#}");
    let xml = map(&bridge, "write", "phapluat.toml", &ticket.stdout).await.expect(0);
    assert!(xml.stdout.contains("<") && xml.stdout.contains("+84912345678"), "{xml:#?}");
}

#[tokio::test]
async fn a_bad_document_is_told_with_its_reason_and_exit_code_2() {
    let bridge = Bridge::new("");
    let good = documents("tongdai-1022.toml").remove(0);
    let xml = documents("phapluat.toml").remove(0);
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>"#;
    let cases: [(&str, &str, Vec<u8>, &str); 12] = [
        ("read", "tongdai-1022.toml", Vec::new(), ""),
        ("read", "tongdai-1022.toml", good.as_bytes()[..good.len() / 2].to_vec(), ""),
        ("read", "tongdai-1022.toml", b"<html>503</html>".to_vec(), ""),
        ("read", "tongdai-1022.toml", b"{\"TieuDe\":\"\xff\xfe\"}".to_vec(), ""),
        ("read", "tongdai-1022.toml", "[".repeat(100_000).into_bytes(), ""),
        (
            "read",
            "tongdai-1022.toml",
            good.replace("\"LinhVucPAKNId\":104", "\"LinhVucPAKNId\":999").into_bytes(),
            "999",
        ),
        (
            "round",
            "tongdai-1022.toml",
            good.replace("2026-11-20 08:15:00.000", "0000-99-99").into_bytes(),
            "received_at",
        ),
        ("read", "phapluat.toml", bomb.as_bytes().to_vec(), ""),
        ("read", "phapluat.toml", xml.as_bytes()[..xml.len() / 2].to_vec(), ""),
        ("read", "dvcqg.toml", vec![b' '; 9_000_000], "larger than"),
        ("write", "dvcqg.toml", r#"{"fields":{"level":"rất gấp"}}"#.into(), "level"),
        ("write", "dvcqg.toml", br#"{"fields":{"subjekt":"x"}}"#.to_vec(), "subjekt"),
    ];
    for (way, name, document, told) in cases {
        let path = bridge.path("document");
        std::fs::write(&path, &document).unwrap();
        let file = mapping(name);
        let finished = bridge.run(&["map", way, file.to_str().unwrap(), path.to_str().unwrap()]).await;
        let start = String::from_utf8_lossy(&document).chars().take(60).collect::<String>();
        assert_eq!(finished.code, 2, "{start}: {finished:#?}");
        assert!(finished.stdout.is_empty() && finished.stderr.contains(told), "{start}: {finished:#?}");
        assert!(
            finished.stderr.len() > "pakn-bridge: \n".len() && finished.stderr.len() < 1000,
            "{start}: {finished:#?}"
        );
        assert!(!finished.stderr.contains("panicked"), "{start}: {finished:#?}");
    }
}

#[tokio::test]
async fn files_that_are_not_there_and_mappings_that_are_none_are_wrong_use() {
    let bridge = Bridge::new("");
    let file = mapping("dvcqg.toml");
    let file = file.to_str().unwrap();
    let none = bridge.run(&["map", "read", file, "khong-co.json"]).await.expect(2);
    assert!(none.stderr.contains("khong-co.json"), "{none:#?}");
    let none = bridge.run(&["map", "read", "khong-co.toml", file]).await.expect(2);
    assert!(none.stderr.contains("khong-co.toml"), "{none:#?}");
    let broken = bridge.write("broken.toml", "format = 1\nname = \"x\"\n[fild]\n");
    let told = bridge.run(&["map", "read", broken.to_str().unwrap(), file]).await.expect(2);
    assert!(told.stderr.contains("broken.toml:3") && told.stderr.contains("fild"), "{told:#?}");
    bridge.run(&["map", "sideways", file, file]).await.expect(2);
}

async fn map(bridge: &Bridge, way: &str, name: &str, document: &str) -> Finished {
    let path = bridge.write("document", document);
    bridge.run(&["map", way, mapping(name).to_str().unwrap(), path.to_str().unwrap()]).await
}

/// The documents that a mapping's examples show: as the system gives them.
fn documents(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(&mapping(name))).unwrap();
    let file: toml::Table = text.parse().unwrap();
    let examples = file["example"].as_array().unwrap().iter();
    let found: Vec<String> =
        examples.filter_map(|example| example.get("document")?.as_str().map(str::to_owned)).collect();
    assert!(!found.is_empty(), "{name} shows no document");
    found
}
