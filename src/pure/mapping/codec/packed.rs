//! Text that a system packs into base64, or into a zip inside base64.

use crate::pure::content::{Packing, pack, unpack};
use crate::pure::encoding::Encoding;
use crate::words::limits::MAX_TEXT_BYTES;

/// How a text is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Into what.
    pub packing: Packing,
    /// Of its bytes.
    pub encoding: Encoding,
}

impl Packed {
    pub(super) fn parse(self, text: &str) -> Result<String, String> {
        let bytes = unpack(text, self.packing, None, MAX_TEXT_BYTES as u64).map_err(|error| error.to_string())?;
        self.encoding.decode(&bytes).map(|text| text.into_owned()).map_err(|error| error.to_string())
    }

    pub(super) fn print(self, text: &str) -> Result<String, String> {
        let bytes = self.encoding.encode(text).map_err(|error| error.to_string())?;
        pack(&bytes, self.packing, None)
    }
}
