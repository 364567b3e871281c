//! The four folders of an exchange: what is taken in, what is left alone, what is put aside with its reason.

use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;

use crate::pure::encoding::Encoding;
use crate::pure::mapping::carrier::Folder;
use crate::pure::mapping::model::DocumentFormat;
use crate::pure::wire::{CsvStyle, Limits, parse_csv, parse_json, parse_xml};
use crate::words::clock::{Timestamp, now};
use crate::words::limits::MAX_ANSWER_BYTES;

use super::{read_whole, write};

/// Files of `in` that are looked at by one call, and documents that a folder may have.
const MAX_DROPPED: usize = 10_000;
const MAX_DOCUMENTS: usize = 200_000;
/// Longest name of a document, bytes.
const MAX_NAME: usize = 150;
/// A file that was written to more lately may still be written to.
const CALM: TimeDelta = TimeDelta::milliseconds(1500);
/// So long a file may be half written; after that it is one that failed.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// How the names of our files begin until they are whole.
pub(super) const HALF_WRITTEN: &str = ".dang-ghi-";

/// Where the folders are, and what is in them.
#[derive(Debug)]
pub(super) struct Shelf {
    root: PathBuf,
    ending: &'static str,
    kind: Folder,
    /// Whether what a process before this one left half written is gone.
    is_clean: AtomicBool,
}

/// A document in a listing.
#[derive(Debug)]
pub(super) struct Stamp {
    pub(super) name: String,
    /// Differs from that of the document before.
    pub(super) version: String,
    /// When it was taken in or handed over, in milliseconds since 1970.
    pub(super) changed: i64,
}

/// What becomes of a dropped file.
enum Fate {
    Taken,
    Left,
    Failed(String),
}

impl Shelf {
    pub(super) fn new(root: PathBuf, kind: Folder) -> Self {
        Self { root, ending: kind.ending(), kind, is_clean: AtomicBool::new(false) }
    }

