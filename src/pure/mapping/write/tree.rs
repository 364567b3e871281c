//! Values put where their paths lead: into the empty tree of a write, or in place into a document.
//!
//! What is there already and is not named stays as it is, in its order.

use crate::pure::mapping::path::{Path, Step};
use crate::pure::wire::{Element, Map, Node};

/// The order in which the elements of an XML sequence must stand: the paths of `order` that begin here.
#[derive(Debug, Clone, Default)]
pub(super) struct Order<'a>(Vec<&'a [Step]>);

impl<'a> Order<'a> {
    /// As a file declares it.
    pub(super) fn of(paths: &'a [Path]) -> Self {
        Self(paths.iter().map(Path::steps).collect())
    }

    /// The same inside an element of this name.
    pub(super) fn inside(&self, name: &str) -> Self {
        let inner = self.0.iter().filter_map(|steps| match steps.split_first() {
            Some((Step::Key(key), rest)) if key == name && !rest.is_empty() => Some(rest),
            _ => None,
        });
        Self(inner.collect())
    }

    fn rank(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|steps| matches!(steps.first(), Some(Step::Key(key)) if key == name))
    }

    /// Where a new element of this name goes among those of others: before the first that comes later, else at the
    /// end. Texts have no name.
    pub(super) fn place<'n>(&self, name: &str, others: impl ExactSizeIterator<Item = &'n str>) -> usize {
        let end = others.len();
        let mut ranks = others.map(|other| self.rank(other));
        let later = |wanted: usize| ranks.position(|rank| rank.is_some_and(|rank| rank > wanted));
        self.rank(name).and_then(later).unwrap_or(end)
    }
}

/// Puts a value where the steps lead, making what is missing on the way.
///
/// # Errors
/// What stands in the way. Holds no values.
pub(super) fn put(tree: &mut Node, steps: &[Step], value: Node, order: &Order<'_>) -> Result<(), String> {
    match (tree, steps) {
        (Node::Map(map), [Step::Key(key)] | [Step::Key(key), Step::Each]) => {
            map.insert(key.clone(), value);
            Ok(())
        }
        (Node::Map(map), [Step::Key(key), rest @ ..]) => {
            if matches!(map.get(key), None | Some(Node::Null)) {
                map.insert(key.clone(), Node::Map(Map::new()));
            }
            map.get_mut(key).map_or(Ok(()), |inner| put(inner, rest, value, order))
        }
        (Node::Element(element), [Step::Attribute(name)]) => {
            let text = value.as_plain().ok_or_else(|| format!("`@{name}` can't hold {}", value.kind()))?;
            set_attribute(element, name, text.into_owned());
            Ok(())
        }
        (Node::Element(element), [Step::Key(key), Step::Each]) => {
            put_all(element, key, value.as_list().unwrap_or_default(), order);
            Ok(())
        }
        (Node::Element(element), [Step::Key(key), rest @ ..]) => {
            let mut named = element.children.iter().enumerate().filter(|(_, child)| is_named(child, key));
            let at = match (named.next(), named.next()) {
                (Some((at, _)), None) => at,
                (None, _) => {
                    let at = order.place(key, names(&element.children));
                    element.children.insert(at, Node::Element(Element::new(key.clone())));
                    at
                }
                (Some(_), Some(_)) => return Err(format!("`{key}` is repeated there")),
            };
            match element.children.get_mut(at) {
                Some(Node::Element(inner)) if rest.is_empty() => {
                    fill(inner, &value);
                    Ok(())
                }
                Some(place @ Node::Element(_)) => {
                    if let Node::Element(inner) = place {
                        inner.attributes.retain(|(name, _)| name != NIL || matches!(rest, [Step::Attribute(_)]));
                    }
                    put(place, rest, value, &order.inside(key))
                }
                Some(_) | None => Ok(()),
            }
        }
        (other, [Step::Key(name) | Step::Attribute(name), ..]) => {
            Err(format!("{} stands where `{name}` belongs", other.kind()))
        }
        (_, _) => Err("no place to write to".to_owned()),
    }
}

