//! What one value says of all places that are read inside it: of another shape than declared, shown though nothing is
//! there, null.

use super::{Filler, Target};
use crate::pure::mapping::path::Step;
use crate::pure::mapping::read::outline::Stop;
use crate::pure::mapping::read::sheet::{Seen, Standing};

impl Filler<'_, '_> {
    /// Everything read below a stop is of another shape than declared.
    pub(super) fn misshape(&mut self, target: Target, what: &str) {
        self.at(target, |standing| standing.misshape(what));
        let Some(stop) = self.stop(target) else { return };
        let choosers = stop.choosers.iter().filter(|_| target.inside).map(|(_, id)| *id);
        let names = stop.keys.iter().chain(&stop.attributes).map(|(_, id)| *id);
        for id in names.chain(choosers) {
            self.misshape(Target { stop: id, inside: true, ..target }, what);
        }
    }

    /// Everything read below a stop is shown.
    pub(super) fn show(&mut self, target: Target) {
        self.at(target, Standing::show);
        let Some(stop) = self.stop(target) else { return };
        let names = stop.keys.iter().chain(&stop.attributes).map(|(_, id)| *id);
        for id in names.chain(stop.choosers.iter().map(|(_, id)| *id)) {
            self.show(Target { stop: id, ..target });
        }
    }

    /// What is chosen from a list or from repeated elements is shown, even of none; one of them is not.
    pub(super) fn show_chosen(&mut self, target: Target) {
        let Some(stop) = self.stop(target) else { return };
        for (chooser, id) in &stop.choosers {
            match chooser {
                Step::Each | Step::From(_) => self.show(Target { stop: *id, ..target }),
                Step::Where(_) => self.show_chosen(Target { stop: *id, ..target }),
                Step::Index(_) | Step::Key(_) | Step::Attribute(_) => {}
            }
        }
    }

    /// A null stands for whatever was declared there.
    pub(super) fn null(&mut self, target: Target) {
        self.at(target, |standing| standing.add(Seen::Null));
        let Some(stop) = self.stop(target) else { return };
        for (_, id) in &stop.keys {
            self.null(Target { stop: *id, inside: true, ..target });
        }
        for (name, id) in &stop.attributes {
            let what = format!("an element was expected around `@{name}`, not null");
            self.misshape(Target { stop: *id, inside: true, ..target }, &what);
        }
        for (_, id) in stop.choosers.iter().filter(|_| target.inside) {
            self.show(Target { stop: *id, ..target });
        }
    }

    /// A value has no members, attributes or items, as far as these were declared.
    pub(super) fn lacks(&mut self, target: Target, stop: &Stop, kind: &str, has: Has) {
        if stop.is_leaf() {
            return;
        }
        for (key, id) in stop.keys.iter().filter(|_| !has.members) {
            let what = format!("an object was expected around `{key}`, not {kind}");
            self.misshape(Target { stop: *id, inside: true, ..target }, &what);
        }
        for (name, id) in stop.attributes.iter().filter(|_| !has.attributes) {
            let what = format!("an element was expected around `@{name}`, not {kind}");
            self.misshape(Target { stop: *id, inside: true, ..target }, &what);
        }
        for (_, id) in stop.choosers.iter().filter(|_| target.inside && !has.items) {
            let what = format!("a list was expected, not {kind}");
            self.misshape(Target { stop: *id, inside: true, ..target }, &what);
        }
    }
}

/// What a kind of value has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Has {
    pub(super) members: bool,
    pub(super) attributes: bool,
    pub(super) items: bool,
}

impl Has {
    pub(super) const NOTHING: Self = Self { members: false, attributes: false, items: false };
}
