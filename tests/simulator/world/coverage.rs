//! How often each thing happened. What never happened was not tested.

use std::fmt;

use super::faults::Fault;

/// Everything that must happen at least once in a long run, by group.
const MUST: [(&str, &[&str]); 6] = [
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
            "discarded",
            "duplicated",
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
    (LOST, &[UNSEEN, RESTORED, EMPTIED, OLD_READING]),
];

/// Edits may be lost in these ways and in no other. None of them must happen.
const LOST: &str = "edits lost, as RELIABILITY.md names them";
/// A backup was put back, and neither versions nor instants showed it.
pub(crate) const UNSEEN: &str = "backup, unseen";
/// A write was on its way to a side that was put back to a backup.
pub(crate) const RESTORED: &str = "backup, write on its way";
/// A side showed nothing for a while.
pub(crate) const EMPTIED: &str = "side empty for a while";
/// Readings lag, and no version tells it.
pub(crate) const OLD_READING: &str = "lag without versions";

/// Most rows that a group has.
const MOST: usize = 32;

/// Rows of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Group {
    Wrong,
    Outcome,
    Decision,
    Fact,
    Row,
    Hole,
}

/// Counts by group and name.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Coverage([[u64; MOST]; MUST.len()]);

impl Coverage {
    /// One more of a group's; of words that the table does not know nothing is kept.
    pub(crate) fn saw(&mut self, group: Group, what: &str) {
        if let Some(at) = MUST[group as usize].1.iter().position(|name| *name == what) {
            self.0[group as usize][at] += 1;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        let others = other.0.as_flattened();
        self.0.as_flattened_mut().iter_mut().zip(others).for_each(|(count, more)| *count += more);
    }

    /// What must happen and never did.
    pub(crate) fn missing(&self) -> Vec<String> {
        let never = self.rows().filter(|(group, _, count)| *group != LOST && *count == 0);
        never.map(|(group, name, _)| format!("{group}: {name}")).collect()
    }

    fn rows(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let groups = MUST.iter().zip(&self.0);
        groups
            .flat_map(|((group, names), counts)| names.iter().zip(counts).map(|(name, count)| (*group, *name, *count)))
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = "";
        for (group, name, count) in self.rows() {
            if std::mem::replace(&mut last, group) != group {
                writeln!(f, "{group}")?;
            }
            writeln!(f, "  {name:<24} {count:>14}")?;
        }
        Ok(())
    }
}

/// Faults by name, for the command line.
pub(crate) fn fault(name: &str) -> Option<Fault> {
    Fault::ALL.iter().find(|(_, known)| *known == name).map(|(fault, _)| *fault)
}
