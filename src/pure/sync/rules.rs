//! What decisions ask of the mappings and the config of a link.

use crate::words::extra::Extras;
use crate::words::promise::Promises;
use crate::words::record::{Cell, Cells, Dates, Image, Reading};
use crate::words::side::{Side, Sides};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

/// Whose value stands where both sides changed a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Owner {
    /// This side's.
    Of(Side),
    /// A person decides each time.
    #[default]
    Person,
}

/// One link's mappings and rules, as the core sees them.
pub trait Rules {
    /// How `side` would show this value of a ticket with these dates (or of its child) once it took it.
    ///
    /// # Errors
    /// Why the value can't be written to that side.
    fn image(
        &self,
        side: Side,
        kind: RecordKind,
        field: &Field,
        value: Option<&Value>,
        dates: &Dates,
    ) -> Result<Image, String>;

    /// The fields that travel: those of the kind, and what both mappings declare beside them.
    fn fields(&self, kind: RecordKind) -> Vec<Field> {
        Extras::NONE.fields(kind)
    }

    /// Whether readings of `side` can show the field.
    fn shows(&self, side: Side, kind: RecordKind, field: &Field) -> bool;

    /// Whether the field can be written to `side`, on creation or later.
    fn writes(&self, side: Side, kind: RecordKind, field: &Field, creating: bool) -> bool;

    /// Whether records of this kind can be made on `side`.
    fn creates(&self, side: Side, kind: RecordKind) -> bool;

    /// Which of the side's ordered update calls carries the field.
    fn group(&self, side: Side, kind: RecordKind, field: &Field) -> usize;

    /// Whether records of this kind on `side` carry our reference.
    fn carries_reference(&self, side: Side, kind: RecordKind) -> bool;

    /// Whose value stands where both sides changed it.
    fn owner(&self, kind: RecordKind, field: &Field) -> Owner;

    /// Whether a ticket that so far is only on `from` belongs on the other side.
    fn selects(&self, from: Side, reading: &Reading) -> bool;

    /// Whether a paired ticket still is this province's business, as `side` shows it; false where it went to an agency
    /// of another.
    fn keeps(&self, _side: Side, _cells: &Cells) -> bool {
        true
    }

    /// Whether a ticket that is gone on one side is closed on the other.
    fn closes_when_gone(&self) -> bool {
        false
    }

    /// What the side's mapping promises.
    fn promises(&self, side: Side) -> &Promises;

    /// Digest of the side's mapping.
    fn mapping(&self, side: Side) -> &str;

    /// Keyed digest of a value, for audit entries.
    fn digest(&self, image: &Image) -> Option<String>;

    /// Whether two sides' spellings mean the same, as the other side can hold it.
    fn agree(&self, kind: RecordKind, field: &Field, cells: Sides<&Cell>, dates: &Dates) -> bool {
        let shows = |side: Side| self.would_show(side, kind, field, cells, dates);
        cells.province.value == cells.national.value || shows(Side::National) || shows(Side::Province)
    }

    /// Whether `side` shows what it would show once it took the other side's value.
    fn would_show(&self, side: Side, kind: RecordKind, field: &Field, cells: Sides<&Cell>, dates: &Dates) -> bool {
        let there = self.image(side, kind, field, cells.get(side.other()).value.as_ref(), dates);
        there.as_ref() == Ok(&cells.get(side).image)
    }
}
