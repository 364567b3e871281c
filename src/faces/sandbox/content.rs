//! What people say: tickets, replies and files as they come to a hotline in Đồng Nai, made up from a seed.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{SecondsFormat, TimeDelta};
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use unicode_normalization::UnicodeNormalization;

use super::spelling::Meaning;
use crate::words::clock::Timestamp;

/// A ticket as a person means it, in words that any system can spell.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) words: BTreeMap<Meaning, String>,
    pub(super) files: Vec<File>,
}

/// A file to attach.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) bytes: Bytes,
}

/// Where and how a ticket arises.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occasion<'a> {
    /// `feedback`, `information_request`, `service_order`, `legal_text`.
    pub(super) kind: &'a str,
    /// `Mã ghi âm` at the hotline, `Mã phản ánh` elsewhere.
    pub(super) mark: &'a str,
    /// `1022-000123`.
    pub(super) token: &'a str,
    pub(super) received: Timestamp,
    /// Came through a national website, not through the hotline.
    pub(super) online: bool,
}

/// The commune codes that people use, and their names.
pub(super) const PLACES: &[(&str, &str)] = &[
    ("26041", "phường Trấn Biên"),
    ("26014", "phường Trảng Dài"),
    ("26368", "phường Long Thành"),
    ("26248", "phường Trảng Bom"),
    ("26485", "phường Nhơn Trạch"),
    ("26425", "xã Xuân Lộc"),
];
/// The day of the catalogue in which those codes are meant.
const PLACE_DATE: &str = "2026-04-30";

/// Field, agency, and titles with what people say.
type Topic = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Subjects of administration with the agency that handles them and what people say.
const TOPICS: &[Topic] = &[
    (
        "land",
        "000.00.15.H19",
        &[
            (
                "Chậm trả kết quả cấp giấy chứng nhận quyền sử dụng đất",
                "Hồ sơ nộp đã quá hẹn 20 ngày, bộ phận một cửa chỉ nói chờ.",
            ),
            (
                "Thông tin thửa đất trên giấy chứng nhận sai diện tích",
                "Diện tích thực tế 120 m² nhưng giấy ghi 102 m², tôi phải đính chính ở đâu?",
            ),
        ],
    ),
    (
        "construction",
        "000.00.12.H19",
        &[
            (
                "Công trình xây dựng không che chắn, rơi vãi vật liệu",
                "Xe chở đất chạy cả đêm, bụi phủ kín nhà dân hai bên đường.",
            ),
            ("Xây dựng sai phép tại khu dân cư", "Nhà bên cạnh xây lấn 1,2 m sang hẻm chung."),
        ],
    ),
    (
        "planning",
        "000.00.12.H19",
        &[(
            "Đề nghị công khai quy hoạch chi tiết khu dân cư",
            "Người dân không biết đất nhà mình có nằm trong quy hoạch \"treo\" hay không.",
        )],
    ),
    (
        "transport",
        "000.00.12.H19",
        &[
            ("Đường hư hỏng, nhiều ổ gà sau mưa", "Đoạn trước số 12 ngập 40 cm, đã có 3 người ngã xe."),
            ("Đèn tín hiệu giao thông không hoạt động", "Ngã tư đông xe, đèn tắt từ sáng thứ Hai đến nay."),
        ],
    ),
    (
        "environment",
        "000.00.15.H19",
        &[
            ("Cơ sở chăn nuôi xả thải gây mùi hôi", "Mùi hôi nặng nhất từ 18h đến 22h, trẻ nhỏ không ngủ được 😷."),
            ("Rác thải tập kết nhiều ngày không thu gom", "Bãi rác tự phát cạnh trường mầm non."),
        ],
    ),
    (
        "health",
        "000.00.06.H19",
        &[(
            "Thủ tục chuyển tuyến bảo hiểm y tế",
            "Bệnh viện yêu cầu bản sao công chứng dù đã có căn cước công dân gắn chip.",
        )],
    ),
    (
        "education",
        "000.00.07.H19",
        &[(
            "Khoản thu đầu năm học chưa rõ ràng",
            "Trường thông báo thu \"tự nguyện\" 1.500.000 đồng nhưng bình quân cho mọi học sinh.",
        )],
    ),
    (
        "social",
        "000.00.04.H19",
        &[("Chậm chi trả trợ cấp xã hội", "Mẹ tôi 82 tuổi, đã hai tháng chưa nhận được trợ cấp.")],
    ),
    (
        "security",
        "000.00.09.H19",
        &[("Tụ tập gây mất trật tự ban đêm", "Hát karaoke loa kéo sau 23h, nhiều lần báo tổ dân phố không hết.")],
    ),
    (
        "utilities",
        "000.00.08.H19",
        &[
            (
                "Cúp nước kéo dài không thông báo",
                "Khu vực mất nước từ tối qua, gọi công ty cấp nước không ai nghe máy.",
            ),
            ("Điện chập chờn, cháy thiết bị", "Điện áp tụt còn 170 V vào giờ cao điểm."),
        ],
    ),
    (
        "procedures",
        "000.00.02.H19",
        &[
            (
                "Hồ sơ trực tuyến bị yêu cầu nộp lại bản giấy",
                "Đã nộp toàn trình trên Cổng nhưng vẫn bị gọi lên nộp bản giấy.",
            ),
            ("Hỏi thành phần hồ sơ đăng ký kinh doanh hộ cá thể", "Tôi cần những giấy tờ gì, lệ phí bao nhiêu?"),
        ],
    ),
    (
        "conduct",
        "000.00.02.H19",
        &[(
            "Thái độ của cán bộ tiếp nhận hồ sơ",
            "Cán bộ quầy số 4 trả lời cộc lốc, hướng dẫn thiếu khiến tôi đi lại 3 lần.",
        )],
    ),
    (
        "justice",
        "000.00.03.H19",
        &[("Chứng thực chữ ký phải chờ nhiều giờ", "Chỉ có một cán bộ, lấy số từ 7h đến 11h chưa tới lượt.")],
    ),
];

