//! The simulator, for as long as one likes: `cargo run --release --example simulate -- --seeds 10000000`.
//!
//! On all cores; prints seeds a second and how often each thing happened. A thing that never happened fails the run. A
//! seed that fails is run again, shortened, and told; a share of the seeds is run twice and must tell the same story.

#[path = "../tests/simulator"]
mod simulator {
    #[expect(dead_code, reason = "tests/simulator keeps another store beside it")]
    pub(crate) mod world;
}

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use clap::Parser;
use pakn_bridge::words::clock::Stopwatch;

use simulator::world::coverage::Coverage;
use simulator::world::faults::{Fault, Faults};
use simulator::world::run::{Lived, Plan, STEPS, holds, live, shrink};
use simulator::world::table::rows;

/// Seeds that one worker takes at once.
const BATCH: u64 = 64;
/// Fewer seeds than this may well leave something out.
const ENOUGH: u64 = 100_000;

#[derive(Debug, Parser)]
#[command(about = "Runs the core of pakn-bridge in simulated worlds")]
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 100_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    start: u64,
    /// One seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Tells what happened in that seed.
    #[arg(long)]
    trace: bool,
    /// Shortens that seed's schedule as long as it fails.
    #[arg(long)]
    shrink: bool,
    /// Only these faults.
    #[arg(long, value_delimiter = ',')]
    only: Option<Vec<String>>,
    /// Goes on after a seed that fails, and lists how they fail.
    #[arg(long)]
    all: bool,
    /// Prints the table of switched-off safeguards, each over so many seeds.
    #[arg(long)]
    safeguards: bool,
    /// Threads; as many as there are cores by default.
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> io::Result<ExitCode> {
    let args = Args::parse();
    let mut out = io::stdout().lock();
    let faults = match args
        .only
        .as_ref()
        .map(|names| names.iter().map(|name| simulator::world::coverage::fault(name)).collect())
    {
        None => None,
        Some(Some(faults)) => {
            let faults: Vec<Fault> = faults;
            Some(Faults::of(&faults))
        }
        Some(None) => {
            let names: Vec<&str> = Fault::ALL.iter().map(|(_, name)| *name).collect();
            writeln!(out, "faults are: {}", names.join(", "))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    if let Some(seed) = args.seed {
        let plan = Plan { seed, faults, ..Plan::default() };
        let lived = if args.shrink { shrink(&plan) } else { live(&plan, args.trace) };
        tell(&mut out, &lived)?;
        return Ok(if lived.trouble.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if args.safeguards { table(&mut out, args.seeds) } else { run(&mut out, &args, faults) }
}

/// Which share of seeds goes wrong without each safeguard, and which with all.
fn table(out: &mut impl Write, seeds: u64) -> io::Result<ExitCode> {
    writeln!(
        out,
        "| rule | switched off | seeds broken, % | with all on, % | in the model, % | first seed | tested within |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    for row in rows() {
        let share = |count: usize| count as f64 * 100.0 / seeds as f64;
        let seen: Vec<u64> = (0..seeds).filter(|seed| row.is_seen(*seed)).collect();
        let broken: Vec<u64> =
            (0..seeds).filter(|seed| live(&row.plan(*seed, false), false).trouble.is_some()).collect();
        let first = seen.first().map_or_else(|| "none".to_owned(), u64::to_string);
        let (off, on) = (share(seen.len()), share(broken.len()));
        writeln!(
            out,
            "| {} | {} | {off:.1} | {on:.1} | {} | {first} | {} |",
            row.rule, row.what, row.model, row.within
        )?;
        if let Some(seed) = broken.first() {
            tell(out, &shrink(&row.plan(*seed, false)))?;
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn run(out: &mut impl Write, args: &Args, faults: Option<Faults>) -> io::Result<ExitCode> {
    let threads = args.threads.or_else(|| thread::available_parallelism().ok().map(usize::from)).unwrap_or(1).max(1);
    let (next, stop) = (AtomicU64::new(args.start), AtomicBool::new(false));
    let end = args.start + args.seeds;
    let began = Stopwatch::start();
    let work = || {
        let (mut coverage, mut failed) = (Coverage::default(), Vec::new());
        while !stop.load(Ordering::Relaxed) {
            let from = next.fetch_add(BATCH, Ordering::Relaxed);
            if from >= end {
                break;
            }
            for seed in from..end.min(from + BATCH) {
                let lived = holds(&Plan { seed, faults, ..Plan::default() });
                coverage.add(&lived.coverage);
                if let Some(trouble) = lived.trouble {
                    failed.push((seed, trouble.lines().next().unwrap_or_default().to_owned()));
                    if !args.all {
                        stop.store(true, Ordering::Relaxed);
                        return (coverage, failed);
                    }
                }
            }
        }
        (coverage, failed)
    };
    let done: Vec<(Coverage, Vec<(u64, String)>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
    });
    let mut coverage = Coverage::default();
    done.iter().for_each(|(part, _)| coverage.add(part));
    let mut failed: Vec<&(u64, String)> = done.iter().flat_map(|(_, failed)| failed).collect();
    failed.sort();
    if let Some((seed, _)) = failed.first().filter(|_| !args.all) {
        tell(out, &shrink(&Plan { seed: *seed, faults, ..Plan::default() }))?;
        return Ok(ExitCode::FAILURE);
    }
    for (seed, trouble) in &failed {
        writeln!(out, "seed {seed}: {trouble}")?;
    }
    let seconds = began.elapsed().as_secs_f64();
    writeln!(out, "{coverage}")?;
    let rate = args.seeds as f64 / seconds;
    writeln!(out, "{} seeds from {}, {threads} threads, {seconds:.1} s: {rate:.0} seeds/s", args.seeds, args.start)?;
    if !failed.is_empty() {
        writeln!(out, "{} seeds failed", failed.len())?;
        return Ok(ExitCode::FAILURE);
    }
    let missing = coverage.missing();
    if missing.is_empty() || done.len() < threads || args.only.is_some() || args.seeds < ENOUGH {
        return Ok(if done.len() == threads { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    writeln!(out, "never happened:\n  {}", missing.join("\n  "))?;
    Ok(ExitCode::FAILURE)
}

fn tell(out: &mut impl Write, lived: &Lived) -> io::Result<()> {
    for line in &lived.trace {
        writeln!(out, "{line}")?;
    }
    let plan = &lived.plan;
    let faults = plan.faults.unwrap_or_default();
    let kept: Vec<usize> = (0..STEPS).filter(|step| !plan.skip.contains(step)).collect();
    writeln!(out, "seed {}, steps {kept:?}", plan.seed)?;
    writeln!(out, "faults: {}", faults.names().collect::<Vec<_>>().join(", "))?;
    writeln!(out, "kinds: {:#?}", plan.kinds.as_deref().unwrap_or_default())?;
    writeln!(out, "{}", lived.trouble.as_deref().unwrap_or("all is well"))
}
