//! Encodings of one byte a character: VISCII 1.1 (RFC 1456, section 3) and TCVN3, which is TCVN 5712:1993 as far as its
//! set VN3 goes. Both tables were compared with those of the C library's iconv (VISCII, TCVN5712-1).

use unicode_normalization::UnicodeNormalization as _;

use super::{western_byte, western_char};

/// One byte, one character; ASCII below 0x80 except where `low` says otherwise.
pub(super) struct Table {
    /// Letters in the place of control characters.
    low: &'static [(u8, char)],
    /// First byte of the rows. Between 0x80 and it: Windows-1252.
    first: u8,
    /// Sixteen characters a row; `.` for a byte that is none.
    rows: &'static [&'static str],
}

/// VISCII 1.1.
pub(super) static VISCII: Table = Table {
    low: &[(0x02, 'Ẳ'), (0x05, 'Ẵ'), (0x06, 'Ẫ'), (0x14, 'Ỷ'), (0x19, 'Ỹ'), (0x1E, 'Ỵ')],
    first: 0x80,
    rows: &[
        "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐ",
        "ỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ",
        "Õắằặấầẩậẽẹếềểễệố",
        "ồổỗỠƠộờởịỰỨỪỬơớƯ",
        "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳ",
        "ĐứÒÓÔạỷừửÙÚỹỵÝỡư",
        "àáâãảăữẫèéêẻìíĩỉ",
        "đựòóôõỏọụùúũủýợỮ",
    ],
};

/// TCVN3 (ABC). 0xB0 to 0xB4 are tones behind a letter; what the set leaves open is nothing.
pub(super) static TCVN3: Table = Table {
    low: &[],
    first: 0xA0,
    rows: &[
        "\u{a0}ĂÂÊÔƠƯĐăâêôơưđ.",
        "\u{300}\u{309}\u{303}\u{301}\u{323}àảãáạ.ằẳẵắ.",
        "......ặầẩẫấậè.ẻẽ",
        "éẹềểễếệìỉ...ĩíịò",
        ".ỏõóọồổỗốộờởỡớợù",
        ".ủũúụừửữứựỳỷỹýỵ.",
    ],
};

/// The text, or where it ends.
pub(super) fn decode(table: &Table, bytes: &[u8]) -> Result<String, usize> {
    let mut out = String::with_capacity(bytes.len() * 2);
    for (at, byte) in bytes.iter().enumerate() {
        out.push(table.character(*byte).ok_or(at)?);
    }
    // TCVN3 has tones that stand behind their letter.
    Ok(out.nfc().collect())
}

/// Whether the character has a byte.
pub(super) fn encode(table: &Table, character: char, bytes: &mut Vec<u8>) -> bool {
    if let Some((byte, _)) = table.low.iter().find(|(_, letter)| *letter == character) {
        bytes.push(*byte);
        return true;
    }
    let mut rows = (table.first..=u8::MAX).zip(table.rows.iter().flat_map(|row| row.chars()));
    let found = match western_byte(character) {
        Some(byte) if byte < table.first => table.character(byte).filter(|known| *known == character).map(|_| byte),
        _ => rows.find(|(_, known)| *known == character).map(|(byte, _)| byte),
    };
    bytes.extend(found);
    found.is_some()
}

/// Whether VISCII has a letter at this control character.
pub(super) fn is_viscii(byte: u8) -> bool {
    VISCII.low.iter().any(|(known, _)| *known == byte)
}

/// Whether a text holds control characters in whose place VISCII has letters.
pub(super) fn hides_a_letter(text: &str) -> bool {
    text.bytes().any(is_viscii)
}

impl Table {
    fn character(&self, byte: u8) -> Option<char> {
        if let Some((_, letter)) = self.low.iter().find(|(known, _)| *known == byte) {
            return Some(*letter);
        }
        let Some(at) = byte.checked_sub(self.first) else { return Some(western_char(byte)) };
        let row = self.rows.get(usize::from(at / 16))?;
        row.chars().nth(usize::from(at % 16)).filter(|character| *character != '.')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_whole_and_name_no_letter_twice() {
        for table in [&VISCII, &TCVN3] {
            assert!(table.rows.iter().all(|row| row.chars().count() == 16));
            assert_eq!(usize::from(table.first) + table.rows.len() * 16, 256);
            let mut all: Vec<char> = (0..=255).filter_map(|byte| table.character(byte)).collect();
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count);
        }
    }
}
