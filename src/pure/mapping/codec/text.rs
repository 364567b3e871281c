//! Free text: NFC, lines ended by `\n`, no blanks around; held by systems up to a limit of their own.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Codes, Sight, Spelling};
use crate::pure::encoding::Encoding;
use crate::words::value::Value;

/// Where a system cuts, this stands for what it cut off.
const ELLIPSIS: char = '…';

/// How a system holds text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The longest that it holds; `None` for any.
    pub limit: Option<Limit>,
    /// What its bytes are, where it takes them for Western European.
    pub encoding: Option<Encoding>,
}

/// The longest text that a system holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Most units.
    pub most: usize,
    /// What is counted.
    pub count: Count,
    /// What becomes of a longer one.
    pub over: Over,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Count {
    /// Unicode characters, as databases count.
    #[default]
    Characters,
    /// UTF-16 code units, as .NET, Java and JavaScript count.
    Utf16,
    /// Bytes, of the encoding in which the system holds them.
    Bytes(Encoding),
}

/// What becomes of a text that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// We refuse to send it.
    Refused,
    /// The system keeps the beginning.
    Cut,
    /// The system keeps the beginning and an ellipsis.
    Ellipsis,
}

impl Text {
    /// How the system shows a text.
    fn print<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, String> {
        let shown = self.spelled(text)?;
        let Some(limit) = self.limit.filter(|limit| limit.is_passed_by(limit.count.counted(text, &shown))) else {
            return Ok(shown);
        };
        // A letter can have two characters there, and none may be cut in two.
        let used =
            |part: &str| self.spelled(part).map_or(0, |shown| limit.count.of_text(limit.count.counted(part, &shown)));
        match limit.over {
            Over::Refused => Err(limit.refusal()),
            Over::Cut => self.spelled(beginning(text, limit.most, used)),
            Over::Ellipsis => {
                let room = limit.most.saturating_sub(limit.count.of(ELLIPSIS));
                let mut cut = beginning(text, room, used).to_owned();
                cut.push(ELLIPSIS);
                self.spelled(&cut).map(|cut| Cow::Owned(cut.into_owned()))
            }
        }
    }

    fn spelled<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, String> {
        match self.encoding {
            None | Some(Encoding::Utf8) => Ok(Cow::Borrowed(text)),
            Some(encoding) => encoding.unmend(text).map_err(|error| error.to_string()),
        }
    }
}

impl Spelling for Text {
    fn read(&self, text: &str, _: Sight<'_>) -> Result<Option<Value>, String> {
        let Some(encoding) = self.encoding else { return Ok(meant(text)) };
        Ok(meant(&encoding.mend(text).map_err(|error| error.to_string())?))
    }

    fn spell<'a>(&'a self, value: &'a Value, _: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        if let Value::Text(text) | Value::Code(text) = value { Some(self.print(text)) } else { None }
    }

    fn is_lossy(&self, _: &Codes) -> bool {
        self.limit.is_some_and(|limit| limit.over != Over::Refused) || self.encoding.is_some_and(Encoding::is_lossy)
    }
}

impl Limit {
    pub(super) fn is_passed_by(self, text: &str) -> bool {
        // No character has more units than bytes.
        text.len() > self.most && self.count.of_text(text) > self.most
    }

    pub(super) fn refusal(self) -> String {
        format!("longer than the {} {} that the system takes", self.most, self.count.unit())
    }

    /// Whether any text fits: a cut text must hold more than its ellipsis.
    pub(in crate::pure::mapping) fn holds_something(self) -> bool {
        let ellipsis = if self.over == Over::Ellipsis { self.count.of(ELLIPSIS) } else { 0 };
        self.most > ellipsis
    }
}

impl Count {
    fn of(self, c: char) -> usize {
        self.of_text(c.encode_utf8(&mut [0; 4]))
    }

    /// What is counted: bytes of the text itself, whatever characters the system takes them for.
    const fn counted<'t>(self, text: &'t str, shown: &'t str) -> &'t str {
        match self {
            Self::Bytes(_) => text,
            Self::Characters | Self::Utf16 => shown,
        }
    }

    fn of_text(self, text: &str) -> usize {
        match self {
            Self::Bytes(Encoding::Utf8) => text.len(),
            // What has no bytes there is refused for that.
            Self::Bytes(encoding) => encoding.encode(text).map_or(text.len(), |bytes| bytes.len()),
            Self::Characters => text.chars().count(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Utf16 => "UTF-16 units",
            Self::Bytes(_) => "bytes",
        }
    }
}

/// The longest beginning within so many units that splits nothing a person sees as one character; without blanks at
/// its end, which no system shows reliably.
fn beginning(text: &str, most: usize, used: impl Fn(&str) -> usize) -> &str {
    let whole = end(most, text.grapheme_indices(true), &used);
    // One character with more marks than there is room: its marks go.
    let chars = || text.char_indices().map(|(at, c)| (at, part(text, at, c)));
    let end = if whole > 0 { whole } else { end(most, chars(), &used) };
    text.get(..end).unwrap_or_default().trim_end()
}

fn end<'a>(most: usize, parts: impl Iterator<Item = (usize, &'a str)>, used: &impl Fn(&str) -> usize) -> usize {
    let mut end = 0;
    let mut sum = 0;
    for (at, part) in parts {
        sum += used(part);
        if sum > most {
            break;
        }
        end = at + part.len();
    }
    end
}

