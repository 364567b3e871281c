//! The same record as XML by hand: a descent over quick-xml's events by local names, then the same checks as for JSON.

use std::borrow::Cow;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::by_hand::{Fault, Raw, RawAttachment, Ticket, understand};

type Bytes<'a> = Reader<&'a [u8]>;

pub fn decode(bytes: &[u8]) -> Result<Ticket, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    let mut raw = Raw::default();
    loop {
        match reader.read_event().map_err(fault)? {
            Event::Start(start) if start.local_name().into_inner() == "Phieu" => ticket(&mut reader, &mut raw)?,
            Event::Start(_) | Event::Empty(_) => return Err("another root".to_owned()),
            Event::DocType(_) => return Err("a document type".to_owned()),
            Event::Eof => break,
            _ => {}
        }
    }
    if raw.id.is_empty() { Err("no id".to_owned()) } else { understand(raw) }
}

fn ticket<'a>(reader: &mut Bytes<'a>, raw: &mut Raw<'a>) -> Result<(), Fault> {
    children(reader, |reader, start| {
        match start.local_name().into_inner() {
            "MaPhieu" => raw.id = text(reader, start)?.unwrap_or_default(),
            "PhienBan" => raw.version = text(reader, start)?,
            "MaDongBo" => raw.reference = text(reader, start)?,
            "SoPhieu" => raw.number = text(reader, start)?,
            "TieuDe" => raw.subject = text(reader, start)?,
            "NoiDung" => raw.content = text(reader, start)?,
            "NguoiGui" => children(reader, |reader, start| {
                let submitter = &mut raw.submitter;
                match start.local_name().into_inner() {
                    "HoTen" => submitter.name = text(reader, start)?,
                    "DienThoai" => submitter.phone = text(reader, start)?,
                    "ThuDienTu" => submitter.email = text(reader, start)?,
                    "DiaChi" => submitter.address = text(reader, start)?,
                    "SoDinhDanh" => submitter.citizen_id = text(reader, start)?,
                    _ => skip(reader, start)?,
                }
                Ok(())
            })?,
            "DonViHanhChinh" => raw.place.code = code(reader)?,
            "CoQuan" => raw.agency.code = code(reader)?,
            "TrangThai" => raw.status.code = code(reader)?,
            "ThoiGian" => children(reader, |reader, start| {
                match start.local_name().into_inner() {
                    "TiepNhan" => raw.times.received = text(reader, start)?,
                    "HanXuLy" => raw.times.due = text(reader, start)?,
                    _ => skip(reader, start)?,
                }
                Ok(())
            })?,
            "SoHoSo" => raw.dossier = text(reader, start)?,
            "NgoaiGio" => raw.after_hours = text(reader, start)?,
            "TepDinhKem" => raw.attachments.push(attachment(reader)?),
            _ => skip(reader, start)?,
        }
        Ok(())
    })
}

fn attachment<'a>(reader: &mut Bytes<'a>) -> Result<RawAttachment<'a>, Fault> {
    let mut file = RawAttachment::default();
    children(reader, |reader, start| {
        match start.local_name().into_inner() {
            "MaTep" => file.id = text(reader, start)?.unwrap_or_default(),
            "TenTep" => file.name = text(reader, start)?,
            "LoaiTep" => file.media_type = text(reader, start)?,
            "KichThuoc" => {
                let size = text(reader, start)?.map(|text| text.parse()).transpose();
                file.size = size.map_err(|_| "no whole number")?;
            }
            "Sha256" => file.sha256 = text(reader, start)?,
            "DuongDan" => file.place = text(reader, start)?,
            _ => skip(reader, start)?,
        }
        Ok(())
    })?;
    Ok(file)
}

fn code<'a>(reader: &mut Bytes<'a>) -> Result<Option<Cow<'a, str>>, Fault> {
    let mut found = None;
    children(reader, |reader, start| {
        match start.local_name().into_inner() {
            "Ma" => found = text(reader, start)?,
            _ => skip(reader, start)?,
        }
        Ok(())
    })?;
    Ok(found)
}

/// The elements of the one that has just begun. An empty one says nothing.
fn children<'a>(
    reader: &mut Bytes<'a>,
    mut each: impl FnMut(&mut Bytes<'a>, &BytesStart<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    loop {
        match reader.read_event().map_err(fault)? {
            Event::Start(start) => each(reader, &start)?,
            Event::End(_) => return Ok(()),
            Event::Eof => return Err("cut off".to_owned()),
            _ => {}
        }
    }
}

/// The text of the element that has just begun; nothing for `xsi:nil`.
fn text<'a>(reader: &mut Bytes<'a>, start: &BytesStart<'a>) -> Result<Option<Cow<'a, str>>, Fault> {
    let mut is_nil = false;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        is_nil |= attribute.key.local_name().into_inner() == "nil" && matches!(&*attribute.value, "true" | "1");
    }
    let mut content = Cow::Borrowed("");
    loop {
        let piece = match reader.read_event().map_err(fault)? {
            Event::Text(piece) => piece.xml10_content(),
            Event::CData(piece) => piece.xml10_content(),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().map_err(fault)? {
                Some(character) => Cow::Owned(character.to_string()),
                None => Cow::Borrowed(resolve_predefined_entity(&reference).ok_or("an unknown entity")?),
            },
            Event::End(_) => return Ok((!is_nil).then_some(content)),
            Event::Start(_) | Event::Empty(_) => return Err("an element where a text was expected".to_owned()),
            Event::Eof => return Err("cut off".to_owned()),
            _ => continue,
        };
        if content.is_empty() {
            content = piece;
        } else {
            content.to_mut().push_str(&piece);
        }
    }
}

fn skip<'a>(reader: &mut Bytes<'a>, start: &BytesStart<'a>) -> Result<(), Fault> {
    reader.read_to_end(start.name()).map(|_| ()).map_err(fault)
}

fn fault(error: quick_xml::Error) -> Fault {
    error.to_string()
}
