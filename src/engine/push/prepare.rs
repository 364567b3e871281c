//! What a write needs before its first byte leaves: a look at what stands there, and an attachment's bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::doors::connector::{Shown, SpooledFile, Target, Write};
use crate::doors::spool;
use crate::engine::{Engine, Link, System};
use crate::pure::sync::case::{Case, Intent, Pair};
use crate::words::limits::MAX_ATTACHMENT_BYTES;
use crate::words::outcome::{Failure, Outcome};
use crate::words::record::Reading;
use crate::words::side::{RemoteId, Side, Version};
use crate::words::ticket::RecordKind;

impl Engine {
    /// Everything that a write needs. What keeps it from being sent is an outcome, too.
    pub(super) async fn prepare(
        &self,
        link: &Link,
        side: Side,
        system: &System,
        case: &Case,
        intent: &Intent,
    ) -> Result<Write, Outcome> {
        let nothing = || Outcome::NotNow(Failure::Unreachable { says: "the pair is not there any more".into() });
        let pair = case.pair(&intent.pair).ok_or_else(nothing)?;
        let version = match (&intent.target, &intent.version) {
            (Some(_), None) => self.compare(side, system, case, intent).await?,
            (_, version) => version.clone().or_else(|| case.ticket.ends.get(side).version.clone()),
        };
        let file = if intent.kind == RecordKind::Attachment && intent.target.is_none() {
            Some(self.fetch(link, side.other(), pair, &self.spool_of(intent)).await?)
        } else {
            None
        };
        Ok(Write {
            kind: intent.kind,
            target: intent.target.clone().map_or(Target::New, Target::Existing),
            parent: case.ticket.ends.get(side).id.clone().filter(|_| intent.kind != RecordKind::Ticket),
            version,
            reference: intent.pair.clone(),
            key: intent.key.clone(),
            intended_at: intent.intended_at,
            fields: intent.fields.iter().map(|(name, planned)| (name.clone(), planned.value.clone())).collect(),
            dates: case.dates(),
            file,
            captures: pair.ends.get(side).captures.clone(),
            begin_by: None,
        })
    }

    /// Without versions, or where they move by themselves: read right before writing, and give up if the fields moved.
    /// The version just read, where there is one.
    async fn compare(
        &self,
        side: Side,
        system: &System,
        case: &Case,
        intent: &Intent,
    ) -> Result<Option<Version>, Outcome> {
        let Some(ticket) = case.ticket.ends.get(side).id.as_ref() else { return Ok(None) };
        let reading = match system.remote.get(ticket).await.map_err(Outcome::NotNow)? {
            Shown::Ticket(reading) => reading,
            Shown::Gone => return Err(Outcome::Gone),
            Shown::Unreadable { reason } => return Err(Outcome::Conflict { says: reason }),
        };
        let record = record_in(&reading, intent.kind, intent.target.as_ref()).ok_or(Outcome::Gone)?;
        let image = |name| record.cells.get(name).map(|cell| &cell.image);
        let moved =
            intent.fields.iter().any(|(name, planned)| image(name).is_some_and(|image| *image != planned.before));
        if moved { Err(Outcome::Conflict { says: "it moved since it was read".into() }) } else { Ok(reading.version) }
    }

    /// Brings an attachment's bytes from its own side into the spool.
    async fn fetch(&self, link: &Link, from: Side, pair: &Pair, spool: &Path) -> Result<SpooledFile, Outcome> {
        let end = pair.ends.get(from);
        let (Some(system), Some(id)) = (self.system(link, from), end.id.clone()) else {
            return Err(Outcome::NotNow(Failure::Unreachable { says: "the attachment has no source".into() }));
        };
        let reading = Reading {
            kind: pair.kind,
            id,
            identity: end.identity.clone(),
            version: end.version.clone(),
            changed: None,
            reference: Some(pair.reference.clone()),
            cells: end.cells.clone(),
            children: BTreeMap::new(),
            captures: end.captures.clone(),
        };
        system.remote.download(&reading, spool, MAX_ATTACHMENT_BYTES).await.map_err(|failure| match failure {
            Failure::Refused { says } => Outcome::Refused { says, fields: Vec::new() },
            other => Outcome::NotNow(other),
        })
    }

    /// A folder of its own, so that one operation's end takes nothing from another that carries the same bytes.
    pub(super) fn spool_of(&self, intent: &Intent) -> PathBuf {
        self.spool.join(&intent.key)
    }

    /// Frees the disk. What can't be removed now is removed at the next start.
    pub(in crate::engine) async fn clear_spool(&self, folder: &Path) {
        if let Err(error) = spool::clear(folder).await {
            tracing::warn!(%error, folder = %folder.display(), "an attachment stays in the spool");
        }
    }
}

/// The record that a write aims at, in a reading of its ticket.
fn record_in<'a>(ticket: &'a Reading, kind: RecordKind, id: Option<&RemoteId>) -> Option<&'a Reading> {
    if kind == RecordKind::Ticket {
        return Some(ticket);
    }
    ticket.children(kind).iter().find(|child| Some(&child.id) == id)
}
