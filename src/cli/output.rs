//! What commands say: results on stdout, failures on stderr, and the exit code.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;

use crate::doors::config::ConfigError;
use crate::doors::store::StoreError;
use crate::engine::EngineError;
use crate::pure::messages::Language;
use crate::words::problem::Problem;

use super::wiring::WiringError;

/// How a command ended, as scripts see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Something needs a person.
    NeedsPerson = 1,
    /// Wrong use, config or mapping.
    WrongUse = 2,
    /// A remote system or the database can't be reached or used.
    Unreachable = 3,
    /// A fault of this program.
    Internal = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Why a command could not do its work.
#[derive(Debug)]
pub struct Failed {
    /// The exit code.
    pub exit: Exit,
    /// What happened, with its causes.
    pub error: anyhow::Error,
    /// Problems of config and mapping files, each with its place.
    pub problems: Vec<Problem>,
}

impl Failed {
    /// With an exit code of one's own.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self { exit, error: error.into(), problems: Vec::new() }
    }

    /// What was asked for makes no sense.
    #[must_use]
    pub fn wrong_use(message: String) -> Self {
        Self::new(Exit::WrongUse, anyhow::Error::msg(message))
    }

    /// Files with problems.
    #[must_use]
    pub fn problems(problems: Vec<Problem>) -> Self {
        let error = anyhow::anyhow!("{} problem(s)", problems.len());
        Self { exit: Exit::WrongUse, error, problems }
    }
}

impl From<ConfigError> for Failed {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Problems(problems) => Self::problems(problems),
            ConfigError::Unreadable { .. } => Self::new(Exit::WrongUse, error),
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        let exit = match error {
            StoreError::Ambiguous => Exit::WrongUse,
            StoreError::Newer { .. }
            | StoreError::Held { .. }
            | StoreError::Stale
            | StoreError::Fenced
            | StoreError::Taken { .. }
            | StoreError::Damaged(_)
            | StoreError::Away { .. }
            | StoreError::Database(_) => Exit::Unreachable,
        };
        Self::new(exit, error)
    }
}

impl From<EngineError> for Failed {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Store(error) => error.into(),
            EngineError::Alarm { .. } => Self::new(Exit::NeedsPerson, error),
            EngineError::Remote { .. } => Self::new(Exit::Unreachable, error),
            EngineError::Shelf { .. } => Self::new(Exit::Internal, error),
        }
    }
}

impl From<WiringError> for Failed {
    fn from(error: WiringError) -> Self {
        match error {
            WiringError::Problems(problems) => Self::problems(problems),
            WiringError::Store(error) => error.into(),
            WiringError::Unreadable { .. } | WiringError::Connector(_) => Self::new(Exit::WrongUse, error),
        }
    }
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<EngineError>() {
            Ok(error) => error.into(),
            Err(error) => Self::new(Exit::Internal, error),
        }
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        // Whoever reads our output has seen enough.
        let exit = if error.kind() == ErrorKind::BrokenPipe { Exit::Done } else { Exit::Internal };
        Self::new(exit, error)
    }
}

/// Where results go.
pub struct Output {
    /// As text or JSON.
    pub format: Format,
    /// Language of texts.
    pub language: Language,
    out: Box<dyn Write + Send>,
}

impl Output {
    /// To stdout.
    #[must_use]
    pub fn stdout(format: Format, language: Language) -> Self {
        Self { format, language, out: Box::new(io::stdout()) }
    }

    /// Whether results are wanted as JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes one JSON document.
    ///
    /// # Errors
    /// Where stdout can't be written.
    pub fn json(&mut self, what: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(what).map_err(io::Error::other)?;
        writeln!(self.out, "{text}")
    }

    /// Writes one line.
    ///
    /// # Errors
    /// Where stdout can't be written.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// Where stdout can't be written.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Writes rows under their heads, columns aligned.
    ///
    /// # Errors
    /// Where stdout can't be written.
    pub fn table(&mut self, heads: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
        let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
        let width = |column: usize| {
            let cells = std::iter::once(&heads).chain(rows).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..heads.len()).map(width).collect();
        for row in std::iter::once(&heads).chain(rows) {
            let padded = row.iter().zip(&widths).map(|(cell, width)| {
                let gap = width.saturating_sub(cell.chars().count());
                format!("{cell}{}", " ".repeat(gap))
            });
            let line = padded.collect::<Vec<_>>().join("  ");
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// Tells why a command failed: on stderr, and as JSON on stdout where that was asked for. Returns the exit code.
    pub fn failed(&mut self, failed: &Failed) -> Exit {
        if failed.exit == Exit::Done {
            return Exit::Done;
        }
        let message = with_causes(&failed.error);
        let mut stderr = io::stderr().lock();
        let texts = failed.problems.iter().map(|problem| format!("{}\n", problem.render_text()));
        let told: io::Result<()> =
            texts.chain([format!("pakn-bridge: {message}\n")]).try_for_each(|text| stderr.write_all(text.as_bytes()));
        let said = if self.is_json() {
            let error = json!({ "error": { "message": message, "problems": failed.problems } });
            self.json(&error)
        } else {
            Ok(())
        };
        // Where neither can be written, the exit code says enough.
        if told.and(said).is_err() { Exit::Internal } else { failed.exit }
    }
}

/// An error and its causes on one line; a cause that the text tells already is not told twice.
fn with_causes(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |mut text, cause| {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause);
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let io = || io::Error::new(ErrorKind::NotFound, "no such file");
        let told = ConfigError::Unreadable { path: "b.toml".into(), source: io() };
        assert_eq!(with_causes(&told.into()), "b.toml: no such file");
        assert_eq!(
            with_causes(&anyhow::Error::new(io()).context("reading the spool")),
            "reading the spool: no such file"
        );
    }

    #[test]
    fn each_failure_has_its_exit_code() {
        let held = StoreError::Held { holder: "process 7".into() };
        let pipe = io::Error::new(ErrorKind::BrokenPipe, "closed");
        for (failed, exit) in [
            (Failed::from(held), Exit::Unreachable),
            (Failed::from(StoreError::Ambiguous), Exit::WrongUse),
            (Failed::from(ConfigError::Problems(Vec::new())), Exit::WrongUse),
            (Failed::from(pipe), Exit::Done),
        ] {
            assert_eq!(failed.exit, exit, "{failed:?}");
        }
    }
}
