//! Attachments that a system carries zipped inside its documents: fetched out of them, and put into them.

use std::fs;
use std::io::{Cursor, Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use pakn_bridge::faces::sandbox::System;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::front::{Act, Asked, Front};
use crate::world::World;

use System::{Hotline, Legal};

const CONTENT: &[u8] = b"%PDF-1.4 \x00\xFF not text";

/// A file's bytes as the answer of a system that zips.
fn zipped(bytes: &[u8]) -> String {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("thu-muc/tep", SimpleFileOptions::default()).unwrap();
    zip.write_all(bytes).unwrap();
    let text = STANDARD.encode(zip.finish().unwrap().into_inner());
    format!("<Tep xmlns=\"http://phapluat.gov.vn/pakn/v1\"><NoiDungNen>{text}</NoiDungNen></Tep>")
}

/// A request that carries a zipped file, as the sandbox takes it: the file itself.
fn unzipped(asked: &Asked) -> Option<Bytes> {
    let text = String::from_utf8(asked.body.to_vec()).ok()?;
    let (before, rest) = text.split_once("<pl:NoiDungTep>")?;
    let (packed, after) = rest.split_once("</pl:NoiDungTep>")?;
    let mut archive = ZipArchive::new(Cursor::new(STANDARD.decode(packed).unwrap())).unwrap();
    assert_eq!(archive.len(), 1);
    let mut file = archive.by_index(0).unwrap();
    assert_eq!(file.name(), "bien-ban.pdf");
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    let whole = format!("{before}<pl:NoiDungTep>{}</pl:NoiDungTep>{after}", STANDARD.encode(bytes));
    Some(Bytes::from(whole))
}

#[tokio::test]
async fn zipped_files_cross_both_ways() {
    let world = World::empty().await.with_own_mappings(|text| {
        text.replace("${item.base64}", "${item.base64_zip}").replace(
            "on    = \"GET /tep/${child.id}\"\ngives = \"bytes\"",
            "on    = \"GET /tep/${child.id}\"\ntake  = { base64_zip = \"pl:NoiDungNen\" }",
        )
    });
    let legal = world.sandbox.urls().legal.clone();
    let front = Front::before(&legal, |asked| match unzipped(asked) {
        Some(body) => Act::PassAs(body),
        None if asked.path.starts_with("/tep/") => Act::TellAs(zipped),
        None => Act::Pass,
    })
    .await;
    let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
    world.bridge.write("bridge.toml", &config.replace(&legal, &front.url));

    for (from, to) in [(Hotline, Legal), (Legal, Hotline)] {
        let id = world.sandbox.person_creates(from, "legal_text", &[]);
        let bytes = Bytes::from_static(CONTENT);
        world.sandbox.person_attaches(from, &id, "bien-ban.pdf", "application/pdf", bytes).unwrap();
        world.quiet().await.expect(0);
        assert_eq!(world.copy(from, &id, to).children.values().map(Vec::len).sum::<usize>(), 1, "{}", to.as_str());
    }
    // The recount compares digests of what each side holds.
    world.expect_clean();
}
