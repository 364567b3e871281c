//! From a checked config to a running engine: the only place where mappings, connectors, store and engine meet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use thiserror::Error;
use tokio::sync::watch;

use crate::doors::config::{self, Config, Place};
use crate::doors::connector::SharedRemote;
use crate::doors::connector::declared::{CallOptions, ConnectError, DeclaredRemote};
use crate::doors::store::{Bounded, Limits, MappingUse, Mode, SqlStore, Store, StoreError};
use crate::engine::duties::Duties;
use crate::engine::link::LinkRules;
use crate::engine::mappings::NewMapping;
use crate::engine::push::Rests;
use crate::engine::report::Reporting;
use crate::engine::tasks::Timetable;
use crate::engine::{Engine, Health, Link, System, Tally};
use crate::pure::mapping::Problem;
use crate::pure::mapping::problem::code;
use crate::pure::mapping::{self, Mapping};
use crate::pure::messages::Language;
use crate::pure::report::MappingUsed;
use crate::pure::retry::Policy;
use crate::words::clock::now;
use crate::words::extra::Extras;
use crate::words::side::{Side, Sides, SystemName};
use crate::words::ticket::RecordKind;

/// Largest mapping file, bytes.
const MAX_MAPPING_BYTES: u64 = 1024 * 1024;
/// Largest file beside a mapping, bytes: a code table of all communes has some hundred thousand.
const MAX_BESIDE_BYTES: u64 = 8 * 1024 * 1024;

