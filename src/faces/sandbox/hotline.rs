//! The province's hotline: REST and JSON in the provincial envelope.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::System;
use super::desk::{Actor, Change, Child, Denied, NewChild, SharedDesk, Ticket, Values, fill, spelled_now};
use super::dialect::{self, ChildKind};
use super::documents::{Refusal, Why, check, require, show_all, shown, spoil, take_all, text};
use super::faults::Plan;
use super::server::{Answer, Controls, Face, Incoming, MAX_FILE_BYTES, Sort, lock};
use super::spelling::{Meaning, Raw, read_instant, spell_instant};
use crate::words::clock::Timestamp;

const ME: System = System::Hotline;
const PAGE: usize = 50;
const PAGE_MAX: usize = 500;
/// Where a ticket shows its children.
const CHILD_LISTS: [(ChildKind, &str); 3] =
    [(ChildKind::Reply, "TraLoi"), (ChildKind::Transfer, "ChuyenXuLy"), (ChildKind::File, "TepDinhKem")];

/// The hotline's manner of speaking.
pub(super) struct Hotline {
    pub(super) desk: SharedDesk,
    pub(super) controls: Arc<Controls>,
    pub(super) key: String,
}

/// An answer that is no success.
enum Problem {
    Key,
    NotFound,
    Conflict,
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
            Denied::OtherVersion => Self::Conflict,
            Denied::NoSuchReply => Self::Refused(Refusal::new(Why::BadForm, "TraLoiId")),
        }
    }
}

impl Face for Hotline {
    fn system(&self) -> System {
        ME
    }

    fn label(&self, request: &Incoming) -> (String, Sort) {
        let write = request.method != Method::GET;
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let (call, sort) = match parts.as_slice() {
            ["api", "phieu"] if write => ("create", Sort::Write),
            ["api", "phieu"] if request.query("MaThamChieu").is_some() => ("find", Sort::Read),
            ["api", "phieu"] => ("list", Sort::List),
            ["api", "phieu", _] if write => ("update", Sort::Write),
            ["api", "phieu", _] => ("get", Sort::Read),
            ["api", "phieu", _, "traloi"] => ("reply", Sort::Write),
            ["api", "phieu", _, "chuyenxuly"] => ("transfer", Sort::Write),
            ["api", "phieu", _, "tep"] => ("attach", Sort::Write),
            ["api", "tep", _] => ("download", Sort::Read),
            ["api", "toi"] => ("who", Sort::Login),
            _ => ("other", Sort::Read),
        };
        (call.to_owned(), sort)
    }

    fn answer(&self, request: &Incoming, now: Timestamp, plan: &Plan) -> Answer {
        self.route(request, now, plan).unwrap_or_else(|problem| problem_answer(&problem, now))
    }

    fn busy(&self, now: Timestamp) -> Answer {
        let body = envelope(now, "QUA_TAI", "Quá nhiều yêu cầu, xin thử lại sau", Vec::new());
        Answer { retry_after: Some(1), ..Answer::json(429, &Value::Object(body)) }
    }
}

