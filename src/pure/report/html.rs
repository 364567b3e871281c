//! The report as one HTML file: no script, no outside resource, ready to print on A4.
//!
//! It is also well-formed XML, so that a test can prove that nothing foreign broke out of its place.

mod charts;
mod markup;
mod tables;

use chrono::Datelike;

use super::{LinkReport, Report, class_keys};
use crate::pure::deadline::{Rule, Span};
use crate::pure::messages::{Key, Language, ZONE};
use crate::pure::reconcile::Class;
use crate::words::ticket::field;
use markup::Page;

const STYLE: &str = include_str!("html/style.css");

/// The page.
#[must_use]
pub fn render(report: &Report, language: Language) -> String {
    let mut page = Page::new(language);
    page.raw("<!DOCTYPE html>\n<html lang=\"").text(language.as_str()).raw(
        "\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>",
    );
    page.say(Key::ReportTitle).raw(" - ").text(&language.fill(Key::ReportRun, &[&report.run]));
    page.raw("</title>\n<style>\n").raw(STYLE).raw("</style>\n</head>\n<body>\n<main>\n");
    letterhead(&mut page, report);
    summary(&mut page, report);
    for link in &report.links {
        section(&mut page, link);
    }
    basis(&mut page, report);
    signatures(&mut page);
    page.raw("</main>\n</body>\n</html>\n");
    page.finish()
}

fn letterhead(page: &mut Page, report: &Report) {
    let language = page.language;
    page.raw("<header>\n<div class=\"heads\">\n<div class=\"head\">");
    let last = report.issuer.len().saturating_sub(1);
    for (at, line) in report.issuer.iter().enumerate() {
        page.raw(if at == last { "<p class=\"strong ruled\">" } else { "<p>" }).text(line).raw("</p>");
    }
    page.raw("</div>\n<div class=\"head\"><p class=\"strong\">").say(Key::Nation);
    page.raw("</p><p class=\"strong ruled\">").say(Key::Motto).raw("</p></div>\n</div>\n");
    let day = report.generated_at.with_timezone(&ZONE);
    let (dd, mm, yyyy) = (format!("{:02}", day.day()), format!("{:02}", day.month()), day.year());
    page.raw("<p class=\"dated\">").text(&language.fill(Key::ReportDay, &[&dd, &mm, &yyyy])).raw("</p>\n<h1>");
    page.say(Key::ReportTitle).raw("</h1>\n<p class=\"lead\">").say(Key::ReportLead);
    page.raw("</p>\n<p class=\"meta\">").say(Key::ReportPeriod).raw(": <b>").text(&report.period.words(language));
    page.raw("</b><br/>").text(&language.fill(Key::ReportRun, &[&report.run])).raw(" · ");
    page.text(&language.fill(Key::ReportGenerated, &[&language.instant(report.generated_at)]));
    page.raw("</p>\n</header>\n");
    if report.personal_data {
        page.raw("<p class=\"warning\">").say(Key::BasisOpen).raw("</p>\n");
    }
}

fn summary(page: &mut Page, report: &Report) {
    let language = page.language;
    let totals = &report.totals;
    let wrong = totals.count(Class::is_wrong);
    page.raw("<section>\n<h2>").say(Key::SectionSummary).raw("</h2>\n");
    if report.is_good() {
        page.raw("<p class=\"verdict good\"><span class=\"mark\" aria-hidden=\"true\">✓</span>").say(Key::VerdictGood);
    } else {
        page.raw("<p class=\"verdict bad\"><span class=\"mark\" aria-hidden=\"true\">!</span>");
        page.text(&language.fill(Key::VerdictBad, &[&language.number(wrong)]));
    }
    page.raw("</p>\n<ul class=\"cards\">\n");
    let cards = [
        ("<li class=\"card\">", Key::CardJoined, totals.tickets),
        ("<li class=\"card matched\">", Key::CardMatched, totals.of(Class::Matched)),
        ("<li class=\"card moving\">", Key::CardOnTheWay, totals.count(Class::is_on_the_way)),
        ("<li class=\"card person\">", Key::CardAction, totals.count(Class::needs_a_person)),
        ("<li class=\"card wrong\">", Key::CardWrong, wrong),
        ("<li class=\"card late\">", Key::CardOverdue, totals.overdue),
    ];
    for (open, key, count) in cards {
        page.raw(open).raw("<span class=\"label\">").say(key).raw("</span><span class=\"count\">").count(count);
        page.raw("</span><span class=\"share\">");
        if key != Key::CardJoined {
            page.text(&language.fill(Key::CardRate, &[&language.percent(count, totals.tickets)]));
        }
        page.raw("</span></li>\n");
    }
    page.raw("</ul>\n");
    charts::classes(page, totals);
    tables::classes(page, report);
    page.raw("</section>\n");
}

