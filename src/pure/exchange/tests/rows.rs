//! Records that are rows: of CSV listings, of tables.

use super::{holds, says};

fn csv(rest: &str) -> String {
    format!(
        r#"
format = 1
name = "test"
[http]
base = "http://127.0.0.1"
[call.changes]
on = "GET /phieu.csv"
items = "[]"
[call.get]
on = "GET /phieu.csv"
query = {{ ma = "${{id}}" }}
root = "[0]"
[call.create]
on = "POST /phieu"
csv = {{ Nguon = "1022", "$merge" = "${{write}}" }}
[record]
kind = "csv"
id = "Mã"
csv = {{ delimiter = ";" }}
[field]
subject = {{ at = "'Tiêu đề'", type = "text" }}
kind = {{ is = "feedback" }}
level = {{ at = "Mức", type = "code", table = "level" }}
received_at = {{ at = "Ngày", type = "instant", as = "%d/%m/%Y %H:%M:%S" }}
co_agencies = {{ at = "'Phối hợp'", type = "list", of = {{ type = "agency", as = "qd20" }}, joined = "," }}
[code.level]
words = {{ normal = "010", urgent = "020", complex = "030" }}
{rest}"#
    )
}

#[test]
fn rows_of_a_csv_listing_are_tickets() {
    let listing = "Mã;Tiêu đề;Mức;Ngày;Phối hợp\n007;\"Ổ gà; sâu\";010;20/11/2026 08:15:00;\"H19.12,H19.3\"\n8;b;;;\n";
    holds(&csv(&format!(
        r#"
[[example]]
name = "a row"
document = '''{listing}'''
ticket = {{ id = "007", kind = "feedback", subject = "Ổ gà; sâu", level = "normal", received_at = "2026-11-20T08:15:00+07:00", co_agencies = ["000.00.12.H19", "000.00.03.H19"] }}
[[example]]
name = "a listing"
call = "changes"
status = 200
body = '''{listing}'''
verdict = "ok"
items = 2
[[example]]
name = "what is no listing is none"
call = "changes"
status = 200
body = '''a;b
1'''
verdict = "retry"
[[example]]
name = "errors are not told in rows"
call = "changes"
status = 500
body = "<html>"
verdict = "retry"
[[example]]
name = "a new row"
do = "create"
ticket = {{ subject = "a; \"b\"", level = "urgent", kind = "feedback" }}
request = '''
POST /phieu
Content-Type: text/csv; charset=utf-8

Nguon;Mức;Tiêu đề
1022;020;"a; ""b"""
'''
"#
    )));
}

#[test]
fn a_row_has_columns_and_nothing_in_them() {
    let nested = csv("").replace("at = \"Mức\"", "at = \"Muc.Ma\"");
    assert_eq!(says(&nested), ["M007 `Muc.Ma`: a row has columns, and nothing in them"]);
    let delimiter = csv("").replace("delimiter = \";\"", "delimiter = \"--\"");
    assert_eq!(says(&delimiter), ["M005 `--` can't part cells"]);
}

#[test]
fn rows_of_a_table_keep_the_types_of_their_columns() {
    let file = r#"
format = 1
name = "test"
[http]
base = "http://127.0.0.1"
[call.changes]
on = "GET /rows"
items = "[]"
[call.get]
on = "GET /rows"
[call.update]
on = "PUT /rows/${id}"
json = "${write}"
[record]
kind = "rows"
id = { at = "ID", json = "number" }
[field]
subject = { at = "TIEU_DE", type = "text" }
after_hours = { at = "NGOAI_GIO", type = "boolean", yes = "1", no = "0", json = "number" }
[extra.score]
type = "integer"
vi = "Điểm"
[field.score]
at = "DIEM"
type = "integer"
[[example]]
name = "a row"
document = '''{"ID":7,"TIEU_DE":null,"NGOAI_GIO":1,"DIEM":4}'''
ticket = { id = "7", subject = "", after_hours = true, score = 4 }
[[example]]
name = "its change"
do = "update"
id = "7"
ticket = { subject = "x", after_hours = false, score = 5 }
request = '''
PUT /rows/7

{"NGOAI_GIO":0,"DIEM":5,"TIEU_DE":"x"}'''
"#;
    holds(file);
}
