//! The code tables of the three systems, as the sandbox itself understands them.
//!
//! Written by hand and on purpose a second time: the recount must not learn from the mapping files what a code means.
//! `docs/sandbox-api.md` shows the same rows; a test compares them.

use super::System;

/// What one code list calls one meaning in each system.
#[derive(Debug)]
pub(super) struct CodeRow {
    /// The meaning, in the words that the recount prints.
    pub(super) word: &'static str,
    /// Codes of the hotline; people use the first.
    hotline: &'static [&'static str],
    /// Code of the national portal.
    portal: &'static str,
    /// Code of the legal-text system.
    legal: &'static str,
}

impl CodeRow {
    const fn new(
        word: &'static str,
        hotline: &'static [&'static str],
        portal: &'static str,
        legal: &'static str,
    ) -> Self {
        Self { word, hotline, portal, legal }
    }

    /// All codes of this meaning in one system, the usual one first.
    fn codes(&self, system: System) -> &[&'static str] {
        match system {
            System::Hotline => self.hotline,
            System::Portal => std::slice::from_ref(&self.portal),
            System::Legal => std::slice::from_ref(&self.legal),
        }
    }
}

/// One code list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// Loại phiếu.
    Kind,
    /// Kênh tiếp nhận.
    Channel,
    /// Mức độ.
    Level,
    /// Đối tượng.
    Submitter,
    /// Lĩnh vực.
    Field,
    /// Trạng thái.
    Status,
    /// Đơn vị.
    Agency,
}

impl Table {
    /// All lists.
    #[cfg(test)]
    pub(super) const ALL: [Self; 7] =
        [Self::Kind, Self::Channel, Self::Level, Self::Submitter, Self::Field, Self::Status, Self::Agency];

    /// Its rows.
    pub(super) const fn rows(self) -> &'static [CodeRow] {
        match self {
            Self::Kind => KINDS,
            Self::Channel => CHANNELS,
            Self::Level => LEVELS,
            Self::Submitter => SUBMITTERS,
            Self::Field => FIELDS,
            Self::Status => STATUSES,
            Self::Agency => AGENCIES,
        }
    }

    /// The code that `system` uses for `word`.
    pub(super) fn code(self, system: System, word: &str) -> Option<&'static str> {
        self.rows().iter().find(|row| row.word == word).and_then(|row| row.codes(system).first().copied())
    }

    /// All codes that `system` has for `word`.
    pub(super) fn codes(self, system: System, word: &str) -> &'static [&'static str] {
        self.rows().iter().find(|row| row.word == word).map_or(&[], |row| row.codes(system))
    }

    /// What a code of `system` means; `None` for a code that is not in its list.
    pub(super) fn word(self, system: System, code: &str) -> Option<&'static str> {
        self.rows().iter().find(|row| row.codes(system).contains(&code)).map(|row| row.word)
    }
}

