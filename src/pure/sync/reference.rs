//! Our references: names of pairs that can be derived again from the origin alone, even after our state is lost.

use sha2::{Digest, Sha256};

use crate::words::side::{LinkName, Reference, RemoteId, Side};
use crate::words::ticket::RecordKind;

/// Hex digits of a reference after its prefix: 80 bits, so that a province never sees two alike.
const REFERENCE_DIGITS: usize = 20;
/// Hex digits that name the link.
const LINK_DIGITS: usize = 4;
/// Hex digits of an operation key.
pub const KEY_DIGITS: usize = 32;

/// The reference of the pair of a ticket born on `origin` with this id and identity. Its first digits name the link, so
/// that a system shared by several links shows whose each reference is.
#[must_use]
pub fn derive(link: &LinkName, origin: Side, id: &RemoteId, identity: Option<&str>) -> Reference {
    let parts = [link.as_str(), origin.as_str(), id.as_str(), identity.unwrap_or_default()];
    Reference(format!("{}{}", prefix(link), digits(&parts, REFERENCE_DIGITS)))
}

/// Whether a ticket carries a reference that this link gave.
#[must_use]
pub fn is_of(link: &LinkName, reference: &Reference) -> bool {
    reference.as_str().strip_prefix(&prefix(link)).is_some_and(is_rest)
}

fn prefix(link: &LinkName) -> String {
    format!("PB-{}-", digits(&[link.as_str()], LINK_DIGITS))
}

/// The reference of the pair of a child of `case`, born on `origin` with this id. It names the link as the case's does.
#[must_use]
pub fn derive_child(case: &Reference, kind: RecordKind, origin: Side, id: &RemoteId) -> Reference {
    let parts = [case.as_str(), kind.as_str(), origin.as_str(), id.as_str()];
    Reference(format!("{}{}", prefix_of(case, kind), digits(&parts, REFERENCE_DIGITS)))
}

/// Whether a child of this kind carries a reference that the link of `case` gave: what another link made on a system
/// that both share is new to this one.
#[must_use]
pub fn is_of_child(case: &Reference, kind: RecordKind, reference: &Reference) -> bool {
    reference.as_str().strip_prefix(&prefix_of(case, kind)).is_some_and(is_rest)
}

fn prefix_of(case: &Reference, kind: RecordKind) -> String {
    let kind = match kind {
        RecordKind::Ticket => "PB",
        RecordKind::Reply => "PR",
        RecordKind::Transfer => "PT",
        RecordKind::Attachment => "PA",
    };
    let link = case.as_str().split('-').nth(1).unwrap_or_default();
    format!("{kind}-{link}-")
}

fn is_rest(rest: &str) -> bool {
    rest.len() == REFERENCE_DIGITS && rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

/// The key of one operation: of a pair, towards a side, by its number.
#[must_use]
pub fn operation_key(pair: &Reference, to: Side, generation: u32) -> String {
    digits(&[pair.as_str(), to.as_str(), &generation.to_string()], KEY_DIGITS).to_lowercase()
}

/// Hex of a digest over length-prefixed parts, so that no two lists of parts run together.
fn digits(parts: &[&str], count: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let nibbles = hash.finalize().into_iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
    nibbles
        .take(count)
        .filter_map(|nibble| char::from_digit(nibble.into(), 16))
        .map(|hex| hex.to_ascii_uppercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_tells_its_link_and_only_its_link() {
        let (one, other) = (LinkName::from("pakn"), LinkName::from("phapluat"));
        let reference = derive(&one, Side::National, &"G26-1".into(), Some("2026"));
        assert!(is_of(&one, &reference));
        assert!(!is_of(&other, &reference));
        for foreign in ["", "PB-", "HS-2026/17", &reference.as_str().to_lowercase(), &format!("{reference}0")] {
            assert!(!is_of(&one, &foreign.into()), "{foreign}");
        }
    }

    #[test]
    fn a_childs_reference_tells_its_link_so_that_another_link_takes_it_for_new() {
        let case = |link: &str| derive(&link.into(), Side::National, &"G26-1".into(), None);
        let (one, other) = (case("pakn"), case("phapluat"));
        let reply = derive_child(&one, RecordKind::Reply, Side::National, &"7".into());
        assert!(is_of_child(&one, RecordKind::Reply, &reply));
        assert!(!is_of_child(&other, RecordKind::Reply, &reply));
        assert!(!is_of_child(&one, RecordKind::Attachment, &reply));
    }

    #[test]
    fn another_origin_id_or_identity_is_another_reference() {
        let link = LinkName::from("pakn");
        let base = derive(&link, Side::Province, &"1".into(), Some("a"));
        assert_eq!(base, derive(&link, Side::Province, &"1".into(), Some("a")));
        assert_ne!(base, derive(&link, Side::National, &"1".into(), Some("a")));
        assert_ne!(base, derive(&link, Side::Province, &"2".into(), Some("a")));
        assert_ne!(base, derive(&link, Side::Province, &"1".into(), None));
        assert_ne!(
            derive(&link, Side::Province, &"1a".into(), None),
            derive(&link, Side::Province, &"1".into(), Some("a"))
        );
    }
}
