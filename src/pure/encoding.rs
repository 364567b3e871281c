//! Text that is not UTF-8 ↔ Unicode: the encodings that Vietnamese software wrote before Unicode, and Windows-1258.
//!
//! For the bytes of whole documents ([`Encoding::decode`], [`Encoding::encode`]) and for single texts that somebody
//! took for Western European ([`Encoding::mend`], [`Encoding::unmend`]: `§ång Nai` for `Đồng Nai`). Nothing is guessed
//! and nothing is replaced: a byte that means nothing is refused, and so is a character that has no byte.
//! What comes out is NFC.

use std::borrow::Cow;

use encoding_rs::{WINDOWS_1252, WINDOWS_1258};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;

mod marks;
mod table;
mod vni;
mod windows1258;

/// How a text is written in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// TCVN3 (ABC): the small letters of TCVN 5712:1993, one byte each. Capitals with a tone are the small letters in
    /// another font, so their size is lost.
    Tcvn3,
    /// VNI for Windows: a letter, then a byte for its marks.
    Vni,
    /// VISCII 1.1 (RFC 1456): one byte each, six of them in the place of control characters.
    Viscii,
    /// Windows-1258: a letter, then a combining tone.
    Windows1258,
}

/// Why bytes are no text, or a text has no bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Undecodable {
    /// Bytes that mean nothing.
    #[error("no {} at byte {at}", .encoding.name())]
    Byte {
        /// What was expected.
        encoding: Encoding,
        /// Where it ends.
        at: usize,
    },
    /// A character that has no spelling.
    #[error("a character that {} does not have (U+{:04X})", .encoding.name(), u32::from(*.character))]
    Character {
        /// What was asked for.
        encoding: Encoding,
        /// The character. A letter alone tells nothing of anybody.
        character: char,
    },
}

impl Encoding {
    /// All, by the names that mapping files use.
    pub const ALL: [(&'static str, Self); 5] = [
        ("utf-8", Self::Utf8),
        ("tcvn3", Self::Tcvn3),
        ("vni", Self::Vni),
        ("viscii", Self::Viscii),
        ("windows-1258", Self::Windows1258),
    ];

    /// Its name in mapping files.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, known)| *known == self).map_or("utf-8", |(name, _)| *name)
    }

