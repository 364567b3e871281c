//! Where a test may end the process: before and after each effect that must not be lost or doubled.
//!
//! A build for tests that is started with `PAKN_STOP_AT=claimed` (or `claimed:3`: the third time) ends there as by
//! `kill -9`: nothing is flushed, closed or told. In a release build nothing of it exists. Only the standard library is
//! named here: a test compiles this file alone, as a release build does, and looks.

/// The one list: each place with its name and what stands there.
macro_rules! stops {
    ($($stop:ident $name:literal $what:literal,)*) => {
        /// A place where the process may end.
        #[derive(Clone, Copy)]
        #[cfg_attr(debug_assertions, derive(Debug, PartialEq, Eq))]
        pub enum Stop {
            $(#[doc = $what] $stop,)*
        }

        #[cfg(debug_assertions)]
        impl Stop {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$stop,)*];

            /// Its name in `PAKN_STOP_AT`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$stop => $name,)*
                }
            }
        }
    };
}

stops! {
    Migrating "migrating" "The schema is about to be made or changed.",
    Migrated "migrated" "The schema is as this program wants it.",
    Made "made" "A new database is whole, and not in its place yet.",
    Writing "writing" "All of a transaction is written, nothing of it is committed.",
    Written "written" "A transaction is committed, and nobody was told.",
    Recovered "recovered" "What a dead worker had in hand is in doubt.",
    CycleBegun "cycle-begun" "A cycle is noted as begun.",
    CycleEnding "cycle-ending" "A cycle is over and not noted so.",
    PageTaken "page-taken" "The rows of a page are taken in, and none of them is remembered as seen.",
    PageRemembered "page-remembered" "A page is done, its cursor still before it.",
    ListingDone "listing-done" "A listing is done, its cursor not saved.",
    CursorSaved "cursor-saved" "A cursor is saved.",
    Polled "polled" "All systems are listed, nothing is sent.",
    Absorbing "absorbing" "A reading is decided on and not saved.",
    Absorbed "absorbed" "A reading and its intents are saved.",
    Replanned "replanned" "A case is planned again and not saved.",
    HintKept "hint-kept" "What a system told by itself is kept, and it was not told so.",
    HintRead "hint-read" "A ticket that was told of is read, nothing of that is taken in.",
    Claimed "claimed" "Intents are claimed, nothing of them is sent.",
    Prepared "prepared" "A write is ready to be sent, an attachment's bytes lie in the spool.",
    StepDone "step-done" "A step before the commit is done at the other system.",
    Committed "committed" "The other system has answered the step that counts.",
    Answered "answered" "A write has its outcome, nothing of it is recorded.",
    Recorded "recorded" "An outcome is recorded, what it owes (a reading) not begun.",
    ReadBack "read-back" "The other system has shown what it made of a write, nothing of that is taken in.",
    DoubtsClaimed "doubts-claimed" "Doubts are claimed for a lookup.",
    Repeating "repeating" "A doubt is about to be sent again under its key.",
    LookedUp "looked-up" "A lookup has answered, nothing of it is recorded.",
    Adopted "adopted" "A doubt is settled, the record that was found not read.",
    MappingNoted "mapping-noted" "A changed mapping is noted and not in force yet.",
    MappingRefused "mapping-refused" "An unsound mapping is about to be noted as refused.",
    ReportBegun "report-begun" "A report is noted as begun.",
    ReportWriting "report-writing" "A report's file is on disk under a name of its own.",
    ReportKept "report-kept" "A report's files are kept, its end is not noted.",
    RestoredCase "restored-case" "One case of a restored system is to be read again, the others not yet.",
    RestoredAll "restored-all" "All cases of a restored system are, its cursor still as it was.",
    DutyTaken "duty-taken" "A duty was taken from the other daemons, or kept.",
    Leaving "leaving" "The daemon's work has ended, its duties are still its own.",
}

/// Ends the process here where a test wants that.
#[inline]
pub fn at(stop: Stop) {
    #[cfg(debug_assertions)]
    wanted::end_at(stop);
    #[cfg(not(debug_assertions))]
    let _ = stop;
}

#[cfg(debug_assertions)]
mod wanted {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Stop;

    /// Names the place, and which time there counts.
    const VARIABLE: &str = "PAKN_STOP_AT";

    static WANTED: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        let wanted = std::env::var(VARIABLE).ok()?;
        let (name, time) = wanted.split_once(':').unwrap_or((&wanted, "1"));
        Some((name.to_owned(), time.parse().unwrap_or(1)))
    });

    pub(super) fn end_at(stop: Stop) {
        static REACHED: AtomicU64 = AtomicU64::new(0);
        let Some((name, time)) = &*WANTED else { return };
        if name == stop.name() && REACHED.fetch_add(1, Ordering::SeqCst) + 1 == *time {
            std::process::abort();
        }
    }
}
