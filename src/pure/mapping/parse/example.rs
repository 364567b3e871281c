//! `[[example]]`: tests that live in the file.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use toml::de::DeValue;

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::calls::Verdict;
use crate::pure::mapping::model::{Case, DocumentFormat, Example, ExampleTicket, Shape};
use crate::pure::mapping::problem::{code, nearest};
use crate::pure::wire::{Limits, Node, first_row, parse_csv, parse_json, parse_xml};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::{Type, Value};

/// The writes that an example can show.
const WRITES: [(&str, (RecordKind, bool)); 5] = [
    ("create", (RecordKind::Ticket, true)),
    ("update", (RecordKind::Ticket, false)),
    ("reply", (RecordKind::Reply, true)),
    ("transfer", (RecordKind::Transfer, true)),
    ("attach", (RecordKind::Attachment, true)),
];

impl Loader<'_> {
    pub(super) fn examples(&mut self, root: &Table<'_>, shapes: &BTreeMap<RecordKind, Shape>) -> Vec<Example> {
        let mut examples = Vec::new();
        for table in root.tables("example", &mut self.problems) {
            let line = self.problems.line(table.span.start);
            let name = table.need("name", &mut self.problems).and_then(|item| item.str(&mut self.problems));
            let case = if let Some(item) = table.get("do") {
                self.request_case(&table, &item, shapes)
            } else if let Some(item) = table.get("document") {
                self.document_case(&table, &item, shapes)
            } else if let Some(item) = table.get("call") {
                self.answer_case(&table, &item)
            } else {
                let mend = "add `document = …` (with `ticket`), `do = …` (with `ticket`, `request`) or `call = …` (with `status`, `verdict`)";
                self.problems.say(code::MISSING_KEY, &table.span, "an example of nothing", mend);
                continue;
            };
            table.finish(&mut self.problems);
            if let (Some(name), Some(case)) = (name, case) {
                examples.push(Example { name: name.to_owned(), line, case });
            }
        }
        examples
    }

    fn document_case(
        &mut self,
        table: &Table<'_>,
        item: &Item<'_>,
        shapes: &BTreeMap<RecordKind, Shape>,
    ) -> Option<Case> {
        let document = self.document(item)?;
        let ticket = table.need("ticket", &mut self.problems)?;
        Some(Case::Document { document, ticket: self.ticket(RecordKind::Ticket, &ticket, shapes)? })
    }

    fn document(&mut self, item: &Item<'_>) -> Option<Node> {
        let text = item.str(&mut self.problems)?;
        let parsed = match self.format {
            DocumentFormat::Json => parse_json(text.as_bytes(), &Limits::default()),
            DocumentFormat::Xml => parse_xml(text.as_bytes(), &self.namespaces, &Limits::default()),
            DocumentFormat::Csv => parse_csv(text.as_bytes(), &self.csv, &Limits::default()).map(first_row),
        };
        if let Err(error) = &parsed {
            let mend = "write one ticket's document, in triple single quotes";
            self.problems.say(code::EXAMPLE, &item.span, format!("the document can't be read: {error}"), mend);
        }
        parsed.ok()
    }

    fn request_case(
        &mut self,
        table: &Table<'_>,
        item: &Item<'_>,
        shapes: &BTreeMap<RecordKind, Shape>,
    ) -> Option<Case> {
        let (kind, create) = item.word(&mut self.problems, &WRITES)?;
        let ticket = table.need("ticket", &mut self.problems)?;
        let request = table.need("request", &mut self.problems)?.str(&mut self.problems)?.to_owned();
        Some(Case::Request {
            kind,
            id: table.str("id", &mut self.problems).map(str::to_owned),
            version: table.str("version", &mut self.problems).map(str::to_owned),
            document: table.get("document").and_then(|item| self.document(&item)),
            create,
            ticket: self.ticket(kind, &ticket, shapes)?,
            request,
            given: self.string_map(table, "given"),
        })
    }

    fn answer_case(&mut self, table: &Table<'_>, item: &Item<'_>) -> Option<Case> {
        let call = self.call_name(item);
        let status = table.need("status", &mut self.problems)?.number(&mut self.problems)?;
        let verdict = table.need("verdict", &mut self.problems)?.word(&mut self.problems, &Verdict::WORDS)?;
        let items = table.get("items").and_then(|item| item.number(&mut self.problems));
        Some(Case::Answer {
            status: u16::try_from(status).ok()?,
            headers: self.string_map(table, "header"),
            body: table.str("body", &mut self.problems).unwrap_or_default().to_owned(),
            verdict,
            says: table.str("says", &mut self.problems).map(str::to_owned),
            items: items.and_then(|items| usize::try_from(items).ok()),
            take: self.string_map(table, "take"),
            call: call?,
        })
    }

    fn string_map(&mut self, table: &Table<'_>, key: &str) -> BTreeMap<String, String> {
        let members = table.table(key, &mut self.problems).map(|table| table.members()).unwrap_or_default();
        let mut out = BTreeMap::new();
        for (name, _, item) in members {
            if let Some(text) = item.str(&mut self.problems) {
                out.insert(name.to_owned(), text.to_owned());
            }
        }
        out
    }

    fn ticket(
        &mut self,
        kind: RecordKind,
        item: &Item<'_>,
        shapes: &BTreeMap<RecordKind, Shape>,
    ) -> Option<ExampleTicket> {
        let table = item.table(&mut self.problems)?;
        let mut ticket = ExampleTicket::default();
        for (name, span, item) in table.members() {
            match name {
                "id" => ticket.id = item.str(&mut self.problems).map(str::to_owned),
                "version" => ticket.version = item.str(&mut self.problems).map(str::to_owned),
                "ref" => ticket.reference = item.str(&mut self.problems).map(str::to_owned),
                "replies" | "transfers" | "attachments" if kind == RecordKind::Ticket => {
                    let child = RecordKind::CHILDREN.into_iter().find(|child| child.section() == Some(name))?;
                    let items = item.list(&mut self.problems).unwrap_or_default();
                    let children = items.iter().filter_map(|item| self.ticket(child, item, shapes)).collect();
                    ticket.children.insert(child, children);
                }
                _ => {
                    let Some(known) = self
                        .extras
                        .type_of(kind, name)
                        .filter(|_| self.notes.fields.contains_key(&(kind, name.to_owned())))
                    else {
                        let known = shapes.get(&kind).into_iter().flat_map(|shape| shape.fields.keys());
                        let near = nearest(name, known.map(Field::as_str));
                        let mend = near.map_or_else(
                            || "name a field that this file maps".to_owned(),
                            |near| format!("did you mean `{near}`?"),
                        );
                        self.problems.say(
                            code::UNKNOWN_NAME,
                            &span,
                            format!("the file maps no field `{name}` of a {kind}"),
                            mend,
                        );
                        continue;
                    };
                    if let Some(value) = self.value(known, &item) {
                        ticket.fields.insert(Field::named(name), value);
                    }
                }
            }
        }
        Some(ticket)
    }

    /// A canonical value; `""` and `[]` are "nothing there".
    pub(super) fn value(&mut self, kind: Type, item: &Item<'_>) -> Option<Option<Value>> {
        let value = match (kind, item.value) {
            (_, DeValue::String(text)) if text.is_empty() => return Some(None),
            (Type::Text, DeValue::String(text)) => Value::Text(text.as_ref().into()),
            (Type::Code(words), DeValue::String(text)) if words.contains(&text.as_ref()) => {
                Value::Code(text.as_ref().into())
            }
            (Type::OpenCode, DeValue::String(text)) => Value::Code(text.as_ref().into()),
            (Type::Integer, DeValue::Integer(number)) => Value::Integer(number.as_str().parse().ok()?),
            (Type::Decimal, DeValue::String(text)) => {
                let Ok(number) = text.parse() else {
                    let mend = "write it as \"10.95\", in quotation marks";
                    self.problems.say(code::BAD_VALUE, &item.span, "not a decimal number", mend);
                    return None;
                };
                Value::Decimal(number)
            }
            (Type::Boolean, DeValue::Boolean(yes)) => Value::Boolean(*yes),
            (Type::Instant, DeValue::String(text)) => {
                let at = DateTime::parse_from_rfc3339(text).ok();
                let Some(at) = at else {
                    let mend = "write it as \"2026-11-20T08:15:00+07:00\"";
                    self.problems.say(code::BAD_VALUE, &item.span, "not an instant", mend);
                    return None;
                };
                Value::Instant(at.with_timezone(&Utc))
            }
            (Type::Date, DeValue::String(text)) => {
                let Ok(day) = text.parse::<NaiveDate>() else {
                    self.problems.say(code::BAD_VALUE, &item.span, "not a day", "write it as \"2026-11-20\"");
                    return None;
                };
                Value::Date(day)
            }
            (Type::CodeList, DeValue::Array(_)) => {
                let codes = item.strings(&mut self.problems);
                if codes.is_empty() {
                    return Some(None);
                }
                Value::List(codes.into_iter().map(|code| Value::Code(code.into())).collect())
            }
            (Type::Code(words), DeValue::String(text)) => {
                let near = nearest(text, words.iter().copied());
                let mend = near.map_or_else(
                    || format!("write one of: {}", words.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                self.problems.say(code::BAD_VALUE, &item.span, format!("`{text}` is no canonical word"), mend);
                return None;
            }
            _ => {
                let mend = "write the canonical value, as the list of fields says";
                self.problems.say(code::WRONG_TYPE, &item.span, "a value of another type", mend);
                return None;
            }
        };
        Some(Some(value))
    }
}
