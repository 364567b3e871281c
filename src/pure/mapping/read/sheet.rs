//! What a document shows at each place of an outline, in the document's own terms: before absence, codes and types.

use std::borrow::Cow;

use crate::pure::wire::{CsvStyle, Limits, Namespaces, Node, Scalar, WireError, parse_csv, read_json, read_xml};

use super::super::model::DocumentFormat;
use super::fill::Filler;
use super::outline::{Outline, Place, Slot, WHOLE};

/// One record as its document shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet<'a> {
    /// What stands at each slot.
    slots: Vec<Standing<'a>>,
    /// The records nested in it, by their number in the outline.
    nested: Vec<Vec<Sheet<'a>>>,
}

/// What stands at one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Standing<'a> {
    /// The document does not show the place.
    #[default]
    Hidden,
    /// One value.
    One(Seen<'a>),
    /// A list or repeated elements, none of them too.
    Many(Vec<Seen<'a>>),
    /// The document has another shape there than the path declares; says which.
    Misshapen(String),
}

/// One value of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<'a> {
    /// JSON `null`.
    Null,
    /// An element with `xsi:nil`.
    Nil,
    /// JSON `true` or `false`.
    Bool(bool),
    /// A JSON number as it was written.
    Number(Cow<'a, str>),
    /// A JSON string.
    Text(Cow<'a, str>),
    /// The text of an element or attribute: it has no type of its own.
    Bare(Cow<'a, str>),
    /// A list.
    List,
    /// An object.
    Object,
    /// An element that holds elements.
    Elements,
}

/// A record's sheet with the sheet of the element around it.
#[derive(Debug, Clone, Copy)]
pub struct View<'s, 'a> {
    /// Its own.
    pub sheet: &'s Sheet<'a>,
    /// The one around it.
    pub around: Option<&'s Sheet<'a>>,
}

impl<'a> Sheet<'a> {
    /// Where nothing is shown yet.
    pub(super) fn blank(outline: &Outline) -> Self {
        let mut slots = Vec::new();
        slots.resize_with(outline.slots(), Standing::default);
        let mut nested = Vec::new();
        nested.resize_with(outline.nested_count(), Vec::new);
        Self { slots, nested }
    }

    /// A tree's, which gives its texts away.
    #[must_use]
    pub fn of(outline: &Outline, document: Node) -> Self {
        let mut filler = Filler::new(outline);
        document.tell(&mut filler);
        filler.finish()
    }

    /// A document's, in one pass over its bytes.
    ///
    /// # Errors
    /// What is wrong with the document as such.
    pub fn read(
        outline: &Outline,
        format: DocumentFormat,
        namespaces: &Namespaces,
        csv: &CsvStyle,
        bytes: &'a [u8],
        limits: &Limits,
    ) -> Result<Self, WireError> {
        let mut filler = Filler::new(outline);
        match format {
            DocumentFormat::Json => read_json(bytes, limits, &mut filler)?,
            DocumentFormat::Xml => read_xml(bytes, namespaces, limits, &mut filler)?,
            // The rows themselves are the document.
            DocumentFormat::Csv => return Ok(Self::of(outline, parse_csv(bytes, csv, limits)?)),
        }
        Ok(filler.finish())
    }

    /// What the record itself is.
    #[must_use]
    pub fn whole(&self) -> &Standing<'a> {
        self.slots.get(WHOLE).unwrap_or(&Standing::Hidden)
    }

    pub(super) fn slot(&mut self, slot: Slot) -> Option<&mut Standing<'a>> {
        self.slots.get_mut(slot)
    }

    pub(super) fn nested_mut(&mut self, number: usize) -> Option<&mut Vec<Self>> {
        self.nested.get_mut(number)
    }

    pub(super) fn all_nested(&mut self) -> &mut [Vec<Self>] {
        &mut self.nested
    }

    /// What stands at a place of its own.
    #[must_use]
    pub fn at(&self, place: &Place) -> &Standing<'a> {
        self.slots.get(place.slot).unwrap_or(&Standing::Hidden)
    }

    /// The records nested in it, which is given up for them.
    #[must_use]
    pub fn into_nested(self, number: usize) -> Vec<Self> {
        self.nested.into_iter().nth(number).unwrap_or_default()
    }

    /// The records nested in it.
    #[must_use]
    pub fn nested(&self, number: usize) -> &[Self] {
        self.nested.get(number).map_or(&[], Vec::as_slice)
    }
}

impl<'s, 'a> View<'s, 'a> {
    /// What stands at a place.
    #[must_use]
    pub fn at(&self, place: &Place) -> &'s Standing<'a> {
        let sheet = if place.above { self.around } else { Some(self.sheet) };
        sheet.map_or(&Standing::Hidden, |sheet| sheet.at(place))
    }
}

impl<'a> Standing<'a> {
    /// One value more.
    #[inline]
    pub(super) fn add(&mut self, seen: Seen<'a>) {
        match self {
            Self::Hidden => *self = Self::One(seen),
            Self::One(first) => {
                let first = std::mem::replace(first, Seen::Null);
                *self = Self::Many(vec![first, seen]);
            }
            Self::Many(before) => before.push(seen),
            Self::Misshapen(_) => {}
        }
    }

    /// Shown, if only as holding nothing.
    pub(super) fn show(&mut self) {
        if matches!(self, Self::Hidden) {
            *self = Self::Many(Vec::new());
        }
    }

    /// Of another shape than declared; the first fault stays.
    pub(super) fn misshape(&mut self, what: &str) {
        if !matches!(self, Self::Misshapen(_)) {
            *self = Self::Misshapen(what.to_owned());
        }
    }

    /// All values; empty where none is shown.
    #[must_use]
    pub fn values(&self) -> &[Seen<'a>] {
        match self {
            Self::Hidden | Self::Misshapen(_) => &[],
            Self::One(seen) => std::slice::from_ref(seen),
            Self::Many(seen) => seen,
        }
    }
}

impl<'a> From<Scalar<'a>> for Seen<'a> {
    fn from(scalar: Scalar<'a>) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(yes) => Self::Bool(yes),
            Scalar::Number(lexeme) => Self::Number(lexeme),
            Scalar::Text(text) => Self::Text(text),
        }
    }
}

impl Seen<'_> {
    /// As plain text, the way verdicts and images compare it; `None` for nothing, lists, objects and elements.
    #[must_use]
    pub fn as_plain(&self) -> Option<&str> {
        match self {
            Self::Number(text) | Self::Text(text) | Self::Bare(text) => Some(text),
            Self::Bool(yes) => Some(if *yes { "true" } else { "false" }),
            Self::Null | Self::Nil | Self::List | Self::Object | Self::Elements => None,
        }
    }

    /// What kind of value it is, in words for messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) | Self::Bare(_) => "text",
            Self::List => "a list",
            Self::Object => "an object",
            Self::Elements | Self::Nil => "an element",
        }
    }
}
