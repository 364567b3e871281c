//! Fills sheets from a document while it is told, in one pass: bytes and trees alike.
//!
//! At every moment the filler knows the stops of the outline that the next value stands at ([`Target`]): none, and the
//! value is passed over; mostly one; several where an item of a list is chosen in several ways or begins a record.

use std::borrow::Cow;
use std::ops::Range;

use crate::pure::wire::{Builder, Listener, Scalar};

use super::outline::{Outline, Stop, StopId};
use super::sheet::{Seen, Sheet, Standing};

mod mark;
mod place;

use mark::Has;

/// Fills the sheet of one document and those nested in it.
#[derive(Debug)]
pub(super) struct Filler<'o, 'a> {
    sheets: Vec<Filling<'o, 'a>>,
    /// The stops of all that is open, and of the next value.
    targets: Vec<Target>,
    /// Where the next value's begin.
    next: usize,
    open: Vec<Open<'a>>,
    /// How many came so far of those that are chosen from in all that is open: sheet, stop, count; in this order for each
    /// that is open.
    counts: Vec<(usize, StopId, usize)>,
    /// Whether the next value's targets are known already, as after a key.
    is_placed: bool,
    /// An item that must be seen whole before it can be told which stops it stands at.
    whole: Option<Builder>,
    /// Whether there can be such items.
    filters: bool,
}

#[derive(Debug)]
struct Filling<'o, 'a> {
    outline: &'o Outline,
    sheet: Sheet<'a>,
    /// The sheet around it, and the number of its kind there.
    home: (usize, usize),
}

/// A stop for a value.
#[derive(Debug, Clone, Copy)]
struct Target {
    sheet: usize,
    stop: StopId,
    /// Whether its choosers choose inside the value; else they have chosen among it and its like.
    inside: bool,
}

/// A list, an object or an element whose end was not told yet.
#[derive(Debug)]
struct Open<'a> {
    /// Its own stops.
    targets: Range<usize>,
    kind: Kind<'a>,
    /// Where its own counts begin.
    counts: usize,
}

#[derive(Debug)]
enum Kind<'a> {
    Object {
        /// The member that is expected next.
        expected: usize,
    },
    List {
        /// How many items came.
        items: usize,
    },
    Element {
        /// The element that is expected next.
        expected: usize,
        text: Cow<'a, str>,
        holds_elements: bool,
        is_nil: bool,
    },
}

impl<'o, 'a> Filler<'o, 'a> {
    pub(super) fn new(outline: &'o Outline) -> Self {
        Self {
            sheets: with_room(Filling { outline, sheet: Sheet::blank(outline), home: (0, 0) }),
            targets: with_room(Target { sheet: 0, stop: 0, inside: true }),
            next: 0,
            open: Vec::with_capacity(USUAL_DEPTH),
            counts: Vec::new(),
            is_placed: true,
            whole: None,
            filters: outline.filters,
        }
    }

