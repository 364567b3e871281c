//! One cell: its text where that is its value as well, `null` where nothing is there, `[image]` where the value is the image
//! without the blanks around it, else `[image, value]`.

use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::words::record::{Cell, Image};
use crate::words::value::Value;

/// A cell as it is written.
pub(super) struct Spelled<'a> {
    pub(super) image: &'a Image,
    pub(super) value: &'a Option<Value>,
}

impl<'a> From<&'a Cell> for Spelled<'a> {
    fn from(Cell { image, value }: &'a Cell) -> Self {
        Self { image, value }
    }
}

impl Serialize for Spelled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.image, self.value) {
            (Some(image), Some(Value::Text(text))) if image == text => serializer.serialize_str(image),
            (None, None) => serializer.serialize_none(),
            (Some(image), Some(Value::Text(text))) if image.trim() == text => [image].serialize(serializer),
            both => both.serialize(serializer),
        }
    }
}

/// A cell as it is read.
pub(super) struct Told(pub(super) Cell);

impl Told {
    pub(super) fn text(text: &str) -> Self {
        Self(Cell::spelled(text, Value::Text(text.into())))
    }

    pub(super) const fn nothing() -> Self {
        Self(Cell { image: None, value: None })
    }

    pub(super) fn list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let image: Image = list.next_element()?.ok_or_else(|| A::Error::custom("a cell has an image"))?;
        let value = match list.next_element()? {
            Some(value) => value,
            None => image.as_deref().map(|image| Value::Text(image.trim().into())),
        };
        Ok(Self(Cell { image, value }))
    }
}

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsWritten;

        impl<'de> Visitor<'de> for AsWritten {
            type Value = Told;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a cell")
            }
            fn visit_str<E>(self, text: &str) -> Result<Told, E> {
                Ok(Told::text(text))
            }
            fn visit_unit<E>(self) -> Result<Told, E> {
                Ok(Told::nothing())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Told, A::Error> {
                Told::list(list)
            }
        }

        deserializer.deserialize_any(AsWritten)
    }
}
