//! The few words in which SQLite and PostgreSQL differ.

use std::fmt::Write as _;

use sqlx::AssertSqlSafe;

use crate::doors::store::StoreError;
use crate::words::side::Side;

/// A word of our statements, in SQLite, in PostgreSQL.
const WORDS: [(&str, &str, &str); 5] = [
    ("{each $1}", "json_each($1)", "json_array_elements(CAST($1 AS json)) AS each(value)"),
    ("{each $2}", "json_each($2)", "json_array_elements(CAST($2 AS json)) AS each(value)"),
    ("{hold cases}", "", "FOR UPDATE OF cases"),
    ("{take cases}", "", "FOR UPDATE OF cases SKIP LOCKED"),
    ("{take intents}", "", "FOR UPDATE OF intents SKIP LOCKED"),
];

/// Which database answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::doors::store) enum Dialect {
    /// One file, one daemon.
    Sqlite,
    /// A server, any number of daemons.
    Postgres,
}

impl Dialect {
    /// Begins a transaction that writes: in SQLite with the write lock at once, so that it can't fail half-way for want
    /// of it.
    pub(super) const fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Begins a transaction whose reads are all of one moment.
    pub(super) const fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Places for the values of so many rows: `($1, $2), ($3, $4) `. SQLite looks each numbered place up among all of them,
    /// so there they have no numbers.
    pub(super) fn places(self, sql: &mut String, rows: usize, columns: usize) {
        for place in 0..rows * columns {
            let is_first = place % columns == 0;
            sql.push_str(if place == 0 {
                "("
            } else if is_first {
                "), ("
            } else {
                ", "
            });
            match self {
                Self::Sqlite => sql.push('?'),
                // Writing into a text can't fail.
                Self::Postgres => write!(sql, "${}", place + 1).unwrap_or_default(),
            }
        }
        sql.push_str(") ");
    }

    /// A statement of ours in this database's words: `{each $N}` is the elements of the JSON list that is bound there, each
    /// as `value`; `{hold TABLE}` locks its rows and waits for those that others have locked, `{take TABLE}` passes those
    /// by. SQLite has one writer at a time anyway.
    pub(super) fn spell(self, sql: &'static str) -> AssertSqlSafe<String> {
        let words =
            WORDS.iter().map(|(word, sqlite, postgres)| (word, if self == Self::Sqlite { sqlite } else { postgres }));
        // Nothing from outside is in it: a statement of this program and the words below.
        AssertSqlSafe(words.fold(sql.to_owned(), |sql, (word, spelled)| sql.replace(word, spelled)))
    }
}

/// What the database's error means to us.
pub(super) fn classify(error: sqlx::Error) -> StoreError {
    /// `SQLITE_CORRUPT` and `SQLITE_NOTADB`.
    const SQLITE_DAMAGE: [i32; 2] = [11, 26];
    /// `data_corrupted` and `index_corrupted`.
    const POSTGRES_DAMAGE: [&str; 2] = ["XX001", "XX002"];
    /// `serialization_failure` and `deadlock_detected`: another's change came first.
    const POSTGRES_ROLLED_BACK: [&str; 2] = ["40001", "40P01"];
    let Some(said) = error.as_database_error() else { return StoreError::Database(Box::new(error)) };
    let code = said.code().unwrap_or_default();
    let primary = code.parse::<i32>().ok().map(|code| code & 0xff);
    if primary.is_some_and(|code| SQLITE_DAMAGE.contains(&code)) || POSTGRES_DAMAGE.contains(&code.as_ref()) {
        return StoreError::Damaged(said.message().to_owned());
    }
    if POSTGRES_ROLLED_BACK.contains(&code.as_ref()) {
        return StoreError::Stale;
    }
    if said.is_unique_violation() {
        let says = |name: &str| said.constraint().is_some_and(|found| found == name) || said.message().contains(name);
        for side in Side::BOTH {
            // PostgreSQL names the index, SQLite the columns.
            if says(&format!("cases_by_{side}_id")) || says(&format!("cases.{side}_id")) {
                return StoreError::Taken { side };
            }
        }
        if says("intents_one_in_hand") || says("intents.record") {
            return StoreError::Fenced;
        }
    }
    StoreError::Database(Box::new(error))
}