    /// The document's sheet, with the nested ones in it.
    pub(super) fn finish(mut self) -> Sheet<'a> {
        loop {
            let Some(mut done) = self.sheets.pop() else { return Sheet::blank(&Outline::default()) };
            // They were taken from the end.
            done.sheet.all_nested().iter_mut().for_each(|records| records.reverse());
            let (sheet, number) = done.home;
            match self.sheets.get_mut(sheet).and_then(|home| home.sheet.nested_mut(number)) {
                Some(records) => records.push(done.sheet),
                None => return done.sheet,
            }
        }
    }

    fn stop(&self, target: Target) -> Option<&'o Stop> {
        self.sheets.get(target.sheet).and_then(|filling| filling.outline.stop(target.stop))
    }

    fn target(&self, at: usize) -> Option<(Target, &'o Stop)> {
        let target = *self.targets.get(at)?;
        Some((target, self.stop(target)?))
    }

    fn at(&mut self, target: Target, change: impl FnOnce(&mut Standing<'a>)) {
        let Some(stop) = self.stop(target) else { return };
        if let Some(standing) = self.standing(target, stop) {
            change(standing);
        }
    }

    fn standing(&mut self, target: Target, stop: &Stop) -> Option<&mut Standing<'a>> {
        self.sheets.get_mut(target.sheet)?.sheet.slot(stop.slot?)
    }

    /// A value stands at the stops of the next value, or of what ends. It is made where it is kept.
    fn stand(&mut self, targets: Range<usize>, seen: impl Fn() -> Seen<'a>) {
        for at in targets {
            let Some((target, stop)) = self.target(at) else { continue };
            if let Some(standing) = self.standing(target, stop) {
                standing.add(seen());
            }
        }
    }

    /// A value without parts stands at the stops of the next value.
    fn put(&mut self, kind: &str, seen: impl Fn() -> Seen<'a>) {
        self.begin("");
        let targets = self.next..self.targets.len();
        self.stand(targets.clone(), seen);
        for at in targets {
            let Some((target, stop)) = self.target(at) else { continue };
            self.lacks(target, stop, kind, Has::NOTHING);
        }
        self.targets.truncate(self.next);
    }

    /// Goes into a value whose stops are known, where anything is read inside.
    fn enter(&mut self, wanted: bool, kind: Kind<'a>) -> bool {
        if wanted {
            self.open.push(Open { targets: self.next..self.targets.len(), kind, counts: self.counts.len() });
        } else {
            self.targets.truncate(self.next);
        }
        wanted
    }

    /// Forgets the stops of what ends.
    fn leave(&mut self) -> Option<Open<'a>> {
        let open = self.open.pop()?;
        self.targets.truncate(open.targets.start);
        self.next = open.targets.start;
        self.counts.truncate(open.counts);
        Some(open)
    }

    /// Tells an item that was kept back again, once it is complete: now it can be placed.
    fn replay(&mut self) {
        let Some(node) = self.whole.as_mut().and_then(Builder::take) else { return };
        self.whole = None;
        let name = node.as_element().map(|element| element.name.clone()).unwrap_or_default();
        self.place(&name, Some(&node));
        self.is_placed = true;
        node.tell(self);
    }

    /// Who hears the next value instead, where it must be seen whole.
    fn keeper(&mut self, name: &str) -> Option<&mut Builder> {
        if !self.filters {
            return None;
        }
        if self.whole.is_none() && self.must_see(name) {
            self.whole = Some(Builder::default());
        }
        self.whole.as_mut()
    }
}

/// How many lists, objects and elements of one document are mostly open at once.
const USUAL_DEPTH: usize = 8;

fn with_room<T>(first: T) -> Vec<T> {
    let mut all = Vec::with_capacity(USUAL_DEPTH);
    all.push(first);
    all
}

impl<'a> Listener<'a> for Filler<'_, 'a> {
    fn scalar(&mut self, scalar: Scalar<'a>) {
        if let Some(keeper) = self.keeper("") {
            keeper.scalar(scalar);
            return self.replay();
        }
        let seen = Seen::from(scalar);
        if seen != Seen::Null {
            return self.put(seen.kind(), || seen.clone());
        }
        self.begin("");
        for at in self.next..self.targets.len() {
            if let Some((target, _)) = self.target(at) {
                self.null(target);
            }
        }
        self.targets.truncate(self.next);
    }

    fn text(&mut self, text: &'a str) {
        if self.filters {
            return self.scalar(Scalar::Text(Cow::Borrowed(text)));
        }
        self.put("text", || Seen::Text(Cow::Borrowed(text)));
    }

    fn open_list(&mut self) -> bool {
        if let Some(keeper) = self.keeper("") {
            return <Builder as Listener<'a>>::open_list(keeper);
        }
        self.begin("");
        let mut wanted = false;
        for at in self.next..self.targets.len() {
            let Some((target, stop)) = self.target(at) else { continue };
            self.at(target, |standing| standing.add(Seen::List));
            self.lacks(target, stop, Seen::List.kind(), Has { items: true, ..Has::NOTHING });
            if target.inside && !stop.choosers.is_empty() {
                self.show_chosen(target);
                wanted = true;
            }
        }
        self.enter(wanted, Kind::List { items: 0 })
    }

