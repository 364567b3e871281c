//! A first mapping file from sample documents: what can be seen in them is written down, what a person must decide is
//! left to the person, in words beside it.
//!
//! The file reads as TOML and passes `check` but for what only a person knows: which of our words each code is. Values
//! of the samples are never in it, except codes of coded fields.

mod guess;
mod names;
mod profile;
mod samples;
#[cfg(test)]
mod tests;
mod text;

use thiserror::Error;

use crate::pure::encoding::Encoding;

/// Why nothing can be drafted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoDraft {
    /// A sample can't be read as JSON, XML or CSV.
    #[error("{file}: neither JSON nor XML nor CSV that can be read: {why}")]
    Unreadable {
        /// Which.
        file: String,
        /// Why.
        why: String,
    },
    /// Samples of several kinds.
    #[error("{file}: of another kind than the samples before it (JSON, XML, CSV)")]
    Mixed {
        /// The first of the other kind.
        file: String,
    },
    /// Nothing in them looks like records.
    #[error("nothing in the samples looks like a record: an object with several members, alone or in a list")]
    NoRecord,
}

/// Drafts a mapping file from samples: their names for people, and their bytes in the encoding of all of them.
///
/// # Errors
/// Why it can't be done.
pub fn draft(samples: &[(String, Vec<u8>)], encoding: Encoding) -> Result<String, NoDraft> {
    let samples = samples::Samples::read(samples, encoding)?;
    let records = samples.records().ok_or(NoDraft::NoRecord)?;
    let mut profile = profile::Profile::default();
    for record in &records.nodes {
        profile.record(record);
    }
    let guessed = guess::guess(&profile, samples.format);
    Ok(text::write(&samples, &records, &guessed))
}
