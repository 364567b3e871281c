//! `completions`: what a shell needs to complete our commands.

use clap_complete::Shell;

use super::{Context, Ended, Exit};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[expect(clippy::needless_pass_by_value, reason = "commands take their arguments")]
pub(super) fn run(args: Args, command: &mut clap::Command, context: &mut Context) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "pakn-bridge", &mut script);
    context.output.raw(&script)?;
    Ok(Exit::Done)
}
