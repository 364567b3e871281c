//! The reconciliation report (báo cáo đối soát): facts first, then their renderings.
//!
//! [`facts::report`] turns what [`crate::pure::reconcile`] found into a [`Report`], which holds every figure and every
//! line that is shown. The renderings ([`html`], [`csv`], [`json`], [`text`]) only spell it: they count nothing, and
//! since personal data is masked and foreign text cleaned where the facts are made, they can't leak what is not there.

pub mod csv;
pub mod facts;
pub mod figures;
pub mod html;
pub mod json;
pub mod mask;
#[cfg(test)]
mod tests;
pub mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::pure::deadline::Rule;
use crate::pure::messages::{Key, Language};
use crate::pure::reconcile::Class;
use crate::words::clock::Timestamp;
use crate::words::side::{LinkName, Reference, RemoteId, Side, Sides, SystemName};
use crate::words::ticket::{Field, RecordKind};
use figures::{Figures, Period};

/// Version of the JSON shape: a change that a reader must know of raises it.
pub const VERSION: u32 = 1;

/// Everything that the report says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// Number of the run that made it.
    pub run: i64,
    /// Name and version of the program.
    pub program: String,
    /// Who issues it, the superior body first (`ỦY BAN NHÂN DÂN …`).
    pub issuer: Vec<String>,
    /// When it was made.
    pub generated_at: Timestamp,
    /// What the handling figures are about.
    pub period: Period,
    /// Whether personal data is shown as it is.
    pub personal_data: bool,
    /// The rules that deadlines were counted by, where a ticket states none.
    pub deadline_rules: Vec<Rule>,
    /// The mapping files that both systems were read with.
    pub mappings: Vec<MappingUsed>,
    /// All links together.
    pub totals: Tally,
    /// Each link, by name.
    pub links: Vec<LinkReport>,
}

/// A mapping file as it was at the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingUsed {
    /// The system it describes.
    pub system: SystemName,
    /// File name, without folders.
    pub file: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Since when it was in force, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// Counts over some tickets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Tickets compared. The sum of `classes`.
    pub tickets: u64,
    /// How many came to what; classes without tickets are left out.
    pub classes: BTreeMap<Class, u64>,
    /// Open tickets past their deadline at the end of the period or now, whichever is earlier.
    pub overdue: u64,
    /// The handling in the period.
    pub figures: Figures,
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkReport {
    /// Its name.
    pub name: LinkName,
    /// Its two systems.
    pub systems: Sides<SystemName>,
    /// Its counts.
    pub tally: Tally,
    /// Tickets of each side that its rules leave where they are.
    pub not_selected: Sides<u64>,
    /// The same by field of administration (lĩnh vực), most tickets first.
    pub by_field: Vec<Group>,
    /// The same by handling agency (đơn vị chủ trì), most tickets first.
    pub by_agency: Vec<Group>,
    /// Tickets that are not matched, or overdue; the gravest first.
    pub tickets: Vec<Row>,
}

/// Tickets that have one code in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The code; `None` for tickets that state none.
    pub code: Option<String>,
    /// Its name, where a catalogue gives one.
    pub name: Option<String>,
    /// Its counts.
    pub tally: Tally,
}

/// One listed ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it came to.
    pub class: Class,
    /// Days begun since its deadline; `None` unless it is overdue.
    pub days_overdue: Option<u32>,
    /// Our reference.
    pub reference: Reference,
    /// Its ids on each side.
    pub ids: Sides<Vec<RemoteId>>,
    /// Number (số phiếu).
    pub number: Option<String>,
    /// Canonical word of its kind.
    pub kind: Option<String>,
    /// Canonical word of its field of administration.
    pub field: Option<String>,
    /// Code of the handling agency.
    pub agency: Option<String>,
    /// Its name, where a catalogue gives one.
    pub agency_name: Option<String>,
    /// Canonical word of its status.
    pub status: Option<String>,
    /// Subject, cut.
    pub subject: Option<String>,
    /// Submitter, masked unless personal data is shown.
    pub submitter: Option<String>,
    /// Phone, masked unless personal data is shown.
    pub phone: Option<String>,
    /// Received.
    pub received_at: Option<Timestamp>,
    /// The last instant that is in time.
    pub due_at: Option<Timestamp>,
    /// The text that sets it; `None` where the ticket itself states it.
    pub due_by: Option<String>,
    /// What differs.
    pub differences: Vec<Shown>,
    /// The reasons that are known.
    pub says: Vec<String>,
}

