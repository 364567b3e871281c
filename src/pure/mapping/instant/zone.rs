//! Local time of a zone ↔ instants, without a search through the zone's history where its offset is settled.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _};
use chrono_tz::Tz;

use crate::words::clock::Timestamp;

/// Zones whose offset has not moved since a day, and has no rule that would move it: offset in seconds, first day on
/// which both local and UTC time are surely past the last change. Proved against the zone database by a test.
const SETTLED: [(Tz, i32, (i32, u32, u32)); 4] = [
    (Tz::UTC, 0, (1, 1, 2)),
    (Tz::Etc__UTC, 0, (1, 1, 2)),
    // Sài Gòn went to UTC+7 on 1975-06-13.
    (Tz::Asia__Ho_Chi_Minh, 7 * 3600, (1975, 6, 15)),
    (Tz::Asia__Bangkok, 7 * 3600, (1920, 4, 3)),
];

/// A time zone that is ready to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    tz: Tz,
    settled: Option<Settled>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Settled {
    since: NaiveDateTime,
    offset: TimeDelta,
}

impl From<Tz> for Zone {
    fn from(tz: Tz) -> Self {
        let settled = SETTLED.iter().find(|(known, _, _)| *known == tz).and_then(|(_, seconds, (year, month, day))| {
            let since = NaiveDate::from_ymd_opt(*year, *month, *day)?.and_hms_opt(0, 0, 0)?;
            Some(Settled { since, offset: TimeDelta::seconds(i64::from(*seconds)) })
        });
        Self { tz, settled }
    }
}

impl Zone {
    /// The zone of the database.
    #[must_use]
    pub const fn tz(self) -> Tz {
        self.tz
    }

    /// Whether the offset at this instant is the zone's last: no hour is repeated then.
    #[must_use]
    pub(super) fn is_settled(self, at: Timestamp) -> bool {
        self.settled.is_some_and(|settled| at.naive_utc() >= settled.since)
    }

    /// The instant of a local time: the earlier of two in a repeated hour, none in a skipped one.
    #[must_use]
    pub fn instant(self, local: NaiveDateTime) -> Option<Timestamp> {
        if let Some(settled) = self.settled.filter(|settled| local >= settled.since) {
            return local.checked_sub_signed(settled.offset).map(|utc| utc.and_utc());
        }
        self.tz.from_local_datetime(&local).earliest().map(|at| at.to_utc())
    }

    /// Local time and offset from UTC, seconds.
    #[must_use]
    pub fn local(self, at: Timestamp) -> (NaiveDateTime, i32) {
        let utc = at.naive_utc();
        if let Some(settled) = self.settled.filter(|settled| utc >= settled.since)
            && let Some(local) = utc.checked_add_signed(settled.offset)
        {
            return (local, i32::try_from(settled.offset.num_seconds()).unwrap_or_default());
        }
        let there: DateTime<Tz> = at.with_timezone(&self.tz);
        (there.naive_local(), there.offset().fix().local_minus_utc())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::*;

    fn of_the_database(tz: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        tz.from_local_datetime(&local).earliest().map(|at| at.to_utc())
    }

    #[test]
    fn a_settled_offset_holds_on_every_day_to_the_end_of_all_tickets() {
        for (tz, offset, (year, month, day)) in SETTLED {
            let mut at = NaiveDate::from_ymd_opt(year.max(1900), month, day).unwrap().and_hms_opt(0, 0, 0).unwrap();
            while chrono::Datelike::year(&at) <= super::super::MAX_YEAR {
                let zone = Zone::from(tz);
                assert_eq!(zone.instant(at), of_the_database(tz, at), "{tz} {at}");
                assert_eq!(zone.local(at.and_utc()).1, offset, "{tz} {at}");
                at += TimeDelta::hours(24);
            }
        }
    }

    proptest! {
        #[test]
        fn a_zone_says_what_the_database_says(seconds in -3_000_000_000_i64..7_258_000_000, which in 0_usize..7) {
            let zones = [
                Tz::UTC, Tz::Etc__UTC, Tz::Asia__Ho_Chi_Minh, Tz::Asia__Bangkok, Tz::Europe__Berlin,
                Tz::America__New_York, Tz::Asia__Kathmandu,
            ];
            let (tz, at) = (zones[which], DateTime::from_timestamp(seconds, 0).unwrap());
            let zone = Zone::from(tz);
            prop_assert_eq!(zone.instant(at.naive_utc()), of_the_database(tz, at.naive_utc()));
            let there = at.with_timezone(&tz);
            prop_assert_eq!(zone.local(at), (there.naive_local(), there.offset().fix().local_minus_utc()));
        }
    }
}
