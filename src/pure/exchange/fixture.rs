//! A small mapping for the tests of this room.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Asia::Ho_Chi_Minh;

use crate::pure::encoding::Encoding;
use crate::pure::mapping::Form;
use crate::pure::mapping::calls::{Body, Call, Format, Http, Login, Method, Row, Shows, Target, Verbs};
use crate::pure::mapping::carrier::Carrier;
use crate::pure::mapping::instant::InstantFormat;
use crate::pure::mapping::model::{DocumentFormat, Key, Mapping, Shape};
use crate::pure::mapping::path::Path;
use crate::pure::mapping::read::Outline;
use crate::pure::mapping::template::{Part, Template, Var};
use crate::pure::wire::CsvStyle;
use crate::words::extra::Extras;
use crate::words::promise::Promises;
use crate::words::ticket::RecordKind;

pub(super) fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

pub(super) fn var(var: Var) -> Template {
    Template(vec![Part::Var(var)])
}

pub(super) fn mapping() -> Mapping {
    let mut outline = Outline::default();
    let id = Key { at: outline.place(path("Id")), also: vec![], number: true };
    let version = Some(Key { at: outline.place(path("Version")), also: vec![], number: true });
    let ticket = Shape {
        kind: RecordKind::Ticket,
        outline,
        form: Form::default(),
        levels: vec![],
        id,
        version,
        reference: None,
        changed: None,
        identity: vec![],
        captures: BTreeMap::new(),
        ignored: Vec::new(),
        complete: false,
        fields: BTreeMap::new(),
        joins: vec![],
        order: vec![],
        kept: vec![],
    };
    Mapping {
        name: "test".into(),
        file: "test.toml".into(),
        sources: Vec::new(),
        beside: BTreeSet::new(),
        hash: String::new(),
        format: DocumentFormat::Json,
        encoding: Encoding::Utf8,
        csv: CsvStyle::default(),
        namespaces: BTreeMap::from([("s".into(), "urn:soap".into()), ("p".into(), "urn:p".into())]),
        zone: Ho_Chi_Minh,
        instants: InstantFormat::pattern("%Y%m%d%H%M%S", Ho_Chi_Minh).unwrap(),
        carrier: Carrier::Http,
        http: Http { base: "http://portal.test/root".into(), ..Http::default() },
        login: Login::default(),
        hook: None,
        answers: vec![],
        calls: BTreeMap::new(),
        verbs: Verbs::default(),
        shapes: BTreeMap::from([(RecordKind::Ticket, ticket)]),
        extras: Extras::NONE,
        codes: BTreeMap::new(),
        day_fields: BTreeSet::new(),
        promises: Promises::default(),
        examples: vec![],
    }
}

pub(super) fn call() -> Call {
    Call {
        name: "call".into(),
        line: 1,
        method: Method::Post,
        target: Target::Path(Template::text("/api")),
        query: vec![],
        headers: vec![],
        body: Body::None,
        bare: false,
        gives: Format::Json,
        root: None,
        items: Some(path("data[]")),
        take: BTreeMap::new(),
        now: None,
        page: None,
        since: None,
        shows: Shows::Hints,
        row: Row::default(),
        answers: vec![],
    }
}
