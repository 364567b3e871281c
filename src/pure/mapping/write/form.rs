//! Where what is written goes: the places of one kind of record as a tree of names, laid out once when its mapping is
//! loaded, and one write filled in and told in its order.
//!
//! Its counterpart on the way in is the outline with its sheets. A checked mapping puts no two values of one write into
//! one place.

use std::borrow::Cow;
use std::ops::Deref;

use super::tree::{NIL, Order, nil};
use crate::pure::mapping::model::DocumentFormat;
use crate::pure::mapping::path::{Path, Step};
use crate::pure::wire::{Listener, Node, Scalar, spelled_key};

/// The places that one kind of record is written to, in the order in which its documents have them.
#[derive(Debug, Clone)]
pub struct Form {
    /// The first is the record itself.
    stops: Vec<Stop>,
}

type StopId = usize;
const WHOLE: StopId = 0;

/// A member, an element or an attribute that is written, or holds one that is.
#[derive(Debug, Clone, Default)]
struct Stop {
    name: String,
    /// The name as a key of JSON, with its colon.
    key: String,
    around: StopId,
    attributes: Vec<StopId>,
    inside: Vec<StopId>,
}

/// A path that is written to, with its place in the form that it was laid out in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    path: Path,
    /// The whole record until the form is laid out.
    stop: StopId,
}

impl From<Path> for Slot {
    fn from(path: Path) -> Self {
        Self { path, stop: WHOLE }
    }
}

impl Deref for Slot {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl Default for Form {
    fn default() -> Self {
        Self { stops: vec![Stop::default()] }
    }
}

impl Form {
    /// Gives a path of plain names its place: behind those before it, in XML where the declared order of elements wants
    /// it.
    pub fn lay_out(&mut self, slot: &mut Slot, order: &[Path]) {
        let mut order = Order::of(order);
        let mut at = WHOLE;
        for step in slot.path.steps() {
            at = match step {
                Step::Key(name) => {
                    let inside = self.named(at, |stop| &stop.inside, name);
                    let next = inside.unwrap_or_else(|| self.add_inside(at, name, &order));
                    order = order.inside(name);
                    next
                }
                Step::Attribute(name) => {
                    self.named(at, |stop| &stop.attributes, name).unwrap_or_else(|| self.add_attribute(at, name))
                }
                // What repeats stands where one of it would.
                Step::Each | Step::Index(_) | Step::From(_) | Step::Where(_) => at,
            };
        }
        slot.stop = at;
    }

    /// Whether a record itself can have a member, or hold an element, of this name.
    pub fn has(&self, name: &str) -> bool {
        self.named(WHOLE, |stop| &stop.inside, name).is_some()
    }

    fn named(&self, around: StopId, of: impl Fn(&Stop) -> &Vec<StopId>, name: &str) -> Option<StopId> {
        of(self.stops.get(around)?).iter().copied().find(|id| self.name(*id) == name)
    }

    fn add_inside(&mut self, around: StopId, name: &str, order: &Order<'_>) -> StopId {
        let names = self.inside(around).iter().map(|id| self.name(*id));
        let place = order.place(name, names);
        let id = self.add(around, name);
        if let Some(stop) = self.stops.get_mut(around) {
            stop.inside.insert(place, id);
        }
        id
    }

    fn add_attribute(&mut self, around: StopId, name: &str) -> StopId {
        let id = self.add(around, name);
        if let Some(stop) = self.stops.get_mut(around) {
            stop.attributes.push(id);
        }
        id
    }

    fn add(&mut self, around: StopId, name: &str) -> StopId {
        self.stops.push(Stop { name: name.to_owned(), key: spelled_key(name), around, ..Stop::default() });
        self.stops.len() - 1
    }

    fn name(&self, id: StopId) -> &str {
        self.stops.get(id).map_or("", |stop| &stop.name)
    }

    fn key(&self, id: StopId) -> &str {
        self.stops.get(id).map_or("", |stop| &stop.key)
    }

    fn inside(&self, id: StopId) -> &[StopId] {
        self.stops.get(id).map_or(&[], |stop| &stop.inside)
    }

