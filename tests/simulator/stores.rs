//! The same schedules with the daemon's own store beside the one in memory, in SQLite and in PostgreSQL: after each step
//! both have answered the same and keep the same.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use chrono::TimeDelta;
use sqlx::{AnyConnection, Connection};
use tokio::runtime::{Builder, Runtime};

use pakn_bridge::doors::store::{Claim, Limits, MappingUse, Mode, Queue as Which, SqlStore, Store, StoreError};
use pakn_bridge::pure::sync::case::{Case, Intent};
use pakn_bridge::words::clock::Timestamp;
use pakn_bridge::words::side::{LinkName, Reference, Side};

use super::world::memory::{Beside, Memory, Queue, Refusal, Step};
use super::world::run::{Plan, live_beside};
use super::world::systems_of;

/// Seeds on each database; `PAKN_STORE_SEEDS` asks for more.
const SEEDS: u64 = 200;
/// More than there ever is at once.
const ALL: u32 = 10_000;

/// The daemon's store, and a connection that looks into its tables.
struct Twin {
    runtime: Runtime,
    store: SqlStore,
    tables: AnyConnection,
    /// The last audit entry that was compared.
    entries: i64,
    /// Mappings that were taken so far: each is another one.
    mappings: u64,
    /// Steps that changed something.
    compared: u64,
}

/// What the tables hold of a claim, beside its intent: key, end of the lease, fence.
type Row = (String, Option<i64>, i64);

impl Beside for Twin {
    fn step(&mut self, step: &Step<'_>, memory: &Memory) -> Result<(), String> {
        let Self { runtime, store, tables, entries, mappings, compared } = self;
        runtime.block_on(async {
            if does_nothing(store, step, mappings).await? {
                return Ok(());
            }
            *compared += 1;
            if let Step::Save { case, change, told: Ok(_), .. } = step {
                let logged = store.entries(*entries, ALL).await.map_err(says)?;
                *entries += logged.len() as i64;
                let facts: Vec<_> = logged.into_iter().map(|entry| entry.fact).collect();
                same(&format!("audit of {}", case.reference()), &facts, &change.facts)?;
            }
            keeps_the_same(store, tables, memory).await
        })
    }
}

/// Does the step and compares the answers. Whether there was nothing to do.
async fn does_nothing(store: &SqlStore, step: &Step<'_>, mappings: &mut u64) -> Result<bool, String> {
    match step {
        Step::Save { case, change, claim, told } => {
            let saved = match store.save(case, change, *claim).await {
                Ok(revision) => Ok(revision),
                Err(StoreError::Stale) => Err(Refusal::Stale),
                Err(StoreError::Fenced) => Err(Refusal::Fenced),
                Err(StoreError::Taken { side }) => Err(Refusal::Taken(side)),
                Err(error) => return Err(says(error)),
            };
            same(&format!("save of {}", case.reference()), &saved, told)?;
            Ok(false)
        }
        Step::Claim { of: Queue { link, side, now, lease, .. }, claims } => {
            let found = store.claim(link, *side, *now, duration(*lease), ALL).await.map_err(says)?;
            same("claims", &bare(&found), &bare(claims))?;
            Ok(claims.is_empty())
        }
        Step::Doubts { of: Queue { link, side, now, lease, .. }, claims } => {
            let found = store.claim_doubts(link, *side, *now, duration(*lease), ALL).await.map_err(says)?;
            same("claimed doubts", &bare(&found), &bare(claims))?;
            Ok(claims.is_empty())
        }
        Step::Release(claim) => store.release(claim).await.map(|()| false).map_err(says),
        Step::Recover { now, settle, told } => {
            same("recovered", &store.recover(*now, *settle).await.map_err(says)?, told)?;
            Ok(now.is_some() && *told == 0)
        }
        Step::Mapping(system) => {
            *mappings += 1;
            let taken = MappingUse {
                system: (*system).clone(),
                file: "mapping.toml".into(),
                digest: mappings.to_string(),
                since: Timestamp::UNIX_EPOCH,
            };
            same("another mapping", &store.take_mapping(&taken).await.map_err(says)?, &true)?;
            Ok(false)
        }
    }
}

