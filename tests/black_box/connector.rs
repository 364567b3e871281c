//! The HTTP connector with the shipped mapping files against the sandbox's three systems: every verb, on real HTTP.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use pakn_bridge::doors::connector::http::{HttpOptions, HttpRemote};
use pakn_bridge::doors::connector::{ListFrom, Remote as _, Shown, SpooledFile, Target, Write};
use pakn_bridge::faces::sandbox::{BadAnswer, BadRow, Faults, Meaning, Options, Sandbox, Scope, System};
use pakn_bridge::pure::exchange::run_examples;
use pakn_bridge::pure::mapping::{self, Mapping};
use pakn_bridge::words::clock::now;
use pakn_bridge::words::outcome::{Ack, Failure, Outcome};
use pakn_bridge::words::record::{Dates, Reading};
use pakn_bridge::words::side::{Reference, RemoteId, SystemName, Version};
use pakn_bridge::words::ticket::{Field, RecordKind};
use pakn_bridge::words::value::Value;
use sha2::{Digest as _, Sha256};

const SYSTEMS: [System; 3] = System::ALL;

struct Rig {
    system: System,
    sandbox: Sandbox,
    mapping: Arc<Mapping>,
    remote: HttpRemote,
}

impl Rig {
    async fn of(system: System) -> Self {
        let options = Options { people: false, ..Options::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let (urls, who) = (sandbox.urls(), sandbox.credentials());
        let settings: Vec<(&str, &str)> = match system {
            System::Hotline => vec![("url", &urls.hotline), ("key", &who.hotline_key)],
            System::Portal => vec![
                ("url", &urls.portal),
                ("username", &who.portal_user),
                ("password", &who.portal_password),
                ("agency", "000.00.00.H19"),
            ],
            System::Legal => {
                vec![("url", &urls.legal), ("username", &who.legal_user), ("password", &who.legal_password)]
            }
        };
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let file = format!("mappings/{}.toml", system.as_str());
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).unwrap();
        let mapping = mapping::load(&file, &text, &settings, mapping::NOTHING_BESIDE).unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(mapping::Problem::render_text).collect::<String>())
        });
        let mapping = Arc::new(mapping);
        let options = HttpOptions { per_second: 0, call_timeout: Duration::from_secs(5), ..HttpOptions::default() };
        let remote = HttpRemote::new(SystemName::from(system.as_str()), Arc::clone(&mapping), &options).unwrap();
        Self { system, sandbox, mapping, remote }
    }

    const fn kind(&self) -> &'static str {
        match self.system {
            System::Hotline | System::Portal => "feedback",
            System::Legal => "legal_text",
        }
    }

    /// The fields of a new ticket that this system takes.
    fn ticket(&self) -> BTreeMap<Field, Option<Value>> {
        let text = |text: &str| Value::Text(text.into());
        let code = |code: &str| Value::Code(code.into());
        let instant = |text: &str| Value::Instant(DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc));
        let all = [
            ("kind", code(self.kind())),
            ("channel", code("zalo")),
            ("subject", text("Đường \"Đồng Khởi\" <ngập> & tối")),
            ("content", text("Điều 8 khoản 2: nước ngập 40 cm;\nđã gọi 3 lần.")),
            ("field", code("transport")),
            ("level", code("urgent")),
            ("submitter_name", text("Nguyễn Thị Hoà")),
            ("submitter_phone", text("+84912345678")),
            ("submitter_email", text("hoa@example.vn")),
            ("submitter_address", text("12 Đồng Khởi")),
            ("submitter_kind", code("citizen")),
            ("citizen_id", text("075190001234")),
            ("place", code("26368")),
            ("place_date", Value::Date(NaiveDate::from_ymd_opt(2026, 4, 30).unwrap())),
            ("agency", code("000.00.12.H19")),
            ("co_agencies", Value::List(vec![code("000.00.41.H19"), code("000.00.09.H19")])),
            ("status", code("in_progress")),
            ("received_at", instant("2026-11-20T08:15:00+07:00")),
            ("due_at", instant("2026-12-10T08:15:00+07:00")),
            ("after_hours", Value::Boolean(true)),
        ];
        let taken = all.into_iter().map(|(name, value)| (Field::named(name), Some(value)));
        taken.filter(|(name, _)| self.mapping.writes(RecordKind::Ticket, name, true)).collect()
    }

    fn write(&self, kind: RecordKind, target: Target, fields: BTreeMap<Field, Option<Value>>, mark: &str) -> Write {
        Write {
            kind,
            target,
            parent: None,
            version: None,
            reference: Reference(format!("ref-{mark}")),
            key: format!("key-{mark}"),
            intended_at: now(),
            fields,
            dates: Dates::NONE,
            file: None,
            captures: BTreeMap::new(),
            begin_by: None,
        }
    }

    async fn acked(&self, write: &Write) -> Ack {
        match self.remote.write(write).await {
            Outcome::Acked(ack) => ack,
            other => panic!("{}: {} {other:?}", self.system.as_str(), write.kind),
        }
    }

    /// The ids of a whole listing, sorted, as often as they are shown.
    async fn list_all(&self) -> Vec<String> {
        let mut listed = Vec::new();
        let mut page = None;
        loop {
            let answer = self.remote.changes(&ListFrom::default(), page.as_ref()).await.unwrap();
            assert!(answer.remote_now.is_some());
            for row in answer.rows {
                assert!(row.version.is_some() && row.changed.is_some());
                if let Some(shown) = row.shown {
                    assert!(matches!(shown, Shown::Ticket(_)), "{shown:?}");
                }
                listed.push(row.id.unwrap().0);
            }
            page = answer.next;
            if page.is_none() {
                listed.sort();
                return listed;
            }
        }
    }

    async fn read(&self, id: &RemoteId) -> Reading {
        match self.remote.get(id).await {
            Ok(Shown::Ticket(reading)) => *reading,
            other => panic!("{}: {id} {other:?}", self.system.as_str()),
        }
    }
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> BTreeMap<Field, Option<Value>> {
    fields.into_iter().map(|(name, value)| (Field::named(name), Some(value))).collect()
}

