//! The mapping language: one file describes one remote system, and everything that is known of that system.
//!
//! Text → checked plan ([`Mapping`]) → readings and writes. The checked plan names no file syntax any more: all names
//! are resolved, all templates and paths are parsed, all settings are filled in. What a call's bytes are and what an
//! answer means is `pure::exchange`'s; this room knows documents only.

pub mod calls;
pub mod model;
pub mod path;
pub mod template;

pub use calls::{AnswerRule, Body, Call, Login, Paging, Verbs};
pub use model::Mapping;
pub use path::Path;
pub use template::{Template, Tree, Var, XmlTemplate};
