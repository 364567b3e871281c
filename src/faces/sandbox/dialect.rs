//! Which member of a system's documents carries which meaning.

use super::System;
use super::spelling::Meaning;

/// One member: what it means and what the system calls it.
pub(super) type Member = (Meaning, &'static str);

/// The parts of a ticket that have a life of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChildKind {
    /// Trả lời.
    Reply,
    /// Chuyển xử lý.
    Transfer,
    /// Tệp đính kèm.
    File,
}

impl ChildKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Reply, Self::Transfer, Self::File];

    /// Its name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Transfer => "transfer",
            Self::File => "attachment",
        }
    }

    /// What two copies of it must have in common. A file's reply has another id in each system: compared by what it says.
    pub(super) const fn shared(self) -> &'static [Meaning] {
        match self {
            Self::Reply => &[Meaning::Text, Meaning::Author, Meaning::Agency, Meaning::At, Meaning::Public],
            Self::Transfer => &[Meaning::From, Meaning::To, Meaning::Reason, Meaning::At],
            Self::File => &[Meaning::FileName, Meaning::FileType, Meaning::FileSize, Meaning::FileDigest],
        }
    }
}

/// Members of a ticket that callers may write, in the order in which the system shows them.
pub(super) const fn ticket(system: System) -> &'static [Member] {
    match system {
        System::Hotline => HOTLINE,
        System::Portal => PORTAL,
        System::Legal => LEGAL,
    }
}

/// Members of a child, likewise.
pub(super) const fn child(system: System, kind: ChildKind) -> &'static [Member] {
    match (kind, system) {
        (ChildKind::Reply, _) => REPLY,
        (ChildKind::Transfer, _) => TRANSFER,
        (ChildKind::File, System::Hotline) => HOTLINE_FILE,
        (ChildKind::File, System::Portal) => PORTAL_FILE,
        (ChildKind::File, System::Legal) => LEGAL_FILE,
    }
}

const HOTLINE: &[Member] = &[
    (Meaning::Kind, "LoaiPhieu"),
    (Meaning::Channel, "NguonPAKNId"),
    (Meaning::AfterHours, "GhiAmNgoaiGio"),
    (Meaning::Subject, "TieuDe"),
    (Meaning::Content, "NoiDung"),
    (Meaning::Field, "LinhVucPAKNId"),
    (Meaning::Level, "MucDo"),
    (Meaning::Name, "TenNguoiPhanAnh"),
    (Meaning::Phone, "SoDienThoai"),
    (Meaning::Email, "Email"),
    (Meaning::Address, "DiaChi"),
    (Meaning::SubmitterKind, "DoiTuongId"),
    (Meaning::CitizenId, "CMTND"),
    (Meaning::Place, "MaXa"),
    (Meaning::PlaceDate, "NgayMaXa"),
    (Meaning::Agency, "DonViChuTri"),
    (Meaning::CoAgencies, "DonViPhoiHop"),
    (Meaning::Status, "TrangThai"),
    (Meaning::RefusalReason, "LyDoTuChoi"),
    (Meaning::ReceivedAt, "NgayNhan"),
    (Meaning::DueAt, "HanXuLy"),
    (Meaning::AnsweredAt, "NgayHoanThanh"),
    (Meaning::Dossier, "SoHoSo"),
];

const PORTAL: &[Member] = &[
    (Meaning::Kind, "LoaiPAKN"),
    (Meaning::Channel, "KenhTiepNhan"),
    (Meaning::AfterHours, "NgoaiGio"),
    (Meaning::Subject, "TieuDe"),
    (Meaning::Content, "NoiDung"),
    (Meaning::Field, "LinhVuc"),
    (Meaning::Level, "MucDo"),
    (Meaning::Name, "HoTen"),
    (Meaning::Phone, "SoDienThoai"),
    (Meaning::Email, "Email"),
    (Meaning::Address, "DiaChi"),
    (Meaning::SubmitterKind, "LoaiDoiTuong"),
    (Meaning::CitizenId, "SoDinhDanh"),
    (Meaning::Place, "MaDVHC"),
    (Meaning::PlaceDate, "NgayDanhMuc"),
    (Meaning::Agency, "DonViXuLy"),
    (Meaning::CoAgencies, "DonViPhoiHop"),
    (Meaning::Status, "TrangThai"),
    (Meaning::RefusalReason, "LyDoTuChoi"),
    (Meaning::ReceivedAt, "NgayTiepNhan"),
    (Meaning::DueAt, "HanXuLy"),
    (Meaning::AnsweredAt, "NgayTraLoi"),
    (Meaning::Dossier, "SoHoSo"),
];

