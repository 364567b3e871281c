//! How a system is called: calls, verbs, verdicts, paging, login. Checked and ready to run.

use std::collections::BTreeMap;
use std::time::Duration;

use regex::Regex;

use crate::words::ticket::{Field, RecordKind};

use super::auth::{OAuth2, Signing};
use super::carrier::Statement;
use super::instant::InstantFormat;
use super::path::Path;
use super::template::{Template, Tree, Var, XmlTemplate};

/// What holds for every call of a system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Http {
    /// Scheme, host, port and path that every path of a call is put behind; no slash at its end.
    pub base: String,
    /// Other origins (`https://host:port`) that whole URLs may lead to, beside the one of `base`.
    pub allow: Vec<String>,
    /// Headers of each call, before its own; a call's header of the same name replaces it.
    pub headers: Vec<(String, Template)>,
    /// Members merged into each JSON body; the call's own win.
    pub json: Option<Tree>,
    /// The envelope around each XML body, with [`super::Var::Body`] in its place.
    pub xml: Option<XmlTemplate>,
}

/// How we prove who we are.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// HTTP Basic: user name and password.
    pub basic: Option<(Template, Template)>,
    /// A token server, whose token each call carries and `login.token` is.
    pub oauth2: Option<OAuth2>,
    /// A call whose `take` gives `login.*` to the others.
    pub call: Option<String>,
    /// How requests are signed.
    pub sign: Option<Signing>,
    /// How the login is proved.
    pub check: Option<LoginCheck>,
}

/// Proves that the system knows us: some answer 200 to a bad key, as to anybody.
#[derive(Debug, Clone)]
pub struct LoginCheck {
    /// The call.
    pub call: String,
    /// Where its answer names us.
    pub at: Option<Path>,
    /// What stands there; any value where not given.
    pub is: Option<String>,
}

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl Method {
    /// As in a request.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A path behind [`Http::base`], `/` first. Variables are percent-encoded as one segment each.
    Path(Template),
    /// A whole URL, or a path that the system gave: resolved against the base, then its origin must be the base's or
    /// an allowed one.
    Whole(Template),
}

/// What a call sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing.
    None,
    /// A JSON document.
    Json(Tree),
    /// One row of CSV, from a flat object.
    Csv(Tree),
    /// `application/x-www-form-urlencoded`, from a flat object.
    Form(Tree),
    /// An XML document, put into the envelope where there is one.
    Xml(XmlTemplate),
    /// A statement of SQL: all that a call of a database is.
    Sql(Statement),
    /// The file itself, with this content type.
    Bytes {
        /// Content type; `application/octet-stream` where absent.
        content_type: Template,
    },
    /// `multipart/form-data`: text parts, and the file in the part of this name.
    Multipart {
        /// Text parts, in order.
        parts: Vec<(String, Template)>,
        /// Name of the file's part.
        file: String,
    },
}

/// What an answer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON document.
    Json,
    /// An XML document.
    Xml,
    /// Rows of CSV, as a list of flat objects.
    Csv,
    /// Bytes of a file.
    Bytes,
    /// Nothing that matters.
    None,
}

/// One exchange.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its name in the file.
    pub name: String,
    /// Line in the file, for messages.
    pub line: usize,
    /// Method.
    pub method: Method,
    /// Where to.
    pub target: Target,
    /// Query members; an absent one is left out.
    pub query: Vec<(String, Template)>,
    /// Headers of its own.
    pub headers: Vec<(String, Template)>,
    /// What it sends.
    pub body: Body,
    /// Whether `[http]`'s JSON members or XML envelope go into its body, and the login into it.
    pub bare: bool,
    /// What it answers.
    pub gives: Format,
    /// The one document of the answer (`get`, and writes whose answer shows the record).
    pub root: Option<Path>,
    /// The documents or rows of the answer (lists, find, mounts).
    pub items: Option<Path>,
    /// What later steps need of the answer. `id`, `version` of a commit make the ack.
    pub take: BTreeMap<String, Path>,
    /// The remote's own clock in the answer.
    pub now: Option<InstantAt>,
    /// How to go on to the next page.
    pub page: Option<Paging>,
    /// How `since` is printed.
    pub since: Option<Since>,
    /// What its rows reveal.
    pub shows: Shows,
    /// Where a row names itself (lists, find); by default where a document does.
    pub row: Row,
    /// Its own verdicts, asked before those of the file.
    pub answers: Vec<AnswerRule>,
}

/// An instant somewhere in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstantAt<P = Path> {
    /// Where.
    pub at: P,
    /// How it is written.
    pub format: InstantFormat,
}

/// Where a row of a listing names itself, from the row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The ticket's id.
    pub id: Option<Path>,
    /// Its version.
    pub version: Option<Path>,
    /// When it last changed.
    pub changed: Option<InstantAt>,
}

/// What the rows of a listing are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shows {
    /// Hints that something changed: the ticket is read by `get`.
    #[default]
    Hints,
    /// Whole and current tickets.
    Whole,
}

