//! What is shown to people is so: example configs pass `check`, the manuals name every key, field and word of the audit.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pakn_bridge::doors::config::Config;
use pakn_bridge::words::ticket::RecordKind;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_example_config_passes_check() {
    let folders = fs::read_dir(repository("examples")).unwrap().map(|entry| entry.unwrap().path());
    let configs: Vec<PathBuf> = folders.map(|path| path.join("bridge.toml")).filter(|path| path.is_file()).collect();
    assert!(!configs.is_empty());
    for config in configs {
        let output = Command::new(env!("CARGO_BIN_EXE_pakn-bridge"))
            .args(["--lang", "en", "check", "--config"])
            .arg(&config)
            .envs(["TONGDAI_KEY", "DVCQG_PASSWORD", "PHAPLUAT_PASSWORD"].map(|name| (name, "a-secret-of-the-test")))
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(0), "{out}{err}");
        assert_eq!(out.matches("no problems").count(), 4, "the config and three mappings: {out}");
        assert!(!out.contains("a-secret-of-the-test") && !err.contains("a-secret-of-the-test"));
    }
}

#[test]
fn the_config_that_the_readme_shows_is_right_in_both_languages() {
    let without_comments = |config: &str| -> Vec<String> {
        config.lines().map(|line| line.split(" #").next().unwrap_or_default().trim_end().to_owned()).collect()
    };
    let [english, vietnamese] = ["README.md", "README.vi.md"].map(|readme| {
        let readme = fs::read_to_string(repository(readme)).unwrap();
        let (_, rest) = readme.split_once("```toml\n").unwrap();
        let (config, _) = rest.split_once("```").unwrap();
        Config::parse(Path::new("bridge.toml"), config, &|_| Some("secret".to_owned())).unwrap();
        without_comments(config)
    });
    assert_eq!(english, vietnamese);
}

/// A config with an unknown key in every section: each problem names the keys that are known there.
const UNKNOWN_EVERYWHERE: &str = r#"
xxxxxxxxxxxxxxxx = 1
[store]
xxxxxxxxxxxxxxxx = 1
[time]
xxxxxxxxxxxxxxxx = 1
[schedule]
xxxxxxxxxxxxxxxx = 1
[report]
xxxxxxxxxxxxxxxx = 1
[system.hub]
mapping = "hub.toml"
xxxxxxxxxxxxxxxx = 1
setting = { key = { xxxxxxxxxxxxxxxx = 1 } }
limit = { xxxxxxxxxxxxxxxx = 1 }
[system.portal]
mapping = "portal.toml"
[[link]]
name = "link"
province = "hub"
national = "portal"
up = [{}]
xxxxxxxxxxxxxxxx = 1
[[deadline]]
days = 1
citation = "-"
xxxxxxxxxxxxxxxx = 1
"#;

#[test]
fn every_key_and_every_field_is_told_in_the_manual_of_the_config() {
    let manual = fs::read_to_string(repository("docs/config.md")).unwrap();
    let problems = Config::parse(Path::new("bridge.toml"), UNKNOWN_EVERYWHERE, &|_| None).unwrap_err();
    let lists: Vec<&str> = problems.iter().filter_map(|problem| problem.mend.strip_prefix("known here: ")).collect();
    assert_eq!(lists.len(), UNKNOWN_EVERYWHERE.matches("xxxxxxxxxxxxxxxx").count(), "{problems:#?}");
    let is_told = |key: &str| {
        [format!("`{key}`"), format!("`[{key}"), format!("`[[{key}"), format!("{{ {key} = ")]
            .iter()
            .any(|written| manual.contains(written.as_str()))
    };
    for key in lists.iter().flat_map(|list| list.split(", ")) {
        assert!(is_told(key), "docs/config.md does not tell `{key}`");
    }
    for kind in RecordKind::ALL {
        for field in kind.fields() {
            let name = match kind {
                RecordKind::Ticket => field.name.to_owned(),
                RecordKind::Reply | RecordKind::Transfer | RecordKind::Attachment => format!("{kind}.{}", field.name),
            };
            assert!(manual.contains(&format!("`{name}`")), "docs/config.md does not tell the field `{name}`");
        }
    }
}

/// A word of the audit log stands in the source as `fact("word", …)` or `what: "word"`.
fn words_of_the_audit(folder: &Path, words: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            words_of_the_audit(&entry, words);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&entry).unwrap();
            let starts = ["fact(\"", "with_values(\"", "what: \""];
            let found = starts.iter().flat_map(|start| source.split(start).skip(1));
            words.extend(found.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
}

#[test]
fn every_word_of_the_audit_log_is_told_in_the_manual_of_operations() {
    let manual = fs::read_to_string(repository("docs/operations.md")).unwrap();
    let mut words = BTreeSet::new();
    for folder in ["src/pure/sync", "src/engine"] {
        words_of_the_audit(&repository(folder), &mut words);
    }
    assert!(words.len() > 10, "{words:?}");
    let missing: Vec<&String> = words.iter().filter(|word| !manual.contains(&format!("`{word}`"))).collect();
    assert!(missing.is_empty(), "docs/operations.md does not tell {missing:?}");
}

#[test]
fn every_link_and_picture_of_the_manuals_leads_somewhere() {
    for manual in [
        "README.md",
        "README.vi.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/config.md",
        "docs/json.md",
        "docs/mapping-language.md",
        "docs/operations.md",
        "docs/report.md",
        "examples/README.md",
        "mappings/README.md",
    ] {
        let path = repository(manual);
        let text = fs::read_to_string(&path).unwrap();
        let links = ["](", "src=\""].iter().flat_map(|start| text.split(start).skip(1));
        let targets = links.filter_map(|rest| rest.split([')', '"', '#']).next());
        for target in targets.filter(|target| !target.is_empty() && !target.contains("://")) {
            assert!(path.parent().unwrap().join(target).exists(), "{manual}: {target}");
        }
    }
}
