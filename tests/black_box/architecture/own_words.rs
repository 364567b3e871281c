//! The words that only a mapping file says: names of its system's members, services, codes and headers.
//!
//! Told by how they look: no word of the language or of the ticket, and spelled as only programs spell (`MaThamChieu`,
//! `QUA_TAI`, `X-Api-Key`, `ext_id`, `@etag`). A plain word (`title`, `status`) can be anybody's.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use pakn_bridge::pure::mapping::schema::schema;
use pakn_bridge::words::ticket::RecordKind;
use pakn_bridge::words::value::Type;
use regex::Regex;

static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"@?[\p{L}\d]+(?:[_-][\p{L}\d]+)*").unwrap());
static ODD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^@|_|^\p{Lu}\p{Ll}*-\p{Lu}|\p{Ll}\p{Lu}|^\p{Lu}{2,}\p{Ll}|\p{Lu}{2}\d*\p{Lu}\p{Ll}").unwrap()
});

/// Headers of HTTP itself.
const STANDARD: [&str; 3] = ["Content-Type", "If-Match", "User-Agent"];

/// The words of all shipped mapping files that no other place may say.
pub(super) fn of_shipped_mappings() -> BTreeSet<String> {
    let mut own = BTreeSet::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let mut file: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
            // Examples quote people.
            file.remove("example");
            gather(&toml::Value::Table(file), &mut own);
        }
    }
    let everybody = everybody();
    own.retain(|word| ODD.is_match(word) && !everybody.contains(word));
    own
}

/// The words of text literals.
pub(super) fn said(texts: &[String]) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    texts.iter().for_each(|text| words(text, &mut said));
    said
}

/// The words of the language and of the ticket.
fn everybody() -> BTreeSet<String> {
    let mut known: BTreeSet<String> = STANDARD.map(str::to_owned).into();
    words(&schema().to_string(), &mut known);
    for kind in RecordKind::CHILDREN.into_iter().chain([RecordKind::Ticket]) {
        for field in kind.fields() {
            words(field.name, &mut known);
            if let Type::Code(codes) = field.kind {
                codes.iter().for_each(|code| words(code, &mut known));
            }
        }
    }
    known
}

fn gather(value: &toml::Value, into: &mut BTreeSet<String>) {
    match value {
        toml::Value::String(text) => words(text, into),
        toml::Value::Array(items) => items.iter().for_each(|item| gather(item, into)),
        toml::Value::Table(table) => {
            for (key, value) in table {
                words(key, into);
                gather(value, into);
            }
        }
        _ => {}
    }
}

fn words(text: &str, into: &mut BTreeSet<String>) {
    into.extend(WORD.find_iter(text).map(|found| found.as_str().to_owned()));
}
