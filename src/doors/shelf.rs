//! Where finished reports are kept: whole files or none, never half of one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::words::stops::{self, Stop};

/// Writes `text` to `folder/name` so that a reader sees the old file or the new one, and the new one is on disk when
/// this returns.
///
/// # Errors
/// Where the folder can't be made or the file can't be written.
pub fn put(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(name);
    let half = folder.join(format!(".{name}.part"));
    let mut file = options().open(&half)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    stops::at(Stop::ReportWriting);
    fs::rename(&half, &path)?;
    File::open(folder)?.sync_all()?;
    Ok(path)
}

/// A report tells what citizens wrote: it is for its owner and his group.
fn options() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_report_is_not_for_everybody() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = put(folder.path(), "a.txt", "one").unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o007, 0);
    }

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
