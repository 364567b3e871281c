//! The tables of the page.

use super::charts;
use super::markup::Page;
use crate::pure::messages::Key;
use crate::pure::reconcile::Class;
use crate::pure::report::figures::Figures;
use crate::pure::report::{Group, Report, Row, Tally, class_keys};
use crate::words::side::RemoteId;
use crate::words::ticket::{Field, RecordKind, field};

/// Most tickets of one list on the page; the tables for programs hold all.
const MAX_LISTED: usize = 300;

/// Every class with its count and share, for all links and each.
pub(super) fn classes(page: &mut Page, report: &Report) {
    let language = page.language;
    page.raw("<div class=\"wide\"><table class=\"classes\">\n<caption>").say(Key::SectionLinks);
    page.raw("</caption>\n<thead><tr><th scope=\"col\">").say(Key::ColumnClass).raw("</th>");
    for link in &report.links {
        page.raw("<th scope=\"col\" class=\"number\">").text(link.name.as_str()).raw("</th>");
    }
    page.raw("<th scope=\"col\" class=\"number\">").say(Key::Total).raw("</th><th scope=\"col\" class=\"number\">");
    page.say(Key::ColumnShare).raw("</th></tr></thead>\n<tbody>\n");
    for class in Class::ALL.into_iter().rev() {
        let (name, hint) = class_keys(class);
        page.raw("<tr><th scope=\"row\">").raw(charts::dot(class)).say(name).raw("<span class=\"hint\">").say(hint);
        page.raw("</span></th>");
        for link in &report.links {
            number(page, link.tally.of(class));
        }
        number(page, report.totals.of(class));
        page.raw("<td class=\"number\">").text(&language.percent(report.totals.of(class), report.totals.tickets));
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n<tfoot>\n<tr><th scope=\"row\">").say(Key::Total).raw("</th>");
    for link in &report.links {
        number(page, link.tally.tickets);
    }
    number(page, report.totals.tickets);
    page.raw("<td></td></tr>\n<tr class=\"aside\"><th scope=\"row\">").say(Key::ClassNotSelected).raw("</th>");
    let left = report.links.iter().map(|link| link.not_selected.province + link.not_selected.national);
    for count in left.clone() {
        number(page, count);
    }
    // A ticket that one link leaves may be another's: no sum.
    page.raw("<td></td><td></td></tr>\n</tfoot>\n</table></div>\n");
}

/// The handling figures of each group, and of all.
pub(super) fn groups(page: &mut Page, caption: Key, groups: &[Group], all: &Tally, by: &Field) {
    let language = page.language;
    let largest = groups.iter().map(|group| group.tally.figures.incoming()).max().unwrap_or(0);
    page.raw("<div class=\"wide\"><table class=\"figures\">\n<caption>").say(caption);
    page.raw("</caption>\n<thead><tr><th scope=\"col\">").text(language.field(RecordKind::Ticket, by)).raw("</th>");
    for (key, _) in Figures::COLUMNS {
        page.raw("<th scope=\"col\" class=\"number\">").say(key).raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for group in groups {
        page.raw("<tr><th scope=\"row\">").text(group.label(language, by));
        charts::figures(page, &group.tally.figures, largest);
        page.raw("</th>");
        figures(page, &group.tally);
        page.raw("</tr>\n");
    }
    page.raw("</tbody>\n<tfoot><tr><th scope=\"row\">").say(Key::Total).raw("</th>");
    figures(page, all);
    page.raw("</tr></tfoot>\n</table></div>\n");
}

fn figures(page: &mut Page, tally: &Tally) {
    for (_, figure) in Figures::COLUMNS {
        number(page, figure(&tally.figures));
    }
}

fn number(page: &mut Page, count: u64) {
    page.raw(if count == 0 { "<td class=\"number zero\">" } else { "<td class=\"number\">" }).count(count).raw("</td>");
}

/// A list of tickets under a heading; nothing where there are none.
pub(super) fn tickets(page: &mut Page, (name, hint): (Key, Key), rows: &[&Row]) {
    if rows.is_empty() {
        return;
    }
    let language = page.language;
    page.raw("<div class=\"wide\"><table class=\"tickets\">\n<caption>").say(name).raw(" (").count(rows.len() as u64);
    page.raw(") <span class=\"hint\">").say(hint).raw("</span></caption>\n<thead><tr>");
    let (status, due) = (field::STATUS, field::DUE_AT);
    let heads: [(&'static str, &str); 6] = [
        ("<th scope=\"col\" class=\"number\">", language.say(Key::ColumnNo)),
        ("<th scope=\"col\" class=\"names\">", language.say(Key::Reference)),
        ("<th scope=\"col\" class=\"about\">", language.say(Key::ColumnAbout)),
        ("<th scope=\"col\" class=\"status\">", language.field(RecordKind::Ticket, &status)),
        ("<th scope=\"col\" class=\"due\">", language.field(RecordKind::Ticket, &due)),
        ("<th scope=\"col\">", language.say(Key::ColumnNote)),
    ];
    for (open, text) in heads {
        page.raw(open).text(text).raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for (at, row) in (1..).zip(rows.iter().take(MAX_LISTED)) {
        ticket(page, at, row);
    }
    page.raw("</tbody>\n</table></div>\n");
    if rows.len() > MAX_LISTED {
        let more = (rows.len() - MAX_LISTED) as u64;
        page.raw("<p>").text(&language.fill(Key::MoreRows, &[&language.number(more)])).raw("</p>\n");
    }
}

fn ticket(page: &mut Page, at: u64, row: &Row) {
    let language = page.language;
    let code = |by: &Field, word: &Option<String>| word.as_deref().map(|word| language.code(by, word).to_owned());
    page.raw("<tr><td class=\"number\">").count(at).raw("</td><td class=\"names\"><code>").text(row.reference.as_str());
    page.raw("</code><span class=\"hint\">").text(&ids(&row.ids.province)).raw(" ↔ ").text(&ids(&row.ids.national));
    page.raw("</span></td><td class=\"about\">").text(row.subject.as_deref().unwrap_or_default());
    let about: Vec<String> = [
        row.number.clone(),
        code(&field::FIELD, &row.field),
        row.agency_name.clone().or_else(|| row.agency.clone()),
        row.submitter.clone(),
        row.phone.clone(),
    ]
    .into_iter()
    .flatten()
    .collect();
    page.raw("<span class=\"hint\">").text(&about.join(" · ")).raw("</span></td><td class=\"status\">");
    page.text(&code(&field::STATUS, &row.status).unwrap_or_default()).raw("</td><td class=\"due\">");
    if let Some(due) = row.due_at {
        page.text(&language.day(due));
    }
    if let Some(days) = row.days_overdue {
        page.raw("<b class=\"late\">").text(&language.fill(Key::DaysOverdue, &[&language.number(u64::from(days))]));
        page.raw("</b>");
    }
    page.raw("</td><td>");
    for note in row.notes(language) {
        page.raw("<p>").text(&note).raw("</p>");
    }
    page.raw("</td></tr>\n");
}

fn ids(ids: &[RemoteId]) -> String {
    if ids.is_empty() { "∅".to_owned() } else { ids.iter().map(RemoteId::as_str).collect::<Vec<_>>().join(", ") }
}
