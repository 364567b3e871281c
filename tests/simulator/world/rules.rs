//! What the core is told of the systems of one link.

use pakn_bridge::pure::sync::rules::{Owner, Rules};
use pakn_bridge::words::clock::Timestamp;
use pakn_bridge::words::promise::Promises;
use pakn_bridge::words::record::{Cell, Cells, Dates, Image, Reading};
use pakn_bridge::words::side::{Side, Sides};
use pakn_bridge::words::ticket::{Field, RecordKind, field};
use pakn_bridge::words::value::Value;

use super::kind::{CONTENT, Kind, OURS};

/// The rules of one link.
#[derive(Debug, Clone)]
pub(crate) struct SimRules {
    /// The systems as their mappings know them.
    pub(crate) kinds: Sides<Kind>,
    pub(crate) promises: Sides<Promises>,
    pub(crate) mappings: Sides<String>,
    /// A ticket that is gone on one side is closed on the other.
    pub(crate) closes: bool,
    /// Says that all children carry our reference, whether they do or not: only with that safeguard off.
    pub(crate) pretends_references: bool,
    /// Sees no replies to wait for: only with that safeguard off.
    pub(crate) sees_no_replies: bool,
    /// Takes two spellings of one value for two values: only with that safeguard off.
    pub(crate) compares_values: bool,
}

/// How each system spells an instant.
pub(crate) fn instant(at: Timestamp) -> String {
    at.timestamp_millis().to_string()
}

/// The text of a value, however it is meant.
pub(crate) fn spelled(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) | Value::Code(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Instant(at) => Some(instant(*at)),
        _ => None,
    }
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
        Ok(value.and_then(spelled).map(|text| kind.spell(name, &text).into()))
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
        kind == RecordKind::Ticket || self.pretends_references || self.kinds.get(side).child_refs
    }
    fn owner(&self, _: RecordKind, name: &Field) -> Owner {
        if *name == CONTENT { Owner::Of(Side::Province) } else { Owner::Person }
    }
    fn selects(&self, _: Side, _: &Reading) -> bool {
        true
    }
    fn keeps(&self, _: Side, cells: &Cells) -> bool {
        let agency = cells.get(&field::AGENCY).and_then(|cell| cell.image.as_deref());
        agency.is_none_or(|agency| agency.starts_with(OURS))
    }
    fn would_show(&self, side: Side, kind: RecordKind, name: &Field, cells: Sides<&Cell>, dates: &Dates) -> bool {
        let there = self.image(side, kind, name, cells.get(side.other()).value.as_ref(), dates);
        !self.compares_values && there.as_ref() == Ok(&cells.get(side).image)
    }
    fn closes_when_gone(&self) -> bool {
        self.closes
    }
    fn promises(&self, side: Side) -> &Promises {
        self.promises.get(side)
    }
    fn mapping(&self, side: Side) -> &str {
        self.mappings.get(side)
    }
    fn digest(&self, image: &Image) -> Option<String> {
        image.as_deref().map(str::to_owned)
    }
}
