//! `type = "…"` and the keys of each type: how values are spelled.

use super::Loader;
use crate::pure::document::{Item, Table};
use crate::pure::mapping::instant::pattern_fault;
use crate::pure::mapping::model::{AgencyStyle, Codec, DocumentFormat, PhoneStyle, Spelled};
use crate::pure::mapping::problem::{code, nearest};
use crate::words::ticket::FieldInfo;
use crate::words::value::Type;

/// Longest text that a mapping may declare, characters.
const MAX_TEXT_CHARS: u64 = 1024 * 1024;

#[derive(Debug, Clone, Copy)]
enum Word {
    Text,
    Code,
    Integer,
    Boolean,
    Instant,
    Date,
    Phone,
    CitizenId,
    Agency,
    Unit,
    List,
}

const TYPES: [(&str, Word); 11] = [
    ("text", Word::Text),
    ("code", Word::Code),
    ("integer", Word::Integer),
    ("boolean", Word::Boolean),
    ("instant", Word::Instant),
    ("date", Word::Date),
    ("phone", Word::Phone),
    ("citizen_id", Word::CitizenId),
    ("agency", Word::Agency),
    ("unit", Word::Unit),
    ("list", Word::List),
];

impl Loader<'_> {
    pub(super) fn usual_spelling(&self, codec: &Codec) -> Spelled {
        match codec {
            Codec::Integer if self.format == DocumentFormat::Json => Spelled::Number,
            Codec::Boolean { yes, .. }
                if self.format == DocumentFormat::Json && yes.first().is_some_and(|yes| yes == "true") =>
            {
                Spelled::Bool
            }
            Codec::List { item, joined: None } => self.usual_spelling(item),
            Codec::Text { .. }
            | Codec::Code(_)
            | Codec::Integer
            | Codec::Boolean { .. }
            | Codec::Instant(_)
            | Codec::Date(_)
            | Codec::Phone(_)
            | Codec::CitizenId
            | Codec::Agency(_)
            | Codec::Unit
            | Codec::List { .. } => Spelled::Text,
        }
    }

    pub(super) fn codec(&mut self, item: &Item<'_>, table: &Table<'_>, info: Option<&FieldInfo>) -> Option<Codec> {
        let word = item.word(&mut self.problems, &TYPES)?;
        if let Some(info) = info
            && !fits(info.kind, word)
        {
            let allowed: Vec<&str> = TYPES.iter().filter(|(_, word)| fits(info.kind, *word)).map(|(n, _)| *n).collect();
            let message = format!("`{}` can't be of this type", info.name);
            self.problems.say(code::WRONG_TYPE, &item.span, message, format!("write one of: {}", allowed.join(", ")));
            return None;
        }
        Some(match word {
            Word::Text => {
                let max = table.get("max").and_then(|item| {
                    let max = item.number(&mut self.problems)?;
                    if max == 0 || max > MAX_TEXT_CHARS {
                        self.problems.say(code::BAD_VALUE, &item.span, "no length", "write 1 to 1048576 characters");
                    }
                    usize::try_from(max).ok()
                });
                Codec::Text { max, cut: table.bool("cut", &mut self.problems).unwrap_or(false) }
            }
            Word::Code => {
                let item = table.need("table", &mut self.problems)?;
                let name = item.str(&mut self.problems)?;
                if !self.tables.contains(name) {
                    let near = nearest(name, self.tables.iter().map(String::as_str));
                    let mend =
                        near.map_or_else(|| format!("add `[code.{name}]`"), |near| format!("did you mean `{near}`?"));
                    self.problems.say(code::UNKNOWN_NAME, &item.span, format!("there is no code table `{name}`"), mend);
                }
                Codec::Code(name.to_owned())
            }
            Word::Integer => Codec::Integer,
            Word::Boolean => {
                let mut spellings = |key: &str, usual: &str| {
                    let given = table.get(key).map(|item| item.strings(&mut self.problems)).unwrap_or_default();
                    if given.is_empty() { vec![usual.to_owned()] } else { given }
                };
                let (yes, no) = (spellings("yes", "true"), spellings("no", "false"));
                if let Some(both) = yes.iter().find(|text| no.contains(text)) {
                    let message = format!("`{both}` is both true and false");
                    self.problems.say(code::CODES, &table.span, message, "keep it in one of `yes` and `no`");
                }
                Codec::Boolean { yes, no }
            }
            Word::Instant => Codec::Instant(self.instant_in(table)?),
            Word::Date => {
                let pattern = match table.get("as") {
                    Some(item) => {
                        let pattern = self.text(&item)?;
                        if let Some(fault) = pattern_fault(&pattern, false) {
                            let message = format!("`{pattern}`: {fault}");
                            self.problems.say(
                                code::BAD_VALUE,
                                &item.span,
                                message,
                                "write a strftime pattern of a day",
                            );
                        }
                        pattern
                    }
                    None => "%Y-%m-%d".to_owned(),
                };
                Codec::Date(pattern)
            }
            Word::Phone => {
                let words = [("local", PhoneStyle::Local), ("e164", PhoneStyle::E164)];
                Codec::Phone(table.need("as", &mut self.problems)?.word(&mut self.problems, &words)?)
            }
            Word::CitizenId => Codec::CitizenId,
            Word::Agency => {
                let words = [("qcvn102", AgencyStyle::Qcvn102), ("qd20", AgencyStyle::Qd20)];
                Codec::Agency(table.need("as", &mut self.problems)?.word(&mut self.problems, &words)?)
            }
            Word::Unit => Codec::Unit,
            Word::List => {
                let of = table.need("of", &mut self.problems)?.table(&mut self.problems)?;
                let item = of.need("type", &mut self.problems)?;
                let inner = self.codec(&item, &of, None)?;
                of.finish(&mut self.problems);
                if matches!(inner, Codec::List { .. } | Codec::Text { .. }) && info.is_some() {
                    let mend = "write a code, agency or unit";
                    self.problems.say(code::WRONG_TYPE, &item.span, "a list of these is not known", mend);
                }
                let joined = table.str("joined", &mut self.problems).map(str::to_owned);
                Codec::List { item: Box::new(inner), joined }
            }
        })
    }
}

/// Whether a value of the canonical type can be spelled by such a codec.
const fn fits(kind: Type, word: Word) -> bool {
    match kind {
        Type::Text => matches!(word, Word::Text | Word::Phone | Word::CitizenId),
        Type::Code(_) => matches!(word, Word::Code),
        Type::OpenCode => matches!(word, Word::Code | Word::Agency | Word::Unit),
        Type::Integer => matches!(word, Word::Integer),
        Type::Boolean => matches!(word, Word::Boolean),
        Type::Instant => matches!(word, Word::Instant),
        Type::Date => matches!(word, Word::Date),
        Type::CodeList => matches!(word, Word::List),
    }
}
