//! Systems that want more than a password: tokens of a real token server (`oidc-provider`, which nobody here wrote), and
//! signed requests, each checked before the sandbox's hotline.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use hmac::{Hmac, KeyInit as _, Mac as _};
use pakn_bridge::faces::sandbox::System;
use pakn_bridge::words::clock::now;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::bridge::until;
use crate::front::{Act, Asked, Front};
use crate::harness::client;
use crate::program::{Program, debian, listens};
use crate::world::World;

/// What the bridge shares with token server and gateway.
const SECRET: &str = "bi mat & 100% = chung";
/// Longest that a signed request is young, seconds.
const YOUNG: i64 = 60;

/// Where the token server is installed, once for all tests.
static INSTALLED: LazyLock<PathBuf> = LazyLock::new(|| {
    let prepare = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/token_server/prepare");
    let out = Command::new(prepare).stderr(Stdio::inherit()).output().unwrap();
    assert!(out.status.success(), "tests/token_server/prepare failed");
    PathBuf::from(String::from_utf8(out.stdout).unwrap().lines().last().unwrap())
});

/// A running token server.
struct TokenServer {
    program: Program,
    client: reqwest::Client,
    /// Whether the next token that is asked about is taken back first.
    takes_back: AtomicBool,
}

impl TokenServer {
    /// One whose tokens live so many seconds.
    async fn start(seconds: u32) -> Self {
        let command = |_: &Path, port: u16| {
            let mut command = debian("node");
            command.arg(INSTALLED.join("server.mjs")).args([&port.to_string(), SECRET, &seconds.to_string()]);
            command
        };
        let program = Program::start("token-server", command, listens).await;
        Self { program, client: client(), takes_back: AtomicBool::new(false) }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/token", self.program.port)
    }

    fn granted(&self) -> usize {
        self.program.read("server.log").lines().filter(|line| *line == "granted").count()
    }

    /// Asks it about a token, or takes one back.
    async fn ask(&self, what: &str, token: &str) -> String {
        let form = [("token", token), ("client_id", "cau-post"), ("client_secret", SECRET)];
        let asked = self.client.post(format!("{}/{what}", self.url())).form(&form).send().await.unwrap();
        asked.text().await.unwrap()
    }
}

/// The hotline behind a gateway that lets through whom `knows` knows.
struct Guarded {
    world: World,
    /// Calls that were sent away.
    turned_away: Arc<AtomicUsize>,
    _front: Front,
}

