//! What bytes look like, told many at a time: how long the plain part of a string is, how long a number, which keys surely
//! differ.

/// Longest string that is looked at eight bytes at a time only.
const SHORT: usize = 32;

/// One bit by the looks of a key: a key whose bit no other one has is no double.
pub(super) fn mark_of(key: &str) -> u64 {
    let byte = |at: usize| key.as_bytes().get(at).map_or(0, |byte| usize::from(*byte));
    1 << ((key.len() + 7 * byte(key.len() / 2) + 13 * byte(key.len().saturating_sub(1))) % 64)
}

/// Length of the part of a string before its end, an escape or what may not stand there. Most strings are short: the
/// first bytes are looked at eight at a time, the rest of a long one as the processor likes it best.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<8>();
    let mut at = 0;
    for word in words.iter().take(SHORT / 8) {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let end = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
    let plain = rest.get(..end).unwrap_or_default();
    if plain.iter().fold(false, |control, byte| control | (*byte < 0x20)) {
        at + plain.iter().position(|byte| *byte < 0x20).unwrap_or(end)
    } else {
        at + end
    }
}

/// The first of eight bytes that is a quotation mark, a backslash or a control has its highest bit set, and no bit before
/// it is; none where there is no such byte. Arithmetic on all bytes at once: subtracting borrows only from behind one.
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = 0x80 * ONES;
    let quote = word ^ (u64::from(b'"') * ONES);
    let backslash = word ^ (u64::from(b'\\') * ONES);
    let below = |word: u64, least: u64| word.wrapping_sub(least * ONES) & !word;
    (below(quote, 1) | below(backslash, 1) | below(word, 0x20)) & HIGHEST
}

/// Length of the JSON number at the beginning of `bytes`.
pub(super) fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && bytes.get(at) == Some(&b'0')) {
        return None;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    Some(at)
}