    fn attributes(&self, id: StopId) -> &[StopId] {
        self.stops.get(id).map_or(&[], |stop| &stop.attributes)
    }
}

/// What is written to one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content<'v> {
    One(Scalar<'v>),
    /// A list, or repeated elements.
    Many(Vec<Scalar<'v>>),
    /// An element that says that it has no value.
    Nil,
}

impl From<Content<'_>> for Node {
    fn from(content: Content<'_>) -> Self {
        match content {
            Content::One(scalar) => scalar.into(),
            Content::Many(scalars) => Self::List(scalars.into_iter().map(Self::from).collect()),
            Content::Nil => nil(),
        }
    }
}

/// One write filled into its form.
#[derive(Debug)]
pub(super) struct Filled<'f, 'v> {
    form: &'f Form,
    stops: Vec<Filling<'v>>,
}

#[derive(Debug, Default)]
enum Filling<'v> {
    #[default]
    Empty,
    /// Something inside it is filled in.
    Around,
    Holds(Content<'v>),
}

impl<'f, 'v> Filled<'f, 'v> {
    pub(super) fn new(form: &'f Form) -> Self {
        let mut stops = Vec::new();
        stops.resize_with(form.stops.len(), Filling::default);
        Self { form, stops }
    }

    #[inline]
    pub(super) fn put(&mut self, slot: &Slot, content: Content<'v>) {
        let mut at = slot.stop;
        if let Some(filling) = self.stops.get_mut(at) {
            *filling = Filling::Holds(content);
        }
        while at != WHOLE {
            at = self.form.stops.get(at).map_or(WHOLE, |stop| stop.around);
            match self.stops.get_mut(at) {
                Some(around @ Filling::Empty) => *around = Filling::Around,
                _ => break,
            }
        }
    }

    /// Tells all that is filled in: as an object, or as an element without a name.
    pub(super) fn tell(mut self, format: DocumentFormat, listener: &mut impl for<'a> Listener<'a>) {
        // A write of nothing is an empty record.
        if let Some(whole @ Filling::Empty) = self.stops.get_mut(WHOLE) {
            *whole = Filling::Around;
        }
        match format {
            DocumentFormat::Json | DocumentFormat::Csv => self.tell_value(WHOLE, listener),
            DocumentFormat::Xml => self.tell_element(WHOLE, listener),
        }
    }

    fn tell_value(&self, at: StopId, listener: &mut impl for<'a> Listener<'a>) {
        match self.stops.get(at) {
            None | Some(Filling::Empty) => {}
            Some(Filling::Around) => {
                listener.open_object();
                for inner in self.form.inside(at) {
                    if !matches!(self.stops.get(*inner), None | Some(Filling::Empty)) {
                        listener.known_key(self.form.name(*inner), self.form.key(*inner));
                        self.tell_value(*inner, listener);
                    }
                }
                listener.close();
            }
            Some(Filling::Holds(Content::One(scalar))) => listener.scalar(scalar.borrowed()),
            Some(Filling::Holds(Content::Many(scalars))) => {
                listener.open_list();
                scalars.iter().for_each(|scalar| listener.scalar(scalar.borrowed()));
                listener.close();
            }
            Some(Filling::Holds(Content::Nil)) => listener.scalar(Scalar::Null),
        }
    }

    fn tell_element(&self, at: StopId, listener: &mut impl for<'a> Listener<'a>) {
        match self.stops.get(at) {
            None | Some(Filling::Empty) => {}
            Some(Filling::Around) => self.tell_one(at, None, listener),
            Some(Filling::Holds(Content::One(scalar))) => self.tell_one(at, Some(scalar), listener),
            Some(Filling::Holds(Content::Many(scalars))) => {
                scalars.iter().for_each(|scalar| self.tell_one(at, Some(scalar), listener));
            }
            Some(Filling::Holds(Content::Nil)) => {
                listener.open_element(self.form.name(at));
                listener.attribute(NIL, "true");
                self.tell_inside(at, None, listener);
            }
        }
    }

    fn tell_one(&self, at: StopId, scalar: Option<&Scalar<'v>>, listener: &mut impl for<'a> Listener<'a>) {
        listener.open_element(self.form.name(at));
        self.tell_inside(at, scalar, listener);
    }

    fn tell_inside(&self, at: StopId, scalar: Option<&Scalar<'v>>, listener: &mut impl for<'a> Listener<'a>) {
        for attribute in self.form.attributes(at) {
            if let Some(Filling::Holds(Content::One(scalar))) = self.stops.get(*attribute) {
                listener.attribute(self.form.name(*attribute), scalar.as_plain().unwrap_or_default());
            }
        }
        if let Some(text) = scalar.and_then(Scalar::as_plain).filter(|text| !text.is_empty()) {
            listener.content(Cow::Borrowed(text));
        }
        self.form.inside(at).iter().for_each(|inner| self.tell_element(*inner, listener));
        listener.close_element();
    }
}
