//! Trees with variables, filled in.

use super::{RenderError, Renderer};
use crate::pure::mapping::template::{Entry, Tree, Var};
use crate::pure::wire::{Map, Node};

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
                            // A write of a system whose documents are XML, in a form: its elements that hold texts.
                            Some(Node::Element(element)) => {
                                for inner in element.children.iter().filter_map(Node::as_element) {
                                    if let Some(text) = inner.plain_text() {
                                        out.insert(&inner.name, Node::Text(text.into_owned()));
                                    }
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
    pub(super) fn list(self, over: &Var) -> Result<Option<Vec<Node>>, RenderError> {
        match self.value(over) {
            None | Some(Node::Null) => Ok(None),
            Some(Node::List(items)) => Ok(Some(items)),
            Some(other) => Err(RenderError::NoList { call: self.call.name.clone(), kind: other.kind() }),
        }
    }

    /// The same with `each` at this element.
    pub(super) fn at<'b>(self, item: &'b Node) -> Renderer<'b>
    where
        Self: 'b,
    {
        Renderer { mapping: self.mapping, call: self.call, scope: self.scope, each: Some(item) }
    }
}
