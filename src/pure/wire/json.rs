//! JSON ↔ tree, by RFC 8259 to the letter.
//!
//! Not by serde_json's reader: that one makes floats of numbers and keeps the last of doubled keys without a word.
//! A property test holds both readers to the same verdicts elsewhere.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::listen::{Builder, Deaf, Listener, Scalar};
use super::{Limits, Node, WireError, text_of};

mod looks;
mod print;

use looks::{mark_of, number_length, plain_length};
pub use print::{JsonPiece, JsonPrinter, print_json, spelled_key};

/// Reads one JSON document as a tree. A byte order mark before it is passed over.
///
/// # Errors
/// What is wrong with it: never a partial tree.
pub fn parse_json(bytes: &[u8], limits: &Limits) -> Result<Node, WireError> {
    let mut builder = Builder::default();
    read_json(bytes, limits, &mut builder)?;
    builder.take().ok_or(WireError::Empty)
}

/// Reads one JSON document and tells it in one pass.
///
/// # Errors
/// What is wrong with it, whoever listens; what was told before counts for nothing then.
pub fn read_json<'a>(bytes: &'a [u8], limits: &Limits, listener: &mut impl Listener<'a>) -> Result<(), WireError> {
    let text = text_of(bytes, limits)?;
    let mut reader = Reader { text, at: 0, depth: 0, nodes: 0, limits, keys: Vec::with_capacity(FEW_KEYS) };
    reader.value(listener)?;
    reader.blank();
    if reader.at < text.len() { Err(reader.malformed("more after the end of the document")) } else { Ok(()) }
}

struct Reader<'a, 'l> {
    text: &'a str,
    at: usize,
    depth: usize,
    nodes: usize,
    limits: &'l Limits,
    /// The keys of the objects that are open, so far.
    keys: Vec<Cow<'a, str>>,
}

