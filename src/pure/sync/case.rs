//! Everything that is known of one ticket on one link: the state that decisions read and change.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::words::clock::Timestamp;
use crate::words::hex::hex;
use crate::words::record::{Cells, Dates, Image};
use crate::words::side::{LinkName, Reference, RemoteId, Side, Sides, Version};
use crate::words::ticket::{Field, RecordKind};
use crate::words::value::Value;

/// One ticket on one link, with its replies, transfers and attachments. Saved and loaded as a whole, in the form of
/// [`super::stored`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The link it belongs to. A ticket on two links has two cases that share nothing.
    pub link: LinkName,
    /// The pair of the two tickets. Its reference names the case.
    pub ticket: Pair,
    /// The pairs of its children, in the order in which they were first seen.
    pub children: Vec<Pair>,
    /// Writes that are planned, in hand, in doubt or parked. Stored in the outbox, not in the case's own row.
    pub intents: Vec<Intent>,
    /// Rises with each save and each claim; a save on another revision is refused and done again.
    pub revision: i64,
}

impl Case {
    /// Our reference of the ticket pair, which names the case.
    #[must_use]
    pub const fn reference(&self) -> &Reference {
        &self.ticket.reference
    }

    /// The ticket's own dates, as the side shows them on which it was born: there they are what happened, on the other
    /// side what that system made of them.
    #[must_use]
    pub fn dates(&self) -> Dates {
        Dates::shown(&self.ticket.ends.get(self.ticket.origin).cells)
    }

    /// The ticket pair and the children, ticket first.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair> {
        std::iter::once(&self.ticket).chain(&self.children)
    }

    /// One pair by its reference.
    #[must_use]
    pub fn pair(&self, reference: &Reference) -> Option<&Pair> {
        self.pairs().find(|pair| pair.reference == *reference)
    }

    /// One pair by its reference, to change.
    pub fn pair_mut(&mut self, reference: &Reference) -> Option<&mut Pair> {
        std::iter::once(&mut self.ticket).chain(&mut self.children).find(|pair| pair.reference == *reference)
    }

    /// The intents of one pair.
    pub fn intents_of<'a>(&'a self, reference: &'a Reference) -> impl Iterator<Item = &'a Intent> {
        self.intents.iter().filter(move |intent| intent.pair == *reference)
    }
}

/// One record at the province joined with one at a national side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// What it joins.
    pub kind: RecordKind,
    /// Our reference, derived from link, origin and the origin's id, so that it can be derived again without us.
    pub reference: Reference,
    /// The side on which it was born.
    pub origin: Side,
    /// What each side showed last.
    pub ends: Sides<End>,
    /// Per field, how each side spelled it when they last agreed. Moved only by readings. Written with the case.
    #[serde(default, skip_serializing)]
    pub base: BTreeMap<Field, Sides<Image>>,
    /// Attempts whose effect no reading has shown yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ledger: Vec<Attempt>,
    /// Values that a side would not take.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<Parked>,
    /// Fields that wait for a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    /// Fields that a backup put back on a side: the other side's value stands there again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rolled_back: BTreeMap<Field, Side>,
    /// Recent writes by field: a value that swings goes to a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub swings: Vec<Swing>,
    /// Number of the last operation; each new or mended payload is a new one.
    #[serde(default)]
    pub generation: u32,
    /// Whether decisions are made for it.
    #[serde(default)]
    pub state: PairState,
}

/// One end of a pair.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The record's id there; `None` while it is not there, or its id is not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RemoteId>,
    /// See [`crate::words::record::Reading::identity`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Version at the last reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Fields as last read. Written with the case.
    #[serde(default, skip_serializing)]
    pub cells: Cells,
    /// Digest of the mapping that the last reading was understood by: under another one nothing is decided on it.
    #[serde(default)]
    pub mapping: String,
    /// When the system says that it last changed, at the last reading or at a later one that was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Timestamp>,
    /// When the last reading began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_began: Option<Timestamp>,
    /// When it was taken in, or a later one told when the record changed: what is known was there by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_ended: Option<Timestamp>,
    /// What each field showed before, oldest first: to know an old value again after a backup was put back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub past: BTreeMap<Field, Vec<Image>>,
    /// A person said that the side was put back to a backup, and it was not read since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Restored>,
    /// The last reading showed children that may be writes of ours and are not taken in yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub holds_children: bool,
    /// After an ack: nothing is planned for this pair until a reading that began later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_after: Option<Timestamp>,
    /// Direct reads in a row, apart in time, that found it gone.
    #[serde(default)]
    pub gone: u8,
    /// When the last of them began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<Timestamp>,
    /// Refused preconditions in a row while the values stayed: a version that moves by itself.
    #[serde(default)]
    pub moved_by_itself: u8,
    /// A write of several fields was refused without naming one: each goes alone until nothing is left to write.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_by_one: bool,
    /// Values that a write needs back, as the last reading captured them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captures: BTreeMap<String, String>,
}

