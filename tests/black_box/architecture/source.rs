//! Just enough of Rust's grammar to see which paths a file names: comments and texts set apart, `use` trees spread out,
//! `super` resolved.

use std::sync::LazyLock;

use regex::Regex;

/// What one file names.
pub(super) struct Source {
    /// From the repository's root, with `/`.
    pub(super) path: String,
    /// Where it stands under `crate`.
    pub(super) module: Vec<String>,
    /// Paths into this crate, without `crate`.
    pub(super) inner_paths: Vec<Vec<String>>,
    /// Other paths of the code that ships (test modules left out).
    pub(super) outer_paths: Vec<Vec<String>>,
    /// Text literals of the code that ships.
    pub(super) texts: Vec<String>,
    /// The file without its test module.
    pub(super) shipped: String,
    pub(super) lines: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Colons,
    Sign(char),
}

impl Source {
    pub(super) fn read(path: &str, text: &str) -> Self {
        let module: Vec<String> = path
            .trim_start_matches("src/")
            .trim_end_matches(".rs")
            .split('/')
            .filter(|part| !["lib", "main", "mod"].contains(part))
            .map(str::to_owned)
            .collect();
        let is_test = module.iter().any(|part| part == "tests");
        let shipped = if is_test { "" } else { text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text) };
        let shipped_tokens = tokens(shipped);
        let inner_paths =
            paths(&tokens(text)).into_iter().filter_map(|(path, depth)| resolve(&module, path, depth)).collect();
        let outer_paths =
            paths(&shipped_tokens).into_iter().map(|(path, _)| path).filter(|path| !is_inner(path)).collect();
        let texts = shipped_tokens
            .into_iter()
            .filter_map(|token| if let Token::Text(text) = token { Some(text) } else { None });
        Self {
            path: path.to_owned(),
            inner_paths,
            outer_paths,
            texts: texts.collect(),
            shipped: shipped.to_owned(),
            lines: text.lines().count(),
            module,
        }
    }
}

/// Whether a text literal is a statement for a database.
pub(super) fn is_sql(text: &str) -> bool {
    static SQL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?is)^\s*(select\s.+\sfrom\s+\w|insert\s+(or\s+\w+\s+)?into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+(unique\s+)?(table|index)\s|pragma\s+\w)",
        )
        .unwrap()
    });
    SQL.is_match(text)
}

fn is_inner(path: &[String]) -> bool {
    path.first().is_some_and(|root| ["crate", "super", "self"].contains(&root.as_str()))
}

/// The path under `crate`, when it leads there. `depth` counts the inline modules around it.
fn resolve(module: &[String], path: Vec<String>, depth: usize) -> Option<Vec<String>> {
    if path.first()? == "crate" {
        return Some(path[1..].to_vec());
    }
    let ups = path.iter().take_while(|part| *part == "super").count();
    let beyond = ups.checked_sub(depth)?;
    if ups == 0 || beyond > module.len() {
        return None;
    }
    let mut whole = module[..module.len() - beyond].to_vec();
    whole.extend_from_slice(&path[ups..]);
    Some(whole)
}

/// All paths named, with the number of inline modules around each.
fn paths(tokens: &[Token]) -> Vec<(Vec<String>, usize)> {
    let mut found = Vec::new();
    let mut braces: Vec<bool> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let depth = braces.iter().filter(|is_module| **is_module).count();
        match &tokens[at] {
            Token::Sign('{') => braces.push(at >= 2 && tokens[at - 2] == Token::Word("mod".to_owned())),
            Token::Sign('}') => {
                braces.pop();
            }
            Token::Word(word) if word == "use" => {
                let mut tree = Vec::new();
                at = use_tree(tokens, at + 1, &[], &mut tree);
                found.extend(tree.into_iter().map(|path| (path, depth)));
                continue;
            }
            Token::Word(_) => {
                let mut path = Vec::new();
                while let Some(Token::Word(word)) = tokens.get(at) {
                    path.push(word.clone());
                    if tokens.get(at + 1) == Some(&Token::Colons) && matches!(tokens.get(at + 2), Some(Token::Word(_)))
                    {
                        at += 2;
                    } else {
                        break;
                    }
                }
                if path.len() > 1 {
                    found.push((path, depth));
                }
            }
            Token::Text(_) | Token::Colons | Token::Sign(_) => {}
        }
        at += 1;
    }
    found
}

/// Reads one `use` tree from `at`; gives the place after it.
fn use_tree(tokens: &[Token], mut at: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    loop {
        match tokens.get(at) {
            Some(Token::Word(word)) if word == "as" => at += 2,
            Some(Token::Word(word)) => {
                path.push(word.clone());
                at += 1;
            }
            Some(Token::Colons) => at += 1,
            Some(Token::Sign('{')) => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != Token::Sign('}')) {
                    at = use_tree(tokens, at, &path, found);
                    if tokens.get(at) == Some(&Token::Sign(',')) {
                        at += 1;
                    }
                }
                return at + 1;
            }
            Some(Token::Sign('*')) => {
                at += 1;
            }
            _ => {
                if path.len() > before.len() || !path.is_empty() {
                    found.push(path);
                }
                return at;
            }
        }
    }
}

/// Words, double colons, signs and text literals; comments, lifetimes and characters are dropped.
fn tokens(text: &str) -> Vec<Token> {
    static LEXER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r##"(?s)(?P<skip>//[^\n]*|/\*.*?\*/|'(?:\\.[^']*|[^'\\])')|'\w+"##,
            r###"|b?r(?P<raw>"[^"]*"|#"(?:.*?)"#|##"(?:.*?)"##)"###,
            "|\"(?P<text>(?:\\\\.|[^\"\\\\])*)\"",
            r"|(?P<word>\w+)|(?P<colons>::)|(?P<sign>[^\s])"
        ))
        .unwrap()
    });
    LEXER
        .captures_iter(text)
        .filter_map(|part| {
            if let Some(raw) = part.name("raw") {
                return Some(Token::Text(raw.as_str().trim_matches(['#', '"']).to_owned()));
            }
            if let Some(text) = part.name("text") {
                return Some(Token::Text(text.as_str().to_owned()));
            }
            if let Some(word) = part.name("word") {
                return Some(Token::Word(word.as_str().to_owned()));
            }
            if part.name("colons").is_some() {
                return Some(Token::Colons);
            }
            part.name("sign").and_then(|sign| sign.as_str().chars().next()).map(Token::Sign)
        })
        .collect()
}