impl Guarded {
    async fn start(login: &str, settings: &str, knows: impl Fn(&Asked) -> bool + Send + Sync + 'static) -> Self {
        let world = World::empty().await;
        let turned_away = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&turned_away);
        let rule = move |asked: &Asked| {
            if knows(asked) {
                return Act::Pass;
            }
            counted.fetch_add(1, Ordering::SeqCst);
            Act::Answer(401, "{}")
        };
        let hotline = world.sandbox.urls().hotline.clone();
        let front = Front::before(&hotline, rule).await;
        let World { sandbox, bridge } = world.with_own_mappings(|text| {
            if !text.contains("X-Api-Key") {
                return text.to_owned();
            }
            let text = text.replace("[login]\n", &format!("[login]\n{login}\n"));
            let of_server = "token_url = { type = \"url\", example = \"http://127.0.0.1:1\" }\n";
            let of_server = if login.contains("token_url") { of_server } else { "" };
            let declared = format!("{of_server}secret = {{ secret = true, example = \"s\" }}");
            text.replace("[setting]\n", &format!("[setting]\n{declared}\n"))
        });
        let config = fs::read_to_string(bridge.path("bridge.toml")).unwrap().replace(&hotline, &front.url);
        let given = format!("[system.tongdai.setting]\nsecret = {{ env = \"SHARED\" }}\n{settings}\n");
        bridge.write("bridge.toml", &config.replace("[system.tongdai.setting]\n", &given));
        let bridge = bridge.with_secret("SHARED", SECRET);
        Self { world: World { sandbox, bridge }, turned_away, _front: front }
    }

    /// Behind tokens of this server, which it asks about each.
    async fn by_tokens(server: &Arc<TokenServer>, keys: &str) -> Self {
        let login =
            format!("oauth2 = {{ url = \"${{setting.token_url}}\", secret = \"${{setting.secret}}\", {keys} }}");
        let server = Arc::clone(server);
        let settings = format!("token_url = \"{}\"", server.url());
        let knows = move |asked: &Asked| {
            let token = asked.header("authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned();
            let ask = |what| block_in_place(|| Handle::current().block_on(server.ask(what, &token)));
            if server.takes_back.swap(false, Ordering::SeqCst) {
                ask("revocation");
            }
            let told = ask("introspection");
            told.contains("\"active\":true")
        };
        Self::start(&login, &settings, knows).await
    }

    fn turned_away(&self) -> usize {
        self.turned_away.load(Ordering::SeqCst)
    }

    fn people_work(&self) {
        for _ in 0..12 {
            self.world.sandbox.person_creates(System::Hotline, "feedback", &[]);
        }
        self.world.sandbox.person_creates(System::Portal, "feedback", &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_is_asked_for_and_carried_by_all_calls() {
    for keys in ["client = \"cau\", scope = \"pakn\"", "client = \"cau-post\", by = \"body\""] {
        let server = Arc::new(TokenServer::start(3600).await);
        let guarded = Guarded::by_tokens(&server, keys).await;
        guarded.people_work();
        let finished = guarded.world.sync().await;
        assert_eq!((server.granted(), guarded.turned_away()), (1, 0), "many calls, one login: {finished:?}");
        guarded.world.quiet().await.expect(0);
        guarded.world.expect_clean();
        assert_eq!(guarded.turned_away(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_before_its_end_and_at_once_when_it_is_taken_back() {
    let server = Arc::new(TokenServer::start(8).await);
    let keys = "client = \"cau-post\", by = \"body\", early = \"1h\"";
    let guarded = Guarded::by_tokens(&server, keys).await;
    let daemon = guarded.world.bridge.start().await;
    guarded.people_work();
    until("two tokens have ended", || server.granted() > 2).await;
    assert_eq!(guarded.turned_away(), 0, "no call carried a token that had ended");
    server.takes_back.store(true, Ordering::SeqCst);
    guarded.people_work();
    until("the token that was taken back is refused", || guarded.turned_away() > 0).await;
    until("all is passed on", || guarded.world.sandbox.recount(&[]).is_clean()).await;
    assert_eq!(daemon.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_the_token_server_refuses_moves_nothing_and_is_not_told() {
    let server = Arc::new(TokenServer::start(3600).await);
    let mut guarded = Guarded::by_tokens(&server, "client = \"cau\"").await;
    guarded.world.bridge = guarded.world.bridge.with_secret("SHARED", "sai-roi");
    guarded.people_work();
    let finished = guarded.world.sync().await;
    assert_ne!(finished.code, 0);
    assert!(finished.stderr.contains("invalid_client") && !finished.stderr.contains("sai-roi"), "{finished:?}");
    assert_eq!((guarded.world.writes(), server.granted(), guarded.turned_away()), (0, 0, 0));
}

/// Whether a request is signed with our secret, young, and none that came before.
fn is_signed(asked: &Asked, before: &Mutex<BTreeSet<String>>) -> bool {
    let Asked { method, path, query, body, .. } = asked;
    let (at, nonce) = (asked.header("x-time"), asked.header("x-nonce"));
    let digest: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    let text = format!("{method}\n{path}\n{query}\n{at}\n{nonce}\n{digest}");
    let code = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(text);
    let code: String = code.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let is_young = at.parse().is_ok_and(|at: i64| (now().timestamp() - at).abs() < YOUNG);
    asked.header("x-signature") == format!("v1={code}") && is_young && before.lock().unwrap().insert(nonce.to_owned())
}

const SIGN: &str = "sign = { key = \"${setting.secret}\", over = \"${sign.method}\\n${sign.path}\\n${sign.query}\\n${sign.at}\\n${sign.nonce}\\n${sign.body}\", header = { X-Time = \"${sign.at}\", X-Nonce = \"${sign.nonce}\", X-Signature = \"v1=${sign.value}\" } }";

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_signed_and_no_signature_comes_twice() {
    let before = Mutex::default();
    let mut guarded = Guarded::start(SIGN, "", move |asked| is_signed(asked, &before)).await;
    guarded.people_work();
    guarded.world.quiet().await.expect(0);
    guarded.world.expect_clean();
    assert_eq!(guarded.turned_away(), 0);
    // With another key nothing goes.
    guarded.world.bridge = guarded.world.bridge.with_secret("SHARED", "sai-roi");
    guarded.people_work();
    let writes = guarded.world.writes();
    assert_ne!(guarded.world.sync().await.code, 0);
    assert!(guarded.turned_away() > 0);
    assert_eq!(guarded.world.writes(), writes);
}
