//! Which tickets a link takes, and whose value stands: the rules of the config as data.

use std::collections::BTreeMap;

use serde::Serialize;

use super::rules::Owner;
use crate::words::record::Reading;
use crate::words::ticket::{Field, RecordKind, field};
use crate::words::value::Value;

/// Tickets that a link takes from one side: those that at least one rule fits. No rule: none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Selection {
    /// The rules.
    pub rules: Vec<SelectionRule>,
}

/// One rule: every field in `fits` must, and no field in `excludes` may, have one of its values. An empty rule fits
/// every ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SelectionRule {
    /// Values that a field must have one of.
    pub fits: BTreeMap<Field, Vec<Pattern>>,
    /// Values that keep a ticket out.
    pub excludes: BTreeMap<Field, Vec<Pattern>>,
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// The whole value; the empty text is a field without a value.
    Is(String),
    /// Its beginning (`land*`); a field without a value has none.
    Begins(String),
    /// Its end (`*.H19`: every agency of a province); a field without a value has none.
    Ends(String),
}

impl Pattern {
    /// Understands `land`, `land*` and `*.H19`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match (text.strip_suffix('*'), text.strip_prefix('*')) {
            (Some(beginning), _) => Self::Begins(beginning.to_owned()),
            (None, Some(end)) => Self::Ends(end.to_owned()),
            (None, None) => Self::Is(text.to_owned()),
        }
    }

    /// Whether a word fits.
    #[must_use]
    pub fn fits_word(&self, word: &str) -> bool {
        match self {
            Self::Is(whole) => whole == word,
            Self::Begins(beginning) => word.starts_with(beginning),
            Self::Ends(end) => word.ends_with(end),
        }
    }

    /// Whether a field's value, or one of its values, fits.
    fn fits(&self, value: Option<&Value>) -> bool {
        match value {
            None => *self == Self::Is(String::new()),
            Some(Value::List(items)) if !items.is_empty() => items.iter().any(|item| self.fits(Some(item))),
            Some(Value::List(_)) => self.fits(None),
            Some(value) => self.fits_word(&value.display()),
        }
    }
}

impl SelectionRule {
    fn selects(&self, ticket: &Reading) -> bool {
        let has = |(field, patterns): (&Field, &Vec<Pattern>)| {
            let value = ticket.value(field);
            patterns.iter().any(|pattern| pattern.fits(value))
        };
        self.fits.iter().all(has) && !self.excludes.iter().any(has)
    }
}

impl Selection {
    /// Takes every ticket.
    #[must_use]
    pub fn everything() -> Self {
        Self { rules: vec![SelectionRule::default()] }
    }

    /// Whether a ticket is with an agency that no rule speaks of: it went to another province. Rules that name no
    /// agency let none go.
    #[must_use]
    pub fn leaves(&self, agency: Option<&Value>) -> bool {
        let mut agencies = self.rules.iter().map(|rule| rule.fits.get(&field::AGENCY));
        agency.is_some()
            && !self.rules.is_empty()
            && agencies.all(|known| known.is_some_and(|known| !known.iter().any(|pattern| pattern.fits(agency))))
    }

    /// Whether the link takes this ticket.
    #[must_use]
    pub fn selects(&self, ticket: &Reading) -> bool {
        self.rules.iter().any(|rule| rule.selects(ticket))
    }
}

/// Whose value stands where both sides changed a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// Where a field is not named; a person decides where this is not said either.
    pub default: Option<Owner>,
    /// By kind of record and field.
    pub fields: BTreeMap<(RecordKind, Field), Owner>,
}

impl Owners {
    /// The owner of one field.
    #[must_use]
    pub fn of(&self, kind: RecordKind, field: &Field) -> Owner {
        self.fields.get(&(kind, field.clone())).copied().or(self.default).unwrap_or_default()
    }