const KINDS: &[CodeRow] = &[
    CodeRow::new("feedback", &["1"], "PAKN", "phan-anh"),
    CodeRow::new("information_request", &["2"], "YCTT", "hoi-dap"),
    CodeRow::new("service_order", &["3"], "DVBC", "dich-vu"),
    CodeRow::new("legal_text", &["4"], "PAVB", "van-ban"),
];
const CHANNELS: &[CodeRow] = &[
    CodeRow::new("phone", &["3"], "DT", "01"),
    CodeRow::new("sms", &["5"], "SMS", "02"),
    CodeRow::new("email", &["4"], "THU", "03"),
    CodeRow::new("zalo", &["6"], "ZALO", "04"),
    CodeRow::new("live_chat", &["7"], "CHAT", "05"),
    CodeRow::new("web", &["1"], "WEB", "06"),
    CodeRow::new("app", &["2"], "APP", "07"),
    CodeRow::new("post", &["8"], "BC", "08"),
    CodeRow::new("in_person", &["9"], "TT", "09"),
];
const LEVELS: &[CodeRow] = &[
    CodeRow::new("normal", &["1"], "THUONG", "B"),
    CodeRow::new("urgent", &["2"], "KHAN", "K"),
    CodeRow::new("complex", &["3"], "PHUCTAP", "P"),
];
const SUBMITTERS: &[CodeRow] = &[
    CodeRow::new("citizen", &["1"], "CN", "cong-dan"),
    CodeRow::new("business", &["2"], "DN", "doanh-nghiep"),
    CodeRow::new("organisation", &["3"], "TC", "to-chuc"),
];
const FIELDS: &[CodeRow] = &[
    CodeRow::new("land", &["101", "121"], "LV01", "DD"),
    CodeRow::new("construction", &["102"], "LV02", "XD"),
    CodeRow::new("planning", &["103"], "LV03", "QH"),
    CodeRow::new("transport", &["104"], "LV04", "GT"),
    CodeRow::new("environment", &["105"], "LV05", "MT"),
    CodeRow::new("health", &["106"], "LV06", "YT"),
    CodeRow::new("education", &["107"], "LV07", "GD"),
    CodeRow::new("social", &["108"], "LV08", "XH"),
    CodeRow::new("security", &["109"], "LV09", "AN"),
    CodeRow::new("utilities", &["110", "122", "123"], "LV10", "DN"),
    CodeRow::new("procedures", &["111"], "LV11", "TTHC"),
    CodeRow::new("finance", &["112"], "LV12", "TC"),
    CodeRow::new("justice", &["113"], "LV13", "TP"),
    CodeRow::new("conduct", &["114"], "LV14", "TD"),
    CodeRow::new("other", &["115"], "LV99", "KH"),
];
const STATUSES: &[CodeRow] = &[
    CodeRow::new("received", &["4", "1", "2"], "MTN", "TiepNhan"),
    CodeRow::new("forwarded", &["11", "5", "12"], "DCX", "ChuyenXuLy"),
    CodeRow::new("in_progress", &["7", "8", "9", "13"], "DXL", "DangXuLy"),
    CodeRow::new("asked_to_supplement", &["16"], "YCBS", "YeuCauBoSung"),
    CodeRow::new("answered", &["10"], "DTL", "DaTraLoi"),
    CodeRow::new("published", &["15"], "DCK", "CongKhai"),
    CodeRow::new("refused", &["6", "3"], "TCH", "TuChoi"),
    CodeRow::new("withdrawn", &["17"], "RUT", "DaRut"),
    CodeRow::new("closed", &["14"], "KTH", "KetThuc"),
];
const AGENCIES: &[CodeRow] = &[
    CodeRow::new("000.00.01.H19", &["TT1022"], "000.00.01.H19", "H19.1"),
    CodeRow::new("000.00.02.H19", &["VPUB"], "000.00.02.H19", "H19.2"),
    CodeRow::new("000.00.03.H19", &["STP"], "000.00.03.H19", "H19.3"),
    CodeRow::new("000.00.04.H19", &["SNV"], "000.00.04.H19", "H19.4"),
    CodeRow::new("000.00.05.H19", &["STC"], "000.00.05.H19", "H19.5"),
    CodeRow::new("000.00.06.H19", &["SYT"], "000.00.06.H19", "H19.6"),
    CodeRow::new("000.00.07.H19", &["SGD"], "000.00.07.H19", "H19.7"),
    CodeRow::new("000.00.08.H19", &["SCT"], "000.00.08.H19", "H19.8"),
    CodeRow::new("000.00.09.H19", &["CA"], "000.00.09.H19", "H19.9"),
    CodeRow::new("000.00.12.H19", &["SXD"], "000.00.12.H19", "H19.12"),
    CodeRow::new("000.00.15.H19", &["SNNMT"], "000.00.15.H19", "H19.15"),
    CodeRow::new("000.00.18.H19", &["SVH"], "000.00.18.H19", "H19.18"),
    CodeRow::new("000.00.41.H19", &["UBTD"], "000.00.41.H19", "H19.41"),
    CodeRow::new("000.00.42.H19", &["UBTB"], "000.00.42.H19", "H19.42"),
    CodeRow::new("000.00.43.H19", &["UBLT"], "000.00.43.H19", "H19.43"),
    CodeRow::new("000.00.44.H19", &["UBXL"], "000.00.44.H19", "H19.44"),
    CodeRow::new("000.00.45.H19", &["UBNT"], "000.00.45.H19", "H19.45"),
    CodeRow::new("000.00.46.H19", &["UBTrB"], "000.00.46.H19", "H19.46"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_means_one_thing_in_its_system() {
        for table in Table::ALL {
            for system in System::ALL {
                let mut codes: Vec<_> = table.rows().iter().flat_map(|row| row.codes(system)).collect();
                let count = codes.len();
                codes.sort_unstable();
                codes.dedup();
                assert_eq!(codes.len(), count, "{table:?} of {system:?}");
            }
        }
    }

    #[test]
    fn the_page_for_mapping_authors_shows_the_same_codes() {
        let page = include_str!("../../../docs/sandbox-api.md");
        for row in Table::ALL.iter().flat_map(|table| table.rows()) {
            let shown = format!("| {} | {} | {} | {} |", row.word, row.hotline.join(", "), row.portal, row.legal);
            assert!(page.contains(&shown), "docs/sandbox-api.md lacks: {shown}");
        }
    }
}
