//! `type = "…"` and the keys of each type: how values are spelled.

use std::collections::BTreeMap;

use super::Loader;
use super::shape::Known;
use crate::pure::content::Packing;
use crate::pure::document::{Item, Table};
use crate::pure::encoding::Encoding;
use crate::pure::mapping::codec::{
    AgencyStyle, Boolean, Codec, Count, Dated, Days, Decimals, Instants, Limit, List, Markup, Over, Packed, PhoneStyle,
    TableName, Text,
};
use crate::pure::mapping::instant::Pattern;
use crate::pure::mapping::model::{DocumentFormat, FieldMap, Spelled};
use crate::pure::mapping::problem::{code, nearest};
use crate::words::decimal::MAX_DIGITS;
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Type;

/// Longest text that a mapping may declare, characters.
const MAX_TEXT_CHARS: u64 = 1024 * 1024;

#[derive(Debug, Clone, Copy)]
enum Word {
    Text,
    Code,
    Integer,
    Decimal,
    Boolean,
    Instant,
    Date,
    Phone,
    CitizenId,
    Agency,
    Unit,
    Html,
    Base64,
    Base64Zip,
    List,
}

const TYPES: [(&str, Word); 15] = [
    ("text", Word::Text),
    ("code", Word::Code),
    ("integer", Word::Integer),
    ("decimal", Word::Decimal),
    ("boolean", Word::Boolean),
    ("instant", Word::Instant),
    ("date", Word::Date),
    ("phone", Word::Phone),
    ("citizen_id", Word::CitizenId),
    ("agency", Word::Agency),
    ("unit", Word::Unit),
    ("html", Word::Html),
    ("base64", Word::Base64),
    ("base64_zip", Word::Base64Zip),
    ("list", Word::List),
];

