//! One remote text that holds several fields: `"${submitter_address}, ${ward}"`.
//!
//! At most one part is free text. What stands before it is cut off from the left, what stands after it from the right,
//! and none of those may hold the text that parts it from its neighbour. A last part that is empty is left out with
//! the text before it, where it can be told from the others still.

use crate::words::record::Image;
use crate::words::ticket::Field;

/// How the text is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Before the first part.
    pub before: String,
    /// The parts in order.
    pub parts: Vec<Part>,
    /// The part that may hold the texts between the parts; the last one where none may.
    pub free: usize,
    /// Our reference behind them, on systems that have no other place for it.
    pub mark: Option<Mark>,
}

/// How our reference stands behind the fields of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What parts it from them.
    pub before: String,
    /// What stands behind it.
    pub after: String,
}

/// Longest text that is taken for a reference, bytes.
const MAX_REFERENCE_BYTES: usize = 64;

/// One field in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub field: Field,
    /// What stands between it and the next one; after the last one, the end.
    pub after: String,
}

impl Pattern {
    /// The text of these parts, and of the reference where it is marked; `None` where all are empty.
    ///
    /// # Errors
    /// Why it could not be taken apart again. Holds no values.
    pub fn print(&self, images: &[Image], reference: Option<&str>) -> Result<Option<String>, String> {
        let last = images.iter().rposition(Option::is_some);
        let marked = self.mark.as_ref().zip(reference);
        if last.is_none() && marked.is_none() {
            return Ok(None);
        }
        let mut text = last.map_or_else(String::new, |last| self.together(images, last));
        if let Some((mark, reference)) = marked {
            let before = if text.is_empty() { mark.before.trim_start() } else { &mark.before };
            text.extend([before, reference, &mark.after]);
        }
        let comes_back = self.reference(&text) == marked.map(|(_, reference)| reference);
        if comes_back && self.split(&text).is_ok_and(|split| split == images) {
            return Ok(Some(text));
        }
        let names: Vec<&str> = self.parts.iter().map(|part| part.field.as_str()).collect();
        Err(format!("together in one text, {} could not be told apart again", names.join(" and ")))
    }

    /// The parts up to the last one that is not empty.
    fn together(&self, images: &[Image], last: usize) -> String {
        let mut text = self.before.clone();
        for (at, part) in self.parts.iter().enumerate().take(last + 1) {
            text.push_str(images.get(at).and_then(Option::as_deref).unwrap_or_default());
            if at < last || at + 1 == self.parts.len() {
                text.push_str(&part.after);
            }
        }
        text
    }

    /// The reference that a text is marked with.
    #[must_use]
    pub fn reference<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.unmarked(text).1
    }

    /// What stands before the mark, and the reference. What does not look like one is no mark.
    fn unmarked<'t>(&self, text: &'t str) -> (&'t str, Option<&'t str>) {
        let marked = self.mark.as_ref().and_then(|mark| {
            let text = text.strip_suffix(mark.after.as_str())?;
            let alone = || text.strip_prefix(mark.before.trim_start()).map(|reference| ("", reference));
            text.rsplit_once(mark.before.as_str()).or_else(alone)
        });
        match marked {
            Some((before, reference)) if is_reference(reference) => (before, Some(reference)),
            _ => (text, None),
        }
    }

    /// The parts of a text; `None` for one that is empty.
    ///
    /// # Errors
    /// What does not fit. Holds no values.
    pub fn split(&self, text: &str) -> Result<Vec<Image>, String> {
        let (text, reference) = self.unmarked(text);
        let mut images = vec![None; self.parts.len()];
        if reference.is_some() && text.trim().is_empty() {
            return Ok(images);
        }
        let mut set = |at: usize, text: &str| {
            let text = text.trim();
            if let Some(place) = images.get_mut(at) {
                *place = (!text.is_empty()).then(|| text.into());
            }
        };
        let mut rest = text
            .strip_prefix(self.before.as_str())
            .ok_or_else(|| format!("the text does not begin with `{}`", self.before))?;
        let mut first = 0;
        while first < self.free {
            let after = self.after(first);
            let Some((part, following)) = rest.split_once(after) else { break };
            set(first, part);
            rest = following;
            first += 1;
        }
        let mut last = self.parts.len().saturating_sub(1);
        if first == self.free {
            // The end stands only where the last part does.
            let end = self.after(last);
            let whole = rest.strip_suffix(end);
            rest = whole.unwrap_or(rest);
            while last > first {
                if let Some((before, part)) = rest.rsplit_once(self.after(last - 1)) {
                    set(last, part);
                    rest = before;
                } else if whole.is_some() && !end.is_empty() {
                    return Err(format!("the text ends with `{end}`, but has no `{}` before", self.after(last - 1)));
                }
                last -= 1;
            }
            if whole.is_none() && self.parts.len() == 1 {
                return Err(format!("the text does not end with `{end}`"));
            }
        }
        set(first, rest);
        Ok(images)
    }

    fn after(&self, part: usize) -> &str {
        self.parts.get(part).map_or("", |part| part.after.as_str())
    }

    /// The text that a part must not hold, where it is not the free one.
    #[must_use]
    pub fn parted_by(&self, part: usize) -> Option<&str> {
        match part.cmp(&self.free) {
            std::cmp::Ordering::Less => Some(self.after(part)),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(self.after(part - 1)),
        }
    }
}

