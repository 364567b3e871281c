//! The daemon ends at each place where an effect is half done, is started again, and nothing is lost or done twice.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use pakn_bridge::faces::sandbox::{Excluded, Faults, Meaning, System};
use pakn_bridge::words::stops::Stop;

use crate::bridge::{Daemon, until};
use crate::hooks::{HOTLINE, Told};
use crate::postgres;
use crate::world::World;

use System::{Hotline, Legal, Portal};

/// Names the place where the process ends.
const VARIABLE: &str = "PAKN_STOP_AT";
/// Places that only several daemons on one database come by.
const OF_SEVERAL: [Stop; 1] = [Stop::DutyTaken];
/// Places that only the maker of a file comes by.
const OF_A_FILE: [Stop; 1] = [Stop::Made];
/// Worlds at once: most of their time is waiting.
const AT_ONCE: usize = 20;
/// The second daemon ends where it comes by the same place for this time, if it does.
const SECOND_TIME: usize = 3;
/// On one of so many days it comes by each place: which answers are lost, and when, is left to chance.
const MOST_DAYS: usize = 12;
/// Answers that are lost, so that there are doubts.
const LOST: f64 = 0.25;
/// How an aborted process ends.
const SIGABRT: i32 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_daemon_ends_nothing_is_lost_or_doubled_on_sqlite() {
    let stops = Stop::ALL.iter().filter(|stop| !OF_SEVERAL.contains(stop));
    all_well(stops.map(|stop| async { end_at(*stop, World::empty().await).await })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_daemon_ends_nothing_is_lost_or_doubled_on_postgres() {
    let stops = Stop::ALL.iter().filter(|stop| !OF_A_FILE.contains(stop));
    let ends = stops.map(|stop| async {
        let database = postgres::database().await;
        end_at(*stop, World::on(&database).await).await
    });
    all_well(ends).await;
}

/// Each comes to a good end; all that do not are told.
async fn all_well(ends: impl Iterator<Item = impl Future<Output = Result<(), String>>>) {
    let ends: Vec<_> = stream::iter(ends).buffer_unordered(AT_ONCE).collect().await;
    let wrong: Vec<String> = ends.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// One daemon that ends there the first time, another that ends there some time later; then all is brought to rest.
async fn end_at(stop: Stop, world: World) -> Result<(), String> {
    let mut day = Day::new(world);
    let mut log = String::new();
    let mut is_reached = false;
    for _ in 0..MOST_DAYS {
        day.work();
        match day.ends_at(&format!("{}:1", stop.name())).await {
            Ok(()) => is_reached = true,
            Err(told) => log = told,
        }
        if is_reached {
            break;
        }
    }
    if !is_reached {
        return Err(format!("{} is never reached:\n{log}", stop.name()));
    }
    day.work();
    // Where it is not reached so often the day simply ends.
    day.ends_at(&format!("{}:{SECOND_TIME}", stop.name())).await.ok();
    day.comes_to_rest().await.map_err(|what| format!("{}: {what}", stop.name()))
}

/// A day on which a bit of everything happens.
struct Day {
    world: World,
    /// What the legal system refuses until a person mends it.
    vague: Vec<String>,
}

impl Day {
    /// The promises are short, so that doubts need not rest long; the polls are rare, so that a doubt is looked up before
    /// one of them settles it.
    fn new(world: World) -> Self {
        let config = fs::read_to_string(world.bridge.path("bridge.toml")).unwrap();
        world.bridge.write("bridge.toml", &config.replace("sync = \"* * * * * *\"", "sync = \"*/4 * * * * *\""));
        Self { world: world.with_short_promises().with_hooks(100), vague: Vec::new() }
    }

    /// People work, on all sides.
    fn work(&mut self) {
        let sandbox = &self.world.sandbox;
        let up: Vec<_> = (0..3).map(|_| sandbox.person_creates(Hotline, "feedback", &[])).collect();
        let picture = Bytes::from_static(b"\x89PNG\0\xff");
        sandbox.person_attaches(Hotline, &up[0], "ảnh.png", "image/png", picture).unwrap();
        sandbox.person_replies(Hotline, &up[1], "Đã chuyển đơn vị xử lý").unwrap();
        for _ in 0..3 {
            sandbox.person_creates(Hotline, "legal_text", &[]);
        }
        let vague = [(Meaning::Content, "Quy định này vướng mắc, đề nghị sửa.")];
        self.vague.push(sandbox.person_creates(Hotline, "legal_text", &vague));
        sandbox.person_creates(Portal, "feedback", &[]);
        sandbox.person_creates(Legal, "legal_text", &[]);
    }

    /// Whether a process that is to end at this place did, on a day that comes by all of them: the daemon at work, a sound
    /// and an unsound mapping, a report, a backup put back.
    /// If not, the daemon's log.
    async fn ends_at(&mut self, place: &str) -> Result<(), String> {
        let variables = [(VARIABLE, place)];
        let mut daemon = self.world.bridge.spawn("daemon", &variables);
        self.world.sandbox.set_faults(Faults { cut_after: LOST, ..Faults::off() });
        self.hotline_tells(&mut daemon).await;
        until("all is passed on", || daemon.ended().is_some() || self.is_done()).await;
        self.world.sandbox.set_faults(Faults::off());
        self.people_interfere(&mut daemon).await;
        if daemon.ended().is_none() {
            daemon.ask_to_end();
        }
        until("the daemon ends", || daemon.ended().is_some()).await;
        let status = daemon.ended().unwrap();
        if status.signal() == Some(SIGABRT) {
            return Ok(());
        }
        assert_eq!(status.code(), Some(0), "{}", daemon.log());
        for command in [&["report"][..], &["sync", "--restored", "dvcqg"]] {
            let told = self.world.bridge.run_with(command, &variables).await;
            if told.code < 0 {
                return Ok(());
            }
            assert!(told.code < 3, "{told:#?}");
        }
        Err(daemon.log())
    }

    /// The hotline tells of a ticket by itself.
    async fn hotline_tells(&self, daemon: &mut Daemon) {
        until("the daemon listens", || daemon.ended().is_some() || daemon.log().contains("listening")).await;
        let tickets = self.world.sandbox.tickets(Hotline);
        if let (Some(ticket), true) = (tickets.last(), daemon.log().contains("listening")) {
            // Where the daemon ends before it answers, that is the point.
            Told::of(&[&ticket.id]).to(daemon, HOTLINE).await;
        }
    }

    /// A person asks for what was refused once more. One mapping changes and stays sound, another is broken and mended.
    async fn people_interfere(&mut self, daemon: &mut Daemon) {
        while daemon.ended().is_none() {
            let list = self.world.bridge.json(&["queue", "list"]).await;
            if let Some(case) = list["refused"][0]["case"].as_str() {
                self.world.bridge.run(&["queue", "retry", case]).await;
                break;
            }
        }
        // One that may have been under way, and one that has seen it.
        let cycles = |daemon: &Daemon| daemon.log().matches("cycle done").count();
        let done = cycles(daemon);
        until("it is planned again", || daemon.ended().is_some() || cycles(daemon) > done + 1).await;
        let sound = self.world.bridge.path("phapluat.toml");
        let text = fs::read_to_string(&sound).unwrap();
        let broken = self.world.bridge.path("tongdai-1022.toml");
        let whole = fs::read_to_string(&broken).unwrap();
        if daemon.ended().is_none() {
            fs::write(&sound, text + "# another day\n").unwrap();
            fs::write(&broken, "[record]\n").unwrap();
        }
        until("the mappings are judged, and a cycle goes by the new one", || {
            let log = daemon.log();
            let since = log.split_once("mapping is taken").map_or("", |(_, since)| since);
            daemon.ended().is_some() || (log.contains("mapping is refused") && since.contains("cycle done"))
        })
        .await;
        fs::write(&broken, whole).unwrap();
    }

    /// Everything is where it belongs but for what waits for a person.
    fn is_done(&self) -> bool {
        let waits = |id: &String| Excluded { system: Hotline, ticket: id.clone(), field: None };
        self.world.sandbox.recount(&self.vague.iter().map(waits).collect::<Vec<_>>()).is_clean()
    }

    /// A person mends what was refused; then nothing is missing, nothing is there twice.
    async fn comes_to_rest(&self) -> Result<(), String> {
        let Self { world, vague, .. } = self;
        for id in vague {
            let text = world.sandbox.ticket(Hotline, id).unwrap().words(Hotline, Meaning::Content);
            let clear = format!("Điều 8 khoản 2 vướng mắc. {text}");
            world.sandbox.person_edits(Hotline, id, &[(Meaning::Content, &clear)]).unwrap();
        }
        world.settle().await;
        let recount = world.sandbox.recount(&[]);
        let status = world.bridge.run(&["status"]).await;
        let all_there = recount.pushed_up >= 2 * 7 && recount.pulled_down >= 2 * 2;
        let is_well = recount.is_clean() && all_there && status.code == 0;
        if is_well { Ok(()) } else { Err(format!("{recount:#?}\n{status:#?}")) }
    }
}

/// What a release build makes of the list of stops: nothing that could be reached is in it.
#[test]
fn a_release_build_knows_no_stop_points() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/words/stops.rs");
    let folder = tempfile::tempdir().unwrap();
    let made = |assertions: &str| {
        let object = folder.path().join(assertions);
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut rustc = Command::new(rustc);
        rustc.args(["--edition", "2024", "--crate-type", "lib", "--emit", "obj", "-O", "-C"]);
        let told = rustc.arg(format!("debug-assertions={assertions}")).arg("-o").arg(&object).arg(&file).output();
        let told = told.unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let bytes = fs::read(&object).unwrap();
        let names = Stop::ALL.iter().map(|stop| stop.name()).chain([VARIABLE]);
        names.filter(|name| memchr::memmem::find(&bytes, name.as_bytes()).is_some()).count()
    };
    assert_eq!(made("off"), 0, "a release build");
    assert_eq!(made("on"), Stop::ALL.len() + 1, "a build for tests");
}