fn part(text: &str, at: usize, c: char) -> &str {
    text.get(at..at + c.len_utf8()).unwrap_or_default()
}

/// The value of a text; `None` for nothing but blanks.
pub(super) fn meant(text: &str) -> Option<Value> {
    canonical(text).map(|text| Value::Text(text.into()))
}

/// NFC, lines ended by `\n`, without blanks around; `None` for nothing but blanks. What is so already is not copied.
pub(in crate::pure::mapping) fn canonical(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if is_plain(text.as_bytes()) {
        return Some(Cow::Borrowed(text));
    }
    let composed = nfc(text);
    let lines =
        if composed.contains('\r') { Cow::Owned(composed.replace("\r\n", "\n").replace('\r', "\n")) } else { composed };
    // Composing can leave a blank at an end.
    let trimmed = lines.trim();
    if trimmed.is_empty() {
        None
    } else if trimmed.len() == lines.len() {
        Some(lines)
    } else {
        Some(Cow::Owned(trimmed.to_owned()))
    }
}

/// The text composed; not copied where it is so already.
pub(super) fn nfc(text: &str) -> Cow<'_, str> {
    if is_plain(text.as_bytes()) || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// Bytes that are looked at together, and with the two behind each.
const TOGETHER: usize = 16;
const WITH_NEXT: usize = TOGETHER + 2;

/// Whether a text is canonical at a glance: no `\r`, and only characters that are surely composed: those below U+0300
/// (Latin), U+1E00 to U+1EFF (Vietnamese), U+2010 to U+203F (dashes, quotation marks, the ellipsis). A look at each
/// byte with the two behind it, at many bytes at once, instead of a search for each character: nearly every text that we
/// see is such a one.
fn is_plain(text: &[u8]) -> bool {
    // Beside what follows below, the last two: a character of three bytes begins before them.
    let mut strange = text.iter().rev().take(2).any(|byte| is_strange(*byte, 0, 0));
    let Some(last) = text.last_chunk::<WITH_NEXT>() else {
        let mut padded = [0; WITH_NEXT];
        padded.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
        return !(strange | is_strange_anywhere(&padded));
    };
    let mut rest = text;
    while let Some(bytes) = rest.first_chunk::<WITH_NEXT>() {
        strange |= is_strange_anywhere(bytes);
        rest = rest.get(TOGETHER..).unwrap_or_default();
    }
    !(strange | is_strange_anywhere(last))
}

/// Of a length that is known, so that the processor can do all of them at once.
fn is_strange_anywhere(bytes: &[u8; WITH_NEXT]) -> bool {
    let ([first @ .., _, _], [_, second @ .., _], [_, _, third @ ..]) = (bytes, bytes, bytes);
    let all = first.iter().zip(second).zip(third);
    all.fold(0, |any, ((byte, second), third)| any | u8::from(is_strange(*byte, *second, *third))) != 0
}

