//! What differs between databases: how a statement is sent, its values, and its rows as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};
use sqlx::mysql::{MySqlArguments, MySqlQueryResult, MySqlRow, MySqlStatement};
use sqlx::postgres::{PgArguments, PgQueryResult, PgRow, PgStatement};
use sqlx::sqlite::{SqliteArguments, SqliteQueryResult, SqliteRow, SqliteStatement};
use sqlx::{
    Arguments as _, Column as _, Database, Either, MySql, Postgres, Row as _, Sqlite, Statement as _, TypeInfo as _,
    ValueRef as _,
};

use super::fault::Fault;
use crate::pure::exchange::{Bound, Query};

/// A database that we speak to.
pub(super) trait Speaks: Database {
    /// How a transaction that writes begins, where that is otherwise than one that reads.
    const WRITES: Option<&'static str>;

    /// The statement as it is sent, once it is known how the database understands it.
    fn text(query: &Query, statement: &Self::Statement, shows_rows: bool) -> String;

    /// The values in the order in which they are sent.
    fn values(query: &Query) -> Result<Self::Arguments, Fault>;

    /// A row as a JSON object.
    fn row(row: &Self::Row) -> Result<String, Fault>;

    /// How many rows were changed.
    fn changed(result: &Self::QueryResult) -> u64;
}

/// Values go as text and are understood by the server as what it expects in their places; rows are made JSON there. So
/// every type that it has, the installation's own too, is spelled as it spells it.
impl Speaks for Postgres {
    const WRITES: Option<&'static str> = None;

    fn text(query: &Query, statement: &PgStatement, shows_rows: bool) -> String {
        let types = match statement.parameters() {
            Some(Either::Left(types)) => types,
            Some(Either::Right(_)) | None => &[],
        };
        let place = |number: usize| match types.get(number).map(|kind| kind.name()) {
            Some("TEXT" | "UNKNOWN") | None => format!("${}::text", number + 1),
            Some(kind) => format!("${}::text::{kind}", number + 1),
        };
        let text = query.text(place);
        match (shows_rows, query.reads) {
            (false, _) => text,
            (true, true) => format!("select row_to_json(answer)::text from (\n{text}\n) as answer"),
            (true, false) => format!("with answer as (\n{text}\n) select row_to_json(answer)::text from answer"),
        }
    }

    fn values(query: &Query) -> Result<PgArguments, Fault> {
        let mut values = PgArguments::default();
        for value in &query.values {
            let text = match value {
                Bound::Null => None,
                Bound::Bool(yes) => Some(yes.to_string()),
                Bound::Number(text) | Bound::Text(text) => Some(text.clone()),
            };
            values.add(text).map_err(|_| unsendable())?;
        }
        Ok(values)
    }

    fn row(row: &PgRow) -> Result<String, Fault> {
        Ok(row.try_get(0)?)
    }

    fn changed(result: &PgQueryResult) -> u64 {
        result.rows_affected()
    }
}

impl Speaks for Sqlite {
    // One that reads first and writes then can't get the lock once another wrote in between.
    const WRITES: Option<&'static str> = Some("BEGIN IMMEDIATE");

    fn text(query: &Query, _: &SqliteStatement, _: bool) -> String {
        query.plain()
    }

    fn values(query: &Query) -> Result<SqliteArguments, Fault> {
        let mut values = SqliteArguments::default();
        for value in &query.values {
            let added = match Plain::of(value) {
                Plain::Null => values.add(None::<String>),
                Plain::Whole(number) => values.add(number),
                Plain::Real(number) => values.add(number),
                Plain::Text(text) => values.add(text),
            };
            added.map_err(|_| unsendable())?;
        }
        Ok(values)
    }

    /// A value has the type that it was stored with, whatever its column's is.
    fn row(row: &SqliteRow) -> Result<String, Fault> {
        object(row.columns().iter().map(|column| {
            let (name, at) = (column.name().to_owned(), column.ordinal());
            let raw = row.try_get_raw(at)?;
            let kind = raw.type_info().name().to_owned();
            let json = if raw.is_null() {
                Json::Null
            } else {
                match kind.as_str() {
                    "REAL" => number(row.try_get_unchecked(at)?)?,
                    "BLOB" => Json::String(STANDARD.encode(row.try_get_unchecked::<Vec<u8>, _>(at)?)),
                    "TEXT" => Json::String(row.try_get_unchecked(at)?),
                    _ => Json::from(row.try_get_unchecked::<i64, _>(at)?),
                }
            };
            Ok((name, json))
        }))
    }

