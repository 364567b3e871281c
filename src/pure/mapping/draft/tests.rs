//! Drafts of small made-up systems: what is seen, what is asked, what is never told.

use super::{NoDraft, draft};
use crate::pure::encoding::Encoding;
use crate::pure::mapping::{Mapping, NOTHING_BESIDE, Problem, check};

const PAGE: &str = r#"{"ketQua":0,"tong":3,"duLieu":[
 {"Id":101,"SoPhieu":"XA-001","TieuDe":"Đèn đường hỏng","NoiDung":"Trước nhà số 5 hẻm 12","HoTen":"Nguyễn Thị Hoà","SoDienThoai":"0912345678",
  "TrangThai":"MOI","LinhVuc":4,"NgayTiepNhan":"20/11/2026 08:15","HanXuLy":"1900-01-01","CongKhai":"Y","GhiChu":"gọi buổi chiều","MaXa":"26368",
  "NgayTao":"20/11/2026 08:15","NgayCapNhat":"20/11/2026 09:00","DonViPhoiHop":["VP"],
  "TraLoi":[{"Id":1,"NoiDung":"Đã nhận","NguoiTraLoi":"Trần Văn An","NgayTraLoi":"20/11/2026 09:00","CongKhai":"Y"}]},
 {"Id":102,"SoPhieu":"XA-002","TieuDe":"Rác","NoiDung":"","HoTen":"Lê Văn Bê","SoDienThoai":"0987654321",
  "TrangThai":"XONG","LinhVuc":4,"NgayTiepNhan":"21/11/2026 10:00","HanXuLy":"30/11/2026 17:00","CongKhai":"N","GhiChu":null,"MaXa":"26368",
  "NgayTao":"21/11/2026 10:00","NgayCapNhat":"21/11/2026 10:30","DonViPhoiHop":[],"TraLoi":[]}]}"#;

fn of(texts: &[&str]) -> Result<String, NoDraft> {
    let samples: Vec<_> =
        texts.iter().enumerate().map(|(at, text)| (format!("{at}.json"), text.as_bytes().to_vec())).collect();
    draft(&samples, Encoding::Utf8)
}

#[test]
fn samples_of_an_old_encoding_are_read_in_it_and_the_draft_says_so() {
    let bytes = |encoding: Encoding, text: &str| encoding.encode(text).unwrap().into_owned();
    for (name, encoding) in Encoding::ALL.into_iter().skip(1) {
        let csv = ("1.csv".to_owned(), bytes(encoding, "Mã,Tiêu đề,Trạng thái\r\n1,Ổ gà,mới\r\n2,Ngập,xong\r\n"));
        let text = draft(std::slice::from_ref(&csv), encoding).unwrap();
        for line in [format!("encoding = \"{name}\""), "at = \"'Tiêu đề'\"".to_owned()] {
            assert!(text.contains(&line), "{line}\n--\n{text}");
        }
        assert!(matches!(draft(&[csv], Encoding::Utf8), Err(NoDraft::Unreadable { .. })), "{name}");
        let declared = format!(
            "<?xml version=\"1.0\" encoding=\"{}\"?><r><p><id>1</id><tieu_de>Ngập</tieu_de></p></r>",
            encoding.label()
        );
        assert!(draft(&[("1.xml".to_owned(), bytes(encoding, &declared))], encoding).is_ok(), "{name}");
    }
}

fn checked(text: &str) -> Result<Mapping, Vec<Problem>> {
    check("draft.toml", text, NOTHING_BESIDE)
}

#[test]
fn what_can_be_seen_is_written_down() {
    let text = of(&[PAGE]).unwrap();
    for line in [
        "items = \"duLieu[]\"",
        "id       = { at = \"Id\", json = \"number\" }",
        "changed  = { at = \"NgayCapNhat\", as = \"%d/%m/%Y %H:%M\" }",
        "identity = \"NgayTao\"",
        "number            = { at = \"SoPhieu\", type = \"text\" }",
        "subject           = { at = \"TieuDe\", type = \"text\" }",
        "submitter_phone   = { at = \"SoDienThoai\", type = \"phone\", as = \"local\" }",
        "field             = { at = \"LinhVuc\", type = \"code\", table = \"field\", json = \"number\" }",
        "place             = { at = \"MaXa\", type = \"unit\", era = \"2025-07-01\" }  # of which time",
        "received_at       = { at = \"NgayTiepNhan\", type = \"instant\", as = \"%d/%m/%Y %H:%M\", write = \"never\" }  # whole minutes",
        "due_at            = { at = \"HanXuLy\", type = \"instant\", as = \"%d/%m/%Y %H:%M\", absent = [{ text = \"1900-01-01\" }], write = \"never\" }",
        "co_agencies       = { at = \"DonViPhoiHop[]\", type = \"list\", of = { type = \"code\", table = \"agency\" } }",
        "absent = [\"null\", \"\"]",
        "[child.replies]",
        "in       = \"TraLoi[]\"",
        "public            = { at = \"CongKhai\", type = \"boolean\", yes = [\"Y\"], no = [\"N\"], json = \"text\" }",
        "#     \"GhiChu\"    1 times: text",
        "#     \"MOI\" 1 times  # which word?",
    ] {
        assert!(text.contains(line), "{line}\n--\n{text}");
    }
}