impl Hotline {
    fn route(&self, request: &Incoming, now: Timestamp, plan: &Plan) -> Result<Answer, Problem> {
        if request.header("x-api-key") != self.key {
            return Err(Problem::Key);
        }
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["api", "phieu"]) => self.list(request, now, plan),
            ("POST", ["api", "phieu"]) => self.create(request, now),
            ("GET", ["api", "phieu", id]) => {
                let desk = lock(&self.desk);
                let ticket = desk.get(id).ok_or(Problem::NotFound)?;
                Ok(success(200, now, vec![self.item(ticket)]))
            }
            ("PATCH", ["api", "phieu", id]) => self.update(request, now, id),
            ("POST", ["api", "phieu", id, "traloi"]) => self.add_row(request, now, id, ChildKind::Reply),
            ("POST", ["api", "phieu", id, "chuyenxuly"]) => self.add_row(request, now, id, ChildKind::Transfer),
            ("POST", ["api", "phieu", id, "tep"]) => self.add_file(request, now, id),
            ("GET", ["api", "tep", id]) => self.download(id),
            ("GET", ["api", "toi"]) => {
                let mut body = envelope(now, "000", "Thành công", Vec::new());
                body.insert("TaiKhoan".into(), json!("pakn-bridge"));
                Ok(Answer::json(200, &Value::Object(body)))
            }
            _ => Err(Problem::NotFound),
        }
    }

    fn list(&self, request: &Incoming, now: Timestamp, plan: &Plan) -> Result<Answer, Problem> {
        let number = |name: &str, default: usize, most: usize| match request.query(name) {
            None => Ok(default),
            Some(text) => text
                .parse::<usize>()
                .ok()
                .filter(|number| (1..=most).contains(number))
                .ok_or_else(|| Refusal::new(Why::BadForm, name)),
        };
        let page = number("Trang", 1, usize::MAX)?;
        let size = number("KichThuoc", PAGE, PAGE_MAX)?;
        let since = match request.query("TuNgay").filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => Some(read_instant(ME, text).ok_or_else(|| Refusal::new(Why::BadForm, "TuNgay"))?),
        };
        let desk = lock(&self.desk);
        let all = match request.query("MaThamChieu") {
            Some(reference) => desk.find(now, reference),
            None => desk.changed_since(now, since),
        };
        let endless = self.controls.endless(ME);
        let skip = if endless { 0 } else { (page - 1).saturating_mul(size) };
        let mut rows: Vec<Value> = all.iter().skip(skip).take(size).map(|ticket| self.item(ticket)).collect();
        plan.disturb(&mut rows);
        let mut body = envelope(now, "000", "Thành công", rows);
        body.insert("TongSo".into(), if endless { json!(1_000_000_000_u64) } else { json!(all.len()) });
        body.insert("Trang".into(), json!(page));
        body.insert("KichThuoc".into(), json!(size));
        Ok(Answer::json(200, &Value::Object(body)))
    }

    fn create(&self, request: &Incoming, now: Timestamp) -> Result<Answer, Problem> {
        let document = object(request)?;
        let reference = text(&document, "MaThamChieu")?;
        let mut values = take_all(ME, dialect::ticket(ME), &["MaThamChieu"], &document)?;
        require(dialect::ticket(ME), &values, &[Meaning::Kind, Meaning::Subject, Meaning::Content])?;
        values.retain(|_, raw| !raw.is_empty());
        values.entry(Meaning::ReceivedAt).or_insert_with(|| spelled_now(ME, now));
        values.entry(Meaning::Status).or_insert_with(|| Raw::from("1"));
        fill(ME, &mut values, &[(Meaning::Level, "normal")]);
        let mut desk = lock(&self.desk);
        let lag = self.controls.lag(ME, desk.tickets().len() as u64);
        let ticket = desk.create(now, lag, Actor::Api, Change { reference: Some(reference), values });
        Ok(success(201, now, vec![self.item(ticket)]))
    }

    fn update(&self, request: &Incoming, now: Timestamp, id: &str) -> Result<Answer, Problem> {
        let guard = request.query("PhienBan").ok_or_else(|| Refusal::new(Why::Missing, "PhienBan"))?;
        let guard = guard.parse::<u64>().map_err(|_| Refusal::new(Why::BadForm, "PhienBan"))?;
        let document = object(request)?;
        let reference = match document.contains_key("MaThamChieu") {
            true => Some(text(&document, "MaThamChieu")?),
            false => None,
        };
        let values = take_all(ME, dialect::ticket(ME), &["MaThamChieu"], &document)?;
        let mut desk = lock(&self.desk);
        let ticket = desk.update(now, Actor::Api, id, Some(guard), Change { reference, values })?;
        Ok(success(200, now, vec![self.item(ticket)]))
    }

    fn add_row(&self, request: &Incoming, now: Timestamp, id: &str, kind: ChildKind) -> Result<Answer, Problem> {
        let document = object(request)?;
        let members = dialect::child(ME, kind);
        let reference = text(&document, "MaThamChieu")?;
        let mut values = take_all(ME, members, &["MaThamChieu"], &document)?;
        let required = if kind == ChildKind::Reply { Meaning::Text } else { Meaning::To };
        require(members, &values, &[required])?;
        values.entry(Meaning::At).or_insert_with(|| spelled_now(ME, now));
        if kind == ChildKind::Reply {
            fill(ME, &mut values, &[(Meaning::Public, "no")]);
        }
        self.add(now, id, NewChild { kind, reference, values, bytes: None })
    }

    fn add_file(&self, request: &Incoming, now: Timestamp, id: &str) -> Result<Answer, Problem> {
        if request.body.len() > MAX_FILE_BYTES {
            return Err(Refusal::new(Why::TooLarge, "TepDinhKem").into());
        }
        let mut values = Values::new();
        for (meaning, name) in
            [(Meaning::FileName, "TenTep"), (Meaning::FileType, "LoaiTep"), (Meaning::FileOfReply, "TraLoiId")]
        {
            if let Some(text) = request.query(name) {
                let raw = Raw::from(text);
                check(ME, meaning, name, &raw)?;
                values.insert(meaning, raw);
            }
        }
        require(dialect::child(ME, ChildKind::File), &values, &[Meaning::FileName])?;
        let promised = request.query("Sha256").filter(|text| !text.is_empty());
        if promised.is_some_and(|promised| promised != super::desk::digest(&request.body)) {
            return Err(Refusal::new(Why::WrongDigest, "Sha256").into());
        }
        let reference = request.query("MaThamChieu").filter(|text| !text.is_empty()).map(str::to_owned);
        let bytes = Some(request.body.clone());
        self.add(now, id, NewChild { kind: ChildKind::File, reference, values, bytes })
    }

    fn add(&self, now: Timestamp, id: &str, new: NewChild) -> Result<Answer, Problem> {
        let kind = new.kind;
        let mut desk = lock(&self.desk);
        let (ticket, child) = desk.add(now, Actor::Api, id, new)?;
        let mut body = envelope(now, "000", "Thành công", vec![child_item(kind, &child)]);
        body.insert("PhienBan".into(), json!(ticket.version));
        Ok(Answer::json(201, &Value::Object(body)))
    }

    fn download(&self, id: &str) -> Result<Answer, Problem> {
        let desk = lock(&self.desk);
        let file = desk.file(id).ok_or(Problem::NotFound)?;
        let kind = file.values.get(&Meaning::FileType).and_then(|raw| raw.parts().first());
        let bytes = file.bytes.clone().unwrap_or_default();
        Ok(Answer::new(200, kind.map_or("application/octet-stream", String::as_str), bytes))
    }

    /// A ticket as the hotline shows it.
    fn item(&self, ticket: &Ticket) -> Value {
        let own = |text: Option<Timestamp>| text.map_or(Value::Null, |at| json!(spell_instant(ME, at, true)));
        let mut item = Map::new();
        item.insert("Id".into(), json!(ticket.id.parse::<u64>().unwrap_or_default()));
        item.insert("SoPAKN".into(), json!(format!("1022-26-{:06}", ticket.number)));
        item.extend(show_all(ME, dialect::ticket(ME), &ticket.values));
        let agency = shown(ME, Meaning::Agency, ticket.values.get(&Meaning::Agency));
        item.insert("DonViXuLy".into(), agency);
        let received = shown(ME, Meaning::ReceivedAt, ticket.values.get(&Meaning::ReceivedAt));
        item.insert("NgayPhanAnh".into(), received);
        item.insert("NgayTuChoi".into(), own(ticket.refused_at));
        item.insert("NgayHuyBo".into(), own(ticket.withdrawn_at));
        item.insert("MaThamChieu".into(), json!(ticket.reference));
        item.insert("PhienBan".into(), json!(ticket.version));
        item.insert("NgayTao".into(), own(Some(ticket.created)));
        item.insert("NgayCapNhat".into(), own(Some(ticket.changed)));
        for (kind, name) in CHILD_LISTS {
            let rows: Vec<Value> = ticket.children(kind).iter().map(|child| child_item(kind, child)).collect();
            item.insert(name.into(), Value::Array(rows));
        }
        if let Some(bad) = self.controls.bad_row(ME, &ticket.id) {
            spoil(&mut item, bad, "LinhVucPAKNId", "NgayNhan");
        }
        Value::Object(item)
    }
}

