//! Floor 4: what people and test systems look at.

pub mod hooks;
pub mod sandbox;
pub mod serve;
