//! What people call the canonical words of coded fields.

/// The labels (Vietnamese, English) of a word of a ticket field.
pub(super) fn label(field: &str, word: &str) -> Option<(&'static str, &'static str)> {
    let table = match field {
        "status" => STATUSES,
        "kind" => KINDS,
        "channel" => CHANNELS,
        "field" => FIELDS,
        "level" => LEVELS,
        "submitter_kind" => SUBMITTERS,
        _ => return None,
    };
    table.iter().find(|(known, ..)| *known == word).map(|(_, vi, en)| (*vi, *en))
}

type Table = &'static [(&'static str, &'static str, &'static str)];

const STATUSES: Table = &[
    ("received", "Đã tiếp nhận", "Received"),
    ("forwarded", "Đã chuyển xử lý", "Forwarded"),
    ("in_progress", "Đang xử lý", "In progress"),
    ("asked_to_supplement", "Yêu cầu bổ sung", "Asked to supplement"),
    ("answered", "Đã trả lời", "Answered"),
    ("published", "Đã công khai", "Published"),
    ("refused", "Từ chối", "Refused"),
    ("withdrawn", "Đã rút", "Withdrawn"),
    ("closed", "Kết thúc", "Closed"),
];
const KINDS: Table = &[
    ("feedback", "Phản ánh, kiến nghị", "Feedback"),
    ("information_request", "Yêu cầu thông tin", "Information request"),
    ("service_order", "Đơn dịch vụ bưu chính", "Postal service order"),
    ("legal_text", "Phản ánh văn bản quy phạm pháp luật", "Legal-text feedback"),
];
const CHANNELS: Table = &[
    ("phone", "Điện thoại", "Phone"),
    ("sms", "Tin nhắn SMS", "SMS"),
    ("email", "Thư điện tử", "E-mail"),
    ("zalo", "Zalo", "Zalo"),
    ("live_chat", "Trò chuyện trực tuyến", "Live chat"),
    ("web", "Trang web", "Web"),
    ("app", "Ứng dụng di động", "App"),
    ("post", "Bưu chính", "Post"),
    ("in_person", "Trực tiếp", "In person"),
];
const LEVELS: Table =
    &[("normal", "Thường", "Normal"), ("urgent", "Khẩn", "Urgent"), ("complex", "Phức tạp", "Complex")];
const SUBMITTERS: Table = &[
    ("citizen", "Người dân", "Citizen"),
    ("business", "Doanh nghiệp", "Business"),
    ("organisation", "Tổ chức", "Organisation"),
];
const FIELDS: Table = &[
    ("land", "Đất đai", "Land"),
    ("construction", "Xây dựng", "Construction"),
    ("planning", "Quy hoạch", "Planning"),
    ("transport", "Giao thông", "Transport"),
    ("environment", "Môi trường", "Environment"),
    ("health", "Y tế", "Health"),
    ("education", "Giáo dục", "Education"),
    ("social", "Lao động, an sinh xã hội", "Labour and social affairs"),
    ("security", "An ninh, trật tự", "Public order"),
    ("utilities", "Điện, nước, viễn thông", "Utilities"),
    ("procedures", "Thủ tục hành chính", "Administrative procedures"),
    ("finance", "Tài chính, thuế", "Finance and tax"),
    ("justice", "Tư pháp, hộ tịch", "Justice and civil status"),
    ("conduct", "Hành vi, thái độ công vụ", "Conduct of officials"),
    ("other", "Lĩnh vực khác", "Other"),
];
