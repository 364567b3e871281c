//! `$each` in JSON, `xml:each` in XML.

use super::{head, holds, says};

const AGENCIES: &str =
    r#"co_agencies = { at = "PhoiHop[].Ma", to = "PhoiHop", type = "list", of = { type = "agency", as = "qd20" } }"#;

#[test]
fn a_list_goes_out_as_a_list_of_objects() {
    holds(&format!(
        r#"{}
id = "Id"
[call.update]
on = "PUT /tickets/${{id}}"
json = {{ DonVi = {{ "$each" = "${{field.co_agencies}}", "$value" = {{ Ma = "${{each}}", Vai = "phối hợp", Phieu = "${{id}}" }} }} }}
[field]
{AGENCIES}
[[example]]
name = "two agencies are two objects"
do = "update"
id = "7"
ticket = {{ co_agencies = ["000.00.12.H19", "000.00.03.H19"] }}
request = """
PUT /tickets/7

{{"DonVi":[{{"Ma":"H19.12","Vai":"phối hợp","Phieu":"7"}},{{"Ma":"H19.3","Vai":"phối hợp","Phieu":"7"}}]}}"""
[[example]]
name = "none is an empty list"
do = "update"
id = "7"
ticket = {{ co_agencies = "" }}
request = """
PUT /tickets/7

{{"DonVi":[]}}"""
"#,
        head("json")
    ));
}

#[test]
fn an_element_is_repeated_for_each_of_a_list() {
    holds(&format!(
        r#"{}
id = "p:Id"
[call.update]
on = "PUT /tickets/${{id}}"
xml = """<p:Sua><p:DonVi xml:each="${{field.co_agencies}}" vai="ph"><p:Ma>${{each}}</p:Ma></p:DonVi><p:Phieu>${{id}}</p:Phieu></p:Sua>"""
[field]
co_agencies = {{ at = "p:DonVi[].p:Ma", to = "p:DonVi[]", type = "list", of = {{ type = "agency", as = "qd20" }} }}
[[example]]
name = "two agencies are two elements"
do = "update"
id = "7"
ticket = {{ co_agencies = ["000.00.12.H19", "000.00.03.H19"] }}
request = """
PUT /tickets/7

<p:Sua xmlns:p="urn:p"><p:DonVi vai="ph"><p:Ma>H19.12</p:Ma></p:DonVi><p:DonVi vai="ph"><p:Ma>H19.3</p:Ma></p:DonVi><p:Phieu>7</p:Phieu></p:Sua>"""
"#,
        head("xml")
    ));
}

#[test]
fn each_stands_only_where_a_list_is_gone_over() {
    for (json, said) in [
        (r#"{ a = "${each}" }"#, "M009 `${each}` without a list that it goes over"),
        (r#"{ a = { "$each" = "x", "$value" = "${each}" } }"#, "M008 a list is what `each` goes over"),
        (r#"{ a = { "$each" = "${field.co_agencies}" } }"#, "M004 `$value` is missing"),
        (
            r#"{ a = { "$each" = "${field.co_agencies}", "$value" = "${each.a..b}" } }"#,
            "M007 `a..b`: a name was expected",
        ),
        (r#"{ a = { "$each" = "${field.co_agencies}", "$value" = 1, b = 2 } }"#, "M002 unknown key `b`"),
    ] {
        let file = format!(
            "{}id = \"Id\"\n[call.update]\non = \"PUT /tickets/${{id}}\"\njson = {json}\n[field]\n{AGENCIES}\n",
            head("json")
        );
        assert_eq!(says(&file), [said], "{json}");
    }
}