/// Why the parts could not be wired together.
#[derive(Debug, Error)]
pub enum WiringError {
    /// A mapping file can't be read.
    #[error("{file}: {source}")]
    Unreadable {
        /// Which.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// Mapping files are not what they must be.
    #[error("the mappings have {} problem(s)", .0.len())]
    Problems(Vec<Problem>),
    /// A connector could not be made.
    #[error(transparent)]
    Connector(#[from] ConnectError),
    /// The store could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The mappings of a config, by system.
pub type Mappings = BTreeMap<SystemName, Arc<Mapping>>;

/// Loads and checks every mapping that the config names; all problems of all files at once.
///
/// # Errors
/// Where a file can't be read, or with everything that is wrong in them.
pub fn load_mappings(config: &Config) -> Result<Mappings, WiringError> {
    let mut mappings = Mappings::new();
    let mut problems = Vec::new();
    for (name, system) in &config.systems {
        let text = read_mapping(&system.mapping)?;
        match mapping::load(
            &system.mapping.display().to_string(),
            &text,
            &system.setting_texts(),
            &beside(&system.mapping),
        ) {
            Ok(mapping) => {
                mappings.insert(name.clone(), Arc::new(mapping));
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        problems = link_problems(config, &mappings);
    }
    if problems.is_empty() { Ok(mappings) } else { Err(WiringError::Problems(problems)) }
}

/// What is wrong with the links of a config under these mappings.
pub fn link_problems(config: &Config, mappings: &Mappings) -> Vec<Problem> {
    let of_link = |link: &config::Link| {
        let mut problems = declared_fields(link, mappings);
        problems.extend(unowned(link, mappings));
        problems
    };
    config.links.iter().flat_map(of_link).collect()
}

/// What the other side changed must not silently win over what this side only cut or folded: a field that a mapping
/// can't hold as it is needs an owner.
fn unowned(link: &config::Link, mappings: &Mappings) -> Option<Problem> {
    let mut names = BTreeSet::new();
    for side in Side::BOTH {
        let [here, there] = [side, side.other()].map(|side| mappings.get(link.systems.get(side)));
        let (here, there) = here.zip(there)?;
        for (kind, shape) in &here.shapes {
            let lossy = shape.fields.keys().filter(|field| {
                let written = here.writes(*kind, field, true) || here.writes(*kind, field, false);
                written && here.lossy(*kind, field) && there.holds(*kind, field) && !link.owners.says(*kind, field)
            });
            names.extend(lossy.map(|field| match kind {
                RecordKind::Ticket => format!("`{field}`"),
                child => format!("`{child}.{field}`"),
            }));
        }
    }
    let names: Vec<String> = names.into_iter().collect();
    let message = format!("link `{}` loses something of {}, and says no owner", link.name, names.join(", "));
    link.unowned.clone().filter(|_| !names.is_empty()).map(|problem| Problem { message, ..problem })
}

/// What is wrong with the declared fields of a link: named and not declared, or declared as two things.
fn declared_fields(link: &config::Link, mappings: &Mappings) -> Vec<Problem> {
    let [province, national] = Side::BOTH.map(|side| mappings.get(link.systems.get(side)));
    let (Some(province), Some(national)) = (province, national) else { return Vec::new() };
    let both = Extras::together([&province.extras, &national.extras]);
    let unknown = link.declared.iter().filter(|((kind, field), _)| both.get(*kind, field.as_str()).is_none());
    let mut problems: Vec<Problem> = unknown.map(|(_, problem)| problem.clone()).collect();
    for (field, extra) in province.extras.iter() {
        let there = national.extras.iter().find(|(name, _)| *name == field);
        if let Some((_, there)) = there.filter(|(_, there)| !there.is_like(extra)) {
            let (name, file) = (&link.name, file_name(&national.file));
            let what = if there.of == extra.of { "has another type" } else { "is a field of another kind of record" };
            let message = format!("`{field}` {what} in {file}, at the other end of link `{name}`");
            let mend = "declare it alike in both files, or give it another name in one";
            problems.push(province.problem(extra.line, code::WRONG_TYPE, message, mend));
        }
    }
    problems
}

/// Reads one mapping file, bounded.
///
/// # Errors
/// Where it can't be read, is too large, or is not UTF-8.
pub fn read_mapping(path: &Path) -> Result<String, WiringError> {
    config::read_bounded(path, MAX_MAPPING_BYTES)
        .map_err(|source| WiringError::Unreadable { file: path.display().to_string(), source })
}

/// Reads files in a mapping's own folder, bounded. A name that leads elsewhere is refused, whoever asks.
pub fn beside(mapping: &Path) -> impl Fn(&str) -> Result<String, String> {
    let folder = mapping.parent().map(Path::to_path_buf).unwrap_or_default();
    move |name| {
        if Path::new(name).file_name() != Some(name.as_ref()) {
            return Err("not in the folder of the mapping".to_owned());
        }
        config::read_bounded(&folder.join(name), MAX_BESIDE_BYTES).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => "not UTF-8".to_owned(),
            _ => error.to_string(),
        })
    }
}

/// Opens the store that the config names.
///
/// # Errors
/// See [`SqlStore::open_sqlite`] and [`SqlStore::open_postgres`].
pub async fn open_store(config: &Config, mode: Mode) -> Result<Arc<dyn Store>, WiringError> {
    let systems = config.link_systems();
    let limits = Limits { patience: config.patience, connections: config.connections };
    Ok(match &config.store {
        Place::File(path) => Arc::new(SqlStore::open_sqlite(path, mode, systems, limits).await?),
        Place::Server(url) => {
            Arc::new(Bounded::new(SqlStore::open_postgres(url.reveal(), systems, limits).await?, limits))
        }
    })
}

/// What runs, and what it is made of.
pub struct Wired {
    /// The engine.
    pub engine: Engine,
    /// What a changed mapping is wired with.
    pub parts: Parts,
}

/// Wires everything that syncs together.
///
/// # Errors
/// See the parts.
pub async fn wire(config: &Config, mode: Mode, retry: Policy) -> Result<Wired, WiringError> {
    let mappings = load_mappings(config)?;
    let store = open_store(config, mode).await?;
    let key = store.installation_key().await?;
    if mode == Mode::Daemon {
        for (name, mapping) in &mappings {
            store.take_mapping(&taken(name, mapping)).await?;
        }
    }
    let remotes = remotes(config, &mappings)?;
    let mut systems = BTreeMap::new();
    for (name, remote) in &remotes {
        let Some(limits) = config.systems.get(name).map(|system| &system.limits) else { continue };
        let system = System {
            remote: Arc::clone(remote) as SharedRemote,
            health: Health::default(),
            concurrency: limits.concurrency,
            hours: limits.hours.map(|hours| (hours, config.zone)),
            is_proved: AtomicBool::new(false),
        };
        systems.insert(name.clone(), system);
    }
    let links =
        config.links.iter().filter_map(|link| wire_link(link, &mappings, &key)).map(|link| (link.name.clone(), link));
    let engine = Engine {
        links: links.collect(),
        store,
        systems,
        spool: config.spool.clone(),
        tally: Tally::default(),
        rests: Rests::default(),
        retry,
        duties: Arc::new(Duties::default()),
        planned: tokio::sync::Notify::new(),
        hinted: Arc::default(),
        lease: config.lease,
    };
    let told = watch::Sender::new(mappings.clone());
    Ok(Wired { engine, parts: Parts { mappings, remotes, key, told } })
}

/// The connectors of a config's systems.
///
/// # Errors
/// Where the address of one can't be used.
pub fn remotes(config: &Config, mappings: &Mappings) -> Result<Remotes, ConnectError> {
    let mut remotes = Remotes::new();
    for (name, mapping) in mappings {
        let Some(config::System { limits, way, .. }) = config.systems.get(name) else { continue };
        let options = CallOptions {
            per_second: limits.per_second,
            concurrency: limits.concurrency,
            call_timeout: limits.timeout,
            way: way.clone(),
            ..CallOptions::default()
        };
        let options = options.with_contact(config.contact.as_deref());
        remotes.insert(name.clone(), Arc::new(DeclaredRemote::new(name.clone(), Arc::clone(mapping), &options)?));
    }
    Ok(remotes)
}

/// Connectors by system.
pub type Remotes = BTreeMap<SystemName, Arc<DeclaredRemote>>;

/// The mappings in force with what they are wired by.
#[derive(Clone)]
pub struct Parts {
    /// By system.
    pub mappings: Mappings,
    remotes: Remotes,
    key: Vec<u8>,
    told: watch::Sender<Mappings>,
}

impl Parts {
    /// The mappings in force, whenever they change.
    pub fn watch(&self) -> watch::Receiver<Mappings> {
        self.told.subscribe()
    }

    /// Tells those who watch.
    pub fn tell(&self) {
        self.told.send_replace(self.mappings.clone());
    }

    /// Puts a sound mapping of one system in the place of the one before.
    ///
    /// # Errors
    /// Where its address can't be used; then nothing is changed.
    pub fn replace(
        &mut self,
        config: &Config,
        name: &SystemName,
        mapping: Mapping,
    ) -> Result<Option<NewMapping>, ConnectError> {
        let mapping = Arc::new(mapping);
        let Some(before) = self.remotes.get(name) else { return Ok(None) };
        let remote = Arc::new(before.under(Arc::clone(&mapping))?);
        let taken = taken(name, &mapping);
        self.remotes.insert(name.clone(), Arc::clone(&remote));
        self.mappings.insert(name.clone(), mapping);
        let ends_there = |link: &&config::Link| Side::BOTH.iter().any(|side| link.systems.get(*side) == name);
        let links = config.links.iter().filter(ends_there);
        let links = links.filter_map(|link| wire_link(link, &self.mappings, &self.key)).collect();
        Ok(Some(NewMapping { taken, remote, links }))
    }
}

/// A mapping that comes into force now.
pub fn taken(name: &SystemName, mapping: &Mapping) -> MappingUse {
    MappingUse { system: name.clone(), file: file_name(&mapping.file), digest: mapping.hash().to_owned(), since: now() }
}

/// A file's name without its folders.
pub fn file_name(file: &str) -> String {
    Path::new(file).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn wire_link(link: &config::Link, mappings: &Mappings, key: &[u8]) -> Option<Link> {
    let province = mappings.get(link.systems.get(Side::Province))?;
    let national = mappings.get(link.systems.get(Side::National))?;
    let stamp = format!("{}.{}.{}", short(&link.hash()), short(province.hash()), short(national.hash()));
    let rules = LinkRules {
        extras: province.extras.shared(&national.extras),
        mappings: Sides { province: Arc::clone(province), national: Arc::clone(national) },
        selection: link.selection.clone(),
        owners: link.owners.clone(),
        closes_when_gone: link.on_gone == config::OnGone::Close,
        digest_key: key.to_vec(),
    };
    Some(Link {
        name: link.name.clone(),
        systems: link.systems.clone(),
        rules: Arc::new(rules),
        stamp,
        is_proven: Sides::default(),
    })
}

/// Enough of a digest to tell rules apart.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// How reports are made under this config.
#[must_use]
pub fn reporting(config: &Config, mappings: &Mappings, language: Language) -> Reporting {
    Reporting {
        language,
        issuer: config.issuer.clone(),
        agencies: config.agencies.clone(),
        deadlines: config.deadlines.clone(),
        extras: Extras::together(mappings.values().map(|mapping| &mapping.extras)),
        mappings: mappings_used(mappings),
        folder: config.reports.clone(),
    }
}

/// The fields that the config's mappings declare. Where they can't be loaded nothing is known of such a field: it goes
/// by its name, and its values are hidden.
#[must_use]
pub fn extras(config: &Config) -> Extras {
    let mappings = load_mappings(config).unwrap_or_default();
    Extras::together(mappings.values().map(|mapping| &mapping.extras))
}

/// Mappings as reports name them.
#[must_use]
pub fn mappings_used(mappings: &Mappings) -> Vec<MappingUsed> {
    let used = |(name, mapping): (&SystemName, &Arc<Mapping>)| MappingUsed {
        system: name.clone(),
        file: file_name(&mapping.file),
        sha256: mapping.hash().to_owned(),
        since: None,
    };
    mappings.iter().map(used).collect()
}

/// The daemon's day under this config.
#[must_use]
pub fn timetable(config: &Config) -> Timetable {
    Timetable {
        sync: config.schedule.sync.clone(),
        full: config.schedule.full.clone(),
        report: config.schedule.report.clone(),
    }
}
