//! Captured documents held against a mapping: what nothing maps, codes that no table knows, values that fail, by how
//! often. What an integrator needs on the first day.
//!
//! Documents are whole answers as the system gave them, or single records; the mapping's own calls tell where records
//! are. One document that can't be read stops nothing. No value of a document is kept or told: places, counts, shapes,
//! and codes.

mod leaves;
mod pages;
mod report;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::pure::wire::Node;
use crate::words::limits::MAX_CHILDREN;
use crate::words::record::{Cell, Dates};
use crate::words::ticket::{Field, RecordKind};

use super::codec::List;
use super::model::{Codec, Mapping, Shape};
use super::path::{Found, Path};
use super::read::{Seen, Sheet, Standing, View};
use leaves::{Places, Sight};
use pages::Part;

pub(super) use leaves::text_shape;
pub use report::{Code, Failing, Filled, Report, Unmapped, Unreadable};

/// Most different places, codes and reasons that are told apart.
const MAX_KINDS: usize = 10_000;
/// Most files that are named as unreadable or strange.
const MAX_NAMED: usize = 100;

/// What the documents so far came to.
#[derive(Debug)]
pub struct Coverage<'m> {
    mapping: &'m Mapping,
    /// What the mapping reads.
    places: Places<'m>,
    files: usize,
    records: BTreeMap<RecordKind, usize>,
    rows: usize,
    answers: usize,
    unreadable: Vec<Unreadable>,
    unmapped: BTreeMap<(RecordKind, String), leaves::Met>,
    fields: BTreeMap<(RecordKind, Field), Filled>,
    codes: BTreeMap<(String, String), usize>,
    unknown: BTreeMap<(String, String), (usize, String)>,
    failing: BTreeMap<(RecordKind, String, String), (String, leaves::Met, String)>,
}

impl<'m> Coverage<'m> {
    /// Of no documents yet.
    #[must_use]
    pub fn new(mapping: &'m Mapping) -> Self {
        let mut fields = BTreeMap::new();
        for (kind, shape) in &mapping.shapes {
            let shown = shape.fields.iter().filter(|(_, map)| shape.source(map).places().next().is_some());
            fields.extend(shown.map(|(field, _)| ((*kind, field.clone()), Filled::of(*kind, field))));
        }
        Self {
            mapping,
            places: Places::of(mapping),
            files: 0,
            records: BTreeMap::new(),
            rows: 0,
            answers: 0,
            unreadable: Vec::new(),
            unmapped: BTreeMap::new(),
            fields,
            codes: BTreeMap::new(),
            unknown: BTreeMap::new(),
            failing: BTreeMap::new(),
        }
    }

    /// Takes in one captured document; `file` is its name for people.
    pub fn take(&mut self, file: &str, bytes: &[u8]) {
        self.files += 1;
        let document = match self.mapping.document(bytes) {
            Ok(document) => document,
            Err(why) => return self.unreadable(file, why.to_string()),
        };
        match pages::parts(self.mapping, file, &document) {
            Part::Tickets(tickets) => tickets.into_iter().for_each(|ticket| self.ticket(file, ticket)),
            Part::Rows(count) => self.rows += count,
            Part::Mounted(document) => self.mounted(file, &document),
            Part::NoRecord => self.answers += 1,
            Part::Strange => self.unreadable(file, "no record of this system is found in it".to_owned()),
        }
    }

    /// Takes in a document that could not even be opened.
    pub fn refuse(&mut self, file: &str, why: String) {
        self.files += 1;
        self.unreadable(file, why);
    }

    /// What came of it, the most frequent first.
    #[must_use]
    pub fn report(&self) -> Report {
        report::of(self)
    }

    fn unreadable(&mut self, file: &str, reason: String) {
        if self.unreadable.len() < MAX_NAMED {
            self.unreadable.push(Unreadable { file: file.to_owned(), reason });
        }
    }

    fn ticket(&mut self, file: &str, node: &Node) {
        let Some(shape) = self.mapping.shape(RecordKind::Ticket) else { return };
        let sheet = Sheet::of(&shape.outline, node.clone());
        let view = View { sheet: &sheet, around: None };
        // Where the dates themselves can't be read, their own fields say so.
        let dates = self.mapping.dates(shape, view).unwrap_or_default();
        self.record(file, shape, view, &dates);
        let mut sight = Sight::default();
        let children = self.children(file, node, &sheet, &dates, &mut sight);
        self.places.mark(node, &mut sight);
        self.unread(RecordKind::Ticket, node, &sight);
        for (kind, child) in children {
            self.unread(kind, child, &sight);
        }
    }

    /// Parts that an answer of their own brings.
    fn mounted(&mut self, file: &str, document: &Node) {
        let Some(shape) = self.mapping.shape(RecordKind::Ticket) else { return };
        let mut sight = Sight::default();
        let sheet = Sheet::of(&shape.outline, document.clone());
        let children = self.children(file, document, &sheet, &Dates::NONE, &mut sight);
        self.places.mark(document, &mut sight);
        for (kind, child) in children {
            self.unread(kind, child, &sight);
        }
    }

