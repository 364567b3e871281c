//! The sandbox: a provincial hotline and two national systems as real HTTP servers in this process, with people in
//! them, faults by seed, and truth logs that the bridge can't see.
//!
//! It is the witness against which the bridge is tried, so it shares nothing with it: no mapping, no planner, no
//! store. `docs/sandbox-api.md` tells how the systems speak.

mod bad_input;
mod codes;
mod content;
mod cut;
mod desk;
mod dialect;
mod documents;
mod fates;
mod faults;
mod hotline;
mod legal;
mod people;
mod portal;
mod recount;
mod server;
mod spelling;
mod xml;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::content::Occasion;
use self::cut::{CuttableListener, Scissors};
use self::desk::{Change, Desk, NewChild, SharedDesk};
use self::hotline::Hotline;
use self::legal::Legal;
use self::people::{Deed, Extent};
use self::portal::Portal;
use self::recount::Truth;
use self::server::{Controls, Face, lock, router};
use crate::words::clock;

pub use self::bad_input::{BadAnswer, BadRow, Scope};
pub use self::desk::{Actor, Child, Event, Happening, Ticket, Values};
pub use self::dialect::ChildKind;
pub use self::fates::Backup;
pub use self::faults::Faults;
pub use self::people::PeopleReport;
pub use self::recount::{Class, Excluded, Finding, Recount};
pub use self::spelling::{Meaning, Raw};

/// How long a shutdown waits for open connections.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(1);

/// One of the three systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum System {
    /// The province's hotline, tổng đài 1022.
    Hotline,
    /// The national portal.
    Portal,
    /// The national system for feedback on legal texts.
    Legal,
}

impl System {
    /// All three, the hotline first.
    pub const ALL: [Self; 3] = [Self::Hotline, Self::Portal, Self::Legal];

    /// Its name, the same as its mapping file's.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hotline => "tongdai-1022",
            Self::Portal => "dvcqg",
            Self::Legal => "phapluat",
        }
    }
}

/// What a sandbox is to be like.
#[derive(Debug, Clone)]
pub struct Options {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// Tickets that people make at the hotline, some before the start and some while it runs.
    pub tickets: usize,
    /// How many of them, in percent, belong on a national side.
    pub selected_percent: u8,
    /// What goes wrong.
    pub faults: Faults,
    /// Whether people go on acting after the start. If not, all tickets are there at the start.
    pub people: bool,
    /// How long people act; `None`: 3 s and 1 s more for each 500 tickets.
    pub duration: Option<Duration>,
    /// How long people wait for the copy of a ticket that they want to edit on the other side.
    pub patience: Duration,
    /// Where the servers listen.
    pub address: IpAddr,
    /// Their ports, in the order of [`System::ALL`]; 0 for any that is free.
    pub ports: [u16; 3],
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            tickets: 0,
            selected_percent: 5,
            faults: Faults::off(),
            people: true,
            duration: None,
            patience: Duration::from_secs(60),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: [0; 3],
        }
    }
}

/// Why a sandbox did not start.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// A port could not be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// Where the systems are: base addresses without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// The hotline; calls are under `/api`.
    pub hotline: String,
    /// The portal; its one address is `/api`.
    pub portal: String,
    /// The legal-text system; its endpoint is `/ws`.
    pub legal: String,
}

/// What the systems want to see of a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Value of `X-Api-Key`.
    pub hotline_key: String,
    /// Portal user.
    pub portal_user: String,
    /// Portal password.
    pub portal_password: String,
    /// User of the legal-text system.
    pub legal_user: String,
    /// Password of the legal-text system.
    pub legal_password: String,
}

impl Credentials {
    /// The credentials of a sandbox of this seed.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        Self {
            hotline_key: format!("khoa-thu-nghiem-{seed}"),
            portal_user: "pakn-bridge".to_owned(),
            portal_password: format!("mat-khau-{seed}"),
            legal_user: "pakn-bridge".to_owned(),
            legal_password: format!("mat-khau-pl-{seed}"),
        }
    }
}

