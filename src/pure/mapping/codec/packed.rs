//! Text that a system packs into base64, or into a zip inside base64.

use std::borrow::Cow;

use super::{Codes, Sight, Spelling, text};
use crate::pure::content::{Packing, pack, unpack};
use crate::pure::encoding::Encoding;
use crate::words::limits::MAX_TEXT_BYTES;
use crate::words::value::Value;

/// How a text is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Into what.
    pub packing: Packing,
    /// Of its bytes.
    pub encoding: Encoding,
}

impl Packed {
    fn parse(self, text: &str) -> Result<String, String> {
        let bytes = unpack(text, self.packing, None, MAX_TEXT_BYTES as u64).map_err(|error| error.to_string())?;
        self.encoding.decode(&bytes).map(|text| text.into_owned()).map_err(|error| error.to_string())
    }

    fn print(self, text: &str) -> Result<String, String> {
        let bytes = self.encoding.encode(text).map_err(|error| error.to_string())?;
        pack(&bytes, self.packing, None)
    }
}

impl Spelling for Packed {
    fn read(&self, text: &str, _: Sight<'_>) -> Result<Option<Value>, String> {
        Ok(text::meant(&self.parse(text)?))
    }

    fn spell<'a>(&'a self, value: &'a Value, _: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        if let Value::Text(text) = value { Some(self.print(text).map(Cow::Owned)) } else { None }
    }

    fn is_lossy(&self, _: &Codes) -> bool {
        self.encoding.is_lossy()
    }
}
