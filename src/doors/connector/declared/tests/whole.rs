//! A system that takes whole documents: what it gave last comes back with the changes in place.

use super::*;

const MAPPING: &str = r#"
format = 1
name = "whole"
[setting]
url = { type = "url", example = "http://127.0.0.1" }
[http]
base = "${setting.url}"
[call.changes]
on = "GET /t"
items = "rows[]"
[call.get]
on = "GET /t/${id}"
[call.update]
on = "PUT /t/${id}"
header = { If-Match = "${version}" }
json = "${whole}"
gives = "none"
[record]
kind = "json"
id = { at = "Id", json = "number" }
version = "V"
[field]
subject = { at = "a.Ten", type = "text" }
content = { at = "a.NoiDung", type = "text", absent = ["omit", "null"] }
"#;

/// What stands there changed since anybody read it: the member `moi` is new.
const FRESH: &str = r#"{"V":"3","moi":[1.0,null],"a":{"x":{"y":0},"Ten":"Cũ","NoiDung":"dài"},"Id":7}"#;

#[tokio::test]
async fn the_freshest_document_goes_back_with_the_changes_in_place() {
    let puts: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let kept = Arc::clone(&puts);
    let put = move |headers: HeaderMap, body: String| {
        let version = headers.get("if-match").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        kept.lock().unwrap().push((version, body));
        async { StatusCode::NO_CONTENT }
    };
    let router = Router::new().route("/t/{id}", get(|| async { FRESH }).put(put));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let settings = BTreeMap::from([("url".to_owned(), url)]);
    let mapping = mapping::load("whole.toml", MAPPING, &settings, mapping::NOTHING_BESIDE)
        .map_err(|found| found[0].render_text())
        .unwrap();
    let remote = DeclaredRemote::new(SystemName::from("whole"), Arc::new(mapping), &CallOptions::default()).unwrap();
    let fields = [("subject", Some(Value::Text("Mới".into()))), ("content", None)];
    let fields = fields.into_iter().map(|(name, value)| (Field::fixed(name), value)).collect();
    let outcome = remote.write(&Write { fields, ..write(Target::Existing(RemoteId::from("7"))) }).await;
    assert!(matches!(outcome, Outcome::Acked(_)), "{outcome:?}");
    let changed = r#"{"V":"3","moi":[1.0,null],"a":{"x":{"y":0},"Ten":"Mới"},"Id":7}"#;
    assert_eq!(*puts.lock().unwrap(), [("3".to_owned(), changed.to_owned())]);
}
