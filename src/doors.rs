//! Floor 2: the only IO. Doors never import doors.

pub mod config;
pub mod connector;
pub mod shelf;
pub mod spool;
pub mod store;