    fn changed(result: &SqliteQueryResult) -> u64 {
        result.rows_affected()
    }
}

impl Speaks for MySql {
    const WRITES: Option<&'static str> = None;

    fn text(query: &Query, _: &MySqlStatement, _: bool) -> String {
        query.plain()
    }

    /// Places have no numbers there.
    fn values(query: &Query) -> Result<MySqlArguments, Fault> {
        let mut values = MySqlArguments::default();
        for value in query.in_order() {
            let added = match Plain::of(value) {
                Plain::Null => values.add(None::<String>),
                Plain::Whole(number) => values.add(number),
                Plain::Real(number) => values.add(number),
                Plain::Text(text) => values.add(text),
            };
            added.map_err(|_| unsendable())?;
        }
        Ok(values)
    }

    fn row(row: &MySqlRow) -> Result<String, Fault> {
        object(row.columns().iter().map(|column| {
            let (name, at) = (column.name().to_owned(), column.ordinal());
            let kind = column.type_info().name().to_owned();
            let json = if row.try_get_raw(at)?.is_null() {
                Json::Null
            } else {
                match kind.as_str() {
                    "FLOAT" => number(f64::from(row.try_get_unchecked::<f32, _>(at)?))?,
                    "DOUBLE" => number(row.try_get_unchecked(at)?)?,
                    "DATE" => Json::String(row.try_get_unchecked::<chrono::NaiveDate, _>(at)?.to_string()),
                    "TIME" => Json::String(row.try_get_unchecked::<chrono::NaiveTime, _>(at)?.to_string()),
                    // `2026-11-24 08:15:00.000000`, whatever the column's fraction; `TIMESTAMP` in UTC.
                    "DATETIME" | "TIMESTAMP" => {
                        let at: chrono::NaiveDateTime = row.try_get_unchecked(at)?;
                        Json::String(at.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
                    }
                    "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => {
                        Json::from(row.try_get_unchecked::<i64, _>(at)?)
                    }
                    "YEAR" | "BIT" => Json::from(row.try_get_unchecked::<u64, _>(at)?),
                    unsigned if unsigned.ends_with("UNSIGNED") => Json::from(row.try_get_unchecked::<u64, _>(at)?),
                    "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => {
                        Json::String(STANDARD.encode(row.try_get_unchecked::<Vec<u8>, _>(at)?))
                    }
                    _ => Json::String(row.try_get_unchecked(at)?),
                }
            };
            Ok((name, json))
        }))
    }

    fn changed(result: &MySqlQueryResult) -> u64 {
        result.rows_affected()
    }
}

/// A value as databases without a type for it at its place take it.
enum Plain {
    Null,
    Whole(i64),
    Real(f64),
    Text(String),
}

impl Plain {
    fn of(value: &Bound) -> Self {
        match value {
            Bound::Null => Self::Null,
            Bound::Bool(yes) => Self::Whole(i64::from(*yes)),
            Bound::Text(text) => Self::Text(text.clone()),
            Bound::Number(lexeme) => match (lexeme.parse(), lexeme.parse()) {
                (Ok(whole), _) => Self::Whole(whole),
                (Err(_), Ok(real)) => Self::Real(real),
                (Err(_), Err(_)) => Self::Text(lexeme.clone()),
            },
        }
    }
}

fn object(columns: impl Iterator<Item = Result<(String, Json), Fault>>) -> Result<String, Fault> {
    let mut object = Map::new();
    for column in columns {
        let (name, json) = column?;
        if object.insert(name.clone(), json).is_some() {
            return Err(Fault::Broken { says: format!("two columns are called `{name}`") });
        }
    }
    Ok(Json::Object(object).to_string())
}

fn number(number: f64) -> Result<Json, Fault> {
    let number = serde_json::Number::from_f64(number).map(Json::Number);
    number.ok_or_else(|| Fault::Broken { says: "a number that is none".to_owned() })
}

fn unsendable() -> Fault {
    Fault::Broken { says: "a value can't be sent".to_owned() }
}