/// `NguoiGui/…` stands inside the element `NguoiGui`; `@` marks an attribute.
const LEGAL: &[Member] = &[
    (Meaning::Kind, "Loai"),
    (Meaning::Channel, "Kenh"),
    (Meaning::AfterHours, "NgoaiGio"),
    (Meaning::Subject, "TieuDe"),
    (Meaning::Content, "NoiDung"),
    (Meaning::Field, "LinhVuc"),
    (Meaning::Level, "MucDo"),
    (Meaning::SubmitterKind, "NguoiGui/@loai"),
    (Meaning::Name, "NguoiGui/HoTen"),
    (Meaning::Phone, "NguoiGui/DienThoai"),
    (Meaning::Email, "NguoiGui/ThuDienTu"),
    (Meaning::Address, "NguoiGui/DiaChi"),
    (Meaning::CitizenId, "NguoiGui/SoDinhDanh"),
    (Meaning::PlaceDate, "XaPhuong/@ngay"),
    (Meaning::Place, "XaPhuong"),
    (Meaning::Agency, "DonVi"),
    (Meaning::CoAgencies, "PhoiHop/DonVi"),
    (Meaning::Status, "TrangThai"),
    (Meaning::RefusalReason, "LyDoTuChoi"),
    (Meaning::ReceivedAt, "NgayTiepNhan"),
    (Meaning::DueAt, "HanXuLy"),
    (Meaning::AnsweredAt, "NgayTraLoi"),
    (Meaning::Dossier, "SoHoSo"),
];

const REPLY: &[Member] = &[
    (Meaning::Text, "NoiDung"),
    (Meaning::Author, "NguoiTraLoi"),
    (Meaning::Agency, "DonVi"),
    (Meaning::At, "NgayTraLoi"),
    (Meaning::Public, "CongKhai"),
];
const TRANSFER: &[Member] =
    &[(Meaning::From, "DonViGui"), (Meaning::To, "DonViNhan"), (Meaning::Reason, "LyDo"), (Meaning::At, "NgayChuyen")];
const HOTLINE_FILE: &[Member] = &[
    (Meaning::FileName, "TenTep"),
    (Meaning::FileType, "LoaiTep"),
    (Meaning::FileSize, "KichThuoc"),
    (Meaning::FileDigest, "Sha256"),
    (Meaning::FileOfReply, "TraLoiId"),
];
const PORTAL_FILE: &[Member] = &[
    (Meaning::FileName, "TenTepDinhKem"),
    (Meaning::FileType, "LoaiTep"),
    (Meaning::FileSize, "KichThuoc"),
    (Meaning::FileDigest, "Sha256"),
    (Meaning::FileOfReply, "MaTraLoi"),
];
const LEGAL_FILE: &[Member] = &[
    (Meaning::FileName, "TenTep"),
    (Meaning::FileType, "LoaiTep"),
    (Meaning::FileSize, "KichThuoc"),
    (Meaning::FileDigest, "Sha256"),
    (Meaning::FileOfReply, "MaTraLoi"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_has_a_place_for_every_meaning() {
        let meanings = |system| {
            let mut all: Vec<_> = ticket(system).iter().map(|(meaning, _)| *meaning).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(meanings(System::Hotline), meanings(System::Portal));
        assert_eq!(meanings(System::Hotline), meanings(System::Legal));
    }
}
