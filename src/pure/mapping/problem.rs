//! The stable codes of what can be wrong with a mapping file.

use crate::words::problem::Codes;

mod explain;

pub use explain::{Explanation, catalogue, explain};

pub use crate::words::problem::{Problem, Spot};
pub(super) use crate::words::problem::{Problems, nearest};

/// The codes that the reader of the document uses.
pub(super) const CODES: Codes = Codes {
    syntax: code::SYNTAX,
    unknown_key: code::UNKNOWN_KEY,
    wrong_type: code::WRONG_TYPE,
    missing_key: code::MISSING_KEY,
    bad_value: code::BAD_VALUE,
};

/// The stable codes of problems.
pub mod code {
    /// Not TOML.
    pub const SYNTAX: &str = "M001";
    /// An unknown key.
    pub const UNKNOWN_KEY: &str = "M002";
    /// A value of another type.
    pub const WRONG_TYPE: &str = "M003";
    /// A key that must be there is not.
    pub const MISSING_KEY: &str = "M004";
    /// A value that is not allowed here.
    pub const BAD_VALUE: &str = "M005";
    /// A name of something that is not in the file.
    pub const UNKNOWN_NAME: &str = "M006";
    /// A malformed path.
    pub const PATH: &str = "M007";
    /// A malformed template, or an unknown variable.
    pub const TEMPLATE: &str = "M008";
    /// A variable that has no value in this verb.
    pub const SCOPE: &str = "M009";
    /// A code table with a hole or a contradiction.
    pub const CODES: &str = "M010";
    /// Something that can never be reached.
    pub const UNREACHABLE: &str = "M011";
    /// A writable field that no group or more than one group reaches.
    pub const GROUPS: &str = "M012";
    /// A promise that the calls do not keep.
    pub const PROMISE: &str = "M013";
    /// A setting that is missing or not what it must be.
    pub const SETTING: &str = "M014";
    /// An example that fails.
    pub const EXAMPLE: &str = "M015";
    /// A law that does not hold.
    pub const LAW: &str = "M016";
    /// A rule that can never match.
    pub const NEVER: &str = "M017";
    /// A spelling that reads as two values.
    pub const AMBIGUOUS: &str = "M018";
    /// Two canonical states with one encoding.
    pub const SAME_SPELLING: &str = "M019";
    /// Dated rows that overlap.
    pub const OVERLAP: &str = "M020";
    /// A path that contradicts the record's kind.
    pub const KIND: &str = "M021";
    /// One member taken for two things: object and text, list and single value.
    pub const SHAPE: &str = "M022";
    /// A secret written into the file.
    pub const SECRET: &str = "M023";
    /// Two fields that write one place.
    pub const TWICE: &str = "M024";
    /// Something declared that nothing uses.
    pub const UNUSED: &str = "M025";
    /// A file beside the mapping that can't be used.
    pub const BESIDE: &str = "M026";
    /// Dated rows without a date to go by.
    pub const NO_DAY: &str = "M027";
    /// A code outside its declared domain.
    pub const DOMAIN: &str = "M028";
    /// A text that the documents' encoding can't hold.
    pub const ENCODING: &str = "M029";
    /// A notice that anybody could send, or send again.
    pub const NOTICE: &str = "M030";
}
