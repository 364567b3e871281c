//! The JSON Schema of the language, for editors: made from [`super::grammar`], so it can't tell anything else.
//!
//! It says what may stand where. What a file means as a whole (names that resolve, paths, codes without holes) only
//! `check` can tell.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::grammar::{Form, Key, ROOT, Section};
use crate::words::ticket::RecordKind;

/// Lengths of time, as the loader reads them.
const DURATION: &str = "^[0-9]+ *(ms|s|m|h|d)$";

/// The schema, draft 2020-12.
#[must_use]
pub fn schema() -> Json {
    let mut definitions = BTreeMap::new();
    let root = table(&ROOT, &mut definitions);
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("pakn-bridge mapping file"));
    schema.extend(root);
    schema.insert("$defs".to_owned(), definitions.into_iter().collect::<Map<_, _>>().into());
    Json::Object(schema)
}

type Definitions = BTreeMap<String, Json>;

/// A table of known keys: its members, those that must be there, nothing else.
fn table(section: &'static Section, definitions: &mut Definitions) -> Map<String, Json> {
    let mut properties = Map::new();
    for key in section.keys {
        properties.insert(key.name.to_owned(), member(key, definitions));
    }
    let variants = section.variants.map_or(&[][..], |variants| variants.of);
    let mut conditions = Vec::new();
    for (word, keys) in variants {
        let mut then = Map::new();
        for key in *keys {
            // Told here for what an editor proposes; what may stand there depends on the word.
            properties.entry(key.name).or_insert_with(|| json!({ "description": key.about }));
            then.insert(key.name.to_owned(), member(key, definitions));
        }
        let others = variants.iter().flat_map(|(_, keys)| *keys).map(|key| key.name);
        for other in others.filter(|name| keys.iter().all(|key| key.name != *name)) {
            then.insert(other.to_owned(), Json::Bool(false));
        }
        let deciding = section.variants.map_or("", |variants| variants.key);
        conditions.push(json!({
            "if": { "properties": { deciding: { "const": word } }, "required": [deciding] },
            "then": { "properties": then, "required": required(keys) },
        }));
    }
    let mut out = Map::new();
    out.insert("description".to_owned(), json!(section.about));
    out.insert("type".to_owned(), json!("object"));
    out.insert("properties".to_owned(), properties.into());
    out.insert("required".to_owned(), required(section.keys));
    out.insert("additionalProperties".to_owned(), Json::Bool(false));
    if !conditions.is_empty() {
        out.insert("allOf".to_owned(), conditions.into());
    }
    out
}

fn required(keys: &[Key]) -> Json {
    keys.iter().filter(|key| key.required).map(|key| key.name).collect()
}

fn member(key: &'static Key, definitions: &mut Definitions) -> Json {
    described(form(&key.form, definitions), key.about)
}

fn described(mut schema: Map<String, Json>, about: &str) -> Json {
    schema.insert("description".to_owned(), json!(about));
    Json::Object(schema)
}

fn form(form: &'static Form, definitions: &mut Definitions) -> Map<String, Json> {
    let schema = match form {
        Form::Text => json!({ "type": "string" }),
        Form::Words(words) => json!({ "enum": words }),
        Form::Duration => json!({ "type": "string", "pattern": DURATION }),
        Form::Number => json!({ "type": "integer", "minimum": 0 }),
        Form::Boolean => json!({ "type": "boolean" }),
        Form::Tree => json!({}),
        Form::Table(section) => json!({ "$ref": reference(section, definitions) }),
        Form::Named(each) => json!({ "type": "object", "additionalProperties": self::form(each, definitions) }),
        Form::Fields(kind, rule) => fields(*kind, rule, definitions),
        Form::List(each) => json!({ "type": "array", "items": self::form(each, definitions) }),
        Form::OneOrList(each) => {
            let one = self::form(each, definitions);
            json!({ "anyOf": [one, { "type": "array", "items": one }] })
        }
        Form::Any(forms) => {
            let forms: Vec<_> = forms.iter().map(|form| self::form(form, definitions)).collect();
            json!({ "anyOf": forms })
        }
    };
    match schema {
        Json::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// A definition of the section, made at its first use.
fn reference(section: &'static Section, definitions: &mut Definitions) -> String {
    if !definitions.contains_key(section.name) {
        // A section may stand within itself.
        definitions.insert(section.name.to_owned(), Json::Null);
        let made = table(section, definitions);
        definitions.insert(section.name.to_owned(), made.into());
    }
    format!("#/$defs/{}", section.name)
}

/// The canonical fields, each with what people call it.
fn fields(kind: RecordKind, rule: &'static Form, definitions: &mut Definitions) -> Json {
    let mut properties = Map::new();
    for info in kind.fields() {
        let label = format!("{} ({})", info.vi, info.en);
        properties.insert(info.name.to_owned(), described(form(rule, definitions), &label));
    }
    // A ticket may have fields that the file declares itself.
    let others = if kind == RecordKind::Ticket { form(rule, definitions).into() } else { Json::Bool(false) };
    json!({ "type": "object", "properties": properties, "additionalProperties": others })
}
