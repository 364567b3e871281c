//! What every connector must do, whatever carries its calls: one suite, run over each kind of system.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use pakn_bridge::doors::connector::{ListFrom, Remote, Shown, SpooledFile, Target, Write};
use pakn_bridge::pure::mapping::Mapping;
use pakn_bridge::words::clock::now;
use pakn_bridge::words::outcome::{Ack, Outcome};
use pakn_bridge::words::record::{Dates, Reading};
use pakn_bridge::words::side::{Reference, RemoteId, Version};
use pakn_bridge::words::ticket::{Field, RecordKind};
use pakn_bridge::words::value::Value;
use sha2::{Digest as _, Sha256};

/// A system with people in it, and our connector to it.
#[async_trait]
pub(crate) trait Side: Send + Sync {
    fn name(&self) -> &str;
    fn remote(&self) -> &dyn Remote;
    fn mapping(&self) -> &Mapping;

    /// The kind of ticket that the system is for.
    fn kind(&self) -> &'static str {
        "feedback"
    }

    /// Whether its listings tell its own clock.
    fn tells_time(&self) -> bool {
        true
    }

    /// Whether it names what it refuses.
    fn names_refused(&self) -> bool {
        true
    }

    /// Whether it tells a record that is not there from one that changed.
    fn tells_gone(&self) -> bool {
        true
    }

    /// Whether it refuses values that are none.
    fn refuses(&self) -> bool {
        true
    }

    /// Whether its documents have versions that guard a change.
    fn has_versions(&self) -> bool {
        true
    }

    async fn person_creates(&self, subject: &str) -> String;
    async fn person_replies(&self, id: &str, text: &str);
    async fn person_attaches(&self, id: &str, name: &str, media_type: &str, bytes: &'static [u8]);

    /// Where the system knows transfers.
    async fn person_transfers(&self, _id: &str, _agency: &str, _reason: &str) {}

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
        taken.filter(|(name, _)| self.mapping().writes(RecordKind::Ticket, name, true)).collect()
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
        match self.remote().write(write).await {
            Outcome::Acked(ack) => ack,
            other => panic!("{}: {} {other:?}", self.name(), write.kind),
        }
    }

    /// The ids of a whole listing, sorted, as often as they are shown.
    async fn list_all(&self) -> Vec<String> {
        let mut listed = Vec::new();
        let mut page = None;
        loop {
            let answer = self.remote().changes(&ListFrom::default(), page.as_ref()).await.unwrap();
            assert_eq!(answer.remote_now.is_some(), self.tells_time());
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
        match self.remote().get(id).await {
            Ok(Shown::Ticket(reading)) => *reading,
            other => panic!("{}: {id} {other:?}", self.name()),
        }
    }
}

pub(crate) fn fields<const N: usize>(fields: [(&str, Value); N]) -> BTreeMap<Field, Option<Value>> {
    fields.into_iter().map(|(name, value)| (Field::named(name), Some(value))).collect()
}

fn assert_shows(reading: &Reading, fields: &BTreeMap<Field, Option<Value>>) {
    for (name, value) in fields {
        if let Some(cell) = reading.cells.get(name) {
            assert_eq!(&cell.value, value, "{} {name}", reading.kind);
        }
    }
}

pub(crate) async fn what_people_make_is_listed_and_read_whole(side: &impl Side) {
    side.remote().check().await.unwrap_or_else(|failure| panic!("{}: {failure}", side.name()));
    let mut ids: Vec<String> = Vec::new();
    for number in 0..120 {
        let subject = format!("Phiếu số {number}");
        ids.push(side.person_creates(&subject).await);
    }
    let id = ids[7].clone();
    side.person_replies(&id, "Đã xử lý.\nCảm ơn.").await;
    side.person_transfers(&id, "000.00.12.H19", "Đúng thẩm quyền").await;
    let bytes = b"%PDF-1.7 xin chao";
    side.person_attaches(&id, "đơn.pdf", "application/pdf", bytes).await;
    let knows = |kind| side.mapping().shape(kind).is_some();

    let listed = side.list_all().await;
    ids.sort();
    assert_eq!(listed, ids, "{}", side.name());

    let reading = side.read(&RemoteId(id)).await;
    assert_eq!(reading.value(&Field::named("subject")), Some(&Value::Text("Phiếu số 7".into())));
    if knows(RecordKind::Reply) {
        let text = Value::Text("Đã xử lý.\nCảm ơn.".into());
        assert_eq!(reading.children(RecordKind::Reply)[0].value(&Field::named("text")), Some(&text));
    }
    if knows(RecordKind::Transfer) {
        let to = Value::Code("000.00.12.H19".into());
        assert_eq!(reading.children(RecordKind::Transfer)[0].value(&Field::named("to")), Some(&to));
    }
    if knows(RecordKind::Attachment) {
        let attachment = &reading.children(RecordKind::Attachment)[0];
        let spool = tempfile::tempdir().unwrap();
        let kept = side.remote().download(attachment, spool.path(), 1000).await.unwrap();
        assert_eq!(std::fs::read(&kept.path).unwrap(), bytes);
        assert!(side.remote().download(attachment, spool.path(), 5).await.is_err());
    }
    assert_eq!(side.remote().get(&RemoteId::from("999999")).await, Ok(Shown::Gone));
}

