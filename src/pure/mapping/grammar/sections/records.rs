//! How records look: records, fields, types, code tables.

use super::{ABSENT, AS_INSTANT, DIGITS, MISSING_OFFSET, TEXTS, ZONE, key, need, section};
use crate::pure::mapping::grammar::{Form, Key, Section, Variants};
use crate::words::ticket::RecordKind;

const PLACE: Form = Form::Any(&[Form::Text, Form::Table(&ABOVE)]);
const PLACE_NEEDED: Key = need("at", PLACE, "Path in the record");

static ABOVE: Section = section(
    "above",
    "A place in the element around a part",
    &[need("above", Form::Text, "Path in the element around it")],
);

const CHANGED_AT: Form = Form::Any(&[Form::Text, Form::Table(&CHANGED_PLACE)]);

static CHANGED_PLACE: Section =
    section("changed", "When a record last changed", &[PLACE_NEEDED, AS_INSTANT, ZONE, DIGITS, MISSING_OFFSET]);

const KEY: Form = Form::Any(&[Form::Text, Form::Table(&KEY_PLACE)]);
const SPELLED: Form = Form::Words(&["text", "number", "boolean"]);
const WRITE: Key =
    key("write", Form::Words(&["always", "create", "update", "never"]), "When it is written; always where left out");
const SHOWS_ALL: Key =
    key("shows", Form::Words(&["all", "some"]), "`all`: every member is always there, one that is missing is a fault");
const ID: Key = need("id", KEY, "Path of its id");
const VERSION: Key = key("version", KEY, "Path of its version");
const REFERENCE_AT: Form = Form::Any(&[Form::Text, Form::Table(&REFERENCE)]);
const REF: Key = key("ref", REFERENCE_AT, "Path of our reference");
const CHANGED: Key = key("changed", CHANGED_AT, "When it last changed");
const IDENTITY: Key = key("identity", Form::OneOrList(&PLACE), "Paths of what tells it from another that got its id");
const IGNORE: Key = key("ignore", TEXTS, "Paths that are left out on purpose: `check --coverage` does not name them");
const ALL_JOINS: Form = Form::List(&Form::Table(&JOIN));
const JOINS: Key = key("join", ALL_JOINS, "Texts that hold several of its fields");
const ORDER: Key = key("order", TEXTS, "The order of an XML sequence, where the system wants one");
const SHOWN: Key = key("shown", Form::Named(&PLACE), "Paths of what later writes need: `${shown.NAME}`");

pub(super) static RECORD: Section = section(
    "record",
    "How a ticket's document names itself",
    &[
        need("kind", Form::Words(&["json", "xml", "csv", "rows"]), "What documents are made of"),
        key("encoding", Form::Words(ENCODINGS), "In which bytes its documents are, both ways; utf-8 where left out"),
        key("csv", Form::Table(&CSV), "How rows of text are parted, and their columns where no header names them"),
        SHOWS_ALL,
        ID,
        VERSION,
        CHANGED,
        IDENTITY,
        REF,
        SHOWN,
        IGNORE,
        ORDER,
    ],
);

static CSV: Section = section(
    "csv",
    "Rows of text",
    &[
        key("delimiter", Form::Text, "What parts cells"),
        key("columns", TEXTS, "Names of the columns, where no header names them"),
    ],
);

static KEY_PLACE: Section = section(
    "key",
    "An id or version",
    &[
        key("at", PLACE, "Path in the record"),
        key("json", SPELLED, "How it stands in JSON"),
        key("of", Form::OneOrList(&PLACE), "Paths of several members that name it together"),
    ],
);

static REFERENCE: Section = section(
    "reference",
    "Where our reference is",
    &[PLACE_NEEDED, key("to", Form::Text, "Where it is written, where that is elsewhere"), WRITE],
);

pub(super) static CHILD: Section = section(
    "children",
    "Parts of a ticket with a life of their own",
    &[
        key("replies", Form::Table(&REPLIES), "Replies in its thread"),
        key("transfers", Form::Table(&TRANSFERS), "Transfers between agencies"),
        key("attachments", Form::Table(&ATTACHMENTS), "Documents that came with it"),
    ],
);

