//! Which places of a document are read: paths gathered while a mapping is loaded into one tree of names, each place a
//! numbered slot.
//!
//! Nothing here sees a document.

use std::fmt;
use std::ops::Deref;

use super::super::path::{Path, Step};

/// Number of a place in its [`Outline`].
pub type Slot = usize;

/// The slot of the whole record.
pub const WHOLE: Slot = 0;

/// All places that one kind of record reads, and the records nested in it.
#[derive(Debug, Clone)]
pub struct Outline {
    /// The tree of names; the first is the record itself.
    stops: Vec<Stop>,
    slots: usize,
    /// What is read of the records inside, by their number.
    nested: Vec<Outline>,
    /// Whether any chooser, in the records inside too, must see an item before it can tell.
    pub(super) filters: bool,
}

/// Number of a [`Stop`] in its outline.
pub(super) type StopId = usize;

/// Where one path ends or several go on.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop {
    /// The place, where a path ends here.
    pub(super) slot: Option<Slot>,
    /// The records that begin here, by their number.
    pub(super) nested: Vec<usize>,
    /// Members and elements that are read on.
    pub(super) keys: Vec<(String, StopId)>,
    /// Attributes that are read.
    pub(super) attributes: Vec<(String, StopId)>,
    /// `[]`, `[n]`, `[n..]`, `[k='v']`: what is read of a list or of repeated elements.
    pub(super) choosers: Vec<(Step, StopId)>,
    /// Whether any chooser must see an item before it can tell.
    pub(super) filters: bool,
    /// Whether that holds for any of the members and elements.
    pub(super) filters_inside: bool,
}

impl Stop {
    /// Whether nothing is read inside.
    pub(super) const fn is_leaf(&self) -> bool {
        self.keys.is_empty() && self.attributes.is_empty() && self.choosers.is_empty()
    }

    /// The member or element of a name. They mostly come in the order in which the mapping names them: `expected` is the
    /// next one.
    pub(super) fn member(&self, name: &str, expected: &mut usize) -> Option<&(String, StopId)> {
        let found = match self.keys.get(*expected) {
            Some((known, _)) if known == name => *expected,
            _ => self.keys.iter().position(|(known, _)| known == name)?,
        };
        *expected = found + 1;
        self.keys.get(found)
    }
}

/// A path with its slot in the outline that it was placed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    path: Path,
    /// Where a sheet keeps what stands there.
    pub slot: Slot,
    /// Whether it is read from the element around the record, not from the record itself.
    pub above: bool,
}

impl Deref for Place {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

impl Place {
    /// The path.
    #[must_use]
    pub const fn path(&self) -> &Path {
        &self.path
    }
}

impl Default for Outline {
    fn default() -> Self {
        let whole = Stop { slot: Some(WHOLE), ..Stop::default() };
        Self { stops: vec![whole], slots: 1, nested: Vec::new(), filters: false }
    }
}

impl Outline {
    /// The place of a path: the same slot for the same way.
    pub fn place(&mut self, path: Path) -> Place {
        let stop = self.stop_at(path.steps());
        let next = self.slots;
        let slot = self.stops.get_mut(stop).map_or(WHOLE, |stop| *stop.slot.get_or_insert(next));
        self.slots += usize::from(slot == next);
        Place { path, slot, above: false }
    }

    /// The place of a path from the element around a record: this outline is that element's.
    pub fn place_above(&mut self, path: Path) -> Place {
        Place { above: true, ..self.place(path) }
    }

    /// Nests records where a path leads; gives the place and the number under which a sheet keeps them.
    pub fn nest(&mut self, path: Path, outline: Self) -> (Place, usize) {
        let number = self.nested.len();
        self.filters |= outline.filters;
        self.nested.push(outline);
        let stop = self.stop_at(path.steps());
        if let Some(stop) = self.stops.get_mut(stop) {
            stop.nested.push(number);
        }
        (self.place(path), number)
    }

    /// Every way that leads to a place of a record, with what is read of the records that begin there.
    #[must_use]
    pub fn ways(&self) -> Vec<(Path, Vec<&Self>)> {
        let mut out = Vec::new();
        self.ways_from(0, &mut Vec::new(), &mut out);
        out
    }

    fn ways_from<'o>(&'o self, at: StopId, steps: &mut Vec<Step>, out: &mut Vec<(Path, Vec<&'o Self>)>) {
        let Some(stop) = self.stops.get(at) else { return };
        if at != 0 && stop.slot.is_some() {
            let nested = stop.nested.iter().filter_map(|number| self.nested.get(*number)).collect();
            out.push((Path::of_steps(steps.clone()), nested));
        }
        let keys = stop.keys.iter().map(|(name, next)| (Step::Key(name.clone()), next));
        let attributes = stop.attributes.iter().map(|(name, next)| (Step::Attribute(name.clone()), next));
        let choosers = stop.choosers.iter().map(|(step, next)| (step.clone(), next));
        for (step, next) in keys.chain(attributes).chain(choosers) {
            steps.push(step);
            self.ways_from(*next, steps, out);
            steps.pop();
        }
    }

    /// How many slots it has.
    pub(super) const fn slots(&self) -> usize {
        self.slots
    }

    pub(super) fn stop(&self, id: StopId) -> Option<&Stop> {
        self.stops.get(id)
    }

    /// How many kinds of records are nested in it.
    pub(super) const fn nested_count(&self) -> usize {
        self.nested.len()
    }

    /// What is read of nested records.
    pub(super) fn nested(&self, number: usize) -> Option<&Self> {
        self.nested.get(number)
    }

    /// The stop that steps lead to, made where it is new.
    fn stop_at(&mut self, steps: &[Step]) -> StopId {
        let (mut around, mut at) = (0, 0);
        for step in steps {
            let next = self.stops.len();
            let filters = matches!(step, Step::Where(_));
            self.filters |= filters;
            if let Some(around) = self.stops.get_mut(around) {
                around.filters_inside |= filters;
            }
            if matches!(step, Step::Key(_)) {
                around = at;
            }
            let Some(stop) = self.stops.get_mut(at) else { return at };
            at = match step {
                Step::Key(name) => next_of(&mut stop.keys, name.as_str(), next),
                Step::Attribute(name) => next_of(&mut stop.attributes, name.as_str(), next),
                Step::Each | Step::Index(_) | Step::From(_) | Step::Where(_) => {
                    stop.filters |= filters;
                    next_of(&mut stop.choosers, step.clone(), next)
                }
            };
            if at == next {
                self.stops.push(Stop::default());
            }
        }
        at
    }
}

/// The stop that a name leads to: the known one, or `next`.
fn next_of<K: PartialEq>(known: &mut Vec<(K, StopId)>, name: impl Into<K>, next: StopId) -> StopId {
    let name = name.into();
    if let Some((_, id)) = known.iter().find(|(known, _)| *known == name) {
        return *id;
    }
    known.push((name, next));
    next
}
