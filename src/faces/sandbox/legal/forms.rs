//! XML of the legal-text system: values out, values in.

use super::super::System;
use super::super::bad_input::BadRow;
use super::super::desk::Values;
use super::super::dialect::{self, Member};
use super::super::documents::{Refusal, Why, check};
use super::super::spelling::{Raw, Shape};
use super::super::xml::{self, Element, SOAP};

const ME: System = System::Legal;

/// Shows all members, those with a path inside their element.
pub(super) fn show(members: &[Member], values: &Values, item: &mut Element) {
    for (meaning, path) in members {
        let raw = values.get(meaning);
        let Some((outer, inner)) = path.split_once('/') else {
            // Where an attribute of this very element was shown before it, the element is there already.
            let text = raw.and_then(|raw| raw.parts().first()).map(String::as_str);
            match item.children.iter_mut().find(|child| child.name == *path) {
                Some(made) => {
                    made.nil = text.is_none();
                    made.text = text.unwrap_or("").to_owned();
                }
                None => item.children.push(Element::with_text(path, text)),
            }
            continue;
        };
        if !item.children.iter().any(|child| child.name == outer) {
            item.children.push(Element::new(outer));
        }
        let Some(outer) = item.children.iter_mut().find(|child| child.name == outer) else { continue };
        let parts = raw.map(Raw::parts).unwrap_or_default();
        match inner.strip_prefix('@') {
            Some(attribute) => {
                outer.attributes.extend(parts.iter().map(|part| (attribute.to_owned(), part.clone())));
            }
            None if matches!(meaning.shape(), Shape::Codes(_)) => {
                outer.children.extend(parts.iter().map(|part| Element::with_text(inner, Some(part))));
            }
            None => outer.children.push(Element::with_text(inner, parts.first().map(String::as_str))),
        }
    }
}

/// Values and reference of a `PhanAnh` in a request. The reference is `None` where it is not named.
pub(super) fn take_ticket(document: &Element) -> Result<(Option<Option<String>>, Values), Refusal> {
    let mut values = Values::new();
    let mut reference = None;
    let mut take = |path: &str, raw: Raw| -> Result<(), Refusal> {
        let member = dialect::ticket(ME).iter().find(|(_, known)| *known == path);
        let (meaning, _) = member.ok_or_else(|| Refusal::new(Why::UnknownMember, path))?;
        check(ME, *meaning, path, &raw)?;
        values.insert(*meaning, raw);
        Ok(())
    };
    for element in &document.children {
        let name = element.name.as_str();
        if element.space != xml::PL {
            return Err(Refusal::new(Why::UnknownMember, name));
        }
        for (attribute, value) in &element.attributes {
            take(&format!("{name}/@{attribute}"), Raw::One(value.clone()))?;
        }
        match name {
            "MaDongBo" => reference = Some(Some(element.text.clone()).filter(|text| !text.is_empty())),
            "NguoiGui" => {
                for inner in &element.children {
                    take(&format!("{name}/{}", inner.name), Raw::One(inner.text.clone()))?;
                }
            }
            "PhoiHop" => {
                let codes = element.children.iter().map(|inner| inner.text.clone()).collect();
                take("PhoiHop/DonVi", Raw::Many(codes))?;
            }
            _ if !element.children.is_empty() => return Err(Refusal::new(Why::BadForm, name)),
            _ => take(name, Raw::One(element.text.clone()))?,
        }
    }
    Ok((reference, values))
}

/// Values of a reply, transfer or file in a request.
pub(super) fn take_flat(members: &[Member], also: &[&str], document: &Element) -> Result<Values, Refusal> {
    let mut values = Values::new();
    for element in &document.children {
        let name = element.name.as_str();
        if also.contains(&name) {
            continue;
        }
        let member = members.iter().find(|(_, known)| *known == name);
        let (meaning, _) = member.ok_or_else(|| Refusal::new(Why::UnknownMember, name))?;
        let raw = Raw::One(element.text.clone());
        check(ME, *meaning, name, &raw)?;
        values.insert(*meaning, raw);
    }
    Ok(values)
}

/// The SOAP envelope around one element.
pub(super) fn envelope(inner: Element) -> Element {
    let soap = |name: &str| Element { space: SOAP.to_owned(), ..Element::new(name) };
    soap("Envelope").with(soap("Body").with(inner))
}

/// Spoils a ticket that is shown.
pub(super) fn spoil(item: &mut Element, bad: BadRow) {
    let mut set = |name: &str, text: &str| {
        if let Some(child) = item.children.iter_mut().find(|child| child.name == name) {
            *child = Element::with_text(name, Some(text));
        }
    };
    match bad {
        BadRow::UnknownCode => set("LinhVuc", "MA-LA"),
        BadRow::AbsurdDate => set("NgayTiepNhan", "0000-99-99T99:99:99+07:00"),
        BadRow::MissingField => item.children.retain(|child| child.name != "NoiDung"),
        BadRow::ExtraField => item.children.push(Element::new("TruongMoi").with(Element::with_text("a", Some("1")))),
        BadRow::WrongType => {
            if let Some(child) = item.children.iter_mut().find(|child| child.name == "TieuDe") {
                *child = Element::new("TieuDe").with(Element::with_text("vi", Some("sai kiểu")));
            }
        }
    }
}
