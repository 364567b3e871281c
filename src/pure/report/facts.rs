//! From reconciled links to the facts of a report: counts, groups, and the tickets to list.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::figures::{Figures, Period};
use super::mask::{Masking, clean};
use super::{Group, LinkReport, MappingUsed, Report, Row, Shown, Tally, VERSION};
use crate::pure::deadline::{Deadlines, Due};
use crate::pure::reconcile::{Class, Difference, Item, Reconciled};
use crate::words::clock::Timestamp;
use crate::words::extra::Extras;
use crate::words::side::{LinkName, Sides, SystemName};
use crate::words::ticket::{Field, RecordKind, field};
use crate::words::value::Value;

/// What the report is made with.
#[derive(Debug, Clone)]
pub struct Setup<'a> {
    /// Number of the run.
    pub run: i64,
    /// Name and version of the program.
    pub program: String,
    /// Who issues it, the superior body first.
    pub issuer: Vec<String>,
    /// Now.
    pub now: Timestamp,
    /// What the handling figures are about.
    pub period: Period,
    /// Whether personal data is masked.
    pub masking: Masking,
    /// How deadlines are counted.
    pub deadlines: &'a Deadlines,
    /// Names of agencies by code.
    pub agencies: &'a BTreeMap<String, String>,
    /// The fields that the mappings declare beside those of every ticket.
    pub extras: &'a Extras,
    /// The mapping files used.
    pub mappings: Vec<MappingUsed>,
}

/// One link to report on.
#[derive(Debug, Clone)]
pub struct LinkFound {
    /// Its name.
    pub name: LinkName,
    /// Its two systems.
    pub systems: Sides<SystemName>,
    /// What its reconciliation found.
    pub found: Reconciled,
}

/// Makes the facts.
#[must_use]
pub fn report(setup: &Setup<'_>, mut links: Vec<LinkFound>) -> Report {
    links.sort_by(|one, other| one.name.cmp(&other.name));
    let links: Vec<LinkReport> = links.into_iter().map(|link| link_report(setup, link)).collect();
    let mut totals = Tally::default();
    for link in &links {
        totals.add(&link.tally);
    }
    Report {
        version: VERSION,
        run: setup.run,
        program: setup.program.clone(),
        issuer: setup.issuer.iter().map(|line| clean(line)).collect(),
        generated_at: setup.now,
        period: setup.period,
        personal_data: setup.masking == Masking::Off,
        deadline_rules: setup.deadlines.rules().to_vec(),
        mappings: setup.mappings.clone(),
        totals,
        links,
    }
}

fn link_report(setup: &Setup<'_>, link: LinkFound) -> LinkReport {
    let mut tally = Tally::default();
    let mut fields: BTreeMap<Option<String>, Tally> = BTreeMap::new();
    let mut agencies: BTreeMap<Option<String>, Tally> = BTreeMap::new();
    let mut tickets = Vec::new();
    for item in &link.found.items {
        let due = setup.deadlines.due(&item.values);
        let one = Tally::one(setup, item, due.as_ref());
        tally.add(&one);
        fields.entry(text(item, &field::FIELD)).or_default().add(&one);
        agencies.entry(text(item, &field::AGENCY)).or_default().add(&one);
        if item.class != Class::Matched || one.overdue > 0 {
            tickets.push(row(setup, item, due, one.overdue > 0));
        }
    }
    tickets.sort_by(|one, other| {
        (one.class, Reverse(one.days_overdue), &one.reference).cmp(&(
            other.class,
            Reverse(other.days_overdue),
            &other.reference,
        ))
    });
    LinkReport {
        name: link.name,
        systems: link.systems,
        tally,
        not_selected: link.found.not_selected,
        by_field: groups(fields, |_| None),
        by_agency: groups(agencies, |code| agency_name(setup, Some(code))),
        tickets,
    }
}

fn agency_name(setup: &Setup<'_>, code: Option<&str>) -> Option<String> {
    setup.agencies.get(code?).map(|name| clean(name))
}

/// Most tickets first, then by code.
fn groups(tallies: BTreeMap<Option<String>, Tally>, name: impl Fn(&str) -> Option<String>) -> Vec<Group> {
    let mut groups: Vec<Group> =
        tallies.into_iter().map(|(code, tally)| Group { name: code.as_deref().and_then(&name), code, tally }).collect();
    groups.sort_by_key(|group| Reverse(group.tally.tickets));
    groups
}

impl Tally {
    fn one(setup: &Setup<'_>, item: &Item, due: Option<&Due>) -> Self {
        let figures = Figures::of(&item.values, item.changed, due.map(|due| due.at), setup.period, setup.now);
        Self { tickets: 1, classes: BTreeMap::from([(item.class, 1)]), overdue: figures.open_overdue, figures }
    }

    fn add(&mut self, other: &Self) {
        self.tickets += other.tickets;
        self.overdue += other.overdue;
        self.figures += other.figures;
        for (class, count) in &other.classes {
            *self.classes.entry(*class).or_default() += count;
        }
    }
}

/// A ticket's value as text, cleaned.
fn text(item: &Item, name: &Field) -> Option<String> {
    item.values.get(name).map(|value| clean(&value.display()))
}

fn row(setup: &Setup<'_>, item: &Item, due: Option<Due>, overdue: bool) -> Row {
    let show = |name: &'static str| {
        let field = Field::fixed(name);
        item.values
            .get(&field)
            .map(|value| setup.masking.show(setup.extras, RecordKind::Ticket, &field, &value.display()))
    };
    let at = setup.period.to.min(setup.now);
    Row {
        class: item.class,
        days_overdue: due.as_ref().filter(|_| overdue).and_then(|due| due.days_overdue(at)),
        reference: item.reference.clone(),
        ids: Sides::from_fn(|side| item.ids.get(side).iter().map(|id| clean(id.as_str()).into()).collect()),
        number: show("number"),
        kind: show("kind"),
        field: show("field"),
        agency: show("agency"),
        agency_name: agency_name(setup, text(item, &field::AGENCY).as_deref()),
        status: show("status"),
        subject: show("subject"),
        submitter: show("submitter_name"),
        phone: show("submitter_phone"),
        received_at: item.values.get(&field::RECEIVED_AT).and_then(Value::as_instant),
        due_at: due.as_ref().map(|due| due.at),
        due_by: due.and_then(|due| due.citation),
        differences: item.differences.iter().map(|difference| shown(setup, difference)).collect(),
        says: item.says.iter().map(|says| setup.masking.says(says)).collect(),
    }
}

fn shown(setup: &Setup<'_>, difference: &Difference) -> Shown {
    match difference {
        Difference::Field { kind, field, shown } => {
            let show =
                |text: &Option<String>| text.as_ref().map(|text| setup.masking.show(setup.extras, *kind, field, text));
            let extra = setup.extras.get(*kind, field.as_str());
            Shown::Field {
                record: *kind,
                field: field.clone(),
                label: extra.map(|extra| (extra.vi.clone(), extra.en.clone())),
                province: show(&shown.province),
                national: show(&shown.national),
            }
        }
        Difference::OnlyAt { kind, side, count } => Shown::OnlyAt { record: *kind, side: *side, count: *count },
    }
}
