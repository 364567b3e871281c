//! What only the whole file shows: names across sections, scopes of variables, tables, paths and promises that
//! contradict each other. Runs on whatever could be read, so that all problems are told at once; what a broken section
//! may still hold is never reported as missing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::words::problem::Spot;
use crate::words::ticket::RecordKind;

use super::model::Mapping;
use super::problem::{Problems, code};
use super::template::Var;

pub(super) mod calls;
mod codes;
mod encoding;
mod members;
mod promises;
mod records;

pub(super) use calls::vars_of;

/// What reading the file noticed beside the mapping itself.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Where each variable stands, by the call that names it; by the empty name for what holds for every call.
    pub(super) variables: BTreeMap<(String, Var), Range<usize>>,
    /// Where the names of the calls stand, of broken ones too.
    pub(super) calls: BTreeMap<String, Range<usize>>,
    /// Where what each call's document holds too stands: `json` and `xml` of `[http]`.
    pub(super) common: BTreeMap<&'static str, Range<usize>>,
    /// Where the names of the fields stand, of broken ones too.
    pub(super) fields: BTreeMap<(RecordKind, String), Range<usize>>,
    /// Where the defaults of fields stand.
    pub(super) defaults: BTreeMap<(RecordKind, String), Range<usize>>,
    /// Where the fields that a `when` names stand, and their words: by the first byte of the rule.
    pub(super) whens: BTreeMap<(usize, String, Option<String>), Range<usize>>,
    /// Where the names of the settings stand.
    pub(super) settings: BTreeMap<String, Range<usize>>,
    /// Where secrets were told.
    pub(super) secrets: Vec<Range<usize>>,
    /// The settings that something names.
    pub(super) used_settings: BTreeSet<String>,
    /// Whether something names a setting that is not there.
    pub(super) unknown_settings: bool,
    /// Where the promises stand: the section, and its keys.
    pub(super) promises: BTreeMap<&'static str, Range<usize>>,
    /// Tables of which rows are broken.
    pub(super) broken_tables: BTreeSet<String>,
    /// Whether all fields and children could be read.
    pub(super) shapes: bool,
    /// Whether the login and all calls could be read.
    pub(super) calls_whole: bool,
    /// Whether all verbs and mounts could be read.
    pub(super) verbs: bool,
}

/// Reports what is wrong between the parts of a mapping that are each right by themselves.
pub(super) fn cross_check(mapping: &Mapping, notes: &Notes, problems: &mut Problems<'_>) {
    let mut checker = Checker { mapping, notes, problems, used: BTreeSet::new() };
    checker.codes();
    checker.records();
    checker.encoding();
    checker.verbs();
    checker.promises();
    checker.unused();
    super::sound::check(mapping, notes, problems);
}

struct Checker<'m, 'p, 'a> {
    mapping: &'m Mapping,
    notes: &'m Notes,
    problems: &'p mut Problems<'a>,
    used: BTreeSet<&'m str>,
}

impl Checker<'_, '_, '_> {
    fn say(&mut self, spot: Spot, code: &'static str, message: String, mend: &str) {
        self.problems.say_at(code, spot, message, mend);
    }

    /// Where a call's name stands.
    fn call_spot(&self, name: &str) -> Spot {
        self.notes.calls.get(name).map_or_else(Spot::default, Spot::of)
    }

    /// What is declared, and named nowhere.
    fn unused(&mut self) {
        for name in self.mapping.calls.keys() {
            if self.notes.verbs && self.notes.calls_whole && !self.used.contains(name.as_str()) {
                let mend = "name it in `[do.…]`, `[login]` or `[[mount]]`, or take it out";
                self.say(self.call_spot(name), code::UNREACHABLE, format!("no verb uses the call `{name}`"), mend);
            }
        }
        // A name that is no setting may be meant for one that nothing uses.
        for (name, span) in self.notes.settings.iter().filter(|_| !self.notes.unknown_settings) {
            if !self.notes.used_settings.contains(name) {
                let mend = format!("write `${{setting.{name}}}` where it belongs, or take it out");
                let message = format!("nothing uses the setting `{name}`");
                self.problems.say(code::UNUSED, span, message, mend);
            }
        }
    }
}
