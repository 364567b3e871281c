//! PostgreSQL: the suite, and several daemons at once.

use super::*;

/// A database of its own on the tests' PostgreSQL server, empty.
pub(super) async fn database() -> String {
    let cluster = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres/cluster");
    let told = std::process::Command::new(cluster).arg("url").output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let mut url: url::Url = String::from_utf8(told.stdout).unwrap().trim().parse().unwrap();
    let name = format!("contract_{:016x}", rand::random::<u64>());
    sqlx::any::install_default_drivers();
    let mut admin = <sqlx::AnyConnection as sqlx::Connection>::connect(url.as_str()).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
    url.set_path(&name);
    url.to_string()
}

/// A store in such a one.
async fn postgres() -> (String, SqlStore) {
    let url = database().await;
    let store = SqlStore::open_postgres(&url, systems(), LIMITS).await.unwrap();
    (url, store)
}

#[tokio::test]
async fn what_an_older_program_kept_in_postgres_goes_on() {
    let url = database().await;
    crate::doors::store::postgres::create_older(&url, 1, &older::ROWS).await;
    let store = SqlStore::open_postgres(&url, systems(), LIMITS).await.unwrap();
    older::holds(&store).await;
    store.close().await;
}

#[tokio::test]
async fn postgres_keeps_the_contract() {
    let (_, store) = postgres().await;
    holds(&store).await;
    store.close().await;
}

#[tokio::test]
async fn postgres_keeps_the_contract_about_mappings_and_hints() {
    let (_, store) = postgres().await;
    mappings::holds(&store).await;
    hints::holds(&store).await;
    store.close().await;
}

#[tokio::test]
async fn in_postgres_too_audit_entries_can_be_neither_changed_nor_deleted() {
    let (_, store) = postgres().await;
    let one = case("a1", None, None);
    store
        .save(&one, &Change { facts: vec![fact("paired", &one)], at: at(0), ..Change::default() }, None)
        .await
        .unwrap();
    for sql in ["UPDATE audit SET what = 'x'", "DELETE FROM audit", "TRUNCATE audit"] {
        let refused = store.execute_raw(sql).await.unwrap_err();
        assert!(refused.to_string().contains("audit entries are never"), "{refused}");
    }
}

/// Many daemons claim at once: each row goes to one of them, and of one record one row.
#[tokio::test]
async fn several_daemons_share_a_queue_without_ever_sharing_a_row() {
    let (url, first) = postgres().await;
    for number in 0..60 {
        let id = format!("p{number}");
        let mut one = case(&format!("s{number:02}"), Some(&id), None);
        one.intents = vec![
            intent(&format!("s{number:02}-1"), &one, Side::Province, Some(&id), 0),
            intent(&format!("s{number:02}-2"), &one, Side::Province, Some(&id), 0),
        ];
        saved(&first, one).await;
    }
    let mut daemons = vec![first];
    for _ in 0..2 {
        daemons.push(SqlStore::open_postgres(&url, systems(), LIMITS).await.unwrap());
    }
    let claims = futures_util::future::join_all(daemons.iter().map(|daemon| async {
        let mut mine = Vec::new();
        loop {
            let claims = daemon.claim(&link(), Side::Province, at(1), LEASE, 4).await.unwrap();
            if claims.is_empty() {
                return mine;
            }
            mine.extend(claims.into_iter().map(|claim| claim.intent.key));
        }
    }))
    .await;
    let mut all: Vec<String> = claims.concat();
    all.sort();
    let expected: Vec<String> = (0..60).map(|number| format!("s{number:02}-1")).collect();
    assert_eq!(all, expected, "each record once, its first row");
    let open = daemons[2].open(None).await.unwrap();
    assert_eq!((open.sent, open.ready), (60, 60));
}

#[tokio::test]
async fn two_links_that_claim_one_record_at_once_send_one_row() {
    let (url, first) = postgres().await;
    let second = SqlStore::open_postgres(&url, systems(), LIMITS).await.unwrap();
    for number in 0..40 {
        let id = format!("p{number}");
        for of in [link(), "legal".into()] {
            let mut one = case(&format!("{of}-{number}"), Some(&id), None);
            one.link = of;
            one.intents = vec![intent(&format!("{}-{number}-1", one.link), &one, Side::Province, Some(&id), 0)];
            saved(&first, one).await;
        }
    }
    let legal: LinkName = "legal".into();
    let (here, there) = (link(), legal);
    let (mine, theirs) = futures_util::join!(
        first.claim(&here, Side::Province, at(1), LEASE, 40),
        second.claim(&there, Side::Province, at(1), LEASE, 40)
    );
    let (mine, theirs) = (mine.unwrap().len(), theirs.unwrap().len());
    assert!(mine + theirs <= 40 && mine + theirs > 0, "{mine} and {theirs} of 40 records");
    let rest = first.claim(&here, Side::Province, at(1), LEASE, 40).await.unwrap().len()
        + second.claim(&there, Side::Province, at(1), LEASE, 40).await.unwrap().len();
    assert_eq!(mine + theirs + rest, 40, "no record is left, and none is claimed twice");
}

/// Saves of many cases at once by two daemons: the log's numbers have no gaps all the same.
#[tokio::test]
async fn the_log_of_several_daemons_has_no_gaps() {
    let (url, first) = postgres().await;
    let second = SqlStore::open_postgres(&url, systems(), LIMITS).await.unwrap();
    let saves = (0..50).map(|number| {
        let store = if number % 2 == 0 { &first } else { &second };
        async move {
            // Every fifth is refused and rolled back.
            let mut one = case(&format!("g{number}"), None, None);
            one.revision = i64::from(number % 5 == 4);
            let told = Change { facts: vec![fact("one", &one), fact("two", &one)], at: at(5), ..Change::default() };
            store.save(&one, &told, None).await.is_ok()
        }
    });
    let saved = futures_util::future::join_all(saves).await.into_iter().filter(|saved| *saved).count();
    assert_eq!(saved, 40);
    let ids: Vec<i64> = first.entries(0, 999).await.unwrap().iter().map(|entry| entry.id).collect();
    assert_eq!(ids, (1..=80).collect::<Vec<i64>>());
}
