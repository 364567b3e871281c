//! Inputs: real texts, changed. The same number gives the same input.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::targets::SHIPPED;

/// Longest input, bytes; what is longer is refused by one comparison.
const MOST_BYTES: usize = 256 * 1024;
/// Changes of one input, where anything may change.
const MOST_CHANGES: u32 = 6;
/// And where only values do: most inputs must stay readable.
const MOST_GENTLE_CHANGES: u32 = 3;
/// Most copies of one piece.
const MOST_COPIES: usize = 2_000;

pub(crate) const TOML: &[&str] = &[
    "[",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ",",
    "\"",
    "'''",
    "\"\"\"",
    "\\u0000",
    "\\uD800",
    "#",
    "\u{feff}",
    "\0",
    ".",
    "${",
    "}",
    "${write}",
    "${field.subject}",
    "${once.link}",
    "[]",
    "[0]",
    "[99999999999]",
    "[1..]",
    "[k='v' & m!='']",
    "'@odd'",
    "type = \"list\"",
    "of = { type = \"list\", of = { type = \"text\" } }",
    "type = \"code\", table = \"nothing\"",
    "max = 99999999999999",
    "max = 0",
    "max = -1",
    "cut = true",
    "zone = \"Mars/Olympus\"",
    "as = \"%Q\"",
    "as = \"%Y%Y%Y\"",
    "like = '(a*)*(a*)*(a*)*b'",
    "like = '((\\pL{100}){100}){100}'",
    "like = '['",
    "size = 4294967296",
    "digits = 7",
    "overlap = \"99999999999999999d\"",
    "status = [99999]",
    "absent = [\"null\", \"null\"]",
    "then = \"ok\"",
    "words = [\"\", \"\", \"\"]",
    "code = \"\"",
    "from = \"2025-02-30\"",
    "[code.x.words]",
    "[call.x]",
    "[[example]]",
    "é",
    "𝕊",
];

pub(crate) const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\\udc00\\ud800",
    "\u{feff}",
    "\0",
    "null",
    "true",
    "-",
    "1e999",
    "-0",
    "0.1e-99999",
    "123456789012345678901234567890",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "{\"a\":{\"a\":{\"a\":",
    "\"Id\":1,\"Id\":2,",
    "\"\"",
    "\"2026-02-30T00:00:00+07:00\"",
    "\"9999-12-31T23:59:59Z\"",
    "\"𝕊\u{301}\u{301}\"",
    "<html>",
];

pub(crate) const XML: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "&",
    "&amp;",
    "&lol;",
    "&#0;",
    "&#x110000;",
    "&#55296;",
    "<!DOCTYPE r [<!ENTITY lol \"lol\">]>",
    "<!DOCTYPE r SYSTEM \"file:///etc/passwd\">",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml version=\"1.0\" encoding=\"UTF-16\"?>",
    "<?pi ?>",
    " xmlns=\"urn:x\"",
    " xmlns:pl=\"urn:other\"",
    " xmlns:a=\"urn:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
    " a=\"1\"",
    " a='1' a='2'",
    " xsi:nil=\"true\"",
    " xsi:type=\"pl:X\"",
    "<a:b/>",
    "<a><a><a><a><a><a><a><a><a><a><a><a><a>",
    "\u{feff}",
    "\0",
    "\u{fffe}",
    "{}",
    "𝕊",
];

pub(crate) const VALUES: &[&str] = &[
    "0",
    "00",
    "010",
    "-1",
    "1.5",
    "1e3",
    "true",
    "True",
    "Có",
    "null",
    "\"\"",
    " ",
    "\\n",
    "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59+07:00",
    "1945-09-01T23:59:59",
    "1975-06-13T00:00:00",
    "2024-02-29",
    "31/12/2025",
    "1764000000",
    "-62135596800000",
    "0123456789",
    "01234567890",
    "+84912345678",
    "+1 650 253 0000",
    "84",
    "000.00.12.H19",
    "H19.12",
    "h19",
    "075190001234",
    "26368",
    "Ổ gà",
    "O\u{0302}\u{0309} gà",
    "<p>x</p>",
    "&amp;",
    "&lt;b&gt;",
    "\\u0301",
    "\u{200b}",
    "a,b,,c",
    ",",
    "x; y",
    "e\u{301}\u{301}\u{301}",
];