/// Takes out what the steps lead to, where it is there.
pub(super) fn take_out(tree: &mut Node, steps: &[Step]) {
    match (tree, steps) {
        (Node::Map(map), [Step::Key(key)] | [Step::Key(key), Step::Each]) => {
            map.remove(key);
        }
        (Node::Map(map), [Step::Key(key), rest @ ..]) => {
            if let Some(inner) = map.get_mut(key) {
                take_out(inner, rest);
            }
        }
        (Node::Element(element), [Step::Attribute(name)]) => element.attributes.retain(|(known, _)| known != name),
        (Node::Element(element), [Step::Key(key)] | [Step::Key(key), Step::Each]) => {
            element.children.retain(|child| !is_named(child, key));
        }
        (Node::Element(element), [Step::Key(key), rest @ ..]) => {
            if let Some(inner) = element.children.iter_mut().find(|child| is_named(child, key)) {
                take_out(inner, rest);
            }
        }
        (_, _) => {}
    }
}

pub(super) const NIL: &str = "xsi:nil";

fn names(children: &[Node]) -> impl ExactSizeIterator<Item = &str> {
    children.iter().map(|child| child.as_element().map_or("", |element| element.name.as_str()))
}

/// An element that says that it has no value.
pub(super) fn nil() -> Node {
    let mut nil = Element::default();
    set_attribute(&mut nil, NIL, "true".to_owned());
    Node::Element(nil)
}

fn is_named(child: &Node, name: &str) -> bool {
    child.as_element().is_some_and(|element| element.name == name)
}

fn set_attribute(element: &mut Element, name: &str, value: String) {
    match element.attributes.iter_mut().find(|(known, _)| known == name) {
        Some((_, place)) => *place = value,
        None => element.attributes.push((name.to_owned(), value)),
    }
}

/// Repeated elements: as many as there are values, those that stay keep their place and attributes.
fn put_all(element: &mut Element, key: &str, values: &[Node], order: &Order<'_>) {
    let mut values = values.iter();
    let mut last = None;
    let mut kept = Vec::with_capacity(element.children.len());
    for mut child in std::mem::take(&mut element.children) {
        if is_named(&child, key) {
            let (Node::Element(inner), Some(value)) = (&mut child, values.next()) else { continue };
            fill(inner, value);
            last = Some(kept.len() + 1);
        }
        kept.push(child);
    }
    let at = last.unwrap_or_else(|| order.place(key, names(&kept)));
    let more = values.map(|value| {
        let mut one = Element::new(key);
        fill(&mut one, value);
        Node::Element(one)
    });
    kept.splice(at..at, more.collect::<Vec<_>>());
    element.children = kept;
}

