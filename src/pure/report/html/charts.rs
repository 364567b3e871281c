//! Bars, drawn as inline SVG. Each tells in words what it shows; the tables beside them hold the same numbers.

use super::markup::Page;
use crate::pure::messages::Key;
use crate::pure::reconcile::Class;
use crate::pure::report::figures::Figures;
use crate::pure::report::{Tally, class_keys};

/// Width of a bar in its own units.
const WIDTH: u64 = 1_000;

/// One part of a bar.
struct Part {
    /// `<rect` with its colour class, up to the position.
    rect: &'static str,
    key: Key,
    count: u64,
}

/// How the tickets divide into classes.
pub(super) fn classes(page: &mut Page, tally: &Tally) {
    let parts: Vec<Part> = Class::ALL
        .iter()
        .rev()
        .map(|class| Part { rect: rect(*class), key: class_keys(*class).0, count: tally.of(*class) })
        .collect();
    bar(
        page,
        "<svg class=\"bar tall\" viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" role=\"img\">",
        Key::ChartClasses,
        &parts,
        tally.tickets,
    );
}

/// Ended, open in time, overdue, as long as the group is large.
pub(super) fn figures(page: &mut Page, figures: &Figures, largest: u64) {
    let parts = [
        Part { rect: "<rect class=\"c-ended\"", key: Key::LegendEnded, count: figures.ended() },
        Part { rect: "<rect class=\"c-open\"", key: Key::LegendOpen, count: figures.open_in_time },
        Part { rect: "<rect class=\"c-late\"", key: Key::LegendLate, count: figures.open_overdue },
    ];
    bar(
        page,
        "<svg class=\"bar\" viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" role=\"img\">",
        Key::ChartFigures,
        &parts,
        largest,
    );
}

/// What the colours of [`figures`] mean.
pub(super) fn legend(page: &mut Page) {
    page.raw("<p class=\"legend\"><span class=\"dot c-ended\"></span>").say(Key::LegendEnded);
    page.raw("<span class=\"dot c-open\"></span>").say(Key::LegendOpen);
    page.raw("<span class=\"dot c-late\"></span>").say(Key::LegendLate).raw("</p>\n");
}

/// The mark of a class in tables.
pub(super) const fn dot(class: Class) -> &'static str {
    match class {
        Class::Duplicated => "<span class=\"dot c-duplicated\"></span>",
        Class::MissingNational | Class::MissingProvince => "<span class=\"dot c-missing\"></span>",
        Class::Differing => "<span class=\"dot c-differing\"></span>",
        Class::Quarantined => "<span class=\"dot c-quarantined\"></span>",
        Class::Conflict => "<span class=\"dot c-conflict\"></span>",
        Class::Parked => "<span class=\"dot c-parked\"></span>",
        Class::InDoubt => "<span class=\"dot c-doubt\"></span>",
        Class::Waiting => "<span class=\"dot c-waiting\"></span>",
        Class::Matched => "<span class=\"dot c-matched\"></span>",
    }
}

const fn rect(class: Class) -> &'static str {
    match class {
        Class::Duplicated => "<rect class=\"c-duplicated\"",
        Class::MissingNational | Class::MissingProvince => "<rect class=\"c-missing\"",
        Class::Differing => "<rect class=\"c-differing\"",
        Class::Quarantined => "<rect class=\"c-quarantined\"",
        Class::Conflict => "<rect class=\"c-conflict\"",
        Class::Parked => "<rect class=\"c-parked\"",
        Class::InDoubt => "<rect class=\"c-doubt\"",
        Class::Waiting => "<rect class=\"c-waiting\"",
        Class::Matched => "<rect class=\"c-matched\"",
    }
}

fn bar(page: &mut Page, open: &'static str, title: Key, parts: &[Part], whole: u64) {
    let language = page.language;
    let said: Vec<String> = parts
        .iter()
        .filter(|part| part.count > 0)
        .map(|part| format!("{}: {}", language.say(part.key), language.number(part.count)))
        .collect();
    page.raw(open).raw("<title>").say(title).raw(" - ").text(&said.join("; ")).raw("</title>");
    let mut before = 0;
    for part in parts.iter().filter(|part| part.count > 0) {
        let (from, to) = (scaled(before, whole), scaled(before + part.count, whole));
        page.raw(part.rect).raw(" x=\"").plain(from).raw("\" y=\"0\" height=\"20\" width=\"");
        page.plain((to - from).max(3)).raw("\"/>");
        before += part.count;
    }
    page.raw("</svg>\n");
}

fn scaled(count: u64, whole: u64) -> u64 {
    if whole == 0 { 0 } else { (u128::from(count) * u128::from(WIDTH) / u128::from(whole)).try_into().unwrap_or(WIDTH) }
}
