//! Values to try a codec on: hard ones of each type, then some that are made up. The same ones for a field each time,
//! so that a check says the same twice.

use chrono::{DateTime, NaiveDate};

use crate::pure::mapping::codec::{Codec, List, agency, phone, text};
use crate::pure::mapping::model::Mapping;
use crate::words::value::Value;

/// Texts that break careless software.
const TEXTS: [&str; 6] = [
    "Đường Đồng Khởi ngập sau mưa",
    "a",
    "\"Điều 8\" & <khoản> 2; ${write} \\ 'x'",
    "dòng 1\ndòng 2\n\n  dòng 4",
    "🛵 qua cầu",
    "null",
];
/// A text longer than most limits, characters.
const LONG_TEXT: usize = 3000;
const PHONES: [&str; 5] = ["+84912345678", "+842513822501", "+16502530000", "1022", "+842513822501;ext=12"];
const CITIZEN_IDS: [&str; 2] = ["075190001234", "271234567"];
const AGENCIES: [&str; 4] = ["000.00.12.H19", "000.00.00.H19", "000.02.01.H19", "003.02.01.H19"];
const UNITS: [&str; 2] = ["26368", "75"];
const DECIMALS: [&str; 3] = ["0", "-1", "106"];
/// Seconds since 1970: 2026-11-20, the last second of 1999 in Việt Nam, a leap day.
const INSTANTS: [i64; 3] = [1_795_137_300, 946_659_599, 1_709_164_801];
const DAYS: [&str; 2] = ["2026-04-30", "2024-02-29"];

/// How many values are made up for a field.
const MADE_UP: usize = 24;
/// Longest text that is made up, characters.
const MADE_UP_TEXT: u64 = 40;
/// What made-up texts are made of.
const LETTERS: [char; 32] = [
    'a', 'B', 'z', '0', '9', ' ', ' ', '\n', 'đ', 'ấ', 'Ộ', 'ữ', 'ỹ', 'Ặ', '"', '\'', '<', '>', '&', ';', ',', '|',
    '\\', '/', '{', '$', '#', '%', '…', '–', '🛵', '\u{a0}',
];
/// Made-up instants: 1980 to 2100.
const SECONDS: std::ops::Range<i64> = 315_532_800..4_102_444_800;
/// Made-up days, counted from the year 1: 1980 to 2100.
const DAY_NUMBERS: std::ops::Range<i64> = 722_815..766_645;

impl Mapping {
    /// Values of a codec's type; every word of a code table. `seed` chooses the made-up ones.
    pub(in crate::pure::mapping) fn samples(&self, codec: &Codec, seed: &str) -> Vec<Value> {
        if let Codec::Code(table) = codec {
            let rows = self.codes.get(&**table).map_or(&[][..], |table| table.rows.as_slice());
            return rows.iter().map(|row| Value::Code(row.word.as_str().into())).collect();
        }
        if let Codec::List(List { item, .. }) = codec {
            let items = self.samples(item, seed);
            let one = items.first().map(|first| Value::List(vec![first.clone()]));
            return one.into_iter().chain([Value::List(items)]).collect();
        }
        let mut dice = Dice::new(seed);
        let mut values = hard(codec);
        if !matches!(codec, Codec::Boolean(_)) {
            values.extend((0..MADE_UP).filter_map(|_| made_up(codec, &mut dice)));
        }
        values
    }
}

fn hard(codec: &Codec) -> Vec<Value> {
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::Text((*text).into())).collect::<Vec<_>>();
    let codes = |codes: &[&str]| codes.iter().map(|code| Value::Code((*code).into())).collect::<Vec<_>>();
    match codec {
        Codec::Text(_) | Codec::Html(_) | Codec::Packed(_) => {
            let mut all = texts(&TEXTS);
            all.push(Value::Text("Biên Hòa ".repeat(LONG_TEXT / 9).trim_end().into()));
            all
        }
        Codec::Integer => [0, 1, 104_857_600].into_iter().map(Value::Integer).collect(),
        Codec::Decimal(_) => DECIMALS.iter().filter_map(|text| text.parse().ok()).map(Value::Decimal).collect(),
        Codec::Boolean(_) => vec![Value::Boolean(true), Value::Boolean(false)],
        Codec::Instant(_) => INSTANTS.into_iter().filter_map(instant).collect(),
        Codec::Date(_) => DAYS.iter().filter_map(|day| day.parse::<NaiveDate>().ok()).map(Value::Date).collect(),
        Codec::Phone(_) => texts(&PHONES),
        Codec::CitizenId => texts(&CITIZEN_IDS),
        Codec::Agency(_) => codes(&AGENCIES),
        Codec::Unit(_) => codes(&UNITS),
        Codec::Code(_) | Codec::List(_) => Vec::new(),
    }
}

fn made_up(codec: &Codec, dice: &mut Dice) -> Option<Value> {
    Some(match codec {
        Codec::Text(_) | Codec::Html(_) | Codec::Packed(_) => {
            let length = 1 + dice.below(MADE_UP_TEXT);
            let made: String = (0..length).filter_map(|_| dice.one(&LETTERS)).collect();
            Value::Text(text::canonical(&made)?.into())
        }
        Codec::Integer => Value::Integer(dice.between(-1_000_000_000_000..1_000_000_000_000)),
        Codec::Decimal(decimals) => {
            let scale = usize::from(decimals.scale.unwrap_or(6).min(9));
            let (whole, behind) = (dice.between(-1_000_000..1_000_000), dice.digits(scale));
            let text = if scale == 0 { whole.to_string() } else { format!("{whole}.{behind}") };
            Value::Decimal(text.parse().ok()?)
        }
        Codec::Instant(_) => instant(dice.between(SECONDS))?,
        Codec::Date(_) => {
            Value::Date(NaiveDate::from_num_days_from_ce_opt(i32::try_from(dice.between(DAY_NUMBERS)).ok()?)?)
        }
        Codec::Phone(_) => {
            let area = dice.one(&["091", "038", "0251", "024", "00"])?;
            Value::Text(phone::parse(&format!("{area}{}", dice.digits(7 + usize::from(area.len() == 3)))).ok()?)
        }
        Codec::CitizenId => Value::Text(dice.digits(12).into()),
        Codec::Agency(_) => {
            let code = format!("{}.{}.{}.H{}", dice.digits(3), dice.digits(2), dice.digits(2), dice.digits(2));
            Value::Code(agency::parse(&code).ok()?)
        }
        Codec::Unit(_) => Value::Code(dice.digits(5).into()),
        Codec::Boolean(_) | Codec::Code(_) | Codec::List(_) => return None,
    })
}

fn instant(seconds: i64) -> Option<Value> {
    DateTime::from_timestamp(seconds, 0).map(Value::Instant)
}

/// Numbers that follow from a seed (SplitMix64): no randomness, only variety.
struct Dice(u64);

impl Dice {
    fn new(seed: &str) -> Self {
        // FNV-1a.
        Self(
            seed.bytes()
                .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn between(&mut self, range: std::ops::Range<i64>) -> i64 {
        let width = range.end.abs_diff(range.start);
        range.start.saturating_add_unsigned(self.below(width))
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let at = self.below(u64::try_from(of.len()).ok()?);
        of.get(usize::try_from(at).ok()?).copied()
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or_default())).collect()
    }
}
