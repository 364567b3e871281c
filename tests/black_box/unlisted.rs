//! A ticket that was deleted on one side without another word: it is only missing from a list.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pakn_bridge::faces::sandbox::{Meaning, System};
use pakn_bridge::words::clock::Stopwatch;
use serde_json::Value;

use crate::front::{Act, Front};
use crate::harness::client;
use crate::world::{World, config_for};

use System::{Hotline, Portal};

/// Longest that three direct reads, apart in time, may take to find it gone.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_ticket_that_a_whole_listing_leaves_out_is_read_and_closed_where_the_link_says_so() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let without: Arc<OnceLock<&'static str>> = Arc::default();
    let (gone, path) = (Arc::clone(&without), format!("/api/phieu/{id}"));
    let front = Front::before(&world.sandbox.urls().hotline, move |asked| match (gone.get(), asked.path.as_str()) {
        (Some(list), "/api/phieu") if asked.query.contains("Trang=") => Act::Answer(200, list),
        (Some(_), asked) if asked.starts_with(&path) => {
            Act::Answer(404, r#"{"MaTraLoi":"KHONG_TIM_THAY","NoiDungThongDiep":"Không tìm thấy","DanhSachKetQua":[]}"#)
        }
        _ => Act::Pass,
    })
    .await;
    let config = config_for(&world.sandbox).replace(&world.sandbox.urls().hotline, &front.url).replacen(
        "national = \"dvcqg\"\n",
        "national = \"dvcqg\"\non_gone = \"close\"\n",
        1,
    );
    world.bridge.write("bridge.toml", &config);
    world.quiet().await.expect(0);
    // A younger one, which is seen alive: the hotline did not lose its newest tickets.
    let well = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    let (copy, other) = (world.copy(Hotline, &id, Portal), world.copy(Hotline, &well, Portal));
    let status = |id: &str| world.sandbox.ticket(Portal, id).unwrap().words(Portal, Meaning::Status);
    assert_ne!(status(&copy.id), "closed");

    let list = Box::leak(listing_without(&world, &id).await.into_boxed_str());
    without.set(list).expect("once");
    world.bridge.run(&["sync", "--full"]).await.expect(0);
    assert_ne!(status(&copy.id), "closed", "one read proves nothing");
    let waited = Stopwatch::start();
    while status(&copy.id) != "closed" && waited.elapsed() < PATIENCE {
        world.bridge.run(&["sync", "--full"]).await.expect(0);
    }
    assert_eq!(status(&copy.id), "closed");
    assert_eq!(status(&other.id), other.words(Portal, Meaning::Status), "the other is as it was");
}

/// What the hotline lists, less one ticket.
async fn listing_without(world: &World, id: &str) -> String {
    let key = &world.sandbox.credentials().hotline_key;
    let url = format!("{}/api/phieu", world.sandbox.urls().hotline);
    let answer = client().get(url).header("X-Api-Key", key).send().await.unwrap().text().await.unwrap();
    let mut list: Value = serde_json::from_str(&answer).unwrap();
    let rows = list["DanhSachKetQua"].as_array_mut().unwrap();
    rows.retain(|row| row["Id"].as_u64() != id.parse().ok());
    let count = rows.len();
    assert_eq!(count, 1);
    list["TongSo"] = count.into();
    list.to_string()
}
