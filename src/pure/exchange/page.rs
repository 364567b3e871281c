//! Where a page of a listing begins and where the next one does.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::pure::mapping::calls::{Call, PageBy, PageEnd};

use super::judge::{Look, look};
use super::link::next_link;
use super::message::Answer;
use crate::words::hex::hex;

/// A place in a listing. Its text form ([`Place::to_token`]) is opaque to everybody else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Rows that came before.
    rows: u64,
    /// What names the page; `None` for the first.
    at: Option<At>,
    /// Digest of the rows of the page before: two equal pages in a row are no progress.
    last: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    Number(u64),
    Offset(u64),
    Token(String),
    Link(String),
}

/// Why a listing can't go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PageError {
    /// A page with the same rows, or the same token, as the one before.
    #[error("the listing repeats a page")]
    Repeats,
    /// A token that is not one of ours.
    #[error("no place in a listing")]
    NoPlace,
    /// What should tell whether there is more is not there.
    #[error("the page does not tell `{0}`")]
    NotTold(String),
}

impl Place {
    /// The page's number.
    pub(super) fn number(&self, call: &Call) -> u64 {
        match (&self.at, call.page.as_ref().map(|page| &page.by)) {
            (Some(At::Number(number)), _) => *number,
            (_, Some(PageBy::Number(first))) => *first,
            (_, Some(PageBy::Offset(_) | PageBy::Token(_) | PageBy::Link(_)) | None) => 1,
        }
    }

    /// The rows before the page.
    pub(super) fn offset(&self, call: &Call) -> u64 {
        match (&self.at, call.page.as_ref().map(|page| &page.by)) {
            (Some(At::Offset(offset)), _) => *offset,
            (_, Some(PageBy::Offset(first))) => *first,
            (_, Some(PageBy::Number(_) | PageBy::Token(_) | PageBy::Link(_)) | None) => self.rows,
        }
    }

    /// What the page before gave.
    pub(super) fn token(&self) -> Option<&str> {
        if let Some(At::Token(token)) = &self.at { Some(token) } else { None }
    }

    /// The whole address of the page, where the page before gave one.
    pub(super) fn link(&self) -> Option<&str> {
        if let Some(At::Link(link)) = &self.at { Some(link) } else { None }
    }

    /// As one text.
    #[must_use]
    pub fn to_token(&self) -> String {
        let at = match &self.at {
            None => String::new(),
            Some(At::Number(number)) => format!("n{number}"),
            Some(At::Offset(offset)) => format!("o{offset}"),
            Some(At::Token(token)) => format!("t{token}"),
            Some(At::Link(link)) => format!("l{link}"),
        };
        format!("{};{};{at}", self.rows, self.last)
    }

    /// From its text form.
    ///
    /// # Errors
    /// [`PageError::NoPlace`].
    pub fn from_token(token: &str) -> Result<Self, PageError> {
        let mut parts = token.splitn(3, ';');
        let (Some(rows), Some(last), Some(at)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(PageError::NoPlace);
        };
        let number = |text: &str| text.parse().map_err(|_| PageError::NoPlace);
        let at = match (at.get(..1), at.get(1..)) {
            (Some("n"), Some(rest)) => Some(At::Number(number(rest)?)),
            (Some("o"), Some(rest)) => Some(At::Offset(number(rest)?)),
            (Some("t"), Some(rest)) => Some(At::Token(rest.to_owned())),
            (Some("l"), Some(rest)) => Some(At::Link(rest.to_owned())),
            (None, _) => None,
            (Some(_), _) => return Err(PageError::NoPlace),
        };
        Ok(Self { rows: number(rows)?, at, last: last.to_owned() })
    }
}

/// The place after a page whose rows name themselves `ids`; `None` at the end of the listing.
///
/// # Errors
/// What keeps the listing from going on.
pub fn next_page(
    call: &Call,
    place: &Place,
    document: &dyn Look,
    answer: &Answer,
    ids: &[String],
) -> Result<Option<Place>, PageError> {
    let Some(page) = &call.page else { return Ok(None) };
    // A row shown twice is one row: counted twice, it would end the listing early or skip the row after the page.
    let count = distinct(ids);
    let rows = place.rows.saturating_add(count);
    let digest = digest(ids);
    if !ids.is_empty() && digest == place.last {
        return Err(PageError::Repeats);
    }
    let given = |path| look(path, Some(document), answer).filter(|text| !text.is_empty());
    let more = match &page.end {
        PageEnd::Total(path) => {
            let total = look(path, Some(document), answer).and_then(|text| text.parse::<u64>().ok());
            count > 0 && rows < total.ok_or_else(|| PageError::NotTold(path.to_string()))?
        }
        PageEnd::More(path) => {
            let more = look(path, Some(document), answer).ok_or_else(|| PageError::NotTold(path.to_string()))?;
            matches!(more.to_ascii_lowercase().as_str(), "true" | "1")
        }
        PageEnd::Short => match &page.by {
            PageBy::Number(_) | PageBy::Offset(_) => ids.len() as u64 >= u64::from(page.size),
            PageBy::Token(_) | PageBy::Link(_) => true,
        },
    };
    if !more {
        return Ok(None);
    }
    let at = match &page.by {
        PageBy::Number(_) => Some(At::Number(place.number(call).saturating_add(1))),
        PageBy::Offset(_) => Some(At::Offset(place.offset(call).saturating_add(count))),
        PageBy::Token(path) => given(path).map(At::Token),
        PageBy::Link(path) if path.header().is_some_and(|name| name.eq_ignore_ascii_case("link")) => {
            next_link(answer).map(At::Link)
        }
        PageBy::Link(path) => given(path).map(At::Link),
    };
    if at.is_some() && at == place.at {
        return Err(PageError::Repeats);
    }
    Ok(at.map(|at| Place { rows, at: Some(at), last: digest }))
}