/// The documents that stand in the shipped mapping files.
pub(crate) fn documents(wanted: fn(&str) -> bool) -> Vec<Vec<u8>> {
    let texts = SHIPPED.iter().flat_map(|(_, text)| text.split("'''").skip(1).step_by(2)).map(str::trim);
    let documents: Vec<Vec<u8>> = texts.filter(|text| wanted(text)).map(|text| text.as_bytes().to_vec()).collect();
    assert!(documents.len() > 2, "the mapping files hold no documents");
    documents
}

/// What is changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Anything.
    Rough,
    /// Values, by other values.
    Gentle,
}

pub(crate) struct Mutator {
    seeds: Vec<Vec<u8>>,
    spikes: &'static [&'static str],
    manner: Manner,
}

impl Mutator {
    pub(crate) fn new(seeds: Vec<Vec<u8>>, spikes: &'static [&'static str], manner: Manner) -> Self {
        Self { seeds, spikes, manner }
    }

    /// The input of a number.
    pub(crate) fn input(&self, number: u64) -> Vec<u8> {
        let mut random = ChaCha8Rng::seed_from_u64(number);
        let mut input = self.any_seed(&mut random).clone();
        let (most, kinds) = match self.manner {
            Manner::Rough => (MOST_CHANGES, 0..12),
            Manner::Gentle => (MOST_GENTLE_CHANGES, 9..12),
        };
        for _ in 0..random.random_range(1..=most) {
            self.change(&mut input, random.random_range(kinds.clone()), &mut random);
            input.truncate(MOST_BYTES);
        }
        input
    }

    fn any_seed(&self, random: &mut ChaCha8Rng) -> &Vec<u8> {
        &self.seeds[random.random_range(0..self.seeds.len())]
    }

    fn change(&self, input: &mut Vec<u8>, kind: u32, random: &mut ChaCha8Rng) {
        let spike = self.spikes[random.random_range(0..self.spikes.len())].as_bytes();
        match kind {
            0 => splice(input, some(input, random), &[random.random::<u8>()]),
            1 => {
                let at = random.random_range(0..=input.len());
                input.truncate(at);
            }
            2 => splice(input, some(input, random), b""),
            // A piece many times over.
            3 => {
                let piece = some(input, random);
                let copies = random.random_range(1..MOST_COPIES);
                let longest = MOST_BYTES / copies;
                let text = input[piece.start..piece.end.min(piece.start + longest)].repeat(copies);
                splice(input, piece, &text);
            }
            4 => {
                let at = between(input, random);
                splice(input, at..at, &spike.repeat(random.random_range(1..200)));
            }
            // A piece of another text.
            5 => {
                let other = self.any_seed(random);
                let text = other[word(other, random)].to_vec();
                splice(input, word(input, random), &text);
            }
            // Two pieces change places, or one is there twice.
            6 => {
                let text = input[word(input, random)].to_vec();
                splice(input, word(input, random), &text);
            }
            7 => {
                let line = line(input, random);
                let text = input[line].to_vec();
                let at = between(input, random);
                splice(input, at..at, &text);
            }
            8 => splice(input, line(input, random), b""),
            9 => {
                let at = between(input, random);
                splice(input, at..at, spike);
            }
            // What stands between two marks is another value.
            _ => splice(input, word(input, random), spike),
        }
    }
}

type Range = std::ops::Range<usize>;

fn splice(input: &mut Vec<u8>, at: Range, text: &[u8]) {
    input.splice(at, text.iter().copied());
}

fn some(input: &[u8], random: &mut ChaCha8Rng) -> Range {
    let start = random.random_range(0..=input.len());
    start..random.random_range(start..=input.len().min(start + 64))
}

/// The place right before a mark.
fn between(input: &[u8], random: &mut ChaCha8Rng) -> usize {
    word(input, random).start
}

/// What stands between two marks: a word, a value, a name.
fn word(input: &[u8], random: &mut ChaCha8Rng) -> Range {
    let is_mark = |byte: &u8| b"\"'<>{}[]=:, \n/".contains(byte);
    let from = random.random_range(0..=input.len());
    let start = input[..from].iter().rposition(is_mark).map_or(0, |at| at + 1);
    let end = input[start..].iter().position(is_mark).map_or(input.len(), |at| start + at);
    start..end
}

fn line(input: &[u8], random: &mut ChaCha8Rng) -> Range {
    let from = random.random_range(0..=input.len());
    let start = input[..from].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end = input[start..].iter().position(|byte| *byte == b'\n').map_or(input.len(), |at| start + at + 1);
    start..end
}
