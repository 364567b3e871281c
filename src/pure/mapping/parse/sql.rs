//! `[sql]` and `sql = "…"` of a call: systems that are a database; `[folder]`: those that exchange files.

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::carrier::{Carrier, Clause, Columns, Database, Dialect, Folder, Statement};
use crate::pure::mapping::model::DocumentFormat;
use crate::pure::mapping::problem::code;
use crate::pure::mapping::template::{Part, Template, Var};
use crate::words::secret::Secret;

/// Keys of a call that only other carriers have a meaning for.
const FOREIGN: [&str; 11] =
    ["on", "query", "header", "json", "form", "xml", "csv", "bytes", "multipart", "bare", "gives"];

impl Loader<'_> {
    /// `[sql]`: which database, and where.
    pub(super) fn database(&mut self, table: &Table<'_>) -> Option<Database> {
        let dialect = table.need("dialect", &mut self.problems);
        let dialect = dialect.and_then(|item| item.word(&mut self.problems, &Dialect::WORDS));
        let url = table.need("url", &mut self.problems);
        let given = url.as_ref().and_then(|item| self.template(item)?.constant());
        table.finish(&mut self.problems);
        let (dialect, item, url) = (dialect?, url?, given?);
        let schemes = dialect.schemes();
        // One without a value was reported as such.
        if !url.is_empty() && !schemes.iter().any(|scheme| url.starts_with(scheme)) {
            let mend = format!("give an address that begins with {}", schemes.join(" or "));
            self.problems.say(code::BAD_VALUE, &item.span, "no address of such a database", mend);
        }
        if self.format != DocumentFormat::Json {
            let mend = "write `kind = \"rows\"` in `[record]`, or `\"json\"` where calls put something into it";
            self.problems.say(code::BAD_VALUE, &table.span, "what a database shows is rows", mend);
        }
        Some(Database { dialect, url: Secret::new(url) })
    }

    /// `[folder]`: where files are exchanged.
    pub(super) fn folder(&mut self, table: &Table<'_>) -> Option<Folder> {
        let path = table.need("path", &mut self.problems).and_then(|item| self.text(&item));
        table.finish(&mut self.problems);
        let namespaces = self.namespaces.clone();
        Some(Folder { path: path?, format: self.format, encoding: self.encoding, namespaces })
    }

    /// What a call of a database sends; nothing where the system is none.
    pub(super) fn statement(&mut self, table: &Table<'_>) -> Option<Statement> {
        let Carrier::Sql(database) = &self.carrier else {
            if let Some(item) = table.get("sql") {
                let mend = "say `[sql]` in place of `[http]`, or send another body";
                self.problems.say(code::BAD_VALUE, &item.span, "a statement, but no database", mend);
            }
            return None;
        };
        let dialect = database.dialect;
        for item in FOREIGN.iter().filter_map(|key| table.get(key)) {
            let mend = "take it out: `sql` is all that a database is sent, and it answers rows";
            self.problems.say(code::BAD_VALUE, &item.span, "not for a database", mend);
        }
        let item = table.need("sql", &mut self.problems)?;
        let text = item.str(&mut self.problems)?;
        if let Some(fault) = fault(text, dialect) {
            let mend = "write one statement, in which each `${…}` stands by itself as a value";
            self.problems.say(code::TEMPLATE, &item.span, fault, mend);
        }
        self.clauses(text, &item)
    }

    fn clauses(&mut self, text: &str, item: &Item<'_>) -> Option<Statement> {
        let mut clauses = Vec::new();
        let mut rest = text.trim();
        while let Some((before, after)) = rest.split_once("${") {
            clauses.push(Clause::Text(before.to_owned()));
            let Some((name, after)) = after.split_once('}') else {
                self.problems.say(code::TEMPLATE, &item.span, "`${` without `}`", "close it");
                return None;
            };
            clauses.push(self.clause(name, item)?);
            rest = after;
        }
        clauses.push(Clause::Text(rest.to_owned()));
        clauses.retain(|clause| *clause != Clause::Text(String::new()));
        Some(Statement(clauses))
    }

    fn clause(&mut self, name: &str, item: &Item<'_>) -> Option<Clause> {
        let span = self.problems.token(&item.span, &format!("${{{name}}}"));
        if let Some((_, columns)) = Columns::WORDS.iter().find(|(word, _)| *word == name) {
            self.notes.variables.entry((self.call_read.clone(), Var::Write)).or_insert(span);
            return Some(Clause::Write(*columns));
        }
        if let Some(name) = name.strip_prefix("setting.") {
            let Some(setting) = self.setting(name) else {
                self.unknown_setting(name, item);
                return None;
            };
            return Some(Clause::Value(Template(vec![Part::Secret(setting.value.clone())])));
        }
        let var = self.variable(name, item)?;
        if matches!(var, Var::Write | Var::Whole | Var::Body) {
            let mend = "write `set ${write.set}`, or `(${write.columns}) values (${write.values})`";
            self.problems.say(code::TEMPLATE, &span, format!("`${{{name}}}` is no single value"), mend);
            return None;
        }
        self.notes.variables.entry((self.call_read.clone(), var.clone())).or_insert(span);
        Some(Clause::Value(Template(vec![Part::Var(var)])))
    }
}

