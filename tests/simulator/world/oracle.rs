//! Remembers what each person had before their eyes: so it knows which value must stand.

use std::collections::{BTreeMap, BTreeSet};

use pakn_bridge::words::record::Image;
use pakn_bridge::words::side::Reference;
use pakn_bridge::words::ticket::Field;

/// One person's edit of one field.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) thing: usize,
    pub(crate) field: Field,
    /// The edit whose value stood there.
    pub(crate) over: Option<usize>,
    /// How each system has spelled it so far.
    pub(crate) texts: BTreeSet<(usize, String)>,
    /// Nobody but the system that lost it ever saw it: a backup was put back.
    pub(crate) lost: bool,
}

/// Knows who changed what over what.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    pub(crate) edits: Vec<Edit>,
    pub(crate) things: usize,
    /// Which thing each pair is about.
    pub(crate) pairs: BTreeMap<Reference, usize>,
    /// Fields where a person put an old value back: which edit a value comes from is not clear any more.
    pub(crate) put_back: BTreeSet<(usize, Field)>,
    /// Which replies stood there when a person set an announcing status.
    pub(crate) announced: BTreeMap<(usize, usize, String), Vec<Vec<usize>>>,
    /// Texts that a person gave up, seeing them.
    pub(crate) given_up: BTreeSet<(Field, String)>,
    /// How often people of each system changed the status.
    pub(crate) statuses: BTreeMap<usize, BTreeMap<usize, u32>>,
    /// Things that somebody deleted or merged, or that a backup lost, by system.
    pub(crate) ended: BTreeSet<(usize, usize)>,
    /// Things that were gone somewhere for a time.
    pub(crate) gone: BTreeSet<usize>,
    /// Things whose values a backup put back somewhere, and the things that were lost wholly.
    pub(crate) rolled: BTreeSet<usize>,
    /// Children that a backup lost where they were made, and those whose copy a person gave up.
    pub(crate) lost: BTreeSet<usize>,
    /// Systems that showed nothing for a while.
    pub(crate) emptied: BTreeSet<usize>,
    /// Systems that were put back to a backup.
    pub(crate) restored: BTreeSet<usize>,
    /// Those of them where an operator was told.
    pub(crate) noticed: BTreeSet<usize>,
}

impl Oracle {
    pub(crate) fn edit(
        &mut self,
        system: usize,
        thing: usize,
        name: &Field,
        shown: &str,
        over: Option<usize>,
    ) -> usize {
        let texts = BTreeSet::from([(system, shown.to_owned())]);
        self.edits.push(Edit { thing, field: name.clone(), over, texts, lost: false });
        self.edits.len() - 1
    }

    /// The latest edit that a system has spelled like this.
    pub(crate) fn find(&self, system: usize, thing: usize, name: &Field, image: &Image) -> Option<usize> {
        let wanted = (system, image.as_ref()?.to_string());
        self.edits.iter().rposition(|edit| edit.thing == thing && edit.field == *name && edit.texts.contains(&wanted))
    }

    pub(crate) fn spelled(&mut self, edit: Option<usize>, system: usize, text: &str) {
        if let Some(edit) = edit.and_then(|at| self.edits.get_mut(at)) {
            edit.texts.insert((system, text.to_owned()));
        }
    }

    /// Whether whoever made an edit had another one before their eyes, or what had become of it.
    pub(crate) fn knew(&self, edit: usize, other: usize) -> bool {
        std::iter::successors(Some(edit), |at| self.edits.get(*at)?.over).any(|at| at == other)
    }

    /// Edits of a field that nobody changed knowingly.
    pub(crate) fn heads(&self, thing: usize, name: &Field) -> Vec<usize> {
        let of = |edit: &&Edit| edit.thing == thing && edit.field == *name && !edit.lost;
        let over: BTreeSet<usize> = self.edits.iter().filter(of).filter_map(|edit| edit.over).collect();
        (0..self.edits.len()).filter(|at| of(&&self.edits[*at]) && !over.contains(at)).collect()
    }
}