fn assert_shows(reading: &Reading, fields: &BTreeMap<Field, Option<Value>>) {
    for (name, value) in fields {
        if let Some(cell) = reading.cells.get(name) {
            assert_eq!(&cell.value, value, "{} {name}", reading.kind);
        }
    }
}

#[tokio::test]
async fn what_people_make_is_listed_and_read_whole_on_each_system() {
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        rig.remote.check().await.unwrap_or_else(|failure| panic!("{}: {failure}", system.as_str()));
        let mut ids: Vec<String> = Vec::new();
        for number in 0..120 {
            let subject = format!("Phiếu số {number}");
            ids.push(rig.sandbox.person_creates(system, rig.kind(), &[(Meaning::Subject, &subject)]));
        }
        let id = ids[7].clone();
        rig.sandbox.person_replies(system, &id, "Đã xử lý.\nCảm ơn.").unwrap();
        rig.sandbox.person_transfers(system, &id, "000.00.12.H19", "Đúng thẩm quyền").unwrap();
        let bytes = Bytes::from_static(b"%PDF-1.7 xin chao");
        rig.sandbox.person_attaches(system, &id, "đơn.pdf", "application/pdf", bytes.clone()).unwrap();

        let listed = rig.list_all().await;
        ids.sort();
        assert_eq!(listed, ids, "{}", system.as_str());

        let reading = rig.read(&RemoteId(id)).await;
        assert_eq!(reading.value(&Field::named("subject")), Some(&Value::Text("Phiếu số 7".into())));
        let text = Value::Text("Đã xử lý.\nCảm ơn.".into());
        assert_eq!(reading.children(RecordKind::Reply)[0].value(&Field::named("text")), Some(&text));
        let to = Value::Code("000.00.12.H19".into());
        assert_eq!(reading.children(RecordKind::Transfer)[0].value(&Field::named("to")), Some(&to));
        let attachment = &reading.children(RecordKind::Attachment)[0];
        let spool = tempfile::tempdir().unwrap();
        let kept = rig.remote.download(attachment, spool.path(), 1000).await.unwrap();
        assert_eq!(std::fs::read(&kept.path).unwrap(), bytes);
        assert!(rig.remote.download(attachment, spool.path(), 5).await.is_err());
        assert_eq!(rig.remote.get(&RemoteId::from("999999")).await, Ok(Shown::Gone));
    }
}

