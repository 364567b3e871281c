//! The national numbering plan: what became of the area codes of 2017 and of the 11-digit mobiles of 2018.
//!
//! Areas: Quyết định 2036/QĐ-BTTTT of 21/11/2016 (59 provinces, in three stages of 2017). Mobiles: kế hoạch chuyển đổi mã
//! mạng of 2018 (11 to 10 digits). Numbers stand here without their leading 0.

/// Old area → today's, where an old number can't be one of today's. An old number has 7 digits behind the area (8 in
/// Hà Nội). Old areas 33, 36 to 39, 52, 55, 56, 58, 59, 70, 76, 77, 79 and 8 begin mobile numbers of the same length
/// today, so a number that begins so is read as the mobile that it is now.
const AREAS: [(&str, &str); 45] = [
    ("20", "214"),  // Lào Cai
    ("22", "212"),  // Sơn La
    ("230", "215"), // Điện Biên
    ("231", "213"), // Lai Châu
    ("240", "204"), // Bắc Giang
    ("241", "222"), // Bắc Ninh
    ("25", "205"),  // Lạng Sơn
    ("26", "206"),  // Cao Bằng
    ("27", "207"),  // Tuyên Quang
    ("280", "208"), // Thái Nguyên
    ("281", "209"), // Bắc Kạn
    ("29", "216"),  // Yên Bái
    ("30", "229"),  // Ninh Bình
    ("31", "225"),  // Hải Phòng
    ("320", "220"), // Hải Dương
    ("321", "221"), // Hưng Yên
    ("350", "228"), // Nam Định
    ("351", "226"), // Hà Nam
    ("4", "24"),    // Hà Nội
    ("500", "262"), // Đắk Lắk
    ("501", "261"), // Đắk Nông
    ("510", "235"), // Quảng Nam
    ("511", "236"), // Đà Nẵng
    ("53", "233"),  // Quảng Trị
    ("54", "234"),  // Thừa Thiên Huế
    ("57", "257"),  // Phú Yên
    ("60", "260"),  // Kon Tum
    ("61", "251"),  // Đồng Nai
    ("62", "252"),  // Bình Thuận
    ("63", "263"),  // Lâm Đồng
    ("64", "254"),  // Bà Rịa - Vũng Tàu
    ("650", "274"), // Bình Dương
    ("651", "271"), // Bình Phước
    ("66", "276"),  // Tây Ninh
    ("67", "277"),  // Đồng Tháp
    ("68", "259"),  // Ninh Thuận
    ("710", "292"), // Cần Thơ
    ("711", "293"), // Hậu Giang
    ("72", "272"),  // Long An
    ("73", "273"),  // Tiền Giang
    ("74", "294"),  // Trà Vinh
    ("75", "275"),  // Bến Tre
    ("780", "290"), // Cà Mau
    ("781", "291"), // Bạc Liêu
    ("8", "28"),    // Thành phố Hồ Chí Minh, where no mobile begins so (80)
];
/// Digits of a subscriber behind an old area; behind those of one digit.
const SUBSCRIBER: usize = 7;
const CITY_SUBSCRIBER: usize = 8;
/// Mobile networks: prefix of 11 digits → of 10.
const MOBILES: [(&str, &str); 21] = [
    ("120", "70"),
    ("121", "79"),
    ("122", "77"),
    ("123", "83"),
    ("124", "84"),
    ("125", "85"),
    ("126", "76"),
    ("127", "81"),
    ("128", "78"),
    ("129", "82"),
    ("162", "32"),
    ("163", "33"),
    ("164", "34"),
    ("165", "35"),
    ("166", "36"),
    ("167", "37"),
    ("168", "38"),
    ("169", "39"),
    ("186", "56"),
    ("188", "58"),
    ("199", "59"),
];
/// Digits of an old mobile number, without its 0.
const OLD_MOBILE: usize = 10;
/// Areas of today with two digits (Hà Nội, Thành phố Hồ Chí Minh); all others have three and begin with 2.
const CITIES: [&str; 2] = ["24", "28"];

/// Today's number for a national one without its 0, as its new beginning and what stays.
pub(super) fn renumbered(national: &str) -> (&'static str, &str) {
    if national.starts_with('1') && national.len() == OLD_MOBILE {
        return replaced(&MOBILES, national, |_| OLD_MOBILE).unwrap_or(("", national));
    }
    if is_today(national) {
        return ("", national);
    }
    let length = |area: &str| area.len() + if area.len() == 1 { CITY_SUBSCRIBER } else { SUBSCRIBER };
    replaced(&AREAS, national, length).unwrap_or(("", national))
}

fn replaced<'a>(
    table: &'static [(&str, &str)],
    national: &'a str,
    length: impl Fn(&str) -> usize,
) -> Option<(&'static str, &'a str)> {
    table.iter().filter(|(old, _)| national.len() == length(old)).find_map(|(old, new)| {
        let rest = national.strip_prefix(old)?;
        Some((*new, rest))
    })
}

/// Whether a number has the shape of one of today's: a mobile of nine digits, or an area with its subscriber.
fn is_today(national: &str) -> bool {
    match national.as_bytes() {
        [b'3', b'2'..=b'9', ..]
        | [b'5', b'2' | b'5' | b'6' | b'8' | b'9', ..]
        | [b'7', b'0' | b'6'..=b'9', ..]
        | [b'8', b'1'..=b'9', ..]
        | [b'9', ..] => national.len() == 9,
        // No subscriber of the two cities begins with 0 or 1; their old neighbours did.
        [b'2', b'4' | b'8', b'2'..=b'9', ..] => national.len() == 10,
        _ => false,
    }
}

/// Whether this is a short number behind an area: `0251 1022`.
pub(super) fn is_area_service(national: &str) -> bool {
    let area = if CITIES.iter().any(|city| national.starts_with(city)) { 2 } else { 3 };
    national.starts_with('2') && national.get(area..).is_some_and(is_service) && national.len() <= area + 4
}

/// Whether this is a number that is dialled as it is, in the whole country: emergency calls (113), services (1022),
/// hotlines (1800xxxx, 1900xxxx, also with six digits).
pub(super) fn is_service(digits: &str) -> bool {
    match digits.len() {
        3 | 4 => digits.starts_with('1'),
        8 | 10 => digits.starts_with("1800") || digits.starts_with("1900"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_of_today_is_renumbered() {
        for (_, new) in AREAS {
            let subscriber = if CITIES.contains(&new) { "38225010" } else { "3822501" };
            let national = format!("{new}{subscriber}");
            assert_eq!(renumbered(&national), ("", national.as_str()));
        }
        for prefix in (32..=39).chain([52, 55, 56, 58, 59, 70]).chain(76..=79).chain(81..=99) {
            let national = format!("{prefix}3822501");
            assert_eq!(renumbered(&national), ("", national.as_str()));
        }
    }

    #[test]
    fn each_old_area_and_network_becomes_another() {
        for (old, new) in AREAS {
            let subscriber = if old.len() == 1 { "03822501" } else { "3822501" };
            assert_eq!(renumbered(&format!("{old}{subscriber}")), (new, subscriber), "{old}");
        }
        for (old, new) in MOBILES {
            assert_eq!(renumbered(&format!("{old}1234567")), (new, "1234567"), "{old}");
        }
    }
}