fn section(page: &mut Page, link: &LinkReport) {
    page.raw("<section class=\"link\">\n<h2>").say(Key::Link).raw(": ").text(link.name.as_str());
    page.raw(" <small>").text(link.systems.province.as_str()).raw(" ↔ ").text(link.systems.national.as_str());
    page.raw("</small></h2>\n<h3>").say(Key::SectionFigures).raw("</h3>\n");
    charts::legend(page);
    tables::groups(page, Key::SectionFields, &link.by_field, &link.tally, &field::FIELD);
    tables::groups(page, Key::SectionAgencies, &link.by_agency, &link.tally, &field::AGENCY);
    page.raw("<h3>").say(Key::SectionLists).raw("</h3>\n");
    let mut any = false;
    for class in Class::ALL.into_iter().filter(|class| *class != Class::Matched) {
        let rows: Vec<_> = link.tickets.iter().filter(|row| row.class == class).collect();
        any |= !rows.is_empty();
        tables::tickets(page, class_keys(class), &rows);
    }
    if !any {
        page.raw("<p>").say(Key::NothingHere).raw("</p>\n");
    }
    let mut overdue: Vec<_> = link.tickets.iter().filter(|row| row.days_overdue.is_some()).collect();
    overdue.sort_by_key(|row| std::cmp::Reverse(row.days_overdue));
    tables::tickets(page, (Key::SectionOverdue, Key::HintOverdue), &overdue);
    page.raw("</section>\n");
}

fn basis(page: &mut Page, report: &Report) {
    let language = page.language;
    page.raw("<section class=\"basis\">\n<h2>").say(Key::SectionBasis).raw("</h2>\n<ul>\n<li>").say(Key::BasisListing);
    page.raw("</li>\n<li>").say(Key::BasisFigures).raw("</li>\n<li>");
    let rules: Vec<String> = report.deadline_rules.iter().map(|rule| rule_words(language, rule)).collect();
    page.text(&language.fill(Key::BasisDeadline, &[&rules.join("; ")])).raw("</li>\n<li>");
    page.say(if report.personal_data { Key::BasisOpen } else { Key::BasisMasked }).raw("</li>\n<li>");
    page.text(&language.fill(Key::ReportProgram, &[&report.program])).raw("</li>\n");
    for used in &report.mappings {
        page.raw("<li>").say(Key::BasisMapping).raw(" <b>").text(&used.file).raw("</b> (").text(used.system.as_str());
        page.raw("), ").say(Key::BasisHash).raw(": <code>").text(&used.sha256).raw("</code>");
        if let Some(since) = used.since {
            page.raw(", ").text(&language.fill(Key::BasisSince, &[&language.instant(since)]));
        }
        page.raw("</li>\n");
    }
    page.raw("</ul>\n</section>\n");
}

fn rule_words(language: Language, rule: &Rule) -> String {
    let mut words = match rule.within {
        Span::Days(days) => language.fill(Key::BasisDays, &[&days, &rule.citation]),
        Span::Hours(hours) => language.fill(Key::BasisHours, &[&hours, &rule.citation]),
    };
    for (name, word) in &rule.when {
        let field = crate::words::ticket::Field::named(name);
        let label = language.field(crate::words::ticket::RecordKind::Ticket, &field);
        words.push_str(&format!(" [{label}: {}]", language.code(&field, word)));
    }
    words
}

fn signatures(page: &mut Page) {
    page.raw("<div class=\"heads signatures\">\n");
    for (who, hint) in [(Key::SignMaker, Key::SignMakerHint), (Key::SignHead, Key::SignHeadHint)] {
        page.raw("<div class=\"head\"><p class=\"strong\">")
            .say(who)
            .raw("</p><p><i>")
            .say(hint)
            .raw("</i></p></div>\n");
    }
    page.raw("</div>\n");
}
