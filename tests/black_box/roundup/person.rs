//! A person at the tracker, or the bridge's account: what they do through its REST interface, and what they see.

use reqwest::header::{CONTENT_TYPE, IF_MATCH, ORIGIN, REFERER};
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};

/// Somebody who speaks with a tracker.
pub(crate) struct Person {
    client: reqwest::Client,
    url: String,
    origin: String,
    login: Option<(String, String)>,
}

/// What the tracker said.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    /// Null where it was no JSON.
    pub(crate) json: Value,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The tracker's own words about an error.
    pub(crate) fn says(&self) -> String {
        self.json["error"]["msg"].as_str().unwrap_or_default().to_owned()
    }

    /// ETag of the item shown.
    pub(crate) fn etag(&self) -> String {
        self.json["data"]["@etag"].as_str().unwrap().to_owned()
    }

    /// Id of the item created.
    pub(crate) fn new_id(&self) -> String {
        assert_eq!(self.status, 201, "{}", self.json);
        self.json["data"]["id"].as_str().unwrap().to_owned()
    }

    fn rows(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.json);
        self.json["data"]["collection"].as_array().unwrap().clone()
    }
}

/// A message in a ticket's thread.
#[derive(Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) text: String,
    pub(crate) author: String,
    pub(crate) reference: Option<String>,
}

impl Person {
    pub(super) fn new(client: reqwest::Client, url: String, origin: String, login: Option<(String, String)>) -> Self {
        Self { client, url, origin, login }
    }

    /// Files a ticket; gives its id. Without `ext_id` the tracker gives it a number of its own.
    pub(crate) async fn create(&self, mut ticket: Value) -> String {
        ticket.as_object_mut().unwrap().entry("ext_id").or_insert_with(|| json!(""));
        self.post("/data/issue", &ticket).await.new_id()
    }

    /// Changes a ticket, as read a moment before.
    pub(crate) async fn edit(&self, id: &str, change: &Value) {
        let path = format!("/data/issue/{id}");
        let etag = self.get(&path).await.etag();
        let answer = self.patch(&path, Some(&etag), change).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
    }

    /// Answers in a ticket's thread; gives the message's id.
    pub(crate) async fn reply(&self, id: &str, text: &str) -> String {
        let author = self.login.as_ref().map(|(name, _)| name.as_str());
        // The tracker's own page gives each message its instant too: `.` is now.
        let message = json!({ "content": text, "author": author, "public": true, "date": "." });
        let message = self.post("/data/msg", &message).await.new_id();
        self.edit(id, &json!({ "@op": "add", "messages": [&message] })).await;
        message
    }

    /// Adds a file to a ticket; gives the file's id.
    pub(crate) async fn attach(&self, id: &str, name: &str, media_type: &str, bytes: &[u8]) -> String {
        let content = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name("content");
        let form = reqwest::multipart::Form::new()
            .text("name", name.to_owned())
            .text("type", media_type.to_owned())
            .part("content", content);
        let file = self.send(self.request(Method::POST, "/data/file").multipart(form)).await.new_id();
        self.edit(id, &json!({ "@op": "add", "files": [&file] })).await;
        file
    }

    /// Takes a ticket out of the lists, as Roundup deletes.
    pub(crate) async fn retire(&self, id: &str) {
        let path = format!("/data/issue/{id}");
        let etag = self.get(&path).await.etag();
        let answer = self.send(self.request(Method::DELETE, &path).header(IF_MATCH, etag)).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
    }

    /// One ticket's fields, links as ids and its status by name.
    pub(crate) async fn ticket(&self, id: &str) -> Map<String, Value> {
        let rows = self.list(&format!("issue?id={id}&@fields={TICKET_FIELDS}&@verbose=0")).await;
        rows.into_iter().next().unwrap()
    }

    /// All tickets that are not retired, by id.
    pub(crate) async fn tickets(&self) -> Vec<Map<String, Value>> {
        self.list(&format!("issue?@sort=id&@fields={TICKET_FIELDS}&@verbose=0")).await
    }

    /// A ticket's thread, oldest first.
    pub(crate) async fn thread(&self, id: &str) -> Vec<Reply> {
        let fields = "content,author.username,ext_id";
        let rows = self.list(&format!("msg?issue={id}&@sort=id&@fields={fields}&@verbose=3")).await;
        let text = |row: &Map<String, Value>, name: &str| row[name].as_str().map(str::to_owned);
        rows.iter()
            .map(|row| Reply {
                text: text(row, "content").unwrap_or_default(),
                author: text(row, "author.username").unwrap_or_default(),
                reference: text(row, "ext_id"),
            })
            .collect()
    }

    /// A ticket's files: id, name, type.
    pub(crate) async fn files(&self, id: &str) -> Vec<(String, String, String)> {
        let rows = self.list(&format!("file?issue={id}&@sort=id&@fields=name,type&@verbose=0")).await;
        let text = |row: &Map<String, Value>, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        rows.iter().map(|row| (text(row, "id"), text(row, "name"), text(row, "type"))).collect()
    }

    /// A file's bytes.
    pub(crate) async fn download(&self, file: &str) -> Vec<u8> {
        self.get(&format!("/data/file/{file}/binary_content")).await.bytes
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(with_json(self.request(Method::POST, path), body)).await
    }

    pub(crate) async fn patch(&self, path: &str, etag: Option<&str>, body: &Value) -> Answer {
        let mut request = with_json(self.request(Method::PATCH, path), body);
        if let Some(etag) = etag {
            request = request.header(IF_MATCH, etag);
        }
        self.send(request).await
    }

    async fn list(&self, query: &str) -> Vec<Map<String, Value>> {
        let rows = self.get(&format!("/data/{query}")).await.rows();
        rows.into_iter().map(|row| row.as_object().unwrap().clone()).collect()
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self
            .client
            .request(method, format!("{}/rest{path}", self.url))
            .header("X-Requested-With", "rest")
            .header(REFERER, format!("{}/", self.url))
            .header(ORIGIN, &self.origin);
        if let Some((name, password)) = &self.login {
            request = request.basic_auth(name, Some(password));
        }
        request
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("Retry-After").map(|value| value.to_str().unwrap().to_owned());
        let bytes = answer.bytes().await.unwrap().to_vec();
        Answer { status, retry_after, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null), bytes }
    }
}

/// Fields that a recount looks at.
const TICKET_FIELDS: &str = "ext_id,title,body,status.name,kind,channel,level,field,sender_name,sender_phone,agency,\
                             co_agencies,received,due,answered,refusal,creation,activity";

/// Roundup takes `application/json` only to the letter.
fn with_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header(CONTENT_TYPE, "application/json").body(body.to_string())
}
