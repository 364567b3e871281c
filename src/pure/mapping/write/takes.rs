//! What a system takes and shows, as its file declares it.

use crate::pure::mapping::calls::FieldGroup;
use crate::pure::mapping::check::vars_of;
use crate::pure::mapping::model::{Codec, FieldMap, Mapping, Rule, When};
use crate::pure::mapping::path::{Path, Step};
use crate::pure::mapping::template::Var;
use crate::pure::mapping::write::Slot;
use crate::words::ticket::{Field, RecordKind};

/// What a system can be asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Make a record of the kind.
    Create,
    /// Change one.
    Update,
}

impl Mapping {
    /// Whether the system shows this field.
    #[must_use]
    pub fn holds(&self, kind: RecordKind, field: &Field) -> bool {
        self.field_map(kind, field).is_some_and(FieldMap::is_read)
    }

    /// Whether the system takes this field, on a create or on an update.
    #[must_use]
    pub fn writes(&self, kind: RecordKind, field: &Field, on_create: bool) -> bool {
        let taken = self.field_map(kind, field).is_some_and(|map| map.is_written(on_create));
        let group = |group: &&FieldGroup| group.steps.is_some() && group.fields.contains(field);
        taken
            && if on_create {
                self.can(kind, Verb::Create)
            } else {
                self.update_groups(kind).iter().any(|known| group(&known))
            }
    }

    /// Whether different values can look the same here.
    #[must_use]
    pub fn lossy(&self, kind: RecordKind, field: &Field) -> bool {
        let lossy = |codec: &Codec| {
            codec.is_lossy(&self.codes)
                || (self.encoding.is_lossy() && matches!(codec, Codec::Text(_) | Codec::Html(_)))
        };
        self.field_map(kind, field).is_some_and(|map| lossy(&map.codec))
    }

    /// Whether the system can do this.
    #[must_use]
    pub fn can(&self, kind: RecordKind, verb: Verb) -> bool {
        self.verbs.writes.get(&kind).is_some_and(|writes| match verb {
            Verb::Create => writes.create.is_some(),
            Verb::Update => writes.updates.iter().any(|group| group.steps.is_some()),
        })
    }

    /// Whether changed tickets are sent as whole documents.
    #[must_use]
    pub fn takes_whole(&self) -> bool {
        self.calls.values().any(|call| vars_of(self, call).contains(&Var::Whole))
    }

    /// The groups in which a known record's fields are written, in order.
    #[must_use]
    pub fn update_groups(&self, kind: RecordKind) -> &[FieldGroup] {
        self.verbs.writes.get(&kind).map_or(&[], |writes| writes.updates.as_slice())
    }
}

impl FieldMap {
    /// Whether a document can show it.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.fixed.is_some() || self.joined.is_some() || self.rules.iter().any(|rule| rule.at.is_some())
    }

    /// Whether it is written on a create or on an update. A constant is: a record can only be made with it.
    #[must_use]
    pub fn is_written(&self, create: bool) -> bool {
        match self.write {
            _ if self.fixed.is_some() => create,
            When::Always => self.has_place(),
            When::Create => create && self.has_place(),
            When::Update => !create && self.has_place(),
            When::Never => false,
        }
    }

    fn has_place(&self) -> bool {
        self.joined.is_some() || self.rules.iter().any(|rule| rule.to.is_some())
    }

    /// The only place that it is written to, where no condition chooses.
    #[must_use]
    pub fn to(&self) -> Option<&Slot> {
        self.rules.first().and_then(|rule| rule.to.as_ref())
    }

    /// The rule that holds for a record of which `word` tells the words of its coded fields.
    #[inline]
    pub fn rule(&self, word: impl Fn(&Field) -> Option<String>) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.when.holds(&word))
    }
}

/// The last name of a path: what the system calls the field in its own messages.
pub(super) fn last_name(path: &Path) -> Option<&str> {
    path.steps().iter().rev().find_map(|step| match step {
        Step::Key(name) | Step::Attribute(name) => Some(name.as_str()),
        Step::Each | Step::Index(_) | Step::From(_) | Step::Where(_) => None,
    })
}

impl Mapping {
    /// Our field for a member that the system names in a refusal.
    #[must_use]
    pub fn field_of_member(&self, kind: RecordKind, member: &str) -> Option<&Field> {
        let local = |name: &str| name.rsplit(':').next().map(str::to_owned);
        let wanted = local(member)?;
        let shape = self.shape(kind)?;
        let fields = &shape.fields;
        let named = |to: Option<&Path>| to.and_then(last_name).and_then(local).as_ref() == Some(&wanted);
        let own = fields.iter().find(|(_, map)| map.rules.iter().any(|rule| named(rule.to.as_deref())));
        let joined = || {
            shape.joins.iter().find(|join| named(join.text.to().map(|to| &**to))).and_then(|join| join.fields().next())
        };
        own.map(|(field, _)| field).or_else(joined)
    }
}
