//! The bytes of whole documents: `[record] encoding` stands between them and the readers and printers, which know
//! UTF-8 alone. A byte that means nothing is refused, and so is a character that has no byte: nothing becomes a `?`.

use std::borrow::Cow;

use crate::pure::encoding::Encoding;
use crate::pure::wire::{
    Limits, Node, WireError, XML_DECLARATION, parse_csv, parse_json, parse_xml, print_csv, print_json, print_xml,
};

use super::model::{DocumentFormat, Mapping};

impl Mapping {
    /// The tree of a document of this system, within the limits of every document.
    ///
    /// # Errors
    /// Why it can't be read.
    pub fn document(&self, bytes: &[u8]) -> Result<Node, WireError> {
        let (bytes, limits) = (self.decoded(bytes, self.format)?, Limits::default());
        match self.format {
            DocumentFormat::Json => parse_json(&bytes, &limits),
            DocumentFormat::Xml => parse_xml(&bytes, &self.namespaces, &limits),
            DocumentFormat::Csv => parse_csv(&bytes, &self.csv, &limits),
        }
    }

    /// A document of this system from its tree.
    ///
    /// # Errors
    /// Why the tree has no spelling.
    pub fn printed_document(&self, tree: &Node) -> Result<Vec<u8>, WireError> {
        let (printed, format) = match tree {
            Node::Element(root) => (print_xml(root.clone(), &self.namespaces), DocumentFormat::Xml),
            Node::Map(row) if self.format == DocumentFormat::Csv => (print_csv(row, &self.csv), DocumentFormat::Csv),
            tree => (print_json(tree.clone()), DocumentFormat::Json),
        };
        self.encoded(printed?, format)
    }

    /// The bytes of a document as the readers take them. Nothing is copied of what is UTF-8 already.
    ///
    /// # Errors
    /// The first byte that means nothing, or what an XML declaration says against the mapping.
    pub fn decoded<'b>(&self, bytes: &'b [u8], format: DocumentFormat) -> Result<Cow<'b, [u8]>, WireError> {
        decoded(self.encoding, bytes, format)
    }

    /// A printed document in the system's own encoding.
    ///
    /// # Errors
    /// The first character that has no bytes there.
    pub fn encoded(&self, printed: Vec<u8>, format: DocumentFormat) -> Result<Vec<u8>, WireError> {
        if self.encoding == Encoding::Utf8 {
            return Ok(printed);
        }
        let mut text = String::from_utf8_lossy(&printed);
        if let Some(rest) = text.strip_prefix(XML_DECLARATION).filter(|_| format == DocumentFormat::Xml) {
            let own = XML_DECLARATION.replace(Encoding::Utf8.label(), self.encoding.label());
            text = Cow::Owned(format!("{own}{rest}"));
        }
        Ok(self.encoding.encode(&text)?.into_owned())
    }

    /// A text as the system shows it that took it in a document.
    pub(super) fn shown_in_documents<'t>(&self, text: Cow<'t, str>) -> Result<Cow<'t, str>, String> {
        if self.encoding == Encoding::Utf8 || text.is_ascii() {
            return Ok(text);
        }
        let bytes = self.encoding.encode(&text).map_err(|error| error.to_string())?;
        let shown = self.encoding.decode(&bytes).map_err(|error| error.to_string())?.into_owned();
        Ok(Cow::Owned(shown))
    }
}

/// The bytes of a document in this encoding as the readers take them.
pub(super) fn decoded(encoding: Encoding, bytes: &[u8], format: DocumentFormat) -> Result<Cow<'_, [u8]>, WireError> {
    if encoding == Encoding::Utf8 {
        return Ok(Cow::Borrowed(bytes));
    }
    if bytes.len() > Limits::default().bytes {
        return Err(WireError::TooLarge { limit: Limits::default().bytes });
    }
    let text = encoding.decode(bytes)?;
    match declaration(&text).filter(|_| format == DocumentFormat::Xml) {
        // What is read is no longer in the encoding that it declares.
        Some((declared, after)) if encoding.is_called(declared) => Ok(Cow::Owned(after.as_bytes().to_vec())),
        Some(_) => Err(WireError::Declared { encoding: encoding.name() }),
        None => Ok(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }),
    }
}

