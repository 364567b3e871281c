//! Every call of the page for mapping authors, answered as it says.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::json;

use super::super::{Meaning, System};
use super::client::{CHANGED_PHONE, Client, between, got, pakn, phan_anh, phieu};

#[tokio::test]
async fn the_hotline_creates_shows_lists_finds_and_guards() {
    let client = Client::quiet().await;
    let mut document = phieu();
    document["MaThamChieu"] = json!("R-1");
    document["DonViPhoiHop"] = json!(["SXD", "UBTD"]);
    document["GhiAmNgoaiGio"] = json!(true);
    let made = client.hotline("POST", "/api/phieu", Some(document.clone())).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!(made["MaTraLoi"], "000");
    let item = &made["DanhSachKetQua"][0];
    assert_eq!((&item["Id"], &item["PhienBan"], &item["TrangThai"]), (&json!(100_001), &json!(1), &json!(1)));
    assert_eq!((&item["GhiAmNgoaiGio"], &item["DonViPhoiHop"]), (&json!(true), &json!(["SXD", "UBTD"])));
    assert_eq!((&item["Email"], &item["TraLoi"]), (&json!(null), &json!([])));

    let changed = json!({ "TrangThai": 7, "SoDienThoai": "0912345678" });
    let updated = client.hotline("PATCH", "/api/phieu/100001?PhienBan=1", Some(changed.clone())).await.json();
    assert_eq!(updated["DanhSachKetQua"][0]["PhienBan"], 2);
    let same = client.hotline("PATCH", "/api/phieu/100001?PhienBan=2", Some(changed.clone())).await.json();
    assert_eq!(same["DanhSachKetQua"][0]["PhienBan"], 2, "what changes nothing raises no version");
    let stale = client.hotline("PATCH", "/api/phieu/100001?PhienBan=1", Some(json!({ "TrangThai": 10 }))).await;
    assert_eq!((stale.status, stale.json()["MaTraLoi"].clone()), (409, json!("XUNG_DOT")));

    client.hotline("POST", "/api/phieu", Some(document)).await;
    let found = client.hotline("GET", "/api/phieu?MaThamChieu=R-1", None).await.json();
    assert_eq!(found["TongSo"], 2, "doubles are possible and visible");
    let listed = client.hotline("GET", "/api/phieu?Trang=2&KichThuoc=1", None).await.json();
    assert_eq!((&listed["TongSo"], &listed["DanhSachKetQua"][0]["Id"]), (&json!(2), &json!(100_002)));
    let since = item["NgayCapNhat"].as_str().unwrap();
    let listed = client.hotline("GET", &format!("/api/phieu?TuNgay={since}"), None).await.json();
    assert_eq!(listed["TongSo"], 2, "the filter is inclusive");
    let one = client.hotline("GET", "/api/phieu/100001", None).await.json();
    assert_eq!(one["DanhSachKetQua"][0]["TrangThai"], 7);
    assert_eq!(client.hotline("GET", "/api/toi", None).await.json()["TaiKhoan"], "pakn-bridge");
}

#[tokio::test]
async fn the_hotline_takes_replies_transfers_and_files() {
    let client = Client::quiet().await;
    client.hotline("POST", "/api/phieu", Some(phieu())).await;
    let reply = json!({ "NoiDung": "Đã xử lý", "DonVi": "SXD", "CongKhai": true, "MaThamChieu": "T-1" });
    let made = client.hotline("POST", "/api/phieu/100001/traloi", Some(reply)).await.json();
    assert_eq!((&made["PhienBan"], &made["DanhSachKetQua"][0]["CongKhai"]), (&json!(2), &json!(true)));
    let transfer = json!({ "DonViNhan": "STP", "NgayChuyen": "2026-11-20 08:30:00.000" });
    assert_eq!(client.hotline("POST", "/api/phieu/100001/chuyenxuly", Some(transfer)).await.status, 201);
    let url =
        format!("{}/api/phieu/100001/tep?TenTep=a%20b.pdf&LoaiTep=application/pdf", client.sandbox.urls().hotline);
    let key = client.sandbox.credentials().hotline_key.clone();
    let sent = client.http.post(&url).header("X-Api-Key", &key).body(vec![1, 2, 3]);
    let made = got(sent).await.unwrap().json();
    let file = &made["DanhSachKetQua"][0];
    assert_eq!((&file["KichThuoc"], &file["TenTep"]), (&json!(3), &json!("a b.pdf")));
    assert_eq!(file["Sha256"], "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81");
    let url = format!("{}{}", client.sandbox.urls().hotline, file["DuongDan"].as_str().unwrap());
    let bytes = client.http.get(url).header("X-Api-Key", &key).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes.as_ref(), [1, 2, 3]);
    let whole = client.hotline("GET", "/api/phieu/100001", None).await.json()["DanhSachKetQua"][0].clone();
    assert_eq!((&whole["PhienBan"], &whole["TraLoi"][0]["MaThamChieu"]), (&json!(4), &json!("T-1")));
    assert_eq!(whole["ChuyenXuLy"][0]["NgayChuyen"], "2026-11-20 08:30:00.000");
}

