//! The tables of the language, from the file's own down to the smallest.

mod calls;
mod records;

use super::{Form, Key, Section};
use crate::words::ticket::RecordKind;
use calls::{ANSWER, CALL, DO, FOLDER, HOOK, HTTP, LOGIN, MOUNT, PROMISE, SQL};
use records::{CHILD, CODE, EXTRA, JOIN, RECORD, RULE};

const fn key(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, form, required: false, about }
}

const fn need(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, form, required: true, about }
}

const fn section(name: &'static str, about: &'static str, keys: &'static [Key]) -> Section {
    Section { name, about, keys, variants: None }
}

const TEXTS: Form = Form::OneOrList(&Form::Text);
const NAMES: Form = Form::Named(&Form::Text);

/// The whole file.
pub static ROOT: Section = section(
    "mapping",
    "One remote system: how it is called, what its answers mean, how its records become tickets and back",
    &[
        need("format", Form::Number, "Version of the language: 1"),
        need("name", Form::Text, "Short name of the system"),
        key("title", Form::Text, "What people call the system"),
        key("setting", Form::Named(&Form::Table(&SETTING)), "What a deployment gives: `${setting.NAME}`"),
        key("namespace", NAMES, "XML prefixes of this file and their namespaces"),
        key("default", Form::Table(&DEFAULT), "What holds where a field says nothing else"),
        key("http", Form::Table(&HTTP), "What holds for every call of a system that speaks HTTP"),
        key("sql", Form::Table(&SQL), "Which database the system is, in place of `http`"),
        key("folder", Form::Table(&FOLDER), "Where files are exchanged with the system, in place of `http`"),
        key("login", Form::Table(&LOGIN), "Who we are there"),
        key("hook", Form::Table(&HOOK), "How it tells by itself that tickets changed"),
        key("answer", Form::List(&Form::Table(&ANSWER)), "Answers and their verdicts: the first that fits decides"),
        need("call", Form::Named(&Form::Table(&CALL)), "One exchange each"),
        key("do", Form::Table(&DO), "Which calls carry out what, where a call's name does not say it"),
        key("mount", Form::List(&Form::Table(&MOUNT)), "Answers of other calls put into the ticket's document"),
        need("record", Form::Table(&RECORD), "How a ticket's document names itself"),
        key("extra", Form::Named(&Form::Table(&EXTRA)), "Fields that the province declares: both files of a link"),
        need("field", Form::Fields(RecordKind::Ticket, &RULE), "The ticket's fields"),
        key("join", Form::List(&Form::Table(&JOIN)), "Texts that hold several fields of the ticket"),
        key("child", Form::Table(&CHILD), "Parts of a ticket with a life of their own"),
        key("code", Form::Named(&Form::Table(&CODE)), "Code tables: the system's codes and our words"),
        key("promise", Form::Table(&PROMISE), "What the system keeps; it decides how careful the bridge must be"),
        key("example", Form::List(&Form::Table(&EXAMPLE)), "Tests inside the file"),
    ],
);

static SETTING: Section = section(
    "setting",
    "An input of a deployment",
    &[
        key("type", Form::Words(&["text", "url", "zone"]), "What its value must be"),
        key("secret", Form::Boolean, "A secret may stand only in login, headers, query and bodies"),
        key("default", Form::Text, "Its value where the deployment gives none"),
        key("example", Form::Text, "Its value while the file is checked alone"),
        key("about", Form::Text, "What it is, for those who deploy"),
    ],
);

const INSTANT: Form = Form::Any(&[Form::Text, Form::Table(&INSTANT_FORMAT)]);
const ABSENT: Form =
    Form::OneOrList(&Form::Any(&[Form::Words(&["omit", "null", "nil", ""]), Form::Table(&ABSENT_TEXT)]));
const AS_INSTANT: Key = key("as", Form::Text, "`rfc3339`, `epoch`, `epoch_ms` or a strftime pattern of date and time");
const ZONE: Key = key("zone", Form::Text, "Whose local time, such as Asia/Ho_Chi_Minh");
const MISSING_OFFSET: Key = key(
    "missing_offset",
    Form::Words(&["zone", "refuse"]),
    "What RFC 3339 without an offset is: local time, or refused",
);
const DIGITS: Key = key("digits", Form::Number, "Digits after the second in RFC 3339: 0, 3 or 6");

static DEFAULT: Section = section(
    "default",
    "What holds where a field says nothing else",
    &[
        ZONE,
        key("instant", INSTANT, "How instants are written"),
        key("absent", ABSENT, "Spellings of nothing: all are read, the first that can be sent is written"),
    ],
);

static INSTANT_FORMAT: Section =
    section("instant", "How instants are written", &[AS_INSTANT, ZONE, DIGITS, MISSING_OFFSET]);

static ABSENT_TEXT: Section = section(
    "absent",
    "A text that says that nothing is there",
    &[need("text", Form::Text, "The text, such as 1900-01-01")],
);

const INSTANT_AT: Form = Form::Any(&[Form::Text, Form::Table(&INSTANT_PLACE)]);
const AT_NEEDED: Key = need("at", Form::Text, "Path in the document");

static INSTANT_PLACE: Section =
    section("instant_at", "An instant of an answer", &[AT_NEEDED, AS_INSTANT, ZONE, DIGITS, MISSING_OFFSET]);

static EXAMPLE: Section = section(
    "example",
    "A document and its ticket, a write and its request, or an answer and its verdict",
    &[
        need("name", Form::Text, "What it claims"),
        key("document", Form::Text, "One ticket's document"),
        key("do", Form::Words(&["create", "update", "reply", "transfer", "attach"]), "The write"),
        key("call", Form::Text, "The call that is answered"),
        key("ticket", Form::Tree, "Canonical values: what is read, or what is written"),
        key("id", Form::Text, "Id of the ticket that is written to"),
        key("version", Form::Text, "Version that the write was planned on"),
        key("request", Form::Text, "Request line, headers, a blank line, the body"),
        key("given", NAMES, "Values of `login.NAME`, `shown.NAME`, `intent.key` and `STEP.NAME`"),
        key("status", Form::Number, "HTTP status of the answer"),
        key("header", NAMES, "Headers of the answer"),
        key("body", Form::Text, "Body of the answer"),
        key("verdict", calls::VERDICTS, "What the answer means"),
        key("says", Form::Text, "The system's own words"),
        key("items", Form::Number, "How many rows it has"),
        key("take", NAMES, "What is taken from it"),
    ],
);
