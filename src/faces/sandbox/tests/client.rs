//! A client that knows `docs/sandbox-api.md` and nothing else, and a copyist that does by hand what a bridge should.

use serde_json::{Map, Value, json};

use super::super::desk::Ticket;
use super::super::dialect;
use super::super::documents::shown;
use super::super::spelling::spell;
use super::super::{ChildKind, Meaning, Options, Sandbox, System};

/// A sandbox and somebody who calls it.
pub(super) struct Client {
    pub(super) sandbox: Sandbox,
    pub(super) http: reqwest::Client,
    session: String,
}

/// Status, headers of interest and body of an answer.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) text: String,
}

impl Got {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl Client {
    pub(super) async fn start(options: Options) -> Self {
        // Tests of one binary share the process; whoever is first installs it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let sandbox = Sandbox::start(options).await.unwrap();
        Self { sandbox, http: reqwest::Client::new(), session: String::new() }
    }

    pub(super) async fn quiet() -> Self {
        Self::start(Options::default()).await
    }

    /// Calls the hotline. `body` is sent as JSON.
    pub(super) async fn hotline(&self, method: &str, path: &str, body: Option<Value>) -> Got {
        let url = format!("{}{path}", self.sandbox.urls().hotline);
        let request = self.http.request(method.parse().unwrap(), url);
        let request = request.header("X-Api-Key", &self.sandbox.credentials().hotline_key);
        let request = match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        };
        got(request).await.unwrap()
    }

    /// Calls a service of the portal, logging in first where there is no session.
    pub(super) async fn portal(&mut self, service: &str, mut more: Value) -> Value {
        if self.session.is_empty() {
            self.login().await;
        }
        let members = more.as_object_mut().unwrap();
        members.insert("session".into(), json!(self.session));
        members.insert("madonvi".into(), json!("000.00.00.H19"));
        members.insert("service".into(), json!(service));
        self.portal_raw(&more).await.unwrap().json()
    }

    pub(super) async fn login(&mut self) -> Value {
        let credentials = self.sandbox.credentials().clone();
        let body = json!({ "username": credentials.portal_user, "password": credentials.portal_password });
        let answer = self.portal_raw(&body).await.unwrap().json();
        self.session = answer["session"].as_str().unwrap().to_owned();
        answer
    }

    pub(super) fn session(&self) -> &str {
        &self.session
    }

    pub(super) async fn portal_raw(&self, body: &Value) -> reqwest::Result<Got> {
        got(self.http.post(format!("{}/api", self.sandbox.urls().portal)).body(body.to_string())).await
    }

    /// Calls an operation of the legal-text system; `inner` is the content of `soap:Body`.
    pub(super) async fn legal(&self, inner: &str) -> Got {
        let credentials = self.sandbox.credentials();
        let (user, password) = (&credentials.legal_user, &credentials.legal_password);
        let body = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:p=\"http://phapluat.gov.vn/pakn/v1\">\
             <s:Header><w:Security xmlns:w=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\">\
             <w:UsernameToken><w:Username>{user}</w:Username><w:Password>{password}</w:Password></w:UsernameToken>\
             </w:Security></s:Header><s:Body>{inner}</s:Body></s:Envelope>"
        );
        got(self.http.post(format!("{}/ws", self.sandbox.urls().legal)).body(body)).await.unwrap()
    }

    /// Copies a ticket of the hotline to the portal by API, as a perfect bridge would. Gives the copy's id.
    pub(super) async fn copy_up(&mut self, id: &str) -> String {
        let ticket = self.sandbox.ticket(System::Hotline, id).unwrap();
        let mut row = translated(System::Hotline, System::Portal, &ticket);
        row.insert("MaDongBo".into(), json!(format!("PAKN-{id}")));
        let answer = self.portal("DongBoPAKN", json!({ "isUpdating": "False", "data": [row] })).await;
        assert_eq!(answer["error_code"], "00", "{answer}");
        let copy = answer["data"][0]["MaPAKN"].as_str().unwrap().to_owned();
        for reply in ticket.children(ChildKind::Reply) {
            let mut row = Map::new();
            for (meaning, name) in dialect::child(System::Portal, ChildKind::Reply) {
                let words = super::super::desk::words(System::Hotline, &reply.values, *meaning);
                let raw = spell(System::Portal, *meaning, &words);
                row.insert((*name).to_owned(), shown(System::Portal, *meaning, Some(&raw)));
            }
            row.insert("MaPAKN".into(), json!(copy));
            let answer = self.portal("DongBoTraLoi", json!({ "isUpdating": "False", "data": [row] })).await;
            assert_eq!(answer["error_code"], "00", "{answer}");
        }
        copy
    }
}

/// All values of a ticket in another system's terms.
pub(super) fn translated(from: System, to: System, ticket: &Ticket) -> Map<String, Value> {
    let mut row = Map::new();
    for (meaning, name) in dialect::ticket(to) {
        let words = ticket.words(from, *meaning);
        if !words.is_empty() {
            row.insert((*name).to_owned(), shown(to, *meaning, Some(&spell(to, *meaning, &words))));
        }
    }
    row
}

/// The usual members of a new hotline ticket.
pub(super) fn phieu() -> Value {
    json!({ "LoaiPhieu": 1, "TieuDe": "Đường ngập", "NoiDung": "Ngập 40 cm [Mã ghi âm 1022-777777]", "LinhVucPAKNId": 104 })
}

/// Words for a portal ticket made by hand.
pub(super) fn pakn() -> Value {
    json!({ "LoaiPAKN": "PAKN", "TieuDe": "Chậm trả kết quả", "NoiDung": "45 ngày", "HoTen": "Phạm Văn Hùng",
            "SoDienThoai": "+84912345678" })
}

/// A `pl:PhanAnh` that is taken, in the prefix `p`.
pub(super) fn phan_anh(reference: &str) -> String {
    format!(
        "<p:PhanAnh><p:MaDongBo>{reference}</p:MaDongBo><p:Loai>van-ban</p:Loai><p:TieuDe>Vướng mắc</p:TieuDe>\
         <p:NoiDung>Điều 8 khoản 2 &lt;mâu thuẫn&gt;</p:NoiDung><p:NguoiGui loai=\"cong-dan\"><p:HoTen>Lê Thị Bích</p:HoTen></p:NguoiGui>\
         <p:XaPhuong ngay=\"2026-04-30\">26041</p:XaPhuong><p:PhoiHop><p:DonVi>H19.3</p:DonVi></p:PhoiHop></p:PhanAnh>"
    )
}

/// The text of the first element of this name, by plain search.
pub(super) fn between<'a>(text: &'a str, name: &str) -> &'a str {
    let open = format!("<pl:{name}>");
    let begin = text.find(&open).unwrap_or_else(|| panic!("no {name} in {text}")) + open.len();
    let end = text[begin..].find('<').unwrap() + begin;
    &text[begin..end]
}

/// Meaning and words, to change one thing.
pub(super) const CHANGED_PHONE: (Meaning, &str) = (Meaning::Phone, "+84987654321");

pub(super) async fn got(request: reqwest::RequestBuilder) -> reqwest::Result<Got> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    Ok(Got { status, retry_after, text: response.text().await? })
}
