//! What an engineer writes for this one record instead of a mapping: serde structs, and the same checks in plain code.
//! It keeps what a sync needs: of each field the text as the system spelled it and the value that it means.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;
use serde::Deserialize;
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

pub const DUE: &str = "%Y%m%d%H%M%S";

pub type Fault = String;

#[derive(Debug, Clone)]
pub struct Cell<T> {
    pub image: String,
    pub value: T,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Received,
    Forwarded,
    InProgress,
    AskedToSupplement,
    Answered,
    Published,
    Refused,
    Withdrawn,
    Closed,
}

#[derive(Debug, Clone)]
pub struct Ticket {
    pub id: String,
    pub version: Option<String>,
    pub reference: Option<String>,
    pub number: Option<Cell<String>>,
    pub subject: Option<Cell<String>>,
    pub content: Option<Cell<String>>,
    pub submitter_name: Option<Cell<String>>,
    pub submitter_phone: Option<Cell<String>>,
    pub submitter_email: Option<Cell<String>>,
    pub submitter_address: Option<Cell<String>>,
    pub citizen_id: Option<Cell<String>>,
    pub place: Option<Cell<String>>,
    pub agency: Option<Cell<String>>,
    pub status: Option<Cell<Status>>,
    pub received_at: Option<Cell<DateTime<Utc>>>,
    pub due_at: Option<Cell<DateTime<Utc>>>,
    pub dossier: Option<Cell<String>>,
    pub after_hours: Option<Cell<bool>>,
    pub attachments: Vec<Attachment>,
}

#[derive(Debug, Clone)]
pub struct Attachment {
    pub id: String,
    pub name: Option<Cell<String>>,
    pub media_type: Option<Cell<String>>,
    pub size: Option<Cell<i64>>,
    pub sha256: Option<Cell<String>>,
    pub place: Option<Cell<String>>,
}

// ------------------------------------------------------------------------------------------------------ decode

type Text<'a> = Option<Cow<'a, str>>;

#[derive(Deserialize, Default)]
pub struct Raw<'a> {
    #[serde(rename = "MaPhieu", borrow)]
    pub id: Cow<'a, str>,
    #[serde(rename = "PhienBan", borrow, default)]
    pub version: Text<'a>,
    #[serde(rename = "MaDongBo", borrow, default)]
    pub reference: Text<'a>,
    #[serde(rename = "SoPhieu", borrow, default)]
    pub number: Text<'a>,
    #[serde(rename = "TieuDe", borrow, default)]
    pub subject: Text<'a>,
    #[serde(rename = "NoiDung", borrow, default)]
    pub content: Text<'a>,
    #[serde(rename = "NguoiGui", borrow, default)]
    pub submitter: RawSubmitter<'a>,
    #[serde(rename = "DonViHanhChinh", borrow, default)]
    pub place: RawCode<'a>,
    #[serde(rename = "CoQuan", borrow, default)]
    pub agency: RawCode<'a>,
    #[serde(rename = "TrangThai", borrow, default)]
    pub status: RawCode<'a>,
    #[serde(rename = "ThoiGian", borrow, default)]
    pub times: RawTimes<'a>,
    #[serde(rename = "SoHoSo", borrow, default)]
    pub dossier: Text<'a>,
    #[serde(rename = "NgoaiGio", borrow, default)]
    pub after_hours: Text<'a>,
    #[serde(rename = "TepDinhKem", borrow, default)]
    pub attachments: Vec<RawAttachment<'a>>,
}

#[derive(Deserialize, Default)]
pub struct RawSubmitter<'a> {
    #[serde(rename = "HoTen", borrow, default)]
    pub name: Text<'a>,
    #[serde(rename = "DienThoai", borrow, default)]
    pub phone: Text<'a>,
    #[serde(rename = "ThuDienTu", borrow, default)]
    pub email: Text<'a>,
    #[serde(rename = "DiaChi", borrow, default)]
    pub address: Text<'a>,
    #[serde(rename = "SoDinhDanh", borrow, default)]
    pub citizen_id: Text<'a>,
}

#[derive(Deserialize, Default)]
pub struct RawCode<'a> {
    #[serde(rename = "Ma", borrow, default)]
    pub code: Text<'a>,
}

#[derive(Deserialize, Default)]
pub struct RawTimes<'a> {
    #[serde(rename = "TiepNhan", borrow, default)]
    pub received: Text<'a>,
    #[serde(rename = "HanXuLy", borrow, default)]
    pub due: Text<'a>,
}

#[derive(Deserialize, Default)]
pub struct RawAttachment<'a> {
    #[serde(rename = "MaTep", borrow)]
    pub id: Cow<'a, str>,
    #[serde(rename = "TenTep", borrow, default)]
    pub name: Text<'a>,
    #[serde(rename = "LoaiTep", borrow, default)]
    pub media_type: Text<'a>,
    #[serde(rename = "KichThuoc", default)]
    pub size: Option<i64>,
    #[serde(rename = "Sha256", borrow, default)]
    pub sha256: Text<'a>,
    #[serde(rename = "DuongDan", borrow, default)]
    pub place: Text<'a>,
}

pub fn decode(bytes: &[u8]) -> Result<Ticket, Fault> {
    understand(serde_json::from_slice(bytes).map_err(|error| error.to_string())?)
}

/// A page of them.
pub fn decode_page(bytes: &[u8]) -> Result<Vec<Ticket>, Fault> {
    #[derive(Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        data: Vec<Raw<'a>>,
    }
    let page: Page<'_> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    page.data.into_iter().map(understand).collect()
}