/// Whether a byte, with the two behind it, is or begins what does not pass at a glance.
fn is_strange(byte: u8, second: u8, third: u8) -> bool {
    let vietnamese = (byte == 0xE1) & (0xB8..=0xBB).contains(&second);
    let marks = (byte == 0xE2) & (second == 0x80) & (third >= 0x90);
    (byte == b'\r') | ((byte >= 0xCC) & !(vietnamese | marks))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::*;
    use crate::words::record::Dates;

    fn text(most: usize, count: Count, over: Over) -> Text {
        Text { limit: Some(Limit { most, count, over }), encoding: None }
    }

    #[test]
    fn lengths_are_counted_as_the_system_counts() {
        for (most, count, over, given, shown) in [
            (5, Count::Characters, Over::Cut, "Đường hỏng", Some("Đường")),
            (6, Count::Characters, Over::Cut, "Đường hỏng", Some("Đường")),
            (5, Count::Characters, Over::Cut, "Đường", Some("Đường")),
            (5, Count::Characters, Over::Refused, "Đường hỏng", None),
            (7, Count::Characters, Over::Ellipsis, "Đường hỏng", Some("Đường…")),
            (10, Count::Characters, Over::Ellipsis, "Đường hỏng", Some("Đường hỏng")),
            (4, Count::Utf16, Over::Cut, "a🛵🛵", Some("a🛵")),
            (5, Count::Utf16, Over::Refused, "a🛵🛵", Some("a🛵🛵")),
            (4, Count::Utf16, Over::Refused, "a🛵🛵", None),
            (6, Count::Bytes(Encoding::Utf8), Over::Cut, "Đường", Some("Đư")),
            (8, Count::Bytes(Encoding::Utf8), Over::Ellipsis, "Đường hỏng", Some("Đư…")),
            (6, Count::Bytes(Encoding::Tcvn3), Over::Cut, "Đường hỏng", Some("Đường")),
            (10, Count::Bytes(Encoding::Tcvn3), Over::Refused, "Đường hỏng", Some("Đường hỏng")),
            (11, Count::Bytes(Encoding::Vni), Over::Refused, "Đường hỏng", None),
            (13, Count::Bytes(Encoding::Vni), Over::Refused, "Đường hỏng", Some("Đường hỏng")),
            // One family, one character: cut before it, never through it.
            (3, Count::Characters, Over::Cut, "a👨‍👩‍👧", Some("a")),
            (3, Count::Characters, Over::Cut, "xaq\u{301}\u{302}", Some("xa")),
            (2, Count::Characters, Over::Cut, "q\u{301}\u{302}\u{303}", Some("q\u{301}")),
        ] {
            assert_eq!(
                text(most, count, over).print(given).ok().as_deref(),
                shown,
                "{given} {most} {count:?} {over:?}"
            );
        }
    }

    fn read(text: &Text, spelled: &str) -> Result<Option<Value>, String> {
        text.read(spelled, Sight::of(&Codes::new(), &Dates::NONE, Tz::UTC))
    }

    #[test]
    fn legacy_text_is_counted_as_it_stands_there() {
        let limit = Some(Limit { most: 7, count: Count::Characters, over: Over::Cut });
        let vni = Text { limit, encoding: Some(Encoding::Vni) };
        assert_eq!(vni.print("Biên Hòa").unwrap(), "Bieân H", "no letter without its marks");
        let bytes =
            Text { limit: limit.map(|limit| Limit { count: Count::Bytes(Encoding::Vni), ..limit }), ..vni.clone() };
        assert_eq!(bytes.print("Biên Hòa").unwrap(), "Bieân H", "its bytes, not those of UTF-8");
        assert_eq!(read(&vni, "Bieân Hoøa"), Ok(Some(Value::Text("Biên Hòa".into()))));
        let tcvn3 = Text { limit: None, encoding: Some(Encoding::Tcvn3) };
        assert!(read(&tcvn3, "Biên Hòa 日").is_err());
        let viscii = Text { limit: None, encoding: Some(Encoding::Viscii) };
        assert!(tcvn3.is_lossy(&Codes::new()) && !viscii.is_lossy(&Codes::new()));
    }

    #[test]
    fn every_character_that_passes_at_a_glance_is_composed() {
        for c in '\u{0}'..=char::MAX {
            let alone = c.to_string();
            if is_plain(alone.as_bytes()) {
                assert_eq!(is_nfc_quick(alone.chars()), IsNormalized::Yes, "{}", c.escape_unicode());
                assert_eq!(unicode_normalization::char::canonical_combining_class(c), 0, "{}", c.escape_unicode());
            }
        }
    }

    #[test]
    fn what_does_not_pass_is_noticed_wherever_it_stands() {
        for strange in ["\r", "\u{301}", "日", "\u{2000}", "🏛", "Ω", "\u{1f00}"] {
            for before in 0..40 {
                for after in 0..40 {
                    let text =
                        format!("{}{strange}{}", "ạ".repeat(before / 3) + &"a".repeat(before % 3), "ế".repeat(after));
                    assert!(!is_plain(text.as_bytes()), "{before} {strange} {after}");
                    assert!(is_plain(text.replace(strange, "…").as_bytes()), "{before} {after}");
                }
            }
        }
    }

    #[test]
    fn what_is_canonical_is_not_copied() {
        for given in ["Đường Đồng Khởi ngập sau mưa — “gấp”…", "  a\n", "日本"] {
            assert!(matches!(canonical(given), Some(Cow::Borrowed(_))), "{given}");
        }
    }

    proptest! {
        #[test]
        fn a_canonical_text_stays_as_it_is(given in "\\PC{0,20}[\u{300}\u{301}\r\n \u{2000}ờ]{0,6}\\PC{0,5}") {
            if let Some(once) = canonical(&given) {
                prop_assert_eq!(canonical(&once), Some(once.clone()));
                let slow: String = given.nfc().collect();
                let slow = slow.replace("\r\n", "\n").replace('\r', "\n");
                prop_assert_eq!(once.as_ref(), slow.trim());
            }
        }

        #[test]
        fn what_is_shown_fits_and_is_shown_so_again(
            given in "\\PC{0,30}", most in 4_usize..20, which in 0_usize..3, ellipsis in any::<bool>(),
        ) {
            let count = [Count::Characters, Count::Utf16, Count::Bytes(Encoding::Utf8)][which];
            let codec = text(most, count, if ellipsis { Over::Ellipsis } else { Over::Cut });
            let Some(given) = canonical(&given) else { return Ok(()) };
            let shown = codec.print(&given).unwrap();
            prop_assert!(count.of_text(&shown) <= most);
            if let Some(back) = canonical(&shown) {
                prop_assert_eq!(codec.print(&back).unwrap(), shown.as_ref());
            }
        }
    }
}
