//! Links go each at their own pace: a system that answers nothing holds up its own link only.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pakn_bridge::faces::sandbox::System;

use crate::bridge::until;
use crate::front::{Act, Front};
use crate::world::{World, config_for};

use System::{Hotline, Portal};

#[tokio::test]
async fn while_one_system_is_silent_the_other_link_of_its_province_goes_on() {
    let world = World::empty().await;
    let (is_silent, was_asked) = (Arc::new(AtomicBool::default()), Arc::new(AtomicBool::default()));
    let (silent, asked) = (Arc::clone(&is_silent), Arc::clone(&was_asked));
    let legal = world.sandbox.urls().legal.clone();
    let front = Front::before(&legal, move |_| {
        if silent.load(Ordering::SeqCst) {
            asked.store(true, Ordering::SeqCst);
            return Act::Swallow;
        }
        Act::Pass
    })
    .await;
    // Longer than the test waits for anything.
    let config =
        config_for(&world.sandbox).replace(&legal, &front.url).replace("timeout = \"10s\"", "timeout = \"120s\"");
    world.bridge.write("bridge.toml", &config);
    world.quiet().await.expect(0);

    is_silent.store(true, Ordering::SeqCst);
    let daemon = world.bridge.start().await;
    until("the silent system is asked", || was_asked.load(Ordering::SeqCst)).await;
    for _ in 0..2 {
        let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
        until("its link goes round", || !world.copies(Hotline, &id, Portal).is_empty()).await;
    }
    daemon.kill();
}
