//! The house keeps its floors: imports point down, doors don't know doors, rooms make no circles, and each dangerous
//! thing (clock, chance, network, SQL, a remote system's name) is named only where it lives.

mod own_words;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use source::Source;

const FLOORS: [&str; 6] = ["words", "pure", "doors", "engine", "faces", "cli"];
const DOORS: &str = "doors";
/// Crates that do IO, which the two lowest floors must not name.
const IO_CRATES: [&str; 4] = ["tokio", "reqwest", "sqlx", "axum"];
/// Crates that draw random numbers.
const CHANCE: [&str; 4] = ["rand", "rand_chacha", "rand_core", "getrandom"];
const CLOCKS: [&str; 4] = ["Utc", "Local", "SystemTime", "Instant"];
/// Names of remote systems: mapping files know them, code does not.
const SYSTEMS: [&str; 5] = ["tongdai", "dvcqg", "phapluat", "roundup", "open311"];
/// A crate that only these files (by the start of their path) may use.
const ONLY_IN: [(&str, &[&str]); 4] = [
    ("backoff", &["src/pure/retry.rs"]),
    ("cron", &["src/pure/schedule.rs"]),
    ("rustix", &[CLOCK_READER]),
    ("sqlx", &SQL_MAY_STAND_IN),
];
/// The store, and the connector to systems that are a database.
const SQL_MAY_STAND_IN: [&str; 3] =
    ["src/doors/store.rs", "src/doors/store/", "src/doors/connector/declared/transport/sql"];
const SYSTEMS_MAY_STAND_IN: [&str; 4] =
    ["src/faces/sandbox.rs", "src/faces/sandbox/", "src/cli/demo.rs", "src/cli/demo/"];
const CLOCK_READER: &str = "src/words/clock.rs";
const MOST_LINES: usize = 500;

fn floor_of(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| *floor == name)
}

fn stands_in(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path.starts_with(place))
}

/// Everything wrong with one file, by itself.
fn faults(source: &Source, rooms: &BTreeSet<(String, String)>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |what: String| faults.push(format!("{}: {what}", source.path));
    let here = source.module.first().and_then(|name| floor_of(name));

    for path in &source.inner_paths {
        let Some(there) = path.first().and_then(|name| floor_of(name)) else { continue };
        let Some(here) = here else { continue };
        if there > here {
            fault(format!("imports upward: crate::{}", path.join("::")));
        }
        let (Some(own), Some(other)) = (source.module.get(1), path.get(1)) else { continue };
        let is_room = rooms.contains(&(DOORS.to_owned(), other.clone()));
        if here == there && path[0] == DOORS && own != other && is_room {
            fault(format!("a door imports a door: crate::{}", path.join("::")));
        }
    }
    let low = here.is_some_and(|floor| floor <= 1);
    for path in &source.outer_paths {
        let root = path.first().map_or("", String::as_str);
        if low && (IO_CRATES.contains(&root) || CHANCE.contains(&root)) {
            fault(format!("the two lowest floors name no {root}: {}", path.join("::")));
        }
        for (name, places) in ONLY_IN {
            if root == name && !stands_in(&source.path, places) {
                fault(format!("only {} uses {name}: {}", places[0], path.join("::")));
            }
        }
        let reads_clock = path.windows(2).any(|pair| CLOCKS.contains(&pair[0].as_str()) && pair[1] == "now");
        if reads_clock && source.path != CLOCK_READER {
            fault(format!("only {CLOCK_READER} reads the clock: {}", path.join("::")));
        }
    }
    if !stands_in(&source.path, &SQL_MAY_STAND_IN) {
        for text in source.texts.iter().filter(|text| source::is_sql(text)) {
            fault(format!("SQL lives in the store: {text:?}"));
        }
    }
    if !stands_in(&source.path, &SYSTEMS_MAY_STAND_IN) {
        let code = source.shipped.to_lowercase();
        for system in SYSTEMS.iter().filter(|system| code.contains(**system)) {
            fault(format!("no code knows a system's name: {system}"));
        }
    }
    if source.lines >= MOST_LINES {
        fault(format!("{} lines: find the seam before {MOST_LINES}", source.lines));
    }
    if source.path.ends_with("/mod.rs") {
        fault("a module is foo.rs beside foo/, never mod.rs".to_owned());
    }
    faults
}

