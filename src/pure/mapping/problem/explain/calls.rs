//! Codes of calls: templates, scopes, groups of fields, promises, verdicts, secrets.

use super::Explanation;
use crate::pure::mapping::problem::code;

pub(super) const CODES: &[Explanation] = &[
    Explanation {
        code: code::TEMPLATE,
        title: ["Biến không có, hoặc mẫu viết sai", "A malformed template, or a variable that does not exist"],
        text: [
            "Trong `${…}` chỉ có các biến ghi trong docs/mapping-language.md; không có phép tính, không có điều kiện. XML trong \
             mẫu phải đúng cú pháp.",
            "Between `${` and `}` stand only the variables that docs/mapping-language.md lists; there is no arithmetic and no \
             condition. XML in templates must be well formed.",
        ],
        wrong: "[call.get]\non = \"GET /tickets/${ticket.id}\"\n",
        right: "[call.get]\non = \"GET /tickets/${id}\"\n",
    },
    Explanation {
        code: code::SCOPE,
        title: ["Biến không có giá trị trong lệnh này", "A variable that has no value in this verb"],
        text: [
            "Biến có thật, nhưng ở đây chưa có giá trị: `since` chỉ có khi đọc danh sách, `item.*` khi gửi tệp, `CALL.X` \
             sau bước CALL của cùng một việc.",
            "The variable exists, but has no value here: `since` only in listings, `item.*` when a file is sent, \
             `CALL.X` behind the step CALL of the same verb.",
        ],
        wrong: "[call.get]\non = \"GET /tickets/${id}?at=${since}\"\n",
        right: "[call.get]\non = \"GET /tickets/${id}\"\n",
    },
    Explanation {
        code: code::UNREACHABLE,
        title: ["Không bao giờ dùng đến", "Something that is never reached"],
        text: [
            "Một quy tắc đứng trước đã nhận hết các trường hợp, hoặc không việc nào dùng lệnh gọi này. Quy tắc trả lời \
             được xét theo thứ tự, quy tắc đầu tiên đúng sẽ quyết định.",
            "A rule before it takes everything, or no verb uses the call. Answers are judged in order, and the first \
             rule that fits decides: put the special one before the general one.",
        ],
        wrong: "[[answer]]\nthen = \"refused\"\n[[answer]]\nat   = \"code\"\nis   = \"00\"\nthen = \"ok\"\n",
        right: "[[answer]]\nat   = \"code\"\nis   = \"00\"\nthen = \"ok\"\n[[answer]]\nthen = \"refused\"\n",
    },
    Explanation {
        code: code::GROUPS,
        title: ["Trường không thuộc đúng một nhóm cập nhật", "A field that no update group, or more than one, reaches"],
        text: [
            "Nếu khai báo các nhóm `[[do.update]]` thì mỗi trường được ghi phải thuộc đúng một nhóm: không nhóm nào thì \
             thay đổi không bao giờ đi, hai nhóm thì đi hai lần. `fields = \"*\"` nhận các trường còn lại.",
            "Where `[[do.update]]` groups are declared, each written field is in exactly one: in none its change never \
             goes out, in two it goes out twice. `fields = \"*\"` takes those that are left.",
        ],
        wrong: "[call.update]\non   = \"PUT /tickets/${id}\"\njson = \"${write}\"\n[field]\ncontent = { at = \"Body\", type = \"text\" }\n[[do.update]]\nfields = [\"subject\"]\ncommit = \"update\"\n",
        right: "[call.update]\non   = \"PUT /tickets/${id}\"\njson = \"${write}\"\n[field]\ncontent = { at = \"Body\", type = \"text\" }\n[[do.update]]\nfields = \"*\"\ncommit = \"update\"\n",
    },
    Explanation {
        code: code::PROMISE,
        title: ["Lời hứa mà các lệnh gọi không giữ", "A promise that the calls do not keep"],
        text: [
            "`[promise]` quyết định cầu nối phải thận trọng đến đâu. Hứa tìm được theo mã tham chiếu thì lệnh `find` phải \
             gửi `${ref}`; hứa giữ theo phiên bản thì lệnh ghi phải gửi `${version}`; hứa có khoá thì phải gửi `${intent.key}`.",
            "`[promise]` decides how careful the bridge must be. Who promises a find by reference sends `${ref}` in \
             `find` and shows it in the record; a guard by version sends `${version}`; keys send `${intent.key}`.",
        ],
        wrong: "[call.update]\non   = \"PUT /tickets/${id}\"\njson = \"${write}\"\n[record]\nversion = \"Version\"\n[promise]\nguard = \"version\"\n",
        right: "[call.update]\non   = \"PUT /tickets/${id}?version=${version}\"\njson = \"${write}\"\n[record]\nversion = \"Version\"\n[promise]\nguard = \"version\"\n",
    },
    Explanation {
        code: code::NEVER,
        title: ["Quy tắc không bao giờ khớp", "A rule that can never match"],
        text: [
            "Không có trường hợp nào thoả quy tắc này: danh sách giá trị rỗng, khoảng ngày kết thúc trước khi bắt đầu. \
             Quy tắc như vậy làm người đọc tưởng là có tác dụng.",
            "Nothing can ever fit this rule: an empty list of values, a time that ends before it begins. Such a rule \
             looks as if it did something.",
        ],
        wrong: "[[answer]]\nat   = \"code\"\nin   = []\nthen = \"ok\"\n",
        right: "[[answer]]\nat   = \"code\"\nin   = [\"00\"]\nthen = \"ok\"\n",
    },
    Explanation {
        code: code::SECRET,
        title: ["Mật khẩu hoặc khoá viết thẳng trong tệp", "A secret written into the file"],
        text: [
            "Tệp ánh xạ được chia sẻ, lưu phiên bản, và mã băm của nó nằm trong nhật ký; mật khẩu, khoá, mã phiên thì \
             không. Khai báo tham số với `secret = true` và dùng `${setting.X}`; giá trị nằm trong cấu hình.",
            "Mapping files are shared, kept in version control and named by digest in the audit; passwords, keys and \
             tokens are not for that. Declare a setting with `secret = true` and write `${setting.X}`; the config has its value.",
        ],
        wrong: "[http]\nheader = { Authorization = \"Bearer 0d9f2c\" }\n",
        right: "[setting]\nkey = { secret = true, example = \"k\" }\n[http]\nheader = { Authorization = \"Bearer ${setting.key}\" }\n",
    },
    Explanation {
        code: code::NOTICE,
        title: ["Thông báo mà ai cũng gửi được, hoặc gửi lại được", "A notice that anybody could send, or send again"],
        text: [
            "Thông báo của hệ thống phải được ký: chữ ký phủ cả nội dung (`${sign.text}` hoặc `${sign.body}`) và thời điểm \
             (`${sign.at}`), và các tiêu đề phải mang thời điểm cùng chữ ký. Thiếu một trong các phần ấy thì người khác có thể \
             giả thông báo hoặc gửi lại thông báo cũ.",
            "What a system tells by itself must be signed: over the body (`${sign.text}` or `${sign.body}`) and the time \
             (`${sign.at}`), and the headers must carry the time and the signature, each parted from the next by some text. \
             Without one of them others can make up a notice, or send an old one again.",
        ],
        wrong: "[setting]\nkey = { secret = true, example = \"k\" }\n[hook]\nid = \"id\"\n[hook.sign]\nkey = \"${setting.key}\"\nover = \"${sign.text}\"\nheader = { X-Signature = \"${sign.value}\" }\n",
        right: "[setting]\nkey = { secret = true, example = \"k\" }\n[hook]\nid = \"id\"\n[hook.sign]\nkey = \"${setting.key}\"\nover = \"${sign.at}.${sign.text}\"\nheader = { X-Signature = \"t=${sign.at},v1=${sign.value}\" }\n",
    },
    Explanation {
        code: code::EXAMPLE,
        title: ["Ví dụ không đúng", "An example that fails"],
        text: [
            "Ví dụ trong tệp là phép thử: tài liệu phải đọc thành đúng phiếu, phiếu phải thành đúng lệnh gọi, câu trả lời \
             phải có đúng kết luận. Sửa ví dụ hoặc quy tắc để cả hai nói đúng điều hệ thống làm.",
            "Examples are tests: a document must read as its ticket, a ticket must make its request, an answer must have \
             its verdict. Make the example or the rules say what the system does.",
        ],
        wrong: "[[example]]\nname     = \"one ticket\"\ndocument = '{\"Id\": \"7\", \"Title\": \"Ổ gà\"}'\nticket   = { id = \"8\" }\n",
        right: "[[example]]\nname     = \"one ticket\"\ndocument = '{\"Id\": \"7\", \"Title\": \"Ổ gà\"}'\nticket   = { id = \"7\" }\n",
    },
];
