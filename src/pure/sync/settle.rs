//! The push protocol: what an outcome makes of an intent. Never lost, never twice.
//!
//! Retry delays come in as arguments; what the whole side must do (pause, count a failure) goes out as an [`After`].

use std::time::Duration;

use chrono::TimeDelta;

use crate::words::clock::Timestamp;
use crate::words::outcome::{Ack, Failure, Outcome};
use crate::words::promise::{Find, Guard, Keyed};
use crate::words::side::{RemoteId, Side};
use crate::words::ticket::{Field, RecordKind};

use super::case::{Case, Fact, Intent, IntentState, PairState, Parked, PlannedField};
use super::gone::{gone_apart, observe_gone};
use super::observe::{Glimpse, attempt, fact, may_still_land, observe, observe_child};
use super::plan::spelled;
use super::rules::Rules;
use super::swing::note;

pub use super::case::MAX_ATTEMPTS;

/// How long a side that refused our login is left alone.
const LOGIN_REST: Duration = Duration::from_secs(60);

/// What the shell must do after an outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct After {
    /// Audit entries.
    pub facts: Vec<Fact>,
    /// Read the ticket on this side before anything else is planned for it.
    pub read: bool,
    /// Stay away from this side so long.
    pub pause: Option<Duration>,
    /// Whether the side itself failed: counts for its breaker.
    pub side_failed: bool,
}

/// Applies what became of the send of one intent. `delay` is the backoff for its next try.
pub fn settle(
    case: &mut Case,
    key: &str,
    outcome: Outcome,
    now: Timestamp,
    delay: Duration,
    rules: &dyn Rules,
) -> After {
    let Some(at) = case.intents.iter().position(|intent| intent.key == key) else { return After::default() };
    let intent = case.intents.remove(at);
    match outcome {
        Outcome::Acked(ack) => acked(case, intent, ack, now, rules),
        Outcome::Conflict { says } if intent.target.is_some() => conflict(case, &intent, says, rules),
        Outcome::Conflict { says } => overtaken(case, intent, &says, now, delay, rules),
        Outcome::Exists { id } => exists(case, intent, id, now, rules),
        Outcome::Gone => gone(case, intent, now, delay, rules),
        Outcome::Refused { says, fields } => refused(case, &intent, says, &fields, now),
        Outcome::NotNow(failure) => not_now(case, intent, &failure, now, delay),
        Outcome::InDoubt { says } => {
            let rest = rest_of(&intent, rules);
            let due = now + TimeDelta::from_std(delay).unwrap_or(TimeDelta::days(1));
            let after = doubtful(case, intent, &says, rest, due);
            After { side_failed: true, ..after }
        }
    }
}

/// How long a doubt rests before a lookup may settle it. Under a version the precondition decides, so it may be read
/// at once; with a living key the same request is simply sent again.
#[must_use]
pub fn rest_of(intent: &Intent, rules: &dyn Rules) -> Duration {
    let promises = rules.promises(intent.side);
    if intent.target.is_some() && intent.version.is_some() && promises.guard == Guard::Version {
        return Duration::ZERO;
    }
    promises.settle()
}

/// Whether a doubt is settled by sending the same request with the same key again: it must be the same request, rendered
/// by the mapping that rendered the first copy, and whenever the new copy arrives, the key must still live. To be asked right before the send. An update without a version is looked up instead: the look
/// right before its second copy could not tell our first copy from a person's edit.
///
/// `counted` is the time since the first send by a clock that nobody sets, where this process made it. The wall clock may
/// have been put back since by any amount: of a first send before a restart it says enough only where nothing can be
/// looked up.
#[must_use]
pub fn may_repeat(intent: &Intent, now: Timestamp, counted: Option<Duration>, rules: &dyn Rules) -> bool {
    let promises = rules.promises(intent.side);
    let covered = match promises.keyed {
        Keyed::Nothing => false,
        Keyed::Creates => intent.target.is_none(),
        Keyed::All => intent.target.is_none() || intent.version.is_some(),
    };
    let life = TimeDelta::from_std(promises.key_life).unwrap_or(TimeDelta::MAX);
    let late = TimeDelta::from_std(promises.late_delivery).unwrap_or(TimeDelta::MAX);
    let same = intent.mapping == rules.mapping(intent.side);
    let lives = life.checked_sub(&late).unwrap_or_default();
    let lives_by_count = match counted.map(TimeDelta::from_std) {
        Some(age) => age.is_ok_and(|age| age < lives),
        None => promises.find == Find::None,
    };
    // First sent in the future: the clock was put back, and how long ago it was nobody knows.
    let lives_by_wall = intent.first_sent.is_some_and(|sent| sent <= now && now - sent < lives);
    covered && same && lives_by_count && lives_by_wall
}

