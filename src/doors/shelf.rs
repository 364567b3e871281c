//! Where finished reports are kept: whole files or none, never half of one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes `text` to `folder/name` so that a reader sees the old file or the new one, and the new one is on disk when
/// this returns.
///
/// # Errors
/// Where the folder can't be made or the file can't be written.
pub fn put(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(name);
    let half = folder.join(format!(".{name}.part"));
    let mut file = File::create(&half)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&half, &path)?;
    File::open(folder)?.sync_all()?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_put_replaces_the_first_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("reports");
        put(&inner, "a.txt", "one").unwrap();
        let path = put(&inner, "a.txt", "two").unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "two");
        assert_eq!(fs::read_dir(inner).unwrap().count(), 1);
    }
}
