//! What went wrong in a transaction: what the database said, by its SQLSTATE, or that it said nothing.

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::sqlite::SqliteError;

use super::super::TransportError;
use crate::pure::exchange::Answer;
use crate::words::limits::MAX_SAYS_CHARS;

/// States of one vocabulary, whatever the database.
const UNIQUE: &str = "23505";
const FOREIGN_KEY: &str = "23503";
const NOT_NULL: &str = "23502";
const CHECK: &str = "23514";
const CONSTRAINT: &str = "23000";
const LOCKED: &str = "55P03";
const BAD_DATA: &str = "22000";
const BAD_STATEMENT: &str = "42000";
const NO_LOGIN: &str = "28000";
const NO_ROOM: &str = "53100";
const SYSTEM: &str = "58000";
const GENERAL: &str = "HY000";

/// Why there are no rows.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database refused.
    State {
        /// Its SQLSTATE.
        state: String,
        /// The constraint, where it names one.
        constraint: Option<String>,
    },
    /// The connection failed, or nothing came in time.
    Broken {
        /// What was seen.
        says: String,
    },
    /// More than an answer may hold.
    TooLarge,
}

impl Fault {
    /// Before the commit left: whatever it was, the transaction is rolled back.
    pub(super) fn before_commit(self) -> Result<Answer, TransportError> {
        match self {
            Self::State { state, constraint } => Ok(refusal(state, constraint)),
            Self::Broken { says } => Err(TransportError::NeverSent { says }),
            Self::TooLarge => Err(TransportError::NeverSent { says: "too many rows".to_owned() }),
        }
    }

    /// After it left: what the database refused is rolled back too; one that goes down, or says nothing, may have done it.
    pub(super) fn at_commit(self) -> Result<Answer, TransportError> {
        let says = match self {
            Self::State { state, .. } if matches!(state.get(..2), Some("08" | "57" | "58" | "HY" | "XX")) => {
                format!("the commit was answered by SQLSTATE {state}")
            }
            Self::State { state, constraint } => return Ok(refusal(state, constraint)),
            Self::Broken { says } => says,
            Self::TooLarge => "too many rows".to_owned(),
        };
        Err(TransportError::Lost { says })
    }
}

/// What the database refused, as an answer. Its message is left behind: it may hold values.
fn refusal(state: String, constraint: Option<String>) -> Answer {
    let mut headers = vec![("state".to_owned(), state)];
    headers.extend(constraint.map(|name| ("constraint".to_owned(), name)));
    Answer { status: 500, headers, body: b"{\"rows\":[],\"last\":null}".to_vec() }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(refused) => {
                Self::State { state: state(&*refused), constraint: refused.constraint().map(str::to_owned) }
            }
            other => Self::Broken { says: other.to_string().chars().take(MAX_SAYS_CHARS).collect() },
        }
    }
}

fn state(refused: &dyn DatabaseError) -> String {
    let known = match refused.kind() {
        ErrorKind::UniqueViolation => Some(UNIQUE),
        ErrorKind::ForeignKeyViolation => Some(FOREIGN_KEY),
        ErrorKind::NotNullViolation => Some(NOT_NULL),
        ErrorKind::CheckViolation => Some(CHECK),
        _ => None,
    };
    let known = known.or_else(|| {
        if refused.try_downcast_ref::<SqliteError>().is_some() {
            return Some(of_sqlite(&refused.code().unwrap_or_default()));
        }
        // A lock that was waited for too long has no state of its own there.
        let number = refused.try_downcast_ref::<MySqlDatabaseError>()?.number();
        (number == 1205).then_some(LOCKED)
    });
    let code = refused.code();
    known.or(code.as_deref()).unwrap_or(GENERAL).to_owned()
}

/// SQLite's result codes (<https://sqlite.org/rescode.html>), of which the low byte is the primary one.
fn of_sqlite(code: &str) -> &'static str {
    match code.parse::<u32>().unwrap_or_default() & 0xff {
        5 | 6 => LOCKED,
        13 => NO_ROOM,
        18 | 20 | 25 => BAD_DATA,
        19 => CONSTRAINT,
        1 => BAD_STATEMENT,
        3 | 23 => NO_LOGIN,
        _ => SYSTEM,
    }
}
