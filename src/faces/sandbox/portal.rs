//! The national portal: one URL, services by name, sessions, error codes inside HTTP 200.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use super::System;
use super::desk::{Actor, Change, Child, Denied, NewChild, SharedDesk, Ticket, digest, fill, spelled_now};
use super::dialect::{self, ChildKind};
use super::documents::{Refusal, Why, require, show_all, spoil, take_all, text};
use super::faults::Plan;
use super::server::{Answer, Controls, Face, Incoming, MAX_FILE_BYTES, Sort, lock};
use super::spelling::{Meaning, read_instant, spell_instant};
use crate::words::clock::Timestamp;

const ME: System = System::Portal;
const AGENCY: &str = "000.00.00.H19";
const PAGE: usize = 50;
const PAGE_MAX: usize = 500;
const SESSION_LIFE: TimeDelta = TimeDelta::minutes(20);
const CHILD_LISTS: [(ChildKind, &str); 3] =
    [(ChildKind::Reply, "DanhSachTraLoi"), (ChildKind::Transfer, "DanhSachChuyen"), (ChildKind::File, "DanhSachTep")];

/// The portal's manner of speaking.
pub(super) struct Portal {
    pub(super) desk: SharedDesk,
    pub(super) controls: Arc<Controls>,
    pub(super) user: String,
    pub(super) password: String,
    /// `http://127.0.0.1:PORT`, for addresses of files.
    pub(super) base: String,
    pub(super) memory: Mutex<Memory>,
}

/// What the portal remembers beside its tickets.
#[derive(Debug, Default)]
pub(super) struct Memory {
    sessions: BTreeMap<String, Timestamp>,
    logins: u64,
    uploads: BTreeMap<String, Bytes>,
}

/// An answer that is no success.
enum Problem {
    Session,
    NotFound,
    OtherVersion,
    Exists(Value),
    NoSuchService,
    BadFile,
    Refused(Refusal),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NoSuchTicket => Self::NotFound,
            Denied::OtherVersion => Self::OtherVersion,
            Denied::NoSuchReply => Self::Refused(Refusal::new(Why::BadForm, "MaTraLoi")),
        }
    }
}

type Row = Map<String, Value>;

impl Face for Portal {
    fn system(&self) -> System {
        ME
    }

    fn label(&self, request: &Incoming) -> (String, Sort) {
        match request.path.as_str() {
            "/tep" => return ("upload".to_owned(), Sort::Write),
            path if path.starts_with("/tep/") => return ("download".to_owned(), Sort::Read),
            _ => {}
        }
        let body: Row = serde_json::from_slice(&request.body).unwrap_or_default();
        let service = body.get("service").and_then(Value::as_str).unwrap_or("login");
        let updating = body.get("isUpdating").and_then(Value::as_str) == Some("True");
        match service {
            "login" => ("login".to_owned(), Sort::Login),
            "KiemTraPhien" => ("who".to_owned(), Sort::Login),
            "DanhSachPAKNChoXuLy" => ("list".to_owned(), Sort::List),
            "ChiTietPAKN" => ("get".to_owned(), Sort::Read),
            "TraCuuPAKN" => ("find".to_owned(), Sort::Read),
            "DongBoPAKN" if updating => ("update".to_owned(), Sort::Write),
            "DongBoPAKN" => ("create".to_owned(), Sort::Write),
            "DongBoTraLoi" => ("reply".to_owned(), Sort::Write),
            "DongBoChuyenXuLy" => ("transfer".to_owned(), Sort::Write),
            "DongBoTepDinhKem" => ("attach".to_owned(), Sort::Write),
            _ => ("other".to_owned(), Sort::Read),
        }
    }

