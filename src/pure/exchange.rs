//! One exchange with a remote system, without moving a byte: a call becomes a request, its answer becomes a verdict,
//! and a verdict tells where the next page begins.
//!
//! It knows mappings and trees; it knows no socket, no clock and no ticket's meaning.

mod message;

pub use message::{Answer, Body, Method, Part, Request};