fn child_item(kind: ChildKind, child: &Child) -> Value {
    let number = |id: &str| id.parse::<u64>().map_or_else(|_| json!(id), Value::from);
    let mut item = Map::new();
    item.insert("Id".into(), number(&child.id));
    item.extend(show_all(ME, dialect::child(ME, kind), &child.values));
    if kind == ChildKind::File {
        let of_reply = child.values.get(&Meaning::FileOfReply).and_then(|raw| raw.parts().first());
        item.insert("TraLoiId".into(), of_reply.map_or(Value::Null, |id| number(id)));
        item.insert("DuongDan".into(), json!(format!("/api/tep/{}", child.id)));
    }
    item.insert("MaThamChieu".into(), json!(child.reference));
    Value::Object(item)
}

fn object(request: &Incoming) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(&request.body).map_err(|_| Refusal::new(Why::BadForm, "(JSON)"))
}

fn envelope(now: Timestamp, code: &str, says: &str, rows: Vec<Value>) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("MaTraLoi".into(), json!(code));
    body.insert("NoiDungThongDiep".into(), json!(says));
    body.insert("ThoiGianMayChu".into(), json!(spell_instant(ME, now, true)));
    body.insert("DanhSachKetQua".into(), Value::Array(rows));
    body
}

fn success(status: u16, now: Timestamp, rows: Vec<Value>) -> Answer {
    Answer::json(status, &Value::Object(envelope(now, "000", "Thành công", rows)))
}

fn problem_answer(problem: &Problem, now: Timestamp) -> Answer {
    let (status, code, says, member) = match problem {
        Problem::Key => (401, "SAI_KHOA", "Khóa truy cập không đúng".to_owned(), None),
        Problem::NotFound => (404, "KHONG_TIM_THAY", "Không tìm thấy".to_owned(), None),
        Problem::Conflict => (409, "XUNG_DOT", "Phiếu đã được người khác cập nhật".to_owned(), None),
        Problem::Refused(refusal) => {
            let (status, code) = match refusal.why {
                Why::UnknownCode => (400, "MA_KHONG_HOP_LE"),
                Why::BadForm | Why::NoArticle => (400, "SAI_DINH_DANG"),
                Why::Missing => (400, "THIEU_TRUONG"),
                Why::UnknownMember => (400, "TRUONG_LA"),
                Why::WrongDigest => (400, "SAI_MA_BAM"),
                Why::TooLarge => (413, "QUA_LON"),
            };
            (status, code, refusal.says(), Some(&refusal.member))
        }
    };
    let mut body = envelope(now, code, &says, Vec::new());
    if let Some(member) = member {
        body.insert("Truong".into(), json!(member));
    }
    Answer::json(status, &Value::Object(body))
}
