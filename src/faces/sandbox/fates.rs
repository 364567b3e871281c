//! What ends or bends a ticket's life in a system, by that system's own people: deletion, merging, a backup put back.

use super::desk::Desk;
use super::{Sandbox, System, lock};

/// What a system held at some time.
#[derive(Debug, Clone)]
pub struct Backup {
    system: System,
    desk: Desk,
}

impl Sandbox {
    /// Somebody deletes a ticket: it is listed, found and shown no more. Whether there was one.
    pub fn person_deletes(&self, system: System, id: &str) -> bool {
        lock(self.desks.get(system)).remove(id).is_some()
    }

    /// An officer takes two tickets for duplicates (trùng): who asks for the first is shown the second. Whether both were
    /// there.
    pub fn person_merges(&self, system: System, id: &str, into: &str) -> bool {
        let mut desk = lock(self.desks.get(system));
        let both = id != into && desk.get(id).is_some() && desk.get(into).is_some();
        if both {
            desk.merge(id, into);
        }
        both
    }

    /// Makes a backup of a system.
    #[must_use]
    pub fn back_up(&self, system: System) -> Backup {
        Backup { system, desk: lock(self.desks.get(system)).clone() }
    }

    /// Puts a backup back: what the system was told since is forgotten, its truth log too.
    pub fn put_back(&self, backup: Backup) {
        *lock(self.desks.get(backup.system)) = backup.desk;
    }
}