pub(crate) async fn what_we_make_is_found_read_back_equal_and_guarded(side: &impl Side) {
    let ticket = side.ticket();
    let mark = side.name();
    let made = side.acked(&side.write(RecordKind::Ticket, Target::New, ticket.clone(), mark)).await;
    let id = made.id.unwrap();
    let reading = side.read(&id).await;
    assert_shows(&reading, &ticket);
    assert_eq!(reading.reference, Some(Reference(format!("ref-{mark}"))));
    assert_eq!(side.remote().find(&Reference(format!("ref-{mark}"))).await, Ok(vec![id.clone()]));
    assert_eq!(side.remote().find(&Reference::from("ref-nobody")).await, Ok(vec![]));

    let changed = fields([
        ("subject", Value::Text("Tiêu đề mới".into())),
        ("status", Value::Code("answered".into())),
        ("level", Value::Code("normal".into())),
    ]);
    let mut update = side.write(RecordKind::Ticket, Target::Existing(id.clone()), changed.clone(), "update");
    update.version = reading.version.clone();
    side.acked(&update).await;
    let after = side.read(&id).await;
    assert_shows(&after, &changed);
    assert_eq!(after.version != reading.version, side.has_versions(), "{mark}");
    let stale = Write {
        fields: fields([("subject", Value::Text("Cũ".into()))]),
        version: Some(Version::from("1")),
        key: "stale".into(),
        ..update.clone()
    };
    if side.has_versions() {
        assert!(matches!(side.remote().write(&stale).await, Outcome::Conflict { .. }), "{mark}");
    }

    let mut emptied: BTreeMap<Field, Option<Value>> =
        ["due_at", "submitter_email", "submitter_name"].map(|name| (Field::named(name), None)).into();
    emptied.retain(|name, _| side.mapping().writes(RecordKind::Ticket, name, false));
    let mut empty = side.write(RecordKind::Ticket, Target::Existing(id.clone()), emptied.clone(), "empty");
    empty.version = after.version.clone();
    side.acked(&empty).await;
    assert_shows(&side.read(&id).await, &emptied);

    let mut refused = side.write(
        RecordKind::Ticket,
        Target::Existing(id.clone()),
        fields([("submitter_phone", Value::Text("+841".into()))]),
        "refused",
    );
    refused.version = side.read(&id).await.version;
    match side.remote().write(&refused).await {
        Outcome::Acked(_) if !side.refuses() => {}
        Outcome::Refused { says, fields } => {
            if side.names_refused() {
                assert!(!says.starts_with("HTTP"), "{mark}: {says}");
                assert_eq!(fields, ["submitter_phone"], "{mark}");
            }
        }
        other => panic!("{mark}: {other:?}"),
    }
    let nobody = Write { target: Target::Existing(RemoteId::from("999999")), key: "nobody".into(), ..update };
    let outcome = side.remote().write(&nobody).await;
    if side.tells_gone() {
        assert_eq!(outcome, Outcome::Gone, "{mark}");
    } else {
        assert!(matches!(outcome, Outcome::Conflict { .. }), "{mark}: {outcome:?}");
    }
}

pub(crate) async fn replies_transfers_and_files_go_out_with_their_reference(side: &impl Side) {
    let mark = side.name();
    let made = side.acked(&side.write(RecordKind::Ticket, Target::New, side.ticket(), mark)).await;
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
        if side.mapping().shape(kind).is_none() {
            continue;
        }
        let mut write = side.write(kind, Target::New, all.clone(), &format!("{mark}-{kind}"));
        write.parent = Some(id.clone());
        write.version = side.read(&id).await.version;
        if kind == RecordKind::Attachment {
            write.file = Some(SpooledFile { path: path.clone(), size: 70_000, sha256: sha256.clone() });
        }
        let made = side.acked(&write).await;
        let reading = side.read(&id).await;
        let [child] = reading.children(kind) else { panic!("{mark}: {:?}", reading.children(kind)) };
        assert_eq!(made.id.as_ref(), Some(&child.id), "{mark} {kind}");
        assert_eq!(child.reference.as_ref(), Some(&write.reference), "{mark} {kind}");
        assert_shows(child, &all);
        if kind == RecordKind::Attachment {
            let kept = side.remote().download(child, spool.path(), 1_000_000).await.unwrap();
            assert_eq!(std::fs::read(kept.path).unwrap(), bytes, "{mark}");
        }
    }
}