/// The encoding that an XML declaration names, and what stands behind it.
fn declaration(text: &str) -> Option<(&str, &str)> {
    let (declaration, after) = text.strip_prefix("<?xml ")?.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    Some((value.get(1..)?.split_once(quote)?.0, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pure::mapping::{NOTHING_BESIDE, check};

    fn mapping(kind: &str, encoding: &str) -> Mapping {
        let text = format!(
            r#"
format = 1
name   = "old"
[http]
base = "http://127.0.0.1"
[call.changes]
on    = "GET /"
items = "rows[]"
[call.get]
on = "GET /${{id}}"
[record]
kind     = "{kind}"
encoding = "{encoding}"
id       = "id"
[field]
subject = {{ at = "title", type = "text" }}
"#
        );
        check("old.toml", &text, NOTHING_BESIDE).map_err(|found| found[0].render_text()).unwrap()
    }

    #[test]
    fn documents_of_every_encoding_are_read_and_written() {
        for (encoding, label, bytes) in [
            ("tcvn3", "x-viet-tcvn5712", &b"\xa7\xe5ng Nai"[..]),
            ("vni", "x-viet-vni", b"\xd1o\xe0ng Nai"),
            ("viscii", "VISCII", b"\xd0\xb0ng Nai"),
            ("windows-1258", "windows-1258", b"\xd0\xf4\xccng Nai"),
        ] {
            let json = [b"{\"title\":\"", bytes, b"\"}"].concat();
            let mapping_of_json = mapping("json", encoding);
            let tree = mapping_of_json.document(&json).unwrap();
            assert_eq!(tree.as_map().unwrap().get("title"), Some(&Node::text("Đồng Nai")), "{encoding}");
            assert_eq!(mapping_of_json.printed_document(&tree).unwrap(), json, "{encoding}");

            let declared = format!("<?xml version=\"1.0\" encoding=\"{label}\"?><r><title>");
            let xml = [declared.as_bytes(), bytes, b"</title></r>"].concat();
            let mapping_of_xml = mapping("xml", encoding);
            let tree = mapping_of_xml.document(&xml).unwrap();
            assert_eq!(tree.as_element().unwrap().children.len(), 1, "{encoding}");
            assert_eq!(mapping_of_xml.printed_document(&tree).unwrap(), xml, "{encoding}");

            let csv = [b"id,title\r\n1,", bytes, b"\r\n"].concat();
            let mapping_of_csv = mapping("csv", encoding);
            let rows = mapping_of_csv.document(&csv).unwrap();
            let row = &rows.as_list().unwrap()[0];
            assert_eq!(mapping_of_csv.printed_document(row).unwrap(), csv, "{encoding}");
        }
    }

    #[test]
    fn what_can_not_be_is_refused_and_named() {
        let old = mapping("xml", "windows-1258");
        let said = |bytes: &[u8]| old.document(bytes).unwrap_err().to_string();
        let other = "it declares another encoding than windows-1258";
        assert_eq!(said(b"<?xml version='1.0' encoding='utf-8'?><r/>"), other);
        assert_eq!(said(b"<?xml version=\"1.0\" encoding = \"tcvn3\"?><r/>"), other);
        assert!(old.document(b"<?xml version='1.0' encoding='CP1258' standalone='yes'?><r/>").is_ok());
        assert!(old.document(b"<?xml version='1.0'?><r/>").is_ok());
        let viscii = mapping("json", "viscii");
        let tree = Node::text("日");
        let refused = viscii.printed_document(&tree).unwrap_err().to_string();
        assert_eq!(refused, "a character that viscii does not have (U+65E5)");
        assert_eq!(
            mapping("json", "tcvn3").document(b"{\"a\":\"\xff\"}").unwrap_err().to_string(),
            "no tcvn3 at byte 6"
        );
        let large = vec![b' '; Limits::default().bytes + 1];
        assert_eq!(viscii.document(&large), Err(WireError::TooLarge { limit: Limits::default().bytes }));
    }

    #[test]
    fn a_text_comes_back_as_the_encoding_keeps_it() {
        let old = mapping("json", "tcvn3");
        let shown = |text: &'static str| old.shown_in_documents(Cow::Borrowed(text)).map(Cow::into_owned);
        assert_eq!(
            shown("ĐƯỜNG Đồng Khởi"),
            Ok("ĐƯờNG Đồng Khởi".to_owned()),
            "capitals with a tone are small letters"
        );
        assert_eq!(shown("€ 日"), Err("a character that tcvn3 does not have (U+65E5)".to_owned()));
    }
}
