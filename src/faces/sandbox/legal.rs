//! The second national system, feedback on legal texts: SOAP 1.1, XML, credentials in the header, faults.

mod forms;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::TimeDelta;

use self::forms::{envelope, show, spoil, take_flat, take_ticket};
use super::System;
use super::desk::{Actor, Change, Child, Denied, NewChild, SharedDesk, Ticket, Values, digest, fill, spelled_now};
use super::dialect::{self, ChildKind};
use super::documents::{Refusal, Why, require};
use super::faults::Plan;
use super::server::{Answer, Controls, Face, Incoming, MAX_FILE_BYTES, Sort, lock};
use super::spelling::{Meaning, read_instant, spell_instant};
use super::xml::{self, Element, SOAP, WSSE};
use crate::words::clock::Timestamp;

const ME: System = System::Legal;
const PAGE: usize = 50;
const PAGE_MAX: usize = 500;
const KEY_LIFE: TimeDelta = TimeDelta::hours(24);
const KEY_MAX_CHARS: usize = 100;
const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// The system's manner of speaking.
pub(super) struct Legal {
    pub(super) desk: SharedDesk,
    pub(super) controls: Arc<Controls>,
    pub(super) user: String,
    pub(super) password: String,
    /// Answers by idempotency key.
    pub(super) answered: Mutex<BTreeMap<String, (Timestamp, Element)>>,
}

/// An answer that is no success.
enum Problem {
    Credentials,
    NotFound,
    OtherVersion,
    NoSuchRequest,
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

impl Face for Legal {
    fn system(&self) -> System {
        ME
    }

    fn label(&self, request: &Incoming) -> (String, Sort) {
        if request.path.starts_with("/tep/") {
            return ("download".to_owned(), Sort::Read);
        }
        let (call, sort) = match operation(request).map_or(String::new(), |(_, call)| call.name).as_str() {
            "KiemTraRequest" => ("who", Sort::Login),
            "DanhSachRequest" => ("list", Sort::List),
            "ChiTietRequest" => ("get", Sort::Read),
            "TraCuuRequest" => ("find", Sort::Read),
            "TaiTepRequest" => ("download", Sort::Read),
            "TiepNhanRequest" => ("create", Sort::Write),
            "CapNhatRequest" => ("update", Sort::Write),
            "TraLoiRequest" => ("reply", Sort::Write),
            "ChuyenRequest" => ("transfer", Sort::Write),
            "GuiTepRequest" => ("attach", Sort::Write),
            _ => ("other", Sort::Read),
        };
        (call.to_owned(), sort)
    }

    fn answer(&self, request: &Incoming, now: Timestamp, plan: &Plan) -> Answer {
        if let Some(id) = request.path.strip_prefix("/tep/") {
            return self.raw_file(request, id);
        }
        if request.path != "/ws" {
            return Answer::new(404, "text/plain", "not found");
        }
        match self.call(request, now, plan) {
            Ok(body) => Answer::new(200, CONTENT_TYPE, envelope(body).to_xml()),
            Err(problem) => Answer::new(500, CONTENT_TYPE, envelope(fault(&problem)).to_xml()),
        }
    }

