//! The help in the reader's language. The sentences are the commands' own; their Vietnamese is in the catalogue.

use clap::builder::StyledStr;
use clap::error::{ContextKind, Error, ErrorFormatter};
use clap::{Arg, Command};

use crate::pure::messages::Language;
use crate::pure::messages::help::{HEADINGS, HINTS, READ_ON, vietnamese, wrong_use};

/// The same command line, its help in this language.
pub(super) fn speaking(command: Command, language: Language) -> Command {
    match language {
        Language::En => command,
        Language::Vi => {
            let mut command = command;
            command.build();
            translated(command)
        }
    }
}

/// What is wrong with a command line, in Vietnamese: the parser's own sentences are English.
pub(super) struct Vietnamese;

/// What the parser may tell of a mistake.
const TOLD: [ContextKind; 11] = [
    ContextKind::InvalidArg,
    ContextKind::InvalidValue,
    ContextKind::InvalidSubcommand,
    ContextKind::PriorArg,
    ContextKind::MinValues,
    ContextKind::ExpectedNumValues,
    ContextKind::ValidValue,
    ContextKind::ValidSubcommand,
    ContextKind::SuggestedArg,
    ContextKind::SuggestedValue,
    ContextKind::SuggestedSubcommand,
];

impl ErrorFormatter for Vietnamese {
    fn format_error(error: &Error<Self>) -> StyledStr {
        let told = TOLD.iter().filter_map(|kind| Some((format!("{kind:?}"), error.get(*kind)?.to_string())));
        let told: Vec<(String, String)> = told.filter(|(_, value)| !value.is_empty()).collect();
        let mut text = wrong_use(&format!("{:?}", error.kind())).to_owned();
        for (name, value) in &told {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        // What was not said is nothing.
        text = text.replace("`{InvalidValue}`", "giá trị trống");
        for (name, hint) in HINTS {
            if let Some((_, value)) = told.iter().find(|(known, _)| known == name) {
                text.push_str(&format!("\n  {}", hint.replace("{}", value)));
            }
        }
        StyledStr::from(format!("{text}\n\n{READ_ON}\n"))
    }
}

fn translated(command: Command) -> Command {
    let [usage, commands, arguments, options, common] = HEADINGS;
    let about = command.get_about().map(ToString::to_string);
    let after = command.get_after_help().map(ToString::to_string);
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = command
        .help_template(format!("{{about-with-newline}}\n{usage}: {{usage}}\n\n{{all-args}}{{after-help}}\n"))
        .subcommand_help_heading(commands)
        .mut_args(|arg| {
            let heading = match (arg.get_index(), arg.is_global_set()) {
                (Some(_), _) => arguments,
                (None, true) => common,
                (None, false) => options,
            };
            // Under a heading of one's own, clap does not sort by place.
            let arg = match arg.get_index() {
                Some(place) => arg.display_order(place),
                None => arg,
            };
            translated_arg(arg).help_heading(heading)
        });
    if let Some(about) = about.as_deref().and_then(vietnamese) {
        command = command.about(about);
    }
    if let Some(after) = after.as_deref().and_then(vietnamese) {
        command = command.after_help(after);
    }
    for name in names {
        command = command.mut_subcommand(name, translated);
    }
    command
}

fn translated_arg(arg: Arg) -> Arg {
    let short = arg.get_help().map(ToString::to_string).as_deref().and_then(vietnamese);
    let long = arg.get_long_help().map(ToString::to_string).as_deref().and_then(vietnamese);
    let arg = match short {
        Some(help) => arg.help(help),
        None => arg,
    };
    match long {
        Some(help) => arg.long_help(help),
        None => arg,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    /// Every sentence of the help: of commands and of options, not of an option's single values.
    fn sentences(command: &Command, into: &mut Vec<String>) {
        into.extend(command.get_about().map(ToString::to_string));
        into.extend(command.get_after_help().map(ToString::to_string));
        for arg in command.get_arguments() {
            into.extend(arg.get_help().map(ToString::to_string));
            into.extend(arg.get_long_help().map(ToString::to_string));
        }
        for sub in command.get_subcommands() {
            sentences(sub, into);
        }
    }

    #[test]
    fn every_sentence_of_the_help_is_there_in_vietnamese() {
        let mut command = Cli::command();
        command.build();
        let mut all = Vec::new();
        sentences(&command, &mut all);
        let missing: Vec<_> = all.iter().filter(|sentence| vietnamese(sentence).is_none()).collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn the_help_of_a_command_is_wholly_vietnamese() {
        let mut command = speaking(Cli::command(), Language::Vi);
        let help = command.render_help().to_string();
        for english in ["Usage", "Commands", "Options", "Print", "Work as"] {
            assert!(!help.contains(english), "{english} in\n{help}");
        }
        assert!(help.contains("Cách dùng: pakn-bridge"), "{help}");
    }
}
