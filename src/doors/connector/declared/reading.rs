//! The verbs that only read: changes, get, find, check, download.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::doors::connector::{ListFrom, Page, PageToken, Row, Shown, SpooledFile};
use crate::pure::content::{Packing, Unpackable, unpack};
use crate::pure::exchange::{self, Expected, Place, Role, Scope, judge, next_page};
use crate::pure::mapping::ReadFault;
use crate::pure::mapping::calls::{Call, Format, Verdict};
use crate::pure::wire::Node;
use crate::words::clock::{Timestamp, now};
use crate::words::outcome::Failure;
use crate::words::record::Reading;
use crate::words::side::{Reference, RemoteId};
use crate::words::ticket::{RecordKind, field};
use crate::words::value::Value;

use super::DeclaredRemote;
use super::call::{Done, MAX_LOGINS, failure};
use super::spool::Sink;
use super::transport::TransportError;

/// Most pages of one search by reference: more hits than that are no search.
const MAX_FIND_PAGES: usize = 20;

impl DeclaredRemote {
    pub(super) async fn check_login(&self) -> Result<(), Failure> {
        let mut scope = Scope::new(RecordKind::Ticket);
        let Some(check) = &self.mapping.login.check else {
            // Nothing declared that proves who we are: at least a session, or else a page.
            if self.mapping.login.call.is_some() {
                return self.session.tokens(self).await.map(|_| ());
            }
            return self.list(&ListFrom { since: Some(now()) }, None).await.map(|_| ());
        };
        let call = self.call(&check.call)?;
        let done = self.read(call, &mut scope).await?;
        let Some(path) = &check.at else { return Ok(()) };
        let seen = done.document().and_then(|document| document.plain(path));
        match (seen, &check.is) {
            (Some(seen), Some(expected)) if seen == expected.as_str() => Ok(()),
            (Some(seen), None) if !seen.is_empty() => Ok(()),
            _ => Err(Failure::Login { says: format!("the answer of `{}` does not name us", check.call) }),
        }
    }

    pub(super) async fn list(&self, from: &ListFrom, page: Option<&PageToken>) -> Result<Page, Failure> {
        let call = self.verb(self.mapping.verbs.changes.as_deref(), "changes")?;
        let mut scope = Scope::new(RecordKind::Ticket);
        scope.since = from.since;
        self.page(call, scope, page).await
    }

    /// One page of a listing call.
    pub(super) async fn page(&self, call: &Call, mut scope: Scope, page: Option<&PageToken>) -> Result<Page, Failure> {
        let bad = |says: String| Failure::BadAnswer { says };
        if let Some(token) = page {
            scope.place = Place::from_token(&token.0).map_err(|error| bad(error.to_string()))?;
        }
        let expected = self.lists.get(&call.name);
        let expected = expected.ok_or_else(|| bad(format!("`{}` declares no items", call.name)))?;
        let done = self.show(expected, call, &mut scope).await.map_err(super::call::Broken::into_failure)?.good()?;
        let Some(answered) = &done.answered else { return Err(bad("no document".to_owned())) };
        let found = answered.rows.as_ref().map_err(|says| bad(says.clone()))?;
        let ids: Vec<String> =
            found.iter().map(|row| row.id.as_ref().map_or_else(String::new, |id| id.0.clone())).collect();
        let next =
            next_page(call, &scope.place, answered, &done.answer, &ids).map_err(|error| bad(error.to_string()))?;
        let remote_now = remote_now(call, &done);
        let rows = done.answered.and_then(|answered| answered.rows.ok()).unwrap_or_default();
        let row = |row: exchange::Shown| Row {
            id: row.id,
            version: row.version,
            changed: row.changed,
            shown: row.ticket.map(shown),
        };
        let rows = rows.into_iter().map(row).collect();
        Ok(Page { rows, next: next.map(|place| PageToken(place.to_token())), remote_now })
    }

    /// One ticket's document as a reading, or why it is none.
    pub(super) fn understand(&self, document: &Node) -> Shown {
        shown(self.mapping.read(document))
    }