/// How a listing is paged.
#[derive(Debug, Clone)]
pub struct Paging {
    /// What names a page.
    pub by: PageBy,
    /// Rows a page that we ask for.
    pub size: u32,
    /// How the end is known.
    pub end: PageEnd,
}

/// What names a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageBy {
    /// A page number; the first page's.
    Number(u64),
    /// The number of rows before it; the first row's.
    Offset(u64),
    /// A token that the page before gave.
    Token(Path),
    /// A whole URL that the page before gave.
    Link(Path),
}

/// How the end of a listing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageEnd {
    /// The answer tells how many rows there are in all.
    Total(Path),
    /// The answer says `true` while there is more.
    More(Path),
    /// A page with fewer rows than asked for is the last; also: no token or link given.
    Short,
}

/// How a listing is asked for changes since an instant.
#[derive(Debug, Clone)]
pub struct Since {
    /// How it is written.
    pub format: InstantFormat,
    /// The remote's own resolution.
    pub step: Duration,
    /// Whether rows of that very instant are given.
    pub inclusive: bool,
    /// How much is read again each time: at least `step` and the remote's longest transaction.
    pub overlap: Duration,
}

/// One line of the table that turns answers into verdicts.
#[derive(Debug, Clone)]
pub struct AnswerRule {
    /// Line in the file.
    pub line: usize,
    /// HTTP status; any where empty.
    pub status: Vec<u16>,
    /// The content type begins with this.
    pub content_type: Option<String>,
    /// Where in the answer; the rule does not match where nothing is there, unless the test is `Absent`.
    pub at: Option<Path>,
    /// What must hold there.
    pub test: Test,
    /// What it means.
    pub then: Verdict,
    /// The remote's own words.
    pub says: Option<Path>,
    /// Which of its members the remote names.
    pub member: Option<Path>,
    /// How many seconds it asks us to wait, in the body.
    pub wait: Option<Path>,
}

/// What must hold at a place of an answer. Compared as text: `0` and `00` differ.
#[derive(Debug, Clone)]
pub enum Test {
    /// Nothing.
    Any,
    /// Something is there.
    Present,
    /// Nothing is there.
    Absent,
    /// One of these.
    In(Vec<String>),
    /// A pattern (linear time), somewhere in the text.
    Like(Regex),
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Done; the answer is what was declared.
    Ok,
    /// Not taken, now or later.
    Refused,
    /// Surely not done; try again.
    Retry,
    /// Surely not done; wait first.
    Busy,
    /// Surely not done; log in again.
    Login,
    /// Surely not done; the version no longer holds.
    Conflict,
    /// A record with this reference is there already.
    Exists,
    /// No such record.
    Gone,
    /// It may have been done.
    Doubt,
}

impl Verdict {
    /// All, with their words in mapping files.
    pub const WORDS: [(&'static str, Self); 9] = [
        ("ok", Self::Ok),
        ("refused", Self::Refused),
        ("retry", Self::Retry),
        ("busy", Self::Busy),
        ("login", Self::Login),
        ("conflict", Self::Conflict),
        ("exists", Self::Exists),
        ("gone", Self::Gone),
        ("doubt", Self::Doubt),
    ];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, verdict)| *verdict == self).map_or("", |(word, _)| word)
    }
}

/// Which calls carry out what.
#[derive(Debug, Clone, Default)]
pub struct Verbs {
    /// Lists changes, or everything where no `since` is given.
    pub changes: Option<String>,
    /// Reads one ticket.
    pub get: Option<String>,
    /// Lists the tickets of one reference.
    pub find: Option<String>,
    /// Fetches an attachment.
    pub download: Option<String>,
    /// Writes, by what is written.
    pub writes: BTreeMap<RecordKind, Writes>,
    /// Sub-calls whose answers belong to the document that `get` reads, in order.
    pub mounts: Vec<Mount>,
}

/// How records of one kind are written.
#[derive(Debug, Clone, Default)]
pub struct Writes {
    /// A new record.
    pub create: Option<Steps>,
    /// Changes of a known record: every writable field is in exactly one group.
    pub updates: Vec<FieldGroup>,
}

/// A write: repeatable steps, exactly one commit, idempotent steps. All by the names of calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    /// Leave at most orphans.
    pub before: Vec<String>,
    /// The only one that can be in doubt.
    pub commit: String,
    /// Idempotent.
    pub after: Vec<String>,
    /// Which step's `take` names the new record ([`super::Var::Taken`]), where the commit's own `id` does not: the record
    /// was made before, and the commit made it part of its ticket.
    pub id: Option<Var>,
}

/// Fields that are written by the same call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldGroup {
    /// Them.
    pub fields: Vec<Field>,
    /// How; `None` for a group that is shown as held back.
    pub steps: Option<Steps>,
}

/// A sub-call's answer, put into the ticket's document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The call; its `items` (a list) or `root` is what is put.
    pub call: String,
    /// Key of the document's object (or element) that receives it.
    pub into: String,
}
