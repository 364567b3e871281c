//! How often each thing happened. What never happened was not tested.

use std::collections::BTreeMap;
use std::fmt;

use super::faults::Fault;

/// Everything that must happen at least once in a long run, by group.
const MUST: [(&str, &[&str]); 5] = [
    (
        "what went wrong",
        &[
            "request lost",
            "answer lost",
            "answer cut",
            "answer late",
            "request doubled",
            "asked to wait",
            "error as 200",
            "read failed",
            "claim lost",
            "crash with a claim",
            "crash before the send",
            "crash after the answer",
            "crash with a reading",
            "crash in a listing",
            "crash in a rest",
            "worker paused",
            "side emptied",
            "backup put back",
            "wall clock forward",
            "wall clock back",
            "machine slept",
            "commit failed",
            "mapping changed",
            "ticket deleted",
            "ticket brought back",
            "tickets merged",
            "ticket transferred",
            "reading overtaken",
        ],
    ),
    ("outcomes", &["acked", "conflict", "exists", "gone", "refused", "not now", "in doubt"]),
    (
        "decisions",
        &[
            "= =",
            "Δ =",
            "= Δ",
            "Δ Δ agree",
            "Δ Δ further status",
            "Δ Δ owner",
            "Δ Δ person",
            "forbidden step",
            "new here",
            "new there",
            "rolled back",
        ],
    ),
    (
        "facts",
        &[
            "intent",
            "joined",
            "acked",
            "proved",
            "settled",
            "in_doubt",
            "refused",
            "stale",
            "conflict",
            "overruled",
            "ineffective",
            "gone",
            "quarantined",
            "went_back",
            "restored",
            "lost",
            "transferred",
            "returned",
            "decided",
            "retried",
            "released",
        ],
    ),
    (
        "systems and rows",
        &[
            "three systems",
            "page after a page",
            "full scan",
            "row read",
            "row known",
            "key repeated",
            "accepted, id later",
            "found",
            "not found",
            "not believed",
            "attachment made",
            "transfer made",
            "reply made",
            "ticket made",
            "listing alarm",
        ],
    ),
];

/// Rows of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Group {
    Wrong,
    Outcome,
    Decision,
    Fact,
    Row,
}

/// Counts by group and name.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Coverage(BTreeMap<(&'static str, &'static str), u64>);

impl Coverage {
    /// One more of a group's; of words that the table does not know nothing is kept.
    pub(crate) fn saw(&mut self, group: Group, what: &str) {
        let (group, names) = MUST[group as usize];
        if let Some(name) = names.iter().find(|name| **name == what) {
            *self.0.entry((group, name)).or_default() += 1;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            *self.0.entry(*key).or_default() += count;
        }
    }

    /// What must happen and never did.
    pub(crate) fn missing(&self) -> Vec<String> {
        let all = MUST.iter().flat_map(|(group, names)| names.iter().map(move |name| (*group, *name)));
        all.filter(|key| !self.0.contains_key(key)).map(|(group, name)| format!("{group}: {name}")).collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (group, names) in MUST {
            writeln!(f, "{group}")?;
            for name in names {
                writeln!(f, "  {name:<24} {:>14}", self.0.get(&(group, *name)).copied().unwrap_or_default())?;
            }
        }
        Ok(())
    }
}

/// Faults by name, for the command line.
pub(crate) fn fault(name: &str) -> Option<Fault> {
    Fault::ALL.iter().find(|(_, known)| *known == name).map(|(fault, _)| *fault)
}