    /// Reads the children in a document; gives their elements.
    fn children<'d>(
        &mut self,
        file: &str,
        node: &'d Node,
        sheet: &Sheet<'_>,
        dates: &Dates,
        sight: &mut Sight,
    ) -> Vec<(RecordKind, &'d Node)> {
        let mut children = Vec::new();
        for kind in RecordKind::CHILDREN {
            let Some(shape) = self.mapping.shape(kind) else { continue };
            let mut inner = vec![(node, View { sheet, around: None })];
            for level in &shape.levels {
                let outer = std::mem::take(&mut inner);
                for (node, view) in outer {
                    if let Standing::Misshapen(what) = view.sheet.at(&level.at) {
                        self.fail(kind, level.at.as_str(), level.at.as_str(), what.clone(), &[], file);
                    }
                    let sheets = view.sheet.nested(level.number).iter();
                    let views = sheets.map(|sheet| View { sheet, around: Some(view.sheet) });
                    inner.extend(found_at(&level.at, node).into_iter().filter_map(node_of).zip(views));
                }
            }
            for (child, view) in inner.into_iter().take(MAX_CHILDREN) {
                self.record(file, shape, view, dates);
                sight.is_record(child);
                children.push((kind, child));
            }
        }
        children
    }

    /// Every field of one record: filled, empty, not shown, or why it can't be read.
    fn record(&mut self, file: &str, shape: &'m Shape, view: View<'_, '_>, dates: &Dates) {
        let kind = shape.kind;
        *self.records.entry(kind).or_default() += 1;
        if let Err(fault) = self.mapping.record(shape, view, dates)
            && shape.fields.keys().all(|field| field.as_str() != fault.place)
        {
            // What names the record, not a field of it: its id, when it changed.
            self.fail(kind, &fault.place, &fault.place, fault.reason, &[], file);
        }
        for (field, map) in &shape.fields {
            let read = self.mapping.cell(shape, field, map, view, dates);
            if let Some(filled) = self.fields.get_mut(&(kind, field.clone())) {
                filled.count(read.as_ref().map(Option::as_ref).map_err(|_| ()));
            }
            match read {
                Ok(cell) => self.known_codes(&map.codec, cell.as_ref()),
                Err(fault) => {
                    let rule = self.mapping.rule(shape, shape.source(map), view, dates);
                    let at = rule.and_then(|rule| rule.at.as_ref());
                    let seen = at.map_or(&[][..], |at| view.at(at).values());
                    if !self.unknown_codes(&map.codec, seen, file) {
                        let path = at.map_or("", |at| at.as_str());
                        self.fail(kind, field.as_str(), path, fault.reason, seen, file);
                    }
                }
            }
        }
    }

    fn fail(&mut self, kind: RecordKind, place: &str, path: &str, why: String, seen: &[Seen<'_>], file: &str) {
        if self.failing.len() >= MAX_KINDS {
            return;
        }
        let key = (kind, place.to_owned(), why);
        let (_, met, _) =
            self.failing.entry(key).or_insert_with(|| (path.to_owned(), leaves::Met::default(), file.to_owned()));
        match seen {
            [] => met.nothing(),
            seen => seen.iter().for_each(|seen| met.seen(seen)),
        }
    }

    /// Notes the codes that a readable field held.
    fn known_codes(&mut self, codec: &Codec, cell: Option<&Cell>) {
        let Some((table, codes)) = coded(codec, cell.and_then(|cell| cell.image.as_deref())) else { return };
        for code in codes {
            *self.codes.entry((table.to_owned(), code)).or_default() += 1;
        }
    }

    /// Notes the codes that no table knows; whether there were any.
    fn unknown_codes(&mut self, codec: &Codec, seen: &[Seen<'_>], file: &str) -> bool {
        let mut any = false;
        for text in seen.iter().filter_map(leaves::text_of) {
            let image = Some(match codec {
                Codec::List(List { joined: None, .. }) => serde_json::json!([text]).to_string(),
                _ => text.to_owned(),
            });
            let Some((table, codes)) = coded(codec, image.as_deref()) else { continue };
            let known = self.mapping.codes.get(table);
            for code in codes {
                if !code.is_empty() && known.is_some_and(|table| table.rows.iter().all(|row| row.code != code)) {
                    any = true;
                    if self.unknown.len() < MAX_KINDS {
                        let shown = super::codec::shown(&code);
                        let entry = self.unknown.entry((table.to_owned(), shown));
                        entry.or_insert_with(|| (0, file.to_owned())).0 += 1;
                    }
                }
            }
        }
        any
    }

    /// Notes the places of a record that nothing reads.
    fn unread(&mut self, kind: RecordKind, node: &Node, sight: &Sight) {
        let unmapped = &mut self.unmapped;
        self.places.unread(kind, node, sight, &mut |place, leaf| {
            if unmapped.len() < MAX_KINDS {
                unmapped.entry((kind, place.to_owned())).or_default().found(&leaf);
            }
        });
    }
}

/// The table of a coded field and the codes in one image of it.
fn coded<'c>(codec: &'c Codec, image: Option<&str>) -> Option<(&'c str, Vec<String>)> {
    let text = image?;
    match codec {
        Codec::Code(table) => Some((&**table, vec![text.trim().to_owned()])),
        Codec::List(List { item, joined }) => {
            let Codec::Code(table) = item.as_ref() else { return None };
            let codes = match joined {
                Some(between) => text.split(between.as_str()).map(|code| code.trim().to_owned()).collect(),
                None => serde_json::from_str(text).ok()?,
            };
            Some((&**table, codes))
        }
        _ => None,
    }
}

const fn node_of(found: Found<'_>) -> Option<&Node> {
    match found {
        Found::Node(node) => Some(node),
        Found::Attribute(_) => None,
    }
}

fn found_at<'d>(path: &Path, node: &'d Node) -> Vec<Found<'d>> {
    path.find(node).ok().flatten().unwrap_or_default()
}
