//! `queue`: writes that wait, are under way, or were refused, and what a person does about them.

use serde::Serialize;
use serde_json::json;

use crate::doors::store::{Change, Queue, Store, StoreError};
use crate::pure::messages::{Key, Language};
use crate::pure::report::mask::Masking;
use crate::pure::sync::case::{Case, Fact, Intent, IntentState, PairState, TRANSFERRED};
use crate::pure::sync::hands::{self, Hand, NotDone};
use crate::words::clock::{Timestamp, now};
use crate::words::extra::Extras;
use crate::words::side::{LinkName, Reference, Side};
use crate::words::ticket::{Field, RecordKind};

use super::context::person;
use super::{Context, Ended, Exit, Failed, wiring};

/// How often a decision is carried out anew when the daemon saved the case in between.
const MAX_STALE: u32 = 20;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List what waits, oldest first
    List {
        /// Only what needs a person
        #[arg(long)]
        parked: bool,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Show one write, or all that is open of one ticket
    Show {
        /// Key of the write (its beginning is enough) or reference of the ticket
        #[arg(value_name = "KEY|REFERENCE")]
        name: String,
        /// Show personal data as it is
        #[arg(long)]
        personal_data: bool,
    },
    /// Try again at once what waits or was refused
    Retry {
        /// Key of the write (its beginning is enough) or reference of the ticket
        #[arg(value_name = "KEY|REFERENCE")]
        name: String,
    },
    /// Give up a write; it is not planned again until a value changes
    Discard {
        /// Key of the write (its beginning is enough)
        #[arg(value_name = "KEY")]
        key: String,
    },
}

pub(super) async fn run(command: Command, context: &mut Context) -> Ended {
    let store = context.state().await?;
    let extras = wiring::extras(&context.config()?);
    let ended = match command {
        Command::List { parked, limit } => list(store.as_ref(), parked, limit, &extras, context).await,
        Command::Show { name, personal_data } => {
            let masking = if personal_data { Masking::Off } else { Masking::On };
            show(store.as_ref(), &name, masking, &extras, context).await
        }
        Command::Retry { name } => {
            let (case, key) = find(store.as_ref(), &name).await?;
            let done = decide(store.as_ref(), &case, |case, hand| match &key {
                Some(key) => hands::retry(case, key, hand),
                None => hands::retry_all(case, hand),
            });
            told(&done.await?, context)
        }
        Command::Discard { key } => {
            let (case, key) = find(store.as_ref(), &key).await?;
            let Some(key) = key else { return Err(NotDone::Unknown.into()) };
            let done = decide(store.as_ref(), &case, |case, hand| hands::discard(case, &key, hand));
            told(&done.await?, context)
        }
    };
    store.close().await;
    ended
}

impl From<NotDone> for Failed {
    fn from(error: NotDone) -> Self {
        let exit = match error {
            NotDone::UnderWay | NotDone::Moved | NotDone::OneEnded => Exit::NeedsPerson,
            NotDone::Unknown | NotDone::NothingWaits | NotDone::NoConflict { .. } => Exit::WrongUse,
        };
        Self::new(exit, error)
    }
}

/// A write as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    key: String,
    link: LinkName,
    case: Reference,
    pair: Reference,
    kind: RecordKind,
    side: Side,
    creates: bool,
    fields: Vec<Field>,
    state: &'static str,
    attempts: u32,
    due: Timestamp,
    intended_at: Timestamp,
    first_sent: Option<Timestamp>,
    says: Option<String>,
}

impl Shown {
    fn new(link: &LinkName, intent: &Intent) -> Self {
        Self {
            key: intent.key.clone(),
            link: link.clone(),
            case: intent.case.clone(),
            pair: intent.pair.clone(),
            kind: intent.kind,
            side: intent.side,
            creates: intent.target.is_none(),
            fields: intent.fields.keys().cloned().collect(),
            state: match intent.state {
                IntentState::Ready => "ready",
                IntentState::Sent => "sent",
                IntentState::Doubt { .. } => "doubt",
                IntentState::Parked => "parked",
            },
            attempts: intent.attempts,
            due: intent.due,
            intended_at: intent.intended_at,
            first_sent: intent.first_sent,
            says: intent.says.as_deref().map(|says| Masking::On.says(says)),
        }
    }

