//! Answers that no client should trust: each a thing that has been seen in life. For tests, switched on by hand.

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;

use super::server::Answer;

/// A whole answer that is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadAnswer {
    /// An HTML error page with status 200.
    HtmlWithStatus200,
    /// The right answer, cut in the middle.
    Truncated,
    /// The right answer with bytes that are not UTF-8 in its text.
    InvalidUtf8,
    /// 100 MB.
    Huge,
    /// An XML document whose entities expand without end.
    EntityBomb,
    /// Nested 100,000 deep.
    DeepNesting,
    /// Listings give the first page again and again and promise more.
    EndlessPages,
    /// Nothing at all, with status 200.
    Empty,
}

/// Which answers are bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Listings.
    Lists,
    /// Reads of one ticket and searches.
    Reads,
    /// Answers to writes (the write itself is done).
    Writes,
    /// All but logins.
    All,
}

/// One row or ticket that is not what it should be; the others stay good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadRow {
    /// A code that no list knows.
    UnknownCode,
    /// A date that no calendar knows.
    AbsurdDate,
    /// Its text is missing.
    MissingField,
    /// A member that nobody announced.
    ExtraField,
    /// A title that is an object, or a number.
    WrongType,
}

/// Bytes of [`BadAnswer::Huge`].
const HUGE_BYTES: usize = 100_000_000;
/// Depth of [`BadAnswer::DeepNesting`].
const DEPTH: usize = 100_000;

impl BadAnswer {
    /// Spoils a good answer.
    pub(super) fn spoil(self, good: Answer) -> Answer {
        let xml = good.content_type.contains("xml");
        match self {
            Self::HtmlWithStatus200 => Answer::new(
                200,
                "text/html; charset=utf-8",
                "<!DOCTYPE html><html><head><title>Bảo trì</title></head><body><h1>Hệ thống đang bảo trì</h1></body></html>",
            ),
            Self::Truncated => {
                let half = good.body.len() / 2;
                Answer { body: good.body.slice(..half), ..good }
            }
            Self::InvalidUtf8 => {
                let mut body = good.body.to_vec();
                let at = body.iter().rposition(u8::is_ascii_alphanumeric).unwrap_or(0);
                body.splice(at..at, [0xff, 0xfe, 0xc3, 0x28]);
                Answer { body: body.into(), ..good }
            }
            Self::Huge => Answer { huge: true, ..good },
            Self::EntityBomb => Answer::new(200, "text/xml; charset=utf-8", entity_bomb()),
            Self::DeepNesting if xml => Answer::new(200, "text/xml; charset=utf-8", "<a>".repeat(DEPTH)),
            Self::DeepNesting => Answer::new(200, "application/json", "[".repeat(DEPTH)),
            Self::EndlessPages => good,
            Self::Empty => Answer { body: Bytes::new(), ..good },
        }
    }
}

/// The well-known "billion laughs".
fn entity_bomb() -> String {
    let mut text = String::from("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x0 \"ha\">");
    for level in 1..=9 {
        let inner = format!("&x{};", level - 1).repeat(10);
        text.push_str(&format!("<!ENTITY x{level} \"{inner}\">"));
    }
    text.push_str("]><a>&x9;</a>");
    text
}

/// A body of 100 MB that is never in memory at once. It begins like a document of its kind.
pub(super) fn huge_body(xml: bool) -> Body {
    const PIECE: Bytes = Bytes::from_static(&[b' '; 64 * 1024]);
    let begin = Bytes::from_static(if xml { b"<a>" } else { b"{\"a\":" });
    let pieces = std::iter::once(begin).chain(std::iter::repeat_n(PIECE, HUGE_BYTES / PIECE.len()));
    Body::from_stream(stream::iter(pieces.map(Ok::<_, std::convert::Infallible>)))
}
