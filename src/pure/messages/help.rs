//! The help of the command line in Vietnamese, by its English sentence. A test of the cli walks every command and
//! option and fails on a sentence that is missing here.

/// English and Vietnamese, in the order of `--help`.
const HELP: &[(&str, &str)] = &[
    (
        "Keeps citizens' feedback tickets (PAKN) the same in a province's ticket system and on national portals",
        "Giữ phiếu phản ánh, kiến nghị (PAKN) thống nhất ở hệ thống của tỉnh và các hệ thống quốc gia",
    ),
    (
        "Exit codes: 0 done; 1 something needs a person; 2 wrong use, config or mapping; 3 a remote system or the \
         database can't be reached; 4 a fault of this program.",
        "Mã thoát: 0 xong; 1 có việc cần người xử lý; 2 dùng sai, cấu hình hoặc tệp ánh xạ sai; 3 không kết nối được \
         hệ thống ở xa hoặc cơ sở dữ liệu; 4 lỗi của chương trình.",
    ),
    ("Print help", "In hướng dẫn"),
    ("Print help (see more with '--help')", "In hướng dẫn (xem thêm bằng '--help')"),
    ("Print help (see a summary with '-h')", "In hướng dẫn (xem tóm tắt bằng '-h')"),
    ("Print version", "In phiên bản"),
    ("Print this message or the help of the given subcommand(s)", "In hướng dẫn này hoặc hướng dẫn của một lệnh"),
    ("The config file", "Tệp cấu hình"),
    ("How results are written", "Cách ghi kết quả"),
    (
        "Language of texts; else Vietnamese where the locale is, English otherwise",
        "Ngôn ngữ của thông báo; mặc định theo máy: tiếng Việt nếu máy đặt tiếng Việt, nếu không thì tiếng Anh",
    ),
    ("Tell more on stderr; twice for still more", "Ghi nhật ký chi tiết hơn ra stderr; hai lần để chi tiết hơn nữa"),
    ("Tell only errors on stderr", "Chỉ ghi lỗi ra stderr"),
    (
        "Show the whole bridge at work between simulated systems, and count what came of it",
        "Chạy thử toàn bộ cầu nối giữa các hệ thống mô phỏng và kiểm đếm kết quả",
    ),
    ("Tickets in the simulated systems", "Số phiếu trong các hệ thống mô phỏng"),
    ("Makes the same tickets, people and faults again", "Tạo lại đúng các phiếu, người dùng và sự cố như cũ"),
    ("Whether the simulated systems have faults", "Các hệ thống mô phỏng có sự cố hay không"),
    (
        "How many of the tickets belong on a national side, percent",
        "Tỷ lệ phiếu thuộc diện chuyển lên hệ thống quốc gia, phần trăm",
    ),
    (
        "Where config, mappings and database are written; a fresh temporary folder by default",
        "Nơi ghi cấu hình, tệp ánh xạ và cơ sở dữ liệu; mặc định là một thư mục tạm mới",
    ),
    (
        "Keep the simulated systems running at the end, until Ctrl-C",
        "Giữ các hệ thống mô phỏng chạy tiếp sau khi xong, đến khi bấm Ctrl-C",
    ),
    ("Work as a daemon until told to stop", "Chạy nền liên tục đến khi được yêu cầu dừng"),
    ("Run one cycle and end", "Chạy một lượt đồng bộ rồi kết thúc"),
    (
        "This system was put back to an older backup: read everything of it again first",
        "Hệ thống này đã được khôi phục từ bản sao lưu cũ: đọc lại toàn bộ trước",
    ),
    (
        "Tickets that this system does not have any more were really deleted, however many they are: let them go",
        "Các phiếu mà hệ thống này không còn nữa là đã bị xóa thật, dù nhiều đến đâu: chấp nhận là đã mất",
    ),
    ("List everything, not only what changed", "Đọc toàn bộ, không chỉ phần có thay đổi"),
    (
        "Wait so many seconds at most for retries and doubts",
        "Chờ tối đa từng này giây cho việc gửi lại và việc chưa rõ kết quả",
    ),
    (
        "Check the config and the mapping files that it names, or mapping files alone",
        "Kiểm tra cấu hình và các tệp ánh xạ nêu trong đó, hoặc chỉ các tệp ánh xạ",
    ),
    ("Tell what a problem's code means, such as M012", "Giải thích một mã lỗi, ví dụ M012"),
    ("Mapping files to check alone, without a config", "Các tệp ánh xạ cần kiểm tra riêng, không cần cấu hình"),
    (
        "Run captured documents (whole answers or records; files, folders) through the mapping file and tell what it lacks",
        "Chạy các tài liệu đã thu (cả phản hồi hoặc từng bản ghi; tệp, thư mục) qua tệp ánh xạ và cho biết còn thiếu gì",
    ),
    (
        "Write a first mapping file from captured documents of a system, to stdout",
        "Viết tệp ánh xạ đầu tiên từ các tài liệu đã thu của một hệ thống, ra stdout",
    ),
    ("In which encoding the documents of `--draft` are", "Bảng mã của các tài liệu đưa cho `--draft`"),
    (
        "Try each call of the config's systems that changes nothing, and tell what it saw",
        "Thử mọi lệnh gọi chỉ đọc của các hệ thống trong cấu hình, và cho biết kết quả",
    ),
    ("Print the JSON Schema of mapping files, for editors", "In JSON Schema của tệp ánh xạ, dùng cho trình soạn thảo"),
    ("Try a mapping on a document", "Thử một tệp ánh xạ trên một bản ghi"),
    ("What to do with the document", "Làm gì với bản ghi"),
    ("The mapping file", "Tệp ánh xạ"),
    (
        "The document: a record as the system shows it, or for `write` a ticket as `read` prints it; stdin by default",
        "Bản ghi như hệ thống trả về, hoặc với `write` là phiếu như `read` in ra; mặc định đọc từ stdin",
    ),
    (
        "With `read`: tell which rule gave which field, from where and by what",
        "Với `read`: cho biết quy tắc nào cho ra trường nào, đọc ở đâu và theo cách nào",
    ),
    (
        "With `write`: what an update would write, not a create",
        "Với `write`: nội dung của lần cập nhật thay vì lần tạo mới",
    ),
    ("The system's record → our ticket", "Bản ghi của hệ thống → phiếu"),
    ("Our ticket → what would be written", "Phiếu → nội dung sẽ ghi"),
    (
        "The system's record → our ticket → the system's spelling, as a diff (of whole documents where it takes them)",
        "Bản ghi → phiếu → cách ghi của hệ thống, so sánh khác biệt (cả tài liệu, nếu hệ thống nhận cả tài liệu)",
    ),
    (
        "Show what is there, what is under way and what needs a person",
        "Xem hiện có gì, đang xử lý gì và việc gì cần người xử lý",
    ),
    ("Writes that wait, are under way, or were refused", "Các lần ghi đang chờ, đang gửi hoặc bị từ chối"),
    ("List what waits, oldest first", "Liệt kê việc đang chờ, cũ nhất trước"),
    ("Only what needs a person", "Chỉ việc cần người xử lý"),
    ("At most so many", "Tối đa từng này"),
    ("Show one write, or all that is open of one ticket", "Xem một lần ghi, hoặc mọi việc còn mở của một phiếu"),
    (
        "Key of the write (its beginning is enough) or reference of the ticket",
        "Khóa của lần ghi (chỉ cần phần đầu) hoặc mã liên kết của phiếu",
    ),
    ("Show personal data as it is", "Hiện nguyên dữ liệu cá nhân"),
    ("Try again at once what waits or was refused", "Thử lại ngay việc đang chờ hoặc đã bị từ chối"),
    (
        "Give up a write; it is not planned again until a value changes",
        "Bỏ một lần ghi; không gửi lại cho đến khi có giá trị thay đổi",
    ),
    ("Key of the write (its beginning is enough)", "Khóa của lần ghi (chỉ cần phần đầu)"),
    ("Fields that both sides changed and a person must decide", "Các trường cả hai bên cùng sửa, cần người quyết định"),
    ("List them", "Liệt kê"),
    ("At most so many tickets", "Tối đa từng này phiếu"),
    ("Show those of one ticket", "Xem xung đột của một phiếu"),
    ("Reference of the ticket or of a part of it", "Mã liên kết của phiếu hoặc của một phần của phiếu"),
    ("Decide whose value stands", "Quyết định giữ giá trị của bên nào"),
    ("The field, as `list` names it", "Tên trường, như `list` ghi"),
    ("Whose value", "Giá trị của bên nào"),
    (
        "Only if the values are still the ones shown under this name",
        "Chỉ khi hai giá trị vẫn đúng như đã hiện dưới tên này",
    ),
    ("The province's", "Của tỉnh"),
    ("The national portal's", "Của hệ thống quốc gia"),
    ("Reconcile both systems anew and write the report", "Đối soát lại hai hệ thống và lập báo cáo"),
    ("Only this link", "Chỉ liên kết này"),
    (
        "First day of the period (2026-11-01); from the first ticket on by default",
        "Ngày đầu kỳ (2026-11-01); mặc định từ phiếu đầu tiên",
    ),
    ("Last day of the period; today by default", "Ngày cuối kỳ; mặc định là hôm nay"),
    ("Show personal data as it is; masked otherwise", "Hiện nguyên dữ liệu cá nhân; mặc định che bớt"),
    ("The log of everything that was decided and done", "Nhật ký mọi việc đã quyết định và đã làm"),
    ("List entries, oldest first", "Liệt kê các mục, cũ nhất trước"),
    ("Begin after this entry", "Bắt đầu sau mục này"),
    ("Only of this ticket", "Chỉ của phiếu này"),
    ("Print completions for a shell", "In phần gợi ý lệnh cho shell"),
    ("The shell", "Loại shell"),
];