/// What a reader of SQL stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Code,
    Quotes(char),
    Line,
    Block,
}

/// What makes a text no single statement with values in it, roughly: the database says the rest.
fn fault(text: &str, dialect: Dialect) -> Option<&'static str> {
    let mut within = Within::Code;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let next = |what: &str| rest.starts_with(what);
        let mut step = first.len_utf8();
        if next("${") {
            if within != Within::Code {
                return Some("a value inside quotes or a comment");
            }
            step = rest.find('}').map_or(rest.len(), |end| end + 1);
        } else {
            within = match within {
                Within::Code => match first {
                    '\'' | '"' | '`' => Within::Quotes(first),
                    '-' if next("--") => Within::Line,
                    '#' if dialect == Dialect::MySql => Within::Line,
                    '/' if next("/*") => Within::Block,
                    ';' => return Some("`;`: more than one statement"),
                    '?' if dialect != Dialect::Postgres => return Some("`?`: values are written `${…}`"),
                    '$' => return Some("`$`: values are written `${…}`"),
                    _ => Within::Code,
                },
                // A doubled quote ends and begins.
                Within::Quotes(quote) if quote == first => Within::Code,
                Within::Line if first == '\n' => Within::Code,
                Within::Block if next("*/") => {
                    step = 2;
                    Within::Code
                }
                still => still,
            };
        }
        rest = rest.get(step..).unwrap_or_default();
    }
    match within {
        Within::Code | Within::Line => None,
        Within::Quotes(_) => Some("quotes that are not closed"),
        Within::Block => Some("a comment that is not closed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_with_values_that_stand_by_themselves() {
        let (postgres, sqlite, mysql) = (Dialect::Postgres, Dialect::Sqlite, Dialect::MySql);
        let cases: [(&str, Dialect, Option<&str>); 14] = [
            ("select 1", sqlite, None),
            ("select 'it''s; ?' from \"a;b\" -- why; ?\nwhere a = ${id}", sqlite, None),
            ("select a /* ; ' */ from t where b = ${id}", mysql, None),
            ("select a # it's\nfrom t", mysql, None),
            ("select a -> 'b' ? 'c' from t", postgres, None),
            ("select 1; delete from t", sqlite, Some("`;`: more than one statement")),
            ("select * from t where a = '${id}'", postgres, Some("a value inside quotes or a comment")),
            ("select * from t -- ${id}", postgres, Some("a value inside quotes or a comment")),
            ("select * from t where a = ?", sqlite, Some("`?`: values are written `${…}`")),
            ("select * from t where a = $1", postgres, Some("`$`: values are written `${…}`")),
            ("select $$a$$", postgres, Some("`$`: values are written `${…}`")),
            ("select 'a", mysql, Some("quotes that are not closed")),
            ("select \"a", mysql, Some("quotes that are not closed")),
            ("select 1 /* a", sqlite, Some("a comment that is not closed")),
        ];
        for (text, dialect, expected) in cases {
            assert_eq!(fault(text, dialect), expected, "{text}");
        }
    }
}