    /// Makes the folders where they are not there, and takes away what a killed process left half written. The root is
    /// the deployment's own: it must be there.
    pub(super) fn prepare(&self) -> io::Result<()> {
        for folder in ["in", "out", "processed", "failed"] {
            match fs::create_dir(self.root.join(folder)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        if self.is_clean.load(Ordering::SeqCst) {
            return Ok(());
        }
        for folder in ["out", "processed", "failed"] {
            for entry in fs::read_dir(self.root.join(folder))? {
                let entry = entry?;
                if entry.file_name().to_str().is_some_and(|name| name.starts_with(HALF_WRITTEN)) {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        self.is_clean.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Whether a text can name a document: nothing that leads elsewhere, nothing hidden.
    pub(super) fn is_name(name: &str) -> bool {
        let good = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        !name.is_empty() && name.len() <= MAX_NAME && !name.starts_with('.') && name.chars().all(good)
    }

    /// A document's file.
    pub(super) fn place(&self, folder: &str, name: &str) -> PathBuf {
        self.root.join(folder).join(format!("{name}.{}", self.ending))
    }

    /// The last document of a ticket.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        read_whole(&self.place("processed", name), MAX_ANSWER_BYTES as u64)
    }

    /// Whether they dropped one that is not taken in yet.
    pub(super) fn is_waiting(&self, name: &str) -> bool {
        fs::symlink_metadata(self.place("in", name)).is_ok()
    }

    /// Takes in what is whole of all that was dropped.
    pub(super) fn sweep(&self) -> io::Result<()> {
        let mut moved = false;
        for entry in fs::read_dir(self.root.join("in"))?.take(MAX_DROPPED) {
            moved |= match self.take_in(&entry?.path()) {
                Ok(moved) => moved,
                // One that we may not touch holds up no other.
                Err(error) => {
                    tracing::warn!(%error, "a dropped file can't be taken in");
                    false
                }
            };
        }
        if moved { self.settle_all() } else { Ok(()) }
    }

    /// The same of one ticket.
    pub(super) fn sweep_one(&self, name: &str) -> io::Result<()> {
        if self.is_waiting(name) && self.take_in(&self.place("in", name))? { self.settle_all() } else { Ok(()) }
    }

    fn settle_all(&self) -> io::Result<()> {
        ["in", "processed", "failed"].iter().try_for_each(|folder| settle(&self.root.join(folder)))
    }

    /// Whether the file was moved.
    fn take_in(&self, dropped: &Path) -> io::Result<bool> {
        let Some(file) = dropped.file_name() else { return Ok(false) };
        let fate = match file.to_str() {
            // Hidden ones and those of programs that write under another name first are not dropped yet.
            Some(name) if name.starts_with('.') || name.ends_with('~') => Fate::Left,
            Some(name) if [".tmp", ".part", ".filepart", ".crdownload"].iter().any(|end| name.ends_with(end)) => {
                Fate::Left
            }
            Some(name) => match name.strip_suffix(self.ending).and_then(|stem| stem.strip_suffix('.')) {
                Some(stem) if Self::is_name(stem) => self.fate(dropped)?,
                Some(_) => Fate::Failed("a name with other characters than letters, digits, `-`, `_`, `.`".to_owned()),
                None => Fate::Failed(format!("a name that does not end in .{}", self.ending)),
            },
            None => Fate::Failed("a name that is not UTF-8".to_owned()),
        };
        match fate {
            Fate::Left => Ok(false),
            Fate::Taken => {
                let taken = File::options().write(true).open(dropped)?;
                // Their programs may give it any time; what was taken in changed now.
                taken.set_times(FileTimes::new().set_modified(now().into()))?;
                taken.sync_all()?;
                fs::rename(dropped, self.root.join("processed").join(file))?;
                Ok(true)
            }
            Fate::Failed(reason) => {
                // Of one name there may be several.
                let mut name = std::ffi::OsString::from(format!("{}-", now().timestamp_millis()));
                name.push(file);
                let aside = self.root.join("failed").join(name);
                let mut told = aside.clone().into_os_string();
                told.push(".reason.txt");
                // The reason first: a file is never there without.
                write(Path::new(&told), reason.as_bytes())?;
                fs::rename(dropped, aside)?;
                Ok(true)
            }
        }
    }

    fn fate(&self, dropped: &Path) -> io::Result<Fate> {
        let seen = match fs::symlink_metadata(dropped) {
            Ok(seen) => seen,
            // They took it back.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Fate::Left),
            Err(error) => return Err(error),
        };
        if seen.file_type().is_dir() {
            return Ok(Fate::Left);
        }
        if !seen.file_type().is_file() {
            return Ok(Fate::Failed("no file: links are not followed".to_owned()));
        }
        let age = now() - Timestamp::from(seen.modified()?);
        if age < CALM {
            return Ok(Fate::Left);
        }
        if seen.len() > MAX_ANSWER_BYTES as u64 {
            return Ok(Fate::Failed(format!("larger than {MAX_ANSWER_BYTES} bytes")));
        }
        let Some(bytes) = read_whole(dropped, MAX_ANSWER_BYTES as u64)? else { return Ok(Fate::Left) };
        Ok(match self.fault(&bytes) {
            None => Fate::Taken,
            // Maybe it is still being written.
            Some(_) if age < PATIENCE => Fate::Left,
            Some(fault) => Fate::Failed(fault),
        })
    }

    /// Why bytes are no document; no value of theirs.
    fn fault(&self, bytes: &[u8]) -> Option<String> {
        let limits = Limits::default();
        let parsed = match self.kind.format {
            // What is not in UTF-8 shows its faults where it is read.
            _ if self.kind.encoding != Encoding::Utf8 => return None,
            DocumentFormat::Json => parse_json(bytes, &limits),
            DocumentFormat::Xml => parse_xml(bytes, &self.kind.namespaces, &limits),
            DocumentFormat::Csv => parse_csv(bytes, &CsvStyle::default(), &limits),
        };
        parsed.err().map(|error| error.to_string())
    }

    /// Every ticket's last document.
    pub(super) fn documents(&self) -> io::Result<Vec<Stamp>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.root.join("processed"))? {
            let entry = entry?;
            let file = entry.file_name();
            let stem = file.to_str().and_then(|name| name.strip_suffix(self.ending)?.strip_suffix('.'));
            let Some(name) = stem.filter(|stem| Self::is_name(stem)) else { continue };
            let seen = fs::symlink_metadata(entry.path())?;
            if !seen.file_type().is_file() {
                continue;
            }
            if found.len() == MAX_DOCUMENTS {
                return Err(io::Error::other(format!("more than {MAX_DOCUMENTS} documents: move old ones away")));
            }
            let changed = Timestamp::from(seen.modified()?);
            found.push(Stamp {
                name: name.to_owned(),
                version: format!("{}-{}", changed.timestamp_nanos_opt().unwrap_or_default(), seen.len()),
                changed: changed.timestamp_millis(),
            });
        }
        Ok(found)
    }
}

/// Brings what was renamed in a folder onto the disk.
pub(super) fn settle(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