fn acked(case: &mut Case, mut intent: Intent, ack: Ack, now: Timestamp, rules: &dyn Rules) -> After {
    let side = intent.side;
    let creating = intent.target.is_none();
    let Some(pair) = case.pair_mut(&intent.pair) else { return After::default() };
    let end = pair.ends.get_mut(side);
    if creating && ack.id.is_none() && end.id.is_none() {
        let rest = rules.promises(side).ref_visible;
        intent.accepted = true;
        return doubtful(case, intent, "accepted; its id comes later", rest, now);
    }
    if creating && end.id.is_none() {
        end.id.clone_from(&ack.id);
    }
    // The answer was made while the write was out: what was read since then may be newer than what it shows.
    let overtaken = end.read_began.is_some_and(|read| intent.first_sent.is_some_and(|sent| read >= sent));
    end.read_after = Some(now);
    end.moved_by_itself = 0;
    note(pair, &intent, now);
    pair.ledger.retain(|attempt| attempt.key != intent.key);
    pair.ledger.push(attempt(&intent, Some(now), ack.version.clone(), rules.promises(side).settle()));
    let mut facts = vec![intent.fact("acked")];
    let mut read = true;
    if let Some(reading) = ack.reading.as_ref().filter(|_| !overtaken) {
        let glimpse = Glimpse { side, reading, began: now, now, rested: None };
        facts.extend(match reading.kind {
            RecordKind::Ticket => observe(case, glimpse, rules),
            RecordKind::Reply | RecordKind::Transfer | RecordKind::Attachment => observe_child(case, glimpse, rules),
        });
        read = case.pair(&intent.pair).is_some_and(|pair| pair.ends.get(side).read_after.is_some());
    }
    After { facts, read, ..After::default() }
}

/// A create of something that is there already, by the system's own word: whatever a search finds or does not find, it is
/// not made a second time without a person. Nobody has proved the id that the answer names: where tickets can be searched
/// by our reference, that decides.
fn exists(case: &mut Case, mut intent: Intent, id: Option<RemoteId>, now: Timestamp, rules: &dyn Rules) -> After {
    intent.accepted = true;
    let promises = rules.promises(intent.side);
    let proved = id.filter(|_| intent.kind != RecordKind::Ticket || promises.find == Find::None);
    if let (Some(id), Some(pair)) = (proved, case.pair_mut(&intent.pair)) {
        pair.ends.get_mut(intent.side).id.get_or_insert(id);
    }
    doubtful(case, intent, "exists there already", promises.ref_visible, now)
}

/// A refused precondition was surely not applied: read, and plan again. An earlier copy of the same may have been.
fn conflict(case: &mut Case, intent: &Intent, says: String, rules: &dyn Rules) -> After {
    let Some(pair) = case.pair_mut(&intent.pair) else { return After::default() };
    if repeats(intent) {
        may_still_land(pair, intent, rules);
    }
    let end = pair.ends.get_mut(intent.side);
    end.moved_by_itself = end.moved_by_itself.saturating_add(1);
    let told = Fact { says: Some(says), ..intent.fact("stale") };
    After { facts: vec![told], read: true, ..After::default() }
}

/// A create whose precondition is another record's, such as the ticket that a reply is hung on, which moved: surely not
/// made. That one is read, and the create goes out again. Of a repeat it says nothing about the copies before it.
fn overtaken(case: &mut Case, intent: Intent, says: &str, now: Timestamp, delay: Duration, rules: &dyn Rules) -> After {
    let due = now + TimeDelta::from_std(delay).unwrap_or(TimeDelta::days(1));
    if repeats(&intent) {
        let rest = rest_of(&intent, rules);
        return After { read: true, ..doubtful(case, intent, says, rest, due) };
    }
    let told = Fact { says: Some(says.to_owned()), ..intent.fact("stale") };
    again(case, intent, says, due);
    After { facts: vec![told], read: true, ..After::default() }
}

/// One more attempt is spent. After a few a person decides.
fn again(case: &mut Case, mut intent: Intent, says: &str, due: Timestamp) {
    intent.attempts += 1;
    intent.state = if intent.attempts >= MAX_ATTEMPTS { IntentState::Parked } else { IntentState::Ready };
    intent.due = due;
    intent.says = Some(says.to_owned());
    case.intents.push(intent);
}

/// What it is written to is not there. It is tried again, apart in time: that is what tells an outage from a deletion.
fn gone(case: &mut Case, intent: Intent, now: Timestamp, delay: Duration, rules: &dyn Rules) -> After {
    let (side, kind) = (intent.side, intent.kind);
    let apart = TimeDelta::from_std(delay).unwrap_or(TimeDelta::days(1)).max(gone_apart(side, rules));
    again(case, intent, "it is not there", now + apart);
    let facts = if kind == RecordKind::Ticket { observe_gone(case, side, now, false, rules) } else { Vec::new() };
    After { facts, read: true, ..After::default() }
}

fn doubtful(case: &mut Case, mut intent: Intent, says: &str, settle: Duration, due: Timestamp) -> After {
    intent.due = due;
    intent.state = IntentState::Doubt { settle };
    intent.says = Some(says.to_owned());
    let told = Fact { says: Some(says.to_owned()), ..intent.fact("in_doubt") };
    case.intents.push(intent);
    After { facts: vec![told], ..After::default() }
}

/// Whether this was one more copy of a request that may have been applied already.
const fn repeats(intent: &Intent) -> bool {
    matches!(intent.state, IntentState::Doubt { .. })
}