    fn answer(&self, request: &Incoming, now: Timestamp, plan: &Plan) -> Answer {
        if let Some(name) = request.path.strip_prefix("/tep/") {
            let found = lock(&self.memory).uploads.get(name).cloned();
            return found.map_or_else(
                || Answer::new(404, "text/plain", "not found"),
                |bytes| Answer::new(200, "application/octet-stream", bytes),
            );
        }
        let result = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/tep") => self.upload(request, now, plan),
            ("POST", "/api") => self.call(request, now, plan),
            _ => return Answer::new(404, "text/plain", "not found"),
        };
        Answer::json(200, &Value::Object(result.unwrap_or_else(|problem| problem_body(problem, now))))
    }

    fn busy(&self, now: Timestamp) -> Answer {
        let mut body = envelope(now, "02", "Hệ thống đang bận, vui lòng thử lại sau", Vec::new());
        body.insert("ChoGiay".into(), json!(1));
        Answer { retry_after: Some(1), ..Answer::json(200, &Value::Object(body)) }
    }
}

impl Portal {
    fn call(&self, request: &Incoming, now: Timestamp, plan: &Plan) -> Result<Row, Problem> {
        let body: Row = serde_json::from_slice(&request.body).map_err(|_| Refusal::new(Why::BadForm, "(JSON)"))?;
        if body.contains_key("username") {
            return Ok(self.login(&body, now));
        }
        self.check_session(body.get("session").and_then(Value::as_str).unwrap_or(""), now, plan)?;
        if body.get("madonvi").and_then(Value::as_str) != Some(AGENCY) {
            return Err(Refusal::new(Why::BadForm, "madonvi").into());
        }
        match body.get("service").and_then(Value::as_str).unwrap_or("") {
            "KiemTraPhien" => Ok(envelope(now, "00", "Thành công", vec![json!({ "TaiKhoan": self.user })])),
            "DanhSachPAKNChoXuLy" => self.list(&body, now, plan),
            "ChiTietPAKN" => {
                let id = text(&body, "MaPAKN")?.unwrap_or_default();
                let desk = lock(&self.desk);
                let ticket = desk.get(&id).ok_or(Problem::NotFound)?;
                Ok(success(now, self.item(ticket)))
            }
            "TraCuuPAKN" => {
                let reference = text(&body, "MaDongBo")?.ok_or_else(|| Refusal::new(Why::Missing, "MaDongBo"))?;
                let desk = lock(&self.desk);
                let rows = desk.find(now, &reference).into_iter().map(|ticket| row(ticket, true)).collect();
                Ok(envelope(now, "00", "Thành công", rows))
            }
            "DongBoPAKN" => self.push_ticket(&body, now),
            "DongBoTraLoi" => self.push_child(&body, now, ChildKind::Reply),
            "DongBoChuyenXuLy" => self.push_child(&body, now, ChildKind::Transfer),
            "DongBoTepDinhKem" => self.push_file(&body, now),
            _ => Err(Problem::NoSuchService),
        }
    }

    fn login(&self, body: &Row, now: Timestamp) -> Row {
        let said = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("");
        let mut answer = Row::new();
        if said("username") == self.user && said("password") == self.password {
            let mut memory = lock(&self.memory);
            memory.logins += 1;
            let mark = format!("{}/{}/{}", self.controls.seed, memory.logins, now.timestamp_micros());
            let session = format!("S-{}", digest(mark.as_bytes()).get(..24).unwrap_or_default());
            memory.sessions.retain(|_, until| *until > now);
            memory.sessions.insert(session.clone(), now + SESSION_LIFE);
            answer.insert("session".into(), json!(session));
            answer.insert("error_code".into(), json!(0));
            answer.insert("message".into(), json!("Thành công"));
        } else {
            answer.insert("session".into(), json!(""));
            answer.insert("error_code".into(), json!(1));
            answer.insert("message".into(), json!("Sai tên đăng nhập hoặc mật khẩu"));
        }
        answer
    }

    fn check_session(&self, session: &str, now: Timestamp, plan: &Plan) -> Result<(), Problem> {
        let mut memory = lock(&self.memory);
        if plan.expire_session {
            memory.sessions.remove(session);
        }
        let alive = memory.sessions.get(session).is_some_and(|until| *until > now);
        if alive { Ok(()) } else { Err(Problem::Session) }
    }

