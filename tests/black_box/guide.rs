//! The guide to mapping files is true: its snippets are carried out in order against the real binary.
//!
//! `json FILE` writes the file, `toml FILE` adds to it (under a table that is there already), `console` runs each `$ ` line and compares what it prints;
//! `(exit code N)` ends the output of a command that does not end with 0.

use std::fs;
use std::path::Path;

use crate::bridge::{Bridge, Finished};

/// A fenced block: what it is, for which file, its text.
struct Snippet {
    kind: String,
    file: String,
    text: String,
}

/// The blocks that name a file or are a console, in order.
fn snippets(manual: &str) -> Vec<Snippet> {
    let mut found = Vec::new();
    let mut lines = manual.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let (kind, file) = info.split_once(' ').unwrap_or((info, ""));
        if kind == "console" || !file.is_empty() {
            found.push(Snippet { kind: kind.to_owned(), file: file.to_owned(), text: text.join("\n") + "\n" });
        }
    }
    found
}

/// Commands of a console block with what they print.
fn commands(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(command), _) => found.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => output.push_str(&format!("{line}\n")),
            (None, None) => panic!("output before any command: {line}"),
        }
    }
    found
}

/// A file with a part more: under its table where that is there, else at the end.
fn added(file: &str, part: &str) -> String {
    let (head, keys) = part.split_once('\n').unwrap();
    let table = format!("\n{head}\n");
    match file.split_once(&table).filter(|_| head.starts_with('[') && !head.starts_with("[[")) {
        Some((before, after)) => format!("{before}{table}{keys}{after}"),
        None => format!("{file}\n{part}"),
    }
}

fn printed(finished: &Finished) -> String {
    let lines = format!("{}{}", finished.stdout, finished.stderr);
    let lines: String = lines.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    if finished.code == 0 { lines } else { format!("{lines}(exit code {})\n", finished.code) }
}

#[tokio::test]
async fn every_snippet_of_the_guide_does_what_it_says() {
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/README.md");
    let snippets = snippets(&fs::read_to_string(manual).unwrap());
    let bridge = Bridge::new("");
    let (mut ran, mut wrong) = (0, String::new());
    for Snippet { kind, file, text } in snippets {
        if kind != "console" {
            let before = fs::read_to_string(bridge.path(&file)).unwrap_or_default();
            bridge.write(&file, &if kind == "toml" { added(&before, &text) } else { text });
            continue;
        }
        for (command, expected) in commands(&text) {
            let (words, into) = command.split_once(" > ").unwrap_or((&command, ""));
            let words: Vec<&str> = words.split(' ').collect();
            assert_eq!(words[0], "pakn-bridge", "{command}");
            let mut finished = bridge.run(&words[1..]).await;
            if !into.is_empty() {
                bridge.write(into, &std::mem::take(&mut finished.stdout));
            }
            let found = printed(&finished);
            if found != expected {
                wrong.push_str(&format!("$ {command}\n{found}-- but the guide says\n{expected}\n"));
            }
            ran += 1;
        }
    }
    assert!(ran >= 5, "only {ran} commands in the guide");
    assert!(wrong.is_empty(), "{wrong}");
}