    /// What documents in it declare: XML's `encoding`, a content type's `charset`. TCVN3 and VNI were never registered;
    /// browsers knew them by these names.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Tcvn3 => "x-viet-tcvn5712",
            Self::Vni => "x-viet-vni",
            Self::Viscii => "VISCII",
            Self::Windows1258 => "windows-1258",
        }
    }

    /// Whether a document that declares this name means it.
    #[must_use]
    pub fn is_called(self, name: &str) -> bool {
        let others: &[&str] = match self {
            Self::Utf8 => &["utf8", "us-ascii"],
            Self::Tcvn3 => &["tcvn", "tcvn-5712", "tcvn5712-1"],
            Self::Vni => &[],
            Self::Viscii => &["csviscii", "viscii1.1-1"],
            Self::Windows1258 => &["cp1258", "x-cp1258"],
        };
        [self.label(), self.name()].iter().chain(others).any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Whether different texts can become the same bytes.
    #[must_use]
    pub const fn is_lossy(self) -> bool {
        matches!(self, Self::Tcvn3)
    }

    /// The text of some bytes. Not copied where it is ASCII, or UTF-8 already.
    ///
    /// # Errors
    /// The first byte that means nothing.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, Undecodable> {
        if self == Self::Utf8 {
            let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            let shift = bytes.len() - text.len();
            let found = std::str::from_utf8(text);
            return found.map(Cow::Borrowed).map_err(|error| self.no_byte(shift + error.valid_up_to()));
        }
        // Six control characters are letters in VISCII.
        if bytes.is_ascii()
            && (self != Self::Viscii || !bytes.iter().any(|byte| *byte < b' ' && table::is_viscii(*byte)))
        {
            return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| self.no_byte(error.valid_up_to()));
        }
        let text = match self {
            Self::Utf8 => Ok(String::new()),
            Self::Tcvn3 => table::decode(&table::TCVN3, bytes),
            Self::Viscii => table::decode(&table::VISCII, bytes),
            Self::Vni => vni::decode(bytes),
            Self::Windows1258 => {
                let found = WINDOWS_1258.decode_without_bom_handling_and_without_replacement(bytes);
                // The Encoding Standard has a character for every byte of it.
                found.map(|text| text.nfc().collect()).ok_or(0)
            }
        };
        text.map(Cow::Owned).map_err(|at| self.no_byte(at))
    }

    /// The bytes of a text.
    ///
    /// # Errors
    /// The first character that has none.
    pub fn encode(self, text: &str) -> Result<Cow<'_, [u8]>, Undecodable> {
        if self == Self::Utf8 || (text.is_ascii() && (self != Self::Viscii || !table::hides_a_letter(text))) {
            return Ok(Cow::Borrowed(text.as_bytes()));
        }
        let mut bytes = Vec::with_capacity(text.len());
        for character in text.nfc() {
            let written = match self {
                Self::Utf8 => false,
                Self::Tcvn3 => {
                    table::encode(&table::TCVN3, character, &mut bytes)
                        || lower(character).is_some_and(|small| table::encode(&table::TCVN3, small, &mut bytes))
                }
                Self::Viscii => table::encode(&table::VISCII, character, &mut bytes),
                Self::Vni => vni::encode(character, &mut bytes),
                Self::Windows1258 => windows1258::encode(character, &mut bytes),
            };
            if !written {
                return Err(Undecodable::Character { encoding: self, character });
            }
        }
        Ok(Cow::Owned(bytes))
    }

    /// A text whose bytes were taken for Windows-1252 (or Latin-1), as it was meant.
    ///
    /// # Errors
    /// A character that no byte was taken for, or a byte that means nothing.
    pub fn mend(self, text: &str) -> Result<Cow<'_, str>, Undecodable> {
        if self == Self::Utf8 || (text.is_ascii() && (self != Self::Viscii || !table::hides_a_letter(text))) {
            return Ok(Cow::Borrowed(text));
        }
        let mut bytes = Vec::with_capacity(text.len());
        for character in text.chars() {
            bytes.push(western_byte(character).ok_or(Undecodable::Character { encoding: self, character })?);
        }
        self.decode(&bytes).map(|text| Cow::Owned(text.into_owned()))
    }

    /// The same back: the Windows-1252 characters of the text's bytes.
    ///
    /// # Errors
    /// The first character that has no byte.
    pub fn unmend(self, text: &str) -> Result<Cow<'_, str>, Undecodable> {
        match self.encode(text)? {
            // ASCII stands for itself.
            Cow::Borrowed(_) => Ok(Cow::Borrowed(text)),
            Cow::Owned(bytes) => Ok(Cow::Owned(bytes.iter().map(|byte| western_char(*byte)).collect())),
        }
    }

    const fn no_byte(self, at: usize) -> Undecodable {
        Undecodable::Byte { encoding: self, at }
    }
}

/// What Windows-1252 shows for a byte; the five that it does not know are Latin-1's control characters, as in browsers.
fn western_char(byte: u8) -> char {
    if matches!(byte, 0x80..=0x9F) {
        WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or(char::from(byte))
    } else {
        char::from(byte)
    }
}

fn western_byte(character: char) -> Option<u8> {
    match u8::try_from(character) {
        Ok(byte) if western_char(byte) == character => Some(byte),
        // Latin-1's own control characters: software that knows no Windows shows those.
        Ok(byte) => Some(byte),
        Err(_) => (0x80..=0x9F).find(|byte| western_char(*byte) == character),
    }
}