/// Surely not applied, and worth another try. An outage spends no attempt. Of a repeat it says nothing about the
/// copies before it: that stays in doubt.
fn not_now(case: &mut Case, mut intent: Intent, failure: &Failure, now: Timestamp, delay: Duration) -> After {
    // A login that is refused stays refused: trying it for every write would lock the account.
    let wait = if matches!(failure, Failure::Login { .. }) { Some(LOGIN_REST.max(delay)) } else { failure.wait() };
    let pause = wait.unwrap_or(delay).max(delay);
    if !repeats(&intent) {
        intent.state = IntentState::Ready;
    }
    intent.due = now + TimeDelta::from_std(pause).unwrap_or(TimeDelta::days(1));
    intent.says = Some(failure.to_string());
    case.intents.push(intent);
    After { pause: wait, side_failed: failure.is_worth_a_retry(), ..After::default() }
}

/// A permanent refusal parks the fields concerned. Of several fields that the remote does not name, each is tried
/// alone, so that only the one at fault stays behind.
fn refused(case: &mut Case, intent: &Intent, says: String, named: &[String], now: Timestamp) -> After {
    let side = intent.side;
    let Some(pair) = case.pair_mut(&intent.pair) else { return After::default() };
    let told = Fact { says: Some(says.clone()), ..intent.fact("refused") };
    pair.ledger.retain(|attempt| attempt.key != intent.key);
    let park = |field: Option<Field>, refused, stood| Parked {
        side,
        field,
        refused,
        stood,
        says: Some(says.clone()),
        mapping: Some(intent.mapping.clone()),
        since: now,
    };
    if intent.target.is_none() {
        let cells = &pair.ends.get(side.other()).cells;
        let is_as_sent = |(name, planned): (&Field, &PlannedField)| {
            planned.source.is_none() || cells.get(name).is_none_or(|cell| cell.image == planned.source)
        };
        // A record that changed while it was out was not refused as it is now: it is made from what it says now.
        if intent.fields.iter().all(is_as_sent) {
            let refused = spelled(cells.values());
            pair.parked.push(park(None, refused, None));
        }
    } else if intent.fields.len() > 1 && named.is_empty() {
        pair.ends.get_mut(side).one_by_one = true;
    } else {
        for (name, planned) in &intent.fields {
            if named.is_empty() || named.iter().any(|known| known == name.as_str()) {
                pair.parked.push(park(Some(name.clone()), planned.source.clone(), planned.before.clone()));
            }
        }
    }
    After { facts: vec![told], ..After::default() }
}

/// What a lookup by reference found for a create in doubt. `believed` is false where the same lookup does not find
/// what it must (our youngest other record there): then "not found" means nothing.
pub fn found(case: &mut Case, key: &str, ids: &[RemoteId], believed: bool, now: Timestamp, delay: Duration) -> After {
    let Some(intent) = case.intents.iter_mut().find(|intent| intent.key == key) else { return After::default() };
    let (side, reference) = (intent.side, intent.pair.clone());
    match ids {
        [] if believed => {
            intent.is_absent();
            intent.due = now + TimeDelta::from_std(delay).unwrap_or(TimeDelta::days(1));
            let told = Fact { says: Some("it had not landed".into()), ..intent.fact("settled") };
            After { facts: vec![told], ..After::default() }
        }
        [] => {
            intent.due = now + TimeDelta::from_std(delay).unwrap_or(TimeDelta::days(1));
            After::default()
        }
        [id] => {
            if let Some(pair) = case.pair_mut(&reference) {
                pair.ends.get_mut(side).id.get_or_insert(id.clone());
            }
            After { read: true, ..After::default() }
        }
        [_, ..] => doubled(case, side, ids),
    }
}

/// A create in doubt on a side that nothing can be searched on: a person looks, and retries or discards it.
pub fn undecidable(case: &mut Case, key: &str) -> After {
    let Some(intent) = case.intents.iter_mut().find(|intent| intent.key == key) else { return After::default() };
    intent.state = IntentState::Parked;
    intent.says = Some("it may be there already, and this side can't be searched: look before it is retried".into());
    let told = Fact { says: intent.says.clone(), ..intent.fact("parked") };
    After { facts: vec![told], ..After::default() }
}

/// Two records carry one reference: somebody between us doubled a request. A person decides which one stays.
pub fn doubled(case: &mut Case, side: Side, ids: &[RemoteId]) -> After {
    let names = ids.iter().map(RemoteId::as_str).collect::<Vec<_>>().join(", ");
    let reason = format!("duplicated: several records carry our reference: {names}");
    if matches!(&case.ticket.state, PairState::Quarantined { reason: known, .. } if *known == reason) {
        return After::default();
    }
    case.ticket.state = PairState::Quarantined { side, reason: reason.clone() };
    case.intents.retain(|intent| intent.kind != RecordKind::Ticket);
    let told = Fact { says: Some(reason), ..fact("duplicated", &case.ticket, Some(side)) };
    After { facts: vec![told], ..After::default() }
}