    fn cells(&self, language: Language) -> Vec<String> {
        let state = language.say(match self.state {
            "doubt" => Key::ClassInDoubt,
            "parked" => Key::ClassParked,
            _ => Key::ClassWaiting,
        });
        let what = if self.creates { format!("+ {}", self.kind) } else { format!("~ {}", self.kind) };
        let key: String = self.key.chars().take(SHORT_KEY).collect();
        let says = self.says.clone().unwrap_or_default();
        vec![key, self.case.to_string(), language.side(self.side).to_owned(), what, state.to_owned(), says]
    }
}

/// Characters of a key that people see; enough of it to name it.
const SHORT_KEY: usize = 12;

/// A value that a side would not take, or a pair set aside.
#[derive(Debug, Serialize)]
struct Stuck {
    link: LinkName,
    case: Reference,
    pair: Reference,
    kind: RecordKind,
    side: Side,
    field: Option<Field>,
    why: &'static str,
    says: Option<String>,
    since: Option<Timestamp>,
}

fn stuck(case: &Case) -> Vec<Stuck> {
    let mut all = Vec::new();
    for pair in case.pairs() {
        let one = |side, field, why, says: Option<&str>, since| Stuck {
            link: case.link.clone(),
            case: case.reference().clone(),
            pair: pair.reference.clone(),
            kind: pair.kind,
            side,
            field,
            why,
            says: says.map(|says| Masking::On.says(says)),
            since,
        };
        for parked in &pair.parked {
            let why = if parked.says.is_some() { "refused" } else { "ineffective" };
            all.push(one(parked.side, parked.field.clone(), why, parked.says.as_deref(), Some(parked.since)));
        }
        match &pair.state {
            PairState::Quarantined { side, reason } => all.push(one(*side, None, "quarantined", Some(reason), None)),
            PairState::Transferred { side } => all.push(one(*side, None, "quarantined", Some(TRANSFERRED), None)),
            PairState::Live | PairState::Unreadable { .. } | PairState::Tombstone => {}
        }
    }
    all
}

async fn list(store: &dyn Store, only_parked: bool, limit: u32, extras: &Extras, context: &mut Context) -> Ended {
    let which = if only_parked { Queue::Parked } else { Queue::Open };
    let intents = store.queue(which, limit).await?;
    let writes: Vec<Shown> = intents.iter().map(|(link, intent)| Shown::new(link, intent)).collect();
    let mut refused = Vec::new();
    for reference in store.troubled(limit).await? {
        refused.extend(store.case(&reference).await?.iter().flat_map(stuck));
    }
    let needs_person = !refused.is_empty() || writes.iter().any(|write| write.state == "parked");
    let exit = if needs_person { Exit::NeedsPerson } else { Exit::Done };
    let output = &mut context.output;
    if output.is_json() {
        output.json(&json!({ "writes": writes, "refused": refused }))?;
        return Ok(exit);
    }
    let language = output.language;
    if writes.is_empty() && refused.is_empty() {
        output.line(language.say(Key::QueueEmpty))?;
        return Ok(exit);
    }
    let heads = [Key::QueueKey, Key::Reference, Key::Side, Key::QueueWhat, Key::ColumnClass, Key::Reason];
    let heads = heads.map(|key| language.say(key));
    let mut rows: Vec<Vec<String>> = writes.iter().map(|write| write.cells(language)).collect();
    for one in &refused {
        let field = one.field.as_ref().map(|field| language.label(extras, one.kind, field).to_owned());
        let class = match one.why {
            "quarantined" => Key::ClassQuarantined,
            _ => Key::ClassParked,
        };
        rows.push(vec![
            "-".to_owned(),
            one.case.to_string(),
            language.side(one.side).to_owned(),
            field.unwrap_or_else(|| one.kind.to_string()),
            language.say(class).to_owned(),
            one.says.clone().unwrap_or_default(),
        ]);
    }
    output.table(&heads, &rows)?;
    Ok(exit)
}

