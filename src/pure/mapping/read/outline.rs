//! Which places of a document are read: paths gathered while a mapping is loaded, each place a numbered spot.
//!
//! Nothing here sees a document.

use std::fmt;
use std::ops::Deref;

use super::super::path::Path;

/// Number of a place in its [`Outline`].
pub type Spot = usize;

/// All places that one kind of record reads, and the records nested in it.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    paths: Vec<Path>,
    nested: Vec<Nested>,
}

/// Records inside a record: each value that the spot leads to is one, with an outline of its own.
#[derive(Debug, Clone)]
pub struct Nested {
    /// Where they are.
    pub spot: Spot,
    /// What is read of each.
    pub outline: Outline,
}

/// A path with its spot in the outline that it was placed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    path: Path,
    /// Where a sheet keeps what stands there.
    pub spot: Spot,
    /// Whether it is read from the element around the record, not from the record itself.
    pub above: bool,
}

impl Deref for Place {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)
    }
}

impl Place {
    /// The path.
    #[must_use]
    pub const fn path(&self) -> &Path {
        &self.path
    }
}

impl Outline {
    /// The place of a path: the same one for the same path.
    pub fn place(&mut self, path: Path) -> Place {
        let known = self.paths.iter().position(|known| *known == path);
        let spot = known.unwrap_or_else(|| {
            self.paths.push(path.clone());
            self.paths.len() - 1
        });
        Place { path, spot, above: false }
    }

    /// The place of a path from the element around a record: this outline is that element's.
    pub fn place_above(&mut self, path: Path) -> Place {
        Place { above: true, ..self.place(path) }
    }

    /// Nests records where a path leads; gives the place and the number under which a sheet keeps them.
    pub fn nest(&mut self, path: Path, outline: Outline) -> (Place, usize) {
        let place = self.place(path);
        self.nested.push(Nested { spot: place.spot, outline });
        (place, self.nested.len() - 1)
    }

    /// Its paths by spot.
    #[must_use]
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The records nested in it.
    #[must_use]
    pub fn nested(&self) -> &[Nested] {
        &self.nested
    }
}
