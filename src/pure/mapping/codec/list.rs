//! Several values of one type: a list or repeated elements, or one text with something between them.

use std::borrow::Cow;

use super::{Codec, Codes, Sight, Spelling};
use crate::words::ticket::Field;
use crate::words::value::Value;

/// How a system writes several values.
#[derive(Debug, Clone)]
pub struct List {
    /// What one is.
    pub item: Box<Codec>,
    /// The text between them where they stand in one text; `None` where they are a list or repeated elements.
    pub joined: Option<String>,
}

impl Spelling for List {
    fn read(&self, text: &str, sight: Sight<'_>) -> Result<Option<Value>, String> {
        let mut values = Vec::new();
        match &self.joined {
            Some(between) => {
                for part in text.split(between.as_str()) {
                    values.extend(self.item.parse(part, sight)?);
                }
            }
            None => {
                let parts: Vec<Cow<'_, str>> =
                    serde_json::from_str(text).map_err(|_| "not a list of texts".to_owned())?;
                for part in &parts {
                    values.extend(self.item.parse(part, sight)?);
                }
            }
        }
        Ok((!values.is_empty()).then_some(Value::List(values)))
    }

    fn spell<'a>(&'a self, value: &'a Value, sight: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        let Value::List(values) = value else { return None };
        let parts: Result<Vec<Cow<'_, str>>, String> =
            values.iter().map(|value| self.item.print(value, sight)).collect();
        Some(parts.and_then(|parts| self.together(&parts)).map(Cow::Owned))
    }

    fn is_lossy(&self, codes: &Codes) -> bool {
        self.item.is_lossy(codes)
    }

    fn table(&self) -> Option<&str> {
        self.item.table()
    }

    fn dated_by(&self) -> Option<&Field> {
        self.item.dated_by()
    }
}

impl List {
    fn together(&self, parts: &[Cow<'_, str>]) -> Result<String, String> {
        match &self.joined {
            Some(between) if parts.iter().any(|part| part.contains(between.as_str())) => {
                Err(format!("an element holds `{between}`"))
            }
            Some(between) => Ok(parts.join(between)),
            None => list_image(parts),
        }
    }
}

/// The image of a list: its spelled elements as a JSON list.
pub(in crate::pure::mapping) fn list_image<T: AsRef<str> + serde::Serialize>(parts: &[T]) -> Result<String, String> {
    serde_json::to_string(parts).map_err(|error| error.to_string())
}
