//! Which rule gave which field of a document: the line of the file, where it was read, how it was spelled, what it
//! means and by what. It goes on past values that can't be read: what is wrong with them is told beside them.

use serde::Serialize;

use crate::pure::content::Packing;
use crate::pure::wire::Node;
use crate::words::record::{Cell, Dates};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::codec::{List, Packed};
use super::model::{Codec, FieldMap, Mapping, Shape};
use super::read::{Place, Seen, Sheet, Standing, View};

/// How one field of one record came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Traced {
    /// `ticket`, or the part: `replies[0]`.
    pub record: String,
    /// The field; `id`, `version`, `changed`, `identity`, `ref` for what names the record.
    pub field: String,
    /// Line of the rule in the mapping file; 0 for what has no line of its own.
    pub line: usize,
    /// Where it is read.
    pub path: String,
    /// As the system spelled it; several values of a list in order.
    pub spelled: Vec<String>,
    /// The canonical value, as it is displayed.
    pub value: Option<String>,
    /// What gave the value: a type, a row of a code table, a spelling of nothing, nothing shown.
    pub by: String,
    /// Why it can't be read.
    pub problem: Option<String>,
}

impl Mapping {
    /// Traces a ticket's document with its children.
    #[must_use]
    pub fn trace(&self, document: Node) -> Vec<Traced> {
        let mut traced = Vec::new();
        let Some(shape) = self.shape(RecordKind::Ticket) else { return traced };
        let sheet = Sheet::of(&shape.outline, document);
        let view = View { sheet: &sheet, around: None };
        let dates = self.dates(shape, view).unwrap_or_default();
        self.trace_record(shape, "ticket", view, &dates, &mut traced);
        for kind in RecordKind::CHILDREN {
            let Some((shape, section)) = self.shape(kind).zip(kind.section()) else { continue };
            for (number, view) in views(shape, &sheet).into_iter().enumerate() {
                self.trace_record(shape, &format!("{section}[{number}]"), view, &dates, &mut traced);
            }
        }
        traced
    }

    fn trace_record(&self, shape: &Shape, record: &str, view: View<'_, '_>, dates: &Dates, traced: &mut Vec<Traced>) {
        let mut name = |field: &str, place: &Place| {
            let spelled = spelled(view.at(place));
            traced.push(Traced {
                record: record.to_owned(),
                field: field.to_owned(),
                line: 0,
                path: place.as_str().to_owned(),
                value: spelled.first().cloned(),
                by: if spelled.is_empty() { "not shown" } else { "as it is" }.to_owned(),
                spelled,
                problem: None,
            });
        };
        name("id", &shape.id.at);
        if let Some(version) = &shape.version {
            name("version", &version.at);
        }
        if let Some(changed) = &shape.changed {
            name("changed", &changed.at);
        }
        for place in &shape.identity {
            name("identity", place);
        }
        if let Some(map) = &shape.reference {
            traced.push(self.traced(shape, record, &Field::fixed("ref"), map, view, dates));
        }
        // In the order in which people read the fields; those that a file declares come last.
        let known = shape.kind.fields().iter().filter_map(|info| shape.fields.get_key_value(&info.field()));
        let own = shape.fields.iter().filter(|(field, _)| shape.kind.field(field.as_str()).is_none());
        for (field, map) in known.chain(own) {
            traced.push(self.traced(shape, record, field, map, view, dates));
        }
    }

    fn traced(
        &self,
        shape: &Shape,
        record: &str,
        field: &Field,
        map: &FieldMap,
        view: View<'_, '_>,
        dates: &Dates,
    ) -> Traced {
        let rule = self.rule(shape, shape.source(map), view, dates);
        let at = rule.and_then(|rule| rule.at.as_ref());
        let standing = at.map_or(&Standing::Hidden, |at| view.at(at));
        let (value, by, problem) = match self.cell(shape, field, map, view, dates) {
            Err(fault) => (None, type_of(&map.codec), Some(fault.reason)),
            Ok(None) => (None, if at.is_some() { "not shown" } else { "no rule holds" }.to_owned(), None),
            Ok(Some(Cell { value: None, .. })) => (None, nothing(standing).to_owned(), None),
            Ok(Some(Cell { image, value: Some(value) })) => {
                let by = match image.as_deref() {
                    _ if map.fixed.is_some() => "constant".to_owned(),
                    None => format!("default; {}", nothing(standing)),
                    Some(image) => given_by(&map.codec, image, &value),
                };
                (Some(value.display()), by, None)
            }
        };
        Traced {
            record: record.to_owned(),
            field: field.to_string(),
            line: self.line(rule.map_or(map.spot, |rule| rule.spot)),
            path: at.map_or_else(String::new, |at| at.as_str().to_owned()),
            spelled: spelled(standing),
            value,
            by,
            problem,
        }
    }
}

/// The parts of a kind in a ticket's sheet.
fn views<'s, 'a>(shape: &Shape, ticket: &'s Sheet<'a>) -> Vec<View<'s, 'a>> {
    let mut views = vec![View { sheet: ticket, around: None }];
    for level in &shape.levels {
        let inner = |view: &View<'s, 'a>| {
            let around = view.sheet;
            around.nested(level.number).iter().map(move |sheet| View { sheet, around: Some(around) })
        };
        views = views.iter().flat_map(inner).collect();
    }
    views
}

/// What made a value of a spelling.
fn given_by(codec: &Codec, code: &str, value: &Value) -> String {
    match (codec, value) {
        (Codec::Code(table), Value::Code(word)) => format!("[code.{}] {word} = {code:?}", table.0),
        _ => type_of(codec),
    }
}

fn type_of(codec: &Codec) -> String {
    match codec {
        Codec::Code(table) => format!("[code.{}]", table.0),
        Codec::List(List { item, .. }) => format!("list of {}", type_of(item)),
        codec => format!("type {}", type_name(codec)),
    }
}

/// A type's word in mapping files.
const fn type_name(codec: &Codec) -> &'static str {
    match codec {
        Codec::Text(_) => "text",
        Codec::Code(_) => "code",
        Codec::Integer => "integer",
        Codec::Boolean(_) => "boolean",
        Codec::Instant(_) => "instant",
        Codec::Date(_) => "date",
        Codec::Phone(_) => "phone",
        Codec::CitizenId => "citizen_id",
        Codec::Agency(_) => "agency",
        Codec::Unit(_) => "unit",
        Codec::Decimal(_) => "decimal",
        Codec::Html(_) => "html",
        Codec::Packed(Packed { packing: Packing::Base64, .. }) => "base64",
        Codec::Packed(Packed { packing: Packing::Base64Zip, .. }) => "base64_zip",
        Codec::List(_) => "list",
    }
}

/// Which spelling of nothing it was.
fn nothing(standing: &Standing<'_>) -> &'static str {
    match standing {
        Standing::Hidden => "absent: left out",
        Standing::One(Seen::Null) => "absent: null",
        Standing::One(Seen::Nil) => "absent: nil",
        Standing::Many(_) => "absent: none in the list",
        Standing::One(_) | Standing::Misshapen(_) => "absent: its text says nothing",
    }
}

fn spelled(standing: &Standing<'_>) -> Vec<String> {
    let one = |seen: &Seen<'_>| seen.as_plain().map_or_else(|| seen.kind().to_owned(), str::to_owned);
    standing.values().iter().map(one).collect()
}
