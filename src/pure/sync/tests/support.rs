//! Rules and values that the tests of the core share.

use std::time::Duration;

use chrono::Utc;

use crate::pure::sync::rules::{Owner, Rules};
use crate::words::promise::{Find, Guard, Promises};
use crate::words::record::{Cell, Cells, Dates, Image, Reading};
use crate::words::side::{Side, Sides};
use crate::words::ticket::{Field, RecordKind, field};
use crate::words::value::Value;

/// Subjects longer than this are cut by the national side.
pub(super) const CUT: usize = 6;

/// A national side that cuts subjects and knows fewer statuses.
pub(super) struct TestRules {
    pub(super) promises: Promises,
    /// Whether replies carry our reference.
    pub(super) replies_named: bool,
    /// Agencies that begin so are ours.
    pub(super) keeps: &'static str,
    /// Whether what is gone on one side is closed on the other.
    pub(super) closes: bool,
    /// Names the mappings in force. The national one named `loud` spells dossiers in capitals.
    pub(super) mappings: Sides<&'static str>,
}

impl Default for TestRules {
    fn default() -> Self {
        let promises = Promises {
            find: Find::Filter,
            counted: true,
            ref_visible: Duration::from_secs(2),
            late_delivery: Duration::from_secs(3),
            guard: Guard::Version,
            ..Promises::default()
        };
        Self {
            promises,
            replies_named: true,
            keeps: "",
            closes: false,
            mappings: Sides { province: "test", national: "test" },
        }
    }
}

/// How a side spells a status.
pub(super) fn status_there(side: Side, status: &str) -> String {
    match (side, status) {
        (Side::National, "forwarded" | "received") => "received".into(),
        (_, other) => other.into(),
    }
}

impl Rules for TestRules {
    fn image(
        &self,
        side: Side,
        _: RecordKind,
        name: &Field,
        value: Option<&Value>,
        dates: &Dates,
    ) -> Result<Image, String> {
        let Some(text) = value.and_then(Value::as_text) else { return Ok(None) };
        Ok(Some(match (side, name.as_str()) {
            (Side::National, "subject") => text.chars().take(CUT).collect(),
            (Side::National, "dossier") if self.mappings.national == "loud" => text.to_uppercase().into(),
            (_, "status") => status_there(side, text).into(),
            (Side::National, "place" | "agency") => match dates.day(&field::RECEIVED_AT, &Utc) {
                Some(day) => format!("{text} on {day}").into(),
                None => return Err("no day".to_owned()),
            },
            _ => text.into(),
        }))
    }
    fn shows(&self, _: Side, _: RecordKind, _: &Field) -> bool {
        true
    }
    fn writes(&self, _: Side, _: RecordKind, _: &Field, _: bool) -> bool {
        true
    }
    fn creates(&self, _: Side, _: RecordKind) -> bool {
        true
    }
    fn group(&self, _: Side, _: RecordKind, _: &Field) -> usize {
        0
    }
    fn carries_reference(&self, _: Side, kind: RecordKind) -> bool {
        kind == RecordKind::Ticket || self.replies_named
    }
    fn owner(&self, _: RecordKind, name: &Field) -> Owner {
        if name.as_str() == "content" { Owner::Of(Side::Province) } else { Owner::Person }
    }
    fn selects(&self, _: Side, _: &Reading) -> bool {
        true
    }
    fn keeps(&self, _: Side, cells: &Cells) -> bool {
        let agency = cells.get(&Field::named("agency")).and_then(|cell| cell.image.as_deref());
        agency.is_none_or(|agency| agency.starts_with(self.keeps))
    }
    fn closes_when_gone(&self) -> bool {
        self.closes
    }
    fn promises(&self, _: Side) -> &Promises {
        &self.promises
    }
    fn mapping(&self, side: Side) -> &str {
        self.mappings.get(side)
    }
    fn digest(&self, image: &Image) -> Option<String> {
        image.as_deref().map(str::to_owned)
    }
}

/// A cell that is spelled as it is meant; `""` for an empty one.
pub(super) fn cell(text: &str, code: bool) -> Cell {
    if text.is_empty() {
        return Cell { image: None, value: None };
    }
    let value = if code { Value::Code(text.into()) } else { Value::Text(text.into()) };
    Cell::spelled(text, value)
}
