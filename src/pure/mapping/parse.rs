//! From the text of a mapping file to a checked [`Mapping`], or all its problems.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use toml::Spanned;
use toml::de::DeTable;

use crate::pure::encoding::Encoding;
use crate::pure::wire::{CsvStyle, Namespaces};

use super::carrier::Carrier;
use super::check::{Notes, cross_check};
use super::codes::CodeTable;
use super::instant::InstantFormat;
use super::model::{Absent, DocumentFormat, Mapping, Shape};
use super::problem::{CODES, Problem, Problems, code};
use super::read::Outline;
use crate::pure::document::{Item, Table};
use crate::words::extra::Extras;
use crate::words::ticket::{Field, RecordKind};

mod auth;
mod beside;
mod call;
mod codes;
mod example;
mod http;
mod secret;
mod setting;
mod shape;
mod sql;
mod template;
mod types;
mod verb;

pub use beside::{Beside, NOTHING_BESIDE, Texts};

use beside::hash;

/// Longest mapping file, bytes.
pub const MAX_MAPPING_BYTES: usize = 1024 * 1024;
/// Most brackets that are open at one place of a mapping file.
const MAX_MAPPING_DEPTH: usize = 200;
/// The only format so far.
const FORMAT: u64 = 1;

/// Loads a mapping for use: the deployment gives its settings.
///
/// # Errors
/// All problems of the file and of the settings.
pub fn load(
    file: &str,
    text: &str,
    settings: &BTreeMap<String, String>,
    beside: Beside<'_>,
) -> Result<Mapping, Vec<Problem>> {
    read(file, text, setting::Given::By(settings), beside)
}

/// Loads a mapping to check it alone: its settings have the values of their `example`.
///
/// # Errors
/// All problems of the file.
pub fn check(file: &str, text: &str, beside: Beside<'_>) -> Result<Mapping, Vec<Problem>> {
    read(file, text, setting::Given::Examples, beside)
}

/// The same of a document that the caller keeps: what the loader asked of it is then known by its tables.
#[cfg(test)]
pub(super) fn check_document(
    file: &str,
    text: &str,
    document: &Spanned<DeTable<'_>>,
    beside: Beside<'_>,
) -> Result<Mapping, Vec<Problem>> {
    understand(file, text, document, setting::Given::Examples, beside, Problems::new(file, text, &CODES))
}

/// What is known while a file is being read.
pub(super) struct Loader<'a> {
    pub(super) problems: Problems<'a>,
    notes: Notes,
    /// The call that is being read; empty where what is read holds for all.
    call_read: String,
    file: &'a str,
    beside: Beside<'a>,
    /// Texts of the files beside the mapping that were read, by name.
    files_beside: BTreeMap<String, String>,
    carrier: Carrier,
    settings: BTreeMap<String, setting::Setting>,
    /// Names of all calls, for `${CALL.NAME}`.
    calls: BTreeSet<String>,
    tables: BTreeSet<String>,
    zone: Tz,
    instants: InstantFormat,
    absent: Vec<Absent>,
    format: DocumentFormat,
    namespaces: Namespaces,
    /// Whether records are rows: every path is one column.
    flat: bool,
    csv: CsvStyle,
    /// In which bytes documents are.
    encoding: Encoding,
    /// The fields that the file declares.
    extras: Extras,
    /// How many patterns were compiled.
    patterns: usize,
    /// How many `each` stand around the template that is being read.
    eaches: usize,
    /// The places of the shape that is being read.
    outline: Outline,
    /// The places of the element around it.
    around: Outline,
}

fn read(file: &str, text: &str, given: setting::Given<'_>, beside: Beside<'_>) -> Result<Mapping, Vec<Problem>> {
    let mut problems = Problems::new(file, text, &CODES);
    if text.len() > MAX_MAPPING_BYTES {
        problems.say(code::SYNTAX, &(0..1), format!("larger than {MAX_MAPPING_BYTES} bytes"), "split it");
        return Err(problems.into_vec());
    }
    if let Some(at) = too_deep(text) {
        let message = format!("more than {MAX_MAPPING_DEPTH} brackets that are open");
        problems.say(code::SYNTAX, &(at..at + 1), message, "close them");
        return Err(problems.into_vec());
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            problems.say(code::SYNTAX, &error.span().unwrap_or(0..1), error.message().trim(), "write it as TOML");
        }
        return Err(problems.into_vec());
    }
    understand(file, text, &document, given, beside, problems)
}

