//! The tree of a write: values put where their paths lead.

use crate::pure::mapping::model::Spelled;
use crate::pure::mapping::path::Step;
use crate::pure::wire::{Element, Map, Node};

/// A printed text as the declared kind of JSON value. What does not fit stays text, and the system will say so.
pub(super) fn spelled(spelled: Spelled, text: String) -> Node {
    match (spelled, text.as_str()) {
        (Spelled::Bool, "true") => Node::Bool(true),
        (Spelled::Bool, "false") => Node::Bool(false),
        (Spelled::Number, _) => Node::Number(text),
        (Spelled::Text | Spelled::Bool, _) => Node::Text(text),
    }
}

/// Puts a value where the steps lead, making what is missing on the way.
pub(super) fn put(tree: &mut Node, steps: &[Step], value: Node) {
    match (tree, steps) {
        (Node::Map(map), [Step::Key(key)] | [Step::Key(key), Step::Each]) => map.insert(key.clone(), value),
        (Node::Map(map), [Step::Key(key), rest @ ..]) => {
            if map.get(key).is_none() {
                map.insert(key.clone(), Node::Map(Map::new()));
            }
            if let Some(inner) = map.get_mut(key) {
                put(inner, rest, value);
            }
        }
        (Node::Element(element), [Step::Attribute(name)]) => {
            if let Some(text) = value.as_plain() {
                element.attributes.push((name.clone(), text.into_owned()));
            }
        }
        (Node::Element(element), [Step::Key(key), Step::Each]) => {
            for item in value.as_list().unwrap_or_default() {
                element.children.push(Node::Element(filled(Element::new(key.clone()), item)));
            }
        }
        (Node::Element(element), [Step::Key(key), rest @ ..]) => {
            let known = element.children.iter().position(|child| child.as_element().is_some_and(|c| c.name == *key));
            let at = known.unwrap_or_else(|| {
                element.children.push(Node::Element(Element::new(key.clone())));
                element.children.len() - 1
            });
            let Some(place) = element.children.get_mut(at) else { return };
            if rest.is_empty() {
                if let Node::Element(inner) = place {
                    *inner = filled(std::mem::take(inner), &value);
                }
            } else {
                put(place, rest, value);
            }
        }
        _ => {}
    }
}

/// An element with this value as its content, its attributes kept.
fn filled(mut element: Element, value: &Node) -> Element {
    match value {
        Node::Element(nil) => element.attributes.extend(nil.attributes.iter().cloned()),
        other => element.children.extend(other.as_plain().map(|text| Node::text(text.into_owned()))),
    }
    element
}
