//! Trees and elements with variables, filled in.

use super::{RenderError, Renderer};
use crate::pure::mapping::template::{Entry, Tree, Var, XmlPart, XmlTemplate};
use crate::pure::wire::{Element, Map, Node};

impl Renderer<'_> {
    pub(super) fn tree(self, tree: &Tree) -> Result<Option<Node>, RenderError> {
        Ok(Some(match tree {
            Tree::Bool(yes) => Node::Bool(*yes),
            Tree::Number(lexeme) => Node::Number(lexeme.clone()),
            Tree::Text(template) => match template.lone() {
                Some(var) => return Ok(self.value(var)),
                None => return Ok(self.text(template)?.map(Node::Text)),
            },
            Tree::List(items) => {
                let mut out = Vec::with_capacity(items.len());
                for item in items {
                    out.extend(self.tree(item)?);
                }
                Node::List(out)
            }
            Tree::Map(entries) => {
                let mut out = Map::new();
                for entry in entries {
                    match entry {
                        Entry::Member(key, tree) => {
                            if let Some(node) = self.tree(tree)? {
                                out.insert(key, node);
                            }
                        }
                        Entry::Merge(var) => match self.value(var) {
                            Some(Node::Map(members)) => {
                                for (key, node) in members {
                                    out.insert(key, node);
                                }
                            }
                            None => {}
                            Some(other) => {
                                return Err(RenderError::NoText { call: self.call.name.clone(), kind: other.kind() });
                            }
                        },
                    }
                }
                Node::Map(out)
            }
            Tree::Each { over, value } => {
                let Some(items) = self.list(over)? else { return Ok(None) };
                let mut out = Vec::with_capacity(items.len());
                for item in &items {
                    out.extend(self.at(item).tree(value)?);
                }
                Node::List(out)
            }
        }))
    }

    /// The list that `each` goes over; `None` where it is absent.
    fn list(self, over: &Var) -> Result<Option<Vec<Node>>, RenderError> {
        match self.value(over) {
            None | Some(Node::Null) => Ok(None),
            Some(Node::List(items)) => Ok(Some(items)),
            Some(other) => Err(RenderError::NoList { call: self.call.name.clone(), kind: other.kind() }),
        }
    }

    /// The same with `each` at this element.
    fn at<'b>(self, item: &'b Node) -> Renderer<'b>
    where
        Self: 'b,
    {
        Renderer { mapping: self.mapping, call: self.call, scope: self.scope, each: Some(item) }
    }

    /// An element; `body` is what stands for [`Var::Body`] in the envelope.
    pub(super) fn element(self, template: &XmlTemplate, body: Option<&Element>) -> Result<Element, RenderError> {
        let mut element = Element::new(template.name.clone());
        for (name, value) in &template.attributes {
            if let Some(value) = self.text(value)? {
                element.attributes.push((name.clone(), value));
            }
        }
        for part in &template.children {
            match part {
                XmlPart::Element(child) => match &child.each {
                    None => element.children.extend(self.child(child, body)?.map(Node::Element)),
                    Some(over) => {
                        for item in &self.list(over)?.unwrap_or_default() {
                            element.children.extend(self.at(item).child(child, body)?.map(Node::Element));
                        }
                    }
                },
                XmlPart::Text(text) => element.children.extend(self.text(text)?.map(Node::Text)),
                XmlPart::Splice(Var::Body) => element.children.extend(body.cloned().map(Node::Element)),
                XmlPart::Splice(Var::Whole) => element.children.extend(self.value(&Var::Whole)),
                XmlPart::Splice(var) => {
                    if let Some(Node::Element(tree)) = self.value(var) {
                        element.attributes.extend(tree.attributes);
                        element.children.extend(tree.children);
                    }
                }
            }
        }
        Ok(element)
    }

    /// A child element; `None` where its only content is an absent text.
    fn child(self, template: &XmlTemplate, body: Option<&Element>) -> Result<Option<Element>, RenderError> {
        if let [XmlPart::Text(text)] = template.children.as_slice()
            && self.text(text)?.is_none()
        {
            return Ok(None);
        }
        self.element(template, body).map(Some)
    }
}
