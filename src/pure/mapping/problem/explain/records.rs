//! Codes of records: paths, what two fields may not share, the laws.

use super::Explanation;
use crate::pure::mapping::problem::code;

pub(super) const CODES: &[Explanation] = &[
    Explanation {
        code: code::PATH,
        title: ["Đường dẫn sai", "A path that is malformed, or leads to something else"],
        text: [
            "Đường dẫn nêu từng bước: `a.b`, mỗi phần tử của danh sách `a[]`, phần tử đầu `a[0]`, phần tử chọn theo giá \
             trị `a[k='v']`. Trường một giá trị không đọc từ danh sách, và ngược lại; ghi thì chỉ theo tên thường.",
            "A path names each step: `a.b`, each of a list `a[]`, the first `a[0]`, one chosen by value `a[k='v']`. A \
             field of one value is not read from a list, nor a list from one value; written are plain names only.",
        ],
        wrong: "[field]\ncontent = { at = \"Body[\", type = \"text\", to = \"Body\" }\n",
        right: "[field]\ncontent = { at = \"Body\", type = \"text\" }\n",
    },
    Explanation {
        code: code::LAW,
        title: ["Ghi rồi đọc lại ra giá trị khác", "A law that does not hold"],
        text: [
            "Mỗi trường phải giữ ba luật: ghi rồi đọc lại ra đúng giá trị (PutGet), đọc rồi ghi lại không đổi gì (GetPut), \
             và hệ thống hiện lại đúng như đã ghi (Silence). Nếu không, hai bên sẽ sửa nhau mãi. Sửa kiểu, hoặc khai báo chỗ mất thông tin.",
            "Each field keeps three laws: what is written reads back as itself (PutGet), writing what was read changes \
             nothing (GetPut), how the system shows a value stays as it is (Silence). Otherwise the sides correct each \
             other for ever. Mend the type, or declare the loss.",
        ],
        wrong: "[field]\ndue_at = { at = \"Due\", type = \"instant\", as = \"%Y-%m-%d %H:%M\" }\n",
        right: "[field]\ndue_at = { at = \"Due\", type = \"instant\", as = \"%Y-%m-%d %H:%M:%S\" }\n",
    },
    Explanation {
        code: code::AMBIGUOUS,
        title: ["Một cách viết đọc ra hai giá trị", "A spelling that reads as two values"],
        text: [
            "Khi đọc, một cách viết phải cho đúng một giá trị. Ở đây cùng một cách viết vừa là giá trị này vừa là giá trị \
             kia, nên không ai biết hệ thống muốn nói gì. Bỏ nó ở một bên.",
            "A spelling must read as exactly one value. Here one stands for two, so nobody can tell what the system \
             means by it. Take it out of one of them.",
        ],
        wrong: "[field]\nafter_hours = { at = \"Late\", type = \"boolean\", yes = [\"1\", \"C\"], no = [\"0\", \"C\"] }\n",
        right: "[field]\nafter_hours = { at = \"Late\", type = \"boolean\", yes = [\"1\", \"C\"], no = [\"0\", \"K\"] }\n",
    },
    Explanation {
        code: code::SAME_SPELLING,
        title: ["Hai trạng thái có cùng một cách viết", "Two canonical states with one encoding"],
        text: [
            "Hai giá trị khác nhau của phiếu (hoặc \"không có gì\" và một giá trị) được viết giống hệt nhau ở hệ thống kia, \
             nên khi đọc lại không còn phân biệt được. Cho mỗi trạng thái một cách viết riêng.",
            "Two different values of the ticket, or nothing and a value, are written the same way there, so reading can't \
             tell them apart. Give each its own spelling.",
        ],
        wrong: "[field]\nafter_hours = { at = \"Late\", type = \"boolean\", yes = [\"1\"], no = [\"0\"], absent = [{ text = \"0\" }] }\n",
        right: "[field]\nafter_hours = { at = \"Late\", type = \"boolean\", yes = [\"1\"], no = [\"0\"], absent = [{ text = \"-\" }] }\n",
    },
    Explanation {
        code: code::KIND,
        title: ["Đường dẫn trái với loại bản ghi", "A path that contradicts the record's kind"],
        text: [
            "Thuộc tính (`@x`) và `nil` chỉ có trong XML; `null` và số chỉ có trong JSON; `header.X` chỉ có ở câu trả lời, \
             không có trong bản ghi. Một tên có @ trong JSON phải đặt trong nháy: `'@rev'`.",
            "Attributes (`@x`) and `nil` are XML's; `header.X` is an answer's, never a record's. A JSON name with an @ is \
             quoted: `'@rev'`.",
        ],
        wrong: "[record]\nversion = \"@rev\"\n",
        right: "[record]\nversion = \"'@rev'\"\n",
    },
    Explanation {
        code: code::SHAPE,
        title: ["Một thành phần được hiểu theo hai cách", "One member taken for two things"],
        text: [
            "Một chỗ trong tài liệu không thể vừa là văn bản vừa là đối tượng, cũng không thể vừa là một giá trị vừa là \
             danh sách. Tài liệu thật chỉ khớp một cách, nên cách kia luôn lỗi.",
            "One place of a document can't be a text and an object, nor one value and a list. Real documents have one of \
             the two, so the other path always fails.",
        ],
        wrong: "[field]\ncontent = { at = \"Body\", type = \"text\" }\nnumber  = { at = \"Body.Number\", type = \"text\", write = \"never\" }\n",
        right: "[field]\ncontent = { at = \"Body.Text\", type = \"text\" }\nnumber  = { at = \"Body.Number\", type = \"text\", write = \"never\" }\n",
    },
    Explanation {
        code: code::TWICE,
        title: ["Hai trường ghi vào một chỗ", "Two fields write one place"],
        text: [
            "Hai trường ghi cùng một thành phần thì trường sau xoá trường trước, và mỗi lần đồng bộ lại thấy khác. Cho \
             mỗi trường một chỗ, hoặc `write = \"never\"` cho trường chỉ để đọc.",
            "Where two fields write one member the second wipes out the first, and every sync finds a difference. Give \
             each its own place, or `write = \"never\"` to the one that is only read.",
        ],
        wrong: "[field]\ncontent = { at = \"Body\", to = \"Title\", type = \"text\" }\n",
        right: "[field]\ncontent = { at = \"Body\", type = \"text\" }\n",
    },
    Explanation {
        code: code::ENCODING,
        title: ["Chữ mà bảng mã ký tự không có", "A text that the documents' encoding can't hold"],
        text: [
            "`[record] encoding` cho biết tài liệu của hệ thống viết bằng bảng mã nào. Chữ này (mã, hằng, cách viết `không có`) \
             không có trong bảng mã đó, hoặc không đọc lại được như cũ: TCVN3 không có chữ hoa có dấu thanh. Một trường cũng \
             không thể có `encoding` riêng: tài liệu đã được giải mã rồi.",
            "`[record] encoding` says in which bytes the system's documents are. They have no bytes for this text (a code, a \
             constant, a spelling of nothing), or it comes back as another one: TCVN3 has no capitals with a tone. Nor can a \
             field have an `encoding` of its own: its document was decoded already.",
        ],
        wrong: "[record]\nencoding = \"tcvn3\"\n[default]\nabsent = [\"null\", { text = \"ĐỂ TRỐNG\" }]\n",
        right: "[record]\nencoding = \"tcvn3\"\n[default]\nabsent = [\"null\", { text = \"để trống\" }]\n",
    },
];
