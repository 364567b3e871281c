//! The stable codes of what can be wrong with a mapping file.

use crate::words::problem::Codes;

pub use crate::words::problem::Problem;
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
    /// A rule or row that can never match.
    pub const NEVER: &str = "M017";
    /// A value that could be written in two ways, or a text that could be read in two.
    pub const AMBIGUOUS: &str = "M018";
    /// Two fields written to one place, or one field in two.
    pub const TWICE: &str = "M024";
}