/// How a record is judged that is read for the first time after a backup was put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restored {
    /// Field by field: a value that was known before was rolled back, any other is a new edit.
    ByValue,
    /// The whole record is older than it was: whatever differs was rolled back.
    Older,
}

/// Direct reads in a row that must find a record gone before it counts as gone.
pub(super) const READS_TO_BELIEVE_GONE: u8 = 3;

impl End {
    /// Whether direct reads, apart in time, agreed that the record is not there any more. Nothing is written to it.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        self.gone >= READS_TO_BELIEVE_GONE
    }
}

/// What people read of a ticket whose pairing ended so.
pub const TRANSFERRED: &str = "transferred: it is with an agency of another province now";

/// Whether decisions are made for a pair.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum PairState {
    /// Yes.
    #[default]
    Live,
    /// No, until a person looks: what a side shows is not the record that we knew.
    Quarantined {
        /// Side that showed it.
        side: Side,
        /// Why, without personal data.
        reason: String,
    },
    /// No: a side shows something that can't be understood; yes again once it can.
    Unreadable {
        /// Side that shows it.
        side: Side,
        /// Why, without personal data.
        reason: String,
    },
    /// No: the ticket went to an agency of another province, as this side shows. Yes again if it comes back.
    Transferred {
        /// Side that shows it.
        side: Side,
    },
    /// No: both sides no longer have it.
    Tombstone,
}

/// A write of ours whose effect is not decided yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Operation key.
    pub key: String,
    /// Digest of the mapping that rendered it.
    #[serde(default)]
    pub mapping: String,
    /// Side written to.
    pub side: Side,
    /// Fields written.
    pub fields: BTreeMap<Field, PlannedField>,
    /// The version that it was planned on, where the system guards by version.
    pub precondition: Option<Version>,
    /// When it was acked; `None` while that is not known.
    pub acked: Option<Timestamp>,
    /// The version that the ack told.
    #[serde(default)]
    pub acked_version: Option<Version>,
    /// After this instant it can no longer take effect.
    pub lands_until: Timestamp,
}

impl Attempt {
    /// A fact about this attempt: names its operation, and the mapping that rendered it.
    #[must_use]
    pub fn fact(&self, what: &str, pair: &Pair) -> Fact {
        Fact::of_write(what, &pair.reference, self.side, &self.key, &self.mapping)
    }
}

/// One field of a write. Stored in the form of [`super::stored`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedField {
    /// What is written.
    pub value: Option<Value>,
    /// How the target will show it once it took it.
    pub image: Image,
    /// How the target showed the field when the write was planned.
    pub before: Image,
    /// How the source showed the value that is written.
    pub source: Image,
}

/// A value that a side refused, or took without effect. Not sent again until it, what stands there or the side's mapping
/// changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// Side that would not take it.
    pub side: Side,
    /// The field; `None` where the whole record was refused.
    pub field: Option<Field>,
    /// The source's spelling of what was refused (of the whole record: digest of all its values).
    pub refused: Image,
    /// What stood there.
    pub stood: Image,
    /// The remote's own words; `None` where it acked and changed nothing.
    pub says: Option<String>,
    /// Digest of the side's mapping at that time; `None` where a person gave it up, whatever the mapping.
    #[serde(default)]
    pub mapping: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// A field that both sides changed and no rule decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The field.
    pub field: Field,
    /// Both values when it was found.
    pub images: Sides<Image>,
    /// The same as we understand them.
    pub values: Sides<Option<Value>>,
    /// Why no rule decides it.
    pub reason: ConflictReason,
    /// Since when.
    pub since: Timestamp,
    /// The person's decision: whose value stands. Void when either value moved.
    #[serde(default)]
    pub decided: Option<Side>,
}

impl Conflict {
    /// Names the two values of this conflict, so that a decision can say which ones it saw.
    #[must_use]
    pub fn seen(&self) -> String {
        use sha2::{Digest, Sha256};
        /// Bytes of the digest: enough to tell two pairs of values apart.
        const BYTES: usize = 4;
        let digest = Sha256::digest(format!("{:?}", self.images));
        hex(digest.get(..BYTES).unwrap_or_default())
    }
}

