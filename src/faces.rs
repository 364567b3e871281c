//! Floor 4: what people and test systems look at.

pub mod sandbox;
