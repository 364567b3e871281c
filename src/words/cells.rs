//! The fields of one record, by name: a sorted list, since they are few, read at once and looked through often.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::Text;
use super::ticket::Field;
use super::value::Value;

/// How a side spelled one value, before codes and types; `None` is that side's spelling of "nothing there".
///
/// Base and comparisons are kept in these terms, so that a new mapping is never a change.
pub type Image = Option<Text>;

/// One field of a reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// As the side spelled it.
    pub image: Image,
    /// As we understand it; `None` where there is nothing.
    pub value: Option<Value>,
}

impl Cell {
    /// A spelling with what it means. Where they are the same, the text is kept once.
    #[must_use]
    pub fn spelled(image: &str, value: Value) -> Self {
        Self { image: Some(shared(image, Some(&value))), value: Some(value) }
    }
}

/// A spelling to keep beside its value: the value's own text where it is the same.
#[must_use]
pub fn shared(image: &str, value: Option<&Value>) -> Text {
    match value {
        Some(Value::Text(text) | Value::Code(text)) if text == image => text.clone(),
        _ => image.into(),
    }
}

/// Fields by name, in the order of names. A field that is not there was **not shown**: it never means empty and never
/// changes a base.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells(Vec<(Field, Cell)>);

impl Cells {
    /// Without any.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Without any yet, with room for so many.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Of fields that come in the order of names, each once.
    pub(crate) fn of_sorted(cells: Vec<(Field, Cell)>) -> Self {
        debug_assert!(cells.is_sorted_by(|(before, _), (after, _)| before < after), "in the order of names");
        Self(cells)
    }

    /// The cell of a field.
    #[must_use]
    pub fn get(&self, field: &Field) -> Option<&Cell> {
        self.find(field).ok().and_then(|at| self.0.get(at)).map(|(_, cell)| cell)
    }

    /// The cell of a field, to change.
    pub fn get_mut(&mut self, field: &Field) -> Option<&mut Cell> {
        self.find(field).ok().and_then(|at| self.0.get_mut(at)).map(|(_, cell)| cell)
    }

    /// Whether a field is shown.
    #[must_use]
    pub fn contains_key(&self, field: &Field) -> bool {
        self.find(field).is_ok()
    }

    /// Sets the cell of a field. Fields in the order of names cost nothing to find.
    pub fn insert(&mut self, field: Field, cell: Cell) {
        if self.0.last().is_none_or(|(last, _)| *last < field) {
            return self.0.push((field, cell));
        }
        match self.find(&field) {
            Ok(at) => {
                if let Some((_, known)) = self.0.get_mut(at) {
                    *known = cell;
                }
            }
            Err(at) => self.0.insert(at, (field, cell)),
        }
    }

    /// Fields and cells.
    pub fn iter(&self) -> Iter<'_> {
        self.0.iter().map(|(field, cell)| (field, cell))
    }

    /// The fields that are shown.
    pub fn keys(&self) -> impl Iterator<Item = &Field> {
        self.0.iter().map(|(field, _)| field)
    }

    /// The cells.
    pub fn values(&self) -> impl Iterator<Item = &Cell> {
        self.0.iter().map(|(_, cell)| cell)
    }

    /// How many fields are shown.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no field is shown.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, field: &Field) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(field))
    }
}

/// Fields and cells in the order of names.
pub type Iter<'c> = std::iter::Map<std::slice::Iter<'c, (Field, Cell)>, fn(&'c (Field, Cell)) -> (&'c Field, &'c Cell)>;

impl<'c> IntoIterator for &'c Cells {
    type Item = (&'c Field, &'c Cell);
    type IntoIter = Iter<'c>;

    fn into_iter(self) -> Iter<'c> {
        self.iter()
    }
}

impl Extend<(Field, Cell)> for Cells {
    fn extend<I: IntoIterator<Item = (Field, Cell)>>(&mut self, cells: I) {
        cells.into_iter().for_each(|(field, cell)| self.insert(field, cell));
    }
}

impl FromIterator<(Field, Cell)> for Cells {
    fn from_iter<I: IntoIterator<Item = (Field, Cell)>>(cells: I) -> Self {
        let mut all = Self::new();
        all.extend(cells);
        all
    }
}

impl<const N: usize> From<[(Field, Cell); N]> for Cells {
    fn from(cells: [(Field, Cell); N]) -> Self {
        cells.into_iter().collect()
    }
}

impl Serialize for Cells {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByName;

        impl<'de> Visitor<'de> for ByName {
            type Value = Cells;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("cells by field")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cells, A::Error> {
                let mut cells = Cells::new();
                while let Some((field, cell)) = map.next_entry()? {
                    cells.insert(field, cell);
                }
                Ok(cells)
            }
        }

        deserializer.deserialize_map(ByName)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ops::Index;

    use proptest::prelude::*;

    use super::*;

    impl Index<&Field> for Cells {
        type Output = Cell;

        fn index(&self, field: &Field) -> &Cell {
            self.get(field).unwrap()
        }
    }

    fn cell(text: &str) -> Cell {
        Cell { image: Some(text.into()), value: None }
    }

    proptest! {
        #[test]
        fn they_are_what_a_map_would_be(given in proptest::collection::vec(("[a-e]{0,2}", "[0-9]"), 0..12)) {
            let given = || given.iter().map(|(name, text)| (Field::named(name), cell(text)));
            let (cells, map): (Cells, BTreeMap<Field, Cell>) = (given().collect(), given().collect());
            prop_assert_eq!(cells.iter().collect::<Vec<_>>(), map.iter().collect::<Vec<_>>());
            for (name, _) in given() {
                prop_assert_eq!(cells.get(&name), map.get(&name));
            }
            prop_assert!(cells.get(&Field::named("f")).is_none());
            let json = serde_json::to_string(&cells).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&map).unwrap());
            prop_assert_eq!(serde_json::from_str::<Cells>(&json).unwrap(), cells);
        }
    }
}
