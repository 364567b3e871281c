//! A ticket's parts in the ticket's own tree: where the system shows them, so that what is written can be read again.

use crate::pure::mapping::model::Mapping;
use crate::pure::mapping::path::Step;
use crate::pure::wire::{Element, Map, Node};
use crate::words::ticket::RecordKind;

impl Mapping {
    /// Puts the printed parts of one kind into a ticket's tree. Bytes of a real write never hold them there: each part
    /// is a write of its own.
    ///
    /// # Errors
    /// Why there is no place for them.
    pub fn place_parts(&self, ticket: &mut Node, kind: RecordKind, parts: Vec<Node>) -> Result<(), String> {
        let levels = self.shape(kind).map_or(&[][..], |shape| shape.levels.as_slice());
        match levels {
            [level] if put(ticket, level.at.steps(), parts) => Ok(()),
            [] => Err(format!("the system shows no {kind}")),
            [_] => Err(format!("nothing can be put where the system shows a {kind}")),
            [_, ..] => Err(format!("a {kind} of this system stands inside another part")),
        }
    }
}

fn put(tree: &mut Node, steps: &[Step], parts: Vec<Node>) -> bool {
    match (tree, steps) {
        (Node::Map(map), [Step::Key(key)] | [Step::Key(key), Step::Each]) => {
            map.insert(key.clone(), Node::List(parts));
            true
        }
        (Node::Map(map), [Step::Key(key), rest @ ..]) => {
            if map.get(key).is_none() {
                map.insert(key.clone(), Node::Map(Map::new()));
            }
            map.get_mut(key).is_some_and(|inner| put(inner, rest, parts))
        }
        (Node::Element(element), [Step::Key(key)] | [Step::Key(key), Step::Each]) => {
            element.children.extend(parts.into_iter().map(|part| match part {
                Node::Element(mut part) => {
                    key.clone_into(&mut part.name);
                    Node::Element(part)
                }
                other => other,
            }));
            true
        }
        (Node::Element(element), [Step::Key(key), rest @ ..]) => {
            let is_it = |child: &Node| child.as_element().is_some_and(|child| child.name == *key);
            let at = element.children.iter().position(is_it).unwrap_or_else(|| {
                element.children.push(Node::Element(Element::new(key.clone())));
                element.children.len() - 1
            });
            element.children.get_mut(at).is_some_and(|inner| put(inner, rest, parts))
        }
        _ => false,
    }
}
