//! The demonstration: three sandbox systems on real HTTP with faults and people, the real engine between them until all
//! is quiet, then the reconciliation, and a recount from the systems' own truth logs that the bridge can't see.

mod files;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::doors::config::Config;
use crate::doors::store::Mode;
use crate::engine::Engine;
use crate::engine::cycle::Pace;
use crate::engine::report::{Files, Wanted};
use crate::faces::sandbox::{Excluded, Faults, Options, Recount, Sandbox, System};
use crate::pure::messages::{Key, Language};
use crate::pure::report::Report;
use crate::pure::retry::Policy;
use crate::pure::sync::case::Case;
use crate::words::clock::Stopwatch;
use crate::words::side::Side;
use crate::words::ticket::RecordKind;

use super::wiring::{self, Wired};

/// Longest that the demonstration may take before it gives up waiting for quiet.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
/// How long one cycle waits for retries and doubts.
const CYCLE: Duration = Duration::from_secs(5);
/// Quiet cycles in a row that are believed, so that a listing that lags has shown all.
const QUIET_CYCLES: u32 = 2;
/// Retries are quicker than in life: the faults are, too.
const RETRY: Policy = Policy { initial: Duration::from_millis(100), max: Duration::from_secs(3), factor: 2.0 };
/// Most troubled cases that are looked through for what waits for a person.
const MOST_TROUBLED: u32 = 100_000;

/// What the demonstration is asked to do.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Tickets that people make at the hotline.
    pub tickets: usize,
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// Whether things go wrong.
    pub faults: bool,
    /// How many of the tickets belong on a national side, percent.
    pub selected: u8,
    /// Where everything is written; a fresh temporary folder where `None`.
    pub dir: Option<PathBuf>,
    /// Of the report and the progress bar.
    pub language: Language,
    /// Whether a progress bar is shown.
    pub progress: bool,
}

/// What came of it. Stable: others script against it.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Tickets that people made at the hotline.
    pub tickets: usize,
    /// Of these, the ones that belong on a national side.
    pub selected: usize,
    /// Tickets that people made on the national sides.
    pub national: usize,
    /// Copies made upward, by the truth logs.
    pub pushed_up: usize,
    /// Copies made downward, by the truth logs.
    pub pulled_down: usize,
    /// Calls that had to be tried again.
    pub retries: u64,
    /// Doubts that were looked up and settled.
    pub in_doubt_settled: u64,
    /// Fields that wait for a person.
    pub conflicts: usize,
    /// Missing on the other side, by the truth logs.
    pub lost: usize,
    /// There too often, by the truth logs.
    pub duplicated: usize,
    /// Not the same, or not what a person wrote last, by the truth logs.
    pub different: usize,
    /// Where they must not be, by the truth logs.
    pub wrongly_sent: usize,
    /// Whether the reconciliation found nothing wrong, either.
    pub report_good: bool,
    /// Whether both sides came to rest.
    pub quiet: bool,
    /// How long it took.
    pub seconds: f64,
    /// The report's page.
    pub report: PathBuf,
    /// Where everything was written.
    pub dir: PathBuf,
    /// Each finding of the recount, in words.
    pub findings: Vec<String>,
}

impl Outcome {
    /// Whether nothing is lost, doubled, different or in the wrong place.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lost + self.duplicated + self.different + self.wrongly_sent == 0 && self.report_good && self.quiet
    }
}

/// A demonstration that has run: its numbers, its report, and the systems, still up.
pub struct Demonstration {
    /// The numbers.
    pub outcome: Outcome,
    /// The reconciliation.
    pub report: Report,
    /// Its files.
    pub files: Files,
    /// The config that it ran with.
    pub config: PathBuf,
    /// The systems.
    pub sandbox: Sandbox,
}