/// All `(floor, room)` of the sources.
fn rooms(sources: &[Source]) -> BTreeSet<(String, String)> {
    sources.iter().filter_map(|source| Some((source.module.first()?.clone(), source.module.get(1)?.clone()))).collect()
}

/// Circles among the rooms of one floor, each as the list of rooms that it passes.
fn circles(sources: &[Source]) -> Vec<String> {
    let rooms = rooms(sources);
    let mut edges: BTreeMap<(String, String), BTreeSet<(String, String)>> = BTreeMap::new();
    for source in sources {
        let (Some(floor), Some(room)) = (source.module.first(), source.module.get(1)) else { continue };
        let from = (floor.clone(), room.clone());
        for path in &source.inner_paths {
            let (Some(floor), Some(room)) = (path.first(), path.get(1)) else { continue };
            let to = (floor.clone(), room.clone());
            if to.0 == from.0 && to != from && rooms.contains(&to) {
                edges.entry(from.clone()).or_default().insert(to);
            }
        }
    }
    let mut found = Vec::new();
    for start in edges.keys() {
        let mut reached: BTreeSet<&(String, String)> = BTreeSet::new();
        let mut open = vec![start];
        while let Some(room) = open.pop() {
            for next in edges.get(room).into_iter().flatten() {
                if next == start {
                    found.push(format!("{}::{} and {}::{} need each other", start.0, start.1, room.0, room.1));
                }
                if reached.insert(next) {
                    open.push(next);
                }
            }
        }
    }
    found
}