/// Orders for the post office.
const ORDERS: &[(&str, &str)] = &[
    ("Đặt bưu tá nhận hồ sơ tại nhà", "Nhận hồ sơ cấp đổi giấy phép lái xe, thu hộ lệ phí 135.000 đồng."),
    ("Trả kết quả hồ sơ qua bưu điện", "Trả giấy chứng nhận đăng ký kinh doanh về địa chỉ công ty."),
    ("Nộp phạt giao thông tại nhà", "Biên bản số 0012/BB-VPHC, nhờ bưu điện thu hộ và nộp kho bạc."),
];

/// Feedback on legal texts: it must name the article and the clause.
const LEGAL: &[(&str, &str)] = &[
    (
        "Vướng mắc Điều 8 khoản 2 về cấp phép xây dựng",
        "Điều 8 khoản 2 yêu cầu bản vẽ thẩm định nhưng Điều 12 khoản 1 lại miễn cho nhà ở riêng lẻ: hai quy định mâu thuẫn.",
    ),
    (
        "Đề nghị sửa Điều 15 khoản 3 về hồ sơ đất đai",
        "Điều 15 khoản 3 bắt nộp bản sao giấy tờ mà cơ quan nhà nước đã có trong cơ sở dữ liệu.",
    ),
    (
        "Bất cập Điều 21 khoản 4 về xử phạt vi phạm hành chính",
        "Điều 21 khoản 4 không nói rõ cách tính thời hạn khi ngày cuối là ngày nghỉ.",
    ),
];

const FAMILY: &[&str] =
    &["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Điểu", "Thổ"];
const MIDDLE: &[&str] = &["Văn", "Thị", "Hữu", "Thị Ngọc", "Minh", "Đức", "Thị Kim", "Quốc", "Thanh"];
const GIVEN: &[&str] =
    &["An", "Bình", "Hoà", "Hùng", "Lan", "Thuỷ", "Quý", "Tuấn", "Trang", "Yến", "Đạt", "Nở", "Bé Ba", "Út"];
const STREETS: &[&str] =
    &["Đồng Khởi", "Phạm Văn Thuận", "Nguyễn Ái Quốc", "Cách Mạng Tháng Tám", "Hùng Vương", "Lê Duẩn", "Ấp 3"];
