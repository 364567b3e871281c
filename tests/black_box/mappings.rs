//! Mapping files as whole: the shipped ones are right, and wrong ones are told what is wrong with them.

use std::fs;
use std::path::{Path, PathBuf};

use pakn_bridge::pure::mapping::{self, Problem};
use pakn_bridge::pure::{exchange, wire};

fn toml_files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    files
}

fn problems(path: &Path) -> Vec<Problem> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let beside = |name: &str| fs::read_to_string(path.with_file_name(name)).map_err(|error| error.to_string());
    match mapping::check(&name, &fs::read_to_string(path).unwrap(), &beside) {
        Err(problems) => problems,
        Ok(mapping) => {
            let mut problems = mapping.check_laws();
            problems.extend(exchange::run_examples(&mapping));
            problems
        }
    }
}

#[test]
fn every_shipped_mapping_loads_and_its_examples_and_laws_hold() {
    let files = toml_files("mappings");
    assert!(files.len() >= 4, "{files:?}");
    let found: Vec<Problem> = files.iter().flat_map(|file| problems(file)).collect();
    let text: String = found.iter().map(Problem::render_text).collect();
    assert!(found.is_empty(), "{text}");
}

/// Set this variable to write the messages anew; then read the difference.
const UPDATE: &str = "UPDATE_GOLDEN";

#[test]
fn wrong_mappings_are_told_all_their_problems_with_place_and_mend() {
    let files = toml_files("tests/golden/mapping");
    assert!(!files.is_empty());
    let mut unlike = Vec::new();
    for file in files {
        let text = problems(&file).iter().map(Problem::render_text).collect::<Vec<_>>().join("\n");
        let expected = file.with_extension("expected");
        if std::env::var_os(UPDATE).is_some() {
            fs::write(&expected, &text).unwrap();
        }
        if text != fs::read_to_string(&expected).unwrap_or_default() {
            unlike.push(format!("{}\n{text}", file.display()));
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
}

#[test]
fn every_code_has_a_golden_file_that_shows_it() {
    let files = toml_files("tests/golden/mapping");
    for explanation in mapping::problem::catalogue() {
        let own = |file: &&PathBuf| file.file_name().unwrap().to_string_lossy().starts_with(explanation.code);
        let shown: Vec<Problem> = files.iter().filter(own).flat_map(|file| problems(file)).collect();
        assert!(!shown.is_empty(), "no tests/golden/mapping/{}-….toml", explanation.code);
        assert!(shown.iter().all(|problem| problem.code == explanation.code), "{}: {shown:?}", explanation.code);
    }
}

#[test]
fn hostile_bytes_are_never_a_panic() {
    for text in
        ["", "\0", "[[[", "a = ", "format = 1\n[call]\nx = 1", "=\n=", "\u{feff}format = 1", "[field]\n\"\" = {}"]
    {
        assert!(mapping::check("hostile.toml", text, mapping::NOTHING_BESIDE).is_err(), "{text:?}");
    }
    let deep = format!("format = {}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(mapping::check("deep.toml", &deep, mapping::NOTHING_BESIDE).is_err());
    let large = "#".repeat(mapping::MAX_MAPPING_BYTES + 1);
    assert!(mapping::check("large.toml", &large, mapping::NOTHING_BESIDE).is_err());
}

#[test]
fn a_truncated_mapping_is_refused_at_every_length() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/dvcqg.toml");
    let text = fs::read_to_string(path).unwrap();
    let body = text.find("[[example]]").unwrap();
    for at in (0..body).step_by(97).filter(|at| text.is_char_boundary(*at)) {
        // Short ones lack sections; long ones may be whole files already: only a panic would be wrong.
        if let Ok(mapping) = mapping::check("cut.toml", &text[..at], mapping::NOTHING_BESIDE) {
            assert!(mapping.read(&wire::Node::Null).is_err());
        }
    }
}
