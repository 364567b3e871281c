//! How a system is called: calls, verbs, verdicts, promises.

use super::{AS_INSTANT, DIGITS, INSTANT, INSTANT_AT, MISSING_OFFSET, NAMES, TEXTS, ZONE, key, need, section};
use crate::pure::mapping::grammar::{Form, Key, Section};

pub(super) static HTTP: Section = section(
    "http",
    "What holds for every call",
    &[
        need("base", Form::Text, "What stands before every path, usually `${setting.url}`"),
        key("allow", TEXTS, "Other origins that a whole URL may lead to"),
        key("header", NAMES, "Headers of every call"),
        key("json", Form::Tree, "Members of every JSON body"),
        key("xml", Form::Text, "The envelope of every XML body, with `${body}`"),
    ],
);

pub(super) static SQL: Section = section(
    "sql",
    "A database whose tables are the system",
    &[
        need("dialect", Form::Words(&["postgres", "sqlite", "mysql"]), "Whose SQL it speaks; `mysql` is MariaDB too"),
        need("url", Form::Text, "Where it is and who we are there, usually `${setting.url}`, a secret"),
    ],
);

pub(super) static FOLDER: Section = section(
    "folder",
    "A folder that files are exchanged through, one a ticket",
    &[need("path", Form::Text, "Where it is, usually `${setting.folder}`")],
);

pub(super) static LOGIN: Section = section(
    "login",
    "Who we are there",
    &[
        key("basic", Form::Table(&BASIC), "HTTP Basic"),
        key("oauth2", Form::Table(&OAUTH2), "A token server: each call carries the token that it gives"),
        key("call", Form::Text, "The call whose `take` gives `${login.X}`"),
        key("sign", Form::Table(&SIGN), "How requests are signed"),
        key("check", Form::Table(&LOGIN_CHECK), "What proves that they know us"),
    ],
);

static BASIC: Section = section(
    "basic",
    "HTTP Basic",
    &[need("user", Form::Text, "User name"), need("password", Form::Text, "Password, a secret setting")],
);

static OAUTH2: Section = section(
    "oauth2",
    "OAuth2 client credentials",
    &[
        need("url", Form::Text, "Address of the token endpoint"),
        need("client", Form::Text, "Our name there"),
        need("secret", Form::Text, "Our secret there, a secret setting"),
        key("scope", Form::Text, "What the token shall be good for"),
        key("form", NAMES, "What else it wants to be told, such as `audience`"),
        key("by", Form::Words(&["header", "body"]), "Where name and secret stand"),
        key("early", Form::Duration, "How long before its end a token counts as ended"),
    ],
);

static SIGN: Section = section(
    "sign",
    "An HMAC over a declared text, carried by headers",
    &[
        key("hmac", Form::Words(&["sha256", "sha512"]), "The hash function, of the body's digest too"),
        need("key", Form::Text, "The key, a secret setting"),
        key("key_as", Form::Words(&["text", "hex", "base64"]), "How the key is written"),
        need("over", Form::Text, "The text that is signed, of `${sign.PART}`"),
        key("at", INSTANT, "How `${sign.at}` is written"),
        key("as", Form::Words(&["hex", "base64"]), "How the signature and the body's digest are written"),
        need("header", NAMES, "The headers, of `${sign.PART}`; one has `${sign.value}`"),
    ],
);

pub(super) static HOOK: Section = section(
    "hook",
    "How the system tells by itself that tickets changed",
    &[
        need("id", Form::Text, "Path of the tickets' ids in what it sends"),
        need("sign", Form::Table(&SIGN), "How it proves that it is the one"),
        key("window", Form::Duration, "How far its clock may be from ours, transport included"),
    ],
);

static LOGIN_CHECK: Section = section(
    "login_check",
    "What proves that they know us",
    &[
        need("call", Form::Text, "The call"),
        key("at", Form::Text, "Path of what names us"),
        key("is", Form::Text, "What must stand there; anything where left out"),
    ],
);

pub(super) const VERDICTS: Form =
    Form::Words(&["ok", "refused", "retry", "busy", "login", "conflict", "exists", "gone", "doubt"]);

pub(super) static ANSWER: Section = section(
    "answer",
    "An answer and its verdict",
    &[
        key("status", Form::OneOrList(&Form::Number), "HTTP status; any where left out"),
        key("content_type", Form::Text, "How its content type begins"),
        key("at", Form::Text, "Path to look at"),
        key("is", TEXTS, "The text that stands there"),
        key("in", TEXTS, "One of these texts stands there"),
        key("like", Form::Text, "A pattern that it fits; of the whole body where there is no `at`"),
        key("present", Form::Boolean, "Whether anything stands there"),
        need("then", VERDICTS, "The verdict"),
        key("says", Form::Text, "Path of the system's own words"),
        key("member", Form::Text, "Path of the member that it names"),
        key("wait", Form::Text, "Path of the seconds to wait"),
    ],
);

