//! Windows-1258: the Encoding Standard's table by `encoding_rs`; writing takes a letter apart where the table has only
//! its parts.

use encoding_rs::WINDOWS_1258;

use super::marks::split;

/// Whether the character has bytes.
pub(super) fn encode(character: char, bytes: &mut Vec<u8>) -> bool {
    if let Some(byte) = byte(character) {
        bytes.push(byte);
        return true;
    }
    match split(character).and_then(|(letter, tone)| Some([byte(letter)?, byte(tone)?])) {
        Some(parts) => {
            bytes.extend(parts);
            true
        }
        None => false,
    }
}

fn byte(character: char) -> Option<u8> {
    let mut buffer = [0; 4];
    let (bytes, _, replaced) = WINDOWS_1258.encode(character.encode_utf8(&mut buffer));
    bytes.first().copied().filter(|_| !replaced && bytes.len() == 1)
}
