//! What the shell does to a case where a safeguard of the core is switched off: the mistakes that it keeps from happening.

use pakn_bridge::pure::sync::case::{Case, Fact, Intent, Pair};
use pakn_bridge::pure::sync::plan::plan;
use pakn_bridge::pure::sync::rules::Rules;
use pakn_bridge::words::clock::Timestamp;
use pakn_bridge::words::side::{Side, Sides};
use pakn_bridge::words::ticket::RecordKind;

/// An ack is taken for a reading.
pub(super) fn believe_ack(case: &mut Case, intent: &Intent) {
    let Some(pair) = case.pair_mut(&intent.pair) else { return };
    let end = pair.ends.get_mut(intent.side);
    end.read_after = None;
    pair.ledger.retain(|attempt| attempt.key != intent.key);
    for (name, planned) in &intent.fields {
        let mut base = Sides { province: planned.source.clone(), national: planned.source.clone() };
        *base.get_mut(intent.side) = planned.image.clone();
        pair.base.insert(name.clone(), base);
        if let Some(cell) = pair.ends.get_mut(intent.side).cells.get_mut(name) {
            cell.image = planned.image.clone();
        }
    }
}

/// One value stands for both sides, however each spells it.
pub(super) fn one_base(case: &mut Case) {
    for base in pairs(case).flat_map(|pair| pair.base.values_mut()) {
        base.national.clone_from(&base.province);
    }
}

/// Once a write is proved, everything that the record shows counts as agreed.
pub(super) fn base_by_record(case: &mut Case) {
    for pair in pairs(case) {
        let national = &pair.ends.national.cells;
        for (name, province) in &pair.ends.province.cells {
            if let Some(national) = national.get(name) {
                let base = Sides { province: province.image.clone(), national: national.image.clone() };
                pair.base.insert(name.clone(), base);
            }
        }
    }
}

/// Nobody remembers what was written.
pub(super) fn forget_ledger(case: &mut Case) {
    pairs(case).for_each(|pair| pair.ledger.clear());
}

/// A person's decision holds for whatever is shown by now.
pub(super) fn decide_whatever_is_shown(case: &mut Case) {
    for pair in pairs(case) {
        let Pair { ends, conflicts, .. } = pair;
        for conflict in conflicts.iter_mut().filter(|conflict| conflict.decided.is_some()) {
            for side in Side::BOTH {
                if let Some(cell) = ends.get(side).cells.get(&conflict.field) {
                    conflict.images.get_mut(side).clone_from(&cell.image);
                }
            }
        }
    }
}

/// No reply waits for another.
pub(super) fn plan_replies_at_once(case: &mut Case, now: Timestamp, rules: &dyn Rules) -> Vec<Fact> {
    let mut facts = Vec::new();
    for at in 0..case.children.len() {
        let reference = case.children[at].reference.clone();
        let waits = case.children[at].kind == RecordKind::Reply && case.intents_of(&reference).next().is_none();
        if !waits {
            continue;
        }
        let mut alone = case.clone();
        alone.children.retain(|pair| pair.kind != RecordKind::Reply || pair.reference == reference);
        facts.extend(plan(&mut alone, now, rules));
        let planned: Vec<Intent> = alone.intents_of(&reference).cloned().collect();
        if let Some(pair) = alone.pair(&reference).filter(|_| !planned.is_empty()) {
            case.children[at] = pair.clone();
            case.intents.extend(planned);
        }
    }
    facts
}

fn pairs(case: &mut Case) -> impl Iterator<Item = &mut Pair> {
    std::iter::once(&mut case.ticket).chain(&mut case.children)
}
