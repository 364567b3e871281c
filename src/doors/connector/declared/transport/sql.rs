//! Carries statements to a database and rows back. A call is one transaction: until its commit left, nothing was done.
//!
//! Values go beside the statement, never in it. Rows come back as JSON, within the limits of an answer.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Either, Executor, IntoArguments, MySql, Pool, Postgres, SqlSafeStr as _,
};
use sqlx::{Sqlite, Statement as _};

use super::TransportError;
use super::gate::{Gate, MAX_CONCURRENCY};
use crate::doors::connector::declared::{CallOptions, ConnectError};
use crate::pure::exchange::{Answer, Query};
use crate::pure::mapping::carrier::{Database, Dialect};
use crate::words::clock::Deadline;
use crate::words::limits::{MAX_ANSWER_BYTES, MAX_PAGE_ROWS};
use crate::words::side::SystemName;
use crate::words::way::Way;

use self::dialect::Speaks;
use self::fault::Fault;

mod dialect;
mod fault;

/// Most statements of which is remembered how they are sent: those of a mapping, each with the sets of columns that are
/// written together.
const MAX_SHAPES: usize = 256;

/// Connections to one database.
#[derive(Debug)]
pub(in super::super) struct Client {
    pool: AnyPool,
    gate: Gate,
    call_timeout: Duration,
    shapes: Mutex<HashMap<String, Arc<Shape>>>,
}

#[derive(Debug)]
enum AnyPool {
    Postgres(Pool<Postgres>),
    Sqlite(Pool<Sqlite>),
    MySql(Pool<MySql>),
}

/// How a statement is sent to its database.
#[derive(Debug)]
struct Shape {
    /// Its text.
    text: String,
    /// Whether it answers rows; else how many were changed.
    shows_rows: bool,
}

impl Client {
    /// Connections are made when they are first needed, at most as many as calls may be under way.
    pub(super) fn new(system: &SystemName, database: &Database, options: &CallOptions) -> Result<Self, ConnectError> {
        if options.way != Way::default() {
            return Err(ConnectError::Way { system: system.clone() });
        }
        let most = u32::try_from(options.concurrency.clamp(1, MAX_CONCURRENCY)).unwrap_or(1);
        let url = database.url.reveal();
        // Nothing of the address is told: it holds a password.
        let address = |_| ConnectError::Database { system: system.clone() };
        let pool = match database.dialect {
            Dialect::Postgres => {
                let limit = options.call_timeout.as_millis().to_string();
                let connect = PgConnectOptions::from_str(url).map_err(address)?.application_name("pakn-bridge");
                let connect = connect.options([("statement_timeout", limit)]).disable_statement_logging();
                let pool = PgPoolOptions::new().max_connections(most).acquire_timeout(options.connect_timeout);
                AnyPool::Postgres(pool.idle_timeout(options.pool_idle_timeout).connect_lazy_with(connect))
            }
            Dialect::Sqlite => {
                let connect = SqliteConnectOptions::from_str(url).map_err(address)?.busy_timeout(options.call_timeout);
                let connect = connect.create_if_missing(false).disable_statement_logging();
                let pool = SqlitePoolOptions::new().max_connections(most).acquire_timeout(options.connect_timeout);
                AnyPool::Sqlite(pool.idle_timeout(options.pool_idle_timeout).connect_lazy_with(connect))
            }
            Dialect::MySql => {
                let connect = MySqlConnectOptions::from_str(url).map_err(address)?.disable_statement_logging();
                let pool = MySqlPoolOptions::new().max_connections(most).acquire_timeout(options.connect_timeout);
                AnyPool::MySql(pool.idle_timeout(options.pool_idle_timeout).connect_lazy_with(connect))
            }
        };
        let gate = Gate::new(options.per_second, options.concurrency);
        Ok(Self { pool, gate, call_timeout: options.call_timeout, shapes: Mutex::default() })
    }

