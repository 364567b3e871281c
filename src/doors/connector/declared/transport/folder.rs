//! Carries calls to a folder of files, one a ticket: what a system without an API drops there, and what it fetches.
//!
//! `in` is theirs to drop into, `out` theirs to fetch from; `processed` holds the last document of each ticket, `failed` what
//! can be none, each with its reason beside it. A file changes its folder by one rename, and gets its name only when it is
//! whole and on the disk: a process that dies at any instant leaves each file where it was or where it belongs.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Mutex;

use super::TransportError;
use super::gate::Gate;
use crate::doors::connector::declared::{CallOptions, ConnectError};
use crate::pure::exchange::{Answer, Body, Request};
use crate::pure::mapping::calls::Method;
use crate::pure::mapping::carrier::Folder;
use crate::words::clock::{Deadline, now};
use crate::words::limits::MAX_PAGE_ROWS;
use crate::words::side::SystemName;
use crate::words::way::Way;

use self::shelf::{Shelf, Stamp};

mod shelf;

/// A folder that files are exchanged through.
#[derive(Debug)]
pub(in super::super) struct Client {
    /// One at a time: what is looked at must not be moved meanwhile.
    shelf: Arc<Mutex<Shelf>>,
    gate: Gate,
    call_timeout: Duration,
}

impl Client {
    /// The folders in it are made at the first call.
    pub(super) fn new(system: &SystemName, folder: &Folder, options: &CallOptions) -> Result<Self, ConnectError> {
        if options.way != Way::default() {
            return Err(ConnectError::Way { system: system.clone() });
        }
        let shelf = Shelf::new(PathBuf::from(&folder.path), folder.clone());
        let gate = Gate::new(options.per_second, options.concurrency);
        Ok(Self { shelf: Arc::new(Mutex::new(shelf)), gate, call_timeout: options.call_timeout })
    }

    /// Lists documents (`GET /`), shows one (`GET /NAME`), or hands one over (`PUT /NAME`).
    pub(super) async fn exchange(
        &self,
        request: &Request,
        begin_by: Option<Deadline>,
    ) -> Result<Answer, TransportError> {
        let _pass = self.gate.enter().await;
        if begin_by.is_some_and(|deadline| deadline.has_passed()) {
            return Err(TransportError::too_old());
        }
        let late = |says: &str| format!("{says} within {} s", self.call_timeout.as_secs_f32());
        let shelf = tokio::time::timeout(self.call_timeout, Arc::clone(&self.shelf).lock_owned()).await;
        let shelf = shelf.map_err(|_| TransportError::NeverSent { says: late("the folder was not free") })?;
        let request = request.clone();
        let says = |error: io::Error| format!("the folder: {error}");
        let done = tokio::task::spawn_blocking(move || {
            shelf.prepare().map_err(|error| TransportError::NeverSent { says: says(error) })?;
            answer(&shelf, &request).map_err(|error| TransportError::Lost { says: says(error) })
        });
        match tokio::time::timeout(self.call_timeout, done).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) | Err(_) => Err(TransportError::Lost { says: late("the folder did not answer") }),
        }
    }
}

fn answer(shelf: &Shelf, request: &Request) -> io::Result<Answer> {
    let query = |name: &str| {
        let found = request.url.query_pairs().find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned())
    };
    let name = request.url.path().trim_start_matches('/');
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
    match (request.method, name.as_str()) {
        (Method::Get, "") => {
            shelf.sweep()?;
            let size = query("size").and_then(|size| size.parse().ok()).unwrap_or(MAX_PAGE_ROWS);
            let since = query("since").and_then(|since| since.parse::<i64>().ok());
            list(shelf, query("name").as_deref(), query("after").as_deref(), since, size)
        }
        (_, name) if !Shelf::is_name(name) => Ok(said(400, "no name of a document")),
        (Method::Get, name) => {
            shelf.sweep_one(name)?;
            Ok(match shelf.read(name)? {
                Some(body) => Answer { status: 200, headers: Vec::new(), body },
                None => said(404, "no such document"),
            })
        }
        (Method::Put, name) => {
            let Body::Bytes(bytes) = &request.body else { return Ok(said(400, "no document")) };
            put(shelf, name, bytes, request.header("if-none-match") == Some("*"))
        }
        (Method::Post | Method::Patch | Method::Delete, _) => Ok(said(405, "a folder knows GET and PUT")),
    }
}

/// The documents in the order of their names, from behind `after` on.
fn list(shelf: &Shelf, name: Option<&str>, after: Option<&str>, since: Option<i64>, size: usize) -> io::Result<Answer> {
    let mut found: Vec<Stamp> = shelf.documents()?;
    found.retain(|stamp| {
        name.is_none_or(|name| stamp.name == name)
            && after.is_none_or(|after| stamp.name.as_str() > after)
            && since.is_none_or(|since| stamp.changed >= since)
    });
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let more = found.len() > size;
    found.truncate(size);
    let next = found.last().filter(|_| more).map(|stamp| stamp.name.clone());
    let row = |stamp: &Stamp| json!({ "name": stamp.name, "version": stamp.version, "changed": stamp.changed });
    let rows: Vec<_> = found.iter().map(row).collect();
    let body = json!({ "rows": rows, "next": next, "now": now().timestamp_millis() }).to_string().into_bytes();
    Ok(Answer { status: 200, headers: Vec::new(), body })
}

/// Hands a document over, and keeps it as the last one of its ticket. First where they fetch it: one that was kept and not
/// handed over would be taken for delivered.
fn put(shelf: &Shelf, name: &str, bytes: &[u8], is_new: bool) -> io::Result<Answer> {
    shelf.sweep_one(name)?;
    if shelf.is_waiting(name) {
        return Ok(said(412, "they dropped another one meanwhile"));
    }
    if is_new && shelf.read(name)?.is_some() {
        return Ok(said(409, "there is such a document"));
    }
    write(&shelf.place("out", name), bytes)?;
    write(&shelf.place("processed", name), bytes)?;
    Ok(Answer { status: 200, headers: Vec::new(), body: bytes.to_vec() })
}

/// Gives bytes a name: under another one first, onto the disk, then by one rename.
fn write(place: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = place.parent().unwrap_or(place);
    let mut temporary = tempfile::Builder::new().prefix(shelf::HALF_WRITTEN).tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(place).map_err(|error| error.error)?;
    shelf::settle(folder)
}

/// An answer that is no document; its text names no person.
fn said(status: u16, says: &str) -> Answer {
    Answer { status, headers: vec![("says".to_owned(), says.to_owned())], body: Vec::new() }
}

/// Reads at most so many bytes of a file that must be one, following no link.
fn read_whole(place: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let seen = match fs::symlink_metadata(place) {
        Ok(seen) => seen,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !seen.file_type().is_file() || seen.len() > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a document that is none"));
    }
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(File::open(place)?, most + 1), &mut bytes)?;
    Ok(Some(bytes))
}
