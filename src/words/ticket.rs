//! The canonical ticket (phiếu phản ánh, kiến nghị): its fields, its children's fields, its lifecycle.
//!
//! Adding a field is one line in one of the tables below: mapping, sync, store, report and command line all
//! walk these tables and name no field by themselves, except those with a rule of their own (status, agency, instants).

use std::borrow::Cow;
use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};

use super::value::Type;

/// What a record is: the ticket itself, or one of its parts that has a life of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// The ticket (phiếu).
    Ticket,
    /// A reply or answer in its thread (nội dung trả lời).
    Reply,
    /// A transfer from one agency to another (chuyển xử lý).
    Transfer,
    /// A document that came with it, or with one of its replies (tệp đính kèm).
    Attachment,
}

impl RecordKind {
    /// All kinds, the ticket first.
    pub const ALL: [Self; 4] = [Self::Ticket, Self::Reply, Self::Transfer, Self::Attachment];
    /// The kinds that live under a ticket, in the order in which they must cross.
    pub const CHILDREN: [Self; 3] = [Self::Attachment, Self::Transfer, Self::Reply];

    /// Stable singular name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Reply => "reply",
            Self::Transfer => "transfer",
            Self::Attachment => "attachment",
        }
    }

    /// Name of the mapping section that describes this kind (`[child.replies]`), none for the ticket.
    #[must_use]
    pub const fn section(self) -> Option<&'static str> {
        match self {
            Self::Ticket => None,
            Self::Reply => Some("replies"),
            Self::Transfer => Some("transfers"),
            Self::Attachment => Some("attachments"),
        }
    }

    /// The fields of this kind, in the order in which people read them.
    #[must_use]
    pub const fn fields(self) -> &'static [FieldInfo] {
        match self {
            Self::Ticket => TICKET,
            Self::Reply => REPLY,
            Self::Transfer => TRANSFER,
            Self::Attachment => ATTACHMENT,
        }
    }

    /// The description of one field of this kind.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static FieldInfo> {
        self.fields().iter().find(|info| info.name == name)
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a field. Fixed ones are constants of [`field`]; a province may declare its own later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Field(Cow<'static, str>);

impl Field {
    /// A name known at compile time.
    #[must_use]
    pub const fn fixed(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }
    /// A name from a file: one that the core knows costs nothing to copy.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let known = RecordKind::ALL.iter().find_map(|kind| kind.field(name));
        known.map_or_else(|| Self(Cow::Owned(name.to_owned())), FieldInfo::field)
    }
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl Visitor<'_> for Name {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field")
            }
            fn visit_str<E>(self, name: &str) -> Result<Field, E> {
                Ok(Field::named(name))
            }
        }

        deserializer.deserialize_str(Name)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known of one field for all systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldInfo {
    /// Stable name, as in mapping files and JSON.
    pub name: &'static str,
    /// What its values look like.
    pub kind: Type,
    /// Whether it tells who a person is: masked unless asked for, never in logs or audit entries.
    pub personal: bool,
    /// Official term.
    pub vi: &'static str,
    /// The same in English.
    pub en: &'static str,
}

impl FieldInfo {
    /// The field's name as a key.
    #[must_use]
    pub const fn field(&self) -> Field {
        Field::fixed(self.name)
    }
}

macro_rules! fields {
    ($table:ident: $($name:literal $kind:expr, $personal:ident, $vi:literal, $en:literal;)*) => {
        pub(crate) const $table: &[FieldInfo] = &[$(
            FieldInfo { name: $name, kind: $kind, personal: fields!(@ $personal), vi: $vi, en: $en },
        )*];
    };
    (@ open) => { false };
    (@ personal) => { true };
}

use Type::{Boolean, Code, CodeList, Date, Instant, Integer, OpenCode, Text};

