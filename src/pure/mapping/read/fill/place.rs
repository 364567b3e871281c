//! Which stops the next value stands at: by its number in a list, by its name, by what it holds.

use super::{Filler, Filling, Kind, Open, Target};
use crate::pure::mapping::path::Step;
use crate::pure::mapping::read::outline::StopId;
use crate::pure::mapping::read::sheet::Sheet;
use crate::pure::wire::Node;

impl<'a> Filler<'_, 'a> {
    /// Another one of those that are chosen from; gives how many came before.
    fn count(&mut self, sheet: usize, stop: StopId) -> usize {
        let own = self.open.last().map_or(0, |open| open.counts);
        let known = self.counts.get(own..).unwrap_or_default();
        // They mostly come in the order of the stops.
        if known.last().is_none_or(|(last, before, _)| (*last, *before) < (sheet, stop)) {
            self.counts.push((sheet, stop, 1));
            return 0;
        }
        match known.binary_search_by_key(&(sheet, stop), |(sheet, stop, _)| (*sheet, *stop)) {
            Ok(at) => self.counts.get_mut(own + at).map_or(0, |(_, _, count)| std::mem::replace(count, *count + 1)),
            Err(at) => {
                self.counts.insert(own + at, (sheet, stop, 1));
                0
            }
        }
    }

    /// The stops of the item at `index` by the choosers of a stop.
    fn choose(&mut self, target: Target, index: usize, item: Option<&Node>) {
        let Some(stop) = self.stop(target) else { return };
        for (chooser, id) in &stop.choosers {
            let chosen = Target { stop: *id, inside: true, ..target };
            match chooser {
                Step::Each => self.targets.push(chosen),
                Step::From(from) if index >= *from => self.targets.push(chosen),
                Step::Index(at) if index == *at => self.targets.push(chosen),
                Step::Where(filters) if item.is_some_and(|item| filters.iter().all(|filter| filter.holds(item))) => {
                    let before = self.count(target.sheet, *id);
                    self.only(Target { inside: false, ..chosen }, before, || "more than one element fits".to_owned());
                    self.choose(chosen, before, item);
                }
                Step::From(_) | Step::Index(_) | Step::Where(_) | Step::Key(_) | Step::Attribute(_) => {}
            }
        }
    }

    /// A stop for one value only; `before` came already.
    fn only(&mut self, target: Target, before: usize, what: impl FnOnce() -> String) {
        if before == 0 { self.targets.push(target) } else { self.misshape(target, &what()) }
    }

    /// Whether an item of what is open must be seen whole before it is placed.
    pub(super) fn must_see(&self, name: &str) -> bool {
        let Some(open) = self.open.last().filter(|_| !self.is_placed) else { return false };
        let mut stops = open.targets.clone().filter_map(|at| self.target(at));
        match &open.kind {
            Kind::List { .. } => stops.any(|(target, stop)| target.inside && stop.filters),
            Kind::Element { .. } => stops.any(|(target, stop)| {
                let named = stop.keys.iter().filter(|_| stop.filters_inside).find(|(key, _)| key == name);
                named.and_then(|(_, id)| self.stop(Target { stop: *id, ..target })).is_some_and(|stop| stop.filters)
            }),
            Kind::Object { .. } => false,
        }
    }

    /// Finds the stops of the next value: of an item, or of an element by its name.
    pub(super) fn place(&mut self, name: &str, item: Option<&Node>) {
        self.next = self.targets.len();
        let Some(open) = self.open.last_mut() else { return };
        let targets = open.targets.clone();
        match &mut open.kind {
            Kind::List { items } => {
                let index = *items;
                *items += 1;
                for at in targets {
                    if let Some(target) = self.targets.get(at).copied().filter(|target| target.inside) {
                        self.choose(target, index, item);
                    }
                }
            }
            Kind::Element { holds_elements, expected, .. } => {
                *holds_elements = true;
                let mut next = *expected;
                for at in targets {
                    let Some((target, stop)) = self.target(at) else { continue };
                    let Some((_, id)) = stop.member(name, &mut next) else { continue };
                    let named = Target { stop: *id, inside: false, ..target };
                    let before = self.count(target.sheet, *id);
                    self.only(named, before, || format!("`{name}` is repeated, and not declared to be (`[]`)"));
                    if self.stop(named).is_some_and(|stop| !stop.choosers.is_empty()) {
                        self.choose(named, before, item);
                    }
                }
                if let Some(Open { kind: Kind::Element { expected, .. }, .. }) = self.open.last_mut() {
                    *expected = next;
                }
            }
            Kind::Object { .. } => {}
        }
    }

    /// Takes the stops of the value that is told now, and begins the records that begin with it.
    pub(super) fn begin(&mut self, name: &str) {
        if !std::mem::take(&mut self.is_placed) {
            self.place(name, None);
        }
        let mut at = self.next;
        while let Some((target, stop)) = self.target(at) {
            for number in &stop.nested {
                let outline = self.sheets.get(target.sheet).and_then(|filling| filling.outline.nested(*number));
                if let Some(outline) = outline {
                    let home = (target.sheet, *number);
                    self.targets.push(Target { sheet: self.sheets.len(), stop: 0, inside: true });
                    self.sheets.push(Filling { outline, sheet: Sheet::blank(outline), home });
                }
            }
            at += 1;
        }
    }
}
