//! A database of a test's own on the tests' PostgreSQL server.

use std::process::Command;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Makes a database; gives its URL.
pub(crate) async fn database() -> String {
    let cluster = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres/cluster");
    let told = tokio::task::spawn_blocking(move || Command::new(cluster).arg("url").output().unwrap()).await.unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let mut url: url::Url = String::from_utf8(told.stdout).unwrap().trim().parse().unwrap();
    let name = format!("bridge_{:016x}", rand::random::<u64>());
    let mut admin = PgConnection::connect(url.as_str()).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    url.set_path(&name);
    url.to_string()
}