const IN: Key = need("in", Form::Text, "Path of its elements in the ticket's document");

static REPLIES: Section = child_section("replies", FIELDS_OF_REPLIES);
static TRANSFERS: Section = child_section("transfers", FIELDS_OF_TRANSFERS);
static ATTACHMENTS: Section = child_section("attachments", FIELDS_OF_ATTACHMENTS);

const FIELDS_OF_REPLIES: &[Key] =
    &[IN, ID, VERSION, CHANGED, IDENTITY, REF, SHOWN, IGNORE, ORDER, JOINS, SHOWS_ALL, fields(RecordKind::Reply)];
const FIELDS_OF_TRANSFERS: &[Key] =
    &[IN, ID, VERSION, CHANGED, IDENTITY, REF, SHOWN, IGNORE, ORDER, JOINS, SHOWS_ALL, fields(RecordKind::Transfer)];
const FIELDS_OF_ATTACHMENTS: &[Key] =
    &[IN, ID, VERSION, CHANGED, IDENTITY, REF, SHOWN, IGNORE, ORDER, JOINS, SHOWS_ALL, fields(RecordKind::Attachment)];

const fn child_section(name: &'static str, keys: &'static [Key]) -> Section {
    section(name, "How one kind of part looks", keys)
}

const fn fields(kind: RecordKind) -> Key {
    need("field", Form::Fields(kind, &RULE), "Its fields")
}

pub(super) static RULE: Form = Form::OneOrList(&Form::Table(&FIELD));

const TYPES_OF_VALUES: Form = Form::Words(&[
    "text",
    "code",
    "integer",
    "decimal",
    "boolean",
    "instant",
    "date",
    "phone",
    "citizen_id",
    "agency",
    "unit",
    "html",
    "base64",
    "base64_zip",
    "list",
]);
const TYPE: Key = need("type", TYPES_OF_VALUES, "How its values are spelled");
const TYPE_OF_FIELD: Key = key("type", TYPES_OF_VALUES, "How its values are spelled; said once in a list of rules");
const CANONICAL: Form = Form::Any(&[Form::Text, Form::Boolean, Form::Number, Form::List(&Form::Text)]);
const WHEN: Form = Form::Named(&Form::OneOrList(&Form::Any(&[Form::Text, Form::Boolean])));

pub(super) static JOIN: Section = section(
    "join",
    "One text that holds several fields",
    &[
        PLACE_NEEDED,
        key("to", Form::Text, "Path where it is written, where that is elsewhere"),
        WRITE,
        key("absent", ABSENT, "Spellings of nothing"),
        need("as", Form::Text, "How it is put together: `${FIELD}, ${FIELD}`"),
        need("part", Form::Named(&Form::Table(&PART)), "How each of its fields is spelled there"),
    ],
);

pub(super) static EXTRA: Section = section(
    "extra",
    "A field of the province's own",
    &[
        need(
            "type",
            Form::Words(&["text", "code", "integer", "decimal", "boolean", "instant", "date", "list"]),
            "What its values are",
        ),
        key("of", Form::Words(&["ticket", "replies", "transfers", "attachments"]), "Whose field it is; the ticket's"),
        need("vi", Form::Text, "What people call it"),
        key("en", Form::Text, "The same in English"),
        key("personal", Form::Boolean, "Whether it tells who a person is; it does where left out"),
    ],
);

static PART: Section = Section {
    name: "part",
    about: "One field in a text of several",
    keys: &[TYPE, key("without", Form::Text, "What its values never hold; those that do are refused")],
    variants: Some(&TYPES),
};

static FIELD: Section = Section {
    name: "field",
    about: "How one field is read and written",
    keys: &[
        key("at", PLACE, "Path where it is read"),
        key("to", Form::Text, "Path where it is written, where that is elsewhere"),
        TYPE_OF_FIELD,
        key("json", SPELLED, "How it stands in JSON"),
        key("absent", ABSENT, "Spellings of nothing: all are read, the first that can be sent is written"),
        WRITE,
        key("with", TEXTS, "Fields that must be written along with it"),
        key("when", WHEN, "For which records the rule holds: coded fields and their words"),
        key("default", CANONICAL, "What is meant where the member is shown and empty"),
        key("is", CANONICAL, "A constant: the system has no such member, all its records are this"),
    ],
    variants: Some(&TYPES),
};