#[tokio::test]
async fn the_hotline_refuses_in_its_own_words() {
    let client = Client::quiet().await;
    client.hotline("POST", "/api/phieu", Some(phieu())).await;
    let wrong = [
        (json!({ "LinhVucPAKNId": 999 }), "MA_KHONG_HOP_LE", "LinhVucPAKNId"),
        (json!({ "LinhVucPAKNId": "104" }), "SAI_DINH_DANG", "LinhVucPAKNId"),
        (json!({ "SoDienThoai": "+84912345678" }), "SAI_DINH_DANG", "SoDienThoai"),
        (json!({ "HanXuLy": "20261120081500" }), "SAI_DINH_DANG", "HanXuLy"),
        (json!({ "NgayCapNhat": "2026-11-20 08:15:00.000" }), "TRUONG_LA", "NgayCapNhat"),
        (json!({ "TraLoi": [] }), "TRUONG_LA", "TraLoi"),
    ];
    for (change, code, member) in wrong {
        let refused = client.hotline("PATCH", "/api/phieu/100001?PhienBan=1", Some(change)).await;
        let body = refused.json();
        assert_eq!((refused.status, &body["MaTraLoi"], &body["Truong"]), (400, &json!(code), &json!(member)));
    }
    let missing = client.hotline("POST", "/api/phieu", Some(json!({ "LoaiPhieu": 1, "TieuDe": "x" }))).await.json();
    assert_eq!((&missing["MaTraLoi"], &missing["Truong"]), (&json!("THIEU_TRUONG"), &json!("NoiDung")));
    assert_eq!(client.hotline("GET", "/api/phieu/7", None).await.status, 404);
    let stranger = got(client.http.get(format!("{}/api/phieu", client.sandbox.urls().hotline))).await.unwrap();
    assert_eq!((stranger.status, stranger.json()["MaTraLoi"].clone()), (401, json!("SAI_KHOA")));
    let unchanged = client.sandbox.ticket(System::Hotline, "100001").unwrap();
    assert_eq!(unchanged.version, 1);
}

#[tokio::test]
async fn the_portal_logs_in_with_a_number_and_answers_with_text() {
    let mut client = Client::quiet().await;
    assert_eq!(client.login().await["error_code"], json!(0));
    let stranger = client.portal_raw(&json!({ "username": "x", "password": "y" })).await.unwrap().json();
    assert_eq!((&stranger["error_code"], &stranger["session"]), (&json!(1), &json!("")));
    assert_eq!(client.portal("KiemTraPhien", json!({})).await["error_code"], json!("00"));
    let lost = json!({ "session": "S-old", "madonvi": "000.00.00.H19", "service": "KiemTraPhien" });
    assert_eq!(client.portal_raw(&lost).await.unwrap().json()["error_code"], "01");
}

