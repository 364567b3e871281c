//! Which variables a call names.

use crate::pure::mapping::calls::{Body as CallBody, Call, Target};
use crate::pure::mapping::template::{Entry, Tree, Var, XmlPart, XmlTemplate};

/// The variables that a call itself names, in no order.
pub fn variables(call: &Call) -> Vec<&Var> {
    let mut out = Vec::new();
    match &call.target {
        Target::Path(template) | Target::Whole(template) => out.extend(template.vars()),
    }
    for (_, template) in call.query.iter().chain(&call.headers) {
        out.extend(template.vars());
    }
    match &call.body {
        CallBody::None => {}
        CallBody::Json(tree) => in_tree(tree, &mut out),
        CallBody::Form(members) => out.extend(members.iter().flat_map(|(_, template)| template.vars())),
        CallBody::Xml(template) => in_xml(template, &mut out),
        CallBody::Bytes { content_type } => out.extend(content_type.vars()),
        CallBody::Multipart { parts, .. } => out.extend(parts.iter().flat_map(|(_, template)| template.vars())),
    }
    out
}

fn in_tree<'a>(tree: &'a Tree, out: &mut Vec<&'a Var>) {
    match tree {
        Tree::Bool(_) | Tree::Number(_) => {}
        Tree::Text(template) => out.extend(template.vars()),
        Tree::List(items) => items.iter().for_each(|item| in_tree(item, out)),
        Tree::Map(entries) => entries.iter().for_each(|entry| match entry {
            Entry::Member(_, tree) => in_tree(tree, out),
            Entry::Merge(var) => out.push(var),
        }),
    }
}

fn in_xml<'a>(template: &'a XmlTemplate, out: &mut Vec<&'a Var>) {
    out.extend(template.attributes.iter().flat_map(|(_, template)| template.vars()));
    for part in &template.children {
        match part {
            XmlPart::Element(child) => in_xml(child, out),
            XmlPart::Text(text) => out.extend(text.vars()),
            XmlPart::Splice(var) => out.push(var),
        }
    }
}
