//! Saves: each is spelled as the rows that it comes to before its transaction begins, for while that runs nobody else
//! writes; then many are written together.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlx::{Any, AnyPool, Transaction};

use super::noted::Noted;
use super::{Dialect, StoreError, cases, end, memory, outbox, to_json};
use crate::doors::store::{Save, Systems};
use crate::pure::sync::case::{Case, Intent, Pair, PairState};
use crate::words::clock::Timestamp;
use crate::words::side::{LinkName, Reference, RemoteId, Side, Sides};

/// Most saves of one transaction.
pub(super) const MOST_TOGETHER: usize = 256;
/// So many saves are spelled before whatever else is under way gets its turn.
const A_TURN: usize = 8;

/// A save as rows.
pub(super) struct Spelled {
    pub(super) reference: Reference,
    pub(super) link: LinkName,
    pub(super) origin: Side,
    pub(super) ids: Sides<Option<RemoteId>>,
    pub(super) live: bool,
    pub(super) conflicts: i64,
    pub(super) parked: i64,
    pub(super) quarantined: i64,
    pub(super) replan: bool,
    /// That it was loaded with; 0 where it is new.
    pub(super) revision: i64,
    /// The case itself.
    pub(super) json: String,
    pub(super) intents: Vec<Planned>,
    /// When it was decided.
    pub(super) at: Timestamp,
    pub(super) mappings: Option<Sides<String>>,
    /// What each audit entry is about, and its document.
    pub(super) facts: Vec<(String, String)>,
    /// Key and fence of the saver's claim.
    pub(super) claim: Option<(String, i64)>,
}

/// An intent of a save.
pub(super) struct Planned {
    pub(super) intent: Intent,
    pub(super) json: String,
    /// Names the record that it writes.
    pub(super) record: String,
}

impl Spelled {
    /// Spells saves.
    pub(super) async fn all(saves: &[Save<'_>], systems: &Systems) -> Result<Vec<Self>, StoreError> {
        let mut all = Vec::with_capacity(saves.len());
        for some in saves.chunks(A_TURN) {
            for save in some {
                all.push(Self::of(save, systems)?);
            }
            tokio::task::yield_now().await;
        }
        Ok(all)
    }

    fn of(save: &Save<'_>, systems: &Systems) -> Result<Self, StoreError> {
        let (case, change) = (save.case, save.change);
        let sum = |count: fn(&Pair) -> usize| i64::try_from(case.pairs().map(count).sum::<usize>()).unwrap_or(i64::MAX);
        let is_quarantined =
            |pair: &Pair| matches!(pair.state, PairState::Quarantined { .. } | PairState::Transferred { .. });
        let planned = |intent: &Intent| {
            let record = record(systems, case, intent);
            Ok(Planned { intent: intent.clone(), json: to_json(intent)?, record })
        };
        let facts = change.facts.iter().map(|fact| {
            let noted = Noted::of(fact, case.reference(), change.mappings.as_ref());
            Ok((fact.what.clone(), to_json(&noted)?))
        });
        Ok(Self {
            reference: case.reference().clone(),
            link: case.link.clone(),
            origin: case.ticket.origin,
            ids: Sides {
                province: case.ticket.ends.province.id.clone(),
                national: case.ticket.ends.national.id.clone(),
            },
            live: case.ticket.state == PairState::Live,
            conflicts: sum(|pair| pair.conflicts.len()),
            parked: sum(|pair| pair.parked.len()),
            quarantined: i64::try_from(case.pairs().filter(|pair| is_quarantined(pair)).count()).unwrap_or(i64::MAX),
            replan: change.replan,
            revision: case.revision,
            json: to_json(case)?,
            intents: case.intents.iter().map(planned).collect::<Result<_, StoreError>>()?,
            at: change.at,
            mappings: change.mappings.clone(),
            facts: facts.collect::<Result<_, StoreError>>()?,
            claim: save.claim.map(|claim| (claim.intent.key.clone(), claim.fence)),
        })
    }
}

/// Names the record that an intent writes, the same from every link of its system.
fn record(systems: &Systems, case: &Case, intent: &Intent) -> String {
    let system = systems.get(&case.link).map_or(case.link.as_str(), |sides| sides.get(intent.side).as_str());
    match &intent.target {
        Some(id) => format!("{system}/{}/{id}", intent.kind),
        None => format!("{system}/+/{}", intent.pair),
    }
}

/// What became of saves: of each its new revision, or why it can't be saved. An error is one of them all.
type Told = Result<Vec<Result<i64, StoreError>>, StoreError>;

/// Saves all as one transaction where that can be, else each by itself.
pub(super) async fn all(pool: AnyPool, dialect: Dialect, saves: Arc<Vec<Spelled>>) -> Told {
    match together(&pool, dialect, &saves).await {
        // Something that only the database itself noticed: of which of them, each one's own attempt tells.
        Err(_) if saves.len() > 1 => {
            let mut told = Vec::with_capacity(saves.len());
            for one in saves.iter() {
                told.push(alone(together(&pool, dialect, std::slice::from_ref(one)).await)?);
            }
            Ok(told)
        }
        Err(error) => Ok(vec![alone(Err(error))?]),
        told => told,
    }
}

/// What became of a single save: what concerns this case alone is told of it, a database that failed is everybody's.
fn alone(saved: Told) -> Result<Result<i64, StoreError>, StoreError> {
    match saved.map(|mut one| one.pop().unwrap_or(Err(StoreError::Stale))) {
        Err(error @ (StoreError::Stale | StoreError::Fenced | StoreError::Taken { .. })) => Ok(Err(error)),
        saved => saved,
    }
}

async fn together(pool: &AnyPool, dialect: Dialect, saves: &[Spelled]) -> Told {
    let mut tx = pool.begin_with(dialect.begin_write()).await?;
    let told = write(&mut tx, dialect, saves).await;
    end(tx, told).await
}

/// Saves together what can be saved.
async fn write(tx: &mut Transaction<'static, Any>, dialect: Dialect, saves: &[Spelled]) -> Told {
    let references: Vec<&Reference> = saves.iter().map(|save| &save.reference).collect();
    let mut held = cases::hold(tx, dialect, &references).await?;
    let mut rows = outbox::rows_of(tx, dialect, &references).await?;
    let mut seen = BTreeSet::new();
    let mut told = Vec::with_capacity(saves.len());
    let (mut good, mut written, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    for save in saves {
        let reference = &save.reference;
        let (held, rows) = (held.remove(reference).unwrap_or_default(), rows.remove(reference).unwrap_or_default());
        let is_fresh = held + outbox::fences(&rows) == save.revision && seen.insert(reference);
        let changed = if is_fresh { outbox::compare(save, rows) } else { Err(StoreError::Stale) };
        told.push(changed.map(|changed| {
            // With the fences of the rows that stay, one more than before.
            written.push(cases::Written { save, revision: held + changed.fences + 1 });
            changes.push((save, changed));
            good.push(save);
            save.revision + 1
        }));
    }
    cases::write(tx, dialect, &written).await?;
    outbox::write(tx, dialect, &changes).await?;
    memory::append(tx, dialect, &good).await?;
    Ok(told)
}
