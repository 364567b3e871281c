//! What is sent of the record by hand: checked, then as JSON by serde.

use std::borrow::Cow;

use chrono_tz::Asia::Ho_Chi_Minh;
use serde::Serialize;

use super::by_hand::{Attachment, Cell, DUE, Fault, Status, Ticket};

#[derive(Serialize)]
pub struct Out<'a> {
    #[serde(rename = "SoPhieu")]
    pub number: &'a str,
    #[serde(rename = "TieuDe")]
    pub subject: &'a str,
    #[serde(rename = "NoiDung")]
    pub content: &'a str,
    #[serde(rename = "NguoiGui")]
    pub submitter: OutSubmitter<'a>,
    #[serde(rename = "DonViHanhChinh")]
    pub place: OutCode<'a>,
    #[serde(rename = "CoQuan")]
    pub agency: OutCode<'a>,
    #[serde(rename = "TrangThai")]
    pub status: OutCode<'a>,
    #[serde(rename = "ThoiGian")]
    pub times: OutTimes,
    #[serde(rename = "SoHoSo")]
    pub dossier: &'a str,
    #[serde(rename = "NgoaiGio")]
    pub after_hours: &'a str,
    #[serde(rename = "MaDongBo")]
    pub reference: &'a str,
}

#[derive(Serialize)]
pub struct OutSubmitter<'a> {
    #[serde(rename = "HoTen")]
    pub name: &'a str,
    #[serde(rename = "DienThoai")]
    pub phone: String,
    #[serde(rename = "ThuDienTu")]
    pub email: &'a str,
    #[serde(rename = "DiaChi")]
    pub address: &'a str,
    #[serde(rename = "SoDinhDanh")]
    pub citizen_id: &'a str,
}

#[derive(Serialize)]
pub struct OutCode<'a> {
    #[serde(rename = "Ma")]
    pub code: Cow<'a, str>,
}

#[derive(Serialize)]
pub struct OutTimes {
    #[serde(rename = "TiepNhan")]
    pub received: String,
    #[serde(rename = "HanXuLy")]
    pub due: String,
}

#[derive(Serialize)]
pub struct OutAttachment<'a> {
    #[serde(rename = "TenTep")]
    pub name: &'a str,
    #[serde(rename = "LoaiTep")]
    pub media_type: &'a str,
    #[serde(rename = "KichThuoc")]
    pub size: i64,
    #[serde(rename = "Sha256")]
    pub sha256: &'a str,
}

/// The new ticket and its attachments, each as the document that makes it.
pub fn encode(ticket: &Ticket, reference: &str) -> Result<Vec<Vec<u8>>, Fault> {
    let mut all = Vec::with_capacity(1 + ticket.attachments.len());
    all.push(serde_json::to_vec(&out(ticket, reference)?).map_err(|error| error.to_string())?);
    for file in &ticket.attachments {
        all.push(serde_json::to_vec(&out_file(file)?).map_err(|error| error.to_string())?);
    }
    Ok(all)
}

/// What is sent of a ticket, checked.
pub fn out<'a>(ticket: &'a Ticket, reference: &'a str) -> Result<Out<'a>, Fault> {
    let status = value(&ticket.status)?;
    let phone = value(&ticket.submitter_phone)?;
    let agency = value(&ticket.agency)?;
    Ok(Out {
        number: value(&ticket.number)?,
        subject: short(value(&ticket.subject)?, 250)?,
        content: short(value(&ticket.content)?, 4000)?,
        submitter: OutSubmitter {
            name: value(&ticket.submitter_name)?,
            phone: phone.strip_prefix("+84").map_or_else(|| phone.clone(), |rest| format!("0{rest}")),
            email: value(&ticket.submitter_email)?,
            address: value(&ticket.submitter_address)?,
            citizen_id: value(&ticket.citizen_id)?,
        },
        place: OutCode { code: Cow::Borrowed(value(&ticket.place)?) },
        agency: OutCode { code: Cow::Owned(agency_code(agency)) },
        status: OutCode { code: Cow::Borrowed(code(*status)) },
        times: OutTimes {
            received: value(&ticket.received_at)?
                .with_timezone(&Ho_Chi_Minh)
                .to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
            due: value(&ticket.due_at)?.with_timezone(&Ho_Chi_Minh).format(DUE).to_string(),
        },
        dossier: value(&ticket.dossier)?,
        after_hours: if *value(&ticket.after_hours)? { "True" } else { "False" },
        reference,
    })
}

/// What is sent of an attachment.
pub fn out_file(file: &Attachment) -> Result<OutAttachment<'_>, Fault> {
    Ok(OutAttachment {
        name: value(&file.name)?,
        media_type: value(&file.media_type)?,
        size: *value(&file.size)?,
        sha256: value(&file.sha256)?,
    })
}

fn value<T>(cell: &Option<Cell<T>>) -> Result<&T, Fault> {
    cell.as_ref().map(|cell| &cell.value).ok_or_else(|| "a field is missing".to_owned())
}

fn short(text: &str, most: usize) -> Result<&str, Fault> {
    if text.chars().count() > most { Err("too long".to_owned()) } else { Ok(text) }
}

/// `000.00.12.H19` → `H19.12`.
fn agency_code(canonical: &str) -> String {
    let mut parts = canonical.rsplit('.');
    let mut out = parts.next().unwrap_or_default().to_owned();
    let rest: Vec<&str> = parts.collect();
    let used = rest.iter().rposition(|part| part.bytes().any(|byte| byte != b'0')).map_or(0, |last| last + 1);
    for part in rest.iter().take(used) {
        out.push('.');
        out.push_str(part);
    }
    out
}

const fn code(status: Status) -> &'static str {
    match status {
        Status::Received => "1",
        Status::Forwarded => "2",
        Status::InProgress => "3",
        Status::AskedToSupplement => "4",
        Status::Answered => "5",
        Status::Published => "6",
        Status::Refused => "7",
        Status::Withdrawn => "8",
        Status::Closed => "9",
    }
}
