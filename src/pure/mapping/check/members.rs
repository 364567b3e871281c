//! What the paths of a record take each member for. Two paths that take one member for two things can't both be right.

use std::collections::BTreeMap;

use crate::pure::mapping::model::Shape;
use crate::pure::mapping::path::{Path, Step};
use crate::pure::mapping::read::Place;
use crate::words::problem::Source;

/// A member, and what the first path of each sort takes it for.
#[derive(Debug, Default)]
pub(super) struct Members<'m> {
    as_text: Option<&'m Path>,
    as_object: Option<&'m Path>,
    as_list: Option<&'m Path>,
    as_single: Option<&'m Path>,
    inner: BTreeMap<String, Members<'m>>,
}

impl<'m> Members<'m> {
    /// Adds the paths of one kind of record; a child's are those behind its elements.
    pub(super) fn add(&mut self, shape: &'m Shape) {
        let mut elements: Vec<Step> = Vec::new();
        let mut around: Vec<Step> = Vec::new();
        for level in &shape.levels {
            around.clone_from(&elements);
            elements.extend(level.at.steps().iter().cloned());
            self.walk(&level.at, &elements);
        }
        for place in places(shape).filter(|place| !place.steps().is_empty() && place.header().is_none()) {
            let from = if place.above { &around } else { &elements };
            let steps: Vec<Step> = from.iter().chain(place.steps()).cloned().collect();
            self.walk(place, &steps).as_text.get_or_insert(place.path());
        }
    }

    /// Goes where the steps lead; notes on the way what they take each member for.
    fn walk(&mut self, path: &'m Path, steps: &[Step]) -> &mut Self {
        let mut here = self;
        for (at, step) in steps.iter().enumerate() {
            here = match step {
                Step::Key(key) => {
                    here.as_object.get_or_insert(path);
                    let member = here.inner.entry(key.clone()).or_default();
                    let selected =
                        matches!(steps.get(at + 1), Some(next) if !matches!(next, Step::Key(_) | Step::Attribute(_)));
                    let sort = if selected { &mut member.as_list } else { &mut member.as_single };
                    sort.get_or_insert(path);
                    member
                }
                // An attribute stands beside text and elements alike.
                Step::Attribute(name) => here.inner.entry(format!("@{name}")).or_default(),
                // Elements that are chosen by different tests may differ in what they hold.
                Step::Each | Step::Index(_) | Step::From(_) | Step::Where(_) => {
                    here.inner.entry(format!("{step:?}")).or_default()
                }
            };
        }
        here
    }

    /// The later of two paths that contradict each other, and how. Only in JSON is a list told from a single value.
    pub(super) fn contradictions(&self, lists: bool, sources: &[Source]) -> Vec<(&'m Path, String)> {
        let mut found = Vec::new();
        self.collect(lists, sources, &mut found);
        found
    }

    fn collect(&self, lists: bool, sources: &[Source], found: &mut Vec<(&'m Path, String)>) {
        let pairs = [
            (self.as_text, "a text", self.as_object, "an object"),
            (self.as_list.filter(|_| lists), "a list", self.as_single, "a single value"),
        ];
        for (one, as_one, other, as_other) in pairs {
            let (Some(one), Some(other)) = (one, other) else { continue };
            let (before, as_before, path, as_this) = if one.spot() <= other.spot() {
                (one, as_one, other, as_other)
            } else {
                (other, as_other, one, as_one)
            };
            let line = sources.first().map_or(0, |source| source.line(before.spot().span().start));
            let message = format!("`{path}` takes for {as_this} what `{before}` on line {line} takes for {as_before}");
            found.push((path, message));
        }
        for inner in self.inner.values() {
            inner.collect(lists, sources, found);
        }
    }
}

/// Every place of a record that is read as a text.
pub(super) fn places(shape: &Shape) -> impl Iterator<Item = &Place> {
    let keys = std::iter::once(&shape.id).chain(&shape.version).map(|key| &key.at);
    let joined = shape.joins.iter().map(|join| &join.text);
    let maps = shape.fields.values().chain(&shape.reference).chain(joined);
    let maps = maps.flat_map(|map| &map.rules).filter_map(|rule| rule.at.as_ref());
    let changed = shape.changed.iter().map(|changed| &changed.at);
    keys.chain(changed).chain(&shape.identity).chain(shape.captures.values()).chain(maps)
}
