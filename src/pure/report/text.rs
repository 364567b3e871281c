//! The report as a few lines for a terminal.

use std::fmt::{self, Write as _};

use super::{Report, Row, class_keys};
use crate::pure::messages::{Key, Language};
use crate::pure::reconcile::Class;

/// Most tickets that the terminal lists.
const MAX_LISTED: usize = 10;

/// The summary: what came of it, the classes that have tickets, and the first tickets that need someone.
#[must_use]
pub fn render(report: &Report, language: Language) -> String {
    let mut page = String::new();
    // Writing to a String can't fail.
    write(&mut page, report, language).unwrap_or_default();
    page
}

fn write(page: &mut String, report: &Report, language: Language) -> fmt::Result {
    let say = |key| language.say(key);
    let wrong = report.totals.count(Class::is_wrong);
    writeln!(page, "{}", language.fill(Key::ReportRun, &[&report.run]))?;
    writeln!(page, "{}: {}", say(Key::ReportPeriod), report.period.words(language))?;
    if report.is_good() {
        writeln!(page, "✔ {}", say(Key::VerdictGood))?;
    } else {
        writeln!(page, "✘ {}", language.fill(Key::VerdictBad, &[&language.number(wrong)]))?;
    }
    for link in &report.links {
        writeln!(page, "\n{} ({} ↔ {})", link.name, link.systems.province, link.systems.national)?;
        let mut lines: Vec<(&str, u64)> = vec![(say(Key::CardJoined), link.tally.tickets)];
        lines.extend(
            Class::ALL
                .iter()
                .rev()
                .map(|class| (say(class_keys(*class).0), link.tally.of(*class)))
                .filter(|(_, count)| *count > 0),
        );
        lines.push((say(Key::CardOverdue), link.tally.overdue));
        lines.push((say(Key::ClassNotSelected), link.not_selected.province + link.not_selected.national));
        let width = lines.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
        for (label, count) in lines {
            let gap = width - label.chars().count() + 2;
            writeln!(page, "  {label}{:gap$}{:>9}", "", language.number(count))?;
        }
        let listed: Vec<&Row> =
            link.tickets.iter().filter(|row| row.class.is_wrong() || row.class.needs_a_person()).collect();
        for row in listed.iter().take(MAX_LISTED) {
            writeln!(page, "  • {}  {}", row.reference, language.say(class_keys(row.class).0))?;
            for note in row.notes(language) {
                writeln!(page, "      {note}")?;
            }
        }
        if listed.len() > MAX_LISTED {
            let more = listed.len() - MAX_LISTED;
            writeln!(page, "  {}", language.fill(Key::MoreRows, &[&more]))?;
        }
    }
    Ok(())
}
