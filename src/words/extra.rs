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

/// The declared fields by name. They are fields of the ticket.
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
        found.filter(|_| kind == RecordKind::Ticket).map(|(_, extra)| extra)
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
        let declared = self.0.keys().filter(|_| kind == RecordKind::Ticket).cloned();
        kind.fields().iter().map(super::ticket::FieldInfo::field).chain(declared).collect()
    }

    /// The declared fields.
    pub fn iter(&self) -> impl Iterator<Item = (&Field, &Extra)> {
        self.0.iter()
    }

    /// Those that `other` declares with the same type: they travel between the two.
    #[must_use]
    pub fn shared(&self, other: &Self) -> Self {
        let same =
            |(field, extra): &(&Field, &Extra)| other.0.get(*field).is_some_and(|there| there.kind == extra.kind);
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

    fn extras(all: &[(&str, Type, bool)]) -> Extras {
        let extra = |kind, personal| Extra { kind, personal, vi: String::new(), en: String::new(), line: 1 };
        Extras(all.iter().map(|(name, kind, personal)| (Field::named(name), extra(*kind, *personal))).collect())
    }

    #[test]
    fn a_field_travels_where_both_files_declare_it_alike() {
        let here = extras(&[("ward", Type::Text, false), ("score", Type::Integer, false), ("alone", Type::Text, true)]);
        let there = extras(&[("ward", Type::Text, true), ("score", Type::Text, false)]);
        assert_eq!(here.shared(&there).iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["ward"]);
        let together = Extras::together([&here, &there]);
        assert!(!together.is_open(RecordKind::Ticket, "ward"), "personal in one file is personal");
        assert!(together.is_open(RecordKind::Ticket, "score"));
    }

    #[test]
    fn declared_fields_are_the_tickets_and_come_after_the_fixed_ones() {
        let extras = extras(&[("ward", Type::Text, false)]);
        let fields = extras.fields(RecordKind::Ticket);
        assert_eq!(fields.len(), RecordKind::Ticket.fields().len() + 1);
        assert_eq!(fields.last().map(Field::as_str), Some("ward"));
        assert_eq!(extras.fields(RecordKind::Reply).len(), RecordKind::Reply.fields().len());
        assert!(!extras.is_open(RecordKind::Reply, "ward") && !Extras::NONE.is_open(RecordKind::Ticket, "ward"));
    }
}
