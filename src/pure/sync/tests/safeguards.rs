//! The simulator can see: with one safeguard off, a run goes wrong within so many seeds.

use super::world::{Faults, Fold, Kind, PLAIN, Plan, Safeguard, Versions, run};
use crate::words::promise::Keyed;
use crate::words::side::Sides;

const NO_VERSIONS: Kind = Kind { versions: Versions::None, ..PLAIN };
const CALM: Faults = Faults {
    loss: false,
    late: false,
    double: false,
    busy: false,
    crash: false,
    pause: false,
    slow: false,
    remap: false,
};

fn caught_at(kind: Kind, faults: Faults, off: Option<Safeguard>, seeds: u64) -> Option<u64> {
    let kinds = Sides { province: Some(PLAIN), national: Some(kind) };
    (0..seeds).find(|seed| run(*seed, Plan { kinds, faults: Some(faults), off }).is_err())
}

#[test]
fn each_safeguard_that_is_switched_off_is_noticed() {
    use Safeguard::*;
    let lossy = Faults { loss: true, ..CALM };
    let late = Faults { late: true, ..CALM };
    let slow = Faults { slow: true, ..CALM };
    let table = [
        (IntentDurable, PLAIN, Faults { crash: true, ..CALM }, 100),
        (LookupBeforeResend, PLAIN, lossy, 100),
        (SettleWait, PLAIN, late, 400),
        (SettleFromLastSend, PLAIN, Faults { loss: true, late: true, ..CALM }, 1_000),
        (OnlyChangedFields, PLAIN, slow, 100),
        (VersionGuard, PLAIN, slow, 100),
        (CompareGuard, NO_VERSIONS, slow, 200),
        (ReadAfterAck, Kind { fold: Fold::Silent, ..PLAIN }, CALM, 20),
        (StaleReadings, Kind { versions: Versions::Opaque, ..PLAIN }, slow, 100),
        (AnnouncingGate, PLAIN, CALM, 400),
        (ParksFields, Kind { refuses: true, ..PLAIN }, CALM, 100),
        (IneffectiveMemory, Kind { ignores: true, ..PLAIN }, CALM, 20),
        (UnknownRepliesHeld, Kind { reply_refs: false, ..PLAIN }, lossy, 100),
        (KeyNamesOperation, Kind { keyed: Keyed::All, ..PLAIN }, CALM, 50),
        (YoungClaims, PLAIN, Faults { pause: true, ..CALM }, 400),
    ];
    let mut unseen = Vec::new();
    for (off, kind, faults, seeds) in table {
        assert_eq!(caught_at(kind, faults, None, seeds.min(30)), None, "all safeguards on, as for {off:?}");
        let at = caught_at(kind, faults, Some(off), seeds);
        if at.is_none() {
            unseen.push((off, seeds));
        }
    }
    assert!(unseen.is_empty(), "switched off and not noticed within so many seeds: {unseen:?}");
}
