//! The rows that a cycle reads follow what changed, not what is stored. PostgreSQL counts them.

use super::postgres::database;
use super::*;

/// Tickets that are new in the cycle.
const NEW: usize = 100;
/// Stored pairs, few and many. Beside fewer the planner reads a table of small rows whole: it takes that for quicker.
const STORED: [usize; 2] = [60_000, 120_000];

#[tokio::test]
async fn a_cycle_reads_no_more_rows_beside_many_stored_pairs_than_beside_few() {
    let [few, many] = [rows_of_a_cycle(STORED[0]).await, rows_of_a_cycle(STORED[1]).await];
    println!("rows read beside {STORED:?} pairs: {few} and {many}");
    assert!(few >= 3 * NEW as i64, "{few}: what a cycle must read at least");
    assert!(many * 10 <= few * 12, "{few} rows beside {} pairs, {many} beside {}", STORED[0], STORED[1]);
}

async fn rows_of_a_cycle(stored: usize) -> i64 {
    let url = database().await;
    let open = async || SqlStore::open_postgres(&url, systems(), LIMITS).await.unwrap();
    let store = open().await;
    saved(&store, case("stored", Some("p"), Some("n"))).await;
    store.mark_seen(&"hub".into(), &[Seen { id: id("p"), stamp: "1".into() }]).await.unwrap();
    let mut server = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
    for sql in [
        "INSERT INTO cases (reference, link, origin, province_id, national_id, live, conflicts, parked, quarantined, \
         replan, revision, json) SELECT reference || n, link, origin, province_id || n, national_id || n, live, conflicts, \
         parked, quarantined, replan, revision, json || repeat(' ', 1500) FROM cases, generate_series(2, {stored}) AS n",
        "INSERT INTO seen (system, id, stamp) SELECT system, id || n, stamp FROM seen, generate_series(2, {stored}) AS n",
        "ANALYZE",
    ] {
        let sql = sqlx::AssertSqlSafe(sql.replace("{stored}", &stored.to_string()));
        sqlx::query(sql).execute(&mut server).await.unwrap();
    }
    sqlx::Connection::close(server).await.unwrap();
    store.close().await;
    let before = rows_read(&url).await;
    let store = open().await;
    cycle(&store).await;
    store.close().await;
    rows_read(&url).await - before
}

/// What the engine asks of the store in a cycle that brings new tickets, sends them and hears that they were taken.
async fn cycle(store: &SqlStore) {
    let ids: Vec<RemoteId> = (0..NEW).map(|number| id(&format!("new{number}"))).collect();
    assert!(store.seen(&"hub".into(), &ids).await.unwrap().is_empty());
    assert!(store.cases_of(&link(), Side::Province, &ids.iter().collect::<Vec<_>>()).await.unwrap().is_empty());
    let mut cases: Vec<Case> = ids.iter().map(|id| case(&format!("c-{id}"), Some(id.as_str()), None)).collect();
    for case in &mut cases {
        case.intents = vec![intent(&format!("k-{}", case.reference()), case, Side::National, None, 0)];
    }
    let change = change(1);
    let save = |case, claim| Save { case, change: &change, claim };
    let told = store.save_all(&cases.iter().map(|case| save(case, None)).collect::<Vec<_>>()).await.unwrap();
    assert!(told.iter().all(Result::is_ok));
    let seen: Vec<Seen> = ids.iter().map(|id| Seen { id: id.clone(), stamp: "1".into() }).collect();
    store.mark_seen(&"hub".into(), &seen).await.unwrap();
    assert!(store.to_replan(Some(&link()), None, 100).await.unwrap().is_empty());
    store.youngest(&link(), Side::National, &"".into()).await.unwrap();
    let claims = store.claim(&link(), Side::National, at(1), LEASE, 256).await.unwrap();
    assert_eq!(claims.len(), NEW);
    let claimed = store.cases_named(&claims.iter().map(|claim| &claim.intent.case).collect::<Vec<_>>()).await.unwrap();
    let taken: Vec<Case> = claims
        .iter()
        .map(|claim| {
            let mut case = claimed[&claim.intent.case].clone();
            case.intents.clear();
            case.ticket.ends.national.id = Some(id(&format!("n-{}", case.reference())));
            case
        })
        .collect();
    let saves: Vec<Save<'_>> = taken.iter().zip(&claims).map(|(case, claim)| save(case, Some(claim))).collect();
    assert!(store.save_all(&saves).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(store.open(Some(&link())).await.unwrap(), Open::default());
    assert_eq!(store.next_due().await.unwrap(), None);
    assert!(store.hints(10).await.unwrap().is_empty());
}

/// Rows that the server has read of this database so far, once nobody else uses it: a session counts when it ends.
async fn rows_read(url: &str) -> i64 {
    let mut server = <sqlx::AnyConnection as sqlx::Connection>::connect(url).await.unwrap();
    loop {
        let (rows, others): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT CAST(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) AS BIGINT) \
             FROM pg_stat_user_tables), (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND backend_type = 'client backend' AND pid <> pg_backend_pid())",
        )
        .fetch_one(&mut server)
        .await
        .unwrap();
        if others == 0 {
            return rows;
        }
    }
}
