//! Codes of the file as such: its syntax, its keys, its names, its settings, the files beside it.

use super::Explanation;
use crate::pure::mapping::problem::code;

pub(super) const CODES: &[Explanation] = &[
    Explanation {
        code: code::SYNTAX,
        title: ["Không phải TOML", "Not TOML"],
        text: [
            "Tệp ánh xạ viết bằng TOML: khoá = giá trị, chuỗi đặt trong ngoặc kép, mỗi khoá một lần. Sửa đúng chỗ được \
             gạch chân; các kiểm tra khác chỉ chạy sau khi tệp đọc được.",
            "A mapping file is TOML: key = value, texts in quotes, each key once. Mend the underlined place; nothing \
             else is checked before the file can be read.",
        ],
        wrong: "[child.replies]\nin = Answers[]\n",
        right: "title = \"Answers[]\"\n",
    },
    Explanation {
        code: code::UNKNOWN_KEY,
        title: ["Khoá không có trong ngôn ngữ", "An unknown key"],
        text: [
            "Khoá này không có ở mục này: thường là gõ nhầm, hoặc đặt sai mục. Khoá lạ không bao giờ bị bỏ qua, vì điều \
             người viết muốn nói sẽ âm thầm mất đi.",
            "This section has no such key: a slip of the pen, or the wrong section. Unknown keys are never passed over, \
             since what the writer meant would be lost without a word.",
        ],
        wrong: "[call.changes]\nitmes = \"rows[]\"\n",
        right: "[call.changes]\nitems = \"rows[]\"\n",
    },
    Explanation {
        code: code::WRONG_TYPE,
        title: ["Giá trị sai kiểu", "A value of another type"],
        text: [
            "Ở đây cần một kiểu khác: chuỗi, số, danh sách hoặc bảng; hoặc trường không nhận kiểu này. Mã luôn là chuỗi \
             trong ngoặc kép, vì 010 và \"010\" là hai thứ khác nhau.",
            "Another type belongs here: a text, a number, a list or a table; or the field can't be of this type. Codes \
             are always texts in quotes, since 010 and \"010\" are two things.",
        ],
        wrong: "[field]\nsubject = { at = 5, type = \"text\" }\n",
        right: "[field]\nsubject = { at = \"Title\", type = \"text\" }\n",
    },
    Explanation {
        code: code::MISSING_KEY,
        title: ["Thiếu một khoá bắt buộc", "A key that must be there is missing"],
        text: [
            "Không có khoá này thì không biết phải làm gì: ví dụ một lệnh gọi cần `on`, một danh sách cần `items`. Thêm \
             khoá mà thông báo nêu.",
            "Without this key nobody knows what to do: a call needs `on`, a listing `items`, a record its `kind` and \
             `id`. Add the key that the message names.",
        ],
        wrong: "[call.find]\non = \"GET /tickets?ref=${ref}\"\n",
        right: "[call.find]\non    = \"GET /tickets?ref=${ref}\"\nitems = \"rows[]\"\n",
    },
    Explanation {
        code: code::BAD_VALUE,
        title: ["Giá trị không dùng được ở đây", "A value that is not allowed here"],
        text: [
            "Kiểu thì đúng nhưng giá trị không có nghĩa: từ không có trong danh sách, ngày giờ không đọc lại được, cỡ \
             trang bằng 0. Thông báo nêu các giá trị dùng được.",
            "The type is right, the value means nothing: a word that is not in the list, a pattern of dates that can't \
             be read back, pages of no rows. The message names what can be written.",
        ],
        wrong: "[call.get]\non = \"FETCH /tickets/${id}\"\n",
        right: "[call.get]\non = \"GET /tickets/${id}\"\n",
    },
    Explanation {
        code: code::UNKNOWN_NAME,
        title: ["Tên không có trong tệp hoặc trong phiếu", "A name of something that is not there"],
        text: [
            "Tên trường, lệnh gọi, bảng mã hoặc tham số này không có. Tên trường là danh sách cố định trong \
             docs/mapping-language.md; các tên khác do chính tệp khai báo.",
            "There is no field, call, code table or setting of this name. Fields are those listed in \
             docs/mapping-language.md; all other names are declared by the file itself.",
        ],
        wrong: "[field]\nsubjct = { at = \"Title\", type = \"text\" }\n",
        right: "[field]\nsubject = { at = \"Title\", type = \"text\" }\n",
    },
    Explanation {
        code: code::SETTING,
        title: ["Tham số thiếu hoặc sai giá trị", "A setting that is missing or not what it must be"],
        text: [
            "Tham số là điều mỗi nơi triển khai tự cho: địa chỉ, khoá. Mỗi tham số cần `example` để kiểm tra tệp, và cần \
             giá trị (hoặc `default`) khi chạy; địa chỉ phải là URL http hoặc https.",
            "A setting is what each deployment gives: an address, a key. Each needs an `example` to check the file with, \
             and a value (or a `default`) to run with; a URL must be http or https.",
        ],
        wrong: "[setting]\nunit = { about = \"our own unit code\" }\n[call.changes]\nquery = { unit = \"${setting.unit}\" }\n",
        right: "[setting]\nunit = { about = \"our own unit code\", example = \"H19\" }\n[call.changes]\nquery = { unit = \"${setting.unit}\" }\n",
    },
    Explanation {
        code: code::UNUSED,
        title: ["Đã khai báo mà không dùng", "Declared, and never used"],
        text: [
            "Tham số hoặc bảng mã này không được dùng ở đâu: hoặc thừa, hoặc chỗ cần dùng nó đã gõ nhầm tên. Bỏ đi, hoặc \
             dùng nó.",
            "Nothing uses this setting or code table: it is left over, or the place that should use it names another. \
             Take it out, or use it.",
        ],
        wrong: "[setting]\nunit = { example = \"H19\" }\n",
        right: "[setting]\nunit = { example = \"H19\" }\n[call.changes]\nquery = { unit = \"${setting.unit}\" }\n",
    },
    Explanation {
        code: code::BESIDE,
        title: ["Tệp đi kèm không dùng được", "A file beside the mapping can't be used"],
        text: [
            "Bảng mã nói đến một tệp CSV đặt cùng thư mục với tệp ánh xạ. Tên tệp không được chứa thư mục; tệp phải có, \
             là UTF-8 (trong Excel: `CSV UTF-8`), dòng đầu là tên cột.",
            "A code table names a CSV in the mapping's own folder. The name holds no folder; the file must be there, in \
             UTF-8 (in Excel: `CSV UTF-8`), with the names of its columns in the first line.",
        ],
        wrong: "[field]\nplace = { at = \"Unit\", type = \"code\", table = \"unit\" }\n[code.unit]\nfile = \"../units.csv\"\n",
        right: "[field]\nplace = { at = \"Unit\", type = \"code\", table = \"unit\" }\n[code.unit]\nfile = \"units.csv\"\n",
    },
];