#[test]
fn a_draft_says_nothing_of_what_people_wrote() {
    let text = of(&[PAGE]).unwrap();
    for secret in ["Nguyễn", "Hoà", "0912345678", "hẻm", "Đèn", "buổi chiều", "Trần", "Đã nhận", "XA-001"]
    {
        assert!(!text.contains(secret), "{secret}\n--\n{text}");
    }
}

#[test]
fn a_draft_is_refused_only_for_the_words_that_its_codes_have() {
    let text = of(&[PAGE]).unwrap();
    let problems = checked(&text).unwrap_err();
    assert!(!problems.is_empty());
    for problem in &problems {
        assert!(problem.message.contains("code"), "{}\n--\n{text}", problem.render_text());
    }
}

#[test]
fn xml_gets_prefixes_and_attributes() {
    let text = of(&[r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:xa"
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body><KetQua>
        <Phieu><Ma>1</Ma><TieuDe>Ổ gà</TieuDe><NguoiGui loai="dan"><HoTen>An</HoTen></NguoiGui><NgayNhan>2026-11-20T08:15:00+07:00</NgayNhan></Phieu>
        <Phieu><Ma>2</Ma><TieuDe>Rác</TieuDe><NguoiGui loai="dn"><HoTen>Bê</HoTen></NguoiGui><NgayNhan xsi:nil="true"/></Phieu>
        </KetQua></e:Body></e:Envelope>"#])
    .unwrap();
    for line in [
        "soap = \"http://schemas.xmlsoap.org/soap/envelope/\"",
        "items = \"soap:Body.ns2:KetQua.ns2:Phieu[]\"",
        "id       = \"ns2:Ma\"",
        "absent = [\"nil\"]",
        "submitter_name    = { at = \"ns2:NguoiGui.ns2:HoTen\", type = \"text\" }",
        "received_at       = { at = \"ns2:NgayNhan\", type = \"instant\", as = \"rfc3339\" }",
        "submitter_kind    = { at = \"ns2:NguoiGui.@loai\", type = \"code\", table = \"submitter_kind\" }",
    ] {
        assert!(text.contains(line), "{line}\n--\n{text}");
    }
    assert!(checked(&text).unwrap_err().iter().all(|problem| problem.message.contains("code")), "{text}");
}

#[test]
fn rows_of_text_are_samples_too() {
    for (delimiter, quoted) in [(",", "\",\""), (";", "\";\""), ("\t", "\"\\t\"")] {
        let page = "Id;TieuDe;SoDienThoai;NgayNhan;GhiChu\r\n1;Ổ gà;0912345678;20/11/2026 08:15;\r\n2;Rác;0987654321;21/11/2026 10:00;gọi lại\r\n";
        let text = of(&[&page.replace(';', delimiter)]).unwrap();
        let parted = format!("csv      = {{ delimiter = {quoted} }}");
        for line in [
            "kind     = \"csv\"",
            &parted,
            "items = \"[]\"",
            "id       = \"Id\"",
            "subject           = { at = \"TieuDe\", type = \"text\" }",
            "submitter_phone   = { at = \"SoDienThoai\", type = \"phone\", as = \"local\" }",
            "absent = [\"\"]",
        ] {
            assert!(text.contains(line), "{line}\n--\n{text}");
        }
        assert!(!text.contains("0912345678") && !text.contains("gọi lại"), "{text}");
        assert!(checked(&text).is_ok(), "{}\n{text}", checked(&text).unwrap_err()[0].render_text());
    }
}

#[test]
fn one_record_alone_is_a_sample_too() {
    let text =
        of(&[r#"{"id":"a","title":"x","body":"y","@etag":"1"}"#, r#"{"id":"b","title":"z","body":"w","@etag":"2"}"#])
            .unwrap();
    assert!(text.contains("id       = \"id\"") && !text.contains("\nroot"), "{text}");
    assert!(text.contains("version  = \"'@etag'\""), "{text}");
    assert!(checked(&text).is_ok(), "{text}");
}

#[test]
fn where_nothing_can_be_drafted_the_reason_is_told() {
    assert_eq!(of(&["[1,2]"]), Err(NoDraft::NoRecord));
    assert_eq!(of(&["{}", "<a/>"]), Err(NoDraft::Mixed { file: "1.json".into() }));
    assert_eq!(of(&["a,b\n1,2\n", "{}"]), Err(NoDraft::Mixed { file: "1.json".into() }));
    assert!(matches!(of(&["{\"a\":"]), Err(NoDraft::Unreadable { .. })));
    assert!(matches!(of(&["a,b\n1\n"]), Err(NoDraft::Unreadable { .. })));
}