    fn list(&self, body: &Row, now: Timestamp, plan: &Plan) -> Result<Row, Problem> {
        let number = |name: &str, default: usize| match body.get(name) {
            None => Ok(default),
            Some(value) => value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
                .ok_or_else(|| Refusal::new(Why::BadForm, name)),
        };
        let (offset, size) = (number("ViTri", 0)?, number("SoLuong", PAGE)?);
        if !(1..=PAGE_MAX).contains(&size) {
            return Err(Refusal::new(Why::BadForm, "SoLuong").into());
        }
        let since = match text(body, "TuNgay")? {
            None => None,
            Some(text) => Some(read_instant(ME, &text).ok_or_else(|| Refusal::new(Why::BadForm, "TuNgay"))?),
        };
        let desk = lock(&self.desk);
        let all = desk.changed_since(now, since);
        let endless = self.controls.endless(ME);
        let skip = if endless { 0 } else { offset };
        let mut rows: Vec<Value> = all.iter().skip(skip).take(size).map(|ticket| row(ticket, false)).collect();
        plan.disturb(&mut rows);
        let mut answer = envelope(now, "00", "Thành công", rows);
        answer.insert("TongSo".into(), if endless { json!(1_000_000_000_u64) } else { json!(all.len()) });
        Ok(answer)
    }

    fn push_ticket(&self, body: &Row, now: Timestamp) -> Result<Row, Problem> {
        let document = the_row(body)?;
        let own = ["MaPAKN", "PhienBan", "MaDongBo"];
        let mut values = take_all(ME, dialect::ticket(ME), &own, document)?;
        let reference = text(document, "MaDongBo")?;
        let mut desk = lock(&self.desk);
        let ticket = if is_updating(body)? {
            let id = text(document, "MaPAKN")?.ok_or_else(|| Refusal::new(Why::Missing, "MaPAKN"))?;
            let guard = document.get("PhienBan").ok_or_else(|| Refusal::new(Why::Missing, "PhienBan"))?;
            let guard = guard.as_u64().ok_or_else(|| Refusal::new(Why::BadForm, "PhienBan"))?;
            let reference = document.contains_key("MaDongBo").then_some(reference);
            desk.update(now, Actor::Api, &id, Some(guard), Change { reference, values })?
        } else {
            let needed = [Meaning::Kind, Meaning::Subject, Meaning::Content, Meaning::Name];
            require(dialect::ticket(ME), &values, &needed)?;
            values.retain(|_, raw| !raw.is_empty());
            if ![Meaning::Phone, Meaning::Email, Meaning::Address].iter().any(|way| values.contains_key(way)) {
                return Err(Refusal::new(Why::Missing, "SoDienThoai, Email, DiaChi").into());
            }
            values.entry(Meaning::ReceivedAt).or_insert_with(|| spelled_now(ME, now));
            fill(ME, &mut values, &[(Meaning::Status, "received"), (Meaning::Level, "normal")]);
            let lag = self.controls.lag(ME, desk.tickets().len() as u64);
            desk.create(now, lag, Actor::Api, Change { reference: Some(reference), values })
        };
        Ok(success(
            now,
            json!({ "MaPAKN": ticket.id, "MaDongBo": ticket.reference.as_deref().unwrap_or(""), "PhienBan": ticket.version }),
        ))
    }

    fn push_child(&self, body: &Row, now: Timestamp, kind: ChildKind) -> Result<Row, Problem> {
        let document = the_row(body)?;
        let members = dialect::child(ME, kind);
        let mut values = take_all(ME, members, &["MaPAKN", "MaDongBo"], document)?;
        let required = if kind == ChildKind::Reply { Meaning::Text } else { Meaning::To };
        require(members, &values, &[required])?;
        values.entry(Meaning::At).or_insert_with(|| spelled_now(ME, now));
        if kind == ChildKind::Reply {
            fill(ME, &mut values, &[(Meaning::Public, "no")]);
        }
        self.add(document, now, NewChild { kind, reference: text(document, "MaDongBo")?, values, bytes: None })
    }

