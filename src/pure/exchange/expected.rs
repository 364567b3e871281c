//! What is read of an answer that lists tickets or shows one: the few places of its envelope, and each ticket straight
//! from the bytes, with no tree of the whole.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::pure::mapping::ReadFault;
use crate::pure::mapping::calls::{AnswerRule, Call, Format, PageBy, PageEnd, Shows};
use crate::pure::mapping::instant::InstantFormat;
use crate::pure::mapping::model::{DocumentFormat, Mapping};
use crate::pure::mapping::path::Path;
use crate::pure::mapping::read::{Outline, Place, Seen, Sheet, Standing};
use crate::pure::wire::{Limits, WireError};
use crate::words::clock::Timestamp;
use crate::words::limits::MAX_PAGE_ROWS;
use crate::words::record::Reading;
use crate::words::side::{RemoteId, Version};
use crate::words::ticket::RecordKind;

use super::judge::Look;

/// The places of one call's answers, compiled once.
#[derive(Debug, Clone)]
pub struct Expected {
    outline: Outline,
    format: DocumentFormat,
    /// Of the envelope.
    told: Vec<Place>,
    /// Where the tickets are, and their number in the sheet.
    at: Place,
    number: usize,
    row: Row,
    /// Whether the answer lists tickets; else it is one.
    lists: bool,
}

#[derive(Debug, Clone)]
struct Row {
    id: Option<Place>,
    version: Option<Place>,
    changed: Option<(Place, InstantFormat)>,
    /// Whether it is a whole ticket.
    whole: bool,
}

/// What an answer shows of the places that were expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    told: BTreeMap<Path, Option<String>>,
    /// The tickets, or why there are none.
    pub rows: Result<Vec<Shown>, String>,
}

/// A ticket in an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Its id.
    pub id: Option<RemoteId>,
    /// Its version.
    pub version: Option<Version>,
    /// When it changed.
    pub changed: Option<Timestamp>,
    /// The ticket, where the call shows tickets whole.
    pub ticket: Option<Result<Reading, ReadFault>>,
}

/// The envelope of an answer while it is judged.
#[derive(Debug)]
pub(super) struct Envelope<'e, 'a> {
    expected: &'e Expected,
    sheet: Sheet<'a>,
}

impl Expected {
    /// Of the calls that list tickets, by name.
    #[must_use]
    pub fn of_lists(mapping: &Mapping) -> BTreeMap<String, Self> {
        let names = [&mapping.verbs.changes, &mapping.verbs.find].into_iter().flatten();
        let calls = names.filter_map(|name| mapping.calls.get(name));
        calls.filter_map(|call| Some((call.name.clone(), Self::of(mapping, call, true)?))).collect()
    }

    /// Of the call that reads one ticket; `None` where other calls put something into its document, which must be a
    /// tree then.
    #[must_use]
    pub fn of_get(mapping: &Mapping) -> Option<Self> {
        let call = mapping.calls.get(mapping.verbs.get.as_ref()?)?;
        if mapping.verbs.mounts.is_empty() { Self::of(mapping, call, false) } else { None }
    }

    fn of(mapping: &Mapping, call: &Call, lists: bool) -> Option<Self> {
        let format = match call.gives {
            Format::Json => DocumentFormat::Json,
            Format::Xml => DocumentFormat::Xml,
            Format::Csv => DocumentFormat::Csv,
            Format::Bytes | Format::None => return None,
        };
        let shape = mapping.shape(RecordKind::Ticket)?;
        let whole = !lists || call.shows == Shows::Whole;
        let mut outline = if whole { shape.outline.clone() } else { Outline::default() };
        let mut own = |place: &Place| outline.place(place.path().clone());
        let (id, version) = (Some(own(&shape.id.at)), shape.version.as_ref().map(|key| own(&key.at)));
        let changed = shape.changed.as_ref().map(|changed| (own(&changed.at), changed.format.clone()));
        let row = Row {
            id: call.row.id.clone().map(|path| outline.place(path)).or(id),
            version: call.row.version.clone().map(|path| outline.place(path)).or(version),
            changed: match &call.row.changed {
                Some(changed) => Some((outline.place(changed.at.clone()), changed.format.clone())),
                None => changed,
            },
            whole,
        };
        let path = if lists { call.items.clone()? } else { call.root.clone().or_else(|| Path::parse(".").ok())? };
        let mut envelope = Outline::default();
        let told = paths(mapping, call).into_iter().map(|path| envelope.place(path.clone())).collect();
        let (at, number) = envelope.nest(path, outline);
        Some(Self { outline: envelope, format, told, at, number, row, lists })
    }