/// Whether a text beside its separator could be cut elsewhere: before it (`left`) or behind it.
#[must_use]
pub fn blurs(text: &str, separator: &str, left: bool) -> bool {
    if left {
        format!("{text}{separator}").find(separator) != Some(text.len())
    } else {
        format!("{separator}{text}").rfind(separator) != Some(0)
    }
}

fn is_reference(text: &str) -> bool {
    (1..=MAX_REFERENCE_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(before: &str, parts: &[(&str, &str)], free: usize) -> Pattern {
        let parts = parts.iter().map(|(name, after)| Part { field: Field::named(name), after: (*after).to_owned() });
        Pattern { before: before.to_owned(), parts: parts.collect(), free, mark: None }
    }

    fn images(texts: &[&str]) -> Vec<Image> {
        texts.iter().map(|text| (!text.is_empty()).then(|| (*text).into())).collect()
    }

    #[test]
    fn texts_are_put_together_and_taken_apart() {
        let address = pattern("", &[("address", ", "), ("ward", "")], 0);
        let code = pattern("", &[("number", "-"), ("year", "/"), ("rest", "")], 2);
        let bracket = pattern("Gửi: ", &[("name", " ("), ("phone", ")")], 0);
        for (pattern, parts, text) in [
            (&address, &["12, Lê Lợi", "Tân Mai"][..], "12, Lê Lợi, Tân Mai"),
            (&address, &["12 Lê Lợi", ""], "12 Lê Lợi"),
            (&address, &["", "Tân Mai"], ", Tân Mai"),
            (&code, &["7", "2026", "a-b/c"], "7-2026/a-b/c"),
            (&code, &["7", "2026", ""], "7-2026"),
            (&code, &["7", "", ""], "7"),
            (&bracket, &["An (con)", "0912"], "Gửi: An (con) (0912)"),
            (&bracket, &["An", ""], "Gửi: An"),
        ] {
            assert_eq!(pattern.print(&images(parts), None), Ok(Some(text.to_owned())), "{parts:?}");
            assert_eq!(pattern.split(text), Ok(images(parts)), "{text}");
        }
        assert_eq!(address.print(&images(&["", ""]), None), Ok(None));
    }

    #[test]
    fn what_could_not_be_taken_apart_again_is_refused() {
        let address = pattern("", &[("address", ", "), ("ward", "")], 0);
        let said = "together in one text, address and ward could not be told apart again";
        for parts in [["12, Lê Lợi", ""], ["a", "b, c"], ["a,", ", b"], ["a", ", b"]] {
            assert_eq!(address.print(&images(&parts), None), Err(said.to_owned()), "{parts:?}");
        }
        let bracket = pattern("Gửi: ", &[("name", " ("), ("phone", ")")], 0);
        assert_eq!(bracket.split("An (0912)"), Err("the text does not begin with `Gửi: `".to_owned()));
        assert_eq!(bracket.split("Gửi: 0912)"), Err("the text ends with `)`, but has no ` (` before".to_owned()));
    }

    #[test]
    fn a_text_blurs_where_the_cut_could_be_elsewhere() {
        for (text, separator, left, expected) in [
            ("a", ", ", true, false),
            ("a,", ", ", true, false),
            ("a,", ",,", true, true),
            ("a, b", ", ", true, true),
            ("- a", " - ", false, true),
            ("- a", "--", false, true),
            ("-a", "--", false, true),
            ("a, b", ", ", false, true),
        ] {
            assert_eq!(blurs(text, separator, left), expected, "`{text}` `{separator}` {left}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_splits_back(
            parts in proptest::collection::vec("[a-c,\\- ]{0,4}", 3),
            free in 0_usize..3,
            one in "[,\\-]{1,2} ?",
            two in "[,\\-]{1,2} ?",
            end in "\\)?",
        ) {
            let pattern = pattern("", &[("a", &one), ("b", &two), ("c", &end)], free);
            let given: Vec<Image> = images(&parts.iter().map(|part| part.trim()).collect::<Vec<_>>());
            if let Ok(Some(text)) = pattern.print(&given, None) {
                prop_assert_eq!(pattern.split(&text), Ok(given));
            }
        }

        #[test]
        fn parts_that_do_not_blur_are_never_refused(
            parts in proptest::collection::vec("[a-c,\\-]{1,4}", 3),
            free in 0_usize..3,
            one in "[,\\-]{1,2}",
            two in "[,\\-]{1,2}",
        ) {
            let pattern = pattern("", &[("a", &one), ("b", &two), ("c", "")], free);
            let clear = parts.iter().enumerate().all(|(at, part)| {
                pattern.parted_by(at).is_none_or(|separator| !blurs(part, separator, at < free))
            });
            let given = images(&parts.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert!(!clear || pattern.print(&given, None).is_ok(), "{:?}", given);
        }
    }
}
