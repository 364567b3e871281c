//! Where a page of a listing begins and where the next one does.

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::pure::mapping::calls::{Call, PageBy, PageEnd};
use crate::pure::wire::Node;

use super::judge::look;
use super::message::Answer;

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
    document: &Node,
    answer: &Answer,
    ids: &[String],
) -> Result<Option<Place>, PageError> {
    let Some(page) = &call.page else { return Ok(None) };
    let count = ids.len() as u64;
    let rows = place.rows.saturating_add(count);
    let digest = digest(ids);
    if !ids.is_empty() && digest == place.last {
        return Err(PageError::Repeats);
    }
    let given = |path| look(path, document, answer).filter(|text| !text.is_empty());
    let more = match &page.end {
        PageEnd::Total(path) => {
            let total = look(path, document, answer).and_then(|text| text.parse::<u64>().ok());
            count > 0 && rows < total.ok_or_else(|| PageError::NotTold(path.to_string()))?
        }
        PageEnd::More(path) => {
            let more = look(path, document, answer).ok_or_else(|| PageError::NotTold(path.to_string()))?;
            matches!(more.to_ascii_lowercase().as_str(), "true" | "1")
        }
        PageEnd::Short => match &page.by {
            PageBy::Number(_) | PageBy::Offset(_) => count >= u64::from(page.size),
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
        PageBy::Link(path) => given(path).map(At::Link),
    };
    if at.is_some() && at == place.at {
        return Err(PageError::Repeats);
    }
    Ok(at.map(|at| Place { rows, at: Some(at), last: digest }))
}

fn digest(ids: &[String]) -> String {
    let mut hasher = Sha256::new();
    for id in ids {
        hasher.update(id.len().to_le_bytes());
        hasher.update(id);
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
