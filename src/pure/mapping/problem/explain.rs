//! What each code of a problem means and how to mend it, at length, in both languages, with a wrong and a right example.

use crate::pure::messages::Language;

mod calls;
mod codes;
mod file;
mod records;

/// What a code means.
#[derive(Debug, Clone, Copy)]
pub struct Explanation {
    /// The code.
    pub code: &'static str,
    /// In one line, Vietnamese and English.
    title: [&'static str; 2],
    /// At length: why it matters, and how to mend it.
    text: [&'static str; 2],
    /// Lines of a mapping that have this problem.
    pub wrong: &'static str,
    /// The same without it.
    pub right: &'static str,
}

impl Explanation {
    /// What it is, in one line.
    #[must_use]
    pub const fn title(&self, language: Language) -> &'static str {
        let [vi, en] = self.title;
        match language {
            Language::Vi => vi,
            Language::En => en,
        }
    }

    /// Why it matters, and how to mend it.
    #[must_use]
    pub const fn text(&self, language: Language) -> &'static str {
        let [vi, en] = self.text;
        match language {
            Language::Vi => vi,
            Language::En => en,
        }
    }
}

/// All codes of mapping files, in their order.
pub fn catalogue() -> impl Iterator<Item = &'static Explanation> {
    let mut all: Vec<&Explanation> =
        [file::CODES, calls::CODES, records::CODES, codes::CODES].into_iter().flatten().collect();
    all.sort_by_key(|explanation| explanation.code);
    all.into_iter()
}

/// What a code means, however it is spelled (`M012`, `m12`).
#[must_use]
pub fn explain(code: &str) -> Option<&'static Explanation> {
    let number = |code: &str| code.trim().strip_prefix(['M', 'm']).and_then(|digits| digits.parse::<u16>().ok());
    let wanted = number(code)?;
    catalogue().find(|explanation| number(explanation.code) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use toml::Table;
    use toml::Value;

    use super::*;
    use crate::pure::mapping::{Problem, check};

    /// A sound mapping that examples are put into.
    const BASE: &str = r#"
format = 1
name   = "example"

[setting]
url = { type = "url", example = "http://127.0.0.1" }

[http]
base = "${setting.url}"

[call.changes]
on    = "GET /tickets"
items = "rows[]"

[call.get]
on = "GET /tickets/${id}"

[record]
kind = "json"
id   = "Id"

[field]
subject     = { at = "Title", type = "text" }
received_at = { at = "At", type = "instant", as = "rfc3339", write = "never" }
"#;

    /// Puts the example's members over those of the base.
    fn merge(base: &mut Table, over: Table) {
        for (key, value) in over {
            match (base.get_mut(&key), value) {
                (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
                (_, value) => {
                    base.insert(key, value);
                }
            }
        }
    }

    fn found(example: &str) -> Vec<Problem> {
        let text = match example.parse::<Table>() {
            Ok(example) => {
                let mut whole: Table = BASE.parse().unwrap();
                merge(&mut whole, example);
                toml::to_string(&whole).unwrap()
            }
            Err(_) => format!("{BASE}{example}"),
        };
        let beside = |name: &str| match name {
            "units.csv" => Ok("code;word\n26368;26368\n".to_owned()),
            _ => Err("there is no such file".to_owned()),
        };
        match check("example.toml", &text, &beside) {
            Err(problems) => problems,
            Ok(mapping) => mapping.check_laws(),
        }
    }

    #[test]
    fn the_wrong_example_of_each_code_has_that_problem_alone_and_the_right_one_none() {
        let mut failures = String::new();
        for Explanation { code, wrong, right, .. } in catalogue() {
            let problems = found(wrong);
            if problems.is_empty() || problems.iter().any(|found| found.code != *code) {
                let text: String = problems.iter().map(Problem::render_text).collect();
                failures.push_str(&format!("{code}, wrong:\n{text}\n"));
            }
            for problem in found(right) {
                failures.push_str(&format!("{code}, right:\n{}\n", problem.render_text()));
            }
        }
        assert!(failures.is_empty(), "{failures}");
    }

    #[test]
    fn every_code_is_explained_once_in_both_languages() {
        let source = include_str!("../problem.rs");
        let declared: Vec<&str> = source.split(": &str = \"M").skip(1).filter_map(|rest| rest.get(..3)).collect();
        let explained: Vec<&str> = catalogue().map(|one| one.code.trim_start_matches('M')).collect();
        assert_eq!(explained, declared, "in problem.rs and in the catalogue");
        for one in catalogue() {
            for language in Language::ALL {
                assert!(!one.title(language).is_empty() && one.text(language).len() > 40, "{}", one.code);
            }
        }
    }

    #[test]
    fn a_code_is_found_however_it_is_spelled() {
        for spelled in ["M012", "m012", "M12", " m12 "] {
            assert_eq!(explain(spelled).map(|one| one.code), Some("M012"), "{spelled}");
        }
        for unknown in ["", "M", "M999", "C012", "12"] {
            assert!(explain(unknown).is_none(), "{unknown}");
        }
    }
}
