//! What a database's answer means where no rule of the mapping says so: by its SQLSTATE and the number of rows.
//!
//! A call is one transaction: what the database refuses was surely not done. Only a lost answer to the commit is a doubt,
//! and that is no answer.

use crate::pure::mapping::calls::{Call, Verdict};

use super::judge::Role;
use super::message::Answer;

/// The class of states of integrity constraints; one of them, of unique keys.
const CONSTRAINT: &str = "23";
const UNIQUE: &str = "23505";
const CANCELLED: &str = "57014";

/// The verdict, and what was seen; the database's own message may hold personal data, so it is not in there.
pub(super) fn by_state(call: &Call, answer: &Answer, role: Role) -> (Verdict, String) {
    let Some(state) = answer.header("state") else { return by_count(call, answer, role) };
    let verdict = match (state, state.get(..2).unwrap_or_default()) {
        (UNIQUE, _) if role == Role::Create => Verdict::Exists,
        // Bad data, an integrity constraint, a name that is not there or a right that we lack.
        (_, "22" | CONSTRAINT | "42" | "44") => Verdict::Refused,
        (_, "28") => Verdict::Login,
        // Out of room or connections, being shut down; 57014 is a statement that took too long.
        (state, "53" | "57") if state != CANCELLED => Verdict::Busy,
        _ => Verdict::Retry,
    };
    let constraint = answer.header("constraint").map(|name| format!(", constraint {name}"));
    (verdict, format!("SQLSTATE {state}{}", constraint.unwrap_or_default()))
}

fn by_count(call: &Call, answer: &Answer, role: Role) -> (Verdict, String) {
    let count = answer.header("count").unwrap_or("no");
    let verdict = match (count, role) {
        // The version no longer holds, or there is no such row: reading it again tells which.
        ("0", Role::Commit) => Verdict::Conflict,
        ("0", Role::Create) => Verdict::Exists,
        ("0", Role::Repeatable) if call.root.is_some() => Verdict::Gone,
        _ => Verdict::Ok,
    };
    (verdict, format!("{count} rows"))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{call, path};
    use super::*;

    fn answer(name: &str, value: &str) -> Answer {
        Answer { status: 500, headers: vec![(name.to_owned(), value.to_owned())], body: Vec::new() }
    }

    #[test]
    fn states_and_counts_have_their_meaning() {
        let cases = [
            ("state", "23505", Verdict::Refused, Verdict::Refused, Verdict::Exists),
            ("state", "23503", Verdict::Refused, Verdict::Refused, Verdict::Refused),
            ("state", "22001", Verdict::Refused, Verdict::Refused, Verdict::Refused),
            ("state", "42P01", Verdict::Refused, Verdict::Refused, Verdict::Refused),
            ("state", "28P01", Verdict::Login, Verdict::Login, Verdict::Login),
            ("state", "40001", Verdict::Retry, Verdict::Retry, Verdict::Retry),
            ("state", "55P03", Verdict::Retry, Verdict::Retry, Verdict::Retry),
            ("state", "57014", Verdict::Retry, Verdict::Retry, Verdict::Retry),
            ("state", "53300", Verdict::Busy, Verdict::Busy, Verdict::Busy),
            ("state", "HY000", Verdict::Retry, Verdict::Retry, Verdict::Retry),
            ("state", "", Verdict::Retry, Verdict::Retry, Verdict::Retry),
            ("count", "0", Verdict::Ok, Verdict::Conflict, Verdict::Exists),
            ("count", "1", Verdict::Ok, Verdict::Ok, Verdict::Ok),
        ];
        for (name, value, reading, commit, create) in cases {
            let verdict = |role| by_state(&call(), &answer(name, value), role).0;
            let found = (verdict(Role::Repeatable), verdict(Role::Commit), verdict(Role::Create));
            assert_eq!(found, (reading, commit, create), "{name} {value}");
        }
        let mut get = call();
        (get.items, get.root) = (None, Some(path("rows[0]")));
        assert_eq!(by_state(&get, &answer("count", "0"), Role::Repeatable).0, Verdict::Gone);
        let mut taken = answer("state", "23505");
        taken.headers.push(("constraint".into(), "phieu_ma".into()));
        assert_eq!(by_state(&call(), &taken, Role::Commit).1, "SQLSTATE 23505, constraint phieu_ma");
    }
}
