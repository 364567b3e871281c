//! The catalogue: one line a message, `Key: Vietnamese, English;`. Parameters are `{0}`, `{1}` ….

macro_rules! texts {
    ($($(#[$doc:meta])* $key:ident: $vi:literal, $en:literal;)*) => {
        /// The name of a message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Key {
            $($(#[$doc])* #[doc = $en] $key,)*
        }

        impl Key {
            /// All messages, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$key),*];

            /// The Vietnamese and the English text.
            pub(super) const fn texts(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$key => ($vi, $en),)*
                }
            }
        }
    };
}

texts! {
    // Words used everywhere
    SideProvince: "Hệ thống của tỉnh", "Province";
    SideNational: "Hệ thống quốc gia", "National";
    KindTickets: "phiếu", "tickets";
    KindReplies: "nội dung trả lời", "replies";
    KindTransfers: "lượt chuyển xử lý", "transfers";
    KindAttachments: "tệp đính kèm", "attachments";
    FromTo: "Từ {0} đến {1}", "From {0} to {1}";
    Until: "Đến {0}", "Until {0}";
    Total: "Tổng cộng", "Total";
    Empty: "(trống)", "(empty)";
    Masked: "(đã che)", "(masked)";
    Unknown: "Chưa xác định", "Not stated";
    Yes: "Có", "Yes";
    No: "Không", "No";
    Link: "Liên kết", "Link";
    Side: "Hệ thống", "Side";
    Reference: "Mã liên kết", "Reference";
    Reason: "Lý do", "Reason";
    Since: "Từ lúc", "Since";

    // Classes of the reconciliation
    ClassMatched: "Khớp", "Matched";
    ClassDiffering: "Khác nhau", "Differing";
    ClassMissingProvince: "Thiếu ở hệ thống của tỉnh", "Missing in the province";
    ClassMissingNational: "Thiếu ở hệ thống quốc gia", "Missing at the national side";
    ClassWaiting: "Đang chờ gửi", "Waiting to be sent";
    ClassParked: "Bị từ chối, chờ khắc phục", "Refused, to be mended";
    ClassInDoubt: "Chưa rõ kết quả gửi", "Outcome in doubt";
    ClassConflict: "Xung đột, chờ quyết định", "Conflict, to be decided";
    ClassQuarantined: "Dữ liệu không đọc được", "Unreadable";
    ClassDuplicated: "Trùng lặp", "Duplicated";
    ClassNotSelected: "Không thuộc diện liên thông", "Not selected for the link";
    HintMatched: "Hai hệ thống thể hiện như nhau", "Both systems show the same";
    HintDiffering: "Có trường dữ liệu không giống nhau mà chưa có lý do", "Some field differs and nothing explains it";
    HintMissingProvince: "Chỉ có ở hệ thống quốc gia", "Only at the national side";
    HintMissingNational: "Chỉ có ở hệ thống của tỉnh", "Only in the province";
    HintWaiting: "Đã ghi nhận, sẽ gửi trong lượt tới", "Recorded, goes with the next cycle";
    HintParked: "Hệ thống đích không nhận, kèm nguyên văn lý do", "The target does not take it, in its own words";
    HintInDoubt: "Đã gửi nhưng mất phản hồi, đang tra cứu lại", "Sent, the answer was lost, being looked up";
    HintConflict: "Cả hai bên cùng sửa, cần người quyết định", "Both sides changed it, a person decides";
    HintQuarantined: "Mã lạ hoặc dữ liệu sai, phiếu được tách riêng", "Unknown code or bad data, set aside";
    HintOverdue: "Chưa trả lời khi đã hết hạn", "Not answered by their deadline";
    HintDuplicated: "Nhiều phiếu mang cùng một mã liên kết", "Several records carry one reference";

    // The report
    Nation: "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM";
    Motto: "Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness";
    ReportTitle: "BÁO CÁO ĐỐI SOÁT PHẢN ÁNH, KIẾN NGHỊ", "RECONCILIATION REPORT ON CITIZENS' FEEDBACK";
    ReportLead: "Giữa hệ thống tiếp nhận của tỉnh và các hệ thống quốc gia", "Between the province's ticket system and the national portals";
    ReportRun: "Lần đối soát số {0}", "Reconciliation no. {0}";
    ReportDay: "Ngày {0} tháng {1} năm {2}", "{2}-{1}-{0}";
    ReportPeriod: "Kỳ báo cáo", "Period";
    ReportWhole: "Toàn bộ dữ liệu đến {0}", "Everything until {0}";
    ReportGenerated: "Lập lúc {0}", "Made at {0}";
    ReportProgram: "Lập bởi {0}", "Made by {0}";
    SectionSummary: "Kết quả đối soát", "Result";
    SectionLinks: "Theo liên kết", "By link";
    SectionFigures: "Tình hình xử lý", "Handling";
    SectionFields: "Theo lĩnh vực", "By field";
    SectionAgencies: "Theo đơn vị chủ trì", "By handling agency";
    SectionLists: "Danh sách cần xử lý", "Needs action";
    SectionOverdue: "Phiếu quá hạn", "Overdue tickets";
    SectionBasis: "Căn cứ và phương pháp", "Basis and method";
    CardJoined: "Phiếu đối soát", "Tickets compared";
    CardMatched: "Khớp", "Matched";
    CardOnTheWay: "Đang chuyển", "On their way";
    CardAction: "Cần xử lý", "Need a person";
    CardWrong: "Sai lệch", "Wrong";
    CardOverdue: "Quá hạn", "Overdue";
    CardRate: "{0} số phiếu", "{0} of all";
    VerdictGood: "Không mất, không trùng, không sai lệch.", "Nothing is lost, doubled or different.";
    VerdictBad: "Có {0} phiếu mất, trùng hoặc sai lệch chưa rõ lý do; danh sách ở phần dưới.", "Lost, doubled or different without a known reason: {0}; all are listed below.";
    ColumnClass: "Phân loại", "Class";
    ColumnCount: "Số phiếu", "Tickets";
    ColumnShare: "Tỷ lệ", "Share";
    ColumnCarried: "Kỳ trước chuyển sang", "Carried over";
    ColumnReceived: "Tiếp nhận trong kỳ", "Received";
    ColumnHandled: "Đã trả lời", "Answered";
    ColumnPublished: "Đã công khai", "Published";
    ColumnRefused: "Từ chối", "Refused";
    ColumnWithdrawn: "Đã rút", "Withdrawn";
    ColumnInTime: "Đang xử lý, trong hạn", "Open, in time";
    ColumnOverdue: "Đang xử lý, quá hạn", "Open, overdue";
    ColumnLate: "Trả lời trễ hạn", "Ended late";
    ColumnDaysOverdue: "Số ngày quá hạn", "Days overdue";
    ColumnProvinceId: "Mã ở hệ thống của tỉnh", "Province id";
    ColumnNationalId: "Mã ở hệ thống quốc gia", "National id";
    ColumnAbout: "Nội dung phản ánh", "About";
    ColumnNote: "Ghi chú", "Note";
    ColumnDueBasis: "Căn cứ thời hạn", "Basis of the deadline";
    ColumnNo: "STT", "No.";
    DaysOverdue: "{0} ngày", "{0} days";
    MoreRows: "… và {0} phiếu khác; danh sách đầy đủ ở tệp CSV và JSON.", "… and {0} more; the CSV and JSON files list all.";
    NothingHere: "Không có phiếu nào.", "None.";
    DifferenceOnly: "{0} {1} chỉ có ở: {2}", "{0} {1} only at: {2}";
    DifferenceField: "{0}: tỉnh “{1}”, quốc gia “{2}”", "{0}: province “{1}”, national “{2}”";
    BasisDeadline: "Thời hạn: theo hạn ghi trên phiếu; phiếu không ghi hạn tính theo {0}.", "Deadlines: as the ticket states; where it states none, by {0}.";
    BasisDays: "{0} ngày kể từ ngày tiếp nhận ({1})", "{0} days from receipt ({1})";
    BasisHours: "{0} giờ kể từ lúc tiếp nhận ({1})", "{0} hours from receipt ({1})";
    BasisListing: "Hai hệ thống được đọc lại từ đầu, độc lập với trạng thái đồng bộ; không có gì được tự sửa.", "Both systems were listed anew, independent of the state of the sync; nothing was repaired silently.";
    BasisFigures: "Kỳ trước chuyển sang + tiếp nhận = đã trả lời + đã công khai + từ chối + đã rút + đang xử lý (trong hạn và quá hạn).", "Carried over + received = answered + published + refused + withdrawn + open (in time and overdue).";
    BasisMasked: "Dữ liệu cá nhân đã được che.", "Personal data is masked.";
    BasisOpen: "CÓ DỮ LIỆU CÁ NHÂN: chỉ dùng trong nội bộ, theo Luật Bảo vệ dữ liệu cá nhân.", "CONTAINS PERSONAL DATA: for internal use only.";
    BasisMapping: "Tệp ánh xạ", "Mapping file";
    BasisHash: "Mã băm SHA-256", "SHA-256";
    BasisSince: "áp dụng từ {0}", "in force since {0}";
    SignMaker: "NGƯỜI LẬP BIỂU", "PREPARED BY";
    SignHead: "THỦ TRƯỞNG ĐƠN VỊ", "HEAD OF UNIT";
    SignMakerHint: "(Ký, ghi rõ họ tên)", "(Signature, full name)";
    SignHeadHint: "(Ký, ghi rõ họ tên, đóng dấu)", "(Signature, full name, seal)";
    ChartClasses: "Biểu đồ tỷ lệ các loại kết quả", "Chart: share of each class";
    LegendEnded: "Đã kết thúc xử lý", "Ended";
    LegendOpen: "Đang xử lý, trong hạn", "Open, in time";
    LegendLate: "Đang xử lý, quá hạn", "Open, overdue";
    ChartFigures: "Biểu đồ số phiếu", "Chart: tickets";

    // The command line and the dashboard
    CliReportWritten: "Báo cáo đã ghi: {0}", "Report written: {0}";
    CliPulled: "Kéo về", "Pulled down";
    CliPushed: "Gửi lên", "Pushed up";
    CliRetries: "Gửi lại", "Retries";
    CliSettled: "Đã làm rõ sau khi mất phản hồi", "Doubts settled";
    CliLost: "Mất", "Lost";
    CliDoubled: "Trùng", "Duplicated";
    CliDifferent: "Khác", "Different";
    CliQueue: "Hàng đợi", "Queue";
    CliConflicts: "Xung đột", "Conflicts";
    RunSync: "đồng bộ", "sync";
    NoSuchSystem: "không có hệ thống `{0}` trong cấu hình", "there is no system `{0}` in the config";
    RunFull: "đồng bộ toàn bộ", "full sync";
    RunReport: "đối soát", "report";
    CliLastRun: "Lần chạy gần nhất", "Last run";
    StatusCases: "Phiếu", "Tickets";
    StatusPaired: "Có ở hai bên", "On both sides";
    StatusSeen: "{0}: đã đọc thay đổi đến {1}", "{0}: changes read until {1}";
    StatusMappingRefused: "{0}: tệp {1} đã đổi nhưng chưa dùng được, bản trước vẫn chạy; lỗi ở: {2}", "{0}: {1} changed and is not sound, the one before goes on; problems at: {2}";
    QueueKey: "Khóa", "Key";
    QueueWhat: "Việc", "What";
    QueueDue: "Gửi lúc", "Due";
    QueueFirstSent: "Gửi lần đầu", "First sent";
    QueueEmpty: "Hàng đợi trống.", "The queue is empty.";
    ConflictsNone: "Không có xung đột nào.", "No conflicts.";
    ConflictsHint: "Quyết định bằng: conflicts resolve MÃ TRƯỜNG --take province|national; xem phần bị che bằng --personal-data", "Decide with: conflicts resolve REFERENCE FIELD --take province|national; see what is masked with --personal-data";
    HandsDone: "Đã ghi nhận {0} quyết định; lượt đồng bộ tới sẽ thực hiện.", "Recorded {0} decision(s); the next sync carries them out.";
    SyncElsewhere: "{0}: tiến trình khác trên cùng cơ sở dữ liệu đang liệt kê", "{0}: polled by another daemon on the same database";
    SyncListed: "{0}: đã liệt kê {1} phiếu, đọc {2}", "{0}: {1} tickets listed, {2} read";
    SyncLetGo: "{0}: {1} phiếu không còn nữa, theo lời người ra lệnh", "{0}: {1} tickets are not there any more, by your word";
    SyncDone: "Đã gửi {0}, làm rõ {1}; còn chờ {2}, bị từ chối {3}, xung đột {4}, không đọc được {5}", "Sent {0}, settled {1}; waiting {2}, refused {3}, conflicts {4}, unreadable {5}";
    CoverageRead: "{0}: đã đọc {1} tài liệu", "{0}: {1} document(s) read";
    CoverageRows: "{0} dòng danh sách chỉ nêu tên phiếu", "{0} rows that only name a ticket";
    CoverageAnswers: "{0} phản hồi không có bản ghi", "{0} answers without records";
    CoverageUnmapped: "Chưa được ánh xạ", "Nothing maps";
    CoverageUnknown: "Mã không có trong bảng mã", "Codes that no table knows";
    CoverageFailing: "Giá trị không đọc được", "Values that can't be read";
    CoverageUnreadable: "Tài liệu không dùng được", "Documents that could not be used";
    CoverageNeverFilled: "Trường chưa từng có giá trị: {0}", "Fields that never had a value: {0}";
    CoverageNeverSeen: "Mã chưa từng gặp: {0}", "Codes never met: {0}";
    CoverageGood: "Mọi dữ liệu đều đã được ánh xạ và đọc được.", "Everything is mapped and readable.";
    CoverageBad: "Cần người xem: bổ sung ánh xạ, hoặc ghi chỗ cố ý bỏ qua vào `ignore`.", "A person must look: map what is missing, or name what is left out on purpose in `ignore`.";
    ColumnLine: "Dòng", "Line";
    ColumnSpelled: "Hệ thống ghi", "Spelled";
    ColumnValue: "Giá trị", "Value";
    ColumnBy: "Theo", "By";
    ColumnTimes: "Số lần", "Times";
    ColumnFilled: "Có giá trị", "Filled";
    ColumnRecord: "Bản ghi", "Record";
    ColumnPath: "Vị trí", "Path";
    ColumnLooks: "Dạng", "Looks like";
    ColumnTable: "Bảng mã", "Table";
    ColumnCode: "Mã", "Code";
    ColumnField: "Trường", "Field";
    ColumnFile: "Tệp", "File";
    ColumnFirstIn: "Tệp đầu tiên", "First in";
    MoreLines: "… và {0} dòng nữa; --format json in đầy đủ", "… and {0} more; --format json tells all";
    CheckGood: "{0}: không có lỗi", "{0}: no problems";
    CheckStays: "liên kết {0}: trường `{1}` chỉ có trong {2} nên không sang bên kia", "link {0}: only {2} declares the field `{1}`, so it does not cross";
    TriedGood: "{0}: tốt", "{0}: good";
    TriedRows: "{0}: {1} phiếu", "{0}: {1} tickets";
    TriedRowsAndMore: "{0}: {1} phiếu ở trang đầu, còn trang sau", "{0}: {1} tickets on the first page, and more pages";
    TriedClock: "; đồng hồ lệch {0} giây", "; its clock is {0} seconds ahead of ours";
    TriedTicket: "{0}: đọc được phiếu {1}: {2} trường, {3} mục con", "{0}: ticket {1} can be read: {2} fields, {3} parts";
    TriedUnreadable: "! {0}: không hiểu được phiếu {1}: {2}", "! {0}: ticket {1} can't be understood: {2}";
    TriedFile: "{0}: tải được một tệp, {1} byte", "{0}: one file, {1} bytes";
    TriedNothing: "{0}: chưa có gì để thử", "{0}: nothing there to try it on";
    TriedBroken: "! không giữ lời hứa `{0}`: {1}", "! the promise `{0}` is not kept: {1}";
    TriedFailed: "! {0}: {1}", "! {0}: {1}";
    ExplainWrong: "Sai", "Wrong";
    ExplainRight: "Đúng", "Right";
    ExplainUnknown: "không có mã lỗi `{0}`; các mã là {1}", "there is no code `{0}`; the codes are {1}";
    DemoRecount: "Đếm lại từ nhật ký gốc của các hệ thống: {0} phiếu, {1} giây", "Recount from the systems' own logs: {0} tickets, {1} seconds";
    DemoWronglySent: "Gửi nhầm", "Where they must not be";
    DemoProgress: "{0} lượt ghi · {1} lần gửi lại · {2} lần làm rõ kết quả", "{0} writes · {1} retries · {2} doubts settled";
    DemoProgressPaired: "phiếu có ở hai bên", "tickets on both sides";
    DemoServing: "Các hệ thống mô phỏng chạy đến khi bấm Ctrl-C:", "The simulated systems stay up until Ctrl-C:";
    DemoNotQuiet: "Hai bên chưa yên: vẫn còn việc đang chờ.", "Both sides did not come to rest: something still waits.";
    CliNext: "Các lệnh tiếp theo", "Go on with";
}