    fn busy(&self, _now: Timestamp) -> Answer {
        Answer { retry_after: Some(1), ..Answer::new(429, "text/plain; charset=utf-8", "Too Many Requests") }
    }
}

/// The header and the one element of the body.
fn operation(request: &Incoming) -> Option<(Option<Element>, Element)> {
    let envelope = xml::read(std::str::from_utf8(&request.body).ok()?)?;
    if envelope.space != SOAP || envelope.name != "Envelope" {
        return None;
    }
    let call = envelope.child_in(SOAP, "Body")?.children.first()?.clone();
    Some((envelope.child_in(SOAP, "Header").cloned(), call))
}

impl Legal {
    fn call(&self, request: &Incoming, now: Timestamp, plan: &Plan) -> Result<Element, Problem> {
        let (header, call) = operation(request).ok_or(Problem::NoSuchRequest)?;
        if !header.is_some_and(|header| self.knows(&header)) {
            return Err(Problem::Credentials);
        }
        if call.space != xml::PL {
            return Err(Problem::NoSuchRequest);
        }
        match call.name.as_str() {
            "KiemTraRequest" => {
                Ok(timed("KiemTraResponse", now).with(Element::with_text("TaiKhoan", Some(&self.user))))
            }
            "DanhSachRequest" => self.list(&call, now, plan),
            "ChiTietRequest" => {
                let id = call.text_of("MaPhanAnh").unwrap_or("");
                let desk = lock(&self.desk);
                let ticket = desk.get(id).ok_or(Problem::NotFound)?;
                Ok(timed("ChiTietResponse", now).with(self.item(ticket)))
            }
            "TraCuuRequest" => {
                let reference = needed(&call, "MaDongBo")?;
                let mut answer = timed("TraCuuResponse", now);
                for ticket in lock(&self.desk).find(now, reference) {
                    answer.children.push(row(ticket).with(Element::with_text("MaDongBo", ticket.reference.as_deref())));
                }
                Ok(answer)
            }
            "TaiTepRequest" => {
                let id = needed(&call, "MaTep")?;
                let desk = lock(&self.desk);
                let file = desk.file(id).ok_or(Problem::NotFound)?;
                let bytes = file.bytes.as_deref().unwrap_or_default();
                Ok(Element::new("TaiTepResponse")
                    .with(Element::with_text("MaTep", Some(id)))
                    .with(Element::with_text("TenTep", one(&file.values, Meaning::FileName)))
                    .with(Element::with_text("LoaiTep", one(&file.values, Meaning::FileType)))
                    .with(Element::with_text("NoiDungTep", Some(&BASE64.encode(bytes)))))
            }
            _ => self.write_once(&call, now),
        }
    }

    fn knows(&self, header: &Element) -> bool {
        let token = header.child_in(WSSE, "Security").and_then(|security| security.child_in(WSSE, "UsernameToken"));
        let said = |name| token.and_then(|token| token.child_in(WSSE, name)).map(|element| element.text.as_str());
        said("Username") == Some(self.user.as_str()) && said("Password") == Some(self.password.as_str())
    }

    fn list(&self, call: &Element, now: Timestamp, plan: &Plan) -> Result<Element, Problem> {
        let size = match call.text_of("SoLuong") {
            None => PAGE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|size| (1..=PAGE_MAX).contains(size))
                .ok_or_else(|| Refusal::new(Why::BadForm, "SoLuong"))?,
        };
        let since = match call.text_of("TuNgay") {
            None => None,
            Some(text) => Some(read_instant(ME, text).ok_or_else(|| Refusal::new(Why::BadForm, "TuNgay"))?),
        };
        let after = match call.text_of("TrangSau") {
            None => None,
            Some(token) => Some(read_token(token).ok_or_else(|| Refusal::new(Why::BadForm, "TrangSau"))?),
        };
        let endless = self.controls.endless(ME);
        let desk = lock(&self.desk);
        let mut all = desk.changed_since(now, since);
        if let Some(after) = after.filter(|_| !endless) {
            all.retain(|ticket| (ticket.changed, ticket.id.as_str()) > (after.0, after.1.as_str()));
        }
        let more = all.len() > size || endless;
        all.truncate(size);
        let token = all.last().map(|last| token(last));
        let mut rows: Vec<Element> = all.into_iter().map(row).collect();
        plan.disturb(&mut rows);
        let mut answer = timed("DanhSachResponse", now);
        answer.children.extend(rows);
        if let Some(token) = token.filter(|_| more) {
            answer.children.push(Element::with_text("TrangSau", Some(&token)));
        }
        Ok(answer)
    }