/// The storages of the three systems.
#[derive(Debug, Clone)]
struct Desks {
    hotline: SharedDesk,
    portal: SharedDesk,
    legal: SharedDesk,
}

impl Desks {
    fn new() -> Self {
        let desk = |system| Arc::new(Mutex::new(Desk::new(system)));
        Self { hotline: desk(System::Hotline), portal: desk(System::Portal), legal: desk(System::Legal) }
    }

    const fn get(&self, system: System) -> &SharedDesk {
        match system {
            System::Hotline => &self.hotline,
            System::Portal => &self.portal,
            System::Legal => &self.legal,
        }
    }
}

/// Three running systems.
#[derive(Debug)]
pub struct Sandbox {
    desks: Desks,
    controls: Arc<Controls>,
    urls: Urls,
    credentials: Credentials,
    people: watch::Receiver<Option<PeopleReport>>,
    people_task: JoinHandle<()>,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    made_by_hand: Mutex<usize>,
}

impl Sandbox {
    /// Starts the servers, lets people bring what they had before the start, and sets them to work.
    ///
    /// # Errors
    /// When a port can't be had.
    pub async fn start(options: Options) -> Result<Self, SandboxError> {
        let controls = Arc::new(Controls::new(options.seed, options.faults.clone()));
        let desks = Desks::new();
        let credentials = Credentials::of_seed(options.seed);
        let mut listeners = Vec::new();
        for port in options.ports {
            let address = SocketAddr::new(options.address, port);
            let listener =
                TcpListener::bind(address).await.map_err(|source| SandboxError::Listen { address, source })?;
            let bound = listener.local_addr().map_err(|source| SandboxError::Listen { address, source })?;
            listeners.push((listener, format!("http://{bound}")));
        }
        let duration = options.duration.unwrap_or_else(|| {
            Duration::from_secs(3) + Duration::from_millis(2) * u32::try_from(options.tickets).unwrap_or(u32::MAX)
        });
        let extent = Extent { tickets: options.tickets, selected_percent: options.selected_percent, duration };
        let now = clock::now();
        let mut plan = people::plan(options.seed, extent, now);
        if !options.people {
            plan = people::without_acts(plan);
        }
        let rest = people::prepare(plan, &desks, &controls, now);

        let (stop, stopped) = watch::channel(false);
        let mut servers = Vec::new();
        let mut bases = Vec::new();
        for (system, (listener, base)) in System::ALL.into_iter().zip(listeners) {
            let face = face(system, &desks, &controls, &credentials, &base);
            let mut stopped = stopped.clone();
            let app = router(face, Arc::clone(&controls)).into_make_service_with_connect_info::<Scissors>();
            let serve = axum::serve(CuttableListener(listener), app).with_graceful_shutdown(async move {
                // An error means that the sandbox itself is gone: the same thing.
                drop(stopped.wait_for(|stop| *stop).await);
            });
            servers.push(tokio::spawn(async move {
                if let Err(error) = serve.await {
                    tracing::error!(%error, "a sandbox server ended");
                }
            }));
            bases.push(base);
        }
        let [hotline, portal, legal] = <[String; 3]>::try_from(bases).unwrap_or_default();

        let (report, people) = watch::channel(None);
        let people_task = {
            let (desks, controls, patience) = (desks.clone(), Arc::clone(&controls), options.patience);
            tokio::spawn(async move {
                let done = people::act(rest, desks, &controls, patience).await;
                report.send_replace(Some(done));
            })
        };
        let urls = Urls { hotline, portal, legal };
        let made_by_hand = Mutex::new(0);
        Ok(Self { desks, controls, urls, credentials, people, people_task, stop, servers, made_by_hand })
    }

    /// Where the systems are.
    #[must_use]
    pub const fn urls(&self) -> &Urls {
        &self.urls
    }

