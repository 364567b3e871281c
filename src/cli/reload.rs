//! Mapping files that change while the daemon works: noticed by their content at the start of each cycle, checked aside
//! as `check` does, and taken only if they are sound.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::doors::config::Config;
use crate::doors::store::MappingRefusal;
use crate::engine::mappings::NewMapping;
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
        let config = self.config;
        for (name, system) in &config.systems {
            let content = Content::of(&system.mapping);
            let in_force = self.parts.mappings.get(name).map(|mapping| mapping.hash().to_owned());
            if in_force.as_deref() == Some(content.digest.as_str()) {
                // What was refused is taken back: the file says again what is in force.
                if self.refused.remove(name).is_some()
                    && let Some(mapping) = self.parts.mappings.get(name)
                {
                    engine.store.take_mapping(&wiring::taken(name, mapping)).await?;
                }
                continue;
            }
            if self.refused.get(name) == Some(&content.digest) {
                continue;
            }
            tokio::time::sleep(STEADY).await;
            if Content::of(&system.mapping).digest == content.digest {
                self.judge(engine, name, content).await?;
            }
        }
        Ok(())
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
    /// Takes a changed mapping, or refuses it.
    async fn judge(&mut self, engine: &mut Engine, name: &SystemName, content: Content) -> Result<(), EngineError> {
        let mut parts = self.parts.clone();
        match content.texts.and_then(|texts| self.wired_under(&mut parts, name, &texts)) {
            Ok(Some(new)) => {
                // Where it can't be noted, the one before goes on, and the file is looked at again.
                engine.take_mapping(new).await?;
                self.parts = parts;
                self.refused.remove(name);
                self.reporting.mappings = wiring::mappings_used(&self.parts.mappings);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(problems) => {
                self.refused.insert(name.clone(), content.digest.clone());
                let refusal = MappingRefusal {
                    system: name.clone(),
                    file: self.file_of(name),
                    digest: content.digest,
                    since: now(),
                    problems,
                };
                engine.refuse_mapping(&refusal).await
            }
        }
    }

    /// Puts a changed mapping into its place among the others, if it is sound by itself and with them.
    fn wired_under(
        &self,
        parts: &mut Parts,
        name: &SystemName,
        texts: &Texts,
    ) -> Result<Option<NewMapping>, Vec<String>> {
        let Some(system) = self.config.systems.get(name) else { return Ok(None) };
        let file = system.mapping.display().to_string();
        let mapping = check_aside(&file, texts, &system.setting_texts()).map_err(|found| told(&found))?;
        if self.parts.mappings.get(name).is_some_and(|before| !before.names_records_like(&mapping)) {
            return Err(vec![RENAMES.to_owned()]);
        }
        let new = parts.replace(self.config, name, mapping).map_err(|error| vec![error.to_string()])?;
        let problems = wiring::link_problems(self.config, &parts.mappings);
        if problems.is_empty() { Ok(new) } else { Err(told(&problems)) }
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
