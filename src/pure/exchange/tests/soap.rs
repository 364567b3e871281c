//! SOAP envelopes and faults, of 1.1 and 1.2.

use super::{file, holds, reads};

/// A service of one SOAP version: what its fault shows, and where.
fn service(envelope: &str, code: &str, reason: &str, answers: &str) -> String {
    format!(
        r#"
format = 1
name = "test"
[namespace]
s = "{envelope}"
p = "urn:p"
[http]
base = "http://127.0.0.1"
xml = "<s:Envelope><s:Body>${{body}}</s:Body></s:Envelope>"
[[answer]]
at = "s:Body.s:Fault.{code}"
like = "(^|:)(Client|Sender)$"
then = "refused"
says = "s:Body.s:Fault.{reason}"
[call.changes]
on = "POST /ws"
xml = "<p:List/>"
items = "s:Body.p:ListResponse.p:Row[]"
[call.get]
on = "POST /ws"
xml = "<p:Get><p:Id>${{id}}</p:Id></p:Get>"
root = "s:Body.p:GetResponse.p:Row"
[call.create]
on = "POST /ws"
xml = "<p:New>${{write}}</p:New>"
[record]
kind = "xml"
id = "p:Id"
[field]
subject = {{ at = "p:Ten", type = "text" }}
{answers}"#
    )
}

fn answer(name: &str, body: &str, verdict: &str) -> String {
    format!("[[example]]\nname = \"{name}\"\ncall = \"create\"\nstatus = 500\nbody = \'\'\'{body}\'\'\'\n{verdict}\n")
}

#[test]
fn faults_of_both_versions_are_verdicts_by_their_paths() {
    let one = "http://schemas.xmlsoap.org/soap/envelope/";
    let fault = |code: &str| {
        format!(
            r#"<e:Envelope xmlns:e="{one}"><e:Body><e:Fault><faultcode>{code}</faultcode><faultstring>Mã sai</faultstring></e:Fault></e:Body></e:Envelope>"#
        )
    };
    let refused = "verdict = \"refused\"\nsays = \"Mã sai\"";
    holds(&service(
        one,
        "faultcode",
        "faultstring",
        &(answer("ours", &fault("e:Client"), refused) + &answer("theirs", &fault("e:Server"), "verdict = \"doubt\"")),
    ));

    let two = "http://www.w3.org/2003/05/soap-envelope";
    let fault = |code: &str| {
        format!(
            r#"<Envelope xmlns="{two}"><Body><Fault><Code><Value xmlns:x="{two}">x:{code}</Value></Code><Reason><Text xml:lang="en">Bad code</Text><Text xml:lang="vi">Mã sai</Text></Reason></Fault></Body></Envelope>"#
        )
    };
    holds(&service(
        two,
        "s:Code.s:Value",
        "s:Reason.s:Text[@xml:lang=\'vi\']",
        &(answer("ours", &fault("Sender"), refused) + &answer("theirs", &fault("Receiver"), "verdict = \"doubt\"")),
    ));
}

#[test]
fn a_text_is_what_its_element_says_however_it_is_written() {
    let field = "[field]\ncontent = { at = \"p:A\", type = \"text\", absent = [\"omit\", \"nil\"] }\nco_agencies = { at = \"p:B[]\", type = \"list\", of = { type = \"agency\", as = \"qd20\" } }\n";
    for (inside, ticket) in [
        ("<A>x &lt; y</A>", r#"{ content = "x < y" }"#),
        ("<A><![CDATA[x < y]]></A>", r#"{ content = "x < y" }"#),
        ("<A>x <!-- c -->&#60; <![CDATA[y]]></A>", r#"{ content = "x < y" }"#),
        ("", r#"{ content = "", co_agencies = "" }"#),
        ("<A/>", r#"{ content = "" }"#),
        ("<B>H19.12</B>", r#"{ co_agencies = ["000.00.12.H19"] }"#),
        ("<B>H19.12</B><A>z</A><B>H19.3</B>", r#"{ content = "z", co_agencies = ["000.00.12.H19", "000.00.03.H19"] }"#),
    ] {
        let document = format!(r#"<Row xmlns="urn:p"><Id>7</Id>{inside}</Row>"#);
        holds(&file("xml", &format!("{field}{}", reads(&document, ticket))));
    }
    let mixed = reads(r#"<Row xmlns="urn:p"><Id>7</Id><A>x <b>y</b></A></Row>"#, "{}");
    assert_eq!(
        super::says(&file("xml", &format!("{field}{mixed}"))),
        ["M015 example `read`: ticket content: elements where a text was declared"]
    );
    let twice = reads(r#"<Row xmlns="urn:p"><Id>7</Id><A>x</A><A>y</A></Row>"#, "{}");
    assert_eq!(
        super::says(&file("xml", &format!("{field}{twice}"))),
        ["M015 example `read`: ticket p:A: `p:A` is repeated, and not declared to be (`[]`)"]
    );
}