/// Why a field waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictReason {
    /// Both sides changed it.
    BothChanged,
    /// The lifecycle knows no such step.
    ForbiddenStep,
    /// It was written again and again.
    Swings,
    /// Changed on one side, gone on the other.
    GoneThere,
}

/// A write of one field, remembered to notice swinging.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swing {
    /// Side written to.
    pub side: Side,
    /// Field.
    pub field: Field,
    /// Value written.
    pub image: Image,
    /// When.
    pub at: Timestamp,
}

/// A write, frozen: what goes to the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Names the operation: digest of pair, direction and generation. The idempotency key, where a system takes one.
    pub key: String,
    /// The case's reference.
    pub case: Reference,
    /// The pair's reference; the case's own for the ticket.
    pub pair: Reference,
    /// Kind of the pair.
    pub kind: RecordKind,
    /// Side written to.
    pub side: Side,
    /// Record to change; `None` to create.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<RemoteId>,
    /// Version planned on, where the target guards by version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// What is written.
    pub fields: BTreeMap<Field, PlannedField>,
    /// For a reply on a side without references: ids in its thread before the first send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_ids: Vec<RemoteId>,
    /// When the decision was made.
    pub intended_at: Timestamp,
    /// Digest of the mapping that it was planned with. Each of its attempts is rendered by that one.
    pub mapping: String,
    /// Where it stands.
    pub state: IntentState,
    /// Attempts that reached the system or may have; an outage spends none.
    pub attempts: u32,
    /// Not before this instant.
    pub due: Timestamp,
    /// When it was first sent; set and committed before the first byte leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_sent: Option<Timestamp>,
    /// Whether the system took it without telling the id, or says that it has it already: the record comes to light some
    /// day, and is never made a second time without a person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accepted: bool,
    /// The last thing that went wrong, in the remote's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
}

/// So many doubts proved absent park an intent: one poison payload can't be sent for ever.
pub const MAX_ATTEMPTS: u32 = 6;

impl Intent {
    /// Whether a request of it may be under way or may have taken effect: nothing else is planned for the pair.
    #[must_use]
    pub const fn is_out(&self) -> bool {
        matches!(self.state, IntentState::Sent | IntentState::Doubt { .. })
    }

    /// A fact about this write: names its operation, and the mapping that renders it.
    #[must_use]
    pub fn fact(&self, what: &str) -> Fact {
        Fact::of_write(what, &self.pair, self.side, &self.key, &self.mapping)
    }

    /// Whether a record that it makes may still come to light.
    #[must_use]
    pub const fn may_appear(&self) -> bool {
        self.is_out() || self.accepted
    }

    /// A lookup proved that it had no effect so far: it is sent again, unless the system said that it took it. After
    /// a few times a person decides.
    pub const fn is_absent(&mut self) {
        self.attempts += 1;
        if self.attempts >= MAX_ATTEMPTS {
            self.state = IntentState::Parked;
        } else if !self.accepted {
            self.state = IntentState::Ready;
        }
    }
}

/// Where an intent stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum IntentState {
    /// Waits to be sent, at [`Intent::due`].
    Ready,
    /// Claimed and, as far as anyone knows, sent: after a crash this is a doubt.
    Sent,
    /// It may have taken effect.
    Doubt {
        /// Rest before a lookup can settle it, counted by a monotonic clock and anew after a restart.
        settle: Duration,
    },
    /// A person must act.
    Parked,
}

/// Something that happened, for the audit and for people. Holds digests, never personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What happened, one stable word (`paired`, `intent`, `acked`, `refused`, `conflict` …).
    pub what: String,
    /// The pair's reference.
    pub pair: Reference,
    /// Side concerned.
    pub side: Option<Side>,
    /// Operation key, where one is concerned.
    pub key: Option<String>,
    /// Digest of the mapping that renders that operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// Fields concerned, each with digests of the province's and the national value.
    pub fields: BTreeMap<Field, Sides<Option<String>>>,
    /// The remote's own words, or the reason.
    pub says: Option<String>,
}

impl Fact {
    /// About a pair, without fields.
    #[must_use]
    pub fn new(what: &str, pair: &Reference, side: Option<Side>) -> Self {
        Self {
            what: what.to_owned(),
            pair: pair.clone(),
            side,
            key: None,
            mapping: None,
            fields: BTreeMap::new(),
            says: None,
        }
    }

    fn of_write(what: &str, pair: &Reference, side: Side, key: &str, mapping: &str) -> Self {
        Self { key: Some(key.to_owned()), mapping: Some(mapping.to_owned()), ..Self::new(what, pair, Some(side)) }
    }
}
