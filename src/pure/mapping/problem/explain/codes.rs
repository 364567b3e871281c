//! Codes of code tables.

use super::Explanation;
use crate::pure::mapping::problem::code;

pub(super) const CODES: &[Explanation] = &[
    Explanation {
        code: code::CODES,
        title: ["Bảng mã thiếu hoặc mâu thuẫn", "A code table with a hole or a contradiction"],
        text: [
            "Mỗi từ chuẩn cần một mã để ghi (hoặc nằm trong `refused`), mỗi mã chỉ đọc ra một từ. Nếu nhiều mã cùng nghĩa \
             thì thêm `back = \"keep\"`: mã đầu được ghi, các mã kia để nguyên.",
            "Each canonical word needs a code to write (or stands in `refused`), and a code reads as one word. Where \
             several codes mean the same, add `back = \"keep\"`: the first is written, the others are left as they are.",
        ],
        wrong: "[field]\nlevel = { at = \"Level\", type = \"code\", table = \"level\" }\n[code.level.words]\nnormal = \"1\"\nurgent = \"2\"\n",
        right: "[field]\nlevel = { at = \"Level\", type = \"code\", table = \"level\" }\n[code.level]\nrefused = [\"complex\"]\n[code.level.words]\nnormal = \"1\"\nurgent = \"2\"\n",
    },
    Explanation {
        code: code::OVERLAP,
        title: ["Các dòng có ngày chồng lên nhau", "Dated rows that overlap"],
        text: [
            "Một mã có thể đổi nghĩa theo ngày, nhưng mỗi ngày chỉ có một nghĩa. `from` là ngày đầu còn hiệu lực, `until` \
             là ngày đầu hết hiệu lực: dòng sau bắt đầu đúng ngày dòng trước hết.",
            "A code may change its meaning, but means one thing on each day. `from` is the first day on which a row \
             holds, `until` the first on which it does not: the next row begins on that very day.",
        ],
        wrong: "[field]\nplace = { at = \"Unit\", type = \"code\", table = \"unit\" }\n[code.unit.words]\n\"26425\" = { code = \"A\", until = \"2025-07-02\" }\n\"26368\" = { code = \"A\", from = \"2025-07-01\" }\n",
        right: "[field]\nplace = { at = \"Unit\", type = \"code\", table = \"unit\" }\n[code.unit.words]\n\"26425\" = { code = \"A\", until = \"2025-07-01\" }\n\"26368\" = { code = \"A\", from = \"2025-07-01\" }\n",
    },
    Explanation {
        code: code::NO_DAY,
        title: ["Mã phụ thuộc ngày nhưng không có ngày", "Dated rows without a date to go by"],
        text: [
            "Nghĩa của mã phụ thuộc ngày của chính phiếu (`by`, mặc định `received_at`), nhưng bản ghi của hệ thống này \
             không cho biết ngày đó. Chọn một ngày có trong bản ghi, hoặc thêm trường ấy.",
            "What the code means depends on the ticket's own day (`by`, else `received_at`), and this system's record \
             does not show it. Name a date that it shows, or map that field.",
        ],
        wrong: "[field]\nplace = { at = \"Unit\", type = \"code\", table = \"unit\" }\n[code.unit]\nby = \"place_date\"\n[code.unit.words]\n\"26425\" = { code = \"A\", until = \"2025-07-01\" }\n\"26368\" = { code = \"A\", from = \"2025-07-01\" }\n",
        right: "[field]\nplace      = { at = \"Unit\", type = \"code\", table = \"unit\" }\nplace_date = { at = \"UnitDate\", type = \"date\" }\n[code.unit]\nby = \"place_date\"\n[code.unit.words]\n\"26425\" = { code = \"A\", until = \"2025-07-01\" }\n\"26368\" = { code = \"A\", from = \"2025-07-01\" }\n",
    },
    Explanation {
        code: code::DOMAIN,
        title: ["Mã nằm ngoài miền đã khai báo", "A code outside its declared domain"],
        text: [
            "`domain` nói mã có thể là gì: một danh sách, một mẫu hoặc một khoảng số. Mã này không thuộc miền đó: thường \
             là gõ nhầm, hoặc bảng tính đã bỏ số 0 ở đầu.",
            "`domain` says which codes there can be: a list, a pattern or a range of numbers. This one is not among them: \
             a slip of the pen, or a spreadsheet dropped its leading zero.",
        ],
        wrong: "[field]\nplace = { at = \"Unit\", type = \"code\", table = \"unit\" }\n[code.unit]\ndomain = { like = \"[0-9]{5}\" }\n[code.unit.words]\n\"26368\" = \"2636\"\n",
        right: "[field]\nplace = { at = \"Unit\", type = \"code\", table = \"unit\" }\n[code.unit]\ndomain = { like = \"[0-9]{5}\" }\n[code.unit.words]\n\"26368\" = \"26368\"\n",
    },
];
