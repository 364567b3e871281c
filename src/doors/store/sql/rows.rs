//! Many rows by one statement: what takes the time is the statement, not the row.

use sqlx::{Any, AssertSqlSafe, Database, Transaction};

use super::{Dialect, StoreError};

/// Most rows of one statement. A database prepares each statement's text once, and there is one for each power of two
/// up to this.
const MOST: usize = 64;

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