    /// Carries out a statement in a transaction of its own.
    pub(super) async fn exchange(&self, query: &Query, begin_by: Option<Deadline>) -> Result<Answer, TransportError> {
        let _pass = self.gate.enter().await;
        if begin_by.is_some_and(|deadline| deadline.has_passed()) {
            return Err(TransportError::too_old());
        }
        let committing = AtomicBool::new(false);
        let work = match &self.pool {
            AnyPool::Postgres(pool) => self.transact(pool, query, &committing).boxed(),
            AnyPool::Sqlite(pool) => self.transact(pool, query, &committing).boxed(),
            AnyPool::MySql(pool) => self.transact(pool, query, &committing).boxed(),
        };
        let done = tokio::time::timeout(self.call_timeout, work).await;
        let late = || Fault::Broken { says: format!("no answer within {} s", self.call_timeout.as_secs_f32()) };
        match done.unwrap_or_else(|_| Err(late())) {
            Ok(answer) => Ok(answer),
            Err(Fault::TooLarge) => Err(TransportError::TooLarge { limit: MAX_ANSWER_BYTES as u64 }),
            Err(fault) if !committing.load(Ordering::SeqCst) => fault.before_commit(),
            Err(fault) => fault.at_commit(),
        }
    }

    async fn transact<DB: Speaks>(
        &self,
        pool: &Pool<DB>,
        query: &Query,
        committing: &AtomicBool,
    ) -> Result<Answer, Fault>
    where
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
        DB::Arguments: IntoArguments<DB>,
    {
        let mut transaction = match DB::WRITES.filter(|_| !query.reads) {
            Some(begin) => pool.begin_with(begin).await?,
            None => pool.begin().await?,
        };
        let shape = self.shape::<DB>(&mut transaction, query).await?;
        let statement = sqlx::query_with(AssertSqlSafe(shape.text.as_str()), DB::values(query)?);
        let mut rows = Rows::default();
        let mut changed = 0;
        // Whether a statement that writes shows rows, MariaDB says only when it is carried out.
        let mut told = transaction.fetch_many(statement);
        while let Some(part) = told.next().await {
            match part? {
                Either::Left(result) => changed += DB::changed(&result),
                Either::Right(row) => rows.add(&DB::row(&row)?)?,
            }
        }
        drop(told);
        if rows.count == 0 && !shape.shows_rows {
            rows.count = changed;
        }
        committing.store(true, Ordering::SeqCst);
        transaction.commit().await?;
        Ok(rows.into_answer())
    }

    /// How a statement is sent; asked of the database once.
    async fn shape<DB: Speaks>(&self, connection: &mut DB::Connection, query: &Query) -> Result<Arc<Shape>, Fault>
    where
        for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    {
        let plain = query.plain();
        if let Some(known) = self.shapes.lock().unwrap_or_else(PoisonError::into_inner).get(&plain) {
            return Ok(Arc::clone(known));
        }
        let statement = connection.prepare(AssertSqlSafe(plain.as_str()).into_sql_str()).await?;
        let shows_rows = !statement.columns().is_empty();
        let shape = Arc::new(Shape { text: DB::text(query, &statement, shows_rows), shows_rows });
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if shapes.len() >= MAX_SHAPES {
            shapes.clear();
        }
        shapes.insert(plain, Arc::clone(&shape));
        Ok(shape)
    }
}

/// The rows of an answer as they come: `{"rows":[…],"last":…}`.
#[derive(Debug, Default)]
struct Rows {
    body: String,
    last: String,
    count: u64,
}

impl Rows {
    /// One more, as a JSON object. One row more than a page may have is kept, so that it is told.
    fn add(&mut self, row: &str) -> Result<(), Fault> {
        if self.body.len() + 2 * row.len() + 32 > MAX_ANSWER_BYTES || self.count > MAX_PAGE_ROWS as u64 {
            return Err(Fault::TooLarge);
        }
        self.body.push_str(if self.count == 0 { "" } else { "," });
        self.body.push_str(row);
        row.clone_into(&mut self.last);
        self.count += 1;
        Ok(())
    }

    fn into_answer(self) -> Answer {
        let last = if self.last.is_empty() { "null" } else { &self.last };
        let body = format!("{{\"rows\":[{}],\"last\":{last}}}", self.body);
        let headers = vec![("count".to_owned(), self.count.to_string())];
        Answer { status: 200, headers, body: body.into_bytes() }
    }
}