fields! { TICKET:
    "number"             Text,            open,     "Số phiếu",                 "Number";
    "kind"               Code(KINDS),     open,     "Loại phiếu",               "Kind";
    "channel"            Code(CHANNELS),  open,     "Kênh tiếp nhận",           "Channel";
    "subject"            Text,            open,     "Tiêu đề",                  "Subject";
    "content"            Text,            personal, "Nội dung",                 "Content";
    "field"              Code(FIELDS),    open,     "Lĩnh vực",                 "Field";
    "level"              Code(LEVELS),    open,     "Mức độ",                   "Level";
    "submitter_name"     Text,            personal, "Người phản ánh",           "Submitter";
    "submitter_phone"    Text,            personal, "Số điện thoại",            "Phone";
    "submitter_email"    Text,            personal, "Thư điện tử",              "E-mail";
    "submitter_address"  Text,            personal, "Địa chỉ",                  "Address";
    "submitter_kind"     Code(SUBMITTERS), open,    "Đối tượng",                "Submitter kind";
    "citizen_id"         Text,            personal, "Số định danh",             "Citizen id";
    "place"              OpenCode,        open,     "Đơn vị hành chính",        "Administrative unit";
    "place_date"         Date,            open,     "Ngày của mã đơn vị",       "Unit code as of";
    "agency"             OpenCode,        open,     "Đơn vị chủ trì",           "Handling agency";
    "co_agencies"        CodeList,        open,     "Đơn vị phối hợp",          "Co-handling agencies";
    "status"             Code(STATUSES),  open,     "Trạng thái",               "Status";
    "refusal_reason"     Text,            open,     "Lý do từ chối",            "Reason of refusal";
    "received_at"        Instant,         open,     "Ngày tiếp nhận",           "Received";
    "due_at"             Instant,         open,     "Hạn xử lý",                "Due";
    "answered_at"        Instant,         open,     "Ngày trả lời",             "Answered";
    "dossier"            Text,            open,     "Số hồ sơ",                 "Dossier number";
    "after_hours"        Boolean,         open,     "Ghi âm ngoài giờ",         "After-hours recording";
}
fields! { REPLY:
    "text"   Text,     personal, "Nội dung trả lời", "Text";
    "author" Text,     open,     "Người trả lời",    "Author";
    "agency" OpenCode, open,     "Đơn vị trả lời",   "Agency";
    "at"     Instant,  open,     "Ngày trả lời",     "At";
    "public" Boolean,  open,     "Công khai",        "Public";
}
fields! { TRANSFER:
    "from"   OpenCode, open, "Đơn vị gửi",      "From";
    "to"     OpenCode, open, "Đơn vị nhận",     "To";
    "reason" Text,     open, "Lý do chuyển",    "Reason";
    "at"     Instant,  open, "Ngày chuyển",     "At";
}
fields! { ATTACHMENT:
    "name"   Text,    open, "Tên tệp",        "Name";
    "type"   Text,    open, "Loại tệp",       "Type";
    "size"   Integer, open, "Kích thước",     "Size, bytes";
    "sha256" Text,    open, "Mã băm SHA-256", "SHA-256";
    "where"  Text,    open, "Nơi lưu",        "Where";
    "reply"  Text,    open, "Thuộc trả lời",  "Reply it belongs to";
}

/// Fields that some rule of the core knows by name.
pub mod field {
    use super::Field;

    /// Where the ticket stands in its lifecycle.
    pub const STATUS: Field = Field::fixed("status");
    /// What sort of ticket it is.
    pub const KIND: Field = Field::fixed("kind");
    /// Who handles it.
    pub const AGENCY: Field = Field::fixed("agency");
    /// Field of administration (lĩnh vực).
    pub const FIELD: Field = Field::fixed("field");
    /// When it was received.
    pub const RECEIVED_AT: Field = Field::fixed("received_at");
    /// When it must be answered.
    pub const DUE_AT: Field = Field::fixed("due_at");
    /// The day that tells of which time the code of the administrative unit is.
    pub const PLACE_DATE: Field = Field::fixed("place_date");
    /// When it was answered.
    pub const ANSWERED_AT: Field = Field::fixed("answered_at");
    /// A reply's text.
    pub const TEXT: Field = Field::fixed("text");
    /// An instant of a reply or transfer.
    pub const AT: Field = Field::fixed("at");
    /// An attachment's file name.
    pub const NAME: Field = Field::fixed("name");
    /// An attachment's media type.
    pub const TYPE: Field = Field::fixed("type");
    /// An attachment's size in bytes.
    pub const SIZE: Field = Field::fixed("size");
    /// An attachment's digest, lower-case hex.
    pub const SHA256: Field = Field::fixed("sha256");
    /// Where an attachment's bytes are fetched from. Each side's own; never compared.
    pub const WHERE: Field = Field::fixed("where");
    /// The reply that an attachment belongs to, by its id on that side. Each side's own; translated, never compared.
    pub const REPLY: Field = Field::fixed("reply");
}

