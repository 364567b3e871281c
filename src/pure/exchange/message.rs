//! What goes out and what comes back, as plain data: the doors only move it.

use std::fmt;

use url::Url;

use crate::pure::mapping::calls::Method;

use super::query::Query;

/// What a call sends, by what carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Over HTTP, or to a folder.
    Http(Request),
    /// To a database.
    Sql(Query),
}

/// One request, ready to be sent. `Debug` shows no header value, no query and no body: those may hold secrets and
/// personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Whole address.
    pub url: Url,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Body,
}

/// A request's body.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// None.
    Empty,
    /// These bytes.
    Bytes(Vec<u8>),
    /// The bytes of the file that the write carries, streamed.
    File,
    /// `multipart/form-data`.
    Multipart(Vec<Part>),
}

/// One part of a multipart body.
#[derive(Clone, PartialEq, Eq)]
pub enum Part {
    /// A named text.
    Text {
        /// Name.
        name: String,
        /// Text.
        text: String,
    },
    /// The file that the write carries, streamed.
    File {
        /// Name of the part.
        name: String,
        /// Name of the file.
        file_name: String,
        /// Media type.
        media_type: String,
    },
}

impl Request {
    /// The value of a header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body as text, where it is bytes of text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Body::Bytes(bytes) = &self.body { std::str::from_utf8(bytes).ok() } else { None }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method.as_str(), self.url.origin().ascii_serialization(), self.url.path())?;
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        write!(f, " headers [{}] {:?}", names.join(", "), self.body)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no body"),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::File => f.write_str("the file"),
            Self::Multipart(parts) => write!(f, "{} parts", parts.len()),
        }
    }
}

/// One whole answer, read within the limit. `Debug` shows no header value and no body.
///
/// A database answers 200 or 500, its rows as `{"rows": […], "last": {…}}`, and tells in its head `count` (rows shown, or
/// changed where none are shown), `state` (the SQLSTATE of what went wrong) and `constraint`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {} with {} bytes", self.status, self.body.len())
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret_and_no_person() {
        let request = Request {
            method: Method::Post,
            url: Url::parse("https://u:pw@portal.example/api/phieu?key=SECRET").unwrap(),
            headers: vec![("x-api-key".into(), "SECRET".into())],
            body: Body::Bytes(b"Nguyen Van A".to_vec()),
        };
        assert_eq!(format!("{request:?}"), "POST https://portal.example/api/phieu headers [x-api-key] 12 bytes");
    }
}