    /// Writes, unless the key was used in the last 24 h: then the answer of that time is given again.
    fn write_once(&self, call: &Element, now: Timestamp) -> Result<Element, Problem> {
        let key = call.text_of("MaYeuCau");
        if key.is_some_and(|key| key.chars().count() > KEY_MAX_CHARS) {
            return Err(Refusal::new(Why::BadForm, "MaYeuCau").into());
        }
        let mut answered = lock(&self.answered);
        answered.retain(|_, (at, _)| *at + KEY_LIFE > now);
        if let Some((_, answer)) = key.and_then(|key| answered.get(key)) {
            return Ok(answer.clone());
        }
        let answer = match call.name.as_str() {
            "TiepNhanRequest" => self.create(call, now),
            "CapNhatRequest" => self.update(call, now),
            "TraLoiRequest" => self.add_row(call, now, ChildKind::Reply),
            "ChuyenRequest" => self.add_row(call, now, ChildKind::Transfer),
            "GuiTepRequest" => self.add_file(call, now),
            _ => Err(Problem::NoSuchRequest),
        }?;
        if let Some(key) = key {
            answered.insert(key.to_owned(), (now, answer.clone()));
        }
        Ok(answer)
    }

    fn create(&self, call: &Element, now: Timestamp) -> Result<Element, Problem> {
        let document = the_ticket(call)?;
        let (reference, mut values) = take_ticket(document)?;
        let required = [Meaning::Kind, Meaning::Subject, Meaning::Content, Meaning::Name];
        require(dialect::ticket(ME), &values, &required)?;
        values.retain(|_, raw| !raw.is_empty());
        let legal = one(&values, Meaning::Kind) == Some("van-ban");
        if legal && !names_an_article(one(&values, Meaning::Content).unwrap_or("")) {
            return Err(Refusal::new(Why::NoArticle, "NoiDung").into());
        }
        values.entry(Meaning::ReceivedAt).or_insert_with(|| spelled_now(ME, now));
        fill(ME, &mut values, &[(Meaning::Status, "received"), (Meaning::Level, "normal")]);
        let mut desk = lock(&self.desk);
        let lag = self.controls.lag(ME, desk.tickets().len() as u64);
        let change = Change { reference: Some(reference.flatten()), values };
        let ticket = desk.create(now, lag, Actor::Api, change);
        Ok(written("TiepNhanResponse", "MaPhanAnh", &ticket.id, ticket.version))
    }

    fn update(&self, call: &Element, now: Timestamp) -> Result<Element, Problem> {
        let id = needed(call, "MaPhanAnh")?;
        let guard = needed(call, "PhienBan")?.parse().map_err(|_| Refusal::new(Why::BadForm, "PhienBan"))?;
        let (reference, values) = take_ticket(the_ticket(call)?)?;
        let mut desk = lock(&self.desk);
        let ticket = desk.update(now, Actor::Api, id, Some(guard), Change { reference, values })?;
        Ok(written("CapNhatResponse", "MaPhanAnh", &ticket.id, ticket.version))
    }

    fn add_row(&self, call: &Element, now: Timestamp, kind: ChildKind) -> Result<Element, Problem> {
        let (wrapper, response, id_name) = child_names(kind);
        let document = call.child(wrapper).ok_or_else(|| Refusal::new(Why::Missing, wrapper))?;
        let members = dialect::child(ME, kind);
        let mut values = take_flat(members, &["MaDongBo"], document)?;
        let required = if kind == ChildKind::Reply { Meaning::Text } else { Meaning::To };
        require(members, &values, &[required])?;
        values.entry(Meaning::At).or_insert_with(|| spelled_now(ME, now));
        if kind == ChildKind::Reply {
            fill(ME, &mut values, &[(Meaning::Public, "no")]);
        }
        let reference = document.text_of("MaDongBo").map(str::to_owned);
        let new = NewChild { kind, reference, values, bytes: None };
        let mut desk = lock(&self.desk);
        let (ticket, child) = desk.add(now, Actor::Api, needed(call, "MaPhanAnh")?, new)?;
        Ok(written(response, id_name, &child.id, ticket.version))
    }

