//! `when`: for which records a rule holds, by words of their coded fields.

use std::collections::{BTreeMap, BTreeSet};

use crate::words::ticket::Field;
use crate::words::value::Value;

/// Every field must have one of its words. Without a field it always holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition(BTreeMap<Field, BTreeSet<String>>);

impl Condition {
    /// The words that each field must have one of.
    #[must_use]
    pub const fn new(words: BTreeMap<Field, BTreeSet<String>>) -> Self {
        Self(words)
    }

    /// Whether it always holds.
    #[must_use]
    pub fn is_always(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields that it looks at.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.0.keys()
    }

    /// The fields with their words.
    pub fn words(&self) -> impl Iterator<Item = (&Field, &BTreeSet<String>)> {
        self.0.iter()
    }

    /// Whether it holds for a record of which `word` tells the words: `None` where it tells none, and so that nothing
    /// is known.
    pub fn holds(&self, word: impl Fn(&Field) -> Option<String>) -> bool {
        self.0.iter().all(|(field, words)| word(field).is_some_and(|word| words.contains(&word)))
    }

    /// Whether a record could fit both: some field keeps them apart, or none does.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().all(|(field, words)| other.0.get(field).is_none_or(|others| !words.is_disjoint(others)))
    }

    /// A record that both fit, in words for messages.
    #[must_use]
    pub fn common(&self, other: &Self) -> String {
        let fields: BTreeSet<&Field> = self.0.keys().chain(other.0.keys()).collect();
        let one = |field: &Field| {
            let (here, there) = (self.0.get(field), other.0.get(field));
            let word = match (here, there) {
                (Some(here), Some(there)) => here.intersection(there).next(),
                (Some(words), None) | (None, Some(words)) => words.first(),
                (None, None) => None,
            };
            format!("{field} = \"{}\"", word.map_or("", String::as_str))
        };
        fields.into_iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// The word by which a condition knows a value; the empty one where there is nothing.
#[must_use]
pub fn word(value: Option<&Value>) -> String {
    value.map_or_else(String::new, Value::display)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(words: &[(&str, &[&str])]) -> Condition {
        let words = words.iter().map(|(field, words)| {
            (Field::named(field), words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>())
        });
        Condition::new(words.collect())
    }

    #[test]
    fn conditions_meet_where_one_record_fits_both() {
        let always = condition(&[]);
        let refused = condition(&[("status", &["refused", "withdrawn"])]);
        let closed = condition(&[("status", &["closed"])]);
        let legal = condition(&[("kind", &["legal_text"]), ("status", &["withdrawn", "closed"])]);
        for (one, other, expected) in [
            (&always, &refused, Some("status = \"refused\"")),
            (&refused, &closed, None),
            (&refused, &legal, Some("kind = \"legal_text\", status = \"withdrawn\"")),
            (&closed, &legal, Some("kind = \"legal_text\", status = \"closed\"")),
        ] {
            assert_eq!(one.meets(other).then(|| one.common(other)).as_deref(), expected);
            assert_eq!(one.meets(other), other.meets(one));
        }
    }

    #[test]
    fn a_condition_holds_by_what_is_known() {
        let refused = condition(&[("status", &["refused", ""])]);
        for (word, expected) in [(Some("refused"), true), (Some(""), true), (Some("closed"), false), (None, false)] {
            assert_eq!(refused.holds(|_| word.map(str::to_owned)), expected, "{word:?}");
        }
        assert!(condition(&[]).holds(|_| None));
    }
}