/// Where more brackets are open than any mapping has, wherever they stand: TOML's reader goes into each of them.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'{' | b'[' => open += 1,
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        open > MAX_MAPPING_DEPTH
    })
}

/// A document that is TOML.
fn understand(
    file: &str,
    text: &str,
    document: &Spanned<DeTable<'_>>,
    given: setting::Given<'_>,
    beside: Beside<'_>,
    problems: Problems<'_>,
) -> Result<Mapping, Vec<Problem>> {
    let root = Table::root(document);
    let mut loader = Loader {
        problems,
        notes: Notes::default(),
        call_read: String::new(),
        file,
        beside,
        files_beside: BTreeMap::new(),
        carrier: Carrier::Http,
        settings: BTreeMap::new(),
        calls: BTreeSet::new(),
        tables: BTreeSet::new(),
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        instants: InstantFormat::rfc3339(chrono_tz::Asia::Ho_Chi_Minh, 0),
        absent: Vec::new(),
        format: DocumentFormat::Json,
        namespaces: Namespaces::new(),
        flat: false,
        csv: CsvStyle::default(),
        encoding: Encoding::Utf8,
        extras: Extras::NONE,
        patterns: 0,
        eaches: 0,
        outline: Outline::default(),
        around: Outline::default(),
    };
    let mapping = loader.mapping(file, text, &root, given);
    root.finish(&mut loader.problems);
    let Loader { mut problems, notes, .. } = loader;
    cross_check(&mapping, &notes, &mut problems);
    if problems.is_empty() { Ok(mapping) } else { Err(problems.into_vec()) }
}

/// The dates by which codes of the file are understood: rows that hold for a time, and units.
fn day_fields(codes: &BTreeMap<String, CodeTable>, shapes: &BTreeMap<RecordKind, Shape>) -> BTreeSet<Field> {
    let dated = codes.values().filter(|table| table.is_dated()).map(|table| &table.terms.by);
    let units = shapes.values().flat_map(|shape| shape.fields.values()).filter_map(|map| map.codec.dated_by());
    dated.chain(units).cloned().collect()
}

