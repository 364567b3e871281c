//! Systems that tell by themselves: what is told reaches the other side at once, is kept before it is answered, and moves
//! nothing unless the system said it, just now, for the first time.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pakn_bridge::faces::sandbox::{Meaning, System};
use pakn_bridge::pure::exchange::mac;
use pakn_bridge::pure::mapping::auth::SigningHash;
use pakn_bridge::words::clock::now;
use sqlx::{Connection as _, SqliteConnection};

use crate::bridge::{Daemon, until};
use crate::harness::client;
use crate::world::World;

/// What the hotline signs with.
const KEY: &str = "khóa của tổng đài";
/// Longest wait for a hint to be heeded, and how often that is asked.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(50);
/// A schedule without a poll for months.
const HARDLY_EVER: &str = "0 0 0 1 1 *";

/// Notices so far.
static EVENTS: AtomicU64 = AtomicU64::new(0);

/// What the hotline's mapping declares of it.
const HOOK: &str = r#"[hook]
id = "phieu[].ma"
window = "1m"
sign = { key = "${setting.hook_key}", over = "${sign.at}.${sign.text}", header = { X-Signature = "t=${sign.at},v1=${sign.value}" } }

[login]
"#;

impl World {
    /// The same with a hotline that tells by itself, and a bridge that listens; so many tickets may wait.
    pub(crate) fn with_hooks(self, queue: u32) -> Self {
        let world = self.with_own_mappings(|text| {
            if !text.contains("X-Api-Key") {
                return text.to_owned();
            }
            let key = "[setting]\nhook_key = { secret = true, example = \"khoa\" }\n";
            text.replace("[setting]\n", key).replacen("[login]\n", HOOK, 1)
        });
        let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
        let key = "[system.tongdai.setting]\nhook_key = { env = \"HOOK_KEY\" }\n";
        let config = config.replace("[system.tongdai.setting]\n", key);
        world.bridge.write("bridge.toml", &format!("{config}\n[hooks]\nlisten = \"127.0.0.1:0\"\nqueue = {queue}\n"));
        Self { sandbox: world.sandbox, bridge: world.bridge.with_secret("HOOK_KEY", KEY) }
    }

    /// No poll comes by itself but the first.
    fn without_polls(self) -> Self {
        let config = fs::read_to_string(self.bridge.path("bridge.toml")).unwrap();
        self.bridge.write("bridge.toml", &config.replace("* * * * * *", HARDLY_EVER));
        self
    }

    /// A daemon that has polled once.
    async fn polled(&self) -> Daemon {
        let daemon = self.bridge.start().await;
        until("the first cycle is done", || daemon.log().contains("cycle done")).await;
        daemon
    }

    fn asked(&self, call: &str) -> u64 {
        self.sandbox.requests().get(&(System::Hotline, call.to_owned())).copied().unwrap_or_default()
    }
}

/// What a system sends.
pub(crate) struct Told {
    body: String,
    signature: String,
}

impl Told {
    /// The hotline tells of these tickets.
    pub(crate) fn of(ids: &[&str]) -> Self {
        Self::at(now().timestamp(), KEY, ids)
    }

    fn at(at: i64, key: &str, ids: &[&str]) -> Self {
        let tickets: Vec<_> = ids.iter().map(|id| serde_json::json!({ "ma": id })).collect();
        // Two notices of one ticket in one second are told apart by this alone.
        let event = EVENTS.fetch_add(1, Ordering::SeqCst);
        let body = serde_json::json!({ "lan": event, "phieu": tickets }).to_string();
        let code = mac(SigningHash::Sha256, key.as_bytes(), format!("{at}.{body}").as_bytes()).unwrap();
        let code: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { body, signature: format!("t={at},v1={code}") }
    }

    /// Sends it to the daemon's listener: status and `Retry-After`; nothing where that is gone.
    pub(crate) async fn to(&self, daemon: &Daemon, path: &str) -> Option<(u16, String)> {
        let log = daemon.log();
        let (_, rest) = log.split_once("listening to what systems tell address=").unwrap();
        let address = rest.split_whitespace().next().unwrap();
        let call = client().post(format!("http://{address}{path}")).body(self.body.clone());
        let answer = call.header("X-Signature", &self.signature).send().await.ok()?;
        let wait = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()).unwrap_or_default();
        Some((answer.status().as_u16(), wait.to_owned()))
    }
}

/// Where the hotline tells.
pub(crate) const HOTLINE: &str = "/hooks/tongdai";

async fn expect(told: &Told, daemon: &Daemon, path: &str, status: u16) {
    assert_eq!(told.to(daemon, path).await.map(|(status, _)| status), Some(status), "{}", told.body);
}

