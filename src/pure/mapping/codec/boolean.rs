//! True and false in any spelling: `true`, `"True"`, `1`, `"Có"`.

use std::borrow::Cow;

use super::{Sight, Spelling, shown, text};
use crate::words::value::Value;

/// How a system spells the two; the first of each is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boolean {
    /// Spellings of true.
    pub yes: Vec<String>,
    /// Spellings of false.
    pub no: Vec<String>,
}

impl Boolean {
    fn parse(&self, spelled: &str) -> Result<bool, String> {
        let composed = text::nfc(spelled);
        let is = |spellings: &[String]| spellings.iter().any(|spelling| *spelling == composed);
        match (is(&self.yes), is(&self.no)) {
            (true, _) => Ok(true),
            (false, true) => Ok(false),
            (false, false) => Err(format!("neither true nor false: `{}`", shown(spelled))),
        }
    }

    fn print(&self, yes: bool) -> Result<&str, String> {
        let spellings = if yes { &self.yes } else { &self.no };
        spellings.first().map(String::as_str).ok_or_else(|| "no spelling".to_owned())
    }
}

impl Spelling for Boolean {
    fn read(&self, text: &str, _: Sight<'_>) -> Result<Option<Value>, String> {
        self.parse(text).map(|yes| Some(Value::Boolean(yes)))
    }

    fn spell<'a>(&'a self, value: &'a Value, _: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        if let Value::Boolean(yes) = value { Some(self.print(*yes).map(Cow::Borrowed)) } else { None }
    }
}
