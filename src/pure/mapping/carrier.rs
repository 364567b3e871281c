//! What carries the calls of a system: HTTP, a database, a folder; and the statement that a call of a database makes.

use crate::pure::encoding::Encoding;
use crate::pure::wire::Namespaces;
use crate::words::secret::Secret;

use super::model::DocumentFormat;
use super::template::{Template, Var};

/// What carries the calls of a system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Carrier {
    /// HTTP, as `[http]` says.
    #[default]
    Http,
    /// A database.
    Sql(Database),
    /// A folder of files.
    Folder(Folder),
}

/// A database, as `[sql]` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Whose SQL it speaks.
    pub dialect: Dialect,
    /// Where it is and who we are there, in the form of its own tools.
    pub url: Secret,
}

/// A folder that files are exchanged through, one a ticket, as `[folder]` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where it is.
    pub path: String,
    /// What its files are made of.
    pub format: DocumentFormat,
    /// In which bytes.
    pub encoding: Encoding,
    /// The prefixes of XML.
    pub namespaces: Namespaces,
}

impl Folder {
    /// What stands before the paths of its calls.
    pub const BASE: &str = "folder:";

    /// How the names of its files end.
    #[must_use]
    pub const fn ending(&self) -> &'static str {
        match self.format {
            DocumentFormat::Json => "json",
            DocumentFormat::Xml => "xml",
            DocumentFormat::Csv => "csv",
        }
    }
}

/// Whose SQL a database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
    /// MySQL and MariaDB.
    MySql,
}

impl Dialect {
    /// All, with their words in mapping files.
    pub const WORDS: [(&'static str, Self); 3] =
        [("postgres", Self::Postgres), ("sqlite", Self::Sqlite), ("mysql", Self::MySql)];

    /// How addresses of such a database begin.
    #[must_use]
    pub const fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &["postgres://", "postgresql://"],
            Self::Sqlite => &["sqlite:"],
            Self::MySql => &["mysql://", "mariadb://"],
        }
    }

    /// The place of a value, counted from 0.
    #[must_use]
    pub fn placeholder(self, number: usize) -> String {
        match self {
            Self::Postgres => format!("${}", number + 1),
            Self::Sqlite => format!("?{}", number + 1),
            Self::MySql => "?".to_owned(),
        }
    }

    /// The name of a column as it may stand in a statement, whatever is in it.
    #[must_use]
    pub fn quoted(self, column: &str) -> String {
        match self {
            Self::Postgres | Self::Sqlite => format!("\"{}\"", column.replace('"', "\"\"")),
            Self::MySql => format!("`{}`", column.replace('`', "``")),
        }
    }
}

/// One statement of SQL. Its text is the file's own; what stands in `${…}` is never text of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statement(pub Vec<Clause>);

/// A piece of a [`Statement`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// As it is in the file.
    Text(String),
    /// A value; null where it is absent. One variable, setting or secret.
    Value(Template),
    /// The changed columns.
    Write(Columns),
}

/// How the changed columns stand in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// `${write.set}`: `a = …, b = …`.
    Set,
    /// `${write.columns}`: `a, b`.
    Names,
    /// `${write.values}`: their values, in the same order.
    Values,
}

impl Columns {
    /// All, with their words in mapping files.
    pub const WORDS: [(&'static str, Self); 3] =
        [("write.set", Self::Set), ("write.columns", Self::Names), ("write.values", Self::Values)];
}

impl Statement {
    /// Its variables, in order.
    pub fn vars(&self) -> impl Iterator<Item = &Var> {
        self.0.iter().flat_map(|clause| match clause {
            Clause::Text(_) => Vec::new(),
            Clause::Value(template) => template.vars().collect(),
            Clause::Write(_) => vec![&Var::Write],
        })
    }

    /// Its text before the first value, by which reading and writing statements are told apart.
    #[must_use]
    pub fn verb(&self) -> String {
        let first = self.0.iter().find_map(|clause| if let Clause::Text(text) = clause { Some(text) } else { None });
        first.map_or("", String::as_str).split_whitespace().next().unwrap_or_default().to_ascii_lowercase()
    }
}