#[tokio::test]
async fn what_we_make_is_found_read_back_equal_and_guarded_on_each_system() {
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        let ticket = rig.ticket();
        let mark = system.as_str();
        let made = rig.acked(&rig.write(RecordKind::Ticket, Target::New, ticket.clone(), mark)).await;
        let id = made.id.unwrap();
        let reading = rig.read(&id).await;
        assert_shows(&reading, &ticket);
        assert_eq!(reading.reference, Some(Reference(format!("ref-{mark}"))));
        assert_eq!(rig.remote.find(&Reference(format!("ref-{mark}"))).await, Ok(vec![id.clone()]));
        assert_eq!(rig.remote.find(&Reference::from("ref-nobody")).await, Ok(vec![]));

        let changed = fields([
            ("subject", Value::Text("Tiêu đề mới".into())),
            ("status", Value::Code("answered".into())),
            ("level", Value::Code("normal".into())),
        ]);
        let mut update = rig.write(RecordKind::Ticket, Target::Existing(id.clone()), changed.clone(), "update");
        update.version = reading.version.clone();
        rig.acked(&update).await;
        let after = rig.read(&id).await;
        assert_shows(&after, &changed);
        assert_ne!(after.version, reading.version);
        let stale = Write {
            fields: fields([("subject", Value::Text("Cũ".into()))]),
            version: Some(Version::from("1")),
            key: "stale".into(),
            ..update.clone()
        };
        assert!(matches!(rig.remote.write(&stale).await, Outcome::Conflict { .. }), "{mark}");

        let emptied = BTreeMap::from([(Field::named("due_at"), None), (Field::named("submitter_email"), None)]);
        let mut empty = rig.write(RecordKind::Ticket, Target::Existing(id.clone()), emptied.clone(), "empty");
        empty.version = after.version.clone();
        rig.acked(&empty).await;
        assert_shows(&rig.read(&id).await, &emptied);

        let mut refused = rig.write(
            RecordKind::Ticket,
            Target::Existing(id.clone()),
            fields([("submitter_phone", Value::Text("+841".into()))]),
            "refused",
        );
        refused.version = rig.read(&id).await.version;
        match rig.remote.write(&refused).await {
            Outcome::Refused { says, fields } => {
                assert!(!says.starts_with("HTTP"), "{mark}: {says}");
                assert_eq!(fields, ["submitter_phone"], "{mark}");
            }
            other => panic!("{mark}: {other:?}"),
        }
        let nobody = Write { target: Target::Existing(RemoteId::from("999999")), key: "nobody".into(), ..update };
        assert_eq!(rig.remote.write(&nobody).await, Outcome::Gone, "{mark}");
    }
}

