//! Mapping files that change while the daemon works: noticed by their content at the start of each cycle, checked aside
//! as `check` does, and taken only if they are sound.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::doors::config::Config;
use crate::doors::store::MappingRefusal;
use crate::engine::report::{Reporting, Wanted};
use crate::engine::tasks::Keeper;
use crate::engine::{Engine, EngineError};
use crate::pure::mapping::{self, Mapping, Texts};
use crate::words::clock::now;
use crate::words::problem::Problem;
use crate::words::side::SystemName;

use super::check::behaviour;
use super::wiring::{self, Parts, file_name};

/// A changed file must stay the same for so long: what an editor is still writing is no mapping yet.
const STEADY: Duration = Duration::from_millis(500);
/// Problems of a refused mapping that are told; `check` tells all.
const MOST_TOLD: usize = 20;

/// Why a mapping that names records otherwise is not taken while pairs are known by the names before.
const RENAMES: &str =
    "[record] or [child]: `id`, `ref` or `identity` changed; such a mapping is used from a start on only";

/// What the daemon's day needs: the mappings with their files, and how reports are made.
pub(super) struct Watch<'a> {
    pub(super) config: &'a Config,
    pub(super) parts: Parts,
    pub(super) reporting: Reporting,
    /// Told by whoever wants a cycle now.
    pub(super) asked: Arc<Notify>,
    /// Digests of contents that were refused: each is told once.
    pub(super) refused: BTreeMap<SystemName, String>,
}

/// What stands in a mapping's file and in those beside it: its digest, and the texts where it can be read.
struct Content {
    digest: String,
    texts: Result<Texts, Vec<String>>,
}

impl Keeper for Watch<'_> {
    async fn look_for_mappings(&mut self, engine: &mut Engine) -> Result<(), EngineError> {
        let mut changed = BTreeMap::new();
        let mut is_new = false;
        for (name, system) in &self.config.systems {
            let content = Content::of(&system.mapping);
            let in_force = self.parts.mappings.get(name).filter(|mapping| mapping.hash() == content.digest);
            let Some(in_force) = in_force else {
                is_new |= self.refused.get(name) != Some(&content.digest);
                changed.insert(name.clone(), content);
                continue;
            };
            // What was refused is taken back: the file says again what is in force.
            if self.refused.remove(name).is_some() {
                engine.store.take_mapping(&wiring::taken(name, in_force)).await?;
            }
        }
        if !is_new {
            return Ok(());
        }
        tokio::time::sleep(STEADY).await;
        let is_steady = |(name, content): (&SystemName, &Content)| {
            let now = self.config.systems.get(name).map(|system| Content::of(&system.mapping).digest);
            now.as_ref() == Some(&content.digest)
        };
        if changed.iter().all(is_steady) { self.judge(engine, changed).await } else { Ok(()) }
    }

    async fn report(&self, engine: &Engine) -> Result<(), EngineError> {
        let (report, files) = engine.report(&self.reporting, &Wanted::default()).await?;
        tracing::info!(run = report.run, good = report.is_good(), page = %files.html.display(), "report written");
        Ok(())
    }

    async fn asked(&self) {
        self.asked.notified().await;
    }
}

