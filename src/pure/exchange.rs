//! One exchange with a remote system, without moving a byte: a call becomes a request, its answer becomes a verdict,
//! and a verdict tells where the next page begins.
//!
//! It knows mappings and trees; it knows no socket, no clock and no ticket's meaning.

mod examples;
mod expected;
#[cfg(test)]
mod fixture;
mod judge;
mod link;
mod message;
mod notice;
mod oauth2;
mod page;
mod query;
mod render;
mod scope;
mod sign;
mod state;
mod straight;
#[cfg(test)]
mod tests;
mod variables;
mod waiting;
mod writing;

pub use examples::run_examples;
pub use expected::{Answered, Expected, Shown};
pub use judge::{Judged, Look, Role, judge, judge_shown, taken};
pub use message::{Answer, Body, Outgoing, Part, Request};
pub use notice::{Notice, NoticeFault, notice};
pub use oauth2::{Token, ask_token, token};
pub use page::{PageError, Place, next_page};
pub use query::{Bound, Piece, Query};
pub use render::{RenderError, outgoing, render};
pub use scope::{Item, Scope};
pub use sign::{Attempt, mac, sign};
pub use straight::Printed;
pub use variables::variables;