#[tokio::test]
async fn the_portal_creates_cuts_lists_finds_and_guards() {
    let mut client = Client::quiet().await;
    let mut row = pakn();
    row["MaDongBo"] = json!("R-1");
    row["TieuDe"] = json!("ữ".repeat(300));
    let made = client.portal("DongBoPAKN", json!({ "isUpdating": "False", "data": [row] })).await;
    assert_eq!(made["data"], json!([{ "MaPAKN": "G26-000001", "MaDongBo": "R-1", "PhienBan": 1 }]));
    let item = client.portal("ChiTietPAKN", json!({ "MaPAKN": "G26-000001" })).await["data"][0].clone();
    assert_eq!(item["TieuDe"], json!("ữ".repeat(250)), "cut without a word");
    assert_eq!((&item["Email"], &item["TrangThai"], &item["DonViPhoiHop"]), (&json!(""), &json!("MTN"), &json!([])));
    let update = |version: u64| {
        let row = json!({ "MaPAKN": "G26-000001", "PhienBan": version, "TrangThai": "DXL", "NgoaiGio": "True" });
        json!({ "isUpdating": "True", "data": [row] })
    };
    assert_eq!(client.portal("DongBoPAKN", update(1)).await["data"][0]["PhienBan"], 2);
    let mut stale = update(1);
    stale["data"][0]["TrangThai"] = json!("DTL");
    assert_eq!(client.portal("DongBoPAKN", stale).await["error_code"], "05");
    assert_eq!(client.portal("TraCuuPAKN", json!({ "MaDongBo": "R-1" })).await["data"][0]["MaPAKN"], "G26-000001");
    assert_eq!(client.portal("TraCuuPAKN", json!({ "MaDongBo": "R-2" })).await["data"], json!([]));
    let listed = client.portal("DanhSachPAKNChoXuLy", json!({ "TuNgay": item["NgayCapNhat"], "ViTri": 0 })).await;
    assert_eq!((&listed["TongSo"], &listed["data"][0]["PhienBan"]), (&json!(1), &json!(2)));
    assert_eq!(client.portal("DanhSachPAKNChoXuLy", json!({ "ViTri": 1 })).await["data"], json!([]));
}

