//! Fields that a province declares beside those of the ticket: `[extra.NAME]` in its mapping files.
//!
//! They are created, changed, merged, owned, masked and labelled like the fixed ones, and travel on a link whose two
//! mappings declare them alike.

use std::collections::BTreeMap;

use super::ticket::{Field, RecordKind};
use super::value::Type;

/// Most of them in one file.
pub const MAX_EXTRAS: usize = 50;

/// What is known of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// Of which kind of record it is a field.
    pub of: RecordKind,
    /// What its values look like.
    pub kind: Type,
    /// Whether it tells who a person is. As long as nobody says that it does not, it does.
    pub personal: bool,
    /// What people call it, in Vietnamese.
    pub vi: String,
    /// The same in English.
    pub en: String,
    /// Line in the file that declares it.
    pub line: usize,
}

impl Extra {
    /// Whether two files mean the same field by it.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        (self.of, self.kind) == (other.of, other.kind)
    }
}

/// The declared fields by name: each is a field of one kind of record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extras(BTreeMap<Field, Extra>);

impl Extras {
    /// Without any.
    pub const NONE: Self = Self(BTreeMap::new());

    /// Declares one.
    pub fn insert(&mut self, field: Field, extra: Extra) {
        self.0.insert(field, extra);
    }

    /// What was declared of a field.
    #[must_use]
    pub fn get(&self, kind: RecordKind, field: &str) -> Option<&Extra> {
        let found = self.0.iter().find(|(name, _)| name.as_str() == field);
        found.map(|(_, extra)| extra).filter(|extra| extra.of == kind)
    }

    /// What the values of a field look like, be it fixed or declared.
    #[must_use]
    pub fn type_of(&self, kind: RecordKind, field: &str) -> Option<Type> {
        let fixed = kind.field(field).map(|info| info.kind);
        fixed.or_else(|| self.get(kind, field).map(|extra| extra.kind))
    }

    /// Whether a field may be shown to everybody: a fixed one that is open, or one that is declared so.
    #[must_use]
    pub fn is_open(&self, kind: RecordKind, field: &str) -> bool {
        match kind.field(field) {
            Some(info) => !info.personal,
            None => self.get(kind, field).is_some_and(|extra| !extra.personal),
        }
    }

    /// The fields of a kind: the fixed ones in the order in which people read them, then the declared ones.
    #[must_use]
    pub fn fields(&self, kind: RecordKind) -> Vec<Field> {
        let declared = self.0.iter().filter(|(_, extra)| extra.of == kind).map(|(field, _)| field.clone());
        kind.fields().iter().map(super::ticket::FieldInfo::field).chain(declared).collect()
    }

    /// The declared fields.
    pub fn iter(&self) -> impl Iterator<Item = (&Field, &Extra)> {
        self.0.iter()
    }

    /// Those that `other` declares alike, of the same kind of record and with the same type: they travel between the two.
    #[must_use]
    pub fn shared(&self, other: &Self) -> Self {
        let same = |(field, extra): &(&Field, &Extra)| other.0.get(*field).is_some_and(|there| there.is_like(extra));
        Self(self.0.iter().filter(same).map(|(field, extra)| (field.clone(), extra.clone())).collect())
    }

    /// All of several files. Of two declarations of one name an open one never makes a personal one open.
    #[must_use]
    pub fn together<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut together = Self::NONE;
        for (field, extra) in all.into_iter().flat_map(|extras| &extras.0) {
            let known = together.0.entry(field.clone()).or_insert_with(|| extra.clone());
            known.personal |= extra.personal;
        }
        together
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extras(all: &[(&str, RecordKind, Type, bool)]) -> Extras {
        let extra = |of, kind, personal| Extra { of, kind, personal, vi: String::new(), en: String::new(), line: 1 };
        let all = all.iter().map(|(name, of, kind, personal)| (Field::named(name), extra(*of, *kind, *personal)));
        Extras(all.collect())
    }

    #[test]
    fn a_field_travels_where_both_files_declare_it_alike() {
        use RecordKind::{Reply, Ticket};
        let here = extras(&[
            ("ward", Ticket, Type::Text, false),
            ("score", Ticket, Type::Integer, false),
            ("alone", Ticket, Type::Text, true),
            ("stamp", Reply, Type::Text, false),
        ]);
        let there = extras(&[
            ("ward", Ticket, Type::Text, true),
            ("score", Ticket, Type::Text, false),
            ("stamp", Ticket, Type::Text, false),
        ]);
        assert_eq!(here.shared(&there).iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["ward"]);
        let together = Extras::together([&here, &there]);
        assert!(!together.is_open(Ticket, "ward"), "personal in one file is personal");
        assert!(together.is_open(Ticket, "score"));
    }

    #[test]
    fn declared_fields_are_of_one_kind_of_record_and_come_after_its_fixed_ones() {
        for (kind, other) in [(RecordKind::Ticket, RecordKind::Reply), (RecordKind::Attachment, RecordKind::Ticket)] {
            let extras = extras(&[("ward", kind, Type::Text, false)]);
            let fields = extras.fields(kind);
            assert_eq!(fields.len(), kind.fields().len() + 1);
            assert_eq!(fields.last().map(Field::as_str), Some("ward"));
            assert_eq!(extras.fields(other).len(), other.fields().len());
            assert!(!extras.is_open(other, "ward") && !Extras::NONE.is_open(kind, "ward"));
        }
    }
}
