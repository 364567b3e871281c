//! What this process remembers of writes that are not done: how long a doubt has rested, how often one was put off.
//! Nothing of it must survive a restart: rests begin anew then, and backoff begins small.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::words::clock::Stopwatch;

/// Most writes remembered; past that everything is forgotten, which only makes rests longer.
const MOST: usize = 100_000;

/// By operation key.
#[derive(Debug, Default)]
pub struct Rests(Mutex<BTreeMap<String, Rest>>);

#[derive(Debug, Default)]
struct Rest {
    /// Rests are counted by a monotonic clock.
    doubt: Option<Stopwatch>,
    put_off: u32,
    /// Since its first byte may have left.
    sent: Option<Stopwatch>,
}

impl Rests {
    /// How long a doubt has rested in this process.
    pub fn rested(&self, key: &str) -> Duration {
        self.of(key, |rest| rest.doubt.get_or_insert_with(Stopwatch::start).elapsed())
    }

    /// One more time it is put off for a reason that spends no attempt. Returns how often before.
    pub fn put_off(&self, key: &str) -> u32 {
        self.of(key, |rest| {
            let before = rest.put_off;
            rest.put_off = before.saturating_add(1);
            before
        })
    }

    /// Its first byte may leave from now on.
    pub fn sent(&self, key: &str) {
        self.of(key, |rest| rest.sent.get_or_insert_with(Stopwatch::start).elapsed());
    }

    /// How long ago that was, where it was this process.
    pub fn since_sent(&self, key: &str) -> Option<Duration> {
        self.of(key, |rest| rest.sent.map(|sent| sent.elapsed()))
    }

    /// It is in doubt once more: how long it rests and how often it is put off is counted anew.
    pub fn begin_anew(&self, key: &str) {
        self.of(key, |rest| *rest = Rest { sent: rest.sent, ..Rest::default() });
    }

    /// It is done.
    pub fn forget(&self, key: &str) {
        self.all().remove(key);
    }

    fn of<T>(&self, key: &str, of: impl FnOnce(&mut Rest) -> T) -> T {
        let mut all = self.all();
        if all.len() >= MOST {
            all.clear();
        }
        of(all.entry(key.to_owned()).or_default())
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Rest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_put_off_counts_until_it_is_forgotten() {
        let rests = Rests::default();
        assert_eq!([rests.put_off("a"), rests.put_off("a"), rests.put_off("b")], [0, 1, 0]);
        rests.forget("a");
        assert_eq!(rests.put_off("a"), 0);
    }

    #[test]
    fn what_is_in_doubt_once_more_was_first_sent_when_it_was() {
        let rests = Rests::default();
        assert_eq!(rests.since_sent("a"), None);
        rests.sent("a");
        rests.put_off("a");
        rests.begin_anew("a");
        assert!(rests.since_sent("a").is_some());
        assert_eq!(rests.put_off("a"), 0);
        rests.forget("a");
        assert_eq!(rests.since_sent("a"), None);
    }
}
