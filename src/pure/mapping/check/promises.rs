//! Promises that the calls do not keep.

use super::Checker;
use super::calls::vars_of;
use crate::pure::mapping::calls::{Call, Steps};
use crate::pure::mapping::model::Shape;
use crate::pure::mapping::problem::code;
use crate::pure::mapping::template::Var;
use crate::words::problem::Spot;
use crate::words::promise::{Find, Guard, Keyed};
use crate::words::ticket::RecordKind;

impl Checker<'_, '_, '_> {
    pub(super) fn promises(&mut self) {
        let mapping = self.mapping;
        let promises = &mapping.promises;
        let notes = self.notes;
        let spot = |key: &str| {
            let span = notes.promises.get(key).or_else(|| notes.promises.get(""));
            span.map_or_else(Spot::default, Spot::of)
        };
        let uses = |call: &Call, var: &Var| vars_of(mapping, call).contains(var);
        let find = mapping.verbs.find.as_ref().and_then(|name| mapping.calls.get(name));
        let unread = find.is_none() && notes.calls.contains_key("find");
        if promises.find == Find::Filter && !unread && !find.is_some_and(|call| uses(call, &Var::Reference)) {
            let mend = "add `[call.find]` that filters by `${ref}`, or promise another `find`";
            self.say(
                spot("find"),
                code::PROMISE,
                "`find = \"filter\"`, but no find asks for `${ref}`".to_owned(),
                mend,
            );
        }
        let ticket = mapping.shape(RecordKind::Ticket);
        let lacks = |is_there: fn(&Shape) -> bool| {
            ticket.is_none_or(|shape| !is_there(shape)) && (notes.shapes || ticket.is_some())
        };
        if promises.find != Find::None && lacks(|shape| shape.reference.is_some()) {
            let mend = "add `ref = \"PATH\"` to `[record]`: a hit counts only if reading it shows the reference";
            self.say(spot("find"), code::PROMISE, "found records do not show our reference".to_owned(), mend);
        }
        if promises.guard == Guard::Version {
            if lacks(|shape| shape.version.is_some()) {
                let mend = "add `version = \"PATH\"` to `[record]`, or promise `guard = \"compare\"`";
                self.say(spot("guard"), code::PROMISE, "guarded by a version that is not read".to_owned(), mend);
            }
            let writes = mapping.verbs.writes.get(&RecordKind::Ticket);
            for steps in writes.iter().flat_map(|writes| &writes.updates).filter_map(|group| group.steps.as_ref()) {
                if let Some(commit) = mapping.calls.get(&steps.commit).filter(|call| !uses(call, &Var::Version)) {
                    let message = format!("guarded by the version, but `{}` does not send it", commit.name);
                    self.say(self.call_spot(&commit.name), code::PROMISE, message, "put `${version}` into the call");
                }
            }
        }
        for (kind, writes) in &mapping.verbs.writes {
            let creates = writes.create.iter();
            let updates = writes.updates.iter().filter_map(|group| group.steps.as_ref());
            let keyed: Vec<&Steps> = match promises.keyed {
                Keyed::Nothing => Vec::new(),
                Keyed::Creates => creates.collect(),
                Keyed::All => creates.chain(updates).collect(),
            };
            for steps in keyed {
                if let Some(commit) = mapping.calls.get(&steps.commit).filter(|call| !uses(call, &Var::IntentKey)) {
                    let message = format!("keys are promised, but `{}` ({kind}) does not send one", commit.name);
                    self.say(self.call_spot(&commit.name), code::PROMISE, message, "put `${intent.key}` into the call");
                }
            }
        }
    }
}