    fn open_object(&mut self) -> bool {
        if let Some(keeper) = self.keeper("") {
            return <Builder as Listener<'a>>::open_object(keeper);
        }
        self.begin("");
        let mut wanted = false;
        for at in self.next..self.targets.len() {
            let Some((target, stop)) = self.target(at) else { continue };
            self.at(target, |standing| standing.add(Seen::Object));
            self.lacks(target, stop, Seen::Object.kind(), Has { members: true, ..Has::NOTHING });
            wanted |= !stop.keys.is_empty();
        }
        self.enter(wanted, Kind::Object { expected: 0 })
    }

    fn key(&mut self, key: &str) -> bool {
        if let Some(keeper) = &mut self.whole {
            return <Builder as Listener<'a>>::key(keeper, key);
        }
        self.next = self.targets.len();
        let Some(open) = self.open.last() else { return false };
        let Kind::Object { mut expected } = open.kind else { return false };
        for at in open.targets.clone() {
            let Some((target, stop)) = self.target(at) else { continue };
            if let Some((_, id)) = stop.member(key, &mut expected) {
                self.targets.push(Target { stop: *id, inside: true, ..target });
            }
        }
        if let Some(Open { kind: Kind::Object { expected: next }, .. }) = self.open.last_mut() {
            *next = expected;
        }
        self.is_placed = self.next < self.targets.len();
        self.is_placed
    }

    fn close(&mut self) {
        if let Some(keeper) = &mut self.whole {
            <Builder as Listener<'a>>::close(keeper);
            return self.replay();
        }
        self.leave();
    }

    fn open_element(&mut self, name: &str) -> bool {
        if let Some(keeper) = self.keeper(name) {
            return <Builder as Listener<'a>>::open_element(keeper, name);
        }
        self.begin(name);
        for at in self.next..self.targets.len() {
            let Some((target, stop)) = self.target(at) else { continue };
            let has = Has { members: true, attributes: true, items: false };
            self.lacks(target, stop, Seen::Elements.kind(), has);
        }
        let element = Kind::Element { expected: 0, text: Cow::Borrowed(""), holds_elements: false, is_nil: false };
        self.enter(self.next < self.targets.len(), element)
    }

    fn attribute(&mut self, name: &str, value: &str) {
        if let Some(keeper) = &mut self.whole {
            return <Builder as Listener<'a>>::attribute(keeper, name, value);
        }
        let Some(open) = self.open.last_mut() else { return };
        if let Kind::Element { is_nil, .. } = &mut open.kind {
            *is_nil |= name == "xsi:nil" && matches!(value, "true" | "1");
        }
        for at in open.targets.clone() {
            let Some((target, stop)) = self.target(at) else { continue };
            if let Some((_, id)) = stop.attributes.iter().find(|(known, _)| known == name) {
                let seen = Seen::Bare(Cow::Owned(value.to_owned()));
                self.at(Target { stop: *id, ..target }, |standing| standing.add(seen));
            }
        }
    }

    fn content(&mut self, piece: Cow<'a, str>) {
        if let Some(keeper) = &mut self.whole {
            return keeper.content(piece);
        }
        if let Some(Open { kind: Kind::Element { text, holds_elements: false, .. }, .. }) = self.open.last_mut() {
            if text.is_empty() {
                *text = piece;
            } else {
                text.to_mut().push_str(&piece);
            }
        }
    }

    fn close_element(&mut self) {
        if let Some(keeper) = &mut self.whole {
            <Builder as Listener<'a>>::close_element(keeper);
            return self.replay();
        }
        let Some(open) = self.open.pop() else { return };
        let Open { targets, kind: Kind::Element { text, holds_elements, is_nil, .. }, counts } = open else { return };
        self.counts.truncate(counts);
        match (is_nil, holds_elements, text) {
            (true, ..) => self.stand(targets.clone(), || Seen::Nil),
            (false, true, _) => self.stand(targets.clone(), || Seen::Elements),
            (false, false, Cow::Borrowed(text)) => self.stand(targets.clone(), || Seen::Bare(Cow::Borrowed(text))),
            (false, false, text) => self.stand(targets.clone(), || Seen::Bare(text.clone())),
        }
        for at in targets.clone() {
            let Some((target, stop)) = self.target(at) else { continue };
            for (_, id) in &stop.keys {
                self.show_chosen(Target { stop: *id, ..target });
            }
        }
        self.targets.truncate(targets.start);
        self.next = targets.start;
    }
}
