//! Codes of a table that the mapping declares.

use std::borrow::Cow;
use std::ops::Deref;

use super::{Codes, Sight, Spelling, shown};
use crate::pure::mapping::codes::{CodeTable, Unmatched};
use crate::words::value::Value;

/// A code table by its name in [`crate::pure::mapping::Mapping::codes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName(pub String);

impl Deref for TableName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Spelling for TableName {
    fn read(&self, text: &str, sight: Sight<'_>) -> Result<Option<Value>, String> {
        let table = sight.codes.get(&self.0);
        let word = table.map_or(Err(Unmatched::Unknown), |table| table.word_on(text, || sight.day(&table.terms.by)));
        let reason = |why| match why {
            Unmatched::Unknown => format!("the unknown code `{}` (table `{}`)", shown(text), self.0),
            why @ (Unmatched::On(_) | Unmatched::NoDay) => {
                format!("the code `{}` means nothing {why} (table `{}`)", shown(text), self.0)
            }
        };
        Ok(Some(Value::Code(word.map_err(reason)?.into())))
    }

    fn spell<'a>(&'a self, value: &'a Value, sight: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        let Value::Code(word) = value else { return None };
        let table = sight.codes.get(&self.0);
        let code = table.map_or(Err(Unmatched::Unknown), |table| table.code_on(word, || sight.day(&table.terms.by)));
        let reason = |why| match why {
            Unmatched::Unknown => format!("table `{}` has no code for `{}`", self.0, shown(word)),
            why @ (Unmatched::On(_) | Unmatched::NoDay) => {
                format!("table `{}` has no code for `{}` {why}", self.0, shown(word))
            }
        };
        Some(code.map(Cow::Borrowed).map_err(reason))
    }

    fn is_lossy(&self, codes: &Codes) -> bool {
        codes.get(&self.0).is_some_and(CodeTable::is_lossy)
    }

    fn table(&self) -> Option<&str> {
        Some(&self.0)
    }
}
