//! Systems whose documents are in an encoding from before Unicode: everything crosses as it was written, and what they
//! have no letter for is refused, never replaced.

use std::fs;

use pakn_bridge::faces::sandbox::{Meaning, System};
use pakn_bridge::pure::encoding::Encoding;

use crate::bridge::Bridge;
use crate::front::{Act, Front};
use crate::world::World;

use System::{Hotline, Legal, Portal};

/// A hotline of JSON in VISCII, and legal texts of SOAP in Windows-1258.
async fn old_systems() -> (World, [Front; 2]) {
    let speaking = |text: &str| {
        let encoding = match text {
            _ if text.contains("\"tongdai-1022\"") => Encoding::Viscii,
            _ if text.contains("\"phapluat\"") => Encoding::Windows1258,
            _ => Encoding::Utf8,
        };
        text.replacen("[record]\n", &format!("[record]\nencoding = \"{}\"\n", encoding.name()), 1)
    };
    let world = World::empty().await.with_own_mappings(speaking);
    let urls = world.sandbox.urls();
    let hotline = Front::speaking(Encoding::Viscii, &urls.hotline, |_| Act::Pass).await;
    let legal = Front::speaking(Encoding::Windows1258, &urls.legal, |_| Act::Pass).await;
    let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
    let config = config.replace(&urls.hotline, &hotline.url).replace(&urls.legal, &legal.url);
    world.bridge.write("bridge.toml", &config);
    (world, [hotline, legal])
}

#[tokio::test]
async fn tickets_cross_between_systems_of_three_encodings_as_they_were_written() {
    let (world, [hotline, legal]) = old_systems().await;
    let words = [
        (Meaning::Subject, "ĐƯỜNG ĐỒNG KHỞI ngập, Ổ gà"),
        (Meaning::Content, "Điều 5, khoản 2: mỹ thuật, Ỷ LAN, ẴM BÉ"),
    ];
    let up = world.sandbox.person_creates(Hotline, "feedback", &words);
    let down = world.sandbox.person_creates(Portal, "feedback", &words);
    let law = world.sandbox.person_creates(Hotline, "legal_text", &words);
    world.quiet().await.expect(0);
    for copy in [world.copy(Hotline, &up, Portal), world.copy(Portal, &down, Hotline), world.copy(Hotline, &law, Legal)]
    {
        for (meaning, text) in &words {
            // The sandbox's people add a token to what they say.
            assert!(copy.values[meaning].parts().join("").starts_with(text), "{:?}", copy.values[meaning]);
        }
    }
    world.expect_clean();
    let has = |front: &Front, bytes: &[u8]| {
        front.passed.lock().unwrap().iter().any(|passed| passed.body.windows(bytes.len()).any(|found| found == bytes))
    };
    assert!(has(&hotline, &Encoding::Viscii.encode("Ổ gà").unwrap()), "the hotline spoke VISCII");
    assert!(has(&legal, &Encoding::Windows1258.encode("Ổ gà").unwrap()), "the other Windows-1258");
}

#[tokio::test]
async fn a_letter_that_a_system_does_not_have_is_refused_and_never_replaced() {
    let (world, _fronts) = old_systems().await;
    let words = [(Meaning::Subject, "Ổ gà"), (Meaning::Content, "Trước số 5"), (Meaning::Dossier, "Hồ sơ 書-1")];
    let id = world.sandbox.person_creates(Portal, "feedback", &words);
    world.quiet().await;
    let dossier = || world.copy(Portal, &id, Hotline).values.get(&Meaning::Dossier).map(|raw| raw.parts().join(""));
    assert!(dossier().unwrap_or_default().is_empty(), "{:?}", dossier());
    let told = world.bridge.run(&["queue", "list", "--lang", "en"]).await;
    assert!(told.stdout.contains("a character that viscii does not have (U+66F8)"), "{told:#?}");
    world.sandbox.person_edits(Portal, &id, &[(Meaning::Dossier, "Hồ sơ 1")]).unwrap();
    world.quiet().await.expect(0);
    assert_eq!(dossier().as_deref(), Some("Hồ sơ 1"));
}

#[tokio::test]
async fn one_document_in_another_encoding_is_read_and_written_by_hand_too() {
    let bridge = Bridge::new("");
    let file = bridge.write(
        "old.toml",
        r#"
format = 1
name   = "old"
[http]
base = "http://127.0.0.1"
[call.changes]
on    = "GET /"
items = "[]"
[call.get]
on = "GET /${id}"
[call.create]
on  = "POST /"
csv = { "$merge" = "${write}" }
[record]
kind     = "csv"
encoding = "tcvn3"
csv      = { delimiter = ";", columns = ["Ma", "TieuDe"] }
id       = "Ma"
[field]
subject = { at = "TieuDe", type = "text" }
"#,
    );
    let file = file.to_str().unwrap();
    let document = bridge.path("phieu.csv");
    fs::write(&document, b"7;\xa7\xe5ng Nai\r\n").unwrap();
    let document = document.to_str().unwrap();
    let read = bridge.run(&["map", "read", file, document]).await.expect(0);
    assert_eq!(read.json()["fields"]["subject"], "Đồng Nai");
    // What is written is bytes of the system, no text of ours.
    let ticket = bridge.write("ticket.json", "{\"fields\":{\"subject\":\"Xuân Lộc\"}}");
    let written = bridge.run(&["map", "write", file, ticket.to_str().unwrap()]).await.expect(0);
    assert!(written.stdout.contains("Xu\u{fffd}n L\u{fffd}c"), "{written:#?}");
    fs::write(document, b"7;\xff\r\n").unwrap();
    let broken = bridge.run(&["map", "read", file, document]).await.expect(2);
    assert!(broken.stderr.contains("no tcvn3 at byte 2"), "{broken:#?}");
}