/// One difference as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Shown {
    /// A field.
    Field {
        /// Whose.
        record: RecordKind,
        /// Which.
        field: Field,
        /// What people call one that a mapping declares: Vietnamese, English.
        #[serde(skip)]
        label: Option<(String, String)>,
        /// The province's value, cut and masked; `None` where it is empty.
        province: Option<String>,
        /// The national value.
        national: Option<String>,
    },
    /// Children that one side alone has.
    OnlyAt {
        /// Of this kind.
        record: RecordKind,
        /// There.
        side: Side,
        /// So many.
        count: u64,
    },
}

impl Tally {
    /// How many tickets came to this.
    #[must_use]
    pub fn of(&self, class: Class) -> u64 {
        self.classes.get(&class).copied().unwrap_or(0)
    }

    /// How many came to any class that `is` holds for.
    #[must_use]
    pub fn count(&self, is: impl Fn(Class) -> bool) -> u64 {
        self.classes.iter().filter(|(class, _)| is(**class)).map(|(_, count)| count).sum()
    }
}

impl Report {
    /// Whether nothing is lost, doubled or different without a reason.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.totals.count(Class::is_wrong) == 0
    }
}

/// What people call a class, and the same in one sentence.
#[must_use]
pub const fn class_keys(class: Class) -> (Key, Key) {
    match class {
        Class::Duplicated => (Key::ClassDuplicated, Key::HintDuplicated),
        Class::MissingNational => (Key::ClassMissingNational, Key::HintMissingNational),
        Class::MissingProvince => (Key::ClassMissingProvince, Key::HintMissingProvince),
        Class::Differing => (Key::ClassDiffering, Key::HintDiffering),
        Class::Quarantined => (Key::ClassQuarantined, Key::HintQuarantined),
        Class::Conflict => (Key::ClassConflict, Key::HintConflict),
        Class::Parked => (Key::ClassParked, Key::HintParked),
        Class::InDoubt => (Key::ClassInDoubt, Key::HintInDoubt),
        Class::Waiting => (Key::ClassWaiting, Key::HintWaiting),
        Class::Matched => (Key::ClassMatched, Key::HintMatched),
    }
}

impl Period {
    /// The period in words.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        match self.from {
            Some(from) => language.fill(Key::FromTo, &[&language.instant(from), &language.instant(self.to)]),
            None => language.fill(Key::ReportWhole, &[&language.instant(self.to)]),
        }
    }
}

impl Group {
    /// Its name in words, given the ticket field that it groups by.
    #[must_use]
    pub fn label<'a>(&'a self, language: Language, by: &Field) -> &'a str {
        match (&self.name, &self.code) {
            (Some(name), _) => name,
            (None, Some(code)) => language.code(by, code),
            (None, None) => language.say(Key::Unknown),
        }
    }
}

impl Shown {
    /// The difference in one line.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        match self {
            Self::Field { record, field, label, province, national } => {
                let value = |side: &Option<String>| {
                    side.as_deref().map_or_else(
                        || language.say(Key::Empty).to_owned(),
                        |text| {
                            if *record == RecordKind::Ticket {
                                language.code(field, text).to_owned()
                            } else {
                                text.to_owned()
                            }
                        },
                    )
                };
                let declared = label.as_ref().map(|(vi, en)| language.of(vi, en));
                let name = declared.unwrap_or_else(|| language.field(*record, field));
                language.fill(Key::DifferenceField, &[&name, &value(province), &value(national)])
            }
            Self::OnlyAt { record, side, count } => language.fill(
                Key::DifferenceOnly,
                &[&language.number(*count), &language.kinds(*record), &language.side(*side)],
            ),
        }
    }
}

impl Row {
    /// What is to be noted about it, one line each.
    #[must_use]
    pub fn notes(&self, language: Language) -> Vec<String> {
        self.differences.iter().map(|shown| shown.words(language)).chain(self.says.iter().cloned()).collect()
    }
}