    fn push_file(&self, body: &Row, now: Timestamp) -> Result<Row, Problem> {
        let document = the_row(body)?;
        let members = dialect::child(ME, ChildKind::File);
        let own = ["MaPAKN", "MaDongBo", "DuongDanTaiTepTin", "Sha256", "IsDeleted", "KichThuoc"];
        let values = take_all(ME, members, &own, document)?;
        require(members, &values, &[Meaning::FileName])?;
        let address = text(document, "DuongDanTaiTepTin")?;
        let address = address.ok_or_else(|| Refusal::new(Why::Missing, "DuongDanTaiTepTin"))?;
        let name = address.strip_prefix(&self.base).and_then(|path| path.strip_prefix("/tep/"));
        let bytes = name.and_then(|name| lock(&self.memory).uploads.get(name).cloned()).ok_or(Problem::BadFile)?;
        if text(document, "Sha256")?.is_some_and(|promised| promised != digest(&bytes)) {
            return Err(Refusal::new(Why::WrongDigest, "Sha256").into());
        }
        let reference = text(document, "MaDongBo")?;
        self.add(document, now, NewChild { kind: ChildKind::File, reference, values, bytes: Some(bytes) })
    }

    fn add(&self, document: &Row, now: Timestamp, new: NewChild) -> Result<Row, Problem> {
        let id = text(document, "MaPAKN")?.ok_or_else(|| Refusal::new(Why::Missing, "MaPAKN"))?;
        let (kind, id_name) = (new.kind, id_member(new.kind));
        let mut desk = lock(&self.desk);
        let ticket = desk.get(&id).ok_or(Problem::NotFound)?;
        let twin =
            ticket.children(kind).iter().find(|child| new.reference.is_some() && child.reference == new.reference);
        if let Some(twin) = twin {
            let there = json!({ id_name: twin.id, "MaPAKN": id, "PhienBan": ticket.version });
            return Err(Problem::Exists(there));
        }
        let (ticket, child) = desk.add(now, Actor::Api, &id, new)?;
        Ok(success(now, json!({ id_name: child.id, "MaPAKN": id, "PhienBan": ticket.version })))
    }

    fn upload(&self, request: &Incoming, now: Timestamp, plan: &Plan) -> Result<Row, Problem> {
        self.check_session(request.header("x-session"), now, plan)?;
        if request.body.len() > MAX_FILE_BYTES {
            return Err(Problem::BadFile);
        }
        let address = self.keep_upload(request.body.clone());
        let mut body = envelope(now, "00", "Thành công", Vec::new());
        body.insert("DuongDanTaiTepTin".into(), json!(address));
        Ok(body)
    }

    /// Keeps bytes under an address that nobody guesses; the same bytes get the same one.
    fn keep_upload(&self, bytes: Bytes) -> String {
        let name = digest(&bytes);
        let address = format!("{}/tep/{name}", self.base);
        lock(&self.memory).uploads.insert(name, bytes);
        address
    }

    /// A ticket as the portal shows it.
    fn item(&self, ticket: &Ticket) -> Value {
        let mut item = Row::new();
        item.insert("MaPAKN".into(), json!(ticket.id));
        item.extend(show_all(ME, dialect::ticket(ME), &ticket.values));
        item.insert("MaDongBo".into(), json!(ticket.reference.as_deref().unwrap_or("")));
        item.insert("PhienBan".into(), json!(ticket.version));
        item.insert("NgayTao".into(), json!(spell_instant(ME, ticket.created, false)));
        item.insert("NgayCapNhat".into(), json!(spell_instant(ME, ticket.changed, false)));
        for (kind, list) in CHILD_LISTS {
            let rows = ticket.children(kind).iter().map(|child| self.child_item(kind, child)).collect();
            item.insert(list.into(), Value::Array(rows));
        }
        if let Some(bad) = self.controls.bad_row(ME, &ticket.id) {
            spoil(&mut item, bad, "LinhVuc", "NgayTiepNhan");
        }
        Value::Object(item)
    }