/// Kinds of ticket (loại phiếu): feedback (phản ánh, kiến nghị), information request (yêu cầu thông tin), service
/// order (đơn dịch vụ bưu chính), legal-text feedback (phản ánh văn bản quy phạm pháp luật).
pub const KINDS: &[&str] = &["feedback", "information_request", "service_order", "legal_text"];
/// Channels (kênh tiếp nhận).
pub const CHANNELS: &[&str] = &["phone", "sms", "email", "zalo", "live_chat", "web", "app", "post", "in_person"];
/// Levels (mức độ): normal (thường), urgent (khẩn), complex (phức tạp).
pub const LEVELS: &[&str] = &["normal", "urgent", "complex"];
/// Kinds of submitter (đối tượng): citizen (người dân), business (doanh nghiệp), organisation (tổ chức).
pub const SUBMITTERS: &[&str] = &["citizen", "business", "organisation"];
/// Fields of administration (lĩnh vực).
pub const FIELDS: &[&str] = &[
    "land",
    "construction",
    "planning",
    "transport",
    "environment",
    "health",
    "education",
    "social",
    "security",
    "utilities",
    "procedures",
    "finance",
    "justice",
    "conduct",
    "other",
];
/// Words of [`Status`].
pub const STATUSES: &[&str] = &[
    "received",
    "forwarded",
    "in_progress",
    "asked_to_supplement",
    "answered",
    "published",
    "refused",
    "withdrawn",
    "closed",
];

/// Where a ticket stands (trạng thái).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Đã tiếp nhận.
    Received,
    /// Đã chuyển xử lý.
    Forwarded,
    /// Đang xử lý.
    InProgress,
    /// Yêu cầu bổ sung.
    AskedToSupplement,
    /// Đã trả lời.
    Answered,
    /// Đã công khai.
    Published,
    /// Từ chối, with a reason.
    Refused,
    /// Người phản ánh rút.
    Withdrawn,
    /// Kết thúc.
    Closed,
}

impl Status {
    /// All, in the order of [`STATUSES`].
    pub const ALL: [Self; 9] = [
        Self::Received,
        Self::Forwarded,
        Self::InProgress,
        Self::AskedToSupplement,
        Self::Answered,
        Self::Published,
        Self::Refused,
        Self::Withdrawn,
        Self::Closed,
    ];

    /// The status of a canonical word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        STATUSES.iter().position(|known| *known == word).and_then(|at| Self::ALL.get(at).copied())
    }

    /// Canonical word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Forwarded => "forwarded",
            Self::InProgress => "in_progress",
            Self::AskedToSupplement => "asked_to_supplement",
            Self::Answered => "answered",
            Self::Published => "published",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Closed => "closed",
        }
    }

    /// How far along the lifecycle: of two, the one with the higher rank is the further.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Received => 0,
            Self::Forwarded => 1,
            Self::InProgress | Self::AskedToSupplement => 2,
            Self::Answered => 3,
            Self::Published => 4,
            Self::Refused | Self::Withdrawn => 5,
            Self::Closed => 6,
        }
    }

    /// Whether this status tells that something else is there already (an answer), which must have crossed first.
    #[must_use]
    pub const fn announces(self) -> bool {
        matches!(self, Self::Answered | Self::Published | Self::Closed)
    }

    /// Whether handling is over.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Published | Self::Refused | Self::Withdrawn | Self::Closed)
    }

    /// Whether the lifecycle knows a step from here to `next`. Forward by any length; back only by reopening
    /// (answered, published, closed → in progress), by supplementing, and by taking back a refusal.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::AskedToSupplement, Self::InProgress)
            | (Self::Answered | Self::Published | Self::Closed | Self::Refused, Self::InProgress | Self::Forwarded)
            | (Self::InProgress, Self::Forwarded) => true,
            (Self::Withdrawn, _) => matches!(next, Self::Closed | Self::Withdrawn),
            (from, to) => from.rank() <= to.rank(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_word_parses_back() {
        for (status, word) in Status::ALL.iter().zip(STATUSES) {
            assert_eq!(status.as_str(), *word);
            assert_eq!(Status::parse(word), Some(*status));
        }
    }

    #[test]
    fn a_withdrawn_ticket_is_not_reopened_by_a_sync() {
        for next in Status::ALL {
            let allowed = Status::Withdrawn.may_become(next);
            assert_eq!(allowed, matches!(next, Status::Withdrawn | Status::Closed), "{next:?}");
        }
    }

    #[test]
    fn field_names_are_unique_in_their_kind() {
        for kind in RecordKind::ALL {
            let mut names: Vec<_> = kind.fields().iter().map(|info| info.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{kind}");
        }
    }
}
