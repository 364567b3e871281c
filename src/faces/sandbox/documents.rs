//! JSON of the two systems that speak it: values out, values in, and what is refused on the way.

use serde_json::{Map, Value, json};

use super::System;
use super::bad_input::BadRow;
use super::codes::Table;
use super::desk::Values;
use super::dialect::Member;
use super::spelling::{Meaning, Raw, Shape, Unspellable, understand};

/// Why a document is not taken, and which member is to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) why: Why,
    pub(super) member: String,
    /// The value, for codes only: other values may be personal.
    pub(super) code: String,
}

/// Reasons of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    UnknownCode,
    BadForm,
    Missing,
    UnknownMember,
    /// Legal-text feedback that names no article.
    NoArticle,
    WrongDigest,
    TooLarge,
}

impl Refusal {
    pub(super) fn new(why: Why, member: &str) -> Self {
        Self { why, member: member.to_owned(), code: String::new() }
    }

    /// In Vietnamese, as an operator would read it.
    pub(super) fn says(&self) -> String {
        let Self { member, code, .. } = self;
        match self.why {
            Why::UnknownCode => format!("Mã {code} không có trong danh mục {member}"),
            Why::BadForm => format!("Giá trị của {member} không đúng định dạng"),
            Why::Missing => format!("Thiếu thông tin bắt buộc: {member}"),
            Why::UnknownMember => format!("Không nhận trường {member}"),
            Why::NoArticle => "Phản ánh văn bản phải nêu rõ Điều, khoản".to_owned(),
            Why::WrongDigest => "Nội dung tệp không khớp mã băm".to_owned(),
            Why::TooLarge => "Dữ liệu vượt quá dung lượng cho phép".to_owned(),
        }
    }
}

/// Checks one value as the system would.
pub(super) fn check(system: System, meaning: Meaning, member: &str, raw: &Raw) -> Result<(), Refusal> {
    understand(system, meaning, raw).map(drop).map_err(|why| match why {
        Unspellable::UnknownCode => {
            Refusal { why: Why::UnknownCode, member: member.to_owned(), code: raw.parts().join(", ") }
        }
        Unspellable::BadForm => Refusal::new(Why::BadForm, member),
    })
}

/// Whether a system shows this shape as a JSON number.
const fn is_number(system: System, shape: Shape) -> bool {
    match (system, shape) {
        (System::Hotline, Shape::Code(table)) => !matches!(table, Table::Agency),
        (_, Shape::Number) => true,
        _ => false,
    }
}

/// One value as JSON. An empty one is `null` or `""`, as the system has it.
pub(super) fn shown(system: System, meaning: Meaning, raw: Option<&Raw>) -> Value {
    let shape = meaning.shape();
    let empty = || if matches!(system, System::Hotline) { Value::Null } else { json!("") };
    match raw {
        Some(Raw::Many(items)) => json!(items),
        None if matches!(shape, Shape::Codes(_)) => json!([]),
        None => empty(),
        Some(Raw::One(text)) if is_number(system, shape) => {
            text.parse::<i64>().map_or_else(|_| json!(text), Value::from)
        }
        Some(Raw::One(text)) if matches!((system, shape), (System::Hotline, Shape::Flag)) => json!(text == "true"),
        Some(Raw::One(text)) => json!(text),
    }
}

/// All members of a table as JSON members.
pub(super) fn show_all(system: System, members: &[Member], values: &Values) -> Map<String, Value> {
    members.iter().map(|(meaning, name)| ((*name).to_owned(), shown(system, *meaning, values.get(meaning)))).collect()
}

/// One JSON value in the system's own spelling, checked.
fn taken(system: System, meaning: Meaning, member: &str, value: &Value) -> Result<Raw, Refusal> {
    let shape = meaning.shape();
    let bad = || Refusal::new(Why::BadForm, member);
    let raw = match value {
        Value::Null if matches!(system, System::Hotline) => Raw::from(""),
        Value::Array(items) if matches!(shape, Shape::Codes(_)) => {
            let codes: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            Raw::Many(codes.ok_or_else(bad)?)
        }
        Value::String(text) if !is_number(system, shape) && !matches!(shape, Shape::Codes(_)) => {
            match (system, shape) {
                (System::Hotline, Shape::Flag) => return Err(bad()),
                _ => Raw::One(text.clone()),
            }
        }
        Value::Number(number) if is_number(system, shape) => Raw::One(number.to_string()),
        Value::Bool(yes) if matches!((system, shape), (System::Hotline, Shape::Flag)) => Raw::One(yes.to_string()),
        _ => return Err(bad()),
    };
    check(system, meaning, member, &raw)?;
    Ok(raw)
}

/// The values of a document whose members are all in the table or in `also` (which the caller reads by itself).
pub(super) fn take_all(
    system: System,
    members: &[Member],
    also: &[&str],
    document: &Map<String, Value>,
) -> Result<Values, Refusal> {
    let mut values = Values::new();
    for (name, value) in document {
        if also.contains(&name.as_str()) {
            continue;
        }
        let member = members.iter().find(|(_, known)| known == name);
        let (meaning, _) = member.ok_or_else(|| Refusal::new(Why::UnknownMember, name))?;
        values.insert(*meaning, taken(system, *meaning, name, value)?);
    }
    Ok(values)
}

/// Fails on the first of `required` that is missing or empty.
pub(super) fn require(members: &[Member], values: &Values, required: &[Meaning]) -> Result<(), Refusal> {
    let missing = required.iter().find(|meaning| values.get(meaning).is_none_or(Raw::is_empty));
    let name = |meaning: &Meaning| members.iter().find(|(known, _)| known == meaning).map_or("?", |(_, name)| name);
    missing.map_or(Ok(()), |meaning| Err(Refusal::new(Why::Missing, name(meaning))))
}

/// A text member that is no value of the ticket (our reference and the like); empty counts as none.
pub(super) fn text(document: &Map<String, Value>, member: &str) -> Result<Option<String>, Refusal> {
    match document.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(Refusal::new(Why::BadForm, member)),
    }
}

/// Spoils a ticket that is shown. `code` and `date` name members to spoil.
pub(super) fn spoil(item: &mut Map<String, Value>, bad: BadRow, code: &str, date: &str) {
    match bad {
        BadRow::UnknownCode => {
            let unknown = if item.get(code).is_some_and(Value::is_number) { json!(99999) } else { json!("MA-LA") };
            item.insert(code.to_owned(), unknown);
        }
        BadRow::AbsurdDate => {
            item.insert(date.to_owned(), json!("0000-99-99 99:99:99.000"));
        }
        BadRow::MissingField => {
            item.shift_remove("NoiDung");
        }
        BadRow::ExtraField => {
            item.insert("TruongMoi".to_owned(), json!({ "a": [1, { "b": null }] }));
        }
        BadRow::WrongType => {
            item.insert("TieuDe".to_owned(), json!({ "vi": ["sai kiểu"] }));
        }
    }
}