#[tokio::test]
async fn replies_transfers_and_files_go_out_with_their_reference_on_each_system() {
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        let mark = system.as_str();
        let made = rig.acked(&rig.write(RecordKind::Ticket, Target::New, rig.ticket(), mark)).await;
        let id = made.id.unwrap();
        let at = DateTime::parse_from_rfc3339("2026-11-21T09:00:00+07:00").unwrap().with_timezone(&Utc);
        let text = |text: &str| Value::Text(text.into());
        let code = |code: &str| Value::Code(code.into());
        let spool = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..70_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let path = spool.path().join("source");
        std::fs::write(&path, &bytes).unwrap();
        let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let children = [
            (
                RecordKind::Reply,
                fields([
                    ("text", text("Đã thông cống.\n\"Cảm ơn\" <ông/bà> & mong thông cảm.")),
                    ("author", text("Trần Văn An")),
                    ("agency", code("000.00.12.H19")),
                    ("at", Value::Instant(at)),
                    ("public", Value::Boolean(true)),
                ]),
            ),
            (
                RecordKind::Transfer,
                fields([
                    ("from", code("000.00.01.H19")),
                    ("to", code("000.00.12.H19")),
                    ("reason", text("Đúng thẩm quyền")),
                    ("at", Value::Instant(at)),
                ]),
            ),
            (
                RecordKind::Attachment,
                fields([
                    ("name", text("ảnh hiện trường.png")),
                    ("type", text("image/png")),
                    ("size", Value::Integer(70_000)),
                    ("sha256", text(&sha256)),
                ]),
            ),
        ];
        for (kind, all) in children {
            let mut write = rig.write(kind, Target::New, all.clone(), &format!("{mark}-{kind}"));
            write.parent = Some(id.clone());
            write.version = rig.read(&id).await.version;
            if kind == RecordKind::Attachment {
                write.file = Some(SpooledFile { path: path.clone(), size: 70_000, sha256: sha256.clone() });
            }
            let made = rig.acked(&write).await;
            let reading = rig.read(&id).await;
            let [child] = reading.children(kind) else { panic!("{mark}: {:?}", reading.children(kind)) };
            assert_eq!(made.id.as_ref(), Some(&child.id), "{mark} {kind}");
            assert_eq!(child.reference.as_ref(), Some(&write.reference), "{mark} {kind}");
            assert_shows(child, &all);
            if kind == RecordKind::Attachment {
                let kept = rig.remote.download(child, spool.path(), 1_000_000).await.unwrap();
                assert_eq!(std::fs::read(kept.path).unwrap(), bytes, "{mark}");
            }
        }
    }
}

#[test]
fn every_example_of_the_shipped_mappings_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings");
    let mut problems = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let found = match mapping::check(&path.display().to_string(), &text, mapping::NOTHING_BESIDE) {
                Ok(mapping) => run_examples(&mapping),
                Err(problems) => problems,
            };
            problems.extend(found.iter().map(mapping::Problem::render_text));
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

#[tokio::test]
async fn outcomes_tell_the_truth_whatever_breaks() {
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        rig.sandbox.set_faults(Faults {
            server_error: 0.1,
            cut_before: 0.1,
            cut_after: 0.15,
            too_many: 0.05,
            expired_session: 0.1,
            ..Faults::off()
        });
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for number in 0..150 {
            let mark = format!("{}-{number}", system.as_str());
            let write = rig.write(RecordKind::Ticket, Target::New, rig.ticket(), &mark);
            let outcome = rig.remote.write(&write).await;
            let there = rig.sandbox.tickets(system);
            let there: Vec<_> =
                there.iter().filter(|ticket| ticket.reference.as_ref() == Some(&write.reference.0)).collect();
            let class = match &outcome {
                Outcome::Acked(ack) => {
                    assert_eq!(there.len(), 1, "{mark}: {outcome:?}");
                    assert_eq!(ack.id.as_ref().map(RemoteId::as_str), Some(there[0].id.as_str()));
                    "acked"
                }
                Outcome::NotNow(_) => {
                    assert_eq!(there.len(), 0, "{mark}: {outcome:?}");
                    "not now"
                }
                Outcome::InDoubt { .. } => {
                    assert!(there.len() <= 1, "{mark}: {outcome:?}");
                    if there.is_empty() { "doubt, not done" } else { "doubt, done" }
                }
                other => panic!("{mark}: {other:?}"),
            };
            *seen.entry(class).or_default() += 1;
        }
        assert_eq!(seen.len(), 4, "{}: the test sees every class: {seen:?}", system.as_str());
    }
}

