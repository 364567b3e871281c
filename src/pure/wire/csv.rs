//! CSV ↔ rows: each row an object of texts by its columns.

use std::collections::BTreeSet;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Terminator, WriterBuilder};

use super::{Limits, Map, Node, WireError, text_of};

/// How a system writes CSV (RFC 4180, quoted where needed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvStyle {
    /// Between two cells.
    pub delimiter: u8,
    /// Names of the columns in order; where none are declared the first line names them.
    pub columns: Vec<String>,
}

impl Default for CsvStyle {
    fn default() -> Self {
        Self { delimiter: b',', columns: Vec::new() }
    }
}

/// Reads all rows as a list of objects. A byte order mark is passed over, an empty line is no row.
///
/// # Errors
/// What is wrong with it: never some of the rows. A row with more or fewer cells than there are columns is refused.
pub fn parse_csv(bytes: &[u8], style: &CsvStyle, limits: &Limits) -> Result<Node, WireError> {
    let text = match text_of(bytes, limits) {
        // Where nobody writes a header, nothing is no row.
        Err(WireError::Empty) if !style.columns.is_empty() => return Ok(Node::List(Vec::new())),
        text => text?,
    };
    let mut reader = ReaderBuilder::new().delimiter(style.delimiter).has_headers(false).from_reader(text.as_bytes());
    let mut columns = style.columns.clone();
    let mut rows = Vec::new();
    let mut cells = 0;
    for record in reader.records() {
        let record = record.map_err(|error| verdict(&error))?;
        if columns.is_empty() {
            columns = header(&record)?;
            continue;
        }
        if record.len() != columns.len() {
            return Err(malformed(record.position().map_or(0, csv::Position::byte)));
        }
        cells += record.len();
        if cells > limits.nodes {
            return Err(WireError::TooMany { limit: limits.nodes });
        }
        rows.push(Node::Map(
            columns.iter().zip(&record).map(|(name, cell)| (name.clone(), Node::text(cell))).collect(),
        ));
    }
    Ok(Node::List(rows))
}

/// The first row of a listing as a document by itself.
#[must_use]
pub fn first_row(rows: Node) -> Node {
    match rows {
        Node::List(rows) => rows.into_iter().next().unwrap_or(Node::Null),
        other => other,
    }
}

/// Prints one row; with a header where no columns are declared.
///
/// # Errors
/// [`WireError::Unprintable`] for a column that is not declared and for what is no single value.
pub fn print_csv(row: &Map, style: &CsvStyle) -> Result<Vec<u8>, WireError> {
    let fail = |what: String| WireError::Unprintable { format: "CSV", what };
    let mut columns: Vec<&str> = style.columns.iter().map(String::as_str).collect();
    if columns.is_empty() {
        columns = row.iter().map(|(name, _)| name).collect();
    } else if let Some((name, _)) = row.iter().find(|(name, _)| !columns.contains(name)) {
        return Err(fail(format!("there is no column `{name}`")));
    }
    let mut writer =
        WriterBuilder::new().delimiter(style.delimiter).terminator(Terminator::CRLF).from_writer(Vec::new());
    let mut cells = Vec::with_capacity(columns.len());
    for name in &columns {
        cells.push(match row.get(name) {
            None | Some(Node::Null) => String::new(),
            Some(node) => {
                let plain = node.as_plain().ok_or_else(|| fail(format!("`{name}` holds {}", node.kind())))?;
                plain.into_owned()
            }
        });
    }
    if style.columns.is_empty() {
        writer.write_record(&columns).map_err(|error| fail(error.to_string()))?;
    }
    writer.write_record(&cells).map_err(|error| fail(error.to_string()))?;
    writer.into_inner().map_err(|error| fail(error.to_string()))
}

fn header(record: &StringRecord) -> Result<Vec<String>, WireError> {
    let mut seen = BTreeSet::new();
    for name in record {
        if !seen.insert(name) {
            return Err(WireError::DoubledKey { key: name.to_owned() });
        }
    }
    Ok(record.iter().map(str::to_owned).collect())
}

fn verdict(error: &csv::Error) -> WireError {
    match error.kind() {
        ErrorKind::UnequalLengths { pos, .. } => malformed(pos.as_ref().map_or(0, csv::Position::byte)),
        _ => WireError::Malformed { what: "no CSV".to_owned(), offset: 0 },
    }
}

fn malformed(offset: u64) -> WireError {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    WireError::Malformed { what: "a row with more or fewer cells than columns".to_owned(), offset }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pure::wire::print_json;

    fn style(delimiter: u8, columns: &[&str]) -> CsvStyle {
        CsvStyle { delimiter, columns: columns.iter().map(|name| (*name).to_owned()).collect() }
    }

    fn read(text: &str, style: &CsvStyle) -> String {
        match parse_csv(text.as_bytes(), style, &Limits { nodes: 8, ..Limits::default() }) {
            Ok(node) => String::from_utf8(print_json(node).unwrap()).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn rows_are_objects_of_their_columns() {
        let (comma, semicolon, named) = (style(b',', &[]), style(b';', &[]), style(b',', &["Ma", "Ten"]));
        for (text, style, expected) in [
            ("Ma,Ten\r\n1,\"a, \"\"b\"\"\"\r\n2,\r\n", &comma, r#"[{"Ma":"1","Ten":"a, \"b\""},{"Ma":"2","Ten":""}]"#),
            ("\u{feff}Ma;Ten\n010;\"dòng 1\ndòng 2\"\n", &semicolon, r#"[{"Ma":"010","Ten":"dòng 1\ndòng 2"}]"#),
            ("1,a\n", &named, r#"[{"Ma":"1","Ten":"a"}]"#),
            ("Ma,Ten\n", &comma, "[]"),
            ("", &named, "[]"),
            ("", &comma, "empty"),
            ("Ma,Ma\n1,2\n", &comma, "the key `Ma` twice in one object"),
            ("Ma,Ten\n1\n", &comma, "a row with more or fewer cells than columns at byte 7"),
            ("1,2,3\n", &named, "a row with more or fewer cells than columns at byte 0"),
            ("Ma\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", &comma, "more than 8 values"),
        ] {
            assert_eq!(read(text, style), expected, "{text:?}");
        }
    }

    #[test]
    fn a_row_is_printed_by_its_columns() {
        let row: Map =
            [("Ten", Node::text("a, b")), ("Ma", Node::Number("7".into())), ("Het", Node::Null)].into_iter().collect();
        let printed = |style: &CsvStyle| print_csv(&row, style).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(printed(&style(b',', &[])).unwrap(), "Ten,Ma,Het\r\n\"a, b\",7,\r\n");
        assert_eq!(printed(&style(b';', &["Ma", "Het", "Ten", "Khac"])).unwrap(), "7;;a, b;\r\n");
        let missing = printed(&style(b',', &["Ma"])).unwrap_err();
        assert_eq!(missing.to_string(), "can't be written as CSV: there is no column `Ten`");
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(cells in proptest::collection::vec("[ -~à-ỹ\\n\\r]{0,8}", 1..4), tab in any::<bool>()) {
            let row: Map = cells.iter().enumerate().map(|(at, cell)| (format!("c{at}"), Node::text(cell.clone()))).collect();
            let style = style(if tab { b'\t' } else { b',' }, &[]);
            let printed = print_csv(&row, &style).unwrap();
            prop_assert_eq!(parse_csv(&printed, &style, &Limits::default()), Ok(Node::List(vec![Node::Map(row)])));
        }
    }
}
