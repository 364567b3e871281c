//! The command line as a person or a script meets it.

use serde_json::json;

use crate::bridge::{Bridge, until};
use crate::world::{World, bridge_for, config_for};

use pakn_bridge::faces::sandbox::System::{Hotline, Portal};
use pakn_bridge::faces::sandbox::{Meaning, Options, Sandbox};

#[tokio::test]
async fn check_is_content_with_the_shipped_mappings_and_config() {
    let world = World::empty().await;
    world.bridge.run(&["check"]).await.expect(0);
    let mappings = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
    let files: Vec<_> = std::fs::read_dir(mappings)
        .unwrap()
        .map(|entry| entry.unwrap().path().to_string_lossy().into_owned())
        .filter(|path| path.ends_with(".toml"))
        .collect();
    assert!(files.len() >= 4, "{files:?}");
    let arguments: Vec<&str> = std::iter::once("check").chain(files.iter().map(String::as_str)).collect();
    world.bridge.run(&arguments).await.expect(0);
}

#[tokio::test]
async fn check_tells_every_problem_at_once_with_its_place_and_exits_2() {
    let sandbox = Sandbox::start(Options { people: false, ..Options::default() }).await.unwrap();
    let config = config_for(&sandbox).replace("province = \"tongdai\"", "provinse = \"tongdai\"");
    let bridge = Bridge::new(&config.replace("sync = \"* * * * * *\"", "sync = \"every now and then\""));
    let told = bridge.run(&["check"]).await.expect(2);
    let all = format!("{}{}", told.stdout, told.stderr);
    for part in ["bridge.toml", "provinse", "province", "every now and then", "HOTLINE_KEY"] {
        assert!(all.contains(part), "{part} is not told:\n{all}");
    }
    let problems = bridge.json(&["check"]).await;
    let list = problems["error"]["problems"].as_array().unwrap();
    assert!(list.len() >= 3, "{problems:#}");
    for problem in list {
        assert!(problem["line"].as_u64().is_some() && problem["mend"].as_str().is_some(), "{problem:#}");
    }
}

#[tokio::test]
async fn a_link_that_loses_something_of_a_field_must_say_its_owner() {
    let sandbox = Sandbox::start(Options { people: false, ..Options::default() }).await.unwrap();
    let config = config_for(&sandbox).replacen("[link.owner]\ndefault = \"person\"\n", "", 1);
    let bridge = bridge_for(&sandbox, &config);
    let problems = bridge.json(&["check"]).await;
    let list = problems["error"]["problems"].as_array().unwrap();
    let told: Vec<_> = list.iter().map(|problem| (problem["code"].as_str(), problem["source"].as_str())).collect();
    assert_eq!(told, [(Some("C010"), Some("[[link]]"))], "{problems:#}");
    assert!(list[0]["message"].as_str().unwrap().contains("`status`"), "{problems:#}");
    // Nobody need have asked `check` first.
    for command in ["run", "sync"] {
        let refused = bridge.run(&[command]).await.expect(2);
        assert!(refused.stderr.contains("C010"), "{command}: {refused:#?}");
    }
}

#[tokio::test]
async fn a_wrong_command_line_is_told_in_the_readers_language() {
    let bridge = Bridge::new("");
    for (arguments, said) in [
        (&["staus"][..], "không có lệnh `staus`\n  có phải là `status`?"),
        (&["status", "--fromat", "json"], "không có tham số `--fromat`\n  có phải là `--format`?"),
        (&["status", "--format", "xml"], "`xml` không dùng được cho `--format <FORMAT>`\n  dùng được: text, json"),
        (&["check", "--explain", "M012", "x.toml"], "không dùng cùng"),
        (&["map", "read"], "thiếu `<MAPPING>`"),
    ] {
        let told = bridge.run(&[&["--lang", "vi"], arguments].concat()).await.expect(2);
        assert!(told.stderr.contains(said) && told.stderr.ends_with("`--help`.\n"), "{arguments:?}: {told:#?}");
        let english = bridge.run(&[&["--lang", "en"], arguments].concat()).await.expect(2);
        assert!(english.stderr.starts_with("error: "), "{english:#?}");
    }
}

#[tokio::test]
async fn a_command_without_a_config_says_so_and_exits_2() {
    let bridge = Bridge::new("");
    std::fs::remove_file(bridge.path("bridge.toml")).unwrap();
    let told = bridge.run(&["status"]).await.expect(2);
    assert!(told.stderr.contains("bridge.toml"), "{told:#?}");
}

#[tokio::test]
async fn an_unreachable_system_is_exit_3_and_the_next_cycle_goes_on() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let config = config_for(&world.sandbox);
    let nowhere = config.replace(&world.sandbox.urls().portal, "http://127.0.0.1:9");
    world.bridge.write("bridge.toml", &nowhere);
    world.sync().await.expect(3);
    world.bridge.write("bridge.toml", &config);
    world.quiet().await.expect(0);
    world.copy(Hotline, &id, Portal);
}

