//! What may go wrong in a run.

/// One thing that may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Requests get lost before they arrive, answers after.
    Loss,
    /// Requests arrive after their timeout, as late as the system promises.
    Late,
    /// Requests arrive twice, where a key covers them.
    Doubled,
    /// The system asks for time (429 or 503 with Retry-After).
    Busy,
    /// Answers end in the middle.
    Cut,
    /// An error comes as 200.
    ErrorBody,
    /// Reads and listings fail for a while.
    Outage,
    /// Our process ends between any two effects.
    Crash,
    /// A worker stands still past its lease.
    Pause,
    /// Readings take their time and overtake each other.
    Slow,
    /// A side lists nothing and finds nothing for a while.
    Emptied,
    /// A side is put back to an older backup.
    Restored,
    /// Our wall clock jumps.
    WallJump,
    /// Our machine sleeps: the monotonic clock stands still.
    Sleep,
    /// A commit of ours fails.
    DiskFull,
    /// A mapping is changed while work is in flight.
    NewMapping,
    /// A ticket is deleted, and perhaps brought back.
    Deleted,
    /// A ticket is merged into another as a duplicate.
    Merged,
    /// A ticket goes to an agency of another province.
    Transferred,
}

impl Fault {
    /// All, by name.
    pub(crate) const ALL: [(Self, &'static str); 19] = [
        (Self::Loss, "loss"),
        (Self::Late, "late"),
        (Self::Doubled, "doubled"),
        (Self::Busy, "busy"),
        (Self::Cut, "cut"),
        (Self::ErrorBody, "error-body"),
        (Self::Outage, "outage"),
        (Self::Crash, "crash"),
        (Self::Pause, "pause"),
        (Self::Slow, "slow"),
        (Self::Emptied, "emptied"),
        (Self::Restored, "restored"),
        (Self::WallJump, "wall-jump"),
        (Self::Sleep, "sleep"),
        (Self::DiskFull, "disk-full"),
        (Self::NewMapping, "new-mapping"),
        (Self::Deleted, "deleted"),
        (Self::Merged, "merged"),
        (Self::Transferred, "transferred"),
    ];
}

/// A set of faults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Faults(u32);

impl Faults {
    /// None.
    pub(crate) const NONE: Self = Self(0);
    /// These.
    pub(crate) const fn of(faults: &[Fault]) -> Self {
        let mut set = 0;
        let mut at = 0;
        while at < faults.len() {
            set |= 1 << faults[at] as u32;
            at += 1;
        }
        Self(set)
    }
    pub(crate) const fn has(self, fault: Fault) -> bool {
        self.0 & (1 << fault as u32) != 0
    }
    pub(crate) const fn without(self, fault: Fault) -> Self {
        Self(self.0 & !(1 << fault as u32))
    }
    /// Each with these odds.
    pub(crate) fn any(mut on: impl FnMut(Fault) -> bool) -> Self {
        Fault::ALL
            .iter()
            .fold(Self::NONE, |set, (fault, _)| if on(*fault) { Self(set.0 | 1 << *fault as u32) } else { set })
    }
    /// Their names.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        Fault::ALL.iter().filter(move |(fault, _)| self.has(*fault)).map(|(_, name)| *name)
    }
}
