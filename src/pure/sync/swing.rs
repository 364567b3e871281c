//! A value that is written again and again goes to a person: two systems must not play ping-pong with it.
//!
//! Only writes that a side took count. What was planned and replaced, or refused for its version, was never there.

use chrono::TimeDelta;

use crate::words::clock::Timestamp;
use crate::words::record::Image;
use crate::words::side::Side;
use crate::words::ticket::Field;

use super::case::{Intent, Pair, Swing};

/// So many writes of one value within [`WINDOW`] are a loop.
const LIMIT: usize = 3;
/// See [`LIMIT`].
const WINDOW: TimeDelta = TimeDelta::hours(1);

/// Remembers an update that a side took.
pub(super) fn note(pair: &mut Pair, intent: &Intent, at: Timestamp) {
    pair.swings.retain(|swing| at - swing.at < WINDOW);
    if intent.target.is_none() {
        return;
    }
    for (name, planned) in &intent.fields {
        pair.swings.push(Swing { side: intent.side, field: name.clone(), image: planned.image.clone(), at });
    }
}

/// Whether writing this value once more would be one time too many.
pub(super) fn swings(pair: &Pair, to: Side, name: &Field, image: &Image, now: Timestamp) -> bool {
    let same =
        |swing: &&Swing| swing.side == to && swing.field == *name && swing.image == *image && now - swing.at < WINDOW;
    pair.swings.iter().filter(same).count() >= LIMIT
}