impl<'a> Reader<'a, '_> {
    fn value<L: Listener<'a>>(&mut self, listener: &mut L) -> Result<(), WireError> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(WireError::TooMany { limit: self.limits.nodes });
        }
        self.blank();
        let scalar = match self.peek() {
            None => return Err(self.truncated()),
            Some(b'{') => {
                self.descend()?;
                if L::DEAF || listener.open_object() { self.object(listener) } else { self.object(&mut Deaf) }?;
                self.depth -= 1;
                return Ok(());
            }
            Some(b'[') => {
                self.descend()?;
                if L::DEAF || listener.open_list() { self.list(listener) } else { self.list(&mut Deaf) }?;
                self.depth -= 1;
                return Ok(());
            }
            Some(b'"') => match self.plain_string() {
                Some(text) => {
                    listener.text(text);
                    return Ok(());
                }
                None => Scalar::Text(self.string::<L>()?),
            },
            Some(b't') => self.word("true", Scalar::Bool(true))?,
            Some(b'f') => self.word("false", Scalar::Bool(false))?,
            Some(b'n') => self.word("null", Scalar::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => return Err(self.malformed("no JSON value")),
        };
        listener.scalar(scalar);
        Ok(())
    }

    fn descend(&mut self) -> Result<(), WireError> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(WireError::TooDeep { limit: self.limits.depth });
        }
        self.at += 1;
        Ok(())
    }

    fn object<L: Listener<'a>>(&mut self, listener: &mut L) -> Result<(), WireError> {
        let first = self.keys.len();
        let mut many = BTreeSet::new();
        let mut marks = 0_u64;
        if !self.ends_with(b'}') {
            loop {
                self.blank();
                match self.peek() {
                    None => return Err(self.truncated()),
                    Some(b'"') => {}
                    Some(_) => return Err(self.malformed("a key was expected")),
                }
                // Decoded whoever listens: two spellings of one key are one key.
                let key = match self.plain_string() {
                    Some(key) => Cow::Borrowed(key),
                    None => self.string::<Builder>()?,
                };
                let mark = mark_of(&key);
                let unlike = marks & mark == 0;
                marks |= mark;
                if !unlike && (self.keys.get(first..).unwrap_or_default().contains(&key) || many.contains(&key)) {
                    return Err(WireError::DoubledKey { key: key.chars().take(MAX_KEY_SHOWN).collect() });
                }
                self.expect(b':', "`:` was expected")?;
                let wanted = L::DEAF || listener.key(&key);
                // A few are compared one by one; many are kept in order, so that no document takes more than its
                // share of time.
                if self.keys.len() - first < FEW_KEYS {
                    self.keys.push(key);
                } else {
                    many.insert(key);
                }
                if wanted { self.value(listener) } else { self.value(&mut Deaf) }?;
                if self.ends_with(b'}') {
                    break;
                }
                self.expect(b',', "`,` or `}` was expected")?;
            }
        }
        self.keys.truncate(first);
        if !L::DEAF {
            listener.close();
        }
        Ok(())
    }

    fn list<L: Listener<'a>>(&mut self, listener: &mut L) -> Result<(), WireError> {
        if !self.ends_with(b']') {
            loop {
                self.value(listener)?;
                if self.ends_with(b']') {
                    break;
                }
                self.expect(b',', "`,` or `]` was expected")?;
            }
        }
        if !L::DEAF {
            listener.close();
        }
        Ok(())
    }

    /// The next string, where it holds no escape, as nearly all do, and nothing wrong.
    fn plain_string(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at + 1..)?;
        let length = plain_length(rest.as_bytes());
        let text = rest.get(..length).filter(|_| rest.as_bytes().get(length) == Some(&b'"'))?;
        self.at += length + 2;
        Some(text)
    }

    /// A string: borrowed where it holds no escape, checked only where nobody listens.
    fn string<L: Listener<'a>>(&mut self) -> Result<Cow<'a, str>, WireError> {
        self.at += 1;
        let mut out = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let plain = plain_length(rest.as_bytes());
            let piece = rest.get(..plain).unwrap_or_default();
            if out.is_empty() {
                out = Cow::Borrowed(piece);
            } else if !L::DEAF {
                out.to_mut().push_str(piece);
            }
            self.at += plain;
            match self.peek() {
                None => return Err(self.truncated()),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    let escaped = self.escape()?;
                    if !L::DEAF {
                        out.to_mut().push(escaped);
                    }
                }
                Some(_) => return Err(self.malformed("a control character inside a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, WireError> {
        let start = self.at;
        self.at += 1;
        let letter = self.peek().ok_or_else(|| self.truncated())?;
        self.at += 1;
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex4()?;
                if let Some(character) = char::from_u32(first) {
                    return Ok(character);
                }
                let lone = WireError::LoneSurrogate { offset: start };
                if first >= 0xDC00 || !self.rest().starts_with("\\u") {
                    return Err(if self.rest().is_empty() { self.truncated() } else { lone });
                }
                self.at += 2;
                let second = self.hex4()?;
                if !(0xDC00..0xE000).contains(&second) {
                    return Err(lone);
                }
                char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or(lone)?
            }
            _ => return Err(WireError::Malformed { what: "an unknown escape".to_owned(), offset: start }),
        })
    }

    fn hex4(&mut self) -> Result<u32, WireError> {
        let digits = self.rest().as_bytes().get(..4).ok_or_else(|| self.truncated())?;
        let mut value = 0;
        for digit in digits {
            let digit =
                char::from(*digit).to_digit(16).ok_or_else(|| self.malformed("four hex digits were expected"))?;
            value = value * 16 + digit;
        }
        self.at += 4;
        Ok(value)
    }

    fn number(&mut self) -> Result<Scalar<'a>, WireError> {
        let rest = self.rest();
        let Some(length) = number_length(rest.as_bytes()) else {
            let cut =
                rest.ends_with(['-', '+', '.', 'e', 'E']) && number_length(format!("{rest}0").as_bytes()).is_some();
            return Err(if cut { self.truncated() } else { self.malformed("no JSON number") });
        };
        let lexeme = rest.get(..length).unwrap_or_default();
        self.at += length;
        Ok(Scalar::Number(Cow::Borrowed(lexeme)))
    }

    fn word(&mut self, word: &str, scalar: Scalar<'a>) -> Result<Scalar<'a>, WireError> {
        let rest = self.rest();
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(scalar);
        }
        Err(if word.starts_with(rest) { self.truncated() } else { self.malformed("no JSON value") })
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), WireError> {
        self.blank();
        match self.peek() {
            None => Err(self.truncated()),
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.malformed(what)),
        }
    }

    /// Passes over the closing bracket, where it comes next.
    fn ends_with(&mut self, byte: u8) -> bool {
        self.blank();
        let ends = self.peek() == Some(byte);
        self.at += usize::from(ends);
        ends
    }

    fn blank(&mut self) {
        if self.peek().is_some_and(|byte| byte > b' ') {
            return;
        }
        let blank = self.rest().bytes().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at = blank.map_or(self.text.len(), |blank| self.at + blank);
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    const fn truncated(&self) -> WireError {
        WireError::Truncated { offset: self.text.len() }
    }

    fn malformed(&self, what: &str) -> WireError {
        WireError::Malformed { what: what.to_owned(), offset: self.at }
    }
}

/// So many keys of one object are compared one by one.
const FEW_KEYS: usize = 32;
/// Longest part of a key that an error shows, characters.
const MAX_KEY_SHOWN: usize = 60;

#[cfg(test)]
mod tests;
