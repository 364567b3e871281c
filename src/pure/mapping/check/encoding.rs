//! What can't stand in documents of a legacy encoding: told before anything is sent or waited for in vain.

use std::borrow::Cow;

use super::Checker;
use crate::pure::encoding::Encoding;
use crate::pure::mapping::calls::Body;
use crate::pure::mapping::codec::Boolean;
use crate::pure::mapping::model::{Absent, Codec, FieldMap};
use crate::pure::mapping::problem::code;
use crate::words::problem::Spot;

impl Checker<'_, '_, '_> {
    /// Every text that the file itself puts into documents, or waits for in them.
    pub(super) fn encoding(&mut self) {
        let mapping = self.mapping;
        if mapping.encoding == Encoding::Utf8 {
            return;
        }
        for row in mapping.codes.values().flat_map(|table| &table.rows) {
            self.holds(&row.code, row.spot);
        }
        for (kind, shape) in &mapping.shapes {
            for (field, map) in &shape.fields {
                let span = self.notes.fields.get(&(*kind, field.as_str().to_owned()));
                let spot = span.map_or_else(Spot::default, Spot::of);
                if matches!(&map.codec, Codec::Text(text) if text.encoding.is_some()) {
                    let message = format!("`{field}` has an encoding of its own in a document that is decoded already");
                    let mend =
                        "keep one: `[record] encoding` for whole documents, the field's for one text of UTF-8 ones";
                    self.say(spot, code::ENCODING, message, mend);
                }
                for text in spellings(map) {
                    self.holds(text, spot);
                }
            }
        }
        for call in mapping.calls.values() {
            let texts = match &call.body {
                Body::Json(tree) | Body::Csv(tree) => tree.texts(),
                Body::Xml(template) => template.texts(),
                Body::None | Body::Form(_) | Body::Sql(_) | Body::Bytes { .. } | Body::Multipart { .. } => continue,
            };
            for text in texts {
                self.holds(text, self.call_spot(&call.name));
            }
        }
        let json = mapping.http.json.iter().flat_map(|tree| tree.texts()).map(|text| ("json", text));
        let xml = mapping.http.xml.iter().flat_map(|xml| xml.texts()).map(|text| ("xml", text));
        for (key, text) in json.chain(xml) {
            self.holds(text, self.notes.common.get(key).map_or_else(Spot::default, Spot::of));
        }
    }

    fn holds(&mut self, text: &str, spot: Spot) {
        let name = self.mapping.encoding.name();
        let message = match self.mapping.shown_in_documents(Cow::Borrowed(text)) {
            Ok(shown) if shown == text => return,
            Ok(shown) => format!("documents in {name} show `{text}` as `{shown}`"),
            Err(reason) => format!("`{text}` can't stand in a document: {reason}"),
        };
        self.say(spot, code::ENCODING, message, "write what the system itself shows, or correct `[record] encoding`");
    }
}

/// The texts that a field declares to be read or written.
fn spellings(map: &FieldMap) -> Vec<&str> {
    let absent = map.absent.iter().filter_map(|absent| match absent {
        Absent::Text(text) => Some(text.as_str()),
        Absent::Omit | Absent::Null | Absent::Nil => None,
    });
    let (yes, no) = match &map.codec {
        Codec::Boolean(Boolean { yes, no }) => (yes.as_slice(), no.as_slice()),
        _ => (&[][..], &[][..]),
    };
    yes.iter().chain(no).map(String::as_str).chain(absent).collect()
}