#[tokio::test]
async fn each_bad_answer_ends_in_a_reason() {
    const BAD: [BadAnswer; 7] = [
        BadAnswer::HtmlWithStatus200,
        BadAnswer::Truncated,
        BadAnswer::InvalidUtf8,
        BadAnswer::Huge,
        BadAnswer::EntityBomb,
        BadAnswer::DeepNesting,
        BadAnswer::Empty,
    ];
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        let made = rig.acked(&rig.write(RecordKind::Ticket, Target::New, rig.ticket(), "first")).await;
        let id = made.id.unwrap();
        for (number, bad) in BAD.into_iter().enumerate() {
            let name = format!("{} {bad:?}", system.as_str());
            rig.sandbox.set_bad_answer(system, Some((bad, Scope::All)));
            let listed = rig.remote.changes(&ListFrom::default(), None).await;
            assert!(matches!(listed, Err(Failure::BadAnswer { .. })), "{name}: {listed:?}");
            let read = rig.remote.get(&id).await;
            assert!(matches!(read, Err(Failure::BadAnswer { .. })), "{name}: {read:?}");
            let outcome = rig.remote.write(&rig.write(RecordKind::Ticket, Target::New, rig.ticket(), &name)).await;
            assert!(matches!(outcome, Outcome::InDoubt { .. }), "{name}: {outcome:?}");
            rig.sandbox.set_bad_answer(system, None);
            assert_eq!(rig.sandbox.tickets(system).len(), number + 2, "{name}: the doubt was right");
            assert!(matches!(rig.remote.get(&id).await, Ok(Shown::Ticket(_))), "{name}: the rest goes on");
        }
    }
}

#[tokio::test]
async fn pages_that_repeat_for_ever_are_stopped() {
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        for _ in 0..3 {
            rig.sandbox.person_creates(system, rig.kind(), &[]);
        }
        rig.sandbox.set_bad_answer(system, Some((BadAnswer::EndlessPages, Scope::All)));
        let mut page = None;
        let mut stopped = None;
        for _ in 0..5 {
            match rig.remote.changes(&ListFrom::default(), page.as_ref()).await {
                Ok(answer) => page = answer.next,
                Err(failure) => {
                    stopped = Some(failure);
                    break;
                }
            }
            assert!(page.is_some(), "{}: it promises more", system.as_str());
        }
        assert_eq!(stopped, Some(Failure::BadAnswer { says: "the listing repeats a page".into() }));
    }
}

#[tokio::test]
async fn one_bad_ticket_is_unreadable_and_the_others_are_not() {
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        let bad = rig.sandbox.person_creates(system, rig.kind(), &[]);
        let good = rig.sandbox.person_creates(system, rig.kind(), &[]);
        for (row, readable) in [
            (BadRow::UnknownCode, false),
            (BadRow::AbsurdDate, false),
            (BadRow::WrongType, false),
            (BadRow::ExtraField, true),
        ] {
            let name = format!("{} {row:?}", system.as_str());
            rig.sandbox.set_bad_row(system, &bad, Some(row));
            let shown = rig.remote.get(&RemoteId(bad.clone())).await;
            match &shown {
                Ok(Shown::Ticket(_)) if readable => {}
                Ok(Shown::Unreadable { reason }) if !readable => assert!(!reason.is_empty()),
                other => panic!("{name}: {other:?}"),
            }
            let page = rig.remote.changes(&ListFrom::default(), None).await.unwrap();
            assert_eq!(page.rows.len(), 2, "{name}");
            assert!(matches!(rig.remote.get(&RemoteId(good.clone())).await, Ok(Shown::Ticket(_))), "{name}");
        }
    }
}

#[tokio::test]
async fn a_listing_with_doubled_and_shuffled_rows_still_shows_every_ticket() {
    for system in SYSTEMS {
        let rig = Rig::of(system).await;
        let mut made: Vec<String> = (0..401).map(|_| rig.sandbox.person_creates(system, rig.kind(), &[])).collect();
        rig.sandbox.set_faults(Faults { duplicated_rows: 1.0, reordered_pages: 0.5, ..Faults::off() });
        let mut listed = rig.list_all().await;
        listed.dedup();
        made.sort();
        assert_eq!(listed, made, "{}", system.as_str());
    }
}