    /// What the answer is made of.
    pub(super) const fn format(&self) -> DocumentFormat {
        self.format
    }

    /// Reads an answer's body in one pass.
    pub(super) fn read<'e, 'a>(&'e self, mapping: &Mapping, body: &'a [u8]) -> Result<Envelope<'e, 'a>, WireError> {
        let sheet =
            Sheet::read(&self.outline, self.format, &mapping.namespaces, &mapping.csv, body, &Limits::default())?;
        Ok(Envelope { expected: self, sheet })
    }
}

/// All places of an envelope that anything asks for.
fn paths<'m>(mapping: &'m Mapping, call: &'m Call) -> Vec<&'m Path> {
    let rules = call.answers.iter().chain(&mapping.answers);
    let of_rule = |rule: &'m AnswerRule| [&rule.at, &rule.says, &rule.member, &rule.wait];
    let mut paths: Vec<&Path> = rules.flat_map(of_rule).flatten().collect();
    paths.extend(call.now.iter().map(|now| &now.at));
    if let Some(page) = &call.page {
        match &page.by {
            PageBy::Token(path) | PageBy::Link(path) => paths.push(path),
            PageBy::Number(_) | PageBy::Offset(_) => {}
        }
        match &page.end {
            PageEnd::Total(path) | PageEnd::More(path) => paths.push(path),
            PageEnd::Short => {}
        }
    }
    let check = mapping.login.check.as_ref().filter(|check| check.call == call.name);
    paths.extend(check.and_then(|check| check.at.as_ref()));
    paths.retain(|path| path.header().is_none());
    paths
}

impl Envelope<'_, '_> {
    /// What the answer shows, understood.
    pub(super) fn answered(self, mapping: &Mapping) -> Answered {
        let told = self.expected.told.iter();
        let told = told.filter(|place| self.is_there(place.path()));
        let plain = |place: &Place| (place.path().clone(), self.plain(place.path()).map(Cow::into_owned));
        Answered { told: told.map(plain).collect(), rows: self.rows(mapping) }
    }

    fn rows(self, mapping: &Mapping) -> Result<Vec<Shown>, String> {
        let Expected { at, number, row, lists, .. } = self.expected;
        let count = self.sheet.nested(*number).len();
        match self.sheet.at(at) {
            Standing::Misshapen(what) if *lists => return Err(format!("`{at}`: {what}")),
            Standing::Hidden if *lists => return Err(format!("the answer does not show `{at}`")),
            _ if count > MAX_PAGE_ROWS => return Err(format!("more than {MAX_PAGE_ROWS} rows on a page")),
            Standing::One(Seen::Null) if !*lists => return Ok(Vec::new()),
            Standing::Misshapen(_) | Standing::Hidden | Standing::One(_) | Standing::Many(_) => {}
        }
        let text = |sheet: &Sheet<'_>, place: &Option<Place>| {
            let text = place.as_ref().and_then(|place| first(sheet.at(place))?.as_plain().map(str::to_owned));
            text.filter(|text| !text.is_empty())
        };
        // Each row's sheet is given up before the next row is understood.
        let shown = |sheet: Sheet<'_>| Shown {
            id: text(&sheet, &row.id).map(RemoteId),
            version: text(&sheet, &row.version).map(Version),
            changed: row.changed.as_ref().and_then(|(place, format)| {
                first(sheet.at(place)).and_then(Seen::as_plain).and_then(|text| format.parse(text).ok())
            }),
            ticket: row.whole.then(|| mapping.understand(&sheet)),
        };
        Ok(self.sheet.into_nested(*number).into_iter().map(shown).collect())
    }

    fn standing(&self, path: &Path) -> Option<&Seen<'_>> {
        let place = self.expected.told.iter().find(|place| place.path() == path)?;
        first(self.sheet.at(place))
    }
}

fn first<'s, 'a>(standing: &'s Standing<'a>) -> Option<&'s Seen<'a>> {
    standing.values().first()
}

impl Look for Envelope<'_, '_> {
    fn plain(&self, path: &Path) -> Option<Cow<'_, str>> {
        self.standing(path).and_then(Seen::as_plain).map(Cow::Borrowed)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.standing(path).is_some_and(|seen| *seen != Seen::Null)
    }
}

impl Look for Answered {
    fn plain(&self, path: &Path) -> Option<Cow<'_, str>> {
        self.told.get(path)?.as_deref().map(Cow::Borrowed)
    }

    fn is_there(&self, path: &Path) -> bool {
        self.told.contains_key(path)
    }
}
