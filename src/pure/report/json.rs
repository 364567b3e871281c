//! The report as JSON, for programs. The shape is [`Report`]; `version` tells when it changes.

use serde_json::Error;

use super::Report;

/// The report, indented, with a line end.
///
/// # Errors
/// None that a [`Report`] can cause.
pub fn render(report: &Report) -> Result<String, Error> {
    serde_json::to_string_pretty(report).map(|text| text + "\n")
}
