//! A page being written. Markup is only ever text of this program; everything else is escaped.

use crate::pure::messages::{Key, Language};

/// The page so far.
pub(super) struct Page {
    pub(super) language: Language,
    written: String,
}

impl Page {
    pub(super) const fn new(language: Language) -> Self {
        Self { language, written: String::new() }
    }

    /// Markup of this program.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.written.push_str(markup);
        self
    }

    /// Any text, escaped for content and for attributes in quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.written.push_str("&amp;"),
                '<' => self.written.push_str("&lt;"),
                '>' => self.written.push_str("&gt;"),
                '"' => self.written.push_str("&quot;"),
                '\'' => self.written.push_str("&#39;"),
                c if c.is_control() => self.written.push(' '),
                c => self.written.push(c),
            }
        }
        self
    }

    /// A message.
    pub(super) fn say(&mut self, key: Key) -> &mut Self {
        let text = self.language.say(key);
        self.text(text)
    }

    /// A count as people write it.
    pub(super) fn count(&mut self, count: u64) -> &mut Self {
        let text = self.language.number(count);
        self.text(&text)
    }

    /// A number as machines write it.
    pub(super) fn plain(&mut self, number: u64) -> &mut Self {
        self.written.push_str(&number.to_string());
        self
    }

    pub(super) fn finish(self) -> String {
        self.written
    }
}
