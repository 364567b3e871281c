//! The form in which cases and their writes are stored: each text once.
//!
//! A pair's fields lie in one table, for both sides and the base. Most of its entries are a single cell that both sides show
//! and agreed on; any other says what differs. What an older program stored, each side and the base on its own, is read as
//! well.

mod cell;
mod fields;
mod planned;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::case::{Case, Pair};
use crate::words::side::LinkName;
use fields::{Table, Written};

/// A case's document, as it is written.
#[derive(Serialize)]
struct Document<'a> {
    link: &'a LinkName,
    /// The pairs without their fields.
    ticket: &'a Pair,
    #[serde(skip_serializing_if = "<[Pair]>::is_empty")]
    children: &'a [Pair],
    /// The fields of the ticket, then those of each child.
    fields: Vec<Written<'a>>,
}

/// The same as it is read.
#[derive(Deserialize)]
struct Read {
    link: LinkName,
    ticket: Pair,
    #[serde(default)]
    children: Vec<Pair>,
    #[serde(default)]
    fields: Vec<Table>,
}

impl Serialize for Case {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { link, ticket, children, intents: _, revision: _ } = self;
        let fields = self.pairs().map(Written).collect();
        Document { link, ticket, children, fields }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Case {
    /// Without its intents, on no revision: those lie beside the document.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Read { link, mut ticket, mut children, fields } = Read::deserialize(deserializer)?;
        for (pair, table) in std::iter::once(&mut ticket).chain(&mut children).zip(fields) {
            table.give(pair);
        }
        Ok(Self { link, ticket, children, intents: Vec::new(), revision: 0 })
    }
}