/// Gives an element this value as its content; its other attributes stay.
fn fill(element: &mut Element, value: &Node) {
    element.attributes.retain(|(name, _)| name != NIL);
    element.children.clear();
    match value {
        Node::Element(nil) => element.attributes.extend(nil.attributes.iter().cloned()),
        other => {
            let text = other.as_plain().filter(|text| !text.is_empty());
            element.children.extend(text.map(|text| Node::text(text.into_owned())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pure::wire::{Limits, Namespaces, parse_json, parse_xml, print_json, print_xml};

    fn json(document: &str, path: &str, value: Option<Node>) -> String {
        let mut tree = parse_json(document.as_bytes(), &Limits::default()).unwrap();
        edit(&mut tree, path, value, &[])
            .map_or_else(|why| why, |()| String::from_utf8(print_json(tree).unwrap()).unwrap())
    }

    fn xml(document: &str, path: &str, value: Option<Node>, order: &[&str]) -> String {
        let names = Namespaces::new();
        let mut tree = parse_xml(document.as_bytes(), &names, &Limits::default()).unwrap();
        edit(&mut tree, path, value, order).map_or_else(
            |why| why,
            |()| {
                let printed =
                    String::from_utf8(print_xml(tree.as_element().unwrap().clone(), &names).unwrap()).unwrap();
                printed.replacen("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "", 1)
            },
        )
    }

    fn edit(tree: &mut Node, path: &str, value: Option<Node>, order: &[&str]) -> Result<(), String> {
        let path = Path::parse(path).unwrap();
        let order: Vec<Path> = order.iter().map(|path| Path::parse(path).unwrap()).collect();
        match value {
            Some(value) => put(tree, path.steps(), value, &Order::of(&order)),
            None => {
                take_out(tree, path.steps());
                Ok(())
            }
        }
    }

    #[test]
    fn a_member_is_changed_in_its_place_and_nothing_else_is() {
        let text = || Some(Node::text("x"));
        for (document, path, value, expected) in [
            (r#"{"b":1,"a":"y","c":{"d":null}}"#, "a", text(), r#"{"b":1,"a":"x","c":{"d":null}}"#),
            (r#"{"b":1,"c":{"d":null}}"#, "c.e", text(), r#"{"b":1,"c":{"d":null,"e":"x"}}"#),
            (r#"{"c":null,"b":1.0}"#, "c.e", text(), r#"{"c":{"e":"x"},"b":1.0}"#),
            (r#"{"b":1}"#, "c.e.f", text(), r#"{"b":1,"c":{"e":{"f":"x"}}}"#),
            (r#"{"c":{"e":1,"f":2}}"#, "c.e", None, r#"{"c":{"f":2}}"#),
            (r#"{"c":[1,2]}"#, "c[]", Some(Node::List(vec![])), r#"{"c":[]}"#),
            (r#"{"c":"text"}"#, "c.e", text(), "text stands where `e` belongs"),
            (r#"{"c":[{"e":1}]}"#, "c.e", text(), "a list stands where `e` belongs"),
        ] {
            assert_eq!(json(document, path, value), expected, "{document} {path}");
        }
    }

    #[test]
    fn an_element_is_changed_in_its_place_and_a_new_one_goes_where_the_sequence_wants_it() {
        let text = || Some(Node::text("x"));
        let list = |texts: &[&str]| Some(Node::List(texts.iter().map(|text| Node::text(*text)).collect()));
        let order: &[&str] = &["a", "b", "b.one", "b.two", "c"];
        for (document, path, value, expected) in [
            ("<r><a k=\"1\">y</a><c/></r>", "a", text(), "<r><a k=\"1\">x</a><c/></r>"),
            ("<r><a/><c/><z/></r>", "b", text(), "<r><a/><b>x</b><c/><z/></r>"),
            ("<r><a/><b><two/></b></r>", "b.one", text(), "<r><a/><b><one>x</one><two/></b></r>"),
            ("<r><z/></r>", "c", text(), "<r><z/><c>x</c></r>"),
            ("<r><a>y</a></r>", "a.@k", text(), "<r><a k=\"x\">y</a></r>"),
            ("<r><a k=\"1\"/></r>", "a.@k", None, "<r><a/></r>"),
            ("<r><a/><b/></r>", "a", None, "<r><b/></r>"),
            (
                "<r><a/><b>1</b><b k=\"2\">2</b><z/></r>",
                "b[]",
                list(&["p", "q", "r"]),
                "<r><a/><b>p</b><b k=\"2\">q</b><b>r</b><z/></r>",
            ),
            ("<r><a/><b>1</b><b>2</b><c/></r>", "b[]", list(&["p"]), "<r><a/><b>p</b><c/></r>"),
            ("<r><a/><c/></r>", "b[]", list(&["p", "q"]), "<r><a/><b>p</b><b>q</b><c/></r>"),
            ("<r><b/><b/></r>", "b", text(), "`b` is repeated there"),
            ("<r><a/></r>", "a.@k", Some(Node::Null), "`@k` can't hold null"),
            (
                "<r><a/></r>",
                "a",
                Some(nil()),
                "<r xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><a xsi:nil=\"true\"/></r>",
            ),
            (
                "<r><a xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:nil=\"1\"/></r>",
                "a",
                text(),
                "<r><a>x</a></r>",
            ),
        ] {
            assert_eq!(xml(document, path, value, order), expected, "{document} {path}");
        }
    }
}
