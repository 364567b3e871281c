//! `conflicts`: fields that both sides changed and no rule decides.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;

use crate::doors::store::Store;
use crate::pure::messages::Key;
use crate::pure::report::mask::Masking;
use crate::pure::sync::case::{Case, ConflictReason};
use crate::pure::sync::hands::{self, NotDone};
use crate::words::clock::Timestamp;
use crate::words::extra::Extras;
use crate::words::side::{LinkName, Reference, Side, Sides};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

use super::queue::{decide, told};
use super::{Context, Ended, Exit, Failed, wiring};

/// Cases looked through for one pair.
const MAX_TROUBLED: u32 = 100_000;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List them
    List {
        /// At most so many tickets
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Show personal data as it is
        #[arg(long)]
        personal_data: bool,
    },
    /// Show those of one ticket
    Show {
        /// Reference of the ticket or of a part of it
        reference: String,
        /// Show personal data as it is
        #[arg(long)]
        personal_data: bool,
    },
    /// Decide whose value stands
    Resolve {
        /// Reference of the ticket or of a part of it
        reference: String,
        /// The field, as `list` names it
        field: String,
        /// Whose value
        #[arg(long, value_enum)]
        take: Take,
        /// Only if the values are still the ones shown under this name
        #[arg(long, value_name = "NAME")]
        seen: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Take {
    /// The province's
    Province,
    /// The national portal's
    National,
}

/// One conflict as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    link: LinkName,
    case: Reference,
    pair: Reference,
    kind: RecordKind,
    field: Field,
    values: Sides<Option<String>>,
    reason: ConflictReason,
    since: Timestamp,
    decided: Option<Side>,
    /// Names the two values, for `resolve --seen`.
    seen: String,
}

pub(super) async fn run(command: Command, context: &mut Context) -> Ended {
    let store = context.state().await?;
    let extras = wiring::extras(&context.config()?);
    let masking = |personal| if personal { Masking::Off } else { Masking::On };
    let ended = match command {
        Command::List { limit, personal_data } => {
            let mut conflicts = Vec::new();
            for reference in store.troubled(limit).await? {
                conflicts.extend(
                    store.case(&reference).await?.iter().flat_map(|case| shown(case, masking(personal_data), &extras)),
                );
            }
            list(&conflicts, &extras, context)
        }
        Command::Show { reference, personal_data } => {
            let case = find(store.as_ref(), &reference.into()).await?;
            list(&shown(&case, masking(personal_data), &extras), &extras, context)
        }
        Command::Resolve { reference, field, take, seen } => {
            let reference = Reference::from(reference);
            let case = find(store.as_ref(), &reference).await?;
            let winner = match take {
                Take::Province => Side::Province,
                Take::National => Side::National,
            };
            let field = Field::named(&field);
            let done = decide(store.as_ref(), case.reference(), |case, hand| {
                if let Some(seen) = &seen {
                    hands::still(case, &reference, &field, seen)?;
                }
                hands::resolve(case, &reference, &field, winner, hand)
            });
            told(&done.await?, context)
        }
    };
    store.close().await;
    ended
}

fn shown(case: &Case, masking: Masking, extras: &Extras) -> Vec<Shown> {
    let of_pair = |pair: &crate::pure::sync::case::Pair| {
        let text = |field: &Field, value: &Option<Value>| {
            value.as_ref().map(|value| masking.show(extras, pair.kind, field, &value.display()))
        };
        pair.conflicts
            .iter()
            .map(|conflict| Shown {
                link: case.link.clone(),
                case: case.reference().clone(),
                pair: pair.reference.clone(),
                kind: pair.kind,
                field: conflict.field.clone(),
                values: Sides::from_fn(|side| text(&conflict.field, conflict.values.get(side))),
                reason: conflict.reason,
                since: conflict.since,
                decided: conflict.decided,
                seen: conflict.seen(),
            })
            .collect::<Vec<_>>()
    };
    case.pairs().flat_map(of_pair).collect()
}

fn list(conflicts: &[Shown], extras: &Extras, context: &mut Context) -> Ended {
    let waits = conflicts.iter().any(|conflict| conflict.decided.is_none());
    let exit = if waits { Exit::NeedsPerson } else { Exit::Done };
    let output = &mut context.output;
    if output.is_json() {
        output.json(&json!({ "conflicts": conflicts }))?;
        return Ok(exit);
    }
    let language = output.language;
    if conflicts.is_empty() {
        output.line(language.say(Key::ConflictsNone))?;
    }
    for conflict in conflicts {
        let label = language.label(extras, conflict.kind, &conflict.field);
        let since = language.instant(conflict.since);
        output.line(&format!("{}  {} ({label})  {since}  #{}", conflict.pair, conflict.field, conflict.seen))?;
        for side in Side::BOTH {
            let value = conflict.values.get(side).as_deref().unwrap_or_else(|| language.say(Key::Empty));
            let mark = if conflict.decided == Some(side) { "✓" } else { " " };
            output.line(&format!("  {mark} {}: {value}", language.side(side)))?;
        }
    }
    if waits {
        output.line(language.say(Key::ConflictsHint))?;
    }
    Ok(exit)
}

/// The case of this reference, or of a part that has it.
async fn find(store: &dyn Store, reference: &Reference) -> Result<Case, Failed> {
    if let Some(case) = store.case(reference).await? {
        return Ok(case);
    }
    for troubled in store.troubled(MAX_TROUBLED).await? {
        if let Some(case) = store.case(&troubled).await?.filter(|case| case.pair(reference).is_some()) {
            return Ok(case);
        }
    }
    Err(NotDone::Unknown.into())
}
