//! One link at work: its ends, and its rules as the core asks them.

use std::sync::Arc;

use crate::pure::sync::rules::Rules;
use crate::words::side::{LinkName, Side, Sides, SystemName};

/// A link between the province's system and a national one.
pub struct Link {
    /// Name in the config.
    pub name: LinkName,
    /// Systems at its ends.
    pub systems: Sides<SystemName>,
    /// Mappings, selection and owners, as the core asks them.
    pub rules: Arc<dyn Rules + Send + Sync>,
    /// Digest of selection rules and mappings: a ticket judged by others is judged again.
    pub stamp: String,
}

impl Link {
    /// The system at one end.
    #[must_use]
    pub const fn system(&self, side: Side) -> &SystemName {
        self.systems.get(side)
    }
}
