//! What can be checked of `deny.toml` without cargo-deny: exceptions are dated and reasoned, licences are allowed ones.

use std::path::Path;
use std::process::Command;

fn deny() -> toml::Table {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    std::fs::read_to_string(file).unwrap().parse().unwrap()
}

#[test]
fn every_exception_in_deny_toml_has_a_date_and_a_reason() {
    let deny = deny();
    let dated = regex::Regex::new(r"^20\d\d-\d\d-\d\d: .{10,}").unwrap();
    for (section, list) in [("advisories", "ignore"), ("bans", "deny")] {
        for entry in deny[section][list].as_array().unwrap() {
            let reason = entry.get("reason").and_then(toml::Value::as_str).unwrap_or_default();
            assert!(dated.is_match(reason), "{section}.{list}: {entry} needs `reason = \"YYYY-MM-DD: why\"`");
        }
    }
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let deny = deny();
    let allowed: Vec<&str> =
        deny["licenses"]["allow"].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(rustc.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50, "the list of packages is too short to be true");
    for package in packages {
        let licence = package["license"].as_str().unwrap_or_default().replace('/', " OR ");
        let fine = licence.split(" AND ").all(|part| {
            let mut any = part.split(" OR ").map(|one| one.trim().trim_matches(['(', ')']));
            any.any(|one| allowed.contains(&one))
        });
        assert!(fine, "{}: licence {licence:?} is not allowed by deny.toml", package["name"]);
    }
}