async fn show(store: &dyn Store, name: &str, masking: Masking, extras: &Extras, context: &mut Context) -> Ended {
    let (reference, key) = find(store, name).await?;
    let case = store.case(&reference).await?.ok_or(NotDone::Unknown)?;
    let chosen = || case.intents.iter().filter(|intent| key.as_ref().is_none_or(|key| intent.key == *key));
    let value = |intent: &Intent, field: &Field| {
        let value = intent.fields.get(field).and_then(|planned| planned.value.as_ref());
        value.map(|value| masking.show(extras, intent.kind, field, &value.display()))
    };
    let refused = if key.is_none() { stuck(&case) } else { Vec::new() };
    let output = &mut context.output;
    if output.is_json() {
        let writes: Vec<_> = chosen()
            .map(|intent| {
                let values: std::collections::BTreeMap<_, _> =
                    intent.fields.keys().map(|field| (field, value(intent, field))).collect();
                json!({ "write": Shown::new(&case.link, intent), "values": values })
            })
            .collect();
        output.json(&json!({ "case": reference, "link": case.link, "writes": writes, "refused": refused }))?;
        return Ok(Exit::Done);
    }
    let language = output.language;
    for intent in chosen() {
        let shown = Shown::new(&case.link, intent);
        output.line(&format!("{}  {}", intent.key, shown.cells(language).split_off(1).join("  ")))?;
        let times = [(Key::QueueDue, Some(intent.due)), (Key::QueueFirstSent, intent.first_sent)];
        for (key, at) in times {
            if let Some(at) = at {
                output.line(&format!("  {}: {}", language.say(key), language.instant(at)))?;
            }
        }
        for field in intent.fields.keys() {
            let value = value(intent, field).unwrap_or_else(|| language.say(Key::Empty).to_owned());
            output.line(&format!("  {}: {value}", language.label(extras, intent.kind, field)))?;
        }
    }
    for one in &refused {
        let field = one.field.as_ref().map_or(one.kind.as_str(), |field| language.label(extras, one.kind, field));
        let says = one.says.as_deref().unwrap_or_default();
        output.line(&format!("{}  {}  {field}: {} {says}", one.pair, language.side(one.side), one.why))?;
    }
    if refused.is_empty() && chosen().next().is_none() {
        output.line(language.say(Key::QueueEmpty))?;
    }
    Ok(Exit::Done)
}

/// A case by its reference, or a write by the beginning of its key.
async fn find(store: &dyn Store, name: &str) -> Result<(Reference, Option<String>), Failed> {
    if let Some(case) = store.case(&name.into()).await? {
        return Ok((case.reference().clone(), None));
    }
    match store.intent(name).await? {
        Some((_, intent)) if !name.is_empty() => Ok((intent.case, Some(intent.key))),
        _ => Err(NotDone::Unknown.into()),
    }
}

/// Carries out a person's decision on a case, and asks whoever syncs to plan it again.
pub(super) async fn decide(
    store: &dyn Store,
    reference: &Reference,
    decision: impl Fn(&mut Case, Hand<'_>) -> Result<Vec<Fact>, NotDone>,
) -> Result<Vec<Fact>, Failed> {
    let by = person();
    for _ in 0..MAX_STALE {
        let mut case = store.case(reference).await?.ok_or(NotDone::Unknown)?;
        let at = now();
        let facts = decision(&mut case, Hand { by: &by, at })?;
        match store.save(&case, &Change { facts: facts.clone(), at, replan: true, mappings: None }, None).await {
            Ok(_) => return Ok(facts),
            Err(StoreError::Stale) => {}
            Err(StoreError::Fenced) => return Err(NotDone::UnderWay.into()),
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Stale.into())
}

/// Tells what was decided.
pub(super) fn told(facts: &[Fact], context: &mut Context) -> Ended {
    let output = &mut context.output;
    if output.is_json() {
        output.json(&json!({ "done": facts }))?;
    } else {
        output.line(&output.language.fill(Key::HandsDone, &[&facts.len()]))?;
    }
    Ok(Exit::Done)
}
