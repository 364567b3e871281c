//! What the core is told of two simulated systems.

use crate::pure::sync::rules::{Owner, Rules};
use crate::words::promise::Promises;
use crate::words::record::{Dates, Image, Reading};
use crate::words::side::{Side, Sides};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::remote::{CONTENT, Kind};

#[derive(Debug, Clone)]
pub(super) struct SimRules {
    pub(super) kinds: Sides<Kind>,
    pub(super) promises: Sides<Promises>,
    /// Says that all replies carry our reference, whether they do or not: only with that safeguard off.
    pub(super) pretends_references: bool,
    /// Sees no replies to wait for: only with that safeguard off.
    pub(super) sees_no_replies: bool,
    /// Names of the mappings in force.
    pub(super) mappings: Sides<String>,
}

impl Rules for SimRules {
    fn image(
        &self,
        side: Side,
        _: RecordKind,
        name: &Field,
        value: Option<&Value>,
        _: &Dates,
    ) -> Result<Image, String> {
        let kind = self.kinds.get(side);
        Ok(match value {
            Some(Value::Text(text) | Value::Code(text)) => Some(kind.spell(name, text)),
            Some(Value::Instant(at)) => Some(at.to_rfc3339()),
            _ => None,
        })
    }
    fn shows(&self, _: Side, _: RecordKind, _: &Field) -> bool {
        true
    }
    fn writes(&self, _: Side, _: RecordKind, _: &Field, _: bool) -> bool {
        true
    }
    fn creates(&self, _: Side, kind: RecordKind) -> bool {
        !(self.sees_no_replies && kind == RecordKind::Reply)
    }
    fn group(&self, _: Side, _: RecordKind, _: &Field) -> usize {
        0
    }
    fn carries_reference(&self, side: Side, kind: RecordKind) -> bool {
        kind == RecordKind::Ticket || self.pretends_references || self.kinds.get(side).reply_refs
    }
    fn owner(&self, _: RecordKind, name: &Field) -> Owner {
        if *name == CONTENT { Owner::Of(Side::Province) } else { Owner::Person }
    }
    fn selects(&self, _: Side, _: &Reading) -> bool {
        true
    }
    fn promises(&self, side: Side) -> &Promises {
        self.promises.get(side)
    }
    fn mapping(&self, side: Side) -> &str {
        self.mappings.get(side)
    }
    fn digest(&self, image: &Image) -> Option<String> {
        image.clone()
    }
}
