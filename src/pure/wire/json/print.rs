//! What is told, as compact JSON.

use std::borrow::Cow;

use super::looks::{number_length, plain_length};
use crate::pure::wire::listen::{Listener, Scalar};
use crate::pure::wire::{Node, WireError};

/// Prints a tree as compact JSON.
///
/// # Errors
/// [`WireError::Unprintable`] for XML elements and for number lexemes that are not JSON's.
pub fn print_json(node: Node) -> Result<Vec<u8>, WireError> {
    let mut printer = JsonPrinter::default();
    node.tell(&mut printer);
    printer.finish()
}

/// Bytes that most documents of ours have.
const USUAL_BYTES: usize = 2048;

/// Members of an object, printed before the document that they go into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPiece(Vec<u8>);

/// Prints what it hears, at once.
#[derive(Debug)]
pub struct JsonPrinter {
    out: Vec<u8>,
    /// The closing bracket of each list and object that is open.
    open: Vec<u8>,
    /// Whether something stands before the next item or member of what is open.
    follows: bool,
    fault: Option<WireError>,
}

impl Default for JsonPrinter {
    fn default() -> Self {
        Self { out: Vec::with_capacity(USUAL_BYTES), open: Vec::new(), follows: false, fault: None }
    }
}

impl JsonPrinter {
    /// What was printed.
    ///
    /// # Errors
    /// The first that JSON has no spelling for.
    pub fn finish(self) -> Result<Vec<u8>, WireError> {
        self.fault.map_or(Ok(self.out), Err)
    }

    /// The members of the object that was printed.
    ///
    /// # Errors
    /// The first that JSON has no spelling for, or that it is no object.
    pub fn into_piece(self) -> Result<JsonPiece, WireError> {
        let printed = self.finish()?;
        let members = printed.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
        let no_object = || WireError::Unprintable { format: "JSON", what: "members of what is no object".to_owned() };
        members.map(|members| JsonPiece(members.to_vec())).ok_or_else(no_object)
    }

    /// Puts members into the object that is open.
    pub fn put_members(&mut self, piece: &JsonPiece) {
        if !piece.0.is_empty() {
            self.next();
            self.out.extend_from_slice(&piece.0);
        }
    }

    fn next(&mut self) {
        if std::mem::replace(&mut self.follows, true) {
            self.out.push(b',');
        }
    }

    fn open(&mut self, opening: u8, closing: u8) -> bool {
        self.next();
        self.follows = false;
        self.out.push(opening);
        self.open.push(closing);
        true
    }

    fn text(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        self.out.push(b'"');
        loop {
            let (plain, special) = rest.split_at(plain_length(rest).min(rest.len()));
            self.out.extend_from_slice(plain);
            let Some((special, after)) = special.split_first() else { break };
            self.escape(*special);
            rest = after;
        }
        self.out.push(b'"');
    }

    fn escape(&mut self, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let letter = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0C => b'f',
            _ => {
                let digit = |half: u8| HEX.get(usize::from(half)).copied().unwrap_or(b'0');
                return self.out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            }
        };
        self.out.extend_from_slice(&[b'\\', letter]);
    }

    fn refuse(&mut self, what: String) {
        self.fault.get_or_insert(WireError::Unprintable { format: "JSON", what });
    }
}

/// A key as it stands in JSON, with its colon.
pub fn spelled_key(key: &str) -> String {
    let mut printer = JsonPrinter::default();
    Listener::key(&mut printer, key);
    String::from_utf8_lossy(&printer.out).into_owned()
}

impl<'a> Listener<'a> for JsonPrinter {
    fn scalar(&mut self, scalar: Scalar<'a>) {
        self.next();
        match scalar {
            Scalar::Null => self.out.extend_from_slice(b"null"),
            Scalar::Bool(true) => self.out.extend_from_slice(b"true"),
            Scalar::Bool(false) => self.out.extend_from_slice(b"false"),
            Scalar::Number(lexeme) if number_length(lexeme.as_bytes()) == Some(lexeme.len()) => {
                self.out.extend_from_slice(lexeme.as_bytes());
            }
            Scalar::Number(lexeme) => self.refuse(format!("`{lexeme}` is no number")),
            Scalar::Text(text) => self.text(&text),
        }
    }

    fn open_list(&mut self) -> bool {
        self.open(b'[', b']')
    }

    fn open_object(&mut self) -> bool {
        self.open(b'{', b'}')
    }

    fn key(&mut self, key: &str) -> bool {
        self.next();
        self.text(key);
        self.out.push(b':');
        self.follows = false;
        true
    }

    fn known_key(&mut self, _: &str, spelled: &str) -> bool {
        self.next();
        self.out.extend_from_slice(spelled.as_bytes());
        self.follows = false;
        true
    }

    fn close(&mut self) {
        self.out.extend(self.open.pop());
        self.follows = true;
    }

    fn open_element(&mut self, _: &str) -> bool {
        self.refuse("an XML element".to_owned());
        false
    }

    fn attribute(&mut self, _: &str, _: &str) {}

    fn content(&mut self, _: Cow<'a, str>) {}

    fn close_element(&mut self) {}
}