pub(super) static CALL: Section = section(
    "call",
    "One exchange",
    &[
        key("on", Form::Text, "`METHOD /path/${id}`, or `METHOD ${step.link}` for a whole URL"),
        key("sql", Form::Text, "In place of all that HTTP sends: one statement, with `${…}` as values"),
        key("query", NAMES, "Query members; one with an absent variable is left out"),
        key("header", NAMES, "Headers"),
        key("json", Form::Tree, "A JSON body; `$merge` puts an object's members in"),
        key("form", Form::Tree, "A form body: its members, none of which is a list or an object"),
        key("xml", Form::Text, "An XML body"),
        key("bytes", Form::Text, "The file itself as body, with this content type"),
        key("csv", Form::Tree, "A CSV body of one row: its columns"),
        key("multipart", Form::Table(&MULTIPART), "A multipart body"),
        key("gives", Form::Words(&["json", "xml", "csv", "bytes", "none"]), "What a good answer is made of"),
        key("take", NAMES, "Paths of what later steps need; `id` and `version` of a commit are remembered"),
        key("bare", Form::Boolean, "Without what [http] puts into every body"),
        key("root", Form::Text, "Path of the one document of the answer"),
        key("items", Form::Text, "Path of the rows of a list"),
        key("now", INSTANT_AT, "Where the answer tells the system's own clock"),
        key("page", Form::Table(&PAGE), "How a list goes on"),
        key("since", Form::Table(&SINCE), "How `${since}` is written and compared"),
        key("shows", Form::Words(&["hints", "whole"]), "Whether rows are whole, current tickets"),
        key("row", Form::Table(&ROW), "Where a row names itself, where it is otherwise than in documents"),
        key("answer", Form::List(&Form::Table(&ANSWER)), "Verdicts of this call, before those of the file"),
    ],
);

static MULTIPART: Section = section(
    "multipart",
    "A multipart body",
    &[key("parts", NAMES, "Text parts"), need("file", Form::Text, "Name of the part that is the file")],
);

static PAGE: Section = section(
    "page",
    "How a list goes on",
    &[
        need("by", Form::Words(&["number", "offset", "token", "link"]), "What names the next page"),
        key("first", Form::Number, "The first number or offset"),
        key("next", Form::Text, "Path of the next token or link"),
        need("size", Form::Number, "Rows of a page"),
        key("total", Form::Text, "Path of the number of all rows"),
        key("more", Form::Text, "Path of what says that there are more"),
    ],
);

static SINCE: Section = section(
    "since",
    "How `${since}` is written and compared",
    &[
        AS_INSTANT,
        ZONE,
        DIGITS,
        MISSING_OFFSET,
        key("step", Form::Duration, "The finest difference between two instants there"),
        key("inclusive", Form::Boolean, "Whether a row of that very instant is listed"),
        key("overlap", Form::Duration, "How far back it is asked again: the step and the longest transaction at least"),
    ],
);

static ROW: Section = section(
    "row",
    "Where a row names itself",
    &[
        key("id", Form::Text, "Path of its id"),
        key("version", Form::Text, "Path of its version"),
        key("changed", INSTANT_AT, "When it last changed"),
    ],
);

const READS: Form = Form::Table(&READ_STEP);
const MAKES: Form = Form::Table(&STEPS);
const CHANGES: Form = Form::List(&Form::Table(&GROUP));

pub(super) static DO: Section = section(
    "do",
    "Which calls carry out what",
    &[
        key("changes", READS, "List what changed"),
        key("get", READS, "Read one ticket"),
        key("find", READS, "Look our reference up"),
        key("download", READS, "Read an attachment's bytes"),
        key("create", MAKES, "Make a ticket"),
        key("update", CHANGES, "Change a ticket"),
        key("reply", MAKES, "Make a reply"),
        key("update_reply", CHANGES, "Change a reply"),
        key("transfer", MAKES, "Make a transfer"),
        key("update_transfer", CHANGES, "Change a transfer"),
        key("attach", MAKES, "Make an attachment"),
        key("update_attachment", CHANGES, "Change an attachment"),
    ],
);

static READ_STEP: Section = section("read", "The call of a verb that reads", &[need("call", Form::Text, "The call")]);

const BEFORE: Key = key("before", TEXTS, "Calls before it; repeated at will, they leave at most orphans");
const AFTER: Key = key("after", TEXTS, "Calls after it, idempotent");

static STEPS: Section = section(
    "steps",
    "The calls of a write",
    &[
        BEFORE,
        need("commit", Form::Text, "The one call that counts"),
        AFTER,
        key("id", Form::Text, "`${STEP.NAME}`: what an earlier step took of the record that it made"),
    ],
);

static GROUP: Section = section(
    "group",
    "Fields that are changed by one commit",
    &[
        need("fields", TEXTS, "The fields, or `*` for the rest"),
        BEFORE,
        need("commit", Form::Text, "The one call that counts; `nothing`: shown as held back"),
        AFTER,
    ],
);

pub(super) static MOUNT: Section = section(
    "mount",
    "An answer put into the ticket's document",
    &[need("call", Form::Text, "The call"), need("into", Form::Text, "The member that it becomes")],
);

pub(super) static PROMISE: Section = section(
    "promise",
    "What the system keeps",
    &[
        key("find", Form::Words(&["filter", "scan", "content", "none"]), "How a record of ours is found"),
        key("guard", Form::Words(&["version", "compare", "none"]), "What keeps a change from overwriting another"),
        key("proof", Form::Words(&["answer", "read_back"]), "What proves a write"),
        key("versions", Form::Words(&["counted", "opaque"]), "Whether versions are numbers that never go back"),
        key("key", Form::Words(&["none", "creates", "all"]), "Which writes take an idempotency key"),
        key("ref_visible", Form::Duration, "After this time at most a reference is found"),
        key("late_delivery", Form::Duration, "So long after we gave up a request may still take effect"),
        key("key_life", Form::Duration, "How long keys live"),
        key("read_lag", Form::Duration, "How far behind a reading may be"),
        key("commit_lag", Form::Duration, "How long a change may be under way before it is listed"),
    ],
);