/// Everything after the document's own form: shared with the readers of XML and of `serde_json::Value`.
pub fn understand(raw: Raw<'_>) -> Result<Ticket, Fault> {
    let mut attachments: Vec<Attachment> = Vec::with_capacity(raw.attachments.len());
    for file in raw.attachments {
        if attachments.iter().any(|known| known.id == file.id) {
            return Err("two attachments with one id".to_owned());
        }
        attachments.push(Attachment {
            id: file.id.into_owned(),
            name: text(file.name),
            media_type: text(file.media_type),
            size: file.size.map(|size| Cell { image: size.to_string(), value: size }),
            sha256: text(file.sha256),
            place: text(file.place),
        });
    }
    Ok(Ticket {
        id: raw.id.into_owned(),
        version: raw.version.map(Cow::into_owned),
        reference: raw.reference.map(Cow::into_owned),
        number: text(raw.number),
        subject: text(raw.subject),
        content: text(raw.content),
        submitter_name: text(raw.submitter.name),
        submitter_phone: checked(raw.submitter.phone, phone)?,
        submitter_email: text(raw.submitter.email),
        submitter_address: text(raw.submitter.address),
        citizen_id: checked(raw.submitter.citizen_id, |text| digits(text, &[12, 9]))?,
        place: checked(raw.place.code, |text| digits(text, &[5, 2]))?,
        agency: checked(raw.agency.code, agency)?,
        status: checked(raw.status.code, status)?,
        received_at: checked(raw.times.received, |text| {
            DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc)).map_err(|_| "no instant".to_owned())
        })?,
        due_at: checked(raw.times.due, |text| {
            let local = NaiveDateTime::parse_from_str(text, DUE).map_err(|_| "no instant".to_owned())?;
            let at = Ho_Chi_Minh.from_local_datetime(&local).earliest().ok_or("no such time")?;
            Ok(at.with_timezone(&Utc))
        })?,
        dossier: text(raw.dossier),
        after_hours: checked(raw.after_hours, |text| match text {
            "True" => Ok(true),
            "False" => Ok(false),
            _ => Err("neither true nor false".to_owned()),
        })?,
        attachments,
    })
}

fn text(raw: Text<'_>) -> Option<Cell<String>> {
    let raw = raw?;
    let value = if raw.is_ascii() || is_nfc_quick(raw.chars()) == IsNormalized::Yes {
        if raw.contains('\r') { lines(&raw) } else { raw.trim().to_owned() }
    } else {
        lines(&raw.nfc().collect::<String>())
    };
    (!value.is_empty()).then(|| Cell { image: raw.into_owned(), value })
}

fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

fn checked<T>(raw: Text<'_>, parse: impl FnOnce(&str) -> Result<T, Fault>) -> Result<Option<Cell<T>>, Fault> {
    let Some(raw) = raw.filter(|raw| !raw.trim().is_empty()) else { return Ok(None) };
    let value = parse(raw.trim())?;
    Ok(Some(Cell { image: raw.into_owned(), value }))
}

fn phone(text: &str) -> Result<String, Fault> {
    let mut number = String::with_capacity(text.len() + 3);
    number.push_str("+84");
    let home = text.strip_prefix("+84").or_else(|| text.strip_prefix('0')).ok_or("no telephone number")?;
    number.extend(home.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '(' | ')')));
    let digits = number.len() - 3;
    if (9..=10).contains(&digits) && number.bytes().skip(1).all(|byte| byte.is_ascii_digit()) {
        Ok(number)
    } else {
        Err("no telephone number".to_owned())
    }
}

fn digits(text: &str, lengths: &[usize]) -> Result<String, Fault> {
    let found: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).collect();
    let fits = found.bytes().all(|byte| byte.is_ascii_digit()) && lengths.contains(&found.len());
    if fits { Ok(found) } else { Err("digits were expected".to_owned()) }
}

/// `H19.12` → `000.00.12.H19`.
fn agency(text: &str) -> Result<String, Fault> {
    let mut parts = text.split('.');
    let top = parts.next().filter(|top| top.len() == 3).ok_or("no agency")?;
    let (second, third, fourth) = (parts.next(), parts.next(), parts.next());
    let fits = |part: Option<&str>, length| part.is_none_or(|part| part.len() == length);
    if parts.next().is_some() || !fits(second, 2) || !fits(third, 2) || !fits(fourth, 3) {
        return Err("no agency".to_owned());
    }
    Ok(format!("{}.{}.{}.{top}", fourth.unwrap_or("000"), third.unwrap_or("00"), second.unwrap_or("00")))
}

fn status(code: &str) -> Result<Status, Fault> {
    Ok(match code {
        "1" => Status::Received,
        "2" => Status::Forwarded,
        "3" => Status::InProgress,
        "4" => Status::AskedToSupplement,
        "5" => Status::Answered,
        "6" => Status::Published,
        "7" => Status::Refused,
        "8" => Status::Withdrawn,
        "9" => Status::Closed,
        other => return Err(format!("the unknown code `{other}`")),
    })
}

/// The canonical word.
pub const fn word(status: Status) -> &'static str {
    match status {
        Status::Received => "received",
        Status::Forwarded => "forwarded",
        Status::InProgress => "in_progress",
        Status::AskedToSupplement => "asked_to_supplement",
        Status::Answered => "answered",
        Status::Published => "published",
        Status::Refused => "refused",
        Status::Withdrawn => "withdrawn",
        Status::Closed => "closed",
    }
}
