//! `when = { FIELD = "word" | ["a", "b"] }`: for which records a rule holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::pure::document::Table;
use crate::pure::mapping::condition::Condition;
use crate::pure::mapping::parse::Loader;
use crate::pure::mapping::problem::{code, nearest};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Type;

impl Loader<'_> {
    pub(super) fn condition(&mut self, kind: RecordKind, table: &Table<'_>) -> Condition {
        let mut words = BTreeMap::new();
        let Some(when) = table.table("when", &mut self.problems) else { return Condition::default() };
        for (name, span, item) in when.members() {
            let Some(info) = self.known_field(kind, name, &span) else { continue };
            let rule = table.span.start;
            self.notes.whens.insert((rule, name.to_owned(), None), span.clone());
            let known: &[&str] = match info.kind {
                Type::Code(words) => words,
                Type::Boolean => &["true", "false"],
                Type::Text
                | Type::OpenCode
                | Type::Integer
                | Type::Decimal
                | Type::Instant
                | Type::Date
                | Type::CodeList => {
                    let mend = "choose by a field with a closed list of words: status, kind, field, level …";
                    self.problems.say(code::WRONG_TYPE, &span, format!("`{name}` can be anything"), mend);
                    continue;
                }
            };
            let mut chosen = BTreeSet::new();
            for item in item.one_or_list() {
                let word = match item.value.as_bool() {
                    Some(yes) => yes.to_string(),
                    None => item.str(&mut self.problems).unwrap_or_default().to_owned(),
                };
                if !word.is_empty() && !known.contains(&word.as_str()) {
                    let mend = nearest(&word, known.iter().copied()).map_or_else(
                        || format!("words of `{name}`: {}", known.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.problems.say(code::NEVER, &item.span, format!("`{name}` is never `{word}`"), mend);
                }
                self.notes.whens.insert((rule, name.to_owned(), Some(word.clone())), item.span);
                chosen.insert(word);
            }
            if chosen.is_empty() {
                let mend = "name the words for which the rule holds";
                self.problems.say(code::NEVER, &item.span, format!("no word of `{name}`"), mend);
            }
            words.insert(Field::named(name), chosen);
        }
        Condition::new(words)
    }
}
