//! Many rows by one statement, and many rows as one: what takes the time is the statement, and handing over each row.

use serde::de::DeserializeOwned;
use sqlx::{Any, AssertSqlSafe, Database, Executor, Row as _, Transaction};

use super::{Dialect, StoreError, from_json};

/// Most rows of one statement. A database prepares each statement's text once, and there is one for each power of two
/// up to this.
const MOST: usize = 256;

/// A statement that waits for its values.
pub(super) type Statement<'q> = sqlx::query::Query<'q, Any, <Any as Database>::Arguments>;

/// Runs `head VALUES (…), (…) tail` over all rows, in their order; how many rows it changed. `bind` gives a row's values,
/// as many as there are `columns`.
pub(super) async fn write<'q, T>(
    tx: &mut Transaction<'_, Any>,
    dialect: Dialect,
    (head, columns, tail): (&'static str, usize, &'static str),
    mut rows: &'q [T],
    bind: impl Fn(Statement<'q>, &'q T) -> Statement<'q>,
) -> Result<u64, StoreError> {
    let mut changed = 0;
    while !rows.is_empty() {
        let most = rows.len().min(MOST);
        // The largest power of two that is not more.
        let (now, later) = rows.split_at(1 << most.ilog2());
        let mut sql = head.to_owned();
        sql.push_str(" VALUES ");
        dialect.places(&mut sql, now.len(), columns);
        sql.push_str(tail);
        // Nothing from outside is in it: words of this program, and places.
        let statement = now.iter().fold(sqlx::query(AssertSqlSafe(sql)), &bind);
        changed += statement.execute(&mut **tx).await?.rows_affected();
        rows = later;
    }
    Ok(changed)
}

/// The rows that a question finds, in its order. The database lists their `columns` in one row: SQLite's thread wakes
/// whoever asked for each row anew, which takes longer than to find it.
pub(super) async fn read<'q, T: DeserializeOwned>(
    from: impl Executor<'q, Database = Any>,
    dialect: Dialect,
    (columns, question): (&'static str, &'static str),
    bind: impl FnOnce(Statement<'q>) -> Statement<'q>,
) -> Result<Vec<T>, StoreError> {
    let row = bind(sqlx::query(dialect.listing(columns, question))).fetch_one(from).await?;
    let listed: Option<String> = row.try_get(0)?;
    listed.map_or_else(|| Ok(Vec::new()), |listed| from_json(&listed, columns))
}
