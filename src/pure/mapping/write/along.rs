//! What is written along with the changed fields, and which rule of a field takes its value.

use std::borrow::Cow;

use super::{Fields, Written};
use crate::pure::mapping::condition;
use crate::pure::mapping::model::{FieldMap, Mapping, Rule, Shape};
use crate::pure::mapping::read::companion;
use crate::words::ticket::Field;
use crate::words::value::Value;

impl Mapping {
    /// The changed fields with those that go along, as the last reading captured them: those that the system wants
    /// beside them (`with`), the other parts of one text, and what stands elsewhere under the new words.
    pub(super) fn with_companions<'w>(&self, shape: &Shape, written: &Written<'w>) -> Cow<'w, Fields> {
        let mut all = Cow::Borrowed(written.fields);
        if shape.kept.is_empty() {
            return all;
        }
        let changed = || written.fields.keys();
        let mut wanted: Vec<&Field> =
            changed().filter_map(|name| shape.fields.get(name)).flat_map(|map| &map.with).collect();
        for join in &shape.joins {
            if changed().any(|name| join.fields().any(|part| part == name)) {
                wanted.extend(join.fields());
            }
        }
        for (name, map) in &shape.fields {
            let moves =
                || map.rules.iter().flat_map(|rule| rule.when.fields()).any(|on| written.fields.contains_key(on));
            if !written.is_new && moves() {
                let before = map.rule(|on| Some(self.known_word(shape, on, &Fields::new(), written)));
                let after = map.rule(|on| Some(self.known_word(shape, on, written.fields, written)));
                if before.zip(after).is_some_and(|(before, after)| before.to != after.to) {
                    wanted.push(name);
                }
            }
        }
        for name in wanted {
            if let Some(value) = self.captured(shape, name, written) {
                all.to_mut().entry(name.clone()).or_insert(Some(value));
            }
        }
        all
    }

    /// The rule that takes a value; `None` where there is nothing to take.
    ///
    /// # Errors
    /// Why none takes it. Names words of other fields only.
    pub(super) fn rule_for<'m>(
        &self,
        shape: &Shape,
        map: &'m FieldMap,
        value: Option<&Value>,
        fields: &Fields,
        written: &Written<'_>,
    ) -> Result<Option<&'m Rule>, String> {
        let word = |on: &Field| self.known_word(shape, on, fields, written);
        let rule = map.rule(|on| Some(word(on)));
        if rule.is_some() || value.is_none() || map.rules.is_empty() {
            return Ok(rule);
        }
        let mut named: Vec<&Field> = map.rules.iter().flat_map(|rule| rule.when.fields()).collect();
        named.sort_unstable();
        named.dedup();
        let words: Vec<String> = named.iter().map(|on| format!("{on} = \"{}\"", word(on))).collect();
        Err(format!("no rule of the mapping takes it where {}", words.join(", ")))
    }

    /// The word of a field that a rule depends on: the one that is written, or else the one that was read last.
    fn known_word(&self, shape: &Shape, on: &Field, fields: &Fields, written: &Written<'_>) -> String {
        match fields.get(on) {
            Some(value) => condition::word(value.as_ref()),
            None => condition::word(self.captured(shape, on, written).as_ref()),
        }
    }

    fn captured(&self, shape: &Shape, name: &Field, written: &Written<'_>) -> Option<Value> {
        if let Some(fixed) = shape.fields.get(name).and_then(|map| map.fixed.clone()) {
            return Some(fixed);
        }
        let image = written.captures.get(&companion(name))?;
        self.value(shape.kind, name, &Some(image.into()), written.dates).ok().flatten()
    }
}
