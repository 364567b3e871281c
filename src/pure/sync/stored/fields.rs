//! The fields of one pair, by name: for both sides and the base.
//!
//! Where both sides show a field, they are taken to have agreed on what they show; where not, to have agreed on nothing.
//! Only what is otherwise is said.

use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::cell::{Spelled, Told};
use crate::pure::sync::case::Pair;
use crate::words::record::{Cell, Cells, Image};
use crate::words::side::{Side, Sides};
use crate::words::text::Text;
use crate::words::ticket::Field;
use crate::words::value::Value;

/// Members of an entry.
const BOTH: &str = "both";
const PROVINCE: &str = "province";
const NATIONAL: &str = "national";
const BASE: &str = "base";
/// Names the side that shows the other's value as plain text.
const PLAIN: &str = "plain";

/// A pair's fields as they are written.
pub(super) struct Written<'a>(pub(super) &'a Pair);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Pair { ends, base, .. } = self.0;
        let mut names: Vec<&Field> =
            ends.province.cells.keys().chain(ends.national.cells.keys()).chain(base.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let entry = |name| Entry {
            province: ends.province.cells.get(name),
            national: ends.national.cells.get(name),
            base: base.get(name),
        };
        serializer.collect_map(names.into_iter().map(|name| (name, entry(name))))
    }
}

/// What is known of one field, as it is written.
struct Entry<'a> {
    province: Option<&'a Cell>,
    national: Option<&'a Cell>,
    base: Option<&'a Sides<Image>>,
}

impl<'a> Entry<'a> {
    /// The cell that both sides show alike.
    fn both(&self) -> Option<&'a Cell> {
        self.province.filter(|cell| self.national == Some(cell))
    }

    /// The side that shows, as plain text, the value that the other spells in its own way.
    fn plain(&self) -> Option<Side> {
        let (province, national) = (self.province?, self.national?);
        let is_plain =
            |cell: &Cell| matches!(&cell.value, Some(Value::Text(text)) if cell.image.as_ref() == Some(text));
        if province.value != national.value {
            return None;
        }
        [(Side::National, national), (Side::Province, province)]
            .into_iter()
            .find(|(_, cell)| is_plain(cell))
            .map(|(side, _)| side)
    }

    /// Whether the base is what the cells let expect.
    fn is_agreed(&self) -> bool {
        match (self.province, self.national, self.base) {
            (Some(province), Some(national), Some(base)) => {
                base.province == province.image && base.national == national.image
            }
            (Some(_), Some(_), None) | (_, _, Some(_)) => false,
            (_, _, None) => true,
        }
    }
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (both, is_agreed) = (self.both(), self.is_agreed());
        if let Some(cell) = both.filter(|_| is_agreed) {
            return Spelled::from(cell).serialize(serializer);
        }
        let mut entry = serializer.serialize_map(None)?;
        if let Some(cell) = both {
            entry.serialize_entry(BOTH, &Spelled::from(cell))?;
        } else {
            let plain = self.plain();
            for (side, cell) in [(Side::Province, self.province), (Side::National, self.national)] {
                match cell {
                    Some(_) if plain == Some(side) => entry.serialize_entry(PLAIN, &side)?,
                    Some(cell) => entry.serialize_entry(side.as_str(), &Spelled::from(cell))?,
                    None => {}
                }
            }
        }
        if !is_agreed {
            entry.serialize_entry(BASE, &self.base.map(|base| (&base.province, &base.national)))?;
        }
        entry.end()
    }
}

/// A pair's fields as they are read.
pub(super) struct Table(Vec<(Field, Known)>);

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByName;

        impl<'de> Visitor<'de> for ByName {
            type Value = Table;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("fields by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Table, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Table(fields))
            }
        }

        deserializer.deserialize_map(ByName)
    }
}

/// What is known of one field, as it is read.
struct Known {
    province: Option<Cell>,
    national: Option<Cell>,
    base: Option<Sides<Image>>,
}

impl Table {
    /// Puts the fields into the pair that they are of.
    pub(super) fn give(self, pair: &mut Pair) {
        let mut cells = Sides::from_fn(|_| Cells::with_capacity(self.0.len()));
        for (name, Known { province, national, base }) in self.0 {
            if let Some(base) = base {
                pair.base.insert(name.clone(), base);
            }
            if let Some(cell) = province {
                cells.province.insert(name.clone(), cell);
            }
            if let Some(cell) = national {
                cells.national.insert(name, cell);
            }
        }
        pair.ends.province.cells = cells.province;
        pair.ends.national.cells = cells.national;
    }
}

impl Known {
    /// A cell that both sides show, and agreed on.
    fn agreed(Told(cell): Told) -> Self {
        let base = Sides { province: cell.image.clone(), national: cell.image.clone() };
        Self { province: Some(cell.clone()), national: Some(cell), base: Some(base) }
    }

    fn read<'de, A: MapAccess<'de>>(mut entry: A) -> Result<Self, A::Error> {
        let mut known = Self { province: None, national: None, base: None };
        let mut base: Option<Option<(Image, Image)>> = None;
        let mut plain = None;
        while let Some(name) = entry.next_key::<String>()? {
            match name.as_str() {
                BOTH => {
                    let Told(cell) = entry.next_value()?;
                    (known.province, known.national) = (Some(cell.clone()), Some(cell));
                }
                PROVINCE => known.province = Some(entry.next_value::<Told>()?.0),
                NATIONAL => known.national = Some(entry.next_value::<Told>()?.0),
                PLAIN => plain = Some(entry.next_value()?),
                BASE => base = Some(entry.next_value()?),
                _ => return Err(A::Error::unknown_field(&name, &[BOTH, PROVINCE, NATIONAL, PLAIN, BASE])),
            }
        }
        match plain {
            Some(Side::Province) => known.province = known.national.as_ref().and_then(shown_plainly),
            Some(Side::National) => known.national = known.province.as_ref().and_then(shown_plainly),
            None => {}
        }
        known.base = match (base, &known.province, &known.national) {
            (Some(base), ..) => base.map(|(province, national)| Sides { province, national }),
            (None, Some(province), Some(national)) => {
                Some(Sides { province: province.image.clone(), national: national.image.clone() })
            }
            (None, ..) => None,
        };
        Ok(known)
    }
}

/// The cell of a side that shows the text of another's as it is.
fn shown_plainly(other: &Cell) -> Option<Cell> {
    let text: Text = other.value.as_ref()?.as_text()?.into();
    Some(Cell { image: Some(text.clone()), value: Some(Value::Text(text)) })
}

impl<'de> Deserialize<'de> for Known {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsWritten;

        impl<'de> Visitor<'de> for AsWritten {
            type Value = Known;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("what is known of a field")
            }
            fn visit_str<E>(self, text: &str) -> Result<Known, E> {
                Ok(Known::agreed(Told::text(text)))
            }
            fn visit_unit<E>(self) -> Result<Known, E> {
                Ok(Known::agreed(Told::nothing()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Known, A::Error> {
                Told::list(list).map(Known::agreed)
            }
            fn visit_map<A: MapAccess<'de>>(self, entry: A) -> Result<Known, A::Error> {
                Known::read(entry)
            }
        }

        deserializer.deserialize_any(AsWritten)
    }
}