    fn add_file(&self, call: &Element, now: Timestamp) -> Result<Element, Problem> {
        let document = call.child("Tep").ok_or_else(|| Refusal::new(Why::Missing, "Tep"))?;
        let members = dialect::child(ME, ChildKind::File);
        let own = ["MaDongBo", "NoiDungTep", "Sha256", "KichThuoc"];
        let values = take_flat(members, &own, document)?;
        require(members, &values, &[Meaning::FileName])?;
        let content = document.child("NoiDungTep").ok_or_else(|| Refusal::new(Why::Missing, "NoiDungTep"))?;
        let packed: String = content.text.split_ascii_whitespace().collect();
        let bytes = BASE64.decode(packed).map_err(|_| Refusal::new(Why::BadForm, "NoiDungTep"))?;
        if bytes.len() > MAX_FILE_BYTES {
            return Err(Refusal::new(Why::TooLarge, "NoiDungTep").into());
        }
        if document.text_of("Sha256").is_some_and(|promised| promised != digest(&bytes)) {
            return Err(Refusal::new(Why::WrongDigest, "Sha256").into());
        }
        let reference = document.text_of("MaDongBo").map(str::to_owned);
        let new = NewChild { kind: ChildKind::File, reference, values, bytes: Some(bytes.into()) };
        let mut desk = lock(&self.desk);
        let (ticket, child) = desk.add(now, Actor::Api, needed(call, "MaPhanAnh")?, new)?;
        Ok(written("GuiTepResponse", "MaTep", &child.id, ticket.version))
    }

    fn raw_file(&self, request: &Incoming, id: &str) -> Answer {
        let basic = format!("Basic {}", BASE64.encode(format!("{}:{}", self.user, self.password)));
        if request.header("authorization") != basic {
            return Answer::new(401, "text/plain", "unauthorized");
        }
        let desk = lock(&self.desk);
        let Some(file) = desk.file(id) else { return Answer::new(404, "text/plain", "not found") };
        let kind = one(&file.values, Meaning::FileType).unwrap_or("application/octet-stream");
        Answer::new(200, kind, file.bytes.clone().unwrap_or_default())
    }

    /// A ticket as the system shows it.
    fn item(&self, ticket: &Ticket) -> Element {
        let mut item = row(ticket);
        let created = spell_instant(ME, ticket.created, true);
        item.children.insert(2, Element::with_text("NgayTao", Some(&created)));
        item.children.push(Element::with_text("MaDongBo", ticket.reference.as_deref()));
        show(dialect::ticket(ME), &ticket.values, &mut item);
        for kind in ChildKind::ALL {
            item.children.extend(ticket.children(kind).iter().map(|child| child_item(kind, child)));
        }
        if let Some(bad) = self.controls.bad_row(ME, &ticket.id) {
            spoil(&mut item, bad);
        }
        item
    }
}

fn child_item(kind: ChildKind, child: &Child) -> Element {
    let (wrapper, _, id_name) = child_names(kind);
    let mut item = Element::new(wrapper).with(Element::with_text(id_name, Some(&child.id)));
    show(dialect::child(ME, kind), &child.values, &mut item);
    if kind == ChildKind::File {
        item.children.push(Element::with_text("DuongDan", Some(&format!("/tep/{}", child.id))));
    }
    item.with(Element::with_text("MaDongBo", child.reference.as_deref()))
}

/// Element of a child, its response, its id.
const fn child_names(kind: ChildKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        ChildKind::Reply => ("TraLoi", "TraLoiResponse", "MaTraLoi"),
        ChildKind::Transfer => ("Chuyen", "ChuyenResponse", "MaChuyen"),
        ChildKind::File => ("Tep", "GuiTepResponse", "MaTep"),
    }
}

