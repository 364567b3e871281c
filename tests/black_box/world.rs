//! A province, two national systems and a bridge between them: the sandbox in this process, the real binary outside.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use pakn_bridge::faces::sandbox::{Actor, Options, Recount, Sandbox, System, Ticket};

use crate::bridge::{Bridge, Finished};
use crate::harness::mapping;

/// Cycles after which a bridge that is not quiet never will be.
const MOST_CYCLES: usize = 12;

/// Longest that one cycle waits for retries and doubts.
const CYCLE_SECONDS: &str = "5";

/// Longer than any declared late delivery.
const CALM: Duration = Duration::from_secs(3);
/// So many times at most.
const MOST_CALMS: usize = 8;

/// Sandbox and bridge, configured for each other.
pub(crate) struct World {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) bridge: Bridge,
}

impl World {
    /// Systems where nobody does anything but the test.
    pub(crate) async fn empty() -> Self {
        Self::of(Options { people: false, ..Options::default() }).await
    }

    /// Systems as told.
    pub(crate) async fn of(options: Options) -> Self {
        let sandbox = Arc::new(Sandbox::start(options).await.unwrap());
        let bridge = bridge_for(&sandbox, &config_for(&sandbox));
        Self { sandbox, bridge }
    }

    /// Systems where nobody does anything but the test, and a bridge whose state is in a PostgreSQL database. What a dead
    /// daemon had in hand passes on soon.
    pub(crate) async fn on(database: &str) -> Self {
        Self::empty().await.moved_to(database)
    }

    /// The same with its state in a PostgreSQL database.
    pub(crate) fn moved_to(self, database: &str) -> Self {
        let Self { sandbox, bridge } = self;
        let config = fs::read_to_string(bridge.path("bridge.toml")).unwrap();
        let config = config.replace("timeout = \"10s\"", "timeout = \"2s\"");
        bridge.write(
            "bridge.toml",
            &config.replace("path = \"bridge.db\"", "url = { env = \"DATABASE\" }\nlease = \"4s\""),
        );
        Self { sandbox, bridge: bridge.with_secret("DATABASE", database) }
    }

    /// The same with mapping files of the bridge's own, in its folder, each as `edit` makes it of the one before.
    pub(crate) fn with_own_mappings(self, edit: impl Fn(&str) -> String) -> Self {
        let mut config = fs::read_to_string(self.bridge.path("bridge.toml")).unwrap();
        for file in ["tongdai-1022.toml", "dvcqg.toml", "phapluat.toml"] {
            let own = fs::read_to_string(self.bridge.path(file));
            let text = own.or_else(|_| fs::read_to_string(mapping(file))).unwrap();
            self.bridge.write(file, &edit(&text));
            config = config.replace(mapping(file).to_str().unwrap(), file);
        }
        self.bridge.write("bridge.toml", &config);
        self
    }

    /// Own mapping files with promises so short that a doubt need not rest long. The sandbox keeps them while its listings
    /// don't lag by more than a tenth of a second.
    pub(crate) fn with_short_promises(self) -> Self {
        self.with_own_mappings(|text| {
            let text = text.replace("late_delivery = \"2s\"", "late_delivery = \"200ms\"");
            text.replace("\"500ms\"", "\"100ms\"")
        })
    }

    /// One cycle.
    pub(crate) async fn sync(&self) -> Finished {
        self.bridge.run(&["sync", "--wait", CYCLE_SECONDS]).await
    }

    /// Cycles until one writes nothing; the last one's outcome.
    pub(crate) async fn quiet(&self) -> Finished {
        for _ in 0..MOST_CYCLES {
            let before = self.writes();
            let finished = self.sync().await;
            if self.writes() == before {
                return finished;
            }
        }
        panic!("still writing after {MOST_CYCLES} cycles: {:#?}", self.sandbox.requests());
    }

    /// Cycles until doubts and pauses have run out and nothing differs any more.
    pub(crate) async fn settle(&self) {
        for _ in 0..MOST_CALMS {
            self.quiet().await;
            if self.sandbox.recount(&[]).is_clean() {
                return;
            }
            tokio::time::sleep(CALM).await;
        }
    }

