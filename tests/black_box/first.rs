//! The first listing of a system: it may take long, and what it brings is sent meanwhile; but nothing is written to a
//! system before that one was listed whole.

use pakn_bridge::faces::sandbox::System;

use crate::front::{Act, Asked, Front};
use crate::world::{World, config_for};

use System::{Hotline, Portal};

/// A world whose hotline lists so few tickets a page that there are several pages, and two of its tickets.
async fn listed_by_ones() -> (World, [String; 2]) {
    let world = World::empty().await;
    let world = world.with_own_mappings(|text| text.replace("first = 1, size = 200", "first = 1, size = 1"));
    let ids = [(); 2].map(|()| world.sandbox.person_creates(Hotline, "feedback", &[]));
    (world, ids)
}

/// Puts a gateway before one system that answers these requests with an outage.
async fn without(world: &World, url: &str, is_out: impl Fn(&Asked) -> bool + Send + Sync + 'static) -> Front {
    let rule = move |asked: &Asked| if is_out(asked) { Act::Answer(503, "{}") } else { Act::Pass };
    let front = Front::before(url, rule).await;
    let config = std::fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
    world.bridge.write("bridge.toml", &config.replace(url, &front.url));
    front
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_brings_is_sent_before_it_ends() {
    let (world, [first, second]) = listed_by_ones().await;
    let hotline = world.sandbox.urls().hotline.clone();
    let _front = without(&world, &hotline, |asked| asked.query.contains("Trang=2")).await;
    world.sync().await.expect(3);
    assert_eq!(world.copies(Hotline, &first, Portal).len(), 1);
    assert_eq!(world.copies(Hotline, &second, Portal).len(), 0, "it was never listed");
    world.bridge.write("bridge.toml", &config_for(&world.sandbox));
    world.quiet().await.expect(0);
    world.expect_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_was_not_listed_whole_is_not_written_to() {
    let (world, [first, second]) = listed_by_ones().await;
    let portal = world.sandbox.urls().portal.clone();
    let front = without(&world, &portal, |asked| asked.tells("DanhSachPAKNChoXuLy")).await;
    world.sync().await.expect(3);
    for id in [first, second] {
        assert_eq!(world.copies(Hotline, &id, Portal).len(), 0);
    }
    drop(front);
    world.bridge.write("bridge.toml", &config_for(&world.sandbox));
    world.quiet().await.expect(0);
    world.expect_clean();
}
