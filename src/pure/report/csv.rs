//! The report as tables for a spreadsheet: UTF-8 with a byte order mark, lines ended by CR LF, and no cell that a
//! spreadsheet would take for a formula.

use csv::{Terminator, WriterBuilder};
use thiserror::Error;

use super::figures::Figures;
use super::{Report, Row, Tally, class_keys};
use crate::pure::messages::{Key, Language};
use crate::pure::reconcile::Class;
use crate::words::side::{LinkName, RemoteId};
use crate::words::ticket::{RecordKind, field};

/// What tells a spreadsheet that the file is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// The table could not be written.
#[derive(Debug, Error)]
#[error("the table could not be written")]
pub struct TableError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The tickets that are listed, one a line.
///
/// # Errors
/// None that a [`Report`] can cause.
pub fn tickets(report: &Report, language: Language) -> Result<String, TableError> {
    let name = |name: &str| {
        RecordKind::Ticket.field(name).map_or("", |info| match language {
            Language::Vi => info.vi,
            Language::En => info.en,
        })
    };
    let say = |key| language.say(key);
    let mut lines = vec![
        [
            say(Key::Link),
            say(Key::ColumnClass),
            say(Key::ColumnDaysOverdue),
            say(Key::Reference),
            say(Key::ColumnProvinceId),
            say(Key::ColumnNationalId),
            name("number"),
            name("kind"),
            name("field"),
            name("agency"),
            name("status"),
            name("subject"),
            name("submitter_name"),
            name("submitter_phone"),
            name("received_at"),
            name("due_at"),
            say(Key::ColumnDueBasis),
            say(Key::ColumnNote),
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    for link in &report.links {
        lines.extend(link.tickets.iter().map(|row| ticket(&link.name, row, language)));
    }
    table(&lines)
}

fn ticket(link: &LinkName, row: &Row, language: Language) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let code = |name, word: &Option<String>| word.as_deref().map_or("", |word| language.code(name, word)).to_owned();
    let ids = |ids: &[RemoteId]| ids.iter().map(RemoteId::as_str).collect::<Vec<_>>().join("; ");
    vec![
        link.to_string(),
        language.say(class_keys(row.class).0).to_owned(),
        row.days_overdue.map(|days| days.to_string()).unwrap_or_default(),
        row.reference.to_string(),
        ids(&row.ids.province),
        ids(&row.ids.national),
        text(&row.number),
        code(&field::KIND, &row.kind),
        code(&field::FIELD, &row.field),
        text(if row.agency_name.is_some() { &row.agency_name } else { &row.agency }),
        code(&field::STATUS, &row.status),
        text(&row.subject),
        text(&row.submitter),
        text(&row.phone),
        row.received_at.map(|at| language.instant(at)).unwrap_or_default(),
        row.due_at.map(|at| language.instant(at)).unwrap_or_default(),
        text(&row.due_by),
        row.notes(language).join("; "),
    ]
}

/// The counts: all links, each link, each field and agency of it, one a line.
///
/// # Errors
/// None that a [`Report`] can cause.
pub fn figures(report: &Report, language: Language) -> Result<String, TableError> {
    let say = |key| language.say(key).to_owned();
    let mut head = vec![
        say(Key::Link),
        language.field(RecordKind::Ticket, &field::FIELD).to_owned(),
        language.field(RecordKind::Ticket, &field::AGENCY).to_owned(),
        say(Key::ColumnCount),
    ];
    head.extend(Class::ALL.map(|class| say(class_keys(class).0)));
    head.extend(Figures::COLUMNS.map(|(key, _)| say(key)));
    let total = say(Key::Total);
    let mut lines = vec![head, counts([&total, "", ""], &report.totals)];
    for link in &report.links {
        let name = link.name.as_str();
        lines.push(counts([name, "", ""], &link.tally));
        lines.extend(
            link.by_field.iter().map(|group| counts([name, group.label(language, &field::FIELD), ""], &group.tally)),
        );
        lines.extend(
            link.by_agency.iter().map(|group| counts([name, "", group.label(language, &field::AGENCY)], &group.tally)),
        );
    }
    table(&lines)
}

fn counts(names: [&str; 3], tally: &Tally) -> Vec<String> {
    let mut cells = names.map(str::to_owned).to_vec();
    cells.push(tally.tickets.to_string());
    cells.extend(Class::ALL.map(|class| tally.of(class).to_string()));
    cells.extend(Figures::COLUMNS.map(|(_, figure)| figure(&tally.figures).to_string()));
    cells
}

fn table(lines: &[Vec<String>]) -> Result<String, TableError> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    for line in lines {
        writer.write_record(line.iter().map(|cell| harmless(cell))).map_err(|error| TableError(error.into()))?;
    }
    let bytes = writer.into_inner().map_err(|error| TableError(error.to_string().into()))?;
    String::from_utf8(bytes).map_err(|error| TableError(error.into()))
}

/// A cell that no spreadsheet takes for a formula: an apostrophe goes before what could begin one.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_a_formula() {
        for (cell, want) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+84*****123", "'+84*****123"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("＝1", "'＝1"),
            ("12", "12"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), want);
        }
    }

    #[test]
    fn tables_open_as_utf_8_with_windows_line_ends() {
        let text = table(&[vec!["a\"b".into(), "đ;,".into()], vec!["=1".into(), String::new()]]).unwrap();
        assert_eq!(text, "\u{FEFF}\"a\"\"b\",\"đ;,\"\r\n'=1,\r\n");
    }
}