    /// The same with a person who decides every conflict.
    pub(crate) async fn settle_with_a_person(&self) {
        loop {
            self.settle().await;
            let list = self.bridge.json(&["conflicts", "list"]).await;
            let open: Vec<_> =
                list["conflicts"].as_array().unwrap().iter().filter(|one| one["decided"].is_null()).collect();
            if open.is_empty() {
                return;
            }
            for conflict in open {
                let [pair, field] = ["pair", "field"].map(|name| conflict[name].as_str().unwrap());
                self.bridge.run(&["conflicts", "resolve", pair, field, "--take", "province"]).await.expect(0);
            }
        }
    }

    /// Requests so far that change something.
    pub(crate) fn writes(&self) -> u64 {
        let changing = ["create", "update", "reply", "transfer", "attach", "upload"];
        let counts = self.sandbox.requests();
        counts.iter().filter(|((_, call), _)| changing.contains(&call.as_str())).map(|(_, count)| count).sum()
    }

    /// The one copy that the bridge made of a ticket in another system.
    pub(crate) fn copy(&self, from: System, id: &str, to: System) -> Ticket {
        let mut copies = self.copies(from, id, to);
        assert_eq!(copies.len(), 1, "copies of {} {id} in {}", from.as_str(), to.as_str());
        copies.remove(0)
    }

    /// All copies of a ticket in another system.
    pub(crate) fn copies(&self, from: System, id: &str, to: System) -> Vec<Ticket> {
        let original = self.sandbox.ticket(from, id).unwrap();
        let copies = self.sandbox.with_token(to, original.token().unwrap());
        assert!(copies.iter().all(|copy| copy.made_by == Actor::Api), "a person made a copy");
        copies
    }

    /// `status` says that nothing waits for a person, or that something does.
    pub(crate) async fn expect_a_person_needed(&self, needed: bool) -> Finished {
        self.bridge.run(&["status"]).await.expect(i32::from(needed))
    }

    /// The recount, which must find nothing.
    pub(crate) fn expect_clean(&self) -> Recount {
        let recount = self.sandbox.recount(&[]);
        assert!(recount.is_clean(), "{recount:#?}");
        recount
    }
}

/// A bridge with the secrets of this sandbox.
pub(crate) fn bridge_for(sandbox: &Sandbox, config: &str) -> Bridge {
    let secrets = sandbox.credentials();
    Bridge::new(config)
        .with_secret("HOTLINE_KEY", &secrets.hotline_key)
        .with_secret("PORTAL_PASSWORD", &secrets.portal_password)
        .with_secret("LEGAL_PASSWORD", &secrets.legal_password)
}

/// The config of a bridge between the three systems.
pub(crate) fn config_for(sandbox: &Sandbox) -> String {
    let (urls, who) = (sandbox.urls(), sandbox.credentials());
    format!(
        r#"
[store]
path = "bridge.db"

[schedule]
sync = "* * * * * *"

[system.tongdai]
limit = {{ rate = 0, concurrency = 8, timeout = "10s" }}
mapping = {hotline:?}
[system.tongdai.setting]
url = "{}"
key = {{ env = "HOTLINE_KEY" }}

[system.dvcqg]
limit = {{ rate = 0, concurrency = 8, timeout = "10s" }}
mapping = {portal:?}
[system.dvcqg.setting]
url = "{}"
username = "{}"
password = {{ env = "PORTAL_PASSWORD" }}

[system.phapluat]
limit = {{ rate = 0, concurrency = 8, timeout = "10s" }}
mapping = {legal:?}
[system.phapluat.setting]
url = "{}"
username = "{}"
password = {{ env = "LEGAL_PASSWORD" }}

[[link]]
name = "pakn"
province = "tongdai"
national = "dvcqg"
up = [{{ kind = ["feedback"] }}]
down = [{{}}]
[link.owner]
default = "person"

[[link]]
name = "van-ban"
province = "tongdai"
national = "phapluat"
up = [{{ kind = ["legal_text"] }}]
down = [{{}}]
[link.owner]
default = "person"
"#,
        urls.hotline,
        urls.portal,
        who.portal_user,
        urls.legal,
        who.legal_user,
        hotline = mapping("tongdai-1022.toml"),
        portal = mapping("dvcqg.toml"),
        legal = mapping("phapluat.toml"),
    )
}
