//! `demo`: the command of the demonstration.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::pure::messages::Key;
use crate::pure::report::text;

use super::demo::{self, Demonstration, Wish};
use super::{Context, Ended, Exit, signals};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Tickets in the simulated systems
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    tickets: u32,
    /// Makes the same tickets, people and faults again
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Whether the simulated systems have faults
    #[arg(long, value_enum, default_value_t = Switch::On)]
    faults: Switch,
    /// How many of the tickets belong on a national side, percent
    #[arg(long, default_value_t = 10, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    selected: u8,
    /// Where config, mappings and database are written; a fresh temporary folder by default
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Keep the simulated systems running at the end, until Ctrl-C
    #[arg(long)]
    serve: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

pub(super) async fn run(args: Args, context: &mut Context) -> Ended {
    let wish = Wish {
        tickets: usize::try_from(args.tickets).unwrap_or(usize::MAX),
        seed: args.seed,
        faults: args.faults == Switch::On,
        selected: args.selected,
        dir: args.dir,
        language: context.output.language,
        progress: !context.output.is_json() && std::io::stderr().is_terminal(),
    };
    let stop = CancellationToken::new();
    signals::cancel_on_signal(stop.clone())?;
    let done = demo::run(&wish, &stop).await?;
    let exit = if done.outcome.is_good() { Exit::Done } else { Exit::NeedsPerson };
    tell(&done, context)?;
    if args.serve && !stop.is_cancelled() {
        let urls = done.sandbox.urls();
        let serving = context.output.language.say(Key::DemoServing);
        context.output.line(&format!("{serving}\n  {}\n  {}\n  {}", urls.hotline, urls.portal, urls.legal))?;
        stop.cancelled().await;
    }
    done.sandbox.shutdown().await;
    Ok(exit)
}

fn tell(done: &Demonstration, context: &mut Context) -> std::io::Result<()> {
    let (outcome, output) = (&done.outcome, &mut context.output);
    if output.is_json() {
        return output.json(&json!(outcome));
    }
    let language = output.language;
    output.line(&text::render(&done.report, language))?;
    let count = |number: usize| language.number(number as u64);
    let rows = [
        (Key::CliPushed, count(outcome.pushed_up)),
        (Key::CliPulled, count(outcome.pulled_down)),
        (Key::CliRetries, language.number(outcome.retries)),
        (Key::CliSettled, language.number(outcome.in_doubt_settled)),
        (Key::CliConflicts, count(outcome.conflicts)),
        (Key::CliLost, count(outcome.lost)),
        (Key::CliDoubled, count(outcome.duplicated)),
        (Key::CliDifferent, count(outcome.different)),
        (Key::DemoWronglySent, count(outcome.wrongly_sent)),
    ];
    output.line(&language.fill(Key::DemoRecount, &[&count(outcome.tickets), &outcome.seconds]))?;
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(key, number)| vec![format!("  {}", language.say(key)), number]).collect();
    output.table(&["", ""], &rows)?;
    for finding in &outcome.findings {
        output.line(&format!("  ! {finding}"))?;
    }
    if !outcome.quiet {
        output.line(language.say(Key::DemoNotQuiet))?;
    }
    output.line(&language.fill(Key::CliReportWritten, &[&outcome.report.display()]))?;
    output.line(&format!("{}:", language.say(Key::CliNext)))?;
    let program = std::env::args().next().unwrap_or_else(|| "pakn-bridge".to_owned());
    for command in ["status", "queue list", "conflicts list", "audit list"] {
        output.line(&format!("  {program} -c {} {command}", done.config.display()))?;
    }
    Ok(())
}