async fn keeps_the_same(store: &SqlStore, tables: &mut AnyConnection, memory: &Memory) -> Result<(), String> {
    let references: Vec<&Reference> = memory.keys().collect();
    let cases = store.cases_named(&references).await.map_err(says)?;
    let ordered = |case: &Case| {
        let mut case = case.clone();
        // Kept as they came; the core takes them in any order.
        case.intents.sort_by(|one, other| one.key.cmp(&other.key));
        case
    };
    let expected: BTreeMap<Reference, Case> = memory.iter().map(|(of, case)| (of.clone(), ordered(case))).collect();
    let found = cases.iter().map(|(of, case)| (of.clone(), ordered(case))).collect();
    same("cases", &found, &expected)?;
    let queue = memory.queue();
    let intents: Vec<(LinkName, Intent)> =
        queue.iter().map(|(link, intent, _)| ((*link).clone(), (*intent).clone())).collect();
    same("outbox", &store.queue(Which::Open, ALL).await.map_err(says)?, &intents)?;
    let rows: Vec<Row> =
        sqlx::query_as("SELECT key, lease, fence FROM intents ORDER BY seq").fetch_all(tables).await.map_err(says)?;
    let leases: Vec<Row> = queue
        .iter()
        .map(|(_, intent, row)| (intent.key.clone(), row.until.map(|until| until.timestamp_micros()), row.fence))
        .collect();
    same("leases and fences", &rows, &leases)?;
    let replan: Vec<Reference> = memory.to_replan().iter().cloned().collect();
    same("to be planned again", &store.to_replan(None, None, ALL).await.map_err(says)?, &replan)?;
    for link in systems_of(3).keys() {
        for side in Side::BOTH {
            let (none, first) = (Reference(String::new()), memory.keys().next());
            let except = first.unwrap_or(&none);
            let youngest = store.youngest(link, side, except).await.map_err(says)?;
            same("youngest", &youngest, &memory.youngest(link, side, except))?;
            let younger = store.younger(link, side, except).await.map_err(says)?;
            same("younger", &younger, &memory.younger(link, side, except))?;
        }
    }
    Ok(())
}

fn bare(claims: &[Claim]) -> Vec<(&LinkName, &Intent, i64)> {
    claims.iter().map(|claim| (&claim.link, &claim.intent, claim.fence)).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, store: &T, memory: &T) -> Result<(), String> {
    if store == memory { Ok(()) } else { Err(format!("{what}\nstore: {store:#?}\nmemory: {memory:#?}")) }
}

fn says(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn duration(lease: TimeDelta) -> Duration {
    lease.to_std().unwrap_or_default()
}

/// Runs the seeds, each on empty tables.
fn hold(runtime: Runtime, store: SqlStore, tables: AnyConnection) {
    let seeds = std::env::var("PAKN_STORE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    let twin = Twin { runtime, store, tables, entries: 0, mappings: 0, compared: 0 };
    let twin = Rc::new(RefCell::new(twin));
    for seed in 0..seeds {
        {
            let Twin { runtime, tables, .. } = &mut *twin.borrow_mut();
            for table in ["intents", "cases"] {
                let empty = sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}")));
                runtime.block_on(empty.execute(&mut *tables)).unwrap();
            }
        }
        let lived = live_beside(&Plan { seed, ..Plan::default() }, false, Some(twin.clone()));
        assert_eq!(lived.trouble, None, "seed {seed}");
    }
    let compared = twin.borrow().compared;
    println!("{seeds} seeds, {compared} steps compared");
    assert!(compared > 20 * seeds, "{compared} steps");
}

fn runtime() -> Runtime {
    sqlx::any::install_default_drivers();
    Builder::new_current_thread().enable_all().build().unwrap()
}

const LIMITS: Limits = Limits { patience: Duration::from_secs(20), connections: 2 };

#[test]
fn each_step_leaves_in_sqlite_what_it_leaves_in_memory() {
    // Each step is a commit: in memory, where there is such a folder.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let runtime = runtime();
    let path = folder.path().join("state.db");
    let (store, tables) = runtime.block_on(async {
        let store = SqlStore::open_sqlite(&path, Mode::Daemon, systems_of(3), LIMITS).await.unwrap();
        (store, AnyConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap())
    });
    hold(runtime, store, tables);
}

#[test]
fn each_step_leaves_in_postgres_what_it_leaves_in_memory() {
    let told =
        Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres/cluster")).arg("url").output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let mut url: url::Url = String::from_utf8(told.stdout).unwrap().trim().parse().unwrap();
    let (name, runtime) = (format!("simulated_{:016x}", rand::random::<u64>()), runtime());
    let (store, tables) = runtime.block_on(async {
        let mut admin = AnyConnection::connect(url.as_str()).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
        url.set_path(&name);
        let store = SqlStore::open_postgres(url.as_str(), systems_of(3), LIMITS).await.unwrap();
        (store, AnyConnection::connect(url.as_str()).await.unwrap())
    });
    hold(runtime, store, tables);
}