/// Tickets that wait to be read.
async fn hints(world: &World) -> i64 {
    let file = world.bridge.path("bridge.db");
    let mut database = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM hints").fetch_one(&mut database).await.unwrap();
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_reaches_the_other_side_though_the_next_poll_is_months_away() {
    let world = World::empty().await.with_hooks(100).without_polls();
    let daemon = world.polled().await;
    let listed = world.asked("list");
    let ids: Vec<String> = (0..3).map(|_| world.sandbox.person_creates(System::Hotline, "feedback", &[])).collect();
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    expect(&Told::of(&names), &daemon, HOTLINE, 202).await;
    until("the new tickets are at the portal", || world.sandbox.recount(&[]).is_clean()).await;
    for (id, text) in [(&ids[0], "Một"), (&ids[1], "Hai"), (&ids[0], "Ba")] {
        world.sandbox.person_edits(System::Hotline, id, &[(Meaning::Subject, text)]).unwrap();
        world.sandbox.person_replies(System::Hotline, id, text).unwrap();
        expect(&Told::of(&[id]), &daemon, HOTLINE, 202).await;
        until("the change is at the portal", || world.sandbox.recount(&[]).is_clean()).await;
    }
    assert_eq!(world.asked("list"), listed, "nothing was listed");
    assert_eq!(daemon.terminate().await, 0);
    assert_eq!(hints(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_tell_and_what_was_told_before_moves_nothing() {
    let world = World::empty().await.with_hooks(100).without_polls();
    let daemon = world.polled().await;
    let (one, other) = (
        world.sandbox.person_creates(System::Hotline, "feedback", &[]),
        world.sandbox.person_creates(System::Hotline, "feedback", &[]),
    );
    let at = now().timestamp();
    let good = Told::at(at, KEY, &[&one]);
    for (told, path, status) in [
        (Told::at(at, "khóa khác", &[&one]), HOTLINE, 401),
        (Told::at(at - 120, KEY, &[&one]), HOTLINE, 401),
        (Told::at(at + 120, KEY, &[&one]), HOTLINE, 401),
        (Told { body: good.body.replace("phieu", "Phieu"), signature: good.signature.clone() }, HOTLINE, 401),
        (Told { body: good.body.clone(), signature: String::new() }, HOTLINE, 401),
        (Told { body: "x".repeat(300 * 1024), signature: good.signature.clone() }, HOTLINE, 413),
        (Told::at(at, KEY, &[]), HOTLINE, 422),
        (Told::at(at, KEY, &[&one]), "/hooks/dvcqg", 404),
        (Told::at(at, KEY, &[&one]), "/hooks/ai-do", 404),
        (Told::at(at, KEY, &[&one]), "/", 404),
    ] {
        expect(&told, &daemon, path, status).await;
    }
    let read = world.asked("get");
    expect(&good, &daemon, HOTLINE, 202).await;
    until("it is at the portal", || world.copies(System::Hotline, &one, System::Portal).len() == 1).await;
    // What came before is answered as then: the sender may not know that it came.
    world.sandbox.person_edits(System::Hotline, &one, &[(Meaning::Subject, "Mới")]).unwrap();
    let read_once = world.asked("get");
    expect(&good, &daemon, HOTLINE, 202).await;
    expect(&Told::of(&[&other]), &daemon, HOTLINE, 202).await;
    until("the other is at the portal", || world.copies(System::Hotline, &other, System::Portal).len() == 1).await;
    assert!(read_once > read);
    assert!(!world.sandbox.recount(&[]).is_clean(), "the edit was told of by nobody");
    assert_eq!(daemon.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_can_wait_is_asked_to_come_again() {
    let world = World::empty().await.with_hooks(2).without_polls();
    // Nothing is read before every system was listed once.
    let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
    let legal = world.sandbox.urls().legal.clone();
    world.bridge.write("bridge.toml", &config.replace(&legal, "http://127.0.0.1:1"));
    let daemon = world.bridge.start().await;
    expect(&Told::of(&["1", "2"]), &daemon, HOTLINE, 202).await;
    expect(&Told::at(now().timestamp() - 1, KEY, &["2"]), &daemon, HOTLINE, 202).await;
    let full = Told::of(&["3"]).to(&daemon, HOTLINE).await;
    assert_eq!(full, Some((503, "30".to_owned())));
    assert_eq!(hints(&world).await, 2);
    assert_eq!(daemon.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_survives_kill_9_before_it_was_answered() {
    let world = World::empty().await.with_hooks(100).without_polls();
    let mut daemon = world.bridge.spawn("daemon", &[("PAKN_STOP_AT", "hint-kept:1")]);
    until("the first cycle is done", || daemon.log().contains("cycle done")).await;
    let id = world.sandbox.person_creates(System::Hotline, "feedback", &[]);
    let told = Told::of(&[&id]);
    assert_eq!(told.to(&daemon, HOTLINE).await, None, "no answer came");
    until("the daemon has ended", || daemon.ended().is_some()).await;
    assert_eq!(hints(&world).await, 1);
    let daemon = world.bridge.start().await;
    expect(&told, &daemon, HOTLINE, 202).await;
    until("it is at the portal", || world.sandbox.recount(&[]).is_clean()).await;
    until("it was read", || daemon.log().contains("cycle done")).await;
    let heeded = async {
        while hints(&world).await > 0 {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(PATIENCE, heeded).await.expect("the hint is never heeded");
    assert_eq!(daemon.terminate().await, 0);
}