impl Watch<'_> {
    /// Takes the changed mappings that are sound, and refuses the others. What is sound only together is taken together:
    /// one that was refused for another's sake is looked at again with it.
    async fn judge(&mut self, engine: &mut Engine, changed: BTreeMap<SystemName, Content>) -> Result<(), EngineError> {
        let (mut sound, mut refused) = (BTreeMap::new(), BTreeMap::new());
        for (name, content) in &changed {
            match self.checked(name, content) {
                Ok(mapping) => {
                    sound.insert(name.clone(), mapping);
                }
                Err(problems) => {
                    refused.insert(name.clone(), problems);
                }
            }
        }
        if self.taken_together(engine, &sound).await?.is_err() {
            // Not all of them fit together: each that fits what is in force.
            for (name, mapping) in sound {
                if let Err(problems) = self.taken_together(engine, &BTreeMap::from([(name.clone(), mapping)])).await? {
                    refused.insert(name, problems);
                }
            }
        }
        for (system, problems) in refused {
            let Some(content) = changed.get(&system) else { continue };
            // Each content is refused once.
            if self.refused.insert(system.clone(), content.digest.clone()).as_ref() != Some(&content.digest) {
                let (file, digest) = (self.file_of(&system), content.digest.clone());
                engine.refuse_mapping(&MappingRefusal { system, file, digest, since: now(), problems }).await?;
            }
        }
        Ok(())
    }

    /// A changed mapping that is sound by itself, and names records as the one in force does.
    fn checked(&self, name: &SystemName, content: &Content) -> Result<Mapping, Vec<String>> {
        let texts = content.texts.as_ref().map_err(Clone::clone)?;
        let system = self.config.systems.get(name).ok_or_else(Vec::new)?;
        let file = system.mapping.display().to_string();
        let mapping = check_aside(&file, texts, &system.setting_texts()).map_err(|found| told(&found))?;
        let renames = self.parts.mappings.get(name).is_some_and(|before| !before.names_records_like(&mapping));
        if renames { Err(vec![RENAMES.to_owned()]) } else { Ok(mapping) }
    }

    /// Puts changed mappings into their places, if they are sound with each other and with those in force.
    async fn taken_together(
        &mut self,
        engine: &mut Engine,
        mappings: &BTreeMap<SystemName, Mapping>,
    ) -> Result<Result<(), Vec<String>>, EngineError> {
        let mut parts = self.parts.clone();
        let mut taken = Vec::new();
        for (name, mapping) in mappings {
            match parts.replace(self.config, name, mapping.clone()) {
                Ok(new) => taken.extend(new),
                Err(error) => return Ok(Err(vec![error.to_string()])),
            }
        }
        let problems = wiring::link_problems(self.config, &parts.mappings);
        if !problems.is_empty() {
            return Ok(Err(told(&problems)));
        }
        for new in taken {
            let name = new.taken.system.clone();
            // Where it can't be noted, the one before goes on, and the file is looked at again.
            engine.take_mapping(new).await?;
            self.refused.remove(&name);
        }
        self.parts = parts;
        self.parts.tell();
        self.reporting.mappings = wiring::mappings_used(&self.parts.mappings);
        Ok(Ok(()))
    }

    fn file_of(&self, name: &SystemName) -> String {
        self.config
            .systems
            .get(name)
            .map_or_else(String::new, |system| file_name(&system.mapping.display().to_string()))
    }
}

impl Content {
    fn of(path: &Path) -> Self {
        match wiring::read_mapping(path) {
            Ok(text) => {
                let texts = Texts::gather(text, &wiring::beside(path));
                Self { digest: texts.digest(&path.display().to_string()), texts: Ok(texts) }
            }
            Err(error) => {
                let says = error.to_string();
                let digest = Texts::gather(says.clone(), mapping::NOTHING_BESIDE).digest("");
                Self { digest, texts: Err(vec![says]) }
            }
        }
    }
}

/// Everything that `check` asks of a mapping. With the settings in use it must load; how it behaves is asked of its
/// example settings, so that no message shows the real ones.
fn check_aside(file: &str, texts: &Texts, settings: &BTreeMap<String, String>) -> Result<Mapping, Vec<Problem>> {
    let beside = |name: &str| texts.give(name);
    let mapping = mapping::load(file, &texts.text, settings, &beside)?;
    let problems = behaviour(&mapping::check(file, &texts.text, &beside)?);
    if problems.is_empty() { Ok(mapping) } else { Err(problems) }
}

/// Code and place of each problem: their texts may name values.
fn told(problems: &[Problem]) -> Vec<String> {
    let place = |problem: &Problem| {
        format!("{} {}:{}:{}", problem.code, file_name(&problem.file), problem.line, problem.column)
    };
    problems.iter().take(MOST_TOLD).map(place).collect()
}
