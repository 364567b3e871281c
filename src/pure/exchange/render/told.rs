//! Bodies told straight to their printers; the write, printed before, goes into its place.

use std::borrow::Cow;

use super::{RenderError, Renderer};
use crate::pure::exchange::straight::Printed;
use crate::pure::mapping::template::{Entry, Tree, Var, XmlPart, XmlTemplate};
use crate::pure::wire::{JsonPrinter, Listener, XmlPiece, XmlPrinter};

impl Renderer<'_> {
    /// Tells members of which none comes twice.
    pub(super) fn members(self, entries: &[Entry], printer: &mut JsonPrinter) -> Result<(), RenderError> {
        for entry in entries {
            match entry {
                Entry::Member(key, tree) => self.member(Some(key), tree, printer)?,
                Entry::Merge(_) => {
                    if let Some(Printed::Json(piece)) = self.piece()? {
                        printer.put_members(piece);
                    }
                }
            }
        }
        Ok(())
    }

    /// A member of an object, or without a key an item of a list; nothing where it is absent.
    fn member(self, key: Option<&str>, tree: &Tree, printer: &mut JsonPrinter) -> Result<(), RenderError> {
        let named = |printer: &mut JsonPrinter| key.map(|key| Listener::key(printer, key));
        match tree {
            Tree::Map(entries) => {
                named(printer);
                printer.open_object();
                self.members(entries, printer)?;
                Listener::close(printer);
            }
            Tree::List(items) => {
                named(printer);
                printer.open_list();
                items.iter().try_for_each(|item| self.member(None, item, printer))?;
                Listener::close(printer);
            }
            Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::Each { .. } => {
                if let Some(node) = self.tree(tree)? {
                    named(printer);
                    node.tell(printer);
                }
            }
        }
        Ok(())
    }

    /// An element; `body` is what stands for [`Var::Body`] in the envelope.
    pub(super) fn element(
        self,
        template: &XmlTemplate,
        body: Option<&XmlTemplate>,
        printer: &mut XmlPrinter<'_>,
    ) -> Result<(), RenderError> {
        printer.open_element(&template.name);
        for (name, value) in &template.attributes {
            if let Some(value) = self.text(value)? {
                Listener::attribute(printer, name, &value);
            }
        }
        let holds_write = template.children.contains(&XmlPart::Splice(Var::Write));
        if let Some(piece) = self.xml_piece()?.filter(|_| holds_write) {
            printer.put_attributes(piece);
        }
        for part in &template.children {
            match part {
                XmlPart::Element(child) => match &child.each {
                    None => self.child(child, body, printer)?,
                    Some(over) => {
                        for item in &self.list(over)?.unwrap_or_default() {
                            self.at(item).child(child, body, printer)?;
                        }
                    }
                },
                XmlPart::Text(text) => {
                    if let Some(text) = self.text(text)? {
                        printer.content(Cow::Owned(text));
                    }
                }
                XmlPart::Splice(Var::Body) => body.map_or(Ok(()), |body| self.element(body, None, printer))?,
                XmlPart::Splice(Var::Write) => {
                    if let Some(piece) = self.xml_piece()? {
                        printer.put_content(piece);
                    }
                }
                XmlPart::Splice(var) => {
                    if let Some(node) = self.value(var) {
                        node.tell(printer);
                    }
                }
            }
        }
        printer.close_element();
        Ok(())
    }

    /// A child element; nothing where its only content is an absent text.
    fn child(
        self,
        template: &XmlTemplate,
        body: Option<&XmlTemplate>,
        printer: &mut XmlPrinter<'_>,
    ) -> Result<(), RenderError> {
        if let [XmlPart::Text(text)] = template.children.as_slice()
            && self.text(text)?.is_none()
        {
            return Ok(());
        }
        self.element(template, body, printer)
    }

    fn xml_piece(&self) -> Result<Option<&XmlPiece>, RenderError> {
        Ok(self.piece()?.and_then(|piece| if let Printed::Xml(piece) = piece { Some(piece) } else { None }))
    }

    /// The write as it goes into the body.
    fn piece(&self) -> Result<Option<&Printed>, RenderError> {
        let failed = |source| RenderError::Wire { call: self.call.name.clone(), source };
        self.scope.written.as_ref().map(Result::as_ref).transpose().map_err(|source| failed(source.clone()))
    }
}
