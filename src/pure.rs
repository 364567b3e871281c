//! Floor 1: decisions. No IO, no clock, no randomness.

pub mod content;
pub mod deadline;
pub mod document;
pub mod encoding;
pub mod exchange;
pub mod mapping;
pub mod messages;
pub mod reconcile;
pub mod report;
pub mod retry;
pub mod schedule;
pub mod sync;
pub mod wire;
