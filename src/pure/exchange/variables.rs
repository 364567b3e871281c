//! Which variables a call names.

use crate::pure::mapping::calls::{Body as CallBody, Call, Target};
use crate::pure::mapping::model::Mapping;
use crate::pure::mapping::template::{Entry, Tree, Var};

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
        CallBody::Json(tree) | CallBody::Csv(tree) => out.extend(tree.vars()),
        CallBody::Form(members) => out.extend(members.iter().flat_map(|(_, template)| template.vars())),
        CallBody::Xml(template) => out.extend(template.vars()),
        CallBody::Sql(statement) => out.extend(statement.vars()),
        CallBody::Bytes { content_type } => out.extend(content_type.vars()),
        CallBody::Multipart { parts, .. } => out.extend(parts.iter().flat_map(|(_, template)| template.vars())),
    }
    out
}

/// Whether the call wants nothing of the write but its JSON body, and that is nothing else.
pub(super) fn is_write_alone(mapping: &Mapping, call: &Call) -> bool {
    let CallBody::Json(Tree::Map(entries)) = &call.body else { return false };
    let has_envelope = mapping.http.json.is_some() && !call.bare;
    let once = variables(call).into_iter().filter(|var| **var == Var::Write).count() == 1;
    matches!(entries.as_slice(), [Entry::Merge(Var::Write)]) && once && !has_envelope
}
