//! Captured documents in files and folders: in a stable order, within bounds.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::super::Failed;
use crate::words::limits::MAX_ANSWER_BYTES;

/// Most documents of one run.
const MAX_DOCUMENTS: usize = 20_000;
/// Most folders in folders.
const MAX_FOLDERS_DEEP: usize = 16;

/// One file.
pub(super) enum Captured {
    /// What is in it.
    Bytes(Vec<u8>),
    /// Why nothing of it can be used.
    Unusable(String),
}

/// Gives each document of the files and folders with its name; hidden files and linked folders are left out.
pub(super) fn each(paths: &[PathBuf], mut take: impl FnMut(&str, Captured)) -> Result<(), Failed> {
    let mut left = MAX_DOCUMENTS;
    for path in paths {
        let about = fs::metadata(path).map_err(|error| wrong(path, &error.to_string()))?;
        walk(path, about.is_dir(), 0, &mut left, &mut take)?;
    }
    Ok(())
}

fn walk(
    path: &Path,
    is_folder: bool,
    depth: usize,
    left: &mut usize,
    take: &mut impl FnMut(&str, Captured),
) -> Result<(), Failed> {
    if !is_folder {
        *left = left.checked_sub(1).ok_or_else(|| wrong(path, &format!("more than {MAX_DOCUMENTS} documents")))?;
        take(&path.display().to_string(), read(path));
        return Ok(());
    }
    if depth == MAX_FOLDERS_DEEP {
        return Err(wrong(path, &format!("more than {MAX_FOLDERS_DEEP} folders deep")));
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| wrong(path, &error.to_string()))? {
        let entry = entry.map_err(|error| wrong(path, &error.to_string()))?;
        let kind = entry.file_type().map_err(|error| wrong(&entry.path(), &error.to_string()))?;
        if !entry.file_name().to_string_lossy().starts_with('.') && (kind.is_dir() || entry.path().is_file()) {
            entries.push((entry.path(), kind.is_dir()));
        }
    }
    entries.sort();
    entries.into_iter().try_for_each(|(path, is_folder)| walk(&path, is_folder, depth + 1, left, take))
}

fn read(path: &Path) -> Captured {
    let mut bytes = Vec::new();
    let limit = MAX_ANSWER_BYTES as u64 + 1;
    match fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)) {
        Err(error) => Captured::Unusable(error.to_string()),
        Ok(_) if bytes.len() > MAX_ANSWER_BYTES => Captured::Unusable(format!("larger than {MAX_ANSWER_BYTES} bytes")),
        Ok(_) => Captured::Bytes(bytes),
    }
}

fn wrong(path: &Path, why: &str) -> Failed {
    Failed::wrong_use(format!("{}: {why}", path.display()))
}