/// Headings that are not sentences of a command: usage, commands, arguments, options, options of every command.
pub const HEADINGS: [&str; 5] = ["Cách dùng", "Các lệnh", "Tham số", "Tùy chọn", "Tùy chọn chung"];

/// The Vietnamese of a sentence of the help.
#[must_use]
pub fn vietnamese(english: &str) -> Option<&'static str> {
    HELP.iter().find(|(known, _)| *known == english).map(|(_, vietnamese)| *vietnamese)
}

/// What is wrong with a command line, by the parser's name of it; `{…}` is what the parser tells.
const WRONG_USE: [(&str, &str); 9] = [
    ("UnknownArgument", "không có tham số `{InvalidArg}`"),
    ("InvalidSubcommand", "không có lệnh `{InvalidSubcommand}`"),
    ("InvalidValue", "`{InvalidValue}` không dùng được cho `{InvalidArg}`"),
    ("ValueValidation", "`{InvalidValue}` không dùng được cho `{InvalidArg}`"),
    ("MissingRequiredArgument", "thiếu `{InvalidArg}`"),
    ("ArgumentConflict", "`{InvalidArg}` không dùng cùng `{PriorArg}`"),
    ("TooManyValues", "`{InvalidArg}` không nhận thêm `{InvalidValue}`"),
    ("TooFewValues", "`{InvalidArg}` cần ít nhất {MinValues} giá trị"),
    ("WrongNumberOfValues", "`{InvalidArg}` cần {ExpectedNumValues} giá trị"),
];

/// What is told beside it, where the parser tells it.
pub const HINTS: [(&str, &str); 5] = [
    ("ValidValue", "dùng được: {}"),
    ("ValidSubcommand", "các lệnh: {}"),
    ("SuggestedArg", "có phải là `{}`?"),
    ("SuggestedValue", "có phải là `{}`?"),
    ("SuggestedSubcommand", "có phải là `{}`?"),
];
/// Where to read on.
pub const READ_ON: &str = "Xem thêm bằng `--help`.";

/// The Vietnamese of a mistake in a command line.
#[must_use]
pub fn wrong_use(kind: &str) -> &'static str {
    WRONG_USE.iter().find(|(known, _)| *known == kind).map_or("dòng lệnh không đúng", |(_, sentence)| *sentence)
}