#[tokio::test]
async fn a_conflict_keeps_both_values_until_a_person_decides() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    world.quiet().await.expect(0);
    let copy = world.copy(Hotline, &id, Portal).id;
    world.sandbox.person_edits(Hotline, &id, &[(Meaning::Address, "Phường Trảng Dài")]).unwrap();
    world.sandbox.person_edits(Portal, &copy, &[(Meaning::Address, "Phường Tam Hiệp")]).unwrap();
    world.quiet().await.expect(1);
    world.expect_a_person_needed(true).await;
    let address = |system, id: &str| world.sandbox.ticket(system, id).unwrap().words(system, Meaning::Address);
    assert_eq!((address(Hotline, &id), address(Portal, &copy)), ("Phường Trảng Dài".into(), "Phường Tam Hiệp".into()));

    let list = world.bridge.json(&["conflicts", "list", "--personal-data"]).await;
    let conflict = &list["conflicts"][0];
    assert_eq!(conflict["field"], "submitter_address");
    assert_eq!(conflict["values"], json!({ "province": "Phường Trảng Dài", "national": "Phường Tam Hiệp" }));
    let reference = conflict["pair"].as_str().unwrap();
    let resolve = ["conflicts", "resolve", reference, "submitter_address", "--take", "national"];
    world.bridge.run(&resolve).await.expect(0);
    world.quiet().await.expect(0);
    assert_eq!(address(Hotline, &id), "Phường Tam Hiệp");
    world.expect_a_person_needed(false).await;
    world.expect_clean();
}

#[tokio::test]
async fn the_report_comes_in_three_forms_and_masks_people() {
    let world = World::empty().await;
    let words = [(Meaning::Name, "Nguyễn Thị Bí Mật"), (Meaning::Phone, "+84912345678")];
    world.sandbox.person_creates(Hotline, "feedback", &words);
    world.quiet().await.expect(0);
    world.bridge.run(&["report"]).await.expect(0);
    let report = world.bridge.json(&["report"]).await;
    assert!(report.is_object(), "{report:#}");
    let found = files_below(world.bridge.path("").as_path());
    for extension in ["html", "csv", "json"] {
        let file = found.iter().find(|path| path.contains("report") && path.ends_with(extension));
        let file = file.unwrap_or_else(|| panic!("no report as {extension}: {found:?}"));
        let text = std::fs::read_to_string(file).unwrap();
        assert!(!text.contains("Bí Mật") && !text.contains("912345678"), "{file} tells who a person is");
        assert_eq!(extension == "csv", text.starts_with('\u{feff}'), "{file}: byte order mark");
    }
}

#[tokio::test]
async fn a_second_daemon_on_the_same_database_is_refused() {
    let world = World::empty().await;
    let id = world.sandbox.person_creates(Hotline, "feedback", &[]);
    let daemon = world.bridge.start().await;
    until("the daemon works", || !world.copies(Hotline, &id, Portal).is_empty()).await;
    let second = world.bridge.run(&["run"]).await;
    assert_ne!(second.code, 0, "{second:#?}");
    assert!(second.stderr.contains("another daemon"), "{second:#?}");
    assert_eq!(daemon.terminate().await, 0);
}

#[tokio::test]
async fn a_daemon_told_to_end_drains_and_a_new_one_goes_on() {
    let world = World::empty().await;
    for _ in 0..10 {
        world.sandbox.person_creates(Hotline, "feedback", &[]);
    }
    let daemon = world.bridge.start().await;
    until("it has begun", || !world.sandbox.tickets(Portal).is_empty()).await;
    assert_eq!(daemon.terminate().await, 0);
    let daemon = world.bridge.start().await;
    until("all are pushed", || world.sandbox.tickets(Portal).len() >= 10).await;
    assert!(!daemon.log().contains("panicked"), "{}", daemon.log());
    assert_eq!(daemon.terminate().await, 0);
    world.quiet().await.expect(0);
    world.expect_clean();
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_refused_and_left_alone() {
    let world = World::empty().await;
    let file = world.bridge.write("bridge.db", "this is not a database, but somebody's letter\n");
    let told = world.sync().await.expect(3);
    assert!(told.stderr.contains("bridge.db"), "{told:#?}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "this is not a database, but somebody's letter\n");
}

#[tokio::test]
async fn completions_are_written_for_every_shell() {
    let bridge = Bridge::new("");
    for shell in ["bash", "zsh", "fish"] {
        let script = bridge.run(&["completions", shell]).await.expect(0);
        assert!(script.stdout.contains("pakn-bridge") && script.stdout.contains("conflicts"), "{shell}");
    }
}

#[tokio::test]
async fn secrets_are_in_no_output_and_no_log() {
    let world = World::empty().await;
    world.sandbox.person_creates(Hotline, "feedback", &[(Meaning::Phone, "+84987654321")]);
    let daemon = world.bridge.start().await;
    until("it works", || !world.sandbox.tickets(Portal).is_empty()).await;
    let log = daemon.log();
    daemon.terminate().await;
    let noisy = world.bridge.run(&["-vv", "sync"]).await;
    let all = format!("{log}{}{}", noisy.stdout, noisy.stderr);
    let secrets = world.sandbox.credentials();
    for secret in [&secrets.hotline_key, &secrets.portal_password, &secrets.legal_password] {
        assert!(!all.contains(secret.as_str()), "a secret is told");
    }
    assert!(!all.contains("987654321"), "a person's phone is told");
}

fn files_below(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found
}