    /// Whether the field's owner is said, by its name or for all.
    #[must_use]
    pub fn says(&self, kind: RecordKind, field: &Field) -> bool {
        self.default.is_some() || self.fields.contains_key(&(kind, field.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::record::Cell;
    use crate::words::side::Side;

    fn ticket(fields: &[(&str, Value)]) -> Reading {
        let cell = |value: &Value| Cell::spelled(&value.display(), value.clone());
        Reading {
            kind: RecordKind::Ticket,
            id: "1".into(),
            identity: None,
            version: None,
            changed: None,
            reference: None,
            cells: fields.iter().map(|(name, value)| (Field::named(name), cell(value))).collect(),
            children: BTreeMap::new(),
            captures: BTreeMap::new(),
        }
    }
    fn table(rows: &[(&str, &[&str])]) -> BTreeMap<Field, Vec<Pattern>> {
        rows.iter()
            .map(|(name, texts)| (Field::named(name), texts.iter().map(|text| Pattern::parse(text)).collect()))
            .collect()
    }
    type Rows<'a> = &'a [(&'a str, &'a [&'a str])];
    fn selection(rules: &[(Rows<'_>, Rows<'_>)]) -> Selection {
        let rules = rules.iter().map(|(fits, excludes)| SelectionRule { fits: table(fits), excludes: table(excludes) });
        Selection { rules: rules.collect() }
    }

    #[test]
    fn a_ticket_is_selected_by_any_rule_that_fits_wholly() {
        let code = |text: &str| Value::Code(text.into());
        let agencies = |codes: &[&str]| Value::List(codes.iter().map(|text| code(text)).collect());
        let land = ticket(&[("kind", code("feedback")), ("field", code("land")), ("agency", code("H19.12"))]);
        let order = ticket(&[("kind", code("service_order")), ("co_agencies", agencies(&["H01.2", "H19.7"]))]);
        for (name, rules, takes_land, takes_order) in [
            ("no rule takes nothing", selection(&[]), false, false),
            ("an empty rule takes everything", Selection::everything(), true, true),
            ("one value", selection(&[(&[("kind", &["feedback"])], &[])]), true, false),
            (
                "all fields of a rule",
                selection(&[(&[("kind", &["feedback"]), ("field", &["health"])], &[])]),
                false,
                false,
            ),
            ("any of its values", selection(&[(&[("field", &["health", "land"])], &[])]), true, false),
            (
                "any rule",
                selection(&[(&[("field", &["land"])], &[]), (&[("kind", &["service_order"])], &[])]),
                true,
                true,
            ),
            ("excluded", selection(&[(&[], &[("field", &["land"])])]), false, true),
            ("the beginning", selection(&[(&[("agency", &["H19*"])], &[])]), true, false),
            ("the end", selection(&[(&[("agency", &["*.12"])], &[])]), true, false),
            ("another end", selection(&[(&[("agency", &["*.13"])], &[])]), false, false),
            ("one of a list", selection(&[(&[("co_agencies", &["H19*"])], &[])]), false, true),
            ("without a value", selection(&[(&[("agency", &[""])], &[])]), false, true),
            ("with any value", selection(&[(&[("agency", &["*"])], &[])]), true, false),
        ] {
            assert_eq!((rules.selects(&land), rules.selects(&order)), (takes_land, takes_order), "{name}");
        }
    }

    #[test]
    fn a_ticket_leaves_only_where_every_rule_names_agencies_and_none_is_its_own() {
        let code = |text: &str| Some(Value::Code(text.into()));
        let ours = selection(&[(&[("agency", &["H19*"])], &[]), (&[("agency", &["H70.1"])], &[])]);
        for (agency, leaves) in [(code("H19.12"), false), (code("H70.1"), false), (code("H01.2"), true), (None, false)]
        {
            assert_eq!(ours.leaves(agency.as_ref()), leaves, "{agency:?}");
        }
        let any = selection(&[(&[("agency", &["H19*"])], &[]), (&[("kind", &["feedback"])], &[])]);
        assert!(!any.leaves(code("H01.2").as_ref()) && !Selection::everything().leaves(code("H01.2").as_ref()));
        assert!(!Selection::default().leaves(code("H01.2").as_ref()), "a link that takes nothing from there");
    }

    #[test]
    fn a_field_that_is_not_named_has_the_default_owner() {
        let content = Field::named("content");
        let owners = Owners {
            default: Some(Owner::Person),
            fields: BTreeMap::from([((RecordKind::Ticket, content.clone()), Owner::Of(Side::Province))]),
        };
        assert_eq!(owners.of(RecordKind::Ticket, &content), Owner::Of(Side::Province));
        assert_eq!(owners.of(RecordKind::Reply, &content), Owner::Person);
        assert_eq!(owners.of(RecordKind::Ticket, &field::STATUS), Owner::Person);
    }
}
