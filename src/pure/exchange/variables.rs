//! Which variables a call names.

use crate::pure::mapping::calls::{Body as CallBody, Call, Target};
use crate::pure::mapping::template::Var;

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
        CallBody::Json(tree) | CallBody::Csv(tree) | CallBody::Form(tree) => out.extend(tree.vars()),
        CallBody::Xml(template) => out.extend(template.vars()),
        CallBody::Sql(statement) => out.extend(statement.vars()),
        CallBody::Bytes { content_type } => out.extend(content_type.vars()),
        CallBody::Multipart { parts, .. } => out.extend(parts.iter().flat_map(|(_, template)| template.vars())),
    }
    out
}
