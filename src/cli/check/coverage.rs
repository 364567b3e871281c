//! `check MAPPING --coverage PATH…`: captured documents run through a mapping, and what is missing in it.

use std::io;
use std::path::PathBuf;

use crate::cli::{Context, Ended, Exit, Failed, Output, wiring};
use crate::pure::mapping;
use crate::pure::mapping::coverage::{Coverage, Report};
use crate::pure::messages::Key;
use crate::words::ticket::RecordKind;

use super::captured::{self, Captured};

/// Most lines of one part of the report for people; `--format json` tells all.
const MOST_LINES: usize = 40;

pub(super) fn run(files: &[PathBuf], documents: &[PathBuf], context: &mut Context) -> Ended {
    let [file] = files else {
        return Err(Failed::wrong_use("name one mapping file before --coverage".to_owned()));
    };
    let text = wiring::read_mapping(file)?;
    let mapping =
        mapping::check(&file.display().to_string(), &text, &wiring::beside(file)).map_err(Failed::problems)?;
    let mut coverage = Coverage::new(&mapping);
    captured::each(documents, |name, captured| match captured {
        Captured::Bytes(bytes) => coverage.take(name, &bytes),
        Captured::Unusable(why) => coverage.refuse(name, why),
    })?;
    let report = coverage.report();
    if report.files == 0 {
        return Err(Failed::wrong_use("what --coverage names holds no document".to_owned()));
    }
    if context.output.is_json() {
        context.output.json(&report)?;
    } else {
        print(&report, &mut context.output)?;
    }
    Ok(if report.covered { Exit::Done } else { Exit::NeedsPerson })
}

fn print(report: &Report, output: &mut Output) -> io::Result<()> {
    let language = output.language;
    let say = |key| language.say(key);
    let kinds = report.records.iter().map(|(kind, count)| {
        let name = match kind {
            RecordKind::Ticket => Key::KindTickets,
            RecordKind::Reply => Key::KindReplies,
            RecordKind::Transfer => Key::KindTransfers,
            RecordKind::Attachment => Key::KindAttachments,
        };
        format!("{count} {}", say(name))
    });
    let others = [(report.rows, Key::CoverageRows), (report.answers, Key::CoverageAnswers)];
    let others = others.iter().filter(|(count, _)| *count > 0).map(|(count, key)| language.fill(*key, &[count]));
    let parts: Vec<String> = kinds.chain(others).collect();
    let what = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    output.line(&format!("{}{what}", language.fill(Key::CoverageRead, &[&report.mapping, &report.files])))?;

    let rows = report.unmapped.iter().map(|place| {
        let shapes = place.shapes.join(" | ");
        vec![place.filled.to_string(), place.count.to_string(), place.kind.to_string(), place.path.clone(), shapes]
    });
    let heads = [Key::ColumnFilled, Key::ColumnTimes, Key::ColumnRecord, Key::ColumnPath, Key::ColumnLooks];
    part(output, Key::CoverageUnmapped, &heads, rows.collect())?;

    let rows = report
        .unknown_codes
        .iter()
        .map(|code| vec![code.count.to_string(), code.table.clone(), code.code.clone(), code.file.clone()]);
    let heads = [Key::ColumnTimes, Key::ColumnTable, Key::ColumnCode, Key::ColumnFirstIn];
    part(output, Key::CoverageUnknown, &heads, rows.collect())?;

    let rows = report.failing.iter().map(|failing| {
        let field = format!("{}.{}", failing.kind, failing.field);
        let shapes = failing.shapes.join(" | ");
        let count = failing.count.to_string();
        vec![count, field, failing.path.clone(), failing.reason.clone(), shapes, failing.file.clone()]
    });
    let heads =
        [Key::ColumnTimes, Key::ColumnField, Key::ColumnPath, Key::Reason, Key::ColumnLooks, Key::ColumnFirstIn];
    part(output, Key::CoverageFailing, &heads, rows.collect())?;

    let rows = report.unreadable.iter().map(|bad| vec![bad.file.clone(), bad.reason.clone()]);
    part(output, Key::CoverageUnreadable, &[Key::ColumnFile, Key::Reason], rows.collect())?;

    output.line("")?;
    if !report.never_filled.is_empty() {
        output.line(&language.fill(Key::CoverageNeverFilled, &[&report.never_filled.join(", ")]))?;
    }
    if !report.never_seen.is_empty() {
        let rows = report.never_seen.iter().map(|row| format!("{}.{} {:?}", row.table, row.word, row.code));
        output.line(&language.fill(Key::CoverageNeverSeen, &[&rows.collect::<Vec<_>>().join(", ")]))?;
    }
    output.line(say(if report.covered { Key::CoverageGood } else { Key::CoverageBad }))
}

/// One part of the report, left out where nothing is in it.
fn part(output: &mut Output, title: Key, heads: &[Key], mut rows: Vec<Vec<String>>) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let language = output.language;
    let more = rows.len().saturating_sub(MOST_LINES);
    rows.truncate(MOST_LINES);
    output.line("")?;
    output.line(language.say(title))?;
    let heads: Vec<&str> = heads.iter().map(|head| language.say(*head)).collect();
    output.table(&heads, &rows)?;
    if more > 0 {
        output.line(&language.fill(Key::MoreLines, &[&more]))?;
    }
    Ok(())
}