/// The small letter, where it is one character.
fn lower(character: char) -> Option<char> {
    let mut small = character.to_lowercase();
    small.next().filter(|first| *first != character && small.next().is_none())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEGACY: [Encoding; 4] = [Encoding::Tcvn3, Encoding::Vni, Encoding::Viscii, Encoding::Windows1258];
    /// All Vietnamese letters that ASCII lacks, small.
    const LETTERS: &str = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ";

    #[test]
    fn texts_of_the_time_are_read() {
        for (encoding, shown, meant) in [
            (Encoding::Tcvn3, "§ång Nai", "Đồng Nai"),
            (Encoding::Tcvn3, "B¶o Th¾ng", "Bảo Thắng"),
            (Encoding::Tcvn3, "Mêng Kh¬ng", "Mờng Khơng"),
            (Encoding::Vni, "Ñoàng Nai, Bieân Hoøa", "Đồng Nai, Biên Hòa"),
            (Encoding::Vni, "ÑÖÔØNG", "ĐƯỜNG"),
            (Encoding::Vni, "Vónh Cöûu, Long Khaùnh", "Vĩnh Cửu, Long Khánh"),
            (Encoding::Viscii, "Ð°ng Nai", "Đồng Nai"),
        ] {
            assert_eq!(encoding.mend(shown).unwrap(), meant, "{encoding:?}");
            assert_eq!(encoding.unmend(meant).unwrap(), shown, "{encoding:?}");
        }
        assert_eq!(Encoding::Windows1258.decode(b"\xd0\xf4\xccng Nai").unwrap(), "Đồng Nai");
        assert_eq!(Encoding::Windows1258.encode("Đồng").unwrap().as_ref(), b"\xd0\xf4\xccng");
        assert_eq!(Encoding::Utf8.decode(b"\xEF\xBB\xBFa").unwrap(), "a");
    }

    #[test]
    fn every_vietnamese_letter_comes_back() {
        for encoding in LEGACY {
            for letter in LETTERS.chars().chain(LETTERS.to_uppercase().chars()) {
                let text = format!("n{letter}m");
                let back = encoding.decode(&encoding.encode(&text).unwrap()).unwrap().into_owned();
                let expected =
                    if encoding.is_lossy() && !"ĂÂĐÊÔƠƯ".contains(letter) { text.to_lowercase() } else { text };
                assert_eq!(back, expected, "{encoding:?}");
            }
        }
    }

    #[test]
    fn what_is_nothing_is_refused_and_placed() {
        assert_eq!(Encoding::Tcvn3.decode(b"ab\xff").unwrap_err().to_string(), "no tcvn3 at byte 2");
        assert_eq!(Encoding::Vni.decode(b"b\xe9").unwrap_err().to_string(), "no vni at byte 1");
        assert_eq!(Encoding::Utf8.decode(b"\xEF\xBB\xBFa\xff").unwrap_err().to_string(), "no utf-8 at byte 4");
        let refused = Encoding::Viscii.encode("日").unwrap_err().to_string();
        assert_eq!(refused, "a character that viscii does not have (U+65E5)");
        assert!(Encoding::Tcvn3.mend("Đồng").is_err(), "Unicode already");
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_what_is_read_is_written_back(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for encoding in LEGACY {
                let Ok(text) = encoding.decode(&bytes) else { continue };
                let text = text.into_owned();
                prop_assert_eq!(&text.nfc().collect::<String>(), &text);
                if let Ok(again) = encoding.encode(&text) {
                    let again = again.into_owned();
                    let back = encoding.decode(&again).unwrap().into_owned();
                    if encoding.is_lossy() {
                        prop_assert_eq!(back.to_lowercase(), text.to_lowercase(), "{:?}", encoding);
                    } else {
                        prop_assert_eq!(back, text, "{:?}", encoding);
                    }
                }
            }
        }

        #[test]
        fn vietnamese_texts_come_back(text in "([a-zA-Z ,.]|[àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]){0,40}") {
            for encoding in LEGACY {
                let bytes = encoding.encode(&text).unwrap().into_owned();
                prop_assert_eq!(encoding.decode(&bytes).unwrap(), text.as_str());
                let shown = encoding.unmend(&text).unwrap().into_owned();
                prop_assert_eq!(encoding.mend(&shown).unwrap(), text.as_str());
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}") {
            for (_, encoding) in Encoding::ALL {
                if let Ok(shown) = encoding.unmend(&text) {
                    prop_assert!(encoding.mend(&shown).is_ok());
                }
                prop_assert!(encoding.mend(&text).is_ok() || !text.is_empty());
            }
        }
    }
}
