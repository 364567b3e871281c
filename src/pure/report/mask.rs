//! What a report may show of a person, and of any text that a remote system gave.

use crate::words::extra::Extras;
use crate::words::ticket::{Field, RecordKind};

/// Longest foreign text in one cell of a report, characters.
pub const MAX_CELL_CHARS: usize = 160;
/// What stands for a value that is not shown at all.
pub const HIDDEN: &str = "***";

/// Open fields that people fill with free text, which may name a phone, an id or an address of theirs.
const FREE_TEXT: [&str; 3] = ["subject", "refusal_reason", "reason"];
/// Digits in a row, from which on they may be a phone or a citizen id.
const TELLING_DIGITS: usize = 9;

/// Whether personal data is masked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Masking {
    /// Yes.
    #[default]
    On,
    /// No: asked for by a flag, and said so on the report.
    Off,
}

impl Masking {
    /// The text of a field as it may be shown: cleaned, and masked where the field tells who a person is.
    #[must_use]
    pub fn show(self, extras: &Extras, kind: RecordKind, field: &Field, text: &str) -> String {
        let personal = !extras.is_open(kind, field.as_str());
        let free = FREE_TEXT.contains(&field.as_str()) || extras.get(kind, field.as_str()).is_some();
        let text = clean(text);
        match (self, personal) {
            (Self::On, false) if free => scrub(&text),
            (Self::Off, _) | (Self::On, false) => text,
            (Self::On, true) => match field.as_str() {
                "submitter_name" => name(&text),
                "submitter_phone" => phone(&text),
                _ => HIDDEN.to_owned(),
            },
        }
    }

    /// Words of a remote system as they may be shown.
    #[must_use]
    pub fn says(self, text: &str) -> String {
        match self {
            Self::Off => clean(text),
            Self::On => scrub(&clean(text)),
        }
    }
}

/// Hides what may be a phone, a citizen id or an e-mail address inside a text on one line.
#[must_use]
pub fn scrub(text: &str) -> String {
    let hide = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let telling = digits >= TELLING_DIGITS && word.chars().all(|c| c.is_ascii_digit() || c.is_ascii_punctuation());
        let address = word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        if telling || address { HIDDEN.to_owned() } else { word.to_owned() }
    };
    text.split(' ').map(hide).collect::<Vec<_>>().join(" ")
}

/// `Nguyễn Văn An` → `N*** V*** A***`: neither names nor their lengths.
fn name(text: &str) -> String {
    let initials: Vec<String> =
        text.split_whitespace().filter_map(|word| word.chars().next()).map(|first| format!("{first}***")).collect();
    initials.join(" ")
}

/// `+84912345123` → `+84*****123`; anything that is not such a number is hidden.
fn phone(text: &str) -> String {
    const SHORTEST: usize = 9;
    let digits = text.strip_prefix("+84").unwrap_or_default();
    match digits.char_indices().rev().nth(2) {
        Some((last_three, _)) if digits.len() >= SHORTEST && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("+84*****{}", digits.get(last_three..).unwrap_or_default())
        }
        _ => HIDDEN.to_owned(),
    }
}

/// Foreign text on one line, without control and direction characters, cut to [`MAX_CELL_CHARS`].
#[must_use]
pub fn clean(text: &str) -> String {
    let mut shown = String::new();
    let mut count = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if count > 0 {
            shown.push(' ');
            count += 1;
        }
        for c in word.chars().filter(|c| !is_invisible(*c)) {
            if count >= MAX_CELL_CHARS {
                shown.push('…');
                return shown;
            }
            shown.push(c);
            count += 1;
        }
    }
    shown
}

/// Characters that change how others are shown: directions, joiners, a byte order mark, tags.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::extra::Extra;
    use crate::words::value::Type;

    #[test]
    fn personal_fields_are_masked_and_others_shown() {
        let extra = |personal| Extra {
            of: RecordKind::Ticket,
            kind: Type::Text,
            personal,
            vi: String::new(),
            en: String::new(),
            line: 1,
        };
        let mut extras = Extras::NONE;
        extras.insert(Field::named("ward"), extra(false));
        extras.insert(Field::named("neighbour"), extra(true));
        for (field, text, want) in [
            ("submitter_name", "Nguyễn Văn An", "N*** V*** A***"),
            ("submitter_name", "  Ô  ", "Ô***"),
            ("submitter_name", "", ""),
            ("submitter_phone", "+84912345123", "+84*****123"),
            ("submitter_phone", "0912345123", HIDDEN),
            ("submitter_phone", "+8412", HIDDEN),
            ("submitter_phone", "+84ă23456789", HIDDEN),
            ("submitter_email", "an@example.vn", HIDDEN),
            ("content", "Tôi tên là An", HIDDEN),
            ("a_field_that_no_table_knows", "x", HIDDEN),
            ("neighbour", "bà Tư", HIDDEN),
            ("ward", "Tân Mai, gọi 0912.345.678", "Tân Mai, gọi ***"),
            ("subject", "Đường hư", "Đường hư"),
            ("subject", "Gọi 0912.345.678, thư an@example.vn; số 27", "Gọi *** thư *** số 27"),
            ("number", "202611230001", "202611230001"),
        ] {
            assert_eq!(
                Masking::On.show(&extras, RecordKind::Ticket, &Field::named(field), text),
                want,
                "{field} {text}"
            );
            assert_eq!(Masking::Off.show(&extras, RecordKind::Ticket, &Field::named(field), text), clean(text));
        }
    }

    #[test]
    fn foreign_text_can_not_change_what_stands_around_it() {
        for (text, want) in
            [("a\r\nb\u{0}c\td", "a b c d"), ("\u{202E}evil\u{202C}", "evil"), ("  ", ""), ("\u{FEFF}=1", "=1")]
        {
            assert_eq!(clean(text), want);
        }
        let long = clean(&"ằ".repeat(10_000));
        assert_eq!(long.chars().count(), MAX_CELL_CHARS + 1);
        assert!(long.ends_with('…'));
    }
}