const FILES: &[(&str, &str)] = &[
    ("hien-truong.jpg", "image/jpeg"),
    ("đơn phản ánh (bản ký).pdf", "application/pdf"),
    ("ghi-am-ngoai-gio.mp3", "audio/mpeg"),
    ("Phu luc 1 & 2.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
];
/// Mobile prefixes of today and of before 2018, land lines of today and of before 2017, with the digits that follow.
const PHONES: &[(&str, usize)] =
    &[("91", 7), ("98", 7), ("70", 7), ("35", 7), ("83", 7), ("120", 7), ("165", 7), ("251", 7), ("61", 7)];

/// One ticket.
pub(super) fn draft(random: &mut ChaCha8Rng, occasion: &Occasion<'_>) -> Draft {
    let Occasion { kind, mark, token, received, online } = *occasion;
    let (field, agency, texts) = *pick(random, TOPICS);
    let (field, agency, (subject, story)) = match kind {
        "service_order" => ("other", "000.00.01.H19", *pick(random, ORDERS)),
        "legal_text" => ("justice", "000.00.03.H19", *pick(random, LEGAL)),
        _ => (field, agency, *pick(random, texts)),
    };
    let (place, place_name) = *pick(random, PLACES);
    let mut subject = subject.to_owned();
    if random.random_bool(0.12) {
        while subject.chars().count() < 280 {
            subject.push_str(&format!("; đã phản ánh nhiều lần tại {place_name} nhưng chưa được giải quyết dứt điểm"));
        }
    }
    let to = if online { "quý cơ quan" } else { "Tổng đài 1022" };
    let mut story = format!("Kính gửi {to},\n{story} Nơi xảy ra: {place_name}.");
    match random.random_range(0..12_u8) {
        0 => story.push_str(" Mong sớm có kết quả 🙏🇻🇳!"),
        1 => story.push_str(" Cán bộ nói: \"về chờ\" & 'không hẹn' <cả tuần>."),
        2 => story = story.nfd().collect(),
        3 => story.push_str("\n1) Đề nghị kiểm tra;\n2) Đề nghị trả lời bằng văn bản."),
        _ => {}
    }
    story.push_str(&format!(" [{mark} {token}]"));
    let channel = channel(random, online);
    let name = format!("{} {} {}", pick(random, FAMILY), pick(random, MIDDLE), pick(random, GIVEN));
    let business = random.random_bool(0.1);
    let address = format!("{} {}, {place_name}", random.random_range(1..400_u16), pick(random, STREETS));
    let mut words: BTreeMap<Meaning, String> = [
        (Meaning::Kind, kind),
        (Meaning::Channel, channel),
        (Meaning::Field, field),
        (Meaning::Level, if random.random_bool(0.12) { "urgent" } else { "normal" }),
        (Meaning::SubmitterKind, if business { "business" } else { "citizen" }),
        (Meaning::Place, place),
        (Meaning::PlaceDate, PLACE_DATE),
        (Meaning::Agency, agency),
        (Meaning::Status, "received"),
    ]
    .into_iter()
    .map(|(meaning, text)| (meaning, text.to_owned()))
    .collect();
    words.insert(Meaning::Subject, subject);
    words.insert(Meaning::Content, story);
    words.insert(Meaning::Name, if business { format!("Công ty TNHH {name}") } else { name });
    words.insert(Meaning::Phone, phone(random));
    words.insert(Meaning::Address, address);
    let after_hours = channel == "phone" && random.random_bool(0.2);
    words.insert(Meaning::AfterHours, if after_hours { "yes" } else { "no" }.to_owned());
    words.insert(Meaning::ReceivedAt, instant(received));
    words.insert(Meaning::DueAt, instant(received + TimeDelta::days(20)));
    if random.random_bool(0.3) {
        words.insert(Meaning::Email, format!("nguoi.dan.{}@example.vn", random.random_range(1..9999_u16)));
    }
    if random.random_bool(0.4) {
        words.insert(Meaning::CitizenId, format!("075{:09}", random.random_range(0..999_999_999_u32)));
    }
    if field == "land" || field == "procedures" {
        words.insert(Meaning::Dossier, format!("{agency}-261012-{:04}", random.random_range(1..9999_u16)));
    }
    if random.random_bool(0.25) {
        words.insert(Meaning::CoAgencies, "000.00.41.H19 000.00.42.H19".to_owned());
    }
    Draft { words, files: Vec::new() }
}

/// A file with bytes that nothing compresses, up to `most` bytes.
pub(super) fn file(random: &mut ChaCha8Rng, most: usize) -> File {
    let (name, kind) = *pick(random, FILES);
    let mut bytes = vec![0; random.random_range(1024..=most.max(1025))];
    random.fill_bytes(&mut bytes);
    File { name, kind, bytes: bytes.into() }
}

/// What an officer answers.
pub(super) fn reply(random: &mut ChaCha8Rng, token: &str) -> String {
    const ANSWERS: &[&str] = &[
        "Cơ quan chức năng đã kiểm tra hiện trường và yêu cầu khắc phục trước ngày 30.",
        "Cảm ơn ông/bà đã phản ánh. Hồ sơ đã có kết quả, mời ông/bà đến bộ phận một cửa nhận trong giờ hành chính.",
        "Qua rà soát, nội dung phản ánh là có cơ sở; đơn vị đã chấn chỉnh cán bộ liên quan.",
        "Đơn vị đã phối hợp công an phường nhắc nhở, lập biên bản và sẽ tiếp tục theo dõi.",
    ];
    format!("{} (Trả lời số {}/{token})", pick(random, ANSWERS), random.random_range(100..9999_u16))
}

/// Somebody's name.
pub(super) fn officer(random: &mut ChaCha8Rng) -> String {
    format!("{} {} {}", pick(random, FAMILY), pick(random, MIDDLE), pick(random, GIVEN))
}

/// A number as it was dialled when it was given: both generations are about.
pub(super) fn phone(random: &mut ChaCha8Rng) -> String {
    let (prefix, digits) = *pick(random, PHONES);
    let rest = random.random_range(0..10_u64.pow(u32::try_from(digits).unwrap_or(7)));
    format!("+84{prefix}{rest:0digits$}")
}

/// An instant in words, whole seconds.
pub(super) fn instant(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn channel(random: &mut ChaCha8Rng, online: bool) -> &'static str {
    if online {
        return if random.random_bool(0.7) { "web" } else { "app" };
    }
    match random.random_range(0..100_u8) {
        0..62 => "phone",
        62..70 => "zalo",
        70..77 => "live_chat",
        77..84 => "app",
        84..90 => "web",
        90..94 => "email",
        94..97 => "sms",
        97..99 => "in_person",
        _ => "post",
    }
}

/// One of a list that is never empty.
fn pick<'a, T>(random: &mut ChaCha8Rng, from: &'a [T]) -> &'a T {
    #[expect(clippy::expect_used, reason = "the lists are constants of this file, none of them empty")]
    from.choose(random).expect("a list of this file is empty")
}
