//! What systems call their members, and which field of ours each is: tone marks, case and signs say nothing.

use unicode_normalization::UnicodeNormalization as _;

use crate::words::ticket::RecordKind;

/// The members by which a record names itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    Id,
    Version,
    Changed,
    Identity,
    Reference,
}

/// A name as it is compared: `Tiêu đề`, `TIEU_DE` and `tieuDe` are one; a prefix of XML says nothing.
pub(super) fn folded(name: &str) -> String {
    let name = name.trim_start_matches('@');
    let name = name.rsplit([':', '}']).next().unwrap_or(name);
    let letters = name.nfd().map(|c| if matches!(c, 'đ' | 'Đ') { 'd' } else { c });
    letters.filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// How well what a path leads to stands for a field: 0 is best; `None` where it does not.
pub(super) fn rank(kind: RecordKind, field: &str, path: &str) -> Option<usize> {
    let mut names = path.trim_end_matches("[]").rsplit('.').map(|name| name.trim_matches('\''));
    let name = names.next()?;
    // What stands in a person tells of the person: a `type` there is not the ticket's.
    let in_person = names.next().is_some_and(|around| PERSONS.iter().any(|person| folded(around).contains(person)));
    if in_person && kind == RecordKind::Ticket && !field.starts_with("submitter") && field != "citizen_id" {
        return None;
    }
    if in_person && field == "submitter_kind" && ["loai", "kind", "type"].contains(&folded(name).as_str()) {
        return Some(0);
    }
    let table = match kind {
        RecordKind::Ticket => TICKET,
        RecordKind::Reply => REPLY,
        RecordKind::Transfer => TRANSFER,
        RecordKind::Attachment => ATTACHMENT,
    };
    let (_, names) = table.iter().find(|(known, _)| *known == field)?;
    place(names, name)
}

/// How well a name stands for what names a record.
pub(super) fn naming(what: Naming, name: &str) -> Option<usize> {
    let names = match what {
        Naming::Id => ID,
        Naming::Version => VERSION,
        Naming::Changed => CHANGED,
        Naming::Identity => IDENTITY,
        Naming::Reference => REFERENCE,
    };
    place(names, name)
}

/// The kind of part that a list of this name holds.
pub(super) fn part(name: &str) -> Option<RecordKind> {
    let found = PARTS.iter().filter_map(|(kind, names)| Some((place(names, name)?, *kind)));
    found.min_by_key(|(rank, _)| *rank).map(|(_, kind)| kind)
}

/// The place of a name in a list; `LinhVucId` and `MaLinhVuc` are what `LinhVuc` is, only less surely.
fn place(names: &str, name: &str) -> Option<usize> {
    let wanted = folded(name);
    let position = |wanted: &str| names.split(' ').position(|known| known == wanted);
    let less = names.split(' ').count();
    position(&wanted)
        .or_else(|| position(wanted.strip_suffix("id")?).map(|at| at + less))
        .or_else(|| position(wanted.strip_prefix("ma")?).map(|at| at + less))
}

/// Names of persons that a ticket tells of.
const PERSONS: [&str; 5] = ["nguoi", "congdan", "submitter", "sender", "contact"];

type Names = &'static [(&'static str, &'static str)];

const TICKET: Names = &[
    ("number", "sopakn sophieu sophananh mapakn maphieu maphananh mahoso ticketnumber number code"),
    ("kind", "loaipakn loaiphieu loaiphananh loai kind type"),
    ("channel", "nguonpakn kenhtiepnhan kenh nguontiepnhan nguon hinhthuctiepnhan channel source"),
    ("after_hours", "ghiamngoaigio ngoaigio afterhours"),
    ("subject", "tieude subject title tenpakn tomtat chude trichyeu"),
    ("content", "noidung noidungpakn noidungphananh noidungkiennghi content description body message chitiet"),
    ("field", "linhvucpakn linhvuc field category chuyenmuc nhom"),
    ("level", "mucdo dokhan mucdokhan priority level"),
    (
        "submitter_name",
        "hoten tennguoiphananh tennguoigui hotennguoigui nguoiphananh nguoigui fullname tencongdan name",
    ),
    ("submitter_phone", "sodienthoai dienthoai sdt phonenumber phone mobile dienthoainguoigui dtdd"),
    ("submitter_email", "email thudientu emailnguoigui mail"),
    ("submitter_address", "diachi diachinguoigui diachilienhe address"),
    ("submitter_kind", "doituong loaidoituong loainguoigui submitterkind loaichuthe"),
    ("citizen_id", "cccd socccd cmtnd cmnd socmnd sodinhdanh sodinhdanhcanhan cancuoc citizenid"),
    ("place", "maxa xaphuong phuongxa maphuongxa diaban madvhc ward place"),
    ("place_date", "ngaymaxa"),
    ("agency", "donvichutri coquanchutri donvixuly coquanxuly donvi coquan agency department"),
    ("co_agencies", "donviphoihop coquanphoihop phoihop"),
    ("status", "trangthai trangthaixuly tinhtrang status state"),
    ("refusal_reason", "lydotuchoi lydo reason"),
    ("received_at", "ngaynhan ngaytiepnhan thoigiantiepnhan ngayphananh ngaygui thoigiangui receivedat"),
    ("due_at", "hanxuly hantraloi hangiaiquyet thoihan ngayhethan hanchot dueat duedate deadline"),
    ("answered_at", "ngaytraloi thoigiantraloi ngayhoanthanh ngayketthuc answeredat resolvedat closedat"),
    ("dossier", "sohoso mahoso hoso dossier"),
];
const REPLY: Names = &[
    ("text", "noidung noidungtraloi traloi content text body message"),
    ("author", "nguoitraloi canbo hoten nguoigui author"),
    ("agency", "donvitraloi coquantraloi donvi coquan agency"),
    ("at", "ngaytraloi thoigiantraloi thoigian ngay ngaytao at date createdat"),
    ("public", "congkhai public ispublic"),
];
const TRANSFER: Names = &[
    ("from", "donvigui donvichuyen tudonvi from"),
    ("to", "donvinhan dendonvi to"),
    ("reason", "lydo lydochuyen noidung ykien reason"),
    ("at", "ngaychuyen thoigianchuyen thoigian ngay at date createdat"),
];
const ATTACHMENT: Names = &[
    ("name", "tentep tenfile tentailieu filename ten name"),
    ("type", "loaitep contenttype mimetype dinhdang loai type"),
    ("size", "kichthuoc dungluong filesize size"),
    ("sha256", "sha256 mabam hash"),
    ("where", "duongdan url link href path"),
    ("reply", "traloi matraloi traloiid replyid"),
];
const ID: &str = "id mapakn maphieu maphananh ma ticketid uuid guid so";
const VERSION: &str = "phienban version rowversion revision rev etag";
const CHANGED: &str =
    "ngaycapnhat thoigiancapnhat ngaysua capnhatluc updatedat modifiedat lastmodified updated modified";
const IDENTITY: &str = "ngaytao thoigiantao taoluc createdat createddate created creation";
const REFERENCE: &str = "mathamchieu madongbo malienthong externalid extid reference ref";
const PARTS: &[(RecordKind, &str)] = &[
    (RecordKind::Reply, "traloi danhsachtraloi cautraloi phanhoi ykien replies answers comments messages"),
    (RecordKind::Transfer, "chuyenxuly luanchuyen lichsuchuyen quatrinhxuly transfers"),
    (RecordKind::Attachment, "tepdinhkem tep filedinhkem dinhkem tailieu danhsachtep attachments files documents"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tone_marks_case_and_signs_say_nothing() {
        assert_eq!(rank(RecordKind::Ticket, "kind", "NguoiGui.Loai"), None);
        assert_eq!(rank(RecordKind::Ticket, "submitter_kind", "NguoiGui.Loai"), Some(0));
        for name in ["TieuDe", "Tiêu đề", "tieu_de", "TIEU-DE", "pl:TieuDe", "{urn:x}TieuDe", "@tieuDe"] {
            assert_eq!(rank(RecordKind::Ticket, "subject", name), Some(0), "{name}");
        }
        assert!(rank(RecordKind::Ticket, "field", "LinhVucId") > rank(RecordKind::Ticket, "field", "LinhVuc"));
        assert_eq!(rank(RecordKind::Ticket, "field", "NoiDung"), None);
        assert_eq!(part("Tệp đính kèm"), Some(RecordKind::Attachment));
        assert_eq!(naming(Naming::Changed, "Ngày cập nhật"), Some(0));
    }

    #[test]
    fn every_field_of_every_kind_has_names() {
        for kind in RecordKind::ALL {
            for field in kind.fields() {
                let own = field.name.replace('_', "");
                let names = [TICKET, REPLY, TRANSFER, ATTACHMENT].concat();
                assert!(names.iter().any(|(known, _)| *known == field.name), "{kind} {} {own}", field.name);
            }
        }
    }
}
