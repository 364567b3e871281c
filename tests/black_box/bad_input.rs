//! Bad input: each ends in a clear reason on the one ticket or call concerned; the rest goes on; nothing is lost.

use futures_util::future::join_all;
use pakn_bridge::faces::sandbox::{BadAnswer, BadRow, Meaning, Raw, Scope, System};

use crate::world::World;

use System::{Hotline, Legal, Portal};

const BAD_ANSWERS: [BadAnswer; 8] = [
    BadAnswer::HtmlWithStatus200,
    BadAnswer::Truncated,
    BadAnswer::InvalidUtf8,
    BadAnswer::Huge,
    BadAnswer::EntityBomb,
    BadAnswer::DeepNesting,
    BadAnswer::EndlessPages,
    BadAnswer::Empty,
];

#[tokio::test]
async fn a_listing_that_cannot_be_read_is_a_failed_poll_with_a_reason_and_the_other_link_goes_on() {
    join_all(BAD_ANSWERS.map(|bad| async move {
        let world = World::empty().await;
        let feedback = world.sandbox.person_creates(Hotline, "feedback", &[]);
        let text = world.sandbox.person_creates(Hotline, "legal_text", &[]);
        let brought = world.sandbox.person_creates(Legal, "legal_text", &[]);
        world.sandbox.set_bad_answer(Legal, Some((bad, Scope::Lists)));
        let finished = world.sync().await.expect(3);
        assert!(finished.stdout.contains("phapluat"), "{bad:?}: the system is named: {finished:#?}");
        assert!(!finished.stderr.contains("panicked"), "{bad:?}: {finished:#?}");
        world.copy(Hotline, &feedback, Portal);
        world.sandbox.set_bad_answer(Legal, None);
        world.quiet().await.expect(0);
        world.copy(Hotline, &text, Legal);
        world.copy(Legal, &brought, Hotline);
        world.expect_clean();
    }))
    .await;
}

#[tokio::test]
async fn a_write_whose_answer_cannot_be_read_is_in_doubt_and_looked_up_never_resent_blindly() {
    let bad = [BadAnswer::HtmlWithStatus200, BadAnswer::Truncated, BadAnswer::InvalidUtf8, BadAnswer::Huge];
    let cases = bad.into_iter().flat_map(|bad| [(Portal, "feedback", bad), (Legal, "legal_text", bad)]);
    join_all(cases.map(|(system, kind, bad)| async move {
        let world = World::empty().await;
        let id = world.sandbox.person_creates(Hotline, kind, &[]);
        world.sandbox.set_bad_answer(system, Some((bad, Scope::Writes)));
        world.sync().await;
        world.sandbox.set_bad_answer(system, None);
        world.settle().await;
        world.copy(Hotline, &id, system);
        world.expect_clean();
    }))
    .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_quarantined_alone_and_comes_when_it_is_mended() {
    let bad = [BadRow::UnknownCode, BadRow::AbsurdDate, BadRow::MissingField, BadRow::WrongType];
    let cases = bad.into_iter().flat_map(|bad| System::ALL.map(|system| (bad, system)));
    join_all(cases.map(|(bad, system)| async move {
        let world = World::empty().await;
        let kind = if system == Legal { "legal_text" } else { "feedback" };
        let other = if system == Hotline { Portal } else { Hotline };
        let ill = world.sandbox.person_creates(system, kind, &[]);
        let well = world.sandbox.person_creates(system, kind, &[]);
        world.sandbox.set_bad_row(system, &ill, Some(bad));
        world.quiet().await.expect(1);
        world.expect_a_person_needed(true).await;
        assert_eq!(world.copies(system, &ill, other).len(), 0, "{bad:?} {system:?}");
        world.copy(system, &well, other);
        world.sandbox.set_bad_row(system, &ill, None);
        world.sandbox.person_edits(system, &ill, &[(Meaning::Address, "Phường Trấn Biên")]).unwrap();
        world.quiet().await.expect(0);
        world.expect_a_person_needed(false).await;
        world.copy(system, &ill, other);
        world.expect_clean();
    }))
    .await;
}

#[tokio::test]
async fn a_member_that_nobody_announced_harms_nothing() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.sandbox.set_bad_row(Hotline, &id, Some(BadRow::ExtraField));
    world.quiet().await.expect(0);
    world.copy(Hotline, &id, Portal);
    world.expect_clean();
}

#[tokio::test]
async fn a_code_that_a_person_mistyped_names_itself_and_does_not_become_a_default() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.sandbox.person_edits_raw(Hotline, &id, Meaning::Field, Raw::from("999")).unwrap();
    world.quiet().await.expect(1);
    assert_eq!(world.copies(Hotline, &id, Portal).len(), 0);
    let status = world.expect_a_person_needed(true).await;
    assert!(status.stdout.contains("999"), "the code is named: {status:#?}");
}
