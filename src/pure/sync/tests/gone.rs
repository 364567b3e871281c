//! Tickets that are not there any more, and what is made of them when they are there again.

use super::protocol::{at, newborn, reading, see, send, settled};
use super::support::TestRules;
use crate::pure::sync::case::PairState;
use crate::pure::sync::gone::{gone_apart, gone_by_hand, observe_gone, would_close};
use crate::pure::sync::hands::Hand;
use crate::pure::sync::observe::{Glimpse, observe};
use crate::pure::sync::plan::plan;
use crate::words::outcome::{Ack, Outcome};
use crate::words::side::Side;

#[test]
fn gone_counts_after_three_reads_and_stops_or_closes_the_pair_as_the_link_says() {
    for (closes, edited, younger, state_is_live, intents) in [
        (false, false, true, false, 0),
        (true, false, true, true, 1),
        (true, true, true, false, 0),
        (true, false, false, false, 0),
    ] {
        let rules = TestRules { closes, ..TestRules::default() };
        let mut case = newborn();
        see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "d"), ("status", "received")]), 1);
        send(&mut case, Outcome::Acked(Ack { id: Some("9".into()), version: Some("1".into()), reading: None }), 2);
        see(
            &mut case,
            Side::National,
            &reading("9", "1", &[("dossier", "d"), ("field", "land"), ("status", "received")]),
            3,
        );
        if edited {
            let edited = reading("1", "3", &[("dossier", "e"), ("status", "received")]);
            observe(
                &mut case,
                Glimpse { side: Side::Province, reading: &edited, began: at(4), now: at(4), rested: None },
                &rules,
            );
        }
        for second in 5..8 {
            assert_eq!(case.ticket.state, PairState::Live);
            observe_gone(&mut case, Side::National, at(second * 1000), younger, &rules);
            observe_gone(&mut case, Side::National, at(second * 1000 + 1), younger, &rules);
            plan(&mut case, at(second), &rules);
        }
        assert_eq!(case.ticket.state == PairState::Live, state_is_live, "closes {closes}, edited {edited}, {younger}");
        let up = case.intents.iter().filter(|intent| intent.side == Side::National).count();
        assert_eq!((case.intents.len(), up), (intents, 0), "never written to what is gone");
    }
}

#[test]
fn a_persons_word_stands_for_the_reads_before_it_and_for_the_younger_ticket() {
    for (closes, state_is_live) in [(false, false), (true, true)] {
        let rules = TestRules { closes, ..TestRules::default() };
        let mut case = settled();
        let facts = gone_by_hand(&mut case, Side::Province, Hand { by: "an", at: at(5) }, &rules);
        assert_eq!(facts.iter().map(|fact| fact.says.as_deref()).collect::<Vec<_>>(), [Some("by an")]);
        assert!(case.ticket.ends.province.is_gone());
        assert_eq!(case.ticket.state == PairState::Live, state_is_live);
        let again = gone_by_hand(&mut case, Side::Province, Hand { by: "an", at: at(6) }, &rules);
        assert!(again.is_empty(), "once: {again:?}");
    }
}

#[test]
fn a_write_to_what_is_not_there_waits_and_is_not_made_anew_at_once() {
    let rules = TestRules::default();
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    send(&mut case, Outcome::Gone, 4);
    observe_gone(&mut case, Side::National, at(4), true, &rules);
    plan(&mut case, at(4), &rules);
    assert_eq!(case.ticket.ends.national.gone, 1, "one outage seen twice in a moment is one");
    assert_eq!(case.intents.len(), 1);
    assert!(case.intents[0].due >= at(4) + gone_apart(Side::National, &rules), "{:?}", case.intents[0]);
    send(&mut case, Outcome::Gone, 1000);
    send(&mut case, Outcome::Gone, 2000);
    assert!(case.ticket.ends.national.is_gone());
    assert!(case.intents.is_empty(), "{:?}", case.intents);
}

#[test]
fn a_doubt_about_what_is_gone_is_no_doubt_any_more() {
    let rules = TestRules::default();
    let mut case = settled();
    see(&mut case, Side::Province, &reading("1", "2", &[("dossier", "e"), ("field", "land")]), 3);
    send(&mut case, Outcome::InDoubt { says: "cut".into() }, 4);
    for second in [1000, 2000, 3000] {
        assert_eq!(case.intents.len(), 1, "it could still be there");
        observe_gone(&mut case, Side::National, at(second), true, &rules);
    }
    assert!(case.intents.is_empty(), "{:?}", case.intents);
}

#[test]
fn a_younger_ticket_is_asked_for_only_before_one_is_closed() {
    for (closes, reads, asked) in [(true, 1, false), (true, 2, true), (false, 2, false)] {
        let rules = TestRules { closes, ..TestRules::default() };
        let mut case = settled();
        case.ticket.ends.national.gone = reads;
        assert_eq!(would_close(&case, Side::National, &rules), asked, "closes {closes}, {reads} reads");
    }
}

#[test]
fn a_ticket_that_seemed_gone_before_it_had_a_copy_goes_on_when_it_is_shown() {
    let rules = TestRules::default();
    let mut case = newborn();
    case.intents.clear();
    for second in [1000, 2000, 3000] {
        observe_gone(&mut case, Side::Province, at(second), true, &rules);
    }
    assert_eq!(case.ticket.state, PairState::Tombstone);
    see(&mut case, Side::Province, &reading("1", "1", &[("dossier", "d"), ("field", "land")]), 4000);
    assert_eq!((&case.ticket.state, case.intents.len()), (&PairState::Live, 1), "its copy is made");
}