fn the_ticket(call: &Element) -> Result<&Element, Refusal> {
    call.child("PhanAnh").ok_or_else(|| Refusal::new(Why::Missing, "PhanAnh"))
}

fn needed<'a>(call: &'a Element, name: &str) -> Result<&'a str, Refusal> {
    call.text_of(name).ok_or_else(|| Refusal::new(Why::Missing, name))
}

fn one(values: &Values, meaning: Meaning) -> Option<&str> {
    values.get(&meaning).and_then(|raw| raw.parts().first()).map(String::as_str)
}

/// Whether a text says "Điều" and a number.
fn names_an_article(text: &str) -> bool {
    use unicode_normalization::UnicodeNormalization;
    let text: String = text.nfc().collect::<String>().to_lowercase();
    text.match_indices("điều ").any(|(at, word)| {
        text.get(at + word.len()..).is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_digit()))
    })
}

fn row(ticket: &Ticket) -> Element {
    Element::new("PhanAnh")
        .with(Element::with_text("MaPhanAnh", Some(&ticket.id)))
        .with(Element::with_text("PhienBan", Some(&ticket.version.to_string())))
        .with(Element::with_text("NgayCapNhat", Some(&spell_instant(ME, ticket.changed, true))))
}

fn timed(name: &str, now: Timestamp) -> Element {
    Element::new(name).with(Element::with_text("ThoiGianMayChu", Some(&spell_instant(ME, now, true))))
}

fn written(response: &str, id_name: &str, id: &str, version: u64) -> Element {
    Element::new(response)
        .with(Element::with_text(id_name, Some(id)))
        .with(Element::with_text("PhienBan", Some(&version.to_string())))
}

/// Where the page after this ticket begins.
fn token(last: &Ticket) -> String {
    BASE64.encode(format!("{}|{}", spell_instant(ME, last.changed, true), last.id))
}

fn read_token(token: &str) -> Option<(Timestamp, String)> {
    let text = String::from_utf8(BASE64.decode(token).ok()?).ok()?;
    let (changed, id) = text.split_once('|')?;
    Some((read_instant(ME, changed)?, id.to_owned()))
}

fn fault(problem: &Problem) -> Element {
    let (code, says, member) = match problem {
        Problem::Credentials => ("SaiTaiKhoan", "Tài khoản hoặc mật khẩu không đúng".to_owned(), None),
        Problem::NotFound => ("KhongTimThay", "Không tìm thấy".to_owned(), None),
        Problem::OtherVersion => ("XungDot", "Phiên bản không khớp".to_owned(), None),
        Problem::NoSuchRequest => ("YeuCauLa", "Yêu cầu không hợp lệ".to_owned(), None),
        Problem::Refused(refusal) => {
            let code = match refusal.why {
                Why::UnknownCode => "MaKhongHopLe",
                Why::BadForm => "SaiDinhDang",
                Why::Missing => "ThieuTruong",
                Why::UnknownMember => "TruongLa",
                Why::NoArticle => "ThieuDieuKhoan",
                Why::WrongDigest => "SaiMaBam",
                Why::TooLarge => "QuaLon",
            };
            (code, refusal.says(), Some(refusal.member.as_str()))
        }
    };
    let bare = |name: &str, text: &str| Element { space: String::new(), ..Element::with_text(name, Some(text)) };
    let mut detail = Element::new("Loi").with(Element::with_text("MaLoi", Some(code)));
    if let Some(member) = member {
        detail.children.push(Element::with_text("Truong", Some(member)));
    }
    Element { space: SOAP.to_owned(), ..Element::new("Fault") }
        .with(bare("faultcode", "soap:Client"))
        .with(bare("faultstring", &says))
        .with(Element { space: String::new(), ..Element::new("detail") }.with(detail))
}