    fn child_item(&self, kind: ChildKind, child: &Child) -> Value {
        let mut item = Row::new();
        item.insert(id_member(kind).into(), json!(child.id));
        item.extend(show_all(ME, dialect::child(ME, kind), &child.values));
        if let Some(bytes) = &child.bytes {
            item.insert("DuongDanTaiTepTin".into(), json!(self.keep_upload(bytes.clone())));
        }
        item.insert("MaDongBo".into(), json!(child.reference.as_deref().unwrap_or("")));
        Value::Object(item)
    }
}

const fn id_member(kind: ChildKind) -> &'static str {
    match kind {
        ChildKind::Reply => "MaTraLoi",
        ChildKind::Transfer => "MaChuyen",
        ChildKind::File => "MaTep",
    }
}

fn row(ticket: &Ticket, with_reference: bool) -> Value {
    let changed = spell_instant(ME, ticket.changed, false);
    let mut row = json!({ "MaPAKN": ticket.id, "PhienBan": ticket.version, "NgayCapNhat": changed });
    if with_reference && let Some(members) = row.as_object_mut() {
        members.insert("MaDongBo".into(), json!(ticket.reference.as_deref().unwrap_or("")));
    }
    row
}

fn is_updating(body: &Row) -> Result<bool, Refusal> {
    match body.get("isUpdating").and_then(Value::as_str) {
        Some("True") => Ok(true),
        Some("False") => Ok(false),
        _ => Err(Refusal::new(Why::BadForm, "isUpdating")),
    }
}

fn the_row(body: &Row) -> Result<&Row, Refusal> {
    match body.get("data").and_then(Value::as_array).map(Vec::as_slice) {
        Some([Value::Object(row)]) => Ok(row),
        _ => Err(Refusal::new(Why::BadForm, "data")),
    }
}

fn envelope(now: Timestamp, code: &str, says: &str, rows: Vec<Value>) -> Row {
    let mut body = Row::new();
    body.insert("error_code".into(), json!(code));
    body.insert("message".into(), json!(says));
    body.insert("thoigian".into(), json!(spell_instant(ME, now, false)));
    body.insert("data".into(), Value::Array(rows));
    body
}

fn success(now: Timestamp, row: Value) -> Row {
    envelope(now, "00", "Thành công", vec![row])
}

fn problem_body(problem: Problem, now: Timestamp) -> Row {
    let simple = |code: &str, says: &str| envelope(now, code, says, Vec::new());
    match problem {
        Problem::Session => simple("01", "Phiên làm việc đã hết hạn"),
        Problem::NotFound => simple("04", "Không tìm thấy phản ánh, kiến nghị"),
        Problem::OtherVersion => simple("05", "Phiên bản không khớp"),
        Problem::Exists(there) => envelope(now, "06", "Đã tồn tại", vec![there]),
        Problem::NoSuchService => simple("09", "Dịch vụ không tồn tại"),
        Problem::BadFile => simple("11", "Tệp không hợp lệ"),
        Problem::Refused(refusal) => {
            let (code, begins) = match refusal.why {
                Why::UnknownCode => ("08", "Mã không có trong danh mục"),
                Why::Missing => ("07", "Thiếu thông tin bắt buộc"),
                Why::TooLarge => ("11", "Tệp không hợp lệ"),
                Why::BadForm | Why::UnknownMember | Why::NoArticle | Why::WrongDigest => ("03", "Dữ liệu không hợp lệ"),
            };
            let mut body = simple(code, &format!("{begins}: {}", refusal.says()));
            body.insert("Truong".into(), json!(refusal.member));
            body
        }
    }
}
