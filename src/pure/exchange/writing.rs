//! What a write puts into the scope of its calls: its fields, printed.

use std::collections::BTreeMap;

use crate::pure::mapping::Unprintable;
use crate::pure::mapping::model::Mapping;
use crate::pure::wire::Node;
use crate::words::record::Dates;
use crate::words::side::Reference;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::scope::Scope;

/// Fields that are written.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// Of which kind of record.
    pub kind: RecordKind,
    /// Our reference, which a new record takes on.
    pub reference: &'a Reference,
    /// Whether the record is made.
    pub is_new: bool,
    /// The fields; `None` empties one.
    pub fields: &'a BTreeMap<Field, Option<Value>>,
    /// The ticket's own dates.
    pub dates: &'a Dates,
}

impl Written<'_> {
    /// The scope of the write, as far as its fields and our reference go.
    ///
    /// # Errors
    /// The field whose value this system has no spelling for.
    pub fn scope(&self, mapping: &Mapping) -> Result<Scope, Unprintable> {
        let mut scope = Scope::new(self.kind);
        scope.reference = Some(self.reference.0.clone());
        for (name, value) in self.fields {
            // What the system has no place for is left out, as in the tree.
            if !mapping.shape(self.kind).is_some_and(|shape| shape.fields.contains_key(name)) {
                continue;
            }
            if let Some(node) = mapping.print_field(self.kind, name, value.as_ref(), self.is_new, self.dates)? {
                scope.fields.insert(name.clone(), node);
            }
        }
        scope.write = Some(self.tree(mapping)?);
        Ok(scope)
    }

    /// The tree of the changed fields.
    ///
    /// # Errors
    /// The field whose value this system has no spelling for.
    pub fn tree(&self, mapping: &Mapping) -> Result<Node, Unprintable> {
        mapping.print(self.kind, self.fields, self.is_new.then_some(self.reference), self.dates)
    }
}
