//! The same record as XML by hand: a descent over quick-xml's events by local names, then the same checks as for JSON; and
//! written by quick-xml's writer.

use std::borrow::Cow;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::reader::Reader;
use quick_xml::writer::Writer;

use super::by_hand::{Fault, Raw, RawAttachment, Ticket, understand};
use super::by_hand_out::{out, out_file};

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

/// The new ticket and its attachments, each as the document that makes it.
pub fn encode(ticket: &Ticket, reference: &str) -> Result<Vec<Vec<u8>>, Fault> {
    let out = out(ticket, reference)?;
    let mut all = Vec::with_capacity(1 + ticket.attachments.len());
    all.push(document("Phieu", |xml| {
        element(xml, "SoPhieu", out.number)?;
        element(xml, "TieuDe", out.subject)?;
        element(xml, "NoiDung", out.content)?;
        around(xml, "NguoiGui", |xml| {
            element(xml, "HoTen", out.submitter.name)?;
            element(xml, "DienThoai", &out.submitter.phone)?;
            element(xml, "ThuDienTu", out.submitter.email)?;
            element(xml, "DiaChi", out.submitter.address)?;
            element(xml, "SoDinhDanh", out.submitter.citizen_id)
        })?;
        around(xml, "DonViHanhChinh", |xml| element(xml, "Ma", &out.place.code))?;
        around(xml, "CoQuan", |xml| element(xml, "Ma", &out.agency.code))?;
        around(xml, "TrangThai", |xml| element(xml, "Ma", &out.status.code))?;
        around(xml, "ThoiGian", |xml| {
            element(xml, "TiepNhan", &out.times.received)?;
            element(xml, "HanXuLy", &out.times.due)
        })?;
        element(xml, "SoHoSo", out.dossier)?;
        element(xml, "NgoaiGio", out.after_hours)?;
        element(xml, "MaDongBo", out.reference)
    })?);
    for file in &ticket.attachments {
        let file = out_file(file)?;
        all.push(document("TepDinhKem", |xml| {
            element(xml, "TenTep", file.name)?;
            element(xml, "LoaiTep", file.media_type)?;
            element(xml, "KichThuoc", &file.size.to_string())?;
            element(xml, "Sha256", file.sha256)
        })?);
    }
    Ok(all)
}

type Out = Writer<Vec<u8>>;

fn document(name: &str, content: impl FnOnce(&mut Out) -> Result<(), Fault>) -> Result<Vec<u8>, Fault> {
    let mut xml = Writer::new(Vec::with_capacity(4096));
    write(&mut xml, Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    write(&mut xml, Event::Start(BytesStart::new(name).with_attributes([("xmlns", "urn:vn:pakn:phieu")])))?;
    content(&mut xml)?;
    write(&mut xml, Event::End(BytesEnd::new(name)))?;
    Ok(xml.into_inner())
}

fn around(xml: &mut Out, name: &str, content: impl FnOnce(&mut Out) -> Result<(), Fault>) -> Result<(), Fault> {
    write(xml, Event::Start(BytesStart::new(name)))?;
    content(xml)?;
    write(xml, Event::End(BytesEnd::new(name)))
}

fn element(xml: &mut Out, name: &str, text: &str) -> Result<(), Fault> {
    around(xml, name, |xml| write(xml, Event::Text(BytesText::new(text))))
}

fn write(xml: &mut Out, event: Event<'_>) -> Result<(), Fault> {
    xml.write_event(event).map_err(|error| error.to_string())
}
