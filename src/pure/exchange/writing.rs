//! What a write puts into the scope of its calls: its fields, printed.

use crate::pure::mapping::calls::Call;
use crate::pure::mapping::model::Mapping;
use crate::pure::mapping::template::Var;
use crate::pure::mapping::{Unprintable, Written};
use crate::words::ticket::Field;

use super::scope::Scope;
use super::straight::{Printed, goes_straight};
use super::variables::variables;

impl Written<'_> {
    /// Fills in what these calls name of the write: `field.X`, `write`, and `whole` where the scope has the freshest
    /// document.
    ///
    /// # Errors
    /// The field whose value this system has no spelling for.
    pub fn fill(&self, mapping: &Mapping, calls: &[&Call], scope: &mut Scope) -> Result<(), Unprintable> {
        let named: Vec<&Var> = calls.iter().flat_map(|call| variables(call)).collect();
        for var in &named {
            if let Var::Field(name) = var {
                self.field(mapping, name, scope)?;
            }
        }
        let (straight, others): (Vec<&Call>, Vec<&Call>) =
            calls.iter().partition(|call| goes_straight(mapping, call, self.kind));
        if !straight.is_empty() {
            scope.written = Some(Printed::of(mapping, self, &straight)?);
        }
        if others.iter().any(|call| variables(call).contains(&&Var::Write)) {
            scope.write = Some(mapping.print(self)?);
        }
        if named.contains(&&Var::Whole)
            && let Some(document) = &scope.doc
        {
            scope.whole = Some(mapping.edit(self, document)?);
        }
        Ok(())
    }

    /// What the system has no place for, and what is not written, is left out, as in the tree.
    fn field(&self, mapping: &Mapping, name: &Field, scope: &mut Scope) -> Result<(), Unprintable> {
        let mapped = mapping.shape(self.kind).is_some_and(|shape| shape.fields.contains_key(name));
        if let Some(value) = self.fields.get(name).filter(|_| mapped)
            && let Some(node) = mapping.print_field(self.kind, name, value.as_ref(), self.is_new, self.dates)?
        {
            scope.fields.insert(name.clone(), node);
        }
        Ok(())
    }
}
