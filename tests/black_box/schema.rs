//! The JSON Schema of the mapping language: the file that editors read is what the program prints, and fits the files.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use pakn_bridge::pure::mapping::schema::schema;
use serde_json::Value;

use crate::bridge::Bridge;

/// Set this variable to write the schema anew.
const UPDATE: &str = "UPDATE_GOLDEN";

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
}

fn as_json(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

#[tokio::test]
async fn the_schema_that_editors_read_is_what_the_program_prints() {
    let file = repository("docs/mapping.schema.json");
    let printed = Bridge::new("").run(&["check", "--schema"]).await.expect(0).stdout;
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&file, &printed).unwrap();
    }
    assert_eq!(fs::read_to_string(file).unwrap_or_default(), printed, "set {UPDATE}=1 to write it anew");
}

#[test]
fn every_shipped_mapping_fits_the_schema_and_names_it() {
    let validator = validator();
    jsonschema::draft202012::meta::validate(&schema()).unwrap();
    let files = fs::read_dir(repository("mappings")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|kind| kind == "toml")).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("#:schema ../docs/mapping.schema.json\n"), "{}", file.display());
        let mapping = as_json(&text);
        let faults: Vec<String> =
            validator.iter_errors(&mapping).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{}: {faults:#?}", file.display());
    }
}

#[test]
fn what_is_no_mapping_does_not_fit_the_schema() {
    let validator = validator();
    let sound = fs::read_to_string(repository("mappings/dvcqg.toml")).unwrap();
    assert!(validator.is_valid(&as_json(&sound)));
    for (from, to) in [
        ("format = 1", "formt = 1"),
        ("kind     = \"json\"", "kind     = \"yaml\""),
        ("type = \"phone\", as = \"e164\"", "type = \"phone\""),
        ("type = \"phone\", as = \"e164\"", "type = \"phone\", as = \"e164\", table = \"status\""),
        ("[promise]\n", "[promise]\nread_lag = \"soon\"\n"),
        ("[child.replies.field]\n", "[child.replies.field]\nsubjekt = { at = \"x\", type = \"text\" }\n"),
    ] {
        let wrong = sound.replacen(from, to, 1);
        assert_ne!(wrong, sound, "the file has no `{from}`");
        assert!(!validator.is_valid(&as_json(&wrong)), "{to}");
    }
}
