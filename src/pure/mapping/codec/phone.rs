//! Vietnamese telephone numbers. Canonical: E.164, with the codes of the renumberings of 2017 (areas) and 2018 (mobile).

/// Old area codes of the province and of the one merged into it, before 2017.
const AREAS: [(&str, &str); 2] = [("061", "0251"), ("0651", "0271")];
/// Digits of a subscriber behind those.
const AREA_SUBSCRIBER: usize = 7;
/// Mobile prefixes of 11-digit numbers before 2018.
const MOBILES: [(&str, &str); 21] = [
    ("0120", "070"),
    ("0121", "079"),
    ("0122", "077"),
    ("0123", "083"),
    ("0124", "084"),
    ("0125", "085"),
    ("0126", "076"),
    ("0127", "081"),
    ("0128", "078"),
    ("0129", "082"),
    ("0162", "032"),
    ("0163", "033"),
    ("0164", "034"),
    ("0165", "035"),
    ("0166", "036"),
    ("0167", "037"),
    ("0168", "038"),
    ("0169", "039"),
    ("0186", "056"),
    ("0188", "058"),
    ("0199", "059"),
];
/// Length of an old mobile number.
const OLD_MOBILE: usize = 11;
/// Digits of a national number with its leading 0.
const NATIONAL: std::ops::RangeInclusive<usize> = 9..=11;
/// Digits of an international number, E.164.
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 8..=15;

/// The number in E.164.
pub(super) fn parse(text: &str) -> Result<String, String> {
    let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '(' | ')' | '\u{a0}')).collect();
    let (digits, international) = match (compact.strip_prefix('+'), compact.strip_prefix("00")) {
        (Some(digits), _) | (None, Some(digits)) => (digits, true),
        (None, None) => (compact.as_str(), false),
    };
    let fault = || Err("not a telephone number".to_owned());
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return fault();
    }
    let national = if international {
        match digits.strip_prefix("84") {
            // People write +84 (0)912…
            Some(rest) => format!("0{}", rest.strip_prefix('0').unwrap_or(rest)),
            None if INTERNATIONAL.contains(&digits.len()) => return Ok(format!("+{digits}")),
            None => return fault(),
        }
    } else if let Some(rest) = digits.strip_prefix("84").filter(|rest| rest.len() >= 9) {
        format!("0{rest}")
    } else {
        digits.to_owned()
    };
    if !national.starts_with('0') || !NATIONAL.contains(&national.len()) {
        return fault();
    }
    Ok(format!("+84{}", renumbered(&national).trim_start_matches('0')))
}

/// The number as it is dialled at home; foreign numbers stay international.
pub(super) fn local(e164: &str) -> String {
    e164.strip_prefix("+84").map_or_else(|| e164.to_owned(), |rest| format!("0{rest}"))
}

fn renumbered(national: &str) -> String {
    for (old, new) in AREAS {
        if let Some(subscriber) = national.strip_prefix(old).filter(|rest| rest.len() == AREA_SUBSCRIBER) {
            return format!("{new}{subscriber}");
        }
    }
    for (old, new) in MOBILES {
        if let Some(rest) = national.strip_prefix(old).filter(|_| national.len() == OLD_MOBILE) {
            return format!("{new}{rest}");
        }
    }
    national.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_spellings_are_one_number() {
        for (written, canonical) in [
            ("0912345678", "+84912345678"),
            ("+84 912 345 678", "+84912345678"),
            ("+84(0)912345678", "+84912345678"),
            ("84912345678", "+84912345678"),
            ("0084-912-345-678", "+84912345678"),
            ("0613822501", "+842513822501"),
            ("+84613822501", "+842513822501"),
            ("02513822501", "+842513822501"),
            ("06513822501", "+842713822501"),
            ("01201234567", "+84701234567"),
            ("01991234567", "+84591234567"),
            ("01281234567", "+84781234567"),
            ("+16502530000", "+16502530000"),
        ] {
            assert_eq!(parse(written).unwrap(), canonical, "{written}");
            assert_eq!(parse(&local(canonical)).unwrap(), canonical, "{written}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "+", "912345678x", "1022", "không có", "0", "00", "012345678901234567", "0９12345678"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