    pub(super) async fn read_ticket(&self, id: &RemoteId) -> Result<Shown, Failure> {
        let ticket = match &self.get {
            Some(expected) => {
                let Some((call, done)) = self.get(id, Some(expected)).await? else { return Ok(Shown::Gone) };
                let rows = done.answered.and_then(|answered| answered.rows.ok()).unwrap_or_default();
                let ticket = rows.into_iter().next().and_then(|row| row.ticket);
                shown(ticket.ok_or_else(|| no_ticket(call))?)
            }
            None => match self.document(id).await? {
                Some(document) => self.understand(&document),
                None => return Ok(Shown::Gone),
            },
        };
        Ok(match ticket {
            // Another record under the id that was asked for: merged there, or a proxy's mistake.
            Shown::Ticket(reading) if reading.id != *id => {
                let other = &reading.id;
                let reason = format!(
                    "merged: reading {id} shows {other}, so the two are one ticket there, or answers are mixed up"
                );
                Shown::Unreadable { reason }
            }
            shown => shown,
        })
    }

    /// The answer that shows a ticket; `None` where there is no such ticket.
    async fn get(&self, id: &RemoteId, expected: Option<&Expected>) -> Result<Option<(&Call, Done)>, Failure> {
        let call = self.verb(self.mapping.verbs.get.as_deref(), "get")?;
        let mut scope = Scope::new(RecordKind::Ticket);
        scope.id = Some(id.0.clone());
        let done = match expected {
            Some(expected) => self.show(expected, call, &mut scope).await,
            None => self.make(call, &mut scope, Role::Repeatable, None, None).await,
        };
        let done = done.map_err(super::call::Broken::into_failure)?;
        if done.judged.verdict == Verdict::Gone { Ok(None) } else { done.good().map(|done| Some((call, done))) }
    }

    /// The raw document of a ticket with its mounts; `None` where there is no such ticket.
    pub(super) async fn document(&self, id: &RemoteId) -> Result<Option<Node>, Failure> {
        let Some((call, done)) = self.get(id, None).await? else { return Ok(None) };
        let mut scope = Scope::new(RecordKind::Ticket);
        scope.id = Some(id.0.clone());
        let mut document = done.root(call).ok_or_else(|| no_ticket(call))?;
        for mount in &self.mapping.verbs.mounts {
            let call = self.call(&mount.call)?;
            scope.doc = Some(document.clone());
            let done = self.read(call, &mut scope).await?;
            let part = match &call.items {
                Some(_) => Node::List(done.items(call)?),
                None => done.root(call).unwrap_or(Node::Null),
            };
            put(&mut document, &mount.into, part);
        }
        Ok(Some(document))
    }

    pub(super) async fn search(&self, reference: &Reference) -> Result<Vec<RemoteId>, Failure> {
        let call = self.verb(self.mapping.verbs.find.as_deref(), "find")?;
        let mut found = Vec::new();
        let mut page = None;
        for _ in 0..MAX_FIND_PAGES {
            let mut scope = Scope::new(RecordKind::Ticket);
            scope.reference = Some(reference.0.clone());
            let answer = self.page(call, scope, page.as_ref()).await?;
            for row in answer.rows {
                let Some(id) = row.id else {
                    return Err(Failure::BadAnswer { says: "a hit of the search has no id".to_owned() });
                };
                // A hit counts only if reading it shows the reference.
                let shown = match row.shown {
                    Some(shown) => shown,
                    None => self.read_ticket(&id).await?,
                };
                match shown {
                    Shown::Ticket(reading) if reading.reference.as_ref() == Some(reference) => found.push(id),
                    Shown::Ticket(_) | Shown::Gone => {}
                    // It may be the very one: "not found" would send it a second time.
                    Shown::Unreadable { reason } => {
                        return Err(Failure::BadAnswer {
                            says: format!("a hit of the search can't be read: {reason}"),
                        });
                    }
                }
            }
            page = answer.next;
            if page.is_none() {
                found.sort();
                found.dedup();
                return Ok(found);
            }
        }
        Err(Failure::BadAnswer { says: "the search for a reference has no end".to_owned() })
    }

