//! A call of a database becomes a statement and its values.

use std::fmt;

use crate::pure::mapping::calls::Body as CallBody;
use crate::pure::mapping::carrier::{Clause, Columns, Dialect};
use crate::pure::wire::Node;

use super::render::{RenderError, Renderer};

/// One statement with the values that it is carried out with, ready to be sent. `Debug` shows no value: those may be
/// personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    /// Whose SQL it is.
    pub dialect: Dialect,
    /// Its text and places; those of one variable have one number where types don't depend on places.
    pub pieces: Vec<Piece>,
    /// The values by their number.
    pub values: Vec<Bound>,
    /// Whether it only reads.
    pub reads: bool,
}

/// A piece of a [`Query`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text of the mapping's own.
    Text(String),
    /// The place of a value.
    Place(usize),
}

/// A value that goes beside a statement.
#[derive(Clone, PartialEq, Eq)]
pub enum Bound {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// Text.
    Text(String),
}

impl Query {
    /// The statement, each place written so.
    #[must_use]
    pub fn text(&self, place: impl Fn(usize) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Place(number) => place(*number),
        };
        self.pieces.iter().map(piece).collect()
    }

    /// The statement as its database prepares it.
    #[must_use]
    pub fn plain(&self) -> String {
        self.text(|number| self.dialect.placeholder(number))
    }

    /// The values in the order of their places: as often as a database wants them that does not number them.
    pub fn in_order(&self) -> impl Iterator<Item = &Bound> {
        let numbers = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Place(number) => Some(*number),
            Piece::Text(_) => None,
        });
        numbers.filter_map(|number| self.values.get(number))
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} values", self.plain(), self.values.len())
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
        })
    }
}

impl Renderer<'_> {
    /// The statement of a call of a database.
    pub(super) fn query(self, dialect: Dialect) -> Result<Query, RenderError> {
        let CallBody::Sql(statement) = &self.call.body else { return Err(self.no_address()) };
        let verb = statement.verb();
        let reads = matches!(verb.as_str(), "select" | "with" | "values" | "table" | "show");
        let mut query = Query { dialect, pieces: Vec::new(), values: Vec::new(), reads };
        let mut seen: Vec<(&Clause, usize)> = Vec::new();
        for (at, clause) in statement.0.iter().enumerate() {
            match clause {
                Clause::Text(text) => query.pieces.push(Piece::Text(text.clone())),
                Clause::Value(template) => {
                    let known = seen.iter().find(|(known, _)| *known == clause).map(|(_, number)| *number);
                    let number = if let Some(number) = known {
                        number
                    } else {
                        let node = match template.lone() {
                            Some(var) => self.value(var),
                            None => self.text(template)?.map(Node::Text),
                        };
                        query.add(self.bound(node.unwrap_or(Node::Null))?)
                    };
                    query.pieces.push(Piece::Place(number));
                    if dialect != Dialect::Postgres {
                        seen.push((clause, number));
                    } else if asks_for_null(statement.0.get(at + 1)) {
                        // Each place has a type of its own there, which this question does not tell.
                        query.pieces.push(Piece::Text("::text".to_owned()));
                    }
                }
                Clause::Write(columns) => self.columns(*columns, &mut query)?,
            }
        }
        Ok(query)
    }

    /// The changed columns: their names are the mapping's, quoted, and their values are values.
    fn columns(self, columns: Columns, query: &mut Query) -> Result<(), RenderError> {
        let none = Node::Null;
        let members: Vec<(&str, &Node)> = match self.scope.write.as_ref().unwrap_or(&none) {
            Node::Map(map) => map.iter().collect(),
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::List(_) | Node::Element(_) => vec![],
        };
        if members.is_empty() {
            return Err(RenderError::NoColumns { call: self.call.name.clone() });
        }
        for (at, (name, node)) in members.into_iter().enumerate() {
            if at > 0 {
                query.pieces.push(Piece::Text(", ".to_owned()));
            }
            let name = query.dialect.quoted(name);
            match columns {
                Columns::Names => query.pieces.push(Piece::Text(name)),
                Columns::Set => {
                    query.pieces.push(Piece::Text(format!("{name} = ")));
                    let number = query.add(self.bound(node.clone())?);
                    query.pieces.push(Piece::Place(number));
                }
                Columns::Values => {
                    let number = query.add(self.bound(node.clone())?);
                    query.pieces.push(Piece::Place(number));
                }
            }
        }
        Ok(())
    }

    fn bound(self, node: Node) -> Result<Bound, RenderError> {
        match node {
            Node::Null => Ok(Bound::Null),
            Node::Bool(yes) => Ok(Bound::Bool(yes)),
            Node::Number(lexeme) => Ok(Bound::Number(lexeme)),
            Node::Text(text) => Ok(Bound::Text(text)),
            other @ (Node::List(_) | Node::Map(_) | Node::Element(_)) => {
                Err(RenderError::NoText { call: self.call.name.clone(), kind: other.kind() })
            }
        }
    }
}

/// Whether a text goes on with `is null` or `is not null`.
fn asks_for_null(next: Option<&Clause>) -> bool {
    let Some(Clause::Text(text)) = next else { return false };
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut word = || words.next().unwrap_or_default().to_ascii_lowercase();
    text.starts_with(char::is_whitespace) && word() == "is" && matches!(word().as_str(), "null" | "not")
}

impl Query {
    fn add(&mut self, value: Bound) -> usize {
        self.values.push(value);
        self.values.len() - 1
    }
}