static ELEMENT: Section =
    Section { name: "element", about: "What one of a list is", keys: &[TYPE], variants: Some(&TYPES) };

const CUT: Form = Form::Any(&[Form::Boolean, Form::Words(&["ellipsis"])]);

const MAX: Key = key("max", Form::Number, "The longest text that the system holds");
const COUNT: Key =
    key("count", Form::Words(&["characters", "utf16", "bytes"]), "What `max` counts; characters where left out");
const CUT_TEXT: Key = key("cut", CUT, "Whether it cuts longer ones silently; else they are refused by us");
const ENCODING: Key = key("encoding", Form::Words(ENCODINGS), "Which legacy encoding the text is in");
const ENCODINGS: &[&str] = &["utf-8", "tcvn3", "vni", "viscii", "windows-1258"];

static TYPES: Variants = Variants {
    key: "type",
    of: &[
        ("text", &[MAX, COUNT, CUT_TEXT, ENCODING]),
        ("code", &[need("table", Form::Text, "The code table: `[code.NAME]`")]),
        ("integer", &[]),
        (
            "boolean",
            &[
                key("yes", TEXTS, "Spellings of true; the first is written"),
                key("no", TEXTS, "Spellings of false; the first is written"),
            ],
        ),
        ("instant", &[AS_INSTANT, ZONE, DIGITS, MISSING_OFFSET]),
        ("date", &[key("as", Form::Text, "A strftime pattern of a day")]),
        ("phone", &[need("as", Form::Words(&["local", "e164"]), "0912… or +84912…")]),
        ("citizen_id", &[]),
        ("agency", &[need("as", Form::Words(&["qcvn102", "qd20"]), "000.00.12.H19 or H19.12")]),
        (
            "unit",
            &[
                key("dated_by", Form::Text, "The field that tells of which day the code is"),
                key("era", Form::Text, "A day on which all codes of the system hold"),
            ],
        ),
        ("html", &[MAX, COUNT, CUT_TEXT]),
        ("base64", &[ENCODING]),
        ("base64_zip", &[ENCODING]),
        (
            "decimal",
            &[
                key("scale", Form::Number, "Digits behind the point, always shown"),
                key("point", Form::Words(&[".", ","]), "What the point is"),
            ],
        ),
        (
            "list",
            &[
                need("of", Form::Table(&ELEMENT), "What one of them is"),
                key("joined", Form::Text, "What stands between them where the list is one text"),
            ],
        ),
    ],
};

pub(super) static CODE: Section = section(
    "code",
    "The system's codes and our words",
    &[
        key(
            "back",
            Form::Words(&["keep"]),
            "Several codes may mean one word; one that means the same is left as it is",
        ),
        key("words", Form::Named(&CODES), "Our words and their codes; of several the first is written"),
        key("file", Form::Text, "A CSV beside the file with more rows: code, word, from, until, only, note"),
        key("by", Form::Text, "The ticket's date that dated rows go by; received_at where left out"),
        key("refused", TEXTS, "Our words that the system has no code for"),
        key("domain", DOMAINS, "All codes that the system has"),
    ],
);

const DOMAINS: Form = Form::Any(&[Form::List(&Form::Text), Form::Table(&DOMAIN)]);

static DOMAIN: Section = section(
    "domain",
    "All codes that a system has",
    &[
        key("like", Form::Text, "A pattern of whole codes"),
        key("from", Form::Number, "The first of a range of numbers"),
        key("to", Form::Number, "The last of it"),
    ],
);

static CODES: Form = Form::OneOrList(&Form::Any(&[Form::Text, Form::Table(&CODE_ROW)]));

static CODE_ROW: Section = section(
    "code_row",
    "One code",
    &[
        need("code", Form::Text, "The system's code"),
        key("from", Form::Text, "The first day on which it holds"),
        key("until", Form::Text, "The day from which it holds no more"),
        key("only", Form::Words(&["read", "write"]), "Only read, or only written"),
        key("note", Form::Text, "For those who read the file"),
    ],
);
