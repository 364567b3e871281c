//! The mapping language: one file describes one remote system, and everything that is known of that system.
//!
//! Text → checked plan ([`Mapping`], by [`load`]) → readings and writes. The checked plan names no file syntax any
//! more: all names are resolved, all templates and paths are parsed, all settings are filled in. What a call's bytes
//! are and what an answer means is `pure::exchange`'s; this room knows documents only.

pub mod auth;
mod bytes;
pub mod calls;
pub mod carrier;
mod check;
mod codec;
pub mod codes;
mod condition;
pub mod coverage;
pub mod draft;
pub mod grammar;
pub mod instant;
mod join;
mod laws;
pub mod model;
mod parse;
pub mod path;
pub mod problem;
pub mod read;
pub mod schema;
mod sound;
pub mod template;
#[cfg(test)]
mod tests;
pub mod trace;
mod write;

pub use calls::{AnswerRule, Body, Call, Login, Paging, Verbs};
pub use model::Mapping;
pub use parse::{Beside, MAX_MAPPING_BYTES, NOTHING_BESIDE, Texts, check, load};
pub use path::Path;
pub use problem::Problem;
pub use read::ReadFault;
pub use template::{Template, Tree, Var, XmlTemplate};
pub use write::{Form, Unprintable, Verb, Written};