impl Loader<'_> {
    fn mapping(&mut self, file: &str, text: &str, root: &Table<'_>, given: setting::Given<'_>) -> Mapping {
        if let Some(item) = root.need("format", &mut self.problems)
            && item.number(&mut self.problems).is_some_and(|format| format != FORMAT)
        {
            self.problems.say(code::BAD_VALUE, &item.span, "an unknown format", format!("write `format = {FORMAT}`"));
        }
        let name = root.need("name", &mut self.problems).and_then(|item| item.str(&mut self.problems));
        root.str("title", &mut self.problems);
        self.settings(root, given);
        let record = root.need("record", &mut self.problems).and_then(|item| item.table(&mut self.problems));
        self.document_format(root, record.as_ref());
        self.defaults(root);
        self.names(root);
        let codes = self.codes(root);
        self.extras = self.extras(root);
        let before = self.problems.len();
        let shapes = self.shapes(root, record.as_ref());
        self.notes.shapes = self.problems.len() == before;
        let http = self.carried(root);
        let before = self.problems.len();
        let login = self.login(root);
        let hook = self.hook(root);
        let calls = self.calls(root);
        self.notes.calls_whole = self.problems.len() == before;
        let answers = self.answers(root);
        let before = self.problems.len();
        let verbs = self.verbs(root, &calls, &shapes);
        self.notes.verbs = self.problems.len() == before;
        let promises = self.promises(root);
        let examples = self.examples(root, &shapes);
        Mapping {
            day_fields: day_fields(&codes, &shapes),
            name: name.unwrap_or_default().to_owned(),
            file: file.to_owned(),
            sources: self.problems.sources().to_vec(),
            beside: self.files_beside.keys().cloned().collect(),
            hash: hash(file, text, &self.files_beside),
            format: self.format,
            encoding: self.encoding,
            csv: self.csv.clone(),
            namespaces: self.namespaces.clone(),
            zone: self.zone,
            instants: self.instants.clone(),
            carrier: self.carrier.clone(),
            http,
            login,
            hook,
            answers,
            calls,
            verbs,
            shapes,
            extras: self.extras.clone(),
            codes,
            promises,
            examples,
        }
    }

    fn defaults(&mut self, root: &Table<'_>) {
        let Some(table) = root.table("default", &mut self.problems) else { return };
        if let Some(item) = table.get("zone") {
            self.zone = self.zone(&item).unwrap_or(self.zone);
            self.instants = InstantFormat::rfc3339(self.zone, 0);
        }
        if let Some(item) = table.get("instant") {
            self.instants = self.instant_format(&item).unwrap_or_else(|| self.instants.clone());
        }
        if let Some(item) = table.get("absent") {
            self.absent = self.absents(&item);
        }
        table.finish(&mut self.problems);
    }

    fn document_format(&mut self, root: &Table<'_>, record: Option<&Table<'_>>) {
        if let Some(table) = root.table("namespace", &mut self.problems) {
            for (prefix, _, item) in table.members() {
                if let Some(uri) = item.str(&mut self.problems) {
                    self.namespaces.insert(prefix.to_owned(), uri.to_owned());
                }
            }
        }
        let words = [
            ("json", (DocumentFormat::Json, false)),
            ("xml", (DocumentFormat::Xml, false)),
            ("csv", (DocumentFormat::Csv, true)),
            // Rows of a table are flat objects with types of their own.
            ("rows", (DocumentFormat::Json, true)),
        ];
        if let Some(item) = record.and_then(|record| record.need("kind", &mut self.problems)) {
            (self.format, self.flat) = item.word(&mut self.problems, &words).unwrap_or((self.format, false));
        }
        if let Some(item) = record.and_then(|record| record.get("encoding")) {
            self.encoding = item.word(&mut self.problems, &Encoding::ALL).unwrap_or_default();
        }
        self.absent = vec![match self.format {
            DocumentFormat::Json => Absent::Null,
            DocumentFormat::Xml => Absent::Nil,
            DocumentFormat::Csv => Absent::Text(String::new()),
        }];
        if let Some(table) = record.and_then(|record| record.table("csv", &mut self.problems)) {
            self.csv = self.csv_style(&table);
        }
    }

    /// `csv = { delimiter = ";", columns = [...] }`.
    fn csv_style(&mut self, table: &Table<'_>) -> CsvStyle {
        let mut style = CsvStyle::default();
        if let Some(item) = table.get("delimiter")
            && let Some(text) = item.str(&mut self.problems)
        {
            match text.as_bytes() {
                [one] if !matches!(one, b'"' | b'\r' | b'\n') => style.delimiter = *one,
                _ => {
                    let mend = "write one character, such as \",\", \";\" or \"\\t\"";
                    self.problems.say(code::BAD_VALUE, &item.span, format!("`{text}` can't part cells"), mend);
                }
            }
        }
        style.columns = table.get("columns").map(|item| item.strings(&mut self.problems)).unwrap_or_default();
        table.finish(&mut self.problems);
        style
    }

    /// The names that other parts may refer to, before those parts are read.
    fn names(&mut self, root: &Table<'_>) {
        for (section, names) in [("call", &mut self.calls), ("code", &mut self.tables)] {
            if let Some(table) = root.get(section).and_then(|item| item.table(&mut self.problems)) {
                names.extend(table.members().into_iter().map(|(name, _, _)| name.to_owned()));
            }
        }
    }

    pub(super) fn zone(&mut self, item: &Item<'_>) -> Option<Tz> {
        let text = self.text(item)?;
        let zone = text.parse().ok();
        if zone.is_none() {
            let mend = "write a name of the time zone database, such as Asia/Ho_Chi_Minh or UTC";
            self.problems.say(code::BAD_VALUE, &item.span, format!("`{text}` is no time zone"), mend);
        }
        zone
    }

    /// `"PATTERN"`, `"rfc3339"`, `"epoch"`, `"epoch_ms"`, or `{ as, zone, digits }`.
    pub(super) fn instant_format(&mut self, item: &Item<'_>) -> Option<InstantFormat> {
        if item.value.as_str().is_some() {
            return self.instant_as(Some(item), None, None);
        }
        let table = item.table(&mut self.problems)?;
        let format = self.instant_in(&table);
        table.finish(&mut self.problems);
        format
    }

    /// The keys `as`, `zone`, `digits`, `missing_offset` of a table that has others too.
    pub(super) fn instant_in(&mut self, table: &Table<'_>) -> Option<InstantFormat> {
        let mut format =
            self.instant_as(table.get("as").as_ref(), table.get("zone").as_ref(), table.get("digits").as_ref())?;
        let words = [("zone", true), ("refuse", false)];
        if let Some(item) = table.get("missing_offset")
            && let Some(zoned) = item.word(&mut self.problems, &words)
        {
            if let InstantFormat::Rfc3339 { local, .. } = &mut format {
                *local = zoned;
            } else {
                let mend = "leave it out: only RFC 3339 expects an offset";
                self.problems.say(code::BAD_VALUE, &item.span, "this format has no offset that could be missing", mend);
            }
        }
        Some(format)
    }

    fn instant_as(
        &mut self,
        form: Option<&Item<'_>>,
        zone: Option<&Item<'_>>,
        digits: Option<&Item<'_>>,
    ) -> Option<InstantFormat> {
        let zone = match zone {
            Some(item) => Some(self.zone(item)?),
            None => None,
        };
        let digits = match digits {
            Some(item) => match item.number(&mut self.problems)? {
                0 => 0,
                3 => 3,
                6 => 6,
                _ => {
                    self.problems.say(code::BAD_VALUE, &item.span, "so many digits are not known", "write 0, 3 or 6");
                    return None;
                }
            },
            None => 0,
        };
        let Some(form) = form else {
            let mut usual = self.instants.clone();
            match (&mut usual, zone) {
                (InstantFormat::Pattern { zone: kept, .. }, Some(zone)) => *kept = zone.into(),
                (InstantFormat::Rfc3339 { zone: kept, digits: after, .. }, Some(zone)) => {
                    *kept = zone.into();
                    *after = digits;
                }
                _ => {}
            }
            return Some(usual);
        };
        let zone = zone.unwrap_or(self.zone);
        Some(match self.text(form)?.as_str() {
            "rfc3339" => InstantFormat::rfc3339(zone, digits),
            "epoch" => InstantFormat::EpochSeconds,
            "epoch_ms" => InstantFormat::EpochMillis,
            pattern => match InstantFormat::pattern(pattern, zone) {
                Ok(format) => format,
                Err(fault) => {
                    let mend = "write \"rfc3339\", \"epoch\", \"epoch_ms\" or a full strftime pattern of date and time";
                    self.problems.say(code::BAD_VALUE, &form.span, format!("`{pattern}`: {fault}"), mend);
                    return None;
                }
            },
        })
    }

    /// `absent = ["null", "omit", "nil", "", { text = "1900-01-01" }]`, or one of them.
    pub(super) fn absents(&mut self, item: &Item<'_>) -> Vec<Absent> {
        let mut out = Vec::new();
        for item in item.one_or_list() {
            let found = if item.value.as_table().is_some() {
                item.table(&mut self.problems).and_then(|table| {
                    let text = table.need("text", &mut self.problems)?.str(&mut self.problems)?.to_owned();
                    table.finish(&mut self.problems);
                    Some(Absent::Text(text))
                })
            } else if item.value.as_str() == Some("") {
                Some(Absent::Text(String::new()))
            } else {
                // JSON has no nil, and XML no null.
                let own = match self.format {
                    DocumentFormat::Json => ("null", false),
                    DocumentFormat::Xml => ("nil", false),
                    DocumentFormat::Csv => ("omit", true),
                };
                item.word(&mut self.problems, &[("omit", true), own]).map(|omit| match self.format {
                    _ if omit => Absent::Omit,
                    DocumentFormat::Json | DocumentFormat::Csv => Absent::Null,
                    DocumentFormat::Xml => Absent::Nil,
                })
            };
            out.extend(found);
        }
        out
    }
}
