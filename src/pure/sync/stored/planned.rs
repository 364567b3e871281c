//! One field of a write: the source's cell alone where the target will show it in the same spelling and shows nothing now,
//! else an object that says the rest.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::cell::{Spelled, Told};
use crate::pure::sync::case::PlannedField;
use crate::words::record::{Cell, Image};
use crate::words::value::Value;

/// A field whose target differs from its source, as it is written.
#[derive(Serialize)]
struct Other<'a> {
    cell: Spelled<'a>,
    image: &'a Image,
    before: &'a Image,
}

/// The same as it is read. An older program wrote the cell as `value` and `source`.
#[derive(Deserialize)]
struct OtherRead {
    cell: Option<Told>,
    value: Option<Value>,
    source: Image,
    image: Image,
    before: Image,
}

impl Serialize for PlannedField {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { value, image, before, source } = self;
        let cell = Spelled { image: source, value };
        if image == source && before.is_none() {
            return cell.serialize(serializer);
        }
        Other { cell, image, before }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PlannedField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsWritten;

        impl<'de> Visitor<'de> for AsWritten {
            type Value = PlannedField;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field of a write")
            }
            fn visit_str<E>(self, text: &str) -> Result<PlannedField, E> {
                Ok(alike(Told::text(text)))
            }
            fn visit_unit<E>(self) -> Result<PlannedField, E> {
                Ok(alike(Told::nothing()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<PlannedField, A::Error> {
                Told::list(list).map(alike)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PlannedField, A::Error> {
                let other = OtherRead::deserialize(MapAccessDeserializer::new(map))?;
                let OtherRead { cell, value, source, image, before } = other;
                let cell = cell.map_or(Cell { image: source, value }, |Told(cell)| cell);
                Ok(PlannedField { value: cell.value, image, before, source: cell.image })
            }
        }

        deserializer.deserialize_any(AsWritten)
    }
}

/// A field that the target will show as the source spells it, and does not show yet.
fn alike(Told(cell): Told) -> PlannedField {
    PlannedField { value: cell.value, image: cell.image.clone(), before: None, source: cell.image }
}
