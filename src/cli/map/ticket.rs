//! Tickets as `map read` prints them and `map write` takes them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value as Json, json};

use crate::pure::mapping::{Mapping, Written};
use crate::pure::wire::Node;
use crate::words::record::{Dates, Reading};
use crate::words::side::Reference;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::{Type, Value};

/// Stands for the reference of a record that has none yet.
const NEW_REFERENCE: &str = "PB-0000-00000000000000000000";

/// A canonical record to be written.
pub(super) struct Given {
    kind: RecordKind,
    reference: Reference,
    fields: BTreeMap<Field, Option<Value>>,
    parts: BTreeMap<RecordKind, Vec<Given>>,
}

/// A reading as people and `write` read it: `{"id", "reference", "fields": {…}, "replies": […]}`.
pub(super) fn as_json(reading: &Reading) -> Json {
    let fields: serde_json::Map<_, _> =
        reading.cells.iter().map(|(field, cell)| (field.to_string(), value_json(cell.value.as_ref()))).collect();
    let mut ticket = json!({
        "id": reading.id, "version": reading.version, "reference": reading.reference, "fields": fields,
    });
    for (kind, children) in &reading.children {
        if let (Some(ticket), Some(section)) = (ticket.as_object_mut(), kind.section()) {
            ticket.insert(section.to_owned(), children.iter().map(as_json).collect());
        }
    }
    ticket
}

fn value_json(value: Option<&Value>) -> Json {
    match value {
        None => Json::Null,
        Some(Value::Integer(number)) => json!(number),
        Some(Value::Boolean(yes)) => json!(yes),
        Some(Value::List(items)) => items.iter().map(|item| value_json(Some(item))).collect(),
        Some(value) => json!(value.display()),
    }
}

impl Given {
    /// A ticket with its parts, from what `read` prints.
    pub(super) fn ticket(mapping: &Mapping, json: &Json) -> Result<Self, String> {
        Self::record(mapping, RecordKind::Ticket, json)
    }

    fn record(mapping: &Mapping, kind: RecordKind, json: &Json) -> Result<Self, String> {
        let fields = json.get("fields").and_then(Json::as_object);
        let fields = fields.ok_or_else(|| format!("a {kind} has no object `fields`"))?;
        let mut values = BTreeMap::new();
        for (name, json) in fields {
            let Some(form) = mapping.extras.type_of(kind, name) else {
                return Err(format!("a {kind} has no field `{name}`"));
            };
            let misfit = || format!("`{name}` is not of its type");
            let value = if json.is_null() { None } else { Some(value_of(form, json).ok_or_else(misfit)?) };
            values.insert(Field::named(name), value);
        }
        let mut parts = BTreeMap::new();
        for part in RecordKind::CHILDREN.into_iter().filter(|_| kind == RecordKind::Ticket) {
            let Some(list) = part.section().and_then(|section| json.get(section)) else { continue };
            let list = list.as_array().ok_or_else(|| format!("the parts `{part}` are no list"))?;
            parts.insert(part, list.iter().map(|json| Self::record(mapping, part, json)).collect::<Result<_, _>>()?);
        }
        let reference = json.get("reference").and_then(Json::as_str).unwrap_or(NEW_REFERENCE);
        Ok(Self { kind, reference: Reference::from(reference), fields: values, parts })
    }

    /// What a system would be sent of it: of a new ticket with its parts, or of one that is known.
    pub(super) fn printed(&self, mapping: &Mapping, is_new: bool) -> Result<Node, String> {
        self.tree(mapping, is_new, &Dates::given(&self.fields))
    }

    fn tree(&self, mapping: &Mapping, is_new: bool, dates: &Dates) -> Result<Node, String> {
        let written = Written {
            kind: self.kind,
            reference: is_new.then_some(&self.reference),
            is_new,
            fields: &self.fields,
            captures: &BTreeMap::new(),
            dates,
        };
        let mut tree = mapping.print(&written).map_err(|unprintable| unprintable.to_string())?;
        for (kind, parts) in self.parts.iter().filter(|(_, parts)| !parts.is_empty()) {
            // Parts are written one by one whatever becomes of the ticket, and are always new.
            let trees = parts.iter().map(|part| part.tree(mapping, true, dates)).collect::<Result<_, _>>()?;
            if mapping.shape(*kind).is_some() {
                mapping.place_parts(&mut tree, *kind, trees)?;
            }
        }
        Ok(tree)
    }
}

fn value_of(kind: Type, json: &Json) -> Option<Value> {
    let text = || json.as_str().map(str::to_owned);
    Some(match kind {
        Type::Text => Value::Text(text()?.into()),
        Type::Code(words) => Value::Code(text().filter(|word| words.contains(&word.as_str()))?.into()),
        Type::OpenCode => Value::Code(text()?.into()),
        Type::Integer => Value::Integer(json.as_i64()?),
        Type::Decimal => Value::Decimal(text()?.parse().ok()?),
        Type::Boolean => Value::Boolean(json.as_bool()?),
        Type::Instant => Value::Instant(text()?.parse().ok()?),
        Type::Date => Value::Date(text()?.parse::<NaiveDate>().ok()?),
        Type::CodeList => {
            let codes = json.as_array()?.iter().map(|item| value_of(Type::OpenCode, item));
            Value::List(codes.collect::<Option<_>>()?)
        }
    })
}
