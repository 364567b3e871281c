//! HTML ↔ text. Reading keeps what a person reads: paragraphs, list items, table rows and `<br>` as lines, links with
//! their address; scripts, styles and the like are dropped. Writing escapes everything, so no text becomes markup.
//!
//! A tokenizer reads it, in one pass: no tree is built, so no nesting is too deep. Formatting is lost on reading.

use std::borrow::Cow;
use std::fmt::Write as _;

use html5gum::{DefaultEmitter, HtmlString, StartTag, Token, Tokenizer};

use super::{Codes, Limit, Sight, Spelling, text};
use crate::words::value::Value;

/// How a system holds markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Markup {
    /// The longest that it holds; `None` for any.
    pub limit: Option<Limit>,
}

/// What is neither shown nor text: dropped with its content.
const DROPPED: [&[u8]; 12] = [
    b"script",
    b"style",
    b"title",
    b"template",
    b"noscript",
    b"iframe",
    b"object",
    b"svg",
    b"math",
    b"canvas",
    b"noembed",
    b"noframes",
];
/// What begins and ends on a line of its own.
const BLOCKS: [&[u8]; 33] = [
    b"address",
    b"article",
    b"aside",
    b"blockquote",
    b"body",
    b"caption",
    b"dd",
    b"details",
    b"div",
    b"dl",
    b"dt",
    b"fieldset",
    b"figcaption",
    b"figure",
    b"footer",
    b"form",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"h5",
    b"h6",
    b"header",
    b"hr",
    b"main",
    b"nav",
    b"p",
    b"pre",
    b"section",
    b"summary",
    b"table",
    b"tr",
    b"center",
];
/// Schemes of links whose address a person may see.
const LINKS: [&str; 4] = ["http://", "https://", "mailto:", "tel:"];
/// A blank that HTML keeps.
const KEPT_BLANK: char = '\u{a0}';

impl Spelling for Markup {
    fn read(&self, text: &str, _: Sight<'_>) -> Result<Option<Value>, String> {
        Ok(text::meant(&parse(text)))
    }

    fn spell<'a>(&'a self, value: &'a Value, _: Sight<'a>) -> Option<Result<Cow<'a, str>, String>> {
        let Value::Text(text) = value else { return None };
        let markup = print(text);
        // Cut markup is broken markup.
        Some(match self.limit.filter(|limit| limit.is_passed_by(&markup)) {
            Some(limit) => Err(limit.refusal()),
            None => Ok(Cow::Owned(markup)),
        })
    }

    fn is_lossy(&self, _: &Codes) -> bool {
        true
    }
}

