//! Floor 5: one file a command; the only place where the parts are wired together.
//!
//! Here: the contract of the command line (commands, global options, exit codes) and nothing of what commands do.
//! Results go to stdout, as text or as JSON whose shape `docs/json.md` promises; logs and errors go to stderr.

mod audit;
mod check;
mod completions;
mod conflicts;
mod context;
pub mod demo;
mod demo_command;
mod help;
mod map;
mod output;
mod queue;
mod reload;
mod report;
mod run;
mod signals;
mod status;
mod sync;
pub mod wiring;

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

pub use context::Context;
pub use output::{Exit, Failed, Format, Output};

use crate::pure::messages::Language;

/// What a command comes to.
pub type Ended = Result<Exit, Failed>;

/// Keeps citizens' feedback tickets (PAKN) the same in a province's ticket system and on national portals.
#[derive(Debug, Parser)]
#[command(name = "pakn-bridge", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "Exit codes: 0 done; 1 something needs a person; 2 wrong use, config or mapping; \
                          3 a remote system or the database can't be reached; 4 a fault of this program.";

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// The config file
    #[arg(short, long, global = true, value_name = "FILE", env = "PAKN_BRIDGE_CONFIG", default_value = "bridge.toml")]
    config: PathBuf,
    /// How results are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Language of texts; else Vietnamese where the locale is, English otherwise
    #[arg(long, global = true, value_enum, value_name = "LANGUAGE")]
    lang: Option<Lang>,
    /// Tell more on stderr; twice for still more
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
    /// Tell only errors on stderr
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lang {
    Vi,
    En,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the whole bridge at work between simulated systems, and count what came of it
    Demo(demo_command::Args),
    /// Work as a daemon until told to stop
    Run(run::Args),
    /// Run one cycle and end
    Sync(sync::Args),
    /// Check the config and the mapping files that it names, or mapping files alone
    Check(check::Args),
    /// Try a mapping on a document
    Map(map::Args),
    /// Show what is there, what is under way and what needs a person
    Status(status::Args),
    /// Writes that wait, are under way, or were refused
    #[command(subcommand)]
    Queue(queue::Command),
    /// Fields that both sides changed and a person must decide
    #[command(subcommand)]
    Conflicts(conflicts::Command),
    /// Reconcile both systems anew and write the report
    Report(report::Args),
    /// The log of everything that was decided and done
    #[command(subcommand)]
    Audit(audit::Command),
    /// Print completions for a shell
    Completions(completions::Args),
}

/// Runs the program.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let language = language_of(&arguments, |name| std::env::var(name).ok());
    let parsed = help::speaking(Cli::command(), language).try_get_matches_from(arguments);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::WrongUse } else { Exit::Done };
            let printed = match language {
                Language::Vi if error.use_stderr() => error.apply::<help::Vietnamese>().print(),
                _ => error.print(),
            };
            // Where not even this can be written, the exit code says enough.
            return if printed.is_ok() { exit.into() } else { Exit::Internal.into() };
        }
    };
    start_logging(&cli.global, matches!(cli.command, Command::Run(_)));
    let mut context = Context {
        config_file: cli.global.config,
        language,
        language_asked: cli.global.lang.is_some(),
        output: Output::stdout(cli.global.format, language),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return context.output.failed(&error.into()).into(),
    };
    let ended = runtime.block_on(dispatch(cli.command, &mut context));
    let exit = match ended {
        Ok(exit) => exit,
        Err(failed) => context.output.failed(&failed),
    };
    exit.into()
}

async fn dispatch(command: Command, context: &mut Context) -> Ended {
    match command {
        Command::Demo(args) => demo_command::run(args, context).await,
        Command::Run(args) => run::run(args, context).await,
        Command::Sync(args) => sync::run(args, context).await,
        Command::Check(args) => check::run(args, context).await,
        Command::Map(args) => map::run(args, context).await,
        Command::Status(args) => status::run(args, context).await,
        Command::Queue(command) => queue::run(command, context).await,
        Command::Conflicts(command) => conflicts::run(command, context).await,
        Command::Report(args) => report::run(args, context).await,
        Command::Audit(command) => audit::run(command, context).await,
        Command::Completions(args) => completions::run(args, &mut Cli::command(), context),
    }
}

/// Logs to stderr: warnings, or more (`run` tells each cycle by itself). `PAKN_BRIDGE_LOG` takes filters.
fn start_logging(global: &Global, is_daemon: bool) {
    let level = match (global.quiet, global.verbose, is_daemon) {
        (true, _, _) => "error",
        (false, 0, false) => "warn",
        (false, 0, true) | (false, 1, _) => "info,sqlx=warn",
        (false, _, _) => "debug,sqlx=info,hyper=info,h2=info,rustls=info,reqwest=info",
    };
    let filter = EnvFilter::try_from_env("PAKN_BRIDGE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // A logger that is there already (tests) stays.
    if logging.try_init().is_err() {
        tracing::debug!("logging was started before");
    }
}

/// The language that `--lang` asks for, known before the rest is parsed because the help speaks it too; else the locale's.
fn language_of(arguments: &[OsString], env: impl Fn(&str) -> Option<String>) -> Language {
    let texts: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let apart = texts.windows(2).find_map(|pair| match pair {
        ["--lang", language] => Some(*language),
        _ => None,
    });
    let asked = apart.or_else(|| texts.iter().find_map(|text| text.strip_prefix("--lang=")));
    asked.and_then(|language| language.parse().ok()).unwrap_or_else(|| language_of_locale(env))
}

/// Vietnamese where the locale says so, English otherwise.
fn language_of_locale(env: impl Fn(&str) -> Option<String>) -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(env)
        .find(|value| !value.is_empty())
        .unwrap_or_default();
    if locale == "vi" || locale.starts_with("vi_") || locale.starts_with("vi.") { Language::Vi } else { Language::En }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_locale_chooses_the_language() {
        for (all, lang, expected) in [
            ("", "vi_VN.UTF-8", Language::Vi),
            ("", "en_US.UTF-8", Language::En),
            ("C", "vi_VN.UTF-8", Language::En),
            ("vi", "", Language::Vi),
            ("", "", Language::En),
            ("", "vie", Language::En),
        ] {
            let env = |name: &str| match name {
                "LC_ALL" => Some(all.to_owned()),
                "LANG" => Some(lang.to_owned()),
                _ => None,
            };
            assert_eq!(language_of_locale(env), expected, "{all} {lang}");
        }
    }

    #[test]
    fn the_language_is_known_before_the_rest_is_parsed() {
        for (arguments, expected) in [
            (&["pakn-bridge", "--help", "--lang", "vi"][..], Language::Vi),
            (&["pakn-bridge", "--lang=vi", "status"], Language::Vi),
            (&["pakn-bridge", "status", "--lang"], Language::En),
            (&["pakn-bridge", "--lang", "fr"], Language::En),
        ] {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            assert_eq!(language_of(&arguments, |_| None), expected, "{arguments:?}");
        }
    }

    #[test]
    fn options_may_stand_after_the_command() {
        let cli = Cli::try_parse_from(["pakn-bridge", "queue", "list", "--format", "json", "-c", "x.toml", "-vv"]);
        let global = cli.unwrap().global;
        assert_eq!((global.format, global.config, global.verbose), (Format::Json, PathBuf::from("x.toml"), 2));
    }
}