/// Number of different rows; each one without an id counts.
fn distinct(ids: &[String]) -> u64 {
    let named: BTreeSet<&String> = ids.iter().filter(|id| !id.is_empty()).collect();
    let nameless = ids.iter().filter(|id| id.is_empty()).count();
    (named.len() + nameless) as u64
}

fn digest(ids: &[String]) -> String {
    let mut hasher = Sha256::new();
    for id in ids {
        hasher.update(id.len().to_le_bytes());
        hasher.update(id);
    }
    hex(hasher.finalize().get(..8).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{call, path};
    use super::*;
    use crate::pure::mapping::calls::Paging;
    use crate::pure::wire::{Limits, parse_json};

    fn pages(by: PageBy, end: PageEnd, pages: &[(&str, &[&str])]) -> Result<Vec<String>, PageError> {
        let mut call = call();
        call.page = Some(Paging { by, size: 2, end });
        let mut place = Place::default();
        let mut places = Vec::new();
        for (document, ids) in pages {
            let document = parse_json(document.as_bytes(), &Limits::default()).unwrap();
            let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
            let Some(next) = next_page(&call, &place, &document, &Answer::default(), &ids)? else {
                places.push("end".to_owned());
                return Ok(places);
            };
            place = Place::from_token(&next.to_token()).unwrap();
            assert_eq!(place, next);
            let at = place.to_token();
            places.push(at.rsplit(';').next().unwrap_or_default().to_owned());
        }
        Ok(places)
    }

    #[test]
    fn each_way_of_paging_finds_its_end() {
        let total = || PageEnd::Total(path("n"));
        type Given = &'static [(&'static str, &'static [&'static str])];
        let cases: Vec<(PageBy, PageEnd, Given, &[&str])> = vec![
            (PageBy::Number(1), total(), &[(r#"{"n":3}"#, &["a", "b"]), (r#"{"n":3}"#, &["c"])], &["n2", "end"]),
            (PageBy::Number(0), PageEnd::Short, &[("{}", &["a", "b"]), ("{}", &[])], &["n1", "end"]),
            (PageBy::Offset(0), total(), &[(r#"{"n":3}"#, &["a"]), (r#"{"n":3}"#, &["b", "c"])], &["o1", "end"]),
            (PageBy::Offset(0), total(), &[(r#"{"n":9}"#, &["a"]), (r#"{"n":9}"#, &[])], &["o1", "end"]),
            (
                PageBy::Token(path("next")),
                PageEnd::Short,
                &[(r#"{"next":"x;y"}"#, &["a"]), (r#"{"next":""}"#, &["b"])],
                &["y", "end"],
            ),
            (
                PageBy::Link(path("next")),
                PageEnd::More(path("more")),
                &[(r#"{"next":"/p2","more":true}"#, &["a"]), (r#"{"next":"/p3","more":false}"#, &["b"])],
                &["l/p2", "end"],
            ),
        ];
        for (by, end, given, expected) in cases {
            let name = format!("{by:?} {end:?}");
            assert_eq!(pages(by, end, given).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn a_link_header_names_the_next_page_and_its_absence_the_end() {
        let mut call = call();
        let by = PageBy::Link(path("header.Link"));
        call.page = Some(Paging { by, size: 2, end: PageEnd::Short });
        let document = parse_json(b"{}", &Limits::default()).unwrap();
        let ids = ["a".to_owned(), "b".to_owned()];
        let mut answer = Answer::default();
        let next = |answer: &Answer| next_page(&call, &Place::default(), &document, answer, &ids).unwrap();
        assert_eq!(next(&answer), None);
        answer.headers.push(("link".into(), "</t?p=1>; rel=\"prev\", </t?p=3>; rel=\"next\"".into()));
        assert_eq!(next(&answer).as_ref().and_then(Place::link), Some("/t?p=3"));
    }

    #[test]
    fn a_row_shown_twice_neither_ends_a_listing_nor_skips_a_row() {
        let twice: &[(&str, &[&str])] = &[(r#"{"n":3}"#, &["a", "b", "a"]), (r#"{"n":3}"#, &["c"])];
        assert_eq!(pages(PageBy::Number(1), PageEnd::Total(path("n")), twice).unwrap(), ["n2", "end"]);
        assert_eq!(pages(PageBy::Offset(0), PageEnd::Total(path("n")), twice).unwrap(), ["o2", "end"]);
    }

    #[test]
    fn a_listing_that_repeats_itself_is_stopped() {
        let same: &[(&str, &[&str])] = &[(r#"{"n":99}"#, &["a", "b"]), (r#"{"n":99}"#, &["a", "b"])];
        assert_eq!(pages(PageBy::Number(1), PageEnd::Total(path("n")), same), Err(PageError::Repeats));
        let token: &[(&str, &[&str])] = &[(r#"{"next":"x"}"#, &["a"]), (r#"{"next":"x"}"#, &["b"])];
        assert_eq!(pages(PageBy::Token(path("next")), PageEnd::Short, token), Err(PageError::Repeats));
    }

    #[test]
    fn a_page_that_does_not_tell_its_total_is_an_error_and_no_end() {
        let silent: &[(&str, &[&str])] = &[("{}", &["a", "b"])];
        let result = pages(PageBy::Number(1), PageEnd::Total(path("n")), silent);
        assert_eq!(result, Err(PageError::NotTold("n".to_owned())));
    }

    #[test]
    fn a_token_that_is_not_ours_is_refused() {
        for token in ["", "1", "1;2", "x;;n1", "1;;z9", "1;;nx"] {
            assert_eq!(Place::from_token(token), Err(PageError::NoPlace), "{token}");
        }
    }
}