/// What a person reads of some HTML; lines and blanks as [`canonical`] has them.
fn parse(html: &str) -> String {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut page = Page::default();
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        match token {
            Token::StartTag(tag) => page.open(&tag),
            Token::EndTag(tag) => page.close(&tag.name),
            Token::String(text) => page.text(&String::from_utf8_lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    page.end_links();
    canonical(&page.out)
}

/// Text as HTML: escaped, its lines ended by `<br>`, blanks kept where HTML would drop them.
fn print(text: &str) -> String {
    let text = canonical(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut after_blank = true;
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br>"),
            ' ' if after_blank => out.push_str("&nbsp;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
        after_blank = matches!(c, ' ' | '\n');
    }
    out
}

/// Text that HTML can hold: blanks are spaces, none at the end of a line, no control characters.
fn canonical(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split(['\n', '\u{c}']) {
        if !out.is_empty() {
            out.push('\n');
        }
        let start = out.len();
        for c in line.chars() {
            match c {
                '\t' | KEPT_BLANK => out.push(' '),
                c if c.is_control() => {}
                c => out.push(c),
            }
        }
        let kept = out.get(start..).map_or(0, |line| line.trim_end().len());
        out.truncate(start + kept);
    }
    out.trim().to_owned()
}

#[derive(Default)]
struct Page {
    out: String,
    /// What is dropped now, and how deep it is nested in itself.
    dropped: Option<(HtmlString, usize)>,
    /// Open lists: `None` for bullets, else the last number.
    lists: Vec<Option<u64>>,
    /// Open `<pre>`s: blanks count there.
    pre: usize,
    /// Address of the open link, and where its text began.
    link: Option<(String, usize)>,
    /// Whether a blank stands between the last word and the next.
    blank: bool,
    /// Whether the row has a cell already.
    cell: bool,
}

impl Page {
    fn open(&mut self, tag: &StartTag<()>) {
        let name: &[u8] = &tag.name;
        if let Some((dropped, depth)) = &mut self.dropped {
            *depth += usize::from(dropped.as_slice() == name);
            return;
        }
        if DROPPED.contains(&name) {
            if !tag.self_closing {
                self.dropped = Some((tag.name.clone(), 1));
            }
            return;
        }
        match name {
            b"br" => self.newline(),
            b"ul" | b"menu" => self.lists.push(None),
            b"ol" => self.lists.push(Some(0)),
            b"li" => {
                self.line();
                match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        let number = *number;
                        self.word(&format!("{number}. "));
                    }
                    Some(None) | None => self.word("- "),
                }
            }
            b"td" | b"th" => {
                let first = !std::mem::replace(&mut self.cell, true);
                self.blank &= first;
                self.word(if first { "" } else { " | " });
            }
            b"img" => {
                if let Some(alt) = tag.attributes.get(&b"alt"[..]) {
                    self.text(&String::from_utf8_lossy(alt));
                }
            }
            b"a" => {
                self.end_links();
                let address =
                    tag.attributes.get(&b"href"[..]).map(|href| String::from_utf8_lossy(href).trim().to_owned());
                self.link = address.filter(|address| is_shown(address)).map(|address| (address, self.out.len()));
            }
            _ if BLOCKS.contains(&name) => {
                self.line();
                self.pre += usize::from(name == b"pre");
            }
            _ => {}
        }
        if name == b"tr" {
            self.cell = false;
        }
    }

    fn close(&mut self, name: &[u8]) {
        if let Some((dropped, depth)) = &mut self.dropped {
            if dropped.as_slice() == name {
                *depth -= 1;
                if *depth == 0 {
                    self.dropped = None;
                }
            }
            return;
        }
        match name {
            b"a" => self.end_links(),
            b"ul" | b"ol" | b"menu" => {
                self.lists.pop();
                self.line();
            }
            b"li" => self.line(),
            _ if BLOCKS.contains(&name) => {
                self.line();
                self.pre = self.pre.saturating_sub(usize::from(name == b"pre"));
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.dropped.is_some() {
            return;
        }
        for c in text.chars() {
            match c {
                '\n' if self.pre > 0 => self.newline(),
                ' ' | '\t' if self.pre > 0 => self.out.push(KEPT_BLANK),
                ' ' | '\t' | '\n' | '\r' | '\u{c}' => self.blank = true,
                c => {
                    self.between();
                    self.out.push(c);
                }
            }
        }
    }

    fn word(&mut self, text: &str) {
        self.between();
        self.out.push_str(text);
    }

    /// A blank between two words of one line.
    fn between(&mut self) {
        if std::mem::take(&mut self.blank) && !self.out.is_empty() && !self.out.ends_with(['\n', ' ']) {
            self.out.push(' ');
        }
    }

    fn newline(&mut self) {
        self.blank = false;
        self.out.push('\n');
    }

    /// Begins a line, where there is something on this one.
    fn line(&mut self) {
        self.blank = false;
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn end_links(&mut self) {
        let Some((address, start)) = self.link.take() else { return };
        let shown = self.out.get(start..).unwrap_or_default().trim();
        if shown.is_empty() {
            self.word(&address);
        } else if !address.ends_with(shown) {
            let written = write!(self.out, " ({address})");
            debug_assert!(written.is_ok(), "a String takes everything");
        }
    }
}

fn is_shown(address: &str) -> bool {
    let start = |scheme: &&str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    LINKS.iter().any(start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_person_reads_is_kept_and_the_rest_dropped() {
        for (html, text) in [
            ("<p>Kính gửi&nbsp;1022,</p><p>đường <b>ngập</b> 40&#160;cm.</p>", "Kính gửi 1022,\nđường ngập 40 cm."),
            ("a<br>b<br/>c", "a\nb\nc"),
            ("<div>a</div>\n  <div>b\n c</div>", "a\nb c"),
            ("<ul><li>một</li><li>hai</li></ul>sau", "- một\n- hai\nsau"),
            ("<ol><li>một<li>hai<ul><li>con</ul><li>ba</ol>", "1. một\n2. hai\n- con\n3. ba"),
            ("<script>alert('x')</script><style>p{}</style>còn", "còn"),
            ("<SCRIPT>a</b></SCRIPT>còn<!-- <b>không</b> -->", "còn"),
            ("<svg><svg></svg><text>x</text></svg>còn", "còn"),
            ("x <a href='https://vbpl.vn/1'>Điều 8</a> y", "x Điều 8 (https://vbpl.vn/1) y"),
            ("<a href='https://vbpl.vn'>https://vbpl.vn</a>", "https://vbpl.vn"),
            ("<a href=\"javascript:alert(1)\">bấm</a>", "bấm"),
            ("1 &lt; 2 &amp;&amp; 3 > 2 &quot;&unknown;", "1 < 2 && 3 > 2 \"&unknown;"),
            ("<table><tr><th>Tên<th>Ngày<tr><td>A<td>1</table>", "Tên | Ngày\nA | 1"),
            ("<pre>a\n  b</pre>c", "a\n  b\nc"),
            ("<img src=x onerror=alert(1) alt='ảnh'>", "ảnh"),
            ("không có thẻ", "không có thẻ"),
            ("<p>a<p><p>b", "a\nb"),
            ("&lt;script&gt;", "<script>"),
            ("<b", ""),
        ] {
            assert_eq!(parse(html), text, "{html}");
        }
    }

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(print("<b>\"x\" & y</b>\n  z"), "&lt;b&gt;&quot;x&quot; &amp; y&lt;/b&gt;<br>&nbsp;&nbsp;z");
    }

    #[test]
    fn the_deepest_nesting_is_read() {
        let deep = format!("{}sâu{}", "<div><ul><li>".repeat(50_000), "</li></ul></div>".repeat(50_000));
        assert!(parse(&deep).ends_with("sâu"));
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_as_itself(text in "([ -~]|[\n \u{a0}\tđ&<>;#]){0,60}|\\PC{0,40}") {
            let text = canonical(&text);
            prop_assert_eq!(parse(&print(&text)), text);
        }

        #[test]
        fn any_html_is_read_as_plain_text(html in "(<|>|/|</|&|[a-z]{1,6}|script|<p>|<li>|<ol>|<a href=\"http://x\">|</a>|<pre>|[ \n]|\\PC){0,40}") {
            let once = parse(&html);
            prop_assert_eq!(&parse(&print(&once)), &once);
            prop_assert!(print(&once).len() < 40 * (html.len() + 1));
        }
    }
}
