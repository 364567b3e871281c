//! The form in which facts are stored: what their rows say beside them is left out, and a digest of what both sides show
//! alike is written once. A whole [`Fact`], as older programs stored it, is read as well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::pure::report::mask::scrub;
use crate::pure::sync::case::Fact;
use crate::words::side::{Reference, Side, Sides};
use crate::words::ticket::Field;

/// In the place of a mapping's digest: that of the fact's side, which was in force.
const IN_FORCE: &str = "=";

/// A fact without its kind and, where it is about the case's own ticket, without its pair.
#[derive(Serialize, Deserialize)]
pub(super) struct Noted {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pair: Option<Reference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    side: Option<Side>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mapping: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<Field, Digests>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    says: Option<String>,
}

/// Digests of what the sides show of a field.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Digests {
    Alike(Option<String>),
    Each(Sides<Option<String>>),
}

impl Noted {
    /// What is stored of a fact of a case, under the mappings in force. A remote's own words may name a person; what is in
    /// the log stays there.
    pub(super) fn of(fact: &Fact, case: &Reference, mappings: Option<&Sides<String>>) -> Self {
        let in_force = fact.side.zip(mappings).map(|(side, mappings)| mappings.get(side));
        let mapping = fact.mapping.as_ref();
        let spelled = |mapping: &String| if Some(mapping) == in_force { IN_FORCE.to_owned() } else { mapping.clone() };
        Self {
            pair: Some(&fact.pair).filter(|pair| *pair != case).cloned(),
            side: fact.side,
            key: fact.key.clone(),
            mapping: mapping.map(spelled),
            fields: fact.fields.iter().map(|(name, digests)| (name.clone(), Digests::of(digests))).collect(),
            says: fact.says.as_deref().map(scrub),
        }
    }

    /// The fact, by what its row says beside it.
    pub(super) fn fact(self, what: String, case: &Reference, mappings: Option<&Sides<String>>) -> Fact {
        let in_force = self.side.zip(mappings).map(|(side, mappings)| mappings.get(side).clone());
        let mapping = self.mapping.and_then(|mapping| if mapping == IN_FORCE { in_force } else { Some(mapping) });
        Fact {
            what,
            pair: self.pair.unwrap_or_else(|| case.clone()),
            side: self.side,
            key: self.key,
            mapping,
            fields: self.fields.into_iter().map(|(name, digests)| (name, digests.each())).collect(),
            says: self.says,
        }
    }
}

impl Digests {
    fn of(digests: &Sides<Option<String>>) -> Self {
        if digests.province == digests.national {
            Self::Alike(digests.province.clone())
        } else {
            Self::Each(digests.clone())
        }
    }

    fn each(self) -> Sides<Option<String>> {
        match self {
            Self::Alike(digest) => Sides { province: digest.clone(), national: digest },
            Self::Each(digests) => digests,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(fact: &Fact, mappings: Option<&Sides<String>>) -> (String, Fact) {
        let case = "PB-1".into();
        let json = serde_json::to_string(&Noted::of(fact, &case, mappings)).unwrap();
        let noted: Noted = serde_json::from_str(&json).unwrap();
        let fact = noted.fact(fact.what.clone(), &case, mappings);
        (json, fact)
    }

    #[test]
    fn a_fact_comes_back_as_it_was() {
        let mappings = Sides { province: "m1".to_owned(), national: "m2".to_owned() };
        let bare = Fact::new("joined", &"PB-1".into(), None);
        assert_eq!(back(&bare, Some(&mappings)), ("{}".to_owned(), bare.clone()));
        let digests = |province: Option<&str>, national: Option<&str>| Sides {
            province: province.map(str::to_owned),
            national: national.map(str::to_owned),
        };
        let fields = [("subject", Some("a"), Some("a")), ("status", Some("a"), Some("b")), ("content", None, None)];
        let whole = Fact {
            pair: "PR-2".into(),
            side: Some(Side::National),
            key: Some("k".into()),
            mapping: Some("m2".into()),
            fields: fields.map(|(name, one, other)| (Field::named(name), digests(one, other))).into(),
            says: Some("no".into()),
            ..bare
        };
        for mappings in [Some(&mappings), None] {
            for mapping in [Some("m1".to_owned()), Some("m2".to_owned()), None] {
                let fact = Fact { mapping, ..whole.clone() };
                assert_eq!(back(&fact, mappings).1, fact);
            }
        }
        let (json, _) = back(&whole, Some(&mappings));
        assert!(json.contains(r#""subject":"a""#) && !json.contains("m2"), "{json}");
    }

    #[test]
    fn what_an_older_program_wrote_is_read() {
        let fact = Fact {
            mapping: Some("m2".into()),
            side: Some(Side::National),
            fields: [(Field::named("status"), Sides { province: Some("a".into()), national: None })].into(),
            ..Fact::new("proved", &"PB-1".into(), None)
        };
        let noted: Noted = serde_json::from_str(&serde_json::to_string(&fact).unwrap()).unwrap();
        assert_eq!(noted.fact("proved".into(), &"PB-1".into(), None), fact);
    }
}