    /// What they want to see of a caller.
    #[must_use]
    pub const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Changes what goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.controls.set_faults(faults);
    }

    /// Makes whole answers of one system bad, or good again.
    pub fn set_bad_answer(&self, system: System, bad: Option<(BadAnswer, Scope)>) {
        self.controls.set_bad_answer(system, bad);
    }

    /// Makes one ticket look bad wherever it is shown, or good again.
    pub fn set_bad_row(&self, system: System, id: &str, bad: Option<BadRow>) {
        self.controls.set_bad_row(system, id, bad);
    }

    /// Waits until people have done all that they planned.
    pub async fn people_done(&self) -> PeopleReport {
        let mut people = self.people.clone();
        let report = people.wait_for(Option::is_some).await.map(|report| *report);
        report.ok().flatten().unwrap_or_default()
    }

    /// Whether people have done all that they planned.
    #[must_use]
    pub fn people_are_done(&self) -> bool {
        self.people.borrow().is_some()
    }

    /// All tickets of one system, by id.
    #[must_use]
    pub fn tickets(&self, system: System) -> Vec<Ticket> {
        lock(self.desks.get(system)).tickets().cloned().collect()
    }

    /// One ticket.
    #[must_use]
    pub fn ticket(&self, system: System, id: &str) -> Option<Ticket> {
        lock(self.desks.get(system)).get(id).cloned()
    }

    /// The tickets of one system whose text carries this mark.
    #[must_use]
    pub fn with_token(&self, system: System, token: &str) -> Vec<Ticket> {
        lock(self.desks.get(system)).with_token(token).into_iter().cloned().collect()
    }

    /// What happened in one system, in order: its truth log.
    #[must_use]
    pub fn events(&self, system: System) -> Vec<Event> {
        lock(self.desks.get(system)).events().to_vec()
    }

    /// Requests so far by system and call (`list`, `get`, `find`, `create`, `update`, `reply`, `transfer`, `attach`,
    /// `upload`, `download`, `login`, `who`).
    #[must_use]
    pub fn requests(&self) -> BTreeMap<(System, String), u64> {
        self.controls.counts()
    }

    /// Counts again from the truth logs what is where. `excluded`: what waits for a person.
    #[must_use]
    pub fn recount(&self, excluded: &[Excluded]) -> Recount {
        let (hotline, portal, legal) = (lock(&self.desks.hotline), lock(&self.desks.portal), lock(&self.desks.legal));
        recount::recount(&Truth { hotline: &hotline, portal: &portal, legal: &legal }, excluded)
    }

    /// A person makes a ticket of this kind (`feedback`, `legal_text`, …). Values not named in `words` are made up.
    /// Gives its id.
    pub fn person_creates(&self, system: System, kind: &str, words: &[(Meaning, &str)]) -> String {
        /// Tickets made by hand are numbered from here, past all planned ones.
        const FROM: usize = 900_000;
        let nth = {
            let mut made = lock(&self.made_by_hand);
            *made += 1;
            FROM + *made
        };
        let token = people::token(system, nth);
        let mut random = faults::random_for(self.controls.seed, system.as_str(), "by hand", nth as u64);
        let mark = if system == System::Hotline { "Mã ghi âm" } else { "Mã phản ánh" };
        let online = system != System::Hotline;
        let occasion = Occasion { kind, mark, token: &token, received: clock::now(), online };
        let mut draft = content::draft(&mut random, &occasion);
        for (meaning, text) in words {
            let text = match meaning {
                Meaning::Content => format!("{text} [{mark} {token}]"),
                _ => (*text).to_owned(),
            };
            draft.words.insert(*meaning, text);
        }
        self.person_does(system, "", &Deed::Create(draft)).unwrap_or_default()
    }

    /// A person changes values, given in canonical words (`in_progress`, `+84912345678`, RFC 3339 instants). Gives the
    /// ticket's id, `None` where there is no such ticket.
    pub fn person_edits(&self, system: System, id: &str, words: &[(Meaning, &str)]) -> Option<String> {
        let words = words.iter().map(|(meaning, text)| (*meaning, (*text).to_owned())).collect();
        self.person_does(system, id, &Deed::Edit(words))
    }

    /// A person (or a bug of that system) puts a value in as it stands, sense or nonsense.
    pub fn person_edits_raw(&self, system: System, id: &str, meaning: Meaning, raw: Raw) -> Option<String> {
        let change = Change { reference: None, values: [(meaning, raw)].into() };
        let mut desk = lock(self.desks.get(system));
        desk.update(clock::now(), Actor::Person, id, None, change).ok().map(|ticket| ticket.id.clone())
    }

    /// An officer replies. Gives the reply's id.
    pub fn person_replies(&self, system: System, id: &str, text: &str) -> Option<String> {
        let (text, author) = (text.to_owned(), "Trần Văn An".to_owned());
        let agency = "000.00.12.H19".to_owned();
        let deed = Deed::Reply { text, author, agency, public: true, file: None };
        self.person_does(system, id, &deed)
    }

    /// An officer transfers a ticket to an agency (canonical code). Gives the transfer's id.
    pub fn person_transfers(&self, system: System, id: &str, to: &str, reason: &str) -> Option<String> {
        let from = "000.00.01.H19".to_owned();
        self.person_does(system, id, &Deed::Transfer { from, to: to.to_owned(), reason: reason.to_owned() })
    }

    /// Somebody attaches a file. Gives its id.
    pub fn person_attaches(&self, system: System, id: &str, name: &str, kind: &str, bytes: Bytes) -> Option<String> {
        let values = [(Meaning::FileName, Raw::from(name)), (Meaning::FileType, Raw::from(kind))].into();
        let new = NewChild { kind: ChildKind::File, reference: None, values, bytes: Some(bytes) };
        let mut desk = lock(self.desks.get(system));
        desk.add(clock::now(), Actor::Person, id, new).ok().map(|(_, child)| child.id)
    }

    /// An officer adds a document to a reply. Gives its id.
    pub fn person_attaches_to_reply(
        &self,
        system: System,
        id: &str,
        reply: &str,
        name: &str,
        bytes: Bytes,
    ) -> Option<String> {
        let parts = [(Meaning::FileName, name), (Meaning::FileType, "application/pdf"), (Meaning::FileOfReply, reply)];
        let values = parts.map(|(meaning, text)| (meaning, Raw::from(text))).into();
        let new = NewChild { kind: ChildKind::File, reference: None, values, bytes: Some(bytes) };
        let mut desk = lock(self.desks.get(system));
        desk.add(clock::now(), Actor::Person, id, new).ok().map(|(_, child)| child.id)
    }

    /// The citizen withdraws.
    pub fn person_withdraws(&self, system: System, id: &str) -> Option<String> {
        self.person_edits(system, id, &[(Meaning::Status, "withdrawn")])
    }

    fn person_does(&self, system: System, id: &str, deed: &Deed) -> Option<String> {
        people::do_deed(system, id, deed, &self.desks, &self.controls, clock::now())
    }

    /// Ends people and servers; open connections get a second to finish.
    pub async fn shutdown(mut self) {
        self.people_task.abort();
        self.stop.send_replace(true);
        for mut server in std::mem::take(&mut self.servers) {
            if tokio::time::timeout(SHUTDOWN_WAIT, &mut server).await.is_err() {
                server.abort();
            }
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.people_task.abort();
        for server in &self.servers {
            server.abort();
        }
    }
}

/// How one system speaks.
fn face(
    system: System,
    desks: &Desks,
    controls: &Arc<Controls>,
    credentials: &Credentials,
    base: &str,
) -> Arc<dyn Face> {
    let (desk, controls) = (Arc::clone(desks.get(system)), Arc::clone(controls));
    match system {
        System::Hotline => Arc::new(Hotline { desk, controls, key: credentials.hotline_key.clone() }),
        System::Portal => Arc::new(Portal {
            desk,
            controls,
            user: credentials.portal_user.clone(),
            password: credentials.portal_password.clone(),
            base: base.to_owned(),
            memory: Mutex::default(),
        }),
        System::Legal => Arc::new(Legal {
            desk,
            controls,
            user: credentials.legal_user.clone(),
            password: credentials.legal_password.clone(),
            answered: Mutex::default(),
        }),
    }
}
