//! Mappings while the daemon works: a sound changed one is taken between cycles, an unsound one is refused and shown.
//!
//! Whether it is sound, the caller has checked. What was understood by the one before is read again, as it is needed.

use std::sync::atomic::AtomicBool;

use crate::doors::connector::SharedRemote;
use crate::doors::store::{MappingRefusal, MappingUse};
use crate::words::stops::{self, Stop};

use super::{Engine, EngineError, Link};

/// A sound mapping, wired.
pub struct NewMapping {
    /// Which, of which system.
    pub taken: MappingUse,
    /// The system's connector under it.
    pub remote: SharedRemote,
    /// The links that end at the system, under it.
    pub links: Vec<Link>,
}

impl Engine {
    /// Takes a sound mapping. Needs the engine to itself: no cycle is under way.
    ///
    /// # Errors
    /// Where the store can't be used; then the mapping before goes on.
    pub async fn take_mapping(&mut self, new: NewMapping) -> Result<(), EngineError> {
        // Noted first: what must be planned again under it stays noted whatever happens next.
        let is_another = self.store.take_mapping(&new.taken).await?;
        stops::at(Stop::MappingNoted);
        if let Some(system) = self.systems.get_mut(&new.taken.system) {
            system.remote = new.remote;
            system.is_proved = AtomicBool::new(false);
        }
        self.links.extend(new.links.into_iter().map(|link| (link.name.clone(), link)));
        if is_another {
            let MappingUse { system, file, digest, .. } = &new.taken;
            tracing::info!(%system, file, digest, "a changed mapping is taken");
        }
        Ok(())
    }

    /// Notes that a changed mapping is not sound: the one before goes on.
    ///
    /// # Errors
    /// Where the store can't be used.
    pub async fn refuse_mapping(&self, refusal: &MappingRefusal) -> Result<(), EngineError> {
        let MappingRefusal { system, file, problems, .. } = refusal;
        let problems = problems.join(", ");
        tracing::warn!(%system, file, problems, "a changed mapping is refused; the one before goes on");
        stops::at(Stop::MappingRefused);
        Ok(self.store.refuse_mapping(refusal).await?)
    }
}