/// Runs it.
///
/// # Errors
/// Where a file, a port, the store or a system can't be used.
pub async fn run(wish: &Wish, stop: &CancellationToken) -> anyhow::Result<Demonstration> {
    let clock = Stopwatch::start();
    let dir = match &wish.dir {
        Some(dir) => std::path::absolute(dir)?,
        None => tempfile::Builder::new().prefix("pakn-bridge-demo-").tempdir()?.keep(),
    };
    let faults = if wish.faults { Faults::usual() } else { Faults::off() };
    let options = Options {
        seed: wish.seed,
        tickets: wish.tickets,
        selected_percent: wish.selected,
        faults,
        ..Options::default()
    };
    let sandbox = Sandbox::start(options).await?;
    let file = files::write(&dir, &sandbox, wish.language)?;
    let config = Config::load(&file, &|name| std::env::var(name).ok())?;
    let Wired { engine, parts } = wiring::wire(&config, Mode::Daemon, RETRY).await?;
    let quiet = until_quiet(&engine, &sandbox, wish, &clock, stop).await?;
    let (report, files) =
        engine.report(&wiring::reporting(&config, &parts.mappings, config.language), &Wanted::default()).await?;
    let (excluded, conflicts) = waiting(&engine).await?;
    let recount = sandbox.recount(&excluded);
    let outcome = Outcome {
        tickets: recount.tickets,
        selected: recount.selected,
        national: recount.national,
        pushed_up: recount.pushed_up,
        pulled_down: recount.pulled_down,
        retries: engine.tally.retries.load(Ordering::Relaxed),
        in_doubt_settled: engine.tally.in_doubt_settled.load(Ordering::Relaxed),
        conflicts,
        lost: recount.lost,
        duplicated: recount.duplicated,
        different: recount.different,
        wrongly_sent: recount.wrongly_sent,
        report_good: report.is_good(),
        quiet,
        seconds: (clock.elapsed().as_secs_f64() * 10.0).round() / 10.0,
        report: files.html.clone(),
        dir,
        findings: tell(&recount),
    };
    engine.store.close().await;
    Ok(Demonstration { outcome, report, files, config: file, sandbox })
}

/// Cycles until people are done and nothing moves any more. False where it did not come to rest.
async fn until_quiet(
    engine: &Engine,
    sandbox: &Sandbox,
    wish: &Wish,
    clock: &Stopwatch,
    stop: &CancellationToken,
) -> anyhow::Result<bool> {
    engine.begin().await?;
    let bar = progress(wish);
    let mut quiet = 0;
    while quiet < QUIET_CYCLES {
        if stop.is_cancelled() || clock.elapsed() > PATIENCE {
            return Ok(false);
        }
        let people_were_done = sandbox.people_are_done();
        let cycled = engine.recorded_cycle(people_were_done && quiet > 0, Pace::waiting(CYCLE), stop).await?;
        quiet = if people_were_done && cycled.is_quiet() { quiet + 1 } else { 0 };
        let counts = engine.store.counts(None).await?;
        bar.set_length(counts.cases);
        bar.set_position(counts.paired);
        let tally = [&engine.tally.writes, &engine.tally.retries, &engine.tally.in_doubt_settled];
        let [writes, retries, settled] = tally.map(|count| count.load(Ordering::Relaxed));
        bar.set_message(wish.language.fill(Key::DemoProgress, &[&writes, &retries, &settled]));
        if people_were_done || cycled.sent == 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    bar.finish_and_clear();
    Ok(true)
}

fn progress(wish: &Wish) -> ProgressBar {
    let target = if wish.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    let paired = wish.language.say(Key::DemoProgressPaired);
    let style = ProgressStyle::with_template(&format!("{{spinner}} {{pos}}/{{len}} {paired}  {{msg}}  {{elapsed}}"));
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// What waits for a person, as the recount must know it, and how many fields that are.
async fn waiting(engine: &Engine) -> anyhow::Result<(Vec<Excluded>, usize)> {
    let mut excluded = Vec::new();
    let mut conflicts = 0;
    for reference in engine.store.troubled(MOST_TROUBLED).await? {
        let Some(case) = engine.store.case(&reference).await? else { continue };
        for pair in case.pairs() {
            for conflict in &pair.conflicts {
                conflicts += 1;
                let what = if pair.kind == RecordKind::Ticket { conflict.field.as_str() } else { pair.kind.as_str() };
                excluded.extend(Side::BOTH.into_iter().filter_map(|side| exclude(engine, &case, side, what)));
            }
        }
    }
    Ok((excluded, conflicts))
}

fn exclude(engine: &Engine, case: &Case, side: Side, what: &str) -> Option<Excluded> {
    let name = engine.link(&case.link)?.system(side);
    let system = System::ALL.into_iter().find(|system| system.as_str() == name.as_str())?;
    let ticket = case.ticket.ends.get(side).id.as_ref()?.to_string();
    Some(Excluded { system, ticket, field: Some(what.to_owned()) })
}

/// Findings in words, for a person who must look.
fn tell(recount: &Recount) -> Vec<String> {
    let findings = recount.findings.iter();
    findings
        .map(|found| {
            format!(
                "{:?} {} {} {}: {} ({} | {})",
                found.class,
                found.token,
                found.system.as_str(),
                found.ticket,
                found.what,
                found.here,
                found.there
            )
        })
        .collect()
}
