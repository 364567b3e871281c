//! Bodies that a write goes straight into.

use super::*;
use crate::pure::exchange::straight::goes_straight;
use crate::words::ticket::RecordKind;

/// A file whose create has this body, and an example of what is sent.
fn sends(kind: &str, http: &str, body: &str, request: &str) -> String {
    let file = if kind == "json" {
        let fields = "subject = { at = \"Title\", type = \"text\" }\ncontent = { at = \"Body.Text\", type = \"text\" }";
        format!("{}id = \"Id\"\n[field]\n{fields}\n", head(kind))
    } else {
        let fields = "subject = { at = \"Title\", type = \"text\" }\ncontent = { at = \"@note\", type = \"text\" }";
        format!("{}id = \"Id\"\n[field]\n{fields}\n", head(kind).replace("[http]", "\"\" = \"urn:own\"\n[http]"))
    };
    let file = file.replace("[http]\n", &format!("[http]\n{http}\n"));
    let call = format!("[call.create]\non = \"POST /tickets\"\n{body}\n");
    format!("{file}{call}{}", create("{ subject = \"Ổ \\\"gà\\\"\", content = \"a < b\" }", request))
}

fn is_straight(text: &str) -> bool {
    let mapping = check("test.toml", text, NOTHING_BESIDE).map_err(|found| found[0].render_text()).unwrap();
    goes_straight(&mapping, &mapping.calls["create"], RecordKind::Ticket)
}

#[test]
fn members_go_where_the_body_wants_them_and_none_comes_twice() {
    let members = r#""Body":{"Text":"a < b"},"Title":"Ổ \"gà\"""#;
    for (http, body, request, straight) in [
        ("", r#"json = "${write}""#, format!("{{{members}}}"), true),
        (
            r#"json = { key = "k" }"#,
            r#"json = { data = [ { n = 1, "$merge" = "${write}" }, 2 ] }"#,
            format!(r#"{{"key":"k","data":[{{"n":1,{members}}},2]}}"#),
            true,
        ),
        // Of two members of one name the call's own wins, and of its own the last.
        (
            r#"json = { key = "k" }"#,
            r#"json = { key = "own", "$merge" = "${write}" }"#,
            format!(r#"{{"key":"own",{members}}}"#),
            false,
        ),
        (
            "",
            r#"json = { "$merge" = "${write}", Title = "always" }"#,
            r#"{"Body":{"Text":"a < b"},"Title":"always"}"#.to_owned(),
            false,
        ),
        (r#"json = { Title = "none" }"#, r#"json = { "$merge" = "${write}" }"#, format!("{{{members}}}"), false),
    ] {
        let text = sends("json", http, body, &request);
        holds(&text);
        assert_eq!(is_straight(&text), straight, "{http} {body}");
    }
}

#[test]
fn elements_keep_their_namespace_wherever_they_go() {
    let (open, inside) = ("note=\"a &lt; b\"", "<Title xmlns=\"urn:own\">Ổ \"gà\"</Title>");
    for (http, body, request) in [
        ("", "<New>${write}</New>", format!("<New xmlns=\"urn:own\" {open}>{inside}</New>")),
        (
            "",
            "<New n=\"1\"><No>1</No>${write}</New>",
            format!("<New xmlns=\"urn:own\" n=\"1\" {open}><No>1</No>{inside}</New>"),
        ),
        ("", "<p:New>${write}</p:New>", format!("<p:New xmlns:p=\"urn:p\" {open}>{inside}</p:New>")),
        ("", "<New xmlns=\"\">${write}</New>", format!("<New {open}>{inside}</New>")),
        (
            "xml = \"<p:Call xmlns=''><In>${body}</In></p:Call>\"",
            "<p:New>${write}</p:New>",
            format!("<p:Call xmlns:p=\"urn:p\"><In><p:New {open}>{inside}</p:New></In></p:Call>"),
        ),
    ] {
        let text = sends("xml", http, &format!("xml = '''{body}'''"), &request);
        holds(&text);
        assert!(is_straight(&text), "{body}");
    }
}
