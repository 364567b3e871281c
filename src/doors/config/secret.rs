//! Settings of systems, some of them secret, and where secrets come from.

use std::path::Path;

use super::parse::{CODES, Reader, SECRET};
use super::read_bounded;
use crate::pure::document::Item;
use crate::words::problem::Problems;
use crate::words::secret::Secret;

/// Largest file that holds a secret, bytes.
const MAX_SECRET_BYTES: u64 = 64 * 1024;
/// Where systemd puts the credentials of a service.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// One input of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Stands in the config.
    Plain(String),
    /// Came from the environment, a file or a credential.
    Secret(Secret),
}

impl Setting {
    /// The text, secret or not.
    #[must_use]
    pub fn reveal(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.reveal(),
        }
    }
}

impl Reader<'_> {
    /// `{ env = "NAME" }`, `{ file = "PATH" }` or `{ credential = "NAME" }`.
    pub(super) fn secret(&self, item: &Item<'_>, problems: &mut Problems<'_>) -> Option<Secret> {
        let table = item.table(problems)?;
        let (env, file, credential) = (table.get("env"), table.get("file"), table.get("credential"));
        table.finish(problems);
        match (env, file, credential) {
            (Some(env), None, None) => self.variable(&env, problems),
            (None, Some(file), None) => {
                let path = self.dir.join(file.str(problems)?);
                let mend = "write the path of a readable file, relative to this one";
                read_secret(&path, &file, mend, problems)
            }
            (None, None, Some(credential)) => self.credential(&credential, problems),
            _ => {
                let mend = "write { env = \"NAME\" }, { file = \"PATH\" } or { credential = \"NAME\" }";
                problems.say(CODES.bad_value, &item.span, "a secret comes from one place", mend);
                None
            }
        }
    }

    fn variable(&self, item: &Item<'_>, problems: &mut Problems<'_>) -> Option<Secret> {
        let name = item.str(problems)?;
        let value = (self.env)(name).filter(|value| !value.is_empty());
        if value.is_none() {
            let message = format!("the environment has no `{name}`");
            problems.say(SECRET, &item.span, message, "set it before starting, or write { file = \"…\" }");
        }
        value.map(Secret::new)
    }

    /// A credential that systemd gave the service (`LoadCredential=`, `LoadCredentialEncrypted=`).
    fn credential(&self, item: &Item<'_>, problems: &mut Problems<'_>) -> Option<Secret> {
        let name = item.str(problems)?;
        if Path::new(name).file_name() != Some(name.as_ref()) {
            let mend = "write the name before the colon of `LoadCredential=NAME:PATH`";
            problems.say(SECRET, &item.span, format!("`{name}` can't name a credential"), mend);
            return None;
        }
        let Some(folder) = (self.env)(CREDENTIALS).filter(|folder| !folder.is_empty()) else {
            let mend = format!("start it by systemd with `LoadCredential={name}:PATH`, or write {{ file = \"…\" }}");
            problems.say(SECRET, &item.span, format!("the environment has no `{CREDENTIALS}`"), mend);
            return None;
        };
        let mend = format!("give the service `LoadCredential={name}:PATH`");
        read_secret(&Path::new(&folder).join(name), item, &mend, problems)
    }
}

/// A secret without the line ends at its end.
fn read_secret(path: &Path, item: &Item<'_>, mend: &str, problems: &mut Problems<'_>) -> Option<Secret> {
    match read_bounded(path, MAX_SECRET_BYTES) {
        Ok(text) => Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned())),
        Err(error) => {
            problems.say(SECRET, &item.span, format!("the secret can't be read: {error}"), mend);
            None
        }
    }
}
