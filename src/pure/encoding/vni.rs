//! VNI for Windows, as VNI Software's fonts have it: a vowel, then a byte for its marks; `ơ ư đ` and the toned `i` are
//! single bytes. Capitals are 0x20 lower throughout. Bytes 0x80 to 0xBF are Windows-1252's.
//!
//! There is no standard of it. The table agrees, row by row and in both cases, with the one of the input method xvnkb
//! (`vni.h`, Dao Hai Lam, 2002), which Linux distributions ship: the test below has its rows.

use super::marks::join;
use super::{western_byte, western_char};

/// Small mark bytes and what they stand for, one or two combining characters in the order in which they are joined.
const MARKS: [(u8, &[char]); 17] = [
    (0xF9, &['\u{301}']),
    (0xF8, &['\u{300}']),
    (0xFB, &['\u{309}']),
    (0xF5, &['\u{303}']),
    (0xEF, &['\u{323}']),
    (0xE2, &['\u{302}']),
    (0xE1, &['\u{302}', '\u{301}']),
    (0xE0, &['\u{302}', '\u{300}']),
    (0xE5, &['\u{302}', '\u{309}']),
    (0xE3, &['\u{302}', '\u{303}']),
    (0xE4, &['\u{302}', '\u{323}']),
    (0xEA, &['\u{306}']),
    (0xE9, &['\u{306}', '\u{301}']),
    (0xE8, &['\u{306}', '\u{300}']),
    (0xFA, &['\u{306}', '\u{309}']),
    (0xFC, &['\u{306}', '\u{303}']),
    (0xEB, &['\u{306}', '\u{323}']),
];
/// Letters of one byte.
const SINGLE: [(u8, char); 9] = [
    (0xF4, 'ơ'),
    (0xF6, 'ư'),
    (0xF1, 'đ'),
    (0xED, 'í'),
    (0xEC, 'ì'),
    (0xE6, 'ỉ'),
    (0xF3, 'ĩ'),
    (0xF2, 'ị'),
    (0xEE, 'ỵ'),
];
/// What a capital's byte lacks to that of its small letter.
const CASE: u8 = 0x20;

/// The text, or where it ends.
pub(super) fn decode(bytes: &[u8]) -> Result<String, usize> {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        rest = after;
        let at = bytes.len() - after.len() - 1;
        let letter = match byte {
            0..0xC0 => western_char(*byte),
            _ => single(*byte).ok_or(at)?,
        };
        if let [mark, after @ ..] = rest
            && let Some(marked) = marked(letter, *mark)
        {
            rest = after;
            out.push(marked);
        } else {
            out.push(letter);
        }
    }
    Ok(out)
}

/// Whether the character has bytes.
pub(super) fn encode(character: char, bytes: &mut Vec<u8>) -> bool {
    if let Some(byte) = western_byte(character).filter(|byte| *byte < 0xC0) {
        bytes.push(byte);
        return true;
    }
    let case = if character.is_uppercase() { CASE } else { 0 };
    if let Some((byte, _)) = SINGLE.iter().find(|(byte, _)| single(byte - case) == Some(character)) {
        bytes.push(byte - case);
        return true;
    }
    let letters = b"aeouyAEOUY".iter().map(|byte| (*byte, char::from(*byte)));
    let horned = SINGLE.iter().take(2).flat_map(|(byte, _)| [*byte, byte - CASE]);
    let horned = horned.filter_map(|byte| Some((byte, single(byte)?)));
    for (byte, letter) in letters.chain(horned).filter(|(_, letter)| letter.is_uppercase() == (case > 0)) {
        if let Some((mark, _)) = MARKS.iter().find(|(mark, _)| marked(letter, mark - case) == Some(character)) {
            bytes.extend([byte, mark - case]);
            return true;
        }
    }
    false
}

fn single(byte: u8) -> Option<char> {
    let small = |byte: u8| SINGLE.iter().find(|(known, _)| *known == byte).map(|(_, letter)| *letter);
    if byte >= 0xE0 { small(byte) } else { small(byte + CASE)?.to_uppercase().next() }
}

/// A vowel with the marks of a byte, where they fit on it. Which case the mark has says nothing.
fn marked(letter: char, byte: u8) -> Option<char> {
    if byte < 0xC0 || !matches!(letter.to_ascii_lowercase(), 'a' | 'e' | 'o' | 'u' | 'y' | 'ơ' | 'ư' | 'Ơ' | 'Ư') {
        return None;
    }
    let small = if byte < 0xE0 { byte + CASE } else { byte };
    let (_, marks) = MARKS.iter().find(|(known, _)| *known == small)?;
    let whole = marks.iter().try_fold(letter, |letter, mark| join(letter, *mark))?;
    // `û`, `õ` with a circumflex and the like compose too, but are no letters of Vietnamese.
    let fits = match marks.first() {
        Some('\u{302}') => matches!(letter.to_ascii_lowercase(), 'a' | 'e' | 'o'),
        Some('\u{306}') => letter.eq_ignore_ascii_case(&'a'),
        _ => true,
    };
    fits.then_some(whole)
}

#[cfg(test)]
mod tests {
    use crate::pure::encoding::Encoding;

    /// A letter and its five tones (sắc, huyền, hỏi, ngã, nặng), as the bytes show in Windows-1252.
    const ROWS: [(&str, &str); 13] = [
        ("a á à ả ã ạ", "a aù aø aû aõ aï"),
        ("â ấ ầ ẩ ẫ ậ", "aâ aá aà aå aã aä"),
        ("ă ắ ằ ẳ ẵ ặ", "aê aé aè aú aü aë"),
        ("e é è ẻ ẽ ẹ", "e eù eø eû eõ eï"),
        ("ê ế ề ể ễ ệ", "eâ eá eà eå eã eä"),
        ("o ó ò ỏ õ ọ", "o où oø oû oõ oï"),
        ("ô ố ồ ổ ỗ ộ", "oâ oá oà oå oã oä"),
        ("ơ ớ ờ ở ỡ ợ", "ô ôù ôø ôû ôõ ôï"),
        ("u ú ù ủ ũ ụ", "u uù uø uû uõ uï"),
        ("ư ứ ừ ử ữ ự", "ö öù öø öû öõ öï"),
        ("i í ì ỉ ĩ ị", "i í ì æ ó ò"),
        ("y ý ỳ ỷ ỹ ỵ", "y yù yø yû yõ î"),
        ("đ", "ñ"),
    ];

    #[test]
    fn the_table_is_the_one_that_others_have() {
        let mut letters = 0;
        for (meant, shown) in ROWS {
            for (meant, shown) in [(meant.to_owned(), shown.to_owned()), (meant.to_uppercase(), shown.to_uppercase())] {
                assert_eq!(Encoding::Vni.unmend(&meant).unwrap(), shown);
                assert_eq!(Encoding::Vni.mend(&shown).unwrap(), meant);
                letters += meant.split(' ').count();
            }
        }
        assert_eq!(letters, 146, "twelve vowels with six tones each, and đ, in both cases");
    }
}
