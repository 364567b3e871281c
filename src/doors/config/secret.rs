//! Settings of systems, some of them secret.

use std::fmt;

/// A text that is never shown: not by `Debug`, not in messages.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// One input of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Stands in the config.
    Plain(String),
    /// Came from the environment or a file.
    Secret(Secret),
}

impl Setting {
    /// The text, secret or not.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        let setting = Setting::Secret(Secret::new("hunter2".into()));
        assert!(!format!("{setting:?}").contains("hunter2"));
        assert_eq!(setting.expose(), "hunter2");
    }
}
