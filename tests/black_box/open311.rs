//! Open311 GeoReport v2 endpoints on both sides of a bridge, by `mappings/open311.toml` or `open311-xml.toml` alone. They are
//! `tests/open311/server.py`, written from the specification, since no package of a registry serves GeoReport; a client that is somebody
//! else's (PyPI's georeport) reads there what the bridge made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use crate::bridge::Bridge;
use crate::harness::{client, mapping};
use crate::program::{Program, listens};

/// Cycles after which everything must have crossed.
const MOST_CYCLES: usize = 12;
const KEY: &str = "khoa-thu";

/// Where the client is installed, once for all tests.
static CLIENT: LazyLock<PathBuf> = LazyLock::new(|| {
    let out = Command::new(source("prepare")).stderr(Stdio::inherit()).output().unwrap();
    assert!(out.status.success(), "tests/open311/prepare failed");
    PathBuf::from(String::from_utf8(out.stdout).unwrap().lines().last().unwrap())
});

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/open311").join(name)
}

/// A running endpoint.
struct City {
    server: Program,
    http: reqwest::Client,
}

impl City {
    /// Without anybody's requests; `options` of `server.py`.
    async fn start(options: &[&str]) -> Self {
        let command = |_: &Path, port: u16| {
            let mut command = Command::new("python3");
            command.arg(source("server.py")).arg(port.to_string()).args(options);
            command
        };
        Self { server: Program::start("open311", command, listens).await, http: client() }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }

    async fn post(&self, what: &str, form: &[(&str, &str)]) -> Value {
        let form = [&[("api_key", KEY)], form].concat();
        let answer = self.http.post(format!("{}/{what}.json", self.url())).form(&form).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.text().await.unwrap());
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    async fn get(&self, what: &str) -> Vec<Value> {
        let answer = self.http.get(format!("{}/{what}.json", self.url())).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// A citizen reports something at the city's own site.
    async fn report(&self, description: &str) {
        let form = [("service_code", "transport"), ("address_string", "12 Đồng Khởi"), ("description", description)];
        self.post("requests", &form).await;
    }

    /// An officer answers the request whose description begins so, and closes it.
    async fn answer(&self, request: &str, text: &str) {
        let requests = self.get("requests").await;
        let is_it = |one: &&Value| one["description"].as_str().is_some_and(|text| text.starts_with(request));
        let id = requests.iter().find(is_it).and_then(|one| one["service_request_id"].as_str()).unwrap();
        let form = [("service_request_id", id), ("status", "closed"), ("description", text)];
        self.post("servicerequestupdates", &form).await;
    }

    /// The descriptions of all requests, as another client sees them.
    fn descriptions(&self) -> Vec<String> {
        let mut client = Command::new(CLIENT.join("bin/python"));
        let out = client.arg(source("client.py")).arg(self.url()).env("NO_PROXY", "*").output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let seen: Value = serde_json::from_slice(&out.stdout).unwrap();
        let text = |request: &Value| request["description"].as_str().unwrap_or_default().to_owned();
        seen["requests"].as_array().unwrap().iter().map(text).collect()
    }
}

/// A bridge between two endpoints, the city's by this mapping file.
fn bridge_between(city: &City, ministry: &City, file: &str) -> Bridge {
    let config = format!(
        r#"
[store]
path = "bridge.db"

[schedule]
sync = "* * * * * *"

[system.city]
limit = {{ rate = 0, concurrency = 4, timeout = "10s" }}
mapping = "city.toml"
[system.city.setting]
url = "{}"
key = {{ env = "CITY_KEY" }}

[system.ministry]
limit = {{ rate = 0, concurrency = 4, timeout = "10s" }}
mapping = "ministry.toml"
[system.ministry.setting]
url = "{}"
key = {{ env = "CITY_KEY" }}

[[link]]
name = "pakn"
province = "city"
national = "ministry"
up = [{{ kind = ["feedback"] }}]
down = [{{ kind = ["feedback"] }}]
[link.owner]
default = "province"
"#,
        city.url(),
        ministry.url(),
    );
    let bridge = Bridge::new(&config).with_secret("CITY_KEY", KEY);
    for (own, file) in [("city", file), ("ministry", "open311.toml")] {
        // The same promises, sooner kept: these endpoints have nothing that is late.
        let text = fs::read_to_string(mapping(file)).unwrap();
        let text = text.replace("= \"30s\"", "= \"200ms\"").replace("= \"5s\"", "= \"200ms\"");
        let text = text.replace("= \"1s\"", "= \"100ms\"");
        bridge.write(&format!("{own}.toml"), &text);
    }
    bridge
}

/// Cycles until the contents of both stay as they are.
async fn quiet(ends: [&City; 2], bridge: &Bridge) {
    let mut before = String::new();
    for _ in 0..MOST_CYCLES {
        bridge.run(&["sync", "--wait", "10"]).await.expect(0);
        let mut now = String::new();
        for end in ends {
            now += &format!("{:?} {:?}", end.get("requests").await, end.get("servicerequestupdates").await);
        }
        if now == before {
            return;
        }
        before = now;
    }
    panic!("not quiet after {MOST_CYCLES} cycles");
}

/// Requests made on both sides cross, each once, and so do the answers to them.
async fn cross(file: &str, options: &[&str]) {
    let (city, ministry) = (City::start(options).await, City::start(&[]).await);
    let bridge = bridge_between(&city, &ministry, file);
    let (up, down) =
        (["Ổ gà trước số 12", "Đèn hỏng\n--\nBa đèn liền nhau", "Rác [chưa thu]"], ["Ngập", "Cây đổ & dây điện"]);
    for text in up {
        city.report(text).await;
    }
    for text in down {
        ministry.report(text).await;
    }
    quiet([&city, &ministry], &bridge).await;

    for (end, theirs) in [(&city, &down[..]), (&ministry, &up[..])] {
        let seen = end.descriptions();
        assert_eq!(seen.len(), 5, "{seen:?}");
        for text in theirs {
            let copies = seen.iter().filter(|copy| copy.starts_with(&format!("{text}\n[PAKN PB-"))).count();
            assert_eq!(copies, 1, "{text}: {seen:?}");
        }
    }

    // The city answers and closes; the ministry answers.
    city.answer("Ổ gà trước số 12", "Đã vá xong").await;
    ministry.answer("Ổ gà trước số 12", "Bộ đã ghi nhận").await;
    quiet([&city, &ministry], &bridge).await;

    for (end, own, theirs) in [(&city, "Đã vá xong", "Bộ đã ghi nhận"), (&ministry, "Bộ đã ghi nhận", "Đã vá xong")]
    {
        let updates = end.get("servicerequestupdates").await;
        let texts: Vec<&str> = updates.iter().filter_map(|update| update["description"].as_str()).collect();
        assert!(
            matches!(texts[..], [first, second] if first == own && second.starts_with(&format!("{theirs}\n[PAKN PR-"))),
            "{texts:?}"
        );
    }
}

#[tokio::test]
async fn requests_and_their_updates_cross_both_ways() {
    cross("open311.toml", &[]).await;
}

#[tokio::test]
async fn a_request_that_is_accepted_and_gets_its_id_later_is_found_and_made_once() {
    cross("open311.toml", &["--tokens"]).await;
}

#[tokio::test]
async fn the_same_crosses_in_xml() {
    cross("open311-xml.toml", &["--tokens"]).await;
}
