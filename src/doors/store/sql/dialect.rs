//! The few words in which SQLite and PostgreSQL differ.

use std::fmt::Write as _;

use sqlx::AssertSqlSafe;

use super::outbox::COLUMNS;
use crate::doors::store::StoreError;
use crate::words::side::Side;

/// A word of our statements, in SQLite, in PostgreSQL.
const WORDS: [(&str, &str, &str); 7] = [
    ("{intent}", COLUMNS, COLUMNS),
    ("{each $3}", "json_each($3)", "json_array_elements(CAST($3 AS json)) AS each(value)"),
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

    /// Makes one text of a question: the JSON list of its rows, each the list of these columns' values. PostgreSQL has none
    /// where there are no rows.
    pub(super) fn listing(self, columns: &'static str, question: &'static str) -> AssertSqlSafe<String> {
        let AssertSqlSafe(question) = self.spell(question);
        // Nothing from outside is in it, as in a statement of ours.
        AssertSqlSafe(match self {
            Self::Sqlite => format!("SELECT json_group_array(json_array({columns})) FROM ({question})"),
            Self::Postgres => {
                format!("SELECT CAST(json_agg(json_build_array({columns})) AS text) FROM ({question}) AS rows")
            }
        })
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
    /// as `value`; `{intent}` is what an intent is read from; `{hold TABLE}` locks its rows and waits for those that others have locked, `{take TABLE}` passes those
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
    /// `data_corrupted` and `index_corrupted`.
    const POSTGRES_DAMAGE: [&str; 2] = ["XX001", "XX002"];
    /// `serialization_failure` and `deadlock_detected`: another's change came first.
    const POSTGRES_ROLLED_BACK: [&str; 2] = ["40001", "40P01"];
    let away = |why, error| StoreError::Away { why, source: Some(Box::new(error)) };
    let Some(said) = error.as_database_error() else {
        return match error {
            sqlx::Error::PoolTimedOut => away("no connection was to be had in time", error),
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolClosed => {
                away("the connection to it broke", error)
            }
            other => StoreError::Database(Box::new(other)),
        };
    };
    let code = said.code().unwrap_or_default();
    let sqlite = sqlite_code(&code);
    if matches!(sqlite, Some(11 | 26)) || POSTGRES_DAMAGE.contains(&code.as_ref()) {
        return StoreError::Damaged(said.message().to_owned());
    }
    if let Some(why) = sqlite.and_then(sqlite_away).or_else(|| postgres_away(&code)) {
        return away(why, error);
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

/// The primary code of SQLite's error; `None` for those of PostgreSQL, which have five characters.
fn sqlite_code(code: &str) -> Option<i32> {
    (code.len() < 5).then(|| code.parse::<i32>().ok()).flatten().map(|code| code & 0xff)
}

/// Why an SQLite file can't be used for a while, by its primary code.
const fn sqlite_away(code: i32) -> Option<&'static str> {
    match code {
        5 | 6 => Some("another program holds it for long"),
        8 => Some("it may only be read"),
        10 => Some("its disk does not do as it is told"),
        13 => Some("its disk is full"),
        14 => Some("its file can't be opened"),
        _ => None,
    }
}

/// Why a server can't be used for a while, by its code.
fn postgres_away(code: &str) -> Option<&'static str> {
    Some(match code {
        "53100" => "the server's disk is full",
        "53300" => "the server has no connection left for us",
        "25006" => "the server may only be read",
        "57014" => "the server gave the statement up, for it took too long",
        "25P03" => "the server ended a transaction that stood still",
        "55P03" => "another program holds it for long",
        _ if code.len() == 5 && matches!(code.get(..2), Some("08" | "53" | "57" | "58")) => "the server is in trouble",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_one_database_are_not_taken_for_those_of_the_other() {
        for (code, expected) in [("11", Some(11)), ("5", Some(5)), ("2067", Some(19)), ("22027", None), ("XX001", None)]
        {
            assert_eq!(sqlite_code(code), expected, "{code}");
        }
        for (code, expected) in [("57P01", true), ("08006", true), ("53300", true), ("23505", false), ("53", false)] {
            assert_eq!(postgres_away(code).is_some(), expected, "{code}");
        }
    }
}
