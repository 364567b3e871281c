//! Texts of fields: read once, compared and kept in many places.

pub use ecow::eco_format as format_text;

/// A text of a field. A short one (15 bytes) stands in its place without an allocation, a longer one is shared by all that
/// keep it: a spelling and the value that is spelled so, a reading, a base, a write.
pub type Text = ecow::EcoString;
