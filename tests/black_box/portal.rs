//! A department that nobody here wrote a line of code for, the national portal, and the real binary between them.

use pakn_bridge::faces::sandbox::{Options, Sandbox, System};

use crate::bridge::{Bridge, Finished};
use crate::harness::mapping;

/// Cycles after which a bridge that is not quiet never will be.
const MOST_CYCLES: usize = 12;

pub(crate) struct Between {
    pub(crate) sandbox: Sandbox,
    pub(crate) bridge: Bridge,
}

impl Between {
    /// The department is described by this mapping; `setting` is what it asks for, as the config says it.
    pub(crate) async fn open(text: &str, setting: &str) -> Self {
        let sandbox = Sandbox::start(Options { people: false, ..Options::default() }).await.unwrap();
        let (urls, who) = (sandbox.urls(), sandbox.credentials());
        let config = format!(
            r#"
[store]
path = "bridge.db"
[schedule]
sync = "* * * * * *"
[system.phieu]
limit = {{ rate = 0, concurrency = 8, timeout = "10s" }}
mapping = "phieu.toml"
setting = {setting}
[system.dvcqg]
limit = {{ rate = 0, concurrency = 8, timeout = "10s" }}
mapping = {portal:?}
[system.dvcqg.setting]
url = "{}"
username = "{}"
password = {{ env = "PORTAL_PASSWORD" }}
[[link]]
name = "phieu"
province = "phieu"
national = "dvcqg"
up = [{{ kind = ["feedback"] }}]
down = [{{}}]
[link.owner]
default = "person"
"#,
            urls.portal,
            who.portal_user,
            portal = mapping("dvcqg.toml"),
        );
        let bridge = Bridge::new(&config).with_secret("PORTAL_PASSWORD", &who.portal_password);
        bridge.write("phieu.toml", text);
        Self { sandbox, bridge }
    }

    /// Requests to the portal so far that change something.
    pub(crate) fn writes(&self) -> u64 {
        let changing = ["create", "update", "reply", "transfer", "attach", "upload"];
        let counts = self.sandbox.requests();
        counts.iter().filter(|((_, call), _)| changing.contains(&call.as_str())).map(|(_, count)| count).sum()
    }

    /// Cycles until nothing waits and nothing is written any more.
    pub(crate) async fn quiet(&self) -> Finished {
        let mut calm = 0;
        for _ in 0..MOST_CYCLES {
            let before = self.writes();
            let finished = self.bridge.run(&["sync", "--wait", "5"]).await;
            calm = if self.writes() == before { calm + 1 } else { 0 };
            if calm == 2 {
                return finished;
            }
        }
        panic!("still writing after {MOST_CYCLES} cycles: {:#?}", self.sandbox.requests());
    }

    /// The one ticket of the portal with this subject.
    pub(crate) fn titled(&self, subject: &str) -> pakn_bridge::faces::sandbox::Ticket {
        use pakn_bridge::faces::sandbox::Meaning;
        let mut found = self.sandbox.tickets(System::Portal);
        found.retain(|ticket| ticket.words(System::Portal, Meaning::Subject) == subject);
        assert_eq!(found.len(), 1, "{subject}");
        found.remove(0)
    }
}
