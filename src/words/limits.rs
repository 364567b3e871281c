//! A limit on everything that comes from outside, each with a name.

/// Largest body of one answer that is read into memory, bytes.
pub const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// Deepest nesting of a JSON or XML document.
pub const MAX_DEPTH: usize = 64;
/// Most values in one JSON or XML document.
pub const MAX_NODES: usize = 200_000;
/// Most attributes of one XML element.
pub const MAX_ATTRIBUTES: usize = 256;
/// Longest name of an XML namespace, bytes: each element that is in it carries the name.
pub const MAX_NAMESPACE_BYTES: usize = 256;
/// Most pages of one listing before it counts as endless.
pub const MAX_PAGES: usize = 10_000;
/// Most rows taken from one page.
pub const MAX_PAGE_ROWS: usize = 5_000;
/// Most tickets that systems told of and that wait to be read.
pub const MAX_HINTS: u32 = 10_000;
/// Largest notice of a system that a ticket changed, bytes.
pub const MAX_NOTICE_BYTES: usize = 256 * 1024;
/// Most tickets that one notice tells of.
pub const MAX_NOTICE_TICKETS: usize = 100;
/// Largest attachment that is carried, bytes.
pub const MAX_ATTACHMENT_BYTES: u64 = 100 * 1024 * 1024;
/// Longest text of the remote's own words that is kept, characters.
pub const MAX_SAYS_CHARS: usize = 500;
/// Most replies, transfers or attachments of one ticket.
pub const MAX_CHILDREN: usize = 1_000;
/// Longest `Retry-After` that is obeyed, seconds (24 h).
pub const MAX_RETRY_AFTER_SECONDS: u64 = 24 * 3600;
/// Longest text of one field, bytes.
pub const MAX_TEXT_BYTES: usize = 1024 * 1024;
