//! Our references: names of pairs that can be derived again from the origin alone, even after our state is lost.

use sha2::{Digest, Sha256};

use crate::words::side::{LinkName, Reference, RemoteId, Side};
use crate::words::ticket::RecordKind;

/// Hex digits of a reference after its prefix: 80 bits, so that a province never sees two alike.
const REFERENCE_DIGITS: usize = 20;
/// Hex digits of an operation key.
const KEY_DIGITS: usize = 32;

/// The reference of the pair of a ticket born on `origin` with this id and identity.
#[must_use]
pub fn derive(link: &LinkName, origin: Side, id: &RemoteId, identity: Option<&str>) -> Reference {
    named("PB-", &[link.as_str(), origin.as_str(), id.as_str(), identity.unwrap_or_default()])
}

/// Whether a ticket's reference has the form of ours.
#[must_use]
pub fn is_ours(reference: &Reference) -> bool {
    reference.as_str().strip_prefix("PB-").is_some_and(|rest| {
        rest.len() == REFERENCE_DIGITS && rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
    })
}

/// The reference of the pair of a child of `case`, born on `origin` with this id.
#[must_use]
pub fn derive_child(case: &Reference, kind: RecordKind, origin: Side, id: &RemoteId) -> Reference {
    let prefix = match kind {
        RecordKind::Ticket => "PB-",
        RecordKind::Reply => "PR-",
        RecordKind::Transfer => "PT-",
        RecordKind::Attachment => "PA-",
    };
    named(prefix, &[case.as_str(), kind.as_str(), origin.as_str(), id.as_str()])
}

/// The key of one operation: of a pair, towards a side, by its number.
#[must_use]
pub fn operation_key(pair: &Reference, to: Side, generation: u32) -> String {
    digits(&[pair.as_str(), to.as_str(), &generation.to_string()], KEY_DIGITS).to_lowercase()
}

fn named(prefix: &str, parts: &[&str]) -> Reference {
    Reference(format!("{prefix}{}", digits(parts, REFERENCE_DIGITS)))
}

/// Hex of a digest over length-prefixed parts, so that no two lists of parts run together.
fn digits(parts: &[&str], count: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02X}")).collect::<String>().chars().take(count).collect()
}