impl Loader<'_> {
    pub(super) fn usual_spelling(&self, codec: &Codec) -> Spelled {
        match codec {
            Codec::Integer | Codec::Decimal(Decimals { point: '.', .. }) if self.format == DocumentFormat::Json => {
                Spelled::Number
            }
            Codec::Boolean(Boolean { yes, .. })
                if self.format == DocumentFormat::Json && yes.first().is_some_and(|yes| yes == "true") =>
            {
                Spelled::Bool
            }
            Codec::List(List { item, joined: None }) => self.usual_spelling(item),
            Codec::Text(_)
            | Codec::Code(_)
            | Codec::Integer
            | Codec::Decimal(_)
            | Codec::Boolean(_)
            | Codec::Instant(_)
            | Codec::Date(_)
            | Codec::Phone(_)
            | Codec::CitizenId
            | Codec::Agency(_)
            | Codec::Unit(_)
            | Codec::Html(_)
            | Codec::Packed(_)
            | Codec::List(_) => Spelled::Text,
        }
    }

    pub(super) fn codec(&mut self, item: &Item<'_>, table: &Table<'_>, info: Option<Known<'_>>) -> Option<Codec> {
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
                let encoding = self.encoding(table);
                Codec::Text(Text { limit: self.limit(table, encoding), encoding })
            }
            Word::Code => Codec::Code(self.table_name(table)?),
            Word::Integer => Codec::Integer,
            Word::Decimal => Codec::Decimal(self.decimals(table)),
            Word::Boolean => Codec::Boolean(self.boolean(table)),
            Word::Instant => Codec::Instant(Instants::new(self.instant_in(table)?)),
            Word::Date => Codec::Date(Days::new(self.day_pattern(table)?)),
            Word::Phone => {
                let words = [("local", PhoneStyle::Local), ("e164", PhoneStyle::E164)];
                Codec::Phone(table.need("as", &mut self.problems)?.word(&mut self.problems, &words)?)
            }
            Word::CitizenId => Codec::CitizenId,
            Word::Agency => {
                let words = [("qcvn102", AgencyStyle::Qcvn102), ("qd20", AgencyStyle::Qd20)];
                Codec::Agency(table.need("as", &mut self.problems)?.word(&mut self.problems, &words)?)
            }
            Word::Unit => Codec::Unit(self.unit(table)?),
            Word::Html => {
                let limit = self.limit(table, None);
                if limit.is_some_and(|limit| limit.over != Over::Refused) {
                    let mend = "leave `cut` out: a text that is too long is refused by us";
                    self.problems.say(code::BAD_VALUE, &table.span, "cut markup is broken markup", mend);
                }
                Codec::Html(Markup { limit })
            }
            Word::Base64 => Codec::Packed(self.packed(table, Packing::Base64)),
            Word::Base64Zip => Codec::Packed(self.packed(table, Packing::Base64Zip)),
            Word::List => {
                let of = table.need("of", &mut self.problems)?.table(&mut self.problems)?;
                let item = of.need("type", &mut self.problems)?;
                let inner = self.codec(&item, &of, None)?;
                of.finish(&mut self.problems);
                if !matches!(inner, Codec::Code(_) | Codec::Agency(_) | Codec::Unit(_)) && info.is_some() {
                    let mend = "write a code, agency or unit";
                    self.problems.say(code::WRONG_TYPE, &item.span, "a list of these is not known", mend);
                }
                let joined = table.str("joined", &mut self.problems).map(str::to_owned);
                Codec::List(List { item: Box::new(inner), joined })
            }
        })
    }

    /// `max = 250, count = "characters" | "utf16" | "bytes", cut = true | "ellipsis"`.
    fn limit(&mut self, table: &Table<'_>, encoding: Option<Encoding>) -> Option<Limit> {
        let bytes = Count::Bytes(encoding.unwrap_or(self.encoding));
        let counts = [("characters", Count::Characters), ("utf16", Count::Utf16), ("bytes", bytes)];
        let count_item = table.get("count");
        let count = count_item.as_ref().and_then(|item| item.word(&mut self.problems, &counts)).unwrap_or_default();
        let cut_item = table.get("cut");
        let over = match &cut_item {
            None => Over::Refused,
            Some(item) => match item.value.as_bool() {
                Some(true) => Over::Cut,
                Some(false) => Over::Refused,
                None => item.word(&mut self.problems, &[("ellipsis", Over::Ellipsis)])?,
            },
        };
        let Some(item) = table.get("max") else {
            for item in [count_item, cut_item].into_iter().flatten() {
                let message = "it says nothing without `max`";
                self.problems.say(code::MISSING_KEY, &item.span, message, "add `max = LENGTH`");
            }
            return None;
        };
        let most = item.number(&mut self.problems)?;
        let limit = Limit { most: usize::try_from(most).ok()?, count, over };
        if most > MAX_TEXT_CHARS || !limit.holds_something() {
            self.problems.say(code::BAD_VALUE, &item.span, "no length", "write a length from 1 to 1048576");
        }
        Some(limit)
    }

    /// `encoding = "tcvn3"`: what the text's bytes are, where somebody took them for Western European.
    fn encoding(&mut self, table: &Table<'_>) -> Option<Encoding> {
        table.get("encoding").and_then(|item| item.word(&mut self.problems, &Encoding::ALL))
    }

    fn packed(&mut self, table: &Table<'_>, packing: Packing) -> Packed {
        Packed { packing, encoding: self.encoding(table).unwrap_or_default() }
    }

    /// `scale = 2, point = ","`.
    fn decimals(&mut self, table: &Table<'_>) -> Decimals {
        let points = [(".", '.'), (",", ',')];
        let point = table.get("point").and_then(|item| item.word(&mut self.problems, &points)).unwrap_or('.');
        let scale = table.get("scale").and_then(|item| {
            let scale = u8::try_from(item.number(&mut self.problems)?).ok();
            let scale = scale.filter(|scale| usize::from(*scale) <= MAX_DIGITS);
            if scale.is_none() {
                self.problems.say(code::BAD_VALUE, &item.span, "no number of digits", "write 0 to 18");
            }
            scale
        });
        Decimals { scale, point }
    }

    /// `era = "2025-07-01"`, a day on which the system's codes hold, or `dated_by = "place_date"`.
    fn unit(&mut self, table: &Table<'_>) -> Option<Dated> {
        match (table.get("era"), table.get("dated_by")) {
            (None, Some(item)) => Some(Dated::By(Field::named(item.str(&mut self.problems)?))),
            (Some(item), None) => {
                let day = item.str(&mut self.problems)?.parse().ok();
                if day.is_none() {
                    let mend = "write a day on which these codes hold, such as \"2025-07-01\"";
                    self.problems.say(code::BAD_VALUE, &item.span, "not a day", mend);
                }
                day.map(Dated::Fixed)
            }
            (found, _) => {
                let message =
                    if found.is_some() { "codes of two times" } else { "a unit code means nothing without a day" };
                let mend = "add `dated_by = \"place_date\"`, the field that tells its day, or `era = \"2025-07-01\"` where all codes \
                            are of one time";
                self.problems.say(code::MISSING_KEY, &table.span, message, mend);
                None
            }
        }
    }

    /// What dates a unit code must be a day of the same record.
    pub(super) fn unit_dates(&mut self, kind: RecordKind, fields: &BTreeMap<Field, FieldMap>) {
        for (name, map) in fields {
            let Codec::Unit(Dated::By(by)) = &map.codec else { continue };
            let kind_of = self.extras.type_of(kind, by.as_str());
            let is_date = matches!(kind_of, Some(Type::Date | Type::Instant));
            if !is_date || !fields.contains_key(by) {
                let span = map.spot.span();
                let message = format!("`{name}` is dated by `{by}`, which is no date of this {kind} here");
                self.problems.say(code::UNKNOWN_NAME, &span, message, "map that field as a date, or declare an `era`");
            }
        }
    }

    fn table_name(&mut self, table: &Table<'_>) -> Option<TableName> {
        let item = table.need("table", &mut self.problems)?;
        let name = item.str(&mut self.problems)?;
        if !self.tables.contains(name) {
            let near = nearest(name, self.tables.iter().map(String::as_str));
            let mend = near.map_or_else(|| format!("add `[code.{name}]`"), |near| format!("did you mean `{near}`?"));
            self.problems.say(code::UNKNOWN_NAME, &item.span, format!("there is no code table `{name}`"), mend);
        }
        Some(TableName(name.to_owned()))
    }

    fn boolean(&mut self, table: &Table<'_>) -> Boolean {
        let mut spellings = |key: &str, usual: &str| {
            let given = table.get(key).map(|item| item.strings(&mut self.problems)).unwrap_or_default();
            if given.is_empty() { vec![usual.to_owned()] } else { given }
        };
        let (yes, no) = (spellings("yes", "true"), spellings("no", "false"));
        if let Some(both) = yes.iter().find(|text| no.contains(text)) {
            let span = table.get("no").or_else(|| table.get("yes")).map_or(table.span.clone(), |item| item.span);
            let span = self.problems.token(&span, &format!("\"{both}\""));
            let message = format!("`{both}` means both true and false");
            self.problems.say(code::AMBIGUOUS, &span, message, "keep it in one of `yes` and `no`");
        }
        Boolean { yes, no }
    }

    fn day_pattern(&mut self, table: &Table<'_>) -> Option<Pattern> {
        let Some(item) = table.get("as") else { return Pattern::new("%Y-%m-%d", false).ok() };
        let text = self.text(&item)?;
        let pattern = Pattern::new(&text, false);
        pattern
            .map_err(|fault| {
                let message = format!("`{text}`: {fault}");
                self.problems.say(code::BAD_VALUE, &item.span, message, "write a strftime pattern of a day");
            })
            .ok()
    }
}

/// Whether a value of the canonical type can be spelled by such a codec.
const fn fits(kind: Type, word: Word) -> bool {
    match kind {
        Type::Text => {
            matches!(word, Word::Text | Word::Phone | Word::CitizenId | Word::Html | Word::Base64 | Word::Base64Zip)
        }
        Type::Code(_) => matches!(word, Word::Code),
        Type::OpenCode => matches!(word, Word::Code | Word::Agency | Word::Unit),
        Type::Integer => matches!(word, Word::Integer),
        Type::Decimal => matches!(word, Word::Decimal),
        Type::Boolean => matches!(word, Word::Boolean),
        Type::Instant => matches!(word, Word::Instant),
        Type::Date => matches!(word, Word::Date),
        Type::CodeList => matches!(word, Word::List),
    }
}
