//! `[extra.NAME]`: fields that the province declares.

use crate::pure::document::Table;
use crate::pure::mapping::parse::Loader;
use crate::pure::mapping::problem::code;
use crate::words::extra::{Extra, Extras, MAX_EXTRAS};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Type;

/// What their values can be. A code of theirs has no closed list of words: both files must use the same ones.
const TYPES: [(&str, Type); 8] = [
    ("text", Type::Text),
    ("code", Type::OpenCode),
    ("integer", Type::Integer),
    ("decimal", Type::Decimal),
    ("boolean", Type::Boolean),
    ("instant", Type::Instant),
    ("date", Type::Date),
    ("list", Type::CodeList),
];
/// Of what they are fields.
const OF: [(&str, RecordKind); 4] = [
    ("ticket", RecordKind::Ticket),
    ("replies", RecordKind::Reply),
    ("transfers", RecordKind::Transfer),
    ("attachments", RecordKind::Attachment),
];
/// Names that mean something else beside fields in examples and tickets.
const TAKEN: [&str; 6] = ["id", "version", "ref", "replies", "transfers", "attachments"];
const NAME: &str = "use small letters, digits and `_`, a letter first";

impl Loader<'_> {
    /// All declared fields, before the shapes that use them.
    pub(in crate::pure::mapping::parse) fn extras(&mut self, root: &Table<'_>) -> Extras {
        let mut extras = Extras::NONE;
        let Some(section) = root.table("extra", &mut self.problems) else { return extras };
        for (number, (name, span, item)) in section.members().into_iter().enumerate() {
            let Some(table) = item.table(&mut self.problems) else { continue };
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(word) || TAKEN.contains(&name) {
                self.problems.say(code::BAD_VALUE, &span, format!("`{name}` can't be the name of a field"), NAME);
            }
            let of = table.get("of").and_then(|item| item.word(&mut self.problems, &OF)).unwrap_or(RecordKind::Ticket);
            if of.field(name).is_some() {
                let message = format!("`{name}` is a field of every {of} already");
                self.problems.say(code::TWICE, &span, message, "use that one, or choose another name");
            }
            if number >= MAX_EXTRAS {
                let message = format!("more than {MAX_EXTRAS} fields of your own");
                self.problems.say(code::BAD_VALUE, &span, message, "declare those that must travel");
            }
            let kind = table.need("type", &mut self.problems).and_then(|item| item.word(&mut self.problems, &TYPES));
            let vi = table.need("vi", &mut self.problems).and_then(|item| item.str(&mut self.problems));
            let en = table.str("en", &mut self.problems).or(vi);
            let personal = table.bool("personal", &mut self.problems).unwrap_or(true);
            table.finish(&mut self.problems);
            if let (Some(kind), Some(vi), Some(en)) = (kind, vi, en) {
                let line = self.problems.line(span.start);
                let extra = Extra { of, kind, personal, vi: vi.to_owned(), en: en.to_owned(), line };
                extras.insert(Field::named(name), extra);
            }
        }
        extras
    }
}