fn house() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    files.sort();
    files
        .iter()
        .map(|file| {
            let path = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            Source::read(&path, &fs::read_to_string(file).unwrap())
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn all_faults(sources: &[Source]) -> Vec<String> {
    let rooms = rooms(sources);
    let mut found: Vec<String> = sources.iter().flat_map(|source| faults(source, &rooms)).collect();
    found.extend(circles(sources));
    found
}

#[test]
fn every_import_points_down_and_every_thing_lives_where_it_belongs() {
    let sources = house();
    assert!(sources.len() > FLOORS.len(), "no sources found");
    let found = all_faults(&sources);
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_folder_of_src_is_a_floor() {
    for source in house() {
        let top = source.path.trim_start_matches("src/").trim_end_matches(".rs").split('/').next().unwrap_or_default();
        assert!(floor_of(top).is_some() || ["lib", "main"].contains(&top), "{} belongs to no floor", source.path);
    }
}

/// A mapping file is all that is special about a system: its members, services, codes and headers stand nowhere else.
#[test]
fn what_only_one_system_says_stands_in_its_mapping_alone() {
    let own = own_words::of_shipped_mappings();
    // That the gathering sees what it should: a member, a service, a code, a header, a column.
    for word in
        ["MaThamChieu", "DongBoPAKN", "QUA_TAI", "X-Api-Key", "SOAPAction", "DanhSachResponse", "ext_id", "@etag"]
    {
        assert!(own.contains(word), "{word} is not gathered");
    }
    let mut found = Vec::new();
    for source in house().iter().filter(|source| !stands_in(&source.path, &SYSTEMS_MAY_STAND_IN)) {
        let said = own_words::said(&source.texts);
        found.extend(own.intersection(&said).map(|word| format!("{}: {word}", source.path)));
    }
    assert!(found.is_empty(), "only mapping files say these:\n{}", found.join("\n"));
    let planted = Source::read("src/engine/x.rs", "const M: &str = \"where MaThamChieu stands\";");
    assert!(own_words::said(&planted.texts).contains("MaThamChieu"), "a checker that can't fail proves nothing");
}

/// A checker that can't fail proves nothing: each row is a file that it must refuse, with a part of the reason.
#[test]
fn the_checker_refuses_each_planted_fault() {
    let planted = [
        ("src/words/x.rs", "use crate::pure::wire::Node;", "imports upward"),
        ("src/pure/x.rs", "fn f() { crate::engine::run(); }", "imports upward"),
        ("src/pure/x.rs", "use crate::{words::ticket, doors::{store, config}};", "imports upward"),
        ("src/doors/x.rs", "use super::super::faces::ops;", "imports upward"),
        ("src/doors/x.rs", "use crate::doors::store::Store;", "a door imports a door"),
        ("src/doors/x.rs", "use super::store::Store;", "a door imports a door"),
        ("src/doors/x/y.rs", "use super::super::store::Store;", "a door imports a door"),
        ("src/words/x.rs", "use tokio::time::sleep;", "name no tokio"),
        ("src/pure/x.rs", "fn f() { reqwest::Client::new(); }", "name no reqwest"),
        ("src/pure/x.rs", "use rand::Rng;", "name no rand"),
        ("src/pure/x.rs", "use axum as web;", "name no axum"),
        ("src/pure/x.rs", "fn f() { chrono::Utc::now(); }", "reads the clock"),
        ("src/engine/x.rs", "fn f() { Instant::now(); }", "reads the clock"),
        ("src/engine/x.rs", "use backoff::ExponentialBackoff;", "uses backoff"),
        ("src/engine/x.rs", "use cron::Schedule;", "uses cron"),
        ("src/engine/x.rs", "use sqlx::query;", "uses sqlx"),
        ("src/engine/x.rs", "const Q: &str = \"select id from outbox\";", "SQL lives in the store"),
        ("src/engine/x.rs", "const Q: &str = r#\"INSERT INTO t VALUES (1)\"#;", "SQL lives in the store"),
        ("src/engine/x.rs", "// as dvcqg does", "system's name: dvcqg"),
        ("src/cli/x.rs", "const M: &str = \"mappings/roundup.toml\";", "system's name: roundup"),
        ("src/engine/mod.rs", "", "never mod.rs"),
    ];
    let store = || Source::read("src/doors/store.rs", "use sqlx::query; const Q: &str = \"select id from outbox\";");
    assert_eq!(all_faults(&[store()]), Vec::<String>::new());
    for (path, text, reason) in planted {
        let found = all_faults(&[store(), Source::read(path, text)]);
        assert!(found.iter().any(|fault| fault.contains(reason)), "{path}: {text}: {found:?}");
    }
    let long = Source::read("src/pure/x.rs", &"\n".repeat(MOST_LINES));
    assert!(all_faults(&[long])[0].contains("find the seam"));
    let circle = [
        Source::read("src/pure/wire.rs", "use crate::pure::mapping::Path;"),
        Source::read("src/pure/mapping/path.rs", "use crate::pure::wire::Node;"),
    ];
    assert!(all_faults(&circle)[0].contains("need each other"));
}

#[test]
fn the_checker_lets_pass_what_only_looks_like_a_fault() {
    let fine = [
        ("src/pure/x.rs", "//! Never names tokio::time or crate::engine.\nuse crate::words::ticket;"),
        ("src/pure/x.rs", "const HELP: &str = \"use tokio::time; crate::cli::run\";"),
        ("src/pure/x.rs", "/* crate::cli */ fn f<'a>(c: &'a char) -> bool { *c == '\"' } use crate::words::value;"),
        ("src/engine/x.rs", "fn f(backoff: u8, cron: u8) -> u8 { backoff + cron }"),
        ("src/doors/store/sqlite.rs", "use super::rows; use crate::doors::store::Row; use sqlx::query;"),
        (
            "src/doors/x.rs",
            "fn f() {}\n#[cfg(test)]\nmod tests { use super::*; use rand::Rng; const S: &str = \"dvcqg\"; }",
        ),
        ("src/pure/retry.rs", "use backoff::ExponentialBackoff;"),
        ("src/words/clock.rs", "fn f() { chrono::Utc::now(); }"),
        ("src/faces/sandbox/portal.rs", "const NAME: &str = \"dvcqg\";"),
        ("src/engine/x.rs", "const T: &str = \"select a ticket\"; const U: &str = \"update the mapping\";"),
    ];
    for (path, text) in fine {
        let store = Source::read("src/doors/store.rs", "");
        assert_eq!(all_faults(&[store, Source::read(path, text)]), Vec::<String>::new(), "{path}: {text}");
    }
}
