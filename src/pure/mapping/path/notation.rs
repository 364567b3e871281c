//! How paths are written: names, quoted names, attributes, selectors in brackets.

use super::{Filter, Step};

/// Reads the text of a path from left to right.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl Reader<'_> {
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fail<T>(&self, what: &str) -> Result<T, (usize, String)> {
        Err((self.at, what.to_owned()))
    }

    pub(super) fn expect(&mut self, wanted: char) -> Result<(), (usize, String)> {
        if self.peek() != Some(wanted) {
            return self.fail(&format!("`{wanted}` was expected"));
        }
        self.at += wanted.len_utf8();
        Ok(())
    }

    fn while_in(&mut self, fits: impl Fn(char) -> bool) -> String {
        let taken: String = self.rest().chars().take_while(|c| fits(*c)).collect();
        self.at += taken.len();
        taken
    }

    fn blank(&mut self) {
        self.while_in(|c| c == ' ');
    }

    /// A key, a quoted key (`'a.b'`), or `@attribute`. A quoted `'@etag'` is always a key.
    pub(super) fn name(&mut self) -> Result<Step, (usize, String)> {
        match self.peek() {
            Some('\'') => self.quoted().map(Step::Key),
            Some('@') => {
                self.at += 1;
                let name = self.while_in(is_name);
                if name.is_empty() { self.fail("a name was expected after `@`") } else { Ok(Step::Attribute(name)) }
            }
            _ => {
                // `{}name` is an element of no namespace, where unprefixed names are of one.
                let nowhere = if self.rest().starts_with("{}") { "{}" } else { "" };
                self.at += nowhere.len();
                let name = self.while_in(is_name);
                if name.is_empty() {
                    return self.fail("a name was expected");
                }
                Ok(Step::Key(format!("{nowhere}{name}")))
            }
        }
    }

    fn quoted(&mut self) -> Result<String, (usize, String)> {
        self.expect('\'')?;
        let text = self.while_in(|c| c != '\'');
        self.expect('\'')?;
        Ok(text)
    }

    pub(super) fn selectors(&mut self, steps: &mut Vec<Step>) -> Result<(), (usize, String)> {
        while self.peek() == Some('[') {
            self.at += 1;
            let digits = self.while_in(|c| c.is_ascii_digit());
            let step = if digits.is_empty() {
                if self.peek() == Some(']') { Step::Each } else { Step::Where(self.filters()?) }
            } else {
                let Ok(index) = digits.parse() else { return self.fail("the number is too large") };
                if self.rest().starts_with("..") {
                    self.at += 2;
                    Step::From(index)
                } else {
                    Step::Index(index)
                }
            };
            self.expect(']')?;
            steps.push(step);
        }
        Ok(())
    }

    fn filters(&mut self) -> Result<Vec<Filter>, (usize, String)> {
        let mut filters = Vec::new();
        loop {
            self.blank();
            let key = match self.name()? {
                Step::Attribute(name) => format!("@{name}"),
                Step::Key(name) => name,
                Step::Each | Step::Index(_) | Step::From(_) | Step::Where(_) => {
                    return self.fail("a name was expected");
                }
            };
            self.blank();
            let equals = self.peek() != Some('!');
            if !equals {
                self.at += 1;
            }
            self.expect('=')?;
            self.blank();
            filters.push(Filter { key, equals, text: self.quoted()? });
            self.blank();
            if self.peek() != Some('&') {
                return Ok(filters);
            }
            self.at += 1;
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '$')
}
