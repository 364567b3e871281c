//! What every command starts from: the options of the command line, and the doors opened as it needs them.

use std::path::PathBuf;
use std::sync::Arc;

use crate::doors::config::Config;
use crate::doors::store::{Mode, Store};
use crate::pure::messages::Language;

use super::{Failed, Output, wiring};

/// The command line's options, and where results go.
pub struct Context {
    /// The config file.
    pub config_file: PathBuf,
    /// Language of texts.
    pub language: Language,
    /// Whether the command line asked for it; else reports use the config's.
    pub language_asked: bool,
    /// Where results go.
    pub output: Output,
}

impl Context {
    /// The config, with all secrets.
    ///
    /// # Errors
    /// Where it can't be read, or with all its problems.
    pub fn config(&self) -> Result<Config, Failed> {
        Ok(Config::load(&self.config_file, &|name| std::env::var(name).ok())?)
    }

    /// The language of reports: the command line's, else the config's.
    #[must_use]
    pub const fn report_language(&self, config: &Config) -> Language {
        if self.language_asked { self.language } else { config.language }
    }

    /// Our state, to look at it or decide something by hand. Needs no secrets.
    ///
    /// # Errors
    /// Where the config has problems, or the database can't be used.
    pub async fn state(&self) -> Result<Arc<dyn Store>, Failed> {
        let config = Config::load_without_secrets(&self.config_file, &|name| std::env::var(name).ok())?;
        Ok(wiring::open_store(&config, Mode::Command).await?)
    }

    /// Our state, to sync: nobody else may at the same time.
    ///
    /// # Errors
    /// Where another daemon has it, or the database can't be used.
    pub async fn state_to_sync(&self, config: &Config) -> Result<Arc<dyn Store>, Failed> {
        Ok(wiring::open_store(config, Mode::Daemon).await?)
    }
}

/// Who gives a command, for the audit.
#[must_use]
pub fn person() -> String {
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "somebody".to_owned())
}
