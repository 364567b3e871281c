//! One link at work: its ends, and its rules as the core asks them of mappings and config.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::doors::store::Change;
use crate::pure::mapping::{Mapping, Verb};
use crate::pure::sync::case::{Case, Fact};
use crate::pure::sync::remap::to_read_again;
use crate::pure::sync::rules::{Owner, Rules};
use crate::pure::sync::selection::{Owners, Selection};
use crate::words::clock::now;
use crate::words::extra::Extras;
use crate::words::hex::hex;
use crate::words::promise::Promises;
use crate::words::record::{Cells, Dates, Image, Reading};
use crate::words::side::{LinkName, Side, Sides, SystemName};
use crate::words::ticket::{Field, RecordKind, field};
use crate::words::value::Value;

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
    /// Whether a record of ours is known on a side: the search for our reference was seen to find one.
    pub is_proven: Sides<AtomicBool>,
}

impl Link {
    /// The system at one end.
    #[must_use]
    pub const fn system(&self, side: Side) -> &SystemName {
        self.systems.get(side)
    }

    /// What a decision changed of a case, as it is saved: by the mappings in force, and to be planned again where one
    /// of its tickets was understood by another.
    #[must_use]
    pub fn change(&self, case: &Case, facts: Vec<Fact>) -> Change {
        let mappings = Sides::from_fn(|side| self.rules.mapping(side).to_owned());
        let replan = to_read_again(case, self.rules.as_ref()).is_some();
        Change { facts, at: now(), replan, mappings: Some(mappings) }
    }
}

/// The rules of one link, from two mapping files and the config.
pub struct LinkRules {
    /// What each system's mapping says.
    pub mappings: Sides<Arc<Mapping>>,
    /// The fields that both declare alike beside those of every ticket.
    pub extras: Extras,
    /// Which tickets it takes from each side.
    pub selection: Sides<Selection>,
    /// Whose value stands where both sides changed a field.
    pub owners: Owners,
    /// Whether a ticket that is gone on one side is closed on the other.
    pub closes_when_gone: bool,
    /// Key of the digests in audit entries.
    pub digest_key: Vec<u8>,
}

impl LinkRules {
    fn mapping_of(&self, side: Side) -> &Mapping {
        self.mappings.get(side)
    }
}

impl Rules for LinkRules {
    fn image(
        &self,
        side: Side,
        kind: RecordKind,
        field: &Field,
        value: Option<&Value>,
        dates: &Dates,
    ) -> Result<Image, String> {
        self.mapping_of(side).image(kind, field, value, dates).map_err(|reason| reason.to_string())
    }
    fn fields(&self, kind: RecordKind) -> Vec<Field> {
        self.extras.fields(kind)
    }
    fn shows(&self, side: Side, kind: RecordKind, field: &Field) -> bool {
        self.mapping_of(side).holds(kind, field)
    }
    fn writes(&self, side: Side, kind: RecordKind, field: &Field, creating: bool) -> bool {
        self.mapping_of(side).writes(kind, field, creating)
    }
    fn creates(&self, side: Side, kind: RecordKind) -> bool {
        self.mapping_of(side).can(kind, Verb::Create)
    }
    fn group(&self, side: Side, kind: RecordKind, field: &Field) -> usize {
        let groups = self.mapping_of(side).update_groups(kind);
        groups.iter().position(|group| group.fields.contains(field)).unwrap_or(groups.len())
    }
    fn carries_reference(&self, side: Side, kind: RecordKind) -> bool {
        self.mapping_of(side).shape(kind).is_some_and(|shape| shape.reference.is_some())
    }
    fn owner(&self, kind: RecordKind, field: &Field) -> Owner {
        self.owners.of(kind, field)
    }
    fn selects(&self, from: Side, reading: &Reading) -> bool {
        self.selection.get(from).selects(reading)
    }
    fn keeps(&self, _: Side, cells: &Cells) -> bool {
        let agency = cells.get(&field::AGENCY).and_then(|cell| cell.value.as_ref());
        // A rule of either direction may name the agencies; a direction that takes nothing names none.
        let mut known =
            [&self.selection.province, &self.selection.national].into_iter().filter(|of| !of.rules.is_empty());
        !known.all(|of| of.leaves(agency))
    }
    fn closes_when_gone(&self) -> bool {
        self.closes_when_gone
    }
    fn promises(&self, side: Side) -> &Promises {
        self.mapping_of(side).promises()
    }
    fn mapping(&self, side: Side) -> &str {
        self.mapping_of(side).hash()
    }
    fn digest(&self, image: &Image) -> Option<String> {
        /// Bytes of a digest that are kept: enough to tell values apart.
        const KEPT: usize = 16;
        let text = image.as_ref()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.digest_key).ok()?;
        mac.update(text.as_bytes());
        Some(hex(mac.finalize().into_bytes().get(..KEPT)?))
    }
}
