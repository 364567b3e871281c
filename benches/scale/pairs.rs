//! A cycle with 100 changes beside few and beside many stored pairs, and what the bridge takes when nothing happens.

use std::time::Duration;

use sqlx::{Any, AnyConnection, AssertSqlSafe, Connection as _};

use crate::bridge::{Bridge, Daemon, Postgres, Systems};

/// Pairs that are stored by a real sync; the others are copies of their rows.
const REAL: usize = 1_000;
/// Pairs of the first size.
const FEW: usize = 10_000;
/// Changes of one cycle.
const CHANGES: usize = 100;
/// Cycles of each size; the fastest counts, since only disturbances make one slower.
const CYCLES: usize = 7;
/// How long an idle bridge is watched.
const IDLE: Duration = Duration::from_secs(30);

pub async fn run(postgres: &Postgres, many: usize) {
    println!("a cycle with {CHANGES} new tickets");
    for store in ["SQLite", "PostgreSQL"] {
        let mut first = None;
        for pairs in [FEW, many] {
            let database = match store {
                "SQLite" => None,
                _ => Some(postgres.database(&format!("pairs_{pairs}")).await),
            };
            let systems = Systems::start(REAL, Duration::ZERO);
            let bridge = Bridge::new(&[&systems], database, "0 * * * * *");
            bridge.sync();
            fill(&bridge, pairs).await;
            let daemon = bridge.start();
            daemon.cycle();
            let mut best = Duration::MAX;
            let mut rows = None;
            for _ in 0..CYCLES {
                systems.more(CHANGES).await;
                let before = rows_read(&bridge).await;
                best = best.min(daemon.cycle());
                rows = rows_read(&bridge).await.zip(before).map(|(after, before)| after - before);
            }
            let (took, read) = *first.get_or_insert((best, rows));
            let ratio = best.as_secs_f64() / took.as_secs_f64();
            let rows =
                rows.zip(read).map(|(rows, first)| format!("   {rows} rows read, {:.2} ×", rows as f64 / first as f64));
            println!(
                "  {store:<10} {pairs:>9} pairs {:>8.1} ms {ratio:>6.2} ×{}",
                best.as_secs_f64() * 1e3,
                rows.unwrap_or_default()
            );
            idle(&daemon);
        }
    }
}

/// Its share of one core, and its memory.
fn idle(daemon: &Daemon) {
    let before = daemon.cpu();
    std::thread::sleep(IDLE);
    let share = (daemon.cpu() - before).as_secs_f64() / IDLE.as_secs_f64() * 100.0;
    println!("             idle for {} s: {share:.2} % CPU, {} MiB", IDLE.as_secs(), daemon.resident() / 1024);
}

/// Copies the stored rows until there are so many pairs.
async fn fill(bridge: &Bridge, pairs: usize) {
    sqlx::any::install_default_drivers();
    let mut database = AnyConnection::connect(&bridge.store_url()).await.unwrap();
    for copy in 1..pairs / REAL {
        let mut tx = database.begin().await.unwrap();
        for sql in COPIES {
            let sql = sql.replace("{copy}", &copy.to_string()).replace("{real}", &REAL.to_string());
            sqlx::query::<Any>(AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    sqlx::query::<Any>("ANALYZE").execute(&mut database).await.unwrap();
    let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM cases").fetch_one(&mut database).await.unwrap();
    assert_eq!(count, i64::try_from(pairs).unwrap());
    database.close().await.unwrap();
}

/// Each adds the first rows once more, under other names.
const COPIES: [&str; 2] = [
    "INSERT INTO cases (reference, link, origin, province_id, national_id, live, conflicts, parked, quarantined, replan, \
     revision, json) SELECT reference || '-{copy}', link, origin, province_id || '-{copy}', national_id || '-{copy}', live, \
     conflicts, parked, quarantined, replan, revision, json FROM cases ORDER BY seq LIMIT {real}",
    "INSERT INTO seen (system, id, stamp) SELECT system, id || '-{copy}', stamp FROM seen WHERE id NOT LIKE '%-%'",
];

/// Rows that the database has read so far, where it tells.
async fn rows_read(bridge: &Bridge) -> Option<i64> {
    bridge.database.as_ref()?;
    let mut database = AnyConnection::connect(&bridge.store_url()).await.unwrap();
    // The counts of a session reach the view when it is idle: asked until they stand still.
    let mut last = None;
    loop {
        let (rows,): (i64,) = sqlx::query_as(
            "SELECT CAST(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) AS BIGINT) FROM pg_stat_user_tables",
        )
        .fetch_one(&mut database)
        .await
        .unwrap();
        if last == Some(rows) {
            return last;
        }
        last = Some(rows);
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}