    pub(super) async fn fetch(&self, attachment: &Reading, spool: &Path, limit: u64) -> Result<SpooledFile, Failure> {
        let call = self.verb(self.mapping.verbs.download.as_deref(), "download")?;
        let mut scope = Scope::new(RecordKind::Attachment);
        scope.child_id = Some(attachment.id.0.clone());
        scope.shown = attachment.captures.clone();
        for (name, cell) in &attachment.cells {
            if let Some(image) = &cell.image {
                scope.fields.insert(name.clone(), Node::text(image.clone()));
            }
        }
        let disk = |error: std::io::Error| TransportError::Spool { says: error.to_string() }.into_failure();
        let mut sink = Sink::begin(spool).await.map_err(disk)?;
        if call.gives == Format::Bytes {
            self.stream_file(call, &mut scope, &mut sink, limit).await?;
        } else {
            let done = self.read(call, &mut scope).await?;
            let mut taken = done.taken(call);
            let (packing, text) = match taken.remove("base64_zip") {
                Some(text) => (Packing::Base64Zip, Some(text)),
                None => (Packing::Base64, taken.remove("base64")),
            };
            let text = text.as_ref().and_then(Node::as_plain).unwrap_or_default();
            let name = attachment.value(&field::NAME).and_then(Value::as_text);
            let bytes = unpack(&text, packing, name, limit).map_err(|error| match error {
                Unpackable::TooLarge { limit } => too_large(limit),
                broken => Failure::BadAnswer { says: broken.to_string() },
            })?;
            sink.write(&bytes).await.map_err(disk)?;
        }
        let kept = sink.keep(spool).await.map_err(disk)?;
        match attachment.value(&field::SHA256) {
            Some(Value::Text(declared)) if !declared.eq_ignore_ascii_case(&kept.sha256) => {
                Err(Failure::BadAnswer { says: "the content does not have the digest that was shown".to_owned() })
            }
            _ => Ok(kept),
        }
    }

    async fn stream_file(&self, call: &Call, scope: &mut Scope, sink: &mut Sink, limit: u64) -> Result<(), Failure> {
        for _ in 0..=MAX_LOGINS {
            let (generation, tokens) = self.session.tokens(self).await?;
            scope.login = tokens;
            let request = self.request(call, scope);
            let request = request.map_err(|error| Failure::Refused { says: error.to_string() })?;
            let answer = self.transport.stream_into(&request, sink, limit).await;
            let answer = answer.map_err(|error| match error {
                TransportError::TooLarge { limit } => too_large(limit),
                other => other.into_failure(),
            })?;
            let judged = judge(&self.mapping, call, Role::Repeatable, &answer, now());
            match judged.verdict {
                Verdict::Ok => return Ok(()),
                Verdict::Login if generation > 0 => self.session.ended(generation).await,
                Verdict::Refused
                | Verdict::Retry
                | Verdict::Busy
                | Verdict::Login
                | Verdict::Conflict
                | Verdict::Exists
                | Verdict::Gone
                | Verdict::Doubt => return Err(failure(&judged)),
            }
        }
        Err(Failure::Unreachable { says: "a new session was not taken".to_owned() })
    }

    pub(super) fn verb(&self, call: Option<&str>, verb: &str) -> Result<&Call, Failure> {
        let missing = || Failure::Refused { says: format!("the mapping declares no `{verb}`") };
        self.call(call.ok_or_else(missing)?)
    }
}

/// A file that we never carry: fetching it once more would not make it smaller.
fn too_large(limit: u64) -> Failure {
    Failure::Refused { says: format!("the file is larger than {limit} bytes") }
}

/// The remote's clock: where the mapping says, else the `Date` of its answer.
fn remote_now(call: &Call, done: &Done) -> Option<Timestamp> {
    let declared = call.now.as_ref().zip(done.document());
    let declared = declared.and_then(|(now, document)| now.format.parse(&document.plain(&now.at)?).ok());
    let header = || DateTime::parse_from_rfc2822(done.answer.header("date")?).ok().map(|at| at.with_timezone(&Utc));
    declared.or_else(header)
}

fn shown(read: Result<Reading, ReadFault>) -> Shown {
    match read {
        Ok(reading) => Shown::Ticket(Box::new(reading)),
        Err(fault) => Shown::Unreadable { reason: fault.to_string() },
    }
}

fn no_ticket(call: &Call) -> Failure {
    Failure::BadAnswer { says: format!("the answer of `{}` holds no ticket", call.name) }
}

/// Puts a sub-call's answer into a document.
fn put(document: &mut Node, key: &str, part: Node) {
    match (document, part) {
        (Node::Map(map), part) => map.insert(key, part),
        (Node::Element(element), Node::List(items)) => {
            element.children.extend(items.into_iter().map(|item| named(key, item)));
        }
        (Node::Element(element), part) => element.children.push(named(key, part)),
        (Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::List(_), _) => {}
    }
}

fn named(key: &str, node: Node) -> Node {
    match node {
        Node::Element(mut element) => {
            element.name = key.to_owned();
            Node::Element(element)
        }
        other => other,
    }
}
