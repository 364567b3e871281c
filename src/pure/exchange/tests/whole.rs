//! Systems that take whole documents: the freshest one is edited in place.

use proptest::prelude::*;

use super::{head, holds, says};
use crate::pure::mapping::{Mapping, NOTHING_BESIDE, Written, check};
use crate::pure::wire::{Limits, Node, parse_json, parse_xml, print_json, print_xml};
use crate::words::record::Dates;
use crate::words::ticket::RecordKind;

const LAW: &str = r#"<l:PhanAnh xmlns:l="urn:p" xmlns:k="urn:khac" k:phien-ban="1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <l:Id>PL1</l:Id><!-- ghi chú --><l:PhienBan>3</l:PhienBan>
  <l:TieuDe ma="x">Điều 8</l:TieuDe>
  <k:Ngoai><k:Trong>giữ nguyên</k:Trong></k:Ngoai>
  <l:NguoiGui loai="cong-dan"><l:HoTen>Lê Thị Bích</l:HoTen><l:DienThoai>0912.345.678</l:DienThoai></l:NguoiGui>
  <l:PhoiHop><l:DonVi k:stt="1">H19.3</l:DonVi><l:DonVi k:stt="2">H19.4</l:DonVi></l:PhoiHop>
  <l:MucDo>1</l:MucDo><l:LyDo xsi:nil="true"/>
  <l:GhiChu xsi:type="l:VanBan">có <k:dam>mã</k:dam> riêng</l:GhiChu>
</l:PhanAnh>"#;

fn law() -> String {
    format!(
        r#"{}
id = "p:Id"
version = "p:PhienBan"
order = ["p:Id", "p:PhienBan", "p:TieuDe", "p:NoiDung", "p:NguoiGui", "p:NguoiGui.p:HoTen", "p:NguoiGui.p:DienThoai", "p:NguoiGui.p:DiaChi", "p:PhoiHop", "p:MucDo", "p:LyDo"]
[call.update]
on = "PUT /phan-anh/${{id}}"
header = {{ If-Match = "${{version}}" }}
xml = "<p:ThayRequest>${{whole}}</p:ThayRequest>"
[field]
subject = {{ at = "p:TieuDe", type = "text" }}
content = {{ at = "p:NoiDung", type = "text", absent = ["omit", "nil"] }}
submitter_name = {{ at = "p:NguoiGui.p:HoTen", type = "text" }}
submitter_phone = {{ at = "p:NguoiGui.p:DienThoai", type = "phone", as = "local" }}
submitter_address = {{ at = "p:NguoiGui.p:DiaChi", type = "text", absent = ["omit", ""] }}
submitter_kind = {{ at = "p:NguoiGui.@loai", type = "code", table = "submitter", absent = ["omit"] }}
co_agencies = {{ at = "p:PhoiHop.p:DonVi[]", type = "list", of = {{ type = "agency", as = "qd20" }} }}
level = {{ at = "p:MucDo", type = "code", table = "level" }}
refusal_reason = {{ at = "p:LyDo", type = "text" }}
[code.submitter]
words = {{ citizen = "cong-dan", business = "doanh-nghiep", organisation = "to-chuc" }}
[code.level]
back = "keep"
words = {{ normal = ["0", "1"], urgent = "2", complex = "3" }}
"#,
        head("xml")
    )
}

fn example(ticket: &str, body: &str) -> String {
    format!(
        "[[example]]\nname = \"put\"\ndo = \"update\"\nid = \"PL1\"\nversion = \"3\"\ndocument = \'\'\'{LAW}\'\'\'\nticket = {ticket}\nrequest = \'\'\'\nPUT /phan-anh/PL1\nIf-Match: 3\n\n<p:ThayRequest xmlns:p=\"urn:p\">{body}</p:ThayRequest>\'\'\'\n"
    )
}