#[tokio::test]
async fn the_portal_takes_children_once_by_reference_and_files_by_address() {
    let mut client = Client::quiet().await;
    client.portal("DongBoPAKN", json!({ "isUpdating": "False", "data": [pakn()] })).await;
    let reply = json!({ "isUpdating": "False", "data": [{ "MaPAKN": "G26-000001", "NoiDung": "Đã xử lý", "MaDongBo": "T-1" }] });
    let first = client.portal("DongBoTraLoi", reply.clone()).await;
    assert_eq!((&first["error_code"], &first["data"][0]["PhienBan"]), (&json!("00"), &json!(2)));
    let again = client.portal("DongBoTraLoi", reply).await;
    assert_eq!((&again["error_code"], &again["data"][0]["MaTraLoi"]), (&json!("06"), &first["data"][0]["MaTraLoi"]));
    let transfer = json!({ "isUpdating": "False", "data": [{ "MaPAKN": "G26-000001", "DonViNhan": "000.00.03.H19" }] });
    assert_eq!(client.portal("DongBoChuyenXuLy", transfer).await["error_code"], "00");

    let upload =
        client.http.post(format!("{}/tep", client.sandbox.urls().portal)).header("X-Session", client.session());
    let upload = got(upload.body(vec![1, 2, 3])).await.unwrap().json();
    let address = upload["DuongDanTaiTepTin"].as_str().unwrap().to_owned();
    let row = json!({ "MaPAKN": "G26-000001", "TenTepDinhKem": "a.pdf", "LoaiTep": "application/pdf",
                      "DuongDanTaiTepTin": address, "Sha256": "", "IsDeleted": "False", "MaDongBo": "F-1" });
    let attached = client.portal("DongBoTepDinhKem", json!({ "isUpdating": "False", "data": [row] })).await;
    assert_eq!(attached["error_code"], "00", "{attached}");
    let item = client.portal("ChiTietPAKN", json!({ "MaPAKN": "G26-000001" })).await["data"][0].clone();
    assert_eq!((&item["DanhSachTep"][0]["KichThuoc"], &item["PhienBan"]), (&json!(3), &json!(4)));
    assert_eq!(item["DanhSachTraLoi"].as_array().unwrap().len(), 1);
    let bytes = client.http.get(item["DanhSachTep"][0]["DuongDanTaiTepTin"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(bytes.bytes().await.unwrap().as_ref(), [1, 2, 3]);
    let foreign = json!({ "MaPAKN": "G26-000001", "TenTepDinhKem": "a", "DuongDanTaiTepTin": "http://evil.example/x" });
    let refused = client.portal("DongBoTepDinhKem", json!({ "isUpdating": "False", "data": [foreign] })).await;
    assert_eq!(refused["error_code"], "11");
}

#[tokio::test]
async fn the_portal_refuses_in_its_own_codes() {
    let mut client = Client::quiet().await;
    let mut wrong = Vec::new();
    let with = |member: &str, value: serde_json::Value| {
        let mut row = pakn();
        row[member] = value;
        row
    };
    wrong.push((with("LinhVuc", json!("LV77")), "08", "LinhVuc"));
    wrong.push((with("HanXuLy", json!("2026-11-20")), "03", "HanXuLy"));
    wrong.push((with("NgoaiGio", json!(true)), "03", "NgoaiGio"));
    wrong.push((with("La", json!("x")), "03", "La"));
    wrong.push((with("HoTen", json!("")), "07", "HoTen"));
    wrong.push((with("SoDienThoai", json!("")), "07", "SoDienThoai, Email, DiaChi"));
    for (row, code, member) in wrong {
        let answer = client.portal("DongBoPAKN", json!({ "isUpdating": "False", "data": [row] })).await;
        assert_eq!((&answer["error_code"], &answer["Truong"]), (&json!(code), &json!(member)), "{answer}");
    }
    assert_eq!(client.portal("KhongCo", json!({})).await["error_code"], "09");
    assert_eq!(client.portal("ChiTietPAKN", json!({ "MaPAKN": "G26-9" })).await["error_code"], "04");
    assert!(client.sandbox.tickets(System::Portal).is_empty());
}

#[tokio::test]
async fn the_legal_system_speaks_soap_and_honours_keys() {
    let client = Client::quiet().await;
    let create = format!("<p:TiepNhanRequest><p:MaYeuCau>K-1</p:MaYeuCau>{}</p:TiepNhanRequest>", phan_anh("R-1"));
    let made = client.legal(&create).await;
    assert_eq!((made.status, between(&made.text, "MaPhanAnh")), (200, "PL000001"), "{}", made.text);
    assert_eq!(client.legal(&create).await.text, made.text, "the same key gets the same answer");
    assert_eq!(client.sandbox.tickets(System::Legal).len(), 1);

    let shown = client.legal("<p:ChiTietRequest><p:MaPhanAnh>PL000001</p:MaPhanAnh></p:ChiTietRequest>").await.text;
    assert_eq!(between(&shown, "NoiDung"), "Điều 8 khoản 2 &lt;mâu thuẫn&gt;");
    for part in [
        "<pl:NguoiGui loai=\"cong-dan\"><pl:HoTen>Lê Thị Bích</pl:HoTen><pl:DienThoai xsi:nil=\"true\"/>",
        "<pl:XaPhuong ngay=\"2026-04-30\">26041</pl:XaPhuong>",
        "<pl:PhoiHop><pl:DonVi>H19.3</pl:DonVi></pl:PhoiHop>",
        "<pl:TrangThai>TiepNhan</pl:TrangThai>",
        "<pl:HanXuLy xsi:nil=\"true\"/>",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let update = |version: u32, status: &str| {
        format!(
            "<p:CapNhatRequest><p:MaPhanAnh>PL000001</p:MaPhanAnh><p:PhienBan>{version}</p:PhienBan><p:PhanAnh>\
             <p:TrangThai>{status}</p:TrangThai><p:NguoiGui><p:DienThoai>+84912345678</p:DienThoai></p:NguoiGui></p:PhanAnh></p:CapNhatRequest>"
        )
    };
    assert_eq!(between(&client.legal(&update(1, "DangXuLy")).await.text, "PhienBan"), "2");
    let stale = client.legal(&update(1, "DaTraLoi")).await;
    assert_eq!((stale.status, between(&stale.text, "MaLoi")), (500, "XungDot"));
    let found = client.legal("<p:TraCuuRequest><p:MaDongBo>R-1</p:MaDongBo></p:TraCuuRequest>").await.text;
    assert_eq!(between(&found, "MaPhanAnh"), "PL000001");
    let who = client.legal("<p:KiemTraRequest/>").await.text;
    assert_eq!(between(&who, "TaiKhoan"), "pakn-bridge");
}

#[tokio::test]
async fn the_legal_system_lists_by_token_and_carries_children_and_files() {
    let client = Client::quiet().await;
    for _ in 0..3 {
        client.sandbox.person_creates(System::Legal, "legal_text", &[]);
    }
    let first = client.legal("<p:DanhSachRequest><p:SoLuong>2</p:SoLuong></p:DanhSachRequest>").await.text;
    let token = between(&first, "TrangSau").to_owned();
    let rest =
        format!("<p:DanhSachRequest><p:SoLuong>2</p:SoLuong><p:TrangSau>{token}</p:TrangSau></p:DanhSachRequest>");
    let rest = client.legal(&rest).await.text;
    assert_eq!((between(&rest, "MaPhanAnh"), rest.contains("TrangSau")), ("PL000003", false));

    let reply = "<p:TraLoiRequest><p:MaPhanAnh>PL000001</p:MaPhanAnh><p:TraLoi><p:NoiDung>Đã xem xét</p:NoiDung>\
                 <p:CongKhai>1</p:CongKhai></p:TraLoi></p:TraLoiRequest>";
    assert_eq!(client.legal(reply).await.status, 200);
    let transfer = "<p:ChuyenRequest><p:MaPhanAnh>PL000001</p:MaPhanAnh><p:Chuyen><p:DonViNhan>H19.3</p:DonViNhan></p:Chuyen></p:ChuyenRequest>";
    assert_eq!(client.legal(transfer).await.status, 200);
    let file = "<p:GuiTepRequest><p:MaPhanAnh>PL000001</p:MaPhanAnh><p:Tep><p:TenTep>a.pdf</p:TenTep><p:LoaiTep>application/pdf</p:LoaiTep>\
                <p:NoiDungTep>AQID</p:NoiDungTep></p:Tep></p:GuiTepRequest>";
    let file = client.legal(file).await.text;
    let id = between(&file, "MaTep");
    let again = client.legal(&format!("<p:TaiTepRequest><p:MaTep>{id}</p:MaTep></p:TaiTepRequest>")).await.text;
    assert_eq!(between(&again, "NoiDungTep"), "AQID");
    let credentials = client.sandbox.credentials();
    let raw = client.http.get(format!("{}/tep/{id}", client.sandbox.urls().legal));
    let raw = raw.basic_auth(&credentials.legal_user, Some(&credentials.legal_password)).send().await.unwrap();
    assert_eq!(raw.bytes().await.unwrap(), Bytes::from_static(&[1, 2, 3]));
}

#[tokio::test]
async fn the_legal_system_refuses_by_fault() {
    let client = Client::quiet().await;
    let with =
        |from: &str, to: &str| format!("<p:TiepNhanRequest>{}</p:TiepNhanRequest>", phan_anh("R").replace(from, to));
    let wrong = [
        (with("Điều 8 khoản 2", "không rõ"), "ThieuDieuKhoan"),
        (with("van-ban", "VB"), "MaKhongHopLe"),
        (with("Lê Thị Bích", ""), "ThieuTruong"),
        (with("p:TieuDe>", "p:PhienBan>"), "TruongLa"),
        (with("2026-04-30", "30/04/2026"), "SaiDinhDang"),
        ("<p:KhongCo/>".to_owned(), "YeuCauLa"),
        ("<p:ChiTietRequest><p:MaPhanAnh>PL9</p:MaPhanAnh></p:ChiTietRequest>".to_owned(), "KhongTimThay"),
    ];
    for (call, code) in wrong {
        let fault = client.legal(&call).await;
        assert_eq!((fault.status, between(&fault.text, "MaLoi")), (500, code), "{call}");
    }
    assert!(client.sandbox.tickets(System::Legal).is_empty());
    let nobody = got(client.http.post(format!("{}/ws", client.sandbox.urls().legal)).body("<a/>")).await.unwrap();
    assert_eq!(between(&nobody.text, "MaLoi"), "YeuCauLa");
}

#[tokio::test]
async fn health_needs_no_credentials_and_what_people_do_shows_at_once() {
    let client = Client::quiet().await;
    for base in [&client.sandbox.urls().hotline, &client.sandbox.urls().portal, &client.sandbox.urls().legal] {
        assert_eq!(got(client.http.get(format!("{base}/health"))).await.unwrap().text, "ok");
    }
    let id = client.sandbox.person_creates(System::Hotline, "feedback", &[(Meaning::Subject, "Đèn tắt")]);
    client.sandbox.person_edits(System::Hotline, &id, &[CHANGED_PHONE]).unwrap();
    client.sandbox.person_replies(System::Hotline, &id, "Đã sửa").unwrap();
    client.sandbox.person_transfers(System::Hotline, &id, "000.00.12.H19", "đúng thẩm quyền").unwrap();
    client.sandbox.person_attaches(System::Hotline, &id, "a.txt", "text/plain", Bytes::from_static(b"abc")).unwrap();
    client.sandbox.person_withdraws(System::Hotline, &id).unwrap();
    let item = client.hotline("GET", &format!("/api/phieu/{id}"), None).await.json()["DanhSachKetQua"][0].clone();
    assert_eq!((&item["SoDienThoai"], &item["TrangThai"]), (&json!("0987654321"), &json!(17)));
    assert_eq!((&item["PhienBan"], item["NgayHuyBo"].is_string()), (&json!(6), true));
    client.sandbox.shutdown().await;
}

/// The first fenced block of this language after this heading of the page.
fn block<'a>(heading: &str, language: &str, nth: usize) -> &'a str {
    let page = include_str!("../../../../docs/sandbox-api.md");
    let section = page.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let fence = format!("```{language}\n");
    section.split(fence.as_str()).nth(nth).unwrap().split("```").next().unwrap()
}

#[tokio::test]
async fn the_page_shows_tickets_member_by_member_as_the_servers_do() {
    let mut client = Client::quiet().await;
    let mut ids = Vec::new();
    for system in System::ALL {
        let id = client.sandbox.person_creates(system, "legal_text", &[(Meaning::CoAgencies, "000.00.03.H19")]);
        client.sandbox.person_replies(system, &id, "x").unwrap();
        client.sandbox.person_transfers(system, &id, "000.00.12.H19", "x").unwrap();
        client.sandbox.person_attaches(system, &id, "a", "text/plain", Bytes::from_static(b"a")).unwrap();
        ids.push(id);
    }
    let names = |item: &serde_json::Value| -> BTreeSet<String> { item.as_object().unwrap().keys().cloned().collect() };
    let hotline = client.hotline("GET", &format!("/api/phieu/{}", ids[0]), None).await.json();
    let portal = client.portal("ChiTietPAKN", json!({ "MaPAKN": ids[1] })).await;
    let served = [(&hotline["DanhSachKetQua"][0], "1. ", 2), (&portal["data"][0], "2. ", 1)];
    for (item, heading, nth) in served {
        let shown: serde_json::Value = serde_json::from_str(block(heading, "json", nth)).unwrap();
        assert_eq!(names(item), names(&shown));
        for (name, rows) in item.as_object().unwrap().iter().filter(|(_, rows)| rows[0].is_object()) {
            assert_eq!(names(&rows[0]), names(&shown[name][0]), "{name}");
        }
    }
    let legal =
        client.legal(&format!("<p:ChiTietRequest><p:MaPhanAnh>{}</p:MaPhanAnh></p:ChiTietRequest>", ids[2])).await.text;
    let elements = |xml: &str| -> Vec<String> {
        let begin = xml.find("<pl:PhanAnh>").unwrap();
        let tags = xml[begin..].split('<').skip(1).filter(|tag| tag.starts_with("pl:"));
        tags.map(|tag| tag.split([' ', '>', '/']).next().unwrap().to_owned()).collect()
    };
    assert_eq!(elements(&legal), elements(block("3. ", "xml", 2)));
}
