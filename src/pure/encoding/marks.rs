//! A Vietnamese letter as a base letter and its tone.

use unicode_normalization::char::{compose, decompose_canonical};

/// Grave, acute, hook above, tilde, dot below.
pub(super) const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{309}', '\u{303}', '\u{323}'];

/// The letter without its tone (`ồ` → `ô`), and the tone; `None` for what has no tone.
pub(super) fn split(character: char) -> Option<(char, char)> {
    let mut base = None;
    let mut tone = None;
    let mut marks = Vec::new();
    decompose_canonical(character, |part| {
        if base.is_none() {
            base = Some(part);
        } else if TONES.contains(&part) && tone.is_none() {
            tone = Some(part);
        } else {
            marks.push(part);
        }
    });
    let letter = marks.into_iter().try_fold(base?, compose)?;
    Some((letter, tone?))
}

/// The letter with a mark, where that is one letter.
pub(super) fn join(letter: char, mark: char) -> Option<char> {
    if let Some(joined) = compose(letter, mark) {
        return Some(joined);
    }
    // `ậ` is composed of `ạ` and a circumflex, not of `â` and a dot.
    let mut parts = Vec::new();
    decompose_canonical(letter, |part| parts.push(part));
    let (base, others) = parts.split_first()?;
    others.iter().try_fold(compose(*base, mark)?, |letter, other| compose(letter, *other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_apart_and_together() {
        for (whole, letter, tone) in [
            ('ồ', 'ô', '\u{300}'),
            ('ậ', 'â', '\u{323}'),
            ('ặ', 'ă', '\u{323}'),
            ('Ợ', 'Ơ', '\u{323}'),
            ('é', 'e', '\u{301}'),
        ] {
            assert_eq!(split(whole), Some((letter, tone)));
            assert_eq!(join(letter, tone), Some(whole));
        }
        for alone in ['a', 'ô', 'đ', 'ư', ' '] {
            assert_eq!(split(alone), None);
        }
    }
}