#[test]
fn an_xml_document_is_edited_in_place_and_keeps_the_rest() {
    for (ticket, from, to) in [
        (r#"{ subject = "Điều 9" }"#, r#"<l:TieuDe ma="x">Điều 8<"#, r#"<l:TieuDe ma="x">Điều 9<"#),
        (r#"{ content = "mới" }"#, "<k:Ngoai>", "<k:Ngoai>"),
        (r#"{ refusal_reason = "sai" }"#, r#"<l:LyDo xsi:nil="true"/>"#, "<l:LyDo>sai</l:LyDo>"),
        (r#"{ subject = "" }"#, r#"<l:TieuDe ma="x">Điều 8</l:TieuDe>"#, r#"<l:TieuDe ma="x" xsi:nil="true"/>"#),
        (r#"{ submitter_kind = "" }"#, r#" loai="cong-dan""#, ""),
        (r#"{ submitter_address = "Tân Mai" }"#, "</l:DienThoai>", "</l:DienThoai><l:DiaChi>Tân Mai</l:DiaChi>"),
        (r#"{ co_agencies = ["000.00.05.H19"] }"#, r#"H19.3</l:DonVi><l:DonVi k:stt="2">H19.4"#, "H19.5"),
        // What says the same already is not spelled anew.
        (r#"{ submitter_phone = "+84912345678", level = "normal", subject = "Điều 8" }"#, "", ""),
    ] {
        let mut wanted = LAW.replacen(from, to, 1);
        if ticket.contains("content") {
            wanted = wanted.replacen("<k:Ngoai>", "<l:NoiDung>mới</l:NoiDung><k:Ngoai>", 1);
            // `order` names what comes next, and what it does not name stays where it was.
            wanted = wanted.replacen("<l:NoiDung>mới</l:NoiDung>", "", 1);
            wanted = wanted.replacen("<l:NguoiGui", "<l:NoiDung>mới</l:NoiDung><l:NguoiGui", 1);
        }
        holds(&format!("{}{}", law(), example(ticket, &wanted)));
    }
}

const DESK: &str = r#"{"Id":7,"la":[1.0,{"x":null}],"attributes":{"z":"giữ","title":"Cũ","phone":"0912.345.678"},"Muc":"1","Them":{"@odata":true}}"#;

fn desk() -> String {
    format!(
        r#"{}
id = {{ at = "Id", json = "number" }}
[call.note]
on = "GET /tickets/${{id}}/notes"
[[mount]]
call = "note"
into = "notes"
[call.update]
on = "PUT /tickets/${{id}}"
json = {{ "$merge" = "${{whole}}", by = "bridge" }}
[field]
subject = {{ at = "attributes.title", type = "text" }}
submitter_phone = {{ at = "attributes.phone", type = "phone", as = "local" }}
content = {{ at = "Them.body", type = "text", absent = ["omit", "null"] }}
level = {{ at = "Muc", type = "code", table = "level" }}
[code.level]
back = "keep"
words = {{ normal = ["0", "1"], urgent = "2", complex = "3" }}
"#,
        head("json")
    )
}

#[test]
fn a_json_document_is_edited_in_place_and_keeps_the_rest() {
    for (ticket, from, to) in [
        (r#"{ subject = "Mới" }"#, "Cũ", "Mới"),
        (r#"{ level = "urgent" }"#, r#""Muc":"1""#, r#""Muc":"2""#),
        (r#"{ content = "x" }"#, r#"{"@odata":true}"#, r#"{"@odata":true,"body":"x"}"#),
        (r#"{ subject = "" }"#, r#""Cũ""#, "null"),
        (r#"{ submitter_phone = "+84912345678", level = "normal" }"#, "", ""),
    ] {
        let wanted = DESK.replacen(from, to, 1).replacen("}}", "},\"by\":\"bridge\"}", usize::from(to.is_empty()));
        let wanted =
            if to.is_empty() { wanted } else { format!("{},\"by\":\"bridge\"}}", wanted.strip_suffix('}').unwrap()) };
        let document = format!("{},\"notes\":[{{\"a\":1}}]}}", DESK.strip_suffix('}').unwrap());
        holds(&format!(
            "{}[[example]]\nname = \"put\"\ndo = \"update\"\nid = \"7\"\ndocument = \'\'\'{document}\'\'\'\nticket = {ticket}\nrequest = \'\'\'\nPUT /tickets/7\n\n{wanted}\'\'\'\n",
            desk()
        ));
    }
}

#[test]
fn whole_documents_are_for_changes_of_known_tickets() {
    let create = desk().replace("[call.update]\non = \"PUT /tickets/${id}\"", "[call.create]\non = \"POST /tickets\"");
    assert_eq!(says(&create), ["M009 the call `create`: `${whole}` has no value in this verb"]);
}

/// Writing what was read gives the same document: GetPut for whole documents.
fn put_what_was_got(mapping: &Mapping, document: &Node) -> Node {
    let reading = mapping.read(document).unwrap();
    let fields = reading.cells.iter().map(|(field, cell)| (field.clone(), cell.value.clone())).collect();
    let written = Written {
        kind: RecordKind::Ticket,
        reference: None,
        is_new: false,
        fields: &fields,
        captures: &reading.captures,
        dates: &Dates::NONE,
    };
    mapping.edit(&written, document).unwrap()
}

proptest! {
    #[test]
    fn writing_what_was_read_changes_no_byte(
        title in "[ -~à-ỹ]{0,12}",
        phone in prop::sample::select(vec!["null", "\"0912.345.678\"", "\"+84 912345678\"", "\"\""]),
        level in 0_u8..4,
        more in "[a-z]{1,4}",
    ) {
        let title = serde_json::to_string(&title).unwrap();
        let text = format!(r#"{{"x{more}":{{"b":[null,1.50]}},"Muc":"{level}","attributes":{{"{more}":0,"phone":{phone},"title":{title}}},"Id":7}}"#);
        let document = parse_json(text.as_bytes(), &Limits::default()).unwrap();
        let mapping = check("desk.toml", &desk(), NOTHING_BESIDE).unwrap();
        let again = put_what_was_got(&mapping, &document);
        prop_assert_eq!(print_json(again).unwrap(), print_json(document).unwrap());

        let mapping = check("law.toml", &law(), NOTHING_BESIDE).unwrap();
        let text = LAW.replace("<l:MucDo>1<", &format!("<l:MucDo>{level}<")).replace("giữ nguyên", &more);
        let document = parse_xml(text.as_bytes(), &mapping.namespaces, &Limits::default()).unwrap();
        let again = put_what_was_got(&mapping, &document);
        let print = |node: &Node| print_xml(node.as_element().unwrap().clone(), &mapping.namespaces).unwrap();
        prop_assert_eq!(print(&again), print(&document));
    }
}
