//! The two sides of a link and the names of things on them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which end of a link: the province's ticket system or a national portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The hub: the province's ticket system (tổng đài 1022).
    Province,
    /// A national portal (hệ thống của Trung ương).
    National,
}

impl Side {
    /// Both, province first.
    pub const BOTH: [Self; 2] = [Self::Province, Self::National];

    /// The opposite end.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Province => Self::National,
            Self::National => Self::Province,
        }
    }

    /// Stable name, used in JSON, in the database and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::National => "national",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One value for each side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sides<T> {
    /// The province's.
    pub province: T,
    /// The national portal's.
    pub national: T,
}

impl<T> Sides<T> {
    /// Builds both from a function of the side.
    pub fn from_fn(mut f: impl FnMut(Side) -> T) -> Self {
        Self { province: f(Side::Province), national: f(Side::National) }
    }
    /// The one of `side`.
    pub const fn get(&self, side: Side) -> &T {
        match side {
            Side::Province => &self.province,
            Side::National => &self.national,
        }
    }
    /// The one of `side`, to change.
    pub const fn get_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Province => &mut self.province,
            Side::National => &mut self.national,
        }
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// The name that the config gives to one remote system.
    SystemName
}
text_id! {
    /// The name that the config gives to one link (province system ↔ national system).
    LinkName
}
text_id! {
    /// A record's id as its own system spells it. Opaque: never parsed, never shown to the other side.
    RemoteId
}
text_id! {
    /// A record's version as its own system spells it (a counter, a hash, an `ETag`).
    Version
}
text_id! {
    /// Our reference: the name of a pair that both systems carry where they have a field for it.
    Reference
}
